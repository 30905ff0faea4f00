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

static struct slot_model *slot_at(struct sim *sim, u64 slot)
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
	free(model->proposal);
	for (i = 0; i < NODES_MAX; i++)
		free(model->ballot[i]);
}

/* ---- values ---- */

u64 model_key(const struct paxos_entry *entry)
{
	u64 word = 0, key = entry->type;

	memcpy(&word, entry->value.data ?: (const u8 *)"", port_min(entry->value.length, 8u));
	key = random_next(&key) ^ entry->id.origin;
	key = random_next(&key) ^ entry->id.incarnation;
	key = random_next(&key) ^ entry->id.nonce;
	key = random_next(&key) ^ entry->id.sequence;
	key = random_next(&key) ^ entry->value.length;
	key = random_next(&key) ^ word;
	return random_next(&key) | 1;
}

/* A new proposal of @node; its number is also its cookie, from 1. */
u64 model_propose(struct node *node, u32 length)
{
	struct model *model = &node->sim->model;

	if (model->proposals == model->proposals_room) {
		model->proposals_room = 2 * model->proposals_room + 1024;
		model->proposal = realloc(model->proposal,
					  model->proposals_room * sizeof(*model->proposal));
		if (!model->proposal)
			abort();
	}
	model->proposal[model->proposals++] = (struct proposal) {
		.node = node->index, .life = node->life, .length = length,
	};
	model->pending++;
	if (length < 8)
		model->tiny[length][model->proposals & 0xff] = true;
	return model->proposals;
}

/* What it proposes: its number, then a byte again and again. */
struct paxos_buf *model_value(struct sim *sim, u64 number)
{
	u32 length = sim->model.proposal[number - 1].length;
	struct paxos_buf *buf = buf_new(length);

	memset(buf->data, (u8)number, length);
	if (length >= 8)
		memcpy(buf->data, &number, 8);
	return buf;
}

/* Validity: it was proposed.  Returns the number; 0: too short to tell. */
static u64 number_of(struct sim *sim, const struct paxos_value *value)
{
	u64 number = 0;

	if (value->length < 8) {
		if (!sim->model.tiny[value->length][value->data[0]])
			sim_fail(sim, "validity: a value was never proposed");
		return 0;
	}
	memcpy(&number, value->data, 8);
	if (!number || number > sim->model.proposals ||
	    sim->model.proposal[number - 1].length != value->length)
		sim_fail(sim, "validity: a value was never proposed");
	/* All bytes are equal if each equals the next. */
	if (value->length > 8 &&
	    (value->data[8] != (u8)number ||
	     memcmp(value->data + 8, value->data + 9, value->length - 9)))
		sim_fail(sim, "validity: a value was altered");
	return number;
}

/* ---- votes ---- */

static struct vote *vote_find(struct sim *sim, u64 slot, u64 ballot)
{
	struct slot_model *at = slot_at(sim, slot);
	u32 i;

	for (i = at->votes; i--;)
		if (at->vote[i].ballot == ballot)
			return &at->vote[i];
	return NULL;
}

/* Rule 3: at one ballot a slot has one value, whoever says so and whenever. */
static struct vote *vote_for(struct sim *sim, u64 slot, u64 ballot, u64 key)
{
	struct vote *vote = vote_find(sim, slot, ballot);
	struct slot_model *at = slot_at(sim, slot);

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
	at->vote[at->votes] = (struct vote) { .ballot = ballot, .key = key };
	return &at->vote[at->votes++];
}

static void choose(struct sim *sim, u64 slot, const struct vote *vote)
{
	struct slot_model *at = slot_at(sim, slot);

	if (at->chosen && at->chosen != vote->key)
		sim_fail(sim, "agreement: a second value was chosen in slot %llu, at ballot %llu.%u",
			 (ull)slot, BALLOT(vote->ballot));
	if (!at->chosen) {
		sim->model.chosen++;
		trace(sim, "chosen: slot %llu at %llu.%u", (ull)slot, BALLOT(vote->ballot));
	}
	at->chosen = vote->key;
}

static void accepted(struct node *node, u64 slot, u64 ballot, u64 key)
{
	struct sim *sim = node->sim;
	u32 voters = (1u << sim->config.voters) - 1;
	struct vote *vote = vote_for(sim, slot, ballot, key);

	vote->durable |= 1u << node->index;
	vote->replayed |= 1u << node->index;
	if (__builtin_popcount(vote->durable & voters) > (int)sim->config.voters / 2)
		choose(sim, slot, vote);
}

