// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl group add|del|list: the groups of this network namespace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "device.h"
#include "output.h"
#include "text.h"

#define DEL_TIMEOUT_MS 30000	/* until the device is free: its last write may be slow */

enum {
	OPTION_DEVICE = OPTION_FIRST,
	OPTION_LISTEN,
	OPTION_INSECURE,
	OPTION_HEARTBEAT,
	OPTION_ELECTION,
	OPTION_MODE,
	OPTION_LEARN,
	OPTION_ROLE,
	OPTION_NODE,
};

const struct option group_add_options[] = {
	{ "device", required_argument, NULL, OPTION_DEVICE },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "insecure", no_argument, NULL, OPTION_INSECURE },
	{ "heartbeat", required_argument, NULL, OPTION_HEARTBEAT },
	{ "election", required_argument, NULL, OPTION_ELECTION },
	{ "mode", required_argument, NULL, OPTION_MODE },
	{ "learn", required_argument, NULL, OPTION_LEARN },
	{ "role", required_argument, NULL, OPTION_ROLE },
	{ "node", required_argument, NULL, OPTION_NODE },
	{ 0 },
};

static int parse_ms(const struct args *args, const char *name, const char *text, uint64_t most,
		    uint32_t *value_ms)
{
	uint64_t number;

	if (!parse_u64(text, 1, most, &number))
		return args_fail(args, "%s wants milliseconds, at most %u", name,
				 (unsigned int)most);
	*value_ms = number;
	return EXIT_DONE;
}

/* An option that wants one of two words, and what they stand for. */
struct choice {
	const char *option;
	const char *word[2];
	uint8_t number[2];
};

static int parse_choice(const struct args *args, const struct choice *choice, const char *text,
			uint8_t *number)
{
	for (int i = 0; i < 2; i++) {
		if (!strcmp(text, choice->word[i])) {
			*number = choice->number[i];
			return EXIT_DONE;
		}
	}
	return args_fail(args, "%s wants %s or %s, not '%s'", choice->option, choice->word[0],
			 choice->word[1], text);
}

static const struct choice mode_choice = {
	"--mode", { "multi", "basic" }, { PAXOS_MODE_MULTI, PAXOS_MODE_BASIC }
};

static const struct choice learn_choice = {
	"--learn", { "leader", "broadcast" }, { PAXOS_LEARN_LEADER, PAXOS_LEARN_BROADCAST }
};

static const struct choice role_choice = {
	"--role", { "voter", "learner" }, { PAXOS_ROLE_FOLLOWER, PAXOS_ROLE_LEARNER }
};

static int take_option(const struct args *args, int id, const char *value,
		       struct ipc_group_add *add)
{
	switch (id) {
	case OPTION_DEVICE:
		add->device = value;
		break;
	case OPTION_LISTEN:
		if (!address_parse(value, &add->listen))
			return args_fail(args, "--listen wants " ADDRESS_FORMS ", not '%s'", value);
		break;
	case OPTION_INSECURE:
		add->insecure = true;
		break;
	case OPTION_HEARTBEAT:
		return parse_ms(args, "--heartbeat", value, PAXOS_HEARTBEAT_MAX_MS,
				&add->heartbeat_ms);
	case OPTION_ELECTION:
		return parse_ms(args, "--election", value, PAXOS_ELECTION_MAX_MS,
				&add->election_ms);
	case OPTION_MODE:
		return parse_choice(args, &mode_choice, value, &add->mode);
	case OPTION_LEARN:
		return parse_choice(args, &learn_choice, value, &add->learn);
	case OPTION_ROLE:
		return parse_choice(args, &role_choice, value, &add->role);
	case OPTION_NODE:
		if (!parse_node(value, &add->node))
			return args_fail(args, "--node wants a node id, 1 to %u, not '%s'",
					 PAXOS_NODE_ID_MAX, value);
		break;
	}
	return EXIT_DONE;
}

