/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Journal: the reserved block device of one group.  Superblock, ring, group
 * commit with one write in flight, replay, and reads of old slots.
 */
#ifndef _PAXOS_JOURNAL_H
#define _PAXOS_JOURNAL_H

#include "core/restore.h"

struct netlink_ext_ack;
struct paxos_journal;
struct paxos_log;
struct paxos_stats;

/* What a start has found on the disk. */
struct paxos_recovery {
	u64 batches;
	u64 records;
	u64 slots;			/* above the trim point, through the highest recorded */
	u64 bytes;			/* of the ring, from the first batch to the last */
	u64 torn;			/* sequence of the torn batch that was dropped; 0: none */
	u64 damaged;			/* slots whose value is lost (rule 9) */
	u64 first_damaged;		/* of them; 0: none is */
	u64 took_us;
	const char *lost;		/* why the node has forgotten (rule 7); NULL: it has not */
	int error;			/* why the start failed; 0: it did not */
};

/*
 * Take the block device that the current task has open as @fd, and that users
 * call @path, and read its superblocks.  On error the extack says why and what
 * to do.  Process context; waits for the device's reads only.
 */
struct paxos_journal *paxos_journal_open(int fd, const char *path, struct netlink_ext_ack *extack);

/*
 * Wait for what is in flight and give the device back: the claim is gone on
 * return (in a user's task: on return from its system call).
 */
void paxos_journal_close(struct paxos_journal *journal);

/* The superblock that counts. */
const struct paxos_super *paxos_journal_super(const struct paxos_journal *journal);

/*
 * Begin a new incarnation: durable in all four superblock copies on return.
 * The number is in paxos_journal_super()->incarnation then.
 */
int paxos_journal_begin(struct paxos_journal *journal, u64 nonce);

/*
 * Replay the ring into @replica and @log, then write what the last batch held
 * once more with PREFLUSH|FUA.  On return all that was read is durable and
 * @batch is started with the next sequence.  -EUCLEAN: the node has forgotten
 * (the superblock says so already, durably); *why says what was found.
 * *@progress runs from 0 to 100; *@stop ends the replay early with -EINTR.
 * After any error the journal must not be written; slots that were delivered
 * until then can be read.
 */
int paxos_journal_replay(struct paxos_journal *journal, struct paxos_replica *replica,
			 struct paxos_effects *fx, struct paxos_log *log, u8 *progress,
			 const bool *stop, const char **why);

/* What it has found, for anybody; NULL while it is under way. */
const struct paxos_recovery *paxos_journal_recovery(const struct paxos_journal *journal);

/* Count writes in @stats from now on: once, before the first. */
void paxos_journal_count(struct paxos_journal *journal, struct paxos_stats *stats);

/* Called when a write has ended, from any context: must only wake somebody. */
void paxos_journal_on_end(struct paxos_journal *journal, void (*wake)(void *), void *data);

/*
 * Write @batch: one bio, FUA.  Not while busy.  The batch is encoded in prepare,
 * under the engine's lock, and started anew with the next sequence; if that says
 * true, submit must follow, without the lock.  Process context; neither waits for
 * the write's end.
 */
bool paxos_journal_prepare(struct paxos_journal *journal, struct paxos_batch *batch,
			   const struct paxos_vow *vow);
void paxos_journal_submit(struct paxos_journal *journal);

bool paxos_journal_busy(const struct paxos_journal *journal);	/* a write is in flight */
u64 paxos_journal_waits_us(const struct paxos_journal *journal, u64 now_us);
int paxos_journal_error(const struct paxos_journal *journal);	/* of a write: final */
u64 paxos_journal_durable(const struct paxos_journal *journal);	/* LSN */
bool paxos_journal_filling(const struct paxos_journal *journal);	/* propose no more */
bool paxos_journal_full(const struct paxos_journal *journal);	/* for new values */
bool paxos_journal_low(const struct paxos_journal *journal);	/* for all but a trim */
u64 paxos_journal_size(const struct paxos_journal *journal);	/* bytes of the ring */
u64 paxos_journal_used(const struct paxos_journal *journal);
u64 paxos_journal_trimmed(const struct paxos_journal *journal);	/* slots through it are gone */
const char *paxos_journal_device(const struct paxos_journal *journal);

/*
 * What finds the value of a slot lost says so (rule 9): the engine brings
 * PAXOS_EVENT_REPAIR to the core.  Process context, several at once, perhaps again
 * and again for one slot: it must only take note and wake somebody.
 */
void paxos_journal_on_lost(struct paxos_journal *journal, void (*lost)(void *, u64), void *data);

/*
 * Read the newest record of @slot from the device into a new buffer: the
 * record's value points into it and holds its only reference.  Sleeps.
 * -EUCLEAN: it is damaged; with record->faulty all but the value is there.
 */
int paxos_journal_read(struct paxos_journal *journal, u64 slot, struct paxos_record *record);

/*
 * Rule 7: PAXOS_SUPER_FORGOTTEN is durable in all superblock copies on return of 0.
 * The table at @slot is durable in the ring (effects.h, trimmed): the superblock
 * says so, and what only older slots needed is free.  Both sleep, are called by one
 * thread at a time (chores.c), never while the group starts, and while the engine
 * writes batches.
 */
int paxos_journal_forget(struct paxos_journal *journal);
int paxos_journal_trim(struct paxos_journal *journal, u64 slot);

/*
 * Is a trim to @slot worth the room that its table takes?  With the journal low, those
 * that are not would make it impossible to trim at all.  For the engine, while no trim
 * is under way.
 */
bool paxos_journal_worth(struct paxos_journal *journal, u64 slot);

#endif /* _PAXOS_JOURNAL_H */
