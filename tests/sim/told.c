// SPDX-License-Identifier: GPL-2.0
/*
 * Told: what callers asked, and what nodes tell them: values in order, each once,
 * and answers that are true.
 */
#include "sim.h"

typedef unsigned long long ull;

#define BALLOT(ballot)	(ull)paxos_ballot_round(ballot), paxos_ballot_node(ballot)

/* ---- calls ---- */

struct call *model_call_at(struct sim *sim, u64 number)
{
	if (!number || number > sim->model.calls)
		sim_fail(sim, "an answer to nobody");
	return &sim->model.call[number - 1];
}

/* A new call to @node; its number is also its cookie, from 1. */
u64 model_call(struct node *node, u8 kind, u64 value)
{
	struct model *model = &node->sim->model;

	if (model->calls == model->calls_room) {
		model->calls_room = 2 * model->calls_room + 1024;
		model->call = realloc(model->call, model->calls_room * sizeof(*model->call));
		if (!model->call)
			abort();
	}
	model->call[model->calls++] = (struct call) {
		.kind = kind, .node = node->index, .life = node->life, .value = value,
		.slot = kind == CALL_BARRIER ? model->answered : 0,
	};
	if (value)
		model->value[value - 1].calls++;
	model->pending++;
	return model->calls;
}

/* ---- values ---- */

u64 model_new_value(struct sim *sim, u32 length)
{
	struct model *model = &sim->model;

	if (model->values == model->values_room) {
		model->values_room = 2 * model->values_room + 1024;
		model->value = realloc(model->value, model->values_room * sizeof(*model->value));
		if (!model->value)
			abort();
	}
	model->value[model->values++] = (struct value) { .length = length };
	if (length < 8)
		model->tiny[length][model->values & 0xff] = true;
	return model->values;
}

/* Its bytes: its number, then a byte again and again. */
struct paxos_buf *model_value(struct sim *sim, u64 number)
{
	u32 length = sim->model.value[number - 1].length;
	struct paxos_buf *buf = buf_new(length);

	memset(buf->data, (u8)number, length);
	if (length >= 8)
		memcpy(buf->data, &number, 8);
	return buf;
}

/* Validity: it was proposed.  Returns the number; 0: too short to tell. */
u64 model_number(struct sim *sim, const struct paxos_value *value)
{
	u64 number = 0;

	if (value->length < 8) {
		if (!sim->model.tiny[value->length][value->data[0]])
			sim_fail(sim, "validity: a value was never proposed");
		return 0;
	}
	memcpy(&number, value->data, 8);
	if (!number || number > sim->model.values ||
	    sim->model.value[number - 1].length != value->length)
		sim_fail(sim, "validity: a value was never proposed");
	/* All bytes are equal if each equals the next. */
	if (value->length > 8 &&
	    (value->data[8] != (u8)number ||
	     memcmp(value->data + 8, value->data + 9, value->length - 9)))
		sim_fail(sim, "validity: a value was altered");
	return number;
}

/* ---- what is delivered ---- */

static void deliver_value(struct sim *sim, const struct slot_model *at, u64 slot)
{
	u64 number = model_number(sim, &at->entry.value);
	struct value *value;

	if (!number || at->type != PAXOS_ENTRY_VALUE)
		return;
	value = &sim->model.value[number - 1];
	if (at->entry.id.client != !!value->client ||
	    (value->client && (at->entry.id.incarnation != value->client ||
			       at->entry.id.sequence != value->sequence)))
		sim_fail(sim, "validity: value %llu was proposed under another id", (ull)number);
	if (value->slot)
		sim_fail(sim, "exactly once: value %llu was delivered in slot %llu and again in %llu",
			 (ull)number, (ull)value->slot, (ull)slot);
	if (!value->calls)
		sim_fail(sim, "rule 11: value %llu was withdrawn, and is delivered", (ull)number);
	value->slot = slot;
}

static void deliver_first(struct sim *sim, struct slot_model *at, const struct paxos_chosen *chosen)
{
	const struct paxos_value *value = &chosen->entry.value;
	struct paxos_buf *copy;
	u8 type;

	if (chosen->slot != sim->model.top + 1)
		sim_fail(sim, "slot %llu is delivered before %llu is anywhere", (ull)chosen->slot,
			 (ull)sim->model.top + 1);
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
	type = history_apply(sim, chosen->slot, &at->entry, at->type);
	if (at->type != type)
		sim_fail(sim, "rules 8, 13: slot %llu of n%u is delivered as type %u; it is %u",
			 (ull)chosen->slot, at->entry.id.origin, at->type, type);
	if (at->entry.type == PAXOS_ENTRY_VALUE)
		deliver_value(sim, at, chosen->slot);
	sim->model.top = chosen->slot;
}

