// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl stats: what groups have counted on this node, as text, JSON, or in
 * Prometheus' format, to which the status' figures are added.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "histogram.h"
#include "output.h"
#include "prometheus.h"

enum {
	OPTION_PROMETHEUS = OPTION_FIRST,
	OPTION_RESET,
};

const struct option stats_options[] = {
	{ "prometheus", no_argument, NULL, OPTION_PROMETHEUS },
	{ "reset", no_argument, NULL, OPTION_RESET },
	{ 0 },
};

/* Figures that belong together, and their names. */
static const struct figures {
	const char *name;
	struct {
		const char *name;
		unsigned int which;	/* enum paxos_stats_attr */
	} figure[6];
} figures[] = {
	{ "proposals", { { "chosen", PAXOS_STATS_A_CHOSEN }, { "unknown", PAXOS_STATS_A_UNKNOWN },
			 { "withdrawn", PAXOS_STATS_A_WITHDRAWN }, { "full", PAXOS_STATS_A_FULL },
			 { "stale", PAXOS_STATS_A_STALE } } },
	{ "barriers", { { "granted", PAXOS_STATS_A_BARRIERS } } },
	{ "delivered", { { "values", PAXOS_STATS_A_VALUES }, { "noops", PAXOS_STATS_A_NOOPS },
			 { "configs", PAXOS_STATS_A_CONFIGS },
			 { "bytes", PAXOS_STATS_A_VALUE_BYTES } } },
	{ "leaders", { { "changes", PAXOS_STATS_A_LEADERS } } },
	{ "datagrams", { { "received", PAXOS_STATS_A_RECEIVED },
			 { "malformed", PAXOS_STATS_A_MALFORMED },
			 { "foreign", PAXOS_STATS_A_FOREIGN },
			 { "no_memory", PAXOS_STATS_A_NO_MEMORY }, { "sent", PAXOS_STATS_A_SENT },
			 { "unsent", PAXOS_STATS_A_UNSENT } } },
	{ "journal", { { "writes", PAXOS_STATS_A_WRITES },
		       { "bytes", PAXOS_STATS_A_WRITTEN_BYTES } } },
};

#define FIGURES (sizeof(figures) / sizeof(figures[0]))
#define FIGURE_MAX (sizeof(figures[0].figure) / sizeof(figures[0].figure[0]))

static json_t *stats_json(const struct ipc_stats *stats)
{
	json_t *json = json_pack("{s:s,s:i,s:I}", "group", stats->group, "node", stats->node,
				 "since_ms", (json_int_t)stats->count[PAXOS_STATS_A_SINCE_MS]);

	for (size_t i = 0; i < FIGURES; i++) {
		json_t *part = json_object();

		for (size_t k = 0; k < FIGURE_MAX && figures[i].figure[k].name; k++)
			json_object_set_new(part, figures[i].figure[k].name,
					    json_integer(stats->count[figures[i].figure[k].which]));
		json_object_set_new(json, figures[i].name, part);
	}
	json_object_set_new(json, "commit_us", histogram_json(&stats->commit));
	json_object_set_new(json, "write_us", histogram_json(&stats->write));
	return json;
}

static void print_stats(const struct ipc_stats *stats)
{
	uint64_t since_ms = stats->count[PAXOS_STATS_A_SINCE_MS];

	printf("%sgroup %s%s  node %u  counted for %" PRIu64 ".%03u s\n", color_on(COLOR_HEAD),
	       stats->group, color_off(COLOR_HEAD), stats->node, since_ms / 1000,
	       (unsigned int)(since_ms % 1000));
	for (size_t i = 0; i < FIGURES; i++) {
		printf("%-10s", figures[i].name);
		for (size_t k = 0; k < FIGURE_MAX && figures[i].figure[k].name; k++)
			printf("  %s %" PRIu64, figures[i].figure[k].name,
			       stats->count[figures[i].figure[k].which]);
		putchar('\n');
	}
	if (settings.brief)
		return;
	histogram_print("commit", &stats->commit);
	histogram_print("journal write", &stats->write);
}

static void print_all(const struct ipc_stats *stats, unsigned int count, bool named)
{
	json_t *array;

	if (!settings.json) {
		for (unsigned int i = 0; i < count; i++) {
			if (i && !settings.brief)
				putchar('\n');
			print_stats(&stats[i]);
		}
		return;
	}
	if (named) {
		print_json(stats_json(stats));
		return;
	}
	array = json_array();
	for (unsigned int i = 0; i < count; i++)
		json_array_append_new(array, stats_json(&stats[i]));
	print_json(array);
}

/* The status of each; of all groups, those that went away meanwhile are left out. */
static int observe(struct ipc *ipc, const struct ipc_stats *stats, unsigned int *count, bool named,
		   struct observed *groups)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < *count; i++) {
		int error = ipc_status(ipc, stats[i].group, &groups[found].status);

		if (error && (named || ipc_exit_status(error) != EXIT_MISSING))
			return error;
		groups[found].stats = stats[i];
		found += !error;
	}
	*count = found;
	return 0;
}

static int print_prometheus(struct ipc *ipc, const struct ipc_stats *stats, unsigned int count,
			    bool named)
{
	struct observed *groups = must(calloc(count ? count : 1, sizeof(*groups)));
	int error = observe(ipc, stats, &count, named, groups);

	if (!error)
		prometheus_print(groups, count);
	free(groups);
	return error ? ipc_fail(ipc, error) : EXIT_DONE;
}

/* Each group's own figures; the list is made anew, so that each is read and reset at once. */
static int reset_each(struct ipc *ipc, struct ipc_stats *stats, unsigned int *count)
{
	unsigned int kept = 0;
	int error;

	for (unsigned int i = 0; i < *count; i++) {
		error = ipc_stats(ipc, stats[i].group, true, &stats[kept]);
		if (!error)
			kept++;
		else if (ipc_exit_status(error) != EXIT_MISSING)
			return error;
	}
	*count = kept;
	return 0;
}

static int read_stats(struct ipc *ipc, const char *group, bool reset, struct ipc_stats **stats,
		      unsigned int *count)
{
	int error;

	if (group) {
		*count = 1;
		*stats = must(calloc(1, sizeof(**stats)));
		return ipc_stats(ipc, group, reset, *stats);
	}
	error = ipc_stats_list(ipc, stats, count);
	return error || !reset ? error : reset_each(ipc, *stats, count);
}

int stats_run(const struct args *args)
{
	const char *group = args->count ? args->word[0] : NULL;
	bool prometheus = false, reset = false;
	int error, code = args_words(args, 0, 1);
	struct ipc_stats *stats = NULL;
	unsigned int count = 0;
	struct ipc *ipc;

	for (unsigned int i = 0; i < args->options; i++) {
		prometheus |= args->option[i].id == OPTION_PROMETHEUS;
		reset |= args->option[i].id == OPTION_RESET;
	}
	if (!code && prometheus && settings.json)
		code = args_fail(args, "--prometheus is a format of its own: without --json");
	ipc = code ? NULL : ipc_get(&code);
	if (!ipc)
		return code;
	error = read_stats(ipc, group, reset, &stats, &count);
	if (error)
		code = ipc_fail(ipc, error);
	else if (prometheus)
		code = print_prometheus(ipc, stats, count, group);
	else
		print_all(stats, count, group);
	free(stats);
	return code;
}
