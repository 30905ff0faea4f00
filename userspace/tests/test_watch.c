// SPDX-License-Identifier: GPL-2.0
/*
 * monitor and stats against a kernel that is scripted below ipc.h: what they print of
 * each event and figure, how they end, and what they say of events that were lost.
 *
 *	test_watch --metrics	prints what tests/metrics looks into: two groups, whose
 *				figures differ
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"
#include "commands.h"
#include "line.h"
#include "output.h"
#include "tap.h"

#define NOON_NS 1796040000123456789ull	/* 2026-11-30 12:00:00.123456789 UTC */

/* What each reading of events brings: an error, or some of them. */
struct step {
	int error;
	unsigned int count;
	struct ipc_event event[4];
};

static const struct step *script;
static struct ipc_stats groups[2];
static unsigned int resets;
static bool missing, status_gone;

struct ipc *ipc_get(int *code)
{
	static char there;

	(void)code;
	return (struct ipc *)&there;
}

int ipc_exit_status(int error)
{
	return error == -ENOENT ? EXIT_MISSING : EXIT_REFUSED;
}

int ipc_fail(struct ipc *ipc, int error)
{
	(void)ipc;
	return fail(ipc_exit_status(error), "%s", strerror(-error));
}

int ipc_status(struct ipc *ipc, const char *group, struct ipc_status *status)
{
	(void)ipc;
	if (missing || (status_gone && !strcmp(group, "b")))
		return -ENOENT;
	*status = (struct ipc_status) {
		.node = 1, .role = PAXOS_ROLE_LEADER, .state = PAXOS_STATE_OK, .leader = 1,
		.ballot = 7 << 16 | 1, .voters = 3, .voters_up = 2, .chosen = 90, .durable = 89,
		.delivered = 88, .first = 5, .disk_size = 1 << 20, .disk_used = 4096, .peers = 2,
		.peer = { { .node = 2, .health = PAXOS_HEALTH_OK, .rtt_us = 210, .chosen = 88 },
			  { .node = 3, .health = PAXOS_HEALTH_UNREACHABLE } },
	};
	snprintf(status->group, sizeof(status->group), "%s", group);
	return 0;
}

int ipc_events_join(struct ipc *ipc)
{
	(void)ipc;
	return 0;
}

int ipc_events_read(struct ipc *ipc, const struct ipc_listener *listener, int timeout_ms)
{
	const struct step *step = script++;

	(void)ipc;
	if (!step->count && !step->error)
		usleep(timeout_ms * 1000);
	for (unsigned int i = 0; i < step->count; i++)
		if (!listener->event(listener->context, &step->event[i]))
			break;
	return step->error;
}

int ipc_stats(struct ipc *ipc, const char *group, bool reset, struct ipc_stats *stats)
{
	(void)ipc;
	resets += reset;
	if (missing)
		return -ENOENT;
	*stats = groups[!strcmp(group, "b")];
	return 0;
}

int ipc_stats_list(struct ipc *ipc, struct ipc_stats **list, unsigned int *count)
{
	(void)ipc;
	*list = malloc(sizeof(groups));
	memcpy(*list, groups, sizeof(groups));
	*count = 2;
	return 0;
}

static void fill_groups(void)
{
	snprintf(groups[0].group, sizeof(groups[0].group), "kv");
	snprintf(groups[1].group, sizeof(groups[1].group), "b");
	groups[0].node = 1;
	groups[1].node = 1;
	for (unsigned int i = 1; i < PAXOS_STATS_A_PAD; i++)
		groups[0].count[i] = 1000 + i;
	groups[0].count[PAXOS_STATS_A_SINCE_MS] = 12345;
	/* 99 of at most 512 us, and one that took longer than there is a bound for. */
	groups[0].commit.bucket[9] = 99;
	groups[0].commit.bucket[PAXOS_HISTOGRAM_BUCKETS - 1] = 1;
	groups[0].commit.sum_us = 99 * 400 + 100000000;
	groups[0].write.bucket[0] = 1;
	groups[0].write.bucket[1] = 2;
	groups[0].write.sum_us = 5;
}

