/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flips: single bits of a used device flip, one at a time, and a node starts on it.
 *
 *	flips_image.c	the device, made with the core's encoder, and what was written
 *	flips_start.c	a start on it, by the core's code alone
 *	flips.c		what is flipped, and what must come of it
 */
#ifndef _FLIPS_H
#define _FLIPS_H

#include "../../userspace/port/port.h"
#include "../../kmod/core/state.h"
#include "../../kmod/core/restore.h"

#define FLIPS_SLACK	(64u << 10)	/* bytes after the ring that nobody uses */
#define FLIPS_DEVICE	(PAXOS_RING_OFFSET + PAXOS_RING_MIN + FLIPS_SLACK + PAXOS_RING_TAIL)
#define FLIPS_NODE	3u		/* whose device it is */
#define FLIPS_BATCHES_MAX 1024u
#define FLIPS_RECORDS_MAX 8192u
#define FLIPS_SLOTS_MAX	4096u

/* A batch as it was written. */
struct written {
	u64 sequence, address;
	u32 sectors, header_sectors, payload;
	u32 first, records;		/* in image.record */
};

/* What the node holds of a slot, by all that it wrote. */
struct holding {
	struct paxos_entry entry;	/* the newest; its value is in image.pool */
	u64 ballot;			/* accepted at; 0: learnt only */
	u8 delivered_as;		/* enum paxos_entry_type; 0: it is not delivered */
};

/*
 * A superblock that the node wrote, and what a start from it leads to.  There are
 * two, of two trims: while the second replaces the first, either may count.
 */
struct version {
	struct paxos_super super;
	u32 first;			/* batch that replay begins with */
	u64 trim;			/* slots after it are delivered by the start */
	u64 promised;			/* after the start */
};

enum { OLD, NEW, VERSIONS };

struct image {
	u8 *bytes;			/* FLIPS_DEVICE */
	struct paxos_ring ring;
	struct version version[VERSIONS];
	struct paxos_vow vow;		/* of the last batch */
	u64 address;			/* where the next batch goes */
	u64 sequence;			/* of the next batch */
	u32 previous_crc;
	u32 batches, records;
	struct written batch[FLIPS_BATCHES_MAX];
	struct paxos_record record[FLIPS_RECORDS_MAX];	/* with offsets, as laid out */
	u64 top;			/* the highest slot accepted or learnt */
	u64 commit;			/* as far as the node knows, when it is gone */
	u64 delivered;			/* as far as the journal says */
	struct holding slot[FLIPS_SLOTS_MAX];
	struct paxos_table table;	/* at @delivered */
	u8 *pool;			/* what values are made of */
};

struct image *image_make(void);
void image_free(struct image *image);
void image_put_super(struct image *image, u32 copy, u32 version);
u32 image_next_batch(struct image *image, u8 *out);
void random_seed(u64 seed);
u64 random_below(u64 bound);

enum outcome {
	OUTCOME_STARTS,
	OUTCOME_FORGOTTEN,
	OUTCOME_REFUSED,
	OUTCOMES
};

struct start {
	enum outcome outcome;
	char why[100];			/* "" if it starts */
	u32 stale;			/* superblock copies to be written again */
	bool torn;			/* a torn batch was dropped */
	u32 batches;			/* that were read */
	u64 delivered;			/* the slot delivered last */
	bool lost[FLIPS_SLOTS_MAX];	/* delivered without its value */
	const char *wrong;		/* what was delivered that was never written */
	struct paxos_replica *replica;	/* until start_end() */
};

void start_on(struct image *image, struct start *start);
void start_end(struct start *start);

#endif /* _FLIPS_H */
