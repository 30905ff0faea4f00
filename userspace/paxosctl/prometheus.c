// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics and status in Prometheus' text format, for node_exporter's textfile
 * collector or anything else that serves a file.
 *
 * All samples of a metric stand together, behind its help and type: so the metrics
 * are a table, and each is printed for all groups.  Names and units are as promtool
 * wants them.  Group names and the words below need no escaping.
 */
#include <inttypes.h>
#include <stdio.h>

#include "histogram.h"
#include "prometheus.h"
#include "text.h"

struct metric {
	const char *name;
	const char *type;
	const char *help;
	void (*print)(const struct metric *metric, const struct observed *group);
	unsigned int which;	/* enum paxos_stats_attr, of a plain counter */
};

/* "name{group="kv",node="1"": the caller closes it. */
static void begin_sample(const char *name, const char *suffix, const struct observed *group)
{
	printf("%s%s{group=\"%s\",node=\"%u\"", name, suffix, group->stats.group,
	       group->stats.node);
}

static void sample(const struct metric *metric, const struct observed *group, uint64_t value)
{
	begin_sample(metric->name, "", group);
	printf("} %" PRIu64 "\n", value);
}

static void labelled(const struct metric *metric, const struct observed *group, const char *label,
		     const char *word, uint64_t value)
{
	begin_sample(metric->name, "", group);
	printf(",%s=\"%s\"} %" PRIu64 "\n", label, word, value);
}

static void of_peer(const struct metric *metric, const struct observed *group,
		    const struct ipc_peer *peer)
{
	begin_sample(metric->name, "", group);
	printf(",peer=\"%u\"} ", peer->node);
}

static void print_counter(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->stats.count[metric->which]);
}

static void print_proposals(const struct metric *metric, const struct observed *group)
{
	const uint64_t *count = group->stats.count;

	labelled(metric, group, "outcome", "chosen", count[PAXOS_STATS_A_CHOSEN]);
	labelled(metric, group, "outcome", "unknown", count[PAXOS_STATS_A_UNKNOWN]);
	labelled(metric, group, "outcome", "withdrawn", count[PAXOS_STATS_A_WITHDRAWN]);
	labelled(metric, group, "outcome", "full", count[PAXOS_STATS_A_FULL]);
	labelled(metric, group, "outcome", "stale", count[PAXOS_STATS_A_STALE]);
}

static void print_delivered(const struct metric *metric, const struct observed *group)
{
	const uint64_t *count = group->stats.count;

	labelled(metric, group, "type", "value", count[PAXOS_STATS_A_VALUES]);
	labelled(metric, group, "type", "noop", count[PAXOS_STATS_A_NOOPS]);
	labelled(metric, group, "type", "config", count[PAXOS_STATS_A_CONFIGS]);
}

static void print_dropped(const struct metric *metric, const struct observed *group)
{
	const uint64_t *count = group->stats.count;

	labelled(metric, group, "reason", "malformed", count[PAXOS_STATS_A_MALFORMED]);
	labelled(metric, group, "reason", "foreign", count[PAXOS_STATS_A_FOREIGN]);
	labelled(metric, group, "reason", "no-memory", count[PAXOS_STATS_A_NO_MEMORY]);
}

static void print_histogram(const struct metric *metric, const struct observed *group,
			    const struct ipc_histogram *histogram)
{
	uint64_t seen = 0;

	for (unsigned int i = 0; i < PAXOS_HISTOGRAM_BUCKETS; i++) {
		uint64_t bound_us = histogram_bound_us(i);

		seen += histogram->bucket[i];
		begin_sample(metric->name, "_bucket", group);
		if (bound_us)
			printf(",le=\"%.9g\"} %" PRIu64 "\n", bound_us / 1e6, seen);
		else
			printf(",le=\"+Inf\"} %" PRIu64 "\n", seen);
	}
	begin_sample(metric->name, "_sum", group);
	printf("} %" PRIu64 ".%06u\n", histogram->sum_us / 1000000,
	       (unsigned int)(histogram->sum_us % 1000000));
	begin_sample(metric->name, "_count", group);
	printf("} %" PRIu64 "\n", seen);
}

static void print_commit(const struct metric *metric, const struct observed *group)
{
	print_histogram(metric, group, &group->stats.commit);
}

static void print_write(const struct metric *metric, const struct observed *group)
{
	print_histogram(metric, group, &group->stats.write);
}

static void print_state(const struct metric *metric, const struct observed *group)
{
	for (unsigned int i = PAXOS_STATE_STARTING; i < PAXOS_STATE_JOINING; i++)
		labelled(metric, group, "state", text_state(i),
			 text_state(i) == text_state(group->status.state));
}

static void print_role(const struct metric *metric, const struct observed *group)
{
	for (unsigned int i = PAXOS_ROLE_FOLLOWER; i <= PAXOS_ROLE_LEARNER; i++)
		labelled(metric, group, "role", text_role(i), group->status.role == i);
}

static void print_leader(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.leader);
}

static void print_ballot(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.ballot >> 16);
}

static void print_voters(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.voters);
}

static void print_voters_up(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.voters_up);
}

static void print_chosen(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.chosen);
}

static void print_durable(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.durable);
}

static void print_learnable(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.delivered);
}

static void print_first(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.first);
}

static void print_pending(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.pending);
}

static void print_damaged(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.damaged);
}

static void print_size(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.disk_size);
}

static void print_used(const struct metric *metric, const struct observed *group)
{
	sample(metric, group, group->status.disk_used);
}

