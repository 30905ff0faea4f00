/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_WATCHED_H
#define PAXOSCTL_WATCHED_H

#include "ipc.h"

#define TRACK_MAX 128		/* readings that are remembered */

/* A figure over time: the newest last; below 0: there was none. */
struct track {
	unsigned int count;
	double value[TRACK_MAX];
};

/* How long something took between two readings. */
struct lately {
	struct track mean_us;
	uint64_t count;
	uint64_t p99_us;	/* a bound of it; 0: there is none */
	struct ipc_histogram before;
};

struct watched_lag {
	uint16_t node;
	uint64_t most;		/* slots that it was behind, since it was not */
};

/* A group, as it was read again and again. */
struct watched_group {
	struct ipc_status status;
	bool gone;		/* it was there */
	uint64_t read_us;	/* when; 0: never */
	uint64_t since_us;	/* when it was counted from, by the newest reading */
	struct track slots;	/* delivered a second */
	struct lately commit;
	struct lately write;
	unsigned int lagging;	/* other nodes, whether they lag or not */
	struct watched_lag lag[PAXOS_NODES_MAX];
};

struct watched {
	char problem[256];	/* why nothing new was read; empty: it was */
	unsigned int groups;
	struct watched_group *group[PAXOS_GROUPS_MAX];
};

/* What there is now: all groups of interest, each with what it has counted. */
void watched_take(struct watched *watched, const struct ipc_status *status, unsigned int count,
		  const struct ipc_stats *stats, unsigned int stats_count, uint64_t now);
void watched_free(struct watched *watched);

double track_newest(const struct track *track);
/* Of the @count newest; 0 if there is nothing. */
double track_most(const struct track *track, unsigned int count);
/* How far a peer that lags has come, 0..1; below 0: it does not. */
double watched_catch_up(const struct watched_group *group, const struct ipc_peer *peer);

#endif
