// SPDX-License-Identifier: GPL-2.0
/*
 * Proposer: phase 1 once per leadership, phase 2 per batch of values.
 *
 * Paxos Made Simple, 2.2 and 3.  A candidate gathers promises of a majority;
 * then, as leader, it first proposes again what they report, fills holes with
 * no-ops, adds a no-op of its own, and goes on with new values.  Votes count
 * per slot and per ballot (rule 4).
 */
#include "state.h"

/* Proposed in by our own ballot: from then on its votes alone decide the slot. */
static bool is_ours(const struct paxos_replica *r, const struct paxos_slot *slot)
{
	return paxos_leads(r) && slot->ballot == r->ballot;
}

/*
 * Rule 5: may @slot not be learnt from others?  Our commit index vouches for what
 * was accepted at our ballot.  So what we have proposed, or may propose anew, is
 * ours to decide; and a candidate does not know yet what it will be.  Slots that
 * promises said are chosen we shall not propose in; and what we learn before we
 * get to what they reported is what we shall propose.
 */
bool paxos_proposer_decides(struct paxos_replica *r, u64 slot)
{
	struct paxos_slot *at = paxos_slot_at(r, slot);

	return r->ballot && (!paxos_leads(r) || (at && is_ours(r, at)) ||
			     slot >= port_max(r->next_slot, r->reported_slot + 1));
}

/*
 * What a promise says of one slot; false without room for it.  Phase 2a: the
 * value is the one with the highest ballot among all promises.
 */
static bool report(struct paxos_replica *r, struct paxos_slot *slot,
		   const struct paxos_item *item, u8 member)
{
	u64 ballot = item->flags & PAXOS_ITEM_CHOSEN ? PAXOS_REPORT_CHOSEN : item->ballot;

	if (is_ours(r, slot))
		return true;
	r->reported_slot = port_max(r->reported_slot, slot->slot);
	if (item->flags & PAXOS_ITEM_FAULTY)
		return paxos_faulty_report(r, slot->slot, item->ballot, member);
	if (ballot <= slot->report_ballot)
		return true;
	slot->report_ballot = ballot;
	paxos_entry_assign(&slot->report, &item->entry);
	return true;
}

/* The candidate's own promise, once durable, says what its acceptor holds. */
static bool report_own(struct paxos_replica *r)
{
	struct paxos_item item;
	struct paxos_slot *at;
	bool whole = true;
	u64 slot;

	paxos_faulty_forget_reports(r, r->self);
	for (slot = r->commit + 1; slot <= r->delivered + PAXOS_AHEAD; slot++) {
		at = paxos_slot_at(r, slot);
		if (!at || !(at->ballot || at->chosen))
			continue;
		paxos_slot_report(at, &item);
		whole &= report(r, at, &item, r->self);
	}
	return whole;
}

/*
 * A promise for all slots from @first on, which tells that all up to @commit is
 * chosen: we propose nothing there, but fetch it.
 */
static void promise_complete(struct paxos_replica *r, u8 member, u64 first, u64 commit)
{
	r->promises |= paxos_bit(member);
	r->peer[member].promise_first = first;
	r->reported_commit = port_max(r->reported_commit, commit);
	if (paxos_leads(r))
		r->next_slot = port_max(r->next_slot, commit + 1);
	else if (paxos_is_window_majority(r, r->promises))
		paxos_election_lead(r);
}

static void prepare(struct paxos_replica *r, struct paxos_effects *fx, u32 to, u64 first)
{
	struct paxos_message m = {
		.type = PAXOS_PREPARE,
		.ballot = r->ballot,
		.slot = first,
		.commit = r->commit,
	};

	/* Rule 3: it leaves when our own promise to this ballot is durable. */
	if (paxos_room(fx, PAXOS_BODY_SIZE))
		paxos_send(fx, to, r->ballot_lsn, &m);
}

/*
 * Whose promise is of use: voters, of either configuration.  If a value is lost
 * (rule 9) anybody may hold a copy, and acceptors are all.
 */
