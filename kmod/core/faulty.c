// SPDX-License-Identifier: GPL-2.0
/*
 * Faulty: values that rotted on the disk, here or at a peer (rule 9).
 *
 * A record whose value is lost still says which slot was accepted at which ballot.
 * That is a vote like any other; only the value has to come from somebody else.
 */
#include "state.h"

/* A promise of @member says FAULTY(@slot, @ballot); false without room for it. */
bool paxos_faulty_report(struct paxos_replica *r, u64 slot, u64 ballot, u8 member)
{
	if (r->faults == PAXOS_FAULTS_MAX)
		return false;
	r->fault[r->faults++] = (struct paxos_fault) {
		.slot = slot, .ballot = ballot, .member = member,
	};
	return true;
}

/* @member answers anew: what its last answer said counts no more. */
void paxos_faulty_forget_reports(struct paxos_replica *r, u8 member)
{
	u32 from, to = 0;

	for (from = 0; from < r->faults; from++)
		if (r->fault[from].member != member)
			r->fault[to++] = r->fault[from];
	r->faults = to;
}

/*
 * Rule 9: is it known what may be proposed in @slot?  A majority of its
 * configuration decides, without those that lost a value accepted at a higher
 * ballot than any value that is left.
 */
bool paxos_faulty_decided(struct paxos_replica *r, u64 slot)
{
	const struct paxos_slot *at = paxos_slot_at(r, slot);
	u64 intact = at ? at->report_ballot : 0;
	u32 members = r->promises, i;

	if (at && at->chosen && !at->faulty)
		return true;
	for (i = 0; i < r->faults; i++)
		if (r->fault[i].slot == slot && r->fault[i].ballot > intact)
			members &= ~paxos_bit(r->fault[i].member);
	return paxos_is_majority(r, slot, members);
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
