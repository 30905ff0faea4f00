/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_CONF_H
#define PAXOSCTL_CONF_H

#include <limits.h>

#include "ipc.h"
#include "setting.h"

#define CONF_FOLDER "/etc/paxos"

struct conf_peer {
	uint16_t node;
	union address address;
	unsigned int line;	/* of the address */
};

/* A configuration file: what a group is to be, and which line says so. */
struct conf {
	char path[PATH_MAX];
	char group[PAXOS_NAME_MAX + 1];
	char device[PAXOS_DEVICE_PATH_MAX + 1];
	struct ipc_group_add add;		/* of @group, on @device */
	unsigned int line[SETTINGS];		/* 0: not given */
	unsigned int peers;
	struct conf_peer peer[PAXOS_NODES_MAX];
};

/*
 * Read and check the file of group @name, or file @name if it has a slash or ends
 * in .conf.  Returns an exit status; the error has been printed.
 */
int conf_read(const char *name, struct conf *conf);

/* An error about @line (0: the whole file); returns @code. */
int conf_fail(const struct conf *conf, int code, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What each line says is right: does it make one whole?  As conf_read(), which calls it. */
int conf_check(const struct conf *conf);

#endif
