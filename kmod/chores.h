/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Chores: what a group does now and then that waits for the disk, in work items:
 * tables at new trim points, and superblocks.  And what readers of the disk found
 * out, for the engine.
 */
#ifndef _PAXOS_CHORES_H
#define _PAXOS_CHORES_H

#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "core/effects.h"

struct paxos_group;

#define PAXOS_LOST_MAX		64u

enum paxos_chore {
	PAXOS_CHORE_IDLE,
	PAXOS_CHORE_ASKED,		/* the work item has it */
	PAXOS_CHORE_DONE,		/* the engine has it again */
};

struct paxos_chores {
	struct work_struct table_work;
	struct work_struct super_work;

	/* The engine's, but the table and its error while asked. */
	enum paxos_chore tabling;
	u64 table_slot;
	struct paxos_table *table;
	int table_error;

	/* From the engine to the work item and back. */
	enum paxos_chore forgetting;	/* rule 7; final */
	int forget_error;		/* valid when done */
	u64 trimmed;			/* to be written; 0: nothing */

	spinlock_t lock;		/* of what follows; process context */
	u32 losses;
	u64 lost[PAXOS_LOST_MAX];	/* slots whose value a reader found lost */
};

int paxos_chores_init(struct paxos_chores *chores);
void paxos_chores_exit(struct paxos_chores *chores);
void paxos_chores_stop(struct paxos_chores *chores);

void paxos_chores_attach(struct paxos_group *group);

/* The engine. */
void paxos_chores_tell_lost(struct paxos_group *group);
const struct paxos_table *paxos_chores_table(struct paxos_group *group, u64 slot);
void paxos_chores_table_done(struct paxos_group *group);
void paxos_chores_forget(struct paxos_group *group);
void paxos_chores_trimmed(struct paxos_group *group, u64 slot);

/*
 * Rule 7: is this node about to write down that it has forgotten, or did that fail?
 * Until then it says nothing, and writes nothing else.
 */
static inline bool paxos_chores_hold(const struct paxos_chores *chores)
{
	/* Pairs with super_work(). */
	switch (smp_load_acquire(&chores->forgetting)) {
	case PAXOS_CHORE_IDLE:
		return false;
	case PAXOS_CHORE_ASKED:
		return true;
	default:
		return chores->forget_error;
	}
}

#endif /* _PAXOS_CHORES_H */
