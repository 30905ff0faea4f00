// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl trim and snapshot-installed: what an application that keeps its own
 * snapshots tells the node.  The first gives room back, the second lets a node
 * learn on that was behind every peer's trim point.
 */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "output.h"
#include "queued.h"

static int slot_words(const struct args *args, uint64_t *slot)
{
	int code = args_words(args, 2, 2);

	if (!code && !parse_u64(args->word[1], 1, INT64_MAX, slot))
		code = args_fail(args, "'%s' is no slot", args->word[1]);
	return code;
}

int trim_run(const struct args *args)
{
	struct ipc_result result;
	struct queued queued;
	uint64_t slot;
	int error, code = slot_words(args, &slot);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	queued_start(&queued, ipc, args->word[0], PAXOS_TIMEOUT_DEFAULT_MS);
	error = ipc_trim(ipc, queued.group, slot, queued.timeout_ms);
	code = queued_end(&queued, error, &result);
	if (code)
		return code;
	if (settings.json)
		print_json(json_pack("{s:s,s:I,s:I}", "group", queued.group,
				     "trimmed", (json_int_t)result.slot,
				     "first", (json_int_t)result.slot + 1));
	else if (settings.brief)
		printf("%" PRIu64 "\n", result.slot);
	else
		printf("group %s: trimmed through slot %" PRIu64 "\n", queued.group, result.slot);
	return EXIT_DONE;
}

int snapshot_installed_run(const struct args *args)
{
	struct ipc_result result;
	struct queued queued;
	uint64_t slot;
	int error, code = slot_words(args, &slot);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	queued_start(&queued, ipc, args->word[0], PAXOS_TIMEOUT_DEFAULT_MS);
	error = ipc_snapshot_installed(ipc, queued.group, slot, queued.timeout_ms);
	code = queued_end(&queued, error, &result);
	if (code)
		return code;
	if (settings.json)
		print_json(json_pack("{s:s,s:I,s:I}", "group", queued.group,
				     "installed", (json_int_t)result.slot,
				     "first", (json_int_t)result.slot + 1));
	else if (!settings.brief)
		printf("group %s: learns on from slot %" PRIu64 "\n", queued.group,
		       result.slot + 1);
	return EXIT_DONE;
}
