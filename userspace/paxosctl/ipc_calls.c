// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of the family, one function each, as ipc.h promises them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc_wire.h"

#define DUMP_TRIES 10

struct nl_msg *ipc_group_request(struct ipc *ipc, uint8_t command, const char *group,
				 size_t bytes)
{
	struct nl_msg *message = ipc_request(ipc, command, 0,
					     bytes + (group ? strlen(group) : 0) + 64);

	snprintf(ipc->group, sizeof(ipc->group), "%s", group ? group : "");
	if (message && group && nla_put_string(message, PAXOS_A_GROUP, group)) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

int ipc_put_address(struct nl_msg *message, int type, const union address *address)
{
	return nla_put(message, type, address_size(address), address);
}

static int take_group(void *context, struct nlattr **attr)
{
	ipc_decode_group(attr, context);
	return 0;
}

int ipc_group_add(struct ipc *ipc, const struct ipc_group_add *add, struct ipc_group *group)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_GROUP_ADD, add->name,
						   strlen(add->device) + 256);

	if (!message)
		return -ENOMEM;
	NLA_PUT_STRING(message, PAXOS_A_DEVICE, add->device);
	NLA_PUT_S32(message, PAXOS_A_DEVICE_FD, add->device_fd);
	if (ipc_put_address(message, PAXOS_A_LISTEN, &add->listen))
		goto nla_put_failure;
	if (add->insecure)
		NLA_PUT_FLAG(message, PAXOS_A_INSECURE);
	if (add->heartbeat_ms)
		NLA_PUT_U32(message, PAXOS_A_HEARTBEAT_MS, add->heartbeat_ms);
	if (add->election_ms)
		NLA_PUT_U32(message, PAXOS_A_ELECTION_MS, add->election_ms);
	if (add->mode)
		NLA_PUT_U8(message, PAXOS_A_MODE, add->mode);
	if (add->learn)
		NLA_PUT_U8(message, PAXOS_A_LEARN, add->learn);
	if (add->role)
		NLA_PUT_U8(message, PAXOS_A_ROLE, add->role);
	if (add->node)
		NLA_PUT_U16(message, PAXOS_A_NODE, add->node);
	if (add->shared)
		NLA_PUT_U32(message, PAXOS_A_GID, add->gid);
	memset(group, 0, sizeof(*group));
	return ipc_call(ipc, message, 1, take_group, group, IPC_FAMILY_TIMEOUT_MS);

nla_put_failure:
	nlmsg_free(message);
	return -ENOMEM;
}

int ipc_group_del(struct ipc *ipc, const char *name, int timeout_ms)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_GROUP_DEL, name, 0);

	return message ? ipc_call(ipc, message, 1, NULL, NULL, timeout_ms) : -ENOMEM;
}

int ipc_peer_add(struct ipc *ipc, const char *group, uint16_t node, const union address *address)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_PEER_ADD, group, 64);

	if (!message)
		return -ENOMEM;
	NLA_PUT_U16(message, PAXOS_A_NODE, node);
	if (ipc_put_address(message, PAXOS_A_ADDRESS, address))
		goto nla_put_failure;
	return ipc_call(ipc, message, 1, NULL, NULL, IPC_FAMILY_TIMEOUT_MS);

nla_put_failure:
	nlmsg_free(message);
	return -ENOMEM;
}

int ipc_peer_del(struct ipc *ipc, const char *group, uint16_t node)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_PEER_DEL, group, 64);

	if (!message)
		return -ENOMEM;
	NLA_PUT_U16(message, PAXOS_A_NODE, node);
	return ipc_call(ipc, message, 1, NULL, NULL, IPC_FAMILY_TIMEOUT_MS);

nla_put_failure:
	nlmsg_free(message);
	return -ENOMEM;
}

static int take_status(void *context, struct nlattr **attr)
{
	ipc_decode_status(attr, context);
	return 0;
}

