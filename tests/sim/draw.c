// SPDX-License-Identifier: GPL-2.0
/* What a seed draws.  Most runs are moderate in most respects, some extreme in some. */
#include "sim.h"

u64 sim_random(struct sim *sim)
{
	return random_next(&sim->random);
}

u64 sim_below(struct sim *sim, u64 bound)
{
	return (u64)(((unsigned __int128)sim_random(sim) * bound) >> 64);
}

u64 sim_between(struct sim *sim, u64 low, u64 high)
{
	return low + sim_below(sim, high - low + 1);
}

/* Each doubling between @low and @high is as likely as any other. */
u64 sim_scaled(struct sim *sim, u64 low, u64 high)
{
	u64 top = low;

	while (top < high && sim_below(sim, 4))
		top = 2 * top;
	return sim_between(sim, low, port_min(port_max(top, low + 1), high));
}

bool sim_chance(struct sim *sim, u32 ppm)
{
	return ppm && sim_below(sim, 1000000) < ppm;
}

/* One of those listed. */
#define DRAW(sim, ...) ({						\
	const u64 draw_list[] = { __VA_ARGS__ };			\
	draw_list[sim_below(sim, ARRAY_SIZE(draw_list))];		\
})

static void draw_cluster(struct sim *sim, struct config *config)
{
	config->voters = DRAW(sim, 1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5, 6, 7);
	/* `format` makes no other first members: who learns only, joins. */
	config->members = config->voters;
	config->joiners = DRAW(sim, 0, 0, 0, 0, 0, 0, 0, 1, 1, 3);
	config->mode = DRAW(sim, 0, 0, 0, 0, 1) ? PAXOS_MODE_BASIC : PAXOS_MODE_MULTI;
	config->learn = DRAW(sim, 0, 0, 0, 1) ? PAXOS_LEARN_BROADCAST : PAXOS_LEARN_LEADER;
	config->drift_permille = 200;
	config->heartbeat_ms = DRAW(sim, 10, 50, 50, 100);
	config->election_ms = config->heartbeat_ms * sim_between(sim, 5, 12);
	config->deliveries = sim_between(sim, 6000, 10000) * (sim_below(sim, 50) ? 1 : 5);
	config->end_us = 40 * SECOND_US;
}

static void draw_network(struct sim *sim, struct config *config)
{
	config->latency_us = DRAW(sim, 20, 100, 100, 500, 2000);
	config->jitter_us = config->latency_us * sim_between(sim, 0, 4);
	config->late_us = DRAW(sim, 10000, 100000, 1000000, 5000000);
	config->late_ppm = DRAW(sim, 0, 500, 5000, 30000);
	config->drop_ppm = DRAW(sim, 0, 1000, 10000, 50000, 200000);
	config->double_ppm = DRAW(sim, 0, 0, 10000, 100000);
	config->old_ppm = DRAW(sim, 0, 1000, 10000, 100000);
	config->healed_drop_ppm = DRAW(sim, 0, 0, 0, 0, 10000, 50000, 200000);
	config->lazy_ppm = DRAW(sim, 0, 100000, 900000);
}

static void draw_disk(struct sim *sim, struct config *config)
{
	config->write_us = DRAW(sim, 0, 20, 100, 100, 500, 3000);
	config->stall_ppm = DRAW(sim, 0, 0, 100, 2000);
	config->error_ppm = DRAW(sim, 0, 0, 0, 200, 1000);
	config->read_error_ppm = DRAW(sim, 0, 0, 0, 100000);
	config->harm_us = DRAW(sim, 0, 0, 100000, 200000, 500000);
	config->harms = DRAW(sim, HARMS_ALL, HARMS_ALL, HARMS_MENDED, HARMS_MENDED,
			     1u << sim_between(sim, 1, HARM_KINDS - 1));
	config->small_ring = !sim_below(sim, 25);
	config->ring_size = config->small_ring ? sim_between(sim, 6, 10) << 20 : 48 << 20;
}

static void draw_load(struct sim *sim, struct config *config)
{
	config->propose_us = DRAW(sim, 1000, 5000, 20000, 20000, 100000);
	config->burst = DRAW(sim, 1, 1, 1, 2, 8, 60);
	config->value_max = DRAW(sim, 7, 64, 64, 200, 200, 2000);
	config->huge_ppm = DRAW(sim, 0, 0, 0, 2000, 20000);
	/* Longer queues than a node has are no other case. */
	config->propose_us = port_max(config->propose_us, config->burst * 200ull);
	/* Of heartbeats alone there are enough. */
	config->propose_us = port_min(config->propose_us, config->heartbeat_ms * 1000ull);
	config->give_up_us = DRAW(sim, 20000, 1000000, 5000000);
}

