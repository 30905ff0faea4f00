// SPDX-License-Identifier: GPL-2.0
/*
 * Journal: what a node must never forget, on its own block device.
 *
 * The engine gathers records into a batch and hands it over when the device is
 * free: one write is in flight at a time, and all that comes up meanwhile
 * shares the next (group commit).  A batch is laid out in one buffer, under the
 * engine's lock, and leaves as one bio, after the lock was given back: a device
 * that hangs must hang nobody but the engine.  The bio is FUA and without
 * PREFLUSH, since all that it builds on is durable already.  Nothing is
 * allocated on that path.
 *
 * Counters advance only after a good write.  A failed one is final: what the
 * device holds then is unknown, so nothing further is written, and the node
 * votes no more (fail-stop).  What has not been trimmed is never overwritten.
 *
 * Owner of the write path is whoever holds the engine's lock; submitting, by the
 * engine's thread alone, and the end of a write, in any context, even inside of
 * submit_bio(), touch what the owner leaves alone while @busy is set.  Readers of
 * counters need no lock.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/blkdev.h>
#include <linux/netlink.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "journal_private.h"
#include "stats.h"
#include "trace.h"

static void free_journal(struct paxos_journal *journal)
{
	paxos_marks_close(journal);
	paxos_archive_close(journal);
	vfree(journal->buffer);
	kfree(journal->path);
	kvfree(journal);
}

/* Memory for all that is to come: the write path allocates none. */
static int allocate(struct paxos_journal *journal, struct netlink_ext_ack *extack)
{
	/* The index counts blocks of the ring in 32 bits. */
	if (journal->ring.size >= PAXOS_RING_LIMIT) {
		NL_SET_ERR_MSG(extack, "ring is over 16 TiB: paxosctl format with a lower --size");
		return -EFBIG;
	}
	journal->buffer = vmalloc(PAXOS_BATCH_MAX);
	if (!journal->buffer || paxos_archive_open(journal) || paxos_marks_open(journal)) {
		NL_SET_ERR_MSG(extack, "out of memory: the journal needs about 17 MiB at most");
		return -ENOMEM;
	}
	return 0;
}

/**
 * paxos_journal_open() - take an open device as a journal
 * @fd: the current task's, of a block device that paxosctl format has prepared
 * @path: what users call it
 * @extack: says why not, and what to do
 *
 * Process context; waits for reads of the superblocks.  Nothing is written.  A
 * journal whose superblock says PAXOS_SUPER_FORGOTTEN opens too.
 *
 * Return: the journal, or an error pointer.
 */
struct paxos_journal *paxos_journal_open(int fd, const char *path, struct netlink_ext_ack *extack)
{
	struct paxos_journal *journal = kvzalloc(sizeof(*journal), GFP_KERNEL);
	int err = -ENOMEM;

	if (!journal)
		return ERR_PTR(-ENOMEM);
	atomic_set(&journal->users, 1);
	init_completion(&journal->unused);
	journal->path = kstrdup(path, GFP_KERNEL);
	if (!journal->path)
		goto free;
	err = paxos_device_open(&journal->device, fd, extack);
	if (err)
		goto free;
	err = paxos_supers_open(&journal->supers, &journal->device, extack);
	if (err)
		goto close_device;
	paxos_super_ring(&journal->supers.now, &journal->ring);
	err = allocate(journal, extack);
	if (err)
		goto close_supers;
	return journal;

close_supers:
	paxos_supers_close(&journal->supers);
close_device:
	paxos_device_close(&journal->device);
free:
	free_journal(journal);
	return ERR_PTR(err);
}

/**
 * paxos_journal_close() - wait for what is in flight and give the device back
 * @journal: that nobody uses any more
 *
 * The claim is gone on return (paxos_device_close()).
 */
void paxos_journal_close(struct paxos_journal *journal)
{
	/* The last to go is the end of a write, after its last touch. */
	if (!atomic_dec_and_test(&journal->users))
		wait_for_completion(&journal->unused);
	paxos_supers_close(&journal->supers);
	paxos_device_close(&journal->device);
	free_journal(journal);
}

/**
 * paxos_journal_super() - the superblock that counts
 * @journal: open
 *
 * Return: a superblock, of which who it belongs to never changes; all else only in
 * paxos_journal_begin(), _replay(), _trim() and _forget().
 */
const struct paxos_super *paxos_journal_super(const struct paxos_journal *journal)
{
	return &journal->supers.now;
}

