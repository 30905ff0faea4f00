// SPDX-License-Identifier: GPL-2.0
/*
 * Start of a group: from an open device to a replica that the engine may run.
 *
 * A work item, so that group add does not wait for it, and callers' timeouts,
 * which are the engine's, go on meanwhile.  Until begin_running() the replica,
 * the batch and the effects are this item's alone.  A start that fails leaves
 * the group as it is, with the reason in its status, until it is deleted.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "engine.h"
#include "group.h"
#include "journal.h"

/* The replica will never run: say why. */
static void stopped(struct paxos_group *group, u8 state, const char *why, int err)
{
	struct paxos_page *page = &group->page;

	spin_lock(&page->lock);
	page->stopped_state = state;
	if (state == PAXOS_STATE_FORGOTTEN)
		scnprintf(page->reason, sizeof(page->reason), "%s: replace the node", why);
	else if (err)
		scnprintf(page->reason, sizeof(page->reason), "%s: error %d", why, -err);
	else
		strscpy(page->reason, why, sizeof(page->reason));
	spin_unlock(&page->lock);
	pr_err("group %s: %s\n", group->name, page->reason);
	mutex_lock(&group->lock);
	group->phase = PAXOS_PHASE_STOPPED;
	mutex_unlock(&group->lock);
	paxos_engine_wake(group);
}

static void settle(struct paxos_group *group, struct paxos_settings *settings)
{
	do
		group->nonce = get_random_u64();
	while (!group->nonce);
	*settings = (struct paxos_settings) {
		.mode = group->mode,
		.learn = group->learn,
		.nonce = group->nonce,
		.seed = get_random_u64(),
		.heartbeat_ms = group->heartbeat_ms,
		.election_ms = group->election_ms,
	};
	/* The incarnation is durable before the replica starts: paxos_journal_begin(). */
	paxos_restore_settings(paxos_journal_super(group->journal), settings);
}

/* False without memory. */
static bool init_replica(struct paxos_group *group)
{
	struct paxos_settings *settings = kmalloc(sizeof(*settings), GFP_KERNEL);

	if (!settings)
		return false;
	settle(group, settings);
	paxos_replica_init(group->replica, settings);
	kfree(settings);
	return true;
}

/* Replay is done: from here on the replica is the engine's. */
static bool begin_running(struct paxos_group *group)
{
	bool started;

	mutex_lock(&group->lock);
	group->durable = paxos_journal_durable(group->journal);
	group->durable_told = group->durable;
	group->now_us = ktime_to_us(ktime_get());
	started = paxos_replica_start(group->replica, group->now_us);
	if (started)
		group->phase = PAXOS_PHASE_RUNNING;
	mutex_unlock(&group->lock);
	return started;
}

void paxos_engine_start(struct paxos_group *group)
{
	unsigned int noio = memalloc_noio_save();
	const char *why = NULL;
	int err;

	if (!init_replica(group)) {
		stopped(group, PAXOS_STATE_SUSPENDED,
			"out of memory: delete the group and add it again", -ENOMEM);
		goto out;
	}
	/* Rule 7: what a node that has forgotten still knows can be learned from it, here. */
	err = paxos_journal_replay(group->journal, group->replica, group->fx, group->log,
				   &group->progress, &group->stop, &why);
	paxos_effects_reset(group->fx);
	if (err == -EINTR)
		goto out;
	/* Rule 7: until replay has found no damage, nothing else was written. */
	if (!err) {
		err = paxos_journal_begin(group->journal, group->nonce);
		why = "cannot write the superblocks";
	}
	if (err == -EUCLEAN)
		stopped(group, PAXOS_STATE_FORGOTTEN, why ?: "the journal is damaged", 0);
	else if (err)
		stopped(group, PAXOS_STATE_SUSPENDED, why ?: "cannot read the journal", err);
	else if (!begin_running(group))
		stopped(group, PAXOS_STATE_SUSPENDED, "the journal makes no sense", 0);
	paxos_engine_wake(group);
out:
	memalloc_noio_restore(noio);
}
