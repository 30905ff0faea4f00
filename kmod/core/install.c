// SPDX-License-Identifier: GPL-2.0
/*
 * Install: beginning from a snapshot (rule 8).
 *
 * The application has installed a snapshot of all through slot T.  It takes effect
 * only with the table exactly at T, from a peer whose commit index is at least T:
 * it is asked for here, from one peer after the other, and comes in pieces, the
 * same from whoever they come.  A node that was formatted to join knows no members:
 * it begins with the table at slot 0 by itself.
 */
#include "state.h"

static void refuse(struct paxos_effects *fx, u64 cookie, u8 why, u64 slot)
{
	struct paxos_answer a = { .outcome = PAXOS_OUTCOME_REFUSED, .why = why, .slot = slot };

	paxos_answer(fx, cookie, &a);
}

static bool is_joining(const struct paxos_replica *r)
{
	return !r->table.newest.members;
}

static void begin(struct paxos_replica *r, u64 slot, u64 cookie)
{
	struct paxos_install *install = &r->install;

	install->slot = slot;
	install->cookie = cookie;
	install->wanted = true;
	install->peer = r->self;
	install->asked_us = 0;
	install->refused = 0;
	install->count = 0;
	install->got = 0;
}

/* A snapshot of all through @slot is installed. */
void paxos_install(struct paxos_replica *r, u64 slot, u64 cookie, struct paxos_effects *fx)
{
	struct paxos_answer done = { .outcome = PAXOS_OUTCOME_CHOSEN, .slot = slot };

	if (r->failed || slot > PAXOS_SLOT_LIMIT)
		refuse(fx, cookie, PAXOS_WHY_NOT_CHOSEN, r->commit);
	else if (slot < r->trim)
		refuse(fx, cookie, PAXOS_WHY_TRIMMED, r->trim);
	else if (slot <= r->commit && !is_joining(r) && !paxos_faulty_any(r, slot))
		paxos_answer(fx, cookie, &done);
	else if (r->install.wanted && r->install.cookie)
		refuse(fx, cookie, PAXOS_WHY_BUSY, r->install.slot);
	else
		begin(r, slot, cookie);
}

/* The caller waits no longer: nothing was changed, whoever may serve it later. */
bool paxos_install_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	if (!cookie || !r->install.wanted || r->install.cookie != cookie)
		return false;
	refuse(fx, cookie, PAXOS_WHY_NO_PEER, 0);
	r->install.wanted = false;
	return true;
}

/* ---- who serves it ---- */

/*
 * A peer wants the table at a slot.  The shell builds it, from the base and what
 * follows in the journal.
 */
void paxos_on_table_wanted(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			   struct paxos_effects *fx)
{
	struct paxos_message refusal = {
		.type = PAXOS_TABLE,
		.slot = m->slot,
		.commit = r->commit,
		.number = r->trim,
	};

	if (is_joining(r) || m->slot > r->delivered)
		return;
	if (m->slot < r->trim)
		paxos_send(fx, paxos_bit(from), 0, &refusal);
	else if (fx->serves < PAXOS_SERVES_MAX)
		fx->serve[fx->serves++] = (struct paxos_serve) {
			.to = from,
			.table = true,
			.from = m->slot,
			.count = m->slot - r->trim,
		};
}

/* For the shell: how many bodies an encoded table of @length bytes makes. */
u32 paxos_table_bodies(u32 length)
{
	return length ? (length - 1) / PAXOS_TABLE_PIECE + 1 : 0;
}

/*
 * For the shell: TABLE body @index of the encoded table at @slot; @out has room for
 * PAXOS_MESSAGE_MAX bytes.  Returns its length.
 */
u32 paxos_table_body(const u8 *table, u32 length, u64 slot, u32 index, u8 *out)
{
	u32 offset = index * PAXOS_TABLE_PIECE;
	struct paxos_message m = {
		.type = PAXOS_TABLE,
		.slot = slot,
		.commit = slot,
		.index = index,
		.count = paxos_table_bodies(length),
	};
	struct paxos_writer writer;

	paxos_writer_begin(&writer, out, PAXOS_MESSAGE_MAX);
	paxos_writer_bytes(&writer, table + offset, port_min(length - offset, PAXOS_TABLE_PIECE));
	return paxos_writer_end(&writer, &m);
}

/* For the shell: the TABLE body that says that @slot is below our trim point @trim. */
u32 paxos_table_refusal(u64 slot, u64 trim, u8 *out)
{
	struct paxos_message m = {
		.type = PAXOS_TABLE,
		.slot = slot,
		.commit = trim,
		.number = trim,
	};
	struct paxos_writer writer;

	paxos_writer_begin(&writer, out, PAXOS_MESSAGE_MAX);
	return paxos_writer_end(&writer, &m);
}

/* ---- who wants it ---- */

/* Has it refused, or would it? */
static bool refuses(const struct paxos_replica *r, unsigned int i)
{
	return r->install.refused & paxos_bit(i) || r->peer[i].trim > r->install.slot;
}