/**
 * paxos_journal_on_end() - say whom to wake when a write has ended
 * @journal: open, idle
 * @wake: called from any context; must only wake somebody
 * @data: for it; lives until paxos_journal_close() returns
 */
void paxos_journal_on_end(struct paxos_journal *journal, void (*wake)(void *), void *data)
{
	journal->wake = wake;
	journal->wake_data = data;
}

/**
 * paxos_journal_count() - say where writes are counted
 * @journal: open, idle
 * @stats: lives until paxos_journal_close() returns
 */
void paxos_journal_count(struct paxos_journal *journal, struct paxos_stats *stats)
{
	journal->stats = stats;
}

/**
 * paxos_journal_on_lost() - say whom to tell that a value is lost
 * @journal: open, read by nobody yet
 * @lost: called when a read of @slot finds its value damaged (rule 9), or what else
 *	it held; in process context, by several readers at once, and perhaps again and
 *	again for one slot: PAXOS_EVENT_REPAIR is to follow
 * @data: for it; lives until paxos_journal_close() returns
 */
void paxos_journal_on_lost(struct paxos_journal *journal, void (*lost)(void *, u64), void *data)
{
	journal->lost = lost;
	journal->lost_data = data;
}

static void wake(struct paxos_journal *journal)
{
	if (journal->wake)
		journal->wake(journal->wake_data);
}

static void fail(struct paxos_journal *journal, int err)
{
	WRITE_ONCE(journal->error, err);
	pr_err("%s: %s: error %d; this node votes no more until its group is started anew\n",
	       journal->path, err == -ENOSPC ? "the journal is full" : "journal write failed", err);
}

/* A superblock could not be written.  Process context. */
void paxos_journal_fail(struct paxos_journal *journal, int err)
{
	if (!READ_ONCE(journal->error))
		fail(journal, err);
	wake(journal);
}

/*
 * A table above all that the ring has of slots is a snapshot's: what is there will
 * not be read again, and slots may go on far above it.
 */
static void note_table(struct paxos_journal *journal, u64 slot)
{
	struct paxos_flight *flight = &journal->flight;
	u64 highest = journal->archive.highest;
	u32 i;

	flight->holds_table = true;
	flight->table = slot;
	for (i = 0; i < flight->slots; i++)
		highest = max(highest, flight->slot[i]);
	if (slot > highest)
		paxos_archive_trim(journal, slot);
}

/* Note what @batch holds; false if a slot is out of bounds. */
static bool note_records(struct paxos_journal *journal, const struct paxos_batch *batch)
{
	struct paxos_flight *flight = &journal->flight;
	const struct paxos_record *record;
	u32 i;

	flight->slots = 0;
	flight->holds_table = false;
	for (i = 0; i < batch->records; i++) {
		record = &batch->record[i];
		switch (record->type) {
		case PAXOS_RECORD_ACCEPTED:
		case PAXOS_RECORD_LEARNED:
			if (!paxos_archive_reaches(journal, record->slot))
				return false;
			flight->slot[flight->slots++] = record->slot;
			break;
		case PAXOS_RECORD_TABLE:
			note_table(journal, record->slot);
			break;
		default:
			paxos_marks_note(journal, record);
			break;
		}
	}
	return true;
}

/*
 * Lay @batch out in the buffer, for the place where it goes; it is started anew
 * with the next sequence.  Nothing was changed on error.
 */
int paxos_flight_prepare(struct paxos_journal *journal, struct paxos_batch *batch,
			 const struct paxos_vow *vow)
{
	struct paxos_flight *flight = &journal->flight;

	if (WARN_ON_ONCE(!journal->next_sequence || batch->sequence != journal->next_sequence))
		return -EINVAL;
	if (journal->ring.size - paxos_journal_used(journal) < PAXOS_BATCH_MAX ||
	    !note_records(journal, batch))
		return -ENOSPC;
	flight->sequence = batch->sequence;
	flight->address = journal->address;
	flight->bytes = paxos_batch_encode(batch, &journal->ring, vow, flight->address,
					   journal->previous_crc, journal->buffer, &flight->crc);
	WRITE_ONCE(journal->next_sequence, flight->sequence + 1);
	paxos_batch_start(batch, journal->next_sequence);
	return 0;
}

