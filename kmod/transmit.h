/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transmit: from a message of the core to datagrams: held until it may leave
 * (rule 1), addressed, cut into pieces, and resent in pieces.
 */
#ifndef _PAXOS_TRANSMIT_H
#define _PAXOS_TRANSMIT_H

#include "core/effects.h"
#include "core/pieces.h"
#include "core/replica.h"
#include "socket.h"

struct paxos_group;

/* Messages that wait for a journal write; at least two sets of effects. */
#define PAXOS_HELD_MAX		512u

/* One message that waits for its records. */
struct paxos_held {
	u64 lsn;
	u32 to;				/* mask of members; 0: @reply, @source */
	u8 type;
	u32 length;
	struct paxos_head reply;
	struct paxos_address source;
	u8 body[PAXOS_SMALL_MESSAGE];
};

/* Guarded by the engine lock. */
struct paxos_transmit {
	struct paxos_socket socket;
	struct paxos_address address[PAXOS_MEMBERS_MAX];	/* by index; family 0: none */
	struct paxos_held *held;	/* ring of PAXOS_HELD_MAX */
	u32 held_head, held_tail;	/* oldest, next; free running */
	struct paxos_pieces *pieces;
	u8 *pieces_memory;
	u32 message;			/* number of the newest body */
};

int paxos_transmit_init(struct paxos_transmit *transmit);
void paxos_transmit_exit(struct paxos_transmit *transmit);

bool paxos_transmit_room(const struct paxos_transmit *transmit);
void paxos_transmit(struct paxos_group *group, const struct paxos_send *send);
void paxos_transmit_to(struct paxos_group *group, u32 member, u8 type, const u8 *body, u32 length);
void paxos_transmit_durable(struct paxos_group *group);
void paxos_transmit_drop_held(struct paxos_transmit *transmit);
void paxos_transmit_again(struct paxos_group *group, u32 member, u64 message, u64 wanted);
void paxos_transmit_ask(struct paxos_group *group);

#endif /* _PAXOS_TRANSMIT_H */
