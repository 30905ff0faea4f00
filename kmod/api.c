// SPDX-License-Identifier: GPL-2.0
/*
 * API for other kernel code: include/linux/paxos.h.
 *
 * A module that calls these functions pins this one by their symbols, a
 * reference to a group keeps the group's memory, and neither keeps the group:
 * it may be deleted at any time, and answers -ESHUTDOWN then.
 */
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../include/linux/paxos.h"
#include "engine.h"
#include "group.h"

struct proposal {
	struct paxos_request request;
	struct paxos_group *group;	/* alive until the answer was given */
	paxos_done_fn done;
	void *ctx;
};

/* What a sleeping caller and the answer share. */
struct waiting {
	refcount_t refs;
	struct completion answered;
	int error;
	u64 slot;
	struct proposal *proposal;	/* freed with this */
};

/**
 * paxos_group_get - find a group by its name
 * @net: network namespace it was created in
 * @name: its name
 *
 * Context: any.
 * Return: the group with a reference, to be given back with paxos_group_put();
 * NULL if there is none.
 */
struct paxos_group *paxos_group_get(struct net *net, const char *name)
{
	return paxos_group_find(net, name);
}
EXPORT_SYMBOL_GPL(paxos_group_get);

/**
 * paxos_group_put - give back a reference to a group
 * @group: the group, or NULL
 *
 * Proposals that are still unanswered are answered all the same.
 *
 * Context: any.
 */
void paxos_group_put(struct paxos_group *group)
{
	if (group)
		paxos_group_drop(group);
}
EXPORT_SYMBOL_GPL(paxos_group_put);

static void proposal_done(struct paxos_request *request, bool more)
{
	struct proposal *proposal = container_of(request, struct proposal, request);

	atomic_dec(&proposal->group->queue.callers);
	proposal->done(proposal->ctx, request->error, request->slot);
	kfree(proposal);
}

static u64 deadline_us(unsigned long timeout)
{
	unsigned long most = msecs_to_jiffies(PAXOS_TIMEOUT_MAX_MS);
	u64 ms = timeout ? jiffies_to_msecs(min(timeout, most)) : PAXOS_TIMEOUT_DEFAULT_MS;

	return ktime_to_us(ktime_get()) + ms * USEC_PER_MSEC;
}

static struct proposal *proposal_new(struct paxos_group *group,
				     const struct paxos_proposal *wanted, gfp_t gfp)
{
	struct proposal *proposal;

	proposal = kzalloc(sizeof(*proposal), gfp);
	if (!proposal)
		return NULL;
	proposal->request.value = paxos_buf_alloc(wanted->length, gfp);
	if (!proposal->request.value) {
		kfree(proposal);
		return NULL;
	}
	memcpy(proposal->request.value->data, wanted->value, wanted->length);
	proposal->request.deadline_us = deadline_us(wanted->timeout);
	proposal->request.done = proposal_done;
	proposal->group = group;
	return proposal;
}

static int submit(struct proposal *proposal)
{
	struct paxos_group *group = proposal->group;
	LIST_HEAD(requests);
	int err;

	if (atomic_inc_return(&group->queue.callers) > PAXOS_CALLERS_MAX) {
		err = -ENOBUFS;
		goto refuse;
	}
	list_add(&proposal->request.list, &requests);
	err = paxos_queue_add(&group->queue, &requests);
	if (err)
		goto refuse;
	paxos_engine_wake(group);
	return 0;
refuse:
	atomic_dec(&group->queue.callers);
	return err;
}

/* In atomic context the buffer is kmalloc'ed, and may be freed here too. */
static void proposal_free(struct proposal *proposal)
{
	paxos_buf_put(proposal->request.value);
	kfree(proposal);
}

static int check(const struct paxos_proposal *proposal)
{
	if (!proposal->length || !proposal->value)
		return -EINVAL;
	return proposal->length > PAXOS_VALUE_MAX ? -EMSGSIZE : 0;
}

