// SPDX-License-Identifier: GPL-2.0
/*
 * Trim: slots through the trim point are gone; the table at it is all that is
 * left of them (rules 6, 8).
 *
 * A table goes to the journal as a record.  Either all through its slot was
 * delivered here, or a snapshot took the place of what was not: then the node
 * jumps to it, and the log goes on behind it.
 */
#include "state.h"

static void answer(struct paxos_effects *fx, u64 cookie, enum paxos_outcome outcome, u8 why,
		   u64 slot)
{
	struct paxos_answer a = { .outcome = outcome, .why = why, .slot = slot };

	paxos_answer(fx, cookie, &a);
}

/* The table is the one at the trim point from now on; nobody repairs what is below. */
static void set_base(struct paxos_replica *r, const struct paxos_table *table)
{
	u32 i, k = 0;

	r->base = *table;
	r->trim = table->slot;
	for (i = 0; i < r->repairs; i++)
		if (r->repair[i] > r->trim)
			r->repair[k++] = r->repair[i];
	r->repairs = k;
	r->repair_needs = 0;
}

/* Write @r->base down; @cookie is answered when that is durable. */
static void record_base(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	struct paxos_record record = {
		.type = PAXOS_RECORD_TABLE,
		.slot = r->trim,
		.entry.value = {
			.data = r->encoded,
			.length = paxos_table_encode(&r->base, r->encoded),
		},
	};

	paxos_batch_append(fx->batch, &record);
	paxos_claims_keep(r, fx);
	fx->batch->urgent = true;
	r->trim_lsn = fx->batch->sequence;
	r->trim_cookie = cookie;
}

/**
 * paxos_replica_base_again() - write the table at the trim point once more
 * @r: restored, and not started
 * @fx: of whose batch it and what must stand behind it become a part
 */
void paxos_replica_base_again(struct paxos_replica *r, struct paxos_effects *fx)
{
	record_base(r, 0, fx);
}

/*
 * Trim to @table's slot; step() has seen to it that the journal has taken the last
 * table in.  Rule 6: at most to what is durably known to be chosen here, and with
 * the table that replays to any later slot (rule 8).
 */
void paxos_trim_to(struct paxos_replica *r, const struct paxos_table *table, u64 cookie,
		   struct paxos_effects *fx)
{
	if (r->failed) {
		answer(fx, cookie, PAXOS_OUTCOME_WITHDRAWN, PAXOS_WHY_NONE, 0);
		return;
	}
	if (table->slot <= r->trim) {
		answer(fx, cookie, PAXOS_OUTCOME_CHOSEN, PAXOS_WHY_NONE, r->trim);
		return;
	}
	if (table->slot > port_min(r->durable, r->delivered)) {
		answer(fx, cookie, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_NOT_CHOSEN,
		       port_min(r->durable, r->delivered));
		return;
	}
	paxos_trim_flush(r, fx);
	set_base(r, table);
	record_base(r, cookie, fx);
}

/* The caller waits no longer for what was written, but is not durable yet. */
bool paxos_trim_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	if (!cookie || r->trim_cookie != cookie)
		return false;
	answer(fx, cookie, PAXOS_OUTCOME_UNKNOWN, PAXOS_WHY_NONE, 0);
	r->trim_cookie = 0;
	return true;
}

/* ---- a snapshot takes the place of all through its slot ---- */

static void drop_slots(struct paxos_replica *r)
{
	struct paxos_slot *at;
	u32 i;

	for (i = 0; i < PAXOS_SLOTS; i++) {
		at = &r->slot[i];
		if (at->slot > r->trim)
			continue;
		paxos_entry_clear(&at->entry);
		paxos_entry_clear(&at->report);
		*at = (struct paxos_slot) {};
	}
}

/*
 * All through @table's slot is chosen, and is here only as the table.  What was
 * promised stays promised, what was accepted above it stays accepted; below it
 * nobody gets a promise any more (rule 6).
 */
static void jump(struct paxos_replica *r, const struct paxos_table *table)
{
	set_base(r, table);
	r->table = *table;
	r->skipped = table->slot;
	r->commit = table->slot;
	r->delivered = table->slot;
	r->moved_us = r->now_us;
	r->asked_through = 0;
	r->snapshot_needed = 0;
	drop_slots(r);
	paxos_members_refresh(r);
	paxos_learner_advance(r);
}

/* Rule 8: @table is a peer's, which knew all through its slot to be chosen. */
void paxos_trim_jump(struct paxos_replica *r, const struct paxos_table *table, u64 cookie,
		     struct paxos_effects *fx)
{
	/* What it proposed, or was promised, may lie below. */
	if (r->role != PAXOS_ROLE_FOLLOWER)
		paxos_election_step_down(r);
	paxos_trim_flush(r, fx);
	jump(r, table);
	record_base(r, cookie, fx);
	paxos_recorded(r, r->trim, r->trim_lsn);
	paxos_pending_retry_all(r);
}

/*
 * The same where all through @table's slot was delivered: values that are lost here,
 * and trimmed at all peers, are in the snapshot (rule 9).
 */
