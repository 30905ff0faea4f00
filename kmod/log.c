// SPDX-License-Identifier: GPL-2.0
/*
 * Log: the slots that were delivered, for readers (learn, catch-up).
 *
 * The engine delivers, in slot order; readers come from anywhere and never touch
 * the replica.  The newest slots are kept in memory, with a reference to each
 * value's buffer; older ones are read back from the journal.
 *
 * A slot may be delivered before its own record is durable on this node: then
 * the journal has nothing for it yet, or, worse, an older acceptance of another
 * value.  So a slot leaves memory only when the records that were being gathered
 * at its delivery are durable.  Room for that is bounded by what two batches can
 * hold and by the slots that may wait behind one of them.
 *
 * The ring is under a spinlock, held for a few instructions; buffers are put
 * outside of it, in the engine's process context.  The highest delivered slot
 * is read without it.
 *
 * What was trimmed is gone from the journal (archive.c), and so from here.  A value
 * that was lost (rule 9) is delivered as one of which only the length is known; it
 * is found in the journal once it was repaired.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "buf.h"
#include "journal_private.h"
#include "log.h"

/*
 * Slots that can be in memory while the journal lags; a power of two, at least
 * PAXOS_LOG_MEMORY + 2 * PAXOS_BATCH_RECORDS_MAX + the slots that may be
 * accepted ahead of what is delivered.
 */
#define RING_SLOTS	(4 * PAXOS_LOG_MEMORY)

struct kept {
	struct paxos_chosen chosen;
	u64 lsn;			/* its record has this one at the latest */
};

struct paxos_log {
	struct paxos_journal *journal;
	u64 first;			/* at least: see paxos_log_first() */
	u64 slots;			/* bits of @noop, a power of two */
	/*
	 * Bit per slot, modulo @slots: delivered as a no-op, whatever its entry
	 * (rule 8).  Written by the engine before the slot is published.
	 */
	unsigned long *noop;

	spinlock_t lock;		/* of what follows */
	u64 oldest;			/* slot in memory; above @delivered: none */
	u64 delivered;			/* also read without the lock */
	bool stuck;
	struct kept ring[RING_SLOTS];
};

static struct kept *kept_of(struct paxos_log *log, u64 slot)
{
	return &log->ring[slot & (RING_SLOTS - 1)];
}

/**
 * paxos_log_new() - an empty log
 * @journal: whose slots it will hold; outlives it
 *
 * Process context.
 *
 * Return: the log, or NULL without memory.
 */
struct paxos_log *paxos_log_new(struct paxos_journal *journal)
{
	struct paxos_log *log = kvzalloc(sizeof(*log), GFP_KERNEL);

	BUILD_BUG_ON(RING_SLOTS & (RING_SLOTS - 1));
	BUILD_BUG_ON(PAXOS_LOG_MEMORY + 2 * PAXOS_BATCH_RECORDS_MAX >= RING_SLOTS);
	if (!log)
		return NULL;
	log->slots = paxos_journal_slots(journal);
	log->noop = kvcalloc(BITS_TO_LONGS(log->slots), sizeof(long), GFP_KERNEL);
	if (!log->noop) {
		kvfree(log);
		return NULL;
	}
	log->journal = journal;
	log->first = le64_to_cpu(paxos_journal_super(journal)->trim) + 1;
	log->oldest = log->first;
	log->delivered = log->first - 1;
	spin_lock_init(&log->lock);
	return log;
}

/**
 * paxos_log_free() - end of a log
 * @log: that nobody uses any more
 *
 * Process context.
 */
void paxos_log_free(struct paxos_log *log)
{
	for (; log->oldest <= log->delivered; log->oldest++)
		paxos_entry_clear(&kept_of(log, log->oldest)->chosen.entry);
	kvfree(log->noop);
	kvfree(log);
}

/*
 * Drop the oldest slot in memory if it is one too many and can be read back.
 * True if it was; @entry is then the caller's to clear.
 */