static u32 promises_wanted(const struct paxos_replica *r)
{
	return (r->faults ? r->everyone : r->voters & r->everyone) & ~r->promises;
}

/*
 * Ask for promises for all slots that we do not know to be chosen.  Who has begun
 * to answer is asked the same again, so that its fragments add up.
 */
void paxos_proposer_prepare(struct paxos_replica *r, struct paxos_effects *fx)
{
	u32 wanted = promises_wanted(r), anew = wanted;
	unsigned int i;

	r->prepared_us = r->now_us;
	for (i = 0; i < r->members; i++) {
		if (!(wanted & paxos_bit(i)) || !r->peer[i].collected.number)
			continue;
		prepare(r, fx, paxos_bit(i), r->peer[i].collected.first);
		anew &= ~paxos_bit(i);
	}
	prepare(r, fx, anew, r->commit + 1);
}

/*
 * Begin or go on with the fragments of one answer; false if this is of another,
 * or came already (rule 4).
 */
static bool collect(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_collected *c = &r->peer[from].collected;
	u64 bit = 1ull << (m->index % 64);

	if (!m->count || m->count > PAXOS_FRAGMENTS_MAX || m->index >= m->count ||
	    m->number < c->number)
		return false;
	if (m->number > c->number) {
		*c = (struct paxos_collected) {
			.number = m->number, .first = m->slot, .count = m->count,
		};
		paxos_faulty_forget_reports(r, from);
	}
	if (m->count != c->count || m->slot != c->first || c->fragment[m->index / 64] & bit)
		return false;
	c->fragment[m->index / 64] |= bit;
	c->got++;
	return true;
}

/* Merge what a fragment reports; false if some of it is out of our reach as yet. */
static bool merge_fragment(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_cursor cursor = {};
	struct paxos_slot *slot;
	struct paxos_item item;

	while (paxos_message_next(m, &cursor, &item)) {
		if (item.slot <= r->commit)
			continue;
		if (!(item.flags & PAXOS_ITEM_CHOSEN) && !paxos_ballot_valid(item.ballot))
			continue;
		slot = paxos_slot_claim(r, item.slot);
		if (!slot || !report(r, slot, &item, from))
			return false;
	}
	return true;
}

/*
 * Rule 4: a promise for another ballot, or another question, is ignored.  It has
 * to cover all slots that we may still propose in.
 */
static bool promise_fits(const struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	return r->role != PAXOS_ROLE_FOLLOWER && r->ballot && m->ballot == r->ballot &&
	       m->slot && m->slot <= r->commit + 1 && !(r->promises & paxos_bit(from));
}

/*
 * Rule 13: promises may come, and count, long after we began to lead: of new
 * voters, or of those that were away.
 */
void paxos_on_promise(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_collected *c = &r->peer[from].collected;
	bool full;

	if (!promise_fits(r, m, from) || !collect(r, m, from))
		return;
	if (!merge_fragment(r, m, from)) {
		full = r->faults == PAXOS_FAULTS_MAX;
		*c = (struct paxos_collected) {};
		paxos_faulty_forget_reports(r, from);
		/*
		 * Out of reach: we lag too far to lead, and a candidate learns
		 * nothing (rule 5).  So catch up first; somebody else may lead
		 * meanwhile.  A leader asks again later.
		 */
		if (!paxos_leads(r) && !full)
			paxos_election_step_down(r);
		return;
	}
	/* A candidate keeps its round while fragments still arrive. */
	if (!paxos_leads(r))
		r->deadline_us = port_max(r->deadline_us, r->now_us + paxos_election_us(r));
	if (c->got == c->count)
		promise_complete(r, from, c->first, m->commit);
}

static void chosen_by_votes(struct paxos_replica *r, struct paxos_slot *slot)
{
	slot->proposed = false;
	slot->chosen = true;
	r->open_bytes -= port_min(r->open_bytes, (u64)slot->entry.value.length);
	r->open_most = port_min(r->open_most + slot->entry.value.length, (u64)PAXOS_OPEN_BYTES);
}