static void must_be_chosen(struct sim *sim, const char *who, u64 slot, u64 key)
{
	if (!slot_at(sim, slot)->chosen)
		sim_fail(sim, "%s says that slot %llu is chosen, and it is not", who, (ull)slot);
	if (key && slot_at(sim, slot)->chosen != key)
		sim_fail(sim, "agreement: %s has another value for slot %llu than was chosen", who,
			 (ull)slot);
}

/* ---- journals ---- */

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
	node->gathered_promise = flight->vow.promised;
}

void model_written(struct node *node)
{
	const struct flight *flight = node->disk.flight;
	u32 i;

	node->promised = port_max(node->promised, flight->vow.promised);
	node->ballot_used = port_max(node->ballot_used, flight->vow.ballot_used);
	for (i = 0; i < flight->votes; i++)
		accepted(node, flight->vote[i].slot, flight->vote[i].ballot, flight->vote[i].key);
}

void model_replay_begin(struct node *node)
{
	struct model *model = &node->sim->model;
	u64 slot;
	u32 i;

	for (slot = 0; slot < model->slots; slot++)
		for (i = 0; i < model->slot[slot].votes; i++)
			model->slot[slot].vote[i].replayed &= ~(1u << node->index);
}

/* It stands on the medium, or in a cache that may yet forget it. */
void model_replayed(struct node *node, const struct paxos_record *record)
{
	if (record->type == PAXOS_RECORD_ACCEPTED)
		vote_for(node->sim, record->slot, record->ballot,
			 model_key(&record->entry))->replayed |= 1u << node->index;
}

/* What was replayed is durable now. */
void model_started(struct node *node)
{
	struct model *model = &node->sim->model;
	const struct vote *vote;
	u64 slot;
	u32 i;

	for (slot = 0; slot < model->slots; slot++) {
		for (i = 0; i < model->slot[slot].votes; i++) {
			vote = &model->slot[slot].vote[i];
			if (vote->replayed >> node->index & 1)
				accepted(node, slot, vote->ballot, vote->key);
		}
	}
	node->promised = node->gathered_promise;
	node->ballot_used = node->replayed_ballot;
}

/* All that was durable must have come back. */
void model_replay_end(struct node *node, const struct paxos_vow *vow)
{
	struct model *model = &node->sim->model;
	u32 self = 1u << node->index, i;
	const struct vote *vote;
	u64 slot;

	for (slot = 0; slot < model->slots; slot++) {
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

/* ---- what is said ---- */

/* Rule 3: a ballot belongs to one start of its owner. */
static void own_ballot(struct node *node, u64 ballot, bool first)
{
	struct model *model = &node->sim->model;
	u64 round = paxos_ballot_round(ballot);
	u32 *count = &model->ballots[node->index];
	struct ballot_owner **list = &model->ballot[node->index];
	u32 i;

	if (paxos_ballot_node(ballot) != node->id)
		sim_fail(node->sim, "n%u proposes at the ballot %llu.%u of another", node->id,
			 BALLOT(ballot));
	if (node->ballot_used < ballot || node->promised < ballot)
		sim_fail(node->sim, "rule 3: ballot %llu.%u leaves before it is durable",
			 BALLOT(ballot));
	for (i = *count; i--;) {
		if ((*list)[i].ballot != ballot)
			continue;
		if ((*list)[i].life != node->life)
			sim_fail(node->sim, "rule 3: n%u uses ballot %llu.%u again after a restart",
				 node->id, (ull)round, node->id);
		return;
	}
	/* Who votes alone asks nobody. */
	if (!first && node->sim->config.voters > 1)
		sim_fail(node->sim, "n%u proposes at ballot %llu.%u without a PREPARE", node->id,
			 (ull)round, node->id);
	*list = realloc(*list, (*count + 1) * sizeof(**list));
	if (!*list)
		abort();
	(*list)[(*count)++] = (struct ballot_owner) { .ballot = ballot, .life = node->life };
}

static void say_promise(struct node *node, const struct paxos_message *m)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	struct vote *vote;

	if (node->promised < m->ballot)
		sim_fail(node->sim, "rule 1: n%u promises %llu.%u before it is durable", node->id,
			 BALLOT(m->ballot));
	node->said = port_max(node->said, m->ballot);
	while (paxos_message_next(m, &cursor, &item)) {
		if (item.flags & PAXOS_ITEM_CHOSEN) {
			must_be_chosen(node->sim, "a promise", item.slot, model_key(&item.entry));
			continue;
		}
		vote = vote_find(node->sim, item.slot, item.ballot);
		if (!vote || !(vote->durable >> node->index & 1))
			sim_fail(node->sim, "rule 1: n%u reports slot %llu at %llu.%u before it is durable",
				 node->id, (ull)item.slot, BALLOT(item.ballot));
	}
}

static void say_accepted(struct node *node, const struct paxos_message *m)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	struct vote *vote;
	u64 slot;

	if (node->promised < m->ballot)
		sim_fail(node->sim, "rule 2: n%u accepted at %llu.%u, and that promise is not durable",
			 node->id, BALLOT(m->ballot));
	while (paxos_message_next(m, &cursor, &item)) {
		for (slot = item.slot; slot < item.slot + item.ballot; slot++) {
			vote = vote_find(node->sim, slot, m->ballot);
			if (!vote || !(vote->durable >> node->index & 1))
				sim_fail(node->sim, "rule 1: n%u says that it accepted slot %llu at %llu.%u before that is durable",
					 node->id, (ull)slot, BALLOT(m->ballot));
		}
	}
}

