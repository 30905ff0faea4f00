// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink commands that wait for consensus, peers or the disk: acknowledged when
 * they are queued, and answered later (asker.c).
 */
#include <linux/slab.h>
#include <net/netlink.h>

#include "asker.h"
#include "extack.h"
#include "group.h"
#include "netlink.h"

/* Fills in @request from what a command was given. */
typedef int (*parse_fn)(struct paxos_request *request, const struct paxos_group *group,
			struct genl_info *info);

/* Queue one request, with a buffer of @room bytes, that @parse fills in. */
static int queue(struct sk_buff *skb, struct genl_info *info, enum paxos_kind kind, size_t room,
		 parse_fn parse)
{
	struct paxos_group *group;
	struct paxos_asked *asked;
	LIST_HEAD(list);
	int err;

	group = paxos_nl_group_to_use(skb, info->attrs[PAXOS_A_GROUP], info->extack);
	if (IS_ERR(group))
		return PTR_ERR(group);
	err = -ENOMEM;
	asked = paxos_asked_new(room);
	if (!asked)
		goto drop;
	asked->request.kind = kind;
	list_add(&asked->node, &list);
	err = paxos_nl_timeout(info->attrs[PAXOS_A_TIMEOUT_MS], &asked->request.deadline_us,
			       info->extack);
	if (!err && parse)
		err = parse(&asked->request, group, info);
	if (!err)
		err = paxos_ask(skb, info, group, &list, 1);
	if (!list_empty(&list))
		paxos_asked_free(asked);
drop:
	paxos_group_drop(group);
	return err;
}

int paxos_nl_barrier(struct sk_buff *skb, struct genl_info *info)
{
	return queue(skb, info, PAXOS_KIND_BARRIER, 0, NULL);
}

static int parse_transfer(struct paxos_request *request, const struct paxos_group *group,
			  struct genl_info *info)
{
	return paxos_nl_node(info, PAXOS_A_NODE, &request->node);
}

int paxos_nl_leader_transfer(struct sk_buff *skb, struct genl_info *info)
{
	return queue(skb, info, PAXOS_KIND_TRANSFER, 0, parse_transfer);
}

/* Where the node to be added is reached: every member will be told so. */
static int parse_added(struct paxos_change *change, const struct paxos_group *group,
		       struct genl_info *info)
{
	struct paxos_address address;
	int err;

	if (change->node == group->node) {
		paxos_extack(info->extack, info->attrs[PAXOS_A_NODE],
			     "node %u is this node itself", change->node);
		return -EINVAL;
	}
	err = paxos_nl_peer_address(group, info, &address);
	if (err)
		return err;
	if (paxos_address_endpoint(&address, &change->endpoint))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[PAXOS_A_ADDRESS],
			    "address is link-local: other nodes cannot use it");
	return -EINVAL;
}

static int parse_replaced(struct paxos_change *change, struct genl_info *info)
{
	int err = paxos_nl_node(info, PAXOS_A_OTHER, &change->other);

	if (err || change->other != change->node)
		return err;
	paxos_extack(info->extack, info->attrs[PAXOS_A_OTHER], "node %u cannot replace itself",
		     change->node);
	return -EINVAL;
}

static int parse_change(struct paxos_request *request, const struct paxos_group *group,
			struct genl_info *info)
{
	const struct nlattr *op = info->attrs[PAXOS_A_MEMBER_OP];
	struct paxos_change *change = &request->change;
	int err;

	if (!op) {
		NL_SET_ERR_MSG(info->extack, "no change is named");
		return -EINVAL;
	}
	err = paxos_nl_node(info, PAXOS_A_NODE, &change->node);
	if (err)
		return err;
	change->op = nla_get_u8(op);
	change->force = nla_get_flag(info->attrs[PAXOS_A_FORCE]);
	switch (change->op) {
	case PAXOS_MEMBER_ADD:
		return parse_added(change, group, info);
	case PAXOS_MEMBER_REPLACE:
		return parse_replaced(change, info);
	case PAXOS_MEMBER_PROMOTE:
	case PAXOS_MEMBER_REMOVE:
		return 0;
	}
	paxos_extack(info->extack, op, "change %u is none that this module knows", change->op);
	return -EINVAL;
}

int paxos_nl_member_change(struct sk_buff *skb, struct genl_info *info)
{
	return queue(skb, info, PAXOS_KIND_MEMBER, PAXOS_CONFIG_SIZE_MAX, parse_change);
}

static int parse_slot(struct paxos_request *request, const struct paxos_group *group,
		      struct genl_info *info)
{
	const struct nlattr *slot = info->attrs[PAXOS_A_SLOT];

	if (!slot) {
		NL_SET_ERR_MSG(info->extack, "no slot is named");
		return -EINVAL;
	}
	request->through = nla_get_u64(slot);
	return 0;
}

int paxos_nl_trim(struct sk_buff *skb, struct genl_info *info)
{
	return queue(skb, info, PAXOS_KIND_TRIM, 0, parse_slot);
}

static int parse_installed(struct paxos_request *request, const struct paxos_group *group,
			   struct genl_info *info)
{
	int err = parse_slot(request, group, info);

	if (err || (request->through && request->through < PAXOS_SLOT_LIMIT))
		return err;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[PAXOS_A_SLOT],
			    "no snapshot ends with that slot");
	return -EINVAL;
}

int paxos_nl_snapshot_installed(struct sk_buff *skb, struct genl_info *info)
{
	return queue(skb, info, PAXOS_KIND_INSTALLED, 0, parse_installed);
}
