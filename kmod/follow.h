/* SPDX-License-Identifier: GPL-2.0 */
/* Follow: kernel code that learns what is chosen, slot by slot. */
#ifndef _PAXOS_FOLLOW_H
#define _PAXOS_FOLLOW_H

#include <linux/list.h>
#include <linux/spinlock.h>

struct paxos_group;

struct paxos_followers {
	spinlock_t lock;		/* process context */
	struct list_head learners;
	bool closed;			/* the group goes away */
};

void paxos_followers_init(struct paxos_followers *followers);
void paxos_followers_wake(struct paxos_group *group);
void paxos_followers_close(struct paxos_group *group);

#endif /* _PAXOS_FOLLOW_H */
