// SPDX-License-Identifier: GPL-2.0
/*
 * top: what is drawn of a given state, and how it behaves at a terminal, where the
 * kernel is scripted below ipc.h.
 *
 *	test_top --screen	prints the screen that the first tests look into
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "line.h"
#include "output.h"
#include "tap.h"
#include "top_draw.h"

#define SECOND_US 1000000ull
#define PATIENCE_MS 20000

/* Shared with the process at the other end of the terminal. */
static struct {
	bool module;
	bool gone;		/* group kv */
	unsigned int opened;	/* connections */
	unsigned int readings;
} *kernel;

bool ipc_module_loaded(void)
{
	return kernel->module;
}

struct ipc *ipc_open(int *code, char problem[IPC_PROBLEM_MAX])
{
	static char there;

	if (!kernel->module) {
		snprintf(problem, IPC_PROBLEM_MAX, "no paxos kernel module");
		*code = EXIT_NO_MODULE;
		return NULL;
	}
	kernel->opened++;
	return (struct ipc *)&there;
}

void ipc_free(struct ipc *ipc)
{
	(void)ipc;
}

int ipc_exit_status(int error)
{
	return error == -ENOENT ? EXIT_MISSING : EXIT_REFUSED;
}

const char *ipc_error_text(struct ipc *ipc, int error)
{
	(void)ipc;
	return error == -ENOENT ? "no group kv here" : strerror(-error);
}

int ipc_fail(struct ipc *ipc, int error)
{
	return fail(ipc_exit_status(error), "%s", ipc_error_text(ipc, error));
}

static struct ipc_status status_of(const char *name)
{
	struct ipc_status status = {
		.node = 1, .role = PAXOS_ROLE_LEADER, .state = PAXOS_STATE_OK, .leader = 1,
		.ballot = 14 << 16 | 1, .voters = 3, .voters_up = 2, .chosen = 90413,
		.durable = 90412, .delivered = 90413, .first = 80000, .incarnation = 3,
		.disk_size = 64 << 20, .disk_used = 16 << 20, .mode = PAXOS_MODE_MULTI, .peers = 3,
		.peer = {
			{ .node = 2, .voter = true, .health = PAXOS_HEALTH_OK, .rtt_us = 210,
			  .chosen = 90413, .heard = true },
			{ .node = 3, .voter = true, .health = PAXOS_HEALTH_UNREACHABLE,
			  .chosen = 90001, .heard = true, .heard_ms = 12300 },
			{ .node = 4, .health = PAXOS_HEALTH_CATCH_UP, .rtt_us = 350,
			  .chosen = 50413, .heard = true },
		},
	};
	const char *addresses[] = { "10.0.0.2:7400", "10.0.0.3:7400", "[fd01::4]:7400" };

	snprintf(status.group, sizeof(status.group), "%s", name);
	address_parse("10.0.0.1:7400", &status.listen);
	for (unsigned int i = 0; i < 3; i++)
		address_parse(addresses[i], &status.peer[i].address);
	return status;
}

static struct ipc_stats stats_of(const char *name, uint64_t since_ms)
{
	struct ipc_stats stats = { .node = 1, .count = { [PAXOS_STATS_A_SINCE_MS] = since_ms } };

	snprintf(stats.group, sizeof(stats.group), "%s", name);
	return stats;
}

int ipc_status(struct ipc *ipc, const char *group, struct ipc_status *status)
{
	(void)ipc;
	if (kernel->gone)
		return -ENOENT;
	*status = status_of(group);
	status->delivered += 10 * kernel->readings;
	return 0;
}

int ipc_stats(struct ipc *ipc, const char *group, bool reset, struct ipc_stats *stats)
{
	(void)ipc;
	(void)reset;
	*stats = stats_of(group, 1000 * ++kernel->readings);
	return 0;
}

int ipc_status_list(struct ipc *ipc, struct ipc_status **list, unsigned int *count)
{
	(void)ipc;
	*count = 0;
	*list = calloc(2, sizeof(**list));
	if (!kernel->gone)
		(*list)[(*count)++] = status_of("kv");
	(*list)[(*count)++] = status_of("other");
	return 0;
}

int ipc_stats_list(struct ipc *ipc, struct ipc_stats **list, unsigned int *count)
{
	(void)ipc;
	*count = 0;
	*list = calloc(1, sizeof(**list));
	kernel->readings++;
	return 0;
}

