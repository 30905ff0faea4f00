/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_SERIES_H
#define PAXOSCTL_SERIES_H

#include "latency.h"

#define SERIES_POINTS_MAX 128

/* What was answered during one interval. */
struct series_point {
	uint64_t chosen;
	uint64_t failed;
	uint64_t p50_us;
	uint64_t p99_us;
	uint64_t max_us;
};

struct series {
	uint64_t interval_us;
	unsigned int count;	/* intervals that are complete */
	struct series_point point[SERIES_POINTS_MAX];
	struct latency now;	/* of the one that is not */
};

/* For a load of @duration_us, and some time after it. */
void series_start(struct series *series, uint64_t duration_us);
/* Answers come in the order of @at_us, microseconds since the start. */
void series_add(struct series *series, uint64_t at_us, uint64_t latency_us, bool failed);
/* Nothing comes after @at_us. */
void series_end(struct series *series, uint64_t at_us);

#endif
