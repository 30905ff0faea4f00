// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl member list|add|promote|remove|replace: who belongs to a group.
 *
 * A change is done when the new configuration has taken effect, or failed.  The
 * kernel makes a voter only of a node that has caught up, and says so at once; here
 * that is waited for, with a line that shows how far the node has come.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "commands.h"
#include "node.h"
#include "output.h"
#include "peers.h"
#include "queued.h"
#include "text.h"

#define TIMEOUT_MS 60000	/* without --timeout: catching up may take a while */
#define RETRY_MS 200

struct change {
	struct queued queued;
	struct ipc_member_change request;
	struct progress progress;
	uint16_t watched;	/* the node that catches up; 0: none */
};

static void show_node(struct change *change, const struct ipc_status *status,
		      const struct ipc_peer *peer)
{
	uint64_t behind = peer_lag(peer, status->chosen);
	char note[96];

	if (peer->health == PAXOS_HEALTH_UNREACHABLE)
		snprintf(note, sizeof(note), "waiting for node %u to answer", peer->node);
	else
		snprintf(note, sizeof(note), "node %u is at slot %" PRIu64 ", %" PRIu64 " behind",
			 peer->node, peer->chosen, behind);
	change->progress.total = status->chosen;
	progress_update(&change->progress, peer->chosen, note);
}

static void show_catch_up(void *context)
{
	struct change *change = context;
	struct ipc_status status;

	if (!change->progress.active ||
	    ipc_status(change->queued.ipc, change->queued.group, &status))
		return;
	for (unsigned int i = 0; i < status.peers; i++) {
		if (status.peer[i].node == change->watched) {
			show_node(change, &status, &status.peer[i]);
			return;
		}
	}
	change->progress.total = 0;
	progress_update(&change->progress, 0, "waiting for the group to agree");
}

static int try_change(struct change *change, struct ipc_result *result)
{
	int error;

	change->request.timeout_ms = queued_left_ms(&change->queued);
	error = ipc_member_change(change->queued.ipc, &change->request);
	return queued_await(&change->queued, error, result);
}

/* As try_change(), but what is too early is tried again. */
static int keep_trying(struct change *change, struct ipc_result *result)
{
	static const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000l };

	for (;;) {
		int error = try_change(change, result);

		if (error ? error != -EAGAIN : result->error != EAGAIN)
			return error;
		if (queued_is_over(&change->queued))
			return error;
		show_catch_up(change);
		nanosleep(&pause, NULL);
	}
}

static int run_change(struct change *change, struct ipc_result *result)
{
	int error;

	change->queued.context = change;
	change->queued.meanwhile = show_catch_up;
	change->request.group = change->queued.group;
	change->request.force = settings.force;
	progress_start(&change->progress, "catching up", 0);
	if (!change->progress.active)
		change->queued.meanwhile = NULL;
	error = keep_trying(change, result);
	progress_end(&change->progress);
	if (!error && result->error == ESTALE)
		return fail(EXIT_REFUSED, "%s", result->message[0] ? result->message :
			    "another change came first: nothing was changed");
	return queued_judge(&change->queued, error, result);
}

static const char *op_name(unsigned int op)
{
	switch (op) {
	case PAXOS_MEMBER_ADD:
		return "add";
	case PAXOS_MEMBER_PROMOTE:
		return "promote";
	case PAXOS_MEMBER_REMOVE:
		return "remove";
	}
	return "replace";
}

static void print_changed(const struct change *change, uint64_t slot)
{
	const struct ipc_member_change *request = &change->request;

	printf("group %s: ", request->group);
	switch (request->op) {
	case PAXOS_MEMBER_ADD:
		printf("node %u is a learner", request->node);
		break;
	case PAXOS_MEMBER_PROMOTE:
		printf("node %u is a voter", request->node);
		break;
	case PAXOS_MEMBER_REMOVE:
		printf("node %u is no member any more", request->node);
		break;
	case PAXOS_MEMBER_REPLACE:
		printf("node %u is a voter in place of node %u", request->other, request->node);
		break;
	}
	printf(" (configuration of slot %" PRIu64 ")\n", slot);
}

static void print_changed_json(const struct change *change, uint64_t slot)
{
	const struct ipc_member_change *request = &change->request;
	json_t *json = json_pack("{s:s,s:s,s:i,s:I}", "group", request->group,
				 "change", op_name(request->op), "id", request->node,
				 "slot", (json_int_t)slot);

	if (request->other)
		json_object_set_new(json, "by", json_integer(request->other));
	print_json(json);
}

