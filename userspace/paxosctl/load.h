/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_LOAD_H
#define PAXOSCTL_LOAD_H

#include "ipc.h"
#include "latency.h"
#include "output.h"
#include "series.h"

/* In flight at once, over as many sockets as that takes. */
#define LOAD_CLIENTS_MAX 4096
#define LOAD_SOCKETS_MAX (LOAD_CLIENTS_MAX / PAXOS_INFLIGHT_MAX)

enum load_failure {
	LOAD_TIMED_OUT,
	LOAD_WITHDRAWN,
	LOAD_FULL,
	LOAD_DISK,
	LOAD_GONE,
	LOAD_REFUSED,
	LOAD_OTHER,
	LOAD_FAILURES,
};

struct load_flight {
	bool busy;
	uint64_t cookie;
	uint32_t sequence;	/* of the message that carried it */
	uint64_t due_us;	/* when it should have been sent */
	uint64_t sent_us;
};

struct load;

struct load_socket {
	struct load *load;
	struct ipc *ipc;
	unsigned int first;	/* its part of the flights */
	unsigned int count;
	unsigned int busy;
	bool ready;		/* there is something to read */
	uint64_t heard_us;
};

struct load {
	/* What is wanted. */
	const char *group;
	unsigned int clients;	/* so many in flight at most */
	unsigned int size;	/* bytes of a value */
	uint64_t rate;		/* proposals a second; 0: each client as fast as it is answered */
	uint64_t duration_us;
	uint32_t timeout_ms;	/* of each proposal */
	struct ipc *ipc;	/* the first connection; the caller's */

	/* What came of it. */
	uint64_t sent;
	uint64_t chosen;
	uint64_t chosen_in_time;	/* before sending ended */
	uint64_t unsent;	/* due, but there were too many in flight until the end */
	uint64_t sending_us;	/* how long it was sent */
	uint64_t failed[LOAD_FAILURES];
	int first_failure;	/* a positive errno; 0: none */
	bool first_refused;	/* it is the kernel's answer to a request: @refusal */
	char refusal[PAXOS_MESSAGE_TEXT_MAX + 64];
	struct latency latency;	/* of those that were chosen */
	struct series series;

	/* Its own. */
	uint64_t start_us;
	uint64_t end_us;
	uint64_t started;	/* that were due and sent, or failed to be */
	uint64_t quiet_until_us;	/* after a failure, clients wait a moment */
	uint64_t serial;
	unsigned int busy;
	bool stop;		/* nothing more is to be sent, ... */
	bool ended;		/* ... and it is known when that began */
	unsigned int sockets;
	struct load_socket socket[LOAD_SOCKETS_MAX];
	struct load_flight flight[LOAD_CLIENTS_MAX];
	struct progress progress;
	char value[PAXOS_VALUE_MAX];
};

/* Returns an exit status: not 0 (and printed) only where nothing could be measured. */
int load_run(struct load *load);
uint64_t load_failed(const struct load *load);
/* A name for scripts. */
const char *load_failure_name(enum load_failure failure);

#endif
