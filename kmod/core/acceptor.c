// SPDX-License-Identifier: GPL-2.0
/*
 * Acceptor: promises and acceptances.
 *
 * Phase 1b and 2b of Paxos Made Simple (2.2, 2.5), one promise for all slots.
 * What is said here cannot be taken back, so every answer carries the LSN that
 * must be durable before it leaves.
 */
#include "state.h"

/* Tell @to that its ballot @refused came too late: a proposer learns at once. */
void paxos_nack(struct paxos_replica *r, u8 to, u64 refused, struct paxos_effects *fx)
{
	struct paxos_message nack = {
		.type = PAXOS_NACK,
		.ballot = r->promised,
		.number = refused,
	};

	/* Nothing in it needs to be kept, but it must not say what may be lost. */
	paxos_send(fx, paxos_bit(to), r->promised_lsn, &nack);
}

/*
 * Promise @ballot: nothing below it is accepted any more.  In memory at once,
 * durable at the LSN.
 */
void paxos_promise_ballot(struct paxos_replica *r, struct paxos_effects *fx, u64 ballot)
{
	if (ballot <= r->promised)
		return;
	/* What was promised before may be said, and be held against us, before this is durable. */
	if (r->promised_lsn < fx->batch->sequence) {
		r->vow_flying = r->promised;
		r->vow_flying_lsn = r->promised_lsn;
	}
	r->promised = ballot;
	r->promised_lsn = fx->batch->sequence;
	r->highest_round = port_max(r->highest_round, paxos_ballot_round(ballot));
	fx->batch->urgent = true;
	if (r->ballot && r->ballot < ballot)
		paxos_election_step_down(r);
}

void paxos_acceptor_release(struct paxos_replica *r)
{
	struct paxos_promise *promise = &r->promise;
	u16 i;

	for (i = 0; i < promise->items; i++)
		paxos_entry_clear(&promise->item[i].entry);
	promise->items = 0;
	promise->ballot = 0;
}

static bool fits_fragment(u32 used, const struct paxos_entry *entry)
{
	return used + sizeof(struct paxos_wire_entry) + paxos_entry_size(entry) <=
	       PAXOS_MESSAGE_MAX;
}

/* One past the last item of the fragment that begins with item @from. */
static u16 fragment_end(const struct paxos_promise *promise, u16 from)
{
	u32 used = PAXOS_BODY_SIZE;

	while (from < promise->items && fits_fragment(used, &promise->item[from].entry)) {
		used += sizeof(struct paxos_wire_entry) +
			paxos_entry_size(&promise->item[from].entry);
		from++;
	}
	return from;
}

static u16 count_fragments(const struct paxos_promise *promise)
{
	u16 fragments = 1;
	u16 at = fragment_end(promise, 0);

	for (; at < promise->items; at = fragment_end(promise, at))
		fragments++;
	return fragments;
}

static void freeze_slot(struct paxos_promise *promise, const struct paxos_slot *slot)
{
	struct paxos_item *item = &promise->item[promise->items++];

	paxos_slot_report(slot, item);
	if (item->entry.value.buf)
		paxos_buf_get(item->entry.value.buf);
}

/*
 * Freeze the answer: all that is accepted in memory above what this node knows
 * to be chosen (it says how far that goes; the candidate fetches it).  It waits
 * for the promise's own record (rule 1); records of what it reports come
 * earlier in the journal, or in the same batch.
 */
static void freeze_answer(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_promise *promise = &r->promise;
	u64 slot = port_max(m->slot, r->commit + 1);
	struct paxos_slot *at;

	paxos_acceptor_release(r);
	promise->ballot = m->ballot;
	promise->to = from;
	promise->first = m->slot;
	promise->commit = r->commit;
	promise->number = ++r->answers;
	promise->lsn = r->promised_lsn;
	for (; slot <= r->delivered + PAXOS_AHEAD; slot++) {
		at = paxos_slot_at(r, slot);
		if (at && (at->ballot || at->chosen) &&
		    core_check(r, promise->items < PAXOS_AHEAD))
			freeze_slot(promise, at);
		if (at)
			promise->lsn = port_max(promise->lsn, at->lsn);
	}
	promise->fragments = count_fragments(promise);
}

void paxos_on_prepare(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		      struct paxos_effects *fx)
{
	struct paxos_promise *promise = &r->promise;

	if (!paxos_may_vote(r) || !m->slot)
		return;
	if (m->ballot < r->promised) {
		paxos_nack(r, from, m->ballot, fx);
		return;
	}
	/* Rule 6. */
	if (m->slot <= r->trim) {
		paxos_trim_refuse(r, from, m->ballot, fx);
		return;
	}
	if (m->ballot > r->promised && !paxos_may_promise(r))
		return;
	/*
	 * A candidate that only repeats itself is not waited for any longer.  But it is
	 * given its time: no late pre-vote makes us campaign against it.
	 */
	if (m->ballot > r->promised && r->wanted)
		paxos_election_step_down(r);
	else if (m->ballot > r->promised)
		paxos_election_patience(r);
	paxos_promise_ballot(r, fx, m->ballot);
	/* The same question again gets the same answer, so that fragments add up. */
	if (promise->ballot != m->ballot || promise->to != from || promise->first != m->slot)
		freeze_answer(r, m, from);
	promise->next = 0;
	promise->fragment = 0;
}

