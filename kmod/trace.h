/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, paxos:*, for perf, bpftrace and tracefs: fields are named and counted as
 * in status and in the kernel log.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM paxos

#if !defined(_PAXOS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PAXOS_TRACE_H

#include <linux/tracepoint.h>

#include "../include/uapi/linux/paxos.h"
#include "compat.h"
#include "core/message.h"

struct paxos_recovery;

#define paxos_show_state(value) \
	__print_symbolic(value, \
		{ PAXOS_STATE_STARTING, "starting" }, \
		{ PAXOS_STATE_UNCONFIRMED, "unconfirmed" }, \
		{ PAXOS_STATE_OK, "ok" }, \
		{ PAXOS_STATE_FORGOTTEN, "forgotten" }, \
		{ PAXOS_STATE_SUSPENDED, "suspended" }, \
		{ PAXOS_STATE_NO_QUORUM, "no-quorum" }, \
		{ PAXOS_STATE_REMOVED, "removed" }, \
		{ PAXOS_STATE_SNAPSHOT_NEEDED, "snapshot-needed" }, \
		{ PAXOS_STATE_JOINING, "joining" })

#define paxos_show_message(value) \
	__print_symbolic(value, \
		{ PAXOS_HELLO, "hello" }, \
		{ PAXOS_REFUSED, "refused" }, \
		{ PAXOS_PREVOTE, "prevote" }, \
		{ PAXOS_PREVOTE_YES, "prevote-yes" }, \
		{ PAXOS_PREPARE, "prepare" }, \
		{ PAXOS_PROMISE, "promise" }, \
		{ PAXOS_NACK, "nack" }, \
		{ PAXOS_ACCEPT, "accept" }, \
		{ PAXOS_ACCEPTED, "accepted" }, \
		{ PAXOS_HEARTBEAT, "heartbeat" }, \
		{ PAXOS_HEARTBEAT_ACK, "heartbeat-ack" }, \
		{ PAXOS_FORWARD, "forward" }, \
		{ PAXOS_LEARN, "learn" }, \
		{ PAXOS_LEARNT, "learnt" }, \
		{ PAXOS_TRIMMED, "trimmed" }, \
		{ PAXOS_BARRIER, "barrier" }, \
		{ PAXOS_BARRIER_ANSWER, "barrier-answer" }, \
		{ PAXOS_TRANSFER, "transfer" }, \
		{ PAXOS_TABLE_WANTED, "table-wanted" }, \
		{ PAXOS_TABLE, "table" }, \
		{ PAXOS_MISSING, "missing" })

/* A start is over, well or not. */
TRACE_EVENT(paxos_recovery,
	TP_PROTO(const char *device, const struct paxos_recovery *found),
	TP_ARGS(device, found),
	TP_STRUCT__entry(
		__string(device, device)
		__string(lost, found->lost ?: "")
		__field(u64, batches)
		__field(u64, records)
		__field(u64, slots)
		__field(u64, bytes)
		__field(u64, torn)
		__field(u64, damaged)
		__field(u64, first_damaged)
		__field(u64, took_us)
		__field(int, error)
	),
	TP_fast_assign(
		paxos_assign_str(device, device);
		paxos_assign_str(lost, found->lost ?: "");
		__entry->batches = found->batches;
		__entry->records = found->records;
		__entry->slots = found->slots;
		__entry->bytes = found->bytes;
		__entry->torn = found->torn;
		__entry->damaged = found->damaged;
		__entry->first_damaged = found->first_damaged;
		__entry->took_us = found->took_us;
		__entry->error = found->error;
	),
	TP_printk("%s batches=%llu records=%llu slots=%llu bytes=%llu torn=%llu damaged=%llu first_damaged=%llu took_us=%llu error=%d lost=\"%s\"",
		  __get_str(device), __entry->batches, __entry->records, __entry->slots,
		  __entry->bytes, __entry->torn, __entry->damaged, __entry->first_damaged,
		  __entry->took_us, __entry->error, __get_str(lost))
);

/* The state of this node, as status tells it, is another; @reason may be empty. */
TRACE_EVENT(paxos_state,
	TP_PROTO(const char *group, u16 node, u8 now, u8 was, const char *reason),
	TP_ARGS(group, node, now, was, reason),
	TP_STRUCT__entry(
		__array(char, group, PAXOS_NAME_MAX + 1)
		__string(reason, reason)
		__field(u16, node)
		__field(u8, now)
		__field(u8, was)
	),
	TP_fast_assign(
		strscpy(__entry->group, group, sizeof(__entry->group));
		paxos_assign_str(reason, reason);
		__entry->node = node;
		__entry->now = now;
		__entry->was = was;
	),
	TP_printk("%s node=%u now=%s was=%s reason=\"%s\"", __entry->group, __entry->node,
		  paxos_show_state(__entry->now), paxos_show_state(__entry->was),
		  __get_str(reason))
);

