// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink commands that make, change and end groups.  All of them answer with
 * data; group del does so from the group's teardown, when the device is free.
 */
#include <linux/cred.h>
#include <net/netlink.h>

#include "extack.h"
#include "group.h"
#include "netlink.h"

static struct sk_buff *answer_new(struct genl_info *info, u8 cmd, const char *name, void **head)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put_reply(skb, info, &paxos_family, 0, cmd);
	if (!*head || nla_put_string(skb, PAXOS_A_GROUP, name)) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

/* @device gets what users call it. */
static int parse_device(struct paxos_group_request *request, char *device, struct genl_info *info)
{
	const struct nlattr *fd = info->attrs[PAXOS_A_DEVICE_FD];
	struct netlink_ext_ack *extack = info->extack;
	const struct nlattr *attr = request->device_attr;

	if (!attr || !fd) {
		NL_SET_ERR_MSG(extack, "no device is named, or none is passed");
		return -EINVAL;
	}
	if (nla_strscpy(device, attr, PAXOS_DEVICE_PATH_MAX + 1) <= 0) {
		paxos_extack(extack, attr, "device path must have 1 to %u bytes",
			     PAXOS_DEVICE_PATH_MAX);
		return -EINVAL;
	}
	request->device = device;
	request->device_fd = nla_get_s32(fd);
	return 0;
}

static int parse_times(struct paxos_group_request *request, struct genl_info *info)
{
	const struct nlattr *heartbeat = info->attrs[PAXOS_A_HEARTBEAT_MS];
	const struct nlattr *election = info->attrs[PAXOS_A_ELECTION_MS];

	request->heartbeat_ms = heartbeat ? nla_get_u32(heartbeat) : PAXOS_HEARTBEAT_DEFAULT_MS;
	if (request->heartbeat_ms < PAXOS_HEARTBEAT_MIN_MS ||
	    request->heartbeat_ms > PAXOS_HEARTBEAT_MAX_MS) {
		paxos_extack(info->extack, heartbeat, "heartbeat is %u ms: %u to %u are allowed",
			     request->heartbeat_ms, PAXOS_HEARTBEAT_MIN_MS,
			     PAXOS_HEARTBEAT_MAX_MS);
		return -EINVAL;
	}
	/* A heartbeat that was set alone takes the default ratio along. */
	request->election_ms = election ? nla_get_u32(election) :
			       max_t(u32, PAXOS_ELECTION_DEFAULT_MS, 10 * request->heartbeat_ms);
	if (request->election_ms < 3 * request->heartbeat_ms ||
	    request->election_ms > PAXOS_ELECTION_MAX_MS) {
		paxos_extack(info->extack, election,
			     "election timeout is %u ms: %u (3 heartbeats) to %u are allowed",
			     request->election_ms, 3 * request->heartbeat_ms,
			     PAXOS_ELECTION_MAX_MS);
		return -EINVAL;
	}
	return 0;
}

/* @attr of enum paxos_mode or the like, whose last is @last; absent: the first. */
static int parse_choice(u8 *choice, const struct nlattr *attr, u8 last, const char *what,
			struct netlink_ext_ack *extack)
{
	*choice = attr ? nla_get_u8(attr) : 1;
	if (*choice && *choice <= last)
		return 0;
	paxos_extack(extack, attr, "%s %u is none that this module knows", what, *choice);
	return -EINVAL;
}

static int parse_modes(struct paxos_group_request *request, struct genl_info *info)
{
	const struct nlattr *role = info->attrs[PAXOS_A_ROLE];
	int err;

	err = parse_choice(&request->mode, info->attrs[PAXOS_A_MODE], PAXOS_MODE_BASIC, "mode",
			   info->extack) ?:
	      parse_choice(&request->learn, info->attrs[PAXOS_A_LEARN], PAXOS_LEARN_BROADCAST,
			   "way to learn", info->extack);
	if (err || !role)
		return err;
	request->role_attr = role;
	request->role = nla_get_u8(role);
	if (request->role == PAXOS_ROLE_FOLLOWER || request->role == PAXOS_ROLE_LEARNER)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, role, "role must be voter or learner");
	return -EINVAL;
}

/* Whose the device has to be, if that was said. */
static int parse_owner(struct paxos_group_request *request, struct genl_info *info)
{
	request->node_attr = info->attrs[PAXOS_A_NODE];
	return request->node_attr ? paxos_nl_node(info, PAXOS_A_NODE, &request->node) : 0;
}

/* Who may use the group without CAP_NET_ADMIN, by a number of the caller's. */
static int parse_gid(struct paxos_group_request *request, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[PAXOS_A_GID];

	request->gid = INVALID_GID;
	if (!attr)
		return 0;
	request->gid = make_kgid(current_user_ns(), nla_get_u32(attr));
	if (gid_valid(request->gid))
		return 0;
	paxos_extack(info->extack, attr, "there is no group id %u in your user namespace",
		     nla_get_u32(attr));
	return -EINVAL;
}

