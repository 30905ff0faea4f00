// SPDX-License-Identifier: GPL-2.0
/*
 * A client of the netlink family that knows nothing but include/uapi/linux/paxos.h:
 * no library, and nothing of paxosctl's.  What the header promises is tried with it.
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
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/paxos.h>

#define REQUEST_MAX 65536
#define RECEIVE_MAX 65536	/* the header: takes each datagram of every dump */
#define TEXT_MAX 256

static int fd;
static uint16_t family;

/* A request that grows. */
static struct request {
	struct nlmsghdr header;
	struct genlmsghdr command;
	unsigned char attributes[REQUEST_MAX];
} request;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void begin(uint16_t type, uint16_t flags, uint8_t command, uint8_t version)
{
	static uint32_t sequence;

	request.header = (struct nlmsghdr) {
		.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | flags,
		.nlmsg_seq = ++sequence,
	};
	request.command = (struct genlmsghdr) { .cmd = command, .version = version };
}

static struct nlattr *put(uint16_t type, const void *data, size_t length)
{
	struct nlattr *attr = (struct nlattr *)((char *)&request + request.header.nlmsg_len);
	size_t size = NLA_ALIGN(NLA_HDRLEN + length);

	if (request.header.nlmsg_len + size > sizeof(request)) {
		fputs("request is too long\n", stderr);
		exit(1);
	}
	memset(attr, 0, size);
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + length;
	if (length)
		memcpy((char *)attr + NLA_HDRLEN, data, length);
	request.header.nlmsg_len += size;
	return attr;
}

static void put_string(uint16_t type, const char *text)
{
	put(type, text, strlen(text) + 1);
}

static void put_u64(uint16_t type, uint64_t value)
{
	put(type, &value, sizeof(value));
}

static void end_nest(struct nlattr *nest)
{
	nest->nla_len = (char *)&request + request.header.nlmsg_len - (char *)nest;
}

static void send_request(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(fd, &request, request.header.nlmsg_len, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		die("sendto");
}

/* Attribute @type among those at @from, or NULL. */
static const struct nlattr *find(const void *from, size_t length, uint16_t type)
{
	const char *at = from;

	while (length >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		size_t step = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > length)
			break;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		if (step >= length)
			break;
		at += step;
		length -= step;
	}
	return NULL;
}

static const void *data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static size_t size(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

static const struct nlattr *inside(const struct nlattr *nest, uint16_t type)
{
	return nest ? find(data(nest), size(nest), type) : NULL;
}

/* A number of any width; 0 if it is absent. */
static uint64_t number(const struct nlattr *attr)
{
	uint64_t value = 0;
	uint32_t value32;
	uint16_t value16;

	if (!attr)
		return 0;
	switch (size(attr)) {
	case 1:
		return *(const uint8_t *)data(attr);
	case 2:
		memcpy(&value16, data(attr), sizeof(value16));
		return value16;
	case 4:
		memcpy(&value32, data(attr), sizeof(value32));
		return value32;
	case 8:
		memcpy(&value, data(attr), sizeof(value));
		return value;
	}
	return 0;
}

static const char *string(const struct nlattr *attr, char text[TEXT_MAX])
{
	size_t length = attr ? size(attr) : 0;

	if (length > TEXT_MAX - 1)
		length = TEXT_MAX - 1;
	if (length)
		memcpy(text, data(attr), length);
	text[length] = '\0';
	return text;
}

static const void *attributes(const struct nlmsghdr *header, size_t *length)
{
	*length = header->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return (const char *)NLMSG_DATA(header) + GENL_HDRLEN;
}

static const struct nlattr *top(const struct nlmsghdr *header, uint16_t type)
{
	size_t length;
	const void *from = attributes(header, &length);

	return find(from, length, type);
}

/* The error of an NLMSG_ERROR or NLMSG_DONE, and the kernel's message. */
static int error_of(const struct nlmsghdr *header, char text[TEXT_MAX])
{
	size_t skip = header->nlmsg_type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int);
	const char *payload = NLMSG_DATA(header);
	size_t length = header->nlmsg_len - NLMSG_HDRLEN;
	int error = 0;

	text[0] = '\0';
	if (length >= sizeof(error))
		memcpy(&error, payload, sizeof(error));
	/* NETLINK_CAP_ACK is set: of the request, its header alone is sent back. */
	if (header->nlmsg_flags & NLM_F_ACK_TLVS && length > skip)
		string(find(payload + skip, length - skip, NLMSGERR_ATTR_MSG), text);
	return -error;
}

/* Read one datagram, and give each message of it to @take until that says true. */
static bool receive(bool (*take)(const struct nlmsghdr *header, void *context), void *context)
{
	static char buffer[RECEIVE_MAX] __attribute__((aligned(8)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	ssize_t got = recv(fd, buffer, sizeof(buffer), MSG_TRUNC);
	int left = got;

	if (got < 0)
		die("recv");
	if ((size_t)got > sizeof(buffer)) {
		fputs("a datagram is larger than the header says\n", stderr);
		exit(1);
	}
	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left))
		if (take(header, context))
			return true;
	return false;
}

