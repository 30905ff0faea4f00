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
 *
 * What a peer once said of itself, durably, it never says less of: its starts, its
 * promise, its commit index, the length of its journal, so that no vote that it gave
 * can be missing.  HELLOs spread what is known of each.  Who does say
 * less is an older image of that disk: it is told so, and votes no more (rule 7).
 * An image that was started often enough says no less; but a disk keeps the sessions
 * of its newest starts, and a HELLO tells its receiver which one of them is known.
 */
#include "state.h"

/* This node's own disk is known from the start; so is what the superblock lists. */
void paxos_contact_init(struct paxos_replica *r)
{
	r->confirmed = !r->settings.fresh && !r->settings.join;
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

/* The leader that we hear, for those that do not; ourselves if we lead. */
static u64 leader_heard(const struct paxos_replica *r)
{
	if (paxos_leads(r))
		return r->ballot;
	return r->now_us - r->leader_heard_us < paxos_election_us(r) ? r->leader_ballot : 0;
}

/* What may be held against us: nothing that could be lost. */
static void own_claim(const struct paxos_replica *r, struct paxos_claim *claim)
{
	*claim = (struct paxos_claim) {
		.known = true,
		.incarnation = r->settings.incarnation,
		.life = paxos_life(r->settings.nonce),
		.promised = r->vowed,
		.durable = r->durable,
		.written = r->durable_lsn,
	};
	memcpy(claim->disk, r->settings.disk, sizeof(claim->disk));
}

/* A confirmation counts when it is durable. */
static bool confirmed_durably(const struct paxos_replica *r, unsigned int i)
{
	return i != r->self && r->member[i].node && r->member[i].known &&
	       r->peer[i].pin_lsn <= r->durable_lsn;
}

static void send_hello(struct paxos_replica *r, struct paxos_effects *fx, u8 to)
{
	struct paxos_message m = { .type = PAXOS_HELLO, .commit = r->commit };
	struct paxos_writer writer;
	struct paxos_claim claim;
	unsigned int i;

	own_claim(r, &claim);
	m.number = claim.incarnation;
	m.ballot = claim.promised;
	m.slot = claim.durable;
	m.echo = leader_heard(r);
	m.index = fx->journal_used;
	m.flags = (r->confirmed ? 0 : PAXOS_FLAG_FRESH) |
		  (r->forgotten ? PAXOS_FLAG_FORGOTTEN : 0) | paxos_fullness_flag(fx);
	paxos_writer_begin(&writer, paxos_body_room(fx), PAXOS_SMALL_MESSAGE);
	paxos_writer_disk(&writer, r->settings.node, &claim);
	for (i = 0; i < r->members; i++) {
		if (!confirmed_durably(r, i))
			continue;
		claim = r->peer[i].claim;
		/* It is told of the life that we met ourselves: hearsay may be of an image. */
		if (i == to && r->peer[i].session && !r->peer[i].forgotten) {
			claim.incarnation = r->peer[i].incarnation;
			claim.life = paxos_life(r->peer[i].session);
		}
		claim.known = true;
		memcpy(claim.disk, r->member[i].disk, sizeof(claim.disk));
		paxos_writer_disk(&writer, r->member[i].node, &claim);
	}
	r->peer[to].greeted_us = r->now_us;
	r->peer[to].greet = false;
	paxos_send_body(fx, paxos_bit(to), 0, m.type, paxos_writer_end(&writer, &m));
}

/*
 * Was @node removed by a change that is complete?  Before it is, the others may lack what
 * it knows of the slots that it governs (row 36).
 */
bool paxos_contact_gone(const struct paxos_replica *r, u16 node)
{
	return paxos_table_removed(&r->table, node) &&
	       (r->complete >= r->table.newest.slot ||
		paxos_config_find(&r->table.older, node) < 0);
}

/* It goes back to the very session that spoke: to nobody else does it mean anything. */
static void refuse(struct paxos_replica *r, struct paxos_effects *fx, u64 why, u16 node)
{
	struct paxos_message m = {
		.type = PAXOS_REFUSED,
		.slot = r->complete,
		.number = why,
		.flags = paxos_contact_gone(r, node) ? PAXOS_FLAG_COMPLETE : 0,
	};

	paxos_reply(fx, &m);
}

/* Said once for as long as it goes on. */
static bool is_news(const struct paxos_replica *r, u64 last_us)
{
	return !last_us || r->now_us - last_us > 4 * paxos_election_us(r);
}

/* Somebody that claims to be @from, and is not it. */
static void refuse_peer(struct paxos_replica *r, struct paxos_effects *fx, u8 from, u8 why)
{
	struct paxos_peer *peer = &r->peer[from];

	refuse(r, fx, why, r->member[from].node);
	if (is_news(r, peer->refused_us) || peer->refused_why != why)
		paxos_notice(r, PAXOS_NOTICE_REFUSED, r->member[from].node, 0, why);
	peer->refused = true;
	peer->refused_us = r->now_us;
	peer->refused_why = why;
}

/* Our own log shows that the sender's id was removed (rule 13). */
void paxos_contact_removed(struct paxos_replica *r, u16 node, struct paxos_effects *fx)
{
	refuse(r, fx, PAXOS_REFUSED_REMOVED, node);
}

/* Somebody whose id is not in the configuration. */
void paxos_contact_stranger(struct paxos_replica *r, u16 node, struct paxos_effects *fx)
{
	u8 why = paxos_table_removed(&r->table, node) ? PAXOS_REFUSED_REMOVED :
							PAXOS_REFUSED_UNKNOWN;

	/* Who joins knows no configuration to refuse by. */
	if (paxos_joining(r))
		return;
	refuse(r, fx, why, node);
	if (node != r->stranger || is_news(r, r->stranger_us))
		paxos_notice(r, PAXOS_NOTICE_REFUSED, node, 0, why);
	r->stranger = node;
	r->stranger_us = r->now_us;
}

/*
 * A life of @peer, its @incarnation'th, has said so much.  What earlier lives said
 * is kept apart: of it, no HELLO of this life may fall short.
 */
void paxos_claim_more(struct paxos_peer *peer, const struct paxos_claim *said)
{
	struct paxos_claim *claim = &peer->claim;

	if (said->incarnation > claim->incarnation) {
		peer->settled_promised = claim->promised;
		peer->settled_durable = claim->durable;
		peer->settled_written = claim->written;
		claim->incarnation = said->incarnation;
		claim->life = said->life;
	} else if (said->incarnation == claim->incarnation) {
		claim->life = claim->life ?: said->life;
	} else if (said->incarnation < claim->incarnation) {
		peer->settled_promised = port_max(peer->settled_promised, said->promised);
		peer->settled_durable = port_max(peer->settled_durable, said->durable);
		peer->settled_written = port_max(peer->settled_written, said->written);
	}
	claim->promised = port_max(claim->promised, said->promised);
	claim->durable = port_max(claim->durable, said->durable);
	claim->written = port_max(claim->written, said->written);
}

/* What a message tells of what is durable at its sender, by the time that it left. */
void paxos_contact_said(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_peer *peer = &r->peer[from];
	struct paxos_claim said = { .incarnation = peer->incarnation };

	if (peer->forgotten)
		return;
	switch (m->type) {
	case PAXOS_PROMISE:
		said.promised = m->ballot;
		said.written = m->echo;
		break;
	case PAXOS_ACCEPTED:
		said.promised = m->ballot;
		said.written = m->number;
		break;
	case PAXOS_PREPARE:
	case PAXOS_ACCEPT:
		said.promised = m->ballot;
		break;
	case PAXOS_HEARTBEAT_ACK:
		said.durable = m->slot;
		break;
	default:
		return;
	}
	paxos_claim_more(peer, &said);
}

/* What the sender of a HELLO knows of others, of the disks that we know, too. */
static void hear_of_others(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	int of;

	while (paxos_message_next(m, &cursor, &item)) {
		of = paxos_replica_member(r, item.slot);
		if (of < 0 || of == r->self || of == from || r->peer[of].forgotten)
			continue;
		if (!item.claim.known || !r->member[of].known ||
		    memcmp(item.claim.disk, r->member[of].disk, 16))
			continue;
		paxos_claim_more(&r->peer[of], &item.claim);
	}
}

/*
 * Rule 10: does this HELLO, which names our session, fall short of what its
 * sender's disk once said?  One that was delayed says no more than it did, but
 * never less than what the lives before it said.
 */
static bool is_stale(const struct paxos_replica *r, const struct paxos_head *head,
		     const struct paxos_message *m, u64 written, u8 from)
{
	const struct paxos_peer *peer = &r->peer[from];
	const struct paxos_claim *claim = &peer->claim;
	bool other = peer->session && head->from_session != peer->session;

	/* It knows that it votes no more; but if the true one is here, it is not it. */
	if (m->flags & PAXOS_FLAG_FORGOTTEN)
		return other && !peer->forgotten && paxos_in_contact(r, from);
	/* A disk never has two lives of one number. */
	if (m->number < claim->incarnation || (other && m->number == peer->incarnation) ||
	    (m->number == claim->incarnation && claim->life &&
	     claim->life != paxos_life(head->from_session)))
		return true;
	if (m->number == claim->incarnation)
		return m->ballot < peer->settled_promised || m->slot < peer->settled_durable ||
		       written < peer->settled_written;
	return m->ballot < claim->promised || m->slot < claim->durable ||
	       written < claim->written;
}

/* Was our start number @incarnation the one of @life, as far as this disk knows? */
static bool was_ours(const struct paxos_replica *r, u64 incarnation, u32 life)
{
	u64 ours = r->settings.incarnation;
	u32 known;

	if (incarnation >= ours)
		return incarnation == ours && life == paxos_life(r->settings.nonce);
	known = r->settings.life[incarnation % PAXOS_LIVES];
	return ours - incarnation >= PAXOS_LIVES || !known || known == life;
}

/*
 * Rule 10: does the sender know a start of this very disk that this disk does not? Then
 * it is an image of before that start.  Nobody takes anything of ours before it has told
 * us so: its HELLO is what tells us its session.
 */
static bool knows_another_us(const struct paxos_replica *r, const struct paxos_message *m)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;

	while (paxos_message_next(m, &cursor, &item))
		if (item.slot == r->settings.node && item.claim.known && item.claim.life &&
		    !memcmp(item.claim.disk, r->settings.disk, sizeof(item.claim.disk)))
			return !was_ours(r, item.claim.incarnation, item.claim.life);
	return false;
}

