/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_LATENCY_H
#define PAXOSCTL_LATENCY_H

#include "ipc.h"

/*
 * Latencies, each kept to less than one percent: every power of two is divided into
 * LATENCY_STEPS buckets, and what is below that is exact.
 */
#define LATENCY_STEP_BITS 7
#define LATENCY_STEPS (1u << LATENCY_STEP_BITS)
#define LATENCY_BITS_MAX 33	/* of microseconds: over two hours; more counts as that */
#define LATENCY_BUCKETS ((LATENCY_BITS_MAX - LATENCY_STEP_BITS + 1) * LATENCY_STEPS)

struct latency {
	uint64_t count;
	uint64_t sum_us;
	uint64_t min_us;
	uint64_t max_us;
	struct ipc_histogram powers;	/* the same, as the kernel counts its own */
	uint64_t bucket[LATENCY_BUCKETS];
};

void latency_add(struct latency *latency, uint64_t us);
uint64_t latency_mean_us(const struct latency *latency);
/* What @millionths of a million do not exceed; 0 if there is nothing. */
uint64_t latency_within_us(const struct latency *latency, unsigned int millionths);

#endif
