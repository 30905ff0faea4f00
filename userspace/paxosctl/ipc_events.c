// SPDX-License-Identifier: GPL-2.0
/*
 * Events of groups, from netlink: multicast, to a socket of their own.
 */
#include <errno.h>
#include <string.h>

#include "ipc_wire.h"

static bool decode_event(struct nlattr **top, struct ipc_event *event)
{
	struct nlattr *attr[PAXOS_EVENT_A_MAX + 1], *nest = top[PAXOS_A_EVENT];

	memset(event, 0, sizeof(*event));
	ipc_string(top[PAXOS_A_GROUP], event->group, sizeof(event->group));
	if (!nest || nla_parse_nested(attr, PAXOS_EVENT_A_MAX, nest, NULL))
		return false;
	event->type = ipc_u8(attr[PAXOS_EVENT_A_TYPE]);
	event->sequence = ipc_u64(attr[PAXOS_EVENT_A_SEQUENCE]);
	event->time_ns = ipc_u64(attr[PAXOS_EVENT_A_TIME_NS]);
	event->node = ipc_u16(attr[PAXOS_EVENT_A_NODE]);
	event->state = ipc_u8(attr[PAXOS_EVENT_A_STATE]);
	event->state_was = ipc_u8(attr[PAXOS_EVENT_A_STATE_WAS]);
	event->role = ipc_u8(attr[PAXOS_EVENT_A_ROLE]);
	event->role_was = ipc_u8(attr[PAXOS_EVENT_A_ROLE_WAS]);
	event->health = ipc_u8(attr[PAXOS_EVENT_A_HEALTH]);
	event->health_was = ipc_u8(attr[PAXOS_EVENT_A_HEALTH_WAS]);
	event->member = ipc_u8(attr[PAXOS_EVENT_A_MEMBER]);
	event->voter = ipc_u8(attr[PAXOS_EVENT_A_VOTER]);
	event->slot = ipc_u64(attr[PAXOS_EVENT_A_SLOT]);
	event->ballot = ipc_u64(attr[PAXOS_EVENT_A_BALLOT]);
	event->room = ipc_u8(attr[PAXOS_EVENT_A_ROOM]);
	event->count = ipc_u64(attr[PAXOS_EVENT_A_COUNT]);
	ipc_string(attr[PAXOS_EVENT_A_REASON], event->reason, sizeof(event->reason));
	ipc_string(attr[PAXOS_EVENT_A_WHY], event->why, sizeof(event->why));
	return true;
}

int ipc_events_join(struct ipc *ipc)
{
	return ipc_join(ipc, PAXOS_MCGRP_EVENTS_NAME, &ipc->events);
}

/* False: the listener wants no more. */
static bool take_events(struct ipc *ipc, const struct ipc_listener *listener, int left)
{
	struct nlmsghdr *header = (struct nlmsghdr *)ipc->buffer;
	struct nlattr *attr[PAXOS_A_MAX + 1];
	struct ipc_event event;

	for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
		if (header->nlmsg_type == ipc->family && ipc_attributes(header, attr) &&
		    decode_event(attr, &event) && !listener->event(listener->context, &event))
			return false;
	return true;
}

int ipc_events_read(struct ipc *ipc, const struct ipc_listener *listener, int timeout_ms)
{
	int fd = nl_socket_get_fd(ipc->events);
	int length = ipc_receive(ipc, fd, timeout_ms);

	while (length >= 0 && take_events(ipc, listener, length))
		length = ipc_receive(ipc, fd, 0);
	return length >= 0 || length == -ETIMEDOUT ? 0 : length;
}
