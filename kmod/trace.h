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

#include "compat.h"

struct paxos_recovery;

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
