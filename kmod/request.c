// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of this host's callers.
 *
 * A request is queued from any context, under an irq-safe spinlock.  From then
 * on it is the engine's: waiting until the core has taken it, given until the
 * core has answered, then done.  Commands do not wait behind proposals that the
 * core has no room for.  Its memory is its caller's again
 * when done() is called, which happens exactly once, from the engine's thread
 * or from the group's teardown, with no lock held.
 *
 * A caller that loses interest says so with paxos_queue_abandon(); the request
 * is then treated as if its deadline had come.
 */
#include <linux/hash.h>
#include <linux/ktime.h>

#include "core/port.h"
#include "request.h"

void paxos_queue_init(struct paxos_queue *queue)
{
	unsigned int i;

	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->incoming);
	INIT_LIST_HEAD(&queue->waiting);
	INIT_LIST_HEAD(&queue->commands);
	INIT_LIST_HEAD(&queue->done);
	for (i = 0; i < ARRAY_SIZE(queue->given); i++)
		INIT_HLIST_HEAD(&queue->given[i]);
	queue->deadlines = RB_ROOT_CACHED;
}

/* Queue all of @requests, or none: -ESHUTDOWN.  Any context. */
int paxos_queue_add(struct paxos_queue *queue, struct list_head *requests)
{
	u64 now_us = ktime_to_us(ktime_get());
	struct paxos_request *request;
	unsigned long flags;
	int count = 0;
	int err = 0;

	list_for_each_entry(request, requests, list) {
		request->queued_us = now_us;
		count++;
	}
	spin_lock_irqsave(&queue->lock, flags);
	if (queue->closed) {
		err = -ESHUTDOWN;
	} else {
		list_splice_tail_init(requests, &queue->incoming);
		atomic_add(count, &queue->pending);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	return err;
}

/* The caller of @request, which cannot complete meanwhile, waits no longer.  Any context. */
void paxos_queue_abandon(struct paxos_queue *queue, struct paxos_request *request)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	request->abandoned = true;
	queue->abandoned = true;
	spin_unlock_irqrestore(&queue->lock, flags);
}

static bool before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct paxos_request, by_deadline)->deadline_us <
	       rb_entry(b, struct paxos_request, by_deadline)->deadline_us;
}

/* Is due now, unless it was given up already. */
static void make_due(struct paxos_queue *queue, struct paxos_request *request)
{
	if (!request->abandoned || RB_EMPTY_NODE(&request->by_deadline) || !request->deadline_us)
		return;
	rb_erase_cached(&request->by_deadline, &queue->deadlines);
	request->deadline_us = 0;
	rb_add_cached(&request->by_deadline, &queue->deadlines, before);
}

/* Where @request waits. */
static struct list_head *home(struct paxos_queue *queue, const struct paxos_request *request)
{
	return request->kind == PAXOS_KIND_PROPOSE ? &queue->waiting : &queue->commands;
}

/* Take over what callers have queued and abandoned. */
void paxos_queue_take(struct paxos_queue *queue)
{
	struct paxos_request *request, *next;
	LIST_HEAD(incoming);
	bool abandoned;
	unsigned int i;

	spin_lock_irq(&queue->lock);
	list_splice_init(&queue->incoming, &incoming);
	abandoned = queue->abandoned;
	queue->abandoned = false;
	spin_unlock_irq(&queue->lock);

	list_for_each_entry_safe(request, next, &incoming, list) {
		INIT_HLIST_NODE(&request->hash);
		request->cookie = ++queue->cookie;
		rb_add_cached(&request->by_deadline, &queue->deadlines, before);
		list_move_tail(&request->list, home(queue, request));
	}
	if (!abandoned)
		return;
	list_for_each_entry(request, &queue->waiting, list)
		make_due(queue, request);
	list_for_each_entry(request, &queue->commands, list)
		make_due(queue, request);
	for (i = 0; i < ARRAY_SIZE(queue->given); i++)
		hlist_for_each_entry(request, &queue->given[i], hash)
			make_due(queue, request);
}

