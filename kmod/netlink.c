// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: its table of commands, and what the commands
 * share.  The commands themselves are in nl_*.c.
 *
 * Commands run in their caller's context, side by side (parallel_ops), but
 * generic netlink holds a lock of its own across each doit and across the first
 * part of each dump: none of them waits for a disk's contents, a peer or a
 * thread, or one slow disk would stop every family of the host.
 *
 * Policies say what each command takes; limits that a user can meet are checked
 * in code, since a policy can only say that it failed.
 *
 * Each doit and each start of a dump comes by here for the sake of its error
 * message: it lies in an extack of ours, on the stack, and is sent before that
 * goes.  (On old kernels netlink's has no room for text, and a dump has none at
 * all until it has started.)
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <net/netlink.h>

#include "extack.h"
#include "group.h"
#include "netlink.h"

static const struct nla_policy group_add_policy[PAXOS_A_GID + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_DEVICE]	= { .type = NLA_STRING },
	[PAXOS_A_DEVICE_FD]	= { .type = NLA_S32 },
	[PAXOS_A_LISTEN]	= { .type = NLA_BINARY },
	[PAXOS_A_INSECURE]	= { .type = NLA_FLAG },
	[PAXOS_A_HEARTBEAT_MS]	= { .type = NLA_U32 },
	[PAXOS_A_ELECTION_MS]	= { .type = NLA_U32 },
	[PAXOS_A_MODE]		= { .type = NLA_U8 },
	[PAXOS_A_LEARN]		= { .type = NLA_U8 },
	[PAXOS_A_ROLE]		= { .type = NLA_U8 },
	[PAXOS_A_NODE]		= { .type = NLA_U16 },
	[PAXOS_A_GID]		= { .type = NLA_U32 },
};

static const struct nla_policy group_policy[PAXOS_A_GROUP + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
};

static const struct nla_policy peer_add_policy[PAXOS_A_ADDRESS + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_NODE]		= { .type = NLA_U16 },
	[PAXOS_A_ADDRESS]	= { .type = NLA_BINARY },
};

static const struct nla_policy peer_del_policy[PAXOS_A_NODE + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_NODE]		= { .type = NLA_U16 },
};

static const struct nla_policy propose_policy[PAXOS_A_PROPOSAL + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_PROPOSAL]	= { .type = NLA_NESTED },
};

static const struct nla_policy learn_policy[PAXOS_A_COUNT + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_SLOT]		= { .type = NLA_U64 },
	[PAXOS_A_COUNT]		= { .type = NLA_U64 },
};

static const struct nla_policy barrier_policy[PAXOS_A_TIMEOUT_MS + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_TIMEOUT_MS]	= { .type = NLA_U32 },
};

static const struct nla_policy transfer_policy[PAXOS_A_TIMEOUT_MS + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_NODE]		= { .type = NLA_U16 },
	[PAXOS_A_TIMEOUT_MS]	= { .type = NLA_U32 },
};

static const struct nla_policy member_policy[PAXOS_A_FORCE + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_NODE]		= { .type = NLA_U16 },
	[PAXOS_A_ADDRESS]	= { .type = NLA_BINARY },
	[PAXOS_A_TIMEOUT_MS]	= { .type = NLA_U32 },
	[PAXOS_A_MEMBER_OP]	= { .type = NLA_U8 },
	[PAXOS_A_OTHER]		= { .type = NLA_U16 },
	[PAXOS_A_FORCE]		= { .type = NLA_FLAG },
};

static const struct nla_policy trim_policy[PAXOS_A_TIMEOUT_MS + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_SLOT]		= { .type = NLA_U64 },
	[PAXOS_A_TIMEOUT_MS]	= { .type = NLA_U32 },
};

static const struct nla_policy stats_policy[PAXOS_A_RESET + 1] = {
	[PAXOS_A_GROUP]		= { .type = NLA_STRING },
	[PAXOS_A_RESET]		= { .type = NLA_FLAG },
};

/* What a command takes: a policy, with the highest attribute it names. */
#define TAKES(policy_of, highest)					\
	.policy = (policy_of), .maxattr = (highest), .flags = GENL_UNS_ADMIN_PERM
/* The same of one that users of a group may give too: it asks for their right itself. */
#define TAKES_FROM_USERS(policy_of, highest)				\
	.policy = (policy_of), .maxattr = (highest)
