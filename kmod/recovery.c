// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery: what a start has found on the disk, for people: in the kernel log, as a
 * tracepoint, and in the status for as long as the group lives.
 *
 * Replay counts (replay.c); when it is over, nothing changes any more, and anybody
 * may read.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/math64.h>
#include <linux/printk.h>

#include "journal_private.h"
#include "trace.h"

static void print_damage(const struct paxos_journal *journal)
{
	const struct paxos_recovery *found = &journal->recovery;

	if (found->damaged)
		pr_warn("%s: values of %llu slots are damaged, the first is slot %llu: to be repaired from peers\n",
			journal->path, found->damaged, found->first_damaged);
	if (found->torn)
		pr_notice("%s: torn batch %llu was dropped: nobody was told of it\n",
			  journal->path, found->torn);
	if (found->lost)
		pr_err("%s: this node has forgotten and never votes again, replace it by a new one: %s\n",
		       journal->path, found->lost);
}

/* The start is over: with @error, if it has failed. */
void paxos_recovery_end(struct paxos_journal *journal, int error)
{
	struct paxos_recovery *found = &journal->recovery;

	found->error = error;
	if (found->lost || !error)
		pr_info("%s: replayed %llu batches, %llu records, %llu slots, %llu KiB in %llu ms\n",
			journal->path, found->batches, found->records, found->slots,
			found->bytes >> 10, div_u64(found->took_us, USEC_PER_MSEC));
	print_damage(journal);
	trace_paxos_recovery(journal->path, found);
	/* Pairs with paxos_journal_recovery(). */
	smp_store_release(&journal->recovered, true);
}

/**
 * paxos_journal_recovery() - what the start has found
 * @journal: open
 *
 * Return: what does not change any more; NULL while the start is under way.
 */
const struct paxos_recovery *paxos_journal_recovery(const struct paxos_journal *journal)
{
	/* Pairs with paxos_recovery_end(). */
	return smp_load_acquire(&journal->recovered) ? &journal->recovery : NULL;
}
