/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ballots: proposal numbers.  A ballot is (round, node) packed in a u64, the
 * round in the high 48 bits, so that ballots compare as numbers and no two
 * nodes ever use the same one.  0 is "none".  (Paxos Made Simple, 2.2.)
 */
#ifndef _PAXOS_CORE_BALLOT_H
#define _PAXOS_CORE_BALLOT_H

#include "port.h"

#define PAXOS_ROUND_BITS	48
#define PAXOS_ROUND_MAX		((1ull << PAXOS_ROUND_BITS) - 1)

/*
 * Rounds that far from the end are refused when a peer sends them: nobody gets
 * there by counting, and a round must never wrap.
 */
#define PAXOS_ROUND_LIMIT	(PAXOS_ROUND_MAX - (1ull << 32))

static inline u64 paxos_ballot(u64 round, u16 node)
{
	return (round << 16) | node;
}

static inline u64 paxos_ballot_round(u64 ballot)
{
	return ballot >> 16;
}

static inline u16 paxos_ballot_node(u64 ballot)
{
	return ballot & 0xffff;
}

/* A ballot that a peer may name: it has an owner and does not near the end. */
static inline bool paxos_ballot_valid(u64 ballot)
{
	return paxos_ballot_node(ballot) && paxos_ballot_round(ballot) &&
	       paxos_ballot_round(ballot) <= PAXOS_ROUND_LIMIT;
}

#endif /* _PAXOS_CORE_BALLOT_H */
