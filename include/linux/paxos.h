/* SPDX-License-Identifier: GPL-2.0 */
/*
 * API of paxos.ko for other kernel code.  See the kernel-doc at each
 * definition in kmod/api.c and kmod/follow.c.
 */
#ifndef _LINUX_PAXOS_H
#define _LINUX_PAXOS_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <uapi/linux/paxos.h>

struct module;
struct net;
struct paxos_group;

/**
 * struct paxos_proposal - a value to propose
 * @value: the bytes; copied before paxos_propose_async() returns
 * @length: 1..PAXOS_VALUE_MAX
 * @timeout: in jiffies; 0 means the default of ten seconds
 * @client: 0; or the client that this is proposal @sequence of: it is chosen once,
 *	however often and through whatever node it is proposed, and each time
 *	answers with the slot it got
 * @sequence: from 1; with @client
 * @owner: THIS_MODULE: it cannot be unloaded until its paxos_done_fn has returned;
 *	or NULL, if that cannot happen
 */
struct paxos_proposal {
	const void *value;
	size_t length;
	unsigned long timeout;
	u64 client;
	u64 sequence;
	struct module *owner;
};

/**
 * typedef paxos_done_fn - a proposal or a barrier was answered
 * @ctx: as given to paxos_propose_async() or paxos_barrier_async()
 * @err: 0; or -ETIMEDOUT (outcome unknown), -EHOSTUNREACH (withdrawn: it never
 *	left this node), -ENOSPC, -ESTALE (a client's, outlived: outcome unknown),
 *	-EIO (suspended, outcome unknown), -ESHUTDOWN.  Of a barrier: -EHOSTUNREACH
 *	(no majority confirmed it in time), -ESHUTDOWN
 * @slot: the slot it was chosen in, or of the barrier, if @err is 0
 *
 * Called exactly once, in process context, with no lock held; it may propose
 * again and may put the group.
 */
typedef void (*paxos_done_fn)(void *ctx, int err, u64 slot);

/**
 * struct paxos_status - what a node knows of its group and of itself
 * @node: this node's id
 * @leader: the leader's; 0: none is known
 * @role: enum paxos_role
 * @state: enum paxos_state
 * @voter: this node votes
 * @voters: how many there are
 * @voters_up: those heard of within an election timeout, this node included
 * @ballot: highest ballot promised, or heard of the leader
 * @chosen: all slots up to it are chosen
 * @durable: and on this disk
 * @delivered: and can be learned here
 * @first: the first slot that is retained
 * @reason: why nothing is chosen, or why this node does not take part; or empty
 */
struct paxos_status {
	u16 node, leader;
	u8 role, state;
	bool voter;
	u8 voters, voters_up;
	u64 ballot, chosen, durable, delivered, first;
	char reason[PAXOS_REASON_MAX + 1];
};

struct paxos_group *paxos_group_get(struct net *net, const char *name);
void paxos_group_put(struct paxos_group *group);
int paxos_group_status(struct paxos_group *group, struct paxos_status *status);
int paxos_propose(struct paxos_group *group, const void *value, size_t length,
		  unsigned long timeout, u64 *slot);
int paxos_propose_async(struct paxos_group *group, const struct paxos_proposal *proposal,
			gfp_t gfp, paxos_done_fn done, void *ctx);
int paxos_barrier(struct paxos_group *group, unsigned long timeout, u64 *slot);
int paxos_barrier_async(struct paxos_group *group, unsigned long timeout, struct module *owner,
			gfp_t gfp, paxos_done_fn done, void *ctx);
int paxos_trim(struct paxos_group *group, u64 slot);
int paxos_snapshot_installed(struct paxos_group *group, u64 slot);

/**
 * struct paxos_learned - one chosen slot
 * @slot: its number
 * @ballot: at which this node holds it
 * @origin: node that proposed it
 * @type: enum paxos_entry_type
 * @value: the bytes, with type PAXOS_ENTRY_VALUE only; valid until the op returns
 * @length: of @value
 */
struct paxos_learned {
	u64 slot, ballot;
	u16 origin;
	u8 type;
	const void *value;
	size_t length;
};

/**
 * struct paxos_learner_ops - what a learner is told
 * @value: the next slot, in order, each once.  0: taken.  -EAGAIN: not yet, offer it
 *	again later (or at paxos_learn_resume()).  Any other error ends the learner
 * @trimmed: the next slot is gone; @first is the oldest there is, and the next if
 *	this returns 0.  An error ends the learner
 * @stopped: the learner has ended: -ESHUTDOWN (the group went away), what an op
 *	returned, or what reading the slot failed with.  The last call, and there
 *	is none if paxos_learn_stop() came first
 *
 * All in process context, one at a time, with no lock held.  They may sleep, and may
 * propose; they must not call paxos_learn_stop().
 */
struct paxos_learner_ops {
	int (*value)(void *ctx, const struct paxos_learned *learned);
	int (*trimmed)(void *ctx, u64 first);
	void (*stopped)(void *ctx, int err);
};

/**
 * struct paxos_learner - somebody who follows the log
 * @ops: what it is told
 * @ctx: handed to them
 *
 * The rest is paxos.ko's, from paxos_learn_start() until paxos_learn_stop() returns.
 */
struct paxos_learner {
	const struct paxos_learner_ops *ops;
	void *ctx;
	/* private: */
	struct paxos_group *group;
	struct list_head node;
	struct delayed_work work;
	u64 next;
	bool ended;
};

int paxos_learn_start(struct paxos_group *group, u64 from, struct paxos_learner *learner);
void paxos_learn_resume(struct paxos_learner *learner);
void paxos_learn_stop(struct paxos_learner *learner);

#endif /* _LINUX_PAXOS_H */
