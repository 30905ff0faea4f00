/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Table: all that the log through a slot says, besides its values.  Who the
 * members are (rule 13) and what was delivered (rule 8).
 *
 * A pure function of the log: every node that has applied the same slots holds
 * the same table, byte for byte.  A node keeps it at its trim point, in the
 * journal, and gives it to who begins from a snapshot.
 */
#ifndef _PAXOS_CORE_TABLE_H
#define _PAXOS_CORE_TABLE_H

#include "entry.h"

#define PAXOS_WINDOW		256u	/* slots open at once; the alpha of rule 13 */
#define PAXOS_SESSION_WINDOW	512u	/* proposals of one origin in flight (rule 8) */
#define PAXOS_EVICTED_BITS	65536u	/* of the filter of evicted clients */

/* Where a node is reached; @family 0: not known here. */
struct paxos_endpoint {
	u8 family;			/* 4, 6 */
	u16 port;
	u8 address[16];			/* network order; IPv4: the first 4 */
};

struct paxos_config_member {
	u16 node;
	bool voter;
	u8 disk[16];			/* zero in the first configuration */
	struct paxos_endpoint endpoint;
};

/* Who the members are, by ascending id; governs slots from @slot + PAXOS_WINDOW on. */
struct paxos_config {
	u64 slot;			/* of the CONFIG entry; 0: the first, governs from 1 on */
	u8 members;
	struct paxos_config_member member[PAXOS_NODES_MAX];
};

/* What one origin had delivered: the window below and at @newest. */
struct paxos_session {
	u16 node;
	u64 incarnation;
	u64 nonce;
	u64 newest;
	u64 delivered[PAXOS_SESSION_WINDOW / 64];
};

/* What one client had delivered, and where: sequences newest - 7 .. newest. */
struct paxos_client {
	u64 client;
	u64 used;			/* slot of its newest delivery */
	u64 newest;
	u64 slot[PAXOS_CLIENT_WINDOW];	/* by sequence; 0: not delivered */
};

struct paxos_table {
	u64 slot;			/* all through it is applied */
	struct paxos_config older;	/* governs until the newest does */
	struct paxos_config newest;	/* .members 0: unknown, this node is joining */
	struct paxos_config draft;	/* room to read one; means nothing */
	u16 removeds;
	u16 removed[PAXOS_REMOVED_MAX];	/* ids, in the order of their removal */
	u8 sessions;
	struct paxos_session session[PAXOS_NODES_MAX];	/* members of the newest, in its order */
	u16 clients;
	struct paxos_client client[PAXOS_CLIENTS_MAX];
	/* A filter of evicted clients: who may be one of them gets nothing delivered. */
	u64 evicted[PAXOS_EVICTED_BITS / 64];
};

/* Bytes of an encoded table, at most. */
#define PAXOS_TABLE_SIZE_MAX	(80u << 10)

/* It travels in pieces, each as long as that but the last. */
#define PAXOS_TABLE_PIECES	4u
#define PAXOS_TABLE_PIECE	(PAXOS_TABLE_SIZE_MAX / PAXOS_TABLE_PIECES)

void paxos_table_first(struct paxos_table *table, const struct paxos_config *config);

/*
 * @entry is chosen in the slot after @table->slot.  Returns the type that it is
 * delivered as: NOOP for what was delivered before, is outlived, or is a CONFIG
 * that does not follow from the newest.  @first: the slot where a client's
 * proposal was delivered; 0: not known (any more).
 */
u8 paxos_table_apply(struct paxos_table *table, const struct paxos_entry *entry, u64 *first);

/* Was it delivered, or can it never be?  @first as above. */
bool paxos_table_delivered(const struct paxos_table *table, const struct paxos_proposal_id *id,
			   u64 *first);

/* Who governs @slot; known if @slot <= table->slot + PAXOS_WINDOW. */
const struct paxos_config *paxos_table_config(const struct paxos_table *table, u64 slot);

bool paxos_table_removed(const struct paxos_table *table, u16 node);

u32 paxos_table_encode(const struct paxos_table *table, u8 *out);
bool paxos_table_decode(struct paxos_table *table, const u8 *data, u32 length);

/* config.c: the value of a CONFIG entry. */
#define PAXOS_CONFIG_SIZE_MAX	(sizeof(struct paxos_config_head) +	\
				 PAXOS_NODES_MAX * sizeof(struct paxos_config_node))

u32 paxos_config_encode(const struct paxos_config *config, u64 base, u8 *out);
bool paxos_config_decode(struct paxos_config *config, u64 *base, const u8 *data, u32 length);
int paxos_config_find(const struct paxos_config *config, u16 node);

/* session.c */
bool paxos_session_deliver(struct paxos_session *session, const struct paxos_proposal_id *id);
bool paxos_session_delivered(const struct paxos_session *session,
			     const struct paxos_proposal_id *id);

#endif /* _PAXOS_CORE_TABLE_H */
