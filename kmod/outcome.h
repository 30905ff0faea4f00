/* SPDX-License-Identifier: GPL-2.0 */
/* Outcome: what the core's answers mean to a caller. */
#ifndef _PAXOS_OUTCOME_H
#define _PAXOS_OUTCOME_H

#include "request.h"

/* -errno, or 0; @failed: this node's journal did, or its start. */
int paxos_outcome_error(enum paxos_kind kind, enum paxos_outcome outcome, u8 why, bool failed);

/*
 * What is wrong with an answered @request, and what to do; empty if nothing is, or
 * if the error says it all.  At most PAXOS_MESSAGE_TEXT_MAX bytes and a zero.
 */
void paxos_outcome_text(const struct paxos_request *request, char *text);

#endif /* _PAXOS_OUTCOME_H */
