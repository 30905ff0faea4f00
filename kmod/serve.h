/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Serve: old slots for peers that lag, and tables for those that begin from a
 * snapshot, read from the journal by a work item and sent by the engine.
 */
#ifndef _PAXOS_SERVE_H
#define _PAXOS_SERVE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "core/replica.h"

struct paxos_group;

#define PAXOS_OUTBOX_MAX	16u		/* bodies ready to be sent */
#define PAXOS_SERVE_BODY	(16u << 10)	/* bytes that small values are packed to */

struct paxos_serve_job {
	u64 from;
	u64 count;			/* slots still to be read; 0: none */
	struct paxos_table *table;	/* to be brought to @slot, and sent; NULL: none */
	u64 slot;
};

/* A body that is ready. */
struct paxos_served {
	struct list_head node;
	u32 to;				/* member index */
	u8 type;			/* enum paxos_message_type */
	u32 length;
	u8 body[];
};

struct paxos_server {
	struct work_struct work;
	wait_queue_head_t room;
	spinlock_t lock;		/* guards the rest; process context */
	struct paxos_serve_job job[PAXOS_MEMBERS_MAX];
	u32 turn;			/* member that was served last */
	struct list_head outbox;
	u32 ready;			/* bodies in @outbox */
	bool stopping;
};

void paxos_server_init(struct paxos_server *server);
void paxos_server_stop(struct paxos_server *server);
void paxos_serve_begin(struct paxos_group *group, const struct paxos_serve *serve);
struct paxos_served *paxos_serve_next(struct paxos_server *server);
void paxos_serve_free(struct paxos_served *served);

#endif /* _PAXOS_SERVE_H */
