/* SPDX-License-Identifier: GPL-2.0 */
/*
 * API of paxos.ko for other kernel code.  See the kernel-doc at each
 * definition in kmod/api.c.
 */
#ifndef _LINUX_PAXOS_H
#define _LINUX_PAXOS_H

#include <linux/gfp.h>
#include <linux/types.h>

struct net;
struct paxos_group;

/**
 * struct paxos_proposal - a value to propose
 * @value: the bytes; copied before paxos_propose_async() returns
 * @length: 1..PAXOS_VALUE_MAX
 * @timeout: in jiffies; 0 means the default of ten seconds
 */
struct paxos_proposal {
	const void *value;
	size_t length;
	unsigned long timeout;
};

/**
 * typedef paxos_done_fn - a proposal was answered
 * @ctx: as given to paxos_propose_async()
 * @err: 0; or -ETIMEDOUT (outcome unknown), -EHOSTUNREACH (withdrawn: it never
 *	left this node), -ENOSPC, -EIO (suspended, outcome unknown), -ESHUTDOWN
 * @slot: the slot it was chosen in, if @err is 0
 *
 * Called exactly once, in process context, with no lock held; it may propose
 * again and may put the group.
 */
typedef void (*paxos_done_fn)(void *ctx, int err, u64 slot);

struct paxos_group *paxos_group_get(struct net *net, const char *name);
void paxos_group_put(struct paxos_group *group);
int paxos_propose(struct paxos_group *group, const void *value, size_t length,
		  unsigned long timeout, u64 *slot);
int paxos_propose_async(struct paxos_group *group, const struct paxos_proposal *proposal,
			gfp_t gfp, paxos_done_fn done, void *ctx);

#endif /* _LINUX_PAXOS_H */
