// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: what a group has counted.  Figures are read without a lock of the
 * engine's, see stats.c.  A reset whose answer cannot be sent resets nothing.
 */
#include <linux/slab.h>
#include <net/netlink.h>

#include "compat.h"
#include "extack.h"
#include "group.h"
#include "netlink.h"
#include "stats.h"

static bool put_histogram(struct sk_buff *skb, int type, const struct paxos_histogram *histogram)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	u32 i;

	if (!nest || nla_put_u64_64bit(skb, PAXOS_HISTOGRAM_A_SUM_US, histogram->sum_us,
				       PAXOS_HISTOGRAM_A_PAD))
		return true;
	for (i = 0; i < PAXOS_HISTOGRAM_BUCKETS; i++)
		if (nla_put_u64_64bit(skb, PAXOS_HISTOGRAM_A_BUCKET, histogram->bucket[i],
				      PAXOS_HISTOGRAM_A_PAD))
			return true;
	nla_nest_end(skb, nest);
	return false;
}

static int put_figures(struct sk_buff *skb, const struct paxos_group *group,
		       const struct paxos_figures *figures)
{
	struct nlattr *nest;
	int i;

	if (nla_put_string(skb, PAXOS_A_GROUP, group->name) ||
	    nla_put_u16(skb, PAXOS_A_NODE, group->node))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, PAXOS_A_STATS);
	if (!nest)
		return -EMSGSIZE;
	for (i = PAXOS_STATS_A_UNSPEC + 1; i < PAXOS_STATS_A_PAD; i++)
		if (nla_put_u64_64bit(skb, i, figures->count[i], PAXOS_STATS_A_PAD))
			return -EMSGSIZE;
	if (put_histogram(skb, PAXOS_STATS_A_COMMIT, &figures->commit) ||
	    put_histogram(skb, PAXOS_STATS_A_WRITE, &figures->write))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int paxos_nl_stats_start(struct netlink_callback *cb, struct netlink_ext_ack *extack)
{
	const struct nlattr *reset = genl_info_dump(cb)->attrs[PAXOS_A_RESET];

	if (!reset)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, reset, "a dump resets nothing: reset each group by its name");
	return -EINVAL;
}

static int put_stats_message(struct sk_buff *skb, struct paxos_group *group, void *figures)
{
	paxos_stats_read(&group->stats, figures, false);
	return put_figures(skb, group, figures);
}

static int put_stats_reset(struct sk_buff *skb, struct paxos_group *group, void *figures)
{
	paxos_stats_read(&group->stats, figures, true);
	return put_figures(skb, group, figures);
}

static void unsent(struct paxos_group *group, const void *figures)
{
	paxos_stats_give_back(&group->stats, figures);
}

int paxos_nl_stats(struct sk_buff *skb, struct genl_info *info)
{
	bool reset = nla_get_flag(info->attrs[PAXOS_A_RESET]);
	struct paxos_group *group = paxos_nl_group(genl_info_net(info),
						   info->attrs[PAXOS_A_GROUP], info->extack);

	return paxos_nl_answer_group(group, info, PAXOS_CMD_STATS, NLMSG_DEFAULT_SIZE,
				     reset ? put_stats_reset : put_stats_message,
				     sizeof(struct paxos_figures), reset ? unsent : NULL);
}

int paxos_nl_stats_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return paxos_nl_dump_groups(skb, cb, PAXOS_CMD_STATS, put_stats_message,
				    sizeof(struct paxos_figures));
}
