// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl group add|del|list: the groups of this network namespace; down is
 * group del.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "device.h"
#include "groups.h"
#include "output.h"
#include "setting.h"
#include "text.h"

#define DEL_TIMEOUT_MS 30000	/* until the device is free: its last write may be slow */

/* In the order of enum setting, which their ids tell. */
const struct option group_add_options[] = {
	{ "device", required_argument, NULL, OPTION_FIRST + SETTING_DEVICE },
	{ "listen", required_argument, NULL, OPTION_FIRST + SETTING_LISTEN },
	{ "insecure", no_argument, NULL, OPTION_FIRST + SETTING_INSECURE },
	{ "heartbeat", required_argument, NULL, OPTION_FIRST + SETTING_HEARTBEAT },
	{ "election", required_argument, NULL, OPTION_FIRST + SETTING_ELECTION },
	{ "mode", required_argument, NULL, OPTION_FIRST + SETTING_MODE },
	{ "learn", required_argument, NULL, OPTION_FIRST + SETTING_LEARN },
	{ "role", required_argument, NULL, OPTION_FIRST + SETTING_ROLE },
	{ "node", required_argument, NULL, OPTION_FIRST + SETTING_NODE },
	{ "gid", required_argument, NULL, OPTION_FIRST + SETTING_GID },
	{ 0 },
};

static int take_option(const struct args *args, int id, const char *value,
		       struct ipc_group_add *add)
{
	enum setting setting = id - OPTION_FIRST;
	char wants[SETTING_WANTS_MAX];

	if (setting_take(setting, value ? value : "yes", add, wants))
		return EXIT_DONE;
	return args_fail(args, "--%s wants %s, not '%s'", setting_names[setting], wants, value);
}

static int check_complete(const struct args *args, const struct ipc_group_add *add)
{
	if (!add->device)
		return args_fail(args, "--device is missing");
	if (!add->listen.family)
		return args_fail(args, "--listen is missing");
	return EXIT_DONE;
}

int group_start(struct ipc *ipc, struct ipc_group_add *add, struct ipc_group *group)
{
	uint64_t size;
	int error, code = device_open(add->device, &add->device_fd, &size);

	if (code)
		return code;
	error = ipc_group_add(ipc, add, group);
	close(add->device_fd);	/* before group del, or that would not free the device */
	return error ? ipc_fail(ipc, error) : EXIT_DONE;
}

int group_stop(struct ipc *ipc, const char *name)
{
	int error = ipc_group_del(ipc, name,
				  settings.timeout_ms ? settings.timeout_ms : DEL_TIMEOUT_MS);

	return error ? ipc_fail(ipc, error) : EXIT_DONE;
}

int group_add_run(const struct args *args)
{
	struct ipc_group_add add = { 0 };
	struct ipc_group group;
	char cluster[UUID_TEXT_MAX];
	struct ipc *ipc;
	int code = args_words(args, 1, 1);

	for (unsigned int i = 0; !code && i < args->options; i++)
		code = take_option(args, args->option[i].id, args->option[i].value, &add);
	if (!code)
		code = check_complete(args, &add);
	if (code)
		return code;
	add.name = args->word[0];
	ipc = ipc_get(&code);
	if (ipc)
		code = group_start(ipc, &add, &group);
	if (code)
		return code;
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
	int code = args_words(args, 1, 1);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (ipc)
		code = group_stop(ipc, args->word[0]);
	if (code)
		return code;
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
