// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that the kernel queues, against a kernel that is a thread at the other
 * end of a socket pair: it answers before it acknowledges, in the middle of another
 * exchange, when it is asked again, or never.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/genl/genl.h>

#include "ipc_wire.h"
#include "tap.h"

#define FAMILY 42

enum when {
	AFTER_ACK,
	BEFORE_ACK,
	WITHIN_STATUS,
	ON_REQUEST,
	NEVER,
};

/* The kernel's side. */
struct fake {
	int fd;
	enum when when;
	int refuse;		/* the request is refused like this */
	int error;		/* of the result */

	uint32_t sequence;	/* of the queued request */
	uint8_t command;
	uint8_t op;
	uint16_t node;
	uint16_t other;
	uint64_t slot;
	uint32_t timeout_ms;
	bool address;
	bool force;
};

static void fake_send(struct fake *fake, struct nl_msg *message)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	if (send(fake->fd, header, header->nlmsg_len, MSG_NOSIGNAL) < 0)
		perror("send");
	nlmsg_free(message);
}

static void fake_acknowledge(struct fake *fake, const struct nlmsghdr *request, int error)
{
	struct nl_msg *message = nlmsg_alloc_size(4096);
	struct nlmsghdr *header = nlmsg_put(message, 0, request->nlmsg_seq, NLMSG_ERROR,
					    sizeof(struct nlmsgerr), NLM_F_CAPPED | NLM_F_ACK_TLVS);
	struct nlmsgerr *body = nlmsg_data(header);

	body->error = error;
	body->msg = *request;
	if (error)
		nla_put_string(message, NLMSGERR_ATTR_MSG, "the fake kernel refuses this");
	fake_send(fake, message);
}

static void fake_answer(struct fake *fake)
{
	struct nl_msg *message = nlmsg_alloc_size(4096);
	struct nlattr *nest;

	genlmsg_put(message, 0, fake->sequence, FAMILY, 0, 0, fake->command, 1);
	nla_put_string(message, PAXOS_A_GROUP, "kv");
	nest = nla_nest_start(message, PAXOS_A_RESULT);
	nla_put_u32(message, PAXOS_RESULT_A_ERROR, fake->error);
	if (fake->error)
		nla_put_string(message, PAXOS_RESULT_A_MESSAGE, "what to do");
	else
		nla_put_u64(message, PAXOS_RESULT_A_SLOT, 90413);
	nla_nest_end(message, nest);
	fake_send(fake, message);
}

static void put_stray(struct nl_msg *message, uint8_t kind)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7400) };
	struct nlattr *nest = nla_nest_start(message, PAXOS_STATUS_A_STRAY);

	nla_put_u8(message, PAXOS_STRAY_A_KIND, kind);
	nla_put_u64(message, PAXOS_STRAY_A_COUNT, 12);
	nla_put_u64(message, PAXOS_STRAY_A_AGO_MS, 300);
	nla_put(message, PAXOS_STRAY_A_ADDRESS, sizeof(address), &address);
	nla_put_u16(message, PAXOS_STRAY_A_NODE, 3);
	nla_put_string(message, PAXOS_STRAY_A_WHY, "another disk has that id");
	nla_nest_end(message, nest);
}

/* Is that what fake_status() has told? */
static bool is_told(const struct ipc_status *status)
{
	const struct ipc_stray *stray = &status->stray[PAXOS_STRAY_REFUSED - 1];

	return status->node == 7 && status->damaged == 2 && status->since &&
	       status->state_ms == 1500 && status->room == PAXOS_ROOM_LOW &&
	       status->disk_error == EIO && status->snapshot == 80000 &&
	       !status->stray[PAXOS_STRAY_CLUSTER - 1].count && stray->count == 12 &&
	       stray->ago_ms == 300 && stray->address.family == AF_INET && stray->node == 3 &&
	       !strcmp(stray->why, "another disk has that id");
}

