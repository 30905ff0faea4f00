// SPDX-License-Identifier: GPL-2.0
/*
 * Barrier: a slot such that every value answered before the call is at or below it.
 */
#include "state.h"

bool paxos_barrier_add(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	return true;
}

bool paxos_barrier_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	return false;
}

void paxos_on_barrier(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
}

void paxos_on_barrier_answer(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			     struct paxos_effects *fx)
{
}

void paxos_barrier_stop(struct paxos_replica *r)
{
}

void paxos_barrier_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
}
