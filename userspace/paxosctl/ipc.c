// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink connection: one socket per process, requests, acknowledgements,
 * dumps and errors.
 *
 * libnl builds messages and attributes.  The receiving side is our own, since
 * libnl's folds errnos together (ESTALE and EAGAIN must be told apart here),
 * drops extack messages, and expects answers in the order of the requests.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "ipc_wire.h"
#include "output.h"

#define SEND_BUFFER_BYTES (1 << 20)
#define RECEIVE_BUFFER_BYTES (4 << 20)

static struct ipc *connection;

/* Asks for large buffers; those without the right get what the system allows. */
static void set_buffers(int fd)
{
	int send = SEND_BUFFER_BYTES, receive = RECEIVE_BUFFER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof(send)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof(send));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
}

static struct nl_sock *open_socket(void)
{
	struct nl_sock *socket = nl_socket_alloc();
	int on = 1, fd;

	if (!socket)
		return NULL;
	if (genl_connect(socket)) {
		nl_socket_free(socket);
		return NULL;
	}
	fd = nl_socket_get_fd(socket);
	set_buffers(fd);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return socket;
}

static int no_family(int error, char problem[IPC_PROBLEM_MAX])
{
	struct utsname kernel = { .release = "?" };

	if (error == -NLE_OBJ_NOTFOUND) {
		uname(&kernel);
		snprintf(problem, IPC_PROBLEM_MAX,
			 "no paxos kernel module for %s: install its headers and paxos-dkms",
			 kernel.release);
		return EXIT_NO_MODULE;
	}
	snprintf(problem, IPC_PROBLEM_MAX, "cannot find the netlink family 'paxos': %s",
		 nl_geterror(error));
	return EXIT_REFUSED;
}

struct ipc *ipc_open(int *code, char problem[IPC_PROBLEM_MAX])
{
	struct ipc *ipc = must(calloc(1, sizeof(*ipc)));

	ipc->buffer = must(malloc(IPC_BUFFER_BYTES));
	ipc->socket = open_socket();
	if (!ipc->socket) {
		snprintf(problem, IPC_PROBLEM_MAX, "cannot open a generic netlink socket: %s",
			 strerror(errno));
		*code = EXIT_REFUSED;
		goto err_free;
	}
	ipc->fd = nl_socket_get_fd(ipc->socket);
	ipc->port = nl_socket_get_local_port(ipc->socket);
	ipc->family = genl_ctrl_resolve(ipc->socket, PAXOS_GENL_NAME);
	if (ipc->family < 0) {
		*code = no_family(ipc->family, problem);
		goto err_free;
	}
	return ipc;

err_free:
	ipc_free(ipc);
	return NULL;
}

void ipc_free(struct ipc *ipc)
{
	if (!ipc)
		return;
	nlmsg_free(ipc->proposals);
	nl_socket_free(ipc->events);
	nl_socket_free(ipc->learned);
	nl_socket_free(ipc->socket);
	free(ipc->buffer);
	free(ipc);
}

struct ipc *ipc_get(int *code)
{
	char problem[IPC_PROBLEM_MAX];

	if (!connection)
		connection = ipc_open(code, problem);
	if (!connection)
		fail(*code, "%s", problem);
	return connection;
}

void ipc_close(void)
{
	ipc_free(connection);
	connection = NULL;
}

bool ipc_module_loaded(void)
{
	return !access("/sys/module/" PAXOS_GENL_NAME, F_OK);
}

/* Where the kernel gives no text: rights, and a group that goes away meanwhile. */
const char *ipc_error_text(struct ipc *ipc, int error)
{
	if (ipc->message[0])
		return ipc->message;
	switch (error) {
	case -EPERM:
		return "not permitted: needs CAP_NET_ADMIN in this network namespace (run as root)";
	case -ENOENT:
		snprintf(ipc->text, sizeof(ipc->text), "no group %s here: see paxosctl group list",
			 ipc->group);
		return ipc->text;
	case -ESHUTDOWN:
		return "the group went away meanwhile";
	case -ENOMEM:
		return "out of memory: nothing was done, try again";
	case -ETIMEDOUT:
		return "the kernel did not answer in time";
	}
	return strerror(-error);
}

