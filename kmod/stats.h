/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Statistics of a group: counters and histograms, as include/uapi/linux/paxos.h
 * names them.
 */
#ifndef _PAXOS_STATS_H
#define _PAXOS_STATS_H

#include <linux/compiler.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "../include/uapi/linux/paxos.h"

struct paxos_histogram {
	u64 sum_us;
	u64 bucket[PAXOS_HISTOGRAM_BUCKETS];
};

struct paxos_figures {
	u64 count[PAXOS_STATS_A_PAD];	/* by enum paxos_stats_attr */
	struct paxos_histogram commit;
	struct paxos_histogram write;
};

struct paxos_stats {
	struct paxos_figures now;	/* only grow; each has one writer, and any reader */
	spinlock_t lock;		/* of what follows; process context */
	struct paxos_figures base;	/* as they were at the last reset */
	u64 since_us;			/* when that was */
};

/* Figure @which grew; by the one who counts it. */
static inline void paxos_stats_add(struct paxos_stats *stats, enum paxos_stats_attr which, u64 by)
{
	WRITE_ONCE(stats->now.count[which], stats->now.count[which] + by);
}

void paxos_stats_init(struct paxos_stats *stats);
void paxos_histogram_add(struct paxos_histogram *histogram, u64 took_us);
void paxos_stats_give_back(struct paxos_stats *stats, const struct paxos_figures *figures);
void paxos_stats_read(struct paxos_stats *stats, struct paxos_figures *figures, bool reset);

#endif /* _PAXOS_STATS_H */
