/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_IPC_H
#define PAXOSCTL_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/paxos.h>

#include "address.h"

/*
 * The kernel, without its netlink.
 *
 * Calls return 0 or a negative errno unless said otherwise; ipc_fail() turns
 * the latter, with the kernel's own message, into a printed error and an exit
 * status.  Strings that come back are valid until the callback returns.
 */
struct ipc;

/*
 * The connection of this process, made at the first call.  NULL: there is none;
 * the error is printed and *@code is the exit status.
 */
struct ipc *ipc_get(int *code);
void ipc_close(void);

/* One more, for who needs several: nothing is printed, @problem says what would be. */
#define IPC_PROBLEM_MAX 256
struct ipc *ipc_open(int *code, char problem[IPC_PROBLEM_MAX]);
void ipc_free(struct ipc *ipc);

/* Whoever opens a connection has the module loaded; this does not. */
bool ipc_module_loaded(void);

int ipc_fail(struct ipc *ipc, int error);
int ipc_exit_status(int error);
/* The kernel's message of the last error, or what errno @error means. */
const char *ipc_error_text(struct ipc *ipc, int error);

struct ipc_group {
	char name[PAXOS_NAME_MAX + 1];
	uint16_t node;
	uint8_t cluster[16];
	char device[PAXOS_DEVICE_PATH_MAX + 1];
	union address listen;
};

struct ipc_group_add {
	const char *name;
	const char *device;
	int device_fd;		/* of @device, opened exclusively; the caller's */
	union address listen;
	bool insecure;
	uint32_t heartbeat_ms;	/* 0: the kernel's default */
	uint32_t election_ms;
	uint8_t mode;		/* enum paxos_mode; 0: the kernel's default, as the next two */
	uint8_t learn;
	uint8_t role;
	uint16_t node;		/* whose @device has to be; 0: anybody's */
	bool shared;		/* with the members of group id @gid */
	uint32_t gid;
};

struct ipc_peer {
	uint16_t node;
	union address address;
	bool voter;
	uint8_t health;
	uint32_t rtt_us;
	uint64_t chosen;
	bool heard;
	uint64_t heard_ms;
	bool told_used;		/* how much of its journal is */
	uint16_t used;		/* of 1000 parts */
	bool full;		/* it takes no new values */
	bool member;		/* false: an address was given, but it is no member (yet) */
	bool confirmed;		/* @disk is known */
	uint8_t disk[16];
};

/* What the start of a group found on its disk. */
struct ipc_replay {
	bool known;		/* it is over */
	uint64_t batches;
	uint64_t records;
	uint64_t slots;
	uint64_t bytes;
	uint64_t time_us;
	uint64_t torn;		/* sequence of the write that was dropped; 0: none */
	uint64_t damaged;	/* slots whose value had rotted */
	uint64_t first_damaged;
	char lost[PAXOS_REASON_MAX + 1];	/* why it has forgotten; empty: it has not */
	uint32_t error;		/* why it failed, a positive errno; 0: it did not */
};

/* Dropped datagrams of one kind, and the last of them. */
struct ipc_stray {
	uint64_t count;		/* 0: there were none */
	uint64_t ago_ms;
	union address address;
	uint16_t node;		/* 0: none */
	uint8_t refusal;	/* enum paxos_refusal; 0: none */
	char why[PAXOS_REASON_MAX + 1];	/* empty: none */
};

#define IPC_STRAY_KINDS PAXOS_STRAY_MALFORMED