void paxos_trim_take(struct paxos_replica *r, const struct paxos_table *table, u64 cookie,
		     struct paxos_effects *fx)
{
	paxos_trim_flush(r, fx);
	set_base(r, table);
	record_base(r, cookie, fx);
}

/* ---- start ---- */

/*
 * The superblock, or the journal, has a table.  One that is not above what is
 * known here is of a trim, or is read a second time.
 */
bool paxos_trim_restore(struct paxos_replica *r, const struct paxos_table *table)
{
	bool first = !r->table.newest.members;

	if (!r->restoring || r->delivered != r->commit || !table->newest.members)
		return false;
	if (table->slot > r->delivered || first) {
		jump(r, table);
		r->recorded = table->slot;
		r->durable = table->slot;
	} else if (table->slot > r->trim) {
		set_base(r, table);
	}
	return true;
}

bool paxos_trim_restore_record(struct paxos_replica *r, const struct paxos_record *record)
{
	const struct paxos_value *value = &record->entry.value;

	return paxos_table_decode(&r->install.table, value->data, value->length) &&
	       r->install.table.slot == record->slot &&
	       paxos_trim_restore(r, &r->install.table);
}

/* ---- what peers want of it, and what we want of them ---- */

/*
 * Rule 6: a refusal, of the PREPARE or ACCEPT at @ballot, or of a LEARN (0).  It is
 * no promise: nothing is known here of slots that are trimmed, they only look free.
 */
void paxos_trim_refuse(struct paxos_replica *r, u8 to, u64 ballot, struct paxos_effects *fx)
{
	struct paxos_message m = {
		.type = PAXOS_TRIMMED,
		.ballot = ballot,
		.slot = r->trim,
		.commit = r->commit,
	};

	paxos_send(fx, paxos_bit(to), 0, &m);
}

/* A peer says that it has trimmed slots through @point. */
void paxos_trim_told(struct paxos_replica *r, u8 from, u64 point)
{
	r->peer[from].trim = port_max(r->peer[from].trim, point);
}

void paxos_on_trimmed(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	paxos_trim_told(r, from, m->slot);
	/* What it began to promise it cannot go on with: it is asked anew. */
	if (m->ballot && m->ballot == r->ballot && !(r->promises & paxos_bit(from))) {
		r->peer[from].collected = (struct paxos_collected) {};
		paxos_faulty_forget_reports(r, from);
	}
	/*
	 * We lag too far to lead: catch up; another voter may lead meanwhile.  One that
	 * cannot takes nobody down: what it knows, voters hold.
	 */
	if (m->ballot && m->ballot == r->ballot && m->slot > r->commit &&
	    r->voters & paxos_bit(from))
		paxos_election_step_down(r);
	/* Somebody else may have it still. */
	if (r->asked_through && r->asked_peer == from) {
		r->asked_through = 0;
		r->asked_us = 0;
	}
}

/*
 * The first slot that any peer in contact that knows @slot to be chosen still has, if
 * none of them has @slot; else 0.
 */
static u64 first_held(const struct paxos_replica *r, u64 slot)
{
	u64 lowest = ~0ull;
	unsigned int i;

	for (i = 0; i < r->members; i++) {
		if (i == r->self || !paxos_in_contact(r, i) || r->peer[i].commit < slot)
			continue;
		if (r->peer[i].trim < slot)
			return 0;
		lowest = port_min(lowest, r->peer[i].trim);
	}
	return lowest + 1;
}

/*
 * Rule 6 would refuse our PREPARE at a voter that can lead itself: let it.  Who cannot
 * keeps nobody from leading; the others may hold what was chosen, and not know it.
 */
bool paxos_trim_keeps_from_leading(const struct paxos_replica *r)
{
	unsigned int i;

	for (i = 0; i < r->members && r->snapshot_needed; i++)
		if (i != r->self && r->voters & paxos_bit(i) && paxos_in_contact(r, i) &&
		    !r->peer[i].forgotten && r->peer[i].trim > r->commit)
			return true;
	return false;
}

/*
 * Our next slot, or a value that is lost here, is trimmed everywhere.  The one keeps
 * us behind; with the other we vote and lead like anybody else.
 */
void paxos_trim_tick(struct paxos_replica *r)
{
	u64 needed = first_held(r, r->commit + 1);
	u64 repair = r->repairs ? first_held(r, r->repair[0]) : 0;

	if ((needed && !r->snapshot_needed) || (repair && !r->repair_needs))
		paxos_notice(r, PAXOS_NOTICE_SNAPSHOT_NEEDED, 0, needed ?: repair, 0);
	r->snapshot_needed = needed;
	r->repair_needs = repair;
}

void paxos_trim_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (!r->trim_cookie || r->trim_lsn > r->durable_lsn || fx->answers == PAXOS_ANSWERS_MAX)
		return;
	answer(fx, r->trim_cookie, PAXOS_OUTCOME_CHOSEN, PAXOS_WHY_NONE, r->trim);
	r->trim_cookie = 0;
}
