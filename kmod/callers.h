/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Callers: how the engine brings requests of this host to the core, and answers
 * back.  All of it under the engine lock.
 */
#ifndef _PAXOS_CALLERS_H
#define _PAXOS_CALLERS_H

#include "core/effects.h"

struct paxos_group;

void paxos_callers_due(struct paxos_group *group);
void paxos_callers_take(struct paxos_group *group);
void paxos_callers_refuse(struct paxos_group *group);
void paxos_callers_answer(struct paxos_group *group, const struct paxos_answer *answer);

#endif /* _PAXOS_CALLERS_H */