/* This node sees another one lead, or nobody: @leader 0. */
TRACE_EVENT(paxos_leader,
	TP_PROTO(const char *group, u16 node, u16 leader, u64 ballot),
	TP_ARGS(group, node, leader, ballot),
	TP_STRUCT__entry(
		__array(char, group, PAXOS_NAME_MAX + 1)
		__field(u16, node)
		__field(u16, leader)
		__field(u64, ballot)
	),
	TP_fast_assign(
		strscpy(__entry->group, group, sizeof(__entry->group));
		__entry->node = node;
		__entry->leader = leader;
		__entry->ballot = ballot;
	),
	TP_printk("%s node=%u leader=%u ballot=%llu.%llu", __entry->group, __entry->node,
		  __entry->leader, __entry->ballot >> 16, __entry->ballot & 0xffff)
);

/* A message came, whole; what @ballot and @slot are, is its type's to say: core/message.h. */
TRACE_EVENT(paxos_message,
	TP_PROTO(const char *group, u16 node, u16 from, u8 type, u64 ballot, u64 slot),
	TP_ARGS(group, node, from, type, ballot, slot),
	TP_STRUCT__entry(
		__array(char, group, PAXOS_NAME_MAX + 1)
		__field(u16, node)
		__field(u16, from)
		__field(u8, type)
		__field(u64, ballot)
		__field(u64, slot)
	),
	TP_fast_assign(
		strscpy(__entry->group, group, sizeof(__entry->group));
		__entry->node = node;
		__entry->from = from;
		__entry->type = type;
		__entry->ballot = ballot;
		__entry->slot = slot;
	),
	TP_printk("%s node=%u from=%u %s ballot=%llu.%llu slot=%llu", __entry->group,
		  __entry->node, __entry->from, paxos_show_message(__entry->type),
		  __entry->ballot >> 16, __entry->ballot & 0xffff, __entry->slot)
);

/* A slot is chosen, and all before it: it can be learned here from now on. */
TRACE_EVENT(paxos_chosen,
	TP_PROTO(const char *group, u16 node, u64 slot, u64 ballot, u8 type, u32 bytes),
	TP_ARGS(group, node, slot, ballot, type, bytes),
	TP_STRUCT__entry(
		__array(char, group, PAXOS_NAME_MAX + 1)
		__field(u16, node)
		__field(u64, slot)
		__field(u64, ballot)
		__field(u8, type)
		__field(u32, bytes)
	),
	TP_fast_assign(
		strscpy(__entry->group, group, sizeof(__entry->group));
		__entry->node = node;
		__entry->slot = slot;
		__entry->ballot = ballot;
		__entry->type = type;
		__entry->bytes = bytes;
	),
	TP_printk("%s node=%u slot=%llu ballot=%llu.%llu type=%u bytes=%u", __entry->group,
		  __entry->node, __entry->slot, __entry->ballot >> 16,
		  __entry->ballot & 0xffff, __entry->type, __entry->bytes)
);

/* A proposal of a caller of this node is answered: @error 0: it is chosen. */
TRACE_EVENT(paxos_answered,
	TP_PROTO(const char *group, u16 node, u64 slot, u64 took_us, int error),
	TP_ARGS(group, node, slot, took_us, error),
	TP_STRUCT__entry(
		__array(char, group, PAXOS_NAME_MAX + 1)
		__field(u16, node)
		__field(u64, slot)
		__field(u64, took_us)
		__field(int, error)
	),
	TP_fast_assign(
		strscpy(__entry->group, group, sizeof(__entry->group));
		__entry->node = node;
		__entry->slot = slot;
		__entry->took_us = took_us;
		__entry->error = error;
	),
	TP_printk("%s node=%u slot=%llu took_us=%llu error=%d", __entry->group,
		  __entry->node, __entry->slot, __entry->took_us, __entry->error)
);

/* A batch leaves for the device. */
TRACE_EVENT(paxos_journal_write,
	TP_PROTO(const char *device, u64 sequence, u64 address, u32 bytes),
	TP_ARGS(device, sequence, address, bytes),
	TP_STRUCT__entry(
		__string(device, device)
		__field(u64, sequence)
		__field(u64, address)
		__field(u32, bytes)
	),
	TP_fast_assign(
		paxos_assign_str(device, device);
		__entry->sequence = sequence;
		__entry->address = address;
		__entry->bytes = bytes;
	),
	TP_printk("%s sequence=%llu address=%llu bytes=%u", __get_str(device),
		  __entry->sequence, __entry->address, __entry->bytes)
);

/* It is durable, or the journal has failed: fail-stop. */
TRACE_EVENT(paxos_journal_written,
	TP_PROTO(const char *device, u64 sequence, u32 bytes, int error),
	TP_ARGS(device, sequence, bytes, error),
	TP_STRUCT__entry(
		__string(device, device)
		__field(u64, sequence)
		__field(u32, bytes)
		__field(int, error)
	),
	TP_fast_assign(
		paxos_assign_str(device, device);
		__entry->sequence = sequence;
		__entry->bytes = bytes;
		__entry->error = error;
	),
	TP_printk("%s sequence=%llu bytes=%u error=%d", __get_str(device), __entry->sequence,
		  __entry->bytes, __entry->error)
);

#endif /* _PAXOS_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