static void draw_duties(struct sim *sim, struct config *config)
{
	config->clients = DRAW(sim, 0, 0, 1, 3, 3, 10, 10, 600);
	config->think_us = DRAW(sim, 1000, 20000, 100000);
	config->impatient_ppm = DRAW(sim, 0, 10000, 200000);
	config->barrier_us = DRAW(sim, 0, 2000, 20000, 100000);
	config->trim_us = DRAW(sim, 0, 0, 50000, 300000, 1000000);
	config->transfer_us = DRAW(sim, 0, 0, 0, 100000, 1000000);
	config->change_us = DRAW(sim, 0, 0, 100000, 500000, 2000000);
	config->changes = sim_between(sim, 1, 12);
	if (!config->change_us && config->joiners) {
		config->change_us = 100000;
		config->changes = config->joiners;
	}
	config->restart_us = DRAW(sim, 0, 0, 0, 500000, 2000000);
	config->restarts = sim_between(sim, 1, 12);
}

static void draw_faults(struct sim *sim, struct config *config)
{
	config->weather = DRAW(sim, WEATHER_MIXED, WEATHER_MOVING, WEATHER_LEADER);
	config->twin = sim_below(sim, 10) || config->voters < 3 ? 0 :
		       sim_between(sim, 1, config->voters);
	config->twin_early = !sim_below(sim, 3);
	config->fault_us = DRAW(sim, 0, 20000, 100000, 300000, 300000, 1000000);
	config->faults = sim_between(sim, 10, 150);
	if (config->weather == WEATHER_MIXED)
		return;
	/* Just so long that some elections succeed. */
	config->heartbeat_ms = DRAW(sim, 10, 10, 20);
	config->election_ms = config->heartbeat_ms * sim_between(sim, 3, 6);
	config->fault_us = config->election_ms * sim_between(sim, 300, 3000);
	config->latency_us = port_min(config->latency_us, 500u);
	config->jitter_us = port_min(config->jitter_us, 2000u);
	config->late_us = config->election_ms * sim_between(sim, 500, 5000);
	config->propose_us = port_max(config->propose_us, config->heartbeat_ms * 200u);
	config->burst = port_min(config->burst, 8u);
}

/* ---- what may be switched off, to find out what a failure needs; and on ---- */

#define TURN(which, what, ...)				\
	static void which##_##what(struct config *config)	\
	{						\
		__VA_ARGS__;				\
	}
#define OFF(what, ...)	TURN(off, what, __VA_ARGS__)
#define ON(what, ...)	TURN(on, what, __VA_ARGS__)

OFF(drop, config->drop_ppm = config->healed_drop_ppm = 0)
OFF(double, config->double_ppm = 0)
OFF(late, config->late_ppm = 0)
OFF(old, config->old_ppm = 0)
OFF(jitter, config->jitter_us = 0)
OFF(lazy, config->lazy_ppm = 0)
OFF(drift, config->drift_permille = 0)
OFF(stall, config->stall_ppm = 0)
OFF(errors, config->error_ppm = 0)
OFF(read_errors, config->read_error_ppm = 0)
OFF(harm, config->harm_us = 0)
OFF(rot, config->harms &= ~(1u << HARM_VALUE | 1u << HARM_HEADER | 1u << HARM_HEADERS |
			    1u << HARM_STAMP | 1u << HARM_BEYOND))
OFF(supers, config->harms &= ~(1u << HARM_SUPER | 1u << HARM_SUPERS))
OFF(misdirected, config->harms &= ~(1u << HARM_LOST | 1u << HARM_MISDIRECTED))
OFF(blank, config->harms &= ~(1u << HARM_BLANK))
OFF(restored, config->harms &= ~(1u << HARM_RESTORED))
OFF(small_ring, config->small_ring = false; config->ring_size = 48 << 20)
OFF(huge, config->huge_ppm = 0)
OFF(bursts, config->burst = 1)
OFF(load, config->propose_us = 10 * SECOND_US)
OFF(faults, config->fault_us = 0)
OFF(twin, config->twin = 0)
OFF(basic, config->mode = PAXOS_MODE_MULTI)
OFF(broadcast, config->learn = PAXOS_LEARN_LEADER)
OFF(clients, config->clients = 0)
OFF(impatient, config->impatient_ppm = 0)
OFF(barriers, config->barrier_us = 0)
OFF(trims, config->trim_us = 0)
OFF(transfers, config->transfer_us = 0)
OFF(changes, config->change_us = 0)
OFF(restarts, config->restart_us = 0)

