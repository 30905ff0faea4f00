// SPDX-License-Identifier: GPL-2.0
/*
 * Start of a node: its journal is replayed as the kernel does (kmod/replay.c),
 * the remains of a torn batch are wiped, the last batch is written once more,
 * and only when that is durable the node says its first word.
 */
#include "sim.h"

struct replaying {
	struct node *node;
	struct paxos_restore restore;
	u64 last_address;
	bool any;
};

static u8 wrapped[PAXOS_REPLAY_WINDOW] __attribute__((aligned(8)));
static u8 scratch[PAXOS_BATCH_MAX] __attribute__((aligned(8)));

static void init_replica(struct node *node)
{
	struct sim *sim = node->sim;
	struct paxos_settings settings = {
		.mode = sim->config.mode,
		.learn = sim->config.learn,
		.nonce = sim_random(sim) | 1,
		.seed = sim_random(sim),
		.heartbeat_ms = sim->config.heartbeat_ms,
		.election_ms = sim->config.election_ms,
	};

	/* The incarnation is durable before the replica starts: node_started(). */
	paxos_restore_settings(&node->disk.super, &settings);
	node->nonce = settings.nonce;
	node->incarnation = settings.incarnation;
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
		if (fx->sends || fx->answers || fx->serves || fx->forget || fx->config)
			sim_fail(node->sim, "a node spoke while it was replaying");
		if (fx->skipped)
			node->delivered = fx->skipped;
		for (i = 0; i < fx->chosens; i++)
			model_deliver(node, &fx->chosen[i]);
		paxos_effects_reset(fx);
	} while (more);
}

/* The value in memory of its own, as it will be kept. */
static void own_value(struct paxos_record *record)
{
	struct paxos_value *value = &record->entry.value;

	if (!value->data)
		return;
	value->buf = buf_new(value->length);
	memcpy(value->buf->data, value->data, value->length);
	value->data = value->buf->data;
}

static bool restore_batch(struct replaying *replaying, const struct paxos_batch_view *view)
{
	struct node *node = replaying->node;
	struct laid laid = {
		.sequence = view->sequence,
		.address = view->address,
		.bytes = view->sectors * PAXOS_SECTOR_SIZE,
		.records = view->records,
	};
	struct paxos_record record;
	bool good = true;
	u32 i;

	if (!paxos_restore_batch(&replaying->restore, view))
		return false;
	for (i = 0; i < view->records && good; i++) {
		if (!paxos_batch_record(view, i, NULL, &record))
			return paxos_restore_damaged(&replaying->restore, PAXOS_DAMAGE_MALFORMED);
		own_value(&record);
		model_replayed(node, &record);
		disk_note(&node->disk, &laid, &record);
		laid.payload += le32_to_cpu(view->tags[i].length);
		good = paxos_restore_record(&replaying->restore, &record);
		if (good)
			deliver(node);
		model_restored(node, &record);
		paxos_buf_put(record.entry.value.buf);
	}
	replaying->last_address = view->address;
	replaying->any = true;
	disk_laid(&node->disk, &laid);
	return good;
}

static enum paxos_replay_result scan(struct replaying *replaying)
{
	struct node *node = replaying->node;
	enum paxos_replay_result result;
	struct paxos_batch_view view;
	const u8 *window;

	for (;;) {
		window = disk_window(&node->disk, replaying->restore.at.offset, wrapped);
		result = paxos_replay_next(&replaying->restore.at, window, scratch, &view);
		if (result != PAXOS_REPLAY_BATCH)
			return result;
		if (!restore_batch(replaying, &view))
			return PAXOS_REPLAY_DAMAGED;
	}
}

/* The table that the superblock names: all that is left of the slots through it. */
static bool read_table(struct replaying *replaying)
{
	static struct paxos_table table;
	struct node *node = replaying->node;
	const struct paxos_super *super = &node->disk.super;
	u64 at = le64_to_cpu(super->session_offset);
	struct paxos_batch_view view;
	bool whole;

	if (!super->trim)
		return true;
	whole = paxos_batch_parse(&node->disk.ring, disk_window(&node->disk, at, wrapped),
				  PAXOS_BATCH_MAX, at, scratch, &view);
	return paxos_restore_table(&replaying->restore, super, whole ? &view : NULL, &table);
}

