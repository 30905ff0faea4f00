// SPDX-License-Identifier: GPL-2.0
/*
 * Faulty: values that rotted on the disk, here or at a peer (rule 9).
 */
#include "state.h"

void paxos_faulty_report(struct paxos_replica *r, u64 slot, u64 ballot, u8 member)
{
}

void paxos_faulty_forget_reports(struct paxos_replica *r)
{
	r->faults = 0;
}

bool paxos_faulty_decided(const struct paxos_replica *r, u64 slot)
{
	return true;
}

bool paxos_faulty_lost(struct paxos_replica *r, u64 slot)
{
	return false;
}

bool paxos_faulty_is_lost(const struct paxos_replica *r, u64 slot)
{
	return false;
}

bool paxos_faulty_repair(struct paxos_replica *r, const struct paxos_item *item,
			 struct paxos_effects *fx)
{
	return false;
}
