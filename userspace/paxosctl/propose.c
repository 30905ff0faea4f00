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
#include "output.h"
#include "pipeline.h"
#include "text.h"

enum {
	OPTION_FILE = OPTION_FIRST,
	OPTION_LINES,
};

const struct option propose_options[] = {
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "lines", no_argument, NULL, OPTION_LINES },
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
	switch (flight->error) {
	case ETIMEDOUT:
	case EIO:
		return EXIT_UNKNOWN;
	case EHOSTUNREACH:
	case ENOSPC:
		return flight->refused ? EXIT_REFUSED : EXIT_UNHEALTHY;
	}
	return flight->refused ? ipc_exit_status(-flight->error) : EXIT_REFUSED;
}

static void failure_text(const struct propose *propose, const struct flight *flight, char *text,
			 size_t size)
{
	uint32_t timeout_ms = propose->pipeline.timeout_ms;
	const char *known = NULL;

	if (flight->refused) {
		known = propose->pipeline.refusal;
	} else if (flight->error == ETIMEDOUT) {
		snprintf(text, size,
			 "timed out after %.*f s: outcome unknown, the value may still be chosen",
			 timeout_ms < 100 ? 3 : 1, timeout_ms / 1000.0);
		return;
	} else if (flight->error == EHOSTUNREACH) {
		known = "no quorum: the value never left this node and is withdrawn";
	} else if (flight->error == ENOSPC) {
		known = "the journal is full: trim the log to make room for new values";
	} else if (flight->error == EIO) {
		known = "this node's disk failed: outcome unknown, the value may still be chosen";
	} else if (flight->error == ESHUTDOWN) {
		known = "the group went away before it answered";
	} else {
		known = strerror(flight->error);
	}
	snprintf(text, size, "%s", known);
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

/* Why there is no quorum, as the group itself says; empty if it does not. */
static void quorum_reason(const struct propose *propose, char *text, size_t size)
{
	const char *known = "no quorum: ", *reason;
	struct ipc_status status;

	text[0] = '\0';
	if (propose->failed.error != EHOSTUNREACH || propose->failed.refused)
		return;
	if (ipc_status(propose->pipeline.ipc, propose->pipeline.group, &status))
		return;
	reason = status.reason;
	if (!strncmp(reason, known, strlen(known)))
		reason += strlen(known);
	if (*reason)
		snprintf(text, size, " (%.*s)", PAXOS_REASON_MAX, reason);
}

static int report(struct propose *propose)
{
	char text[256], reason[PAXOS_REASON_MAX + 8], which[64] = "";
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
	quorum_reason(propose, reason, sizeof(reason));
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
		return fail(EXIT_USAGE, "cannot open %s: %s", path, strerror(errno));
	input_file(&propose->input, fd, lines);
	propose->many = lines;
	return EXIT_DONE;
}

int propose_run(const struct args *args)
{
	struct propose propose = { .input.fd = -1 };
	const char *path = NULL;
	bool lines = false;
	int code = args_words(args, 1, args->count > 1 ? args->count : 1);

	if (code)
		return code;
	for (unsigned int i = 0; i < args->options; i++) {
		if (args->option[i].id == OPTION_FILE)
			path = args->option[i].value;
		else
			lines = true;
	}
	code = open_input(&propose, args, path, lines);
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
