// SPDX-License-Identifier: GPL-2.0
/*
 * Trim: the trim point, and beginning from a snapshot (rules 6, 8).
 */
#include "state.h"

void paxos_trim(struct paxos_replica *r, const struct paxos_table *table, u64 cookie,
		struct paxos_effects *fx)
{
}

void paxos_trim_installed(struct paxos_replica *r, u64 slot, u64 cookie,
			  struct paxos_effects *fx)
{
}

bool paxos_trim_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	return false;
}

void paxos_on_trimmed(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
}

void paxos_on_table_wanted(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			   struct paxos_effects *fx)
{
}

void paxos_on_table(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		    struct paxos_effects *fx)
{
}

bool paxos_trim_restore(struct paxos_replica *r, const struct paxos_table *table)
{
	return false;
}

void paxos_trim_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
}
