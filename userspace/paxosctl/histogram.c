// SPDX-License-Identifier: GPL-2.0
/*
 * Histograms of latencies, whose bounds are powers of two of microseconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "histogram.h"

#define BAR_WIDTH 40

uint64_t histogram_count(const struct ipc_histogram *histogram)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < PAXOS_HISTOGRAM_BUCKETS; i++)
		count += histogram->bucket[i];
	return count;
}

uint64_t histogram_bound_us(unsigned int i)
{
	return i < PAXOS_HISTOGRAM_BUCKETS - 1 ? 1ull << i : 0;
}

uint64_t histogram_within_us(const struct ipc_histogram *histogram, unsigned int permille)
{
	uint64_t count = histogram_count(histogram), seen = 0;
	unsigned int i = 0;

	if (!count)
		return 0;
	/* In this order it does not overflow within the life of a machine. */
	for (; i < PAXOS_HISTOGRAM_BUCKETS - 1; i++) {
		seen += histogram->bucket[i];
		if (seen * 1000 >= count * permille)
			break;
	}
	return histogram_bound_us(i);
}

static json_t *bound_json(uint64_t bound_us)
{
	return bound_us ? json_integer(bound_us) : json_null();
}

json_t *histogram_buckets_json(const struct ipc_histogram *histogram)
{
	json_t *buckets = json_array();

	for (unsigned int i = 0; i < PAXOS_HISTOGRAM_BUCKETS; i++)
		json_array_append_new(buckets,
				      json_pack("{s:o,s:I}",
						"le", bound_json(histogram_bound_us(i)),
						"count", (json_int_t)histogram->bucket[i]));
	return buckets;
}

json_t *histogram_json(const struct ipc_histogram *histogram)
{
	return json_pack("{s:I,s:I,s:o,s:o,s:o,s:o}",
			 "count", (json_int_t)histogram_count(histogram),
			 "sum", (json_int_t)histogram->sum_us,
			 "p50", bound_json(histogram_within_us(histogram, 500)),
			 "p99", bound_json(histogram_within_us(histogram, 990)),
			 "p999", bound_json(histogram_within_us(histogram, 999)),
			 "buckets", histogram_buckets_json(histogram));
}

static void print_ms(const char *before, uint64_t us)
{
	printf("%s%" PRIu64 ".%03u ms", before, us / 1000, (unsigned int)(us % 1000));
}

static void print_within(const struct ipc_histogram *histogram, const char *name,
			 unsigned int permille)
{
	uint64_t within_us = histogram_within_us(histogram, permille);

	printf("  %s ", name);
	print_ms(within_us ? "<= " : "> ", within_us ? within_us :
		 histogram_bound_us(PAXOS_HISTOGRAM_BUCKETS - 2));
}

void histogram_bars(const struct ipc_histogram *histogram)
{
	uint64_t most = 0, bound_us;
	char bar[BAR_WIDTH + 1];
	unsigned int i, length;

	for (i = 0; i < PAXOS_HISTOGRAM_BUCKETS; i++)
		if (histogram->bucket[i] > most)
			most = histogram->bucket[i];
	for (i = 0; i < PAXOS_HISTOGRAM_BUCKETS; i++) {
		if (!histogram->bucket[i])
			continue;
		/* Whatever is there can be seen. */
		length = 1 + histogram->bucket[i] * (BAR_WIDTH - 1) / most;
		memset(bar, '#', length);
		bar[length] = '\0';
		bound_us = histogram_bound_us(i);
		if (bound_us)
			printf("  <= %9" PRIu64 " us  %-*s  %" PRIu64 "\n", bound_us, BAR_WIDTH,
			       bar, histogram->bucket[i]);
		else
			printf("        longer     %-*s  %" PRIu64 "\n", BAR_WIDTH, bar,
			       histogram->bucket[i]);
	}
}

void histogram_print(const char *what, const struct ipc_histogram *histogram)
{
	uint64_t count = histogram_count(histogram);

	printf("%s: %" PRIu64, what, count);
	if (!count) {
		putchar('\n');
		return;
	}
	print_ms(", mean ", histogram->sum_us / count);
	print_within(histogram, "p50", 500);
	print_within(histogram, "p99", 990);
	putchar('\n');
	histogram_bars(histogram);
}
