/* SPDX-License-Identifier: GPL-2.0 */
/* What inspect finds on a device; who finds it, and who shows it. */
#ifndef PAXOSCTL_INSPECT_H
#define PAXOSCTL_INSPECT_H

#include "core.h"
#include "image.h"
#include "output.h"

#define DAMAGES_MAX	64	/* places that are listed; more are counted */
#define FAULTS_MAX	1024	/* slots that are listed */
#define MAP_COLUMNS	64
#define MAP_CELLS	(8 * MAP_COLUMNS)

/* What a start of the node would come to. */
enum outcome {
	OUTCOME_OK,
	OUTCOME_REPAIR,			/* it votes on, and repairs lost values from peers */
	OUTCOME_FORGOTTEN,		/* rule 7 */
	OUTCOME_SUSPENDED,		/* it cannot run */
	OUTCOME_REFUSED,		/* the group cannot be added */
};

enum copy_status {
	COPY_COUNTS,
	COPY_SAME,
	COPY_OLDER,			/* a start writes it again */
	COPY_DIFFERS,			/* the same sequence, other contents */
	COPY_INVALID,
};

/* What is worst in a part of the ring, ascending. */
enum cell {
	CELL_FREE,			/* never written */
	CELL_OLD,			/* of batches that are not needed any more */
	CELL_LIVE,			/* of batches that a start reads */
	CELL_TORN,			/* of a write that was torn */
	CELL_BEYOND,			/* of batches that a start does not get to */
	CELL_DAMAGED,
};

struct damage {
	uint64_t offset, bytes;		/* on the device */
	uint64_t batch;			/* sequence; 0: of none */
	char what[112];
};

/* A slot of which a value was found lost (rule 9). */
struct fault {
	uint64_t slot, ballot, batch;	/* of the newest such record */
	bool repaired;			/* another record has it, or it is trimmed */
};

struct inspection {
	struct image image;

	struct paxos_super copy[PAXOS_SUPER_COPIES];
	enum copy_status status[PAXOS_SUPER_COPIES];
	const struct paxos_super *super;	/* that counts, or may be looked at; NULL */
	bool good;			/* it counts */
	struct paxos_super now;		/* with what the journal says of disks: as a start has it */
	struct paxos_ring ring;

	uint64_t batches, bytes;	/* of the journal, gaps included */
	uint64_t records[PAXOS_RECORD_TABLE + 1];	/* by enum paxos_record_type */
	uint64_t slot_first, slot_last;	/* with an entry; 0: none */
	uint64_t accepted, learned, chosen;	/* newest slot of such a record */
	uint64_t delivered, trim;
	struct paxos_vow vow;
	uint64_t next, end;		/* where the journal ends: batch, and device offset */
	enum paxos_replay_result tail;

	uint64_t faulty;		/* records whose value is lost, as the kernel counts */
	unsigned int faults;
	struct fault fault[FAULTS_MAX];
	uint64_t faults_more, lost;	/* lost: slots that are not repaired */

	unsigned int damages;
	struct damage damage[DAMAGES_MAX];
	uint64_t damages_more;

	uint64_t cell_bytes;
	unsigned int cells;
	unsigned char cell[MAP_CELLS];	/* enum cell */
	unsigned char *live;		/* a bit for each block of the ring: of a batch */

	enum outcome outcome;
	char reason[160];		/* why not ok */
};

/* Bytes from device offset @from to @to, in the order of the ring. */
static inline uint64_t ring_distance(const struct paxos_ring *ring, uint64_t from, uint64_t to)
{
	return to >= from ? to - from : to + ring->size - from;
}

/* inspect.c: takes note of damage; next to what was noted last, it is the same. */
void inspect_damage(struct inspection *seen, uint64_t offset, uint64_t bytes, uint64_t batch,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));
void inspect_outcome(struct inspection *seen, enum outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* inspect_super.c: reads the copies; an exit status, if it is no device of ours. */
int inspect_super(struct inspection *seen);

/* inspect_journal.c: what a start would read, and make of it. */
typedef void inspect_record_fn(const struct paxos_batch_view *view,
			       const struct paxos_record *record);
void inspect_journal(struct inspection *seen, inspect_record_fn *show);

/* inspect_map.c: all of the ring, sector by sector. */
void inspect_ring(struct inspection *seen);

/* inspect_words.c */
const char *word_record(unsigned int type);
const char *word_entry(unsigned int type);
const char *word_copy(enum copy_status status);
const char *word_outcome(enum outcome outcome);
const char *word_tail(const struct inspection *seen);
const char *word_super_state(unsigned int state);
char cell_letter(unsigned int cell);

/* inspect_text.c, inspect_json.c */
void inspect_print(const struct inspection *seen);
json_t *inspect_json(const struct inspection *seen);
void record_print(const struct paxos_batch_view *view, const struct paxos_record *record);
void record_json(const struct paxos_batch_view *view, const struct paxos_record *record);

#endif
