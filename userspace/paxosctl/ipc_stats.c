// SPDX-License-Identifier: GPL-2.0
/*
 * What groups have counted, from netlink.
 */
#include <errno.h>
#include <string.h>

#include "ipc_wire.h"

static void decode_histogram(struct nlattr *nest, struct ipc_histogram *histogram)
{
	unsigned int buckets = 0;
	struct nlattr *attr;
	int left;

	if (!nest)
		return;
	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) == PAXOS_HISTOGRAM_A_SUM_US)
			histogram->sum_us = ipc_u64(attr);
		if (nla_type(attr) == PAXOS_HISTOGRAM_A_BUCKET && buckets < PAXOS_HISTOGRAM_BUCKETS)
			histogram->bucket[buckets++] = ipc_u64(attr);
	}
}

static bool decode_stats(struct nlattr **top, void *element)
{
	struct nlattr *attr[PAXOS_STATS_A_MAX + 1], *nest = top[PAXOS_A_STATS];
	struct ipc_stats *stats = element;

	memset(stats, 0, sizeof(*stats));
	ipc_string(top[PAXOS_A_GROUP], stats->group, sizeof(stats->group));
	stats->node = ipc_u16(top[PAXOS_A_NODE]);
	if (!nest || nla_parse_nested(attr, PAXOS_STATS_A_MAX, nest, NULL))
		return false;
	for (int i = PAXOS_STATS_A_UNSPEC + 1; i < PAXOS_STATS_A_PAD; i++)
		stats->count[i] = ipc_u64(attr[i]);
	decode_histogram(attr[PAXOS_STATS_A_COMMIT], &stats->commit);
	decode_histogram(attr[PAXOS_STATS_A_WRITE], &stats->write);
	return true;
}

static int take_stats(void *context, struct nlattr **attr)
{
	return decode_stats(attr, context) ? 0 : -EPROTO;
}

int ipc_stats(struct ipc *ipc, const char *group, bool reset, struct ipc_stats *stats)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_STATS, group, 0);

	if (!message)
		return -ENOMEM;
	if (reset && nla_put_flag(message, PAXOS_A_RESET)) {
		nlmsg_free(message);
		return -ENOMEM;
	}
	return ipc_call(ipc, message, 1, take_stats, stats, IPC_FAMILY_TIMEOUT_MS);
}

int ipc_stats_list(struct ipc *ipc, struct ipc_stats **all, unsigned int *count)
{
	struct ipc_list list = { .size = sizeof(**all), .decode = decode_stats };
	int error = ipc_dump_list(ipc, PAXOS_CMD_STATS, NULL, &list);

	*all = list.element;
	*count = list.count;
	return error;
}