/*
 * A command that reads no attribute.  A policy that allows none cannot be said:
 * a .maxattr of 0 stands for the family's, and the policy is read so far.
 */
#define TAKES_ANYTHING	.flags = GENL_UNS_ADMIN_PERM

/* Tell who asked that it failed, and netlink that an answer was sent already. */
static int refuse(struct sk_buff *skb, const struct nlmsghdr *request, int err,
		  struct paxos_extack *own)
{
	if (err == -ENOMEM && !own->extack._msg)
		NL_SET_ERR_MSG(&own->extack, "out of memory: nothing was done, try again");
	netlink_ack(skb, (struct nlmsghdr *)request, err, &own->extack);
	return -EINTR;
}

/* What commands do, with an extack that has room. */
static const struct {
	int (*doit)(struct sk_buff *skb, struct genl_info *info);
	int (*start)(struct netlink_callback *cb, struct netlink_ext_ack *extack);
} commands[PAXOS_CMD_MAX + 1] = {
	[PAXOS_CMD_GROUP_ADD]	= { .doit = paxos_nl_group_add },
	[PAXOS_CMD_GROUP_DEL]	= { .doit = paxos_nl_group_del },
	[PAXOS_CMD_PEER_ADD]	= { .doit = paxos_nl_peer_add },
	[PAXOS_CMD_PEER_DEL]	= { .doit = paxos_nl_peer_del },
	[PAXOS_CMD_PEER_GET]	= { .start = paxos_nl_peer_get_start },
	[PAXOS_CMD_PROPOSE]	= { .doit = paxos_nl_propose },
	[PAXOS_CMD_RESULTS]	= { .doit = paxos_nl_results },
	[PAXOS_CMD_LEARN]	= { .start = paxos_nl_learn_start },
	[PAXOS_CMD_STATUS]	= { .doit = paxos_nl_status, .start = paxos_nl_status_start },
	[PAXOS_CMD_BARRIER]	= { .doit = paxos_nl_barrier },
	[PAXOS_CMD_LEADER_TRANSFER] = { .doit = paxos_nl_leader_transfer },
	[PAXOS_CMD_MEMBER_CHANGE] = { .doit = paxos_nl_member_change },
	[PAXOS_CMD_MEMBER_GET]	= { .start = paxos_nl_member_get_start },
	[PAXOS_CMD_TRIM]	= { .doit = paxos_nl_trim },
	[PAXOS_CMD_SNAPSHOT_INSTALLED] = { .doit = paxos_nl_snapshot_installed },
	[PAXOS_CMD_STATS]	= { .doit = paxos_nl_stats, .start = paxos_nl_stats_start },
};

static int doit(struct sk_buff *skb, struct genl_info *info)
{
	struct paxos_extack own = {};
	int err;

	info->extack = &own.extack;
	err = commands[info->genlhdr->cmd].doit(skb, info);
	return err && err != -EINTR ? refuse(skb, info->nlhdr, err, &own) : err;
}

static int start(struct netlink_callback *cb)
{
	const struct genlmsghdr *header = nlmsg_data(cb->nlh);
	struct paxos_extack own = {};
	int err = 0;

	if (commands[header->cmd].start)
		err = commands[header->cmd].start(cb, &own.extack);
	return err ? refuse(cb->skb, cb->nlh, err, &own) : 0;
}