static int run(const struct command *command, const char *line)
{
	int code;

	resets = 0;
	capture();
	code = line_run(command, line);
	release();
	return code;
}

static const struct command monitor = {
	"monitor", monitor_run, monitor_options, "[GROUP] [--count N]", "",
};
static const struct command stats = {
	"stats", stats_run, stats_options, "[GROUP] [--prometheus] [--reset]", "",
};

static void prints(const struct command *command, const char *line, int status, const char *text,
		   const char *name)
{
	int code = run(command, line);
	bool right = code == status && strstr(printed, text);

	tap_ok(right, name);
	if (!right)
		printf("# exit %d, printed: %s\n", code, printed);
}

/* One event, as JSON behind what all have, and as text. */
static void says(struct ipc_event event, const char *json, const char *text)
{
	struct step steps[] = { { .count = 1 } };
	char wanted[512];

	snprintf(event.group, sizeof(event.group), "kv");
	event.sequence = 7;
	event.time_ns = NOON_NS;
	steps[0].event[0] = event;
	script = steps;
	snprintf(wanted, sizeof(wanted),
		 "{\"time\":\"2026-11-30T12:00:00.123456Z\",\"group\":\"kv\",\"sequence\":7,%s}\n",
		 json);
	prints(&monitor, "-j --count 1", 0, wanted, json);
	script = steps;
	snprintf(wanted, sizeof(wanted), "2026-11-30 12:00:00.123456  kv  %s\n", text);
	prints(&monitor, "--count 1", 0, wanted, text);
}

static void test_life(void)
{
	says((struct ipc_event) { .type = PAXOS_HAPPENED_GROUP_ADDED, .node = 3 },
	     "\"event\":\"group-added\",\"node\":3", "group added, as node 3");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_GROUP_GONE, .node = 3 },
	     "\"event\":\"group-gone\",\"node\":3", "group gone");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_STATE, .state = PAXOS_STATE_OK,
				  .state_was = PAXOS_STATE_STARTING },
	     "\"event\":\"state\",\"state\":\"ok\",\"was\":\"starting\"",
	     "state ok, was starting");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_STATE, .reason = "the disk is gone",
				  .state = PAXOS_STATE_SUSPENDED, .state_was = PAXOS_STATE_OK },
	     "\"event\":\"state\",\"state\":\"suspended\",\"was\":\"ok\","
	     "\"reason\":\"the disk is gone\"",
	     "state suspended, was ok: the disk is gone");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_ROLE, .role = PAXOS_ROLE_FOLLOWER },
	     "\"event\":\"role\",\"role\":\"follower\",\"was\":null", "role follower");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_ROLE, .role = PAXOS_ROLE_LEADER,
				  .role_was = PAXOS_ROLE_CANDIDATE },
	     "\"event\":\"role\",\"role\":\"leader\",\"was\":\"candidate\"",
	     "role leader, was candidate");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_LEADER, .node = 2,
				  .ballot = 14 << 16 | 2 },
	     "\"event\":\"leader\",\"leader\":2,\"ballot\":\"14.2\"",
	     "node 2 leads, ballot 14.2");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_LEADER },
	     "\"event\":\"leader\",\"leader\":null,\"ballot\":null", "no leader is known");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_CONFIRMED }, "\"event\":\"confirmed\"",
	     "first start: all voters have confirmed each other's disks");
}

