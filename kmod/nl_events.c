// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink multicast of events.  An event may be lost, for want of memory or of room
 * in a listener's buffer: they are counted, so that the listener sees it.
 */
#include <linux/ktime.h>
#include <net/netlink.h>

#include "events.h"
#include "netlink.h"

/* Room for an event with the longest text. */
#define EVENT_ALLOC	(NLMSG_ALIGN(GENL_HDRLEN) + 256u + PAXOS_NAME_MAX + PAXOS_REASON_MAX)

static bool put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, PAXOS_EVENT_A_PAD);
}

static bool put_node(struct sk_buff *skb, const struct paxos_news *news)
{
	return news->node && nla_put_u16(skb, PAXOS_EVENT_A_NODE, news->node);
}

static bool put_text(struct sk_buff *skb, int type, const struct paxos_news *news)
{
	return news->text && *news->text && nla_put_string(skb, type, news->text);
}

static bool put_change(struct sk_buff *skb, int now, int was, const struct paxos_news *news)
{
	return nla_put_u8(skb, now, news->now) || (news->was && nla_put_u8(skb, was, news->was));
}

/* What an event of its type has. */
static bool put_details(struct sk_buff *skb, const struct paxos_news *news)
{
	switch (news->type) {
	case PAXOS_HAPPENED_STATE:
		return put_change(skb, PAXOS_EVENT_A_STATE, PAXOS_EVENT_A_STATE_WAS, news) ||
		       put_text(skb, PAXOS_EVENT_A_REASON, news);
	case PAXOS_HAPPENED_ROLE:
		return put_change(skb, PAXOS_EVENT_A_ROLE, PAXOS_EVENT_A_ROLE_WAS, news);
	case PAXOS_HAPPENED_LEADER:
		return put_node(skb, news) ||
		       (news->node && put_u64(skb, PAXOS_EVENT_A_BALLOT, news->number));
	case PAXOS_HAPPENED_PEER:
		return put_node(skb, news) ||
		       put_change(skb, PAXOS_EVENT_A_HEALTH, PAXOS_EVENT_A_HEALTH_WAS, news);
	case PAXOS_HAPPENED_MEMBER:
		return put_node(skb, news) ||
		       nla_put_u8(skb, PAXOS_EVENT_A_MEMBER, news->member) ||
		       nla_put_u8(skb, PAXOS_EVENT_A_VOTER, news->voter) ||
		       put_u64(skb, PAXOS_EVENT_A_SLOT, news->number);
	case PAXOS_HAPPENED_COMPLETE:
	case PAXOS_HAPPENED_TRIMMED:
	case PAXOS_HAPPENED_REPAIRED:
		return put_u64(skb, PAXOS_EVENT_A_SLOT, news->number);
	case PAXOS_HAPPENED_TWO_VALUES:
		return put_node(skb, news) || put_u64(skb, PAXOS_EVENT_A_SLOT, news->number);
	case PAXOS_HAPPENED_REFUSED:
	case PAXOS_HAPPENED_REFUSED_US:
		return put_node(skb, news) || put_text(skb, PAXOS_EVENT_A_WHY, news);
	case PAXOS_HAPPENED_ROOM:
		return nla_put_u8(skb, PAXOS_EVENT_A_ROOM, news->now);
	case PAXOS_HAPPENED_DAMAGED:
		return put_u64(skb, PAXOS_EVENT_A_COUNT, news->number);
	default:
		return put_node(skb, news);
	}
}

static bool put_event(struct sk_buff *skb, const char *name, u64 sequence,
		      const struct paxos_news *news)
{
	struct nlattr *nest;

	if (nla_put_string(skb, PAXOS_A_GROUP, name))
		return true;
	nest = nla_nest_start(skb, PAXOS_A_EVENT);
	if (!nest || nla_put_u8(skb, PAXOS_EVENT_A_TYPE, news->type) ||
	    put_u64(skb, PAXOS_EVENT_A_SEQUENCE, sequence) ||
	    put_u64(skb, PAXOS_EVENT_A_TIME_NS, ktime_get_real_ns()) || put_details(skb, news))
		return true;
	nla_nest_end(skb, nest);
	return false;
}

/* Tell who listens that something happened to group @name.  Process context; may be lost. */
void paxos_nl_event(struct net *net, const char *name, u64 sequence, const struct paxos_news *news)
{
	struct sk_buff *skb;
	void *head;

	if (!genl_has_listeners(&paxos_family, net, PAXOS_MULTICAST_EVENTS))
		return;
	skb = genlmsg_new(EVENT_ALLOC, GFP_NOWAIT | __GFP_NOWARN);
	if (!skb) {
		/* They know then that something is missing. */
		genl_set_err(&paxos_family, net, 0, PAXOS_MULTICAST_EVENTS, -ENOBUFS);
		return;
	}
	head = genlmsg_put(skb, 0, 0, &paxos_family, 0, PAXOS_CMD_EVENT);
	if (!head || put_event(skb, name, sequence, news)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast_netns(&paxos_family, net, skb, 0, PAXOS_MULTICAST_EVENTS,
				GFP_NOWAIT | __GFP_NOWARN);
}