/* A value that rotted: the slot is delivered in its turn, the value when it is repaired. */
static void deliver_lost(struct node *node, const struct slot_model *at,
			 const struct paxos_chosen *chosen)
{
	const struct paxos_entry *entry = &chosen->entry;

	if (!at->delivered || at->type != chosen->type || at->entry.type != entry->type ||
	    !paxos_id_equal(&at->entry.id, &entry->id) ||
	    at->entry.value.length != entry->value.length)
		sim_fail(node->sim, "rule 9: n%u delivers slot %llu, whose value is lost, as something else",
			 node->id, (ull)chosen->slot);
	if (!(node->lost & (node->lost - 1))) {
		node->lost_slot = realloc(node->lost_slot, (2 * node->lost + 1) * sizeof(u64));
		if (!node->lost_slot)
			abort();
	}
	node->lost_slot[node->lost++] = chosen->slot;
}

/* It was delivered without its value: here it is. */
static void deliver_repaired(struct node *node, const struct slot_model *at,
			     const struct paxos_chosen *chosen)
{
	u32 i;

	for (i = 0; i < node->lost; i++)
		if (node->lost_slot[i] == chosen->slot)
			break;
	if (i == node->lost)
		sim_fail(node->sim, "order: n%u delivers slot %llu again, after %llu", node->id,
			 (ull)chosen->slot, (ull)node->delivered);
	/* What the slot counts as was said when it was delivered. */
	if (!chosen->repair || !paxos_entry_equal(&at->entry, &chosen->entry))
		sim_fail(node->sim, "rule 9: n%u repairs slot %llu with something else", node->id,
			 (ull)chosen->slot);
	node->lost_slot[i] = node->lost_slot[--node->lost];
}

/* Replay met a table: what it stands for need not be repaired. */
static void table_restored(struct node *node)
{
	u32 i, left = 0;

	for (i = 0; i < node->lost; i++)
		if (inside_lost(node, node->lost_slot[i]))
			node->lost_slot[left++] = node->lost_slot[i];
	node->lost = left;
}

/* Replay met a later record of a slot that it had delivered without its value. */
void model_restored(struct node *node, const struct paxos_record *record)
{
	u32 i;

	if (record->type == PAXOS_RECORD_TABLE) {
		table_restored(node);
		return;
	}
	for (i = 0; i < node->lost; i++)
		if (node->lost_slot[i] == record->slot && !inside_lost(node, record->slot))
			break;
	if (i == node->lost || record->faulty || !record->entry.type)
		return;
	if (model_key(&record->entry) != model_slot(node->sim, record->slot)->chosen)
		sim_fail(node->sim, "rule 9: n%u takes something else for the value of slot %llu",
			 node->id, (ull)record->slot);
	node->lost_slot[i] = node->lost_slot[--node->lost];
}

/* What is trimmed need not be repaired. */
void model_trimmed(struct node *node)
{
	u32 i, left = 0;

	for (i = 0; i < node->lost; i++)
		if (node->lost_slot[i] > node->trimmed)
			node->lost_slot[left++] = node->lost_slot[i];
	node->lost = left;
}

static void deliver_next(struct node *node, const struct paxos_chosen *chosen)
{
	/* What a snapshot holds is not delivered again. */
	if (node->installing > node->delivered && chosen->slot == node->installing + 1)
		node->delivered = node->installing;
	if (chosen->slot != node->delivered + 1)
		sim_fail(node->sim, "order: n%u delivers slot %llu after %llu", node->id,
			 (ull)chosen->slot, (ull)node->delivered);
	node->delivered = chosen->slot;
	if (chosen->slot >= node->ballots) {
		node->ballots = 2 * chosen->slot;
		node->ballot = realloc(node->ballot, node->ballots * sizeof(u64));
		if (!node->ballot)
			abort();
	}
	node->ballot[chosen->slot] = chosen->ballot;
}