/**
 * paxos_propose_async - propose a value, and be called with the outcome
 * @group: the group
 * @proposal: value, length and timeout; copied before this returns
 * @gfp: how to allocate: GFP_ATOMIC in atomic context
 * @done: called exactly once if this returns 0, and never if not; in process
 *	context with no lock held, perhaps before this returns.  It may propose
 *	again with this function, and may put the group; it must not sleep for
 *	long, since the group's other work waits, nor wait for another proposal
 * @ctx: handed to @done
 *
 * Context: any that @gfp allows.
 * Return: 0 if the proposal is on its way; -EINVAL (empty), -EMSGSIZE (longer
 * than PAXOS_VALUE_MAX), -ENOMEM, -ENOBUFS (too many unanswered ones in this
 * group), -ESHUTDOWN (the group goes away).
 */
int paxos_propose_async(struct paxos_group *group, const struct paxos_proposal *proposal,
			gfp_t gfp, paxos_done_fn done, void *ctx)
{
	struct proposal *own;
	int err;

	err = check(proposal);
	if (err)
		return err;
	own = proposal_new(group, proposal, gfp);
	if (!own)
		return -ENOMEM;
	own->done = done;
	own->ctx = ctx;
	err = submit(own);
	if (err)
		proposal_free(own);
	return err;
}
EXPORT_SYMBOL_GPL(paxos_propose_async);

static void waiting_put(struct waiting *waiting)
{
	if (refcount_dec_and_test(&waiting->refs)) {
		kfree(waiting->proposal);
		kfree(waiting);
	}
}

/* The answer for a caller that sleeps, or was killed. */
static void waiting_done(struct paxos_request *request, bool more)
{
	struct proposal *proposal = container_of(request, struct proposal, request);
	struct waiting *waiting = proposal->ctx;

	atomic_dec(&proposal->group->queue.callers);
	waiting->error = request->error;
	waiting->slot = request->slot;
	complete(&waiting->answered);
	waiting_put(waiting);
}

/**
 * paxos_propose - propose a value and wait until it is chosen
 * @group: the group; the caller holds a reference until this returns
 * @value: the bytes
 * @length: 1..PAXOS_VALUE_MAX
 * @timeout: in jiffies; 0 means the default of ten seconds
 * @slot: the slot it was chosen in, if this returns 0; may be NULL
 *
 * Context: process; sleeps, and a fatal signal ends the wait.  Not from a
 * paxos_done_fn.
 * Return: 0; -EINVAL, -EMSGSIZE, -ENOMEM, -ENOBUFS as paxos_propose_async();
 * -ETIMEDOUT or -EINTR (killed) or -EIO (this node was suspended): the outcome
 * is unknown; -EHOSTUNREACH: it never left this node, and never will; -ENOSPC:
 * the journal is full; -ESHUTDOWN: the group went away.
 */
int paxos_propose(struct paxos_group *group, const void *value, size_t length,
		  unsigned long timeout, u64 *slot)
{
	struct paxos_proposal wanted = {
		.value = value,
		.length = length,
		.timeout = timeout,
	};
	struct waiting *waiting;
	int err;

	might_sleep();
	err = check(&wanted);
	if (err)
		return err;
	waiting = kzalloc(sizeof(*waiting), GFP_KERNEL);
	if (!waiting)
		return -ENOMEM;
	waiting->proposal = proposal_new(group, &wanted, GFP_KERNEL);
	if (!waiting->proposal) {
		kfree(waiting);
		return -ENOMEM;
	}
	/* One for the caller, one for the answer. */
	refcount_set(&waiting->refs, 2);
	init_completion(&waiting->answered);
	waiting->proposal->request.done = waiting_done;
	waiting->proposal->ctx = waiting;
	err = submit(waiting->proposal);
	if (err) {
		proposal_free(waiting->proposal);
		kfree(waiting);
		return err;
	}
	if (wait_for_completion_killable(&waiting->answered)) {
		/* The request lives on until it is answered, or with us. */
		paxos_queue_abandon(&group->queue, &waiting->proposal->request);
		paxos_engine_wake(group);
		err = -EINTR;
	} else {
		err = waiting->error;
		if (!err && slot)
			*slot = waiting->slot;
	}
	waiting_put(waiting);
	return err;
}
EXPORT_SYMBOL_GPL(paxos_propose);
