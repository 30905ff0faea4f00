// SPDX-License-Identifier: GPL-2.0
/*
 * A run: a cluster is built from the seed, lives through its faults, is healed,
 * and must then agree on everything within a bounded time.
 */
#include <stdarg.h>

#include "sim.h"

/* After the faults, all must be answered and delivered within that many. */
#define RECOVERY_ELECTIONS	20u
#define RECOVERY_DROP_ELECTIONS	40u	/* datagrams are still lost */

#define SILENCE_US	(6 * SECOND_US)
/* A run ends with so many slots more than datagrams: a node alone delivers none. */
#define SLOTS_MAX		1000u

static u8 arena[PAXOS_ARENA_SIZE] __attribute__((aligned(8)));
static char broken_rule[200];
struct limits limits;

void sim_fail(struct sim *sim, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(broken_rule, sizeof(broken_rule), format, args);
	va_end(args);
	trace(sim, "FAILED: %s", broken_rule);
	longjmp(sim->failed, 1);
}

void sim_push(struct sim *sim, u64 in_us, u32 kind, u32 node, u64 number)
{
	struct happening happening = {
		.at_us = sim->now_us + in_us, .kind = kind, .node = node, .number = number,
	};

	queue_push(&sim->queue, &happening);
}

static void written(struct node *node, u64 life)
{
	if (node->life != life || !node->disk.flight->busy)
		return;
	disk_end(node);
	if (node->state == NODE_UP) {
		node_run(node);
	} else if (!node->disk.error) {
		node_started(node);
	} else {
		node_crash(node, "while it was starting");
		sim_push(node->sim, 1000, HAPPENS_START, node->index, node->life);
	}
}

static void start(struct node *node, u64 life)
{
	if (node->life != life)
		return;
	if (node->failed)
		node_crash(node, "to be started again");
	if (node->state == NODE_DOWN && !node->gone && !node->dead && !(node->away && node->life))
		node_start(node);
}

static void happen(struct sim *sim, struct happening *happening)
{
	struct node *node = sim->node[happening->node];

	sim->now_us = happening->at_us;
	sim->steps++;
	switch (happening->kind) {
	case HAPPENS_PACKET:
		node_take_packet(node, happening->packet);
		break;
	case HAPPENS_RUN:
		if (node->life != happening->number || node->run_at_us != happening->at_us)
			break;
		node->run_at_us = ~0ull;
		node_run(node);
		break;
	case HAPPENS_WRITTEN:
		written(node, happening->number);
		break;
	case HAPPENS_SERVE:
		if (node->life == happening->number >> 8)
			node_serve(node, happening->number & 0xff);
		break;
	case HAPPENS_PROPOSE:
		workload_propose(sim);
		break;
	case HAPPENS_GIVE_UP:
		node_give_up(node, happening->number);
		break;
	case HAPPENS_CLIENT:
		clients_next(sim, happening->number);
		break;
	case HAPPENS_BARRIER:
		admin_barrier(sim);
		break;
	case HAPPENS_TRIM:
		admin_trim(sim);
		break;
	case HAPPENS_SNAPSHOT:
		if (node->life == happening->number)
			admin_snapshot(node);
		break;
	case HAPPENS_TRANSFER:
		admin_transfer(sim);
		break;
	case HAPPENS_CHANGE:
		admin_change(sim);
		break;
	case HAPPENS_RETIRE:
		admin_retire(sim, node);
		break;
	case HAPPENS_RESTART:
		admin_restart(sim);
		break;
	case HAPPENS_FAULT:
		faults_next(sim);
		break;
	case HAPPENS_HARM:
		harm_next(sim);
		break;
	case HAPPENS_TWIN:
		faults_twin(sim);
		break;
	case HAPPENS_DOOM:
		if (node->life == happening->number)
			faults_doom(node);
		break;
	case HAPPENS_START:
		start(node, happening->number);
		break;
	case HAPPENS_RESUME:
		if (node->life == happening->number)
			node_resume(node);
		break;
	}
}

/* Rule 13: the old ones may go when a majority of the new knows all that they decide. */
static bool change_is_complete(struct sim *sim)
{
	const struct config_model *newest = history_newest(sim);
	u32 know = 0, i;

	for (i = 0; i < sim->nodes; i++)
		if (newest->voters >> i & 1 &&
		    sim->node[i]->recorded + 1 >= newest->slot + PAXOS_WINDOW)
			know++;
	return !newest->slot || 2 * know > port_popcount(newest->voters);
}