static void say_accept(struct node *node, const struct paxos_message *m)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;

	while (paxos_message_next(m, &cursor, &item)) {
		vote_for(node->sim, item.slot, m->ballot, model_key(&item.entry));
		if (item.entry.type == PAXOS_ENTRY_VALUE)
			number_of(node->sim, &item.entry.value);
	}
}

static void say_learnt(struct node *node, const struct paxos_message *m)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	struct vote *vote;

	while (paxos_message_next(m, &cursor, &item)) {
		must_be_chosen(node->sim, "an answer", item.slot, model_key(&item.entry));
		vote = vote_find(node->sim, item.slot, item.ballot);
		if (!vote || vote->key != model_key(&item.entry))
			sim_fail(node->sim, "rule 5: an answer names ballot %llu.%u for slot %llu, where nobody proposed it",
				 BALLOT(item.ballot), (ull)item.slot);
	}
}

/* A body leaves the node now. */
void model_send(struct node *node, const struct paxos_message *m)
{
	if (node->failed)
		sim_fail(node->sim, "n%u speaks after its disk failed", node->id);
	if (m->commit && m->type != PAXOS_PREPARE)
		must_be_chosen(node->sim, paxos_message_name(m->type), m->commit, 0);
	switch (m->type) {
	case PAXOS_PREPARE:
		own_ballot(node, m->ballot, true);
		break;
	case PAXOS_ACCEPT:
		own_ballot(node, m->ballot, false);
		say_accept(node, m);
		break;
	case PAXOS_HEARTBEAT:
		own_ballot(node, m->ballot, false);
		break;
	case PAXOS_PROMISE:
		say_promise(node, m);
		break;
	case PAXOS_ACCEPTED:
		say_accepted(node, m);
		break;
	case PAXOS_NACK:
		if (node->promised < m->ballot)
			sim_fail(node->sim, "n%u refuses by a promise that is not durable",
				 node->id);
		break;
	case PAXOS_LEARNT:
		say_learnt(node, m);
		break;
	}
}

/* ---- what is delivered ---- */

static void deliver_value(struct sim *sim, struct slot_model *at, u64 slot)
{
	const struct paxos_proposal_id *id = &at->entry.id;
	u64 *newest = &sim->model.incarnation[id->origin - 1];
	u64 number = number_of(sim, &at->entry.value);
	struct proposal *proposal = number ? &sim->model.proposal[number - 1] : NULL;

	if (at->type == PAXOS_ENTRY_VALUE) {
		if (id->incarnation < *newest)
			sim_fail(sim, "rule 8: slot %llu is of an incarnation that is over",
				 (ull)slot);
		*newest = id->incarnation;
		if (!proposal)
			return;
		if (proposal->slot)
			sim_fail(sim, "exactly once: proposal %llu was delivered in slot %llu and again in %llu",
				 (ull)number, (ull)proposal->slot, (ull)slot);
		if (proposal->state == PROPOSAL_NEVER)
			sim_fail(sim, "rule 11: proposal %llu was withdrawn, and is delivered",
				 (ull)number);
		proposal->slot = slot;
	} else if (proposal && !proposal->slot && id->incarnation == *newest) {
		sim_fail(sim, "rule 8: proposal %llu in slot %llu is delivered as a no-op at first",
			 (ull)number, (ull)slot);
	}
}

static void deliver_first(struct sim *sim, struct slot_model *at, const struct paxos_chosen *chosen)
{
	const struct paxos_value *value = &chosen->entry.value;
	struct paxos_buf *copy;

	at->delivered = true;
	at->type = chosen->type;
	at->entry = chosen->entry;
	at->entry.value.buf = NULL;
	if (value->length) {
		copy = buf_new(value->length);
		memcpy(copy->data, value->data, value->length);
		at->entry.value.buf = copy;
		at->entry.value.data = copy->data;
	}
	sim->model.top = port_max(sim->model.top, chosen->slot);
	if (at->entry.type == PAXOS_ENTRY_VALUE)
		deliver_value(sim, at, chosen->slot);
}

