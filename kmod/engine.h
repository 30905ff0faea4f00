/* SPDX-License-Identifier: GPL-2.0 */
/* Engine: what starts and runs a group. */
#ifndef _PAXOS_ENGINE_H
#define _PAXOS_ENGINE_H

#include <linux/types.h>

struct paxos_event;
struct paxos_group;

/* There is work.  Any context. */
void paxos_engine_wake(struct paxos_group *group);

/* Bring one event to the core; false: no room, offer it again.  Under the engine lock. */
bool paxos_engine_step(struct paxos_group *group, struct paxos_event *event);

/* The group's thread; @data is the group. */
int paxos_engine_thread(void *data);

/* Replay the journal and let the replica run: group->start_work.  start.c */
void paxos_engine_start(struct paxos_group *group);

#endif /* _PAXOS_ENGINE_H */
