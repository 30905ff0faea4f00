// SPDX-License-Identifier: GPL-2.0
/*
 * Events of a group: most of them are differences between what was told last and
 * what the engine has just published; so nothing has to be told where it happens,
 * and a thing that comes and goes within one run is not told at all.  What leaves no
 * trace in the status comes as a notice of the core's.
 *
 * All of it is the engine's, under its lock, but for the last event.
 */
#include "events.h"
#include "group.h"
#include "netlink.h"
#include "notices.h"
#include "trace.h"

static void tell(struct paxos_group *group, const struct paxos_news *news)
{
	u64 sequence = ++group->events.sequence;

	if (group->net)
		paxos_nl_event(group->net, group->name, sequence, news);
}

/* The first event says that the group is there: not before others can find it. */
static bool begun(struct paxos_group *group)
{
	struct paxos_news news = { .type = PAXOS_HAPPENED_GROUP_ADDED, .node = group->node };

	if (group->events.sequence)
		return true;
	if (!READ_ONCE(group->ready))
		return false;
	group->events.state = PAXOS_STATE_STARTING;
	group->events.room = PAXOS_ROOM_OK;
	tell(group, &news);
	return true;
}

#define REFUSALS_MAX	8u	/* told in an election timeout */

/* Whoever reaches the port is refused as often as it likes: that is not to drown the rest. */
static bool too_many_refusals(struct paxos_group *group)
{
	struct paxos_events *events = &group->events;

	if (group->now_us - events->refusals_us >= (u64)group->election_ms * USEC_PER_MSEC) {
		events->refusals_us = group->now_us;
		events->refusals = 0;
	}
	return ++events->refusals > REFUSALS_MAX;
}

static void tell_state(struct paxos_group *group, u8 state, const char *reason)
{
	struct paxos_news news = {
		.type = PAXOS_HAPPENED_STATE,
		.now = state,
		.was = group->events.state,
		.text = reason,
	};

	if (news.now == news.was)
		return;
	group->events.state = state;
	trace_paxos_state(group->name, group->node, news.now, news.was, reason);
	tell(group, &news);
}

static void tell_role(struct paxos_group *group, u8 role)
{
	struct paxos_news news = {
		.type = PAXOS_HAPPENED_ROLE,
		.now = role,
		.was = group->events.role,
	};

	if (news.now == news.was)
		return;
	group->events.role = role;
	tell(group, &news);
}

static void tell_leader(struct paxos_group *group, const struct paxos_view *view)
{
	struct paxos_news news = {
		.type = PAXOS_HAPPENED_LEADER,
		.node = view->leader,
		.number = view->ballot,
	};

	if (news.node == group->events.leader)
		return;
	group->events.leader = news.node;
	if (news.node)
		paxos_stats_add(&group->stats, PAXOS_STATS_A_LEADERS, 1);
	paxos_notice_leader(group->name, news.node);
	trace_paxos_leader(group->name, group->node, news.node, news.number);
	tell(group, &news);
}

static void tell_room(struct paxos_group *group)
{
	struct paxos_news news = { .type = PAXOS_HAPPENED_ROOM, .now = group->page.room };

	if (news.now == group->events.room)
		return;
	group->events.room = news.now;
	tell(group, &news);
}

static void tell_slots(struct paxos_group *group, const struct paxos_view *view)
{
	struct paxos_news trimmed = { .type = PAXOS_HAPPENED_TRIMMED, .number = view->trim };
	struct paxos_news damaged = { .type = PAXOS_HAPPENED_DAMAGED, .number = view->damaged };
	struct paxos_events *events = &group->events;

	if (view->trim != events->trim && events->viewed)
		tell(group, &trimmed);
	events->trim = view->trim;
	if (view->damaged == events->damaged)
		return;
	events->damaged = view->damaged;
	tell(group, &damaged);
}

static bool is_viewed(const struct paxos_view *view, u16 node, u32 hint)
{
	u32 i;

	if (hint < view->peers && view->peer[hint].node == node)
		return true;
	for (i = 0; i < view->peers; i++)
		if (view->peer[i].node == node)
			return true;
	return false;
}

static void tell_member(struct paxos_group *group, struct paxos_told_peer *told, bool member,
			bool voter)
{
	struct paxos_news news = {
		.type = PAXOS_HAPPENED_MEMBER,
		.node = told->node,
		.number = group->page.view.config,
		.member = member,
		.voter = voter,
	};
	bool is_news = member != told->member || voter != told->voter;

	told->member = member;
	told->voter = voter;
	/* Who the members are when the replica begins to run is no event. */
	if (is_news && group->events.viewed)
		tell(group, &news);
}

