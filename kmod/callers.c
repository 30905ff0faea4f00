// SPDX-License-Identifier: GPL-2.0
/*
 * From requests to events of the core, and from its answers to those of callers.
 *
 * The core hears of a trim when its slot is durable here and chores.c has made
 * the table at it: one trim after the other.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>

#include "callers.h"
#include "chores.h"
#include "engine.h"
#include "group.h"
#include "journal.h"
#include "log.h"
#include "outcome.h"
#include "trace.h"

static void count_proposal(struct paxos_group *group, const struct paxos_request *request,
			   const struct paxos_answer *answer, int error)
{
	static const enum paxos_stats_attr which[] = {
		[PAXOS_OUTCOME_CHOSEN] = PAXOS_STATS_A_CHOSEN,
		[PAXOS_OUTCOME_UNKNOWN] = PAXOS_STATS_A_UNKNOWN,
		[PAXOS_OUTCOME_WITHDRAWN] = PAXOS_STATS_A_WITHDRAWN,
		[PAXOS_OUTCOME_FULL] = PAXOS_STATS_A_FULL,
		[PAXOS_OUTCOME_STALE] = PAXOS_STATS_A_STALE,
	};
	/* The run may have begun long before this. */
	u64 took_us = ktime_to_us(ktime_get()) - request->queued_us;

	trace_paxos_answered(group->name, group->node, answer->slot, took_us, error);
	/* Commands alone are refused. */
	if (WARN_ON_ONCE(answer->outcome >= ARRAY_SIZE(which)))
		return;
	paxos_stats_add(&group->stats, which[answer->outcome], 1);
	if (answer->outcome == PAXOS_OUTCOME_CHOSEN)
		paxos_histogram_add(&group->stats.now.commit, took_us);
}

static void finish(struct paxos_group *group, struct paxos_request *request,
		   const struct paxos_answer *answer)
{
	bool fails = group->failed || group->phase == PAXOS_PHASE_STOPPED;
	int error = paxos_outcome_error(request->kind, answer->outcome, answer->why, fails);

	if (request->kind == PAXOS_KIND_PROPOSE)
		count_proposal(group, request, answer, error);
	else if (request->kind == PAXOS_KIND_BARRIER && answer->outcome == PAXOS_OUTCOME_CHOSEN)
		paxos_stats_add(&group->stats, PAXOS_STATS_A_BARRIERS, 1);
	request->why = answer->why;
	request->slot = answer->slot;
	request->ballot = answer->ballot;
	paxos_queue_finish(&group->queue, request, error);
}

/* The core never had it, or has nothing more to say about it. */
static void finish_early(struct paxos_group *group, struct paxos_request *request,
			 enum paxos_outcome outcome, u8 why)
{
	struct paxos_answer answer = { .outcome = outcome, .why = why };

	finish(group, request, &answer);
}

/* The core's answer; nobody may wait for it any more. */
void paxos_callers_answer(struct paxos_group *group, const struct paxos_answer *answer)
{
	struct paxos_request *request = paxos_queue_find(&group->queue, answer->cookie);

	if (request)
		finish(group, request, answer);
}

/*
 * Callers whose time is over: the core says what became of their requests.
 * With a failed journal nobody's wait makes sense any more.
 */
void paxos_callers_due(struct paxos_group *group)
{
	u64 until_us = group->failed ? U64_MAX - 1 : group->now_us;
	struct paxos_request *request;
	struct paxos_event event;

	while ((request = paxos_queue_due(&group->queue, until_us))) {
		if (!paxos_request_given(request)) {
			finish_early(group, request, PAXOS_OUTCOME_WITHDRAWN, PAXOS_WHY_NONE);
			continue;
		}
		event = (struct paxos_event) {
			.type = PAXOS_EVENT_GIVE_UP,
			.cookie = request->cookie,
		};
		/* The core may answer at once, or when it knows (rule 11). */
		if (!paxos_engine_step(group, &event))
			return;
		request = paxos_queue_find(&group->queue, event.cookie);
		if (!request)
			continue;
		if (request->kind == PAXOS_KIND_PROPOSE)
			paxos_queue_given_up(&group->queue, request);
		else
			finish_early(group, request, PAXOS_OUTCOME_UNKNOWN, PAXOS_WHY_NONE);
	}
}

/* Nothing that waits was ever seen by the core, and nothing will be. */
void paxos_callers_refuse(struct paxos_group *group)
{
	struct paxos_request *request, *next;

	list_for_each_entry_safe(request, next, &group->queue.commands, list)
		finish_early(group, request, PAXOS_OUTCOME_WITHDRAWN, PAXOS_WHY_NONE);
	while ((request = paxos_queue_waiting(&group->queue)))
		finish_early(group, request, PAXOS_OUTCOME_WITHDRAWN, PAXOS_WHY_NONE);
}

