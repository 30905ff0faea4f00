// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics: counting costs the one who counts a store, and no lock.
 *
 * Each figure has one writer: whoever holds the engine lock, or, for the journal's,
 * the end of a write, of which there is one at a time.  They only grow.  A reset
 * does not touch them: it notes what they were, and readers get the difference.
 */
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/ktime.h>
#include <linux/minmax.h>

#include "stats.h"

#define FIGURES		(sizeof(struct paxos_figures) / sizeof(u64))

static u64 clock_us(void)
{
	return ktime_to_us(ktime_get());
}

void paxos_stats_init(struct paxos_stats *stats)
{
	spin_lock_init(&stats->lock);
	stats->since_us = clock_us();
}

/* Something took @took_us; by the one who counts it.  Any context. */
void paxos_histogram_add(struct paxos_histogram *histogram, u64 took_us)
{
	u32 at = took_us > 1 ? fls64(took_us - 1) : 0;
	u64 *bucket = &histogram->bucket[min_t(u32, at, PAXOS_HISTOGRAM_BUCKETS - 1)];

	WRITE_ONCE(*bucket, *bucket + 1);
	WRITE_ONCE(histogram->sum_us, histogram->sum_us + took_us);
}

/* What was counted since the last reset; with @reset, this is one.  Process context. */
void paxos_stats_read(struct paxos_stats *stats, struct paxos_figures *figures, bool reset)
{
	const u64 *now = (const u64 *)&stats->now;
	u64 *base = (u64 *)&stats->base;
	u64 *out = (u64 *)figures;
	u64 value, since_us;
	size_t i;

	BUILD_BUG_ON(sizeof(*figures) % sizeof(u64));
	spin_lock(&stats->lock);
	for (i = 0; i < FIGURES; i++) {
		value = READ_ONCE(now[i]);
		out[i] = value - base[i];
		if (reset)
			base[i] = value;
	}
	since_us = stats->since_us;
	if (reset)
		stats->since_us = clock_us();
	spin_unlock(&stats->lock);
	figures->count[PAXOS_STATS_A_SINCE_MS] = div_u64(clock_us() - since_us, USEC_PER_MSEC);
}

/* @figures, just read with a reset, reached nobody: they are counted on.  Process context. */
void paxos_stats_give_back(struct paxos_stats *stats, const struct paxos_figures *figures)
{
	u64 since_us = clock_us() - figures->count[PAXOS_STATS_A_SINCE_MS] * USEC_PER_MSEC;
	const u64 *given = (const u64 *)figures;
	u64 *base = (u64 *)&stats->base;
	size_t i;

	spin_lock(&stats->lock);
	for (i = 0; i < FIGURES; i++)
		if (i != PAXOS_STATS_A_SINCE_MS)
			base[i] -= given[i];
	stats->since_us = min(stats->since_us, since_us);
	spin_unlock(&stats->lock);
}
