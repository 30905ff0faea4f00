// SPDX-License-Identifier: GPL-2.0
/*
 * Contact: who is there, and with which disk (rule 10).
 *
 * Each start of a node draws a nonce, its session.  A HELLO that names the
 * receiver's session proves that its sender is alive now; from then on each
 * datagram names both sessions, so that one delayed from an earlier life
 * decides nothing.
 *
 * A HELLO also says which disk each id was confirmed to have.  The first disk
 * that shows up for an id is written to the journal and is the only one ever
 * taken for it.  A fresh voter takes part only when every voter has confirmed
 * the very same disks.
 */
#include "state.h"

/* This node's own disk is known from the start; so is what the superblock lists. */
void paxos_contact_init(struct paxos_replica *r)
{
	r->confirmed = !r->settings.fresh;
}

/*
 * May a datagram of @from be listened to?  Both sessions must be of now.  If
 * they are not, one of us was restarted: say hello.
 */
bool paxos_contact_check(struct paxos_replica *r, const struct paxos_head *head, u8 from)
{
	struct paxos_peer *peer = &r->peer[from];

	if (head->to_session == r->settings.nonce && head->from_session == peer->session)
		return true;
	peer->greet = true;
	return false;
}

static void send_hello(struct paxos_replica *r, struct paxos_effects *fx, u8 to)
{
	struct paxos_message m = {
		.type = PAXOS_HELLO,
		/* What is said here may be held against us: nothing that could be lost. */
		.ballot = r->promised_lsn <= r->durable_lsn ? r->promised : 0,
		.slot = r->durable,
		.commit = r->commit,
		.number = r->settings.incarnation,
		.flags = r->confirmed ? 0 : PAXOS_FLAG_FRESH,
	};
	const struct paxos_member *member;
	struct paxos_claim claim = { .known = true };
	struct paxos_writer writer;
	unsigned int i;

	paxos_writer_begin(&writer, paxos_body_room(fx), PAXOS_SMALL_MESSAGE);
	memcpy(claim.disk, r->settings.disk, sizeof(claim.disk));
	paxos_writer_disk(&writer, r->settings.node, &claim);
	for (i = 0; i < r->members; i++) {
		member = &r->member[i];
		memcpy(claim.disk, member->disk, sizeof(claim.disk));
		/* A confirmation counts when it is durable. */
		if (i != r->self && member->known && r->peer[i].pin_lsn <= r->durable_lsn)
			paxos_writer_disk(&writer, member->node, &claim);
	}
	r->peer[to].greeted_us = r->now_us;
	r->peer[to].greet = false;
	paxos_send_body(fx, paxos_bit(to), 0, m.type, paxos_writer_end(&writer, &m));
}

static void refuse(struct paxos_effects *fx, u64 why)
{
	struct paxos_message m = { .type = PAXOS_REFUSED, .number = why };

	paxos_reply(fx, &m);
}

/* Somebody whose id is not in the configuration. */
void paxos_contact_stranger(struct paxos_effects *fx)
{
	refuse(fx, PAXOS_REFUSED_UNKNOWN);
}

/* The first disk seen under an id becomes the id's disk. */
static void pin(struct paxos_replica *r, struct paxos_effects *fx, u8 member, const u8 *disk)
{
	struct paxos_member *of = &r->member[member];
	struct paxos_record record = { .type = PAXOS_RECORD_PEER, .slot = of->node };

	of->known = true;
	memcpy(of->disk, disk, sizeof(of->disk));
	memcpy(record.disk, disk, sizeof(record.disk));
	paxos_batch_append(fx->batch, &record);
	fx->batch->urgent = true;
	r->peer[member].pin_lsn = fx->batch->sequence;
}

/* Does this HELLO confirm, for every voter, the disk that we know? */
static bool confirms_ours(const struct paxos_replica *r, const struct paxos_message *m)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	u32 same = 0;
	int member;

	while (paxos_message_next(m, &cursor, &item)) {
		member = paxos_replica_member(r, item.slot);
		if (member >= 0 && r->member[member].known && item.claim.known &&
		    !memcmp(r->member[member].disk, item.claim.disk, 16))
			same |= paxos_bit(member);
	}
	return (same & r->voters) == r->voters;
}

/* The sender is alive: its session is the one that counts from now on. */
static void establish(struct paxos_replica *r, const struct paxos_head *head,
		      const struct paxos_message *m, u8 from)
{
	struct paxos_peer *peer = &r->peer[from];

	if (peer->session == head->from_session)
		return;
	peer->session = head->from_session;
	peer->incarnation = m->number;
	peer->commit = 0;
	peer->trim = 0;
	peer->learn_last = 0;
	peer->collected = (struct paxos_collected) {};
	peer->greet = true;
}

