// SPDX-License-Identifier: GPL-2.0
/*
 * Wire codec.  Whatever comes from the network is checked here, every length
 * included, before anybody else sees it; a decoded message can be walked
 * without further checks.  Pure.
 */
#include "ballot.h"
#include "message.h"

enum item_kind { ITEM_NONE, ITEM_ENTRY, ITEM_RANGE, ITEM_DISK, ITEM_BYTES };

static const struct {
	const char *name;
	enum item_kind items;
	bool ballot;			/* must name a valid ballot */
} types[PAXOS_MESSAGE_TYPES] = {
	[PAXOS_HELLO]		= { "hello",		ITEM_DISK,  false },
	[PAXOS_REFUSED]		= { "refused",		ITEM_NONE,  false },
	[PAXOS_PREVOTE]		= { "prevote",		ITEM_NONE,  true },
	[PAXOS_PREVOTE_YES]	= { "prevote-yes",	ITEM_NONE,  true },
	[PAXOS_PREPARE]		= { "prepare",		ITEM_NONE,  true },
	[PAXOS_PROMISE]		= { "promise",		ITEM_ENTRY, true },
	[PAXOS_NACK]		= { "nack",		ITEM_NONE,  true },
	[PAXOS_ACCEPT]		= { "accept",		ITEM_ENTRY, true },
	[PAXOS_ACCEPTED]	= { "accepted",		ITEM_RANGE, true },
	[PAXOS_HEARTBEAT]	= { "heartbeat",	ITEM_NONE,  true },
	[PAXOS_HEARTBEAT_ACK]	= { "heartbeat-ack",	ITEM_NONE,  true },
	[PAXOS_FORWARD]		= { "forward",		ITEM_ENTRY, false },
	[PAXOS_LEARN]		= { "learn",		ITEM_NONE,  false },
	[PAXOS_LEARNT]		= { "learnt",		ITEM_ENTRY, false },
	[PAXOS_TRIMMED]		= { "trimmed",		ITEM_NONE,  false },
	[PAXOS_BARRIER]		= { "barrier",		ITEM_NONE,  false },
	[PAXOS_BARRIER_ANSWER]	= { "barrier-answer",	ITEM_NONE,  true },
	[PAXOS_TRANSFER]	= { "transfer",		ITEM_NONE,  false },
	[PAXOS_TABLE_WANTED]	= { "table-wanted",	ITEM_NONE,  false },
	[PAXOS_TABLE]		= { "table",		ITEM_BYTES, false },
	[PAXOS_MISSING]		= { "missing",		ITEM_NONE,  false },
};

const char *paxos_message_name(u8 type)
{
	if (type < PAXOS_MESSAGE_TYPES && types[type].name)
		return types[type].name;
	return "unknown";
}

void paxos_head_encode(u8 *out, const struct paxos_head *head)
{
	struct paxos_wire_head wire = {
		.magic = cpu_to_le32(PAXOS_WIRE_MAGIC),
		.version = PAXOS_WIRE_VERSION,
		.type = head->type,
		.from = cpu_to_le16(head->from),
		.to = cpu_to_le16(head->to),
		.from_session = cpu_to_le64(head->from_session),
		.to_session = cpu_to_le64(head->to_session),
		.message = cpu_to_le32(head->message),
		.piece = cpu_to_le16(head->piece),
		.pieces = cpu_to_le16(head->pieces),
	};

	memcpy(wire.cluster, head->cluster, sizeof(wire.cluster));
	memcpy(out, &wire, sizeof(wire));
}

/* Read the head of a datagram of @length bytes; false if it is none of ours. */
bool paxos_head_decode(struct paxos_head *head, const u8 *data, size_t length)
{
	struct paxos_wire_head wire;

	if (length < sizeof(wire) || length > PAXOS_DATAGRAM_MAX)
		return false;
	memcpy(&wire, data, sizeof(wire));
	if (le32_to_cpu(wire.magic) != PAXOS_WIRE_MAGIC || wire.version != PAXOS_WIRE_VERSION)
		return false;
	*head = (struct paxos_head) {
		.type = wire.type,
		.from = le16_to_cpu(wire.from),
		.to = le16_to_cpu(wire.to),
		.from_session = le64_to_cpu(wire.from_session),
		.to_session = le64_to_cpu(wire.to_session),
		.message = le32_to_cpu(wire.message),
		.piece = le16_to_cpu(wire.piece),
		.pieces = le16_to_cpu(wire.pieces),
	};
	memcpy(head->cluster, wire.cluster, sizeof(head->cluster));
	return wire.type && wire.type < PAXOS_MESSAGE_TYPES && head->from && head->from_session &&
	       head->pieces && head->pieces <= PAXOS_PIECES_MAX && head->piece < head->pieces;
}