/* One vote per member for our ballot in one slot; it is chosen with a majority. */
static void count_vote(struct paxos_replica *r, struct paxos_slot *slot, u8 member)
{
	slot->votes |= paxos_bit(member);
	if (paxos_is_majority(r, slot->slot, slot->votes))
		chosen_by_votes(r, slot);
}

/* One past the last slot that can be open, whatever promises say is chosen. */
static u64 open_end(const struct paxos_replica *r)
{
	return port_min(r->next_slot, r->delivered + PAXOS_WINDOW + 1);
}

static struct paxos_slot *open_slot(struct paxos_replica *r, u64 slot)
{
	struct paxos_slot *at = paxos_slot_at(r, slot);

	return at && at->proposed && at->ballot == r->ballot ? at : NULL;
}

void paxos_on_accepted(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	struct paxos_slot *at;
	u64 slot, last;

	/* Whose vote counts in which slot, its configuration says (rule 13). */
	if (!paxos_leads(r) || m->ballot != r->ballot) {
		paxos_learner_on_accepted(r, m, from);
		return;
	}
	paxos_fullness_heard(r, m, from);
	while (paxos_message_next(m, &cursor, &item)) {
		slot = port_max(item.slot, r->commit + 1);
		last = port_min(item.slot + item.ballot, open_end(r));
		for (; slot < last; slot++) {
			at = open_slot(r, slot);
			if (at)
				count_vote(r, at, from);
		}
	}
	paxos_learner_advance(r);
}

/* Records became durable: our own promise, our own votes (rule 1). */
void paxos_proposer_written(struct paxos_replica *r)
{
	struct paxos_slot *at;
	u64 slot;

	if (r->role == PAXOS_ROLE_CANDIDATE && r->ballot && r->ballot_lsn <= r->durable_lsn &&
	    !(r->promises & paxos_bit(r->self)) && report_own(r))
		promise_complete(r, r->self, r->first, r->commit);
	if (!paxos_leads(r))
		return;
	for (slot = r->commit + 1; slot < open_end(r); slot++) {
		at = open_slot(r, slot);
		if (at && at->lsn <= r->durable_lsn)
			count_vote(r, at, r->self);
	}
	paxos_learner_advance(r);
}

/* Gathers slots into ACCEPTs, each as full as a datagram, or one large value. */
struct accepts {
	struct paxos_writer writer;
	u32 to;
	bool open;
};

static void accepts_close(struct paxos_replica *r, struct paxos_effects *fx, struct accepts *a)
{
	struct paxos_message m = {
		.type = PAXOS_ACCEPT,
		.ballot = r->ballot,
		.commit = r->commit,
	};

	if (!a->open)
		return;
	a->open = false;
	/* The commit index rides along (rule 5: see paxos_on_learnt()). */
	if (a->to == r->everyone)
		r->told = r->commit;
	/* A node alone accepts by itself. */
	if (a->to)
		paxos_send_body(fx, a->to, 0, m.type, paxos_writer_end(&a->writer, &m));
}

static void accepts_add(struct paxos_replica *r, struct paxos_effects *fx, struct accepts *a,
			const struct paxos_slot *slot, u32 to)
{
	struct paxos_item item = {
		.slot = slot->slot,
		.ballot = slot->ballot,
		.entry = slot->entry,
	};
	u32 size = sizeof(struct paxos_wire_entry) + paxos_entry_size(&slot->entry);

	if (a->open && (a->to != to || a->writer.used + size > PAXOS_BODY_TARGET))
		accepts_close(r, fx, a);
	if (!a->open) {
		paxos_writer_begin(&a->writer, paxos_body_room(fx), PAXOS_MESSAGE_MAX);
		a->open = true;
		a->to = to;
	}
	core_check(r, paxos_writer_entry(&a->writer, &item));
}

