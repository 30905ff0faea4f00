// SPDX-License-Identifier: GPL-2.0
/*
 * Catch-up: who lags asks a peer for what is chosen, a stretch at a time, so
 * that live traffic does not suffer; the next stretch when the last has come.
 */
#include "state.h"

/* A peer wants slots from m->slot on; answered by flush, as room permits. */
void paxos_on_learn(struct paxos_replica *r, const struct paxos_message *m, u8 from)
{
	struct paxos_peer *peer = &r->peer[from];

	peer->learn_from = m->slot;
	peer->learn_last = m->slot ? m->slot + port_min(m->number, (u64)PAXOS_LEARN_SLOTS) - 1 : 0;
}

/* A node that was formatted to join is confirmed by what it learns. */
static bool may_learn(const struct paxos_replica *r)
{
	return !r->failed && r->table.newest.members && (r->confirmed || r->settings.join);
}

/*
 * Chosen at that ballot, but the value rotted at the peer (rule 9).  A copy accepted
 * at exactly that ballot is what was chosen (rule 5); it may be the last one.
 */
static void learn_ballot(struct paxos_replica *r, const struct paxos_item *item)
{
	struct paxos_slot *slot = paxos_slot_at(r, item->slot);

	if (slot && slot->ballot == item->ballot && !slot->learned && !slot->faulty)
		slot->chosen = true;
}

static void learn_slot(struct paxos_replica *r, const struct paxos_item *item,
		       struct paxos_effects *fx)
{
	bool lost = item->flags & PAXOS_ITEM_FAULTY;
	struct paxos_slot *slot;

	if (item->slot <= r->delivered) {
		if (!lost)
			paxos_faulty_repair(r, item, fx);
		return;
	}
	if (paxos_proposer_decides(r, item->slot))
		return;
	if (lost) {
		learn_ballot(r, item);
		return;
	}
	slot = paxos_slot_claim(r, item->slot);
	if (!slot || (slot->chosen && !slot->faulty))
		return;
	slot->chosen = true;
	/* The same ballot means the same value (rule 3): it is on this disk already. */
	if (slot->ballot && slot->ballot == item->ballot && !slot->faulty)
		return;
	paxos_entry_assign(&slot->entry, &item->entry);
	slot->faulty = false;
	slot->learned = item->ballot;
	paxos_record_learned(r, fx, slot);
}

void paxos_on_learnt(struct paxos_replica *r, const struct paxos_message *m,
		     struct paxos_effects *fx)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;

	if (!may_learn(r) || fx->journal_full)
		return;
	while (paxos_message_next(m, &cursor, &item))
		if (paxos_ballot_valid(item.ballot))
			learn_slot(r, &item, fx);
	paxos_learner_advance(r);
	/* The answer ends here, short of what was asked for. */
	if (m->slot)
		r->asked_through = port_min(r->asked_through, m->slot);
}

/*
 * One body of the answer to a LEARN: only slots known to be chosen (rule 5).
 * False if there is nothing more that could be said from memory.
 */
static bool serve_body(struct paxos_replica *r, struct paxos_effects *fx, u8 to, u64 last,
		       u32 *left)
{
	struct paxos_message m = { .type = PAXOS_LEARNT, .commit = r->commit };
	struct paxos_peer *peer = &r->peer[to];
	struct paxos_writer writer;
	struct paxos_item item;
	struct paxos_slot *at;

	paxos_writer_begin(&writer, paxos_body_room(fx), PAXOS_MESSAGE_MAX);
	while (peer->learn_from <= last && writer.used < PAXOS_LEARN_BODY) {
		at = paxos_slot_at(r, peer->learn_from);
		if (!at || !core_check(r, at->chosen))
			break;
		/* Rule 9: of a value that is lost here, the peer may have a copy. */
		item = (struct paxos_item) {
			.slot = at->slot,
			.ballot = at->learned ? at->learned : at->ballot,
			.flags = at->faulty ? PAXOS_ITEM_FAULTY : 0,
			.entry = at->entry,
		};
		if (!paxos_writer_entry(&writer, &item))
			break;
		peer->learn_from++;
	}
	if (!writer.items)
		return false;
	*left -= port_min(*left, writer.used);
	if (!*left || peer->learn_from > last)
		m.slot = peer->learn_from - 1;
	paxos_send_body(fx, paxos_bit(to), 0, m.type, paxos_writer_end(&writer, &m));
	return m.slot == 0;
}

