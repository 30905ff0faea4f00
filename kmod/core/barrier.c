// SPDX-License-Identifier: GPL-2.0
/*
 * Barrier: a slot S such that every value answered before the call is at or below
 * it, so that who has applied all through S reads nothing stale.
 *
 * The leader takes the highest slot that it proposed in, or that its promises tell
 * of, waits until all up to it is chosen, and then needs, of the voters of
 * config(S + 1), a majority that promised its ballot and one that acknowledged a
 * heartbeat begun after the call.  Why: had slot S + 1 been chosen before the call,
 * then either at a lower ballot, and the promises would tell of it; or at ours, and
 * we would have proposed it; or at a higher one, and of any majority somebody would
 * have refused the heartbeat.  In mode basic there is no leader: a phase 1 begun
 * after the call takes the heartbeat's place.  No clock is trusted.
 *
 * Followers ask the leader; who does not reach it asks a peer that does (row 19).
 */
#include "state.h"

static bool is_own(const struct paxos_replica *r, const struct paxos_barrier *b)
{
	return b->from == r->self;
}

static bool is_basic(const struct paxos_replica *r)
{
	return r->settings.mode == PAXOS_MODE_BASIC;
}

static void drop(struct paxos_replica *r, struct paxos_barrier *b)
{
	*b = (struct paxos_barrier) {};
	r->barriers_open--;
}

static struct paxos_barrier *add(struct paxos_replica *r, u8 from)
{
	u32 i;

	for (i = 0; i < PAXOS_BARRIERS_MAX; i++) {
		if (r->barrier[i].number)
			continue;
		r->barrier[i] = (struct paxos_barrier) {
			.number = r->barriers++, .from = from,
		};
		r->barriers_open++;
		return &r->barrier[i];
	}
	return NULL;
}

/* From this moment on the leader knows how far the log must be chosen for it. */
static void count(struct paxos_replica *r, struct paxos_barrier *b)
{
	if (!paxos_leads(r) || b->counted || b->confirmed || is_basic(r))
		return;
	b->counted = true;
	b->slot = port_max(r->next_slot - 1, r->commit);
	b->round = r->heartbeat + 1;
}

/* A caller of this node; false without room. */
bool paxos_barrier_add(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	struct paxos_answer withdrawn = { .outcome = PAXOS_OUTCOME_WITHDRAWN };
	struct paxos_barrier *b;

	if (!paxos_pending_may(r)) {
		paxos_answer(fx, cookie, &withdrawn);
		return true;
	}
	b = add(r, r->self);
	if (!b)
		return false;
	b->cookie = cookie;
	count(r, b);
	return true;
}

bool paxos_barrier_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	struct paxos_answer withdrawn = { .outcome = PAXOS_OUTCOME_WITHDRAWN };
	u32 left = r->barriers_open;
	struct paxos_barrier *b;

	for (b = r->barrier; left && b < r->barrier + PAXOS_BARRIERS_MAX; b++) {
		left -= b->number != 0;
		if (!b->number || b->cookie != cookie)
			continue;
		paxos_answer(fx, cookie, &withdrawn);
		drop(r, b);
		return true;
	}
	return false;
}

/* Nobody answers to index @from any more. */
void paxos_barrier_forget(struct paxos_replica *r, u8 from)
{
	u32 i;

	for (i = 0; i < PAXOS_BARRIERS_MAX; i++)
		if (r->barrier[i].number && r->barrier[i].from == from)
			drop(r, &r->barrier[i]);
}

/* The one that @from, in its present life, asked for as @number; NULL: none. */
static struct paxos_barrier *find_asked(struct paxos_replica *r, u8 from, u64 number)
{
	struct paxos_barrier *b;
	u32 i;

	for (i = 0; i < PAXOS_BARRIERS_MAX; i++) {
		b = &r->barrier[i];
		if (b->number && b->from == from && b->asked == number &&
		    b->session == r->peer[from].session)
			return b;
	}
	return NULL;
}

/* A peer asks, perhaps not for the first time. */
void paxos_on_barrier(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	bool relayed = m->flags & PAXOS_FLAG_RELAYED;
	struct paxos_barrier *b;

	if (is_basic(r) || (relayed && !paxos_leads(r)))
		return;
	b = find_asked(r, from, m->number);
	if (!b)
		b = add(r, from);
	if (!b)
		return;
	b->relayed = relayed;
	b->asked = m->number;
	b->session = r->peer[from].session;
	b->asked_us = r->now_us;
	count(r, b);
}

/* The leader's answer, to one that we sent on. */
void paxos_on_barrier_answer(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			     struct paxos_effects *fx)
{
	struct paxos_barrier *b;
	u32 i;

	for (i = 0; i < PAXOS_BARRIERS_MAX; i++) {
		b = &r->barrier[i];
		if (!b->number || b->number != m->number || !b->sent_us)
			continue;
		b->confirmed = true;
		b->slot = m->slot;
		b->round = m->ballot;
	}
}

/* ---- the leader, or, in mode basic, whose round it is ---- */

/* Those that acknowledged heartbeat @round; a leader always agrees with itself. */
static u32 acknowledged(const struct paxos_replica *r, u64 round)
{
	u32 mask = paxos_bit(r->self);
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (r->peer[i].acked >= round)
			mask |= paxos_bit(i);
	return mask;
}

/*
 * Late promises may tell of slots that were chosen before the call, so they count as
 * long as it is not confirmed (rows 35, 37).
 */
