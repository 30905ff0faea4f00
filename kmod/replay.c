// SPDX-License-Identifier: GPL-2.0
/*
 * Replay: the start of a node, from what stands in its journal to a replica
 * that holds it.
 *
 * The ring is read ahead of the parsing (ahead.c); core/record.c says what is a batch,
 * what is the end, and what is damage (STORAGE.md, "Starting"), core/restore.c what
 * does not follow from what came before.  Each record goes to the replica, each slot
 * that the replica then delivers to the log.  What was
 * trimmed is in a table, whose batch the superblock names: it comes first, and slots
 * through its own are passed over.
 *
 * Nothing is sent before this is over, and what was read may have come from a
 * cache that forgets: so the last batch is written once more, with a flush
 * before it.  Damage is written to the superblocks before anything else.
 *
 * Runs in the thread that starts the group, which owns everything meanwhile.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "ahead.h"
#include "buf.h"
#include "journal_private.h"
#include "log.h"

#define TELL_MS		2000		/* progress in the kernel log */
/* Less is read before anybody asks how far it is. */
#define MEASURE_BYTES	(16u << 20)

static const char no_memory[] = "out of memory during replay: delete the group and add it again";

/* A replay under way. */
struct replay {
	struct paxos_journal *journal;
	struct paxos_replica *replica;
	struct paxos_effects *fx;
	struct paxos_log *log;
	u8 *progress;

	struct paxos_restore restore;
	struct paxos_ahead ahead;
	u8 *scratch;			/* PAXOS_BATCH_MAX */

	struct paxos_table *table;	/* room to read it */

	struct paxos_recovery *found;
	u64 total;			/* bytes that there are to replay, about */
	u64 last_address;		/* of the last batch, if there is one */
	unsigned long told;		/* jiffies */
};

static void tell_progress(struct replay *replay)
{
	const struct paxos_recovery *found = replay->found;
	struct paxos_journal *journal = replay->journal;
	u64 total;

	if (found->bytes < MEASURE_BYTES)
		return;
	if (!replay->total)
		replay->total = paxos_ahead_measure(&journal->device, &journal->ring,
						    &journal->supers.now, journal->buffer);
	total = max(replay->total, found->bytes + 1);
	WRITE_ONCE(*replay->progress, div64_u64(found->bytes * 100, total));
	if (time_before(jiffies, replay->told + msecs_to_jiffies(TELL_MS)))
		return;
	replay->told = jiffies;
	pr_info("%s: replaying: %llu batches, %llu of about %llu MiB\n", journal->path,
		found->batches, found->bytes >> 20, total >> 20);
}

/*
 * In restore, the replica has nothing to say but what is delivered, and that it has
 * forgotten: then false.
 */
static bool deliver(struct replay *replay)
{
	struct paxos_effects *fx = replay->fx;
	bool forgotten = false, more;
	u32 i;

	do {
		more = paxos_replica_flush(replay->replica, 0, fx);
		forgotten |= fx->forget;
		if (fx->skipped)
			paxos_log_skip(replay->log, fx->skipped);
		for (i = 0; i < fx->chosens; i++)
			paxos_log_deliver(replay->log, &fx->chosen[i]);
		paxos_effects_reset(fx);
	} while (more);
	return !forgotten;
}

static bool is_entry(const struct paxos_record *record)
{
	return record->type == PAXOS_RECORD_ACCEPTED || record->type == PAXOS_RECORD_LEARNED;
}

/* A table in the journal: of a trim, or of a snapshot above all that was before. */
static void note_table(struct replay *replay, const struct paxos_batch_view *view, u64 slot)
{
	struct paxos_journal *journal = replay->journal;

	paxos_marks_table(journal, view->sequence, view->address, slot);
	if (slot > journal->archive.highest)
		paxos_archive_trim(journal, slot);
}

static bool restore_record(struct replay *replay, const struct paxos_record *record,
			   const struct paxos_batch_view *view)
{
	struct paxos_journal *journal = replay->journal;

	if (!paxos_restore_record(&replay->restore, record))
		return false;
	if (is_entry(record))
		paxos_archive_note(journal, record->slot, view->address);
	else if (record->type == PAXOS_RECORD_TABLE)
		note_table(replay, view, record->slot);
	else
		paxos_marks_note(journal, record);
	return deliver(replay) || paxos_restore_damaged(&replay->restore, PAXOS_DAMAGE_VALUES);
}