/* Rule 7: this disk once said what it knows nothing of. */
static void forget(struct paxos_replica *r, u16 by)
{
	if (!r->forgotten)
		r->forgotten_by = by;
	r->forgotten = true;
}

/*
 * The first disk seen under an id becomes the id's disk.  Of one that no
 * configuration lists, that is nothing to be kept.
 */
static void pin(struct paxos_replica *r, struct paxos_effects *fx, u8 member, const u8 *disk)
{
	struct paxos_member *of = &r->member[member];

	of->known = true;
	memcpy(of->disk, disk, sizeof(of->disk));
	if (!((r->newest.members | r->older.members) & paxos_bit(member)))
		return;
	/* Replay finds the id in the configuration by then. */
	paxos_record_commit(r, fx);
	paxos_claims_record(r, fx, member);
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

/*
 * A voter of the first configuration that is confirmed, and knows this disk by our
 * id, has seen every voter confirm the same disks, us too: some of them may be gone
 * for good before we see so ourselves.
 */
static bool vouches(const struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;

	if (m->flags & PAXOS_FLAG_FRESH || !(r->voters & paxos_bit(from)) || r->table.newest.slot)
		return false;
	while (paxos_message_next(m, &cursor, &item))
		if (item.slot == r->settings.node && item.claim.known)
			return !memcmp(item.claim.disk, r->settings.disk, 16);
	return false;
}

/* The sender is alive: its session is the one that counts from now on. */
static void establish(struct paxos_replica *r, const struct paxos_head *head,
		      const struct paxos_message *m, u8 from)
{
	struct paxos_peer *peer = &r->peer[from];

	if (peer->session == head->from_session)
		return;
	peer->former = peer->session;
	peer->session = head->from_session;
	peer->incarnation = m->number;
	peer->commit = 0;
	peer->trim = 0;
	/* What it refused to serve in its last life, it is asked again. */
	r->install.refused &= ~paxos_bit(from);
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
		refuse_peer(r, fx, from, PAXOS_REFUSED_DISK);
		return;
	}
	/*
	 * Of a start of ours it is true whenever it was said; and this HELLO may be the one
	 * that tells us the session by which we are taken.  What we still know we tell.
	 */
	if (knows_another_us(r, m))
		forget(r, head->from);
	peer->claimed = head->from_session;
	if (head->to_session != r->settings.nonce) {
		/* It does not know us yet, so this may be old: answer, decide nothing. */
		peer->greet = true;
		peer->greeted_us = 0;
		return;
	}
	/* Delayed from the life of it before this one. */
	if (peer->former && head->from_session == peer->former)
		return;
	if (is_stale(r, head, m, own.claim.written, from)) {
		refuse_peer(r, fx, from, PAXOS_REFUSED_STALE);
		return;
	}
	establish(r, head, m, from);
	if (!member->known)
		pin(r, fx, from, own.claim.disk);
	/* Unless there is another that claims to be it. */
	if (r->now_us - peer->refused_us > paxos_election_us(r))
		peer->refused = false;
	peer->heard_us = r->now_us;
	peer->commit = port_max(peer->commit, m->commit);
	paxos_fullness_heard(r, m, from);
	peer->agrees = confirms_ours(r, m);
	r->vouched |= vouches(r, m, from);
	peer->forgotten = m->flags & PAXOS_FLAG_FORGOTTEN;
	peer->leader_ballot = paxos_ballot_valid(m->echo) ? m->echo : 0;
	if (!peer->forgotten)
		paxos_claim_more(peer, &(struct paxos_claim) {
			.incarnation = m->number,
			.life = paxos_life(head->from_session),
			.promised = m->ballot,
			.durable = m->slot,
			.written = own.claim.written,
		});
	paxos_claims_met(r, fx, from);
	hear_of_others(r, m, from);
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
	if (is_news(r, r->refused_us) || r->refused_why != m->number)
		paxos_notice(r, PAXOS_NOTICE_REFUSED_US, head->from, 0, m->number);
	r->refused_us = r->now_us;
	r->refused_by = head->from;
	r->refused_why = m->number;
	switch (m->number) {
	case PAXOS_REFUSED_STALE:
		forget(r, head->from);
		break;
	case PAXOS_REFUSED_REMOVED:
		r->removed = true;
		r->gone |= (m->flags & PAXOS_FLAG_COMPLETE) != 0;
		paxos_membership_told(r, m->slot);
		break;
	}
}

