// SPDX-License-Identifier: GPL-2.0
/*
 * Notices of the core as lines of the kernel log, one each.  The core says each
 * thing once; what a stranger's datagrams can cause is limited here besides.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/printk.h>

#include "notices.h"

/* What PAXOS_REFUSED_... stands for, for people. */
const char *paxos_refused_why(u8 why)
{
	switch (why) {
	case PAXOS_REFUSED_DISK:
		return "another disk has that id";
	case PAXOS_REFUSED_UNKNOWN:
		return "that id is not in the configuration";
	case PAXOS_REFUSED_STALE:
		return "it once said more than its disk holds: a restored image";
	case PAXOS_REFUSED_REMOVED:
		return "that id was removed";
	default:
		return "reason unknown";
	}
}

/* @node leads now; 0: nobody that this node knows of. */
void paxos_notice_leader(const char *group, u16 node)
{
	if (node)
		pr_info_ratelimited("group %s: node %u leads\n", group, node);
	else
		pr_info_ratelimited("group %s: no leader is known\n", group);
}

/* @self: this node's id. */
void paxos_notice_print(const char *group, u16 self, const struct paxos_notice *notice)
{
	u64 slot = notice->slot;
	u16 node = notice->node;

	switch (notice->type) {
	case PAXOS_NOTICE_REFUSED:
		pr_notice_ratelimited("group %s: refused a host that claims to be node %u: %s\n",
				      group, node, paxos_refused_why(notice->why));
		break;
	case PAXOS_NOTICE_REFUSED_US:
		pr_notice_ratelimited("group %s: node %u refused this node %u: %s\n", group, node,
				      self, paxos_refused_why(notice->why));
		break;
	case PAXOS_NOTICE_CONFIRMED:
		pr_info("group %s: first start: all voters have confirmed each other's disks\n",
			group);
		break;
	case PAXOS_NOTICE_CONFIG:
		pr_info("group %s: a new configuration is chosen in slot %llu\n", group, slot);
		break;
	case PAXOS_NOTICE_COMPLETE:
		pr_info("group %s: the configuration of slot %llu is complete\n", group, slot);
		break;
	case PAXOS_NOTICE_REMOVED:
		pr_notice("group %s: node %u was removed: delete its group when `member` has answered\n",
			  group, self);
		break;
	case PAXOS_NOTICE_FORGOTTEN:
		pr_err("group %s: this node %u has forgotten what it once said and votes no more: replace it (%s)\n",
		       group, self,
		       notice->why ? paxos_refused_why(notice->why) : "its journal lost it");
		break;
	case PAXOS_NOTICE_SNAPSHOT_NEEDED:
		pr_notice("group %s: snapshot needed: peers have trimmed all below slot %llu\n",
			  group, slot);
		break;
	case PAXOS_NOTICE_REPAIRED:
		pr_info_ratelimited("group %s: slot %llu was damaged and is repaired\n", group,
				    slot);
		break;
	case PAXOS_NOTICE_TWO_VALUES:
		pr_err_ratelimited("group %s: two values for slot %llu at one ballot: a node lies or was run twice\n",
				   group, slot);
		break;
	}
}