static void test_others(void)
{
	says((struct ipc_event) { .type = PAXOS_HAPPENED_PEER, .node = 2,
				  .health = PAXOS_HEALTH_OK,
				  .health_was = PAXOS_HEALTH_UNREACHABLE },
	     "\"event\":\"peer\",\"node\":2,\"health\":\"ok\",\"was\":\"unreachable\"",
	     "peer 2 is ok, was unreachable");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_MEMBER, .node = 4, .member = true,
				  .slot = 9 },
	     "\"event\":\"member\",\"node\":4,\"member\":true,\"voter\":false,\"slot\":9",
	     "node 4 is a learner, by slot 9");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_MEMBER, .node = 4, .slot = 10 },
	     "\"event\":\"member\",\"node\":4,\"member\":false,\"voter\":false,\"slot\":10",
	     "node 4 is no member any more, by slot 10");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_COMPLETE, .slot = 9 },
	     "\"event\":\"complete\",\"slot\":9", "the configuration of slot 9 is complete");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_REFUSED, .node = 2,
				  .why = "another disk has that id" },
	     "\"event\":\"refused\",\"node\":2,\"why\":\"another disk has that id\"",
	     "refused a host that claims to be node 2: another disk has that id");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_REFUSED_US, .node = 2,
				  .why = "that id was removed" },
	     "\"event\":\"refused-us\",\"node\":2,\"why\":\"that id was removed\"",
	     "node 2 refused this node: that id was removed");
}

static void test_disk(void)
{
	says((struct ipc_event) { .type = PAXOS_HAPPENED_TRIMMED, .slot = 9 },
	     "\"event\":\"trimmed\",\"slot\":9", "trimmed through slot 9");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_ROOM, .room = PAXOS_ROOM_LOW },
	     "\"event\":\"room\",\"room\":\"low\"",
	     "the journal is full, its reserve too: no votes until it is trimmed");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_DAMAGED, .count = 3 },
	     "\"event\":\"damaged\",\"slots\":3", "damaged values of 3 slots");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_REPAIRED, .slot = 9 },
	     "\"event\":\"repaired\",\"slot\":9", "slot 9 is whole again");
	says((struct ipc_event) { .type = PAXOS_HAPPENED_TWO_VALUES, .slot = 9 },
	     "\"event\":\"two-values\",\"node\":null,\"slot\":9",
	     "two values for slot 9 at one ballot: a node lies, or was run twice");
	says((struct ipc_event) { .type = 99 }, "\"event\":\"unknown\",\"type\":99",
	     "something that this tool does not know: 99");
}

#define CONFIRMED(name, number) \
	{ .group = (name), .sequence = (number), .type = PAXOS_HAPPENED_CONFIRMED }

static void test_monitor(void)
{
	static const struct step two_groups[] = { { 0, 2, { CONFIRMED("other", 1),
							    CONFIRMED("kv", 5) } } };
	static const struct step gap[] = { { 0, 3, { CONFIRMED("kv", 5), CONFIRMED("b", 9),
						     CONFIRMED("kv", 8) } } };
	static const struct step anew[] = { { 0, 3, { CONFIRMED("kv", 8), CONFIRMED("kv", 1),
						      CONFIRMED("kv", 2) } } };
	static const struct step full[] = { { .error = -ENOBUFS } };
	static const struct step broken[] = { { .error = -EIO } };

	script = two_groups;
	prints(&monitor, "kv -b --count 1", 0, "kv  first start", "a group that is named alone is told of");
	tap_ok(!strstr(printed, "other  "), "and no other");
	script = gap;
	prints(&monitor, "-j --count 4", 0,
	       "\"group\":\"kv\",\"event\":\"lost\",\"count\":2}\n", "a gap is told, of its group");
	script = gap;
	prints(&monitor, "-b --count 3", 0, "kv  2 events were lost: see status\n",
	       "and counts as a line");
	script = anew;
	run(&monitor, "--count 3");
	tap_ok(!strstr(printed, "lost"), "a group that was created anew is no gap");
	script = full;
	prints(&monitor, "-j --count 1", 0, "\"group\":null,\"event\":\"lost\",\"count\":null}\n",
	       "a full socket is told");
	script = broken;
	prints(&monitor, "", EXIT_REFUSED, "Input/output error", "a socket that fails ends it");
	missing = true;
	prints(&monitor, "nope", EXIT_MISSING, "No such file", "no such group");
	missing = false;
	prints(&monitor, "--count 0", EXIT_USAGE, "--count wants", "--count 0 is wrong");
	prints(&monitor, "a b", EXIT_USAGE, "too many arguments", "two groups are wrong");
}

