// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl propose: values in, slots out.
 *
 * The sending is pipeline.c's; here is where the values come from, how results
 * are printed (in the order of the input) and what a failure is called.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "outcome.h"
#include "output.h"
#include "pipeline.h"
#include "queued.h"
#include "text.h"

enum {
	OPTION_FILE = OPTION_FIRST,
	OPTION_LINES,
	OPTION_CLIENT,
	OPTION_SEQ,
};

const struct option propose_options[] = {
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "lines", no_argument, NULL, OPTION_LINES },
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "seq", required_argument, NULL, OPTION_SEQ },
	{ 0 },
};

struct propose {
	struct pipeline pipeline;
	struct input input;
	struct progress progress;
	bool rows;		/* a row per value, else a summary */
	bool many;
	uint64_t started_us;
	uint64_t chosen;
	uint64_t first_slot;
	uint64_t last_slot;
	struct flight failed;	/* the first that was not chosen */
};

static int failure_status(const struct flight *flight)
{
	return flight->refused ? ipc_exit_status(-flight->error) : outcome_status(flight->error);
}

static void failure_text(const struct propose *propose, const struct flight *flight, char *text,
			 size_t size)
{
	if (flight->refused)
		snprintf(text, size, "%s", propose->pipeline.refusal);
	else
		outcome_text(flight->error, propose->pipeline.timeout_ms, text, size);
}

static void print_failed_row(struct propose *propose, const struct flight *flight)
{
	char text[256];
	json_t *json;

	if (!settings.json || !propose->many)
		return;
	failure_text(propose, flight, text, sizeof(text));
	json = json_pack("{s:o}", "error", error_json(failure_status(flight), text));
	if (propose->input.lines)
		json_object_set_new(json, "line", json_integer(flight->number));
	print_json(json);
}

static void print_row(struct propose *propose, const struct flight *flight)
{
	char ballot[BALLOT_TEXT_MAX];

	text_ballot(flight->ballot, ballot);
	if (settings.json) {
		json_t *json = json_pack("{s:I,s:s,s:I}", "slot", (json_int_t)flight->slot,
					 "ballot", ballot,
					 "latency_us", (json_int_t)flight->latency_us);

		if (propose->input.lines)
			json_object_set_new(json, "line", json_integer(flight->number));
		print_json(json);
	} else if (settings.brief) {
		printf("%" PRIu64 "\n", flight->slot);
	} else {
		printf("slot %" PRIu64 "  ballot %s  %" PRIu64 ".%03u ms\n", flight->slot, ballot,
		       flight->latency_us / 1000, (unsigned int)(flight->latency_us % 1000));
	}
}

static uint64_t rate(const struct propose *propose)
{
	uint64_t elapsed_us = now_us() - propose->started_us;

	return elapsed_us ? propose->chosen * 1000000 / elapsed_us : 0;
}

static void on_done(void *context, const struct flight *flight)
{
	struct propose *propose = context;
	char note[64];

	if (flight->error) {
		if (!propose->failed.error)
			propose->failed = *flight;
		print_failed_row(propose, flight);
		return;
	}
	propose->last_slot = flight->slot;
	if (!propose->chosen++)
		propose->first_slot = flight->slot;
	if (propose->rows)
		print_row(propose, flight);
	snprintf(note, sizeof(note), "%" PRIu64 " chosen, %" PRIu64 "/s", propose->chosen,
		 rate(propose));
	progress_update(&propose->progress, propose->input.consumed, note);
}

static int report(struct propose *propose)
{
	char text[256], reason[STATUS_REASON_MAX] = "", which[64] = "";
	const struct flight *failed = &propose->failed;

	if (propose->input.error)
		return fail(EXIT_REFUSED, "cannot read the input: %s",
			    strerror(propose->input.error));
	if (!failed->error) {
		if (!propose->rows)
			printf("%" PRIu64 " values chosen, slots %" PRIu64 "..%" PRIu64 ", %"
			       PRIu64 "/s\n", propose->chosen, propose->first_slot,
			       propose->last_slot, rate(propose));
		return EXIT_DONE;
	}
	if (propose->many)
		snprintf(which, sizeof(which), "%s %" PRIu64 " is the first not chosen: ",
			 propose->input.lines ? "line" : "value", failed->number);
	failure_text(propose, failed, text, sizeof(text));
	if (!failed->refused)
		status_reason(propose->pipeline.ipc, propose->pipeline.group, failed->error, reason);
	return fail(failure_status(failed), "%s%s%s", which, text, reason);
}

