// SPDX-License-Identifier: GPL-2.0
/*
 * Learner: what is chosen, delivered in slot order without gaps.
 *
 * A leader learns from the votes it counts; a follower from the commit index
 * that rides on the leader's messages, or, in mode broadcast, from the votes, too;
 * who missed something fetches it (catchup.c).
 */
#include "state.h"

/* Move the commit index over what is known to be chosen. */
void paxos_learner_advance(struct paxos_replica *r)
{
	struct paxos_slot *at;

	for (;;) {
		at = paxos_slot_at(r, r->commit + 1);
		if (!at || !at->chosen)
			return;
		r->commit++;
		r->moved_us = r->now_us;
	}
}

/*
 * The owner of @ballot says that all up to @commit is chosen.  Rule 5: it vouches
 * for a slot only towards copies accepted at exactly its ballot; any other copy
 * may differ from what was chosen, and is fetched.
 */
void paxos_learner_commit_index(struct paxos_replica *r, u64 ballot, u64 commit)
{
	struct paxos_slot *at;
	u64 slot;

	for (slot = r->commit + 1; slot <= commit; slot++) {
		at = paxos_slot_at(r, slot);
		if (!at)
			break;
		/* A value that is lost here is fetched first (rule 9). */
		if (at->ballot == ballot && !at->learned && !at->faulty)
			at->chosen = true;
		if (!at->chosen)
			break;
	}
	paxos_learner_advance(r);
}

/* ---- learn broadcast: acceptors tell everybody, and everybody counts ---- */

/*
 * One vote per member, slot and ballot; of lower ballots none is needed (rule 4).
 * Rule 5: our own copy is what was chosen only if it was accepted at exactly that
 * ballot.  If it was not, or came not at all, a peer tells when it has delivered it.
 */
static void count_vote(struct paxos_replica *r, struct paxos_slot *slot, u64 ballot, u8 member)
{
	if (slot->chosen || ballot < slot->voted)
		return;
	if (ballot > slot->voted)
		slot->votes = 0;
	slot->voted = ballot;
	slot->votes |= paxos_bit(member);
	/* Farther ahead it is not known yet whose votes count (rule 13). */
	if (slot->slot <= r->delivered + PAXOS_WINDOW && slot->ballot == ballot &&
	    !slot->learned && !slot->faulty && paxos_is_majority(r, slot->slot, slot->votes))
		slot->chosen = true;
}

/*
 * Votes for somebody else's ballot.  Who proposes at a ballot of its own learns
 * nothing besides (rule 5).
 */
void paxos_learner_on_accepted(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	struct paxos_slot *at;
	u64 slot, last;

	if (!paxos_broadcasts(r) || r->ballot)
		return;
	while (paxos_message_next(m, &cursor, &item)) {
		slot = port_max(item.slot, r->commit + 1);
		last = port_min(item.slot + item.ballot, r->delivered + PAXOS_AHEAD + 1);
		for (; slot < last; slot++) {
			at = paxos_slot_claim(r, slot);
			if (at)
				count_vote(r, at, m->ballot, from);
		}
	}
	paxos_learner_advance(r);
}

/* Rule 1: our own votes count when they are durable. */
void paxos_learner_written(struct paxos_replica *r)
{
	struct paxos_slot *at;
	u64 slot;

	if (!paxos_broadcasts(r) || r->ballot)
		return;
	for (slot = r->commit + 1; slot <= r->delivered + PAXOS_AHEAD; slot++) {
		at = paxos_slot_at(r, slot);
		if (at && at->ballot && at->lsn <= r->durable_lsn)
			count_vote(r, at, at->ballot, r->self);
	}
	paxos_learner_advance(r);
}

/* The next chosen slot, once, to the outside; false if its effects find no room. */
static bool deliver_next(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_slot *at = paxos_slot_at(r, r->delivered + 1);
	struct paxos_chosen *chosen;
	u64 first;

	if (fx->chosens == PAXOS_CHOSEN_MAX || !core_check(r, at) ||
	    /* Several callers may wait for one client's proposal. */
	    fx->answers + PAXOS_CLIENTS_OUTSTANDING > PAXOS_ANSWERS_MAX)
		return false;
	chosen = &fx->chosen[fx->chosens++];
	*chosen = (struct paxos_chosen) {
		.slot = at->slot,
		.ballot = at->learned ? at->learned : at->ballot,
		/* Rule 8: the second time it is a no-op. */
		.type = paxos_table_apply(&r->table, &at->entry, &first),
		.entry = at->entry,
	};
	if (at->entry.type != PAXOS_ENTRY_NOOP && !r->restoring)
		paxos_pending_delivered(r, chosen, first, fx);
	r->delivered++;
	if (chosen->type == PAXOS_ENTRY_CONFIG || r->delivered + 1 ==
	    r->table.newest.slot + PAXOS_WINDOW)
		paxos_membership_changed(r, chosen->type == PAXOS_ENTRY_CONFIG);
	if (at->faulty && !paxos_faulty_lost(r, at->slot))
		r->forgotten = true;
	return true;
}

void paxos_learner_deliver(struct paxos_replica *r, struct paxos_effects *fx)
{
	while (r->delivered < r->commit && !r->failed && deliver_next(r, fx))
		;
}

/*
 * An idle node writes down how far the log is chosen, so that a restart begins
 * there.  Not at once: with traffic it rides on the next batch for nothing.
 */
void paxos_learner_tick(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (r->recorded == r->commit || r->now_us - r->moved_us < PAXOS_COMMIT_LAZY_US ||
	    r->failed || r->low)
		return;
	paxos_record_commit(r, fx);
	fx->batch->urgent = true;
}
