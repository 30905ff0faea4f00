// SPDX-License-Identifier: GPL-2.0
/*
 * Chores: see chores.h.  Two work items of a group: one makes tables, which may
 * take as long as reading the log does, the other writes superblocks, at once.
 *
 * What goes to a work item and comes back is the engine's while idle and when
 * done, the work item's while asked.
 *
 * Besides, what readers of the log find out is kept here until the engine has time.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "chores.h"
#include "engine.h"
#include "group.h"
#include "journal.h"
#include "log.h"

static struct paxos_group *group_of(struct paxos_chores *chores)
{
	return container_of(chores, struct paxos_group, chores);
}

static void table_work(struct work_struct *work)
{
	struct paxos_chores *chores = container_of(work, struct paxos_chores, table_work);
	struct paxos_group *group = group_of(chores);
	unsigned int noio = memalloc_noio_save();

	chores->table_error = paxos_log_table(group->log, chores->table, chores->table_slot,
					      &group->stop);
	/* Pairs with paxos_chores_table(). */
	smp_store_release(&chores->tabling, PAXOS_CHORE_DONE);
	paxos_engine_wake(group);
	memalloc_noio_restore(noio);
}

/* The node has forgotten: that goes to the superblock before all else (rule 7). */
static void write_forgotten(struct paxos_chores *chores)
{
	struct paxos_group *group = group_of(chores);

	chores->forget_error = paxos_journal_forget(group->journal);
	if (chores->forget_error)
		pr_err("group %s: cannot write that this node has forgotten: error %d; it stays silent\n",
		       group->name, -chores->forget_error);
	/* Pairs with paxos_chores_hold(). */
	smp_store_release(&chores->forgetting, PAXOS_CHORE_DONE);
	paxos_engine_wake(group);
}

static void super_work(struct work_struct *work)
{
	struct paxos_chores *chores = container_of(work, struct paxos_chores, super_work);
	struct paxos_group *group = group_of(chores);
	unsigned int noio = memalloc_noio_save();
	u64 trimmed;
	int err;

	/* Pairs with paxos_chores_forget(). */
	if (smp_load_acquire(&chores->forgetting) == PAXOS_CHORE_ASKED)
		write_forgotten(chores);
	trimmed = xchg(&chores->trimmed, 0);
	if (trimmed) {
		err = paxos_journal_trim(group->journal, trimmed);
		if (err)
			pr_err("group %s: cannot write the trim point %llu: error %d\n",
			       group->name, trimmed, -err);
		/* There may be room now. */
		paxos_engine_wake(group);
	}
	memalloc_noio_restore(noio);
}

/* What finds no room here will be found again. */
static void keep_lost(struct paxos_chores *chores, u64 slot)
{
	u32 i;

	spin_lock(&chores->lock);
	for (i = 0; i < chores->losses && chores->lost[i] != slot; i++)
		;
	if (i == chores->losses && i < PAXOS_LOST_MAX)
		chores->lost[chores->losses++] = slot;
	spin_unlock(&chores->lock);
}

/* A reader found that the value of @slot is lost (rule 9).  Process context. */
static void note_lost(void *data, u64 slot)
{
	struct paxos_group *group = data;

	keep_lost(&group->chores, slot);
	paxos_engine_wake(group);
}

/* From now on hear of lost values. */
void paxos_chores_attach(struct paxos_group *group)
{
	paxos_journal_on_lost(group->journal, note_lost, group);
}

/* The engine: tell the core of values that were found lost. */
void paxos_chores_tell_lost(struct paxos_group *group)
{
	struct paxos_chores *chores = &group->chores;
	struct paxos_event event = { .type = PAXOS_EVENT_REPAIR };

	lockdep_assert_held(&group->lock);
	while (READ_ONCE(chores->losses)) {
		spin_lock(&chores->lock);
		event.slot = chores->lost[--chores->losses];
		spin_unlock(&chores->lock);
		if (!paxos_engine_step(group, &event)) {
			keep_lost(chores, event.slot);
			return;
		}
	}
}

int paxos_chores_init(struct paxos_chores *chores)
{
	spin_lock_init(&chores->lock);
	INIT_WORK(&chores->table_work, table_work);
	INIT_WORK(&chores->super_work, super_work);
	chores->table = kvzalloc(sizeof(*chores->table), GFP_KERNEL);
	return chores->table ? 0 : -ENOMEM;
}

void paxos_chores_exit(struct paxos_chores *chores)
{
	kvfree(chores->table);
}

/* The engine's thread has ended, and group->stop is set: so do these. */
void paxos_chores_stop(struct paxos_chores *chores)
{
	cancel_work_sync(&chores->table_work);
	/* What has been forgotten must be written (rule 7). */
	flush_work(&chores->super_work);
}

/*
 * The table at @slot, which is durable here: NULL while it is being made, which
 * begins with the first call.  Or an error pointer.
 */
const struct paxos_table *paxos_chores_table(struct paxos_group *group, u64 slot)
{
	struct paxos_chores *chores = &group->chores;
	int err;

	lockdep_assert_held(&group->lock);
	/* Pairs with table_work(). */
	switch (smp_load_acquire(&chores->tabling)) {
	case PAXOS_CHORE_ASKED:
		return NULL;
	case PAXOS_CHORE_DONE:
		if (chores->table_slot != slot)
			break;
		err = chores->table_error;
		if (!err)
			return chores->table;
		chores->tabling = PAXOS_CHORE_IDLE;
		return ERR_PTR(err);
	default:
		break;
	}
	memcpy(chores->table, paxos_replica_base(group->replica), sizeof(*chores->table));
	chores->table_slot = slot;
	chores->tabling = PAXOS_CHORE_ASKED;
	queue_work(paxos_chores_workqueue, &chores->table_work);
	return NULL;
}

/* The core has taken the table. */
void paxos_chores_table_done(struct paxos_group *group)
{
	group->chores.tabling = PAXOS_CHORE_IDLE;
}

/* The core says that this node has forgotten. */
void paxos_chores_forget(struct paxos_group *group)
{
	struct paxos_chores *chores = &group->chores;

	lockdep_assert_held(&group->lock);
	if (chores->forgetting != PAXOS_CHORE_IDLE)
		return;
	/* Pairs with super_work(). */
	smp_store_release(&chores->forgetting, PAXOS_CHORE_ASKED);
	queue_work(paxos_chores_workqueue, &chores->super_work);
}

/* The core says that the table at @slot is durable: older slots may go. */
void paxos_chores_trimmed(struct paxos_group *group, u64 slot)
{
	lockdep_assert_held(&group->lock);
	xchg(&group->chores.trimmed, slot);
	queue_work(paxos_chores_workqueue, &group->chores.super_work);
}