/* Room for one more slot in the journal, and for what it may send. */
static bool propose_room(const struct paxos_effects *fx, const struct paxos_entry *entry)
{
	return paxos_batch_has_room(fx->batch, 2, entry->value.length) &&
	       paxos_room(fx, 2 * PAXOS_MESSAGE_MAX);
}

/* Phase 2a for one slot, and our own acceptor's 2b: it votes when durable. */
static bool propose(struct paxos_replica *r, struct paxos_effects *fx, struct accepts *a,
		    const struct paxos_entry *entry)
{
	struct paxos_slot *slot = paxos_slot_claim(r, r->next_slot);

	if (!slot || !propose_room(fx, entry))
		return false;
	if (!core_check(r, !slot->chosen || paxos_entry_equal(&slot->entry, entry)))
		return false;
	paxos_entry_assign(&slot->entry, entry);
	slot->faulty = false;
	slot->ballot = r->ballot;
	slot->voted = r->ballot;
	slot->votes = 0;
	/* What is known to be chosen is said again, but waits for no votes. */
	slot->proposed = !slot->chosen;
	slot->sent_us = r->now_us;
	slot->resent = 0;
	if (slot->proposed)
		r->open_bytes += entry->value.length;
	r->next_slot++;
	paxos_record_accepted(r, fx, slot);
	accepts_add(r, fx, a, slot, r->everyone);
	return true;
}

static struct paxos_entry noop(const struct paxos_replica *r)
{
	return (struct paxos_entry) {
		.type = PAXOS_ENTRY_NOOP,
		.id.origin = r->settings.node,
	};
}

/* What promises reported for the slot; a no-op if it is free, so that no hole stays. */
static struct paxos_entry recovered(struct paxos_replica *r, u64 slot)
{
	struct paxos_slot *at = paxos_slot_at(r, slot);

	if (at && at->chosen && !at->faulty)
		return at->entry;
	return at && at->report_ballot ? at->report : noop(r);
}

/*
 * May we propose in the next slot?  A window is open, no more: it is also the alpha
 * of rule 13, and so we know who governs the slot, and need promises from a
 * majority of those.  All that we hold begin early enough: see promise_fits().
 */
static bool may_propose(struct paxos_replica *r)
{
	return r->next_slot <= r->delivered + PAXOS_WINDOW && r->open_bytes < r->open_most &&
	       paxos_is_majority(r, r->next_slot, r->promises) &&
	       paxos_faulty_decided(r, r->next_slot);
}

/* What earlier ballots left, and our first no-op. */
static bool propose_recovered(struct paxos_replica *r, struct paxos_effects *fx,
			      struct accepts *a)
{
	struct paxos_entry entry;

	while (r->next_slot <= r->reported_slot || r->noop_due) {
		if (!may_propose(r))
			return false;
		entry = recovered(r, r->next_slot);
		if (!propose(r, fx, a, &entry))
			return false;
		if (r->next_slot > r->reported_slot + 1)
			r->noop_due = false;
	}
	return true;
}

/* With no room for new values: for all else there is the reserve (STORAGE.md, "Starting"). */
static bool holds_back(const struct paxos_replica *r, const struct paxos_effects *fx, u8 type)
{
	return type == PAXOS_ENTRY_VALUE && paxos_fullness_refuses(r, fx);
}

static bool propose_queued(struct paxos_replica *r, struct paxos_effects *fx, struct accepts *a)
{
	struct paxos_entry *entry = &r->queue[r->queue_head % PAXOS_QUEUE_MAX];

	if (r->queue_head == r->queue_tail)
		return false;
	/* Its origin tries again. */
	if (!holds_back(r, fx, entry->type) && paxos_membership_may_propose(r, entry) &&
	    !propose(r, fx, a, entry))
		return false;
	paxos_entry_clear(entry);
	r->queue_head++;
	return true;
}