/* Does record @index of the last batch still say something? */
static bool worth_rewriting(const struct node *node, const struct paxos_batch_view *view,
			    u32 index, const struct paxos_record *record)
{
	if (record->type == PAXOS_RECORD_TABLE)
		return false;
	return (record->type != PAXOS_RECORD_ACCEPTED && record->type != PAXOS_RECORD_LEARNED) ||
	       (record->slot > node->delivered && !record->faulty &&
		!paxos_restore_superseded(view, index));
}

/* The last batch once more: what was read may have come from a cache. */
static void rewrite_last(struct replaying *replaying, bool with_table)
{
	struct node *node = replaying->node;
	struct paxos_batch_view view;
	const u8 *window = disk_window(&node->disk, replaying->last_address, wrapped);
	struct paxos_record record;
	struct paxos_vow vow;
	u32 i;

	if (!paxos_batch_parse(&node->disk.ring, window, PAXOS_BATCH_MAX,
			       replaying->last_address, scratch, &view))
		sim_fail(node->sim, "replay: the last batch cannot be read again");
	for (i = 0; i < view.records; i++) {
		if (!paxos_batch_record(&view, i, NULL, &record))
			sim_fail(node->sim, "replay: the last batch reads otherwise now");
		if (!worth_rewriting(node, &view, i, &record))
			continue;
		own_value(&record);
		paxos_batch_append(node->batch, &record);
		paxos_buf_put(record.entry.value.buf);
	}
	if (with_table) {
		fault_did(FAULT_TABLE_AGAIN);
		paxos_replica_base_again(node->replica, &node->sim->fx);
	}
	paxos_replica_vow(node->replica, &vow);
	disk_begin(node, &vow);
}

static void reset(struct node *node)
{
	struct disk *disk = &node->disk;

	node->life++;
	node->paused = false;
	node->failed = false;
	node->fuse = 0;
	node->doom = 0;
	node->durable = 0;
	node->installing = 0;
	node->needs = 0;
	node->lost = 0;
	memset(node->met, 0, sizeof(node->met));
	node->run_at_us = ~0ull;
	node->clock_offset_us = sim_scaled(node->sim, SECOND_US, 100000 * SECOND_US);
	disk->laids = 0;
	disk->used = 0;
	disk->previous_crc = 0;
	disk->ended = false;
	disk->error = false;
	node->sim->fx.batch = node->batch;
}

static void start_again(struct node *node, const char *why)
{
	node_crash(node, why);
	sim_push(node->sim, sim_scaled(node->sim, 1000, SECOND_US), HAPPENS_START, node->index,
		 node->life);
}

/* It votes no more: only a new node can take its place. */
static void die(struct node *node, const char *why)
{
	trace(node->sim, "n%u.%u starts no more: %s", node->id, node->life, why);
	node_crash(node, "for good");
	node->dead = true;
}

/* Rule 7: before any other write or message, and for good. */
static void forgets(struct node *node, const struct paxos_replay *at)
{
	trace(node->sim, "n%u.%u finds damage at batch %llu: %s", node->id, node->life,
	      (unsigned long long)at->sequence, at->damage);
	if (node->harmed < HARMED_FORGETS)
		sim_fail(node->sim, "rule 7: n%u takes for damage what is none: %s", node->id, at->damage);
	if (disk_forget(node))
		die(node, at->damage);
	else
		start_again(node, "while it was writing down that it has forgotten");
}

/* All is restored and durable: the node begins to take part. */
void node_started(struct node *node)
{
	struct paxos_event event = { .type = PAXOS_EVENT_REACHABLE };
	struct sim *sim = node->sim;
	u32 i;

	/* As far as it did not rot before it was forced out, it is durable now. */
	model_started(node);
	if (!disk_new_life(node)) {
		start_again(node, "while it was writing its incarnation");
		return;
	}
	node->durable = node->disk.next_sequence - 1;
	node->durable_told = node->durable;
	node->disk.ended = false;
	node->state = NODE_UP;
	trace(sim, "n%u.%u is up: delivered %llu", node->id, node->life,
	      (unsigned long long)node->delivered);
	if (!paxos_replica_start(node->replica, node_clock_us(node))) {
		if (node->harmed < HARMED_FORGETS)
			sim_fail(sim, "replay: the replica does not start");
		die(node, "its journal makes no sense");
		return;
	}
	/* Endpoints of those that came later are in the log, but who joins has none yet. */
	for (i = 0; i < (node->joins ? sim->nodes : sim->config.members); i++) {
		event.node = i + 1;
		event.now_us = node_clock_us(node);
		sim->fx.batch = node->batch;
		if (!paxos_replica_step(node->replica, &event, &sim->fx))
			sim_fail(sim, "no room for the first events");
	}
	node->introduce = true;
	node_run(node);
}

