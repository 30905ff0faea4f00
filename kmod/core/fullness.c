// SPDX-License-Identifier: GPL-2.0
/*
 * Fullness: who can take new values (STORAGE.md, "Writing").
 *
 * A node whose journal fills up says so in what it sends anyway, some time before it
 * takes nothing new: what is open by then still fits everywhere.  While no majority has
 * room, new values are refused where they come up, and what has left waits.  A leader
 * that has none itself hands over to a voter that has.
 */
#include "state.h"

/* What @fx's owner says of itself in HELLO, ACCEPTED and HEARTBEAT_ACK. */
u16 paxos_fullness_flag(const struct paxos_effects *fx)
{
	return fx->journal_filling ? PAXOS_FLAG_FULL : 0;
}

/* One of these came from member @from. */
void paxos_fullness_heard(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	r->peer[from].full = m->flags & PAXOS_FLAG_FULL;
	if (m->type != PAXOS_ACCEPTED)
		r->peer[from].used = port_min(m->index, 1000);
}

/* Voters that are there, with room or without. */
static u32 voters_there(const struct paxos_replica *r, const struct paxos_effects *fx, bool full)
{
	u32 found = fx->journal_filling == full ? paxos_bit(r->self) : 0;
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (i != r->self && paxos_in_contact(r, i) && !r->peer[i].forgotten &&
		    r->peer[i].full == full)
			found |= paxos_bit(i);
	return found & r->voters;
}

/* Somebody is full, and so there is no majority with room. */
static bool no_majority(const struct paxos_replica *r, const struct paxos_effects *fx)
{
	return voters_there(r, fx, true) &&
	       !paxos_is_window_majority(r, voters_there(r, fx, false));
}

/*
 * No new values of this node's callers?  Where there is no room at all they could not be
 * answered either: what is chosen is not learnt there.
 */
bool paxos_fullness_refuses(const struct paxos_replica *r, const struct paxos_effects *fx)
{
	return r->no_room || fx->journal_full;
}

/* To one after the other; in between, an administrator's choice has its time. */
static void hand_over(struct paxos_replica *r, const struct paxos_effects *fx)
{
	u32 roomy = voters_there(r, fx, false);
	unsigned int i, at;

	if (r->handed_us && r->now_us - r->handed_us < 2 * paxos_election_us(r))
		return;
	for (i = 1; i <= r->members; i++) {
		at = (r->handed_to + i) % r->members;
		if (!(roomy & paxos_bit(at)) || !paxos_transfer_begin(r, r->member[at].node))
			continue;
		r->handed_to = at;
		r->handed_us = r->now_us;
		return;
	}
}

/*
 * Who proposes judges by what it hears of the voters; all others believe the leader's
 * heartbeats, as long as there is one.
 */
void paxos_fullness_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	r->used = fx->journal_used;
	r->full = fx->journal_filling;
	if (paxos_leads(r) || r->settings.mode == PAXOS_MODE_BASIC)
		r->no_room = no_majority(r, fx);
	else if (!r->leader_ballot)
		r->no_room = false;
	if (paxos_leads(r) && fx->journal_full && !r->no_room)
		hand_over(r, fx);
}
