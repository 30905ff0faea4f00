/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log: what was delivered, for readers.  Readers never touch the replica: they
 * see the newest slots in memory and older ones on the device.
 */
#ifndef _PAXOS_LOG_H
#define _PAXOS_LOG_H

#include "core/effects.h"

struct paxos_journal;
struct paxos_log;
struct paxos_table;

/* Delivered slots kept in memory, more while the journal lags; a power of two. */
#define PAXOS_LOG_MEMORY	1024u

struct paxos_log *paxos_log_new(struct paxos_journal *journal);
void paxos_log_free(struct paxos_log *log);

/*
 * The engine, in slot order: @chosen was delivered.  Or its value, which was lost
 * when it was delivered, has been repaired (rule 9).
 */
void paxos_log_deliver(struct paxos_log *log, const struct paxos_chosen *chosen);

/* The engine: a snapshot takes the place of all through @through (effects.h, skipped). */
void paxos_log_skip(struct paxos_log *log, u64 through);

u64 paxos_log_first(const struct paxos_log *log);	/* first retained slot */
u64 paxos_log_delivered(const struct paxos_log *log);	/* 0: none */

/*
 * Slot @slot, between first and delivered: from memory, else (if @may_sleep)
 * from the device; -EAGAIN if it would have to sleep; -EUCLEAN if its value is
 * lost here (rule 9: it is being repaired from peers).  On success @chosen's
 * entry holds a reference to its buffer (if any) that the caller puts.
 */
int paxos_log_read(struct paxos_log *log, u64 slot, bool may_sleep, struct paxos_chosen *chosen);

/*
 * Bring @table from its slot to slot @to, which is delivered.  Sleeps.  -EINTR: *@stop
 * was set; -ENOENT: a slot was trimmed meanwhile.  A slot whose value is lost is applied
 * all the same.
 */
int paxos_log_table(struct paxos_log *log, struct paxos_table *table, u64 to, const bool *stop);

#endif /* _PAXOS_LOG_H */
