/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages: what nodes say to each other, and how it looks on the wire.
 *
 * A datagram is a head and (a piece of) a body.  A body is the same fixed
 * fields for every type, then items of the one kind that the type has.  All
 * little-endian.  The head is made per destination, the body once for all.
 *
 *	type		ballot	slot	commit	number	echo	items
 *	HELLO		promise	durable	commit	incarn.	leader	disks (own first)
 *	REFUSED		-	-	-	reason	-	-
 *	PREVOTE		wanted	-	commit	-	-	-
 *	PREVOTE_YES	wanted	-	-	-	-	-
 *	PREPARE		ballot	first	commit	-	-	-
 *	PROMISE		ballot	first	commit	answer	-	entries (index of count)
 *	NACK		promise	-	-	refused	-	-
 *	ACCEPT		ballot	-	commit	-	-	entries
 *	ACCEPTED	ballot	-	commit	-	-	ranges
 *	HEARTBEAT	ballot	first	commit	seq	time	-
 *	HEARTBEAT_ACK	ballot	durable	commit	seq	time	-
 *	FORWARD		-	-	-	-	-	entries
 *	LEARN		-	from	-	count	-	-
 *	LEARNT		-	last	commit	-	-	entries (last: the end of it)
 *	TRIMMED		refused	point	commit	-	-	-
 *	BARRIER		-	-	-	number	-	-
 *	BARRIER_ANSWER	ballot	slot	commit	number	-	-
 *	TRANSFER	ballot	node	commit	number	-	-
 *	TABLE_WANTED	-	slot	-	-	-	-
 *	TABLE		-	slot	commit	oldest	-	bytes (index of count; 0: refused)
 *	MISSING		-	-	-	message	-	- (pieces wanted: slot, a bit each)
 */
#ifndef _PAXOS_CORE_MESSAGE_H
#define _PAXOS_CORE_MESSAGE_H

#include "entry.h"

#define PAXOS_WIRE_MAGIC	0x31585050u	/* "PPX1" */
#define PAXOS_WIRE_VERSION	1

enum paxos_message_type {
	PAXOS_HELLO = 1,
	PAXOS_REFUSED,
	PAXOS_PREVOTE,
	PAXOS_PREVOTE_YES,
	PAXOS_PREPARE,
	PAXOS_PROMISE,
	PAXOS_NACK,
	PAXOS_ACCEPT,
	PAXOS_ACCEPTED,
	PAXOS_HEARTBEAT,
	PAXOS_HEARTBEAT_ACK,
	PAXOS_FORWARD,
	PAXOS_LEARN,
	PAXOS_LEARNT,
	PAXOS_TRIMMED,
	PAXOS_BARRIER,
	PAXOS_BARRIER_ANSWER,
	PAXOS_TRANSFER,
	PAXOS_TABLE_WANTED,
	PAXOS_TABLE,
	PAXOS_MISSING,
	PAXOS_MESSAGE_TYPES
};

/* message.flags */
#define PAXOS_FLAG_RETRY	0x1	/* FORWARD: may have come before */
#define PAXOS_FLAG_QUIET	0x2	/* HEARTBEAT: wants no answer */
#define PAXOS_FLAG_FRESH	0x4	/* HELLO: not confirmed yet, tell me your disks */
#define PAXOS_FLAG_FORGOTTEN	0x8	/* HELLO: the sender votes no more (rule 7) */
#define PAXOS_FLAG_RELAYED	0x10	/* FORWARD: came through a peer; goes no further */
#define PAXOS_FLAG_FULL		0x40	/* little room for new values; HEARTBEAT: at no majority */
#define PAXOS_FLAG_COMPLETE	0x20	/* REFUSED: as removed, and that change is complete */

/* item.flags */
#define PAXOS_ITEM_CHOSEN	0x1	/* PROMISE: known to be chosen */
#define PAXOS_ITEM_FAULTY	0x2

/* Why a HELLO was refused: number of REFUSED. */
#define PAXOS_REFUSED_DISK	1	/* that id is another disk's */
#define PAXOS_REFUSED_UNKNOWN	2	/* that id is not in the configuration */
#define PAXOS_REFUSED_STALE	3	/* it once said more: a restored image (rule 10) */
#define PAXOS_REFUSED_REMOVED	4	/* that id was removed */

/* What a node is known to have said of itself, durably: it never says less again. */
struct paxos_claim {
	bool known;			/* @disk is confirmed */
	u8 disk[16];
	u64 incarnation;
	u32 life;			/* paxos_life() of that start's session; 0: not known */
	u64 promised;			/* ballot */
	u64 durable;			/* commit index */
	u64 written;			/* batches of its journal */
};

/* What tells two starts of one number apart, but by a chance of 2^-32. */
static inline u32 paxos_life(u64 session)
{
	return (u32)session ?: 1;
}

/* Before each piece of a body. */
struct paxos_wire_head {
	__le32 magic;
	__u8 version;
	__u8 type;
	__le16 reserved;
	__u8 cluster[16];
	__le16 from;			/* node ids */
	__le16 to;
	__le32 key_epoch;		/* 0: not encrypted */
	__le64 from_session;		/* the sender's nonce of this start */
	__le64 to_session;		/* the receiver's, as far as known; else 0 */
	__le64 counter;			/* for encryption; 0 */
	__u8 tag[16];			/* for encryption; 0 */
	__le32 message;			/* number of the body, per sender */
	__le16 piece;			/* 0 .. pieces - 1 */
	__le16 pieces;			/* 1: the body is whole */
};

