// SPDX-License-Identifier: GPL-2.0
/*
 * Transfer: handing leadership over to a caught-up voter.
 */
#include "state.h"

void paxos_transfer_add(struct paxos_replica *r, u16 node, u64 cookie,
			struct paxos_effects *fx)
{
}

bool paxos_transfer_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	return false;
}

void paxos_on_transfer(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		       struct paxos_effects *fx)
{
}

void paxos_transfer_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
}
