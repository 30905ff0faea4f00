// SPDX-License-Identifier: GPL-2.0
/*
 * Latencies as bench counts them: finer than the kernel's histograms, so that
 * percentiles of two runs can be compared, and of a fixed size, however many.
 */
#include "latency.h"

#define MILLION 1000000ull

static unsigned int bits_of(uint64_t value)
{
	return value ? 64 - __builtin_clzll(value) : 0;
}

static unsigned int bucket_of(uint64_t us)
{
	unsigned int bits = bits_of(us), shift;

	if (bits <= LATENCY_STEP_BITS)
		return us;
	if (bits > LATENCY_BITS_MAX)
		return LATENCY_BUCKETS - 1;
	shift = bits - LATENCY_STEP_BITS - 1;
	return shift * LATENCY_STEPS + (us >> shift);
}

/* The longest that falls into @bucket. */
static uint64_t bucket_end_us(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 2 * LATENCY_STEPS)
		return bucket;
	shift = bucket / LATENCY_STEPS - 1;
	return ((uint64_t)(bucket - shift * LATENCY_STEPS + 1) << shift) - 1;
}

static void add_power(struct ipc_histogram *powers, uint64_t us)
{
	unsigned int bucket = us ? bits_of(us - 1) : 0;

	if (bucket >= PAXOS_HISTOGRAM_BUCKETS)
		bucket = PAXOS_HISTOGRAM_BUCKETS - 1;
	powers->bucket[bucket]++;
	powers->sum_us += us;
}

void latency_add(struct latency *latency, uint64_t us)
{
	if (!latency->count || us < latency->min_us)
		latency->min_us = us;
	if (us > latency->max_us)
		latency->max_us = us;
	latency->count++;
	latency->sum_us += us;
	latency->bucket[bucket_of(us)]++;
	add_power(&latency->powers, us);
}

uint64_t latency_mean_us(const struct latency *latency)
{
	return latency->count ? latency->sum_us / latency->count : 0;
}

uint64_t latency_within_us(const struct latency *latency, unsigned int millionths)
{
	uint64_t wanted = (latency->count * millionths + MILLION - 1) / MILLION, seen = 0;

	if (!latency->count)
		return 0;
	for (unsigned int i = 0; i < LATENCY_BUCKETS; i++) {
		seen += latency->bucket[i];
		if (seen && seen >= wanted) {
			uint64_t end_us = bucket_end_us(i);

			return end_us < latency->max_us ? end_us : latency->max_us;
		}
	}
	return latency->max_us;
}