void model_deliver(struct node *node, const struct paxos_chosen *chosen)
{
	struct sim *sim = node->sim;
	struct slot_model *at = model_slot(sim, chosen->slot);
	bool lost = chosen->entry.value.length && !chosen->entry.value.data;
	u64 key = lost ? 0 : model_key(&chosen->entry);
	struct vote *vote;

	model_must_be_chosen(sim, "a delivery", chosen->slot, key);
	vote = model_vote(sim, chosen->slot, chosen->ballot);
	if (!vote || vote->key != at->chosen)
		sim_fail(sim, "n%u delivers slot %llu at ballot %llu.%u, where it was not proposed",
			 node->id, (ull)chosen->slot, BALLOT(chosen->ballot));
	if (chosen->slot <= node->delivered) {
		deliver_repaired(node, at, chosen);
		return;
	}
	deliver_next(node, chosen);
	if (lost)
		deliver_lost(node, at, chosen);
	else if (!at->delivered)
		deliver_first(sim, at, chosen);
	else if (at->type != chosen->type || !paxos_entry_equal(&at->entry, &chosen->entry))
		sim_fail(sim, "agreement: n%u delivers something else in slot %llu", node->id,
			 (ull)chosen->slot);
}

/* ---- what is answered ---- */

void model_end_call(struct sim *sim, u64 number, u8 state)
{
	struct call *call = model_call_at(sim, number);
	struct value *value;

	if (call->state != CALL_PENDING)
		sim_fail(sim, "call %llu is answered a second time", (ull)number);
	call->state = state;
	sim->model.pending--;
	if (!call->value)
		return;
	value = &sim->model.value[call->value - 1];
	if (state == CALL_NEVER && !--value->calls && value->slot)
		sim_fail(sim, "rule 11: value %llu is withdrawn, and was delivered",
			 (ull)call->value);
	if (value->client)
		clients_answered(sim, number);
}

static void value_chosen(struct node *node, u64 number, const struct paxos_answer *answer)
{
	struct sim *sim = node->sim;
	const struct value *value = &sim->model.value[model_call_at(sim, number)->value - 1];
	const struct slot_model *at = model_slot(sim, answer->slot);

	if (answer->slot > node->delivered || !at->delivered || at->type != PAXOS_ENTRY_VALUE ||
	    at->entry.id.client != !!value->client || at->entry.value.length != value->length ||
	    (!value->client && at->entry.id.origin != node->id) ||
	    (value->length >= 8 && value->slot != answer->slot))
		sim_fail(sim, "call %llu is answered as chosen in slot %llu, where it is not",
			 (ull)number, (ull)answer->slot);
	sim->model.answered = port_max(sim->model.answered, answer->slot);
	model_end_call(sim, number, CALL_CHOSEN);
}

/* Rule 8: its sequence or its client is outlived, so nobody can tell. */
static void value_stale(struct sim *sim, u64 number)
{
	const struct value *value = &sim->model.value[model_call_at(sim, number)->value - 1];
	const struct client_model *c;

	if (!value->client)
		sim_fail(sim, "call %llu is answered as a client's would be", (ull)number);
	c = &sim->model.client[value->client & 0xffff];
	if (value->sequence + PAXOS_CLIENT_WINDOW > c->newest &&
	    sim->model.clients <= PAXOS_CLIENTS_MAX)
		sim_fail(sim, "rule 8: call %llu of a client is answered as outlived, and is not",
			 (ull)number);
	model_end_call(sim, number, CALL_REFUSED);
}

static void answer_value(struct node *node, u64 number, const struct paxos_answer *answer)
{
	struct sim *sim = node->sim;

	switch (answer->outcome) {
	case PAXOS_OUTCOME_CHOSEN:
		value_chosen(node, number, answer);
		break;
	case PAXOS_OUTCOME_UNKNOWN:
		model_end_call(sim, number, CALL_UNKNOWN);
		break;
	case PAXOS_OUTCOME_STALE:
		value_stale(sim, number);
		break;
	case PAXOS_OUTCOME_WITHDRAWN:
	case PAXOS_OUTCOME_FULL:
		model_end_call(sim, number, CALL_NEVER);
		break;
	case PAXOS_OUTCOME_REFUSED:
		/* Who is no member any more takes nothing. */
		if (answer->why != PAXOS_WHY_NOT_MEMBER)
			sim_fail(sim, "call %llu is answered as a command would be", (ull)number);
		model_end_call(sim, number, CALL_NEVER);
		break;
	}
}

/* A barrier: all that was answered before the call is at or below the slot. */
static void barrier_done(struct node *node, const struct call *call, u64 slot)
{
	if (slot < call->slot)
		sim_fail(node->sim, "barrier: n%u answers slot %llu; slot %llu was answered before the call",
			 node->id, (ull)slot, (ull)call->slot);
	if (slot > node->sim->model.prefix)
		sim_fail(node->sim, "barrier: n%u answers slot %llu, and not all through it are chosen",
			 node->id, (ull)slot);
}