static void refused(int error, const char *text)
{
	fprintf(stderr, "%s: %s\n", strerrorname_np(error), text);
	exit(1);
}

/* What the controller says of the family: its id, and the number of a multicast group. */
struct resolved {
	const char *group;
	uint32_t number;
};

static void take_group(const struct nlattr *groups, struct resolved *resolved)
{
	const struct nlattr *group;
	char name[TEXT_MAX];

	/* Entries are numbered from 1. */
	for (uint16_t i = 1; (group = inside(groups, i)); i++)
		if (!strcmp(string(inside(group, CTRL_ATTR_MCAST_GRP_NAME), name), resolved->group))
			resolved->number = number(inside(group, CTRL_ATTR_MCAST_GRP_ID));
}

static bool take_family(const struct nlmsghdr *header, void *context)
{
	struct resolved *resolved = context;
	char text[TEXT_MAX];

	if (header->nlmsg_type == NLMSG_ERROR)
		refused(error_of(header, text), "no such family: is the module loaded?");
	family = number(top(header, CTRL_ATTR_FAMILY_ID));
	if (resolved->group)
		take_group(top(header, CTRL_ATTR_MCAST_GROUPS), resolved);
	return true;
}

static uint32_t resolve(const char *group)
{
	struct resolved resolved = { .group = group };

	begin(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);
	put_string(CTRL_ATTR_FAMILY_NAME, PAXOS_GENL_NAME);
	send_request();
	while (!receive(take_family, &resolved))
		;
	return resolved.number;
}

/* Results come in messages of their own, after the acknowledgment, in any order. */
struct proposed {
	unsigned int unanswered;
	bool acknowledged;
};

static void take_result(const struct nlattr *result, struct proposed *proposed)
{
	int error = number(inside(result, PAXOS_RESULT_A_ERROR));
	char text[TEXT_MAX];

	if (error)
		refused(error, string(inside(result, PAXOS_RESULT_A_MESSAGE), text));
	printf("%llu %llu\n",
	       (unsigned long long)number(inside(result, PAXOS_RESULT_A_COOKIE)),
	       (unsigned long long)number(inside(result, PAXOS_RESULT_A_SLOT)));
	proposed->unanswered--;
}

static bool take_results(const struct nlmsghdr *header, void *context)
{
	struct proposed *proposed = context;
	char text[TEXT_MAX];
	const char *at;
	size_t length;
	int error;

	if (header->nlmsg_type == NLMSG_ERROR) {
		error = error_of(header, text);
		if (error)
			refused(error, text);
		proposed->acknowledged = true;
		return false;
	}
	if (!proposed->acknowledged)
		refused(EPROTO, "a result came before the acknowledgment");
	at = attributes(header, &length);
	while (length) {
		const struct nlattr *result = find(at, length, PAXOS_A_RESULT);
		const char *next;

		if (!result)
			break;
		take_result(result, proposed);
		next = (const char *)result + NLA_ALIGN(result->nla_len);
		length = next < at + length ? at + length - next : 0;
		at = next;
	}
	return !proposed->unanswered;
}

static int propose(int count, char **word)
{
	struct proposed proposed = { .unanswered = count - 1 };

	begin(family, NLM_F_ACK, PAXOS_CMD_PROPOSE, PAXOS_GENL_VERSION);
	put_string(PAXOS_A_GROUP, word[0]);
	for (int i = 1; i < count; i++) {
		struct nlattr *nest = put(PAXOS_A_PROPOSAL | NLA_F_NESTED, NULL, 0);

		put(PAXOS_PROPOSAL_A_VALUE, word[i], strlen(word[i]));
		put_u64(PAXOS_PROPOSAL_A_COOKIE, i);
		end_nest(nest);
	}
	send_request();
	while (!receive(take_results, &proposed))
		;
	return 0;
}

static bool take_entry(const struct nlmsghdr *header, void *context)
{
	bool *headed = context;
	const struct nlattr *entry, *value;
	char text[TEXT_MAX];
	int error;

	if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
		error = error_of(header, text);
		if (error)
			refused(error, text);
		return true;
	}
	entry = top(header, PAXOS_A_ENTRY);
	if (!entry && *headed)
		refused(EPROTO, "a second message without an entry");
	*headed = true;
	if (number(inside(entry, PAXOS_ENTRY_A_TYPE)) != PAXOS_ENTRY_VALUE)
		return false;
	value = inside(entry, PAXOS_ENTRY_A_VALUE);
	printf("%llu %.*s\n", (unsigned long long)number(inside(entry, PAXOS_ENTRY_A_SLOT)),
	       value ? (int)size(value) : 0, value ? (const char *)data(value) : "");
	return false;
}

