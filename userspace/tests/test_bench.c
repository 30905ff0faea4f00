// SPDX-License-Identifier: GPL-2.0
/*
 * bench against a kernel that is scripted below ipc.h: it answers after a while, stalls,
 * fails, refuses, or keeps answers until it is asked again.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "captured.h"
#include "commands.h"
#include "latency.h"
#include "line.h"
#include "load.h"
#include "output.h"
#include "tap.h"

#define HELD_MAX PAXOS_INFLIGHT_MAX

/* A connection of the fake kernel. */
struct ipc {
	bool open;
	int timer;		/* readable when something is due */
	unsigned int held;
	unsigned int adding;
	uint64_t cookie[HELD_MAX];
	uint64_t at_us[HELD_MAX];
	uint32_t sequence;
	int refused;		/* the last message was, like this */
};

static struct {
	uint64_t answer_us;	/* how long it takes to answer */
	uint64_t stall_at_us;	/* since the first proposal: nothing is answered ... */
	uint64_t stall_us;	/* ... for so long */
	uint64_t fail_each;	/* every so many proposals one fails; 0: none */
	int error;		/* like this */
	int refuse;		/* a negative errno of every message */
	uint64_t refuse_from;	/* from this proposal on */
	bool silent;		/* answers only those who ask again */
	bool missing;		/* no such group */

	uint64_t first_us;
	uint64_t seen;
	uint64_t asked_again;
	unsigned int most;	/* in flight at one time */
	unsigned int in_flight;
	unsigned int sockets;
	size_t length;
	bool differ;		/* each value is another than the one before */
	char last[PAXOS_VALUE_MAX];
} kernel;

static struct ipc sockets[LOAD_SOCKETS_MAX];

struct ipc *ipc_open(int *code, char problem[IPC_PROBLEM_MAX])
{
	struct ipc *ipc = &sockets[kernel.sockets++];

	(void)code;
	(void)problem;
	*ipc = (struct ipc) { .open = true, .timer = timerfd_create(CLOCK_MONOTONIC, 0) };
	return ipc;
}

void ipc_free(struct ipc *ipc)
{
	close(ipc->timer);
	ipc->open = false;
}

struct ipc *ipc_get(int *code)
{
	return sockets[0].open ? &sockets[0] : ipc_open(code, NULL);
}

int ipc_exit_status(int error)
{
	return error == -ENOENT ? EXIT_MISSING : EXIT_REFUSED;
}

const char *ipc_error_text(struct ipc *ipc, int error)
{
	(void)ipc;
	return strerror(-error);
}

int ipc_fail(struct ipc *ipc, int error)
{
	return fail(ipc_exit_status(error), "%s", ipc_error_text(ipc, error));
}

int ipc_status(struct ipc *ipc, const char *group, struct ipc_status *status)
{
	(void)ipc;
	(void)group;
	*status = (struct ipc_status) { .node = 1, .reason = "no quorum: hears 1 of 3" };
	return kernel.missing ? -ENOENT : 0;
}

int ipc_await(struct ipc *ipc, struct ipc_result *result, int timeout_ms)
{
	(void)ipc;
	(void)result;
	(void)timeout_ms;
	abort();
}

int ipc_fd(struct ipc *ipc)
{
	return ipc->timer;
}

