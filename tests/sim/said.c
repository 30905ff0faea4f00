// SPDX-License-Identifier: GPL-2.0
/*
 * Said: may a node say what it says?  Each body is checked when it leaves, against
 * what the disks hold and what others have said, never against what its node thinks.
 */
#include "sim.h"

typedef unsigned long long ull;

#define BALLOT(ballot)	(ull)paxos_ballot_round(ballot), paxos_ballot_node(ballot)

/* ---- ballots ---- */

static struct ballot_model *find_ballot(struct sim *sim, u64 ballot)
{
	u32 owner = paxos_ballot_node(ballot) - 1, i;

	if (owner >= NODES_MAX)
		sim_fail(sim, "ballot %llu.%u is of a node that never was", BALLOT(ballot));
	for (i = sim->model.ballots[owner]; i--;)
		if (sim->model.ballot[owner][i].ballot == ballot)
			return &sim->model.ballot[owner][i];
	return NULL;
}

static struct ballot_model *new_ballot(struct node *node, u64 ballot, u64 first)
{
	struct model *model = &node->sim->model;
	u32 *count = &model->ballots[node->index];
	struct ballot_model **list = &model->ballot[node->index];

	if (!(*count & (*count - 1))) {
		*list = realloc(*list, (2 * *count + 1) * sizeof(**list));
		if (!*list)
			abort();
	}
	(*list)[*count] = (struct ballot_model) {
		.ballot = ballot, .life = node->life, .first = first,
	};
	return &(*list)[(*count)++];
}

/* Does the node alone decide all that is open? */
static bool alone(struct node *node)
{
	u32 self = 1u << node->index;
	struct sim *sim = node->sim;

	return history_majority(sim, node->delivered + 1, self) &&
	       history_majority(sim, node->delivered + PAXOS_WINDOW, self);
}

/* Rule 3: a ballot belongs to one start of its owner. */
static struct ballot_model *own_ballot(struct node *node, u64 ballot, u64 first)
{
	struct ballot_model *b = find_ballot(node->sim, ballot);

	if (paxos_ballot_node(ballot) != node->id)
		sim_fail(node->sim, "n%u proposes at the ballot %llu.%u of another", node->id,
			 BALLOT(ballot));
	if (node->ballot_used < ballot || node->promised < ballot)
		sim_fail(node->sim, "rule 3: ballot %llu.%u leaves before it is durable",
			 BALLOT(ballot));
	if (b && b->life != node->life)
		sim_fail(node->sim, "rule 3: n%u uses ballot %llu.%u again after a restart",
			 node->id, BALLOT(ballot));
	if (b)
		return b;
	/* Who votes alone asks nobody. */
	if (!first && !alone(node))
		sim_fail(node->sim, "n%u proposes at ballot %llu.%u without a PREPARE", node->id,
			 BALLOT(ballot));
	return new_ballot(node, ballot, first ?: 1);
}

/* ---- phase 1 ---- */

/* The highest ballot below @limit that the disk holds for the slot; 0: none. */
static u64 highest_accepted(struct node *node, u64 slot, u64 limit)
{
	const struct slot_model *at = model_slot(node->sim, slot);
	u64 highest = 0;
	u32 i;

	for (i = 0; i < at->votes; i++)
		if (at->vote[i].durable >> node->index & 1 && at->vote[i].ballot < limit)
			highest = port_max(highest, at->vote[i].ballot);
	return highest;
}

/* Slots that the promise leaves out are slots where nothing was accepted. */
static void reports_nothing(struct node *node, u64 ballot, u64 end)
{
	for (; node->answer_next < end; node->answer_next++)
		if (highest_accepted(node, node->answer_next, ballot))
			sim_fail(node->sim, "rule 1: n%u promises %llu.%u and leaves out slot %llu, which it accepted",
				 node->id, BALLOT(ballot), (ull)node->answer_next);
}

static void say_report(struct node *node, u64 ballot, const struct paxos_item *item)
{
	struct vote *vote;

	if (item->flags & PAXOS_ITEM_CHOSEN) {
		if (item->entry.type)
			model_must_be_chosen(node->sim, "a promise", item->slot,
					     model_key(&item->entry));
		return;
	}
	vote = model_vote(node->sim, item->slot, item->ballot);
	if (!vote || !(vote->durable >> node->index & 1))
		sim_fail(node->sim, "rule 1: n%u reports slot %llu at %llu.%u before it is durable",
			 node->id, (ull)item->slot, BALLOT(item->ballot));
	if (!(item->flags & PAXOS_ITEM_FAULTY) && vote->key != model_key(&item->entry))
		sim_fail(node->sim, "n%u reports another value for slot %llu at %llu.%u than it accepted",
			 node->id, (ull)item->slot, BALLOT(item->ballot));
	if (item->ballot < highest_accepted(node, item->slot, ballot))
		sim_fail(node->sim, "rule 1: n%u reports slot %llu at %llu.%u, and accepted it higher",
			 node->id, (ull)item->slot, BALLOT(item->ballot));
}

