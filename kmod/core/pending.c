// SPDX-License-Identifier: GPL-2.0
/*
 * Pending: this node's own proposals, from the caller to the answer.
 *
 * They wait until there is a leader to take them: so long they can be withdrawn
 * without a trace.  From the moment one leaves it bears an id, and is tried
 * again and again until it is delivered, even if its caller gave up (rules 8
 * and 11); it is answered when its slot is delivered here.
 */
#include "state.h"

static void answer(struct paxos_effects *fx, u64 cookie, enum paxos_outcome outcome,
		   const struct paxos_chosen *chosen)
{
	struct paxos_answer *a;

	if (!cookie)
		return;
	a = &fx->answer[fx->answers++];
	*a = (struct paxos_answer) { .cookie = cookie, .outcome = outcome };
	if (chosen) {
		a->slot = chosen->slot;
		a->ballot = chosen->ballot;
	}
}

/* Answer @cookie, if anybody waits for it, with all that @answer says. */
void paxos_answer(struct paxos_effects *fx, u64 cookie, const struct paxos_answer *answer)
{
	if (!cookie)
		return;
	fx->answer[fx->answers] = *answer;
	fx->answer[fx->answers++].cookie = cookie;
}

/* Take a value in; false without room.  The value's buffer is referenced. */
bool paxos_pending_add(struct paxos_replica *r, const struct paxos_waiting *waiting,
		       struct paxos_effects *fx)
{
	u64 cookie = waiting->cookie;
	struct paxos_waiting *w = &r->waiting[r->waiting_tail % PAXOS_WAITING_MAX];

	if (r->failed) {
		answer(fx, cookie, PAXOS_OUTCOME_WITHDRAWN, NULL);
		return true;
	}
	if (paxos_leads(r) && fx->journal_full) {
		answer(fx, cookie, PAXOS_OUTCOME_FULL, NULL);
		return true;
	}
	if (r->waiting_tail - r->waiting_head == PAXOS_WAITING_MAX)
		return false;
	*w = *waiting;
	if (w->value.buf)
		paxos_buf_get(w->value.buf);
	r->waiting_tail++;
	return true;
}

static void drop_waiting(struct paxos_waiting *w)
{
	if (w->value.buf)
		paxos_buf_put(w->value.buf);
	*w = (struct paxos_waiting) {};
}

/* Place @hole is free: those behind it move up, so that it does not count as taken. */
static void close_ranks(struct paxos_replica *r, u32 hole)
{
	for (; hole + 1 != r->waiting_tail; hole++)
		r->waiting[hole % PAXOS_WAITING_MAX] = r->waiting[(hole + 1) % PAXOS_WAITING_MAX];
	r->waiting_tail--;
}

/* The caller waits no longer: what never left is withdrawn, the rest is unknown (rule 11). */
void paxos_pending_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	u32 i;

	for (i = r->waiting_head; i != r->waiting_tail; i++) {
		struct paxos_waiting *w = &r->waiting[i % PAXOS_WAITING_MAX];

		if (w->cookie == cookie) {
			answer(fx, cookie, PAXOS_OUTCOME_WITHDRAWN, NULL);
			drop_waiting(w);
			close_ranks(r, i);
			return;
		}
	}
	for (i = 0; i < PAXOS_SESSION_WINDOW; i++) {
		struct paxos_outstanding *o = &r->outstanding[i];

		if (o->entry.type && o->cookie == cookie) {
			answer(fx, cookie, PAXOS_OUTCOME_UNKNOWN, NULL);
			o->cookie = 0;
			return;
		}
	}
}

/* When it is to be offered again; 0: at once. */
static u64 retry_at(const struct paxos_replica *r, const struct paxos_outstanding *o)
{
	return o->sent_us ? o->sent_us + 2 * paxos_heartbeat_us(r) : 0;
}

/*
 * The next proposal leaves: it gets its id and joins the outstanding ones.
 * NULL if none waits, or if sequence s - W is not delivered yet (rule 8).
 */
struct paxos_outstanding *paxos_pending_leave(struct paxos_replica *r)
{
	struct paxos_outstanding *o = &r->outstanding[r->sequence % PAXOS_SESSION_WINDOW];
	struct paxos_waiting *w = &r->waiting[r->waiting_head % PAXOS_WAITING_MAX];

	if (o->entry.type || r->waiting_head == r->waiting_tail)
		return NULL;
	*o = (struct paxos_outstanding) {
		.entry = {
			.type = PAXOS_ENTRY_VALUE,
			.value = w->value,
			.id = {
				.origin = r->settings.node,
				.incarnation = r->settings.incarnation,
				.nonce = r->settings.nonce,
				.sequence = r->sequence++,
			},
		},
		.cookie = w->cookie,
		.sent_us = r->now_us,
	};
	r->retry_us = port_min(r->retry_us, retry_at(r, o));
	r->waiting_head++;
	return o;
}

/*
 * A proposal of this node was chosen: answer it.  Delivered as a no-op before it
 * was answered, its sequence is another start's, a restored image's: what became
 * of it cannot be told.
 */
void paxos_pending_delivered(struct paxos_replica *r, const struct paxos_chosen *chosen,
			     u64 first, struct paxos_effects *fx)
{
	const struct paxos_proposal_id *id = &chosen->entry.id;
	struct paxos_outstanding *o = &r->outstanding[id->sequence % PAXOS_SESSION_WINDOW];

	if (!o->entry.type || !paxos_id_equal(&o->entry.id, id))
		return;
	answer(fx, o->cookie, chosen->type == PAXOS_ENTRY_VALUE ? PAXOS_OUTCOME_CHOSEN :
								  PAXOS_OUTCOME_UNKNOWN, chosen);
	paxos_entry_clear(&o->entry);
	o->cookie = 0;
}

