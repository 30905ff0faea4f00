/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replica: one node of one group, as a deterministic state machine.
 *
 * This is the whole interface that the core has for its shell (kernel,
 * simulator, tests).  What is inside is in state.h.
 *
 * Life: init with the superblock's facts and this start's nonce; restore each
 * record of the journal in order, then start; then step and flush.  Locking is
 * the caller's: one thread at a time.
 */
#ifndef _PAXOS_CORE_REPLICA_H
#define _PAXOS_CORE_REPLICA_H

#include "effects.h"

struct paxos_replica;

/* Nodes that are known by index: members, and one that is about to be. */
#define PAXOS_MEMBERS_MAX	(PAXOS_NODES_MAX + 1)

struct paxos_member_settings {
	u16 node;
	bool voter;
	bool known;			/* @disk is confirmed */
	u8 disk[16];
};

struct paxos_settings {
	u8 cluster[16];
	u8 disk[16];
	u16 node;
	bool fresh;			/* never confirmed: rule 10 */
	bool join;			/* formatted to join: the members are unknown */
	u8 mode;			/* enum paxos_mode */
	u8 learn;			/* enum paxos_learn */
	u8 members;
	struct paxos_member_settings member[PAXOS_NODES_MAX];
	u64 incarnation;		/* of this start, durable already */
	u64 nonce;			/* random, not 0: also this start's session */
	u32 life[PAXOS_LIVES];		/* of earlier starts, by number; 0: not known */
	u64 seed;			/* of the generator of random timeouts */
	u32 heartbeat_ms;
	u32 election_ms;
};

struct paxos_peer_view {
	u16 node;
	bool self, voter, member, up;
	u8 health;			/* enum paxos_health */
	bool accepted;			/* in slot @open of the view, as far as we know */
	bool heard;
	u64 heard_us;			/* time since it was last heard of */
	u32 rtt_us;
	u16 used;			/* of 1000 parts of its journal */
	bool full;			/* it has little room for new values */
	u64 commit;
	bool known;			/* @disk is confirmed */
	u8 disk[16];
	struct paxos_endpoint endpoint;	/* as the configuration has it */
};

/* What the world may know of a replica: a copy, for readers. */
struct paxos_view {
	u8 role;			/* enum paxos_role */
	u8 state;			/* enum paxos_state */
	u16 leader;			/* 0: none known */
	u64 ballot, commit, durable, delivered;
	u8 voters, voters_up, need;
	bool voter;			/* this node votes */
	u64 config;			/* slot of the newest configuration */
	u64 trim;			/* slots through it are trimmed */
	u64 open;			/* leader: oldest slot proposed, not chosen; 0: none */
	u64 snapshot;			/* one is needed of all through it; 0: none is */
	u32 damaged;			/* slots that wait for repair */
	char reason[PAXOS_REASON_MAX + 1];
	u8 peers;
	struct paxos_peer_view peer[PAXOS_MEMBERS_MAX];	/* by index; @node 0: nobody */
};

/* install.c: bodies of TABLE messages, for the shell that serves a table. */
u32 paxos_table_bodies(u32 length);
u32 paxos_table_body(const u8 *table, u32 length, u64 slot, u32 index, u8 *out);
u32 paxos_table_refusal(u64 slot, u64 trim, u8 *out);

size_t paxos_replica_size(void);
void paxos_replica_init(struct paxos_replica *replica, const struct paxos_settings *settings);
void paxos_replica_exit(struct paxos_replica *replica);

bool paxos_replica_restore(struct paxos_replica *replica, const struct paxos_vow *vow);
bool paxos_replica_restore_record(struct paxos_replica *replica, const struct paxos_record *record);
bool paxos_replica_restore_table(struct paxos_replica *replica, const struct paxos_table *table);
bool paxos_replica_start(struct paxos_replica *replica, u64 now_us);

bool paxos_replica_step(struct paxos_replica *replica, const struct paxos_event *event,
			struct paxos_effects *fx);
bool paxos_replica_flush(struct paxos_replica *replica, u64 now_us, struct paxos_effects *fx);

void paxos_replica_vow(const struct paxos_replica *replica, struct paxos_vow *vow);
void paxos_replica_head(const struct paxos_replica *replica, u32 to, u8 type,
			struct paxos_head *head);
const struct paxos_table *paxos_replica_base(const struct paxos_replica *replica);
void paxos_replica_base_again(struct paxos_replica *replica, struct paxos_effects *fx);
const struct paxos_config *paxos_replica_config(const struct paxos_replica *replica);
int paxos_replica_member(const struct paxos_replica *replica, u16 node);
u16 paxos_replica_peer(const struct paxos_replica *replica, u32 index,
		       struct paxos_endpoint *endpoint);
u64 paxos_replica_damaged(const struct paxos_replica *replica, u64 *first);
void paxos_replica_view(const struct paxos_replica *replica, struct paxos_view *view);
bool paxos_replica_lost(const struct paxos_replica *replica, u64 slot);
u64 paxos_replica_next_us(const struct paxos_replica *replica);

#endif /* _PAXOS_CORE_REPLICA_H */
