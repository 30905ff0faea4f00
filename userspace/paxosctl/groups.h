/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_GROUPS_H
#define PAXOSCTL_GROUPS_H

#include "ipc.h"

/*
 * Open the device of @add and make the group; @group gets what the kernel says of
 * it.  Returns an exit status; the error has been printed.
 */
int group_start(struct ipc *ipc, struct ipc_group_add *add, struct ipc_group *group);
/* Stop and remove it, within --timeout.  The same. */
int group_stop(struct ipc *ipc, const char *name);

#endif
