// SPDX-License-Identifier: GPL-2.0
/*
 * Proposing many values at once: a window of unanswered proposals over one
 * socket, filled from the input in order, emptied in the same order.
 *
 * The kernel answers each proposal exactly once, but an answer that the receive
 * buffer had no room for waits there until it is asked for: so whenever nothing
 * was heard for a while, it is asked.  Should the kernel stay silent longer than
 * the proposal's own timeout allows, the tool answers in its place: outcome
 * unknown.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "pipeline.h"

#define GRACE_MS 5000		/* beyond a proposal's timeout, for the kernel's answer */
#define ASK_AGAIN_MS 500

static uint64_t next_cookie = 1;

static struct flight *flight_at(struct pipeline *pipeline, uint64_t number)
{
	return &pipeline->flight[number % PAXOS_INFLIGHT_MAX];
}

static void answer(struct pipeline *pipeline, struct flight *flight, int error)
{
	flight->answered = true;
	flight->error = error;
	flight->latency_us = now_us() - flight->sent_us;
	if (error)
		pipeline->stop = true;
}

static void on_result(void *context, const struct ipc_result *result)
{
	struct pipeline *pipeline = context;
	uint64_t number = result->cookie - pipeline->base;
	struct flight *flight;

	/* Others belong to a command before this one, which gave up on them. */
	if (number < pipeline->head || number >= pipeline->tail)
		return;
	flight = flight_at(pipeline, number);
	if (flight->answered)
		return;
	flight->slot = result->slot;
	flight->ballot = result->ballot;
	pipeline->heard_us = now_us();
	answer(pipeline, flight, result->error);
}

static void on_refused(void *context, uint32_t sequence, int error)
{
	struct pipeline *pipeline = context;

	for (uint64_t number = pipeline->head; number < pipeline->tail; number++) {
		struct flight *flight = flight_at(pipeline, number);

		if (flight->sequence != sequence || flight->answered)
			continue;
		flight->refused = true;
		answer(pipeline, flight, -error);
		snprintf(pipeline->refusal, sizeof(pipeline->refusal), "%s",
			 ipc_error_text(pipeline->ipc, error));
	}
}

/* What the tool must refuse itself: the kernel would refuse the whole message. */
static bool refuse_value(struct pipeline *pipeline, size_t length)
{
	bool alone = !pipeline->input->lines;

	if (length <= PAXOS_VALUE_MAX && (length || alone))
		return false;
	if (alone && length <= IPC_VALUE_MAX)
		return false;
	if (!length)
		snprintf(pipeline->refusal, sizeof(pipeline->refusal),
			 "value is empty; at least 1 byte is needed");
	else
		snprintf(pipeline->refusal, sizeof(pipeline->refusal),
			 "value is %zu bytes; at most %u are allowed", length, PAXOS_VALUE_MAX);
	return true;
}

static bool may_send(const struct pipeline *pipeline)
{
	return !pipeline->stop && pipeline->tail - pipeline->head < PAXOS_INFLIGHT_MAX;
}

/* Takes the next value in: true if it is in the message now. */
static bool add_value(struct pipeline *pipeline, const void *value, size_t length)
{
	struct flight *flight = flight_at(pipeline, pipeline->tail);
	uint64_t cookie = pipeline->base + pipeline->tail++;

	*flight = (struct flight) {
		.number = pipeline->input->number,
		.sent_us = now_us(),
	};
	next_cookie = cookie + 1;
	if (refuse_value(pipeline, length)) {
		flight->refused = true;
		answer(pipeline, flight, length ? EMSGSIZE : EINVAL);
		return false;
	}
	ipc_propose_add(pipeline->ipc, &(struct ipc_proposal) {
		.value = value,
		.length = length,
		.cookie = cookie,
		.timeout_ms = pipeline->timeout_ms,
		.client = pipeline->client,
		.sequence = pipeline->sequence,
	});
	return true;
}