/* False if it cannot: the superblocks are damaged, or say that it must not. */
static bool open_disk(struct node *node)
{
	enum paxos_super_result result = disk_read_super(node->sim, &node->disk);

	if (result != PAXOS_SUPER_GOOD) {
		if (node->harmed < HARMED_REFUSES)
			sim_fail(node->sim, "n%u finds its superblocks damaged (%u)", node->id,
				 result);
		die(node, "superblocks are damaged");
		return false;
	}
	if (node->disk.super.state != PAXOS_SUPER_FORGOTTEN)
		return true;
	die(node, "it has forgotten");
	return false;
}

/* All that was read becomes durable; the journal is ready to be written. */
static void settle(struct replaying *replaying)
{
	struct node *node = replaying->node;
	struct disk *disk = &node->disk;
	bool with_table;

	if (node->mute)
		node->gathered_promise = replaying->restore.vow.promised;
	else
		model_replay_end(node, &replaying->restore.vow);
	disk->address = replaying->restore.at.offset;
	disk->previous_crc = replaying->restore.at.previous_crc;
	disk->next_sequence = replaying->restore.at.sequence;
	paxos_batch_start(node->batch, disk->next_sequence);
	with_table = disk_table_lags(node);
	if (replaying->any && (with_table || !paxos_ring_low(&disk->ring, disk->used))) {
		rewrite_last(replaying, with_table);
		return;
	}
	/* The same without taking room in the ring. */
	disk->draft = disk->super;
	disk->draft.promised = cpu_to_le64(port_max(le64_to_cpu(disk->draft.promised),
						    replaying->restore.vow.promised));
	if (!replaying->any || disk_commit(node))
		node_started(node);
	else
		start_again(node, "while it was writing its promise");
}

void node_start(struct node *node)
{
	struct replaying replaying = { .node = node };
	const struct paxos_super *super = &node->disk.super;
	enum paxos_replay_result result;

	harm_disk(node);
	reset(node);
	trace(node->sim, "n%u.%u starts", node->id, node->life);
	if (!open_disk(node))
		return;
	node->trimmed = le64_to_cpu(super->trim);
	node->delivered = node->trimmed;
	init_replica(node);
	paxos_batch_start(node->batch, 0);
	node->state = NODE_STARTING;
	if (node->sim->faults && !node->sim->fragile &&
	    sim_chance(node->sim, node->sim->config.read_error_ppm)) {
		fault_did(FAULT_READ_ERROR);
		start_again(node, "since its journal cannot be read");
		return;
	}
	model_replay_begin(node);
	if (!paxos_restore_begin(&replaying.restore, node->replica, &node->disk.ring, super))
		sim_fail(node->sim, "the superblock's promise is refused");
	result = read_table(&replaying) ? scan(&replaying) : PAXOS_REPLAY_DAMAGED;
	if (result != PAXOS_REPLAY_DAMAGED && !paxos_restore_end(&replaying.restore))
		result = PAXOS_REPLAY_DAMAGED;
	if (result == PAXOS_REPLAY_DAMAGED) {
		forgets(node, &replaying.restore.at);
		return;
	}
	if (result == PAXOS_REPLAY_TORN) {
		trace(node->sim, "n%u.%u drops torn batch %llu", node->id, node->life,
		      (unsigned long long)replaying.restore.at.sequence);
		if (!disk_wipe(node, replaying.restore.at.offset, replaying.restore.at.sequence)) {
			start_again(node, "while it was wiping a torn batch");
			return;
		}
	}
	settle(&replaying);
}