static void fake_status(struct fake *fake, const struct nlmsghdr *request)
{
	struct nl_msg *message = nlmsg_alloc_size(4096);
	struct nlattr *nest;

	genlmsg_put(message, 0, request->nlmsg_seq, FAMILY, 0, 0, PAXOS_CMD_STATUS, 1);
	nla_put_string(message, PAXOS_A_GROUP, "kv");
	nest = nla_nest_start(message, PAXOS_A_STATUS);
	nla_put_u16(message, PAXOS_STATUS_A_NODE, 7);
	nla_put_u64(message, PAXOS_STATUS_A_DAMAGED, 2);
	nla_put_u64(message, PAXOS_STATUS_A_STATE_MS, 1500);
	nla_put_u8(message, PAXOS_STATUS_A_ROOM, PAXOS_ROOM_LOW);
	nla_put_u32(message, PAXOS_STATUS_A_DISK_ERROR, EIO);
	nla_put_u64(message, PAXOS_STATUS_A_SNAPSHOT, 80000);
	/* One that this tool knows, and one of a later module. */
	put_stray(message, PAXOS_STRAY_REFUSED);
	put_stray(message, IPC_STRAY_KINDS + 1);
	nla_nest_end(message, nest);
	fake_send(fake, message);
	fake_acknowledge(fake, request, 0);
}

static void fake_take(struct fake *fake, struct nlmsghdr *request, uint8_t command)
{
	struct nlattr *attr[PAXOS_A_MAX + 1];

	nlmsg_parse(request, GENL_HDRLEN, attr, PAXOS_A_MAX, NULL);
	fake->sequence = request->nlmsg_seq;
	fake->command = command;
	fake->op = ipc_u8(attr[PAXOS_A_MEMBER_OP]);
	fake->node = ipc_u16(attr[PAXOS_A_NODE]);
	fake->other = ipc_u16(attr[PAXOS_A_OTHER]);
	fake->slot = ipc_u64(attr[PAXOS_A_SLOT]);
	fake->address = attr[PAXOS_A_ADDRESS];
	fake->force = attr[PAXOS_A_FORCE];
	fake->timeout_ms = ipc_u32(attr[PAXOS_A_TIMEOUT_MS]);
}

static void fake_request(struct fake *fake, struct nlmsghdr *request)
{
	struct genlmsghdr *genl = nlmsg_data(request);

	if (genl->cmd == PAXOS_CMD_RESULTS) {
		if (fake->when == ON_REQUEST)
			fake_answer(fake);
		return;
	}
	if (genl->cmd == PAXOS_CMD_STATUS) {
		if (fake->when == WITHIN_STATUS)
			fake_answer(fake);
		fake_status(fake, request);
		return;
	}
	fake_take(fake, request, genl->cmd);
	if (fake->when == BEFORE_ACK)
		fake_answer(fake);
	fake_acknowledge(fake, request, -fake->refuse);
	if (!fake->refuse && fake->when == AFTER_ACK)
		fake_answer(fake);
}

static void *fake_run(void *context)
{
	struct fake *fake = context;
	char *buffer = malloc(1 << 16);

	while (recv(fake->fd, buffer, 1 << 16, 0) > 0)
		fake_request(fake, (struct nlmsghdr *)buffer);
	free(buffer);
	return NULL;
}

/* A connection to @fake, until close_fake(). */
static struct ipc ipc;
static pthread_t thread;

static void open_fake(struct fake *fake)
{
	int end[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end))
		exit(1);
	ipc = (struct ipc) { .family = FAMILY, .buffer = malloc(IPC_BUFFER_BYTES), .fd = end[0] };
	fake->fd = end[1];
	pthread_create(&thread, NULL, fake_run, fake);
}

static void close_fake(struct fake *fake)
{
	close(ipc.fd);
	pthread_join(thread, NULL);
	close(fake->fd);
	free(ipc.buffer);
}

/* A barrier that @fake answers; what ipc_await() returned. */
static int barrier(struct fake *fake, struct ipc_result *result, int timeout_ms)
{
	struct ipc_status status;
	int error;

	open_fake(fake);
	error = ipc_barrier(&ipc, "kv", 1234);
	if (!error && fake->when == WITHIN_STATUS) {
		error = ipc_status(&ipc, "kv", &status);
		if (!is_told(&status))
			error = -EPROTO;
	}
	if (!error)
		error = ipc_await(&ipc, result, timeout_ms);
	close_fake(fake);
	return error;
}