/* One message, as full as the input and the window allow; *@next says what ended it. */
static int send_message(struct pipeline *pipeline, enum input_next *next)
{
	uint64_t first = pipeline->tail;
	unsigned int added = 0;
	const void *value;
	uint32_t sequence;
	size_t length;
	int error;

	error = ipc_propose_begin(pipeline->ipc, pipeline->group, IPC_PROPOSE_BYTES);
	if (error)
		return error;
	while (may_send(pipeline) && !ipc_propose_full(pipeline->ipc, IPC_VALUE_MAX)) {
		*next = input_next(pipeline->input, &value, &length);
		if (*next != INPUT_VALUE)
			break;
		added += add_value(pipeline, value, length);
	}
	if (!added)
		return 0;
	error = ipc_propose_send(pipeline->ipc, &sequence);
	for (; first < pipeline->tail; first++)
		flight_at(pipeline, first)->sequence = sequence;
	pipeline->heard_us = now_us();
	/* These were not even asked; those before are still to be answered. */
	if (error)
		on_refused(pipeline, sequence, error);
	return 0;
}

/* Sends what can be sent; sets *@wait if the input has to be waited for. */
static int send_values(struct pipeline *pipeline, bool *wait)
{
	enum input_next next = INPUT_VALUE;

	while (next == INPUT_VALUE && may_send(pipeline)) {
		int error = send_message(pipeline, &next);

		if (error)
			return error;
	}
	if (next == INPUT_END)
		pipeline->stop = true;
	*wait = next == INPUT_WAIT;
	return 0;
}

static void give_up_late_ones(struct pipeline *pipeline)
{
	uint64_t limit_us = (pipeline->timeout_ms + GRACE_MS) * 1000ull, now = now_us();

	for (uint64_t number = pipeline->head; number < pipeline->tail; number++) {
		struct flight *flight = flight_at(pipeline, number);

		if (!flight->answered && now - flight->sent_us > limit_us)
			answer(pipeline, flight, ETIMEDOUT);
	}
}

static void take_done(struct pipeline *pipeline)
{
	while (pipeline->head < pipeline->tail) {
		struct flight *flight = flight_at(pipeline, pipeline->head);

		if (!flight->answered)
			return;
		pipeline->head++;
		pipeline->done(pipeline->context, flight);
	}
}

static int wait_for_something(struct pipeline *pipeline, bool input)
{
	struct pollfd poller[2] = {
		{ .fd = ipc_fd(pipeline->ipc), .events = POLLIN },
		{ .fd = input ? pipeline->input->fd : -1, .events = POLLIN },
	};
	bool waiting = pipeline->head < pipeline->tail;

	if (poll(poller, 2, waiting ? ASK_AGAIN_MS : -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (poller[1].revents)
		input_fill(pipeline->input);
	return 0;
}

static int hear(struct pipeline *pipeline)
{
	const struct ipc_answers answers = {
		.context = pipeline,
		.result = on_result,
		.refused = on_refused,
	};
	int error = ipc_answers(pipeline->ipc, &answers, 0);
	uint64_t now = now_us();

	if (error && error != -ENOBUFS)
		return error;
	if (pipeline->head < pipeline->tail &&
	    (error || now - pipeline->heard_us > ASK_AGAIN_MS * 1000ull)) {
		pipeline->heard_us = now;
		return ipc_results_again(pipeline->ipc);
	}
	return 0;
}

int pipeline_run(struct pipeline *pipeline)
{
	bool wait;
	int error;

	pipeline->base = next_cookie;
	for (;;) {
		error = send_values(pipeline, &wait);
		if (error)
			return error;
		take_done(pipeline);
		if (pipeline->stop && pipeline->head == pipeline->tail)
			return 0;
		error = wait_for_something(pipeline, wait && !pipeline->stop);
		if (!error)
			error = hear(pipeline);
		if (error)
			return error;
		give_up_late_ones(pipeline);
		take_done(pipeline);
	}
}
