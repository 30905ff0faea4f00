/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests: proposals of this host's callers, from the moment they are queued
 * until each was answered exactly once.
 */
#ifndef _PAXOS_REQUEST_H
#define _PAXOS_REQUEST_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "buf.h"

#define PAXOS_CALLERS_MAX	4096u	/* unanswered proposals of kernel callers */
#define PAXOS_QUEUE_BITS	10	/* log2 of the hash buckets */

/*
 * Embedded in what the caller knows of its proposal.  The caller fills @value,
 * @deadline_us, @owner and @done and owns the memory again when @done is called.
 */
struct paxos_request {
	struct list_head node;		/* incoming, waiting or done */
	struct hlist_node hash;		/* when the core has it */
	struct rb_node by_deadline;
	struct paxos_buf *value;	/* the whole buffer; put before @done */
	u64 cookie;			/* for the core; unique in the group, not 0 */
	u64 deadline_us;
	bool abandoned;			/* the caller waits no longer */
	int error;			/* the answer: 0 or -errno */
	u64 slot, ballot;
	const void *owner;		/* whom the answer goes to; to gather answers */
	/* Process context, no lock held; @more: the next answer has the same owner. */
	void (*done)(struct paxos_request *request, bool more);
};

struct paxos_queue {
	spinlock_t lock;		/* irq-safe; guards the next three */
	struct list_head incoming;
	bool abandoned;			/* some request is */
	bool closed;			/* the group goes away */
	atomic_t callers;		/* unanswered proposals of kernel callers */

	/* Under the engine lock. */
	struct list_head waiting;	/* the core has not seen them */
	struct list_head done;		/* to be completed when the lock is free */
	struct hlist_head proposed[1 << PAXOS_QUEUE_BITS];
	struct rb_root_cached deadlines;
	u64 cookie;			/* of the newest request */
};

void paxos_queue_init(struct paxos_queue *queue);

/* Callers. */
int paxos_queue_add(struct paxos_queue *queue, struct list_head *requests);
void paxos_queue_abandon(struct paxos_queue *queue, struct paxos_request *request);

/* The engine. */
void paxos_queue_take(struct paxos_queue *queue);
struct paxos_request *paxos_queue_waiting(struct paxos_queue *queue);
void paxos_queue_proposed(struct paxos_queue *queue, struct paxos_request *request);
void paxos_queue_refused(struct paxos_queue *queue, struct paxos_request *request);
struct paxos_request *paxos_queue_find(struct paxos_queue *queue, u64 cookie);
struct paxos_request *paxos_queue_due(struct paxos_queue *queue, u64 now_us);
void paxos_queue_given_up(struct paxos_queue *queue, struct paxos_request *request);
u64 paxos_queue_next_us(struct paxos_queue *queue);
void paxos_queue_finish(struct paxos_queue *queue, struct paxos_request *request, int error,
			u64 slot, u64 ballot);
void paxos_queue_close(struct paxos_queue *queue);
void paxos_requests_complete(struct list_head *done);

/* Has the core been given this request? */
static inline bool paxos_request_proposed(const struct paxos_request *request)
{
	return !hlist_unhashed(&request->hash);
}

#endif /* _PAXOS_REQUEST_H */
