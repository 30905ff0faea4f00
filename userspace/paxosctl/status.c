// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl status and leader: what this node knows of its groups.
 *
 * Text is a header and a table with one row per node, this node first; JSON is
 * the contract of INTERFACES.md: one object for a named group, an array of them
 * for all.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "node.h"
#include "output.h"
#include "peers.h"
#include "text.h"
#include "why.h"

#define CRYPTO "none"	/* until groups can encrypt */

static json_t *peers_json(const struct ipc_status *status)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < status->peers; i++) {
		json_t *json = peer_json(&status->peer[i]);

		json_object_set_new(json, "lag",
				    json_integer(peer_lag(&status->peer[i], status->chosen)));
		json_array_append_new(array, json);
	}
	return array;
}

static void put_integer(json_t *json, const char *key, uint64_t value)
{
	json_object_set_new(json, key, json_integer(value));
}

/* What is not there is null: a script can ask for it all the same. */
static json_t *integer_or_null(uint64_t value)
{
	return value ? json_integer(value) : json_null();
}

static json_t *replay_json(const struct ipc_replay *replay)
{
	if (!replay->known)
		return json_null();
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:o,s:I,s:o,s:o,s:o}",
			 "batches", (json_int_t)replay->batches,
			 "records", (json_int_t)replay->records,
			 "slots", (json_int_t)replay->slots,
			 "bytes", (json_int_t)replay->bytes,
			 "time_us", (json_int_t)replay->time_us,
			 "torn", integer_or_null(replay->torn),
			 "damaged", (json_int_t)replay->damaged,
			 "first_damaged", integer_or_null(replay->first_damaged),
			 "lost", replay->lost[0] ? json_string(replay->lost) : json_null(),
			 "error", replay->error ? json_string(strerror(replay->error)) :
						  json_null());
}

static json_t *status_json(const struct ipc_status *status)
{
	char cluster[UUID_TEXT_MAX], ballot[BALLOT_TEXT_MAX], listen[ADDRESS_TEXT_MAX];
	json_t *json = json_pack("{s:s,s:s,s:i,s:I,s:s,s:s,s:s}", "group", status->group,
				 "cluster", text_uuid(status->cluster, cluster),
				 "node", status->node,
				 "incarnation", (json_int_t)status->incarnation,
				 "address", address_print(&status->listen, listen),
				 "role", text_role(status->role),
				 "state", text_state(status->state));

	if (status->reason[0])
		json_object_set_new(json, "reason", json_string(status->reason));
	json_object_set_new(json, "advice", why_advice_json(status));
	json_object_set_new(json, "state_ms", status->since ? json_integer(status->state_ms) :
							      json_null());
	json_object_set_new(json, "voter", json_boolean(status->voter));
	json_object_set_new(json, "mode", json_string(text_mode(status->mode)));
	json_object_set_new(json, "learn", json_string(text_learn(status->learn)));
	if (status->state == PAXOS_STATE_STARTING)
		put_integer(json, "progress", status->progress);
	json_object_set_new(json, "leader",
			    status->leader ? json_integer(status->leader) : json_null());
	json_object_set_new(json, "ballot", json_string(text_ballot(status->ballot, ballot)));
	json_object_set_new(json, "quorum",
			    json_pack("{s:i,s:i,s:i}", "up", status->voters_up,
				      "need", quorum_need(status), "voters", status->voters));
	put_integer(json, "chosen", status->chosen);
	put_integer(json, "durable", status->durable);
	put_integer(json, "delivered", status->delivered);
	put_integer(json, "first", status->first);
	put_integer(json, "damaged", status->damaged);
	put_integer(json, "pending", status->pending);
	json_object_set_new(json, "crypto", json_string(CRYPTO));
	json_object_set_new(json, "gid", status->shared ? json_integer(status->gid) : json_null());
	json_object_set_new(json, "disk",
			    json_pack("{s:s,s:I,s:I,s:o,s:o}", "device", status->device,
				      "size", (json_int_t)status->disk_size,
				      "used", (json_int_t)status->disk_used,
				      "room", status->room ? json_string(text_room(status->room)) :
							     json_null(),
				      "error", status->disk_error ?
						json_string(strerror(status->disk_error)) :
						json_null()));
	json_object_set_new(json, "snapshot_needed", integer_or_null(status->snapshot));
	json_object_set_new(json, "peers", peers_json(status));
	json_object_set_new(json, "strays", why_strays_json(status));
	json_object_set_new(json, "replay", replay_json(&status->replay));
	return json;
}

