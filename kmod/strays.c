// SPDX-License-Identifier: GPL-2.0
/*
 * Strays: datagrams that come to a group's port and are not for it.  They are
 * dropped; but a wrong address, a wrong cluster or a second host under a node's id
 * is often why nothing is chosen, so the last of each kind is kept for the status:
 * where it came from, when, and how many there were.
 *
 * Whoever reaches the port can send them: keeping one costs a few stores, and the
 * log is told of another cluster once a minute at most.  (Refused hosts are notices
 * of the core's.)
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/printk.h>

#include "group.h"
#include "strays.h"

#define FOREIGN_US	(60u * USEC_PER_SEC)	/* between two lines on foreign datagrams */

static void tell(struct paxos_group *group)
{
	if (group->now_us < group->foreign_us)
		return;
	group->foreign_us = group->now_us + FOREIGN_US;
	pr_notice("group %s: dropped a datagram of another cluster from %pISpc; told once a minute\n",
		  group->name, &group->incoming->source.sa);
}

/* The datagram at hand is one. */
void paxos_stray(struct paxos_group *group, enum paxos_stray_kind kind, u16 node, u8 why)
{
	struct paxos_stray *stray = &group->strays.of[kind - 1];

	lockdep_assert_held(&group->lock);
	stray->count++;
	stray->last_us = group->now_us;
	stray->source = group->incoming->source;
	stray->node = node;
	stray->why = why;
	if (kind == PAXOS_STRAY_CLUSTER)
		tell(group);
}

static_assert(PAXOS_REFUSAL_DISK == PAXOS_REFUSED_DISK &&
	      PAXOS_REFUSAL_UNKNOWN == PAXOS_REFUSED_UNKNOWN &&
	      PAXOS_REFUSAL_STALE == PAXOS_REFUSED_STALE &&
	      PAXOS_REFUSAL_REMOVED == PAXOS_REFUSED_REMOVED, "what is refused, users are told");

/* The core answers the datagram at hand by @send: its sender is not who it says it is. */
void paxos_stray_refused(struct paxos_group *group, const struct paxos_send *send)
{
	struct paxos_message said;

	if (paxos_message_decode(&said, send->type, send->body, send->length, NULL))
		paxos_stray(group, PAXOS_STRAY_REFUSED, group->incoming->head.from, said.number);
}

/* What is known of a kind; NULL: there was none. */
const struct paxos_stray *paxos_stray_of(const struct paxos_strays *strays,
					 enum paxos_stray_kind kind)
{
	const struct paxos_stray *stray = &strays->of[kind - 1];

	return stray->count ? stray : NULL;
}