/*
 * The voters of the configurations in force: of the newest, and, until its change is
 * complete, of the one before.
 */
void sim_voters(struct sim *sim, u32 *masks)
{
	masks[1] = history_newest(sim)->voters;
	masks[0] = change_is_complete(sim) ? masks[1] : (history_newest(sim) - 1)->voters;
}

/* Rule 10: who took the twin for the other at their first start will do so for ever. */
static bool misled(const struct sim *sim)
{
	return sim->node[TWIN] && !sim->model.top;
}

/* Are enough voters sound, of each configuration in force, to go on? */
static bool may_go_on(struct sim *sim)
{
	u32 masks[2], sound = 0, i;

	for (i = 0; i < sim->nodes; i++)
		if (!votes_no_more(sim->node[i]))
			sound |= 1u << i;
	sim_voters(sim, masks);
	for (i = 0; i < 2; i++)
		if (__builtin_popcount(masks[i] & sound) <= __builtin_popcount(masks[i]) / 2)
			return false;
	return true;
}

/* What all others have trimmed, a snapshot brings back. */
static bool repaired(const struct node *node)
{
	u32 i;

	for (i = 0; i < node->lost; i++)
		if (node->lost_slot[i] > node->trimmed)
			return false;
	return true;
}

static bool node_recovered(struct sim *sim, struct node *node)
{
	if (votes_no_more(node))
		return true;
	return node->state == NODE_UP && node->delivered == sim->model.top &&
	       repaired(node) && !inside_busy(node);
}

/* Does anybody wait for a member that can answer? */
static bool pending(struct sim *sim)
{
	u32 members = history_newest(sim)->members;
	struct model *model = &sim->model;
	const struct call *call;

	for (; model->pending && model->settled < model->calls; model->settled++) {
		call = &model->call[model->settled];
		if (call->state == CALL_PENDING && members >> call->node & 1 &&
		    !votes_no_more(sim->node[call->node]))
			return true;
	}
	return false;
}

static void retire_removed(struct sim *sim)
{
	u32 i;

	for (i = 0; i < sim->nodes; i++)
		if (sim->model.removed[i])
			admin_retire(sim, sim->node[i]);
}

/* Is everybody there, everything answered, every log the same, and nothing left behind? */
static bool recovered(struct sim *sim)
{
	u32 members = history_newest(sim)->members, i;

	if (change_is_complete(sim))
		retire_removed(sim);
	if (pending(sim) || !clients_idle(sim))
		return false;
	for (i = 0; i < sim->nodes; i++)
		if (members >> i & 1 && !node_recovered(sim, sim->node[i]))
			return false;
	for (i = 0; i < sim->nodes; i++)
		if (members >> i & 1 && !votes_no_more(sim->node[i]))
			inside_check_table(sim->node[i]);
	return true;
}

/* Something new must be chosen, whoever proposes it, and whoever asks must be answered. */
static void probe(struct sim *sim)
{
	u32 members = history_newest(sim)->members, i;

	for (i = 0; i < sim->nodes; i++) {
		if (!(members >> i & 1) || votes_no_more(sim->node[i]))
			continue;
		workload_one(sim, i, 0);
		if (sim->config.barrier_us)
			admin_barrier_at(sim, sim->node[i], 0);
	}
}

static void recover(struct sim *sim)
{
	u64 elections = sim->config.healed_drop_ppm ? RECOVERY_DROP_ELECTIONS :
						      RECOVERY_ELECTIONS;
	u64 patience_us = elections * sim->config.election_ms * 1000;
	struct happening happening;
	u64 room_us = 0;
	bool probed = false;

	/* What a leader of before has said still comes late, and seems to be said now. */
	if (sim->config.late_ppm)
		patience_us += sim->config.late_us;
	/* Without a leader, each that waits may take a round of its own. */
	if (sim->config.mode == PAXOS_MODE_BASIC)
		patience_us += sim->model.pending * sim->config.heartbeat_ms * 1000;

	faults_end(sim);
	clients_healed(sim);
	while (queue_pop(&sim->queue, &happening)) {
		happen(sim, &happening);
		if (sim->now_us > sim->healed_us + patience_us)
			break;
		if (sim->now_us >= room_us) {
			admin_make_room(sim);
			room_us = sim->now_us + 1000ull * sim->config.election_ms;
		}
		if (!probed && sim->now_us > sim->healed_us + 20000) {
			probe(sim);
			probed = true;
		}
		if (probed && !(sim->steps % 16) && recovered(sim))
			return;
	}
	sim->blocked = !may_go_on(sim) || misled(sim);
	if (sim->blocked)
		return;
	sim_fail(sim, "liveness: %u election timeouts after the last fault %llu calls are unanswered, or logs differ",
		 (u32)elections, (unsigned long long)sim->model.pending);
}

