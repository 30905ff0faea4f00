/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_HISTOGRAM_H
#define PAXOSCTL_HISTOGRAM_H

#include <jansson.h>

#include "ipc.h"

uint64_t histogram_count(const struct ipc_histogram *histogram);
/* The bound of bucket @i in microseconds; 0: it has none, being the last. */
uint64_t histogram_bound_us(unsigned int i);
/* A bound that @permille of a thousand do not exceed; 0: there is none, or nothing. */
uint64_t histogram_within_us(const struct ipc_histogram *histogram, unsigned int permille);
/* Each bucket, for scripts. */
json_t *histogram_buckets_json(const struct ipc_histogram *histogram);
json_t *histogram_json(const struct ipc_histogram *histogram);
/* Count, mean, percentiles, and a bar for each bucket that has something. */
void histogram_print(const char *what, const struct ipc_histogram *histogram);

/* The bars alone. */
void histogram_bars(const struct ipc_histogram *histogram);

#endif