static void test_answers(void)
{
	static const struct {
		enum when when;
		const char *name;
	} good[] = {
		{ AFTER_ACK, "an answer after the acknowledgment is taken" },
		{ BEFORE_ACK, "one before it too" },
		{ WITHIN_STATUS, "and one in the middle of another exchange" },
		{ ON_REQUEST, "one that was kept is asked for" },
	};
	struct ipc_result result;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct fake fake = { .when = good[i].when };

		tap_ok(!barrier(&fake, &result, 10000) && !result.error && result.slot == 90413 &&
		       fake.timeout_ms == 1234, good[i].name);
	}
}

static void test_failures(void)
{
	struct fake refused = { .refuse = ENOENT }, silent = { .when = NEVER };
	struct fake failed = { .error = EHOSTUNREACH };
	struct ipc_result result;

	tap_ok(barrier(&refused, &result, 10000) == -ENOENT &&
	       !strcmp(ipc_error_text(&ipc, -ENOENT), "the fake kernel refuses this"),
	       "a request that is refused says why");
	tap_ok(barrier(&silent, &result, 50) == -ETIMEDOUT, "silence ends after the timeout");
	tap_ok(!barrier(&failed, &result, 10000) && result.error == EHOSTUNREACH &&
	       !strcmp(result.message, "what to do"), "a failure comes with its message");
}

/* An answer that is late belongs to nobody. */
static void test_late(void)
{
	struct fake fake = { .when = NEVER };
	struct ipc_result result;
	int first, second;

	open_fake(&fake);
	first = ipc_barrier(&ipc, "kv", 1000) ?: ipc_await(&ipc, &result, 50);
	fake_answer(&fake);
	second = ipc_trim(&ipc, "kv", 5, 1000) ?: ipc_await(&ipc, &result, 50);
	close_fake(&fake);
	tap_ok(first == -ETIMEDOUT && second == -ETIMEDOUT,
	       "an answer that is late is not taken for the next one's");
}

static void test_requests(void)
{
	struct ipc_member_change change = {
		.group = "kv", .op = PAXOS_MEMBER_REPLACE, .node = 2, .other = 4, .force = true,
		.timeout_ms = 777,
	};
	struct ipc_result result;
	struct fake fake = { 0 };

	open_fake(&fake);
	ipc_member_change(&ipc, &change);
	tap_ok(fake.command == PAXOS_CMD_MEMBER_CHANGE && fake.op == PAXOS_MEMBER_REPLACE &&
	       fake.node == 2 && fake.other == 4 && fake.force && !fake.address &&
	       fake.timeout_ms == 777, "member replace says all it must");
	ipc_await(&ipc, &result, 10000);
	change = (struct ipc_member_change) { .group = "kv", .op = PAXOS_MEMBER_ADD, .node = 4 };
	address_parse("10.0.0.4:7400", &change.address);
	ipc_member_change(&ipc, &change);
	tap_ok(fake.op == PAXOS_MEMBER_ADD && fake.node == 4 && !fake.other && !fake.force &&
	       fake.address, "member add says nothing it need not");
	ipc_await(&ipc, &result, 10000);
	ipc_leader_transfer(&ipc, "kv", 3, 888);
	tap_ok(fake.command == PAXOS_CMD_LEADER_TRANSFER && fake.node == 3 &&
	       fake.timeout_ms == 888, "leader transfer names the node");
	ipc_await(&ipc, &result, 10000);
	ipc_trim(&ipc, "kv", 80000, 999);
	tap_ok(fake.command == PAXOS_CMD_TRIM && fake.slot == 80000 && fake.timeout_ms == 999,
	       "trim names the slot");
	ipc_await(&ipc, &result, 10000);
	ipc_snapshot_installed(&ipc, "kv", 81000, 999);
	tap_ok(fake.command == PAXOS_CMD_SNAPSHOT_INSTALLED && fake.slot == 81000,
	       "so does snapshot-installed");
	close_fake(&fake);
}

int main(void)
{
	test_answers();
	test_failures();
	test_late();
	test_requests();
	return tap_done();
}
