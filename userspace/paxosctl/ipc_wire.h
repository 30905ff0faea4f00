/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_IPC_WIRE_H
#define PAXOSCTL_IPC_WIRE_H

/* Between the ipc files only: where netlink is not hidden. */

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "ipc.h"

struct ipc {
	struct nl_sock *socket;
	int fd;			/* of @socket */
	uint32_t port;
	struct nl_sock *learned;	/* NULL until joined, as the next */
	struct nl_sock *events;
	int family;
	uint32_t sequence;
	unsigned char *buffer;
	struct nl_msg *proposals;	/* being filled; NULL: none */
	struct {
		uint32_t sequence;	/* of the request; 0: none was made */
		bool answered;
		struct ipc_result result;
	} queued;
	char message[PAXOS_MESSAGE_TEXT_MAX + 1];	/* of the last error */
	char text[128];		/* what stands in for it where the kernel said nothing */
	char group[PAXOS_NAME_MAX + 1];			/* that the last request named */
};

#define IPC_BUFFER_BYTES (1u << 19)	/* of one received datagram, at most */
#define IPC_FAMILY_TIMEOUT_MS 30000	/* of an answer that waits for nothing */
#define IPC_ASK_AGAIN_MS 500	/* for the part of a dump that was lost */
#define IPC_AFTER_LOSS_MS 2000	/* of one that may have been lost */

/* Called for each message of the family; nonzero ends the exchange. */
typedef int (*ipc_handler)(void *context, struct nlattr **attr);

struct nl_msg *ipc_request(struct ipc *ipc, uint8_t command, int flags, size_t bytes);
/* Sends @message and frees it; its sequence number is in *@sequence. */
int ipc_send(struct ipc *ipc, struct nl_msg *message, uint32_t *sequence);
/* Reads one datagram: its length, or -ETIMEDOUT, -ENOBUFS, ... */
int ipc_receive(struct ipc *ipc, int fd, int timeout_ms);
/* Keeps the extack message of @header, an NLMSG_ERROR or NLMSG_DONE. */
int ipc_take_error(struct ipc *ipc, const struct nlmsghdr *header);

/* Sends @message and waits for its acknowledgment and @answers messages. */
int ipc_call(struct ipc *ipc, struct nl_msg *message, unsigned int answers, ipc_handler handler,
	     void *context, int timeout_ms);
/* Sends @message, a dump; -EINTR: it was inconsistent and is to be asked again. */
int ipc_dump(struct ipc *ipc, struct nl_msg *message, ipc_handler handler, void *context);

/* A request about @group, with room for @bytes of other attributes. */
struct nl_msg *ipc_group_request(struct ipc *ipc, uint8_t command, const char *group,
				 size_t bytes);
int ipc_put_address(struct nl_msg *message, int type, const union address *address);
/* Keeps the answer of the queued command, if @header is that. */
void ipc_take_queued(struct ipc *ipc, const struct nlmsghdr *header);

bool ipc_attributes(const struct nlmsghdr *header, struct nlattr **attr);

/* Joins multicast group @name with a socket of its own, unless *@socket is one already. */
int ipc_join(struct ipc *ipc, const char *name, struct nl_sock **socket);
/* A list that grows by one decoded element per message of a dump. */
struct ipc_list {
	void *element;
	size_t size;
	unsigned int count;
	uint64_t slot;		/* of the last message */
	bool (*decode)(struct nlattr **attr, void *element);
};
int ipc_dump_list(struct ipc *ipc, uint8_t command, const char *group, struct ipc_list *list);

/* What attributes hold; zero, empty or none where they are absent or too short. */
uint64_t ipc_u64(const struct nlattr *attr);
uint32_t ipc_u32(const struct nlattr *attr);
uint16_t ipc_u16(const struct nlattr *attr);
uint8_t ipc_u8(const struct nlattr *attr);
void ipc_string(const struct nlattr *attr, char *text, size_t size);
void ipc_uuid(const struct nlattr *attr, uint8_t uuid[16]);
void ipc_address(const struct nlattr *attr, union address *address);

void ipc_decode_group(struct nlattr **attr, struct ipc_group *group);
void ipc_decode_peer(struct nlattr *nest, struct ipc_peer *peer);
void ipc_decode_status(struct nlattr **attr, struct ipc_status *status);
void ipc_decode_result(struct nlattr *nest, struct ipc_result *result);
void ipc_decode_log(struct nlattr **attr, struct ipc_log *log);
void ipc_decode_entry(struct nlattr *nest, struct ipc_entry *entry);

#endif