/* What the core is told of @request; @table: of a trim. */
static struct paxos_event event_of(const struct paxos_request *request,
				   const struct paxos_table *table)
{
	struct paxos_event event = { .cookie = request->cookie };

	switch (request->kind) {
	case PAXOS_KIND_PROPOSE:
		event.type = PAXOS_EVENT_PROPOSE;
		event.value = (struct paxos_value) {
			.buf = request->value,
			.data = request->value->data,
			.length = request->value->length,
		};
		event.client = request->client;
		event.sequence = request->sequence;
		break;
	case PAXOS_KIND_BARRIER:
		event.type = PAXOS_EVENT_BARRIER;
		break;
	case PAXOS_KIND_TRANSFER:
		event.type = PAXOS_EVENT_TRANSFER;
		event.node = request->node;
		break;
	case PAXOS_KIND_MEMBER:
		event.type = PAXOS_EVENT_MEMBER;
		event.change = request->change;
		event.change.room = request->value;
		event.change.data = request->value->data;
		break;
	case PAXOS_KIND_TRIM:
		event.type = PAXOS_EVENT_TRIM;
		event.table = table;
		break;
	case PAXOS_KIND_INSTALLED:
		event.type = PAXOS_EVENT_INSTALLED;
		event.slot = request->through;
		break;
	}
	return event;
}

/* Bring @request to the core; false: no room, it waits on. */
static bool give(struct paxos_group *group, struct paxos_request *request,
		 const struct paxos_table *table)
{
	struct paxos_event event = event_of(request, table);

	paxos_queue_given(&group->queue, request);
	if (paxos_engine_step(group, &event))
		return true;
	paxos_queue_refused(&group->queue, request);
	return false;
}

static void refuse_trim(struct paxos_group *group, struct paxos_request *request, u8 why)
{
	struct paxos_answer answer = {
		.outcome = PAXOS_OUTCOME_REFUSED,
		.why = why,
		.slot = group->page.view.durable,
	};

	finish(group, request, &answer);
}

/*
 * What is chosen is durable before long; but in a journal that is low nothing more is,
 * and each trim must make room for the next.  Why @request cannot be; 0: it can, later
 * if *@wait.
 */
static u8 objection(struct paxos_group *group, const struct paxos_request *request, bool *wait)
{
	*wait = request->through > group->page.view.durable ||
		/* The last one is durable, but has not made its room yet. */
		paxos_replica_base(group->replica)->slot > paxos_journal_trimmed(group->journal);
	if (!paxos_journal_low(group->journal))
		return 0;
	if (request->through > group->page.view.durable)
		return PAXOS_WHY_NOT_CHOSEN;
	if (!*wait && !paxos_journal_worth(group->journal, request->through))
		return PAXOS_WHY_TOO_LITTLE;
	return 0;
}

/* Bring a trim as far as it goes now; false: it waits on. */
static bool give_trim(struct paxos_group *group, struct paxos_request *request)
{
	struct paxos_answer answer = {
		.outcome = PAXOS_OUTCOME_CHOSEN,
		.slot = paxos_replica_base(group->replica)->slot,
	};
	const struct paxos_table *table;
	bool wait;
	u8 why;

	if (request->through <= answer.slot) {
		finish(group, request, &answer);
		return true;
	}
	why = request->through > paxos_log_delivered(group->log) ?
	      PAXOS_WHY_NOT_CHOSEN : objection(group, request, &wait);
	if (why) {
		refuse_trim(group, request, why);
		return true;
	}
	if (wait)
		return false;
	table = paxos_chores_table(group, request->through);
	if (IS_ERR(table)) {
		paxos_queue_finish(&group->queue, request, PTR_ERR(table));
		return true;
	}
	if (!table || !give(group, request, table))
		return false;
	paxos_chores_table_done(group);
	return true;
}

static void take_commands(struct paxos_group *group)
{
	struct paxos_request *request, *next;
	bool barriers = true, trims = true;

	/* Those that wait long, for a disk or a quorum, hold up their own kind only. */
	list_for_each_entry_safe(request, next, &group->queue.commands, list) {
		switch (request->kind) {
		case PAXOS_KIND_TRIM:
			trims = trims && give_trim(group, request);
			break;
		case PAXOS_KIND_BARRIER:
			barriers = barriers && give(group, request, NULL);
			break;
		default:
			if (!give(group, request, NULL))
				return;
			break;
		}
	}
}

/* Bring what waits to the core, as far as it has room. */
void paxos_callers_take(struct paxos_group *group)
{
	struct paxos_request *request;

	if (group->failed)
		paxos_callers_refuse(group);
	take_commands(group);
	while ((request = paxos_queue_waiting(&group->queue)))
		if (!give(group, request, NULL))
			return;
}