static const struct genl_ops operations[] = {
	{
		.cmd = PAXOS_CMD_GROUP_ADD,
		.doit = doit,
		TAKES(group_add_policy, PAXOS_A_GID),
	}, {
		.cmd = PAXOS_CMD_GROUP_DEL,
		.doit = doit,
		TAKES(group_policy, PAXOS_A_GROUP),
	}, {
		.cmd = PAXOS_CMD_GROUP_GET,
		.start = start,
		.dumpit = paxos_nl_group_get_dump,
		TAKES_ANYTHING,
	}, {
		.cmd = PAXOS_CMD_PEER_ADD,
		.doit = doit,
		TAKES(peer_add_policy, PAXOS_A_ADDRESS),
	}, {
		.cmd = PAXOS_CMD_PEER_DEL,
		.doit = doit,
		TAKES(peer_del_policy, PAXOS_A_NODE),
	}, {
		.cmd = PAXOS_CMD_PEER_GET,
		.start = start,
		.dumpit = paxos_nl_peer_get_dump,
		.done = paxos_nl_group_dump_done,
		TAKES(group_policy, PAXOS_A_GROUP),
	}, {
		.cmd = PAXOS_CMD_PROPOSE,
		.doit = doit,
		TAKES_FROM_USERS(propose_policy, PAXOS_A_PROPOSAL),
	}, {
		/* Reads no attribute, and needs no right: it was there when this was asked for. */
		.cmd = PAXOS_CMD_RESULTS,
		.doit = doit,
	}, {
		.cmd = PAXOS_CMD_LEARN,
		.start = start,
		.dumpit = paxos_nl_learn_dump,
		.done = paxos_nl_learn_done,
		TAKES_FROM_USERS(learn_policy, PAXOS_A_COUNT),
	}, {
		.cmd = PAXOS_CMD_STATUS,
		.doit = doit,
		.start = start,
		.dumpit = paxos_nl_status_dump,
		TAKES_FROM_USERS(group_policy, PAXOS_A_GROUP),
	}, {
		.cmd = PAXOS_CMD_BARRIER,
		.doit = doit,
		TAKES_FROM_USERS(barrier_policy, PAXOS_A_TIMEOUT_MS),
	}, {
		.cmd = PAXOS_CMD_LEADER_TRANSFER,
		.doit = doit,
		TAKES(transfer_policy, PAXOS_A_TIMEOUT_MS),
	}, {
		.cmd = PAXOS_CMD_MEMBER_CHANGE,
		.doit = doit,
		TAKES(member_policy, PAXOS_A_FORCE),
	}, {
		.cmd = PAXOS_CMD_MEMBER_GET,
		.start = start,
		.dumpit = paxos_nl_member_get_dump,
		.done = paxos_nl_group_dump_done,
		TAKES(group_policy, PAXOS_A_GROUP),
	}, {
		.cmd = PAXOS_CMD_TRIM,
		.doit = doit,
		TAKES(trim_policy, PAXOS_A_TIMEOUT_MS),
	}, {
		.cmd = PAXOS_CMD_SNAPSHOT_INSTALLED,
		.doit = doit,
		TAKES(trim_policy, PAXOS_A_TIMEOUT_MS),
	}, {
		.cmd = PAXOS_CMD_STATS,
		.doit = doit,
		.start = start,
		.dumpit = paxos_nl_stats_dump,
		TAKES(stats_policy, PAXOS_A_RESET),
	},
};

static const struct genl_multicast_group multicasts[] = {
	[PAXOS_MULTICAST_LEARNED] = { .name = PAXOS_MCGRP_LEARNED_NAME },
	[PAXOS_MULTICAST_EVENTS] = {
		.name = PAXOS_MCGRP_EVENTS_NAME,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family paxos_family = {
	.name = PAXOS_GENL_NAME,
	.version = PAXOS_GENL_VERSION,
	.maxattr = PAXOS_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
	.mcgrps = multicasts,
	.n_mcgrps = ARRAY_SIZE(multicasts),
	/* No attribute is older than strict checking. */
	.resv_start_op = PAXOS_CMD_UNSPEC + 1,
};

/* Read a group name into @name, of PAXOS_NAME_MAX + 1 bytes. */
int paxos_nl_name(char *name, const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *at;

	if (!attr) {
		NL_SET_ERR_MSG(extack, "no group is named");
		return -EINVAL;
	}
	if (nla_strscpy(name, attr, PAXOS_NAME_MAX + 1) < 0) {
		paxos_extack(extack, attr, "group name is longer than %u bytes", PAXOS_NAME_MAX);
		return -EINVAL;
	}
	for (at = name; *at; at++)
		if (!isascii(*at) || (!isalnum(*at) && !strchr("_.-", *at)))
			break;
	if (!*name || *at) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "group name must be letters, digits, _ . or -");
		return -EINVAL;
	}
	return 0;
}

/* The group that @attr names, with a reference. */
struct paxos_group *paxos_nl_group(struct net *net, const struct nlattr *attr,
				   struct netlink_ext_ack *extack)
{
	char name[PAXOS_NAME_MAX + 1];
	struct paxos_group *group;
	int err;

