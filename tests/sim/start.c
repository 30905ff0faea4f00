// SPDX-License-Identifier: GPL-2.0
/*
 * Start of a node: its journal is replayed as the kernel does (kmod/replay.c),
 * the remains of a torn batch are wiped, the last batch is written once more,
 * and only when that is durable the node says its first word.
 */
#include "sim.h"

struct replaying {
	struct node *node;
	struct paxos_replay state;
	struct paxos_vow vow;
	u64 last_address;
	bool any;
};

static u8 wrapped[PAXOS_REPLAY_WINDOW] __attribute__((aligned(8)));
static u8 scratch[PAXOS_BATCH_MAX] __attribute__((aligned(8)));

static void init_replica(struct node *node)
{
	struct sim *sim = node->sim;
	struct paxos_settings settings = {
		.node = node->id,
		.fresh = true,
		.join = node->joins,
		.members = node->joins ? 0 : sim->config.members,
		.incarnation = ++node->disk.incarnation,
		.nonce = sim_random(sim) | 1,
		.seed = sim_random(sim),
		.heartbeat_ms = sim->config.heartbeat_ms,
		.election_ms = sim->config.election_ms,
		.mode = sim->config.mode,
		.learn = sim->config.learn,
	};
	u32 i;

	node->nonce = settings.nonce;
	for (i = 0; i < settings.members; i++) {
		settings.member[i].node = i + 1;
		settings.member[i].voter = i < sim->config.voters;
	}
	memcpy(settings.cluster, sim->uuid, sizeof(settings.cluster));
	memcpy(settings.disk, node->disk.uuid, sizeof(settings.disk));
	memset(node->replica, 0, paxos_replica_size());
	paxos_replica_init(node->replica, &settings);
}

static void deliver(struct node *node)
{
	struct paxos_effects *fx = &node->sim->fx;
	bool more;
	u32 i;

	do {
		more = paxos_replica_flush(node->replica, 0, fx);
		if (fx->sends || fx->answers || fx->serves)
			sim_fail(node->sim, "a node spoke while it was replaying");
		for (i = 0; i < fx->chosens; i++)
			model_deliver(node, &fx->chosen[i]);
		paxos_effects_reset(fx);
	} while (more);
}

/* The value in memory of its own, as it will be kept. */
static void own_value(struct paxos_record *record)
{
	struct paxos_value *value = &record->entry.value;

	if (!value->length)
		return;
	value->buf = buf_new(value->length);
	memcpy(value->buf->data, value->data, value->length);
	value->data = value->buf->data;
}

static void restore_batch(struct replaying *replaying, const struct paxos_batch_view *view,
			  struct paxos_batch *again)
{
	struct node *node = replaying->node;
	struct paxos_record record;
	u32 i;

	replaying->vow = view->vow;
	replaying->last_address = view->address;
	replaying->any = true;
	if (!paxos_replica_restore(node->replica, &view->vow))
		sim_fail(node->sim, "replay: a batch takes a promise back");
	for (i = 0; i < view->records; i++) {
		if (!paxos_batch_record(view, i, NULL, &record))
			sim_fail(node->sim, "replay: a record is malformed");
		own_value(&record);
		model_replayed(node, &record);
		if (again)
			paxos_batch_append(again, &record);
		else if (!paxos_replica_restore_record(node->replica, &record))
			sim_fail(node->sim, "replay: record %u of batch %llu (type %u, slot %llu) contradicts those before it",
				 i, (unsigned long long)view->sequence, record.type,
				 (unsigned long long)record.slot);
		else
			deliver(node);
		paxos_buf_put(record.entry.value.buf);
	}
}