/* @change->request has its operation, nodes and address. */
static int member_change(const struct args *args, struct change *change)
{
	struct ipc_result result;
	struct ipc *ipc;
	int code;

	ipc = ipc_get(&code);
	if (!ipc)
		return code;
	queued_start(&change->queued, ipc, args->word[0], TIMEOUT_MS);
	code = run_change(change, &result);
	if (code)
		return code;
	if (settings.json)
		print_changed_json(change, result.slot);
	else if (settings.brief)
		printf("%" PRIu64 "\n", result.slot);
	else
		print_changed(change, result.slot);
	return EXIT_DONE;
}

int member_add_run(const struct args *args)
{
	struct change change = { .request.op = PAXOS_MEMBER_ADD };
	int code = args_words(args, 3, 3);

	if (!code)
		code = args_node(args, 1, &change.request.node);
	if (code)
		return code;
	if (!address_parse(args->word[2], &change.request.address))
		return args_fail(args, "'%s' is no address: " ADDRESS_FORMS, args->word[2]);
	change.watched = change.request.node;
	return member_change(args, &change);
}

int member_promote_run(const struct args *args)
{
	struct change change = { .request.op = PAXOS_MEMBER_PROMOTE };
	int code = args_words(args, 2, 2);

	if (!code)
		code = args_node(args, 1, &change.request.node);
	change.watched = change.request.node;
	return code ? code : member_change(args, &change);
}

int member_remove_run(const struct args *args)
{
	struct change change = { .request.op = PAXOS_MEMBER_REMOVE };
	int code = args_words(args, 2, 2);

	if (!code)
		code = args_node(args, 1, &change.request.node);
	return code ? code : member_change(args, &change);
}

int member_replace_run(const struct args *args)
{
	struct change change = { .request.op = PAXOS_MEMBER_REPLACE };
	int code = args_words(args, 3, 3);

	if (!code)
		code = args_node(args, 1, &change.request.node);
	if (!code)
		code = args_node(args, 2, &change.request.other);
	if (!code && change.request.node == change.request.other)
		code = args_fail(args, "node %u cannot replace itself", change.request.node);
	change.watched = change.request.other;
	return code ? code : member_change(args, &change);
}

static json_t *members_json(const char *group, const struct ipc_peer *list, unsigned int count,
			    uint64_t slot)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < count; i++)
		json_array_append_new(array, peer_json(&list[i]));
	return json_pack("{s:s,s:I,s:o}", "group", group, "slot", (json_int_t)slot,
			 "members", array);
}

static void print_members(const struct ipc_peer *list, unsigned int count)
{
	static const char * const head[] = { "ID", "ADDRESS", "VOTER", "HEALTH", "CHOSEN", "DISK" };
	char text[ADDRESS_TEXT_MAX], disk[UUID_TEXT_MAX];
	struct table *table = table_new(6);

	for (int i = 0; count && i < 6; i++)
		table_cell(table, COLOR_HEAD, "%s", head[i]);
	for (unsigned int i = 0; i < count; i++) {
		table_cell(table, COLOR_NONE, "%u", list[i].node);
		table_cell(table, COLOR_NONE, "%s", address_print(&list[i].address, text));
		table_cell(table, COLOR_NONE, "%s", list[i].voter ? "yes" : "no");
		table_cell(table, health_color(list[i].health), "%s",
			   text_health(list[i].health));
		table_cell(table, COLOR_NONE, "%" PRIu64, list[i].chosen);
		table_cell(table, COLOR_NONE, "%s",
			   list[i].confirmed ? text_uuid(list[i].disk, disk) : "-");
	}
	table_print(table);
}

int member_list_run(const struct args *args)
{
	struct ipc_peer *list;
	unsigned int count;
	uint64_t slot;
	int error, code = args_words(args, 1, 1);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	error = ipc_member_list(ipc, args->word[0], &list, &count, &slot);
	if (error)
		return ipc_fail(ipc, error);
	if (settings.json) {
		print_json(members_json(args->word[0], list, count, slot));
	} else if (settings.brief) {
		for (unsigned int i = 0; i < count; i++)
			printf("%u\n", list[i].node);
	} else {
		print_members(list, count);
	}
	free(list);
	return EXIT_DONE;
}