struct paxos_wire_body {
	__le64 ballot;
	__le64 slot;
	__le64 commit;
	__le64 number;
	__le64 echo;
	__le16 index;
	__le16 count;
	__le16 flags;
	__le16 items;
};

/* Entry item: this, then struct paxos_entry_head and the value. */
struct paxos_wire_entry {
	__le64 slot;
	__le64 ballot;
	__le32 flags;
	__le32 reserved;
};

struct paxos_wire_range {
	__le64 first;
	__le64 count;
};

/* What the sender knows of a node, or says of itself: durably (rule 10). */
struct paxos_wire_disk {
	__le16 node;
	__u8 known;			/* 1: @disk is confirmed */
	__u8 reserved;
	__le32 life;			/* of @incarnation; 0: not known */
	__u8 disk[16];
	__le64 incarnation;
	__le64 promised;		/* ballot */
	__le64 durable;			/* slot */
	__le64 written;			/* batch */
};

#define PAXOS_HEAD_SIZE		sizeof(struct paxos_wire_head)
#define PAXOS_BODY_SIZE		sizeof(struct paxos_wire_body)
#define PAXOS_ITEM_SIZE		(sizeof(struct paxos_wire_entry) + sizeof(struct paxos_entry_head))

/* A body: room for one value of the greatest length. */
#define PAXOS_MESSAGE_MAX	(PAXOS_BODY_SIZE + PAXOS_ITEM_SIZE + PAXOS_VALUE_MAX)

/* A datagram fits an Ethernet frame over IPv6 (1500 - 40 - 8). */
#define PAXOS_DATAGRAM_MAX	1452u
#define PAXOS_PIECE_MAX		(PAXOS_DATAGRAM_MAX - PAXOS_HEAD_SIZE)	/* bytes of a body */
#define PAXOS_PIECES_MAX	32u	/* of one body: bits of a word */
#define PAXOS_ITEMS_MAX		0xffffu	/* in one body */

/* A journal batch has room for the records of any body, and some of a step's own. */
#define PAXOS_BODY_ITEMS_MAX	((PAXOS_MESSAGE_MAX - PAXOS_BODY_SIZE) / PAXOS_ITEM_SIZE)
static_assert(PAXOS_BODY_ITEMS_MAX <= PAXOS_BATCH_RECORDS_MAX - 8, "a body's items fit a batch");

static_assert(sizeof(struct paxos_wire_head) == 80, "head is 80 bytes");
static_assert(sizeof(struct paxos_wire_body) == 48, "body is 48 bytes");
static_assert(PAXOS_MESSAGE_MAX <= PAXOS_PIECES_MAX * PAXOS_PIECE_MAX, "a body fits its pieces");

struct paxos_head {
	u8 type;
	u8 cluster[16];
	u16 from;
	u16 to;
	u64 from_session;
	u64 to_session;
	u32 message;
	u16 piece;
	u16 pieces;
};

struct paxos_item {
	u64 slot;			/* range: first; disk: node */
	u64 ballot;			/* range: count */
	u32 flags;
	struct paxos_entry entry;	/* borrowed from the message's buffer */
	struct paxos_claim claim;	/* disk */
	const u8 *bytes;		/* table: this much of it */
	u32 length;
};

struct paxos_message {
	u8 type;
	u64 ballot;
	u64 slot;
	u64 commit;
	u64 number;
	u64 echo;
	u16 index;
	u16 count;
	u16 flags;
	u16 items;
	const u8 *data;			/* the items, checked */
	u32 length;			/* of @data, bytes */
	struct paxos_buf *buf;		/* what @data lies in */
};

/* Where an iteration over a message's items stands; start with zero. */
struct paxos_cursor {
	u32 offset;
	u16 item;
};

/* Writes a body into memory that the caller owns. */
struct paxos_writer {
	u8 *start;
	u32 room;			/* bytes from @start */
	u32 used;
	u16 items;
};

void paxos_head_encode(u8 *out, const struct paxos_head *head);
bool paxos_head_decode(struct paxos_head *head, const u8 *data, size_t length);

bool paxos_message_decode(struct paxos_message *message, u8 type, const u8 *data, size_t length,
			  struct paxos_buf *buf);
bool paxos_message_next(const struct paxos_message *message, struct paxos_cursor *cursor,
			struct paxos_item *item);

void paxos_writer_begin(struct paxos_writer *writer, u8 *start, u32 room);
bool paxos_writer_entry(struct paxos_writer *writer, const struct paxos_item *item);
bool paxos_writer_range(struct paxos_writer *writer, u64 first, u64 count);
bool paxos_writer_disk(struct paxos_writer *writer, u16 node, const struct paxos_claim *claim);
bool paxos_writer_bytes(struct paxos_writer *writer, const u8 *bytes, u32 length);
u32 paxos_writer_end(struct paxos_writer *writer, const struct paxos_message *fields);

const char *paxos_message_name(u8 type);

#endif /* _PAXOS_CORE_MESSAGE_H */
