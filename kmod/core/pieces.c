// SPDX-License-Identifier: GPL-2.0
/*
 * Pieces: kept by the sender, gathered by the receiver.  What comes in is a
 * peer's: every index and length is checked before a byte is copied.  Pure.
 */
#include "pieces.h"

/* A body of the greatest length makes that many; more is not ours. */
#define BODY_PIECES_MAX		((PAXOS_MESSAGE_MAX + PAXOS_PIECE_MAX - 1) / PAXOS_PIECE_MAX)

#define NEVER_US		(~0ull)

/* @memory: PAXOS_PIECES_MEMORY bytes that stay as long as @pieces does. */
void paxos_pieces_init(struct paxos_pieces *pieces, u8 *memory)
{
	u32 i;

	memset(pieces, 0, sizeof(*pieces));
	for (i = 0; i < PAXOS_PIECES_SENT; i++, memory += PAXOS_PIECES_STRIDE)
		pieces->sent[i].body = memory;
	for (i = 0; i < PAXOS_ASSEMBLIES; i++, memory += PAXOS_PIECES_STRIDE)
		pieces->assembly[i].body = memory;
	pieces->next_us = NEVER_US;
}

/*
 * Keep a copy of a body that is being sent to the members in @to, in place of
 * the one kept longest.  NULL, and nothing kept, if it is too long.
 */
const struct paxos_sent *paxos_pieces_keep(struct paxos_pieces *pieces, u32 message, u8 type,
					   u32 to, const u8 *body, u32 length)
{
	struct paxos_sent *sent = &pieces->sent[pieces->next_sent];

	if (length > PAXOS_MESSAGE_MAX)
		return NULL;
	pieces->next_sent = (pieces->next_sent + 1) % PAXOS_PIECES_SENT;
	sent->message = message;
	sent->to = to;
	sent->type = type;
	sent->length = length;
	memcpy(sent->body, body, length);
	return sent;
}

/* The body @message that was sent to @member among others; NULL: kept no more. */
const struct paxos_sent *paxos_pieces_find(const struct paxos_pieces *pieces, u32 message,
					   u32 member)
{
	const struct paxos_sent *sent;
	u32 i;

	if (!message)
		return NULL;
	for (i = 0; i < PAXOS_PIECES_SENT; i++) {
		sent = &pieces->sent[i];
		if (sent->message == message)
			return sent->to & (1u << member) ? sent : NULL;
	}
	return NULL;
}

/* One that was handed out goes first, then the oldest. */
static struct paxos_assembly *assembly_victim(struct paxos_pieces *pieces)
{
	struct paxos_assembly *best = &pieces->assembly[0], *a;
	u32 i;

	for (i = 0; i < PAXOS_ASSEMBLIES; i++) {
		a = &pieces->assembly[i];
		if (!a->session)
			return a;
		if (a->whole != best->whole ? a->whole : a->order < best->order)
			best = a;
	}
	return best;
}

static struct paxos_assembly *assembly_find(struct paxos_pieces *pieces, u32 member,
					    const struct paxos_head *head)
{
	struct paxos_assembly *a;
	u32 i;

	for (i = 0; i < PAXOS_ASSEMBLIES; i++) {
		a = &pieces->assembly[i];
		if (a->session == head->from_session && a->member == member &&
		    a->message == head->message)
			return a;
	}
	return NULL;
}

static struct paxos_assembly *assembly_new(struct paxos_pieces *pieces, u32 member,
					   const struct paxos_head *head)
{
	struct paxos_assembly *a = assembly_victim(pieces);
	u8 *body = a->body;

	*a = (struct paxos_assembly) {
		.session = head->from_session,
		.member = member,
		.message = head->message,
		.type = head->type,
		.pieces = head->pieces,
		.order = ++pieces->order,
		.body = body,
	};
	return a;
}

static bool piece_sensible(const struct paxos_head *head, u32 length)
{
	bool last = head->piece == head->pieces - 1;
	u32 offset = head->piece * (u32)PAXOS_PIECE_MAX;

	return head->from_session && head->message && head->pieces >= 2 &&
	       head->pieces <= BODY_PIECES_MAX && head->piece < head->pieces &&
	       (last ? length && length <= PAXOS_PIECE_MAX : length == PAXOS_PIECE_MAX) &&
	       offset + length <= PAXOS_MESSAGE_MAX;
}

static u32 all_pieces(u16 pieces)
{
	return pieces >= 32 ? ~0u : (1u << pieces) - 1;
}

/*
 * A piece came from @member, with @length bytes of body at @data.  True when it
 * completes its body: *@whole is it then.  Each body is handed out once, as
 * long as its assembly is not replaced.
 */
bool paxos_pieces_take(struct paxos_pieces *pieces, u32 member, const struct paxos_head *head,
		       const u8 *data, u32 length, u64 now_us, struct paxos_whole *whole)
{
	struct paxos_assembly *a;
	u32 bit;

	if (!piece_sensible(head, length))
		return false;
	a = assembly_find(pieces, member, head);
	if (!a)
		a = assembly_new(pieces, member, head);
	bit = 1u << head->piece;
	if (a->type != head->type || a->pieces != head->pieces || a->whole || a->got & bit)
		return false;
	memcpy(a->body + head->piece * (u32)PAXOS_PIECE_MAX, data, length);
	a->got |= bit;
	if (head->piece == head->pieces - 1)
		a->last = length;
	if (a->got == all_pieces(a->pieces)) {
		a->whole = true;
		whole->body = a->body;
		whole->length = (a->pieces - 1) * (u32)PAXOS_PIECE_MAX + a->last;
		return true;
	}
	if (!a->asked && head->piece == head->pieces - 1)
		a->due_us = now_us + PAXOS_PIECES_SOON_US;
	else
		a->due_us = now_us + ((u64)PAXOS_PIECES_WAIT_US << a->asked);
	pieces->next_us = port_min(pieces->next_us, a->due_us);
	return false;
}

/*
 * Call until false: what has to be asked for now.  Assemblies that were asked
 * for often enough are given up.
 */
bool paxos_pieces_ask(struct paxos_pieces *pieces, u64 now_us, struct paxos_ask *ask)
{
	struct paxos_assembly *a;
	u64 next_us = NEVER_US;
	u32 i;

	if (now_us < pieces->next_us)
		return false;
	for (i = 0; i < PAXOS_ASSEMBLIES; i++) {
		a = &pieces->assembly[i];
		if (!a->session || a->whole)
			continue;
		if (now_us < a->due_us) {
			next_us = port_min(next_us, a->due_us);
			continue;
		}
		if (a->asked == PAXOS_PIECES_ASKS) {
			a->session = 0;
			continue;
		}
		a->asked++;
		a->due_us = now_us + ((u64)PAXOS_PIECES_WAIT_US << a->asked);
		*ask = (struct paxos_ask) {
			.member = a->member,
			.message = a->message,
			.wanted = all_pieces(a->pieces) & ~a->got,
		};
		return true;
	}
	pieces->next_us = next_us;
	return false;
}