static bool restore_records(struct replay *replay, const struct paxos_batch_view *view,
			    struct paxos_buf *values)
{
	struct paxos_record record;
	u32 i;

	for (i = 0; i < view->records; i++) {
		if (!paxos_batch_record(view, i, values, &record))
			return paxos_restore_damaged(&replay->restore, PAXOS_DAMAGE_MALFORMED);
		if (!restore_record(replay, &record, view))
			return false;
		replay->found->records++;
	}
	return true;
}

/*
 * The values of a batch share one buffer, which lives as long as anybody needs any of
 * them.  False: *@err says why, or the journal is damaged.
 */
static bool restore_batch(struct replay *replay, struct paxos_batch_view *view, int *err)
{
	struct paxos_buf *values;
	bool good;

	if (!paxos_restore_batch(&replay->restore, view))
		return false;
	values = paxos_buf_alloc(view->payload_bytes, GFP_NOIO);
	if (!values) {
		*err = -ENOMEM;
		return false;
	}
	memcpy(values->data, view->payload, view->payload_bytes);
	view->payload = values->data;
	paxos_marks_batch(replay->journal, view->sequence, view->address,
			  replay->journal->archive.highest);
	good = restore_records(replay, view, values);
	paxos_buf_put(values);
	replay->found->batches++;
	replay->last_address = view->address;
	return good;
}

/* Rule 7: before any other write or message, and for good. */
static int forget(struct replay *replay, const char **why)
{
	struct paxos_journal *journal = replay->journal;
	int err;

	*why = replay->restore.at.damage;
	pr_err("%s: journal damaged at byte %llu, after %llu batches: %s\n", journal->path,
	       replay->restore.at.offset, replay->found->batches, *why);
	err = paxos_journal_forget(journal);
	if (err) {
		*why = "the journal is damaged, and the superblocks cannot be written";
		pr_err("%s: %s: error %d\n", journal->path, *why, err);
		return err;
	}
	return -EUCLEAN;
}

/*
 * The table at the trim point, from the batch that the superblock names.  False:
 * *@err says why, or it is lost (rule 7).
 */
static bool restore_table(struct replay *replay, int *err)
{
	struct paxos_journal *journal = replay->journal;
	const struct paxos_super *super = &journal->supers.now;
	u64 address = le64_to_cpu(super->session_offset);
	struct paxos_batch_view view;
	bool whole;

	*err = 0;
	if (!super->trim)
		return true;
	*err = paxos_device_read(&journal->device, address, journal->buffer, PAXOS_BATCH_MAX);
	if (*err)
		return false;
	whole = paxos_batch_parse(&journal->ring, journal->buffer, PAXOS_BATCH_MAX, address,
				  replay->scratch, &view);
	if (!paxos_restore_table(&replay->restore, super, whole ? &view : NULL, replay->table))
		return false;
	paxos_marks_table(journal, view.sequence, address, le64_to_cpu(super->trim));
	deliver(replay);
	return true;
}

/* Read and restore, to the journal's end. */
static int scan(struct replay *replay, const bool *stop, const char **why)
{
	struct paxos_journal *journal = replay->journal;
	enum paxos_replay_result result;
	struct paxos_batch_view view;
	const u8 *at;
	u64 offset;
	int err = paxos_ahead_open(&replay->ahead, &journal->device, &journal->ring,
				   replay->restore.at.offset);

	if (err)
		return err;
	for (;;) {
		if (READ_ONCE(*stop))
			return -EINTR;
		err = paxos_ahead_window(&replay->ahead, replay->restore.at.offset, &at);
		if (err) {
			*why = "the journal cannot be read";
			return err;
		}
		offset = replay->restore.at.offset;
		result = paxos_replay_next(&replay->restore.at, at, replay->scratch, &view);
		if (result == PAXOS_REPLAY_DAMAGED)
			return forget(replay, why);
		if (result != PAXOS_REPLAY_BATCH)
			break;
		if (!restore_batch(replay, &view, &err)) {
			if (!err)
				return forget(replay, why);
			return err;
		}
		replay->found->bytes += paxos_ring_distance(&journal->ring, offset,
							    replay->restore.at.offset);
		tell_progress(replay);
		cond_resched();
	}
	if (!paxos_restore_end(&replay->restore))
		return forget(replay, why);
	if (result == PAXOS_REPLAY_TORN)
		replay->found->torn = replay->restore.at.sequence;
	return result == PAXOS_REPLAY_TORN;
}

