/* SPDX-License-Identifier: GPL-2.0 */
/* Engine: what starts and runs a group. */
#ifndef _PAXOS_ENGINE_H
#define _PAXOS_ENGINE_H

struct paxos_group;

/* There is work.  Any context. */
void paxos_engine_wake(struct paxos_group *group);

/* The group's thread; @data is the group. */
int paxos_engine_thread(void *data);

/* Replay the journal and let the replica run: group->start_work.  start.c */
void paxos_engine_start(struct paxos_group *group);

#endif /* _PAXOS_ENGINE_H */