static bool evict(struct paxos_log *log, u64 durable, struct paxos_entry *entry)
{
	struct kept *oldest = kept_of(log, log->oldest);
	bool evicted = false;

	spin_lock(&log->lock);
	if (log->delivered + 1 - log->oldest > PAXOS_LOG_MEMORY && oldest->lsn <= durable) {
		*entry = oldest->chosen.entry;
		oldest->chosen.entry = (struct paxos_entry) { };
		log->oldest++;
		evicted = true;
	}
	spin_unlock(&log->lock);
	return evicted;
}

/* May @slot be delivered?  If not, nothing is any more: readers keep what there is. */
static bool in_order(struct paxos_log *log, u64 slot)
{
	if (log->stuck)
		return false;
	if (log->delivered + 1 - log->oldest == RING_SLOTS) {
		/* A journal that failed never catches up; any other has to. */
		WARN_ON_ONCE(!paxos_journal_error(log->journal));
		log->stuck = true;
	} else if (WARN_ON_ONCE(slot != log->delivered + 1 ||
				slot - paxos_log_first(log) >= log->slots)) {
		log->stuck = true;
	}
	return !log->stuck;
}

/* The value of a slot that was delivered without it is here. */
static void repair(struct paxos_log *log, const struct paxos_chosen *chosen)
{
	struct kept *kept = kept_of(log, chosen->slot);
	struct paxos_entry old = { };

	/* On the device it is when its record is durable. */
	if (chosen->slot < log->oldest)
		return;
	if (chosen->entry.value.buf)
		paxos_buf_get(chosen->entry.value.buf);
	spin_lock(&log->lock);
	old = kept->chosen.entry;
	kept->chosen.entry = chosen->entry;
	kept->lsn = paxos_journal_gathering(log->journal);
	spin_unlock(&log->lock);
	paxos_entry_clear(&old);
}

/**
 * paxos_log_deliver() - a slot was delivered
 * @log: of the group
 * @chosen: the slot after the last one, or one that was repaired; borrowed
 *
 * The engine's (or replay's), process context.
 */
void paxos_log_deliver(struct paxos_log *log, const struct paxos_chosen *chosen)
{
	u64 durable = paxos_journal_durable(log->journal);
	struct paxos_entry old;
	struct kept *kept = kept_of(log, chosen->slot);
	unsigned int i;

	if (chosen->slot <= log->delivered) {
		repair(log, chosen);
		return;
	}
	/* Two for one: what has piled up while the journal lagged goes again. */
	for (i = 0; i < 2 && evict(log, durable, &old); i++)
		paxos_entry_clear(&old);
	if (!in_order(log, chosen->slot))
		return;

	assign_bit(chosen->slot & (log->slots - 1), log->noop, chosen->type == PAXOS_ENTRY_NOOP);
	if (chosen->entry.value.buf)
		paxos_buf_get(chosen->entry.value.buf);
	spin_lock(&log->lock);
	kept->chosen = *chosen;
	kept->lsn = paxos_journal_gathering(log->journal);
	/* Pairs with paxos_log_delivered(): what it says is there can be read. */
	smp_store_release(&log->delivered, chosen->slot);
	spin_unlock(&log->lock);
}

/**
 * paxos_log_skip() - a snapshot takes the place of what comes next
 * @log: of the group
 * @through: the slot after it is the next to be delivered
 *
 * The engine's (or replay's), process context.
 */
void paxos_log_skip(struct paxos_log *log, u64 through)
{
	u64 from = log->oldest, last = log->delivered;

	if (through <= last)
		return;
	spin_lock(&log->lock);
	log->oldest = through + 1;
	WRITE_ONCE(log->first, through + 1);
	/* Pairs with paxos_log_delivered(). */
	smp_store_release(&log->delivered, through);
	spin_unlock(&log->lock);
	for (; from <= last; from++)
		paxos_entry_clear(&kept_of(log, from)->chosen.entry);
}

/**
 * paxos_log_first() - the first retained slot; any context
 * @log: of the group
 *
 * Return: the slot: the one after the trim point, or after a snapshot.
 */
u64 paxos_log_first(const struct paxos_log *log)
{
	return max(READ_ONCE(log->first), paxos_journal_trimmed(log->journal) + 1);
}

/**
 * paxos_log_delivered() - the highest delivered slot; any context
 * @log: of the group
 *
 * Return: the slot; less than paxos_log_first() if there is none.
 */
