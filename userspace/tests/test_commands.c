// SPDX-License-Identifier: GPL-2.0
/*
 * Command lines, good and bad, against a kernel that is scripted below ipc.h: what
 * it is asked, what is printed, and the exit status.  main.c is included, for its
 * table of commands.
 */
#include <errno.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"

int paxosctl_main(int argc, char **argv);

#define main paxosctl_main
#include "../paxosctl/main.c"
#undef main
#include "captured.h"
#include "line.h"
#include "tap.h"

/* What the kernel was asked, and what it answers. */
static struct {
	char asked[256];
	unsigned int requests;
	int refuse;			/* negative errno */
	unsigned int early;		/* so many EAGAIN first */
	struct ipc_result result;
	struct ipc_status status;
} kernel;

static int asked(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int asked(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(kernel.asked, sizeof(kernel.asked), format, list);
	va_end(list);
	kernel.requests++;
	return kernel.refuse;
}

struct ipc *ipc_get(int *code)
{
	static char there;

	(void)code;
	return (struct ipc *)&there;
}

void ipc_close(void)
{
}

const char *ipc_error_text(struct ipc *ipc, int error)
{
	(void)ipc;
	return strerror(-error);
}

int ipc_exit_status(int error)
{
	switch (error) {
	case -ENOENT:
	case -ESTALE:
		return EXIT_MISSING;
	case -ETIMEDOUT:
		return EXIT_UNKNOWN;
	}
	return EXIT_REFUSED;
}

int ipc_fail(struct ipc *ipc, int error)
{
	return fail(ipc_exit_status(error), "%s", ipc_error_text(ipc, error));
}

struct ipc *ipc_open(int *code, char problem[IPC_PROBLEM_MAX])
{
	(void)code;
	(void)problem;
	abort();
}

void ipc_free(struct ipc *ipc)
{
	(void)ipc;
	abort();
}

bool ipc_module_loaded(void)
{
	abort();
}

int ipc_status(struct ipc *ipc, const char *group, struct ipc_status *status)
{
	(void)ipc;
	*status = kernel.status;
	snprintf(status->group, sizeof(status->group), "%s", group);
	return 0;
}

int ipc_barrier(struct ipc *ipc, const char *group, uint32_t timeout_ms)
{
	(void)ipc;
	return asked("barrier %s %u", group, timeout_ms);
}

int ipc_leader_transfer(struct ipc *ipc, const char *group, uint16_t node, uint32_t timeout_ms)
{
	(void)ipc;
	return asked("transfer %s %u %u", group, node, timeout_ms);
}

int ipc_member_change(struct ipc *ipc, const struct ipc_member_change *change)
{
	char text[ADDRESS_TEXT_MAX];

	(void)ipc;
	return asked("member %s %u %u %u %s%s", change->group, change->op, change->node,
		     change->other, address_print(&change->address, text),
		     change->force ? " force" : "");
}

int ipc_trim(struct ipc *ipc, const char *group, uint64_t slot, uint32_t timeout_ms)
{
	(void)ipc;
	return asked("trim %s %llu %u", group, (unsigned long long)slot, timeout_ms);
}

int ipc_snapshot_installed(struct ipc *ipc, const char *group, uint64_t slot,
			   uint32_t timeout_ms)
{
	(void)ipc;
	return asked("installed %s %llu %u", group, (unsigned long long)slot, timeout_ms);
}

int ipc_await(struct ipc *ipc, struct ipc_result *result, int timeout_ms)
{
	(void)ipc;
	(void)timeout_ms;
	*result = kernel.result;
	if (kernel.early) {
		kernel.early--;
		result->error = EAGAIN;
	}
	return 0;
}

int ipc_member_list(struct ipc *ipc, const char *group, struct ipc_peer **list,
		    unsigned int *count, uint64_t *slot)
{
	(void)ipc;
	*list = calloc(2, sizeof(**list));
	(*list)[0] = (struct ipc_peer) { .node = 1, .voter = true, .member = true,
					 .health = PAXOS_HEALTH_FORGOTTEN };
	(*list)[1] = (struct ipc_peer) { .node = 4, .member = true, .confirmed = true,
					 .disk = { 1 }, .health = PAXOS_HEALTH_OK };
	*count = 2;
	*slot = 17;
	return asked("members %s", group);
}

int ipc_group_add(struct ipc *ipc, const struct ipc_group_add *add, struct ipc_group *group)
{
	(void)ipc;
	(void)group;
	return asked("add %s %u %u %u %u", add->name, add->mode, add->learn, add->role,
		     add->node);
}

/* The device is opened before the kernel is asked. */
int device_open(const char *path, int *fd, uint64_t *size)
{
	(void)path;
	*fd = -1;
	*size = 64 << 20;
	return EXIT_DONE;
}

int device_check_empty(const char *path, int fd, uint64_t size)
{
	(void)path;
	(void)fd;
	(void)size;
	return EXIT_DONE;
}

int device_wipe_signatures(const char *path, int fd)
{
	(void)path;
	(void)fd;
	return EXIT_DONE;
}

int ipc_propose_begin(struct ipc *ipc, const char *group, size_t bytes)
{
	(void)ipc;
	(void)group;
	(void)bytes;
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
	(void)ipc;
	kernel.result.cookie = proposal->cookie;
	asked("propose %.*s %llu %llu", (int)proposal->length, (const char *)proposal->value,
	      (unsigned long long)proposal->client, (unsigned long long)proposal->sequence);
}

int ipc_propose_send(struct ipc *ipc, uint32_t *sequence)
{
	(void)ipc;
	*sequence = 1;
	return 0;
}

/* Always something to read. */
int ipc_fd(struct ipc *ipc)
{
	static FILE *file;

	(void)ipc;
	if (!file)
		file = tmpfile();
	return fileno(file);
}

int ipc_answers(struct ipc *ipc, const struct ipc_answers *answers, int timeout_ms)
{
	(void)ipc;
	(void)timeout_ms;
	answers->result(answers->context, &kernel.result);
	return 0;
}

int ipc_results_again(struct ipc *ipc)
{
	(void)ipc;
	return 0;
}

/* Commands that no test here runs. */
int ipc_group_del(struct ipc *ipc, const char *name, int timeout_ms)
{
	(void)ipc;
	(void)name;
	(void)timeout_ms;
	abort();
}

int ipc_group_list(struct ipc *ipc, struct ipc_group **list, unsigned int *count)
{
	(void)ipc;
	(void)list;
	(void)count;
	abort();
}

int ipc_peer_list(struct ipc *ipc, const char *group, struct ipc_peer **list,
		  unsigned int *count)
{
	(void)ipc;
	(void)group;
	(void)list;
	(void)count;
	abort();
}

int ipc_peer_add(struct ipc *ipc, const char *group, uint16_t node, const union address *address)
{
	(void)ipc;
	(void)group;
	(void)node;
	(void)address;
	abort();
}

int ipc_peer_del(struct ipc *ipc, const char *group, uint16_t node)
{
	(void)ipc;
	(void)group;
	(void)node;
	abort();
}

int ipc_status_list(struct ipc *ipc, struct ipc_status **list, unsigned int *count)
{
	(void)ipc;
	(void)list;
	(void)count;
	abort();
}

int ipc_learn(struct ipc *ipc, const char *group, uint64_t from, uint64_t count,
	      const struct ipc_reader *reader)
{
	static const struct ipc_entry entry = { .slot = 9, .ballot = 7 << 16 | 3, .origin = 2,
						.type = PAXOS_ENTRY_CONFIG };
	const struct ipc_log log = { .first = 9, .chosen = 9, .generation = 1 };

	(void)ipc;
	(void)group;
	(void)from;
	(void)count;
	reader->head(reader->context, &log);
	return reader->entry(reader->context, &entry);
}

int ipc_learned_join(struct ipc *ipc)
{
	(void)ipc;
	abort();
}

int ipc_learned_wait(struct ipc *ipc, int timeout_ms)
{
	(void)ipc;
	(void)timeout_ms;
	abort();
}

int ipc_stats(struct ipc *ipc, const char *group, bool reset, struct ipc_stats *stats)
{
	(void)ipc;
	(void)group;
	(void)reset;
	(void)stats;
	abort();
}

int ipc_stats_list(struct ipc *ipc, struct ipc_stats **list, unsigned int *count)
{
	(void)ipc;
	(void)list;
	(void)count;
	abort();
}

int ipc_events_join(struct ipc *ipc)
{
	(void)ipc;
	abort();
}

int ipc_events_read(struct ipc *ipc, const struct ipc_listener *listener, int timeout_ms)
{
	(void)ipc;
	(void)listener;
	(void)timeout_ms;
	abort();
}

static int run(const char *text)
{
	struct line line;
	int code;

	line_split(&line, text);
	settings = (struct settings) { 0 };
	kernel.asked[0] = '\0';
	kernel.requests = 0;
	capture();
	code = command_line(line.count, line.word, false);
	release();
	return code;
}

static void holds(bool right, int code, const char *name)
{
	tap_ok(right, name);
	if (!right)
		printf("# exit %d, asked '%s', printed: %s\n", code, kernel.asked, printed);
}

/* @line is wrong: exit 1, @text is said, and the kernel is not asked. */
static void is_wrong(const char *line, const char *text)
{
	int code = run(line);

	holds(code == EXIT_USAGE && strstr(printed, text) && !kernel.requests, code, line);
}

/* @line asks the kernel @request, which answers @kernel.result; exit @status, and @text. */
static void asks(const char *line, const char *request, int status, const char *text)
{
	int code = run(line);

	holds(code == status && !strcmp(kernel.asked, request) && strstr(printed, text), code,
	      line);
}

static void test_wrong_lines(void)
{
	is_wrong("barrier", "an argument is missing");
	is_wrong("barrier kv x", "too many arguments");
	is_wrong("barrier kv -t 0", "--timeout wants");
	is_wrong("-j barrier", "{\"error\":{\"code\":1,");
	is_wrong("leader", "an argument is missing");
	is_wrong("leader transfer kv", "usage: paxosctl leader transfer");
	is_wrong("leader transfer kv 0", "'0' is no node id");
	is_wrong("leader transfer kv 65536", "'65536' is no node id");
	is_wrong("member", "needs a second word");
	is_wrong("member kick kv 2", "unknown command 'member kick'");
	is_wrong("member list", "an argument is missing");
	is_wrong("member add kv 4", "an argument is missing");
	is_wrong("member add kv 4 10.0.0.4", "is no address");
	is_wrong("member add kv x 10.0.0.4:7400", "'x' is no node id");
	is_wrong("member promote kv", "an argument is missing");
	is_wrong("member promote kv 4 5", "too many arguments");
	is_wrong("member remove kv -1", "unknown option");
	is_wrong("member replace kv 2", "an argument is missing");
	is_wrong("member replace kv 2 2", "cannot replace itself");
	is_wrong("trim kv", "an argument is missing");
	is_wrong("trim kv 0", "'0' is no slot");
	is_wrong("trim kv -- -1", "'-1' is no slot");
	is_wrong("trim kv 99999999999999999999", "is no slot");
	is_wrong("snapshot-installed kv x", "'x' is no slot");
	is_wrong("propose kv x --client 7", "--client and --seq go together");
	is_wrong("propose kv x --seq 7", "--client and --seq go together");
	is_wrong("propose kv x --client 0 --seq 1", "--client wants");
	is_wrong("propose kv x --client 7 --seq 0", "--seq wants");
	is_wrong("propose kv x y --client 7 --seq 1", "for one value");
	is_wrong("propose kv --lines --client 7 --seq 1", "for one value");
	is_wrong("group add kv --device /d --listen 10.0.0.1:1 --mode fast", "multi or basic");
	is_wrong("group add kv --device /d --listen 10.0.0.1:1 --learn all", "leader or broadcast");
	is_wrong("group add kv --device /d --listen 10.0.0.1:1 --role boss", "voter or learner");
	is_wrong("group add kv --device /d --listen 10.0.0.1:1 --node 0", "node id");
	is_wrong("format /d --node 4 --join", "--cluster is missing");
	is_wrong("format /d --node 4 --join --cluster new", "running group's UUID");
	is_wrong("format /d --node 4 --cluster new", "--voters is missing, or --join");
	is_wrong("format /d --node 4 --join --voters 1,4 --cluster "
		 "2d6c1e0a-2f5c-4b53-8a0f-6f1d6a7c1a11", "--join excludes --voters");
	is_wrong("wait kv chosen", "an argument is missing");
	is_wrong("wait kv voter 3", "too many arguments");
	is_wrong("wait kv rain", "cannot wait for 'rain'");
}

static void test_right_lines(void)
{
	kernel.result = (struct ipc_result) { .slot = 90413, .ballot = 14 << 16 | 2 };
	asks("barrier kv", "barrier kv 10000", 0, "slot 90413  ");
	asks("barrier kv -b -t 1.5", "barrier kv 1500", 0, "90413\n");
	asks("-j barrier kv", "barrier kv 10000", 0, "{\"slot\":90413,\"latency_us\":");
	asks("leader transfer kv 3", "transfer kv 3 10000", 0, "group kv: node 3 leads\n");
	asks("-j leader transfer kv 3", "transfer kv 3 10000", 0,
	     "{\"group\":\"kv\",\"leader\":3}\n");
	asks("member list kv", "members kv", 0, "forgotten");
	asks("-b member list kv", "members kv", 0, "1\n4\n");
	asks("-j member list kv", "members kv", 0,
	     "{\"group\":\"kv\",\"slot\":17,\"members\":[{\"id\":1,");
	asks("member add kv 4 [fd01::4]:7400", "member kv 1 4 0 [fd01::4]:7400", 0,
	     "node 4 is a learner (configuration of slot 90413)\n");
	asks("-j member promote kv 4", "member kv 2 4 0 -", 0,
	     "{\"group\":\"kv\",\"change\":\"promote\",\"id\":4,\"slot\":90413}\n");
	asks("member remove kv 2 --force", "member kv 3 2 0 - force", 0, "no member any more");
	asks("-j member replace kv 2 4", "member kv 4 2 4 -", 0,
	     "\"change\":\"replace\",\"id\":2,\"slot\":90413,\"by\":4}\n");
	asks("trim kv 90413", "trim kv 90413 10000", 0, "trimmed through slot 90413\n");
	asks("-j trim kv 90413", "trim kv 90413 10000", 0,
	     "{\"group\":\"kv\",\"trimmed\":90413,\"first\":90414}\n");
	asks("snapshot-installed kv 90413", "installed kv 90413 10000", 0, "from slot 90414\n");
	asks("propose kv x --client 7 --seq 3", "propose x 7 3", 0, "slot 90413  ballot 14.2");
	asks("propose kv x", "propose x 0 0", 0, "slot 90413");
	asks("group add kv --device /d --listen 10.0.0.1:1", "add kv 0 0 0 0", 0, "");
	asks("group add kv --device /d --listen 10.0.0.1:1 --mode basic --learn broadcast "
	     "--role learner", "add kv 2 2 4 0", 0, "");
	asks("group add kv --device /d --listen 10.0.0.1:1 --mode multi --learn leader "
	     "--role voter --node 7", "add kv 1 1 1 7", 0, "");
	asks("-j learn kv", "", 0,
	     "{\"slot\":9,\"ballot\":\"7.3\",\"origin\":2,\"type\":\"config\"}\n");
	asks("learn kv", "", 0, "(configuration)");
	asks("learn kv --raw", "", 0, "");
}

static void fails(int error, const char *message, const char *line, int status, const char *text)
{
	int code;

	kernel.result = (struct ipc_result) { .error = error };
	snprintf(kernel.result.message, sizeof(kernel.result.message), "%s", message);
	code = run(line);
	holds(code == status && strstr(printed, text), code, line);
}

static void test_failures(void)
{
	snprintf(kernel.status.reason, sizeof(kernel.status.reason), "no quorum: hears 1 of 3");
	fails(EHOSTUNREACH, "", "barrier kv", EXIT_UNHEALTHY, "no quorum");
	fails(EHOSTUNREACH, "no majority confirmed it in time", "barrier kv", EXIT_UNHEALTHY,
	      "no majority confirmed it in time (hears 1 of 3)\n");
	fails(EHOSTUNREACH, "", "-j barrier kv", EXIT_UNHEALTHY, "{\"error\":{\"code\":4,");
	fails(ETIMEDOUT, "", "member promote kv 4 -t 2", EXIT_UNKNOWN, "timed out after 2.0 s");
	fails(ETIMEDOUT, "node 2 leads", "leader transfer kv 3", EXIT_UNKNOWN,
	      ": node 2 leads (hears 1 of 3)\n");
	fails(ENOSPC, "", "trim kv 3", EXIT_UNHEALTHY, "to make room (hears 1 of 3)\n");
	fails(EAGAIN, "node 3 has not caught up", "leader transfer kv 3", EXIT_REFUSED,
	      "caught up\n");
	fails(EINVAL, "node 3 is no voter", "leader transfer kv 3", EXIT_REFUSED, "no voter");
	fails(EBUSY, "", "member remove kv 2", EXIT_REFUSED, "another change is under way");
	fails(EPERM, "", "member remove kv 2", EXIT_REFUSED, "");
	fails(EKEYREJECTED, "", "member add kv 2 10.0.0.2:1", EXIT_REFUSED, "");
	fails(ENOENT, "node 9 is no member", "member remove kv 9", EXIT_MISSING, "no member");
	fails(ESTALE, "", "member remove kv 2", EXIT_REFUSED, "another change came first");
	fails(ERANGE, "", "trim kv 5", EXIT_REFUSED, "not chosen and durable");
	fails(ESTALE, "slot 5 is trimmed everywhere; 7 is the oldest", "snapshot-installed kv 5",
	      EXIT_MISSING, "7 is the oldest");
	fails(EIO, "", "trim kv 5", EXIT_UNKNOWN, "outcome unknown");
	fails(ESTALE, "", "propose kv x --client 7 --seq 1", EXIT_UNKNOWN, "outcome unknown");
	fails(EHOSTUNREACH, "", "propose kv x", EXIT_UNHEALTHY, "withdrawn (hears 1 of 3)\n");
	kernel.refuse = -ENOENT;
	fails(0, "", "barrier nope", EXIT_MISSING, "");
	fails(0, "", "member list nope", EXIT_MISSING, "");
	kernel.refuse = -EINVAL;
	fails(0, "", "trim kv 5", EXIT_REFUSED, "");
	kernel.refuse = 0;
}

static void test_catch_up(void)
{
	int code;

	kernel.result = (struct ipc_result) { .slot = 12 };
	kernel.early = 2;
	code = run("member promote kv 4");
	holds(!code && kernel.requests == 3, code, "a node that has not caught up is waited for");
	kernel.early = 1000;
	code = run("member replace kv 2 4 -t 0.3");
	holds(code == EXIT_REFUSED && strstr(printed, "not caught up"), code,
	      "until the timeout: then it is refused");
	kernel.early = 0;
}

/* What a user at a terminal sees of @text, a line, in @printed. */
static int run_at_terminal(const char *text)
{
	size_t length = 0;
	int terminal, status;
	ssize_t got;
	pid_t child;

	fflush(stdout);
	child = forkpty(&terminal, NULL, NULL, NULL);
	if (!child) {
		struct line line;

		line_split(&line, text);
		settings = (struct settings) { 0 };
		exit(command_line(line.count, line.word, false));
	}
	while (length < sizeof(printed) - 1 &&
	       (got = read(terminal, printed + length, sizeof(printed) - 1 - length)) > 0)
		length += got;
	printed[length] = '\0';
	close(terminal);
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

static void test_progress(void)
{
	int code;

	kernel.result = (struct ipc_result) { .slot = 12 };
	kernel.early = 3;
	kernel.status = (struct ipc_status) {
		.node = 1, .chosen = 1000, .peers = 1,
		.peer = { { .node = 4, .health = PAXOS_HEALTH_CATCH_UP, .chosen = 500 } },
	};
	code = run_at_terminal("member promote kv 4");
	holds(!code && strstr(printed, "catching up [###############...............]  50%  "
			      "node 4 is at slot 500, 500 behind"), code,
	      "a terminal shows how far the node has come");
	kernel.status.peer[0].health = PAXOS_HEALTH_UNREACHABLE;
	code = run_at_terminal("member promote kv 4");
	holds(!code && strstr(printed, "waiting for node 4 to answer"), code,
	      "or that it is waited for");
	kernel.early = 0;
}

static void test_status(void)
{
	kernel.status = (struct ipc_status) {
		.node = 4, .role = PAXOS_ROLE_LEARNER, .state = PAXOS_STATE_JOINING,
		.reason = "joining: waits for member add", .first = 80000, .damaged = 3,
		.mode = PAXOS_MODE_BASIC, .learn = PAXOS_LEARN_BROADCAST, .peers = 1,
		.peer = { { .node = 2, .health = PAXOS_HEALTH_FORGOTTEN, .member = true } },
	};
	asks("status kv", "", 0, "mode basic  learn broadcast");
	asks("status kv", "", 0, "first slot 80000");
	asks("status kv", "", 0, "damaged: 3 slots");
	asks("status kv", "", 0, "reason: joining");
	asks("-j status kv", "", 0, "\"role\":\"learner\",\"state\":\"unconfirmed\"");
	asks("-j status kv", "", 0, "\"voter\":false,\"mode\":\"basic\",\"learn\":\"broadcast\"");
	asks("-j status kv", "", 0, "\"first\":80000,\"damaged\":3");
	asks("-j status kv", "", 0, "\"health\":\"forgotten\"");
	asks("leader kv", "", EXIT_UNHEALTHY, "nobody leads");
	asks("wait kv leader", "", EXIT_UNHEALTHY, "nobody leads");
	asks("wait kv voter -t 0.01", "", EXIT_UNKNOWN, "timed out");
	kernel.status.state = PAXOS_STATE_OK;
	asks("wait kv ready", "", 0, "ready");
	asks("wait kv voter -t 0.01", "", EXIT_UNKNOWN, "timed out");
	kernel.status.voter = true;
	asks("wait kv voter", "", 0, "voter");
	kernel.status.state = PAXOS_STATE_REMOVED;
	asks("-j status kv", "", 0, "\"state\":\"removed\"");
	kernel.status.state = PAXOS_STATE_SNAPSHOT_NEEDED;
	asks("-j status kv", "", 0, "\"state\":\"snapshot-needed\"");
}

/* What is said of one state of things: in text, and as JSON. */
static void advises(const char *text)
{
	asks("status kv", "", 0, text);
	asks("-j status kv", "", 0, text);
}

static void test_why(void)
{
	union address at = { .v4 = { .sin_family = AF_INET, .sin_port = htons(7400) } };
	struct ipc_stray *stray = kernel.status.stray;
	struct ipc_stray *refused = &stray[PAXOS_STRAY_REFUSED - 1];

	at.v4.sin_addr.s_addr = htonl(0x0a000003);
	kernel.status = (struct ipc_status) {
		.group = "kv", .node = 1, .role = PAXOS_ROLE_CANDIDATE,
		.state = PAXOS_STATE_NO_QUORUM, .since = true, .state_ms = 12340, .voters = 3,
		.voters_up = 1, .durable = 345, .device = "/dev/vdb", .snapshot = 0, .peers = 3,
		.peer = {
			{ .node = 2, .voter = true, .health = PAXOS_HEALTH_UNREACHABLE },
			{ .node = 3, .voter = true, .health = PAXOS_HEALTH_UNREACHABLE,
			  .address = at, .heard = true, .heard_ms = 12900 },
			{ .node = 4, .health = PAXOS_HEALTH_UNREACHABLE, .address = at },
		},
	};
	asks("status kv", "", 0, "state no-quorum for 12 s");
	asks("-j status kv", "", 0, "\"state_ms\":12340");
	advises("node 2 has no address here: paxosctl peer add kv 2 ADDRESS");
	advises("node 3 at 10.0.0.3:7400 was last heard of 12 s ago");
	asks("-j status kv", "", 0, "let through both ways?\"],\"state_ms\"");
	kernel.status.peer[1].heard = false;
	kernel.status.peer[0].health = PAXOS_HEALTH_FORGOTTEN;
	advises("node 3 at 10.0.0.3:7400 was never heard of");
	advises("paxosctl member replace kv 2 NEW");

	kernel.status.state = PAXOS_STATE_SUSPENDED;
	kernel.status.disk_error = EIO;
	advises("a write to /dev/vdb failed 12 s ago (Input/output error)");
	advises("paxosctl group del kv, and group add");
	asks("-j status kv", "", 0, "\"room\":null,\"error\":\"Input/output error\"}");

	kernel.status.disk_error = 0;
	kernel.status.state = PAXOS_STATE_FORGOTTEN;
	snprintf(kernel.status.replay.lost, sizeof(kernel.status.replay.lost), "a batch is gone");
	advises("what was lost, and where: paxosctl inspect /dev/vdb");
	advises("--node NEW --join --force");
	advises("paxosctl member replace kv 1 NEW");

	kernel.status.state = PAXOS_STATE_SNAPSHOT_NEEDED;
	kernel.status.snapshot = 80000;
	advises("through SLOT, 80000 or later, then: paxosctl snapshot-installed kv SLOT");
	asks("-j status kv", "", 0, "\"snapshot_needed\":80000");
	kernel.status.state = PAXOS_STATE_REMOVED;
	advises("paxosctl group del kv");
	kernel.status.state = PAXOS_STATE_JOINING;
	kernel.status.listen = at;
	advises("on a member: paxosctl member add kv 1 10.0.0.3:7400");

	kernel.status.state = PAXOS_STATE_OK;
	asks("-j status kv", "", 0, "\"advice\":[],");
	kernel.status.room = PAXOS_ROOM_FULL;
	advises("paxosctl trim kv SLOT, with SLOT 345 at most");
	kernel.status.room = PAXOS_ROOM_OK;
	asks("-j status kv", "", 0, "\"strays\":[],");
	for (unsigned int i = 0; i < IPC_STRAY_KINDS; i++)
		stray[i] = (struct ipc_stray) { .count = 7, .ago_ms = 300, .address = at };
	stray[PAXOS_STRAY_NODE - 1].node = 9;
	refused->node = 3;
	refused->refusal = PAXOS_REFUSAL_DISK;
	snprintf(refused->why, sizeof(refused->why), "another disk has that id");
	advises("10.0.0.3:7400, the address of node 3, is of another cluster: is that");
	stray[PAXOS_STRAY_CLUSTER - 1].address.v4.sin_port = htons(7401);
	advises("10.0.0.3:7401 is of another cluster: correct the address");
	advises("10.0.0.3:7400 takes this node 1 for node 9: correct that address there");
	advises("10.0.0.3:7400 claims to be node 3 and is refused, another disk has that id");
	asks("status kv", "", 0,
	     "dropped: 7 datagrams of another cluster, the last from 10.0.0.3:7401, 0.3 s ago");
	asks("-j status kv", "", 0,
	     "{\"kind\":\"refused\",\"count\":7,\"ago_ms\":300,"
	     "\"address\":\"10.0.0.3:7400\",\"node\":3,\"why\":\"another disk has that id\"}");
	refused->refusal = PAXOS_REFUSAL_UNKNOWN;
	refused->node = 5;
	advises("if it is to join, paxosctl member add kv 5 10.0.0.3:7400");
	/* It was added since, and was lost again. */
	kernel.status.peer[2].member = true;
	refused->node = 4;
	asks("-j status kv", "", 0, "correct that address there (paxosctl peer add)\"],");
	refused->node = 3;
	refused->refusal = PAXOS_REFUSAL_REMOVED;
	advises("says it is node 3, which was removed: paxosctl group del kv there");
	refused->refusal = PAXOS_REFUSAL_STALE;
	advises("paxosctl member replace kv 3 NEW");
	/* It was refused, and is a member that is heard by now; and who forges its address? */
	stray[PAXOS_STRAY_CLUSTER - 1].address = at;
	stray[PAXOS_STRAY_NODE - 1].ago_ms = 61000;
	kernel.status.peer[1].health = PAXOS_HEALTH_CATCH_UP;
	asks("-j status kv", "", 0, "\"advice\":[],");
	kernel.status.peer[1].health = PAXOS_HEALTH_UNREACHABLE;
	for (unsigned int i = 0; i < IPC_STRAY_KINDS; i++)
		stray[i].ago_ms = 61000;
	asks("-j status kv", "", 0, "\"advice\":[],");
}

static void test_replay(void)
{
	kernel.status = (struct ipc_status) { .node = 1, .role = PAXOS_ROLE_FOLLOWER };
	asks("-j status kv", "", 0, "\"replay\":null}");
	kernel.status.replay = (struct ipc_replay) {
		.known = true, .batches = 7, .records = 20, .slots = 9, .bytes = 4096 * 7,
		.time_us = 12345,
	};
	asks("status kv", "", 0, "replayed 7 batches, 20 records, 9 slots, 28 KiB in 12 ms\n");
	asks("-j status kv", "", 0,
	     "\"replay\":{\"batches\":7,\"records\":20,\"slots\":9,\"bytes\":28672,"
	     "\"time_us\":12345,\"torn\":null,\"damaged\":0,\"first_damaged\":null,"
	     "\"lost\":null,\"error\":null}");
	kernel.status.replay.torn = 8;
	kernel.status.replay.damaged = 2;
	kernel.status.replay.first_damaged = 5;
	kernel.status.replay.error = EIO;
	snprintf(kernel.status.replay.lost, sizeof(kernel.status.replay.lost), "a batch is gone");
	asks("status kv", "", 0, "found: torn batch 8, dropped");
	asks("status kv", "", 0, "found: values of 2 slots damaged, the first is slot 5");
	asks("status kv", "", 0, "found: a batch is gone");
	asks("-j status kv", "", 0,
	     "\"torn\":8,\"damaged\":2,\"first_damaged\":5,\"lost\":\"a batch is gone\","
	     "\"error\":\"Input/output error\"");
}

static void test_help(void)
{
	int code = run("--help");
	bool all = true;

	for (size_t i = 0; i < COMMANDS; i++)
		all = all && strstr(printed, commands[i].name) &&
		      strstr(printed, commands[i].description);
	holds(!code && all, code, "--help names every command");
	for (size_t i = 0; i < COMMANDS; i++) {
		char line[64];

		snprintf(line, sizeof(line), "%s --help", commands[i].name);
		code = run(line);
		all = all && !code && strstr(printed, commands[i].usage);
	}
	holds(all, code, "COMMAND --help says what each takes");
}

int main(void)
{
	test_wrong_lines();
	test_right_lines();
	test_failures();
	test_catch_up();
	test_progress();
	test_status();
	test_why();
	test_replay();
	test_help();
	return tap_done();
}
