// SPDX-License-Identifier: GPL-2.0
/*
 * What a start would read of the journal, and what it would come to: the module's
 * own code replays the ring into a replica (kmod/replay.c does so in the kernel),
 * but nothing is written, and nobody is told what the replica delivers.
 */
#include <errno.h>
#include <string.h>

#include "inspect.h"

/* Read ahead so much at a time; a good multiple of PAXOS_REPLAY_WINDOW. */
#define WINDOW_BYTES (2u << 20)
/* A device in use may change between two reads: a window is read so often, at most. */
#define TRIES_MAX 5

struct reading {
	struct inspection *seen;
	inspect_record_fn *show;
	struct paxos_restore restore;
	struct paxos_replica *replica;
	struct paxos_effects *fx;
	struct paxos_table *table;	/* room to read one */
	u8 *scratch;			/* PAXOS_BATCH_MAX */
	u8 *window;			/* WINDOW_BYTES of the ring */
	uint64_t window_base;		/* device offset of its first byte */
	size_t window_filled;		/* bytes */
};

static void *zeroed(size_t size)
{
	return must(calloc(1, size));
}

static void begin_reading(struct reading *reading, struct inspection *seen,
			  inspect_record_fn *show)
{
	*reading = (struct reading) {
		.seen = seen,
		.show = show,
		.replica = zeroed(paxos_replica_size()),
		.fx = zeroed(sizeof(*reading->fx)),
		.table = zeroed(sizeof(*reading->table)),
		.scratch = zeroed(PAXOS_BATCH_MAX),
		.window = image_buffer(WINDOW_BYTES),
	};
	reading->fx->arena = zeroed(PAXOS_ARENA_SIZE);
	reading->fx->batch = zeroed(sizeof(*reading->fx->batch));
	paxos_batch_start(reading->fx->batch, 0);
}

static void end_reading(struct reading *reading)
{
	paxos_batch_drop(reading->fx->batch);
	paxos_replica_exit(reading->replica);
	free(reading->fx->batch);
	free(reading->fx->arena);
	free(reading->window);
	free(reading->scratch);
	free(reading->table);
	free(reading->fx);
	free(reading->replica);
}

/* Read @bytes of the ring from device offset @offset on; they may wrap. */
static int read_ring(const struct inspection *seen, uint64_t offset, u8 *to, size_t bytes)
{
	uint64_t end = seen->ring.offset + seen->ring.size;
	size_t part = port_min(bytes, end - offset);
	int error = image_read(&seen->image, offset, to, part);

	if (!error && part < bytes)
		error = image_read(&seen->image, seen->ring.offset, to + part, bytes - part);
	return error;
}

/* Have PAXOS_REPLAY_WINDOW bytes from where replay stands on; says where they are. */
static int look_ahead(struct reading *reading, const u8 **at)
{
	struct inspection *seen = reading->seen;
	uint64_t offset = reading->restore.at.offset;
	uint64_t skip = ring_distance(&seen->ring, reading->window_base, offset);
	int error = 0;

	if (skip + PAXOS_REPLAY_WINDOW > reading->window_filled) {
		skip = 0;
		reading->window_base = offset;
		reading->window_filled = 0;
		error = read_ring(seen, offset, reading->window, WINDOW_BYTES);
		if (!error)
			reading->window_filled = WINDOW_BYTES;
	}
	*at = reading->window + skip;
	return error;
}

static const struct paxos_batch_header *header_of(const struct paxos_batch_view *view)
{
	return (const void *)((const u8 *)view->tags - offsetof(struct paxos_batch_header, tag));
}

static const char *part_of(const struct paxos_batch_view *view, u32 sector)
{
	u32 head = le32_to_cpu(header_of(view)->header_sectors);

	if (sector < head)
		return "first header copy";
	return sector < view->sectors - head ? "values" : "second header copy";
}

static void note_sectors(struct inspection *seen, const struct paxos_batch_view *view,
			 const u8 *at)
{
	const struct paxos_sector *sector = (const struct paxos_sector *)at;
	bool bad = false;

	for (u32 i = 0; i < view->sectors; i++) {
		uint64_t address = view->address + (uint64_t)i * PAXOS_SECTOR_SIZE;
		enum paxos_stamp stamp = paxos_sector_check(&sector[i], &seen->ring,
							    view->sequence, address);

		if (stamp == PAXOS_STAMP_OURS)
			continue;
		bad = true;
		inspect_damage(seen, address, PAXOS_SECTOR_SIZE, view->sequence, "%s: %s",
			       part_of(view, i), stamp == PAXOS_STAMP_ELSEWHERE ?
			       "what belongs elsewhere was written here" : "no valid stamp");
	}
	if (!bad && view->faulty)
		inspect_damage(seen, view->address, (uint64_t)view->sectors * PAXOS_SECTOR_SIZE,
			       view->sequence, "values: not what their checksums say");
}