/*
 * The batch that was torn, and the one that takes its place, bear the same
 * sequence.  Were the second torn too, the remains of both could look like one
 * that is complete, hence damaged.  So none is left of the first.
 */
static int wipe_torn(struct paxos_journal *journal)
{
	struct paxos_sector *sector = (struct paxos_sector *)journal->buffer;
	u32 i;

	memset(sector, 0, PAXOS_BATCH_MAX);
	for (i = 0; i < PAXOS_BATCH_SECTORS; i++)
		paxos_sector_stamp(&sector[i], &journal->ring, 0,
				   journal->address + i * PAXOS_SECTOR_SIZE);
	return paxos_device_write(&journal->device, journal->address, journal->buffer,
				  PAXOS_BATCH_MAX, REQ_PREFLUSH | REQ_FUA);
}

/*
 * Does record @index still say something?  Replay will meet it twice, so what
 * the first time was overtaken, by a higher ballot or by delivery, must not
 * come again: it would not follow from what then stands before it.  Of a value
 * that is lost there is nothing to write.
 */
static bool worth_rewriting(const struct replay *replay, const struct paxos_batch_view *view,
			    u32 index, const struct paxos_record *record)
{
	return !is_entry(record) ||
	       (!record->faulty && record->slot > paxos_log_delivered(replay->log) &&
		!paxos_restore_superseded(view, index));
}

/*
 * Starts and elections of an idle group take room that no trim gives back: no slot
 * stands above the trim point.  Is there so much of it that the table, at which replay
 * must begin at the latest, is worth being written once more?
 */
static bool table_lags(struct replay *replay)
{
	struct paxos_journal *journal = replay->journal;
	const struct paxos_mark *table = &journal->marks.table;
	u64 trim = le64_to_cpu(journal->supers.now.trim);

	return trim && table->before == trim &&
	       journal->archive.highest <= table->before &&
	       paxos_ring_distance(&journal->ring, table->address, journal->address) >=
		       PAXOS_RING_IDLE &&
	       journal->ring.size - paxos_journal_used(journal) >= 2 * PAXOS_BATCH_MAX;
}

/* The last batch once more, and the promise as it is now, after a flush. */
static int rewrite_last(struct replay *replay, bool with_table)
{
	struct paxos_journal *journal = replay->journal;
	struct paxos_archive *archive = &journal->archive;
	struct paxos_batch *batch = replay->fx->batch;
	struct paxos_record record;
	u32 i;
	int err;

	mutex_lock(&archive->lock);
	err = paxos_archive_load(journal, replay->last_address, false);
	for (i = 0; !err && i < archive->view.records; i++) {
		/* Its value stays where the archive has it, until it is laid out. */
		if (!paxos_batch_record(&archive->view, i, NULL, &record))
			err = -EUCLEAN;
		else if (worth_rewriting(replay, &archive->view, i, &record))
			paxos_batch_append(batch, &record);
	}
	if (!err && with_table)
		paxos_replica_base_again(replay->replica, replay->fx);
	if (!err)
		err = paxos_flight_prepare(journal, batch, &replay->restore.vow);
	mutex_unlock(&archive->lock);
	if (!err)
		err = paxos_device_write(&journal->device, journal->flight.address,
					 journal->buffer, journal->flight.bytes,
					 REQ_PREFLUSH | REQ_FUA);
	if (!err)
		paxos_flight_land(journal);
	return err;
}

/* The same without taking room in the ring, so that crash loops do not fill it. */
static int save_promise(struct replay *replay)
{
	struct paxos_journal *journal = replay->journal;
	struct paxos_super *draft;
	int err;

	err = paxos_device_flush(&journal->device);
	if (err)
		return err;
	draft = paxos_supers_draft(&journal->supers);
	draft->promised = cpu_to_le64(max(le64_to_cpu(draft->promised),
					  replay->restore.vow.promised));
	return paxos_supers_commit(&journal->supers);
}