/* Those of whom nothing is known any more. */
static void tell_lost_peers(struct paxos_group *group, const struct paxos_view *view)
{
	struct paxos_told_peer *told;
	u32 i;

	for (i = 0; i < PAXOS_MEMBERS_MAX; i++) {
		told = &group->events.peer[i];
		if (!told->node || is_viewed(view, told->node, i))
			continue;
		tell_member(group, told, false, false);
		told->node = 0;
	}
}

/* What was told of @node; @hint: where it is likely to stand. */
static struct paxos_told_peer *told_peer(struct paxos_events *events, u16 node, u32 hint)
{
	struct paxos_told_peer *free = NULL;
	u32 i;

	if (events->peer[hint].node == node)
		return &events->peer[hint];
	for (i = 0; i < PAXOS_MEMBERS_MAX; i++) {
		if (events->peer[i].node == node)
			return &events->peer[i];
		if (!events->peer[i].node && (!free || i == hint))
			free = &events->peer[i];
	}
	/* There are no more nodes than entries, and those that are gone have none. */
	*free = (struct paxos_told_peer) { .node = node, .health = PAXOS_HEALTH_UNREACHABLE };
	return free;
}

/* Under load a peer may lag and catch up all the time. */
static bool too_soon(const struct paxos_group *group, const struct paxos_told_peer *told, u8 health)
{
	bool lags = told->health == PAXOS_HEALTH_OK && health == PAXOS_HEALTH_CATCH_UP;
	bool has_caught_up = told->health == PAXOS_HEALTH_CATCH_UP && health == PAXOS_HEALTH_OK;

	return (lags || has_caught_up) && told->health_us &&
	       group->now_us - told->health_us < (u64)group->election_ms * USEC_PER_MSEC;
}

static void tell_health(struct paxos_group *group, struct paxos_told_peer *told, u8 health)
{
	struct paxos_news news = {
		.type = PAXOS_HAPPENED_PEER,
		.node = told->node,
		.now = health,
		.was = told->health,
	};

	if (news.now == news.was || too_soon(group, told, health))
		return;
	told->health = health;
	told->health_us = group->now_us;
	tell(group, &news);
}

static void tell_peers(struct paxos_group *group, const struct paxos_view *view)
{
	const struct paxos_peer_view *peer;
	struct paxos_told_peer *told;
	u32 i;

	tell_lost_peers(group, view);
	for (i = 0; i < view->peers; i++) {
		peer = &view->peer[i];
		if (!peer->node)
			continue;
		told = told_peer(&group->events, peer->node, i);
		tell_member(group, told, peer->member, peer->voter);
		if (!peer->self)
			tell_health(group, told, peer->health);
	}
}

void paxos_events_look(struct paxos_group *group)
{
	const struct paxos_page *page = &group->page;
	const struct paxos_view *view = &page->view;

	/* The page is written under this lock alone; but for the reason of a start that failed. */
	lockdep_assert_held(&group->lock);
	if (!begun(group))
		return;
	switch (group->phase) {
	case PAXOS_PHASE_STARTING:
		break;
	case PAXOS_PHASE_STOPPED:
		tell_state(group, page->stopped_state, page->reason);
		break;
	case PAXOS_PHASE_RUNNING:
		tell_state(group, view->state, view->reason);
		tell_role(group, view->role);
		tell_leader(group, view);
		tell_peers(group, view);
		tell_slots(group, view);
		tell_room(group);
		group->events.viewed = true;
		break;
	}
}

void paxos_events_notice(struct paxos_group *group, const struct paxos_notice *notice)
{
	struct paxos_news news = { .node = notice->node, .number = notice->slot };

	lockdep_assert_held(&group->lock);
	switch (notice->type) {
	case PAXOS_NOTICE_REFUSED:
		news.type = PAXOS_HAPPENED_REFUSED;
		news.text = paxos_refused_why(notice->why);
		break;
	case PAXOS_NOTICE_REFUSED_US:
		news.type = PAXOS_HAPPENED_REFUSED_US;
		news.text = paxos_refused_why(notice->why);
		break;
	case PAXOS_NOTICE_CONFIRMED:
		news.type = PAXOS_HAPPENED_CONFIRMED;
		break;
	case PAXOS_NOTICE_COMPLETE:
		news.type = PAXOS_HAPPENED_COMPLETE;
		break;
	case PAXOS_NOTICE_REPAIRED:
		news.type = PAXOS_HAPPENED_REPAIRED;
		break;
	case PAXOS_NOTICE_TWO_VALUES:
		news.type = PAXOS_HAPPENED_TWO_VALUES;
		break;
	default:
		/* The status shows it: paxos_events_look() will see. */
		return;
	}
	if (news.text && too_many_refusals(group))
		return;
	if (begun(group))
		tell(group, &news);
}

void paxos_events_gone(struct paxos_group *group, struct net *net)
{
	struct paxos_news news = { .type = PAXOS_HAPPENED_GROUP_GONE, .node = group->node };

	paxos_nl_event(net, group->name, ++group->events.sequence, &news);
}