u64 paxos_log_delivered(const struct paxos_log *log)
{
	/* Pairs with paxos_log_deliver(). */
	return smp_load_acquire(&log->delivered);
}

static bool read_memory(struct paxos_log *log, u64 slot, struct paxos_chosen *chosen)
{
	bool here;

	spin_lock(&log->lock);
	here = slot >= log->oldest;
	if (here) {
		*chosen = kept_of(log, slot)->chosen;
		if (chosen->entry.value.buf)
			paxos_buf_get(chosen->entry.value.buf);
	}
	spin_unlock(&log->lock);
	return here;
}

static bool is_lost(const struct paxos_chosen *chosen)
{
	return chosen->entry.value.length && !chosen->entry.value.data;
}

static bool retained(const struct paxos_log *log, u64 slot)
{
	return slot >= paxos_log_first(log) && slot <= paxos_log_delivered(log);
}

/**
 * paxos_log_read() - read a delivered slot
 * @log: of the group
 * @slot: which one
 * @may_sleep: may it be read from the device?
 * @chosen: set; its entry holds a reference to its buffer, if any, that the
 *	caller puts.  The ballot of a slot from the device is that of the newest
 *	acceptance, which may be above the one it was delivered with.
 *
 * Process context.
 *
 * Return: 0; -ENOENT outside of what is retained and delivered; -EAGAIN if it
 * would have to sleep; -EUCLEAN if its value is lost: all else is in @chosen, unless
 * its slot is 0, since that is lost, too; or an error of paxos_journal_read().
 */
int paxos_log_read(struct paxos_log *log, u64 slot, bool may_sleep, struct paxos_chosen *chosen)
{
	struct paxos_record record;
	int err;

	*chosen = (struct paxos_chosen) { };
	if (!retained(log, slot))
		return -ENOENT;
	/* Of a value that was lost when it was delivered, the journal may know more. */
	if (read_memory(log, slot, chosen) && !is_lost(chosen))
		return 0;
	if (!may_sleep)
		return -EAGAIN;
	*chosen = (struct paxos_chosen) { };
	err = paxos_journal_read(log->journal, slot, &record);
	if (err && !retained(log, slot))
		return -ENOENT;
	if (err && !(err == -EUCLEAN && record.faulty))
		return err;
	*chosen = (struct paxos_chosen) {
		.slot = slot,
		.ballot = record.ballot,
		.type = test_bit(slot & (log->slots - 1), log->noop) ? PAXOS_ENTRY_NOOP :
								       record.entry.type,
		.entry = record.entry,
	};
	return err;
}

/* Apply the slot after @table's: of values, only their length is looked at. */
static int apply_next(struct paxos_log *log, struct paxos_table *table)
{
	u64 slot = table->slot + 1, first;
	struct paxos_chosen chosen;
	struct paxos_record record;
	int err;

	if (!retained(log, slot))
		return -ENOENT;
	if (read_memory(log, slot, &chosen)) {
		record.entry = chosen.entry;
		err = 0;
	} else {
		err = paxos_journal_peek(log->journal, slot, &record);
		/* Rule 9: all but the value is there. */
		if (err == -EUCLEAN && record.faulty)
			err = 0;
	}
	if (err)
		return retained(log, slot) ? err : -ENOENT;
	paxos_table_apply(table, &record.entry, &first);
	paxos_buf_put(record.entry.value.buf);
	return 0;
}

/**
 * paxos_log_table() - bring a table to a later slot
 * @log: of the group
 * @table: at some slot, the trim point or one above
 * @to: the slot that it shall be at; delivered
 * @stop: once true, ends it early
 *
 * Process context; sleeps, as long as reading all slots between takes.
 *
 * Return: 0; -EINTR; -ENOENT if a slot was trimmed meanwhile, or @to is not
 * delivered; or an error of paxos_journal_read().  But for 0, @table is of no use.
 */
int paxos_log_table(struct paxos_log *log, struct paxos_table *table, u64 to, const bool *stop)
{
	int err = table->slot > to ? -ENOENT : 0;

	while (!err && table->slot < to) {
		err = READ_ONCE(*stop) ? -EINTR : apply_next(log, table);
		cond_resched();
	}
	return err;
}
