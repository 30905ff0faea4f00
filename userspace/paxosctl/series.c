// SPDX-License-Identifier: GPL-2.0
/*
 * How a load went over time: throughput and latencies of short intervals, one after
 * the other.  The last point takes in whatever comes after the time that was planned.
 */
#include <string.h>

#include "series.h"

#define POINTS_PLANNED 100	/* the others are for what is answered after the end */
#define INTERVAL_MIN_US 100000

void series_start(struct series *series, uint64_t duration_us)
{
	memset(series, 0, sizeof(*series));
	series->interval_us = duration_us / POINTS_PLANNED;
	if (series->interval_us < INTERVAL_MIN_US)
		series->interval_us = INTERVAL_MIN_US;
}

static void complete(struct series *series)
{
	struct series_point *point = &series->point[series->count++];

	point->p50_us = latency_within_us(&series->now, 500000);
	point->p99_us = latency_within_us(&series->now, 990000);
	point->max_us = series->now.max_us;
	memset(&series->now, 0, sizeof(series->now));
}

static void advance(struct series *series, uint64_t at_us)
{
	while (series->count < SERIES_POINTS_MAX - 1 &&
	       at_us / series->interval_us > series->count)
		complete(series);
}

void series_add(struct series *series, uint64_t at_us, uint64_t latency_us, bool failed)
{
	struct series_point *point;

	advance(series, at_us);
	point = &series->point[series->count];
	if (failed) {
		point->failed++;
		return;
	}
	point->chosen++;
	latency_add(&series->now, latency_us);
}

/* A last interval that is shorter than the others says nothing about throughput. */
void series_end(struct series *series, uint64_t at_us)
{
	struct series_point *last;

	advance(series, at_us);
	last = &series->point[series->count];
	if (!series->count || last->failed || at_us % series->interval_us > series->interval_us / 2)
		complete(series);
}