/* The last to go comes back when all others are well again. */
static void long_outage(struct sim *sim)
{
	struct node *node = sim->node[sim_below(sim, sim->config.members)];

	node->away = !sim_below(sim, 5);
	if (node->away)
		trace(sim, "n%u will be away once it is down", node->id);
}

/* Does nobody hear anybody any more?  Then nothing will come of waiting. */
static bool silent(struct sim *sim)
{
	if (sim->network.delivered != sim->heard) {
		sim->heard = sim->network.delivered;
		sim->heard_us = sim->now_us;
	}
	return sim->now_us > sim->heard_us + SILENCE_US;
}

static void live(struct sim *sim)
{
	struct happening happening;
	u32 i;

	faults_begin(sim);
	harm_begin(sim);
	for (i = 0; i < sim->config.members; i++)
		sim_push(sim, sim_below(sim, 50000), HAPPENS_START, i, 0);
	workload_begin(sim);
	long_outage(sim);
	while (sim->now_us < sim->config.end_us && !silent(sim) &&
	       sim->network.delivered < sim->config.deliveries &&
	       sim->model.top < SLOTS_MAX + sim->network.delivered &&
	       queue_pop(&sim->queue, &happening)) {
		happen(sim, &happening);
	}
	recover(sim);
}

static void limit(struct sim *sim)
{
	struct config *config = &sim->config;

	if (limits.voters && limits.voters < config->voters) {
		config->members -= config->voters - limits.voters;
		config->voters = limits.voters;
		if (config->twin > config->voters)
			config->twin = 0;
	}
	if (limits.deliveries)
		config->deliveries = limits.deliveries;
	if (limits.faults)
		config->faults = limits.faults - 1;
	sim->random += limits.variant << 32;
}

static void build(struct sim *sim)
{
	u64 uuid[2];

	config_draw(sim);
	limit(sim);
	uuid[0] = sim_random(sim);
	uuid[1] = sim_random(sim);
	memcpy(sim->uuid, uuid, sizeof(sim->uuid));
	sim->fx.arena = arena;
	for (sim->nodes = 0; sim->nodes < sim->config.members; sim->nodes++)
		node_init(sim, sim->nodes, false);
	history_begin(sim);
}

static void destroy(struct sim *sim)
{
	u32 i;

	for (i = 0; i < NODES_MAX; i++)
		node_exit(sim->node[i]);
	network_exit(sim);
	model_exit(sim);
	free(sim->client);
	free(sim->queue.heap);
}

/* One seed, from its first draw to its verdict. */
void sim_run(u64 seed, bool tracing, bool print, struct verdict *verdict)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (!sim)
		abort();
	*verdict = (struct verdict) {};
	buf_account = (struct buf_account) {};
	sim->seed = seed;
	sim->random = seed;
	sim->tracing = tracing;
	sim->printing = print;
	trace_clear();
	if (!setjmp(sim->failed)) {
		build(sim);
		live(sim);
		verdict->passed = true;
		if (!sim->blocked)
			verdict->recovery = (sim->now_us - sim->healed_us) /
					    (sim->config.election_ms * 1e3);
	} else {
		snprintf(verdict->rule, sizeof(verdict->rule), "%s", broken_rule);
		if (tracing)
			trace_state(sim);
	}
	verdict->steps = sim->steps;
	verdict->deliveries = sim->network.delivered;
	verdict->simulated_us = sim->now_us;
	verdict->slots = sim->model.top;
	destroy(sim);
	if (verdict->passed && buf_account.count) {
		verdict->passed = false;
		snprintf(verdict->rule, sizeof(verdict->rule), "%llu buffers leaked",
			 (unsigned long long)buf_account.count);
	}
	free(sim);
}
