// SPDX-License-Identifier: GPL-2.0
/*
 * Model: what must hold at every step, kept apart from what nodes believe.
 *
 * It knows what each journal holds, from the batches whose writes are complete;
 * hence for each slot and ballot who has durably accepted which value, and so
 * what is chosen, before anybody has learnt it.  What a node says is checked
 * against that before it leaves.
 */
#include "sim.h"

typedef unsigned long long ull;

#define BALLOT(ballot)	(ull)paxos_ballot_round(ballot), paxos_ballot_node(ballot)

struct slot_model *model_slot(struct sim *sim, u64 slot)
{
	struct model *model = &sim->model;
	u64 room;

	if (slot >= 1u << 24)
		sim_fail(sim, "slot %llu is absurd", (ull)slot);
	if (slot >= model->slots) {
		room = port_max(2 * slot, 1024ull);
		model->slot = realloc(model->slot, room * sizeof(*model->slot));
		if (!model->slot)
			abort();
		memset(model->slot + model->slots, 0,
		       (room - model->slots) * sizeof(*model->slot));
		model->slots = room;
	}
	return &model->slot[slot];
}

void model_exit(struct sim *sim)
{
	struct model *model = &sim->model;
	u64 i;

	for (i = 0; i < model->slots; i++) {
		free(model->slot[i].vote);
		paxos_buf_put(model->slot[i].entry.value.buf);
	}
	free(model->slot);
	free(model->call);
	free(model->value);
	for (i = 0; i < NODES_MAX; i++)
		free(model->ballot[i]);
	history_exit(sim);
}

/* What tells entries apart: no two have the same, but by a chance of 2^-64. */
u64 model_key(const struct paxos_entry *entry)
{
	u64 word = 0, key = entry->type;

	memcpy(&word, entry->value.data ?: (const u8 *)"", port_min(entry->value.length, 8u));
	key = random_next(&key) ^ entry->id.origin;
	key = random_next(&key) ^ entry->id.incarnation;
	key = random_next(&key) ^ entry->id.nonce;
	key = random_next(&key) ^ entry->id.sequence;
	key = random_next(&key) ^ entry->id.client;
	key = random_next(&key) ^ entry->value.length;
	key = random_next(&key) ^ word;
	return random_next(&key) | 1;
}

/* ---- votes ---- */

struct vote *model_vote(struct sim *sim, u64 slot, u64 ballot)
{
	struct slot_model *at = model_slot(sim, slot);
	u32 i;

	for (i = at->votes; i--;)
		if (at->vote[i].ballot == ballot)
			return &at->vote[i];
	return NULL;
}

/*
 * May @vote still be chosen, as far as disks tell?  By who has accepted it, and who
 * has promised nothing above it.
 */
static bool choosable(struct sim *sim, u64 slot, const struct vote *vote)
{
	u32 may = vote->durable, i;

	for (i = 0; i < sim->nodes; i++)
		if (sim->node[i]->promised <= vote->ballot)
			may |= 1u << i;
	return history_majority(sim, slot, may);
}

/* Phase 2a: at no lower ballot may another value be chosen any more. */
static void must_be_safe(struct sim *sim, u64 slot, const struct vote *vote)
{
	struct slot_model *at = model_slot(sim, slot);
	const struct vote *other;

	for (other = at->vote; other < at->vote + at->votes; other++)
		if (other->ballot < vote->ballot && other->key != vote->key &&
		    choosable(sim, slot, other))
			sim_fail(sim, "phase 2a: slot %llu at %llu.%u has another value than at %llu.%u, which may still be chosen",
				 (ull)slot, BALLOT(vote->ballot), BALLOT(other->ballot));
}

/* Rule 3: at one ballot a slot has one value, whoever says so and whenever. */
struct vote *model_vote_for(struct sim *sim, u64 slot, u64 ballot, u64 key)
{
	struct vote *vote = model_vote(sim, slot, ballot);
	struct slot_model *at = model_slot(sim, slot);

	if (vote && vote->key != key)
		sim_fail(sim, "rule 3: two values in slot %llu at ballot %llu.%u", (ull)slot,
			 BALLOT(ballot));
	if (vote)
		return vote;
	if (at->votes == at->room) {
		at->room = 2 * at->room + 2;
		at->vote = realloc(at->vote, at->room * sizeof(*at->vote));
		if (!at->vote)
			abort();
	}
	vote = &at->vote[at->votes++];
	*vote = (struct vote) { .ballot = ballot, .key = key };
	sim->model.voted = port_max(sim->model.voted, slot);
	must_be_safe(sim, slot, vote);
	return vote;
}

