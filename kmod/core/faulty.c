// SPDX-License-Identifier: GPL-2.0
/*
 * Faulty: values that rotted on the disk, here or at a peer (rule 9).
 *
 * A record whose value is lost still says which slot was accepted at which ballot.
 * That is a vote like any other; only the value has to come from somebody else.
 */
#include "state.h"

/* A promise of @member says FAULTY(@slot, @ballot); false without room for it. */
bool paxos_faulty_report(struct paxos_replica *r, u64 slot, u64 ballot, u8 member)
{
	if (r->faults == PAXOS_FAULTS_MAX)
		return false;
	r->fault[r->faults++] = (struct paxos_fault) {
		.slot = slot, .ballot = ballot, .member = member,
	};
	return true;
}

/* @member answers anew: what its last answer said counts no more. */
void paxos_faulty_forget_reports(struct paxos_replica *r, u8 member)
{
	u32 from, to = 0;

	for (from = 0; from < r->faults; from++)
		if (r->fault[from].member != member)
			r->fault[to++] = r->fault[from];
	r->faults = to;
}

/*
 * Rule 9: is it known what may be proposed in @slot?  A majority of its
 * configuration decides, without those that lost a value accepted at a higher
 * ballot than any value that is left.  Those that are left out may have been part
 * of a majority that chose what they lost.
 */
bool paxos_faulty_decided(const struct paxos_replica *r, u64 slot)
{
	const struct paxos_slot *at = paxos_slot_at(r, slot);
	u64 intact = at ? at->report_ballot : 0;
	u32 members = r->promises, i;

	/* It has a value, which is lost here: it is not free, whatever promises say. */
	if (at && at->chosen && at->faulty && !at->report_ballot)
		return false;
	if (!r->faults || (at && at->chosen && !at->faulty))
		return true;
	for (i = 0; i < r->faults; i++)
		if (r->fault[i].slot == slot && r->fault[i].ballot > intact)
			members &= ~paxos_bit(r->fault[i].member);
	return paxos_is_majority(r, slot, members);
}

/* The slot that keeps a leader from proposing, for want of its value; 0: none. */
u64 paxos_faulty_blocked(const struct paxos_replica *r)
{
	if (!paxos_leads(r) || r->next_slot > r->delivered + PAXOS_WINDOW ||
	    paxos_faulty_decided(r, r->next_slot))
		return 0;
	return r->next_slot;
}

/* ---- delivered slots whose value is lost here ---- */

