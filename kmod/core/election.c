// SPDX-License-Identifier: GPL-2.0
/*
 * Election: who leads.
 *
 * A follower that hears no leader for a random one to two election timeouts
 * asks for pre-votes, which change nothing anywhere (Ongaro, 9.6), and only
 * with a majority of them runs phase 1 with a new round.  A leader that hears
 * no majority, or whose disk hangs, steps down.  Safety rests on none of this (rule 12).
 */
#include "state.h"

/* Begin to be patient anew: one to two election timeouts. */
void paxos_election_patience(struct paxos_replica *r)
{
	u64 timeout = paxos_election_us(r);

	/* No 64-bit division in the core: the top bits of a 32-bit product do. */
	r->deadline_us = r->now_us + timeout + ((timeout * (paxos_random(r) & 0xffff)) >> 16);
}

/* Neither candidate nor leader any more. */
void paxos_election_step_down(struct paxos_replica *r)
{
	paxos_barrier_stop(r);
	paxos_basic_refused(r);
	r->role = PAXOS_ROLE_FOLLOWER;
	r->wanted = 0;
	r->transfer_to = 0;
	if (r->ballot && r->leader_ballot == r->ballot)
		r->leader_ballot = 0;
	paxos_proposer_stop(r);
	paxos_election_patience(r);
}

static bool is_basic(const struct paxos_replica *r)
{
	return r->settings.mode == PAXOS_MODE_BASIC;
}

/*
 * A message of the owner of @ballot, which is not below our promise: it leads.  In
 * mode basic it only has its round, and nobody waits for more.
 */
void paxos_election_heard(struct paxos_replica *r, u64 ballot)
{
	if (r->ballot == ballot)
		return;
	if (r->role != PAXOS_ROLE_FOLLOWER)
		paxos_election_step_down(r);
	r->highest_round = port_max(r->highest_round, paxos_ballot_round(ballot));
	if (r->leader_ballot != ballot && !is_basic(r)) {
		r->leader_ballot = ballot;
		paxos_pending_retry_all(r);
	}
	r->leader_heard_us = r->now_us;
	paxos_election_patience(r);
}

/* A majority promised: lead.  What to propose first is the proposer's matter. */
void paxos_election_lead(struct paxos_replica *r)
{
	unsigned int i;

	r->role = PAXOS_ROLE_LEADER;
	r->leader_ballot = is_basic(r) ? 0 : r->ballot;
	r->next_slot = port_max(r->commit, r->reported_commit) + 1;
	r->noop_due = !is_basic(r);
	r->moved_us = r->now_us;
	r->open_bytes = 0;
	r->open_most = PAXOS_OPEN_BYTES_FIRST;
	r->told = 0;
	r->heartbeat_us = 0;
	for (i = 0; i < r->members; i++) {
		r->peer[i].acked_us = r->now_us;
		r->peer[i].acked = 0;
	}
	paxos_pending_retry_all(r);
}

/* With a round of our own that was never used (rule 3); 0: they are used up. */
static u64 next_ballot(const struct paxos_replica *r)
{
	u64 round = port_max(r->highest_round, paxos_ballot_round(r->promised)) + 1;

	return round <= PAXOS_ROUND_LIMIT ? paxos_ballot(round, r->settings.node) : 0;
}

/* Phase 1. */
void paxos_election_campaign(struct paxos_replica *r, struct paxos_effects *fx)
{
	u64 ballot = next_ballot(r);
	unsigned int i;

	r->wanted = 0;
	if (!ballot)
		return;
	paxos_promise_ballot(r, fx, ballot);
	r->role = PAXOS_ROLE_CANDIDATE;
	r->leader_ballot = 0;
	r->ballot = r->promised;
	r->ballot_used = r->ballot;
	paxos_barrier_begun(r);
	r->ballot_lsn = r->promised_lsn;
	r->promises = 0;
	r->first = r->commit + 1;
	r->reported_commit = r->commit;
	r->reported_slot = 0;
	paxos_slots_forget_reports(r);
	r->faults = 0;
	for (i = 0; i < r->members; i++)
		r->peer[i].collected = (struct paxos_collected) {};
	paxos_election_patience(r);
	paxos_proposer_prepare(r, fx);
}

/* Would a majority have us?  Nobody's state changes by the question. */
static void ask_prevotes(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_message m = {
		.type = PAXOS_PREVOTE,
		.ballot = next_ballot(r),
		.commit = r->commit,
	};

	paxos_election_step_down(r);
	if (!m.ballot)
		return;
	r->role = PAXOS_ROLE_CANDIDATE;
	r->leader_ballot = 0;
	r->wanted = m.ballot;
	r->prevotes = paxos_bit(r->self);
	if (paxos_is_window_majority(r, r->prevotes))
		paxos_election_campaign(r, fx);
	else
		paxos_send(fx, r->voters & r->everyone, 0, &m);
}

static bool hears_leader(const struct paxos_replica *r)
{
	return paxos_leads(r) || (r->leader_ballot &&
				  r->now_us - r->leader_heard_us < paxos_election_us(r));
}

void paxos_on_prevote(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		      struct paxos_effects *fx)
{
	struct paxos_message yes = { .type = PAXOS_PREVOTE_YES, .ballot = m->ballot };

	/* Rule 13: who is to go still finishes the old slots with the others. */
	if (!paxos_may_promise(r) || !(r->voters & paxos_bit(r->self)) || paxos_disk_hangs(r) ||
	    hears_leader(r))
		return;
	if (m->ballot <= r->promised) {
		paxos_nack(r, from, m->ballot, fx);
		return;
	}
	/*
	 * Who lags far would keep all waiting, and whom rule 6 is to refuse gets no
	 * promise; some other voter can lead at once.
	 */
	if (m->commit + PAXOS_WINDOW < r->commit || m->commit < r->trim)
		return;
	paxos_send(fx, paxos_bit(from), 0, &yes);
}