/* Answer a LEARN as far as memory, the room and the pace go. */
static void serve(struct paxos_replica *r, struct paxos_effects *fx, u8 to)
{
	struct paxos_peer *peer = &r->peer[to];
	u64 last = port_min(peer->learn_last, r->delivered);
	u32 left = PAXOS_LEARN_BYTES;

	do {
		if (!paxos_room(fx, PAXOS_MESSAGE_MAX))
			return;
	} while (serve_body(r, fx, to, last, &left));
	peer->learn_last = 0;
}

/* Our own LEARN, to a peer that knows more: the leader if there is one. */
static void ask(struct paxos_replica *r, struct paxos_effects *fx, u8 peer, u64 target)
{
	struct paxos_message m = {
		.type = PAXOS_LEARN,
		.slot = r->commit + 1,
		.number = port_min(target - r->commit, (u64)PAXOS_LEARN_SLOTS),
	};

	if (!paxos_room(fx, PAXOS_SMALL_MESSAGE))
		return;
	r->asked_through = r->commit + m.number;
	r->asked_us = r->now_us;
	r->asked_peer = peer;
	paxos_send(fx, paxos_bit(peer), 0, &m);
}

/* The next peer after the one last asked that has our next slot; -1: none. */
static int knows_more(const struct paxos_replica *r)
{
	unsigned int n, i;

	for (n = 1; n <= r->members; n++) {
		i = (r->asked_peer + n) % r->members;
		if (i != r->self && paxos_in_contact(r, i) && r->peer[i].commit > r->commit &&
		    r->peer[i].trim <= r->commit)
			return i;
	}
	return -1;
}

/* Behind, and not moving: ask, or ask somebody else. */
void paxos_catchup_tick(struct paxos_replica *r, struct paxos_effects *fx)
{
	u64 patience = paxos_heartbeat_us(r) / 2;
	int peer = knows_more(r);

	/* A full journal takes nothing in. */
	if (peer < 0 || fx->journal_full || !may_learn(r)) {
		r->asked_through = 0;
		return;
	}
	if (r->now_us - r->moved_us >= patience && r->now_us - r->asked_us >= patience)
		ask(r, fx, peer, r->peer[peer].commit);
}

/* From memory, or else the shell reads it from the journal. */
static void answer(struct paxos_replica *r, struct paxos_effects *fx, u8 to)
{
	struct paxos_peer *peer = &r->peer[to];

	if (peer->learn_from > r->delivered) {
		peer->learn_last = 0;
	} else if (paxos_slot_at(r, peer->learn_from)) {
		serve(r, fx, to);
	} else if (peer->learn_from <= r->trim) {
		if (!paxos_room(fx, PAXOS_SMALL_MESSAGE))
			return;
		paxos_trim_refuse(r, to, 0, fx);
		peer->learn_last = 0;
	} else if (fx->serves < PAXOS_SERVES_MAX) {
		fx->serve[fx->serves++] = (struct paxos_serve) {
			.to = to,
			.from = peer->learn_from,
			.count = port_min(peer->learn_last, r->delivered) - peer->learn_from + 1,
		};
		peer->learn_last = 0;
	}
}

void paxos_catchup_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	const struct paxos_peer *asked = &r->peer[r->asked_peer];
	unsigned int i;

	/* What was asked for has come: go on with the same peer. */
	if (r->asked_through && r->commit >= r->asked_through) {
		r->asked_through = 0;
		if (asked->session && asked->commit > r->commit + 1 &&
		    asked->trim <= r->commit)
			ask(r, fx, r->asked_peer, asked->commit);
	}
	for (i = 0; i < r->members; i++)
		if (r->peer[i].learn_last)
			answer(r, fx, i);
}