static int propose_input(struct propose *propose)
{
	bool shown = !settings.json && !settings.brief && isatty(STDOUT_FILENO);
	int error;

	propose->rows = !propose->input.lines || !shown;
	propose->started_us = now_us();
	progress_start(&propose->progress, "proposing", propose->input.total);
	if (!propose->input.lines || (propose->rows && isatty(STDOUT_FILENO)))
		propose->progress.active = false;
	error = pipeline_run(&propose->pipeline);
	progress_end(&propose->progress);
	return error ? ipc_fail(propose->pipeline.ipc, error) : report(propose);
}

static int open_input(struct propose *propose, const struct args *args, const char *path,
		      bool lines)
{
	bool standard = path ? !strcmp(path, "-") :
			       args->count == 1 || !strcmp(args->word[1], "-");
	int fd = STDIN_FILENO;

	if (!path && !lines && args->count == 1)
		return args_fail(args, "a value is missing");
	if (args->count > 1 && (path || lines))
		return args_fail(args, "values on the command line exclude --file and --lines");
	if (!path && args->count > 1 && !(args->count == 2 && standard)) {
		input_words(&propose->input, args->word + 1, args->count - 1);
		propose->many = args->count > 2;
		return EXIT_DONE;
	}
	if (!standard)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(errno == ENOENT ? EXIT_MISSING : EXIT_USAGE, "cannot open %s: %s",
			    path, strerror(errno));
	input_file(&propose->input, fd, lines);
	propose->many = lines;
	return EXIT_DONE;
}

static int take_option(const struct args *args, unsigned int at, struct propose *propose,
		       const char **path, bool *lines)
{
	const char *value = args->option[at].value;

	switch (args->option[at].id) {
	case OPTION_FILE:
		*path = value;
		break;
	case OPTION_LINES:
		*lines = true;
		break;
	case OPTION_CLIENT:
		if (!parse_u64(value, 1, UINT64_MAX, &propose->pipeline.client))
			return args_fail(args, "--client wants a number, 1 or more, not '%s'",
					 value);
		break;
	case OPTION_SEQ:
		if (!parse_u64(value, 1, UINT64_MAX, &propose->pipeline.sequence))
			return args_fail(args, "--seq wants a number, 1 or more, not '%s'", value);
		break;
	}
	return EXIT_DONE;
}

/* A sequence number is that of one value. */
static int check_client(const struct args *args, const struct propose *propose)
{
	if (!propose->pipeline.client != !propose->pipeline.sequence)
		return args_fail(args, "--client and --seq go together");
	if (propose->pipeline.client && propose->many)
		return args_fail(args, "--client and --seq are for one value");
	return EXIT_DONE;
}

int propose_run(const struct args *args)
{
	struct propose propose = { .input.fd = -1 };
	const char *path = NULL;
	bool lines = false;
	int code = args_words(args, 1, args->count > 1 ? args->count : 1);

	for (unsigned int i = 0; !code && i < args->options; i++)
		code = take_option(args, i, &propose, &path, &lines);
	if (!code)
		code = open_input(&propose, args, path, lines);
	if (!code)
		code = check_client(args, &propose);
	if (code)
		return code;
	propose.pipeline.group = args->word[0];
	propose.pipeline.input = &propose.input;
	propose.pipeline.timeout_ms = settings.timeout_ms ? settings.timeout_ms :
							    PAXOS_TIMEOUT_DEFAULT_MS;
	propose.pipeline.context = &propose;
	propose.pipeline.done = on_done;
	propose.pipeline.ipc = ipc_get(&code);
	if (propose.pipeline.ipc)
		code = propose_input(&propose);
	input_free(&propose.input);
	if (propose.input.fd > STDIN_FILENO)
		close(propose.input.fd);
	return code;
}