static void print_replay(const struct ipc_replay *replay)
{
	const char *on = color_on(COLOR_WARN), *off = color_off(COLOR_WARN);

	if (!replay->known)
		return;
	printf("replayed %" PRIu64 " batches, %" PRIu64 " records, %" PRIu64 " slots, %" PRIu64
	       " KiB in %" PRIu64 " ms\n", replay->batches, replay->records, replay->slots,
	       replay->bytes >> 10, replay->time_us / 1000);
	if (replay->torn)
		printf("found: torn batch %" PRIu64 ", dropped: nobody was told of it\n",
		       replay->torn);
	if (replay->damaged)
		printf("%sfound: values of %" PRIu64 " slots damaged, the first is slot %" PRIu64
		       "%s\n", on, replay->damaged, replay->first_damaged, off);
	if (replay->lost[0])
		printf("%sfound: %s%s\n", on, replay->lost, off);
}

static void print_header(const struct ipc_status *status)
{
	char cluster[UUID_TEXT_MAX], ballot[BALLOT_TEXT_MAX], leader[16] = "none";
	char age[AGE_TEXT_MAX];
	enum color color = state_color(status->state);

	if (status->leader)
		snprintf(leader, sizeof(leader), "%u", status->leader);
	printf("%sgroup %s%s  cluster %s  mode %s  learn %s  crypto %s",
	       color_on(COLOR_HEAD), status->group, color_off(COLOR_HEAD),
	       text_uuid(status->cluster, cluster), text_mode(status->mode),
	       text_learn(status->learn), CRYPTO);
	if (status->shared)
		printf("  gid %" PRIu32, status->gid);
	putchar('\n');
	printf("state %s%s%s", color_on(color), text_state(status->state), color_off(color));
	if (status->since && status->state != PAXOS_STATE_OK)
		printf(" for %s", text_age(status->state_ms, age));
	if (status->state == PAXOS_STATE_STARTING)
		printf(" %u%%", status->progress);
	printf("  quorum %u/%u (%u needed)  leader %s  ballot %s  incarnation %" PRIu64
	       "  first slot %" PRIu64 "  pending %" PRIu32 "\n", status->voters_up,
	       status->voters, quorum_need(status), leader, text_ballot(status->ballot, ballot),
	       status->incarnation, status->first, status->pending);
	if (status->reason[0])
		printf("reason: %s\n", status->reason);
	if (status->damaged)
		printf("%sdamaged: %" PRIu64 " slots, being fetched from peers%s\n",
		       color_on(COLOR_WARN), status->damaged, color_off(COLOR_WARN));
	print_replay(&status->replay);
	why_print(status);
}

static void disk_cell(struct table *table, const struct ipc_status *status)
{
	unsigned int percent = journal_percent(status);

	table_cell(table, percent >= 90 ? COLOR_BAD : COLOR_NONE,
		   "%u%% of %" PRIu64 " MiB", percent, status->disk_size >> 20);
}

static void own_row(struct table *table, const struct ipc_status *status)
{
	char text[ADDRESS_TEXT_MAX];
	uint64_t newest = status->chosen;

	for (unsigned int i = 0; i < status->peers; i++)
		if (status->peer[i].chosen > newest)
			newest = status->peer[i].chosen;
	table_cell(table, COLOR_HEAD, "%u", status->node);
	table_cell(table, COLOR_NONE, "%s", address_print(&status->listen, text));
	table_cell(table, COLOR_NONE, "%s", text_role(status->role));
	table_cell(table, COLOR_NONE, "%s", status->voter ? "yes" : "no");
	table_cell(table, state_color(status->state), "%s", text_state(status->state));
	table_cell(table, COLOR_NONE, "here");
	table_cell(table, COLOR_NONE, "-");
	table_cell(table, COLOR_NONE, "%" PRIu64, status->chosen);
	table_cell(table, COLOR_NONE, "%" PRIu64, status->durable);
	table_cell(table, COLOR_NONE, "%" PRIu64, newest - status->chosen);
	disk_cell(table, status);
}

