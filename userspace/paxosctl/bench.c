// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl bench: a load on a group, and how long its proposals took.
 *
 * The load is load.c's, the picture plot.c's; here is what is asked for, and how it
 * is told.  A file that cannot be written is an error before the load begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "histogram.h"
#include "load.h"
#include "outcome.h"
#include "output.h"
#include "plot.h"
#include "queued.h"

#define CLIENTS_DEFAULT 64
#define CLIENTS_OPEN_DEFAULT 1024	/* of an open loop, where it is to be no limit */
#define SIZE_DEFAULT 64
#define SECONDS_DEFAULT_MS 10000
#define RATE_MAX 1000000

enum {
	OPTION_CLIENTS = OPTION_FIRST,
	OPTION_SIZE,
	OPTION_SECONDS,
	OPTION_RATE,
	OPTION_PLOT,
};

const struct option bench_options[] = {
	{ "clients", required_argument, NULL, OPTION_CLIENTS },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "plot", required_argument, NULL, OPTION_PLOT },
	{ 0 },
};

static const struct percentile {
	const char *name;	/* for people, and ... */
	const char *key;	/* ... for scripts */
	unsigned int millionths;
} percentiles[] = {
	{ "p50", "p50", 500000 },
	{ "p90", "p90", 900000 },
	{ "p99", "p99", 990000 },
	{ "p99.9", "p999", 999000 },
};

#define PERCENTILES (sizeof(percentiles) / sizeof(percentiles[0]))

static double throughput(const struct load *load)
{
	return load->sending_us ? load->chosen_in_time * 1e6 / load->sending_us : 0;
}

static json_t *latency_json(const struct latency *latency)
{
	json_t *json = json_pack("{s:I}", "count", (json_int_t)latency->count);
	bool any = latency->count;

	json_object_set_new(json, "min", any ? json_integer(latency->min_us) : json_null());
	json_object_set_new(json, "mean",
			    any ? json_integer(latency_mean_us(latency)) : json_null());
	for (size_t i = 0; i < PERCENTILES; i++)
		json_object_set_new(json, percentiles[i].key, !any ? json_null() :
				    json_integer(latency_within_us(latency,
								   percentiles[i].millionths)));
	json_object_set_new(json, "max", any ? json_integer(latency->max_us) : json_null());
	json_object_set_new(json, "buckets", histogram_buckets_json(&latency->powers));
	return json;
}

static void print_load_json(const struct load *load)
{
	json_t *errors = json_object();

	for (unsigned int i = 0; i < LOAD_FAILURES; i++)
		json_object_set_new(errors, load_failure_name(i), json_integer(load->failed[i]));
	print_json(json_pack("{s:s,s:s,s:i,s:o,s:i,s:f,s:I,s:I,s:I,s:o,s:f,s:o}",
			     "group", load->group, "loop", load->rate ? "open" : "closed",
			     "clients", load->clients,
			     "rate", load->rate ? json_integer(load->rate) : json_null(),
			     "size", load->size, "seconds", load->sending_us / 1e6,
			     "sent", (json_int_t)load->sent, "chosen", (json_int_t)load->chosen,
			     "unsent", (json_int_t)load->unsent, "errors", errors,
			     "throughput", throughput(load),
			     "latency_us", latency_json(&load->latency)));
}

static void print_failures(const struct load *load)
{
	static const char * const words[] = {
		[LOAD_TIMED_OUT] = "timed out",
		[LOAD_WITHDRAWN] = "withdrawn, no quorum",
		[LOAD_FULL] = "refused, journal full",
		[LOAD_DISK] = "unknown, disk failed",
		[LOAD_GONE] = "unknown, group gone",
		[LOAD_REFUSED] = "refused",
		[LOAD_OTHER] = "failed otherwise",
	};

	for (unsigned int i = 0; i < LOAD_FAILURES; i++)
		if (load->failed[i])
			printf("  %s%s %" PRIu64 "%s", color_on(COLOR_BAD), words[i],
			       load->failed[i], color_off(COLOR_BAD));
	putchar('\n');
}

static void print_ms(const char *name, uint64_t us)
{
	printf("  %s %" PRIu64 ".%03u", name, us / 1000, (unsigned int)(us % 1000));
}

static void print_latency(const struct latency *latency)
{
	if (!latency->count)
		return;
	fputs("latency, ms", stdout);
	print_ms("min", latency->min_us);
	print_ms("mean", latency_mean_us(latency));
	for (size_t i = 0; i < PERCENTILES; i++)
		print_ms(percentiles[i].name,
			 latency_within_us(latency, percentiles[i].millionths));
	print_ms("max", latency->max_us);
	putchar('\n');
}

