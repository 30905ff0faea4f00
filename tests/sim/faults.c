// SPDX-License-Identifier: GPL-2.0
/* Faults: crashes, pauses, partitions, ghosts of old datagrams; and their end. */
#include "sim.h"

static struct node *any(struct sim *sim)
{
	return sim->node[sim_below(sim, sim->nodes)];
}

static void crash(struct sim *sim, struct node *node)
{
	if (node->state == NODE_DOWN || sim->fragile)
		return;
	node_crash(node, "");
	sim_push(sim, sim_scaled(sim, 500, 4 * SECOND_US), HAPPENS_START, node->index, node->life);
}

/* In the midst of a write, if that has not outlasted the faults. */
void faults_doom(struct node *node)
{
	if (node->sim->faults && node->disk.flight->busy)
		crash(node->sim, node);
}

static void crash_all(struct sim *sim)
{
	u32 i;

	for (i = 0; i < sim->nodes; i++)
		crash(sim, sim->node[i]);
}

/* Each node is on a side; those of different sides do not hear each other. */
static void split(struct sim *sim, u32 sides)
{
	struct network *network = &sim->network;
	u32 i, k;

	trace(sim, "partition: one side is 0x%x", sides);
	if (sides)
		fault_did(FAULT_SPLIT);
	for (i = 0; i < NODES_MAX; i++)
		for (k = 0; k < NODES_MAX; k++)
			network->cut[i][k] = (sides >> i & 1) != (sides >> k & 1);
}

static void cut_one(struct sim *sim, bool both)
{
	u32 from = sim_below(sim, sim->nodes);
	u32 to = sim_below(sim, sim->nodes);

	trace(sim, "cut from n%u to n%u%s", from + 1, to + 1, both ? " and back" : "");
	fault_did(FAULT_CUT);
	sim->network.cut[from][to] = true;
	if (both)
		sim->network.cut[to][from] = true;
}

static void pause(struct sim *sim, struct node *node, u64 most_us)
{
	if (node->state != NODE_UP || node->paused || sim->fragile)
		return;
	node_pause(node);
	sim_push(sim, sim_scaled(sim, 1000, most_us), HAPPENS_RESUME, node->index,
		 node->life);
}

/* The clock jumps ahead, or runs at another speed from now on. */
static void set_clock(struct sim *sim, struct node *node)
{
	u64 now_us = node_clock_us(node);

	fault_did(FAULT_CLOCK);
	if (sim_below(sim, 2))
		now_us += sim_scaled(sim, 1000, 20 * SECOND_US);
	else
		node->clock_permille = sim_between(sim, 1000 - sim->config.drift_permille,
						   1000 + sim->config.drift_permille);
	node->clock_offset_us += now_us - node_clock_us(node);
	trace(sim, "n%u.%u: its clock is set", node->id, node->life);
	node_run_at(node, sim->now_us + 1);
}

/* In some order, each hears only the one before and the one after. */
static void chain(struct sim *sim)
{
	u32 order[NODES_MAX], swap, i, k;

	split(sim, 0);
	trace(sim, "a chain");
	fault_did(FAULT_CHAIN);
	for (i = 0; i < sim->nodes; i++) {
		k = sim_below(sim, i + 1);
		swap = i;
		if (k != i) {
			swap = order[k];
			order[k] = i;
		}
		order[i] = swap;
	}
	for (i = 0; i < sim->nodes; i++)
		for (k = 0; k < sim->nodes; k++)
			if (i > k + 1 || k > i + 1)
				sim->network.cut[order[i]][order[k]] = true;
}

/* A second host with the id of another comes up; some take it for the first. */
void faults_twin(struct sim *sim)
{
	const struct node *first = sim->node[sim->config.twin - 1];
	struct node *twin = sim->node[TWIN];

	if (!sim->faults || twin || first->gone)
		return;
	node_init(sim, TWIN, first->joins);
	twin = sim->node[TWIN];
	twin->mute = true;
	sim->twin_heard = sim_random(sim);
	/* Taken for it by all, it would be it. */
	if (!sim->model.top)
		sim->twin_heard &= ~(1u << (sim->config.twin % sim->config.voters));
	trace(sim, "a second host with the id %u comes up, for 0x%x", twin->id, sim->twin_heard);
	fault_did(FAULT_TWIN);
	node_start(twin);
}

