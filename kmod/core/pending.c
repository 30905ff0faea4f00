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

/* All that left: own ones by sequence, then clients'. */
#define OUTSTANDING_MAX	(PAXOS_SESSION_WINDOW + PAXOS_CLIENTS_OUTSTANDING)

static struct paxos_outstanding *outstanding_at(struct paxos_replica *r, u32 i)
{
	return i < PAXOS_SESSION_WINDOW ? &r->outstanding[i] :
					  &r->client[i - PAXOS_SESSION_WINDOW];
}

/* Answer @cookie, if anybody waits for it, with all that @answer says. */
void paxos_answer(struct paxos_effects *fx, u64 cookie, const struct paxos_answer *answer)
{
	if (!cookie || cookie == PAXOS_MEMBERSHIP_COOKIE)
		return;
	fx->answer[fx->answers] = *answer;
	fx->answer[fx->answers++].cookie = cookie;
}

static void answer(struct paxos_effects *fx, u64 cookie, enum paxos_outcome outcome)
{
	struct paxos_answer a = { .outcome = outcome };

	paxos_answer(fx, cookie, &a);
}

/*
 * It was delivered in slot @first, or, if that is 0, was or will never be.  Of a
 * client's it is known which; of an own one it is not (rule 11).
 */
static void answer_delivered(struct paxos_effects *fx, u64 cookie, bool client, u64 first)
{
	struct paxos_answer a = { .outcome = PAXOS_OUTCOME_UNKNOWN };

	if (client)
		a = (struct paxos_answer) {
			.outcome = first ? PAXOS_OUTCOME_CHOSEN : PAXOS_OUTCOME_STALE,
			.why = first ? PAXOS_WHY_NONE : PAXOS_WHY_OUTLIVED,
			.slot = first,
		};
	paxos_answer(fx, cookie, &a);
}

/* Only members propose: of nobody else is anything delivered (rules 7, 13). */
bool paxos_pending_may(const struct paxos_replica *r)
{
	return !r->failed && !r->forgotten && r->newest.members & paxos_bit(r->self);
}

static bool delivered_already(struct paxos_replica *r, const struct paxos_waiting *w, u64 *first)
{
	struct paxos_proposal_id id = {
		.client = true, .incarnation = w->client, .sequence = w->sequence,
	};

	return w->client && paxos_table_delivered(&r->table, &id, first);
}

/* Take a proposal in; false without room.  The value's buffer is referenced. */
bool paxos_pending_add(struct paxos_replica *r, const struct paxos_waiting *waiting,
		       struct paxos_effects *fx)
{
	struct paxos_waiting *w = &r->waiting[r->waiting_tail % PAXOS_WAITING_MAX];
	u64 cookie = waiting->cookie, first;

	if (!paxos_pending_may(r)) {
		answer(fx, cookie, PAXOS_OUTCOME_WITHDRAWN);
		return true;
	}
	if (waiting->client && waiting->sequence - 1 >= PAXOS_SLOT_LIMIT) {
		answer_delivered(fx, cookie, true, 0);
		return true;
	}
	if (delivered_already(r, waiting, &first)) {
		answer_delivered(fx, cookie, true, first);
		return true;
	}
	if (paxos_fullness_refuses(r, fx) && waiting->type == PAXOS_ENTRY_VALUE) {
		answer(fx, cookie, PAXOS_OUTCOME_FULL);
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
			answer(fx, cookie, PAXOS_OUTCOME_WITHDRAWN);
			drop_waiting(w);
			close_ranks(r, i);
			return;
		}
	}
	for (i = 0; i < OUTSTANDING_MAX; i++) {
		struct paxos_outstanding *o = outstanding_at(r, i);

		if (o->entry.type && o->cookie == cookie) {
			answer(fx, cookie, PAXOS_OUTCOME_UNKNOWN);
			o->cookie = 0;
			return;
		}
	}
}

/* When it is to be offered again; 0: at once. */
static u64 retry_at(const struct paxos_replica *r, const struct paxos_outstanding *o)
{
	return o->sent_us ? o->sent_us + paxos_backoff_us(r, 2 * paxos_heartbeat_us(r),
							  o->resent) : 0;
}

static struct paxos_outstanding *free_client(struct paxos_replica *r)
{
	u32 i;

	for (i = 0; i < PAXOS_CLIENTS_OUTSTANDING; i++)
		if (!r->client[i].entry.type)
			return &r->client[i];
	return NULL;
}

/* Of what type is the next proposal to leave?  0: none waits. */
u8 paxos_pending_next(const struct paxos_replica *r)
{
	return r->waiting_head == r->waiting_tail ? 0 :
	       r->waiting[r->waiting_head % PAXOS_WAITING_MAX].type;
}

/*
 * The next proposal leaves: it gets its id and joins the outstanding ones.
 * NULL if none waits, or if sequence s - W is not delivered yet (rule 8).
 */
