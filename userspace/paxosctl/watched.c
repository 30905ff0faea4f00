// SPDX-License-Identifier: GPL-2.0
/*
 * What is kept of groups that are watched: how figures changed from one reading to the
 * next.  Groups that went away stay, as they last were, and go on when they are back.
 */
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "node.h"
#include "watched.h"

#define NONE (-1.0)

static void track_add(struct track *track, double value)
{
	if (track->count == TRACK_MAX) {
		memmove(track->value, track->value + 1, sizeof(track->value[0]) * (TRACK_MAX - 1));
		track->count--;
	}
	track->value[track->count++] = value;
}

double track_newest(const struct track *track)
{
	return track->count ? track->value[track->count - 1] : NONE;
}

double track_most(const struct track *track, unsigned int count)
{
	unsigned int first = track->count > count ? track->count - count : 0;
	double most = 0;

	for (unsigned int i = first; i < track->count; i++)
		if (track->value[i] > most)
			most = track->value[i];
	return most;
}

/* The first reading is what all others are compared with: it is no figure itself. */
static void take_lately(struct lately *lately, const struct ipc_histogram *now, bool first)
{
	struct ipc_histogram passed = { .sum_us = now->sum_us - lately->before.sum_us };

	for (unsigned int i = 0; i < PAXOS_HISTOGRAM_BUCKETS; i++)
		passed.bucket[i] = now->bucket[i] - lately->before.bucket[i];
	lately->before = *now;
	if (first)
		return;
	lately->count = histogram_count(&passed);
	lately->p99_us = histogram_within_us(&passed, 990);
	track_add(&lately->mean_us, lately->count ? (double)passed.sum_us / lately->count : NONE);
}

/* The group or its counters began anew, since or by somebody else's --reset. */
static bool counts_anew(const struct watched_group *group, const struct ipc_stats *stats,
			uint64_t now)
{
	uint64_t since = now - stats->count[PAXOS_STATS_A_SINCE_MS] * 1000;

	/* The kernel's clock and this one's are read one after the other. */
	return since > group->since_us + 100000;
}

static void take_stats(struct watched_group *group, const struct ipc_stats *stats, uint64_t now)
{
	bool anew = counts_anew(group, stats, now);

	if (anew) {
		memset(&group->commit.before, 0, sizeof(group->commit.before));
		memset(&group->write.before, 0, sizeof(group->write.before));
	}
	group->since_us = now - stats->count[PAXOS_STATS_A_SINCE_MS] * 1000;
	take_lately(&group->commit, &stats->commit, !group->read_us);
	take_lately(&group->write, &stats->write, !group->read_us);
}

static void take_slots(struct watched_group *group, const struct ipc_status *now_status,
		       uint64_t now)
{
	uint64_t before = group->status.delivered, delivered = now_status->delivered;

	if (!group->read_us || now <= group->read_us)
		return;
	/* After a start it delivers all it has: that is no work of now. */
	if (group->status.incarnation != now_status->incarnation || delivered < before)
		track_add(&group->slots, NONE);
	else
		track_add(&group->slots, (delivered - before) * 1e6 / (now - group->read_us));
}

/* The most that @node was behind since it was not; 0: it is not known to lag. */
static uint64_t most_behind(const struct watched_group *group, uint16_t node)
{
	for (unsigned int i = 0; i < group->lagging; i++)
		if (group->lag[i].node == node)
			return group->lag[i].most;
	return 0;
}

/* Made anew, so that nodes that are no members any more are forgotten. */
static void take_lags(struct watched_group *group)
{
	const struct ipc_status *status = &group->status;
	struct watched_lag lag[PAXOS_NODES_MAX];

	for (unsigned int i = 0; i < status->peers; i++) {
		const struct ipc_peer *peer = &status->peer[i];
		uint64_t most = most_behind(group, peer->node);
		uint64_t behind = peer_lag(peer, status->chosen);

		if (peer->health == PAXOS_HEALTH_OK)
			most = 0;
		else if (behind > most)
			most = behind;
		lag[i] = (struct watched_lag) { .node = peer->node, .most = most };
	}
	memcpy(group->lag, lag, sizeof(lag[0]) * status->peers);
	group->lagging = status->peers;
}

double watched_catch_up(const struct watched_group *group, const struct ipc_peer *peer)
{
	uint64_t most = most_behind(group, peer->node);

	if (peer->health != PAXOS_HEALTH_CATCH_UP || !most)
		return NONE;
	return 1 - (double)peer_lag(peer, group->status.chosen) / most;
}

static struct watched_group *find(struct watched *watched, const char *name)
{
	for (unsigned int i = 0; i < watched->groups; i++)
		if (!strcmp(watched->group[i]->status.group, name))
			return watched->group[i];
	return NULL;
}

/* A new one, in place of one that is gone if there is no more room. */
static struct watched_group *add(struct watched *watched)
{
	unsigned int at = watched->groups;

	if (at < PAXOS_GROUPS_MAX) {
		watched->groups++;
	} else {
		for (at = 0; at < PAXOS_GROUPS_MAX - 1 && !watched->group[at]->gone; at++)
			;
		free(watched->group[at]);
	}
	watched->group[at] = must(calloc(1, sizeof(*watched->group[at])));
	return watched->group[at];
}

static void take_group(struct watched_group *group, const struct ipc_status *status,
		       const struct ipc_stats *stats, uint64_t now)
{
	take_slots(group, status, now);
	group->status = *status;
	group->gone = false;
	if (stats)
		take_stats(group, stats, now);
	group->read_us = now;
	take_lags(group);
}

void watched_take(struct watched *watched, const struct ipc_status *status, unsigned int count,
		  const struct ipc_stats *stats, unsigned int stats_count, uint64_t now)
{
	watched->problem[0] = '\0';
	for (unsigned int i = 0; i < watched->groups; i++)
		watched->group[i]->gone = true;
	for (unsigned int i = 0; i < count; i++) {
		struct watched_group *group = find(watched, status[i].group);
		const struct ipc_stats *counted = NULL;

		for (unsigned int k = 0; k < stats_count; k++)
			if (!strcmp(stats[k].group, status[i].group))
				counted = &stats[k];
		take_group(group ? group : add(watched), &status[i], counted, now);
	}
}

void watched_free(struct watched *watched)
{
	for (unsigned int i = 0; i < watched->groups; i++)
		free(watched->group[i]);
	watched->groups = 0;
}