void paxos_on_hello(struct paxos_replica *r, const struct paxos_head *head,
		    const struct paxos_message *m, u8 from, struct paxos_effects *fx)
{
	const struct paxos_member *member = &r->member[from];
	struct paxos_peer *peer = &r->peer[from];
	struct paxos_cursor cursor = {};
	struct paxos_item own;

	if (!paxos_message_next(m, &cursor, &own) || own.slot != head->from)
		return;
	/* A second host with this id, or a blank disk under an old one. */
	if (member->known && memcmp(member->disk, own.claim.disk, sizeof(member->disk))) {
		peer->refused = true;
		refuse(fx, PAXOS_REFUSED_DISK);
		return;
	}
	peer->claimed = head->from_session;
	if (head->to_session != r->settings.nonce) {
		/* It does not know us yet, so this may be old: answer, decide nothing. */
		peer->greet = true;
		peer->greeted_us = 0;
		return;
	}
	/* Delayed from an earlier life of it. */
	if (m->number < peer->incarnation)
		return;
	establish(r, head, m, from);
	if (!member->known)
		pin(r, fx, from, own.claim.disk);
	peer->refused = false;
	peer->heard_us = r->now_us;
	peer->commit = port_max(peer->commit, m->commit);
	peer->agrees = confirms_ours(r, m);
	if (m->flags & PAXOS_FLAG_FRESH && r->confirmed) {
		peer->greet = true;
		peer->greeted_us = 0;
	}
}

/* A peer does not take us for who we say we are. */
void paxos_on_refused(struct paxos_replica *r, const struct paxos_head *head,
		      const struct paxos_message *m)
{
	if (head->to_session != r->settings.nonce)
		return;
	r->refused_us = r->now_us;
	r->refused_by = head->from;
	r->refused_why = m->number;
}

/* Rule 10: all voters have durably confirmed the same disks, and so have we. */
static bool all_agree(const struct paxos_replica *r)
{
	unsigned int i;

	for (i = 0; i < r->members; i++) {
		if (i == r->self || !(r->voters & paxos_bit(i)))
			continue;
		if (!r->peer[i].agrees || !r->member[i].known ||
		    r->peer[i].pin_lsn > r->durable_lsn)
			return false;
	}
	return true;
}

static bool in_contact(const struct paxos_replica *r, const struct paxos_peer *peer)
{
	return peer->session && r->now_us - peer->heard_us <= paxos_election_us(r);
}

/*
 * Say hello often to who is not in contact, and, being fresh, to all; else now
 * and then, so that followers, who have nothing to say to each other, know who
 * is up.
 */
void paxos_contact_tick(struct paxos_replica *r)
{
	u64 seldom = paxos_election_us(r) / 4;
	unsigned int i;

	for (i = 0; i < r->members; i++) {
		struct paxos_peer *peer = &r->peer[i];
		bool often = !r->confirmed || !in_contact(r, peer);

		if (r->now_us - peer->greeted_us >= (often ? 2 * paxos_heartbeat_us(r) : seldom))
			peer->greet = true;
	}
}

/* A fresh node whose peers all agree writes so; it takes part when that is durable. */
void paxos_contact_written(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_record record = { .type = PAXOS_RECORD_CONFIRMED };

	if (r->confirmed || r->failed)
		return;
	if (r->confirmed_lsn) {
		if (r->confirmed_lsn <= r->durable_lsn) {
			r->confirmed = true;
			paxos_election_patience(r);
		}
		return;
	}
	if (!all_agree(r) || !paxos_batch_has_room(fx->batch, 1, 0))
		return;
	paxos_batch_append(fx->batch, &record);
	fx->batch->urgent = true;
	r->confirmed_lsn = fx->batch->sequence;
}

/* No more than one HELLO per peer and half heartbeat, whatever comes in. */
void paxos_contact_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	unsigned int i;

	paxos_contact_written(r, fx);
	for (i = 0; i < r->members; i++) {
		struct paxos_peer *peer = &r->peer[i];

		if (!peer->greet || !peer->reachable)
			continue;
		if (peer->greeted_us && r->now_us - peer->greeted_us < paxos_heartbeat_us(r) / 8)
			continue;
		if (!paxos_room(fx, PAXOS_SMALL_MESSAGE))
			return;
		send_hello(r, fx, i);
	}
}

static size_t list_missing(const struct paxos_replica *r, char *text, size_t size)
{
	const char *between = "";
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < r->members; i++) {
		if (i == r->self || !(r->voters & paxos_bit(i)) || r->peer[i].agrees)
			continue;
		used += snprintf(text + used, size - used, "%s%u", between,
				 r->member[i].node);
		between = ", ";
		if (used >= size)
			return size - 1;
	}
	return used;
}

/* Why this node does not take part as far as its peers go; empty if it does. */
void paxos_contact_reason(const struct paxos_replica *r, char *text, size_t size)
{
	size_t used;

	text[0] = 0;
	if (r->refused_us && r->now_us - r->refused_us < 4 * paxos_election_us(r)) {
		snprintf(text, size, r->refused_why == PAXOS_REFUSED_DISK ?
			 "node %u refused this node: another disk has its id %u" :
			 "node %u refused this node: its configuration has no node %u",
			 r->refused_by, r->settings.node);
		return;
	}
	if (r->confirmed)
		return;
	used = snprintf(text, size, "first start: every voter must confirm its disk; missing: ");
	if (!list_missing(r, text + used, size - used))
		snprintf(text, size, "first start: writing down that all voters confirmed");
}
