// SPDX-License-Identifier: GPL-2.0
/*
 * A client of the netlink family that knows nothing but include/uapi/linux/paxos.h:
 * no library but raw.c, and nothing of paxosctl's.  What the header promises is tried with it.
 *
 *	rawclient propose GROUP VALUE...	in one request; "COOKIE SLOT" for each
 *	rawclient learn GROUP [FROM]		"SLOT VALUE" for each value
 *	rawclient events COUNT			"GROUP SEQUENCE TYPE NODE" for each event
 *	rawclient learned COUNT			"GROUP SLOT" for each
 *	rawclient strict GROUP			what is malformed is refused: "ERRNO MESSAGE"
 *	rawclient as GID ...			any of these, by a socket that was opened
 *						before this process went over to that group
 *
 * Exit 1, with the kernel's error and message on standard error, if it refuses.
 */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/paxos.h>

#include "raw.h"

static void print_result(uint64_t cookie, uint64_t slot, void *context)
{
	(void)context;
	printf("%llu %llu\n", (unsigned long long)cookie, (unsigned long long)slot);
}

static int propose(int count, char **word)
{
	struct raw_results results = {
		.unanswered = count - 1,
		.acknowledged_first = true,
		.take = print_result,
	};

	raw_begin(raw_family, NLM_F_ACK, PAXOS_CMD_PROPOSE, PAXOS_GENL_VERSION);
	raw_put_string(PAXOS_A_GROUP, word[0]);
	for (int i = 1; i < count; i++)
		raw_put_proposal(word[i], i, 0);
	raw_send();
	raw_await_results(&results);
	return 0;
}

static bool take_entry(const struct nlmsghdr *header, void *context)
{
	bool *headed = context;
	const struct nlattr *entry, *value;
	char text[RAW_TEXT_MAX];
	int error;

	if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
		error = raw_error(header, text);
		if (error)
			raw_refused(error, text);
		return true;
	}
	entry = raw_top(header, PAXOS_A_ENTRY);
	if (!entry && *headed)
		raw_refused(EPROTO, "a second message without an entry");
	*headed = true;
	if (raw_number(raw_inside(entry, PAXOS_ENTRY_A_TYPE)) != PAXOS_ENTRY_VALUE)
		return false;
	value = raw_inside(entry, PAXOS_ENTRY_A_VALUE);
	printf("%llu %.*s\n", (unsigned long long)raw_number(raw_inside(entry, PAXOS_ENTRY_A_SLOT)),
	       value ? (int)raw_size(value) : 0, value ? (const char *)raw_data(value) : "");
	return false;
}

static int learn(int count, char **word)
{
	bool headed = false;

	raw_begin(raw_family, NLM_F_DUMP, PAXOS_CMD_LEARN, PAXOS_GENL_VERSION);
	raw_put_string(PAXOS_A_GROUP, word[0]);
	if (count > 1)
		raw_put_u64(PAXOS_A_SLOT, strtoull(word[1], NULL, 10));
	raw_send();
	while (!raw_receive(take_entry, &headed))
		;
	return 0;
}

