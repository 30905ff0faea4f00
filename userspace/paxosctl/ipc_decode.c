// SPDX-License-Identifier: GPL-2.0
/*
 * From netlink attributes to the structures of ipc.h.  An attribute that is
 * absent or shorter than its type reads as zero, so an older module does not
 * crash a newer tool.
 */
#include <string.h>

#include "ipc_wire.h"

static void copy(const struct nlattr *attr, void *value, size_t size)
{
	memset(value, 0, size);
	if (attr && nla_len(attr) >= (int)size)
		memcpy(value, nla_data(attr), size);
}

uint64_t ipc_u64(const struct nlattr *attr)
{
	uint64_t value;

	copy(attr, &value, sizeof(value));
	return value;
}

uint32_t ipc_u32(const struct nlattr *attr)
{
	uint32_t value;

	copy(attr, &value, sizeof(value));
	return value;
}

uint16_t ipc_u16(const struct nlattr *attr)
{
	uint16_t value;

	copy(attr, &value, sizeof(value));
	return value;
}

uint8_t ipc_u8(const struct nlattr *attr)
{
	uint8_t value;

	copy(attr, &value, sizeof(value));
	return value;
}

void ipc_string(const struct nlattr *attr, char *text, size_t size)
{
	size_t length = attr ? nla_len(attr) : 0;

	if (length >= size)
		length = size - 1;
	if (length)
		memcpy(text, nla_data(attr), length);
	text[length] = '\0';
}

void ipc_uuid(const struct nlattr *attr, uint8_t uuid[16])
{
	copy(attr, uuid, 16);
}

void ipc_address(const struct nlattr *attr, union address *address)
{
	memset(address, 0, sizeof(*address));
	if (!attr)
		return;
	copy(attr, &address->family, sizeof(address->family));
	if (address->family == AF_INET)
		copy(attr, &address->v4, sizeof(address->v4));
	else if (address->family == AF_INET6)
		copy(attr, &address->v6, sizeof(address->v6));
	else
		address->family = 0;
}

void ipc_decode_group(struct nlattr **attr, struct ipc_group *group)
{
	ipc_string(attr[PAXOS_A_GROUP], group->name, sizeof(group->name));
	group->node = ipc_u16(attr[PAXOS_A_NODE]);
	ipc_uuid(attr[PAXOS_A_CLUSTER], group->cluster);
	ipc_string(attr[PAXOS_A_DEVICE], group->device, sizeof(group->device));
	ipc_address(attr[PAXOS_A_LISTEN], &group->listen);
}

void ipc_decode_peer(struct nlattr *nest, struct ipc_peer *peer)
{
	struct nlattr *attr[PAXOS_PEER_A_MAX + 1];

	memset(peer, 0, sizeof(*peer));
	if (nla_parse_nested(attr, PAXOS_PEER_A_MAX, nest, NULL))
		return;
	peer->node = ipc_u16(attr[PAXOS_PEER_A_NODE]);
	ipc_address(attr[PAXOS_PEER_A_ADDRESS], &peer->address);
	peer->voter = ipc_u8(attr[PAXOS_PEER_A_VOTER]);
	peer->health = ipc_u8(attr[PAXOS_PEER_A_HEALTH]);
	peer->rtt_us = ipc_u32(attr[PAXOS_PEER_A_RTT_US]);
	peer->chosen = ipc_u64(attr[PAXOS_PEER_A_CHOSEN]);
	peer->heard = attr[PAXOS_PEER_A_HEARD_MS];
	peer->heard_ms = ipc_u64(attr[PAXOS_PEER_A_HEARD_MS]);
	peer->told_used = attr[PAXOS_PEER_A_USED];
	peer->used = ipc_u16(attr[PAXOS_PEER_A_USED]);
	peer->full = ipc_u8(attr[PAXOS_PEER_A_FULL]);
	peer->member = !attr[PAXOS_PEER_A_MEMBER] || ipc_u8(attr[PAXOS_PEER_A_MEMBER]);
	peer->confirmed = attr[PAXOS_PEER_A_DISK];
	ipc_uuid(attr[PAXOS_PEER_A_DISK], peer->disk);
}