/* Readable when the next answer is due; answers are due in the order they were held. */
static void set_timer(struct ipc *ipc)
{
	struct itimerspec when = { 0 };

	if (ipc->refused) {
		when.it_value.tv_nsec = 1;
	} else if (ipc->held && !kernel.silent) {
		when.it_value.tv_sec = ipc->at_us[0] / 1000000;
		when.it_value.tv_nsec = ipc->at_us[0] % 1000000 * 1000 + 1;
	}
	timerfd_settime(ipc->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static uint64_t answer_at(uint64_t now)
{
	uint64_t at = now + kernel.answer_us, passed = at - kernel.first_us;

	if (kernel.stall_us && passed >= kernel.stall_at_us &&
	    passed < kernel.stall_at_us + kernel.stall_us)
		return kernel.first_us + kernel.stall_at_us + kernel.stall_us;
	return at;
}

int ipc_propose_begin(struct ipc *ipc, const char *group, size_t bytes)
{
	(void)group;
	(void)bytes;
	ipc->adding = 0;
	ipc->refused = 0;
	return 0;
}

bool ipc_propose_full(struct ipc *ipc, size_t length)
{
	(void)ipc;
	(void)length;
	return false;
}

void ipc_propose_add(struct ipc *ipc, const struct ipc_proposal *proposal)
{
	uint64_t now = now_us();

	if (!kernel.seen++)
		kernel.first_us = now;
	if (kernel.seen == 1)
		kernel.differ = true;
	else if (!memcmp(kernel.last, proposal->value, proposal->length))
		kernel.differ = false;
	memcpy(kernel.last, proposal->value, proposal->length);
	kernel.length = proposal->length;
	if (ipc->held == HELD_MAX)
		abort();	/* more than a socket may have */
	ipc->cookie[ipc->held] = proposal->cookie;
	ipc->at_us[ipc->held++] = answer_at(now);
	ipc->adding++;
	if (++kernel.in_flight > kernel.most)
		kernel.most = kernel.in_flight;
}

int ipc_propose_send(struct ipc *ipc, uint32_t *sequence)
{
	*sequence = ++ipc->sequence;
	if (kernel.refuse && kernel.seen >= kernel.refuse_from) {
		ipc->refused = kernel.refuse;
		ipc->held -= ipc->adding;
		kernel.in_flight -= ipc->adding;
	}
	set_timer(ipc);
	return 0;
}

static void give_answers(struct ipc *ipc, const struct ipc_answers *answers, uint64_t until)
{
	static uint64_t given;
	unsigned int count = 0;
	struct ipc_result result;
	uint64_t cookies[HELD_MAX];

	while (count < ipc->held && ipc->at_us[count] <= until)
		count++;
	memcpy(cookies, ipc->cookie, sizeof(cookies));
	ipc->held -= count;
	kernel.in_flight -= count;
	memmove(ipc->cookie, ipc->cookie + count, ipc->held * sizeof(ipc->cookie[0]));
	memmove(ipc->at_us, ipc->at_us + count, ipc->held * sizeof(ipc->at_us[0]));
	for (unsigned int i = 0; i < count; i++) {
		result = (struct ipc_result) { .cookie = cookies[i], .slot = ++given };
		if (kernel.fail_each && !(given % kernel.fail_each))
			result.error = kernel.error;
		answers->result(answers->context, &result);
		/* An answer that comes twice counts once. */
		answers->result(answers->context, &result);
	}
}

int ipc_answers(struct ipc *ipc, const struct ipc_answers *answers, int timeout_ms)
{
	(void)timeout_ms;
	if (ipc->refused) {
		answers->refused(answers->context, ipc->sequence, ipc->refused);
		ipc->refused = 0;
	} else {
		give_answers(ipc, answers, now_us());
	}
	set_timer(ipc);
	return 0;
}

int ipc_results_again(struct ipc *ipc)
{
	kernel.asked_again++;
	kernel.silent = false;
	set_timer(ipc);
	return 0;
}

static const struct command bench = { "bench", bench_run, bench_options, "GROUP", "" };

static int run(const char *line)
{
	int code;

	kernel.first_us = 0;
	kernel.seen = 0;
	kernel.asked_again = 0;
	kernel.most = 0;
	kernel.sockets = sockets[0].open;	/* which the tool keeps */
	capture();
	code = line_run(&bench, line);
	release();
	return code;
}

static void holds(bool right, int code, const char *name)
{
	tap_ok(right, name);
	if (!right)
		printf("# exit %d, %llu proposals, at most %u at once, printed: %.1500s\n", code,
		       (unsigned long long)kernel.seen, kernel.most, printed);
}

/* What stands behind "KEY": in the JSON that was printed; NAN: nothing. */
static double number(const char *key)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	at = strstr(printed, quoted);
	return at ? strtod(at + strlen(quoted), NULL) : NAN;
}

static void test_latency(void)
{
	static struct latency latency;
	bool right = true;

	for (uint64_t us = 1; us <= 100000; us++)
		latency_add(&latency, us);
	for (unsigned int part = 1; part <= 1000000; part += 997) {
		double exact = fmax(1, part * 0.1), got = latency_within_us(&latency, part);

		right = right && got >= floor(exact) && got <= exact * 1.008 + 1;
	}
	tap_ok(right, "percentiles are exact to less than one percent");
	tap_ok(latency.min_us == 1 && latency.max_us == 100000 && latency.count == 100000 &&
	       latency_mean_us(&latency) == 50000 && latency_within_us(&latency, 1000000) == 100000,
	       "count, min, mean and max are exact");
	tap_ok(latency.powers.bucket[0] == 1 && latency.powers.bucket[1] == 1 &&
	       latency.powers.bucket[2] == 2 && latency.powers.bucket[10] == 512,
	       "buckets in powers of two end where the kernel's do");
	latency_add(&latency, UINT64_MAX);
	latency_add(&latency, 0);
	tap_ok(latency_within_us(&latency, 0) == 0 &&
	       latency_within_us(&latency, 1000000) >= 1ull << (LATENCY_BITS_MAX - 1),
	       "what is longer or shorter than all buckets is counted");
}

static void test_wrong_lines(void)
{
	static const struct {
		const char *line;
		const char *text;
	} wrong[] = {
		{ "-j", "an argument is missing" },
		{ "kv --clients 0", "--clients wants a number, 1 to 4096" },
		{ "kv --clients 4097", "--clients wants" },
		{ "kv --size 32769", "--size wants a number, 1 to 32768" },
		{ "kv --rate x", "--rate wants" },
		{ "kv --seconds 0", "--seconds wants" },
		{ "kv --seconds 3601", "--seconds wants" },
		{ "kv --plot /nowhere/at/all.svg", "cannot write /nowhere/at/all.svg" },
		{ "kv more", "too many arguments" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int code = run(wrong[i].line);

		holds(code == EXIT_USAGE && strstr(printed, wrong[i].text) && !kernel.seen, code,
		      wrong[i].line);
	}
	kernel.missing = true;
	holds(run("nope") == EXIT_MISSING && !kernel.seen, EXIT_MISSING, "no such group");
	kernel.missing = false;
}

static void test_closed_loop(void)
{
	int code;

	kernel.answer_us = 20000;
	code = run("-j kv --clients 7 --seconds 0.3 --size 100");
	holds(!code && kernel.most == 7 && kernel.length == 100 && kernel.differ, code,
	      "closed loop: as many in flight as there are clients");
	holds(number("sent") == kernel.seen && number("chosen") == kernel.seen &&
	      number("count") == kernel.seen && number("min") >= 20000 &&
	      number("p50") >= 20000 && number("max") >= number("p99"), code,
	      "all are answered and counted, and none sooner than the kernel did");
	/* 15 rounds if nothing else ran. */
	holds(number("sent") <= 7 * 16 && number("throughput") <= 7 * 16 / 0.3, code,
	      "none proposes before it was answered");
	code = run("kv --clients 2 --seconds 0.1");
	holds(!code && strstr(printed, "closed loop, 2 clients") && strstr(printed, "  p99.9 ") &&
	      strstr(printed, "values of 64 bytes"), code, "text");
	code = run("kv --clients 1000 --seconds 0.1");
	holds(!code && kernel.most == 1000 && kernel.sockets == 4, code,
	      "more in flight than a socket may have: several sockets");
	kernel.answer_us = 1000;
	code = run("kv --size 1 --clients 1 --seconds 0.1");
	holds(!code && kernel.length == 1, code, "values of one byte");
}

static void test_open_loop(void)
{
	double slow;
	int code;

	kernel.answer_us = 1000;
	kernel.stall_at_us = 200000;
	kernel.stall_us = 500000;
	code = run("-j kv --rate 1000 --seconds 1 --clients 4");
	holds(!code && fabs(number("sent") + number("unsent") - 1000) <= 1, code,
	      "open loop: the rate says how many");
	/* Half of them were due while it stalled, and a quarter for more than 250 ms. */
	holds(number("p50") >= 10000 && number("p90") >= 250000, code,
	      "a stall is felt by all that were due meanwhile, with 4 in flight too");
	slow = number("p90");
	code = run("-j kv --clients 4 --seconds 1");
	holds(!code && number("p90") < slow / 4 && number("max") >= 400000, code,
	      "which a closed loop does not see");
	kernel.stall_us = 0;
	kernel.answer_us = 200000;
	code = run("kv --rate 1000 --seconds 0.5 --clients 1");
	holds(!code && strstr(printed, "due and never sent"), code,
	      "a rate that cannot be kept up with is told");
	kernel.answer_us = 1000;
}

static void test_failures(void)
{
	int code;

	kernel.fail_each = 5;
	kernel.error = ETIMEDOUT;
	code = run("-j kv --clients 4 --seconds 0.3");
	holds(code == EXIT_UNKNOWN && number("timed_out") >= 1 &&
	      number("timed_out") + number("chosen") == number("sent") &&
	      strstr(printed, "{\"error\":{\"code\":3,"), code,
	      "failures are counted, it goes on, and ends with the first one's exit status");
	holds(number("count") == number("chosen"), code, "latencies are those of what was chosen");
	kernel.error = EHOSTUNREACH;
	code = run("kv --clients 4 --seconds 0.2");
	holds(code == EXIT_UNHEALTHY && strstr(printed, "withdrawn, no quorum ") &&
	      strstr(printed, "(hears 1 of 3)"), code, "no quorum");
	kernel.fail_each = 1;
	kernel.error = ENOSPC;
	kernel.answer_us = 0;
	code = run("-j kv --clients 4 --seconds 0.3");
	holds(code == EXIT_UNHEALTHY && number("full") == number("sent") && number("sent") <= 4 * 31 &&
	      strstr(printed, "\"p50\":null"), code, "nothing but failures is no storm");
	kernel.fail_each = 0;
	kernel.answer_us = 1000;
	kernel.refuse = -ENOENT;
	kernel.refuse_from = 50;
	code = run("-j kv --clients 4 --seconds 30");
	holds(code == EXIT_MISSING && number("refused") >= 1 && number("chosen") >= 1 &&
	      number("seconds") < 20, code, "a group that goes away ends it");
	kernel.refuse = 0;
	kernel.silent = true;
	code = run("kv --clients 4 --seconds 0.1");
	holds(!code && kernel.asked_again, code, "answers that were kept are asked for");
}

/* The file holds @text. */
static bool file_has(const char *path, const char *wanted)
{
	static char content[1 << 17];
	FILE *file = fopen(path, "r");
	size_t length = file ? fread(content, 1, sizeof(content) - 1, file) : 0;

	content[length] = '\0';
	if (file)
		fclose(file);
	return strstr(content, wanted);
}

static bool is_xml(const char *path)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' %s", path);
	return !system(command);
}

static void test_plot(void)
{
	char path[] = "/tmp/test_bench.XXXXXX", line[128];
	int fd = mkstemp(path), code;

	/* What is longer than the picture must not be left behind it. */
	for (int i = 0; i < 50000; i++)
		dprintf(fd, "of old\n");
	close(fd);
	snprintf(line, sizeof(line), "kv --seconds 0.5 --clients 4 --plot %s", path);
	code = run(line);
	holds(!code && is_xml(path), code, "the plot is XML");
	holds(file_has(path, "99.9 %") && file_has(path, "class=\"rate\" points=\"") &&
	      file_has(path, "class=\"p99\" points=\"") && !file_has(path, "of old"), code,
	      "with percentiles, throughput and latency over time");
	kernel.fail_each = 1;
	kernel.error = ENOSPC;
	snprintf(line, sizeof(line), "<a&b> --seconds 0.1 --plot %s", path);
	code = run(line);
	holds(code == EXIT_UNHEALTHY && is_xml(path) && file_has(path, "Nothing was chosen"), code,
	      "so it is where nothing was chosen");
	holds(file_has(path, "&lt;a&amp;b&gt;"), code, "names are escaped");
	kernel.fail_each = 0;
	unlink(path);
	code = run("kv --seconds 0.1 --plot /dev/null");
	holds(!code, code, "what is no file gets it, too");
	code = run("kv --seconds 0.1 --plot /dev/full");
	holds(code == EXIT_REFUSED && strstr(printed, "cannot write /dev/full"), code,
	      "no room for it");
}

int main(void)
{
	test_latency();
	test_wrong_lines();
	test_closed_loop();
	test_open_loop();
	test_failures();
	test_plot();
	return tap_done();
}