static void any_fault(struct sim *sim)
{
	u32 i;

	switch (sim_below(sim, 18)) {
	case 16:
		chain(sim);
		break;
	case 17:
		set_clock(sim, any(sim));
		break;
	case 0 ... 2:
		crash(sim, any(sim));
		break;
	case 3 ... 4:
		any(sim)->fuse = sim_scaled(sim, 1, 500);
		break;
	case 5:
		any(sim)->doom = sim_scaled(sim, 1, 50);
		break;
	case 6:
		pause(sim, any(sim), 4 * SECOND_US);
		break;
	case 7:
		split(sim, 1u << sim_below(sim, sim->nodes));
		break;
	case 8:
		split(sim, sim_random(sim));
		break;
	case 9:
		cut_one(sim, false);
		break;
	case 10:
		cut_one(sim, true);
		break;
	case 11 ... 13:
		split(sim, 0);
		break;
	case 14:
		for (i = sim_below(sim, 16); i; i--)
			network_replay_old(sim);
		break;
	case 15:
		if (!sim_below(sim, 4))
			crash_all(sim);
		break;
	}
}

/* Who leads, or anybody. */
static struct node *leader(struct sim *sim)
{
	struct paxos_view view;
	u32 i;

	for (i = 0; i < sim->nodes; i++) {
		if (sim->node[i]->state != NODE_UP)
			continue;
		paxos_replica_view(sim->node[i]->replica, &view);
		if (view.role == PAXOS_ROLE_LEADER)
			return sim->node[i];
	}
	return any(sim);
}

/* Of what @node says, and of what it is told, some others hear nothing. */
static void muffle(struct sim *sim, const struct node *node, u32 deaf, u32 mute)
{
	struct network *network = &sim->network;
	u32 i;

	trace(sim, "n%u is not heard by 0x%x and does not hear 0x%x", node->id, deaf, mute);
	for (i = 0; i < NODES_MAX; i++) {
		network->cut[node->index][i] = deaf >> i & 1;
		network->cut[i][node->index] = mute >> i & 1;
	}
}

static void fault_of_leader(struct sim *sim)
{
	u64 while_us = sim->config.election_ms * 4000ull;
	struct node *node = leader(sim);

	split(sim, 0);
	switch (sim_below(sim, 8)) {
	case 0:
		if (sim_below(sim, 2))
			node->fuse = sim_scaled(sim, 1, 100);
		else
			node->doom = sim_scaled(sim, 1, 10);
		break;
	case 1:
		pause(sim, node, while_us);
		break;
	case 2:
		muffle(sim, node, ~0u, 0);
		break;
	case 3:
		muffle(sim, node, 0, ~0u);
		break;
	case 4 ... 5:
		/* One other hears it still. */
		muffle(sim, node, ~(1u << sim_below(sim, sim->nodes)), sim_random(sim));
		break;
	case 6:
		muffle(sim, node, sim_random(sim), sim_random(sim));
		break;
	case 7:
		break;
	}
}

void faults_next(struct sim *sim)
{
	if (!sim->faults || !sim->config.faults--)
		return;
	if (sim->config.weather == WEATHER_MIXED || !sim_below(sim, 8))
		any_fault(sim);
	else if (sim->config.weather == WEATHER_MOVING)
		split(sim, sim_random(sim));
	else
		fault_of_leader(sim);
	sim_push(sim, sim_below(sim, 2 * sim->config.fault_us), HAPPENS_FAULT, 0, 0);
}

void faults_begin(struct sim *sim)
{
	sim->faults = true;
	if (sim->config.twin)
		sim_push(sim, sim->config.twin_early ? 0 : sim_scaled(sim, 100000, 8 * SECOND_US),
			 HAPPENS_TWIN, 0, 0);
	if (sim->config.fault_us)
		sim_push(sim, sim_scaled(sim, 1000, SECOND_US), HAPPENS_FAULT, 0, 0);
}

/* All is well from now on; nodes that are down or have failed start again. */
void faults_end(struct sim *sim)
{
	u32 i;

	trace(sim, "the faults are over");
	sim->faults = false;
	sim->healed_us = sim->now_us;
	sim->network.healed = true;
	sim->config.stall_ppm = 0;
	sim->twin_heard = 0;
	if (sim->node[TWIN])
		node_crash(sim->node[TWIN], "for good");
	split(sim, 0);
	for (i = 0; i < sim->nodes; i++) {
		struct node *node = sim->node[i];

		node->away = false;
		node->fuse = 0;
		node->doom = 0;
		node->harm = HARM_NONE;
		node_resume(node);
		if (node->failed)
			node_crash(node, "to be started again");
		if (node->state == NODE_DOWN)
			sim_push(sim, 1000, HAPPENS_START, i, node->life);
	}
}
