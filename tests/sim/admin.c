// SPDX-License-Identifier: GPL-2.0
/*
 * Admin: what operators and state machines do besides proposing: barriers, trims,
 * snapshots, transfers, restarts, and changes of the members.
 */
#include "sim.h"

static struct node *any(struct sim *sim)
{
	return sim->node[sim_below(sim, sim->nodes)];
}

/* One of the nodes in @mask, which is not empty. */
static u32 one_of(struct sim *sim, u32 mask)
{
	u32 skip = sim_below(sim, __builtin_popcount(mask));

	for (; skip; skip--)
		mask &= mask - 1;
	return __builtin_ctz(mask);
}

static void again(struct sim *sim, u64 every_us, u32 kind)
{
	if (sim->faults && every_us)
		sim_push(sim, sim_between(sim, every_us / 2, 3 * every_us / 2), kind, 0, 0);
}

static void give(struct sim *sim, struct node *node, u64 number, u64 patience_us)
{
	if (patience_us)
		sim_push(sim, patience_us, HAPPENS_GIVE_UP, node->index, number);
	node_take_call(node, number);
}

static u64 patience_us(struct sim *sim)
{
	return sim_scaled(sim, sim->config.give_up_us / 4, 4 * sim->config.give_up_us);
}

/* ---- barriers, transfers, restarts ---- */

void admin_barrier_at(struct sim *sim, struct node *node, u64 patience_us)
{
	if (node_has_room(node, CALL_BARRIER))
		give(sim, node, model_call(node, CALL_BARRIER, 0), patience_us);
}

void admin_barrier(struct sim *sim)
{
	if (sim->faults)
		admin_barrier_at(sim, any(sim), patience_us(sim));
	again(sim, calls_pause(sim, sim->config.barrier_us), HAPPENS_BARRIER);
}

void admin_transfer(struct sim *sim)
{
	struct node *node = any(sim);
	u64 number;

	if (sim->faults && node_has_room(node, CALL_TRANSFER)) {
		number = model_call(node, CALL_TRANSFER, 0);
		model_call_at(sim, number)->target = any(sim)->id;
		give(sim, node, number, patience_us(sim));
	}
	again(sim, sim->config.transfer_us, HAPPENS_TRANSFER);
}

static void restart(struct sim *sim, struct node *node)
{
	if (node->state != NODE_UP || sim->fragile)
		return;
	node_crash(node, "to be restarted");
	sim_push(sim, sim_scaled(sim, 100, 100000), HAPPENS_START, node->index, node->life);
}

void admin_restart(struct sim *sim)
{
	bool all = !sim_below(sim, 4);
	u32 i;

	if (!sim->config.restarts--)
		return;

	for (i = 0; sim->faults && all && i < sim->nodes; i++)
		restart(sim, sim->node[i]);
	if (sim->faults && !all)
		restart(sim, any(sim));
	again(sim, sim->config.restart_us, HAPPENS_RESTART);
}

/* ---- trims and snapshots ---- */

/* The application has a snapshot of its own; what it holds need not be kept. */
void admin_trim(struct sim *sim)
{
	struct node *node = any(sim);
	u64 number;

	if (sim->faults && node_has_room(node, CALL_TRIM) && node->delivered > node->trimmed &&
	    !node->installing) {
		number = model_call(node, CALL_TRIM, 0);
		model_call_at(sim, number)->slot = sim_between(sim, node->trimmed + 1,
							       node->delivered);
		give(sim, node, number, patience_us(sim));
	}
	again(sim, sim->config.trim_us, HAPPENS_TRIM);
}

/* A ring is full, and status says so: all that is durable goes, at once. */
static void make_room(struct sim *sim, struct node *node)
{
	const struct disk *disk = &node->disk;
	struct paxos_view view;
	u64 number;

	if (node->state != NODE_UP || !paxos_ring_filling(&disk->ring, disk->used) ||
	    !node_has_room(node, CALL_TRIM) || node->installing > node->delivered)
		return;
	paxos_replica_view(node->replica, &view);
	if (port_min(view.durable, node->delivered) <= node->trimmed)
		return;
	number = model_call(node, CALL_TRIM, 0);
	model_call_at(sim, number)->slot = port_min(view.durable, node->delivered);
	give(sim, node, number, patience_us(sim));
}

void admin_make_room(struct sim *sim)
{
	u32 i;

	for (i = 0; i < sim->nodes; i++)
		make_room(sim, sim->node[i]);
}

static void snapshot_soon(struct node *node)
{
	sim_push(node->sim, sim_scaled(node->sim, 100, 20000), HAPPENS_SNAPSHOT, node->index,
		 node->life);
}

/* The node's own log cannot bring it any further: @slot is the first that peers have. */
void admin_snapshot_needed(struct node *node, u64 slot)
{
	bool asked = node->needs != 0;

	node->needs = slot;
	if (!asked)
		snapshot_soon(node);
}

/* Is a value lost that only a snapshot brings back? */
static bool lacks_values(const struct node *node)
{
	u32 i;

	for (i = 0; i < node->lost; i++)
		if (node->lost_slot[i] > node->trimmed && node->lost_slot[i] < node->needs)
			return true;
	return false;
}