static void decode_stray(struct nlattr *nest, struct ipc_status *status)
{
	struct nlattr *attr[PAXOS_STRAY_A_MAX + 1];
	struct ipc_stray *stray;
	unsigned int kind;

	if (nla_parse_nested(attr, PAXOS_STRAY_A_MAX, nest, NULL))
		return;
	kind = ipc_u8(attr[PAXOS_STRAY_A_KIND]);
	if (!kind || kind > IPC_STRAY_KINDS)
		return;
	stray = &status->stray[kind - 1];
	stray->count = ipc_u64(attr[PAXOS_STRAY_A_COUNT]);
	stray->ago_ms = ipc_u64(attr[PAXOS_STRAY_A_AGO_MS]);
	ipc_address(attr[PAXOS_STRAY_A_ADDRESS], &stray->address);
	stray->node = ipc_u16(attr[PAXOS_STRAY_A_NODE]);
	stray->refusal = ipc_u8(attr[PAXOS_STRAY_A_REFUSAL]);
	ipc_string(attr[PAXOS_STRAY_A_WHY], stray->why, sizeof(stray->why));
}

static void decode_lists(struct nlattr *nest, struct ipc_status *status)
{
	struct nlattr *attr;
	int left;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) == PAXOS_STATUS_A_PEER && status->peers < PAXOS_NODES_MAX)
			ipc_decode_peer(attr, &status->peer[status->peers++]);
		else if (nla_type(attr) == PAXOS_STATUS_A_STRAY)
			decode_stray(attr, status);
	}
}

static void decode_replay(struct nlattr *nest, struct ipc_replay *replay)
{
	struct nlattr *attr[PAXOS_REPLAY_A_MAX + 1];

	if (!nest || nla_parse_nested(attr, PAXOS_REPLAY_A_MAX, nest, NULL))
		return;
	replay->known = true;
	replay->batches = ipc_u64(attr[PAXOS_REPLAY_A_BATCHES]);
	replay->records = ipc_u64(attr[PAXOS_REPLAY_A_RECORDS]);
	replay->slots = ipc_u64(attr[PAXOS_REPLAY_A_SLOTS]);
	replay->bytes = ipc_u64(attr[PAXOS_REPLAY_A_BYTES]);
	replay->time_us = ipc_u64(attr[PAXOS_REPLAY_A_TIME_US]);
	replay->torn = ipc_u64(attr[PAXOS_REPLAY_A_TORN]);
	replay->damaged = ipc_u64(attr[PAXOS_REPLAY_A_DAMAGED]);
	replay->first_damaged = ipc_u64(attr[PAXOS_REPLAY_A_FIRST_DAMAGED]);
	ipc_string(attr[PAXOS_REPLAY_A_LOST], replay->lost, sizeof(replay->lost));
	replay->error = ipc_u32(attr[PAXOS_REPLAY_A_ERROR]);
}

