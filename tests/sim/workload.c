// SPDX-License-Identifier: GPL-2.0
/* Workload: bursts of proposals at random nodes; callers who give up. */
#include "sim.h"

#define CROWD		32u	/* so many more calls that wait, one pause more */
#define PAUSES_MAX	16u

static u32 draw_length(struct sim *sim)
{
	const struct config *config = &sim->config;

	if (sim_chance(sim, config->huge_ppm))
		return sim_below(sim, 2) ? PAXOS_VALUE_MAX : sim_between(sim, 2000, PAXOS_VALUE_MAX);
	return sim_between(sim, 1, config->value_max);
}

/*
 * From one call to the next: @us, and longer where many wait already, or a run without
 * a leader is nothing but callers who give up.
 */
u64 calls_pause(const struct sim *sim, u64 us)
{
	return us * port_min(1 + sim->model.pending / CROWD, (u64)PAUSES_MAX);
}

/* One proposal at @node; its caller gives up after @patience_us, or never (0). */
void workload_one(struct sim *sim, u32 index, u64 patience_us)
{
	struct node *node = sim->node[index];
	u64 number;

	if (!node_has_room(node, CALL_VALUE))
		return;
	number = model_call(node, CALL_VALUE, model_new_value(sim, draw_length(sim)));
	if (patience_us)
		sim_push(sim, patience_us, HAPPENS_GIVE_UP, index, number);
	node_take_call(node, number);
}

void workload_propose(struct sim *sim)
{
	const struct config *config = &sim->config;
	u32 node = sim_below(sim, sim->nodes);
	u32 i, burst;

	if (!sim->faults)
		return;
	burst = sim_below(sim, 10) ? sim_between(sim, 1, config->burst) :
				     sim_below(sim, 8 * config->burst);
	for (i = 0; i < burst; i++) {
		if (!sim_below(sim, 4))
			node = sim_below(sim, sim->nodes);
		workload_one(sim, node, sim_scaled(sim, config->give_up_us / 10,
						   config->give_up_us));
	}
	sim_push(sim, calls_pause(sim, sim_below(sim, 2 * config->propose_us)),
		 HAPPENS_PROPOSE, 0, 0);
}

void workload_begin(struct sim *sim)
{
	sim_push(sim, sim->config.heartbeat_ms * 1000, HAPPENS_PROPOSE, 0, 0);
	clients_begin(sim);
	admin_begin(sim);
}