static void confirm(struct paxos_replica *r, struct paxos_barrier *b)
{
	if (!b->counted || b->confirmed || !paxos_leads(r))
		return;
	b->slot = port_max(b->slot, port_max(r->reported_slot, r->reported_commit));
	/* config(S + 1) is known when all up to S is delivered. */
	if (r->delivered < b->slot || !paxos_is_majority(r, b->slot + 1, r->promises))
		return;
	if (is_basic(r) ? b->round != r->ballot :
			  !paxos_is_majority(r, b->slot + 1, acknowledged(r, b->round)))
		return;
	b->confirmed = true;
	b->round = r->ballot;
}

/* Mode basic: does any caller wait for a phase 1 to begin? */
bool paxos_barrier_wanted(const struct paxos_replica *r)
{
	u32 left = r->barriers_open;
	const struct paxos_barrier *b;

	for (b = r->barrier; left && b < r->barrier + PAXOS_BARRIERS_MAX; b++) {
		if (b->number && !b->counted)
			return true;
		left -= b->number != 0;
	}
	return false;
}

/* Mode basic: a phase 1 begins, after all the calls that were made so far. */
void paxos_barrier_begun(struct paxos_replica *r)
{
	struct paxos_barrier *b;

	if (!is_basic(r))
		return;
	for (b = r->barrier; b < r->barrier + PAXOS_BARRIERS_MAX; b++) {
		if (!b->number || b->confirmed)
			continue;
		b->counted = true;
		b->slot = r->commit;
		b->round = r->ballot;
	}
}

/*
 * Our ballot ends: what it has confirmed stands, peers ask again whoever leads then,
 * and so do we.
 */
void paxos_barrier_stop(struct paxos_replica *r)
{
	struct paxos_barrier *b;

	for (b = r->barrier; b < r->barrier + PAXOS_BARRIERS_MAX; b++) {
		if (!b->number)
			continue;
		confirm(r, b);
		if (b->confirmed)
			continue;
		if (is_own(r, b))
			b->counted = false;
		else
			drop(r, b);
	}
}

/* ---- flush ---- */

/* False: no room. */
static bool answer(struct paxos_replica *r, struct paxos_barrier *b, struct paxos_effects *fx)
{
	struct paxos_answer own = {
		.outcome = PAXOS_OUTCOME_CHOSEN, .slot = b->slot, .ballot = b->round,
	};
	struct paxos_message m = {
		.type = PAXOS_BARRIER_ANSWER,
		.ballot = b->round,
		.slot = b->slot,
		.commit = r->commit,
		.number = b->asked,
	};

	if (fx->answers == PAXOS_ANSWERS_MAX || !paxos_room(fx, PAXOS_SMALL_MESSAGE))
		return false;
	if (is_own(r, b))
		paxos_answer(fx, b->cookie, &own);
	else if (r->peer[b->from].session == b->session)
		paxos_send(fx, paxos_bit(b->from), 0, &m);
	drop(r, b);
	return true;
}

/*
 * To @way: the leader, or who is nearer to it; again now and then, for datagrams get
 * lost.
 */
static void ask(struct paxos_replica *r, struct paxos_barrier *b, int way,
		struct paxos_effects *fx)
{
	struct paxos_message m = {
		.type = PAXOS_BARRIER,
		.number = b->number,
		.flags = is_own(r, b) ? 0 : PAXOS_FLAG_RELAYED,
	};

	if (way < 0 || way == b->from || b->relayed || !paxos_room(fx, PAXOS_SMALL_MESSAGE) ||
	    (b->sent_us && r->now_us - b->sent_us < 2 * paxos_heartbeat_us(r)))
		return;
	b->sent_us = r->now_us;
	paxos_send(fx, paxos_bit(way), 0, &m);
}

/* A peer that asks no more has its answer, or gave up. */
static bool outlived(const struct paxos_replica *r, const struct paxos_barrier *b)
{
	return !is_own(r, b) && r->now_us - b->asked_us > 2 * paxos_election_us(r);
}

/* Rule 7: who has forgotten tells peers nothing that it confirmed, and asks for nothing. */
static void abandon(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_answer withdrawn = { .outcome = PAXOS_OUTCOME_WITHDRAWN };
	struct paxos_barrier *b;

	for (b = r->barrier; r->barriers_open && b < r->barrier + PAXOS_BARRIERS_MAX; b++) {
		if (!b->number)
			continue;
		if (fx->answers == PAXOS_ANSWERS_MAX)
			return;
		if (is_own(r, b))
			paxos_answer(fx, b->cookie, &withdrawn);
		drop(r, b);
	}
}

void paxos_barrier_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	u32 left = r->barriers_open;
	struct paxos_barrier *b;
	bool beat = false;
	int way;

	if (r->forgotten) {
		abandon(r, fx);
		return;
	}
	/* In mode basic nobody asks anybody. */
	way = left && !is_basic(r) ? paxos_pending_way(r) : -1;
	for (b = r->barrier; left && b < r->barrier + PAXOS_BARRIERS_MAX; b++) {
		if (!b->number)
			continue;
		left--;
		if (outlived(r, b)) {
			drop(r, b);
			continue;
		}
		count(r, b);
		confirm(r, b);
		if (b->confirmed && !answer(r, b, fx))
			return;
		if (b->number && !b->counted)
			ask(r, b, way, fx);
		beat |= b->number && b->counted && b->round > r->heartbeat;
	}
	if (beat && paxos_leads(r) && !is_basic(r) && paxos_room(fx, PAXOS_SMALL_MESSAGE))
		paxos_election_beat(r, fx);
}