static int check_complete(const struct args *args, const struct ipc_group_add *add)
{
	if (!add->device)
		return args_fail(args, "--device is missing");
	if (!add->listen.family)
		return args_fail(args, "--listen is missing");
	return EXIT_DONE;
}

int group_add_run(const struct args *args)
{
	struct ipc_group_add add = { 0 };
	struct ipc_group group;
	char cluster[UUID_TEXT_MAX];
	struct ipc *ipc;
	uint64_t size;
	int error, code = args_words(args, 1, 1);

	for (unsigned int i = 0; !code && i < args->options; i++)
		code = take_option(args, args->option[i].id, args->option[i].value, &add);
	if (!code)
		code = check_complete(args, &add);
	if (code)
		return code;
	add.name = args->word[0];
	ipc = ipc_get(&code);
	if (!ipc)
		return code;
	code = device_open(add.device, &add.device_fd, &size);
	if (code)
		return code;
	error = ipc_group_add(ipc, &add, &group);
	close(add.device_fd);	/* before group del, or that would not free the device */
	if (error)
		return ipc_fail(ipc, error);
	text_uuid(group.cluster, cluster);
	if (settings.json)
		print_json(json_pack("{s:s,s:i,s:s}", "group", add.name, "node", group.node,
				     "cluster", cluster));
	else if (!settings.brief)
		printf("group %s: node %u of cluster %s\n", add.name, group.node, cluster);
	return EXIT_DONE;
}

int group_del_run(const struct args *args)
{
	int error, code = args_words(args, 1, 1);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	error = ipc_group_del(ipc, args->word[0],
			      settings.timeout_ms ? settings.timeout_ms : DEL_TIMEOUT_MS);
	if (error)
		return ipc_fail(ipc, error);
	if (settings.json)
		print_json(json_pack("{s:s}", "group", args->word[0]));
	else if (!settings.brief)
		printf("group %s: deleted\n", args->word[0]);
	return EXIT_DONE;
}

static json_t *group_json(const struct ipc_group *group)
{
	char cluster[UUID_TEXT_MAX], listen[ADDRESS_TEXT_MAX];

	return json_pack("{s:s,s:i,s:s,s:s,s:s}", "group", group->name, "node", group->node,
			 "cluster", text_uuid(group->cluster, cluster),
			 "device", group->device,
			 "listen", address_print(&group->listen, listen));
}

static void print_groups(const struct ipc_group *list, unsigned int count)
{
	static const char * const head[] = { "GROUP", "NODE", "LISTEN", "DEVICE", "CLUSTER" };
	char cluster[UUID_TEXT_MAX], listen[ADDRESS_TEXT_MAX];
	struct table *table = table_new(5);

	for (int i = 0; count && i < 5; i++)
		table_cell(table, COLOR_HEAD, "%s", head[i]);
	for (unsigned int i = 0; i < count; i++) {
		table_cell(table, COLOR_NONE, "%s", list[i].name);
		table_cell(table, COLOR_NONE, "%u", list[i].node);
		table_cell(table, COLOR_NONE, "%s", address_print(&list[i].listen, listen));
		table_cell(table, COLOR_NONE, "%s", list[i].device);
		table_cell(table, COLOR_NONE, "%s", text_uuid(list[i].cluster, cluster));
	}
	table_print(table);
}

int group_list_run(const struct args *args)
{
	struct ipc_group *list;
	unsigned int count;
	int error, code = args_words(args, 0, 0);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	error = ipc_group_list(ipc, &list, &count);
	if (error)
		return ipc_fail(ipc, error);
	if (settings.json) {
		json_t *array = json_array();

		for (unsigned int i = 0; i < count; i++)
			json_array_append_new(array, group_json(&list[i]));
		print_json(array);
	} else if (settings.brief) {
		for (unsigned int i = 0; i < count; i++)
			puts(list[i].name);
	} else {
		print_groups(list, count);
	}
	free(list);
	return EXIT_DONE;
}
