// SPDX-License-Identifier: GPL-2.0
/*
 * Entries as bytes: the same form on the wire and in the journal.
 */
#include "entry.h"

/* The fixed part alone; @out has room for a struct paxos_entry_head. */
void paxos_entry_encode_head(u8 *out, const struct paxos_entry *entry)
{
	struct paxos_entry_head head = {
		.type = entry->type,
		.origin = cpu_to_le16(entry->id.origin),
		.length = cpu_to_le32(entry->value.length),
		.incarnation = cpu_to_le64(entry->id.incarnation),
		.nonce = cpu_to_le64(entry->id.nonce),
		.sequence = cpu_to_le64(entry->id.sequence),
	};

	memcpy(out, &head, sizeof(head));
}

/* @out has room for paxos_entry_size() bytes. */
void paxos_entry_encode(u8 *out, const struct paxos_entry *entry)
{
	paxos_entry_encode_head(out, entry);
	if (entry->value.length)
		memcpy(out + sizeof(struct paxos_entry_head), entry->value.data,
		       entry->value.length);
}

/*
 * Read an entry from the first of @length bytes; its value points into @data,
 * kept by @buf, of which no reference is taken.  False if it is malformed.
 */
bool paxos_entry_decode(struct paxos_entry *entry, const u8 *data, u32 length,
			struct paxos_buf *buf)
{
	struct paxos_entry_head head;
	bool is_value;
	u32 value;

	if (length < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	value = le32_to_cpu(head.length);
	if (value > PAXOS_VALUE_MAX || value > length - sizeof(head))
		return false;
	if (head.type != PAXOS_ENTRY_NOOP && head.type != PAXOS_ENTRY_VALUE)
		return false;
	/* A value has bytes and an origin; a no-op has no bytes. */
	is_value = head.type == PAXOS_ENTRY_VALUE;
	if (is_value != !!value)
		return false;
	if (!head.origin)
		return false;
	/* Sequences count from 1, and never get far. */
	if (value && le64_to_cpu(head.sequence) - 1 >= 1ull << 62)
		return false;
	*entry = (struct paxos_entry) {
		.id = {
			.incarnation = le64_to_cpu(head.incarnation),
			.nonce = le64_to_cpu(head.nonce),
			.sequence = le64_to_cpu(head.sequence),
			.origin = le16_to_cpu(head.origin),
		},
		.value = {
			.buf = value ? buf : NULL,
			.data = value ? data + sizeof(head) : NULL,
			.length = value,
		},
		.type = head.type,
	};
	return true;
}
