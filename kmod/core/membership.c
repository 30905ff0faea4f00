// SPDX-License-Identifier: GPL-2.0
/*
 * Membership: changes of the configuration (rule 13).
 */
#include "state.h"

void paxos_membership_add(struct paxos_replica *r, const struct paxos_change *change,
			  u64 cookie, struct paxos_effects *fx)
{
}

bool paxos_membership_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	return false;
}

void paxos_membership_delivered(struct paxos_replica *r, const struct paxos_chosen *chosen,
				struct paxos_effects *fx)
{
}

void paxos_membership_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
}