static bool next_entry(const u8 *data, u32 length, struct paxos_buf *buf, u32 *used,
		       struct paxos_item *item)
{
	struct paxos_wire_entry wire;

	if (length < sizeof(wire))
		return false;
	memcpy(&wire, data, sizeof(wire));
	item->slot = le64_to_cpu(wire.slot);
	item->ballot = le64_to_cpu(wire.ballot);
	item->flags = le32_to_cpu(wire.flags);
	if (item->flags & PAXOS_ITEM_FAULTY) {
		*used = sizeof(wire);
		return true;
	}
	if (!paxos_entry_decode(&item->entry, data + sizeof(wire), length - sizeof(wire), buf))
		return false;
	*used = sizeof(wire) + paxos_entry_size(&item->entry);
	return true;
}

static bool next_range(const u8 *data, u32 length, u32 *used, struct paxos_item *item)
{
	struct paxos_wire_range wire;

	if (length < sizeof(wire))
		return false;
	memcpy(&wire, data, sizeof(wire));
	item->slot = le64_to_cpu(wire.first);
	item->ballot = le64_to_cpu(wire.count);
	*used = sizeof(wire);
	/* Slots are few at a time: a range that is long, or wraps, is no range. */
	return item->slot && item->ballot && item->ballot <= 1u << 16 &&
	       item->slot + item->ballot > item->slot;
}

static bool next_disk(const u8 *data, u32 length, u32 *used, struct paxos_item *item)
{
	struct paxos_wire_disk wire;

	if (length < sizeof(wire))
		return false;
	memcpy(&wire, data, sizeof(wire));
	item->slot = le16_to_cpu(wire.node);
	item->claim = (struct paxos_claim) {
		.known = wire.known,
		.life = le32_to_cpu(wire.life),
		.incarnation = le64_to_cpu(wire.incarnation),
		.promised = le64_to_cpu(wire.promised),
		.durable = le64_to_cpu(wire.durable),
		.written = le64_to_cpu(wire.written),
	};
	memcpy(item->claim.disk, wire.disk, sizeof(wire.disk));
	*used = sizeof(wire);
	return item->slot && wire.known <= 1 && item->claim.durable <= PAXOS_SLOT_LIMIT;
}

static bool next_bytes(const u8 *data, u32 length, u32 *used, struct paxos_item *item)
{
	__le32 wire;

	if (length < sizeof(wire))
		return false;
	memcpy(&wire, data, sizeof(wire));
	item->bytes = data + sizeof(wire);
	item->length = le32_to_cpu(wire);
	if (item->length > length - sizeof(wire))
		return false;
	*used = sizeof(wire) + item->length;
	return true;
}

/* Rule 9: it tells of what was accepted, or is chosen, though the value is lost. */
static bool may_lack_entry(u8 type)
{
	return type == PAXOS_PROMISE || type == PAXOS_LEARNT;
}

static bool next_item(const struct paxos_message *message, u32 offset, u32 *used,
		      struct paxos_item *item)
{
	const u8 *data = message->data + offset;
	u32 length = message->length - offset;

	*item = (struct paxos_item) {};
	switch (types[message->type].items) {
	case ITEM_ENTRY:
		return next_entry(data, length, message->buf, used, item) &&
		       (item->entry.type || may_lack_entry(message->type));
	case ITEM_RANGE:
		return next_range(data, length, used, item);
	case ITEM_DISK:
		return next_disk(data, length, used, item);
	case ITEM_BYTES:
		return next_bytes(data, length, used, item);
	default:
		return false;
	}
}

/*
 * Read a whole body of @length bytes.  The message borrows @data, and its
 * entries' values name @buf as what keeps it.  False if anything is malformed.
 */
bool paxos_message_decode(struct paxos_message *message, u8 type, const u8 *data, size_t length,
			  struct paxos_buf *buf)
{
	struct paxos_wire_body wire;
	struct paxos_item item;
	u32 offset = 0, used;
	u16 i;