/* Some seconds of a group whose throughput and latencies grow. */
static void watch_for(struct watched *watched, unsigned int seconds)
{
	struct ipc_status status = status_of("kv");
	struct ipc_stats stats = stats_of("kv", 0);

	for (unsigned int i = 0; i < seconds; i++) {
		status.delivered += 100 * i;
		stats.count[PAXOS_STATS_A_SINCE_MS] += 1000;
		stats.commit.bucket[10] += 100 * i;
		stats.commit.sum_us += 100ull * i * (500 + i);
		stats.write.bucket[7] += 10;
		stats.write.sum_us += 10 * 101;
		watched_take(watched, &status, 1, &stats, 1, (100 + i) * SECOND_US);
		/* Node 4 comes nearer, from 60000 behind to 30000. */
		status.peer[2].chosen = 30413 + 30000 * (i + 1) / (seconds - 1);
	}
}

static char drawn[65536];

/* Draws into @drawn. */
static void draw(const struct watched *watched, const struct top_view *view, unsigned int rows,
		 unsigned int columns, bool utf8)
{
	FILE *file = fmemopen(drawn, sizeof(drawn), "w");
	struct top_view shown = *view;
	struct canvas canvas;

	shown.clock = "12:34:56";
	canvas_start(&canvas, rows, columns, utf8);
	top_draw(&canvas, watched, &shown);
	canvas_print(file, &canvas);
	canvas_free(&canvas);
	fclose(file);
}

static void shows(const char *text, const char *name)
{
	bool right = strstr(drawn, text);

	tap_ok(right, name);
	if (!right)
		printf("# wanted: %s\n# screen:\n%s\n", text, drawn);
}

static void test_screen(void)
{
	struct watched watched = { 0 };
	struct top_view view = { 0 };

	watch_for(&watched, 9);
	draw(&watched, &view, 24, 80, false);
	shows("paxosctl top                                                            12:34:56\n"
	      "group kv  cluster 00000000-0000-0000-0000-000000000000  mode multi\n"
	      "node 1 leader  ok  quorum 2/3 (2 needed)  leader 1  ballot 14.1\n"
	      "chosen 90413  durable 90412  first 80000  incarnation 3\n",
	      "the group: this node, quorum, leader, ballot, slots");
	shows("slots/s                                   .-=+*%##  800.0/s  most 800.0/s\n",
	      "slots a second, newest at the right");
	shows("commit                                    ########  0.508 ms  p99 <= 1.024 ms\n",
	      "latency of proposals");
	shows("write                                     ########  0.101 ms  p99 <= 0.128 ms\n",
	      "and of the journal");
	shows("journal  [##########.............................]  24% of 64 MiB\n", "journal fill");
	shows("   ID ADDRESS        ROLE      HEALTH            RTT      CHOSEN   BEHIND\n"
	      "    1 10.0.0.1:7400  leader    ok               here       90413        -\n"
	      "    2 10.0.0.2:7400  follower  ok           0.210 ms       90413        0\n"
	      "    3 10.0.0.3:7400  follower  unreachable         -       90001      412\n"
	      "      last heard of 12.3 s ago\n"
	      "    4 [fd01::4]:7400 learner   catch-up     0.350 ms       60413    30000\n"
	      "      catching up [########################............................]  46%\n", "nodes");
	shows("q quit  p pause  Left/Right or 1-9 group  Up/Down nodes  h help\n", "keys");
	draw(&watched, &view, 24, 80, true);
	shows("\u2582\u2583\u2584\u2585\u2586\u2587\u2588\u2588", "UTF-8 where it is understood");
	shows("[\u2588\u2588\u2588\u2588", "bars too");
	draw(&watched, &view, 14, 80, false);
	shows("  ... more nodes: Down\n", "a long list says so");
	view.scroll = 3;
	draw(&watched, &view, 14, 80, false);
	shows("    4 [fd01::4]:7400", "and scrolls");
	view.scroll = 0;
	draw(&watched, &view, 50, 200, false);
	shows("24% of 64 MiB", "a large screen");
	draw(&watched, &view, 11, 40, false);
	shows("too small: at least 50x12", "a small one says so");
	view.help = true;
	draw(&watched, &view, 24, 80, false);
	shows("any key: back", "help");
	view.help = false;
	view.paused = true;
	draw(&watched, &view, 24, 80, false);
	shows("PAUSED", "a pause is told");
	watched_free(&watched);
}

