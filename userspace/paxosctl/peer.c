// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl peer add|del|list: where the other nodes of a group are reached.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "node.h"
#include "output.h"
#include "peers.h"
#include "text.h"

int peer_add_run(const struct args *args)
{
	char text[ADDRESS_TEXT_MAX];
	union address address;
	uint16_t node;
	struct ipc *ipc;
	int error, code = args_words(args, 3, 3);

	if (!code)
		code = args_node(args, 1, &node);
	if (code)
		return code;
	if (!address_parse(args->word[2], &address))
		return args_fail(args, "'%s' is no address: " ADDRESS_FORMS, args->word[2]);
	ipc = ipc_get(&code);
	if (!ipc)
		return code;
	error = ipc_peer_add(ipc, args->word[0], node, &address);
	if (error)
		return ipc_fail(ipc, error);
	address_print(&address, text);
	if (settings.json)
		print_json(json_pack("{s:s,s:i,s:s}", "group", args->word[0], "id", node,
				     "address", text));
	else if (!settings.brief)
		printf("group %s: node %u is at %s\n", args->word[0], node, text);
	return EXIT_DONE;
}

int peer_del_run(const struct args *args)
{
	uint16_t node;
	struct ipc *ipc;
	int error, code = args_words(args, 2, 2);

	if (!code)
		code = args_node(args, 1, &node);
	if (code)
		return code;
	ipc = ipc_get(&code);
	if (!ipc)
		return code;
	error = ipc_peer_del(ipc, args->word[0], node);
	if (error)
		return ipc_fail(ipc, error);
	if (settings.json)
		print_json(json_pack("{s:s,s:i}", "group", args->word[0], "id", node));
	else if (!settings.brief)
		printf("group %s: address of node %u forgotten\n", args->word[0], node);
	return EXIT_DONE;
}

json_t *peer_json(const struct ipc_peer *peer)
{
	char text[ADDRESS_TEXT_MAX], disk[UUID_TEXT_MAX];
	json_t *json = json_pack("{s:i}", "id", peer->node);

	json_object_set_new(json, "address", peer->address.family ?
			    json_string(address_print(&peer->address, text)) : json_null());
	json_object_set_new(json, "voter", json_boolean(peer->voter));
	json_object_set_new(json, "health", json_string(text_health(peer->health)));
	json_object_set_new(json, "rtt_us",
			    peer->rtt_us ? json_integer(peer->rtt_us) : json_null());
	json_object_set_new(json, "heard_ms",
			    peer->heard ? json_integer(peer->heard_ms) : json_null());
	json_object_set_new(json, "used_permille",
			    peer->told_used ? json_integer(peer->used) : json_null());
	json_object_set_new(json, "full", json_boolean(peer->full));
	json_object_set_new(json, "chosen", json_integer(peer->chosen));
	json_object_set_new(json, "member", json_boolean(peer->member));
	json_object_set_new(json, "disk", peer->confirmed ?
			    json_string(text_uuid(peer->disk, disk)) : json_null());
	return json;
}

/* How long ago its last message came. */
void peer_heard_cell(struct table *table, const struct ipc_peer *peer)
{
	char text[AGE_TEXT_MAX];

	if (peer->heard)
		table_cell(table, COLOR_NONE, "%s", text_age(peer->heard_ms, text));
	else
		table_cell(table, COLOR_NONE, "never");
}

void peer_rtt_cell(struct table *table, const struct ipc_peer *peer)
{
	if (peer->rtt_us)
		table_cell(table, COLOR_NONE, "%u.%03u ms", peer->rtt_us / 1000,
			   peer->rtt_us % 1000);
	else
		table_cell(table, COLOR_NONE, "-");
}

static void print_peers(const struct ipc_peer *list, unsigned int count)
{
	static const char * const head[] = {
		"ID", "ADDRESS", "VOTER", "HEALTH", "HEARD", "RTT", "CHOSEN",
	};
	unsigned int columns = sizeof(head) / sizeof(head[0]);
	struct table *table = table_new(columns);
	char text[ADDRESS_TEXT_MAX];

	for (unsigned int i = 0; count && i < columns; i++)
		table_cell(table, COLOR_HEAD, "%s", head[i]);
	for (unsigned int i = 0; i < count; i++) {
		table_cell(table, COLOR_NONE, "%u", list[i].node);
		table_cell(table, COLOR_NONE, "%s", address_print(&list[i].address, text));
		table_cell(table, COLOR_NONE, "%s", list[i].voter ? "yes" : "no");
		table_cell(table, health_color(list[i].health), "%s",
			   text_health(list[i].health));
		peer_heard_cell(table, &list[i]);
		peer_rtt_cell(table, &list[i]);
		table_cell(table, COLOR_NONE, "%" PRIu64, list[i].chosen);
	}
	table_print(table);
}

int peer_list_run(const struct args *args)
{
	struct ipc_peer *list;
	unsigned int count;
	int error, code = args_words(args, 1, 1);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	error = ipc_peer_list(ipc, args->word[0], &list, &count);
	if (error)
		return ipc_fail(ipc, error);
	if (settings.json) {
		json_t *array = json_array();

		for (unsigned int i = 0; i < count; i++)
			json_array_append_new(array, peer_json(&list[i]));
		print_json(array);
	} else if (settings.brief) {
		for (unsigned int i = 0; i < count; i++)
			printf("%u\n", list[i].node);
	} else {
		print_peers(list, count);
	}
	free(list);
	return EXIT_DONE;
}