	if (!type || type >= PAXOS_MESSAGE_TYPES || length < sizeof(wire) ||
	    length > PAXOS_MESSAGE_MAX)
		return false;
	memcpy(&wire, data, sizeof(wire));
	*message = (struct paxos_message) {
		.type = type,
		.ballot = le64_to_cpu(wire.ballot),
		.slot = le64_to_cpu(wire.slot),
		.commit = le64_to_cpu(wire.commit),
		.number = le64_to_cpu(wire.number),
		.echo = le64_to_cpu(wire.echo),
		.index = le16_to_cpu(wire.index),
		.count = le16_to_cpu(wire.count),
		.flags = le16_to_cpu(wire.flags),
		.items = le16_to_cpu(wire.items),
		.data = data + sizeof(wire),
		.length = length - sizeof(wire),
		.buf = buf,
	};
	if (types[type].ballot && !paxos_ballot_valid(message->ballot))
		return false;
	if (message->slot > PAXOS_SLOT_LIMIT || message->commit > PAXOS_SLOT_LIMIT)
		return false;
	for (i = 0; i < message->items; i++) {
		if (!next_item(message, offset, &used, &item))
			return false;
		offset += used;
	}
	return offset == message->length;
}

/* The next item of a decoded message; false at the end. */
bool paxos_message_next(const struct paxos_message *message, struct paxos_cursor *cursor,
			struct paxos_item *item)
{
	u32 used;

	if (cursor->item == message->items ||
	    !next_item(message, cursor->offset, &used, item))
		return false;
	cursor->offset += used;
	cursor->item++;
	return true;
}

/* Begin a body in @room bytes at @start, at least PAXOS_BODY_SIZE of them. */
void paxos_writer_begin(struct paxos_writer *writer, u8 *start, u32 room)
{
	*writer = (struct paxos_writer) {
		.start = start,
		.room = room,
		.used = PAXOS_BODY_SIZE,
	};
}

static u8 *writer_take(struct paxos_writer *writer, u32 bytes)
{
	u8 *at = writer->start + writer->used;

	if (bytes > writer->room - writer->used || writer->items == PAXOS_ITEMS_MAX)
		return NULL;
	writer->used += bytes;
	writer->items++;
	return at;
}

/* Each of these adds one item; false, and nothing changed, without room. */
bool paxos_writer_entry(struct paxos_writer *writer, const struct paxos_item *item)
{
	struct paxos_wire_entry wire = {
		.slot = cpu_to_le64(item->slot),
		.ballot = cpu_to_le64(item->ballot),
		.flags = cpu_to_le32(item->flags),
	};
	bool faulty = item->flags & PAXOS_ITEM_FAULTY;
	u8 *at = writer_take(writer, sizeof(wire) + (faulty ? 0 : paxos_entry_size(&item->entry)));

	if (!at)
		return false;
	memcpy(at, &wire, sizeof(wire));
	if (!faulty)
		paxos_entry_encode(at + sizeof(wire), &item->entry);
	return true;
}

bool paxos_writer_range(struct paxos_writer *writer, u64 first, u64 count)
{
	struct paxos_wire_range wire = {
		.first = cpu_to_le64(first),
		.count = cpu_to_le64(count),
	};
	u8 *at = writer_take(writer, sizeof(wire));

	if (!at)
		return false;
	memcpy(at, &wire, sizeof(wire));
	return true;
}

bool paxos_writer_disk(struct paxos_writer *writer, u16 node, const struct paxos_claim *claim)
{
	struct paxos_wire_disk wire = {
		.node = cpu_to_le16(node),
		.known = claim->known,
		.life = cpu_to_le32(claim->life),
		.incarnation = cpu_to_le64(claim->incarnation),
		.promised = cpu_to_le64(claim->promised),
		.durable = cpu_to_le64(claim->durable),
		.written = cpu_to_le64(claim->written),
	};
	u8 *at = writer_take(writer, sizeof(wire));

	if (!at)
		return false;
	memcpy(wire.disk, claim->disk, sizeof(wire.disk));
	memcpy(at, &wire, sizeof(wire));
	return true;
}

bool paxos_writer_bytes(struct paxos_writer *writer, const u8 *bytes, u32 length)
{
	__le32 wire = cpu_to_le32(length);
	u8 *at = writer_take(writer, sizeof(wire) + length);

	if (!at)
		return false;
	memcpy(at, &wire, sizeof(wire));
	memcpy(at + sizeof(wire), bytes, length);
	return true;
}

/* Put the fixed fields before the items; returns the body's length, bytes. */
u32 paxos_writer_end(struct paxos_writer *writer, const struct paxos_message *fields)
{
	struct paxos_wire_body wire = {
		.ballot = cpu_to_le64(fields->ballot),
		.slot = cpu_to_le64(fields->slot),
		.commit = cpu_to_le64(fields->commit),
		.number = cpu_to_le64(fields->number),
		.echo = cpu_to_le64(fields->echo),
		.index = cpu_to_le16(fields->index),
		.count = cpu_to_le16(fields->count),
		.flags = cpu_to_le16(fields->flags),
		.items = cpu_to_le16(writer->items),
	};

	memcpy(writer->start, &wire, sizeof(wire));
	return writer->used;
}