/* Its application copies the state of a peer's, and says so. */
void admin_snapshot(struct node *node)
{
	struct sim *sim = node->sim;
	struct node *peer = any(sim);
	u64 number;

	if (!node->needs || node->state != NODE_UP || node->failed || node->gone)
		return;
	if (node->delivered + 1 >= node->needs && !lacks_values(node)) {
		node->needs = 0;
		return;
	}
	snapshot_soon(node);
	if (peer->state != NODE_UP || peer->delivered + 1 < node->needs ||
	    !node_has_room(node, CALL_INSTALLED) ||
	    (node->installing && node->installing > node->delivered))
		return;
	number = model_call(node, CALL_INSTALLED, 0);
	node->installing = sim_below(sim, 2) ? peer->delivered :
					       sim_between(sim, node->needs - 1, peer->delivered);
	model_call_at(sim, number)->slot = node->installing;
	trace(sim, "n%u.%u installs a snapshot of n%u through slot %llu", node->id, node->life,
	      peer->id, (unsigned long long)node->installing);
	/* Whose snapshot it is may be gone before it has told its table: then another is tried. */
	give(sim, node, number, 4000ull * sim->config.election_ms);
}

/* ---- members ---- */

/* A node with a blank disk and a new id, that is to join. */
static void add(struct sim *sim, struct paxos_change *change)
{
	u32 index = sim->nodes++;

	node_init(sim, index, true);
	if (sim_below(sim, 10))
		sim_push(sim, sim_scaled(sim, 100, 100000), HAPPENS_START, index, 0);
	*change = (struct paxos_change) {
		.op = PAXOS_MEMBER_ADD,
		.node = index + 1,
		.endpoint = { .family = 4, .port = index + 1, .address = { 10, 0, 0, index + 1 } },
	};
}

static bool draw_change(struct sim *sim, struct paxos_change *change)
{
	const struct config_model *config = history_newest(sim);
	u32 learners = config->members & ~config->voters;
	u32 voters = __builtin_popcount(config->voters);

	*change = (struct paxos_change) { .force = !sim_below(sim, 4) };
	switch (sim_below(sim, 8)) {
	case 0 ... 2:
		if (sim->nodes == TWIN || __builtin_popcount(learners) > 2)
			return false;
		add(sim, change);
		return true;
	case 3 ... 4:
		if (!learners)
			return false;
		change->op = PAXOS_MEMBER_PROMOTE;
		change->node = one_of(sim, learners) + 1;
		return true;
	case 5 ... 6:
		if (!learners)
			return false;
		change->op = PAXOS_MEMBER_REPLACE;
		change->node = one_of(sim, config->voters) + 1;
		change->other = one_of(sim, learners) + 1;
		return true;
	default:
		if (voters == 1 && sim_below(sim, 4))
			return false;
		change->op = PAXOS_MEMBER_REMOVE;
		change->node = one_of(sim, config->members) + 1;
		return true;
	}
}

static void change_members(struct sim *sim, u64 patience_us)
{
	struct node *node = any(sim);
	struct paxos_change change;
	u64 number;

	if (!node_has_room(node, CALL_MEMBER) || !draw_change(sim, &change))
		return;
	number = model_call(node, CALL_MEMBER, 0);
	model_call_at(sim, number)->change = change;
	sim->config.changes--;
	give(sim, node, number, patience_us);
}

void admin_change(struct sim *sim)
{
	if (sim->faults && sim->config.changes)
		change_members(sim, 4 * patience_us(sim));
	again(sim, sim->config.change_us, HAPPENS_CHANGE);
}

/* It is no member any more: nobody will miss it. */
void admin_retire(struct sim *sim, struct node *node)
{
	if (node->gone)
		return;
	trace(sim, "n%u is retired", node->id);
	node->gone = true;
	node_crash(node, "for good");
}

/* Its change is complete: an operator takes the old node away, sooner or later. */
static void change_answered(struct sim *sim, const struct call *call)
{
	const struct paxos_change *change = &call->change;

	if (call->state == CALL_CHOSEN && sim->faults &&
	    (change->op == PAXOS_MEMBER_REMOVE || change->op == PAXOS_MEMBER_REPLACE))
		sim_push(sim, sim_scaled(sim, 100, SECOND_US), HAPPENS_RETIRE, change->node - 1, 0);
}

/* A command was answered. */
void admin_answered(struct node *node, u64 number, const struct paxos_answer *answer)
{
	struct sim *sim = node->sim;
	const struct call *call = model_call_at(sim, number);

	switch (call->kind) {
	case CALL_MEMBER:
		change_answered(sim, call);
		break;
	case CALL_INSTALLED:
		if (call->state != CALL_CHOSEN)
			node->installing = 0;
		break;
	}
}

void admin_begin(struct sim *sim)
{
	again(sim, sim->config.barrier_us, HAPPENS_BARRIER);
	again(sim, sim->config.trim_us, HAPPENS_TRIM);
	again(sim, sim->config.transfer_us, HAPPENS_TRANSFER);
	again(sim, sim->config.restart_us, HAPPENS_RESTART);
	again(sim, sim->config.change_us, HAPPENS_CHANGE);
}