static void print_load(const struct load *load)
{
	printf("%sgroup %s%s  values of %u bytes", color_on(COLOR_HEAD), load->group,
	       color_off(COLOR_HEAD), load->size);
	if (load->rate)
		printf("  open loop, %" PRIu64 "/s, at most %u in flight", load->rate,
		       load->clients);
	else
		printf("  closed loop, %u clients", load->clients);
	printf("  %.1f s\n", load->sending_us / 1e6);
	printf("proposals   sent %" PRIu64 "  chosen %" PRIu64, load->sent, load->chosen);
	print_failures(load);
	if (load->unsent)
		printf("%s%" PRIu64 " more were due and never sent: the group cannot keep up with "
		       "that rate%s\n", color_on(COLOR_WARN), load->unsent, color_off(COLOR_WARN));
	printf("throughput  %.1f/s  %.1f KiB/s\n", throughput(load),
	       throughput(load) * load->size / 1024);
	print_latency(&load->latency);
	if (!settings.brief)
		histogram_bars(&load->latency.powers);
}

/* What was measured is told already; this is how it ends. */
static int judge(const struct load *load)
{
	char text[256], reason[STATUS_REASON_MAX] = "";
	uint64_t failed = load_failed(load);
	int error = load->first_failure;

	if (!failed)
		return EXIT_DONE;
	if (load->first_refused)
		snprintf(text, sizeof(text), "%s", load->refusal);
	else
		outcome_text(error, load->timeout_ms, text, sizeof(text));
	if (!load->first_refused)
		status_reason(load->ipc, load->group, error, reason);
	return fail(load->first_refused ? ipc_exit_status(-error) : outcome_status(error),
		    "%" PRIu64 " of %" PRIu64 " proposals were not chosen; the first: %s%s", failed,
		    load->sent, text, reason);
}

/* A file is written anew; a pipe, or a terminal, gets it as it is. */
static bool emptied(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && (!S_ISREG(status.st_mode) || !ftruncate(fd, 0));
}

static int write_plot(const struct load *load, int fd, const char *path)
{
	FILE *file = emptied(fd) ? fdopen(fd, "w") : NULL;
	int error = errno;
	bool bad;

	if (!file) {
		close(fd);
		return fail(EXIT_REFUSED, "cannot write %s: %s", path, strerror(error));
	}
	plot_load(file, load);
	bad = ferror(file);
	bad = fclose(file) || bad;
	return bad ? fail(EXIT_REFUSED, "cannot write %s: %s", path, strerror(errno)) : EXIT_DONE;
}

/* @plot: an open file, or -1; in any case it is closed. */
static int run_load(struct load *load, int plot, const char *path)
{
	int code = load_run(load), written = EXIT_DONE;

	if (code) {
		if (plot >= 0)
			close(plot);
		return code;
	}
	if (settings.json)
		print_load_json(load);
	else
		print_load(load);
	if (path)
		written = write_plot(load, plot, path);
	code = judge(load);
	return code ? code : written;
}

static int take_number(const struct args *args, unsigned int at, const char *name, uint64_t most,
		       uint64_t *number)
{
	if (parse_u64(args->option[at].value, 1, most, number))
		return EXIT_DONE;
	return args_fail(args, "--%s wants a number, 1 to %" PRIu64 ", not '%s'", name, most,
			 args->option[at].value);
}

static int take_option(const struct args *args, unsigned int at, struct load *load,
		       const char **plot)
{
	uint64_t number = 0;
	int code = EXIT_DONE, ms;

	switch (args->option[at].id) {
	case OPTION_CLIENTS:
		code = take_number(args, at, "clients", LOAD_CLIENTS_MAX, &number);
		load->clients = number;
		break;
	case OPTION_SIZE:
		code = take_number(args, at, "size", PAXOS_VALUE_MAX, &number);
		load->size = number;
		break;
	case OPTION_RATE:
		code = take_number(args, at, "rate", RATE_MAX, &load->rate);
		break;
	case OPTION_SECONDS:
		if (!parse_seconds(args->option[at].value, &ms))
			return args_fail(args, "--seconds wants seconds, 0.001 to 3600, not '%s'",
					 args->option[at].value);
		load->duration_us = ms * 1000ull;
		break;
	case OPTION_PLOT:
		*plot = args->option[at].value;
		break;
	}
	return code;
}

static int start(const struct args *args, struct load *load, const char *path)
{
	struct ipc_status status;
	int error, code, plot = -1;

	load->group = args->word[0];
	load->timeout_ms = settings.timeout_ms ? settings.timeout_ms : PAXOS_TIMEOUT_DEFAULT_MS;
	if (!load->clients)
		load->clients = load->rate ? CLIENTS_OPEN_DEFAULT : CLIENTS_DEFAULT;
	load->ipc = ipc_get(&code);
	if (!load->ipc)
		return code;
	error = ipc_status(load->ipc, load->group, &status);
	if (error)
		return ipc_fail(load->ipc, error);
	if (path)
		plot = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (path && plot < 0)
		return fail(EXIT_USAGE, "cannot write %s: %s", path, strerror(errno));
	return run_load(load, plot, path);
}

int bench_run(const struct args *args)
{
	struct load *load = must(calloc(1, sizeof(*load)));
	int code = args_words(args, 1, 1);
	const char *plot = NULL;

	load->size = SIZE_DEFAULT;
	load->duration_us = SECONDS_DEFAULT_MS * 1000ull;
	for (unsigned int i = 0; !code && i < args->options; i++)
		code = take_option(args, i, load, &plot);
	if (!code)
		code = start(args, load, plot);
	free(load);
	return code;
}