int ipc_status(struct ipc *ipc, const char *group, struct ipc_status *status)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_STATUS, group, 0);

	if (!message)
		return -ENOMEM;
	return ipc_call(ipc, message, 1, take_status, status, IPC_FAMILY_TIMEOUT_MS);
}

static int take_element(void *context, struct nlattr **attr)
{
	struct ipc_list *list = context;
	void *grown = realloc(list->element, (list->count + 1) * list->size);

	if (!grown)
		return -ENOMEM;
	list->element = grown;
	list->slot = ipc_u64(attr[PAXOS_A_SLOT]);
	if (list->decode(attr, (char *)grown + list->count * list->size))
		list->count++;
	return 0;
}

int ipc_dump_list(struct ipc *ipc, uint8_t command, const char *group, struct ipc_list *list)
{
	int error = -EINTR;

	for (int try = 0; error == -EINTR && try < DUMP_TRIES; try++) {
		struct nl_msg *message = ipc_group_request(ipc, command, group, 0);

		list->count = 0;
		error = message ? ipc_dump(ipc, message, take_element, list) : -ENOMEM;
	}
	if (error) {
		free(list->element);
		list->element = NULL;
		list->count = 0;
	}
	return error;
}

static bool decode_group_element(struct nlattr **attr, void *element)
{
	ipc_decode_group(attr, element);
	return true;
}

static bool decode_peer_element(struct nlattr **attr, void *element)
{
	if (attr[PAXOS_A_PEER])
		ipc_decode_peer(attr[PAXOS_A_PEER], element);
	return attr[PAXOS_A_PEER];
}

static bool decode_status_element(struct nlattr **attr, void *element)
{
	ipc_decode_status(attr, element);
	return true;
}

int ipc_group_list(struct ipc *ipc, struct ipc_group **groups, unsigned int *count)
{
	struct ipc_list list = { .size = sizeof(**groups), .decode = decode_group_element };
	int error = ipc_dump_list(ipc, PAXOS_CMD_GROUP_GET, NULL, &list);

	*groups = list.element;
	*count = list.count;
	return error;
}

int ipc_peer_list(struct ipc *ipc, const char *group, struct ipc_peer **peers,
		  unsigned int *count)
{
	struct ipc_list list = { .size = sizeof(**peers), .decode = decode_peer_element };
	int error = ipc_dump_list(ipc, PAXOS_CMD_PEER_GET, group, &list);

	*peers = list.element;
	*count = list.count;
	return error;
}

int ipc_member_list(struct ipc *ipc, const char *group, struct ipc_peer **members,
		    unsigned int *count, uint64_t *slot)
{
	struct ipc_list list = { .size = sizeof(**members), .decode = decode_peer_element };
	int error = ipc_dump_list(ipc, PAXOS_CMD_MEMBER_GET, group, &list);

	*members = list.element;
	*count = list.count;
	*slot = list.slot;
	return error;
}

int ipc_status_list(struct ipc *ipc, struct ipc_status **statuses, unsigned int *count)
{
	struct ipc_list list = { .size = sizeof(**statuses), .decode = decode_status_element };
	int error = ipc_dump_list(ipc, PAXOS_CMD_STATUS, NULL, &list);

	*statuses = list.element;
	*count = list.count;
	return error;
}

int ipc_propose_begin(struct ipc *ipc, const char *group, size_t bytes)
{
	nlmsg_free(ipc->proposals);
	ipc->proposals = ipc_group_request(ipc, PAXOS_CMD_PROPOSE, group, bytes);
	if (!ipc->proposals)
		return -ENOMEM;
	nlmsg_hdr(ipc->proposals)->nlmsg_flags |= NLM_F_ACK;
	return 0;
}

bool ipc_propose_full(struct ipc *ipc, size_t length)
{
	return nlmsg_hdr(ipc->proposals)->nlmsg_len + length + IPC_PROPOSAL_OVERHEAD >
	       nlmsg_get_max_size(ipc->proposals);
}