void model_deliver(struct node *node, const struct paxos_chosen *chosen)
{
	struct sim *sim = node->sim;
	struct slot_model *at = slot_at(sim, chosen->slot);
	u64 key = model_key(&chosen->entry);
	struct vote *vote;

	if (chosen->slot != node->delivered + 1)
		sim_fail(sim, "order: n%u delivers slot %llu after %llu", node->id,
			 (ull)chosen->slot, (ull)node->delivered);
	must_be_chosen(sim, "a delivery", chosen->slot, key);
	vote = vote_find(sim, chosen->slot, chosen->ballot);
	if (!vote || vote->key != key)
		sim_fail(sim, "n%u delivers slot %llu at ballot %llu.%u, where it was not proposed",
			 node->id, (ull)chosen->slot, BALLOT(chosen->ballot));
	if (!at->delivered)
		deliver_first(sim, at, chosen);
	else if (at->type != chosen->type || !paxos_entry_equal(&at->entry, &chosen->entry))
		sim_fail(sim, "agreement: n%u delivers something else in slot %llu", node->id,
			 (ull)chosen->slot);
	node->delivered = chosen->slot;
	if (!(node->delivered & (node->delivered - 1))) {
		node->ballot = realloc(node->ballot, 2 * node->delivered * sizeof(u64));
		if (!node->ballot)
			abort();
	}
	node->ballot[node->delivered] = chosen->ballot;
}

/* ---- what is answered ---- */

static void answered(struct sim *sim, u64 number, u8 state)
{
	struct proposal *proposal = &sim->model.proposal[number - 1];

	if (proposal->state != PROPOSAL_PENDING)
		sim_fail(sim, "proposal %llu is answered a second time", (ull)number);
	proposal->state = state;
	sim->model.pending--;
}

static void answered_chosen(struct node *node, const struct paxos_answer *answer)
{
	struct proposal *proposal = &node->sim->model.proposal[answer->cookie - 1];
	struct slot_model *at = slot_at(node->sim, answer->slot);

	if (answer->slot > node->delivered || !at->delivered || at->type != PAXOS_ENTRY_VALUE ||
	    at->entry.id.origin != node->id || at->entry.value.length != proposal->length ||
	    (proposal->length >= 8 && proposal->slot != answer->slot))
		sim_fail(node->sim, "proposal %llu is answered as chosen in slot %llu, where it is not",
			 (ull)answer->cookie, (ull)answer->slot);
	answered(node->sim, answer->cookie, PROPOSAL_CHOSEN);
	node->sim->model.answered++;
}

void model_answer(struct node *node, const struct paxos_answer *answer)
{
	struct sim *sim = node->sim;
	struct proposal *proposal;

	if (!answer->cookie || answer->cookie > sim->model.proposals)
		sim_fail(sim, "an answer to nobody");
	proposal = &sim->model.proposal[answer->cookie - 1];
	if (proposal->node != node->index || proposal->life != node->life)
		sim_fail(sim, "an answer to another node's proposal");
	trace(sim, "n%u.%u answers proposal %llu: %u", node->id, node->life, (ull)answer->cookie,
	      answer->outcome);
	switch (answer->outcome) {
	case PAXOS_OUTCOME_CHOSEN:
		answered_chosen(node, answer);
		break;
	case PAXOS_OUTCOME_UNKNOWN:
		answered(sim, answer->cookie, PROPOSAL_UNKNOWN);
		break;
	case PAXOS_OUTCOME_STALE:
	case PAXOS_OUTCOME_REFUSED:
		sim_fail(sim, "proposal %llu is answered as a command would be",
			 (ull)answer->cookie);
	case PAXOS_OUTCOME_WITHDRAWN:
	case PAXOS_OUTCOME_FULL:
		if (proposal->slot)
			sim_fail(sim, "rule 11: proposal %llu is withdrawn, and was delivered",
				 (ull)answer->cookie);
		answered(sim, answer->cookie, PROPOSAL_NEVER);
		break;
	}
}

/* Nobody will answer what was pending there. */
void model_crashed(struct node *node)
{
	struct model *model = &node->sim->model;
	u64 i;

	for (i = 0; i < model->proposals; i++) {
		struct proposal *proposal = &model->proposal[i];

		if (proposal->state == PROPOSAL_PENDING && proposal->node == node->index &&
		    proposal->life == node->life)
			answered(node->sim, i + 1, PROPOSAL_UNKNOWN);
	}
}
