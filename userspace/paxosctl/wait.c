// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl wait: returns when something is true of a group on this node.
 *
 *	ready		this node takes part, and a leader is known if the group's mode has
 *			one: proposals work
 *	leader		a leader is known; refused in mode basic, where nobody ever leads
 *	voter		this node votes: its journal is replayed and it is confirmed
 *	chosen SLOT	all slots up to SLOT can be learned here
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "output.h"
#include "text.h"

#define POLL_MS 50
#define TIMEOUT_MS 60000	/* without --timeout */

struct wait {
	const char *what;
	uint64_t slot;
	bool (*reached)(const struct wait *wait, const struct ipc_status *status);
};

/* In mode basic nobody leads. */
static bool is_basic(const struct ipc_status *status)
{
	return status->mode == PAXOS_MODE_BASIC;
}

static bool is_leader_known(const struct wait *wait, const struct ipc_status *status)
{
	(void)wait;
	return status->leader;
}

static bool is_ready(const struct wait *wait, const struct ipc_status *status)
{
	(void)wait;
	return status->state == PAXOS_STATE_OK && (status->leader || is_basic(status));
}

static bool is_voter(const struct wait *wait, const struct ipc_status *status)
{
	(void)wait;
	return status->voter &&
	       (status->state == PAXOS_STATE_OK || status->state == PAXOS_STATE_NO_QUORUM);
}

static bool is_chosen(const struct wait *wait, const struct ipc_status *status)
{
	return status->delivered >= wait->slot;
}

static int parse_condition(const struct args *args, struct wait *wait)
{
	static const struct wait known[] = {
		{ .what = "ready", .reached = is_ready },
		{ .what = "leader", .reached = is_leader_known },
		{ .what = "voter", .reached = is_voter },
		{ .what = "chosen", .reached = is_chosen },
	};
	int code;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(args->word[1], known[i].what))
			*wait = known[i];
	if (!wait->what)
		return args_fail(args, "cannot wait for '%s'", args->word[1]);
	if (wait->reached != is_chosen)
		return args_words(args, 2, 2);
	code = args_words(args, 3, 3);
	if (!code && !parse_u64(args->word[2], 1, INT64_MAX, &wait->slot))
		code = args_fail(args, "'%s' is no slot", args->word[2]);
	return code;
}

static int print_reached(const struct wait *wait, const struct ipc_status *status)
{
	char leader[16] = "none";

	if (status->leader)
		snprintf(leader, sizeof(leader), "%u", status->leader);
	if (settings.json)
		print_json(json_pack("{s:s,s:s,s:s,s:o,s:I}", "group", status->group,
				     "reached", wait->what, "state", text_state(status->state),
				     "leader", status->leader ? json_integer(status->leader) :
								json_null(),
				     "delivered", (json_int_t)status->delivered));
	else if (!settings.brief)
		printf("group %s: %s (state %s, leader %s, delivered %" PRIu64 ")\n",
		       status->group, wait->what, text_state(status->state), leader,
		       status->delivered);
	return EXIT_DONE;
}

static int timed_out(const struct wait *wait, const struct ipc_status *status, int timeout_ms)
{
	char what[48];

	snprintf(what, sizeof(what), "%s", wait->what);
	if (wait->slot)
		snprintf(what, sizeof(what), "%s %" PRIu64, wait->what, wait->slot);
	return fail(EXIT_UNKNOWN,
		    "timed out after %.1f s waiting for %s of %s: state %s, leader %u, delivered %"
		    PRIu64 "%s%s", timeout_ms / 1000.0, what, status->group, text_state(status->state),
		    status->leader, status->delivered, status->reason[0] ? ": " : "",
		    status->reason);
}

int wait_run(const struct args *args)
{
	static const struct timespec pause = { .tv_nsec = POLL_MS * 1000000l };
	int timeout_ms = settings.timeout_ms ? settings.timeout_ms : TIMEOUT_MS;
	uint64_t end_us = now_us() + timeout_ms * 1000ull;
	struct wait wait = { 0 };
	struct ipc_status status;
	struct ipc *ipc;
	int error, code = args_words(args, 2, 3);

	if (!code)
		code = parse_condition(args, &wait);
	ipc = code ? NULL : ipc_get(&code);
	if (!ipc)
		return code;
	for (;;) {
		error = ipc_status(ipc, args->word[0], &status);
		if (error)
			return ipc_fail(ipc, error);
		if (wait.reached(&wait, &status))
			return print_reached(&wait, &status);
		if (wait.reached == is_leader_known && is_basic(&status))
			return fail(EXIT_UNHEALTHY, "group %s is in mode basic: nobody leads",
				    status.group);
		if (now_us() >= end_us)
			return timed_out(&wait, &status, timeout_ms);
		nanosleep(&pause, NULL);
	}
}