/* There is a new leader: all that is outstanding is offered to it at once. */
void paxos_pending_retry_all(struct paxos_replica *r)
{
	u32 i;

	r->retry_us = 0;
	for (i = 0; i < PAXOS_SESSION_WINDOW; i++)
		r->outstanding[i].sent_us = 0;
}

/* Gathers proposals into FORWARDs. */
struct forwards {
	struct paxos_writer writer;
	u16 flags;
	bool open;
};

static void forwards_close(struct paxos_effects *fx, struct forwards *f, u8 leader)
{
	struct paxos_message m = { .type = PAXOS_FORWARD, .flags = f->flags };

	if (f->open)
		paxos_send_body(fx, paxos_bit(leader), 0, m.type,
				paxos_writer_end(&f->writer, &m));
	f->open = false;
}

static void forwards_add(struct paxos_replica *r, struct paxos_effects *fx, struct forwards *f,
			 u8 leader, const struct paxos_entry *entry, u16 flags)
{
	struct paxos_item item = { .entry = *entry };
	u32 size = sizeof(struct paxos_wire_entry) + paxos_entry_size(entry);

	if (f->open && (f->flags != flags || f->writer.used + size > PAXOS_BODY_TARGET))
		forwards_close(fx, f, leader);
	if (!f->open) {
		paxos_writer_begin(&f->writer, paxos_body_room(fx), PAXOS_MESSAGE_MAX);
		f->open = true;
		f->flags = flags;
	}
	core_check(r, paxos_writer_entry(&f->writer, &item));
}

/*
 * The next outstanding proposal that is due, from number *@i on; NULL at the
 * end.  Nobody looks through all of them before one can be due again.
 */
static struct paxos_outstanding *next_due(struct paxos_replica *r, u32 *i)
{
	struct paxos_outstanding *o;

	if (!*i) {
		if (r->now_us < r->retry_us)
			return NULL;
		r->retry_us = ~0ull;
	}
	while (*i < PAXOS_SESSION_WINDOW) {
		o = &r->outstanding[(*i)++];
		if (!o->entry.type)
			continue;
		if (r->now_us >= retry_at(r, o))
			return o;
		r->retry_us = port_min(r->retry_us, retry_at(r, o));
	}
	return NULL;
}

static void tried(struct paxos_replica *r, struct paxos_outstanding *o)
{
	o->sent_us = r->now_us;
	r->retry_us = port_min(r->retry_us, retry_at(r, o));
}

/* As leader: what left for an earlier leader, or fell out of the queue, gets a slot here. */
static void requeue(struct paxos_replica *r)
{
	struct paxos_outstanding *o;
	u32 i = 0, sent = 0;

	while ((o = next_due(r, &i))) {
		if (sent++ == PAXOS_RESENDS_MAX ||
		    !(paxos_proposer_knows(r, &o->entry.id) ||
		      paxos_proposer_enqueue(r, &o->entry))) {
			r->retry_us = r->now_us;
			return;
		}
		tried(r, o);
	}
}

static void forward(struct paxos_replica *r, struct paxos_effects *fx, u8 leader)
{
	struct paxos_outstanding *o;
	struct forwards f = {};
	u32 i = 0, sent = 0;

	while ((o = next_due(r, &i))) {
		if (sent++ == PAXOS_RESENDS_MAX || !paxos_room(fx, 2 * PAXOS_MESSAGE_MAX)) {
			r->retry_us = r->now_us;
			break;
		}
		tried(r, o);
		forwards_add(r, fx, &f, leader, &o->entry, PAXOS_FLAG_RETRY);
	}
	while (paxos_room(fx, 2 * PAXOS_MESSAGE_MAX)) {
		o = paxos_pending_leave(r);
		if (!o)
			break;
		forwards_add(r, fx, &f, leader, &o->entry, 0);
	}
	forwards_close(fx, &f, leader);
}

/* As leader with a full journal: nothing new gets a slot; say so at once. */
static void refuse_waiting(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_waiting *w;

	for (; r->waiting_head != r->waiting_tail; r->waiting_head++) {
		w = &r->waiting[r->waiting_head % PAXOS_WAITING_MAX];
		if (fx->answers == PAXOS_ANSWERS_MAX)
			return;
		answer(fx, w->cookie, PAXOS_OUTCOME_FULL, NULL);
		drop_waiting(w);
	}
}

void paxos_pending_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	int leader;

	if (paxos_leads(r)) {
		if (fx->journal_full)
			refuse_waiting(r, fx);
		requeue(r);
		return;
	}
	if (!r->leader_ballot || !r->confirmed || r->failed)
		return;
	leader = paxos_replica_member(r, paxos_ballot_node(r->leader_ballot));
	if (leader >= 0 && r->peer[leader].session)
		forward(r, fx, leader);
}

void paxos_pending_clear(struct paxos_replica *r)
{
	u32 i;

	for (; r->waiting_head != r->waiting_tail; r->waiting_head++)
		drop_waiting(&r->waiting[r->waiting_head % PAXOS_WAITING_MAX]);
	for (i = 0; i < PAXOS_SESSION_WINDOW; i++)
		paxos_entry_clear(&r->outstanding[i].entry);
}
