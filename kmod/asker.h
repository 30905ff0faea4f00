/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Askers: netlink sockets that asked for something which is answered later, and
 * what they asked for.
 */
#ifndef _PAXOS_ASKER_H
#define _PAXOS_ASKER_H

#include "request.h"

struct genl_info;
struct paxos_asker;
struct paxos_group;
struct sk_buff;

/* A request of a netlink socket.  Who makes it fills in @request and @cookie. */
struct paxos_asked {
	struct paxos_request request;
	struct list_head node;		/* of the asker */
	struct paxos_asker *asker;	/* with a reference; NULL: not admitted */
	struct paxos_group *group;	/* with a reference */
	u32 seq;
	u8 cmd;				/* of the request, and of its answer */
	u64 cookie;			/* the user's */
};

struct paxos_asked *paxos_asked_new(size_t room);
void paxos_asked_free(struct paxos_asked *asked);
int paxos_ask(struct sk_buff *skb, struct genl_info *info, struct paxos_group *group,
	      struct list_head *list, u32 count);

#endif /* _PAXOS_ASKER_H */