struct ipc_status {
	char group[PAXOS_NAME_MAX + 1];
	uint16_t node;
	uint8_t cluster[16];
	uint64_t incarnation;
	uint8_t role;
	uint8_t state;
	char reason[PAXOS_REASON_MAX + 1];	/* empty: none */
	uint16_t leader;			/* 0: none */
	uint64_t ballot;
	uint8_t voters;
	uint8_t voters_up;
	uint64_t chosen;
	uint64_t durable;
	uint64_t delivered;
	uint64_t first;
	char device[PAXOS_DEVICE_PATH_MAX + 1];
	uint64_t disk_size;
	uint64_t disk_used;
	uint8_t progress;
	uint8_t mode;
	uint8_t learn;
	bool voter;		/* this node votes */
	uint64_t damaged;	/* slots whose value rotted, being fetched from peers */
	bool since;		/* the next is known */
	uint64_t state_ms;	/* how long @state has been so */
	uint8_t room;		/* enum paxos_room; 0: not known yet */
	uint32_t disk_error;	/* of the write that failed, a positive errno; 0: none did */
	uint64_t snapshot;	/* needed: of all through this slot, or a later one; 0: none */
	struct ipc_stray stray[IPC_STRAY_KINDS];	/* kind 1 is the first */
	struct ipc_replay replay;
	bool shared;		/* with the members of group id @gid */
	uint32_t gid;
	uint32_t pending;	/* requests without an answer */
	union address listen;
	unsigned int peers;
	struct ipc_peer peer[PAXOS_NODES_MAX];
};

int ipc_group_add(struct ipc *ipc, const struct ipc_group_add *add, struct ipc_group *group);
/* Returns when the device is free again; -ETIMEDOUT if that takes longer. */
int ipc_group_del(struct ipc *ipc, const char *name, int timeout_ms);
int ipc_peer_add(struct ipc *ipc, const char *group, uint16_t node, const union address *address);
int ipc_peer_del(struct ipc *ipc, const char *group, uint16_t node);
int ipc_status(struct ipc *ipc, const char *group, struct ipc_status *status);

/* Whole lists, in new memory. */
int ipc_group_list(struct ipc *ipc, struct ipc_group **list, unsigned int *count);
int ipc_peer_list(struct ipc *ipc, const char *group, struct ipc_peer **list,
		  unsigned int *count);
int ipc_status_list(struct ipc *ipc, struct ipc_status **list, unsigned int *count);
/* *@slot: that of the configuration; 0: the first one. */
int ipc_member_list(struct ipc *ipc, const char *group, struct ipc_peer **list,
		    unsigned int *count, uint64_t *slot);

/* Proposals: begin a message, add until it is full, send, then read results. */
struct ipc_result {
	uint64_t cookie;
	int error;		/* 0 or a positive errno */
	uint64_t slot;
	uint64_t ballot;
	char message[PAXOS_MESSAGE_TEXT_MAX + 1];	/* about @error; empty: none */
};

struct ipc_answers {
	void *context;
	void (*result)(void *context, const struct ipc_result *result);
	/* None of the message @sequence was accepted. */
	void (*refused)(void *context, uint32_t sequence, int error);
};

/* Longest value that a message can carry to the kernel, which then judges it. */
#define IPC_VALUE_MAX 65000

struct ipc_proposal {
	const void *value;
	size_t length;
	uint64_t cookie;
	uint32_t timeout_ms;
	uint64_t client;	/* 0: none */
	uint64_t sequence;	/* of @client */
};

/* A message of @bytes, of which each proposal takes its value's and some more. */
#define IPC_PROPOSE_BYTES (256u << 10)
#define IPC_PROPOSAL_OVERHEAD 64
int ipc_propose_begin(struct ipc *ipc, const char *group, size_t bytes);
/* True: there may be no room for one more value of @length bytes. */
bool ipc_propose_full(struct ipc *ipc, size_t length);
void ipc_propose_add(struct ipc *ipc, const struct ipc_proposal *proposal);
int ipc_propose_send(struct ipc *ipc, uint32_t *sequence);
int ipc_fd(struct ipc *ipc);
/* Reads what has come, waiting for at most @timeout_ms. */
int ipc_answers(struct ipc *ipc, const struct ipc_answers *answers, int timeout_ms);
/* Asks for answers that did not fit the receive buffer. */
int ipc_results_again(struct ipc *ipc);

