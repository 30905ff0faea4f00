// SPDX-License-Identifier: GPL-2.0
/*
 * Slots: a ring in memory around what is delivered, PAXOS_AHEAD slots above it
 * and PAXOS_BEHIND below, and the journal's records of what happens to them.
 *
 * A place in the ring is taken over only when its old slot is delivered and its
 * record is durable: from then on the journal alone answers for it.
 */
#include "state.h"

/* Slot @slot if it is in memory. */
struct paxos_slot *paxos_slot_at(const struct paxos_replica *r, u64 slot)
{
	const struct paxos_slot *at = &r->slot[slot & (PAXOS_SLOTS - 1)];

	return at->slot == slot && slot ? (struct paxos_slot *)at : NULL;
}

/* Slot @slot, brought to memory if need be; NULL if there is no room for it. */
struct paxos_slot *paxos_slot_claim(struct paxos_replica *r, u64 slot)
{
	struct paxos_slot *at = &r->slot[slot & (PAXOS_SLOTS - 1)];

	if (!slot || at->slot == slot)
		return slot ? at : NULL;
	/* Rule 6: of what is trimmed nothing is known here, and nothing begun anew. */
	if (slot <= r->trim || slot > r->delivered + PAXOS_AHEAD ||
	    slot + PAXOS_BEHIND <= r->delivered)
		return NULL;
	if (at->slot > slot || at->lsn > r->durable_lsn)
		return NULL;
	paxos_entry_clear(&at->entry);
	paxos_entry_clear(&at->report);
	*at = (struct paxos_slot) { .slot = slot };
	return at;
}

/* What a promise says of @slot, which is accepted or chosen; the entry is borrowed. */
void paxos_slot_report(const struct paxos_slot *slot, struct paxos_item *item)
{
	*item = (struct paxos_item) {
		.slot = slot->slot,
		.ballot = port_max(slot->ballot, slot->learned),
	};
	/* Rule 9: a lost value counts as accepted; that it was chosen helps nobody. */
	if (slot->faulty) {
		item->flags = PAXOS_ITEM_FAULTY;
		return;
	}
	item->flags = slot->chosen ? PAXOS_ITEM_CHOSEN : 0;
	item->entry = slot->entry;
}

/* A new ballot begins: what promises for earlier ones said counts no more (rule 4). */
void paxos_slots_forget_reports(struct paxos_replica *r)
{
	u32 i;

	for (i = 0; i < PAXOS_SLOTS; i++) {
		paxos_entry_clear(&r->slot[i].report);
		r->slot[i].report_ballot = 0;
		r->slot[i].votes = 0;
		r->slot[i].proposed = false;
	}
}

void paxos_slots_clear(struct paxos_replica *r)
{
	u32 i;

	for (i = 0; i < PAXOS_SLOTS; i++) {
		paxos_entry_clear(&r->slot[i].entry);
		paxos_entry_clear(&r->slot[i].report);
	}
}

/*
 * Record @lsn tells that all through @slot is chosen.  With steady traffic each batch
 * tells more while the one before it is being written: so both are known.
 */
void paxos_recorded(struct paxos_replica *r, u64 slot, u64 lsn)
{
	if (r->recorded_lsn < lsn) {
		r->flying = r->recorded;
		r->flying_lsn = r->recorded_lsn;
	}
	r->recorded = slot;
	r->recorded_lsn = lsn;
}

/*
 * The journal says how far the log is chosen before it says more of any slot,
 * so that replay moves on just as the node did.
 */
void paxos_record_commit(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_record record = { .type = PAXOS_RECORD_CHOSEN, .slot = r->commit };

	if (r->recorded == r->commit)
		return;
	paxos_batch_append(fx->batch, &record);
	paxos_recorded(r, r->commit, fx->batch->sequence);
}

static void record_slot(struct paxos_replica *r, struct paxos_effects *fx,
			struct paxos_slot *slot, u16 type, u64 ballot)
{
	struct paxos_record record = {
		.type = type,
		.slot = slot->slot,
		.ballot = ballot,
		.entry = slot->entry,
	};

	paxos_record_commit(r, fx);
	paxos_batch_append(fx->batch, &record);
	slot->lsn = fx->batch->sequence;
}

/* Append that this node accepted @slot's entry at its ballot; it wants to be durable. */
void paxos_record_accepted(struct paxos_replica *r, struct paxos_effects *fx,
			   struct paxos_slot *slot)
{
	record_slot(r, fx, slot, PAXOS_RECORD_ACCEPTED, slot->ballot);
	fx->batch->urgent = true;
}

/* Append that @slot's entry is known to be chosen. */
void paxos_record_learned(struct paxos_replica *r, struct paxos_effects *fx,
			  struct paxos_slot *slot)
{
	record_slot(r, fx, slot, PAXOS_RECORD_LEARNED, slot->learned);
	fx->batch->urgent = true;
}
