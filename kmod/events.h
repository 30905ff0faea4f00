/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: what happened to a group, for whoever listens; enum paxos_happened lists it.
 */
#ifndef _PAXOS_EVENTS_H
#define _PAXOS_EVENTS_H

#include "core/replica.h"

struct net;
struct paxos_group;

/* What listeners were last told of a node. */
struct paxos_told_peer {
	u16 node;			/* 0: the entry is free */
	u8 health;			/* enum paxos_health */
	bool member, voter;
	u64 health_us;			/* when its health was told */
};

/* The engine's, under its lock. */
struct paxos_events {
	u64 sequence;			/* of the newest event; 0: not begun */
	bool viewed;			/* what follows was compared with a view before */
	u8 state, role, room;		/* 0: not told */
	u16 leader;
	u32 damaged;
	u64 trim;
	u64 refusals_us;		/* since when refusals are counted */
	u32 refusals;
	struct paxos_told_peer peer[PAXOS_MEMBERS_MAX];
};

/* One event; enum paxos_happened says which of these it has. */
struct paxos_news {
	u8 type;			/* enum paxos_happened */
	u8 now, was;			/* state, role, health or room; @was 0: none */
	bool member, voter;
	u16 node;			/* 0: none */
	u64 number;			/* slot, ballot or count */
	const char *text;		/* reason or why; NULL or empty: none */
};

/* Tell of what has changed since the last look.  The engine, at the end of a run. */
void paxos_events_look(struct paxos_group *group);
/* Tell of what the core wants people to know.  The engine. */
void paxos_events_notice(struct paxos_group *group, const struct paxos_notice *notice);
/* Tell @net that the group is gone.  Who ends it: nobody else is there any more. */
void paxos_events_gone(struct paxos_group *group, struct net *net);

#endif /* _PAXOS_EVENTS_H */
