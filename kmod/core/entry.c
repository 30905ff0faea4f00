// SPDX-License-Identifier: GPL-2.0
/*
 * Entries as bytes: the form that they have on the wire.
 */
#include "entry.h"

/* @out has room for paxos_entry_size() bytes. */
void paxos_entry_encode(u8 *out, const struct paxos_entry *entry)
{
	struct paxos_entry_head head = {
		.type = entry->type,
		.client = entry->id.client,
		.origin = cpu_to_le16(entry->id.origin),
		.length = cpu_to_le32(entry->value.length),
		.incarnation = cpu_to_le64(entry->id.incarnation),
		.nonce = cpu_to_le64(entry->id.nonce),
		.sequence = cpu_to_le64(entry->id.sequence),
	};

	memcpy(out, &head, sizeof(head));
	if (entry->value.length)
		memcpy(out + sizeof(head), entry->value.data, entry->value.length);
}

/* Can an entry be like this?  Its value's bytes are not looked at. */
bool paxos_entry_valid(const struct paxos_entry *entry)
{
	const struct paxos_proposal_id *id = &entry->id;
	bool noop = entry->type == PAXOS_ENTRY_NOOP;

	if (!entry->type || entry->type > PAXOS_ENTRY_CONFIG || !id->origin ||
	    entry->value.length > PAXOS_VALUE_MAX || noop != !entry->value.length)
		return false;
	/* A client proposes values; it has an id. */
	if (id->client && (entry->type != PAXOS_ENTRY_VALUE || !id->incarnation || id->nonce))
		return false;
	/* Sequences count from 1, and never get far. */
	return noop || id->sequence - 1 < 1ull << 62;
}

/*
 * Read an entry from the first of @length bytes; its value points into @data,
 * kept by @buf, of which no reference is taken.  False if it is malformed.
 */
bool paxos_entry_decode(struct paxos_entry *entry, const u8 *data, u32 length,
			struct paxos_buf *buf)
{
	struct paxos_entry_head head;
	u32 value;

	if (length < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	value = le32_to_cpu(head.length);
	if (value > length - sizeof(head) || head.client > 1)
		return false;
	*entry = (struct paxos_entry) {
		.id = {
			.incarnation = le64_to_cpu(head.incarnation),
			.nonce = le64_to_cpu(head.nonce),
			.sequence = le64_to_cpu(head.sequence),
			.origin = le16_to_cpu(head.origin),
			.client = head.client,
		},
		.value = {
			.buf = value ? buf : NULL,
			.data = value ? data + sizeof(head) : NULL,
			.length = value,
		},
		.type = head.type,
	};
	return paxos_entry_valid(entry);
}
