// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl barrier: a slot for a linearizable read.
 *
 * Whoever has learned all through the slot has seen every value that was answered
 * before the command was given.
 */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "output.h"
#include "queued.h"

int barrier_run(const struct args *args)
{
	struct ipc_result result;
	struct queued queued;
	uint64_t took_us;
	int code = args_words(args, 1, 1);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	queued_start(&queued, ipc, args->word[0], PAXOS_TIMEOUT_DEFAULT_MS);
	code = queued_end(&queued, ipc_barrier(ipc, queued.group, queued.timeout_ms), &result);
	if (code)
		return code;
	took_us = now_us() - queued.start_us;
	if (settings.json)
		print_json(json_pack("{s:I,s:I}", "slot", (json_int_t)result.slot,
				     "latency_us", (json_int_t)took_us));
	else if (settings.brief)
		printf("%" PRIu64 "\n", result.slot);
	else
		printf("slot %" PRIu64 "  %" PRIu64 ".%03u ms\n", result.slot, took_us / 1000,
		       (unsigned int)(took_us % 1000));
	return EXIT_DONE;
}