static void choose(struct sim *sim, u64 slot, const struct vote *vote)
{
	struct model *model = &sim->model;
	struct slot_model *at = model_slot(sim, slot);

	if (at->chosen && at->chosen != vote->key)
		sim_fail(sim, "agreement: a second value was chosen in slot %llu, at ballot %llu.%u",
			 (ull)slot, BALLOT(vote->ballot));
	if (!at->chosen)
		trace(sim, "chosen: slot %llu at %llu.%u", (ull)slot, BALLOT(vote->ballot));
	at->chosen = vote->key;
	while (model->prefix + 1 < model->slots && model->slot[model->prefix + 1].chosen)
		model->prefix++;
}

static void accepted(struct node *node, u64 slot, u64 ballot, u64 key)
{
	struct sim *sim = node->sim;
	struct vote *vote = model_vote_for(sim, slot, ballot, key);

	vote->durable |= 1u << node->index;
	vote->replayed |= 1u << node->index;
	if (history_majority(sim, slot, vote->durable))
		choose(sim, slot, vote);
}

void model_must_be_chosen(struct sim *sim, const char *who, u64 slot, u64 key)
{
	u64 chosen = model_slot(sim, slot)->chosen;

	if (!chosen)
		sim_fail(sim, "%s says that slot %llu is chosen, and it is not", who, (ull)slot);
	if (key && chosen != key)
		sim_fail(sim, "agreement: %s has another value for slot %llu than was chosen", who,
			 (ull)slot);
}

/* ---- journals ---- */

/* The table is a function of the log alone: everybody writes the same bytes. */
static void check_table(struct node *node, const struct paxos_record *record)
{
	static u8 bytes[PAXOS_TABLE_SIZE_MAX];
	u32 length = paxos_table_encode(history_table(node->sim, record->slot), bytes);

	if (record->entry.value.length != length ||
	    memcmp(record->entry.value.data, bytes, length))
		sim_fail(node->sim, "rule 8: n%u writes another table at slot %llu", node->id,
			 (ull)record->slot);
}

/* Has somebody said in this life that a snapshot of all through @slot is installed? */
static bool installs(const struct node *node, u64 slot)
{
	const struct call *call = node->sim->model.call;
	u64 i;

	for (i = node->sim->model.calls; i--;)
		if (call[i].kind == CALL_INSTALLED && call[i].slot == slot &&
		    call[i].node == node->index && call[i].life == node->life)
			return true;
	return false;
}

/* A record of the batch that is about to be written. */
void model_record(struct node *node, const struct paxos_record *record)
{
	struct flight *flight = node->disk.flight;

	switch (record->type) {
	case PAXOS_RECORD_ACCEPTED:
		flight->vote[flight->votes].slot = record->slot;
		flight->vote[flight->votes].ballot = record->ballot;
		flight->vote[flight->votes++].key = model_key(&record->entry);
		break;
	case PAXOS_RECORD_CHOSEN:
		flight->commit = port_max(flight->commit, record->slot);
		break;
	case PAXOS_RECORD_PEER:
		flight->pins |= 1u << (record->slot - 1);
		break;
	case PAXOS_RECORD_TABLE:
		if (node->state == NODE_UP && record->slot > node->recorded &&
		    !installs(node, record->slot))
			sim_fail(node->sim, "rule 6: n%u trims to slot %llu, and durably knows what is chosen through %llu",
				 node->id, (ull)record->slot, (ull)node->recorded);
		check_table(node, record);
		flight->commit = port_max(flight->commit, record->slot);
		flight->table = port_max(flight->table, record->slot);
		if (node->state == NODE_UP && installs(node, record->slot))
			node->delivered = port_max(node->delivered, record->slot);
		break;
	}
}

