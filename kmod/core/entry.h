/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries: what a slot holds.  A value, or a no-op, with the id of the proposal
 * that it came from (rule 8).
 */
#ifndef _PAXOS_CORE_ENTRY_H
#define _PAXOS_CORE_ENTRY_H

#include "port.h"

#include "../../include/paxos/disk.h"
#include "../../include/uapi/linux/paxos.h"

/* Nobody gets to such slots by counting; above it, sums of slots might wrap. */
#define PAXOS_SLOT_LIMIT	0x4000000000000000ull

/*
 * A value: bytes inside a buffer of the shell's.  Who stores one in a structure
 * of its own takes a reference to the buffer.
 */
struct paxos_value {
	struct paxos_buf *buf;
	const u8 *data;
	u32 length;
};

/*
 * Who proposed it: a start of a node (count and random number), and a sequence; or
 * a client, which may come through any node.
 */
struct paxos_proposal_id {
	u64 incarnation;		/* or the client's id, not 0 */
	u64 nonce;			/* client: 0 */
	u64 sequence;			/* from 1 */
	u16 origin;			/* node that it came through */
	bool client;
};

struct paxos_entry {
	struct paxos_proposal_id id;
	struct paxos_value value;
	u8 type;			/* enum paxos_entry_type; 0: no entry */
};

static inline bool paxos_id_equal(const struct paxos_proposal_id *a,
				  const struct paxos_proposal_id *b)
{
	return a->client == b->client && (a->client || a->origin == b->origin) &&
	       a->incarnation == b->incarnation &&
	       a->nonce == b->nonce && a->sequence == b->sequence;
}

/* Rule 3: is this the very same entry?  One whose value is lost has no data (rule 9). */
static inline bool paxos_entry_equal(const struct paxos_entry *a, const struct paxos_entry *b)
{
	return a->type == b->type && paxos_id_equal(&a->id, &b->id) &&
	       a->id.origin == b->id.origin &&
	       a->value.length == b->value.length &&
	       (!a->value.data || !b->value.data ||
		!memcmp(a->value.data, b->value.data, a->value.length));
}

/* Replace what @to holds by @from, moving the references along. */
static inline void paxos_entry_assign(struct paxos_entry *to, const struct paxos_entry *from)
{
	struct paxos_buf *old = to->value.buf;

	if (from->value.buf)
		paxos_buf_get(from->value.buf);
	*to = *from;
	if (old)
		paxos_buf_put(old);
}

static inline void paxos_entry_clear(struct paxos_entry *entry)
{
	static const struct paxos_entry none;

	paxos_entry_assign(entry, &none);
}

/* Bytes that an entry takes on the wire. */
static inline u32 paxos_entry_size(const struct paxos_entry *entry)
{
	return sizeof(struct paxos_entry_head) + entry->value.length;
}

bool paxos_entry_valid(const struct paxos_entry *entry);
void paxos_entry_encode(u8 *out, const struct paxos_entry *entry);
bool paxos_entry_decode(struct paxos_entry *entry, const u8 *data, u32 length,
			struct paxos_buf *buf);

#endif /* _PAXOS_CORE_ENTRY_H */