void ipc_decode_status(struct nlattr **top, struct ipc_status *status)
{
	struct nlattr *attr[PAXOS_STATUS_A_MAX + 1], *nest = top[PAXOS_A_STATUS];

	memset(status, 0, sizeof(*status));
	ipc_string(top[PAXOS_A_GROUP], status->group, sizeof(status->group));
	if (!nest || nla_parse_nested(attr, PAXOS_STATUS_A_MAX, nest, NULL))
		return;
	status->node = ipc_u16(attr[PAXOS_STATUS_A_NODE]);
	ipc_uuid(attr[PAXOS_STATUS_A_CLUSTER], status->cluster);
	status->incarnation = ipc_u64(attr[PAXOS_STATUS_A_INCARNATION]);
	status->role = ipc_u8(attr[PAXOS_STATUS_A_ROLE]);
	status->state = ipc_u8(attr[PAXOS_STATUS_A_STATE]);
	ipc_string(attr[PAXOS_STATUS_A_REASON], status->reason, sizeof(status->reason));
	status->leader = ipc_u16(attr[PAXOS_STATUS_A_LEADER]);
	status->ballot = ipc_u64(attr[PAXOS_STATUS_A_BALLOT]);
	status->voters = ipc_u8(attr[PAXOS_STATUS_A_VOTERS]);
	status->voters_up = ipc_u8(attr[PAXOS_STATUS_A_VOTERS_UP]);
	status->chosen = ipc_u64(attr[PAXOS_STATUS_A_CHOSEN]);
	status->durable = ipc_u64(attr[PAXOS_STATUS_A_DURABLE]);
	status->delivered = ipc_u64(attr[PAXOS_STATUS_A_DELIVERED]);
	status->first = ipc_u64(attr[PAXOS_STATUS_A_FIRST]);
	ipc_string(attr[PAXOS_STATUS_A_DEVICE], status->device, sizeof(status->device));
	status->disk_size = ipc_u64(attr[PAXOS_STATUS_A_DISK_SIZE]);
	status->disk_used = ipc_u64(attr[PAXOS_STATUS_A_DISK_USED]);
	status->progress = ipc_u8(attr[PAXOS_STATUS_A_PROGRESS]);
	status->mode = ipc_u8(attr[PAXOS_STATUS_A_MODE]);
	status->learn = ipc_u8(attr[PAXOS_STATUS_A_LEARN]);
	status->voter = attr[PAXOS_STATUS_A_VOTER] ? ipc_u8(attr[PAXOS_STATUS_A_VOTER]) :
						     status->role != PAXOS_ROLE_LEARNER;
	status->damaged = ipc_u64(attr[PAXOS_STATUS_A_DAMAGED]);
	status->since = attr[PAXOS_STATUS_A_STATE_MS];
	status->state_ms = ipc_u64(attr[PAXOS_STATUS_A_STATE_MS]);
	status->room = ipc_u8(attr[PAXOS_STATUS_A_ROOM]);
	status->disk_error = ipc_u32(attr[PAXOS_STATUS_A_DISK_ERROR]);
	status->snapshot = ipc_u64(attr[PAXOS_STATUS_A_SNAPSHOT]);
	decode_replay(attr[PAXOS_STATUS_A_REPLAY], &status->replay);
	status->shared = attr[PAXOS_STATUS_A_GID];
	status->gid = ipc_u32(attr[PAXOS_STATUS_A_GID]);
	status->pending = ipc_u32(attr[PAXOS_STATUS_A_PENDING]);
	ipc_address(attr[PAXOS_STATUS_A_LISTEN], &status->listen);
	decode_lists(nest, status);
}

void ipc_decode_result(struct nlattr *nest, struct ipc_result *result)
{
	struct nlattr *attr[PAXOS_RESULT_A_MAX + 1];

	memset(result, 0, sizeof(*result));
	if (nla_parse_nested(attr, PAXOS_RESULT_A_MAX, nest, NULL))
		return;
	result->cookie = ipc_u64(attr[PAXOS_RESULT_A_COOKIE]);
	result->error = ipc_u32(attr[PAXOS_RESULT_A_ERROR]);
	result->slot = ipc_u64(attr[PAXOS_RESULT_A_SLOT]);
	result->ballot = ipc_u64(attr[PAXOS_RESULT_A_BALLOT]);
	ipc_string(attr[PAXOS_RESULT_A_MESSAGE], result->message, sizeof(result->message));
}

void ipc_decode_log(struct nlattr **attr, struct ipc_log *log)
{
	log->first = ipc_u64(attr[PAXOS_A_FIRST]);
	log->chosen = ipc_u64(attr[PAXOS_A_CHOSEN]);
	log->generation = ipc_u64(attr[PAXOS_A_GENERATION]);
}

void ipc_decode_entry(struct nlattr *nest, struct ipc_entry *entry)
{
	struct nlattr *attr[PAXOS_ENTRY_A_MAX + 1], *value;

	memset(entry, 0, sizeof(*entry));
	if (nla_parse_nested(attr, PAXOS_ENTRY_A_MAX, nest, NULL))
		return;
	entry->slot = ipc_u64(attr[PAXOS_ENTRY_A_SLOT]);
	entry->ballot = ipc_u64(attr[PAXOS_ENTRY_A_BALLOT]);
	entry->origin = ipc_u16(attr[PAXOS_ENTRY_A_ORIGIN]);
	entry->type = ipc_u8(attr[PAXOS_ENTRY_A_TYPE]);
	value = attr[PAXOS_ENTRY_A_VALUE];
	if (value) {
		entry->value = nla_data(value);
		entry->length = nla_len(value);
	}
}
