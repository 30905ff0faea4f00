// SPDX-License-Identifier: GPL-2.0
/*
 * What to do when nothing is chosen.
 *
 * The module says why (status: state and reason); what to type about it is said
 * here, where commands and the group's name are known.  Each line is a sentence that
 * can be read alone; those that name a command name it in full.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "text.h"
#include "why.h"

#define LINE_MAX_BYTES 512
#define RECENT_MS 60000		/* a stray that came longer ago asks for nothing any more */

static void say(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(json_t *list, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	json_array_append_new(list, json_string(line));
}

/* A voter that is missed: since when, and what to look at. */
static void say_missing(json_t *list, const struct ipc_status *status, const struct ipc_peer *peer)
{
	char address[ADDRESS_TEXT_MAX], age[AGE_TEXT_MAX];

	if (!peer->address.family) {
		say(list, "node %u has no address here: paxosctl peer add %s %u ADDRESS",
		    peer->node, status->group, peer->node);
		return;
	}
	address_print(&peer->address, address);
	if (peer->heard)
		say(list, "node %u at %s was last heard of %s ago: does it run, and is UDP let through both ways?",
		    peer->node, address, text_age(peer->heard_ms, age));
	else
		say(list, "node %u at %s was never heard of: does it run, is that its address, and is UDP let through both ways?",
		    peer->node, address);
}

static void say_peers(json_t *list, const struct ipc_status *status)
{
	for (unsigned int i = 0; i < status->peers; i++) {
		const struct ipc_peer *peer = &status->peer[i];

		if (!peer->voter)
			continue;
		switch (peer->health) {
		case PAXOS_HEALTH_UNREACHABLE:
			say_missing(list, status, peer);
			break;
		case PAXOS_HEALTH_FORGOTTEN:
			say(list, "node %u has forgotten and votes no more: when there is a quorum, paxosctl member replace %s %u NEW",
			    peer->node, status->group, peer->node);
			break;
		}
	}
}

/* How a node that must not vote any more is replaced. */
static void say_replace(json_t *list, const struct ipc_status *status)
{
	char cluster[UUID_TEXT_MAX];

	if (status->replay.lost[0])
		say(list, "what was lost, and where: paxosctl inspect %s", status->device);
	say(list, "free the disk, and give it an id NEW that was never used: paxosctl group del %s; paxosctl format %s --cluster %s --node NEW --join --force",
	    status->group, status->device, text_uuid(status->cluster, cluster));
	say(list, "start it as that (group add, peer add), then on a member: paxosctl member add %s NEW ADDRESS; paxosctl member replace %s %u NEW",
	    status->group, status->group, status->node);
}

static void say_suspended(json_t *list, const struct ipc_status *status)
{
	char age[AGE_TEXT_MAX];

	if (status->disk_error)
		say(list, "a write to %s failed %s ago (%s): mend the disk; what was promised is on it",
		    status->device, text_age(status->state_ms, age),
		    strerror(status->disk_error));
	say(list, "when what failed is mended, start the group anew: paxosctl group del %s, and group add; or paxosctl down %s, and up",
	    status->group, status->group);
}

static void say_room(json_t *list, const struct ipc_status *status)
{
	if (status->room != PAXOS_ROOM_FULL && status->room != PAXOS_ROOM_LOW)
		return;
	if (status->durable < status->first)
		say(list, "no slot is left to trim; to start the group anew makes room: paxosctl down %s, and up",
		    status->group);
	else
		say(list, "have the application keep a snapshot, then free what it covers: paxosctl trim %s SLOT, with SLOT %" PRIu64 " at most",
		    status->group, status->durable);
}

/* Is it heard, from that very address? */
static bool is_well(const struct ipc_peer *peer, const union address *address)
{
	return (peer->health == PAXOS_HEALTH_OK || peer->health == PAXOS_HEALTH_CATCH_UP) &&
	       address_equal(&peer->address, address);
}

/* Anybody can send that under a peer's address: nothing is advised about one that is well. */
static void say_foreign(json_t *list, const struct ipc_status *status,
			const struct ipc_stray *stray)
{
	char address[ADDRESS_TEXT_MAX], cluster[UUID_TEXT_MAX];

	address_print(&stray->address, address);
	for (unsigned int i = 0; i < status->peers; i++) {
		const struct ipc_peer *peer = &status->peer[i];

		if (is_well(peer, &stray->address))
			return;
		if (!address_equal(&peer->address, &stray->address))
			continue;
		say(list, "%s, the address of node %u, is of another cluster: is that its address, and its disk formatted with --cluster %s?",
		    address, peer->node, text_uuid(status->cluster, cluster));
		return;
	}
	say(list, "%s is of another cluster: correct the address that it has for this node", address);
}

static void say_refused(json_t *list, const struct ipc_status *status,
			const struct ipc_stray *stray)
{
	char address[ADDRESS_TEXT_MAX];

	/* What was refused a while ago may be a member by now. */
	for (unsigned int i = 0; i < status->peers; i++) {
		const struct ipc_peer *peer = &status->peer[i];

		if (peer->node == stray->node &&
		    (is_well(peer, &stray->address) ||
		     (peer->member && stray->refusal == PAXOS_REFUSAL_UNKNOWN)))
			return;
	}
	address_print(&stray->address, address);
	switch (stray->refusal) {
	case PAXOS_REFUSAL_UNKNOWN:
		say(list, "%s says it is node %u, which is no member: if it is to join, paxosctl member add %s %u %s",
		    address, stray->node, status->group, stray->node, address);
		break;
	case PAXOS_REFUSAL_REMOVED:
		say(list, "%s says it is node %u, which was removed: paxosctl group del %s there",
		    address, stray->node, status->group);
		break;
	case PAXOS_REFUSAL_STALE:
		say(list, "%s says it is node %u, and its disk holds less than that once said: paxosctl member replace %s %u NEW, unless the right disk is found",
		    address, stray->node, status->group, stray->node);
		break;
	case PAXOS_REFUSAL_DISK:
		say(list, "%s claims to be node %u and is refused, %s: stop one of the two, or give it an id of its own",
		    address, stray->node, stray->why);
		break;
	default:
		say(list, "%s says it is node %u and is refused, %s", address, stray->node,
		    stray->why);
		break;
	}
}

static void say_strays(json_t *list, const struct ipc_status *status)
{
	for (unsigned int kind = 1; kind <= IPC_STRAY_KINDS; kind++) {
		const struct ipc_stray *stray = &status->stray[kind - 1];
		char address[ADDRESS_TEXT_MAX];

		if (!stray->count || stray->ago_ms > RECENT_MS)
			continue;
		if (kind == PAXOS_STRAY_CLUSTER)
			say_foreign(list, status, stray);
		else if (kind == PAXOS_STRAY_NODE)
			say(list, "%s takes this node %u for node %u: correct that address there (paxosctl peer add)",
			    address_print(&stray->address, address), status->node, stray->node);
		else if (kind == PAXOS_STRAY_REFUSED)
			say_refused(list, status, stray);
	}
}

static void say_state(json_t *list, const struct ipc_status *status)
{
	char listen[ADDRESS_TEXT_MAX];

	switch (status->state) {
	case PAXOS_STATE_UNCONFIRMED:
	case PAXOS_STATE_NO_QUORUM:
		say_peers(list, status);
		break;
	case PAXOS_STATE_JOINING:
		say(list, "on a member: paxosctl member add %s %u %s", status->group, status->node,
		    address_print(&status->listen, listen));
		break;
	case PAXOS_STATE_FORGOTTEN:
		say_replace(list, status);
		break;
	case PAXOS_STATE_SUSPENDED:
		say_suspended(list, status);
		break;
	case PAXOS_STATE_REMOVED:
		say(list, "this node is done: paxosctl group del %s", status->group);
		break;
	case PAXOS_STATE_SNAPSHOT_NEEDED:
		say(list, "install a snapshot of the application of all through SLOT, %" PRIu64 " or later, then: paxosctl snapshot-installed %s SLOT",
		    status->snapshot, status->group);
		break;
	}
}

json_t *why_advice_json(const struct ipc_status *status)
{
	json_t *list = json_array();

	say_state(list, status);
	say_room(list, status);
	say_strays(list, status);
	return list;
}

json_t *why_strays_json(const struct ipc_status *status)
{
	json_t *list = json_array();

	for (unsigned int kind = 1; kind <= IPC_STRAY_KINDS; kind++) {
		const struct ipc_stray *stray = &status->stray[kind - 1];
		char address[ADDRESS_TEXT_MAX];
		json_t *json;

		if (!stray->count)
			continue;
		json = json_pack("{s:s,s:I,s:I,s:s}", "kind", text_stray(kind),
				 "count", (json_int_t)stray->count,
				 "ago_ms", (json_int_t)stray->ago_ms,
				 "address", address_print(&stray->address, address));
		if (stray->node)
			json_object_set_new(json, "node", json_integer(stray->node));
		if (stray->why[0])
			json_object_set_new(json, "why", json_string(stray->why));
		json_array_append_new(list, json);
	}
	return list;
}

static void print_strays(const struct ipc_status *status)
{
	static const char * const what[IPC_STRAY_KINDS] = {
		[PAXOS_STRAY_CLUSTER - 1] = "of another cluster",
		[PAXOS_STRAY_NODE - 1] = "for another node",
		[PAXOS_STRAY_REFUSED - 1] = "of nodes that are refused",
		[PAXOS_STRAY_MALFORMED - 1] = "without sense",
	};

	for (unsigned int i = 0; i < IPC_STRAY_KINDS; i++) {
		const struct ipc_stray *stray = &status->stray[i];
		char address[ADDRESS_TEXT_MAX], age[AGE_TEXT_MAX];

		if (stray->count)
			printf("%sdropped: %" PRIu64 " datagram%s %s, the last from %s, %s ago%s\n",
			       color_on(COLOR_WARN), stray->count, stray->count == 1 ? "" : "s",
			       what[i],
			       address_print(&stray->address, address),
			       text_age(stray->ago_ms, age), color_off(COLOR_WARN));
	}
}

void why_print(const struct ipc_status *status)
{
	json_t *list = why_advice_json(status), *line;
	size_t i;

	print_strays(status);
	json_array_foreach(list, i, line)
		printf("do: %s\n", json_string_value(line));
	json_decref(list);
}
