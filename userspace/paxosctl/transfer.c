// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl leader transfer: another node leads from now on.
 */
#include <stdio.h>

#include "commands.h"
#include "output.h"
#include "queued.h"

int leader_transfer_run(const struct args *args)
{
	struct ipc_result result;
	struct queued queued;
	struct ipc *ipc;
	uint16_t node;
	int error, code = args_words(args, 2, 2);

	if (!code)
		code = args_node(args, 1, &node);
	ipc = code ? NULL : ipc_get(&code);
	if (!ipc)
		return code;
	queued_start(&queued, ipc, args->word[0], PAXOS_TIMEOUT_DEFAULT_MS);
	error = ipc_leader_transfer(ipc, queued.group, node, queued.timeout_ms);
	code = queued_end(&queued, error, &result);
	if (code)
		return code;
	if (settings.json)
		print_json(json_pack("{s:s,s:i}", "group", queued.group, "leader", node));
	else if (!settings.brief)
		printf("group %s: node %u leads\n", queued.group, node);
	return EXIT_DONE;
}