void paxos_on_prevote_yes(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			  struct paxos_effects *fx)
{
	/* There may be no room for it any more. */
	if (!r->wanted || m->ballot != r->wanted || r->low)
		return;
	r->prevotes |= paxos_bit(from);
	if (paxos_is_window_majority(r, r->prevotes))
		paxos_election_campaign(r, fx);
}

/* Our ballot came too late somewhere: give it up; the next is above what we learnt. */
void paxos_on_nack(struct paxos_replica *r, const struct paxos_message *m)
{
	r->highest_round = port_max(r->highest_round, paxos_ballot_round(m->ballot));
	if (!m->number || m->ballot <= m->number)
		return;
	if (m->number == r->ballot || m->number == r->wanted)
		paxos_election_step_down(r);
}

void paxos_on_heartbeat(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			struct paxos_effects *fx)
{
	struct paxos_message ack = {
		.type = PAXOS_HEARTBEAT_ACK,
		.ballot = m->ballot,
		.slot = r->durable,
		.number = m->number,
		.echo = m->echo,
		.index = fx->journal_used,
		.flags = paxos_fullness_flag(fx),
	};

	if (m->ballot < r->promised) {
		paxos_nack(r, from, m->ballot, fx);
		return;
	}
	paxos_election_heard(r, m->ballot);
	r->no_room = m->flags & PAXOS_FLAG_FULL;
	if (m->slot)
		paxos_trim_told(r, from, m->slot - 1);
	paxos_learner_commit_index(r, m->ballot, m->commit);
	ack.commit = r->commit;
	if (paxos_may_vote(r) && !(m->flags & PAXOS_FLAG_QUIET))
		paxos_send(fx, paxos_bit(from), 0, &ack);
}

void paxos_on_heartbeat_ack(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_peer *peer = &r->peer[from];

	/* The echo is a time of ours; who makes one up gains nothing by the future. */
	if (!paxos_leads(r) || m->ballot != r->ballot || m->echo > r->now_us)
		return;
	paxos_fullness_heard(r, m, from);
	peer->acked_us = port_max(peer->acked_us, m->echo);
	if (m->number <= r->heartbeat)
		peer->acked = port_max(peer->acked, m->number);
	peer->rtt_us = port_min(r->now_us - m->echo, (u64)~0u);
}

/* A heartbeat to all; quiet: it only carries the commit index, now. */
static void beat(struct paxos_replica *r, struct paxos_effects *fx, bool quiet)
{
	struct paxos_message m = {
		.type = PAXOS_HEARTBEAT,
		.ballot = r->ballot,
		.slot = r->trim + 1,
		.commit = r->commit,
		.number = r->heartbeat,
		.echo = r->now_us,
		.flags = (quiet ? PAXOS_FLAG_QUIET : 0) | (r->no_room ? PAXOS_FLAG_FULL : 0),
	};

	r->told = r->commit;
	paxos_send(fx, r->everyone, 0, &m);
}

/* One that wants to be acknowledged. */
void paxos_election_beat(struct paxos_replica *r, struct paxos_effects *fx)
{
	r->heartbeat_us = r->now_us;
	r->heartbeat++;
	beat(r, fx, false);
}

static bool heard_by_majority(const struct paxos_replica *r)
{
	u32 heard = paxos_bit(r->self);
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (r->now_us - r->peer[i].acked_us < paxos_election_us(r))
			heard |= paxos_bit(i);
	return paxos_is_window_majority(r, heard);
}

/*
 * We lead above what a promise says is chosen, and fetch the rest; who could
 * serve it may be gone since.  A new phase 1 asks those that are left.
 */
static bool catch_up_stuck(struct paxos_replica *r, const struct paxos_effects *fx)
{
	return r->commit + 1 < r->next_slot && !paxos_proposer_decides(r, r->commit + 1) &&
	       !fx->journal_full &&
	       r->now_us - r->moved_us >= 2 * paxos_election_us(r);
}

/* Removed, and the change is complete: the others go on without us. */
static bool has_left(const struct paxos_replica *r)
{
	return !(r->newest.voters & paxos_bit(r->self)) && r->complete == r->table.newest.slot;
}

static void leader_tick(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (!heard_by_majority(r) || catch_up_stuck(r, fx) || paxos_disk_hangs(r) ||
	    r->low || has_left(r)) {
		paxos_election_step_down(r);
		return;
	}
	if (r->now_us - r->heartbeat_us < paxos_heartbeat_us(r))
		return;
	paxos_election_beat(r, fx);
}

void paxos_election_tick(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (is_basic(r)) {
		paxos_basic_tick(r);
		return;
	}
	if (paxos_leads(r)) {
		leader_tick(r, fx);
		return;
	}
	if (r->leader_ballot && r->now_us - r->leader_heard_us >= 2 * paxos_election_us(r))
		r->leader_ballot = 0;
	if (paxos_may_lead(r) && !paxos_disk_hangs(r) && r->now_us >= r->deadline_us &&
	    !paxos_trim_keeps_from_leading(r))
		ask_prevotes(r, fx);
}

/*
 * Followers hear of a new commit index at once, on an ACCEPT or else by a heartbeat;
 * but if they count votes themselves, that can wait.
 */
void paxos_election_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (paxos_leads(r) && r->told < r->commit && paxos_room(fx, PAXOS_SMALL_MESSAGE) &&
	    (is_basic(r) || !paxos_broadcasts(r)))
		beat(r, fx, true);
}
