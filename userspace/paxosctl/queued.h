/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_QUEUED_H
#define PAXOSCTL_QUEUED_H

#include "ipc.h"

/* A command that the kernel queued: until when, and how the wait is passed. */
struct queued {
	struct ipc *ipc;
	const char *group;
	uint64_t start_us;
	uint32_t timeout_ms;
	void *context;
	/* Called now and then during the wait; NULL: nothing is to be shown. */
	void (*meanwhile)(void *context);
};

/* From now on, for --timeout or @default_ms. */
void queued_start(struct queued *queued, struct ipc *ipc, const char *group,
		  uint32_t default_ms);
/* What is left of it, at least 1 ms. */
uint32_t queued_left_ms(const struct queued *queued);
bool queued_is_over(const struct queued *queued);

/*
 * @error is what sending the request returned: 0, and the answer is awaited.
 * Returns an exit status; where it is not 0, the error has been printed.
 */
int queued_end(const struct queued *queued, int error, struct ipc_result *result);
/* The two halves of it.  queued_await() returns 0 and a result, or a negative errno. */
int queued_await(const struct queued *queued, int error, struct ipc_result *result);
int queued_judge(const struct queued *queued, int error, const struct ipc_result *result);

/* Exit status of a result that is positive errno @error. */
int queued_status(int error);
/*
 * What keeps the group from choosing, as its status says, in brackets: where @error may
 * come of that, and of something the status knows; else empty.
 */
#define STATUS_REASON_MAX (PAXOS_REASON_MAX + 8)
void status_reason(struct ipc *ipc, const char *group, int error, char text[STATUS_REASON_MAX]);

#endif
