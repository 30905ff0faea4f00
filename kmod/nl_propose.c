// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink proposals: PROPOSE is acknowledged when all of its proposals are
 * queued, and each is answered later (asker.c).
 */
#include <linux/slab.h>
#include <net/netlink.h>

#include "asker.h"
#include "extack.h"
#include "group.h"
#include "netlink.h"

static const struct nla_policy proposal_policy[PAXOS_PROPOSAL_A_MAX + 1] = {
	[PAXOS_PROPOSAL_A_VALUE]	= { .type = NLA_BINARY },
	[PAXOS_PROPOSAL_A_COOKIE]	= { .type = NLA_U64 },
	[PAXOS_PROPOSAL_A_TIMEOUT_MS]	= { .type = NLA_U32 },
	[PAXOS_PROPOSAL_A_CLIENT]	= { .type = NLA_U64 },
	[PAXOS_PROPOSAL_A_SEQUENCE]	= { .type = NLA_U64 },
};

static int check_value(const struct nlattr *value, const struct nlattr *proposal,
		       struct netlink_ext_ack *extack)
{
	if (!value) {
		NL_SET_ERR_MSG_ATTR(extack, proposal, "proposal has no value");
		return -EINVAL;
	}
	if (!nla_len(value)) {
		paxos_extack(extack, value, "value is empty: 1 to %u bytes are allowed",
			     PAXOS_VALUE_MAX);
		return -EINVAL;
	}
	if (nla_len(value) > PAXOS_VALUE_MAX) {
		paxos_extack(extack, value, "value is %u bytes; at most %u are allowed",
			     nla_len(value), PAXOS_VALUE_MAX);
		return -EMSGSIZE;
	}
	return 0;
}

/* Whose proposal it is: a client's, or this node's own. */
static int parse_client(struct paxos_request *request, struct nlattr **tb,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *client = tb[PAXOS_PROPOSAL_A_CLIENT];
	const struct nlattr *sequence = tb[PAXOS_PROPOSAL_A_SEQUENCE];

	if (!client && !sequence)
		return 0;
	if (!client || !sequence) {
		NL_SET_ERR_MSG_ATTR(extack, client ?: sequence,
				    "client and sequence must be given together");
		return -EINVAL;
	}
	request->client = nla_get_u64(client);
	request->sequence = nla_get_u64(sequence);
	if (request->client && request->sequence)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, request->client ? sequence : client,
			    "clients and their sequences are counted from 1");
	return -EINVAL;
}

/* Make one proposal of @attr. */
static struct paxos_asked *parse_proposal(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PAXOS_PROPOSAL_A_MAX + 1];
	const struct nlattr *value;
	struct paxos_asked *asked;
	int err;

	err = nla_parse_nested(tb, PAXOS_PROPOSAL_A_MAX, attr, proposal_policy, extack);
	if (err)
		return ERR_PTR(err);
	value = tb[PAXOS_PROPOSAL_A_VALUE];
	err = check_value(value, attr, extack);
	if (err)
		return ERR_PTR(err);
	asked = paxos_asked_new(nla_len(value));
	if (!asked)
		return ERR_PTR(-ENOMEM);
	err = paxos_nl_timeout(tb[PAXOS_PROPOSAL_A_TIMEOUT_MS], &asked->request.deadline_us,
			       extack) ?:
	      parse_client(&asked->request, tb, extack);
	if (err) {
		paxos_asked_free(asked);
		return ERR_PTR(err);
	}
	asked->request.kind = PAXOS_KIND_PROPOSE;
	memcpy(asked->request.value->data, nla_data(value), nla_len(value));
	if (tb[PAXOS_PROPOSAL_A_COOKIE])
		asked->cookie = nla_get_u64(tb[PAXOS_PROPOSAL_A_COOKIE]);
	return asked;
}

/* Make proposals of all that the request holds, on @list, *@count of them. */
static int parse_proposals(struct genl_info *info, struct list_head *list, u32 *count)
{
	struct paxos_asked *asked;
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != PAXOS_A_PROPOSAL)
			continue;
		if (*count == PAXOS_INFLIGHT_MAX) {
			paxos_extack(info->extack, attr,
				     "over %u proposals in one request: send several",
				     PAXOS_INFLIGHT_MAX);
			return -ENOBUFS;
		}
		asked = parse_proposal(attr, info->extack);
		if (IS_ERR(asked))
			return PTR_ERR(asked);
		list_add_tail(&asked->node, list);
		++*count;
	}
	if (*count)
		return 0;
	NL_SET_ERR_MSG(info->extack, "nothing is proposed");
	return -EINVAL;
}

int paxos_nl_propose(struct sk_buff *skb, struct genl_info *info)
{
	struct paxos_asked *asked, *next;
	struct paxos_group *group;
	LIST_HEAD(proposals);
	u32 count = 0;
	int err;

	group = paxos_nl_group_to_use(skb, info->attrs[PAXOS_A_GROUP], info->extack);
	if (IS_ERR(group))
		return PTR_ERR(group);
	err = parse_proposals(info, &proposals, &count);
	if (!err)
		err = paxos_ask(skb, info, group, &proposals, count);
	list_for_each_entry_safe(asked, next, &proposals, node)
		paxos_asked_free(asked);
	paxos_group_drop(group);
	return err;
}
