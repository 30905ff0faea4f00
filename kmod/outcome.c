// SPDX-License-Identifier: GPL-2.0
/*
 * Outcomes of requests, as errors and as words: include/uapi/linux/paxos.h lists
 * the errors of each command, and paxos_outcome_text() says what to do about them.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "../include/uapi/linux/paxos.h"
#include "outcome.h"

/* Why a command was refused, as an error. */
static int why_error(enum paxos_kind kind, u8 why)
{
	switch (why) {
	case PAXOS_WHY_NOT_MEMBER:
		return kind == PAXOS_KIND_MEMBER ? -ENOENT : -EINVAL;
	case PAXOS_WHY_IS_MEMBER:
		return -EEXIST;
	case PAXOS_WHY_USED_ID:
		return -EKEYREJECTED;
	case PAXOS_WHY_BEHIND:
		return -EAGAIN;
	case PAXOS_WHY_NO_ANSWER:
	case PAXOS_WHY_NO_PEER:
	case PAXOS_WHY_NO_LEADER:
		return -EHOSTUNREACH;
	case PAXOS_WHY_MAJORITY:
		return -EPERM;
	case PAXOS_WHY_BUSY:
		return -EBUSY;
	case PAXOS_WHY_OVERTAKEN:
	case PAXOS_WHY_TRIMMED:
	case PAXOS_WHY_OUTLIVED:
		return -ESTALE;
	case PAXOS_WHY_NOT_CHOSEN:
		return -ERANGE;
	case PAXOS_WHY_TOO_LITTLE:
		return -ENOSPC;
	default:
		return -EINVAL;
	}
}

static int withdrawn_error(enum paxos_kind kind, bool failed)
{
	/* These need no quorum: nothing but this node is in their way. */
	if (kind == PAXOS_KIND_TRIM || (kind == PAXOS_KIND_INSTALLED && failed))
		return failed ? -EIO : -ETIMEDOUT;
	return -EHOSTUNREACH;
}

int paxos_outcome_error(enum paxos_kind kind, enum paxos_outcome outcome, u8 why, bool failed)
{
	switch (outcome) {
	case PAXOS_OUTCOME_CHOSEN:
		return 0;
	case PAXOS_OUTCOME_WITHDRAWN:
		return why ? why_error(kind, why) : withdrawn_error(kind, failed);
	case PAXOS_OUTCOME_FULL:
		return -ENOSPC;
	case PAXOS_OUTCOME_STALE:
		return why ? why_error(kind, why) : -ESTALE;
	case PAXOS_OUTCOME_REFUSED:
		return why_error(kind, why);
	case PAXOS_OUTCOME_UNKNOWN:
		break;
	}
	/* Nothing is left unknown of a read. */
	if (kind == PAXOS_KIND_BARRIER)
		return -EHOSTUNREACH;
	return failed ? -EIO : -ETIMEDOUT;
}

/* The node that a refusal is about. */
static u16 node_of(const struct paxos_request *request)
{
	const struct paxos_change *change = &request->change;

	if (request->kind != PAXOS_KIND_MEMBER)
		return request->node;
	return change->op == PAXOS_MEMBER_REPLACE && request->why != PAXOS_WHY_NOT_VOTER ?
	       change->other : change->node;
}

__printf(2, 3)
static void say(char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vscnprintf(text, PAXOS_MESSAGE_TEXT_MAX + 1, format, args);
	va_end(args);
}

/* Of a command that was refused for a reason. */
static void why_text(const struct paxos_request *request, char *text)
{
	switch (request->why) {
	case PAXOS_WHY_NOT_MEMBER:
		say(text, "no such member: see paxosctl member list");
		break;
	case PAXOS_WHY_IS_MEMBER:
		say(text, "node %u is a member already", node_of(request));
		break;
	case PAXOS_WHY_NOT_VOTER:
		say(text, "node %u is not a voter", node_of(request));
		break;
	case PAXOS_WHY_IS_VOTER:
		say(text, "node %u is a voter already", node_of(request));
		break;
	case PAXOS_WHY_USED_ID:
		say(text, "id %u was a member's before: format the disk with an id never used",
		    node_of(request));
		break;
	case PAXOS_WHY_BEHIND:
		say(text, "node %u has not caught up, or does not vote: try again later",
		    node_of(request));
		break;
	case PAXOS_WHY_NO_ANSWER:
		say(text, "node %u does not answer: is its group up, with --join, at that address?",
		    node_of(request));
		break;
	case PAXOS_WHY_MAJORITY:
		say(text, "a working majority of voters would be lost: --force if that is meant");
		break;
	case PAXOS_WHY_BUSY:
		say(text, "another change is under way: try again when it is complete");
		break;
	case PAXOS_WHY_OVERTAKEN:
		say(text, "another change came first: see paxosctl member list, and try again");
		break;
	case PAXOS_WHY_TOO_MANY:
		say(text, "at most %u nodes, %u voters and %u removed nodes", PAXOS_NODES_MAX,
		    PAXOS_VOTERS_MAX, PAXOS_REMOVED_MAX);
		break;
	case PAXOS_WHY_LAST_VOTER:
		say(text, "node %u is the last voter", node_of(request));
		break;
	case PAXOS_WHY_NOT_CHOSEN:
		say(text, "slot %llu is not chosen and durable %s", request->through,
		    request->kind == PAXOS_KIND_TRIM ? "here yet" : "at any peer in contact");
		break;
	case PAXOS_WHY_TRIMMED:
		say(text, "trimmed at every peer: install a snapshot of slot %llu or later",
		    request->slot);
		break;
	case PAXOS_WHY_TOO_LITTLE:
		say(text, "the journal is full: trim more than that, at most through slot %llu",
		    request->slot);
		break;
	case PAXOS_WHY_NO_PEER:
		say(text, "no peer in contact can serve slot %llu", request->through);
		break;
	case PAXOS_WHY_NO_LEADER:
		say(text, "no leader is known: see the reason in paxosctl status");
		break;
	case PAXOS_WHY_MODE:
		say(text, "there is no leader in mode basic");
		break;
	case PAXOS_WHY_OUTLIVED:
		say(text, "client's sequence is outlived, or it was evicted: outcome unknown");
		break;
	}
}

/* Of a command that took too long, or could not be. */
static void error_text(const struct paxos_request *request, char *text)
{
	switch (-request->error) {
	case EHOSTUNREACH:
		if (request->kind == PAXOS_KIND_BARRIER)
			say(text, "no majority confirmed it in time: see paxosctl status");
		else
			say(text, "no quorum, or this node does not run: nothing was changed");
		break;
	case ETIMEDOUT:
		if (request->kind == PAXOS_KIND_TRANSFER)
			say(text, "another node leads, or still does: see paxosctl leader");
		else if (request->kind == PAXOS_KIND_MEMBER)
			say(text, "outcome unknown: see paxosctl member list");
		else
			say(text, "not done in time: it may be still");
		break;
	case EIO:
		say(text, "this node does not take part: see its status and the kernel log");
		break;
	case ENOSPC:
		say(text, "the journal is full: trim it");
		break;
	case ENOMEM:
		say(text, "out of memory: nothing was done, try again");
		break;
	case ESHUTDOWN:
		say(text, "the group went away");
		break;
	default:
		say(text, "it cannot be done: error %d; see the kernel log", -request->error);
		break;
	}
}

void paxos_outcome_text(const struct paxos_request *request, char *text)
{
	*text = 0;
	if (!request->error)
		return;
	if (request->why)
		why_text(request, text);
	else if (request->kind != PAXOS_KIND_PROPOSE)
		error_text(request, text);
}