static void join(const char *name)
{
	uint32_t group = raw_resolve(name);

	if (setsockopt(raw_fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		raw_refused(errno, "cannot join the multicast group");
	/* Who waits for this line knows that nothing is missed from here on. */
	puts("joined");
	fflush(stdout);
}

static bool take_event(const struct nlmsghdr *header, void *context)
{
	const struct nlattr *event = raw_top(header, PAXOS_A_EVENT);
	unsigned long *left = context;
	char name[RAW_TEXT_MAX];

	printf("%s %llu %llu %llu\n", raw_string(raw_top(header, PAXOS_A_GROUP), name),
	       (unsigned long long)raw_number(raw_inside(event, PAXOS_EVENT_A_SEQUENCE)),
	       (unsigned long long)raw_number(raw_inside(event, PAXOS_EVENT_A_TYPE)),
	       (unsigned long long)raw_number(raw_inside(event, PAXOS_EVENT_A_NODE)));
	fflush(stdout);
	return !--*left;
}

static int events(int count, char **word)
{
	unsigned long left = strtoul(word[0], NULL, 10);

	(void)count;
	join(PAXOS_MCGRP_EVENTS_NAME);
	while (!raw_receive(take_event, &left))
		;
	return 0;
}

static bool take_learned(const struct nlmsghdr *header, void *context)
{
	unsigned long *left = context;
	char name[RAW_TEXT_MAX];

	printf("%s %llu\n", raw_string(raw_top(header, PAXOS_A_GROUP), name),
	       (unsigned long long)raw_number(raw_top(header, PAXOS_A_SLOT)));
	fflush(stdout);
	return !--*left;
}

static int learned(int count, char **word)
{
	unsigned long left = strtoul(word[0], NULL, 10);

	(void)count;
	join(PAXOS_MCGRP_LEARNED_NAME);
	while (!raw_receive(take_learned, &left))
		;
	return 0;
}

static bool take_refusal(const struct nlmsghdr *header, void *context)
{
	char text[RAW_TEXT_MAX];
	int error;

	(void)context;
	if (header->nlmsg_type != NLMSG_ERROR && header->nlmsg_type != NLMSG_DONE)
		return false;
	error = raw_error(header, text);
	printf("%s %s\n", error ? strerrorname_np(error) : "accepted", text);
	return true;
}

static void try(const char *what)
{
	printf("%s: ", what);
	raw_send();
	while (!raw_receive(take_refusal, NULL))
		;
}

static int strict(int count, char **word)
{
	struct nlattr *nest;

	(void)count;
	raw_begin(raw_family, NLM_F_ACK, PAXOS_CMD_TRIM, PAXOS_GENL_VERSION);
	raw_put_string(PAXOS_A_GROUP, word[0]);
	raw_put(PAXOS_A_SLOT, "\1\0\0", 4);
	try("a slot of 4 bytes");

	raw_begin(raw_family, NLM_F_ACK, PAXOS_CMD_BARRIER, PAXOS_GENL_VERSION);
	raw_put_string(PAXOS_A_GROUP, word[0]);
	raw_put(PAXOS_A_MAX + 1, NULL, 0);
	try("an attribute that nobody knows");

	raw_begin(raw_family, NLM_F_ACK, PAXOS_CMD_PROPOSE, PAXOS_GENL_VERSION);
	raw_put_string(PAXOS_A_GROUP, word[0]);
	nest = raw_put(PAXOS_A_PROPOSAL, NULL, 0);
	raw_put(PAXOS_PROPOSAL_A_VALUE, "x", 1);
	raw_end_nest(nest);
	try("a nest without its flag");

	raw_begin(raw_family, NLM_F_DUMP, PAXOS_CMD_STATS, PAXOS_GENL_VERSION);
	raw_put(PAXOS_A_RESET, NULL, 0);
	try("a dump that resets");
	return 0;
}

#define UNREAD	20	/* answers of stats, more than fit the least receive buffer */

static void ask_stats(const char *group, bool reset)
{
	raw_begin(raw_family, 0, PAXOS_CMD_STATS, PAXOS_GENL_VERSION);
	raw_put_string(PAXOS_A_GROUP, group);
	if (reset)
		raw_put(PAXOS_A_RESET, NULL, 0);
	raw_send();
}

static bool take_stats(const struct nlmsghdr *header, void *context)
{
	int *answers = context;

	*answers += header->nlmsg_type == raw_family;
	return false;
}

/* A reset whose answer does not fit: the buffer is full of others that nobody has read. */
static int unread(int count, char **word)
{
	struct pollfd poller = { .fd = raw_fd, .events = POLLIN };
	int least = 1, on = 1, answers = 0;

	(void)count;
	if (setsockopt(raw_fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)) ||
	    setsockopt(raw_fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)))
		raw_die("setsockopt");
	for (int i = 0; i < UNREAD; i++)
		ask_stats(word[0], false);
	ask_stats(word[0], true);
	while (poll(&poller, 1, 0) > 0)
		raw_receive(take_stats, &answers);
	printf("%s\n", answers < UNREAD ? "the last was lost" : "none was lost");
	return 0;
}

static const struct {
	const char *name;
	int least;
	int (*run)(int count, char **word);
} commands[] = {
	{ "propose", 2, propose },
	{ "learn", 1, learn },
	{ "events", 1, events },
	{ "learned", 1, learned },
	{ "strict", 1, strict },
	{ "unread", 1, unread },
};

/* As one that got the socket from somebody else. */
static void become(const char *text)
{
	gid_t gid = strtoul(text, NULL, 10);

	if (setgroups(0, NULL) || setresgid(gid, gid, gid))
		raw_die("setresgid");
}

int main(int argc, char **argv)
{
	raw_open();
	if (argc > 3 && !strcmp(argv[1], "as")) {
		become(argv[2]);
		argc -= 2;
		argv += 2;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) || argc - 2 < commands[i].least)
			continue;
		raw_resolve(NULL);
		return commands[i].run(argc - 2, argv + 2);
	}
	fputs("usage: rawclient [as GID] propose|learn|events|learned|strict|unread ...\n", stderr);
	return 2;
}