/* An own proposal leaves this node at the moment it gets a slot, not before. */
static bool propose_own(struct paxos_replica *r, struct paxos_effects *fx, struct accepts *a)
{
	static const struct paxos_entry largest = { .value.length = PAXOS_VALUE_MAX };
	struct paxos_outstanding *own;

	if (!propose_room(fx, &largest) || !paxos_slot_claim(r, r->next_slot) ||
	    holds_back(r, fx, paxos_pending_next(r)))
		return false;
	own = paxos_pending_leave(r);
	if (!own || !paxos_membership_may_propose(r, &own->entry))
		return own;
	return core_check(r, propose(r, fx, a, &own->entry));
}

/*
 * Rule 13: after a CONFIG the slots that the old configuration still governs are
 * filled at once: the old members can go when all of them are chosen.
 */
static bool propose_filler(struct paxos_replica *r, struct paxos_effects *fx, struct accepts *a)
{
	const struct paxos_config *newest = &r->table.newest;
	struct paxos_entry filler = noop(r);

	return newest->slot && r->next_slot < newest->slot + PAXOS_WINDOW &&
	       propose(r, fx, a, &filler);
}

/*
 * What comes next, at our own ballot.  A slot that is known to be chosen, however that
 * came to be known before those below it were, has its value.
 */
static bool propose_next(struct paxos_replica *r, struct paxos_effects *fx, struct accepts *a)
{
	struct paxos_slot *at = paxos_slot_at(r, r->next_slot);
	struct paxos_entry entry;

	if (at && at->chosen) {
		entry = recovered(r, r->next_slot);
		return !holds_back(r, fx, entry.type) && propose(r, fx, a, &entry);
	}
	return propose_queued(r, fx, a) || propose_own(r, fx, a) || propose_filler(r, fx, a);
}

/* Learn broadcast: our own acceptor's 2b, when it is durable; a datagram may get lost. */
static void tell_own_votes(struct paxos_replica *r, struct paxos_effects *fx, u64 first)
{
	struct paxos_message m = {
		.type = PAXOS_ACCEPTED,
		.ballot = r->ballot,
		.commit = r->commit,
	};
	struct paxos_writer writer;

	if (first == r->next_slot || !r->everyone || !paxos_room(fx, PAXOS_SMALL_MESSAGE))
		return;
	paxos_writer_begin(&writer, paxos_body_room(fx), PAXOS_SMALL_MESSAGE);
	paxos_writer_range(&writer, first, r->next_slot - first);
	paxos_send_body(fx, r->everyone, fx->batch->sequence, m.type,
			paxos_writer_end(&writer, &m));
}

void paxos_proposer_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct accepts a = {};
	u64 first;

	if (!paxos_leads(r) || r->failed || r->low)
		return;
	/* What we have learnt meanwhile, we need not propose. */
	r->next_slot = port_max(r->next_slot, r->commit + 1);
	first = r->next_slot;
	if (propose_recovered(r, fx, &a) && !r->transfer_to && !paxos_basic_closing(r))
		while (may_propose(r) && propose_next(r, fx, &a))
			;
	accepts_close(r, fx, &a);
	if (paxos_broadcasts(r))
		tell_own_votes(r, fx, first);
}

/* Does the ACCEPT of @at wait for an answer for too long? */
static bool overdue(const struct paxos_replica *r, const struct paxos_slot *at)
{
	return r->now_us - at->sent_us >=
	       paxos_backoff_us(r, paxos_heartbeat_us(r) / 2, at->resent);
}

/* Phase 2a again for slots that lack votes: datagrams get lost.  Oldest slots first. */
static void resend_open(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct accepts a = {};
	struct paxos_slot *at;
	u32 sent = 0, bytes = 0, to;
	u64 slot;

	for (slot = r->commit + 1; slot < open_end(r); slot++) {
		at = open_slot(r, slot);
		to = at ? r->voters & r->everyone & ~at->votes : 0;
		if (!to || !overdue(r, at))
			continue;
		if (sent == PAXOS_RESENDS_MAX || bytes >= PAXOS_RESEND_BYTES ||
		    !paxos_room(fx, 2 * PAXOS_MESSAGE_MAX))
			break;
		at->sent_us = r->now_us;
		at->resent += at->resent < PAXOS_DOUBLINGS_MAX;
		accepts_add(r, fx, &a, at, to);
		bytes += at->entry.value.length;
		sent++;
	}
	accepts_close(r, fx, &a);
}

