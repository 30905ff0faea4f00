// SPDX-License-Identifier: GPL-2.0
/*
 * Why nothing is chosen: the replica says what it knows of its peers and of its own
 * promises; what is with the disk is the journal's to say; and what takes too long, a
 * write or a slot that no majority accepts, is seen here: the replica only waits.
 *
 * The engine's, under its lock, whenever it publishes; that it does not, a reader sees.
 */
#include <linux/kernel.h>
#include <linux/math64.h>

#include "group.h"
#include "journal.h"
#include "why.h"

/* How much room the journal has: enum paxos_room. */
u8 paxos_why_room(const struct paxos_group *group)
{
	if (paxos_journal_low(group->journal))
		return PAXOS_ROOM_LOW;
	return paxos_journal_filling(group->journal) ? PAXOS_ROOM_FULL : PAXOS_ROOM_OK;
}

/* The disk stands before all that the replica knows. */
static void say_disk(const struct paxos_group *group, struct paxos_view *view, u8 room)
{
	int err = paxos_journal_error(group->journal);

	if (err && view->state == PAXOS_STATE_SUSPENDED)
		scnprintf(view->reason, sizeof(view->reason),
			  "suspended: a write failed, error %d: mend the disk, then start the group anew: %s",
			  -err, paxos_journal_device(group->journal));
	if ((view->state == PAXOS_STATE_OK || view->state == PAXOS_STATE_NO_QUORUM) &&
	    room == PAXOS_ROOM_LOW)
		strscpy(view->reason,
			"the journal is full, its reserve too: this node does not vote until it is trimmed",
			sizeof(view->reason));
	else if (!view->reason[0] && room != PAXOS_ROOM_OK)
		strscpy(view->reason,
			paxos_journal_full(group->journal) ?
			"the journal is full: it takes no new values until it is trimmed" :
			"the journal is all but full: it soon takes no new values, unless it is trimmed",
			sizeof(view->reason));
}

/* So long is no accident: the group would have elected another leader twice. */
static bool too_long(const struct paxos_group *group, u64 took_us)
{
	return took_us >= 2 * (u64)group->election_ms * USEC_PER_MSEC;
}

/* In these a node would vote, or come to, but for its disk. */
static bool wants_disk(const struct paxos_view *view)
{
	return view->state == PAXOS_STATE_OK || view->state == PAXOS_STATE_NO_QUORUM ||
	       view->state == PAXOS_STATE_UNCONFIRMED || view->state == PAXOS_STATE_JOINING;
}

/*
 * A disk that neither writes nor fails: fail-stop sees nothing of that.  It stands before
 * what the replica says: who waits for its disk neither leads nor votes, so that "no
 * leader" is but what comes of it.
 */
static void say_hang(const struct paxos_group *group, struct paxos_view *view)
{
	u64 waits_us = paxos_journal_waits_us(group->journal, group->now_us);

	if (wants_disk(view) && too_long(group, waits_us))
		scnprintf(view->reason, sizeof(view->reason),
			  "the disk has not answered for %llu s; nothing is promised meanwhile: %s",
			  div_u64(waits_us, USEC_PER_SEC), paxos_journal_device(group->journal));
}

/* Is the oldest slot that this leader proposed in the same for so long that all is not well? */
static bool stalls(struct paxos_group *group, const struct paxos_view *view)
{
	struct paxos_stall *stall = &group->stall;

	if (view->open != stall->slot) {
		stall->slot = view->open;
		stall->since_us = group->now_us;
	}
	return stall->slot && too_long(group, group->now_us - stall->since_us);
}

/* "slot 7: proposed 12 s ago, accepted by 1 of 3 voters; not by 2, 3: see their status" */
static void say_stall(const struct paxos_group *group, struct paxos_view *view)
{
	u64 since_s = div_u64(group->now_us - group->stall.since_us, USEC_PER_SEC);
	size_t size = sizeof(view->reason), used;
	const char *between = "; not by ";
	u32 i, accepted = 0;

	for (i = 0; i < view->peers; i++)
		accepted += view->peer[i].voter && view->peer[i].accepted;
	used = scnprintf(view->reason, size,
			 "slot %llu: proposed %llu s ago, accepted by %u of %u voters", view->open,
			 since_s, accepted, view->voters);
	for (i = 0; i < view->peers; i++) {
		if (!view->peer[i].voter || view->peer[i].accepted)
			continue;
		used += scnprintf(view->reason + used, size - used, "%s%u", between,
				  view->peer[i].node);
		between = ", ";
	}
	scnprintf(view->reason + used, size - used, ": see their status");
}

/*
 * The engine, which publishes once a heartbeat, has not done so for @silent_us: @reason says
 * it if that is too long.  To submit a write waits where a device takes no requests.
 */
void paxos_why_silent(const struct paxos_group *group, u64 silent_us,
		      char reason[PAXOS_REASON_MAX + 1])
{
	if (too_long(group, silent_us))
		scnprintf(reason, PAXOS_REASON_MAX + 1,
			  "this node has stood still for %llu s: its disk takes no requests, or its host is too busy",
			  div_u64(silent_us, USEC_PER_SEC));
}

void paxos_why_view(struct paxos_group *group, struct paxos_view *view)
{
	lockdep_assert_held(&group->lock);
	paxos_replica_view(group->replica, view);
	say_disk(group, view, paxos_why_room(group));
	say_hang(group, view);
	if (stalls(group, view) && !view->reason[0])
		say_stall(group, view);
}
