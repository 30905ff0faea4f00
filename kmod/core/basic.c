// SPDX-License-Identifier: GPL-2.0
/*
 * Basic: every node runs both phases for each value of its own.
 *
 * Paxos as in section 2 of Paxos Made Simple, with no leader.  A node that has
 * something to propose begins a round of its own: phase 1, then as "leader" phase
 * 2 of what the promises report and of all that it has to say, until all is
 * chosen; then it tells how far the log is chosen, and the round is over.  Who is
 * refused, for somebody else's round has a higher ballot, waits: at least as long as
 * a round trip and a flush take, and then for a random time, twice as long each
 * time, so that in the end one of any number of duelling proposers gets through.
 */
#include "state.h"

/* Waits grow to this many election timeouts. */
#define BACKOFF_TIMEOUTS	4u

static bool is_basic(const struct paxos_replica *r)
{
	return r->settings.mode == PAXOS_MODE_BASIC;
}

/* Something came of the round: others may be let through a little sooner. */
static void shrink(struct paxos_replica *r)
{
	r->backoff_us /= 2;
	if (r->backoff_us < paxos_heartbeat_us(r))
		r->backoff_us = 0;
}

static void grow(struct paxos_replica *r)
{
	r->backoff_us = port_min(port_max(2 * r->backoff_us, paxos_heartbeat_us(r)),
				 BACKOFF_TIMEOUTS * paxos_election_us(r));
}

/* Our round ends before all is chosen; the next one begins some time from now. */
void paxos_basic_refused(struct paxos_replica *r)
{
	if (!r->round)
		return;
	r->round = false;
	if (r->commit >= r->first)
		shrink(r);
	else
		grow(r);
	r->round_us = r->now_us + paxos_heartbeat_us(r) +
		      ((port_max(r->backoff_us, paxos_heartbeat_us(r)) *
			(paxos_random(r) & 0xffff)) >> 16);
}

/* Does any peer know more than we do?  Then we fetch it. */
static bool lags(const struct paxos_replica *r)
{
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (i != r->self && paxos_in_contact(r, i) && r->peer[i].commit > r->commit)
			return true;
	return false;
}

/* Slots that are accepted here, or must be filled (rule 13), and that nobody finishes? */
static bool sees_gap(const struct paxos_replica *r)
{
	const struct paxos_config *newest = &r->table.newest;
	const struct paxos_slot *at;
	u64 slot;

	if (newest->slot && r->commit + 1 < newest->slot + PAXOS_WINDOW)
		return true;
	for (slot = r->commit + 1; slot <= r->delivered + PAXOS_AHEAD; slot++) {
		at = paxos_slot_at(r, slot);
		if (at && at->ballot)
			return true;
	}
	return false;
}

/*
 * Row 20: whoever sees a gap fills it, if nobody was heard of for a random one to
 * two election timeouts.  And a round that gets nowhere begins anew: who could
 * promise, or serve what we lack, may have changed.
 */
void paxos_basic_tick(struct paxos_replica *r)
{
	if (r->now_us < r->deadline_us)
		return;
	if (!r->round)
		r->gap = !lags(r) && sees_gap(r);
	else if (!paxos_leads(r) || r->now_us - r->moved_us >= 2 * paxos_election_us(r))
		paxos_election_step_down(r);
	paxos_election_patience(r);
}

/*
 * A barrier waits for the next round: this one takes in nothing more, but what was
 * there when its phase 2 began.
 */
bool paxos_basic_closing(const struct paxos_replica *r)
{
	return is_basic(r) && r->round_full && paxos_barrier_wanted(r);
}

/* All that this round proposed is chosen, and told. */
static bool is_done(const struct paxos_replica *r)
{
	return r->round && paxos_leads(r) && r->delivered + 1 == r->next_slot &&
	       r->reported_slot < r->next_slot && r->told == r->commit &&
	       r->queue_head == r->queue_tail &&
	       (paxos_basic_closing(r) || !paxos_pending_any(r));
}

/*
 * Are enough here to promise anything?  And, rule 10: whose disk is an image of some
 * time ago hears so from them before it uses a ballot.
 */
static bool has_company(const struct paxos_replica *r)
{
	u32 here = paxos_bit(r->self);
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (i != r->self && paxos_in_contact(r, i) && !r->peer[i].forgotten)
			here |= paxos_bit(i);
	return paxos_is_window_majority(r, here);
}

/* The next round, if anything asks for one; or the end of this one. */
void paxos_basic_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (!is_basic(r))
		return;
	/* All that waited has its slot: what was tried before, too. */
	r->round_full |= paxos_leads(r) && r->queue_head == r->queue_tail &&
			 r->now_us < r->retry_us;
	if (is_done(r)) {
		shrink(r);
		r->round = false;
		paxos_election_step_down(r);
	}
	if (r->round || r->now_us < r->round_us || !paxos_may_promise(r) || !r->voters ||
	    !paxos_room(fx, PAXOS_SMALL_MESSAGE))
		return;
	if (!r->gap && !paxos_barrier_wanted(r) && !paxos_pending_any(r))
		return;
	if (!has_company(r) || paxos_trim_keeps_from_leading(r))
		return;
	paxos_election_campaign(r, fx);
	r->round = r->ballot != 0;
	r->round_full = false;
	r->gap = false;
}
