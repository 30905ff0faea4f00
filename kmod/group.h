/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Group: one node of one group of hosts, in one network namespace.
 */
#ifndef _PAXOS_GROUP_H
#define _PAXOS_GROUP_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

#include "chores.h"
#include "core/pieces.h"
#include "core/replica.h"
#include "events.h"
#include "follow.h"
#include "peers.h"
#include "request.h"
#include "serve.h"
#include "stats.h"
#include "strays.h"
#include "transmit.h"
#include "why.h"

struct net;
struct netlink_ext_ack;
struct paxos_journal;
struct paxos_log;
struct task_struct;

enum paxos_phase {
	PAXOS_PHASE_STARTING,		/* the journal is being replayed */
	PAXOS_PHASE_RUNNING,		/* the replica is the engine's */
	PAXOS_PHASE_STOPPED,		/* the replica never runs; see @stopped_state */
};

/* What readers of the status see: published by the engine. */
struct paxos_page {
	spinlock_t lock;		/* of the rest; process context */
	struct paxos_view view;		/* valid once running */
	enum paxos_phase phase;
	u8 stopped_state;		/* enum paxos_state */
	u8 state;			/* the same, whatever the phase; 0: not yet */
	u8 room;			/* enum paxos_room; valid once running */
	u64 since_us;			/* when @state became so */
	u64 published_us;		/* when the engine last wrote this */
	struct paxos_strays strays;
	char reason[PAXOS_REASON_MAX + 1];	/* of having stopped */
};

/* The datagram at hand: kept if the core has no room for its message yet. */
struct paxos_incoming {
	bool kept;			/* @message waits to be stepped */
	struct paxos_address source;
	struct paxos_head head;
	struct paxos_message message;
	struct paxos_buf *buf;		/* that @message lies in; NULL: in @datagram */
	u8 datagram[PAXOS_DATAGRAM_MAX + 1];
};

struct paxos_group {
	/* Set by group add, constant then. */
	char name[PAXOS_NAME_MAX + 1];
	u64 generation;
	u32 heartbeat_ms;
	u32 election_ms;
	u8 mode;			/* enum paxos_mode */
	u8 learn;			/* enum paxos_learn */
	kgid_t gid;			/* its members may use the group; or INVALID_GID */
	u8 cluster[16];
	u16 node;
	struct paxos_address listen;
	bool join;			/* formatted to join: the members are not on the disk */
	bool first_start;
	u8 members;			/* as formatted */
	struct paxos_member_settings member[PAXOS_NODES_MAX];
	struct paxos_journal *journal;	/* these two: while @readers is held and not @gone */
	struct paxos_log *log;
	struct task_struct *thread;

	/* Guarded by the namespace's lock. */
	struct list_head list;
	long number;			/* those later on the list have higher ones */
	bool ready;			/* visible by name */
	bool known;			/* cluster and node are filled in */

	struct rcu_head rcu;
	struct kref refs;
	struct rw_semaphore readers;	/* of the log and the journal */
	bool gone;
	bool stop;			/* replay shall end early */
	u8 progress;			/* of the replay, percent */

	struct paxos_queue queue;
	struct paxos_page page;
	struct paxos_server server;
	struct paxos_chores chores;
	struct paxos_peers peers;
	struct paxos_followers followers;
	struct paxos_stats stats;

	/* How the engine is woken: any context. */
	wait_queue_head_t wait;
	unsigned long work;		/* bit 0: there is some */

	/*
	 * The engine lock, and what it guards.  Never held while a disk is
	 * waited for.
	 */
	struct mutex lock;
	struct net *net;		/* NULL: the namespace is gone */
	enum paxos_phase phase;
	struct paxos_replica *replica;	/* the start's until running */
	struct paxos_batch *batch;
	struct paxos_effects *fx;
	struct paxos_transmit transmit;
	struct paxos_incoming *incoming;
	struct paxos_events events;
	u64 nonce;
	u64 now_us;			/* of this run */
	u64 wake_us;			/* when to run at the latest */
	u64 durable;			/* LSN: sends that wait for no more than it may leave */
	u64 durable_told;		/* the core knows */
	bool failed;			/* the journal did: nothing is written again */
	bool failure_told;
	bool blocked;			/* this run met a refusal for want of room */
	bool write;			/* this run has prepared a journal write */
	struct paxos_strays strays;
	struct paxos_stall stall;
	u64 foreign_us;			/* when the log may be told of a foreign datagram */
	u64 announce;			/* highest slot not yet announced; 0: none */

	struct work_struct start_work;
	struct work_struct end_work;
	/* Whom to tell that the group is gone; set before end_work is queued. */
	struct {
		struct net *net;	/* with a reference; NULL: nobody */
		u32 portid;
		struct sk_buff *answer;
	} end;
};

/* What group add was asked for. */
struct paxos_group_request {
	const char *name;
	const char *device;		/* what users call it */
	int device_fd;
	struct paxos_address listen;
	u32 heartbeat_ms;
	u32 election_ms;
	u8 mode, learn;
	u8 role;			/* 0: not said */
	u16 node;			/* whose the device has to be; 0: not said */
	kgid_t gid;			/* or INVALID_GID */
	const struct nlattr *name_attr, *device_attr, *listen_attr, *role_attr, *node_attr;
};

struct paxos_net {
	struct mutex lock;		/* of the list and who is on it */
	struct list_head groups;	/* read under RCU too */
	unsigned int count;
	long numbered;			/* so many ever were on the list */
	struct mutex sockets_lock;	/* netlink sockets that ask: asker.c */
	struct list_head sockets;
};

extern struct workqueue_struct *paxos_workqueue;
/* For what makes room on a full disk: storage may wait for that, so it waits for no memory. */
extern struct workqueue_struct *paxos_chores_workqueue;

struct paxos_net *paxos_net(struct net *net);

struct paxos_group *paxos_group_create(struct net *net, const struct paxos_group_request *request,
				       struct netlink_ext_ack *extack);
struct paxos_group *paxos_group_detach(struct net *net, const char *name);
void paxos_group_end(struct paxos_group *group, struct net *net, u32 portid,
		     struct sk_buff *answer);
struct paxos_group *paxos_group_find(struct net *net, const char *name);
void paxos_group_drop(struct paxos_group *group);
bool paxos_group_knows(struct paxos_group *group, u16 node);
void paxos_group_end_all(struct net *net);

/*
 * Hold the journal and the log for reading.  Who must not wait for a disk
 * (a doit) tries; false: they are being closed, or gone.
 */
static inline bool paxos_group_read_trylock(struct paxos_group *group)
{
	if (!down_read_trylock(&group->readers))
		return false;
	if (!group->gone)
		return true;
	up_read(&group->readers);
	return false;
}

static inline void paxos_group_read_unlock(struct paxos_group *group)
{
	up_read(&group->readers);
}

#endif /* _PAXOS_GROUP_H */
