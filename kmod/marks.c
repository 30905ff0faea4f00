// SPDX-License-Identifier: GPL-2.0
/*
 * Marks: where in the ring replay could begin, and moving its beginning on.
 *
 * A trim point T makes room: a batch is needed only if it, or one before it, holds
 * a record of a slot above T.  To find the first such one without reading the ring
 * back, the first batch of each stretch of the ring is marked with the highest slot
 * that came before it.  Replay from a marked batch on meets all of a slot's records,
 * or none that counts: what is dropped is a beginning of the journal.
 *
 * What else a start needs is in every batch (promise, ballot used), in the TABLE
 * batch, which is kept (members, sessions, all through T), or goes to the superblock
 * with the new beginning (confirmed disks).
 *
 * Marks are made where the journal's batches land, in any context; they are read,
 * and superblocks written, by one work item at a time.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/spinlock.h>

#include "journal_private.h"

/* Stretches of a ring, at most, and the least that one is long. */
#define STRETCHES_MAX	16384u
#define STRETCH_MIN	(64u << 10)	/* bytes */

int paxos_marks_open(struct paxos_journal *journal)
{
	struct paxos_marks *marks = &journal->marks;
	u64 size = journal->ring.size;

	spin_lock_init(&marks->lock);
	/* The ring is less than 16 TiB. */
	marks->stretch = max_t(u64, STRETCH_MIN, div_u64(size, STRETCHES_MAX) + 1);
	marks->count = div_u64(size - 1, marks->stretch) + 1;
	marks->last = marks->count;
	marks->mark = kvcalloc(marks->count, sizeof(*marks->mark), GFP_KERNEL);
	marks->noted = journal->supers.now;
	return marks->mark ? 0 : -ENOMEM;
}

void paxos_marks_close(struct paxos_journal *journal)
{
	kvfree(journal->marks.mark);
}

/*
 * Batch @sequence at @address is durable; no batch before it has a slot above
 * @before.  In the order of the journal, any context.
 */
void paxos_marks_batch(struct paxos_journal *journal, u64 sequence, u64 address, u64 before)
{
	struct paxos_marks *marks = &journal->marks;
	u32 at = div_u64(address - journal->ring.offset, marks->stretch);
	unsigned long flags;

	if (at == marks->last)
		return;
	marks->last = at;
	spin_lock_irqsave(&marks->lock, flags);
	marks->mark[at] = (struct paxos_mark) {
		.sequence = sequence, .address = address, .before = before,
	};
	spin_unlock_irqrestore(&marks->lock, flags);
}

/* That batch holds the table at @slot.  Any context. */
void paxos_marks_table(struct paxos_journal *journal, u64 sequence, u64 address, u64 slot)
{
	struct paxos_marks *marks = &journal->marks;
	unsigned long flags;

	spin_lock_irqsave(&marks->lock, flags);
	marks->table = (struct paxos_mark) {
		.sequence = sequence, .address = address, .before = slot,
	};
	spin_unlock_irqrestore(&marks->lock, flags);
}

/* Remember what @record says of disks, until a superblock is written. */
void paxos_marks_note(struct paxos_journal *journal, const struct paxos_record *record)
{
	unsigned long flags;

	spin_lock_irqsave(&journal->marks.lock, flags);
	paxos_super_note(&journal->marks.noted, record);
	spin_unlock_irqrestore(&journal->marks.lock, flags);
}

/* The last marked batch that replay could begin with, if the table is @table. */
static bool find_start(struct paxos_journal *journal, const struct paxos_mark *table,
		       struct paxos_mark *start)
{
	struct paxos_marks *marks = &journal->marks;
	struct paxos_mark mark;
	u32 i;

	*start = (struct paxos_mark) {
		.sequence = le64_to_cpu(journal->supers.now.start_sequence),
	};
	for (i = 0; i < marks->count; i++) {
		spin_lock_irq(&marks->lock);
		mark = marks->mark[i];
		spin_unlock_irq(&marks->lock);
		/* The TABLE batch itself is needed. */
		if (mark.sequence > start->sequence && mark.sequence <= table->sequence &&
		    mark.before <= table->before)
			*start = mark;
	}
	return start->address;
}

bool paxos_journal_worth(struct paxos_journal *journal, u64 slot)
{
	struct paxos_mark table = { .sequence = U64_MAX, .before = slot }, start;

	return !paxos_ring_low(&journal->ring, paxos_journal_used(journal)) ||
	       (find_start(journal, &table, &start) &&
		paxos_ring_distance(&journal->ring,
				    le64_to_cpu(journal->supers.now.start_offset),
				    start.address) >= PAXOS_RING_WORTH);
}