static int learn(int count, char **word)
{
	bool headed = false;

	begin(family, NLM_F_DUMP, PAXOS_CMD_LEARN, PAXOS_GENL_VERSION);
	put_string(PAXOS_A_GROUP, word[0]);
	if (count > 1)
		put_u64(PAXOS_A_SLOT, strtoull(word[1], NULL, 10));
	send_request();
	while (!receive(take_entry, &headed))
		;
	return 0;
}

static void join(const char *name)
{
	uint32_t group = resolve(name);

	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		refused(errno, "cannot join the multicast group");
	/* Who waits for this line knows that nothing is missed from here on. */
	puts("joined");
	fflush(stdout);
}

static bool take_event(const struct nlmsghdr *header, void *context)
{
	const struct nlattr *event = top(header, PAXOS_A_EVENT);
	unsigned long *left = context;
	char name[TEXT_MAX];

	printf("%s %llu %llu %llu\n", string(top(header, PAXOS_A_GROUP), name),
	       (unsigned long long)number(inside(event, PAXOS_EVENT_A_SEQUENCE)),
	       (unsigned long long)number(inside(event, PAXOS_EVENT_A_TYPE)),
	       (unsigned long long)number(inside(event, PAXOS_EVENT_A_NODE)));
	fflush(stdout);
	return !--*left;
}

static int events(int count, char **word)
{
	unsigned long left = strtoul(word[0], NULL, 10);

	(void)count;
	join(PAXOS_MCGRP_EVENTS_NAME);
	while (!receive(take_event, &left))
		;
	return 0;
}

static bool take_learned(const struct nlmsghdr *header, void *context)
{
	unsigned long *left = context;
	char name[TEXT_MAX];

	printf("%s %llu\n", string(top(header, PAXOS_A_GROUP), name),
	       (unsigned long long)number(top(header, PAXOS_A_SLOT)));
	fflush(stdout);
	return !--*left;
}

static int learned(int count, char **word)
{
	unsigned long left = strtoul(word[0], NULL, 10);

	(void)count;
	join(PAXOS_MCGRP_LEARNED_NAME);
	while (!receive(take_learned, &left))
		;
	return 0;
}

static bool take_refusal(const struct nlmsghdr *header, void *context)
{
	char text[TEXT_MAX];
	int error;

	(void)context;
	if (header->nlmsg_type != NLMSG_ERROR && header->nlmsg_type != NLMSG_DONE)
		return false;
	error = error_of(header, text);
	printf("%s %s\n", error ? strerrorname_np(error) : "accepted", text);
	return true;
}

static void try(const char *what)
{
	printf("%s: ", what);
	send_request();
	while (!receive(take_refusal, NULL))
		;
}

static int strict(int count, char **word)
{
	struct nlattr *nest;

	(void)count;
	begin(family, NLM_F_ACK, PAXOS_CMD_TRIM, PAXOS_GENL_VERSION);
	put_string(PAXOS_A_GROUP, word[0]);
	put(PAXOS_A_SLOT, "\1\0\0", 4);
	try("a slot of 4 bytes");

	begin(family, NLM_F_ACK, PAXOS_CMD_BARRIER, PAXOS_GENL_VERSION);
	put_string(PAXOS_A_GROUP, word[0]);
	put(PAXOS_A_MAX + 1, NULL, 0);
	try("an attribute that nobody knows");

	begin(family, NLM_F_ACK, PAXOS_CMD_PROPOSE, PAXOS_GENL_VERSION);
	put_string(PAXOS_A_GROUP, word[0]);
	nest = put(PAXOS_A_PROPOSAL, NULL, 0);
	put(PAXOS_PROPOSAL_A_VALUE, "x", 1);
	end_nest(nest);
	try("a nest without its flag");

	begin(family, NLM_F_DUMP, PAXOS_CMD_STATS, PAXOS_GENL_VERSION);
	put(PAXOS_A_RESET, NULL, 0);
	try("a dump that resets");
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
};

static void open_socket(void)
{
	int on = 1;

	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		die("setsockopt");
}

/* As one that got the socket from somebody else. */
static void become(const char *text)
{
	gid_t gid = strtoul(text, NULL, 10);

	if (setgroups(0, NULL) || setresgid(gid, gid, gid))
		die("setresgid");
}

int main(int argc, char **argv)
{
	open_socket();
	if (argc > 3 && !strcmp(argv[1], "as")) {
		become(argv[2]);
		argc -= 2;
		argv += 2;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) || argc - 2 < commands[i].least)
			continue;
		resolve(NULL);
		return commands[i].run(argc - 2, argv + 2);
	}
	fputs("usage: rawclient [as GID] propose|learn|events|learned|strict ...\n", stderr);
	return 2;
}