int paxos_nl_group_add(struct sk_buff *skb, struct genl_info *info)
{
	struct paxos_group_request request = {
		.name_attr = info->attrs[PAXOS_A_GROUP],
		.device_attr = info->attrs[PAXOS_A_DEVICE],
		.listen_attr = info->attrs[PAXOS_A_LISTEN],
	};
	char device[PAXOS_DEVICE_PATH_MAX + 1];
	char name[PAXOS_NAME_MAX + 1];
	struct paxos_group *group;
	struct sk_buff *answer;
	void *head;
	int err;

	err = paxos_nl_name(name, request.name_attr, info->extack) ?:
	      parse_device(&request, device, info) ?:
	      parse_times(&request, info) ?:
	      parse_modes(&request, info) ?:
	      parse_owner(&request, info) ?:
	      parse_gid(&request, info);
	if (err)
		return err;
	if (!request.listen_attr) {
		NL_SET_ERR_MSG(info->extack, "no address to listen on is given");
		return -EINVAL;
	}
	err = paxos_address_parse(&request.listen, request.listen_attr, true, info->extack);
	if (err)
		return err;
	if (!nla_get_flag(info->attrs[PAXOS_A_INSECURE])) {
		NL_SET_ERR_MSG(info->extack,
			       "encryption is not built yet: pass --insecure to accept plain datagrams");
		return -EINVAL;
	}
	request.name = name;
	answer = answer_new(info, PAXOS_CMD_GROUP_ADD, name, &head);
	if (!answer)
		return -ENOMEM;
	group = paxos_group_create(genl_info_net(info), &request, info->extack);
	if (IS_ERR(group)) {
		nlmsg_free(answer);
		return PTR_ERR(group);
	}
	/* There is room: the message is much larger than these. */
	WARN_ON_ONCE(nla_put_u16(answer, PAXOS_A_NODE, group->node) ||
		     nla_put(answer, PAXOS_A_CLUSTER, sizeof(group->cluster), group->cluster));
	paxos_group_drop(group);
	genlmsg_end(answer, head);
	return genlmsg_reply(answer, info);
}

int paxos_nl_group_del(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[PAXOS_A_GROUP];
	char name[PAXOS_NAME_MAX + 1];
	struct paxos_group *group;
	struct sk_buff *answer;
	void *head;
	int err;

	err = paxos_nl_name(name, attr, info->extack);
	if (err)
		return err;
	/* Later there may be no memory for it, and somebody waits. */
	answer = answer_new(info, PAXOS_CMD_GROUP_DEL, name, &head);
	if (!answer)
		return -ENOMEM;
	genlmsg_end(answer, head);
	group = paxos_group_detach(genl_info_net(info), name);
	if (!group) {
		nlmsg_free(answer);
		paxos_extack(info->extack, attr, "no group %s here: see paxosctl group list", name);
		return -ENOENT;
	}
	err = paxos_nl_acknowledge(skb, info);
	paxos_group_end(group, genl_info_net(info), info->snd_portid, answer);
	return err;
}

/* The node whose address a request brings. */
static int parse_peer(struct paxos_group *group, struct genl_info *info, u16 *node)
{
	const struct nlattr *attr = info->attrs[PAXOS_A_NODE];
	int err = paxos_nl_node(info, PAXOS_A_NODE, node);

	if (err)
		return err;
	if (*node == group->node) {
		paxos_extack(info->extack, attr, "node %u is this node itself", *node);
		return -EINVAL;
	}
	if (!paxos_group_knows(group, *node)) {
		paxos_extack(info->extack, attr, "node %u is not in the configuration of %s",
			     *node, group->name);
		return -EINVAL;
	}
	return 0;
}

/* Made before anything is done: what fails for want of memory has done nothing. */
static struct sk_buff *peer_answer(struct genl_info *info, u8 cmd, const struct paxos_group *group,
				   u16 node, const struct paxos_address *address)
{
	struct sk_buff *answer;
	void *head;

	answer = answer_new(info, cmd, group->name, &head);
	if (!answer)
		return NULL;
	if (nla_put_u16(answer, PAXOS_A_NODE, node) ||
	    (address && paxos_nl_put_address(answer, PAXOS_A_ADDRESS, address))) {
		nlmsg_free(answer);
		return NULL;
	}
	genlmsg_end(answer, head);
	return answer;
}

int paxos_nl_peer_add(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer = NULL;
	struct paxos_address address;
	struct paxos_group *group;
	u16 node;
	int err;

	group = paxos_nl_group(genl_info_net(info), info->attrs[PAXOS_A_GROUP], info->extack);
	if (IS_ERR(group))
		return PTR_ERR(group);
	err = parse_peer(group, info, &node);
	if (err)
		goto drop;
	err = paxos_nl_peer_address(group, info, &address);
	if (err)
		goto drop;
	err = -ENOMEM;
	answer = peer_answer(info, PAXOS_CMD_PEER_ADD, group, node, &address);
	if (!answer)
		goto drop;
	err = paxos_peers_give(group, node, &address);
	if (err) {
		paxos_extack(info->extack, info->attrs[PAXOS_A_NODE],
			     "%u peers have addresses: delete one", PAXOS_PEERS_MAX);
		goto drop;
	}
	err = genlmsg_reply(answer, info);
	answer = NULL;
drop:
	nlmsg_free(answer);
	paxos_group_drop(group);
	return err;
}

int paxos_nl_peer_del(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer = NULL;
	struct paxos_group *group;
	u16 node;
	int err;

	group = paxos_nl_group(genl_info_net(info), info->attrs[PAXOS_A_GROUP], info->extack);
	if (IS_ERR(group))
		return PTR_ERR(group);
	err = paxos_nl_node(info, PAXOS_A_NODE, &node);
	if (err)
		goto drop;
	err = -ENOMEM;
	answer = peer_answer(info, PAXOS_CMD_PEER_DEL, group, node, NULL);
	if (!answer)
		goto drop;
	err = paxos_peers_take_back(group, node);
	if (err) {
		paxos_extack(info->extack, info->attrs[PAXOS_A_NODE],
			     "no address of node %u was given: nothing to delete", node);
		goto drop;
	}
	err = genlmsg_reply(answer, info);
	answer = NULL;
drop:
	nlmsg_free(answer);
	paxos_group_drop(group);
	return err;
}