struct paxos_outstanding *paxos_pending_leave(struct paxos_replica *r)
{
	struct paxos_waiting *w = &r->waiting[r->waiting_head % PAXOS_WAITING_MAX];
	struct paxos_outstanding *o;

	if (r->waiting_head == r->waiting_tail)
		return NULL;
	o = w->client ? free_client(r) : &r->outstanding[r->sequence % PAXOS_SESSION_WINDOW];
	if (!o || o->entry.type)
		return NULL;
	*o = (struct paxos_outstanding) {
		.entry = {
			.type = w->type,
			.value = w->value,
			.id = {
				.origin = r->settings.node,
				.client = w->client != 0,
				.incarnation = w->client ?: r->settings.incarnation,
				.nonce = w->client ? 0 : r->settings.nonce,
				.sequence = w->client ? w->sequence : r->sequence++,
			},
		},
		.cookie = w->cookie,
		.sent_us = r->now_us,
	};
	r->retry_us = port_min(r->retry_us, retry_at(r, o));
	r->waiting_head++;
	r->unanswered++;
	return o;
}

/* Does any own proposal wait, or lack an answer? */
bool paxos_pending_any(const struct paxos_replica *r)
{
	return r->waiting_head != r->waiting_tail || r->unanswered;
}

static void done(struct paxos_replica *r, struct paxos_outstanding *o)
{
	r->unanswered--;
	paxos_entry_clear(&o->entry);
	o->cookie = 0;
}

static void client_delivered(struct paxos_replica *r, const struct paxos_chosen *chosen,
			     u64 first, struct paxos_effects *fx)
{
	struct paxos_outstanding *o;
	u32 i;

	for (i = 0; i < PAXOS_CLIENTS_OUTSTANDING; i++) {
		o = &r->client[i];
		if (!o->entry.type || !paxos_id_equal(&o->entry.id, &chosen->entry.id))
			continue;
		answer_delivered(fx, o->cookie, true, first);
		if (o->cookie && first == chosen->slot)
			fx->answer[fx->answers - 1].ballot = chosen->ballot;
		done(r, o);
	}
}

/*
 * A proposal was chosen: if it is this node's, or came through it, answer it.
 * A client's is answered with the slot that it got @first.  An own one delivered
 * as a no-op before it was answered is another start's, a restored image's: what
 * became of it cannot be told.
 */
void paxos_pending_delivered(struct paxos_replica *r, const struct paxos_chosen *chosen,
			     u64 first, struct paxos_effects *fx)
{
	const struct paxos_proposal_id *id = &chosen->entry.id;
	struct paxos_outstanding *o = &r->outstanding[id->sequence % PAXOS_SESSION_WINDOW];
	struct paxos_answer a = {
		.outcome = chosen->type == PAXOS_ENTRY_NOOP ? PAXOS_OUTCOME_UNKNOWN :
							      PAXOS_OUTCOME_CHOSEN,
		.slot = chosen->slot,
		.ballot = chosen->ballot,
	};

	if (id->client) {
		client_delivered(r, chosen, first, fx);
		return;
	}
	if (!o->entry.type || !paxos_id_equal(&o->entry.id, id))
		return;
	if (o->cookie == PAXOS_MEMBERSHIP_COOKIE)
		paxos_membership_delivered(r, chosen, fx);
	paxos_answer(fx, o->cookie, &a);
	done(r, o);
}

