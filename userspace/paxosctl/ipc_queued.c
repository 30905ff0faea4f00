// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that the kernel queues: it acknowledges the request, and answers with
 * the same sequence number when there is an outcome.  The answer may come in the
 * middle of another exchange, or before the acknowledgment.
 */
#include <errno.h>
#include <string.h>

#include "ipc_wire.h"
#include "output.h"

#define ASK_AGAIN_MS 500	/* for an answer that the receive buffer refused */

static int take_result(void *context, struct nlattr **attr)
{
	struct ipc *ipc = context;

	if (attr[PAXOS_A_RESULT]) {
		ipc_decode_result(attr[PAXOS_A_RESULT], &ipc->queued.result);
		ipc->queued.answered = true;
	}
	return 0;
}

void ipc_take_queued(struct ipc *ipc, const struct nlmsghdr *header)
{
	struct nlattr *attr[PAXOS_A_MAX + 1];

	if (ipc->queued.sequence && header->nlmsg_seq == ipc->queued.sequence &&
	    header->nlmsg_type == ipc->family && ipc_attributes(header, attr))
		take_result(ipc, attr);
}

static int send_queued(struct ipc *ipc, struct nl_msg *message)
{
	int error;

	memset(&ipc->queued, 0, sizeof(ipc->queued));
	ipc->queued.sequence = nlmsg_hdr(message)->nlmsg_seq;
	error = ipc_call(ipc, message, 0, take_result, ipc, IPC_FAMILY_TIMEOUT_MS);
	/* Without an acknowledgment it may be under way all the same. */
	return error == -ETIMEDOUT ? 0 : error;
}

int ipc_await(struct ipc *ipc, struct ipc_result *result, int timeout_ms)
{
	uint64_t now = now_us(), end_us = now + timeout_ms * 1000ull;

	while (!ipc->queued.answered) {
		struct nlmsghdr *header = (struct nlmsghdr *)ipc->buffer;
		int wait_ms, left;

		now = now_us();
		if (now >= end_us)
			return -ETIMEDOUT;
		wait_ms = (end_us - now + 999) / 1000;
		left = ipc_receive(ipc, ipc->fd, wait_ms < ASK_AGAIN_MS ? wait_ms : ASK_AGAIN_MS);
		if (left == -ETIMEDOUT || left == -ENOBUFS)
			left = ipc_results_again(ipc);
		if (left < 0)
			return left;
		for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
			ipc_take_queued(ipc, header);
	}
	*result = ipc->queued.result;
	return 0;
}

int ipc_barrier(struct ipc *ipc, const char *group, uint32_t timeout_ms)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_BARRIER, group, 64);

	if (!message)
		return -ENOMEM;
	NLA_PUT_U32(message, PAXOS_A_TIMEOUT_MS, timeout_ms);
	return send_queued(ipc, message);

nla_put_failure:
	nlmsg_free(message);
	return -ENOMEM;
}

int ipc_leader_transfer(struct ipc *ipc, const char *group, uint16_t node, uint32_t timeout_ms)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_LEADER_TRANSFER, group, 64);

	if (!message)
		return -ENOMEM;
	NLA_PUT_U16(message, PAXOS_A_NODE, node);
	NLA_PUT_U32(message, PAXOS_A_TIMEOUT_MS, timeout_ms);
	return send_queued(ipc, message);

nla_put_failure:
	nlmsg_free(message);
	return -ENOMEM;
}

int ipc_member_change(struct ipc *ipc, const struct ipc_member_change *change)
{
	struct nl_msg *message = ipc_group_request(ipc, PAXOS_CMD_MEMBER_CHANGE, change->group,
						   128);

	if (!message)
		return -ENOMEM;
	NLA_PUT_U8(message, PAXOS_A_MEMBER_OP, change->op);
	NLA_PUT_U16(message, PAXOS_A_NODE, change->node);
	if (change->other)
		NLA_PUT_U16(message, PAXOS_A_OTHER, change->other);
	if (change->address.family &&
	    ipc_put_address(message, PAXOS_A_ADDRESS, &change->address))
		goto nla_put_failure;
	if (change->force)
		NLA_PUT_FLAG(message, PAXOS_A_FORCE);
	NLA_PUT_U32(message, PAXOS_A_TIMEOUT_MS, change->timeout_ms);
	return send_queued(ipc, message);

nla_put_failure:
	nlmsg_free(message);
	return -ENOMEM;
}

static int slot_request(struct ipc *ipc, uint8_t command, const char *group, uint64_t slot,
			uint32_t timeout_ms)
{
	struct nl_msg *message = ipc_group_request(ipc, command, group, 64);

	if (!message)
		return -ENOMEM;
	NLA_PUT_U64(message, PAXOS_A_SLOT, slot);
	NLA_PUT_U32(message, PAXOS_A_TIMEOUT_MS, timeout_ms);
	return send_queued(ipc, message);

nla_put_failure:
	nlmsg_free(message);
	return -ENOMEM;
}

int ipc_trim(struct ipc *ipc, const char *group, uint64_t slot, uint32_t timeout_ms)
{
	return slot_request(ipc, PAXOS_CMD_TRIM, group, slot, timeout_ms);
}

int ipc_snapshot_installed(struct ipc *ipc, const char *group, uint64_t slot,
			   uint32_t timeout_ms)
{
	return slot_request(ipc, PAXOS_CMD_SNAPSHOT_INSTALLED, group, slot, timeout_ms);
}