/* The first place in the list that is not below @slot. */
static u32 place(const struct paxos_replica *r, u64 slot)
{
	u32 low = 0, high = r->repairs, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (r->repair[middle] < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool paxos_faulty_is_lost(const struct paxos_replica *r, u64 slot)
{
	u32 at = place(r, slot);

	return at < r->repairs && r->repair[at] == slot;
}

/* Is the value of @slot lost here, whether or not it is delivered? */
bool paxos_replica_lost(const struct paxos_replica *r, u64 slot)
{
	const struct paxos_slot *at = paxos_slot_at(r, slot);

	return paxos_faulty_is_lost(r, slot) || (at && at->entry.type && at->faulty);
}

/* Is a value lost in any slot through @through? */
bool paxos_faulty_any(const struct paxos_replica *r, u64 through)
{
	return r->repairs && r->repair[0] <= through;
}

/*
 * The value of a delivered slot is lost here, and is to be fetched.  False if there
 * are more of them than that can be called repair: rule 7.
 */
bool paxos_faulty_lost(struct paxos_replica *r, u64 slot)
{
	u32 at = place(r, slot);

	if (slot <= r->trim || slot > r->delivered || paxos_faulty_is_lost(r, slot))
		return true;
	if (r->repairs == PAXOS_REPAIRS_MAX)
		return false;
	memmove(&r->repair[at + 1], &r->repair[at], (r->repairs - at) * sizeof(r->repair[0]));
	r->repair[at] = slot;
	r->repairs++;
	return true;
}

static void strike_out(struct paxos_replica *r, u64 slot)
{
	u32 at = place(r, slot);

	r->repairs--;
	memmove(&r->repair[at], &r->repair[at + 1], (r->repairs - at) * sizeof(r->repair[0]));
}

/* Replay: a later record of a delivered slot has its value. */
void paxos_faulty_restored(struct paxos_replica *r, u64 slot)
{
	if (paxos_faulty_is_lost(r, slot))
		strike_out(r, slot);
}

/*
 * The value that was chosen in a delivered slot, at @ballot.  If it is lost here it
 * is written again, and the shell is told again; false if there is no room for that.
 */
bool paxos_faulty_repair(struct paxos_replica *r, const struct paxos_item *item,
			 struct paxos_effects *fx)
{
	struct paxos_slot *slot = paxos_slot_at(r, item->slot);
	struct paxos_record record = {
		.type = PAXOS_RECORD_LEARNED,
		.slot = item->slot,
		.ballot = item->ballot,
		.entry = item->entry,
	};

	if (!paxos_faulty_is_lost(r, item->slot))
		return true;
	if (slot && !paxos_entry_equal(&slot->entry, &item->entry)) {
		paxos_notice(r, PAXOS_NOTICE_TWO_VALUES, 0, item->slot, 0);
		return true;
	}
	if (fx->chosens == PAXOS_CHOSEN_MAX ||
	    !paxos_batch_has_room(fx->batch, 1, item->entry.value.length))
		return false;
	paxos_batch_append(fx->batch, &record);
	fx->batch->urgent = true;
	if (slot) {
		paxos_entry_assign(&slot->entry, &item->entry);
		slot->faulty = false;
		slot->lsn = fx->batch->sequence;
	}
	fx->chosen[fx->chosens++] = (struct paxos_chosen) {
		.slot = item->slot,
		.ballot = item->ballot,
		.type = item->entry.type,
		.entry = item->entry,
		.repair = true,
	};
	strike_out(r, item->slot);
	paxos_notice(r, PAXOS_NOTICE_REPAIRED, r->settings.node, item->slot, 0);
	/* The next one may be asked for at once. */
	r->repair_us = 0;
	return true;
}

/* The shell could not read a value that is still in memory. */
static bool repair_from_memory(struct paxos_replica *r, u64 slot, struct paxos_effects *fx)
{
	struct paxos_slot *at = paxos_slot_at(r, slot);
	struct paxos_item item = { .slot = slot };

	if (!at || at->faulty || !at->entry.type)
		return false;
	item.ballot = at->learned ? at->learned : at->ballot;
	item.entry = at->entry;
	return paxos_faulty_repair(r, &item, fx);
}

/*
 * How many slots lack a value that this node once had, delivered or not; *@first is
 * the first of them, 0 if there is none.
 */
u64 paxos_replica_damaged(const struct paxos_replica *r, u64 *first)
{
	u64 slot = r->delivered + PAXOS_AHEAD, count = r->repairs;
	const struct paxos_slot *at;

	*first = 0;
	for (; slot > r->delivered; slot--) {
		at = paxos_slot_at(r, slot);
		if (!at || !at->faulty)
			continue;
		count++;
		*first = slot;
	}
	if (r->repairs)
		*first = r->repair[0];
	return count;
}

/* The next peer in contact that has @slot; -1: none. */
static int next_holder(const struct paxos_replica *r, u64 slot)
{
	unsigned int n, i;

	for (n = 1; n <= r->members; n++) {
		i = (r->repair_peer + n) % r->members;
		if (i != r->self && paxos_in_contact(r, i) && r->peer[i].commit >= slot &&
		    r->peer[i].trim < slot)
			return i;
	}
	return -1;
}

/* Ask one peer for one slot; when all were asked, it is the next slot's turn. */
static void ask(struct paxos_replica *r, u64 slot, struct paxos_effects *fx)
{
	struct paxos_message m = { .type = PAXOS_LEARN, .slot = slot, .number = 1 };
	int peer = next_holder(r, slot);

	r->repair_us = r->now_us;
	if (peer <= r->repair_peer)
		r->repair_turn++;
	if (peer < 0)
		return;
	r->repair_peer = peer;
	paxos_send(fx, paxos_bit(peer), 0, &m);
}

/* One at a time, and what is missing at the end of the log comes first. */
void paxos_faulty_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	u64 slot;

	if (!r->repairs || r->asked_through || fx->journal_full ||
	    (r->repair_us && r->now_us - r->repair_us < paxos_heartbeat_us(r) / 2) ||
	    !paxos_room(fx, PAXOS_SMALL_MESSAGE))
		return;
	slot = r->repair[r->repair_turn % r->repairs];
	if (!repair_from_memory(r, slot, fx))
		ask(r, slot, fx);
}