static void note_live(struct inspection *seen, const struct paxos_batch_view *view)
{
	uint64_t block = (view->address - seen->ring.offset) / PAXOS_BLOCK_SIZE;

	for (u32 i = 0; i < view->sectors / PAXOS_BLOCK_SECTORS; i++, block++)
		seen->live[block / 8] |= 1u << block % 8;
}

static void note_fault(struct inspection *seen, const struct paxos_batch_view *view,
		       const struct paxos_record *record)
{
	struct fault *fault = seen->fault, *end = fault + seen->faults;

	while (fault < end && fault->slot != record->slot)
		fault++;
	if (fault == seen->fault + FAULTS_MAX) {
		seen->faults_more++;
		return;
	}
	seen->faults += fault == end;
	*fault = (struct fault) {
		.slot = record->slot, .ballot = record->ballot, .batch = view->sequence,
	};
}

static void note_record(struct inspection *seen, const struct paxos_batch_view *view,
			const struct paxos_record *record)
{
	bool accepted = record->type == PAXOS_RECORD_ACCEPTED;

	seen->records[record->type]++;
	paxos_super_note(&seen->now, record);
	if (record->type == PAXOS_RECORD_CHOSEN)
		seen->chosen = port_max(seen->chosen, record->slot);
	if (!accepted && record->type != PAXOS_RECORD_LEARNED)
		return;
	if (accepted)
		seen->accepted = port_max(seen->accepted, record->slot);
	else
		seen->learned = port_max(seen->learned, record->slot);
	if (!seen->slot_first || record->slot < seen->slot_first)
		seen->slot_first = record->slot;
	seen->slot_last = port_max(seen->slot_last, record->slot);
	if (record->faulty)
		note_fault(seen, view, record);
}

/* Nobody is told of what the replica delivers; false: it has forgotten. */
static bool deliver(struct reading *reading)
{
	bool forgotten = false, more;

	do {
		more = paxos_replica_flush(reading->replica, 0, reading->fx);
		forgotten |= reading->fx->forget;
		paxos_effects_reset(reading->fx);
	} while (more);
	return !forgotten;
}

/* The value in memory of its own, as the replica keeps it. */
static void own_value(struct paxos_record *record)
{
	struct paxos_value *value = &record->entry.value;

	if (!value->data)
		return;
	value->buf = buf_new(value->length);
	memcpy(value->buf->data, value->data, value->length);
	value->data = value->buf->data;
}

static bool restore_record(struct reading *reading, const struct paxos_batch_view *view, u32 index)
{
	struct paxos_restore *restore = &reading->restore;
	struct paxos_record record;
	bool good;

	if (!paxos_batch_record(view, index, NULL, &record))
		return paxos_restore_damaged(restore, PAXOS_DAMAGE_MALFORMED);
	note_record(reading->seen, view, &record);
	if (reading->show)
		reading->show(view, &record);
	own_value(&record);
	good = paxos_restore_record(restore, &record) &&
	       (deliver(reading) || paxos_restore_damaged(restore, PAXOS_DAMAGE_VALUES));
	paxos_buf_put(record.entry.value.buf);
	return good;
}

static bool restore_batch(struct reading *reading, const struct paxos_batch_view *view,
			  const u8 *at)
{
	struct inspection *seen = reading->seen;
	bool good;

	seen->batches++;
	seen->faulty += view->faulty;
	note_sectors(seen, view, at);
	note_live(seen, view);
	good = paxos_restore_batch(&reading->restore, view);
	for (u32 i = 0; good && i < view->records; i++)
		good = restore_record(reading, view, i);
	return good;
}

/* Rule 7: what the kernel log would say. */
static void forget(struct reading *reading, uint64_t offset, uint64_t batch)
{
	struct inspection *seen = reading->seen;
	const char *what = reading->restore.at.damage;

	seen->tail = PAXOS_REPLAY_DAMAGED;
	inspect_damage(seen, offset, PAXOS_SECTOR_SIZE, batch, "%s", what);
	inspect_outcome(seen, OUTCOME_FORGOTTEN, "%s", what);
}

static void unreadable(struct reading *reading, uint64_t offset, int error)
{
	struct inspection *seen = reading->seen;

	seen->tail = PAXOS_REPLAY_DAMAGED;
	inspect_damage(seen, offset, PAXOS_BLOCK_SIZE, 0, "the journal cannot be read: %s",
		       strerror(-error));
	inspect_outcome(seen, OUTCOME_SUSPENDED, "the journal cannot be read: error %d", -error);
}