int ipc_exit_status(int error)
{
	switch (error) {
	case 0:
		return EXIT_DONE;
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

int ipc_fd(struct ipc *ipc)
{
	return ipc->fd;
}

struct nl_msg *ipc_request(struct ipc *ipc, uint8_t command, int flags, size_t bytes)
{
	struct nl_msg *message = nlmsg_alloc_size(bytes + 128);

	if (!message)
		return NULL;
	if (!genlmsg_put(message, ipc->port, ++ipc->sequence, ipc->family, 0,
			 NLM_F_REQUEST | flags, command, PAXOS_GENL_VERSION)) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

int ipc_send(struct ipc *ipc, struct nl_msg *message, uint32_t *sequence)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *header = nlmsg_hdr(message);
	ssize_t sent;

	ipc->message[0] = '\0';
	*sequence = header->nlmsg_seq;
	do {
		sent = sendto(ipc->fd, header, header->nlmsg_len, 0,
			      (const struct sockaddr *)&kernel, sizeof(kernel));
	} while (sent < 0 && errno == EINTR);
	nlmsg_free(message);
	if (sent >= 0)
		return 0;
	/* On receiving, this one says that an answer was lost; here nothing was asked. */
	return errno == ENOBUFS ? -ENOMEM : -errno;
}

int ipc_receive(struct ipc *ipc, int fd, int timeout_ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	struct sockaddr_nl sender = { 0 };
	struct iovec vector = { .iov_base = ipc->buffer, .iov_len = IPC_BUFFER_BYTES };
	struct msghdr header = {
		.msg_name = &sender,
		.msg_namelen = sizeof(sender),
		.msg_iov = &vector,
		.msg_iovlen = 1,
	};
	ssize_t length;
	int ready;

	do {
		ready = poll(&poller, 1, timeout_ms);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready ? -errno : -ETIMEDOUT;
	do {
		length = recvmsg(fd, &header, 0);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (header.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return sender.nl_pid ? 0 : length;	/* only the kernel may speak */
}

static void take_message(struct ipc *ipc, const struct nlmsghdr *header, size_t skip)
{
	const struct nlattr *attr;
	size_t payload = nlmsg_datalen(header);

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || payload < skip)
		return;
	attr = nla_find((const struct nlattr *)((const char *)nlmsg_data(header) + skip),
			payload - skip, NLMSGERR_ATTR_MSG);
	if (attr)
		ipc_string(attr, ipc->message, sizeof(ipc->message));
}

int ipc_take_error(struct ipc *ipc, const struct nlmsghdr *header)
{
	size_t skip = sizeof(int);
	int error;

	if (nlmsg_datalen(header) < (int)sizeof(error))
		return header->nlmsg_type == NLMSG_DONE ? 0 : -EPROTO;
	memcpy(&error, nlmsg_data(header), sizeof(error));
	if (!error)
		return 0;
	if (header->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *request = nlmsg_data(header);

		skip = sizeof(*request);
		if (!(header->nlmsg_flags & NLM_F_CAPPED))
			skip += NLMSG_ALIGN(request->msg.nlmsg_len) - sizeof(request->msg);
	}
	take_message(ipc, header, skip);
	return error;
}

bool ipc_attributes(const struct nlmsghdr *header, struct nlattr **attr)
{
	return !nlmsg_parse((struct nlmsghdr *)header, GENL_HDRLEN, attr, PAXOS_A_MAX, NULL);
}

/* One request that is being answered. */
struct exchange {
	uint32_t sequence;
	bool dump;
	bool ended;		/* acknowledged, or the dump is done */
	bool interrupted;
	bool later;		/* answered when it is done, not at once */
	bool heard;		/* something of it, in the last look */
	bool lost;		/* the kernel had no memory for what it had to say */
	unsigned int answers;	/* still to come */
	bool answered;		/* all of them came */
	ipc_handler handler;
	void *context;
	int error;
};

static void handle_message(struct ipc *ipc, struct exchange *exchange,
			   const struct nlmsghdr *header)
{
	struct nlattr *attr[PAXOS_A_MAX + 1];

	if (header->nlmsg_seq != exchange->sequence) {
		ipc_take_queued(ipc, header);
		return;
	}
	exchange->heard = true;
	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		exchange->interrupted = true;
	if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
		int error = ipc_take_error(ipc, header);

		/* The first part of a dump found no memory: it begins with the next. */
		if (exchange->dump && error == -ENOBUFS) {
			exchange->lost = true;
			return;
		}
		if (error)
			exchange->answers = 0;
		if (!exchange->error)
			exchange->error = error;
		exchange->ended = !exchange->dump || error || header->nlmsg_type == NLMSG_DONE;
		return;
	}
	if (header->nlmsg_type != ipc->family || !ipc_attributes(header, attr))
		return;
	if (exchange->answers && !--exchange->answers)
		exchange->answered = true;
	if (exchange->handler && !exchange->error)
		exchange->error = exchange->handler(exchange->context, attr);
}

/*
 * Reads what has come; or, if some of it was lost, has the next part of a dump sent:
 * the kernel makes it when something else was read, which may be lost as well.
 */
static int take_messages(struct ipc *ipc, struct exchange *exchange, int timeout_ms)
{
	struct nlmsghdr *header = (struct nlmsghdr *)ipc->buffer;
	bool asks = exchange->dump && exchange->lost && timeout_ms > IPC_ASK_AGAIN_MS;
	int left = ipc_receive(ipc, ipc->fd, asks ? IPC_ASK_AGAIN_MS : timeout_ms);

	exchange->heard = false;
	if (left == -ENOBUFS || (asks && left == -ETIMEDOUT)) {
		exchange->lost = true;
		return exchange->dump ? ipc_results_again(ipc) : 0;
	}
	if (left < 0)
		return left;
	for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
		handle_message(ipc, exchange, header);
	return 0;
}

/* What was lost may have been the acknowledgment: an answer says as much. */
static bool is_over(const struct exchange *exchange)
{
	return !exchange->answers &&
	       (exchange->ended || (exchange->lost && exchange->answered));
}

/* A dump is read to its end even after an error: the socket is used again. */
static int run_exchange(struct ipc *ipc, struct exchange *exchange, int timeout_ms)
{
	uint64_t end_us = now_us() + timeout_ms * 1000ull, now;

	while (!is_over(exchange)) {
		int error;

		now = now_us();
		if (exchange->lost && now >= end_us)
			return -ETIMEDOUT;
		error = take_messages(ipc, exchange,
				      now < end_us ? (end_us - now + 999) / 1000 : 0);
		if (error)
			return error;
		if (exchange->lost && !exchange->later && timeout_ms > IPC_AFTER_LOSS_MS) {
			/* The rest may come, or that was all. */
			timeout_ms = IPC_AFTER_LOSS_MS;
			end_us = now_us() + timeout_ms * 1000ull;
		}
		if (exchange->dump && exchange->heard)	/* it goes on only as we read */
			end_us = now_us() + timeout_ms * 1000ull;
	}
	if (!exchange->error && exchange->interrupted)
		return -EINTR;
	return exchange->error;
}

int ipc_call(struct ipc *ipc, struct nl_msg *message, unsigned int answers, ipc_handler handler,
	     void *context, int timeout_ms)
{
	struct exchange exchange = {
		.answers = answers,
		.later = genlmsg_hdr(nlmsg_hdr(message))->cmd == PAXOS_CMD_GROUP_DEL,
		.handler = handler,
		.context = context,
	};
	int error;

	nlmsg_hdr(message)->nlmsg_flags |= NLM_F_ACK;
	error = ipc_send(ipc, message, &exchange.sequence);
	return error ? error : run_exchange(ipc, &exchange, timeout_ms);
}

int ipc_dump(struct ipc *ipc, struct nl_msg *message, ipc_handler handler, void *context)
{
	struct exchange exchange = {
		.dump = true,
		.handler = handler,
		.context = context,
	};
	int error;

	nlmsg_hdr(message)->nlmsg_flags |= NLM_F_DUMP;
	error = ipc_send(ipc, message, &exchange.sequence);
	return error ? error : run_exchange(ipc, &exchange, IPC_FAMILY_TIMEOUT_MS);
}

int ipc_join(struct ipc *ipc, const char *name, struct nl_sock **socket)
{
	int group = genl_ctrl_resolve_grp(ipc->socket, PAXOS_GENL_NAME, name);

	ipc->message[0] = '\0';
	if (*socket)
		return 0;
	if (group < 0)
		return -EPROTO;
	*socket = open_socket();
	if (!*socket)
		return -errno;
	if (nl_socket_add_membership(*socket, group)) {
		nl_socket_free(*socket);
		*socket = NULL;
		return -EPERM;
	}
	return 0;
}

int ipc_learned_join(struct ipc *ipc)
{
	return ipc_join(ipc, PAXOS_MCGRP_LEARNED_NAME, &ipc->learned);
}

int ipc_learned_wait(struct ipc *ipc, int timeout_ms)
{
	int fd = nl_socket_get_fd(ipc->learned);
	int length = ipc_receive(ipc, fd, timeout_ms);

	/* All that is queued tells the same: read on. */
	while (length >= 0 || length == -ENOBUFS)
		length = ipc_receive(ipc, fd, 0);
	return length == -ETIMEDOUT ? 0 : length;
}
