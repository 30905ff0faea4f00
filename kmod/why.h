/* SPDX-License-Identifier: GPL-2.0 */
/* Why nothing is chosen here: the replica's reason, and what the shell knows besides. */
#ifndef _PAXOS_WHY_H
#define _PAXOS_WHY_H

#include <linux/types.h>

#include "../include/uapi/linux/paxos.h"

struct paxos_group;
struct paxos_view;

/* A slot that is proposed and not chosen: since when.  The engine's, under its lock. */
struct paxos_stall {
	u64 slot;			/* 0: there is none */
	u64 since_us;
};

void paxos_why_view(struct paxos_group *group, struct paxos_view *view);
void paxos_why_silent(const struct paxos_group *group, u64 silent_us,
		      char reason[PAXOS_REASON_MAX + 1]);
u8 paxos_why_room(const struct paxos_group *group);

#endif /* _PAXOS_WHY_H */