static bool change_holds(const struct config_model *config, const struct paxos_change *change)
{
	u32 node = 1u << (change->node - 1), other = change->other ? 1u << (change->other - 1) : 0;

	switch (change->op) {
	case PAXOS_MEMBER_ADD:
		return config->members & node;
	case PAXOS_MEMBER_PROMOTE:
		return config->voters & node;
	case PAXOS_MEMBER_REMOVE:
		return !(config->members & node);
	default:
		return !(config->members & node) && config->voters & other;
	}
}

/* Rule 13: complete when a majority of the new one durably knows all that the old governs. */
static void change_done(struct node *node, const struct call *call)
{
	struct sim *sim = node->sim;
	u32 know = 0, i, k;

	for (k = sim->model.configs; k--;)
		if (change_holds(&sim->model.config[k], &call->change))
			break;
	if (k == ~0u)
		sim_fail(sim, "rule 13: n%u answers a change that never came to be", node->id);
	/* The first one with it; later ones need not have it. */
	while (k && change_holds(&sim->model.config[k - 1], &call->change))
		k--;
	if (!k)
		return;
	for (i = 0; i < sim->nodes; i++)
		if (sim->node[i]->recorded >= sim->model.config[k].slot + PAXOS_WINDOW - 1)
			know |= 1u << i;
	if (__builtin_popcount(know & sim->model.config[k].voters) <=
	    __builtin_popcount(sim->model.config[k].voters) / 2)
		sim_fail(sim, "rule 13: n%u answers that the change in slot %llu is complete; 0x%x of the voters 0x%x know so",
			 node->id, (ull)sim->model.config[k].slot, know, sim->model.config[k].voters);
}

static void command_done(struct node *node, const struct call *call, u64 slot)
{
	struct paxos_view view;

	switch (call->kind) {
	case CALL_BARRIER:
		barrier_done(node, call, slot);
		break;
	case CALL_MEMBER:
		change_done(node, call);
		break;
	case CALL_TRIM:
	case CALL_INSTALLED:
		paxos_replica_view(node->replica, &view);
		/* Or what the snapshot holds was learnt meanwhile, slot by slot. */
		if (node->tabled < call->slot &&
		    !(call->kind == CALL_INSTALLED && view.trim < call->slot &&
		      view.commit >= call->slot))
			sim_fail(node->sim, "rule 8: n%u answers, and its table at slot %llu is not durable",
				 node->id, (ull)call->slot);
		break;
	}
}

static void answer_command(struct node *node, u64 number, const struct paxos_answer *answer)
{
	struct call *call = model_call_at(node->sim, number);

	switch (answer->outcome) {
	case PAXOS_OUTCOME_CHOSEN:
		command_done(node, call, answer->slot);
		model_end_call(node->sim, number, CALL_CHOSEN);
		break;
	case PAXOS_OUTCOME_UNKNOWN:
	case PAXOS_OUTCOME_STALE:
		model_end_call(node->sim, number, CALL_UNKNOWN);
		break;
	case PAXOS_OUTCOME_WITHDRAWN:
	case PAXOS_OUTCOME_FULL:
		model_end_call(node->sim, number, CALL_NEVER);
		break;
	case PAXOS_OUTCOME_REFUSED:
		model_end_call(node->sim, number, CALL_REFUSED);
		break;
	}
	admin_answered(node, number, answer);
}

void model_answer(struct node *node, const struct paxos_answer *answer)
{
	struct sim *sim = node->sim;
	const struct call *call = model_call_at(sim, answer->cookie);

	if (call->node != node->index || call->life != node->life)
		sim_fail(sim, "an answer to another node's caller");
	trace(sim, "n%u.%u answers call %llu: %u why %u slot %llu", node->id, node->life,
	      (ull)answer->cookie, answer->outcome, answer->why, (ull)answer->slot);
	if (call->kind == CALL_VALUE)
		answer_value(node, answer->cookie, answer);
	else
		answer_command(node, answer->cookie, answer);
}

/* Nobody will answer what was pending there. */
void model_crashed(struct node *node)
{
	struct model *model = &node->sim->model;
	const struct call *call;
	u64 i;

	while (model->ended < model->calls && model->call[model->ended].state != CALL_PENDING)
		model->ended++;
	for (i = model->ended; i < model->calls; i++) {
		call = &model->call[i];
		if (call->state == CALL_PENDING && call->node == node->index &&
		    call->life == node->life)
			model_end_call(node->sim, i + 1, CALL_UNKNOWN);
	}
}
