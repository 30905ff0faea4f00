// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: exactly once (rule 8).
 *
 * A proposal that was retried may be chosen in two slots; only the first is
 * delivered.  The table that decides is a function of the log alone: per
 * origin a window of sequences, so that proposals in flight together may be
 * chosen out of order.
 */
#include "table.h"

static bool marked(const struct paxos_session *s, u64 sequence)
{
	u64 at = sequence % PAXOS_SESSION_WINDOW;

	return s->delivered[at / 64] >> (at % 64) & 1;
}

static void mark(struct paxos_session *s, u64 sequence, bool on)
{
	u64 at = sequence % PAXOS_SESSION_WINDOW;
	u64 bit = 1ull << (at % 64);

	if (on)
		s->delivered[at / 64] |= bit;
	else
		s->delivered[at / 64] &= ~bit;
}

/* Below the window, of an older start, or of a twin with the same count. */
static bool outlived(const struct paxos_session *s, const struct paxos_proposal_id *id)
{
	if (id->incarnation != s->incarnation)
		return id->incarnation < s->incarnation;
	return id->nonce != s->nonce || id->sequence + PAXOS_SESSION_WINDOW <= s->newest;
}

/* Was it delivered, or can it never be? */
bool paxos_session_delivered(const struct paxos_session *s, const struct paxos_proposal_id *id)
{
	if (outlived(s, id))
		return true;
	return id->incarnation == s->incarnation && id->sequence <= s->newest &&
	       marked(s, id->sequence);
}

/* It is chosen in the next slot: true if it is delivered, false if it is a no-op. */
bool paxos_session_deliver(struct paxos_session *s, const struct paxos_proposal_id *id)
{
	if (paxos_session_delivered(s, id))
		return false;
	if (id->incarnation != s->incarnation)
		*s = (struct paxos_session) {
			.node = s->node,
			.incarnation = id->incarnation,
			.nonce = id->nonce,
			.newest = id->sequence - 1,
		};
	if (id->sequence - s->newest > PAXOS_SESSION_WINDOW && id->sequence > s->newest)
		s->newest = id->sequence - PAXOS_SESSION_WINDOW;
	while (s->newest < id->sequence)
		mark(s, ++s->newest, false);
	mark(s, id->sequence, true);
	return true;
}