/* And what may be asked for in every run, to look for one thing. */
ON(harm, config->harm_us = 20000)
ON(rot, config->harm_us = 20000; config->harms = 1u << HARM_VALUE)
ON(blank, config->harm_us = 50000; config->harms = 1u << HARM_BLANK)
ON(restored, config->harm_us = 50000; config->harms = 1u << HARM_RESTORED)
ON(small_ring, config->small_ring = true; config->ring_size = 6 << 20;
   config->propose_us = 1000; config->value_max = 2000)
ON(huge, config->huge_ppm = 20000)
ON(basic, config->mode = PAXOS_MODE_BASIC)
ON(broadcast, config->learn = PAXOS_LEARN_BROADCAST)
ON(clients, config->clients = 600; config->think_us = 1000; config->impatient_ppm = 200000)
ON(barriers, config->barrier_us = 2000)
ON(trims, config->trim_us = 50000)
ON(transfers, config->transfer_us = 100000)
ON(changes, config->change_us = 100000; config->changes = 12)
ON(restarts, config->restart_us = 100000; config->restarts = ~0u)

const struct part parts[] = {
	{ .name = "drop", .off = off_drop },
	{ .name = "double", .off = off_double },
	{ .name = "late", .off = off_late },
	{ .name = "old", .off = off_old },
	{ .name = "jitter", .off = off_jitter },
	{ .name = "lazy", .off = off_lazy },
	{ .name = "drift", .off = off_drift },
	{ .name = "stall", .off = off_stall },
	{ .name = "errors", .off = off_errors },
	{ .name = "read-errors", .off = off_read_errors },
	{ .name = "harm", .off = off_harm, .on = on_harm },
	{ .name = "rot", .off = off_rot, .on = on_rot },
	{ .name = "supers", .off = off_supers },
	{ .name = "misdirected", .off = off_misdirected },
	{ .name = "blank", .off = off_blank, .on = on_blank },
	{ .name = "restored", .off = off_restored, .on = on_restored },
	{ .name = "small-ring", .off = off_small_ring, .on = on_small_ring },
	{ .name = "huge", .off = off_huge, .on = on_huge },
	{ .name = "bursts", .off = off_bursts },
	{ .name = "load", .off = off_load },
	{ .name = "faults", .off = off_faults },
	{ .name = "twin", .off = off_twin },
	{ .name = "basic", .off = off_basic, .on = on_basic },
	{ .name = "broadcast", .off = off_broadcast, .on = on_broadcast },
	{ .name = "clients", .off = off_clients, .on = on_clients },
	{ .name = "impatient", .off = off_impatient },
	{ .name = "barriers", .off = off_barriers, .on = on_barriers },
	{ .name = "trims", .off = off_trims, .on = on_trims },
	{ .name = "transfers", .off = off_transfers, .on = on_transfers },
	{ .name = "changes", .off = off_changes, .on = on_changes },
	{ .name = "restarts", .off = off_restarts, .on = on_restarts },
	{}
};

u64 parts_off, parts_on;

static void switch_parts(struct config *config)
{
	u32 i;

	for (i = 0; parts[i].name; i++)
		if (parts_on >> i & 1)
			parts[i].on(config);
	for (i = 0; parts[i].name; i++)
		if (parts_off >> i & 1)
			parts[i].off(config);
}

void config_draw(struct sim *sim)
{
	struct config *config = &sim->config;

	draw_cluster(sim, config);
	draw_network(sim, config);
	draw_disk(sim, config);
	draw_load(sim, config);
	draw_duties(sim, config);
	draw_faults(sim, config);
	switch_parts(config);
	trace(sim, "mode %s, learn %s, %u clients, a barrier each %llu us, a trim each %llu us, a transfer each %llu us, a change each %llu us, a restart each %llu us",
	      config->mode == PAXOS_MODE_BASIC ? "basic" : "multi",
	      config->learn == PAXOS_LEARN_BROADCAST ? "broadcast" : "leader", config->clients,
	      (unsigned long long)config->barrier_us, (unsigned long long)config->trim_us,
	      (unsigned long long)config->transfer_us, (unsigned long long)config->change_us,
	      (unsigned long long)config->restart_us);
	trace(sim, "%u voters of %u, heartbeat %u ms, election %u ms, latency %llu + %llu us, drop %u ppm, late %u ppm, write %llu us, burst %u each %llu us, a fault each %llu us%s",
	      config->voters, config->members, config->heartbeat_ms, config->election_ms,
	      (unsigned long long)config->latency_us, (unsigned long long)config->jitter_us,
	      config->drop_ppm, config->late_ppm, (unsigned long long)config->write_us,
	      config->burst, (unsigned long long)config->propose_us,
	      (unsigned long long)config->fault_us, config->small_ring ? ", small ring" : "");
}
