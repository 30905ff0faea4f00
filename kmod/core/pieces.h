/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pieces: bodies that do not fit one datagram.
 *
 * A sender keeps its last multi-piece bodies, so that a receiver that lacks
 * some pieces gets just these again (message MISSING).  A receiver gathers
 * pieces into assemblies.  Pure: the memory for both is given at init, time
 * comes in as an argument.
 */
#ifndef _PAXOS_CORE_PIECES_H
#define _PAXOS_CORE_PIECES_H

#include "message.h"

#define PAXOS_PIECES_SENT	64u	/* bodies kept to be resent */
#define PAXOS_ASSEMBLIES	64u	/* bodies gathered at once */
#define PAXOS_PIECES_ASKS	8u	/* times that missing pieces are asked for */
#define PAXOS_PIECES_SOON_US	2000u	/* from the last piece to the first asking */
#define PAXOS_PIECES_WAIT_US	10000u	/* from any other; doubles with each asking */

/* Bytes that paxos_pieces_init() wants. */
#define PAXOS_PIECES_STRIDE	((PAXOS_MESSAGE_MAX + 7) & ~7ul)
#define PAXOS_PIECES_MEMORY	((PAXOS_PIECES_SENT + PAXOS_ASSEMBLIES) * PAXOS_PIECES_STRIDE)

/* A body that was sent; @message 0: none. */
struct paxos_sent {
	u32 message;
	u32 to;				/* mask of member indices */
	u8 type;
	u32 length;
	u8 *body;
};

struct paxos_assembly {
	u64 session;			/* of the sender; 0: unused */
	u32 member;			/* index of the sender */
	u32 message;
	u8 type;
	bool whole;			/* handed out: stays to swallow duplicates */
	u16 pieces;
	u32 got;			/* mask */
	u32 last;			/* bytes of the last piece */
	u8 asked;
	u64 due_us;			/* when to ask, or to give up */
	u64 order;			/* the smallest is the oldest */
	u8 *body;
};

struct paxos_pieces {
	struct paxos_sent sent[PAXOS_PIECES_SENT];
	struct paxos_assembly assembly[PAXOS_ASSEMBLIES];
	u32 next_sent;
	u64 order;
	u64 next_us;			/* nothing is due before */
};

/* A whole body; its bytes stay valid until the next piece is taken. */
struct paxos_whole {
	const u8 *body;
	u32 length;
};

/* Pieces to be asked for: MISSING to @member, number = @message, slot = @wanted. */
struct paxos_ask {
	u32 member;
	u32 message;
	u32 wanted;
};

/* How many pieces a body of @length bytes makes. */
static inline u16 paxos_pieces_count(u32 length)
{
	return (length + PAXOS_PIECE_MAX - 1) / PAXOS_PIECE_MAX;
}

/* Bytes of piece number @piece of a body of @length bytes. */
static inline u32 paxos_piece_length(u32 length, u16 piece)
{
	return port_min(length - piece * (u32)PAXOS_PIECE_MAX, (u32)PAXOS_PIECE_MAX);
}

void paxos_pieces_init(struct paxos_pieces *pieces, u8 *memory);

const struct paxos_sent *paxos_pieces_keep(struct paxos_pieces *pieces, u32 message, u8 type,
					   u32 to, const u8 *body, u32 length);
const struct paxos_sent *paxos_pieces_find(const struct paxos_pieces *pieces, u32 message,
					   u32 member);

bool paxos_pieces_take(struct paxos_pieces *pieces, u32 member, const struct paxos_head *head,
		       const u8 *data, u32 length, u64 now_us, struct paxos_whole *whole);
bool paxos_pieces_ask(struct paxos_pieces *pieces, u64 now_us, struct paxos_ask *ask);

#endif /* _PAXOS_CORE_PIECES_H */
