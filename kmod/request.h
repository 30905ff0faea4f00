/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests: proposals and commands of this host's callers, from the moment they
 * are queued until each was answered exactly once.
 */
#ifndef _PAXOS_REQUEST_H
#define _PAXOS_REQUEST_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "buf.h"
#include "core/effects.h"

#define PAXOS_CALLERS_MAX	4096u	/* unanswered requests of kernel callers */
#define PAXOS_QUEUE_BITS	10	/* log2 of the hash buckets */

enum paxos_kind {
	PAXOS_KIND_PROPOSE,		/* @value; @client, @sequence */
	PAXOS_KIND_BARRIER,
	PAXOS_KIND_TRANSFER,		/* @node */
	PAXOS_KIND_MEMBER,		/* @change; @value: room for the configuration */
	PAXOS_KIND_TRIM,		/* @through */
	PAXOS_KIND_INSTALLED,		/* @through */
};

/*
 * Embedded in what the caller knows of its request.  The caller fills @kind and
 * what belongs to it, @deadline_us, @owner and @done, and owns the memory again
 * when @done is called.
 */
struct paxos_request {
	struct list_head list;		/* incoming, waiting, commands or done */
	struct hlist_node hash;		/* when the core has it */
	struct rb_node by_deadline;
	enum paxos_kind kind;
	struct paxos_buf *value;	/* the whole buffer; put before @done */
	union {
		struct {
			u64 client;	/* 0: none */
			u64 sequence;
		};
		u16 node;
		struct paxos_change change;
		u64 through;		/* a slot */
	};
	u64 cookie;			/* for the core; unique in the group, not 0 */
	u64 queued_us;			/* when the caller asked */
	u64 deadline_us;
	bool abandoned;			/* the caller waits no longer */
	int error;			/* the answer: 0 or -errno */
	u8 why;				/* enum paxos_why */
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
	atomic_t callers;		/* unanswered requests of kernel callers */
	atomic_t pending;		/* requests that have no answer yet, of anybody */

	/* Under the engine lock. */
	struct list_head waiting;	/* proposals that the core has not seen */
	struct list_head commands;	/* all else that it has not seen */
	struct list_head done;		/* to be completed when the lock is free */
	struct hlist_head given[1 << PAXOS_QUEUE_BITS];	/* to the core */
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
void paxos_queue_given(struct paxos_queue *queue, struct paxos_request *request);
void paxos_queue_refused(struct paxos_queue *queue, struct paxos_request *request);
struct paxos_request *paxos_queue_find(struct paxos_queue *queue, u64 cookie);
struct paxos_request *paxos_queue_due(struct paxos_queue *queue, u64 now_us);
void paxos_queue_given_up(struct paxos_queue *queue, struct paxos_request *request);
u64 paxos_queue_next_us(struct paxos_queue *queue);
void paxos_queue_finish(struct paxos_queue *queue, struct paxos_request *request, int error);
void paxos_queue_close(struct paxos_queue *queue);
void paxos_requests_complete(struct list_head *done);

/* Has the core been given this request? */
static inline bool paxos_request_given(const struct paxos_request *request)
{
	return !hlist_unhashed(&request->hash);
}

#endif /* _PAXOS_REQUEST_H */