/* All that was read becomes durable; the journal is ready to be written. */
static int settle(struct replay *replay, bool torn)
{
	struct paxos_journal *journal = replay->journal;
	bool with_table;
	int err = 0;

	WRITE_ONCE(journal->taken, replay->found->bytes);
	journal->address = replay->restore.at.offset;
	journal->previous_crc = replay->restore.at.previous_crc;
	paxos_batch_start(replay->fx->batch, replay->restore.at.sequence);
	if (torn)
		err = wipe_torn(journal);
	if (err)
		return err;
	WRITE_ONCE(journal->next_sequence, replay->restore.at.sequence);
	paxos_replica_vow(replay->replica, &replay->restore.vow);
	if (!replay->found->batches)
		return 0;
	with_table = table_lags(replay);
	if (paxos_journal_low(journal) && !with_table)
		err = save_promise(replay);
	else
		err = rewrite_last(replay, with_table);
	if (!err) {
		/* As paxos_flight_land() does. */
		smp_store_release(&journal->durable, journal->next_sequence - 1);
	}
	return err;
}

static int run(struct replay *replay, const bool *stop, const char **why)
{
	struct paxos_journal *journal = replay->journal;
	bool begun;
	int ret;

	begun = paxos_restore_begin(&replay->restore, replay->replica, &journal->ring,
				    &journal->supers.now);
	replay->told = jiffies;
	WRITE_ONCE(*replay->progress, 0);
	if (!begun)
		return forget(replay, why);
	if (!restore_table(replay, &ret)) {
		*why = "the table at the trim point cannot be read";
		return ret ?: forget(replay, why);
	}
	ret = scan(replay, stop, why);
	if (ret < 0)
		return ret;
	WRITE_ONCE(*replay->progress, 100);
	if (journal->supers.now.state == PAXOS_SUPER_FORGOTTEN) {
		*why = "this disk lost something it had promised";
		return -EUCLEAN;
	}
	ret = settle(replay, ret);
	if (ret)
		*why = "what was replayed cannot be written again";
	return ret;
}

/* For people. */
static void report(struct replay *replay, u64 began_us, int err, const char *why)
{
	struct paxos_recovery *found = replay->found;
	const struct paxos_archive *archive = &replay->journal->archive;

	found->slots = archive->highest - min(archive->highest, archive->base);
	found->damaged = paxos_replica_damaged(replay->replica, &found->first_damaged);
	found->lost = err == -EUCLEAN ? why : NULL;
	found->took_us = ktime_to_us(ktime_get()) - began_us;
	paxos_recovery_end(replay->journal, err);
}

/**
 * paxos_journal_replay() - restore a replica and its log from the ring
 * @journal: just opened
 * @replica: initialised, not started
 * @fx: effects with a batch that is empty; it is started with the next sequence
 * @log: empty
 * @progress: runs from 0 to 100
 * @stop: once true, ends the replay early with -EINTR
 * @why: set on error, to what was found; a constant string, or NULL
 *
 * On success all that was read is durable, and the journal may be written.
 * After -EUCLEAN it must not be: the node has forgotten, and the superblock says
 * so, durably.  Process context; takes as long as reading the ring does.
 *
 * Return: 0, -EUCLEAN, -EINTR, -ENOMEM or an error of the device.
 */
int paxos_journal_replay(struct paxos_journal *journal, struct paxos_replica *replica,
			 struct paxos_effects *fx, struct paxos_log *log, u8 *progress,
			 const bool *stop, const char **why)
{
	struct replay *replay = kvzalloc(sizeof(*replay), GFP_KERNEL);
	u64 began_us = ktime_to_us(ktime_get());
	int err;

	*why = no_memory;
	if (!replay)
		return -ENOMEM;
	*why = NULL;
	replay->journal = journal;
	replay->replica = replica;
	replay->fx = fx;
	replay->log = log;
	replay->progress = progress;
	replay->found = &journal->recovery;
	replay->scratch = vmalloc(PAXOS_BATCH_MAX);
	replay->table = vmalloc(sizeof(*replay->table));
	if (replay->scratch && replay->table)
		err = run(replay, stop, why);
	else
		err = -ENOMEM;
	/* What was read too far ahead nobody has waited for yet. */
	paxos_ahead_close(&replay->ahead);
	if (err == -ENOMEM)
		*why = no_memory;
	if (err != -EINTR)
		report(replay, began_us, err, *why);
	vfree(replay->table);
	vfree(replay->scratch);
	kvfree(replay);
	return err;
}
