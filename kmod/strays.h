/* SPDX-License-Identifier: GPL-2.0 */
/* Strays: datagrams that were dropped for whom they are of, or for. */
#ifndef _PAXOS_STRAYS_H
#define _PAXOS_STRAYS_H

#include "core/effects.h"
#include "socket.h"

struct paxos_group;

/* Of enum paxos_stray_kind, from 1. */
#define PAXOS_STRAY_KINDS	((u32)PAXOS_STRAY_MALFORMED)

/* Of one kind: how many, and the last of them. */
struct paxos_stray {
	u64 count;
	u64 last_us;
	struct paxos_address source;
	u16 node;			/* enum paxos_stray_kind says which; 0: none */
	u8 why;				/* PAXOS_REFUSED_...; 0: none */
};

/* The engine's, under its lock; what is published of it, under that of the page. */
struct paxos_strays {
	struct paxos_stray of[PAXOS_STRAY_KINDS];	/* kind 1 is the first */
};

void paxos_stray(struct paxos_group *group, enum paxos_stray_kind kind, u16 node, u8 why);
void paxos_stray_refused(struct paxos_group *group, const struct paxos_send *send);
const struct paxos_stray *paxos_stray_of(const struct paxos_strays *strays,
					 enum paxos_stray_kind kind);

#endif /* _PAXOS_STRAYS_H */
