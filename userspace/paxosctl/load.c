// SPDX-License-Identifier: GPL-2.0
/*
 * A load on a group: many proposals in flight from one thread, over as many sockets
 * as the kernel's limit for each of them makes necessary.
 *
 * Closed loop: each of the clients proposes again as soon as it was answered.  Open
 * loop: proposals are due at fixed times, whatever became of those before.  One that
 * cannot leave in time, because the window is full or this process came late, is sent
 * later, but its latency counts from when it was due: what a group that stalls does
 * to those who would have come meanwhile is not left out (no coordinated omission).
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "load.h"
#include "outcome.h"

#define GRACE_MS 5000		/* beyond a proposal's timeout, for the kernel's answer */
#define ASK_AGAIN_US 500000
#define QUIET_US 10000		/* of a closed loop, after a failure: no storm of refusals */
#define WAIT_MAX_US 100000	/* so that progress is shown */
#define COOKIE_INDEX_BITS 16
#define SECOND_US 1000000ull

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

const char *load_failure_name(enum load_failure failure)
{
	static const char * const names[] = {
		[LOAD_TIMED_OUT] = "timed_out",
		[LOAD_WITHDRAWN] = "withdrawn",
		[LOAD_FULL] = "full",
		[LOAD_DISK] = "disk",
		[LOAD_GONE] = "gone",
		[LOAD_REFUSED] = "refused",
		[LOAD_OTHER] = "other",
	};

	return names[failure];
}

static enum load_failure failure_of(int error)
{
	switch (error) {
	case ETIMEDOUT:
		return LOAD_TIMED_OUT;
	case EHOSTUNREACH:
		return LOAD_WITHDRAWN;
	case ENOSPC:
		return LOAD_FULL;
	case EIO:
		return LOAD_DISK;
	case ESHUTDOWN:
		return LOAD_GONE;
	}
	return LOAD_OTHER;
}

uint64_t load_failed(const struct load *load)
{
	uint64_t failed = 0;

	for (unsigned int i = 0; i < LOAD_FAILURES; i++)
		failed += load->failed[i];
	return failed;
}

static void count_failure(struct load *load, enum load_failure failure, int error, uint64_t now)
{
	load->failed[failure]++;
	load->quiet_until_us = now + QUIET_US;
	if (load->first_failure)
		return;
	load->first_failure = error;
	load->first_refused = failure == LOAD_REFUSED;
}

/* @error is 0 or a positive errno. */
static void answered(struct load_socket *socket, struct load_flight *flight, int error,
		     bool refused)
{
	struct load *load = socket->load;
	uint64_t now = now_us();

	flight->busy = false;
	socket->busy--;
	load->busy--;
	series_add(&load->series, now - load->start_us, now - flight->due_us, error);
	if (error) {
		count_failure(load, refused ? LOAD_REFUSED : failure_of(error), error, now);
		return;
	}
	load->chosen++;
	load->chosen_in_time += now <= load->end_us;
	latency_add(&load->latency, now - flight->due_us);
}

static void on_result(void *context, const struct ipc_result *result)
{
	struct load_socket *socket = context;
	uint64_t index = result->cookie & ((1u << COOKIE_INDEX_BITS) - 1);
	struct load_flight *flight = &socket->load->flight[index];

	if (index < socket->first || index - socket->first >= socket->count || !flight->busy ||
	    flight->cookie != result->cookie)
		return;
	socket->heard_us = now_us();
	answered(socket, flight, result->error, false);
}

/* But for want of memory, which passes, whoever is refused once is refused again. */
static void on_refused(void *context, uint32_t sequence, int error)
{
	struct load_socket *socket = context;
	struct load *load = socket->load;

	if (error != -ENOMEM && error != -ENOBUFS)
		load->stop = true;
	if (!load->refusal[0])
		snprintf(load->refusal, sizeof(load->refusal), "%s",
			 ipc_error_text(socket->ipc, error));
	for (unsigned int i = socket->first; i < socket->first + socket->count; i++)
		if (load->flight[i].busy && load->flight[i].sequence == sequence)
			answered(socket, &load->flight[i], -error, true);
}

