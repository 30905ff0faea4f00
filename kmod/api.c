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
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../include/linux/paxos.h"
#include "engine.h"
#include "group.h"
#include "log.h"
#include "why.h"

/* One request of a kernel caller. */
struct call {
	struct paxos_request request;
	struct paxos_group *group;	/* alive until the answer was given */
	struct module *owner;		/* of @done; pinned until it has returned */
	paxos_done_fn done;
	void *ctx;
};

/* What a sleeping caller and the answer share. */
struct waiting {
	refcount_t refs;
	struct completion answered;
	int error;
	u64 slot;
	struct call *call;		/* freed with this */
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

/**
 * paxos_group_status - what this node knows of a group
 * @group: the group
 * @status: filled in
 *
 * Context: process; does not sleep.
 * Return: 0; -ESHUTDOWN: the group goes away.
 */
int paxos_group_status(struct paxos_group *group, struct paxos_status *status)
{
	struct paxos_page *page = &group->page;
	const struct paxos_view *view = &page->view;

	if (!paxos_group_read_trylock(group))
		return -ESHUTDOWN;
	*status = (struct paxos_status) {
		.node = group->node,
		.role = PAXOS_ROLE_LEARNER,
		.state = PAXOS_STATE_STARTING,
		.first = paxos_log_first(group->log),
		.delivered = paxos_log_delivered(group->log),
	};
	paxos_group_read_unlock(group);
	spin_lock(&page->lock);
	switch (page->phase) {
	case PAXOS_PHASE_STARTING:
		break;
	case PAXOS_PHASE_STOPPED:
		status->state = page->stopped_state;
		strscpy(status->reason, page->reason, sizeof(status->reason));
		break;
	case PAXOS_PHASE_RUNNING:
		status->leader = view->leader;
		status->role = view->role;
		status->state = view->state;
		status->voter = view->voter;
		status->voters = view->voters;
		status->voters_up = view->voters_up;
		status->ballot = view->ballot;
		status->chosen = view->commit;
		status->durable = view->durable;
		strscpy(status->reason, view->reason, sizeof(status->reason));
		paxos_why_silent(group, ktime_to_us(ktime_get()) - page->published_us,
				 status->reason);
		break;
	}
	spin_unlock(&page->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(paxos_group_status);

static void call_done(struct paxos_request *request, bool more)
{
	struct call *call = container_of(request, struct call, request);

	atomic_dec(&call->group->queue.callers);
	call->done(call->ctx, request->error, request->slot);
	module_put(call->owner);
	kfree(call);
}

static u64 deadline_us(unsigned long timeout)
{
	unsigned long most = msecs_to_jiffies(PAXOS_TIMEOUT_MAX_MS);
	u64 ms = timeout ? jiffies_to_msecs(min(timeout, most)) : PAXOS_TIMEOUT_DEFAULT_MS;

	return ktime_to_us(ktime_get()) + ms * USEC_PER_MSEC;
}

static struct call *call_new(struct paxos_group *group, enum paxos_kind kind,
			     unsigned long timeout, gfp_t gfp)
{
	struct call *call = kzalloc(sizeof(*call), gfp);

	if (!call)
		return NULL;
	call->request.kind = kind;
	call->request.deadline_us = deadline_us(timeout);
	call->request.done = call_done;
	call->group = group;
	return call;
}

/* In atomic context the buffer is kmalloc'ed, and may be freed here too. */
static void call_free(struct call *call)
{
	paxos_buf_put(call->request.value);
	kfree(call);
}

static struct call *proposal_new(struct paxos_group *group, const struct paxos_proposal *proposal,
				 gfp_t gfp)
{
	struct call *call = call_new(group, PAXOS_KIND_PROPOSE, proposal->timeout, gfp);

	if (!call)
		return NULL;
	call->request.value = paxos_buf_alloc(proposal->length, gfp);
	if (!call->request.value) {
		kfree(call);
		return NULL;
	}
	memcpy(call->request.value->data, proposal->value, proposal->length);
	call->request.client = proposal->client;
	call->request.sequence = proposal->sequence;
	return call;
}

static int submit(struct call *call)
{
	struct paxos_group *group = call->group;
	LIST_HEAD(requests);
	int err;

	if (atomic_inc_return(&group->queue.callers) > PAXOS_CALLERS_MAX) {
		err = -ENOBUFS;
		goto refuse;
	}
	list_add(&call->request.list, &requests);
	err = paxos_queue_add(&group->queue, &requests);
	if (err)
		goto refuse;
	paxos_engine_wake(group);
	return 0;
refuse:
	atomic_dec(&group->queue.callers);
	return err;
}

/* Submit @call, which may be NULL for want of memory, and have @done called with its outcome. */
static int submit_async(struct call *call, struct module *owner, paxos_done_fn done, void *ctx)
{
	int err = -ENODEV;

	if (!call)
		return -ENOMEM;
	call->owner = owner;
	call->done = done;
	call->ctx = ctx;
	if (!try_module_get(owner))
		goto free;
	err = submit(call);
	if (!err)
		return 0;
	module_put(owner);
free:
	call_free(call);
	return err;
}

static int check(const struct paxos_proposal *proposal)
{
	if (!proposal->length || !proposal->value || !proposal->client != !proposal->sequence)
		return -EINVAL;
	return proposal->length > PAXOS_VALUE_MAX ? -EMSGSIZE : 0;
}

/**
 * paxos_propose_async - propose a value, and be called with the outcome
 * @group: the group
 * @proposal: what to propose; copied before this returns
 * @gfp: how to allocate: GFP_ATOMIC in atomic context
 * @done: called exactly once if this returns 0, and never if not; in process
 *	context with no lock held, perhaps before this returns.  It may propose
 *	again with this function, and may put the group; it must not sleep for
 *	long, since the group's other work waits, nor wait for another proposal
 * @ctx: handed to @done
 *
 * Context: any that @gfp allows.
 * Return: 0 if the proposal is on its way; -EINVAL (empty, or a client without a
 * sequence), -EMSGSIZE (longer than PAXOS_VALUE_MAX), -ENOMEM, -ENOBUFS (too many
 * unanswered ones in this group), -ENODEV (the owner is being unloaded),
 * -ESHUTDOWN (the group goes away).
 */
int paxos_propose_async(struct paxos_group *group, const struct paxos_proposal *proposal,
			gfp_t gfp, paxos_done_fn done, void *ctx)
{
	int err = check(proposal);

	if (err)
		return err;
	return submit_async(proposal_new(group, proposal, gfp), proposal->owner, done, ctx);
}
EXPORT_SYMBOL_GPL(paxos_propose_async);

/**
 * paxos_barrier_async - ask for a slot for a linearizable read
 * @group: the group
 * @timeout: in jiffies; 0 means the default of ten seconds
 * @owner: THIS_MODULE, see struct paxos_proposal; or NULL
 * @gfp: how to allocate: GFP_ATOMIC in atomic context
 * @done: as of paxos_propose_async(); its slot S is such that every value that was
 *	answered before this call is at or below S
 * @ctx: handed to @done
 *
 * Context: any that @gfp allows.
 * Return: as of paxos_propose_async().
 */
int paxos_barrier_async(struct paxos_group *group, unsigned long timeout, struct module *owner,
			gfp_t gfp, paxos_done_fn done, void *ctx)
{
	return submit_async(call_new(group, PAXOS_KIND_BARRIER, timeout, gfp), owner, done, ctx);
}
EXPORT_SYMBOL_GPL(paxos_barrier_async);

static void waiting_put(struct waiting *waiting)
{
	if (refcount_dec_and_test(&waiting->refs)) {
		kfree(waiting->call);
		kfree(waiting);
	}
}

/* The answer for a caller that sleeps, or was killed. */
static void waiting_done(struct paxos_request *request, bool more)
{
	struct call *call = container_of(request, struct call, request);
	struct waiting *waiting = call->ctx;

	atomic_dec(&call->group->queue.callers);
	waiting->error = request->error;
	waiting->slot = request->slot;
	complete(&waiting->answered);
	waiting_put(waiting);
}

/* Submit @call, which may be NULL for want of memory, and wait for its answer. */
static int submit_and_wait(struct call *call, u64 *slot)
{
	struct paxos_group *group;
	struct waiting *waiting;
	int err;

	if (!call)
		return -ENOMEM;
	waiting = kzalloc(sizeof(*waiting), GFP_KERNEL);
	if (!waiting) {
		call_free(call);
		return -ENOMEM;
	}
	/* One for the caller, one for the answer. */
	refcount_set(&waiting->refs, 2);
	init_completion(&waiting->answered);
	waiting->call = call;
	group = call->group;
	call->request.done = waiting_done;
	call->ctx = waiting;
	err = submit(call);
	if (err) {
		call_free(call);
		kfree(waiting);
		return err;
	}
	if (wait_for_completion_killable(&waiting->answered)) {
		/* The request lives on until it is answered, or with us. */
		paxos_queue_abandon(&group->queue, &call->request);
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
	struct paxos_proposal proposal = {
		.value = value,
		.length = length,
		.timeout = timeout,
	};
	int err;

	might_sleep();
	err = check(&proposal);
	return err ?: submit_and_wait(proposal_new(group, &proposal, GFP_KERNEL), slot);
}
EXPORT_SYMBOL_GPL(paxos_propose);

/**
 * paxos_barrier - a slot for a linearizable read
 * @group: the group; the caller holds a reference until this returns
 * @timeout: in jiffies; 0 means the default of ten seconds
 * @slot: S, if this returns 0: every value that was answered before this call is
 *	at or below S.  Who has applied all through S reads what is current
 *
 * Context: process; sleeps, and a fatal signal ends the wait.  Not from a
 * paxos_done_fn.
 * Return: 0; -ENOMEM, -ENOBUFS, -ESHUTDOWN as paxos_propose_async(); -EINTR;
 * -EHOSTUNREACH: no majority confirmed it in time.
 */
int paxos_barrier(struct paxos_group *group, unsigned long timeout, u64 *slot)
{
	might_sleep();
	return submit_and_wait(call_new(group, PAXOS_KIND_BARRIER, timeout, GFP_KERNEL), slot);
}
EXPORT_SYMBOL_GPL(paxos_barrier);

/* A command of this node's own, however long it takes. */
static int command(struct paxos_group *group, enum paxos_kind kind, u64 slot)
{
	struct call *call = call_new(group, kind, msecs_to_jiffies(PAXOS_TIMEOUT_MAX_MS),
				     GFP_KERNEL);

	might_sleep();
	if (call)
		call->request.through = slot;
	return submit_and_wait(call, NULL);
}

/**
 * paxos_trim - forget slots on this node
 * @group: the group; the caller holds a reference until this returns
 * @slot: the state machine has a durable snapshot of all through it
 *
 * Context: process; sleeps until the trim point is durable, and a fatal signal ends
 * the wait.  Not from a paxos_done_fn.
 * Return: 0; -ENOMEM, -ENOBUFS, -ESHUTDOWN as paxos_propose_async(); -EINTR;
 * -ERANGE: @slot is not delivered here yet; -EIO: the disk failed.
 */
int paxos_trim(struct paxos_group *group, u64 slot)
{
	return command(group, PAXOS_KIND_TRIM, slot);
}
EXPORT_SYMBOL_GPL(paxos_trim);

/**
 * paxos_snapshot_installed - the state machine has installed a snapshot
 * @group: the group; the caller holds a reference until this returns
 * @slot: the snapshot is of all through it; learning goes on behind it
 *
 * Context: process; sleeps until a peer has told what else it takes, and that is
 * durable; a fatal signal ends the wait.  Not from a paxos_done_fn.
 * Return: 0; -ENOMEM, -ENOBUFS, -ESHUTDOWN as paxos_propose_async(); -EINTR;
 * -EINVAL: 0 is no slot; -ERANGE: nobody in contact knows so far; -ESTALE: below
 * every peer's trim point; -EHOSTUNREACH: no peer answers.
 */
int paxos_snapshot_installed(struct paxos_group *group, u64 slot)
{
	if (!slot || slot >= PAXOS_SLOT_LIMIT)
		return -EINVAL;
	return command(group, PAXOS_KIND_INSTALLED, slot);
}
EXPORT_SYMBOL_GPL(paxos_snapshot_installed);