static void test_trouble(void)
{
	struct ipc_status status[2] = { status_of("kv"), status_of("bad\033[2J") };
	struct watched watched = { 0 };
	struct top_view view = { 0 };

	draw(&watched, &view, 24, 80, false);
	shows("no groups in this network namespace", "no group");
	status[0].state = PAXOS_STATE_NO_QUORUM;
	status[0].leader = 0;
	status[0].damaged = 3;
	snprintf(status[0].reason, sizeof(status[0].reason), "no quorum: 1 of 3");
	watched_take(&watched, status, 2, NULL, 0, SECOND_US);
	draw(&watched, &view, 24, 80, false);
	shows("no-quorum  quorum 2/3 (2 needed)  leader none", "no leader");
	shows("\nno quorum: 1 of 3\n3 slots are damaged", "why nothing is chosen");
	shows("[1 kv no-quorum]  2 bad?[2J ok", "groups, and nothing that talks to the terminal");
	watched_take(&watched, &status[1], 1, NULL, 0, 2 * SECOND_US);
	draw(&watched, &view, 24, 80, false);
	shows("gone: this is how it was", "a group that is gone");
	watched_take(&watched, status, 2, NULL, 0, 3 * SECOND_US);
	draw(&watched, &view, 24, 80, false);
	tap_ok(!strstr(drawn, "gone") && watched.groups == 2, "and is back");
	view.selected = 1;
	draw(&watched, &view, 24, 80, false);
	shows("group bad?[2J", "the other one, if that is chosen");
	watched_free(&watched);
}

static void test_figures(void)
{
	struct ipc_stats stats = stats_of("kv", 1000);
	struct ipc_status status = status_of("kv");
	struct watched watched = { 0 };
	const struct watched_group *group;
	double before;

	stats.commit.bucket[5] = 1000;
	stats.commit.sum_us = 30000;
	watched_take(&watched, &status, 1, &stats, 1, 10 * SECOND_US);
	group = watched.group[0];
	tap_ok(!group->slots.count && !group->commit.count, "the first reading is no figure yet");
	status.delivered += 500;
	stats.count[PAXOS_STATS_A_SINCE_MS] = 3000;
	watched_take(&watched, &status, 1, &stats, 1, 12 * SECOND_US);
	tap_ok(fabs(track_newest(&group->slots) - 250) < 0.001, "a rate is by the time between");
	tap_ok(!group->commit.count && track_newest(&group->commit.mean_us) < 0,
	       "no proposal is no latency");
	/* Reset by somebody, and 10 were chosen since. */
	stats = stats_of("kv", 500);
	stats.commit.bucket[7] = 10;
	stats.commit.sum_us = 1000;
	watched_take(&watched, &status, 1, &stats, 1, 13 * SECOND_US);
	tap_ok(group->commit.count == 10 && fabs(track_newest(&group->commit.mean_us) - 100) < 0.001,
	       "counters that were reset count from 0");
	status.incarnation++;
	status.delivered += 100000;
	watched_take(&watched, &status, 1, &stats, 1, 14 * SECOND_US);
	tap_ok(track_newest(&group->slots) < 0, "what is replayed at a start is no throughput");
	before = watched_catch_up(group, &status.peer[2]);
	status.peer[2].chosen += 20000;
	watched_take(&watched, &status, 1, &stats, 1, 15 * SECOND_US);
	tap_ok(fabs(before) < 0.001 && fabs(watched_catch_up(group, &status.peer[2]) - 0.5) < 0.001,
	       "a peer that lags is measured from where it lagged most");
	status.peer[2].health = PAXOS_HEALTH_OK;
	tap_ok(watched_catch_up(group, &status.peer[2]) < 0, "until it does not");
	for (unsigned int i = 0; i < 3 * TRACK_MAX; i++)
		watched_take(&watched, &status, 1, &stats, 1, (16 + i) * SECOND_US);
	tap_ok(group->slots.count == TRACK_MAX, "so much is remembered, and no more");
	watched_free(&watched);
}