static uint64_t sooner(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* When proposal @number should be sent, counted from 0. */
static uint64_t due_us(const struct load *load, uint64_t number)
{
	return load->start_us + number / load->rate * SECOND_US +
	       number % load->rate * SECOND_US / load->rate;
}

/* Proposals that should have been sent by @now; those of an open loop, since the start. */
static uint64_t due_by(const struct load *load, uint64_t now)
{
	uint64_t passed_us = now - load->start_us;

	return passed_us / SECOND_US * load->rate +
	       passed_us % SECOND_US * load->rate / SECOND_US + 1;
}

/* How many may be sent at @now. */
static uint64_t wanted(const struct load *load, uint64_t now)
{
	uint64_t window = load->clients - load->busy, due;

	if (load->stop)
		return 0;
	if (!load->rate)
		return now < load->quiet_until_us || now >= load->end_us ? 0 : window;
	due = due_by(load, sooner(now, load->end_us - 1)) - load->started;
	return sooner(due, window);
}

/* Values differ: the number of each stands in front, as much of it as there is room for. */
static void make_value(struct load *load)
{
	char number[24];
	uint32_t digits = snprintf(number, sizeof(number), "%" PRIu64, load->serial);
	uint32_t kept = digits < load->size ? digits : load->size;

	memcpy(load->value, number + digits - kept, kept);
	if (kept < load->size)
		load->value[kept] = ' ';
}

static void add_proposal(struct load_socket *socket, unsigned int index)
{
	struct load *load = socket->load;
	struct load_flight *flight = &load->flight[index];
	uint64_t now = now_us();

	make_value(load);
	*flight = (struct load_flight) {
		.busy = true,
		.cookie = load->serial++ << COOKIE_INDEX_BITS | index,
		.due_us = load->rate ? due_us(load, load->started) : now,
		.sent_us = now,
	};
	load->started++;
	load->busy++;
	socket->busy++;
	ipc_propose_add(socket->ipc, &(struct ipc_proposal) {
		.value = load->value,
		.length = load->size,
		.cookie = flight->cookie,
		.timeout_ms = load->timeout_ms,
	});
}

/* One message with up to @count of the socket's flights that are free: how many. */
static uint64_t send_message(struct load_socket *socket, uint64_t count)
{
	struct load *load = socket->load;
	size_t each = load->size + IPC_PROPOSAL_OVERHEAD;
	unsigned int free = socket->count - socket->busy, added = 0, index[PAXOS_INFLIGHT_MAX];
	uint32_t sequence;
	int error;

	count = sooner(count, free);
	count = sooner(count, IPC_PROPOSE_BYTES / each);
	if (!count || ipc_propose_begin(socket->ipc, load->group, count * each))
		return 0;
	for (unsigned int i = socket->first; added < count; i++) {
		if (load->flight[i].busy)
			continue;
		index[added++] = i;
		add_proposal(socket, i);
	}
	load->sent += added;
	error = ipc_propose_send(socket->ipc, &sequence);
	for (unsigned int i = 0; i < added; i++)
		load->flight[index[i]].sequence = sequence;
	socket->heard_us = now_us();
	if (error)
		on_refused(socket, sequence, error);
	return added;
}

static void send_due(struct load *load)
{
	for (unsigned int i = 0; i < load->sockets; i++) {
		uint64_t count, sent;

		do {
			count = wanted(load, now_us());
			sent = count ? send_message(&load->socket[i], count) : 0;
		} while (sent && sent < count);
	}
}

static int wait_for_something(struct load *load)
{
	struct pollfd poller[LOAD_SOCKETS_MAX];
	uint64_t now = now_us(), until = now + WAIT_MAX_US;
	struct timespec wait = { 0 };

	if (!load->stop) {
		until = sooner(until, load->end_us);
		if (load->rate && load->busy < load->clients)
			until = sooner(until, due_us(load, load->started));
		if (!load->rate && load->busy < load->clients)
			until = sooner(until, load->quiet_until_us);
	}
	if (until > now)
		wait.tv_nsec = (until - now) * 1000;
	for (unsigned int i = 0; i < load->sockets; i++)
		poller[i] = (struct pollfd) { .fd = ipc_fd(load->socket[i].ipc), .events = POLLIN };
	if (ppoll(poller, load->sockets, &wait, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	for (unsigned int i = 0; i < load->sockets; i++)
		load->socket[i].ready = poller[i].revents != 0;
	return 0;
}

/* As pipeline.c does: an answer that found no room is asked for. */
static int hear(struct load_socket *socket)
{
	const struct ipc_answers answers = {
		.context = socket,
		.result = on_result,
		.refused = on_refused,
	};
	int error = socket->ready ? ipc_answers(socket->ipc, &answers, 0) : 0;
	uint64_t now = now_us();

	socket->ready = false;

	if (error && error != -ENOBUFS)
		return error;
	if (!socket->busy || (!error && now - socket->heard_us < ASK_AGAIN_US))
		return 0;
	socket->heard_us = now;
	return ipc_results_again(socket->ipc);
}

static void give_up_late_ones(struct load_socket *socket)
{
	uint64_t limit_us = (socket->load->timeout_ms + GRACE_MS) * 1000ull, now = now_us();

	for (unsigned int i = socket->first; i < socket->first + socket->count; i++) {
		struct load_flight *flight = &socket->load->flight[i];

		if (flight->busy && now - flight->sent_us > limit_us)
			answered(socket, flight, ETIMEDOUT, false);
	}
}

static int hear_all(struct load *load)
{
	for (unsigned int i = 0; i < load->sockets; i++) {
		int error = hear(&load->socket[i]);

		if (error)
			return error;
		give_up_late_ones(&load->socket[i]);
	}
	return 0;
}

static void show_progress(struct load *load)
{
	uint64_t passed_us = now_us() - load->start_us + 1;
	char note[64];

	if (!load->progress.active)
		return;
	snprintf(note, sizeof(note), "%" PRIu64 " chosen, %.0f/s", load->chosen,
		 load->chosen * 1e6 / passed_us);
	progress_update(&load->progress, passed_us, note);
}

/* The time for sending is over, or something ended it. */
static void check_end(struct load *load)
{
	uint64_t now = now_us();

	if (load->ended || !(load->stop || interrupted || now >= load->end_us))
		return;
	/* What became due while it was waited for the end. */
	send_due(load);
	load->ended = true;
	load->stop = true;
	load->end_us = sooner(load->end_us, now);
	load->sending_us = load->end_us - load->start_us;
	if (load->rate && due_by(load, load->end_us - 1) > load->started)
		load->unsent = due_by(load, load->end_us - 1) - load->started;
}

static int run(struct load *load)
{
	int error = 0;

	load->start_us = now_us();
	load->end_us = load->start_us + load->duration_us;
	series_start(&load->series, load->duration_us);
	progress_start(&load->progress, "loading", load->duration_us);
	while (!error && (!load->ended || load->busy)) {
		send_due(load);
		error = wait_for_something(load);
		if (!error)
			error = hear_all(load);
		show_progress(load);
		check_end(load);
	}
	progress_end(&load->progress);
	series_end(&load->series, now_us() - load->start_us);
	return error;
}

/* Shares the clients out over sockets, the first of which there is. */
static int open_sockets(struct load *load)
{
	unsigned int left = load->clients;
	char problem[IPC_PROBLEM_MAX];
	int code = EXIT_DONE;

	for (unsigned int first = 0; left; first += PAXOS_INFLIGHT_MAX) {
		struct load_socket *socket = &load->socket[load->sockets];
		struct ipc *ipc = load->sockets ? ipc_open(&code, problem) : load->ipc;

		if (!ipc)
			return fail(code, "%s", problem);
		*socket = (struct load_socket) {
			.load = load,
			.ipc = ipc,
			.first = first,
			.count = left < PAXOS_INFLIGHT_MAX ? left : PAXOS_INFLIGHT_MAX,
		};
		left -= socket->count;
		load->sockets++;
	}
	return EXIT_DONE;
}

static void close_sockets(struct load *load)
{
	for (unsigned int i = 1; i < load->sockets; i++)
		ipc_free(load->socket[i].ipc);
}

int load_run(struct load *load)
{
	/* Interrupted once, it ends early and says what it has measured; twice, at once. */
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND }, before;
	int error, code = open_sockets(load);

	if (!code) {
		/* So that proposals leave when they are due, and not 50 us later. */
		prctl(PR_SET_TIMERSLACK, 1);
		memset(load->value, '.', load->size);
		interrupted = 0;
		sigaction(SIGINT, &action, &before);
		error = run(load);
		sigaction(SIGINT, &before, NULL);
		if (error)
			code = ipc_fail(load->ipc, error);
	}
	close_sockets(load);
	return code;
}