static void test_time_is_over(void)
{
	static const struct step quiet[1000];

	script = quiet;
	prints(&monitor, "-t 0.001", 0, "", "watching for a while is no failure");
	script = quiet;
	prints(&monitor, "-j -t 0.001 --count 2", EXIT_UNKNOWN,
	       "{\"error\":{\"code\":3,\"message\":\"timed out after 0.0 s: 0 of 2 events came\"}}",
	       "events that do not come are");
}

static void test_stats(void)
{
	prints(&stats, "kv", 0, "group kv  node 1  counted for 12.345 s\n", "since when");
	prints(&stats, "kv", 0, "proposals   chosen 1002  unknown 1003  withdrawn 1004", "counters");
	prints(&stats, "kv", 0,
	       "commit: 100, mean 1000.396 ms  p50 <= 0.512 ms  p99 <= 0.512 ms\n", "percentiles");
	prints(&stats, "kv", 0, "  <=       512 us  ########################################  99\n",
	       "bars");
	prints(&stats, "kv", 0, "longer     #                                         1\n",
	       "and what is beyond all bounds");
	prints(&stats, "b", 0, "commit: 0\n", "nothing is no figure");
	prints(&stats, "-j kv", 0, "{\"group\":\"kv\",\"node\":1,\"since_ms\":12345,\"proposals\":"
	       "{\"chosen\":1002,\"unknown\":1003,\"withdrawn\":1004,\"full\":1005,\"stale\":1006},"
	       "\"barriers\":{\"granted\":1007},\"delivered\":{\"values\":1008,\"noops\":1009,"
	       "\"configs\":1010,\"bytes\":1011},\"leaders\":{\"changes\":1012},\"datagrams\":"
	       "{\"received\":1013,\"malformed\":1014,\"foreign\":1015,\"no_memory\":1016,"
	       "\"sent\":1017,\"unsent\":1018},\"journal\":{\"writes\":1019,\"bytes\":1020},"
	       "\"commit_us\":{\"count\":100,\"sum\":100039600,\"p50\":512,\"p99\":512,"
	       "\"p999\":null,\"buckets\":[{\"le\":1,\"count\":0},", "JSON");
	prints(&stats, "-j kv", 0, "{\"le\":null,\"count\":1}]},\"write_us\":{\"count\":3,\"sum\":5,"
	       "\"p50\":2,", "the last bucket has no bound");
	prints(&stats, "-j", 0, "[{\"group\":\"kv\",", "without a group, an array");
	prints(&stats, "--prometheus --json", EXIT_USAGE, "a format of its own",
	       "--prometheus and --json");
	run(&stats, "kv --reset");
	tap_ok(resets == 1, "--reset");
	run(&stats, "--reset");
	tap_ok(resets == 2, "--reset of each");
	missing = true;
	prints(&stats, "nope", EXIT_MISSING, "No such file", "no such group");
	missing = false;
	status_gone = true;
	run(&stats, "--prometheus");
	tap_ok(!strstr(printed, "group=\"b\"") && strstr(printed, "group=\"kv\""),
	       "a group that went away meanwhile is left out");
	prints(&stats, "b --prometheus", EXIT_MISSING, "No such file", "but not one that is named");
	status_gone = false;
}

int main(int argc, char **argv)
{
	setenv("TZ", "UTC", 1);
	fill_groups();
	if (argc > 1 && !strcmp(argv[1], "--metrics"))
		return line_run(&stats, "--prometheus");
	test_life();
	test_others();
	test_disk();
	test_monitor();
	test_time_is_over();
	test_stats();
	return tap_done();
}