/* The next fragment of the frozen answer, if its promise is durable (rule 1). */
static bool send_fragment(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_promise *promise = &r->promise;
	struct paxos_message m = {
		.type = PAXOS_PROMISE,
		.ballot = promise->ballot,
		.slot = promise->first,
		.commit = promise->commit,
		.number = promise->number,
		.echo = promise->lsn,
		.index = promise->fragment,
		.count = promise->fragments,
	};
	struct paxos_writer writer;
	u16 end;

	if (!promise->ballot || promise->fragment == promise->fragments ||
	    promise->lsn > r->durable_lsn || !paxos_room(fx, PAXOS_MESSAGE_MAX))
		return false;
	end = fragment_end(promise, promise->next);
	paxos_writer_begin(&writer, paxos_body_room(fx), PAXOS_MESSAGE_MAX);
	for (; promise->next < end; promise->next++)
		if (!core_check(r, paxos_writer_entry(&writer, &promise->item[promise->next])))
			return false;
	promise->fragment++;
	paxos_send_body(fx, paxos_bit(promise->to), promise->lsn, m.type,
			paxos_writer_end(&writer, &m));
	return true;
}

void paxos_acceptor_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	while (send_fragment(r, fx))
		;
}

/*
 * May @slot hold @item?  A chosen slot has one value for ever; and, rule 3, a ballot
 * has one for each slot.
 */
static bool one_value(struct paxos_replica *r, const struct paxos_slot *slot,
		      const struct paxos_item *item, u64 ballot)
{
	bool again = slot->ballot == ballot;

	if ((!slot->chosen && !again) || paxos_entry_equal(&slot->entry, &item->entry))
		return true;
	/* What was accepted at this ballot gave way to what was learnt. */
	if (again && slot->learned)
		return true;
	paxos_notice(r, PAXOS_NOTICE_TWO_VALUES, paxos_ballot_node(ballot), slot->slot, 0);
	return false;
}

/*
 * Accept one slot at @ballot, which is at least what was promised.  True if it
 * stands accepted: it may be acknowledged when slot->lsn is durable.
 */
static bool accept_slot(struct paxos_replica *r, u64 ballot, const struct paxos_item *item,
			struct paxos_effects *fx, u64 *lsn)
{
	struct paxos_slot *slot = paxos_slot_claim(r, item->slot);
	struct paxos_item again = *item;

	if (!slot || !one_value(r, slot, item, ballot))
		return false;
	/* Again: acknowledge again.  But a value that was lost is written again. */
	if (slot->ballot != ballot || slot->faulty) {
		if (!paxos_may_promise(r))
			return false;
		if (fx->journal_full && item->entry.type == PAXOS_ENTRY_VALUE && !slot->ballot)
			return false;
		/* Rule 9: what is delivered already is also told again. */
		if (slot->faulty && slot->slot <= r->delivered) {
			again.ballot = ballot;
			paxos_faulty_repair(r, &again, fx);
			return false;
		}
		paxos_entry_assign(&slot->entry, &item->entry);
		slot->faulty = false;
		slot->ballot = ballot;
		paxos_record_accepted(r, fx, slot);
	}
	*lsn = port_max(*lsn, slot->lsn);
	return true;
}

/* Runs of slots for an ACCEPTED. */
struct run {
	u64 first, count;
};

static void run_add(struct run *run, struct paxos_writer *writer, u64 slot)
{
	if (run->count && slot == run->first + run->count) {
		run->count++;
		return;
	}
	if (run->count)
		paxos_writer_range(writer, run->first, run->count);
	*run = (struct run) { .first = slot, .count = 1 };
}

/*
 * Is the answer to a PREPARE of no more use?  Its owner may propose, and still
 * gather fragments of ours (rule 13).
 */
static bool promise_is_done(const struct paxos_promise *promise, u64 ballot)
{
	return promise->ballot && (promise->ballot < ballot ||
				   promise->fragment == promise->fragments);
}

void paxos_on_accept(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		     struct paxos_effects *fx)
{
	struct paxos_message accepted = {
		.type = PAXOS_ACCEPTED,
		.ballot = m->ballot,
		.flags = paxos_fullness_flag(fx),
	};
	struct paxos_cursor cursor = {};
	struct paxos_writer writer;
	struct paxos_item item;
	struct run run = {};
	bool trimmed = false;
	u64 lsn = 0;

	if (m->ballot < r->promised) {
		paxos_nack(r, from, m->ballot, fx);
		return;
	}
	paxos_election_heard(r, m->ballot);
	if (paxos_may_promise(r) || (paxos_may_vote(r) && m->ballot == r->promised)) {
		/* Rule 2: accepting at a ballot promises it; one promise for all slots. */
		paxos_promise_ballot(r, fx, m->ballot);
		if (promise_is_done(&r->promise, m->ballot))
			paxos_acceptor_release(r);
		lsn = r->promised_lsn;
		paxos_writer_begin(&writer, paxos_body_room(fx), PAXOS_SMALL_MESSAGE);
		while (paxos_message_next(m, &cursor, &item))
			if (accept_slot(r, m->ballot, &item, fx, &lsn))
				run_add(&run, &writer, item.slot);
			else
				trimmed |= item.slot <= r->trim;
		if (run.count) {
			paxos_writer_range(&writer, run.first, run.count);
			accepted.commit = r->commit;
			accepted.number = lsn;
			/* Rule 1: leaves when promise and records are durable. */
			paxos_send_body(fx, paxos_broadcasts(r) ? r->everyone | paxos_bit(from) :
					paxos_bit(from), lsn, PAXOS_ACCEPTED,
					paxos_writer_end(&writer, &accepted));
		}
		if (trimmed)
			paxos_trim_refuse(r, from, m->ballot, fx);
	}
	paxos_learner_commit_index(r, m->ballot, m->commit);
}