/*
 * Commands that the kernel queues.  These calls return when it has taken them in;
 * ipc_await() when they have taken effect, or failed.  One at a time; other calls
 * may be made meanwhile.
 */
struct ipc_member_change {
	const char *group;
	uint8_t op;		/* enum paxos_member_op */
	uint16_t node;
	uint16_t other;		/* 0: none */
	union address address;	/* family 0: none */
	bool force;
	uint32_t timeout_ms;
};

int ipc_barrier(struct ipc *ipc, const char *group, uint32_t timeout_ms);
int ipc_leader_transfer(struct ipc *ipc, const char *group, uint16_t node, uint32_t timeout_ms);
int ipc_member_change(struct ipc *ipc, const struct ipc_member_change *change);
int ipc_trim(struct ipc *ipc, const char *group, uint64_t slot, uint32_t timeout_ms);
int ipc_snapshot_installed(struct ipc *ipc, const char *group, uint64_t slot,
			   uint32_t timeout_ms);
/* The answer of the last of these; -ETIMEDOUT: there is none within @timeout_ms. */
int ipc_await(struct ipc *ipc, struct ipc_result *result, int timeout_ms);

struct ipc_entry {
	uint64_t slot;
	uint64_t ballot;
	uint16_t origin;
	uint8_t type;
	const void *value;
	size_t length;
};

struct ipc_log {
	uint64_t first;
	uint64_t chosen;
	uint64_t generation;
};

struct ipc_reader {
	void *context;
	/* Nonzero ends the reading: no further callback, and ipc_learn() returns it. */
	int (*head)(void *context, const struct ipc_log *log);
	int (*entry)(void *context, const struct ipc_entry *entry);
};

/* From slot @from (0: the first there is), at most @count (0: all). */
int ipc_learn(struct ipc *ipc, const char *group, uint64_t from, uint64_t count,
	      const struct ipc_reader *reader);

struct ipc_histogram {
	uint64_t sum_us;
	uint64_t bucket[PAXOS_HISTOGRAM_BUCKETS];
};

/* What a group has counted on this node. */
struct ipc_stats {
	char group[PAXOS_NAME_MAX + 1];
	uint16_t node;
	uint64_t count[PAXOS_STATS_A_PAD];	/* by enum paxos_stats_attr */
	struct ipc_histogram commit;
	struct ipc_histogram write;
};

int ipc_stats(struct ipc *ipc, const char *group, bool reset, struct ipc_stats *stats);
/* Of all groups, in new memory. */
int ipc_stats_list(struct ipc *ipc, struct ipc_stats **list, unsigned int *count);

/* One event; enum paxos_happened says what else is in it; 0, NULL or false: absent. */
struct ipc_event {
	char group[PAXOS_NAME_MAX + 1];
	uint8_t type;
	uint64_t sequence;
	uint64_t time_ns;
	uint16_t node;
	uint8_t state, state_was;
	uint8_t role, role_was;
	uint8_t health, health_was;
	bool member, voter;
	uint64_t slot;
	uint64_t ballot;
	uint8_t room;
	uint64_t count;
	char reason[PAXOS_REASON_MAX + 1];
	char why[PAXOS_REASON_MAX + 1];
};

struct ipc_listener {
	void *context;
	/* False: no more is wanted; what else has come is dropped. */
	bool (*event)(void *context, const struct ipc_event *event);
};

/* Events of all groups come by a socket of their own. */
int ipc_events_join(struct ipc *ipc);
/* Reads what has come, waiting for at most @timeout_ms; -ENOBUFS: some were lost. */
int ipc_events_read(struct ipc *ipc, const struct ipc_listener *listener, int timeout_ms);

/* Multicasts about newly delivered slots come by a socket of their own. */
int ipc_learned_join(struct ipc *ipc);
/* Waits for news of any group, or @timeout_ms; lost news count as news. */
int ipc_learned_wait(struct ipc *ipc, int timeout_ms);

#endif