/* The proposal that the core shall get next, or NULL. */
struct paxos_request *paxos_queue_waiting(struct paxos_queue *queue)
{
	return list_first_entry_or_null(&queue->waiting, struct paxos_request, list);
}

static struct hlist_head *bucket(struct paxos_queue *queue, u64 cookie)
{
	return &queue->given[hash_64(cookie, PAXOS_QUEUE_BITS)];
}

/* The core is about to get @request: it may answer within that very step. */
void paxos_queue_given(struct paxos_queue *queue, struct paxos_request *request)
{
	list_del_init(&request->list);
	hlist_add_head(&request->hash, bucket(queue, request->cookie));
}

/* It had no room for @request, which waits on, before all others of its list. */
void paxos_queue_refused(struct paxos_queue *queue, struct paxos_request *request)
{
	hlist_del_init(&request->hash);
	list_add(&request->list, home(queue, request));
}

struct paxos_request *paxos_queue_find(struct paxos_queue *queue, u64 cookie)
{
	struct paxos_request *request;

	hlist_for_each_entry(request, bucket(queue, cookie), hash)
		if (request->cookie == cookie)
			return request;
	return NULL;
}

/* A request whose time is over, or NULL. */
struct paxos_request *paxos_queue_due(struct paxos_queue *queue, u64 now_us)
{
	return paxos_queue_next_us(queue) <= now_us ?
	       rb_entry(rb_first_cached(&queue->deadlines), struct paxos_request, by_deadline) :
	       NULL;
}

/* The core was told that nobody waits for @request; it will answer in its time. */
void paxos_queue_given_up(struct paxos_queue *queue, struct paxos_request *request)
{
	if (RB_EMPTY_NODE(&request->by_deadline))
		return;
	rb_erase_cached(&request->by_deadline, &queue->deadlines);
	RB_CLEAR_NODE(&request->by_deadline);
}

/* When paxos_queue_due() has something to say; the end of time if never. */
u64 paxos_queue_next_us(struct paxos_queue *queue)
{
	struct rb_node *first = rb_first_cached(&queue->deadlines);

	return first ? rb_entry(first, struct paxos_request, by_deadline)->deadline_us : U64_MAX;
}

/* @request has its answer: @error, and what else stands in it already. */
void paxos_queue_finish(struct paxos_queue *queue, struct paxos_request *request, int error)
{
	request->error = error;
	paxos_queue_given_up(queue, request);
	if (paxos_request_given(request))
		hlist_del_init(&request->hash);
	else
		list_del(&request->list);
	list_add_tail(&request->list, &queue->done);
	atomic_dec(&queue->pending);
}

/* The group goes away: nothing more comes in, and all that is there is answered. */
void paxos_queue_close(struct paxos_queue *queue)
{
	struct paxos_request *request, *other;
	struct hlist_node *next;
	unsigned int i;

	spin_lock_irq(&queue->lock);
	queue->closed = true;
	spin_unlock_irq(&queue->lock);
	paxos_queue_take(queue);
	list_for_each_entry_safe(request, other, &queue->commands, list)
		paxos_queue_finish(queue, request, -ESHUTDOWN);
	while ((request = paxos_queue_waiting(queue)))
		paxos_queue_finish(queue, request, -ESHUTDOWN);
	for (i = 0; i < ARRAY_SIZE(queue->given); i++)
		hlist_for_each_entry_safe(request, next, &queue->given[i], hash)
			paxos_queue_finish(queue, request, -ESHUTDOWN);
}

/* Hand the answers out.  Process context, no lock held. */
void paxos_requests_complete(struct list_head *done)
{
	struct paxos_request *request, *next;
	bool more;

	while ((request = list_first_entry_or_null(done, struct paxos_request, list))) {
		list_del_init(&request->list);
		next = list_first_entry_or_null(done, struct paxos_request, list);
		more = next && next->owner == request->owner;
		paxos_buf_put(request->value);
		request->value = NULL;
		request->done(request, more);
	}
}
