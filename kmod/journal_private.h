/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the journal's room, whose parts are
 *
 *	device.c	the block device and synchronous transfers
 *	super.c		superblock copies
 *	journal.c	opening, closing, and the write path
 *	replay.c	the start: from what stands on the device to a replica
 *	ahead.c		the ring as the start reads it
 *	recovery.c	what the start has found, for people
 *	archive.c	where old slots stand, and reading them back
 *	marks.c		where replay may begin: trimming
 */
#ifndef _PAXOS_JOURNAL_PRIVATE_H
#define _PAXOS_JOURNAL_PRIVATE_H

#include <linux/atomic.h>
#include <linux/completion.h>

#include "journal.h"
#include "super.h"

/* As PAXOS_RING_RESERVE, in the index of slots; at most a quarter of it. */
#define PAXOS_SLOTS_RESERVE	8192u
/* As PAXOS_RING_LOW: for the slots of a batch in flight and of one that was gathered. */
#define PAXOS_SLOTS_LOW		(2u * PAXOS_BATCH_RECORDS_MAX)

/* A batch on its way to the device, and what becomes true when it arrives. */
struct paxos_flight {
	u64 address;
	u64 sequence;
	u32 bytes;
	u32 crc;			/* of its header */
	bool holds_table;
	u64 table;			/* slot of the table that it holds */
	u32 slots;			/* entries in @slot */
	u64 slot[PAXOS_BATCH_RECORDS_MAX];	/* that it holds an entry for */
};

/* Reading old slots. */
struct paxos_archive {
	/*
	 * By slot, modulo @slots: the ring's block where the batch with the slot's
	 * newest entry begins, plus one; 0: none.  Written when that batch is durable.
	 */
	u32 *index;
	u64 slots;			/* entries of @index, a power of two */
	struct mutex trim_lock;		/* of moving @base on */
	u64 base;			/* slots base + 1 .. base + slots may have one */
	u64 highest;			/* slot with an entry, ever */

	struct mutex lock;		/* of all below: one reader at a time */
	u8 *raw;			/* PAXOS_BATCH_MAX: read ahead, for dumps in order */
	u64 raw_address;
	u32 raw_bytes;
	u8 *scratch;			/* PAXOS_BATCH_MAX: @view points into it */
	struct paxos_batch_view view;	/* .sectors 0: none */
};

/* A batch where replay may begin. */
struct paxos_mark {
	u64 sequence;			/* 0: none */
	u64 address;
	u64 before;			/* no batch before it has a slot above */
};

struct paxos_marks {
	u32 stretch;			/* bytes of ring for each mark */
	u32 count;
	u32 last;			/* stretch of the newest batch; @count: none */
	spinlock_t lock;		/* irq-safe; of what follows */
	struct paxos_mark *mark;	/* by stretch: its first batch in this round */
	struct paxos_mark table;	/* the newest TABLE batch; @before: its slot */
	struct paxos_super noted;	/* what the journal says of disks */
};

struct paxos_journal {
	struct paxos_device device;
	struct paxos_supers supers;
	struct paxos_ring ring;
	struct paxos_archive archive;
	struct paxos_marks marks;
	char *path;
	struct paxos_recovery recovery;	/* the start's until @recovered */
	bool recovered;

	/* The writer's: who calls paxos_journal_prepare(), or replay before it. */
	u64 next_sequence;		/* of the batch that is gathered; 0 before replay's end */

	/* Where the next batch goes; at rest unless @busy. */
	u64 address;
	u32 previous_crc;
	struct paxos_flight flight;
	u8 *buffer;			/* PAXOS_BATCH_MAX, page-aligned */
	struct bio bio;
	struct bio_vec vecs[PAXOS_BATCH_MAX / PAXOS_BLOCK_SIZE];

	/* For anybody, lockless. */
	bool busy;
	int error;
	u64 durable;			/* LSN */
	/* Bytes of the ring, gaps before its end included, since replay began. */
	u64 taken, freed;

	struct paxos_stats *stats;	/* where writes are counted */
	u64 submitted_us;		/* when the flight left */
	void (*wake)(void *data);
	void *wake_data;
	void (*lost)(void *data, u64 slot);
	void *lost_data;
	atomic_t users;			/* the opener, and a flight */
	struct completion unused;
};

/* Bytes from device offset @from to @to, in the order of the ring. */
static inline u64 paxos_ring_distance(const struct paxos_ring *ring, u64 from, u64 to)
{
	return to >= from ? to - from : to + ring->size - from;
}

void paxos_recovery_end(struct paxos_journal *journal, int error);

int paxos_flight_prepare(struct paxos_journal *journal, struct paxos_batch *batch,
			 const struct paxos_vow *vow);
void paxos_flight_land(struct paxos_journal *journal);

void paxos_journal_fail(struct paxos_journal *journal, int err);
u64 paxos_journal_gathering(const struct paxos_journal *journal);
u64 paxos_journal_slots(const struct paxos_journal *journal);
int paxos_journal_peek(struct paxos_journal *journal, u64 slot, struct paxos_record *record);

int paxos_marks_open(struct paxos_journal *journal);
void paxos_marks_close(struct paxos_journal *journal);
void paxos_marks_batch(struct paxos_journal *journal, u64 sequence, u64 address, u64 before);
void paxos_marks_table(struct paxos_journal *journal, u64 sequence, u64 address, u64 slot);
void paxos_marks_note(struct paxos_journal *journal, const struct paxos_record *record);

int paxos_archive_open(struct paxos_journal *journal);
void paxos_archive_close(struct paxos_journal *journal);
bool paxos_archive_reaches(const struct paxos_journal *journal, u64 slot);
void paxos_archive_note(struct paxos_journal *journal, u64 slot, u64 address);
void paxos_archive_trim(struct paxos_journal *journal, u64 through);
int paxos_archive_load(struct paxos_journal *journal, u64 address, bool again);

#endif /* _PAXOS_JOURNAL_PRIVATE_H */