/* False if the power failed meanwhile. */
static bool scan(struct replaying *replaying)
{
	struct node *node = replaying->node;
	struct disk *disk = &node->disk;
	enum paxos_replay_result result;
	struct paxos_batch_view view;
	const u8 *window;
	u64 offset;

	for (;;) {
		offset = replaying->state.offset;
		window = disk_window(disk, offset, wrapped);
		result = paxos_replay_next(&replaying->state, window, scratch, &view);
		if (result == PAXOS_REPLAY_DAMAGED)
			sim_fail(node->sim, "replay: taken for damage: %s",
				 replaying->state.damage);
		if (result != PAXOS_REPLAY_BATCH)
			break;
		restore_batch(replaying, &view, NULL);
		disk->used += replaying->state.offset > offset ?
			      replaying->state.offset - offset :
			      replaying->state.offset + disk->ring.size - offset;
	}
	if (result != PAXOS_REPLAY_TORN)
		return true;
	trace(node->sim, "n%u.%u drops torn batch %llu", node->id, node->life,
	      (unsigned long long)replaying->state.sequence);
	return disk_wipe(node, replaying->state.offset, replaying->state.sequence);
}

/* The last batch once more: what was read may have come from a cache. */
static void rewrite_last(struct replaying *replaying)
{
	struct node *node = replaying->node;
	struct paxos_batch_view view;
	const u8 *window = disk_window(&node->disk, replaying->last_address, wrapped);
	struct paxos_vow vow;

	if (!paxos_batch_parse(&node->disk.ring, window, PAXOS_BATCH_MAX,
			       replaying->last_address, scratch, &view))
		sim_fail(node->sim, "replay: the last batch cannot be read again");
	restore_batch(replaying, &view, node->batch);
	paxos_replica_vow(node->replica, &vow);
	disk_begin(node, &vow);
}

static void reset(struct node *node)
{
	struct disk *disk = &node->disk;

	node->life++;
	node->state = NODE_STARTING;
	node->paused = false;
	node->failed = false;
	node->fuse = 0;
	node->durable = 0;
	node->delivered = node->trimmed;
	node->installing = 0;
	node->needs = 0;
	node->lost = 0;
	node->run_at_us = ~0ull;
	node->clock_offset_us = sim_scaled(node->sim, SECOND_US, 100000 * SECOND_US);
	disk->used = 0;
	disk->previous_crc = 0;
	disk->ended = false;
	disk->error = false;
	node->sim->fx.batch = node->batch;
}

/* All is restored and durable: the node begins to take part. */
void node_started(struct node *node)
{
	struct paxos_event event = { .type = PAXOS_EVENT_REACHABLE };
	struct sim *sim = node->sim;
	u32 i;

	model_started(node);
	node->disk.cached_bytes = 0;
	node->durable = node->disk.next_sequence - 1;
	node->disk.ended = false;
	node->state = NODE_UP;
	trace(sim, "n%u.%u is up: delivered %llu", node->id, node->life,
	      (unsigned long long)node->delivered);
	if (!paxos_replica_start(node->replica, node_clock_us(node)))
		sim_fail(sim, "replay: the replica does not start");
	for (i = 0; i < sim->nodes; i++) {
		/* Endpoints of those that came later are in the log. */
		if (sim->node[i]->joins && !node->joins)
			continue;
		event.node = i + 1;
		event.now_us = node_clock_us(node);
		sim->fx.batch = node->batch;
		if (!paxos_replica_step(node->replica, &event, &sim->fx))
			sim_fail(sim, "no room for the first events");
	}
	node_run(node);
}

void node_start(struct node *node)
{
	struct replaying replaying = { .node = node };

	reset(node);
	trace(node->sim, "n%u.%u starts", node->id, node->life);
	init_replica(node);
	model_replay_begin(node);
	paxos_batch_start(node->batch, 0);
	paxos_replay_start(&replaying.state, &node->disk.ring, node->disk.ring.offset, 1);
	if (!scan(&replaying)) {
		node_crash(node, "while it was wiping a torn batch");
		sim_push(node->sim, 1000, HAPPENS_START, node->index, node->life);
		return;
	}
	model_replay_end(node, &replaying.vow);
	node->disk.address = replaying.state.offset;
	node->disk.previous_crc = replaying.state.previous_crc;
	node->disk.next_sequence = replaying.state.sequence;
	paxos_batch_start(node->batch, node->disk.next_sequence);
	if (replaying.any && node->disk.ring.size - node->disk.used >= PAXOS_BATCH_MAX)
		rewrite_last(&replaying);
	else
		node_started(node);
}