/* There is a new leader: all that is outstanding is offered to it at once. */
void paxos_pending_retry_all(struct paxos_replica *r)
{
	u32 i;

	r->retry_us = 0;
	for (i = 0; i < OUTSTANDING_MAX; i++) {
		outstanding_at(r, i)->sent_us = 0;
		outstanding_at(r, i)->resent = 0;
	}
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

/* Delivered without our seeing it: in slots before a snapshot's, or before it left. */
static bool settled(struct paxos_replica *r, struct paxos_outstanding *o,
		    struct paxos_effects *fx)
{
	const struct paxos_proposal_id *id = &o->entry.id;
	u64 first;

	if (fx->answers == PAXOS_ANSWERS_MAX || !paxos_table_delivered(&r->table, id, &first))
		return false;
	if (o->cookie == PAXOS_MEMBERSHIP_COOKIE)
		paxos_membership_give_up(r, r->change.cookie, fx);
	answer_delivered(fx, o->cookie, id->client, first);
	done(r, o);
	return true;
}

/*
 * The next outstanding proposal that is due, from number *@i on; NULL at the
 * end.  Nobody looks through all of them before one can be due again.
 */
static struct paxos_outstanding *next_due(struct paxos_replica *r, u32 *i,
					  struct paxos_effects *fx)
{
	struct paxos_outstanding *o;

	if (!*i) {
		if (r->now_us < r->retry_us)
			return NULL;
		r->retry_us = ~0ull;
	}
	while (*i < OUTSTANDING_MAX) {
		o = outstanding_at(r, (*i)++);
		if (!o->entry.type)
			continue;
		if (r->now_us < retry_at(r, o))
			r->retry_us = port_min(r->retry_us, retry_at(r, o));
		else if (!settled(r, o, fx))
			return o;
	}
	return NULL;
}

static void tried(struct paxos_replica *r, struct paxos_outstanding *o)
{
	o->resent += o->sent_us && o->resent < PAXOS_DOUBLINGS_MAX;
	o->sent_us = r->now_us;
	r->retry_us = port_min(r->retry_us, retry_at(r, o));
}

/* As leader: what left for an earlier leader, or fell out of the queue, gets a slot here. */
static void requeue(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_outstanding *o;
	u32 i = 0, sent = 0;

	while ((o = next_due(r, &i, fx))) {
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
	u32 i = 0, sent = 0, bytes = 0;

	while ((o = next_due(r, &i, fx))) {
		if (sent++ == PAXOS_RESENDS_MAX || !paxos_room(fx, 2 * PAXOS_MESSAGE_MAX)) {
			r->retry_us = r->now_us;
			break;
		}
		/* A leader that begins has enough to do. */
		if (bytes >= PAXOS_RESEND_BYTES) {
			r->retry_us = r->now_us + paxos_heartbeat_us(r) / 4;
			break;
		}
		tried(r, o);
		bytes += o->entry.value.length;
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

/* What waits, but CONFIGs if @values, never left, and never will: say so at once. */
static void refuse_waiting(struct paxos_replica *r, struct paxos_effects *fx,
			   enum paxos_outcome outcome, bool values)
{
	u32 from, to = r->waiting_head;
	struct paxos_waiting *w;

	for (from = r->waiting_head; from != r->waiting_tail; from++) {
		w = &r->waiting[from % PAXOS_WAITING_MAX];
		if (fx->answers == PAXOS_ANSWERS_MAX ||
		    (values && w->type != PAXOS_ENTRY_VALUE)) {
			r->waiting[to++ % PAXOS_WAITING_MAX] = *w;
			continue;
		}
		answer(fx, w->cookie, outcome);
		drop_waiting(w);
	}
	r->waiting_tail = to;
}

/* Is a change of the configuration among them? */
static bool holds_change(struct paxos_replica *r)
{
	u32 i;

	for (i = r->waiting_head; i != r->waiting_tail; i++)
		if (r->waiting[i % PAXOS_WAITING_MAX].cookie == PAXOS_MEMBERSHIP_COOKIE)
			return true;
	for (i = 0; i < PAXOS_SESSION_WINDOW; i++)
		if (r->outstanding[i].cookie == PAXOS_MEMBERSHIP_COOKIE)
			return true;
	return false;
}

/* No member any more: nobody takes what left, or says what became of it. */
static void abandon(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_outstanding *o;
	u32 i;

	if (!paxos_pending_any(r))
		return;
	if (holds_change(r) && fx->answers < PAXOS_ANSWERS_MAX)
		paxos_membership_give_up(r, r->change.cookie, fx);
	refuse_waiting(r, fx, PAXOS_OUTCOME_WITHDRAWN, false);
	for (i = 0; i < OUTSTANDING_MAX && fx->answers < PAXOS_ANSWERS_MAX; i++) {
		o = outstanding_at(r, i);
		if (!o->entry.type)
			continue;
		answer(fx, o->cookie, PAXOS_OUTCOME_UNKNOWN);
		done(r, o);
	}
}

/* Row 19: the leader if we reach it, else a peer that hears one and passes things on. */
int paxos_pending_way(const struct paxos_replica *r)
{
	int way = r->leader_ballot ?
		  paxos_replica_member(r, paxos_ballot_node(r->leader_ballot)) : -1;
	u16 leader;

	if (way >= 0 && r->peer[way].session)
		return way;
	for (way = 0; way < r->members; way++) {
		leader = paxos_ballot_node(r->peer[way].leader_ballot);
		if (way != r->self && leader && leader != r->settings.node &&
		    paxos_in_contact(r, way))
			return way;
	}
	return -1;
}

void paxos_pending_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	int way;

	if (!paxos_pending_may(r)) {
		abandon(r, fx);
		return;
	}
	if (paxos_fullness_refuses(r, fx))
		refuse_waiting(r, fx, PAXOS_OUTCOME_FULL, true);
	if (paxos_leads(r)) {
		requeue(r, fx);
		return;
	}
	/* In mode basic every node proposes its own (basic.c). */
	if (!r->confirmed || r->settings.mode == PAXOS_MODE_BASIC)
		return;
	way = paxos_pending_way(r);
	if (way >= 0)
		forward(r, fx, way);
}

void paxos_pending_clear(struct paxos_replica *r)
{
	u32 i;

	for (; r->waiting_head != r->waiting_tail; r->waiting_head++)
		drop_waiting(&r->waiting[r->waiting_head % PAXOS_WAITING_MAX]);
	for (i = 0; i < OUTSTANDING_MAX; i++)
		paxos_entry_clear(&outstanding_at(r, i)->entry);
}
