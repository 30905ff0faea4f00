// SPDX-License-Identifier: GPL-2.0
/*
 * What an event says, to people and to machines.
 */
#include <inttypes.h>

#include "event.h"
#include "text.h"

const char *event_name(unsigned int type)
{
	static const char * const name[] = {
		[PAXOS_HAPPENED_GROUP_ADDED] = "group-added",
		[PAXOS_HAPPENED_GROUP_GONE] = "group-gone",
		[PAXOS_HAPPENED_STATE] = "state",
		[PAXOS_HAPPENED_ROLE] = "role",
		[PAXOS_HAPPENED_LEADER] = "leader",
		[PAXOS_HAPPENED_PEER] = "peer",
		[PAXOS_HAPPENED_MEMBER] = "member",
		[PAXOS_HAPPENED_COMPLETE] = "complete",
		[PAXOS_HAPPENED_CONFIRMED] = "confirmed",
		[PAXOS_HAPPENED_REFUSED] = "refused",
		[PAXOS_HAPPENED_REFUSED_US] = "refused-us",
		[PAXOS_HAPPENED_TRIMMED] = "trimmed",
		[PAXOS_HAPPENED_ROOM] = "room",
		[PAXOS_HAPPENED_DAMAGED] = "damaged",
		[PAXOS_HAPPENED_REPAIRED] = "repaired",
		[PAXOS_HAPPENED_TWO_VALUES] = "two-values",
	};

	return type < sizeof(name) / sizeof(name[0]) && name[type] ? name[type] : "unknown";
}

static json_t *number_or_null(uint64_t number)
{
	return number ? json_integer(number) : json_null();
}

json_t *event_json(const struct ipc_event *event)
{
	char ballot[BALLOT_TEXT_MAX];

	switch (event->type) {
	case PAXOS_HAPPENED_GROUP_ADDED:
	case PAXOS_HAPPENED_GROUP_GONE:
		return json_pack("{s:i}", "node", event->node);
	case PAXOS_HAPPENED_STATE:
		return json_pack("{s:s,s:s,s:s*}", "state", text_state(event->state),
				 "was", text_state(event->state_was),
				 "reason", event->reason[0] ? event->reason : NULL);
	case PAXOS_HAPPENED_ROLE:
		return json_pack("{s:s,s:s?}", "role", text_role(event->role), "was",
				 event->role_was ? text_role(event->role_was) : NULL);
	case PAXOS_HAPPENED_LEADER:
		return json_pack("{s:o,s:s?}", "leader", number_or_null(event->node), "ballot",
				 event->node ? text_ballot(event->ballot, ballot) : NULL);
	case PAXOS_HAPPENED_PEER:
		return json_pack("{s:i,s:s,s:s}", "node", event->node,
				 "health", text_health(event->health),
				 "was", text_health(event->health_was));
	case PAXOS_HAPPENED_MEMBER:
		return json_pack("{s:i,s:b,s:b,s:I}", "node", event->node, "member",
				 event->member, "voter", event->voter,
				 "slot", (json_int_t)event->slot);
	case PAXOS_HAPPENED_REFUSED:
	case PAXOS_HAPPENED_REFUSED_US:
		return json_pack("{s:i,s:s}", "node", event->node, "why", event->why);
	case PAXOS_HAPPENED_COMPLETE:
	case PAXOS_HAPPENED_TRIMMED:
	case PAXOS_HAPPENED_REPAIRED:
		return json_pack("{s:I}", "slot", (json_int_t)event->slot);
	case PAXOS_HAPPENED_ROOM:
		return json_pack("{s:s}", "room", text_room(event->room));
	case PAXOS_HAPPENED_DAMAGED:
		return json_pack("{s:I}", "slots", (json_int_t)event->count);
	case PAXOS_HAPPENED_TWO_VALUES:
		return json_pack("{s:o,s:I}", "node", number_or_null(event->node),
				 "slot", (json_int_t)event->slot);
	case PAXOS_HAPPENED_CONFIRMED:
		return json_object();
	}
	return json_pack("{s:i}", "type", event->type);
}

static const char *member_story(const struct ipc_event *event)
{
	if (!event->member)
		return "is no member any more";
	return event->voter ? "is a voter" : "is a learner";
}

static const char *room_story(unsigned int room)
{
	switch (room) {
	case PAXOS_ROOM_OK:
		return "there is room in the journal again";
	case PAXOS_ROOM_FULL:
		return "the journal is full: no new values until it is trimmed";
	case PAXOS_ROOM_LOW:
		return "the journal is full, its reserve too: no votes until it is trimmed";
	}
	return "the journal's room is unknown";
}