/* Rule 10: all voters have durably confirmed the same disks, and so have we. */
static bool all_agree(const struct paxos_replica *r)
{
	unsigned int i;

	for (i = 0; i < r->members; i++) {
		if (i == r->self || !(r->voters & paxos_bit(i)))
			continue;
		if (!r->vouched && !(r->peer[i].agrees && r->member[i].known))
			return false;
		if (r->peer[i].pin_lsn > r->durable_lsn)
			return false;
	}
	return true;
}

/*
 * Say hello often to who is not in contact, and, being fresh, to all; else now
 * and then, so that followers, who have nothing to say to each other, know who
 * is up.  Who has gone has nothing more to say.
 */
void paxos_contact_tick(struct paxos_replica *r)
{
	u64 seldom = paxos_election_us(r) / 4;
	unsigned int i;

	if (r->gone)
		return;
	for (i = 0; i < r->members; i++) {
		struct paxos_peer *peer = &r->peer[i];
		bool often = !r->confirmed || !paxos_in_contact(r, i);

		if (r->now_us - peer->greeted_us >= (often ? 2 * paxos_heartbeat_us(r) : seldom))
			peer->greet = true;
	}
}

/* A fresh node whose peers all agree writes so; it takes part when that is durable. */
void paxos_contact_written(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_record record = { .type = PAXOS_RECORD_CONFIRMED };

	if (r->confirmed || r->failed || r->settings.join)
		return;
	if (r->confirmed_lsn) {
		if (r->confirmed_lsn <= r->durable_lsn) {
			r->confirmed = true;
			paxos_notice(r, PAXOS_NOTICE_CONFIRMED, 0, 0, 0);
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

/* What a peer said when it refused us, not long ago; empty: none did. */
static void reason_refused(const struct paxos_replica *r, char *text, size_t size)
{
	u16 own = r->settings.node;

	if (!r->refused_us || r->now_us - r->refused_us >= 4 * paxos_election_us(r))
		return;
	if (r->refused_why == PAXOS_REFUSED_DISK)
		snprintf(text, size, "node %u refused this node: another disk has its id %u",
			 r->refused_by, own);
	else if (r->refused_why == PAXOS_REFUSED_UNKNOWN && r->settings.join)
		snprintf(text, size, "joining: waiting for `member add %u`", own);
	else if (r->refused_why == PAXOS_REFUSED_UNKNOWN)
		snprintf(text, size, "node %u refused this node: its configuration has no node %u",
			 r->refused_by, own);
}

static void reason_joining(const struct paxos_replica *r, char *text, size_t size)
{
	unsigned int i, up = 0;
	u64 most = 0;

	for (i = 0; i < r->members; i++) {
		if (i == r->self || !paxos_in_contact(r, i))
			continue;
		up++;
		most = port_max(most, r->peer[i].commit);
	}
	if (up && !paxos_joining(r) && most <= r->commit)
		snprintf(text, size, "joining: caught up, and waiting for `member add %u`",
			 r->settings.node);
	else if (!up)
		snprintf(text, size,
			 "joining: no member answers; `peer add` some, `member add %u` there",
			 r->settings.node);
	else
		snprintf(text, size, "joining: fetching what the group has chosen");
}

/* Why this node does not take part as far as its peers go; empty if it does. */
void paxos_contact_reason(const struct paxos_replica *r, char *text, size_t size)
{
	size_t used;

	text[0] = 0;
	reason_refused(r, text, size);
	if (text[0] || r->confirmed)
		return;
	if (r->settings.join) {
		reason_joining(r, text, size);
		return;
	}
	used = snprintf(text, size, "first start: every voter must confirm its disk; missing: ");
	if (!list_missing(r, text + used, size - used))
		snprintf(text, size, "first start: writing down that all voters confirmed");
}