/* The table at the trim point, from the batch that the superblock names. */
static bool restore_table(struct reading *reading)
{
	const struct paxos_super *super = reading->seen->super;
	uint64_t address = le64_to_cpu(super->session_offset);
	struct paxos_batch_view view;
	bool whole;
	int error;

	if (!super->trim)
		return true;
	error = image_read(&reading->seen->image, address, reading->window, PAXOS_BATCH_MAX);
	if (error) {
		unreadable(reading, address, error);
		return false;
	}
	whole = paxos_batch_parse(&reading->seen->ring, reading->window, PAXOS_BATCH_MAX,
				  address, reading->scratch, &view);
	if (paxos_restore_table(&reading->restore, super, whole ? &view : NULL, reading->table)) {
		deliver(reading);
		return true;
	}
	forget(reading, address, 0);
	return false;
}

/* The next batch, or what stands where it should. */
static int read_next(struct reading *reading, enum paxos_replay_result *result, const u8 **at,
		     struct paxos_batch_view *view)
{
	int error, tries = 0;

	do {
		error = look_ahead(reading, at);
		if (error)
			return error;
		*result = paxos_replay_next(&reading->restore.at, *at, reading->scratch, view);
		if (*result == PAXOS_REPLAY_BATCH)
			return 0;
		/* What is read ahead of a device in use may be older than what follows. */
		reading->window_filled = 0;
	} while (*result == PAXOS_REPLAY_DAMAGED && reading->seen->image.in_use &&
		 ++tries < TRIES_MAX);
	return 0;
}

/* To the journal's end; false: a start would not get there. */
static bool scan(struct reading *reading)
{
	struct paxos_replay *replay = &reading->restore.at;
	struct inspection *seen = reading->seen;
	struct paxos_batch_view view;
	uint64_t offset;
	const u8 *at;
	int error;

	for (;;) {
		offset = replay->offset;
		error = read_next(reading, &seen->tail, &at, &view);
		if (error)
			unreadable(reading, offset, error);
		else if (seen->tail == PAXOS_REPLAY_DAMAGED)
			forget(reading, offset, replay->sequence);
		if (error || seen->tail == PAXOS_REPLAY_DAMAGED)
			return false;
		if (seen->tail != PAXOS_REPLAY_BATCH)
			break;
		if (!restore_batch(reading, &view, at)) {
			forget(reading, view.address, view.sequence);
			return false;
		}
		seen->bytes += ring_distance(&seen->ring, offset, replay->offset);
	}
	if (paxos_restore_end(&reading->restore))
		return true;
	forget(reading, replay->offset, replay->sequence);
	return false;
}

/* All was read: could the node run on it, and what would it lack? */
static void judge(struct reading *reading)
{
	struct inspection *seen = reading->seen;

	for (unsigned int i = 0; i < seen->faults; i++) {
		struct fault *fault = &seen->fault[i];

		fault->repaired = !paxos_replica_lost(reading->replica, fault->slot);
		seen->lost += !fault->repaired;
	}
	seen->lost += seen->faults_more;
	if (seen->now.state == PAXOS_SUPER_FORGOTTEN)
		inspect_outcome(seen, OUTCOME_FORGOTTEN,
				"this disk lost something it had promised");
	else if (!paxos_replica_start(reading->replica, 0))
		inspect_outcome(seen, OUTCOME_SUSPENDED, "the journal makes no sense");
	else if (seen->lost)
		inspect_outcome(seen, OUTCOME_REPAIR, "%llu values were damaged: to be repaired from peers",
				(unsigned long long)seen->lost);
}

static void take_over(struct reading *reading)
{
	struct inspection *seen = reading->seen;
	struct paxos_view *view = zeroed(sizeof(*view));

	paxos_replica_view(reading->replica, view);
	seen->vow = reading->restore.vow;
	seen->delivered = view->delivered;
	seen->trim = view->trim;
	seen->next = reading->restore.at.sequence;
	seen->end = reading->restore.at.offset;
	free(view);
}

void inspect_journal(struct inspection *seen, inspect_record_fn *show)
{
	struct paxos_settings node = {
		.mode = PAXOS_MODE_MULTI, .learn = PAXOS_LEARN_LEADER, .nonce = 1,
		.heartbeat_ms = PAXOS_HEARTBEAT_DEFAULT_MS,
		.election_ms = PAXOS_ELECTION_DEFAULT_MS,
	};
	struct reading reading;

	begin_reading(&reading, seen, show);
	paxos_restore_settings(seen->super, &node);
	paxos_replica_init(reading.replica, &node);
	seen->live = zeroed(seen->ring.size / PAXOS_BLOCK_SIZE / 8 + 1);
	if (!paxos_restore_begin(&reading.restore, reading.replica, &seen->ring, seen->super))
		forget(&reading, 0, 0);
	else if (restore_table(&reading) && scan(&reading))
		judge(&reading);
	take_over(&reading);
	end_reading(&reading);
}
