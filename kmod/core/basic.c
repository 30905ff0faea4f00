// SPDX-License-Identifier: GPL-2.0
/*
 * Basic: every node runs both phases for each value of its own.
 */
#include "state.h"

void paxos_basic_tick(struct paxos_replica *r, struct paxos_effects *fx)
{
}

void paxos_basic_refused(struct paxos_replica *r)
{
}

void paxos_basic_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
}
