/* SPDX-License-Identifier: GPL-2.0 */
/* Notices: what the core wants people to know, as lines of the kernel log. */
#ifndef _PAXOS_NOTICES_H
#define _PAXOS_NOTICES_H

#include "core/effects.h"

void paxos_notice_leader(const char *group, u16 node);
void paxos_notice_print(const char *group, u16 self, const struct paxos_notice *notice);
const char *paxos_refused_why(u8 why);

#endif /* _PAXOS_NOTICES_H */