/* There is room: ipc_propose_full() was asked. */
void ipc_propose_add(struct ipc *ipc, const struct ipc_proposal *proposal)
{
	struct nl_msg *message = ipc->proposals;
	struct nlattr *nest = nla_nest_start(message, PAXOS_A_PROPOSAL | NLA_F_NESTED);

	if (!nest ||
	    nla_put(message, PAXOS_PROPOSAL_A_VALUE, proposal->length, proposal->value) ||
	    nla_put_u64(message, PAXOS_PROPOSAL_A_COOKIE, proposal->cookie) ||
	    nla_put_u32(message, PAXOS_PROPOSAL_A_TIMEOUT_MS, proposal->timeout_ms))
		abort();
	if (proposal->client &&
	    (nla_put_u64(message, PAXOS_PROPOSAL_A_CLIENT, proposal->client) ||
	     nla_put_u64(message, PAXOS_PROPOSAL_A_SEQUENCE, proposal->sequence)))
		abort();
	nla_nest_end(message, nest);
}

int ipc_propose_send(struct ipc *ipc, uint32_t *sequence)
{
	struct nl_msg *message = ipc->proposals;

	ipc->proposals = NULL;
	return ipc_send(ipc, message, sequence);
}

/* Acknowledged, so that there is something to read: see take_messages(). */
int ipc_results_again(struct ipc *ipc)
{
	struct nl_msg *message = ipc_request(ipc, PAXOS_CMD_RESULTS, NLM_F_ACK, 0);
	uint32_t sequence;
	int error = message ? ipc_send(ipc, message, &sequence) : -ENOMEM;

	/* Whoever waits asks again. */
	return error == -ENOMEM ? 0 : error;
}

static void answer_message(struct ipc *ipc, const struct ipc_answers *answers,
			   const struct nlmsghdr *header)
{
	struct nlattr *attr;
	int left;

	if (header->nlmsg_type == NLMSG_ERROR) {
		int error = ipc_take_error(ipc, header);

		if (error)
			answers->refused(answers->context, header->nlmsg_seq, error);
		return;
	}
	if (header->nlmsg_type != ipc->family)
		return;
	nlmsg_for_each_attr(attr, (struct nlmsghdr *)header, GENL_HDRLEN, left) {
		struct ipc_result result;

		if (nla_type(attr) != PAXOS_A_RESULT)
			continue;
		ipc_decode_result(attr, &result);
		answers->result(answers->context, &result);
	}
}

int ipc_answers(struct ipc *ipc, const struct ipc_answers *answers, int timeout_ms)
{
	int left = ipc_receive(ipc, ipc->fd, timeout_ms);

	while (left >= 0) {
		struct nlmsghdr *header = (struct nlmsghdr *)ipc->buffer;

		for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
			answer_message(ipc, answers, header);
		left = ipc_receive(ipc, ipc->fd, 0);
	}
	return left == -ETIMEDOUT ? 0 : left;
}

static int take_learned(void *context, struct nlattr **attr)
{
	const struct ipc_reader *reader = context;
	struct ipc_entry entry;
	struct ipc_log log;

	if (attr[PAXOS_A_GENERATION]) {
		ipc_decode_log(attr, &log);
		return reader->head(reader->context, &log);
	}
	if (!attr[PAXOS_A_ENTRY])
		return 0;
	ipc_decode_entry(attr[PAXOS_A_ENTRY], &entry);
	return reader->entry(reader->context, &entry);
}

int ipc_learn(struct ipc *ipc, const char *group, uint64_t from, uint64_t count,
	      const struct ipc_reader *reader)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_LEARN, group, 64);

	if (!message)
		return -ENOMEM;
	if (from)
		NLA_PUT_U64(message, PAXOS_A_SLOT, from);
	if (count)
		NLA_PUT_U64(message, PAXOS_A_COUNT, count);
	return ipc_dump(ipc, message, take_learned, (void *)reader);

nla_put_failure:
	nlmsg_free(message);
	return -ENOMEM;
}