/* The next peer after the one last asked that may serve the table; -1: none. */
static int candidate(const struct paxos_replica *r)
{
	unsigned int n, i;

	for (n = 1; n <= r->members; n++) {
		i = (r->install.peer + n) % r->members;
		if (i != r->self && paxos_in_contact(r, i) && !refuses(r, i) &&
		    r->peer[i].commit >= r->install.slot)
			return i;
	}
	return -1;
}

/* The lowest trim point of those that refuse; 0: nobody does. */
static u64 oldest(const struct paxos_replica *r)
{
	u64 lowest = ~0ull;
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (i != r->self && paxos_in_contact(r, i) && refuses(r, i))
			lowest = port_min(lowest, r->peer[i].trim);
	return lowest == ~0ull ? 0 : lowest;
}

/* Nobody in contact serves it: if that is for good, say so. */
static void give_in(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_install *install = &r->install;
	u64 slot = oldest(r);

	if (!slot || !install->cookie || fx->answers == PAXOS_ANSWERS_MAX)
		return;
	refuse(fx, install->cookie, PAXOS_WHY_TRIMMED, slot);
	install->wanted = false;
}

/* All through it was learnt slot by slot meanwhile. */
static bool overtaken(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_install *install = &r->install;

	if (install->slot > r->commit || is_joining(r) || fx->answers == PAXOS_ANSWERS_MAX ||
	    paxos_faulty_any(r, install->slot) || !paxos_trim_ready(r))
		return false;
	install->wanted = false;
	paxos_install(r, install->slot, install->cookie, fx);
	return true;
}

void paxos_install_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_message m = { .type = PAXOS_TABLE_WANTED };
	struct paxos_install *install = &r->install;
	int peer;

	if (is_joining(r) && !install->wanted)
		begin(r, 0, 0);
	if (install->wanted && overtaken(r, fx))
		return;
	/* The shell that is asked reads its journal: be patient. */
	if (!install->wanted || (install->asked_us && !refuses(r, install->peer) &&
				 r->now_us - install->asked_us < paxos_election_us(r)))
		return;
	peer = candidate(r);
	if (peer < 0) {
		give_in(r, fx);
		return;
	}
	if (!paxos_room(fx, PAXOS_SMALL_MESSAGE))
		return;
	install->peer = peer;
	install->asked_us = r->now_us;
	m.slot = install->slot;
	paxos_send(fx, paxos_bit(peer), 0, &m);
}

/* One more piece is here; false if it does not fit what came before. */
static bool take_piece(struct paxos_install *install, const struct paxos_message *m,
		       const struct paxos_item *piece)
{
	bool last = m->index + 1 == m->count;

	if (m->count > PAXOS_TABLE_PIECES || m->index >= m->count || !piece->length ||
	    (last ? piece->length > PAXOS_TABLE_PIECE : piece->length != PAXOS_TABLE_PIECE))
		return false;
	if (install->count != m->count) {
		install->count = m->count;
		install->got = 0;
		memset(install->length, 0, sizeof(install->length));
	}
	install->got += !install->length[m->index];
	install->length[m->index] = piece->length;
	memcpy(install->data + m->index * PAXOS_TABLE_PIECE, piece->bytes, piece->length);
	return true;
}

/* All pieces are here: is it the table that we want? */
static bool read_table(struct paxos_install *install)
{
	u32 length = (install->count - 1) * PAXOS_TABLE_PIECE +
		     install->length[install->count - 1];

	return paxos_table_decode(&install->table, install->data, length) &&
	       install->table.slot == install->slot;
}

void paxos_on_table(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		    struct paxos_effects *fx)
{
	struct paxos_install *install = &r->install;
	struct paxos_cursor cursor = {};
	struct paxos_item piece;

	/* Rule 8: exactly at that slot, from who knows all through it to be chosen. */
	if (!install->wanted || m->slot != install->slot || m->commit < m->slot)
		return;
	if (!m->count) {
		paxos_trim_told(r, from, m->number);
		install->refused |= paxos_bit(from);
		return;
	}
	if (!paxos_message_next(m, &cursor, &piece) || !take_piece(install, m, &piece) ||
	    install->got < install->count)
		return;
	if (!read_table(install)) {
		install->refused |= paxos_bit(from);
		install->count = 0;
		return;
	}
	/* Chosen, and about to be delivered: it is told again. */
	if (overtaken(r, fx) || (install->slot > r->delivered && install->slot <= r->commit &&
				 !is_joining(r)))
		return;
	install->wanted = false;
	if (install->slot > r->delivered || is_joining(r))
		paxos_trim_jump(r, &install->table, install->cookie, fx);
	else if (install->slot > r->trim)
		paxos_trim_take(r, &install->table, install->cookie, fx);
	else
		paxos_install(r, install->slot, install->cookie, fx);
}
