// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting for a command that the kernel queued, and what its failure is called.
 *
 * The kernel answers within the timeout that it was given.  Should it stay silent
 * for longer, the tool answers in its place: outcome unknown.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "queued.h"

#define GRACE_MS 5000		/* beyond the timeout, for the kernel's answer */
#define MEANWHILE_MS 200

void queued_start(struct queued *queued, struct ipc *ipc, const char *group,
		  uint32_t default_ms)
{
	*queued = (struct queued) {
		.ipc = ipc,
		.group = group,
		.start_us = now_us(),
		.timeout_ms = settings.timeout_ms ? (uint32_t)settings.timeout_ms : default_ms,
	};
}

uint32_t queued_left_ms(const struct queued *queued)
{
	uint64_t passed_ms = (now_us() - queued->start_us) / 1000;

	return passed_ms < queued->timeout_ms ? queued->timeout_ms - passed_ms : 1;
}

bool queued_is_over(const struct queued *queued)
{
	return now_us() - queued->start_us >= queued->timeout_ms * 1000ull;
}

int queued_await(const struct queued *queued, int error, struct ipc_result *result)
{
	uint64_t end_us = queued->start_us + (queued->timeout_ms + GRACE_MS) * 1000ull;
	uint64_t now = now_us();

	if (error)
		return error;
	for (; now < end_us; now = now_us()) {
		error = ipc_await(queued->ipc, result, queued->meanwhile ? MEANWHILE_MS :
							(end_us - now) / 1000 + 1);
		if (error != -ETIMEDOUT)
			return error;
		if (queued->meanwhile)
			queued->meanwhile(queued->context);
	}
	memset(result, 0, sizeof(*result));
	result->error = ETIMEDOUT;
	return 0;
}

int queued_status(int error)
{
	switch (error) {
	case 0:
		return EXIT_DONE;
	case ETIMEDOUT:
	case EIO:
		return EXIT_UNKNOWN;
	case EHOSTUNREACH:
	case ENOSPC:
		return EXIT_UNHEALTHY;
	}
	return ipc_exit_status(-error);
}

void status_reason(struct ipc *ipc, const char *group, int error, char text[STATUS_REASON_MAX])
{
	const char *known = "no quorum: ", *reason;
	struct ipc_status status;

	text[0] = '\0';
	if ((error != EHOSTUNREACH && error != ETIMEDOUT && error != ENOSPC) ||
	    ipc_status(ipc, group, &status))
		return;
	reason = status.reason;
	if (!strncmp(reason, known, strlen(known)))
		reason += strlen(known);
	if (*reason)
		snprintf(text, STATUS_REASON_MAX, " (%.*s)", PAXOS_REASON_MAX, reason);
}

/* What stands in for a message that the kernel did not give. */
static const char *error_text(int error)
{
	switch (error) {
	case ETIMEDOUT:
	case EIO:
		return "outcome unknown";
	case EHOSTUNREACH:
		return "no quorum; nothing was changed";
	case EAGAIN:
		return "the node has not caught up";
	case EBUSY:
		return "another change is under way";
	case ERANGE:
		return "that slot is not chosen and durable yet";
	case ESTALE:
		return "that slot is trimmed";
	case ENOSPC:
		return "the journal is full: trim the log to make room";
	case ESHUTDOWN:
		return "the group went away before it answered";
	}
	return strerror(error);
}

int queued_judge(const struct queued *queued, int error, const struct ipc_result *result)
{
	char reason[STATUS_REASON_MAX] = "", late[48] = "";
	const char *text;

	if (error)
		return ipc_fail(queued->ipc, error);
	if (!result->error)
		return EXIT_DONE;
	text = result->message[0] ? result->message : error_text(result->error);
	if (result->error == ETIMEDOUT)
		snprintf(late, sizeof(late), "timed out after %.*f s: ",
			 queued->timeout_ms < 100 ? 3 : 1, queued->timeout_ms / 1000.0);
	status_reason(queued->ipc, queued->group, result->error, reason);
	return fail(queued_status(result->error), "%s%s%s", late, text, reason);
}

int queued_end(const struct queued *queued, int error, struct ipc_result *result)
{
	error = queued_await(queued, error, result);
	return queued_judge(queued, error, result);
}