/* The batch in flight is durable: move on past it.  Any context. */
void paxos_flight_land(struct paxos_journal *journal)
{
	struct paxos_flight *flight = &journal->flight;
	u32 i;

	paxos_marks_batch(journal, flight->sequence, flight->address, journal->archive.highest);
	if (flight->holds_table)
		paxos_marks_table(journal, flight->sequence, flight->address, flight->table);
	for (i = 0; i < flight->slots; i++)
		paxos_archive_note(journal, flight->slot[i], flight->address);
	journal->previous_crc = flight->crc;
	journal->address = paxos_ring_place(&journal->ring, flight->address + flight->bytes);
	WRITE_ONCE(journal->taken, journal->taken + paxos_ring_distance(&journal->ring,
									flight->address,
									journal->address));
	/* Whoever sees this LSN as durable finds its slots in the index. */
	smp_store_release(&journal->durable, flight->sequence);
}

/* The batch in flight is durable: one writer, since one is in flight at a time. */
static void count_write(struct paxos_journal *journal)
{
	struct paxos_stats *stats = journal->stats;

	paxos_stats_add(stats, PAXOS_STATS_A_WRITES, 1);
	paxos_stats_add(stats, PAXOS_STATS_A_WRITTEN_BYTES, journal->flight.bytes);
	paxos_histogram_add(&stats->now.write, ktime_to_us(ktime_get()) - journal->submitted_us);
}

static void write_ended(struct bio *bio)
{
	struct paxos_journal *journal = bio->bi_private;
	int err = blk_status_to_errno(bio->bi_status);

	trace_paxos_journal_written(journal->path, journal->flight.sequence,
				    journal->flight.bytes, err);
	if (err) {
		fail(journal, err);
	} else {
		count_write(journal);
		paxos_flight_land(journal);
	}
	/* From here on the owner may begin the next write. */
	smp_store_release(&journal->busy, false);
	wake(journal);
	if (atomic_dec_and_test(&journal->users))
		complete(&journal->unused);
}

/**
 * paxos_journal_prepare() - make a write of what was gathered
 * @journal: replayed, not busy
 * @batch: that replay or the last write has started; started anew here
 * @vow: the node's promise and the like: durable along with the batch
 *
 * Process context, under the engine's lock.  On success the journal is busy,
 * and paxos_journal_submit() must follow.
 *
 * Return: true if there is a write; false if it cannot be, and
 * paxos_journal_error() says so.
 */
bool paxos_journal_prepare(struct paxos_journal *journal, struct paxos_batch *batch,
			   const struct paxos_vow *vow)
{
	int err;

	if (READ_ONCE(journal->error))
		return false;
	if (WARN_ON_ONCE(paxos_journal_busy(journal)))
		return false;
	err = paxos_flight_prepare(journal, batch, vow);
	if (err) {
		fail(journal, err);
		wake(journal);
		return false;
	}
	/* Before it leaves, it must not look as old as the one before it. */
	WRITE_ONCE(journal->submitted_us, ktime_to_us(ktime_get()));
	/* Pairs with paxos_journal_busy(). */
	smp_store_release(&journal->busy, true);
	return true;
}

/**
 * paxos_journal_submit() - write what was prepared
 * @journal: with a write that paxos_journal_prepare() made
 *
 * Process context, without a lock: the device may be slow to take it.  Does not
 * wait for the device's answer, which may have come on return all the same.
 */
void paxos_journal_submit(struct paxos_journal *journal)
{
	unsigned int flags = memalloc_noio_save();

	trace_paxos_journal_write(journal->path, journal->flight.sequence,
				  journal->flight.address, journal->flight.bytes);
	/*
	 * REQ_FUA alone: rule 1 needs this batch durable, and all that it builds
	 * on is so already (STORAGE.md, "Writing").  REQ_SYNC | REQ_IDLE is what
	 * writeback throttling lets pass.
	 */
	bio_init(&journal->bio, journal->device.bdev, journal->vecs, ARRAY_SIZE(journal->vecs),
		 REQ_OP_WRITE | REQ_SYNC | REQ_IDLE | REQ_FUA);
	journal->bio.bi_iter.bi_sector = journal->flight.address >> SECTOR_SHIFT;
	journal->bio.bi_end_io = write_ended;
	journal->bio.bi_private = journal;
	paxos_device_map(&journal->bio, journal->buffer, journal->flight.bytes);
	atomic_inc(&journal->users);
	WRITE_ONCE(journal->submitted_us, ktime_to_us(ktime_get()));
	submit_bio(&journal->bio);
	memalloc_noio_restore(flags);
}

/**
 * paxos_journal_busy() - is a write in flight?
 * @journal: open
 *
 * Return: false if not; then all that the last write has changed is seen.
 */
bool paxos_journal_busy(const struct paxos_journal *journal)
{
	/* Pairs with write_ended(). */
	return smp_load_acquire(&journal->busy);
}