static void print_peer_health(const struct metric *metric, const struct observed *group)
{
	const struct ipc_status *status = &group->status;

	for (unsigned int i = 0; i < status->peers; i++)
		for (unsigned int health = PAXOS_HEALTH_OK; health <= PAXOS_HEALTH_FORGOTTEN;
		     health++) {
			begin_sample(metric->name, "", group);
			printf(",peer=\"%u\",health=\"%s\"} %d\n", status->peer[i].node,
			       text_health(health), status->peer[i].health == health);
		}
}

static void print_peer_rtt(const struct metric *metric, const struct observed *group)
{
	const struct ipc_status *status = &group->status;

	for (unsigned int i = 0; i < status->peers; i++) {
		if (!status->peer[i].rtt_us)
			continue;
		of_peer(metric, group, &status->peer[i]);
		printf("%.9g\n", status->peer[i].rtt_us / 1e6);
	}
}

static void print_peer_chosen(const struct metric *metric, const struct observed *group)
{
	const struct ipc_status *status = &group->status;

	for (unsigned int i = 0; i < status->peers; i++) {
		of_peer(metric, group, &status->peer[i]);
		printf("%" PRIu64 "\n", status->peer[i].chosen);
	}
}

static const struct metric metrics[] = {
	{ "paxos_proposals_total", "counter", "Proposals of this node's callers, by their outcome.",
	  print_proposals, 0 },
	{ "paxos_barriers_total", "counter", "Barriers granted to this node's callers.",
	  print_counter, PAXOS_STATS_A_BARRIERS },
	{ "paxos_delivered_slots_total", "counter", "Slots delivered here, by what they hold.",
	  print_delivered, 0 },
	{ "paxos_delivered_bytes_total", "counter", "Bytes of the values delivered here.",
	  print_counter, PAXOS_STATS_A_VALUE_BYTES },
	{ "paxos_leader_changes_total", "counter", "How often another node was seen to lead.",
	  print_counter, PAXOS_STATS_A_LEADERS },
	{ "paxos_received_datagrams_total", "counter", "Datagrams that came.",
	  print_counter, PAXOS_STATS_A_RECEIVED },
	{ "paxos_dropped_datagrams_total", "counter", "Of these, dropped, by the reason.",
	  print_dropped, 0 },
	{ "paxos_sent_datagrams_total", "counter", "Datagrams sent.",
	  print_counter, PAXOS_STATS_A_SENT },
	{ "paxos_unsent_datagrams_total", "counter",
	  "Datagrams that the network stack did not take.",
	  print_counter, PAXOS_STATS_A_UNSENT },
	{ "paxos_journal_writes_total", "counter", "Writes to the journal that ended well.",
	  print_counter, PAXOS_STATS_A_WRITES },
	{ "paxos_journal_written_bytes_total", "counter", "Bytes of these.",
	  print_counter, PAXOS_STATS_A_WRITTEN_BYTES },
	{ "paxos_commit_latency_seconds", "histogram",
	  "From the queueing of a proposal to its delivery here.", print_commit, 0 },
	{ "paxos_journal_write_latency_seconds", "histogram",
	  "From a journal write's submission until it is durable.", print_write, 0 },
	{ "paxos_state", "gauge", "1 for the state that this node is in.", print_state, 0 },
	{ "paxos_role", "gauge", "1 for the role that this node has.", print_role, 0 },
	{ "paxos_leader_node", "gauge", "Id of the node that leads; 0 if none is known.",
	  print_leader, 0 },
	{ "paxos_ballot_round", "gauge", "Round of the highest ballot promised or heard of.",
	  print_ballot, 0 },
	{ "paxos_voters", "gauge", "Voters of the newest configuration.", print_voters, 0 },
	{ "paxos_voters_up", "gauge", "Voters heard of within an election timeout.",
	  print_voters_up, 0 },
	{ "paxos_chosen_slot", "gauge", "All slots through this one are known to be chosen.",
	  print_chosen, 0 },
	{ "paxos_durable_slot", "gauge", "All through this one are chosen and on this disk.",
	  print_durable, 0 },
	{ "paxos_delivered_slot", "gauge", "All through this one can be learned here.",
	  print_learnable, 0 },
	{ "paxos_first_slot", "gauge", "The first slot that is not trimmed here.", print_first, 0 },
	{ "paxos_pending_requests", "gauge", "Requests of callers here that have no answer yet.",
	  print_pending, 0 },
	{ "paxos_damaged_slots", "gauge", "Slots whose value is damaged here.", print_damaged, 0 },
	{ "paxos_journal_size_bytes", "gauge", "Size of the journal's ring.", print_size, 0 },
	{ "paxos_journal_used_bytes", "gauge", "Bytes of the ring in use.", print_used, 0 },
	{ "paxos_peer_health", "gauge", "1 for the health that this node sees a peer in.",
	  print_peer_health, 0 },
	{ "paxos_peer_rtt_seconds", "gauge", "Last measured round trip to a peer.",
	  print_peer_rtt, 0 },
	{ "paxos_peer_chosen_slot", "gauge", "The commit index that a peer last told.",
	  print_peer_chosen, 0 },
};

void prometheus_print(const struct observed *groups, unsigned int count)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const struct metric *metric = &metrics[i];

		printf("# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
		       metric->type);
		for (unsigned int g = 0; g < count; g++)
			metric->print(metric, &groups[g]);
	}
}