static void state_story(const struct ipc_event *event, char text[EVENT_TEXT_MAX])
{
	snprintf(text, EVENT_TEXT_MAX, "state %s, was %s%s%s", text_state(event->state),
		 text_state(event->state_was), event->reason[0] ? ": " : "", event->reason);
}

static void leader_story(const struct ipc_event *event, char text[EVENT_TEXT_MAX])
{
	char ballot[BALLOT_TEXT_MAX];

	if (event->node)
		snprintf(text, EVENT_TEXT_MAX, "node %u leads, ballot %s", event->node,
			 text_ballot(event->ballot, ballot));
	else
		snprintf(text, EVENT_TEXT_MAX, "no leader is known");
}

void event_text(const struct ipc_event *event, char text[EVENT_TEXT_MAX])
{
	switch (event->type) {
	case PAXOS_HAPPENED_GROUP_ADDED:
		snprintf(text, EVENT_TEXT_MAX, "group added, as node %u", event->node);
		return;
	case PAXOS_HAPPENED_GROUP_GONE:
		snprintf(text, EVENT_TEXT_MAX, "group gone");
		return;
	case PAXOS_HAPPENED_STATE:
		state_story(event, text);
		return;
	case PAXOS_HAPPENED_ROLE:
		snprintf(text, EVENT_TEXT_MAX, "role %s%s%s", text_role(event->role),
			 event->role_was ? ", was " : "",
			 event->role_was ? text_role(event->role_was) : "");
		return;
	case PAXOS_HAPPENED_LEADER:
		leader_story(event, text);
		return;
	case PAXOS_HAPPENED_PEER:
		snprintf(text, EVENT_TEXT_MAX, "peer %u is %s, was %s", event->node,
			 text_health(event->health), text_health(event->health_was));
		return;
	case PAXOS_HAPPENED_MEMBER:
		snprintf(text, EVENT_TEXT_MAX, "node %u %s, by slot %" PRIu64, event->node,
			 member_story(event), event->slot);
		return;
	case PAXOS_HAPPENED_COMPLETE:
		snprintf(text, EVENT_TEXT_MAX, "the configuration of slot %" PRIu64
			 " is complete", event->slot);
		return;
	case PAXOS_HAPPENED_CONFIRMED:
		snprintf(text, EVENT_TEXT_MAX,
			 "first start: all voters have confirmed each other's disks");
		return;
	case PAXOS_HAPPENED_REFUSED:
		snprintf(text, EVENT_TEXT_MAX, "refused a host that claims to be node %u: %s",
			 event->node, event->why);
		return;
	case PAXOS_HAPPENED_REFUSED_US:
		snprintf(text, EVENT_TEXT_MAX, "node %u refused this node: %s", event->node,
			 event->why);
		return;
	case PAXOS_HAPPENED_TRIMMED:
		snprintf(text, EVENT_TEXT_MAX, "trimmed through slot %" PRIu64, event->slot);
		return;
	case PAXOS_HAPPENED_ROOM:
		snprintf(text, EVENT_TEXT_MAX, "%s", room_story(event->room));
		return;
	case PAXOS_HAPPENED_DAMAGED:
		snprintf(text, EVENT_TEXT_MAX, "damaged values of %" PRIu64 " slots", event->count);
		return;
	case PAXOS_HAPPENED_REPAIRED:
		snprintf(text, EVENT_TEXT_MAX, "slot %" PRIu64 " is whole again", event->slot);
		return;
	case PAXOS_HAPPENED_TWO_VALUES:
		snprintf(text, EVENT_TEXT_MAX, "two values for slot %" PRIu64
			 " at one ballot: a node lies, or was run twice", event->slot);
		return;
	}
	snprintf(text, EVENT_TEXT_MAX, "something that this tool does not know: %u", event->type);
}

enum color event_color(const struct ipc_event *event)
{
	switch (event->type) {
	case PAXOS_HAPPENED_STATE:
		return event->state == PAXOS_STATE_OK ? COLOR_GOOD : COLOR_WARN;
	case PAXOS_HAPPENED_PEER:
		return event->health == PAXOS_HEALTH_OK ? COLOR_GOOD : COLOR_WARN;
	case PAXOS_HAPPENED_ROOM:
		return event->room == PAXOS_ROOM_OK ? COLOR_GOOD : COLOR_BAD;
	case PAXOS_HAPPENED_DAMAGED:
		return event->count ? COLOR_BAD : COLOR_GOOD;
	case PAXOS_HAPPENED_TWO_VALUES:
		return COLOR_BAD;
	case PAXOS_HAPPENED_REFUSED:
	case PAXOS_HAPPENED_REFUSED_US:
		return COLOR_WARN;
	}
	return COLOR_NONE;
}