/* What is longest in each place of the widest figures still fits 80 columns. */
static void test_slow(void)
{
	struct ipc_stats stats = stats_of("kv", 1000);
	struct ipc_status status = status_of("kv");
	struct watched watched = { 0 };
	struct top_view view = { 0 };

	watched_take(&watched, &status, 1, &stats, 1, SECOND_US);
	stats.commit.bucket[20] = 1;
	stats.commit.sum_us = 999949;
	stats.write.bucket[PAXOS_HISTOGRAM_BUCKETS - 1] = 1;
	stats.write.sum_us = 999990000;
	status.delivered += 999999;
	watched_take(&watched, &status, 1, &stats, 1, 2 * SECOND_US);
	draw(&watched, &view, 24, 80, false);
	shows("999999.0/s  most 999999.0/s\n", "many slots a second");
	shows("999.9 ms  p99 <= 1.05 s\n", "long commits");
	shows("999.99 s  p99 > 67.11 s\n", "longer writes than there are bounds for");
	watched_free(&watched);
}

static void test_many_groups(void)
{
	static struct ipc_status status[PAXOS_GROUPS_MAX];
	struct watched watched = { 0 };
	struct top_view view = { .selected = PAXOS_GROUPS_MAX - 1 };
	char name[16];

	for (unsigned int i = 0; i < PAXOS_GROUPS_MAX; i++) {
		snprintf(name, sizeof(name), "g%u", i + 1);
		status[i] = status_of(name);
	}
	watched_take(&watched, status, PAXOS_GROUPS_MAX, NULL, 0, SECOND_US);
	draw(&watched, &view, 24, 80, false);
	shows("[64 g64 ok]", "the selected group of many is in sight");
	snprintf(status[5].group, sizeof(status[5].group), "new");
	watched_take(&watched, status, PAXOS_GROUPS_MAX, NULL, 0, 2 * SECOND_US);
	tap_ok(watched.groups == PAXOS_GROUPS_MAX && !strcmp(watched.group[5]->status.group, "new"),
	       "one that is gone makes room");
	watched_free(&watched);
}

/* At a terminal. */
static const struct command top = { "top", top_run, NULL, "[GROUP]", "" };
static char seen[1 << 20];
static size_t seen_length;
static int terminal;
static pid_t child;

static void start(const char *line)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	fflush(stdout);
	seen_length = 0;
	child = forkpty(&terminal, NULL, NULL, &size);
	if (!child)
		exit(line_run(&top, line));
}

/* Reads what the terminal is sent, until @text was among it from @from on. */
static bool appears(const char *text, size_t from)
{
	struct pollfd poller = { .fd = terminal, .events = POLLIN };
	uint64_t end = now_us() + PATIENCE_MS * 1000ull;
	ssize_t got;

	for (;;) {
		seen[seen_length] = '\0';
		if (text && seen_length > from && strstr(seen + from, text))
			return true;
		if (now_us() > end || poll(&poller, 1, 100) < 0)
			return false;
		if (!poller.revents)
			continue;
		got = read(terminal, seen + seen_length, sizeof(seen) - 1 - seen_length);
		if (got <= 0)
			return !text;
		seen_length += got;
	}
}

static void type(const char *keys)
{
	if (write(terminal, keys, strlen(keys)) < 0)
		perror("write");
}

/* Its exit status, once it has ended. */
static int end(void)
{
	int status;

	appears(NULL, 0);
	waitpid(child, &status, 0);
	close(terminal);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_terminal(void)
{
	size_t from;
	int code;

	start("");
	tap_ok(appears("group kv", 0) && appears("[1 kv ", 0), "a terminal is drawn on");
	from = seen_length;
	type("2");
	tap_ok(appears("other", from), "a digit chooses a group");
	from = seen_length;
	type("h");
	tap_ok(appears("any key", from), "h is for help");
	from = seen_length;
	type("x");
	tap_ok(appears("group", from), "any key ends that");
	from = seen_length;
	type("p");
	tap_ok(appears("PAUSED", from), "p pauses");
	from = seen_length;
	ioctl(terminal, TIOCSWINSZ, &(struct winsize) { .ws_row = 10, .ws_col = 40 });
	tap_ok(appears("too small", from), "another size is drawn at once");
	from = seen_length;
	ioctl(terminal, TIOCSWINSZ, &(struct winsize) { .ws_row = 30, .ws_col = 100 });
	tap_ok(appears("Up/Down", from), "and another");
	type("q");
	code = end();
	tap_ok(!code && strstr(seen, "\033[?1049h") && strstr(seen, "\033[?1049l"),
	       "q ends it, and the terminal has what it had");
	tap_ok(strstr(seen, "\033[32m"), "in colors");
	start("--color=never");
	appears("Up/Down", 0);
	type("q");
	code = end();
	tap_ok(!code && !strstr(seen, "\033[32m"), "or not");
	start("");
	appears("Up/Down", 0);
	kill(child, SIGTERM);
	code = end();
	tap_ok(!code && strstr(seen, "\033[?1049l"), "a signal ends it in the same way");
	start("-t 0.1");
	tap_ok(!end() && strstr(seen, "\033[?1049l"), "and so does --timeout");
}

static void test_encodings(void)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	start("");
	appears("Up/Down", 0);
	type("q");
	end();
	tap_ok(strstr(seen, "\u2588") && !strstr(seen, "#"), "UTF-8 by the locale");
	setenv("LC_ALL", "C", 1);
	setenv("NO_COLOR", "1", 1);
	start("");
	appears("Up/Down", 0);
	type("q");
	end();
	tap_ok(!strstr(seen, "\u2588") && strstr(seen, "#"), "else ASCII");
	tap_ok(!strstr(seen, "\033[32m"), "no colors by NO_COLOR");
	unsetenv("NO_COLOR");
	unsetenv("LC_ALL");
}

