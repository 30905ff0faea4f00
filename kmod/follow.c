// SPDX-License-Identifier: GPL-2.0
/*
 * Learners in the kernel: include/linux/paxos.h.
 *
 * Each learner is a work item, woken when something was delivered, that reads the
 * log from where it stands and hands out slot after slot, with no lock held.
 * The log is held for each read only: whoever ends the group waits for that, and
 * for no learner; the learner then finds it gone.
 */
#include <linux/export.h>
#include <linux/sched.h>

#include "../include/linux/paxos.h"
#include "follow.h"
#include "group.h"
#include "log.h"

#define BURST		64u		/* slots of one run of a learner */
#define AGAIN		(HZ / 20)	/* when a slot that was not taken is offered again */

static void learn_work(struct work_struct *work);

void paxos_followers_init(struct paxos_followers *followers)
{
	spin_lock_init(&followers->lock);
	INIT_LIST_HEAD(&followers->learners);
}

static void wake(struct paxos_learner *learner)
{
	mod_delayed_work(paxos_workqueue, &learner->work, 0);
}

/* Slots were delivered.  Process context. */
void paxos_followers_wake(struct paxos_group *group)
{
	struct paxos_followers *followers = &group->followers;
	struct paxos_learner *learner;

	spin_lock(&followers->lock);
	list_for_each_entry(learner, &followers->learners, node)
		wake(learner);
	spin_unlock(&followers->lock);
}

/* The log is gone: learners find out, and no new ones come. */
void paxos_followers_close(struct paxos_group *group)
{
	spin_lock(&group->followers.lock);
	group->followers.closed = true;
	spin_unlock(&group->followers.lock);
	paxos_followers_wake(group);
}

/* Read slot @next: 0, -ENODATA: not delivered yet, -ESTALE: trimmed, *@first is the oldest. */
static int read_next(struct paxos_learner *learner, struct paxos_chosen *chosen, u64 *first)
{
	struct paxos_group *group = learner->group;
	int err;

	down_read(&group->readers);
	if (group->gone) {
		err = -ESHUTDOWN;
		goto unlock;
	}
	err = -ENODATA;
	*first = paxos_log_first(group->log);
	if (READ_ONCE(group->page.phase) == PAXOS_PHASE_STARTING ||
	    (learner->next > paxos_log_delivered(group->log) && learner->next >= *first))
		goto unlock;
	err = paxos_log_read(group->log, learner->next, true, chosen);
	*first = paxos_log_first(group->log);
	if (err == -ENOENT)
		err = -ESTALE;
	/* Lost here, and being fetched from peers (rule 9); or there is no memory now. */
	if (err == -EUCLEAN || err == -ENOMEM)
		err = -EAGAIN;
unlock:
	up_read(&group->readers);
	return err;
}

static int hand_out(struct paxos_learner *learner, const struct paxos_chosen *chosen)
{
	const struct paxos_entry *entry = &chosen->entry;
	struct paxos_learned learned = {
		.slot = chosen->slot,
		.ballot = chosen->ballot,
		.origin = entry->id.origin,
		.type = chosen->type,
	};

	if (chosen->type == PAXOS_ENTRY_VALUE) {
		learned.value = entry->value.data;
		learned.length = entry->value.length;
	}
	return learner->ops->value(learner->ctx, &learned);
}

/* One step on; 1: there may be more. */
static int learn_one(struct paxos_learner *learner)
{
	struct paxos_chosen chosen;
	u64 first;
	int err;

	err = read_next(learner, &chosen, &first);
	if (err == -ENODATA)
		return 0;
	if (err == -ESTALE) {
		err = learner->ops->trimmed(learner->ctx, first);
		if (err)
			return err;
		learner->next = first;
		return 1;
	}
	if (err)
		return err;
	err = hand_out(learner, &chosen);
	paxos_buf_put(chosen.entry.value.buf);
	if (err)
		return err;
	learner->next++;
	return 1;
}

static void learn_work(struct work_struct *work)
{
	struct paxos_learner *learner = container_of(to_delayed_work(work), struct paxos_learner,
						     work);
	int more = 1;
	u32 i;

	if (learner->ended)
		return;
	for (i = 0; i < BURST && more > 0; i++)
		more = learn_one(learner);
	if (more > 0) {
		queue_delayed_work(paxos_workqueue, &learner->work, 0);
	} else if (more == -EAGAIN) {
		/* Not taken, or not there. */
		queue_delayed_work(paxos_workqueue, &learner->work, AGAIN);
	} else if (more < 0) {
		learner->ended = true;
		learner->ops->stopped(learner->ctx, more);
	}
}

/**
 * paxos_learn_start - follow the log of a group
 * @group: the group; a reference is held until paxos_learn_stop()
 * @from: the first slot wanted, from 1
 * @learner: with @ops and @ctx; paxos.ko's until paxos_learn_stop() returns
 *
 * Context: process.
 * Return: 0; -EINVAL; -ESHUTDOWN: the group goes away.
 */
int paxos_learn_start(struct paxos_group *group, u64 from, struct paxos_learner *learner)
{
	struct paxos_followers *followers = &group->followers;
	int err = 0;

	if (!from || !learner->ops)
		return -EINVAL;
	INIT_DELAYED_WORK(&learner->work, learn_work);
	learner->group = group;
	learner->next = from;
	learner->ended = false;
	spin_lock(&followers->lock);
	if (followers->closed) {
		err = -ESHUTDOWN;
	} else {
		kref_get(&group->refs);
		list_add_tail(&learner->node, &followers->learners);
		wake(learner);
	}
	spin_unlock(&followers->lock);
	return err;
}
EXPORT_SYMBOL_GPL(paxos_learn_start);

/**
 * paxos_learn_resume - offer at once what a learner did not take
 * @learner: that was started, and not stopped
 *
 * Context: any.
 */
void paxos_learn_resume(struct paxos_learner *learner)
{
	wake(learner);
}
EXPORT_SYMBOL_GPL(paxos_learn_resume);

/**
 * paxos_learn_stop - end a learner
 * @learner: that was started; also one that has ended by itself
 *
 * None of its ops runs on return, or ever again.
 *
 * Context: process; sleeps.  Not from one of its ops.
 */
void paxos_learn_stop(struct paxos_learner *learner)
{
	struct paxos_group *group = learner->group;

	spin_lock(&group->followers.lock);
	list_del(&learner->node);
	spin_unlock(&group->followers.lock);
	cancel_delayed_work_sync(&learner->work);
	paxos_group_drop(group);
}
EXPORT_SYMBOL_GPL(paxos_learn_stop);