static void say_promise(struct node *node, const struct paxos_message *m)
{
	struct ballot_model *b = find_ballot(node->sim, m->ballot);
	u64 *promised = b ? &b->promised[node->index] : NULL;
	struct paxos_cursor cursor = {};
	struct paxos_item item;

	if (node->promised < m->ballot)
		sim_fail(node->sim, "rule 1: n%u promises %llu.%u before it is durable", node->id,
			 BALLOT(m->ballot));
	if (!b)
		sim_fail(node->sim, "n%u promises %llu.%u, which nobody asked for", node->id,
			 BALLOT(m->ballot));
	node->said = port_max(node->said, m->ballot);
	if (!m->index) {
		/* What it began to tell before it trimmed, it may tell to the end. */
		if (m->slot <= node->trimmed)
			sim_fail(node->sim,
				 "rule 6: n%u promises slot %llu, having trimmed through %llu",
				 node->id, (ull)m->slot, (ull)node->trimmed);
		node->answer = m->number;
		node->answer_next = port_max(m->slot, m->commit + 1);
	} else if (node->answer != m->number) {
		sim_fail(node->sim, "rule 4: n%u mixes the fragments of two answers", node->id);
	}
	while (paxos_message_next(m, &cursor, &item)) {
		say_report(node, m->ballot, &item);
		reports_nothing(node, m->ballot, item.slot);
		node->answer_next = port_max(node->answer_next, item.slot + 1);
	}
	if (m->index + 1 < m->count)
		return;
	reports_nothing(node, m->ballot, node->sim->model.voted + 1);
	*promised = *promised ? port_min(*promised, m->slot) : m->slot;
}

/* A PREPARE was taken in: not of an id that the node's own log shows as removed. */
void model_took_prepare(struct node *node, u64 ballot, u64 promised)
{
	u32 owner = paxos_ballot_node(ballot) - 1;
	struct paxos_vow vow;
	u64 removed;

	if (owner >= NODES_MAX || ballot <= promised)
		return;
	removed = node->sim->model.removed[owner];
	if (!removed || removed > node->delivered)
		return;
	paxos_replica_vow(node->replica, &vow);
	if (vow.promised == ballot)
		sim_fail(node->sim, "rule 13: n%u promises %llu.%u, of a node that it knows was removed",
			 node->id, BALLOT(ballot));
}

/* ---- phase 2 ---- */

/* Rules 3 and 13: may this ballot propose in this slot at all? */
static void may_propose(struct node *node, const struct ballot_model *b, u64 slot)
{
	u32 promises = 0, i;

	if (slot < b->first)
		sim_fail(node->sim, "rule 3: ballot %llu.%u proposes in slot %llu, and asked from %llu on",
			 BALLOT(b->ballot), (ull)slot, (ull)b->first);
	if (slot > node->delivered + PAXOS_WINDOW)
		sim_fail(node->sim, "rule 13: n%u proposes in slot %llu, and knows the log through %llu",
			 node->id, (ull)slot, (ull)node->delivered);
	for (i = 0; i < node->sim->nodes; i++)
		if (i == node->index || (b->promised[i] && b->promised[i] <= slot))
			promises |= 1u << i;
	if (!history_majority(node->sim, slot, promises))
		sim_fail(node->sim, "rule 13: ballot %llu.%u proposes in slot %llu with promises of 0x%x, no majority of its voters 0x%x",
			 BALLOT(b->ballot), (ull)slot, promises,
			 history_config(node->sim, slot)->voters);
}

static void say_accept(struct node *node, const struct paxos_message *m)
{
	const struct ballot_model *b = own_ballot(node, m->ballot, 0);
	struct paxos_cursor cursor = {};
	struct paxos_item item;

	while (paxos_message_next(m, &cursor, &item)) {
		if (!model_vote(node->sim, item.slot, m->ballot))
			may_propose(node, b, item.slot);
		model_vote_for(node->sim, item.slot, m->ballot, model_key(&item.entry));
		if (item.entry.type == PAXOS_ENTRY_VALUE)
			model_number(node->sim, &item.entry.value);
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
			vote = model_vote(node->sim, slot, m->ballot);
			if (!vote || !(vote->durable >> node->index & 1))
				sim_fail(node->sim, "rule 1: n%u says that it accepted slot %llu at %llu.%u before that is durable",
					 node->id, (ull)slot, BALLOT(m->ballot));
		}
	}
}

