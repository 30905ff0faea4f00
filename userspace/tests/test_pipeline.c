// SPDX-License-Identifier: GPL-2.0
/*
 * The window of proposals, against a kernel that is a thread at the other end
 * of a socket pair: it answers in the wrong order, late, twice, or not until it
 * is asked again.
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
#include "output.h"
#include "pipeline.h"
#include "tap.h"

#define FAMILY 42
#define VALUES 1000
#define BATCH_MAX 2048

/* The kernel's side. */
struct fake {
	int fd;
	bool backwards;		/* answer the newest first, and each twice */
	bool on_request;	/* answer only when RESULTS is asked */
	uint64_t fail_at;	/* this proposal, counted from 1 ... */
	int error;		/* ... fails like this */
	int refuse;		/* each request is refused like this */

	uint64_t seen;
	unsigned int held;	/* proposals not answered yet */
	unsigned int most;	/* at one time */
	uint64_t cookie[BATCH_MAX];
	uint64_t number[BATCH_MAX];
	size_t longest;
	bool in_order;		/* values came as v1, v2, v3, ... */
};

/* What the tool saw. */
struct seen {
	uint64_t done;
	uint64_t failed;
	bool in_order;
	bool slots_right;
	struct flight failure;
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

static void fake_result(struct fake *fake, struct nl_msg *message, unsigned int i)
{
	bool fails = fake->number[i] == fake->fail_at;
	struct nlattr *nest = nla_nest_start(message, PAXOS_A_RESULT);

	nla_put_u64(message, PAXOS_RESULT_A_COOKIE, fake->cookie[i]);
	nla_put_u32(message, PAXOS_RESULT_A_ERROR, fails ? fake->error : 0);
	if (!fails) {
		nla_put_u64(message, PAXOS_RESULT_A_SLOT, 100 + fake->number[i]);
		nla_put_u64(message, PAXOS_RESULT_A_BALLOT, 7 << 16 | 3);
	}
	nla_nest_end(message, nest);
}

static void fake_answer(struct fake *fake, uint32_t sequence)
{
	struct nl_msg *message = nlmsg_alloc_size(1 << 18);

	genlmsg_put(message, 0, sequence, FAMILY, 0, 0, PAXOS_CMD_PROPOSE, 1);
	nla_put_string(message, PAXOS_A_GROUP, "kv");
	for (unsigned int i = 0; i < fake->held; i++) {
		unsigned int which = fake->backwards ? fake->held - 1 - i : i;

		fake_result(fake, message, which);
		if (fake->backwards)
			fake_result(fake, message, which);
	}
	fake->held = 0;
	fake_send(fake, message);
}

static void fake_take(struct fake *fake, struct nlattr *proposal)
{
	struct nlattr *attr[PAXOS_PROPOSAL_A_MAX + 1], *value;
	char expected[32];

	nla_parse_nested(attr, PAXOS_PROPOSAL_A_MAX, proposal, NULL);
	value = attr[PAXOS_PROPOSAL_A_VALUE];
	fake->number[fake->held] = ++fake->seen;
	fake->cookie[fake->held++] = nla_get_u64(attr[PAXOS_PROPOSAL_A_COOKIE]);
	snprintf(expected, sizeof(expected), "v%llu", (unsigned long long)fake->seen);
	if ((size_t)nla_len(value) != strlen(expected) ||
	    memcmp(nla_data(value), expected, strlen(expected)))
		fake->in_order = false;
	if ((size_t)nla_len(value) > fake->longest)
		fake->longest = nla_len(value);
	if (fake->held > fake->most)
		fake->most = fake->held;
}

static void fake_request(struct fake *fake, struct nlmsghdr *request)
{
	struct genlmsghdr *genl = nlmsg_data(request);
	struct nlattr *attr;
	int left;

	if (genl->cmd == PAXOS_CMD_RESULTS) {
		fake_answer(fake, request->nlmsg_seq);
		return;
	}
	nlmsg_for_each_attr(attr, request, GENL_HDRLEN, left)
		if (nla_type(attr) == PAXOS_A_PROPOSAL)
			fake_take(fake, attr);
	fake_acknowledge(fake, request, -fake->refuse);
	if (!fake->refuse && !fake->on_request)
		fake_answer(fake, request->nlmsg_seq);
}

static void *fake_run(void *context)
{
	struct fake *fake = context;
	char *buffer = malloc(1 << 19);

	while (recv(fake->fd, buffer, 1 << 19, 0) > 0)
		fake_request(fake, (struct nlmsghdr *)buffer);
	free(buffer);
	return NULL;
}

static void on_done(void *context, const struct flight *flight)
{
	struct seen *seen = context;

	seen->done++;
	if (flight->number != seen->done)
		seen->in_order = false;
	if (flight->error) {
		if (!seen->failed)
			seen->failure = *flight;
		seen->failed = seen->failed ? seen->failed : flight->number;
	} else if (flight->slot != 100 + flight->number || flight->ballot != (7 << 16 | 3)) {
		seen->slots_right = false;
	}
}

static struct pipeline pipeline;

static int run(struct fake *fake, struct seen *seen, struct input *input)
{
	struct ipc ipc = { .family = FAMILY, .buffer = malloc(IPC_BUFFER_BYTES) };
	int end[2], size = 1 << 20, error;
	pthread_t thread;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end))
		return -errno;
	setsockopt(end[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(end[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	ipc.fd = end[0];
	fake->fd = end[1];
	fake->in_order = true;
	*seen = (struct seen) { .in_order = true, .slots_right = true };
	pipeline = (struct pipeline) {
		.ipc = &ipc,
		.group = "kv",
		.input = input,
		.timeout_ms = 60000,
		.context = seen,
		.done = on_done,
	};
	pthread_create(&thread, NULL, fake_run, fake);
	error = pipeline_run(&pipeline);
	close(end[0]);
	pthread_join(thread, NULL);
	close(end[1]);
	free(ipc.buffer);
	nlmsg_free(ipc.proposals);
	input_free(input);
	return error;
}

/* Lines v1 .. v@count, but for an empty one, from a temporary file. */
static void make_lines(struct input *input, unsigned int count, unsigned int empty_line)
{
	FILE *file = tmpfile();
	int fd = dup(fileno(file));

	for (unsigned int i = 1; i <= count; i++) {
		if (i == empty_line)
			fputc('\n', file);
		else
			fprintf(file, "v%u\n", i);
	}
	fclose(file);
	lseek(fd, 0, SEEK_SET);
	input_file(input, fd, true);
}

static void test_many(void)
{
	struct fake fake = { .backwards = true };
	struct input input;
	struct seen seen;
	int error;

	make_lines(&input, VALUES, 0);
	error = run(&fake, &seen, &input);
	tap_ok(!error && seen.done == VALUES && !seen.failed, "all values are chosen");
	tap_ok(fake.in_order, "they reach the kernel in the order of the input");
	tap_ok(seen.in_order && seen.slots_right,
	       "results come in that order, though answered backwards and twice");
	tap_ok(fake.most == PAXOS_INFLIGHT_MAX, "the window is used, and no more than that");
}

static void test_kept_answers(void)
{
	struct fake fake = { .on_request = true };
	struct input input;
	struct seen seen;
	int error;

	make_lines(&input, 3, 0);
	error = run(&fake, &seen, &input);
	tap_ok(!error && seen.done == 3 && !seen.failed, "answers that were kept are asked for");
}

static void test_failure(void)
{
	struct fake fake = { .fail_at = 500, .error = EHOSTUNREACH };
	struct input input;
	struct seen seen;
	int error;

	make_lines(&input, VALUES, 0);
	error = run(&fake, &seen, &input);
	tap_ok(!error && seen.failed == 500 && seen.failure.error == EHOSTUNREACH &&
	       !seen.failure.refused, "the first value not chosen is known");
	tap_ok(seen.done == fake.seen && fake.seen < VALUES,
	       "nothing more is sent then, and what was sent is awaited");
}

static void test_refusal(void)
{
	struct fake fake = { .refuse = ENOENT };
	struct input input;
	struct seen seen;
	int error;

	make_lines(&input, 3, 0);
	error = run(&fake, &seen, &input);
	tap_ok(!error && seen.failed == 1 && seen.failure.refused && seen.failure.error == ENOENT,
	       "a refused request fails its first value");
	tap_ok(!strcmp(pipeline.refusal, "the fake kernel refuses this"),
	       "with the kernel's own message");
}

static void test_sizes(void)
{
	char *word[1] = { calloc(1, 70001) };
	struct fake fake = { .refuse = EMSGSIZE }, untouched = { 0 }, empty = { 0 };
	struct input input;
	struct seen seen;

	memset(word[0], 'x', 40000);
	input_words(&input, word, 1);
	run(&fake, &seen, &input);
	tap_ok(seen.failed == 1 && fake.longest == 40000, "the kernel judges what it can be sent");

	memset(word[0], 'x', 70000);
	input_words(&input, word, 1);
	run(&untouched, &seen, &input);
	tap_ok(seen.failed == 1 && seen.failure.refused && !untouched.seen &&
	       !strcmp(pipeline.refusal, "value is 70000 bytes; at most 32768 are allowed"),
	       "the tool refuses what it cannot send");

	make_lines(&input, 5, 3);
	run(&empty, &seen, &input);
	tap_ok(seen.failed == 3 && seen.done == 3 && empty.seen == 2,
	       "an empty line stops it, and those before it are chosen");
	free(word[0]);
}

int main(void)
{
	test_many();
	test_kept_answers();
	test_failure();
	test_refusal();
	test_sizes();
	return tap_done();
}