	err = paxos_nl_name(name, attr, extack);
	if (err)
		return ERR_PTR(err);
	group = paxos_group_find(net, name);
	if (!group) {
		paxos_extack(extack, attr, "no group %s here: see paxosctl group list", name);
		return ERR_PTR(-ENOENT);
	}
	return group;
}

/* The node that attribute @type names. */
int paxos_nl_node(struct genl_info *info, int type, u16 *node)
{
	const struct nlattr *attr = info->attrs[type];

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "no node is named");
		return -EINVAL;
	}
	*node = nla_get_u16(attr);
	if (*node)
		return 0;
	paxos_extack(info->extack, attr, "node ids are 1 to %u", PAXOS_NODE_ID_MAX);
	return -EINVAL;
}

/* The address of a peer that a request brings. */
int paxos_nl_peer_address(const struct paxos_group *group, struct genl_info *info,
			  struct paxos_address *address)
{
	const struct nlattr *attr = info->attrs[PAXOS_A_ADDRESS];
	int err;

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "no address of the peer is given");
		return -EINVAL;
	}
	err = paxos_address_parse(address, attr, false, info->extack);
	if (err || address->sa.sa_family == group->listen.sa.sa_family)
		return err;
	paxos_extack(info->extack, attr, "%s listens on %s: its peers need such addresses",
		     group->name, group->listen.sa.sa_family == AF_INET6 ? "IPv6" : "IPv4");
	return -EAFNOSUPPORT;
}

/* When the timeout in @attr (NULL: the default) is over that begins now. */
int paxos_nl_timeout(const struct nlattr *attr, u64 *deadline_us, struct netlink_ext_ack *extack)
{
	u32 timeout_ms = attr ? nla_get_u32(attr) : PAXOS_TIMEOUT_DEFAULT_MS;

	*deadline_us = ktime_to_us(ktime_get()) + timeout_ms * (u64)USEC_PER_MSEC;
	if (timeout_ms && timeout_ms <= PAXOS_TIMEOUT_MAX_MS)
		return 0;
	paxos_extack(extack, attr, "timeout is %u ms: 1 to %u are allowed", timeout_ms,
		     PAXOS_TIMEOUT_MAX_MS);
	return -EINVAL;
}

int paxos_nl_put_address(struct sk_buff *skb, int type, const struct paxos_address *address)
{
	return nla_put(skb, type, paxos_address_length(address), address);
}

/*
 * Acknowledge a request now, in place of generic netlink, so that no answer
 * from another thread comes before it.  To be returned by the
 * doit, which must not fail any more.
 */
int paxos_nl_acknowledge(struct sk_buff *skb, struct genl_info *info)
{
	if (info->nlhdr->nlmsg_flags & NLM_F_ACK)
		netlink_ack(skb, nlmsg_hdr(skb), 0, NULL);
	/* Netlink's own way to say that an answer was sent already. */
	return -EINTR;
}

/* Tell who listens that @slot was delivered, or else that news was lost.  Process context. */
void paxos_nl_announce(struct net *net, const char *name, u64 slot)
{
	struct sk_buff *skb;
	void *head;

	if (!genl_has_listeners(&paxos_family, net, PAXOS_MULTICAST_LEARNED))
		return;
	skb = genlmsg_new(nla_total_size(PAXOS_NAME_MAX + 1) + nla_total_size_64bit(sizeof(u64)),
			  GFP_NOWAIT | __GFP_NOWARN);
	if (!skb) {
		/* They look for themselves then. */
		genl_set_err(&paxos_family, net, 0, PAXOS_MULTICAST_LEARNED, -ENOBUFS);
		return;
	}
	head = genlmsg_put(skb, 0, 0, &paxos_family, 0, PAXOS_CMD_LEARNED);
	if (!head || nla_put_string(skb, PAXOS_A_GROUP, name) ||
	    nla_put_u64_64bit(skb, PAXOS_A_SLOT, slot, PAXOS_A_PAD)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast_netns(&paxos_family, net, skb, 0, PAXOS_MULTICAST_LEARNED,
				GFP_NOWAIT | __GFP_NOWARN);
}

int __init paxos_nl_register(void)
{
	int err;

	err = paxos_askers_begin();
	if (err)
		return err;
	err = genl_register_family(&paxos_family);
	if (err)
		paxos_askers_end();
	return err;
}

void paxos_nl_unregister(void)
{
	genl_unregister_family(&paxos_family);
	paxos_askers_end();
}