/* ---- the rest ---- */

static void say_learnt(struct node *node, const struct paxos_message *m)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	struct vote *vote;
	u64 key;

	while (paxos_message_next(m, &cursor, &item)) {
		vote = model_vote(node->sim, item.slot, item.ballot);
		/* Rule 9: its value is lost, but its ballot still says which one it was. */
		if (item.flags & PAXOS_ITEM_FAULTY)
			key = vote ? vote->key : 0;
		else
			key = model_key(&item.entry);
		model_must_be_chosen(node->sim, "an answer", item.slot, key);
		if (!vote || vote->key != key)
			sim_fail(node->sim, "rule 5: an answer names ballot %llu.%u for slot %llu, where nobody proposed it",
				 BALLOT(item.ballot), (ull)item.slot);
	}
}

/* What is claimed may be held against the node: it must not be able to lose it. */
static void say_claim(struct node *node, u64 promised, u64 durable)
{
	if (promised > node->promised)
		sim_fail(node->sim, "rule 10: n%u claims the promise %llu.%u, which is not durable",
			 node->id, BALLOT(promised));
	if (durable > node->recorded)
		sim_fail(node->sim, "rule 10: n%u claims to know all through %llu durably; it is %llu",
			 node->id, (ull)durable, (ull)node->recorded);
}

/* Rule 7: who has forgotten says nothing that counts. */
static void say_nothing(struct node *node, u8 type)
{
	switch (type) {
	case PAXOS_PREVOTE:
	case PAXOS_PREVOTE_YES:
	case PAXOS_PREPARE:
	case PAXOS_PROMISE:
	case PAXOS_ACCEPT:
	case PAXOS_ACCEPTED:
	case PAXOS_HEARTBEAT:
	case PAXOS_HEARTBEAT_ACK:
	case PAXOS_BARRIER_ANSWER:
		sim_fail(node->sim, "rule 7: n%u has forgotten, and sends a %s", node->id,
			 paxos_message_name(type));
	}
}

/* Rule 10: nobody votes before each voter has confirmed one and the same disk for each. */
static void say_confirmed(struct node *node)
{
	struct sim *sim = node->sim;
	u32 voters = (1u << sim->config.voters) - 1, i;

	for (i = 0; i < sim->config.voters; i++)
		if (voters & ~(sim->node[i]->pinned | 1u << i))
			sim_fail(sim, "rule 10: n%u takes part, and n%u has not confirmed all disks",
				 node->id, i + 1);
	sim->model.confirmed = true;
}

/* A body leaves the node now. */
void model_send(struct node *node, const struct paxos_message *m)
{
	struct sim *sim = node->sim;

	if (node->failed)
		sim_fail(sim, "n%u speaks after its disk failed", node->id);
	/* Whose disk is another, knows nothing of it: it may ask for votes, which nobody hears. */
	if (node->mute && !node->forgotten &&
	    (m->type == PAXOS_PREVOTE || m->type == PAXOS_PREPARE))
		return;
	if (node->forgotten || node->mute)
		say_nothing(node, m->type);
	if (!sim->model.confirmed && (m->type == PAXOS_PREPARE || m->type == PAXOS_PROMISE ||
				      m->type == PAXOS_PREVOTE || m->type == PAXOS_ACCEPTED))
		say_confirmed(node);
	if (m->commit > sim->model.prefix)
		sim_fail(sim, "%s says that all through slot %llu are chosen; it is %llu",
			 paxos_message_name(m->type), (ull)m->commit, (ull)sim->model.prefix);
	switch (m->type) {
	case PAXOS_HELLO:
		say_claim(node, m->ballot, m->slot);
		break;
	case PAXOS_PREPARE:
		own_ballot(node, m->ballot, m->slot);
		break;
	case PAXOS_ACCEPT:
		say_accept(node, m);
		break;
	case PAXOS_HEARTBEAT:
		own_ballot(node, m->ballot, 0);
		break;
	case PAXOS_HEARTBEAT_ACK:
		say_claim(node, 0, m->slot);
		break;
	case PAXOS_PROMISE:
		say_promise(node, m);
		break;
	case PAXOS_ACCEPTED:
		say_accepted(node, m);
		break;
	case PAXOS_NACK:
		if (node->promised < m->ballot)
			sim_fail(sim, "n%u refuses by a promise that is not durable", node->id);
		break;
	case PAXOS_LEARNT:
		say_learnt(node, m);
		break;
	}
}
