/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extack: the message of a request's error.  Netlink's own has no room for text
 * on old kernels, so each request brings room along: all extacks that this
 * module hands around are part of a struct paxos_extack (netlink.c makes them).
 */
#ifndef _PAXOS_EXTACK_H
#define _PAXOS_EXTACK_H

#include <linux/netlink.h>

#include "../include/uapi/linux/paxos.h"

struct paxos_extack {
	struct netlink_ext_ack extack;
	char text[PAXOS_MESSAGE_TEXT_MAX + 1];	/* that extack._msg may point to */
};

__printf(3, 4)
void paxos_extack(struct netlink_ext_ack *extack, const struct nlattr *attr,
		  const char *format, ...);

#endif /* _PAXOS_EXTACK_H */