/* The newest TABLE batch that is durable. */
static struct paxos_mark newest_table(struct paxos_journal *journal)
{
	struct paxos_mark table;

	spin_lock_irq(&journal->marks.lock);
	table = journal->marks.table;
	spin_unlock_irq(&journal->marks.lock);
	return table;
}

/* Write the draft, which names @table now, and where replay begins then, at the latest. */
static int commit_start(struct paxos_journal *journal, const struct paxos_mark *table)
{
	u64 from = le64_to_cpu(journal->supers.now.start_offset);
	struct paxos_super *draft = &journal->supers.draft;
	struct paxos_mark start;
	int err;

	if (!find_start(journal, table, &start)) {
		start.address = le64_to_cpu(draft->start_offset);
		start.sequence = le64_to_cpu(draft->start_sequence);
	}
	spin_lock_irq(&journal->marks.lock);
	paxos_super_take(draft, &journal->marks.noted);
	spin_unlock_irq(&journal->marks.lock);
	paxos_super_trim(draft, table->before, table->address, start.address, start.sequence);
	err = paxos_supers_commit(&journal->supers);
	if (err)
		return err;

	/* Only now: what the superblock says is needed must stay. */
	paxos_archive_trim(journal, table->before);
	/* Pairs with paxos_journal_used(). */
	smp_store_release(&journal->freed,
			  journal->freed + paxos_ring_distance(&journal->ring, from,
							       start.address));
	return 0;
}

/**
 * paxos_journal_begin() - begin a new incarnation
 * @journal: replayed, and not damaged
 * @nonce: the session of this start
 *
 * Repairs superblock copies first, if need be, and moves the start of the next replay
 * on, as far as the trim point allows: a trim makes room by slots, starts and elections
 * of an idle group take it without any.  Sleeps.
 *
 * Return: 0 when it is durable in all copies, or a negative error: the node
 * must not start.
 */
int paxos_journal_begin(struct paxos_journal *journal, u64 nonce)
{
	struct paxos_super *draft = paxos_supers_draft(&journal->supers);
	struct paxos_mark table = newest_table(journal);
	int err;

	if (journal->supers.stale)
		pr_notice("%s: repairing superblock copies (mask 0x%x)\n", journal->path,
			  journal->supers.stale);
	paxos_super_begin(draft, nonce);
	/*
	 * Nothing moves where nothing was trimmed: what peers are known to have said stands
	 * behind tables alone.  Nor yet with a newer table: the core tells of it when it runs.
	 */
	if (!draft->trim || table.before != le64_to_cpu(draft->trim))
		table = (struct paxos_mark) {
			.before = le64_to_cpu(draft->trim),
			.address = le64_to_cpu(draft->session_offset),
		};
	err = commit_start(journal, &table);
	if (err)
		pr_err("%s: cannot write the superblocks: error %d\n", journal->path, err);
	return err;
}

/**
 * paxos_journal_trim() - move the trim point on
 * @journal: replayed
 * @slot: the table at it is durable in the ring
 *
 * The superblock names that table, or a newer one that is durable; then slots
 * through its own are gone, and so is what of the ring only they needed.  Process
 * context, one caller at a time; sleeps.
 *
 * Return: 0, or a negative error: then the journal has failed.
 */
int paxos_journal_trim(struct paxos_journal *journal, u64 slot)
{
	struct paxos_mark table = newest_table(journal);
	int err;

	if (WARN_ON_ONCE(!table.sequence || table.before < slot))
		return -EINVAL;
	if (table.before <= le64_to_cpu(journal->supers.now.trim))
		return 0;
	paxos_supers_draft(&journal->supers);
	err = commit_start(journal, &table);
	/* Final, as for a batch. */
	if (err)
		paxos_journal_fail(journal, err);
	return err;
}

/**
 * paxos_journal_forget() - this node has forgotten, for good (rule 7)
 * @journal: open
 *
 * Process context, one caller at a time; sleeps.
 *
 * Return: 0 when all superblock copies say so, or a negative error: then the journal
 * has failed.
 */
int paxos_journal_forget(struct paxos_journal *journal)
{
	struct paxos_super *draft;
	int err;

	if (journal->supers.now.state == PAXOS_SUPER_FORGOTTEN)
		return 0;
	draft = paxos_supers_draft(&journal->supers);
	draft->state = PAXOS_SUPER_FORGOTTEN;
	err = paxos_supers_commit(&journal->supers);
	if (err)
		paxos_journal_fail(journal, err);
	return err;
}