/* The node's next batch is laid out: may it say what it says? */
void model_gathered(struct node *node)
{
	const struct flight *flight = node->disk.flight;
	struct sim *sim = node->sim;
	u32 i;

	if (flight->vow.promised < node->gathered_promise)
		sim_fail(sim, "n%u lowers its promise", node->id);
	if (flight->vow.ballot_used > flight->vow.promised)
		sim_fail(sim, "n%u used a ballot above its promise", node->id);
	for (i = 0; i < flight->votes && node->state == NODE_UP; i++)
		if (flight->vote[i].ballot < node->gathered_promise ||
		    flight->vote[i].ballot > flight->vow.promised)
			sim_fail(sim, "rule 2: n%u accepts slot %llu at %llu.%u, having promised %llu.%u",
				 node->id, (ull)flight->vote[i].slot,
				 BALLOT(flight->vote[i].ballot), BALLOT(node->gathered_promise));
	if (flight->votes && node->state == NODE_UP && node->forgotten)
		sim_fail(sim, "rule 7: n%u has forgotten, and accepts slot %llu", node->id,
			 (ull)flight->vote[0].slot);
	node->gathered_promise = flight->vow.promised;
}

void model_written(struct node *node)
{
	const struct flight *flight = node->disk.flight;
	u32 i;

	node->promised = port_max(node->promised, flight->vow.promised);
	node->ballot_used = port_max(node->ballot_used, flight->vow.ballot_used);
	node->recorded = port_max(node->recorded, flight->commit);
	node->tabled = port_max(node->tabled, flight->table);
	node->pinned |= flight->pins;
	if (flight->commit > node->sim->model.prefix)
		sim_fail(node->sim, "n%u writes that all through %llu are chosen, and they are not",
			 node->id, (ull)flight->commit);
	for (i = 0; i < flight->votes; i++)
		accepted(node, flight->vote[i].slot, flight->vote[i].ballot, flight->vote[i].key);
}

void model_replay_begin(struct node *node)
{
	struct model *model = &node->sim->model;
	u64 slot;
	u32 i;

	for (slot = node->trimmed + 1; slot <= model->voted; slot++)
		for (i = 0; i < model->slot[slot].votes; i++)
			model->slot[slot].vote[i].replayed &= ~(1u << node->index);
}

/* It stands on the medium, or in a cache that may yet forget it. */
void model_replayed(struct node *node, const struct paxos_record *record)
{
	struct vote *vote;

	if (record->type == PAXOS_RECORD_PEER)
		node->replayed_pins |= 1u << (record->slot - 1);
	if (record->type != PAXOS_RECORD_ACCEPTED || record->slot <= node->trimmed)
		return;
	if (record->faulty) {
		vote = model_vote(node->sim, record->slot, record->ballot);
		if (vote)
			vote->replayed |= 1u << node->index;
	} else {
		model_vote_for(node->sim, record->slot, record->ballot,
			       model_key(&record->entry))->replayed |= 1u << node->index;
	}
}

/* What was replayed is durable now. */
void model_started(struct node *node)
{
	struct model *model = &node->sim->model;
	const struct vote *vote;
	u64 slot;
	u32 i;

	for (slot = node->trimmed + 1; slot <= model->voted; slot++) {
		for (i = 0; i < model->slot[slot].votes; i++) {
			vote = &model->slot[slot].vote[i];
			if ((vote->replayed & ~vote->durable) >> node->index & 1)
				accepted(node, slot, vote->ballot, vote->key);
		}
	}
	node->recorded = port_max(node->recorded, node->delivered);
	node->pinned |= node->replayed_pins;
	node->promised = port_max(node->promised, node->gathered_promise);
	node->ballot_used = port_max(node->ballot_used, node->replayed_ballot);
}

/* All that was durable must have come back. */
void model_replay_end(struct node *node, const struct paxos_vow *vow)
{
	struct model *model = &node->sim->model;
	u32 self = 1u << node->index, i;
	const struct vote *vote;
	u64 slot;

	for (slot = node->trimmed + 1; slot <= model->voted; slot++) {
		for (i = 0; i < model->slot[slot].votes; i++) {
			vote = &model->slot[slot].vote[i];
			if (vote->durable & self && !(vote->replayed & self))
				sim_fail(node->sim, "n%u forgot that it accepted slot %llu at %llu.%u",
					 node->id, (ull)slot, BALLOT(vote->ballot));
		}
	}
	if (vow->promised < port_max(node->promised, node->said) ||
	    vow->ballot_used < node->ballot_used)
		sim_fail(node->sim, "n%u forgot what it promised", node->id);
	node->replayed_ballot = vow->ballot_used;
	node->gathered_promise = vow->promised;
}