static void peer_row(struct table *table, const struct ipc_status *status,
		     const struct ipc_peer *peer)
{
	char text[ADDRESS_TEXT_MAX];

	table_cell(table, COLOR_NONE, "%u", peer->node);
	table_cell(table, COLOR_NONE, "%s", address_print(&peer->address, text));
	table_cell(table, COLOR_NONE, "%s", peer_role(status, peer));
	table_cell(table, COLOR_NONE, "%s", peer->voter ? "yes" : "no");
	table_cell(table, health_color(peer->health), "%s", text_health(peer->health));
	peer_heard_cell(table, peer);
	peer_rtt_cell(table, peer);
	table_cell(table, COLOR_NONE, "%" PRIu64, peer->chosen);
	table_cell(table, COLOR_NONE, "-");
	table_cell(table, COLOR_NONE, "%" PRIu64, peer_lag(peer, status->chosen));
	if (peer->told_used)
		table_cell(table, peer->full ? COLOR_BAD : COLOR_NONE, "%u%%%s", peer->used / 10,
			   peer->full ? ", full" : "");
	else
		table_cell(table, COLOR_NONE, "-");
}

static void print_status(const struct ipc_status *status)
{
	static const char * const head[] = {
		"ID", "ADDRESS", "ROLE", "VOTER", "HEALTH", "HEARD", "RTT", "CHOSEN", "DURABLE",
		"LAG", "DISK USED",
	};
	struct table *table;

	if (settings.brief) {
		printf("%s %u %s %s %u %" PRIu64 "\n", status->group, status->node,
		       text_role(status->role), text_state(status->state), status->leader,
		       status->chosen);
		return;
	}
	print_header(status);
	table = table_new(sizeof(head) / sizeof(head[0]));
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		table_cell(table, COLOR_HEAD, "%s", head[i]);
	own_row(table, status);
	for (unsigned int i = 0; i < status->peers; i++)
		peer_row(table, status, &status->peer[i]);
	table_print(table);
}

static int status_all(struct ipc *ipc)
{
	struct ipc_status *list;
	unsigned int count;
	int error = ipc_status_list(ipc, &list, &count);

	if (error)
		return ipc_fail(ipc, error);
	if (settings.json) {
		json_t *array = json_array();

		for (unsigned int i = 0; i < count; i++)
			json_array_append_new(array, status_json(&list[i]));
		print_json(array);
	} else {
		for (unsigned int i = 0; i < count; i++) {
			if (i && !settings.brief)
				putchar('\n');
			print_status(&list[i]);
		}
		if (!count && !settings.brief)
			puts("no groups in this network namespace");
	}
	free(list);
	return EXIT_DONE;
}

int status_run(const struct args *args)
{
	struct ipc_status status;
	int error, code = args_words(args, 0, 1);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	if (!args->count)
		return status_all(ipc);
	error = ipc_status(ipc, args->word[0], &status);
	if (error)
		return ipc_fail(ipc, error);
	if (settings.json)
		print_json(status_json(&status));
	else
		print_status(&status);
	return EXIT_DONE;
}

int leader_run(const struct args *args)
{
	struct ipc_status status;
	int error, code = args_words(args, 1, 1);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	error = ipc_status(ipc, args->word[0], &status);
	if (error)
		return ipc_fail(ipc, error);
	if (!status.leader && status.mode == PAXOS_MODE_BASIC)
		return fail(EXIT_UNHEALTHY, "group %s is in mode basic: nobody leads",
			    status.group);
	if (!status.leader)
		return fail(EXIT_UNHEALTHY, "group %s has no leader, state %s%s%s", status.group,
			    text_state(status.state), status.reason[0] ? ": " : "",
			    status.reason);
	if (settings.json)
		print_json(json_pack("{s:s,s:i}", "group", status.group, "leader",
				     status.leader));
	else
		printf("%u\n", status.leader);
	return EXIT_DONE;
}
