// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink by hand, for clients that know nothing but the headers in
 * include/uapi: one socket, one request at a time.  Whatever fails ends the process.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/paxos.h>

#include "raw.h"

#define REQUEST_MAX 65536
#define RECEIVE_MAX 65536	/* the header: takes each datagram of every dump */

int raw_fd;
uint16_t raw_family;

/* A request that grows. */
static struct request {
	struct nlmsghdr header;
	struct genlmsghdr command;
	unsigned char attributes[REQUEST_MAX];
} request;

void raw_die(const char *what)
{
	perror(what);
	exit(1);
}

void raw_begin(uint16_t type, uint16_t flags, uint8_t command, uint8_t version)
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

struct nlattr *raw_put(uint16_t type, const void *data, size_t length)
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

void raw_put_string(uint16_t type, const char *text)
{
	raw_put(type, text, strlen(text) + 1);
}

void raw_put_u64(uint16_t type, uint64_t value)
{
	raw_put(type, &value, sizeof(value));
}

void raw_end_nest(struct nlattr *nest)
{
	nest->nla_len = (char *)&request + request.header.nlmsg_len - (char *)nest;
}

void raw_send(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(raw_fd, &request, request.header.nlmsg_len, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		raw_die("sendto");
}

/* Attribute @type among those at @from, or NULL. */
static const struct nlattr *raw_find(const void *from, size_t length, uint16_t type)
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

const void *raw_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

size_t raw_size(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

const struct nlattr *raw_inside(const struct nlattr *nest, uint16_t type)
{
	return nest ? raw_find(raw_data(nest), raw_size(nest), type) : NULL;
}

/* A number of any width; 0 if it is absent. */
uint64_t raw_number(const struct nlattr *attr)
{
	uint64_t value = 0;
	uint32_t value32;
	uint16_t value16;

	if (!attr)
		return 0;
	switch (raw_size(attr)) {
	case 1:
		return *(const uint8_t *)raw_data(attr);
	case 2:
		memcpy(&value16, raw_data(attr), sizeof(value16));
		return value16;
	case 4:
		memcpy(&value32, raw_data(attr), sizeof(value32));
		return value32;
	case 8:
		memcpy(&value, raw_data(attr), sizeof(value));
		return value;
	}
	return 0;
}

const char *raw_string(const struct nlattr *attr, char text[RAW_TEXT_MAX])
{
	size_t length = attr ? raw_size(attr) : 0;

	if (length > RAW_TEXT_MAX - 1)
		length = RAW_TEXT_MAX - 1;
	if (length)
		memcpy(text, raw_data(attr), length);
	text[length] = '\0';
	return text;
}

static const void *raw_attributes(const struct nlmsghdr *header, size_t *length)
{
	*length = header->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return (const char *)NLMSG_DATA(header) + GENL_HDRLEN;
}

const struct nlattr *raw_top(const struct nlmsghdr *header, uint16_t type)
{
	size_t length;
	const void *from = raw_attributes(header, &length);

	return raw_find(from, length, type);
}

/* Each attribute @type of the message, which may have several. */
void raw_each(const struct nlmsghdr *header, uint16_t type,
	      void (*take)(const struct nlattr *attr, void *context), void *context)
{
	const struct nlattr *attr;
	size_t length, step;
	const char *at = raw_attributes(header, &length);

	while (length && (attr = raw_find(at, length, type))) {
		take(attr, context);
		step = (const char *)attr + NLA_ALIGN(attr->nla_len) - at;
		length = step < length ? length - step : 0;
		at += step;
	}
}

/* The error of an NLMSG_ERROR or NLMSG_DONE, and the kernel's message. */
int raw_error(const struct nlmsghdr *header, char text[RAW_TEXT_MAX])
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
		raw_string(raw_find(payload + skip, length - skip, NLMSGERR_ATTR_MSG), text);
	return -error;
}

/* Read one datagram, and give each message of it to @take until that says true. */
bool raw_receive(bool (*take)(const struct nlmsghdr *header, void *context), void *context)
{
	static char buffer[RECEIVE_MAX] __attribute__((aligned(8)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	ssize_t got = recv(raw_fd, buffer, sizeof(buffer), MSG_TRUNC);
	int left = got;

	if (got < 0)
		raw_die("recv");
	if ((size_t)got > sizeof(buffer)) {
		fputs("a datagram is larger than the header says\n", stderr);
		exit(1);
	}
	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left))
		if (take(header, context))
			return true;
	return false;
}

void raw_refused(int error, const char *text)
{
	fprintf(stderr, "%s: %s\n", strerrorname_np(error), text);
	exit(1);
}

void raw_put_proposal(const char *value, uint64_t cookie, uint32_t timeout_ms)
{
	struct nlattr *nest = raw_put(PAXOS_A_PROPOSAL | NLA_F_NESTED, NULL, 0);

	raw_put(PAXOS_PROPOSAL_A_VALUE, value, strlen(value));
	raw_put_u64(PAXOS_PROPOSAL_A_COOKIE, cookie);
	if (timeout_ms)
		raw_put(PAXOS_PROPOSAL_A_TIMEOUT_MS, &timeout_ms, sizeof(timeout_ms));
	raw_end_nest(nest);
}

static void take_result(const struct nlattr *result, void *context)
{
	int error = raw_number(raw_inside(result, PAXOS_RESULT_A_ERROR));
	struct raw_results *results = context;
	char text[RAW_TEXT_MAX];

	if (error)
		raw_refused(error, raw_string(raw_inside(result, PAXOS_RESULT_A_MESSAGE), text));
	results->take(raw_number(raw_inside(result, PAXOS_RESULT_A_COOKIE)),
		      raw_number(raw_inside(result, PAXOS_RESULT_A_SLOT)), results->context);
	results->unanswered--;
}

static bool take_results(const struct nlmsghdr *header, void *context)
{
	struct raw_results *results = context;
	char text[RAW_TEXT_MAX];
	int error;

	if (header->nlmsg_type == NLMSG_ERROR) {
		error = raw_error(header, text);
		if (error)
			raw_refused(error, text);
		results->acknowledged = true;
	} else {
		if (results->acknowledged_first && !results->acknowledged)
			raw_refused(EPROTO, "a result came before the acknowledgment");
		raw_each(header, PAXOS_A_RESULT, take_result, results);
	}
	return results->acknowledged && !results->unanswered;
}

void raw_await_results(struct raw_results *results)
{
	while (!raw_receive(take_results, results))
		;
}

/* What the controller says of the family: its id, and the number of a multicast group. */
struct resolved {
	const char *group;
	uint32_t number;
};

static void take_group(const struct nlattr *groups, struct resolved *resolved)
{
	const struct nlattr *group;
	char name[RAW_TEXT_MAX];

	/* Entries are numbered from 1. */
	for (uint16_t i = 1; (group = raw_inside(groups, i)); i++)
		if (!strcmp(raw_string(raw_inside(group, CTRL_ATTR_MCAST_GRP_NAME), name), resolved->group))
			resolved->number = raw_number(raw_inside(group, CTRL_ATTR_MCAST_GRP_ID));
}

static bool take_family(const struct nlmsghdr *header, void *context)
{
	struct resolved *resolved = context;
	char text[RAW_TEXT_MAX];

	if (header->nlmsg_type == NLMSG_ERROR)
		raw_refused(raw_error(header, text), "no such family: is the module loaded?");
	raw_family = raw_number(raw_top(header, CTRL_ATTR_FAMILY_ID));
	if (resolved->group)
		take_group(raw_top(header, CTRL_ATTR_MCAST_GROUPS), resolved);
	return true;
}

uint32_t raw_resolve(const char *group)
{
	struct resolved resolved = { .group = group };

	raw_begin(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);
	raw_put_string(CTRL_ATTR_FAMILY_NAME, PAXOS_GENL_NAME);
	raw_send();
	while (!raw_receive(take_family, &resolved))
		;
	return resolved.number;
}

void raw_open(void)
{
	int on = 1;

	raw_fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (raw_fd < 0)
		raw_die("socket");
	if (setsockopt(raw_fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(raw_fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		raw_die("setsockopt");
}