static void test_recovery(void)
{
	unsigned int opened;
	size_t from;

	start("kv");
	appears("group kv", 0);
	kernel->gone = true;
	tap_ok(appears("gone: this is how it was", 0) && appears("no group kv here", 0),
	       "a group that goes away is told");
	from = seen_length;
	kernel->gone = false;
	tap_ok(appears("ok", from), "and shown when it is back");
	from = seen_length;
	kernel->module = false;
	opened = kernel->opened;
	tap_ok(appears("the module is not loaded", from), "so is the module");
	usleep(1500000);
	tap_ok(kernel->opened == opened, "which is not loaded again by being asked for");
	from = seen_length;
	kernel->module = true;
	tap_ok(appears("ok", from) && kernel->opened > opened, "once it is back, it goes on");
	type("q");
	end();
}

static void test_no_terminal(void)
{
	int code;

	setenv("TERM", "no-such-terminal", 1);
	start("");
	code = end();
	tap_ok(code == EXIT_USAGE && strstr(seen, "'no-such-terminal' is not known"),
	       "a terminal that is not known");
	setenv("TERM", "dumb", 1);
	start("");
	code = end();
	tap_ok(code == EXIT_USAGE && strstr(seen, "cannot place its cursor"), "or is too dumb");
	unsetenv("TERM");
	start("");
	code = end();
	tap_ok(code == EXIT_USAGE && strstr(seen, "TERM is not set"), "or is not told");
	setenv("TERM", "xterm", 1);
	kernel->gone = true;
	start("kv");
	tap_ok(end() == EXIT_MISSING && strstr(seen, "no group kv here") &&
	       !strstr(seen, "\033[?1049h"), "no such group: no screen");
	kernel->gone = false;
	kernel->module = false;
	start("");
	tap_ok(end() == EXIT_NO_MODULE && strstr(seen, "no paxos kernel module"), "no module");
	kernel->module = true;
	start("a b");
	tap_ok(end() == EXIT_USAGE && strstr(seen, "too many arguments"), "two groups");
	start("-j");
	tap_ok(end() == EXIT_USAGE && strstr(seen, "top is a screen"), "JSON");
	/* Without a terminal, but not without an exit status. */
	fflush(stdout);
	child = fork();
	if (!child) {
		if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "r", stdin))
			_exit(99);
		_exit(line_run(&top, ""));
	}
	waitpid(child, &code, 0);
	tap_ok(WEXITSTATUS(code) == EXIT_USAGE, "no terminal at all");
}

int main(int argc, char **argv)
{
	kernel = mmap(NULL, sizeof(*kernel), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	kernel->module = true;
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	if (argc > 1 && !strcmp(argv[1], "--screen")) {
		struct watched watched = { 0 };

		watch_for(&watched, 60);
		draw(&watched, &(struct top_view) { 0 }, 24, 80, true);
		fputs(drawn, stdout);
		return 0;
	}
	test_screen();
	test_trouble();
	test_figures();
	test_slow();
	test_many_groups();
	test_terminal();
	test_encodings();
	test_recovery();
	test_no_terminal();
	return tap_done();
}
