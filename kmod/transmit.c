// SPDX-License-Identifier: GPL-2.0
/*
 * From a message of the core to datagrams.
 *
 * Rule 1 is kept here: a message that names a journal position leaves when the
 * journal is durable through it, never earlier; until then it stands in a ring
 * that was allocated with the group.  The engine steps the core only while the
 * ring has room for all that one step may say.  So is rule 7: a node that has
 * forgotten is silent until its superblock says so.
 *
 * All of it is called with the engine lock held.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "engine.h"
#include "group.h"
#include "transmit.h"

int paxos_transmit_init(struct paxos_transmit *transmit)
{
	BUILD_BUG_ON(PAXOS_HELD_MAX < 2 * PAXOS_SENDS_MAX || !is_power_of_2(PAXOS_HELD_MAX));
	transmit->held = vmalloc(array_size(PAXOS_HELD_MAX, sizeof(*transmit->held)));
	transmit->pieces = kvzalloc(sizeof(*transmit->pieces), GFP_KERNEL);
	transmit->pieces_memory = vmalloc(PAXOS_PIECES_MEMORY);
	if (!transmit->held || !transmit->pieces || !transmit->pieces_memory)
		return -ENOMEM;
	paxos_pieces_init(transmit->pieces, transmit->pieces_memory);
	return 0;
}

void paxos_transmit_exit(struct paxos_transmit *transmit)
{
	vfree(transmit->pieces_memory);
	kvfree(transmit->pieces);
	vfree(transmit->held);
}

/* Is there room for what one step or flush may say? */
bool paxos_transmit_room(const struct paxos_transmit *transmit)
{
	return transmit->held_tail - transmit->held_head + PAXOS_SENDS_MAX <= PAXOS_HELD_MAX;
}

/* Send the pieces in mask @wanted of a body whose @head is filled in. */
static void send_pieces(struct paxos_group *group, const struct paxos_address *to,
			struct paxos_head *head, const u8 *body, u32 length, u32 wanted)
{
	struct paxos_transmit *transmit = &group->transmit;
	u8 wire[PAXOS_HEAD_SIZE];
	u32 size;
	u16 i;

	/* Rule 7: not before the superblock says what became of us. */
	if (paxos_chores_hold(&group->chores))
		return;
	for (i = 0; i < head->pieces; i++) {
		struct kvec part[2];

		if (!(wanted & (1u << i)))
			continue;
		size = paxos_piece_length(length, i);
		head->piece = i;
		paxos_head_encode(wire, head);
		part[0].iov_base = wire;
		part[0].iov_len = sizeof(wire);
		part[1].iov_base = (void *)body + i * PAXOS_PIECE_MAX;
		part[1].iov_len = size;
		if (paxos_socket_send(&transmit->socket, to, part, 2, sizeof(wire) + size) < 0)
			paxos_stats_add(&group->stats, PAXOS_STATS_A_UNSENT, 1);
		else
			paxos_stats_add(&group->stats, PAXOS_STATS_A_SENT, 1);
	}
}

/* The head of body number @message for @member. */
static void head_for(struct paxos_group *group, u32 member, u8 type, u32 message, u32 length,
		     struct paxos_head *head)
{
	paxos_replica_head(group->replica, member, type, head);
	head->message = message;
	head->pieces = paxos_pieces_count(length);
}

static void send_to_members(struct paxos_group *group, u32 to, u8 type, const u8 *body, u32 length)
{
	struct paxos_transmit *transmit = &group->transmit;
	struct paxos_head head;
	u32 message, member;

	if (!++transmit->message)
		transmit->message = 1;
	message = transmit->message;
	if (paxos_pieces_count(length) > 1)
		paxos_pieces_keep(transmit->pieces, message, type, to, body, length);
	for (member = 0; member < PAXOS_MEMBERS_MAX; member++) {
		if (!(to & (1u << member)) || !transmit->address[member].sa.sa_family)
			continue;
		head_for(group, member, type, message, length, &head);
		send_pieces(group, &transmit->address[member], &head, body, length, ~0u);
	}
}

