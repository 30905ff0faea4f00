/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_SETTING_H
#define PAXOSCTL_SETTING_H

#include "ipc.h"

/* What may be said of a group: by an option of group add, or a key of its file. */
enum setting {
	SETTING_DEVICE,
	SETTING_LISTEN,
	SETTING_INSECURE,
	SETTING_HEARTBEAT,
	SETTING_ELECTION,
	SETTING_MODE,
	SETTING_LEARN,
	SETTING_ROLE,
	SETTING_NODE,
	SETTING_GID,
	SETTINGS
};

/* Names by enum setting, ended by NULL. */
extern const char *const setting_names[SETTINGS + 1];

#define SETTING_WANTS_MAX 64
/*
 * Put what @text says of @setting into @add; a device's path is not copied.
 * False: @text is no good, and @wants says what would be.
 */
bool setting_take(enum setting setting, const char *text, struct ipc_group_add *add,
		  char wants[SETTING_WANTS_MAX]);

#endif