/**
 * paxos_journal_waits_us() - for how long has the disk not answered?
 * @journal: open
 * @now_us: ktime_get()
 *
 * Return: the age of the write in flight, in us; 0: there is none.
 */
u64 paxos_journal_waits_us(const struct paxos_journal *journal, u64 now_us)
{
	u64 since_us;

	if (!paxos_journal_busy(journal))
		return 0;
	since_us = READ_ONCE(journal->submitted_us);
	return now_us > since_us ? now_us - since_us : 0;
}

/**
 * paxos_journal_error() - has a write failed?
 * @journal: open
 *
 * Return: the error, negative and final (-ENOSPC: no room is left), or 0.
 */
int paxos_journal_error(const struct paxos_journal *journal)
{
	return READ_ONCE(journal->error);
}

/**
 * paxos_journal_durable() - all records through this LSN are durable
 * @journal: open
 *
 * Return: the LSN; 0 before replay has ended.
 */
u64 paxos_journal_durable(const struct paxos_journal *journal)
{
	/* Pairs with paxos_flight_land(). */
	return smp_load_acquire(&journal->durable);
}

/**
 * paxos_journal_gathering() - the LSN of records that are appended now
 * @journal: open
 *
 * Return: the LSN; 0 before replay has ended.
 */
u64 paxos_journal_gathering(const struct paxos_journal *journal)
{
	return READ_ONCE(journal->next_sequence);
}

/* Slots that the index has room for. */
static u64 slots_left(const struct paxos_journal *journal)
{
	const struct paxos_archive *archive = &journal->archive;
	u64 end = READ_ONCE(archive->base) + archive->slots;

	return end - min(end, READ_ONCE(archive->highest));
}

static u64 reserved_slots(const struct paxos_journal *journal)
{
	return min_t(u64, PAXOS_SLOTS_RESERVE, journal->archive.slots / 4);
}

/**
 * paxos_journal_filling() - will there soon be no room for new values?
 * @journal: open
 *
 * Return: true if no new ones should be proposed.
 */
bool paxos_journal_filling(const struct paxos_journal *journal)
{
	return paxos_ring_filling(&journal->ring, paxos_journal_used(journal)) ||
	       slots_left(journal) < reserved_slots(journal) + PAXOS_BATCH_RECORDS_MAX;
}

/**
 * paxos_journal_full() - is there no room for new values?
 * @journal: open
 *
 * Promises and what else keeps the group going may use the reserve.
 *
 * Return: true if only the reserve is left.
 */
bool paxos_journal_full(const struct paxos_journal *journal)
{
	return paxos_ring_full(&journal->ring, paxos_journal_used(journal)) ||
	       slots_left(journal) < reserved_slots(journal);
}

/**
 * paxos_journal_low() - is the reserve all but used up, too?
 * @journal: open
 *
 * Return: true if there is room for a trim, and for nothing else.
 */
bool paxos_journal_low(const struct paxos_journal *journal)
{
	return paxos_ring_low(&journal->ring, paxos_journal_used(journal)) ||
	       slots_left(journal) < PAXOS_SLOTS_LOW;
}

/**
 * paxos_journal_size() - how large the ring is
 * @journal: open
 *
 * Return: bytes.
 */
u64 paxos_journal_size(const struct paxos_journal *journal)
{
	return journal->ring.size;
}

/**
 * paxos_journal_used() - how much of the ring is taken
 * @journal: open
 *
 * Return: bytes.
 */
u64 paxos_journal_used(const struct paxos_journal *journal)
{
	/* Pairs with paxos_journal_trim(): what was freed, was taken before. */
	u64 freed = smp_load_acquire(&journal->freed);

	return READ_ONCE(journal->taken) - freed;
}

/**
 * paxos_journal_slots() - how many slots can be remembered
 * @journal: open
 *
 * Return: the number, a power of two, of those above the trim point.
 */
u64 paxos_journal_slots(const struct paxos_journal *journal)
{
	return journal->archive.slots;
}

/**
 * paxos_journal_trimmed() - the slot through which nothing is retained
 * @journal: open
 *
 * Return: the slot, 0 if none was trimmed.
 */
u64 paxos_journal_trimmed(const struct paxos_journal *journal)
{
	/* Pairs with paxos_archive_trim(). */
	return smp_load_acquire(&journal->archive.base);
}

/**
 * paxos_journal_device() - what users call the device
 * @journal: open
 *
 * Return: the path that the journal was opened with.
 */
const char *paxos_journal_device(const struct paxos_journal *journal)
{
	return journal->path;
}
