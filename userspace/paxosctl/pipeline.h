/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_PIPELINE_H
#define PAXOSCTL_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "input.h"
#include "ipc.h"

/* One proposal and what became of it. */
struct flight {
	uint64_t number;	/* of the value in the input, from 1 */
	uint32_t sequence;	/* of the message that carried it; 0: not sent */
	uint64_t sent_us;
	bool answered;
	bool refused;		/* @error is the kernel's answer to the request */
	int error;		/* positive errno */
	uint64_t slot;
	uint64_t ballot;
	uint64_t latency_us;
};

/*
 * Many proposals in flight, in order.  pipeline_run() returns when all of the
 * input was answered, or when one failed and those sent with it were answered.
 */
struct pipeline {
	struct ipc *ipc;
	const char *group;
	struct input *input;
	uint32_t timeout_ms;
	uint64_t client;	/* whose proposal this is; 0: nobody's in particular */
	uint64_t sequence;
	void *context;
	/* Each answered proposal, in the order of the input. */
	void (*done)(void *context, const struct flight *flight);

	struct flight flight[PAXOS_INFLIGHT_MAX];	/* by number modulo its size */
	uint64_t head;		/* oldest not given to done() */
	uint64_t tail;		/* next to be sent */
	uint64_t base;		/* cookie of value 0 */
	uint64_t heard_us;
	bool stop;		/* send nothing more */
	char refusal[PAXOS_MESSAGE_TEXT_MAX + 64];	/* why a request was refused */
};

/* 0 or a negative errno of the connection itself. */
int pipeline_run(struct pipeline *pipeline);

#endif
