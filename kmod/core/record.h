/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: the journal's batches, gathered, encoded and read back.
 * Pure; who owns the device moves the bytes.
 */
#ifndef _PAXOS_CORE_RECORD_H
#define _PAXOS_CORE_RECORD_H

#include "table.h"

/* Two largest batches: how far beyond the last whole batch replay looks. */
#define PAXOS_REPLAY_WINDOW	(2 * PAXOS_BATCH_MAX)	/* bytes */

/*
 * Room in the ring that new values leave alone: for promises, a new ballot's no-op and
 * windows of re-accepts.  At most a quarter of the ring.
 */
#define PAXOS_RING_RESERVE	(4u << 20)	/* bytes */

/* So much before that nothing new is proposed: what is open then still fits everywhere. */
#define PAXOS_RING_MARGIN	(2u << 20)

/*
 * The last of it is for a trim: with less, a node promises and accepts nothing more,
 * so that a table always fits, and room comes back.  The five are a batch in flight and
 * one that was gathered when this mark was passed, a gap before the ring's end, the
 * table's own, and one for what is written once in a node's life (PEER, CONFIRMED).
 */
#define PAXOS_RING_LOW		(5u * PAXOS_BATCH_MAX)
/*
 * So much behind the table at the trim point, none of it of a slot, is worth writing it
 * once more: half of that at least comes back.
 */
#define PAXOS_RING_IDLE		(2u * PAXOS_TABLE_SIZE_MAX)
/* With so little left, a trim that makes less room than that is not worth its table. */
#define PAXOS_RING_WORTH	(2u * PAXOS_BATCH_MAX)

struct paxos_record {
	u16 type;			/* enum paxos_record_type */
	u64 slot;			/* PEER: node */
	u64 ballot;
	struct paxos_entry entry;	/* ACCEPTED, LEARNED; TABLE: .value; PEER: .id */
	bool faulty;			/* read back: the entry's value is lost (rule 9) */
	u8 disk[16];			/* PEER */
	u32 offset, length, crc;	/* of its payload; the batch's own */
};

/* What a batch's header says of the node as a whole. */
struct paxos_vow {
	u64 promised;			/* highest ballot promised */
	u64 ballot_used;		/* highest ballot campaigned with */
	u64 trim;
	u64 incarnation;
};

/*
 * Batch that is being gathered.  @sequence is the LSN of all its records.
 * @urgent: somebody waits for it; write it as soon as the device is free.
 */
struct paxos_batch {
	u64 sequence;
	bool urgent;
	u32 records;
	u32 bytes;			/* of payload */
	struct paxos_record record[PAXOS_BATCH_RECORDS_MAX];
};

/* Whose ring it is, and where; the same for every batch of one device. */
struct paxos_ring {
	u8 cluster[16];
	u16 node;
	u32 disk_tag;
	u64 offset;			/* device offset of the ring, bytes */
	u64 size;			/* bytes */
};

/* What a sector's stamp says, to who looks for batch @sequence at @address. */
enum paxos_stamp {
	PAXOS_STAMP_OURS,		/* of this batch */
	PAXOS_STAMP_OLDER,		/* of one before it, or blank */
	PAXOS_STAMP_LATER,		/* of one after it */
	PAXOS_STAMP_ELSEWHERE,		/* of this disk, but not of this place: misdirected */
	PAXOS_STAMP_INVALID,		/* rotten, or another disk's */
};

/* A batch read back: what its header says, and its records. */
struct paxos_batch_view {
	u64 sequence;
	u64 address;
	u32 sectors;
	u32 crc;			/* of the header: the next batch names it */
	u32 records;
	struct paxos_vow vow;
	u32 faulty;			/* records whose value is lost */
	const char *damage;		/* what else is (rule 7); NULL: nothing */
	u64 misdirected;		/* highest sequence of a sector from elsewhere */
	u64 lost[PAXOS_BATCH_RECORDS_MAX / 64];	/* records whose payload is damaged */
	const struct paxos_record_tag *tags;
	const u8 *payload;
	u32 payload_bytes;
};

enum paxos_replay_result {
	PAXOS_REPLAY_BATCH,		/* a batch, values perhaps damaged: the view is valid */
	PAXOS_REPLAY_END,		/* the journal ends here */
	PAXOS_REPLAY_TORN,		/* it ends here; a torn write was dropped */
	PAXOS_REPLAY_DAMAGED,		/* something acknowledged is lost: rule 7 */
};

/* Where replay stands. */
struct paxos_replay {
	const struct paxos_ring *ring;
	u64 sequence;			/* of the batch expected next */
	u64 offset;			/* device offset where it must stand */
	u64 start;			/* device offset of the first one */
	u32 previous_crc;		/* header crc of the batch before; 0: unknown */
	bool first;			/* none was read yet */
	u64 misdirected;		/* highest sequence of a sector found elsewhere */
	const char *damage;		/* what is wrong, with PAXOS_REPLAY_DAMAGED */
};

void paxos_batch_start(struct paxos_batch *batch, u64 sequence);
void paxos_batch_drop(struct paxos_batch *batch);
bool paxos_batch_has_room(const struct paxos_batch *batch, u32 records, u32 bytes);
void paxos_batch_append(struct paxos_batch *batch, const struct paxos_record *record);
u32 paxos_batch_encode(struct paxos_batch *batch, const struct paxos_ring *ring,
		       const struct paxos_vow *vow, u64 address, u32 previous_crc, u8 *out,
		       u32 *crc);

void paxos_sector_stamp(struct paxos_sector *sector, const struct paxos_ring *ring, u64 sequence,
			u64 address);
enum paxos_stamp paxos_sector_check(const struct paxos_sector *sector,
				    const struct paxos_ring *ring, u64 sequence, u64 address);

bool paxos_ring_filling(const struct paxos_ring *ring, u64 used);
bool paxos_ring_full(const struct paxos_ring *ring, u64 used);
bool paxos_ring_low(const struct paxos_ring *ring, u64 used);
u64 paxos_ring_place(const struct paxos_ring *ring, u64 offset);

void paxos_replay_start(struct paxos_replay *replay, const struct paxos_ring *ring, u64 offset,
			u64 sequence);
u64 paxos_replay_address(const struct paxos_replay *replay, u32 sector);
enum paxos_replay_result paxos_replay_next(struct paxos_replay *replay, const u8 *window,
					   u8 *scratch, struct paxos_batch_view *view);
bool paxos_batch_parse(const struct paxos_ring *ring, const u8 *sectors, u32 length, u64 address,
		       u8 *scratch, struct paxos_batch_view *view);
bool paxos_batch_record(const struct paxos_batch_view *view, u32 index, struct paxos_buf *buf,
			struct paxos_record *record);

#endif /* _PAXOS_CORE_RECORD_H */