void paxos_proposer_tick(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (paxos_leads(r))
		resend_open(r, fx);
	if (r->ballot && r->ballot_lsn <= r->durable_lsn && promises_wanted(r) &&
	    r->now_us - r->prepared_us >= paxos_heartbeat_us(r))
		paxos_proposer_prepare(r, fx);
}

/* Is this proposal on its way already: queued, or open in a slot? */
bool paxos_proposer_knows(struct paxos_replica *r, const struct paxos_proposal_id *id)
{
	struct paxos_slot *at;
	u64 slot;
	u32 i;

	for (slot = r->delivered + 1; slot < open_end(r); slot++) {
		at = paxos_slot_at(r, slot);
		if (at && at->entry.type != PAXOS_ENTRY_NOOP && paxos_id_equal(&at->entry.id, id))
			return true;
	}
	for (i = r->queue_head; i != r->queue_tail; i++)
		if (paxos_id_equal(&r->queue[i % PAXOS_QUEUE_MAX].id, id))
			return true;
	return false;
}

/* Queue a proposal for a slot; false if the queue is full: its origin retries. */
bool paxos_proposer_enqueue(struct paxos_replica *r, const struct paxos_entry *entry)
{
	if (r->queue_tail - r->queue_head == PAXOS_QUEUE_MAX)
		return false;
	paxos_entry_assign(&r->queue[r->queue_tail++ % PAXOS_QUEUE_MAX], entry);
	return true;
}

/* Row 19: its sender does not reach the leader, but we do.  Once, not in circles. */
static void relay(struct paxos_replica *r, const struct paxos_message *m,
		  struct paxos_effects *fx)
{
	struct paxos_message to = {
		.type = PAXOS_FORWARD,
		.flags = m->flags | PAXOS_FLAG_RELAYED,
	};
	int leader = paxos_replica_member(r, paxos_ballot_node(r->leader_ballot));
	struct paxos_cursor cursor = {};
	struct paxos_writer writer;
	struct paxos_item item;

	if (!r->leader_ballot || leader < 0 || !r->peer[leader].session)
		return;
	paxos_writer_begin(&writer, paxos_body_room(fx), PAXOS_MESSAGE_MAX);
	while (paxos_message_next(m, &cursor, &item) && paxos_writer_entry(&writer, &item))
		;
	paxos_send_body(fx, paxos_bit(leader), 0, to.type, paxos_writer_end(&writer, &to));
}

/* Proposals of others, forwarded to us as the leader. */
void paxos_on_forward(struct paxos_replica *r, const struct paxos_message *m,
		      struct paxos_effects *fx)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	u64 first;

	if (!paxos_leads(r)) {
		if (!(m->flags & PAXOS_FLAG_RELAYED))
			relay(r, m, fx);
		return;
	}
	while (paxos_message_next(m, &cursor, &item)) {
		if (item.entry.type == PAXOS_ENTRY_NOOP ||
		    paxos_table_delivered(&r->table, &item.entry.id, &first))
			continue;
		if (m->flags & PAXOS_FLAG_RETRY && paxos_proposer_knows(r, &item.entry.id))
			continue;
		if (!paxos_proposer_enqueue(r, &item.entry))
			return;
	}
}

/* No longer leader or candidate: what was queued is tried again by its origins. */
void paxos_proposer_stop(struct paxos_replica *r)
{
	for (; r->queue_head != r->queue_tail; r->queue_head++)
		paxos_entry_clear(&r->queue[r->queue_head % PAXOS_QUEUE_MAX]);
	r->ballot = 0;
	r->promises = 0;
	r->open_bytes = 0;
	r->noop_due = false;
}