/* Answer the datagram whose head was @asked; small bodies only. */
static void send_to_source(struct paxos_group *group, const struct paxos_head *asked,
			   const struct paxos_address *source, u8 type, const u8 *body, u32 length)
{
	struct paxos_transmit *transmit = &group->transmit;
	struct paxos_head head = {
		.type = type,
		.from = group->node,
		.to = asked->from,
		.from_session = group->nonce,
		.to_session = asked->from_session,
		.pieces = paxos_pieces_count(length),
	};

	memcpy(head.cluster, group->cluster, sizeof(head.cluster));
	if (!++transmit->message)
		transmit->message = 1;
	head.message = transmit->message;
	send_pieces(group, source, &head, body, length, ~0u);
}

static void hold(struct paxos_group *group, const struct paxos_send *send)
{
	struct paxos_transmit *transmit = &group->transmit;
	struct paxos_held *held = &transmit->held[transmit->held_tail % PAXOS_HELD_MAX];

	/* The core promises small messages, the engine room: a loss if not so. */
	if (WARN_ON_ONCE(send->length > sizeof(held->body) ||
			 transmit->held_tail - transmit->held_head == PAXOS_HELD_MAX))
		return;
	held->lsn = send->lsn;
	held->to = send->to;
	held->type = send->type;
	held->length = send->length;
	if (!send->to) {
		held->reply = group->incoming->head;
		held->source = group->incoming->source;
	}
	memcpy(held->body, send->body, send->length);
	transmit->held_tail++;
}

/* Carry out one message of the core's. */
void paxos_transmit(struct paxos_group *group, const struct paxos_send *send)
{
	lockdep_assert_held(&group->lock);
	if (send->lsn > group->durable) {
		if (!group->failed)
			hold(group, send);
		return;
	}
	if (send->to)
		send_to_members(group, send->to, send->type, send->body, send->length);
	else
		send_to_source(group, &group->incoming->head, &group->incoming->source,
			       send->type, send->body, send->length);
}

/* Send a body that the shell made to one member. */
void paxos_transmit_to(struct paxos_group *group, u32 member, u8 type, const u8 *body, u32 length)
{
	lockdep_assert_held(&group->lock);
	send_to_members(group, 1u << member, type, body, length);
}

/* The journal is durable through group->durable: let go what waited for that. */
void paxos_transmit_durable(struct paxos_group *group)
{
	struct paxos_transmit *transmit = &group->transmit;
	struct paxos_held *held;

	lockdep_assert_held(&group->lock);
	while (transmit->held_head != transmit->held_tail) {
		held = &transmit->held[transmit->held_head % PAXOS_HELD_MAX];
		if (held->lsn > group->durable)
			return;
		if (held->to)
			send_to_members(group, held->to, held->type, held->body, held->length);
		else
			send_to_source(group, &held->reply, &held->source, held->type,
				       held->body, held->length);
		transmit->held_head++;
	}
}

/* The journal failed: what waited for it is never said. */
void paxos_transmit_drop_held(struct paxos_transmit *transmit)
{
	transmit->held_head = transmit->held_tail;
}

/* @member lacks the pieces in mask @wanted of our body number @message. */
void paxos_transmit_again(struct paxos_group *group, u32 member, u64 message, u64 wanted)
{
	struct paxos_transmit *transmit = &group->transmit;
	const struct paxos_sent *sent;
	struct paxos_head head;

	lockdep_assert_held(&group->lock);
	if (message > U32_MAX || !transmit->address[member].sa.sa_family)
		return;
	sent = paxos_pieces_find(transmit->pieces, message, member);
	if (!sent)
		return;
	head_for(group, member, sent->type, sent->message, sent->length, &head);
	send_pieces(group, &transmit->address[member], &head, sent->body, sent->length, wanted);
}

/* Ask for what is missing of the bodies being gathered, if it is time to. */
void paxos_transmit_ask(struct paxos_group *group)
{
	struct paxos_message fields = { .type = PAXOS_MISSING };
	struct paxos_writer writer;
	u8 body[PAXOS_BODY_SIZE];
	struct paxos_ask ask;

	lockdep_assert_held(&group->lock);
	while (paxos_pieces_ask(group->transmit.pieces, group->now_us, &ask)) {
		fields.number = ask.message;
		fields.slot = ask.wanted;
		paxos_writer_begin(&writer, body, sizeof(body));
		send_to_members(group, 1u << ask.member, PAXOS_MISSING, body,
				paxos_writer_end(&writer, &fields));
	}
}
