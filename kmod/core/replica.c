// SPDX-License-Identifier: GPL-2.0
/*
 * Replica: puts the rooms together.  step() takes one event in, flush() says
 * what is to be done; no I/O, no clock, no lock, no sleeping, no allocation.
 */
#include "state.h"

/* What one step may send by itself, besides what flush writes. */
#define STEP_SENDS	8u
#define STEP_ANSWERS	2u
#define STEP_ARENA	(STEP_SENDS * PAXOS_SMALL_MESSAGE)
#define STEP_RECORDS	8u		/* besides one per item of a message */
#define STEP_BYTES	512u

/* xorshift64*: good enough to keep candidates apart. */
u64 paxos_random(struct paxos_replica *r)
{
	r->random ^= r->random >> 12;
	r->random ^= r->random << 25;
	r->random ^= r->random >> 27;
	return r->random * 0x2545f4914f6cdd1dull >> 16;
}

/* Remember something that people want to know; flush says it. */
void paxos_notice(struct paxos_replica *r, u8 type, u16 node, u64 slot, u8 why)
{
	if (r->notices < PAXOS_NOTICES_MAX)
		r->notice[r->notices++] = (struct paxos_notice) {
			.type = type, .node = node, .slot = slot, .why = why,
		};
}

/* What the shell is told besides messages and slots, each once. */
static void flush_notices(struct paxos_replica *r, struct paxos_effects *fx)
{
	fx->forget = r->forgotten && !r->forget_told;
	r->forget_told = r->forgotten;
	if (fx->forget)
		paxos_notice(r, PAXOS_NOTICE_FORGOTTEN, r->forgotten_by, 0,
			     r->forgotten_by ? PAXOS_REFUSED_STALE : 0);
	/* Who replays has no use for addresses yet: it is told after the start. */
	fx->config = !r->restoring && !r->config_told;
	r->config_told |= fx->config;
	fx->skipped = r->skipped;
	r->skipped = 0;
	if (!r->restoring && r->trim > r->trim_told && r->trim_lsn <= r->durable_lsn) {
		fx->trimmed = r->trim;
		r->trim_told = r->trim;
	}
	memcpy(fx->notice, r->notice, r->notices * sizeof(r->notice[0]));
	fx->notices = r->notices;
	r->notices = 0;
}

/* Is there room for one more message of @bytes? */
bool paxos_room(const struct paxos_effects *fx, u32 bytes)
{
	return fx->sends + 2 <= PAXOS_SENDS_MAX && fx->arena_used + bytes <= PAXOS_ARENA_SIZE;
}

/* Where the next body is written; who does has asked for room. */
u8 *paxos_body_room(struct paxos_effects *fx)
{
	return fx->arena + fx->arena_used;
}

/* The body that was written there is to be sent to the members @to; there is one at least. */
void paxos_send_body(struct paxos_effects *fx, u32 to, u64 lsn, u8 type, u32 length)
{
	fx->send[fx->sends++] = (struct paxos_send) {
		.lsn = lsn,
		.to = to,
		.type = type,
		.body = paxos_body_room(fx),
		.length = length,
	};
	fx->arena_used += (length + 7) & ~7u;
}

static void send_fields(struct paxos_effects *fx, u32 to, u64 lsn,
			const struct paxos_message *message)
{
	struct paxos_writer writer;

	paxos_writer_begin(&writer, paxos_body_room(fx), PAXOS_BODY_SIZE);
	paxos_send_body(fx, to, lsn, message->type, paxos_writer_end(&writer, message));
}

/* A message without items; to nobody if @to is empty. */
void paxos_send(struct paxos_effects *fx, u32 to, u64 lsn, const struct paxos_message *message)
{
	if (to)
		send_fields(fx, to, lsn, message);
}

/* The same to whom the event came from. */
void paxos_reply(struct paxos_effects *fx, const struct paxos_message *message)
{
	send_fields(fx, 0, 0, message);
}

size_t paxos_replica_size(void)
{
	return sizeof(struct paxos_replica);
}

/* @replica is paxos_replica_size() bytes, zeroed; @settings is copied. */
void paxos_replica_init(struct paxos_replica *r, const struct paxos_settings *settings)
{
	r->settings = *settings;
	paxos_members_init(r);
	r->random = settings->seed | 1;
	r->role = PAXOS_ROLE_FOLLOWER;
	r->sequence = 1;
	r->barriers = 1;
	r->restoring = true;
	paxos_contact_init(r);
}

/* Put every reference that is held; the memory stays the caller's. */
void paxos_replica_exit(struct paxos_replica *r)
{
	paxos_proposer_stop(r);
	paxos_acceptor_release(r);
	paxos_pending_clear(r);
	paxos_membership_clear(r);
	paxos_slots_clear(r);
}

/* Index of the member with id @node; -1 if it is not in the configuration. */
int paxos_replica_member(const struct paxos_replica *r, u16 node)
{
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (node && r->member[i].node == node)
			return i;
	return -1;
}

/*
 * Who has @index, and where the configuration says that it is reached; 0: nobody
 * has.  Indices are below PAXOS_MEMBERS_MAX; one that was given back may be
 * another's later: fx->config says so.
 */
u16 paxos_replica_peer(const struct paxos_replica *r, u32 index, struct paxos_endpoint *endpoint)
{
	*endpoint = r->member[index].endpoint;
	return r->member[index].node;
}

/* A batch's header was read back; false if it takes something back. */
bool paxos_replica_restore(struct paxos_replica *r, const struct paxos_vow *vow)
{
	if (vow->promised < r->promised || vow->ballot_used < r->ballot_used ||
	    vow->promised < vow->ballot_used || vow->trim < r->trim_vowed)
		return false;
	r->trim_vowed = vow->trim;
	r->promised = vow->promised;
	r->ballot_used = vow->ballot_used;
	r->highest_round = paxos_ballot_round(vow->promised);
	return true;
}

static bool restore_chosen(struct paxos_replica *r, u64 through)
{
	struct paxos_slot *slot;

	while (r->commit < through) {
		slot = paxos_slot_at(r, r->commit + 1);
		if (!slot || !slot->entry.type)
			return false;
		slot->chosen = true;
		r->commit++;
	}
	r->recorded = r->commit;
	r->durable = r->commit;
	return true;
}

/* Rule 9: a value that is lost takes nothing from one that is there. */
static void restore_entry(struct paxos_slot *slot, const struct paxos_record *record)
{
	if (record->faulty && slot->entry.type && !slot->faulty &&
	    paxos_entry_equal(&slot->entry, &record->entry))
		return;
	paxos_entry_assign(&slot->entry, &record->entry);
	slot->faulty = record->faulty;
}

static bool restore_slot(struct paxos_replica *r, const struct paxos_record *record)
{
	struct paxos_slot *slot = paxos_slot_claim(r, record->slot);

	if (record->slot && record->slot <= r->trim)
		return true;
	if (!record->slot || !paxos_ballot_valid(record->ballot))
		return false;
	/* What is delivered and lost was written anew when its value came. */
	if (record->slot <= r->delivered && record->type == PAXOS_RECORD_LEARNED &&
	    !record->faulty)
		paxos_faulty_restored(r, record->slot);
	if (!slot)
		return record->slot <= r->delivered;
	if (record->type == PAXOS_RECORD_LEARNED) {
		slot->learned = record->ballot;
		slot->chosen = true;
		restore_entry(slot, record);
	} else {
		/* Rule 2: the header's promise covers it. */
		if (record->ballot > r->promised)
			return false;
		/* Each start writes the last batch again, what it has outlived included. */
		if (record->ballot < slot->ballot)
			return true;
		slot->ballot = record->ballot;
		/* A copy of it, the batch's second one perhaps, may still be whole. */
		if (!slot->chosen ||
		    (slot->faulty && paxos_entry_equal(&slot->entry, &record->entry)))
			restore_entry(slot, record);
		if (!slot->faulty && slot->slot <= r->delivered)
			paxos_faulty_restored(r, slot->slot);
	}
	paxos_learner_advance(r);
	return true;
}

/*
 * A record was read back, in the journal's order.  False if it does not follow
 * from what came before: the journal is damaged (rule 7).
 */
bool paxos_replica_restore_record(struct paxos_replica *r, const struct paxos_record *record)
{
	int member;

	switch (record->type) {
	case PAXOS_RECORD_ACCEPTED:
	case PAXOS_RECORD_LEARNED:
		return restore_slot(r, record);
	case PAXOS_RECORD_CHOSEN:
		return restore_chosen(r, record->slot);
	case PAXOS_RECORD_PEER:
		if (!record->slot || record->slot > PAXOS_NODE_ID_MAX)
			return false;
		member = paxos_replica_member(r, record->slot);
		/* Of who has been removed since, perhaps. */
		if (member < 0)
			return true;
		r->member[member].known = true;
		memcpy(r->member[member].disk, record->disk, sizeof(record->disk));
		paxos_claims_restore(r, record, member);
		return true;
	case PAXOS_RECORD_CONFIRMED:
		r->confirmed = true;
		return true;
	case PAXOS_RECORD_TABLE:
		return paxos_trim_restore_record(r, record);
	default:
		return false;
	}
}

/*
 * The table was read from where the superblock says, before anything else of the
 * journal: all through its slot is delivered.
 */
bool paxos_replica_restore_table(struct paxos_replica *r, const struct paxos_table *table)
{
	r->trim_told = table->slot;
	return paxos_trim_restore(r, table);
}

/* The table at the trim point: what serves of the kind table begin with. */
const struct paxos_table *paxos_replica_base(const struct paxos_replica *r)
{
	return &r->base;
}

/* The newest configuration that is known to be chosen. */
const struct paxos_config *paxos_replica_config(const struct paxos_replica *r)
{
	return &r->table.newest;
}

/* The journal was read, and is durable; from here on step and flush. */
bool paxos_replica_start(struct paxos_replica *r, u64 now_us)
{
	r->restoring = false;
	r->now_us = now_us;
	r->tick_us = now_us;
	r->moved_us = now_us;
	r->vowed = r->promised;
	paxos_election_patience(r);
	/* A header said so of a table that is not there: it was lost. */
	return !r->failed && r->delivered == r->commit && r->trim_vowed <= r->trim;
}

static bool wants_to_lead(const struct paxos_message *m)
{
	return m->type == PAXOS_PREVOTE || m->type == PAXOS_PREPARE;
}

static void on_message(struct paxos_replica *r, const struct paxos_head *head,
		       const struct paxos_message *m, struct paxos_effects *fx)
{
	int member = paxos_replica_member(r, head->from);
	struct paxos_peer *peer;
	u8 from = member;

	if (head->to != r->settings.node || head->from == r->settings.node)
		return;
	if (member < 0) {
		/* Rule 10: not in the configuration. */
		if (m->type == PAXOS_HELLO)
			paxos_contact_stranger(r, head->from, fx);
		else if (paxos_table_removed(&r->table, head->from) && wants_to_lead(m))
			paxos_contact_removed(r, head->from, fx);
		return;
	}
	if (m->type == PAXOS_REFUSED) {
		paxos_on_refused(r, head, m);
		return;
	}
	if (m->type == PAXOS_HELLO) {
		if (paxos_contact_gone(r, head->from))
			paxos_contact_stranger(r, head->from, fx);
		else
			paxos_on_hello(r, head, m, from, fx);
		return;
	}
	if (!paxos_contact_check(r, head, from))
		return;
	peer = &r->peer[from];
	peer->heard_us = r->now_us;
	peer->commit = port_max(peer->commit, m->commit);

	switch (m->type) {
	case PAXOS_PREVOTE:
	case PAXOS_PREPARE:
	case PAXOS_ACCEPT:
	case PAXOS_HEARTBEAT:
		/* Only its owner proposes at a ballot. */
		if (paxos_ballot_node(m->ballot) != head->from)
			return;
	}
	/* Rule 13: who was removed does not lead any more. */
	if (wants_to_lead(m) && paxos_table_removed(&r->table, head->from)) {
		paxos_contact_removed(r, head->from, fx);
		return;
	}
	paxos_contact_said(r, m, from);
	switch (m->type) {
	case PAXOS_PREVOTE:
		paxos_on_prevote(r, m, from, fx);
		break;
	case PAXOS_PREVOTE_YES:
		paxos_on_prevote_yes(r, m, from, fx);
		break;
	case PAXOS_PREPARE:
		paxos_on_prepare(r, m, from, fx);
		break;
	case PAXOS_PROMISE:
		paxos_on_promise(r, m, from);
		break;
	case PAXOS_NACK:
		paxos_on_nack(r, m);
		break;
	case PAXOS_ACCEPT:
		paxos_on_accept(r, m, from, fx);
		break;
	case PAXOS_ACCEPTED:
		paxos_on_accepted(r, m, from);
		break;
	case PAXOS_HEARTBEAT:
		paxos_on_heartbeat(r, m, from, fx);
		break;
	case PAXOS_HEARTBEAT_ACK:
		paxos_on_heartbeat_ack(r, m, from);
		break;
	case PAXOS_FORWARD:
		paxos_on_forward(r, m, fx);
		break;
	case PAXOS_LEARN:
		paxos_on_learn(r, m, from);
		break;
	case PAXOS_LEARNT:
		paxos_on_learnt(r, m, fx);
		break;
	case PAXOS_TRIMMED:
		paxos_on_trimmed(r, m, from);
		break;
	case PAXOS_BARRIER:
		paxos_on_barrier(r, m, from);
		break;
	case PAXOS_BARRIER_ANSWER:
		paxos_on_barrier_answer(r, m, from, fx);
		break;
	case PAXOS_TRANSFER:
		paxos_on_transfer(r, m, from, fx);
		break;
	case PAXOS_TABLE_WANTED:
		paxos_on_table_wanted(r, m, from, fx);
		break;
	case PAXOS_TABLE:
		paxos_on_table(r, m, from, fx);
		break;
	}
}

static void on_tick(struct paxos_replica *r, struct paxos_effects *fx)
{
	r->tick_us = r->now_us + paxos_heartbeat_us(r) / 4;
	if (r->failed)
		return;
	paxos_contact_tick(r);
	paxos_election_tick(r, fx);
	paxos_proposer_tick(r, fx);
	paxos_catchup_tick(r, fx);
	paxos_learner_tick(r, fx);
	paxos_trim_tick(r);
}

static void on_written(struct paxos_replica *r, u64 lsn, struct paxos_effects *fx)
{
	if (lsn > r->durable_lsn) {
		r->durable_lsn = lsn;
		r->waiting_us = r->now_us;
	}
	if (r->promised_lsn <= r->durable_lsn)
		r->vowed = r->promised;
	else if (r->vow_flying_lsn <= r->durable_lsn)
		r->vowed = port_max(r->vowed, r->vow_flying);
	if (r->recorded_lsn <= r->durable_lsn)
		r->durable = r->recorded;
	else if (r->flying_lsn <= r->durable_lsn)
		r->durable = port_max(r->durable, r->flying);
	paxos_proposer_written(r);
	paxos_learner_written(r);
	paxos_contact_written(r, fx);
}

/* Rule 7: from now on, no promise, no vote, no ballot of ours. */
static void stop_voting(struct paxos_replica *r)
{
	if (r->role != PAXOS_ROLE_FOLLOWER)
		paxos_election_step_down(r);
	paxos_acceptor_release(r);
}

/*
 * Does somebody wait for the disk?  The batch at hand is on its way when we are
 * asked again.
 */
static void note_waiting(struct paxos_replica *r, const struct paxos_effects *fx)
{
	if (!fx->batch->urgent)
		return;
	if (r->awaited_lsn <= r->durable_lsn)
		r->waiting_us = r->now_us;
	r->awaited_lsn = fx->batch->sequence;
}

/* Fail-stop: this node says nothing more; the group goes on without it. */
static void on_failed(struct paxos_replica *r)
{
	paxos_election_step_down(r);
	r->failed = true;
}

static void on_reachable(struct paxos_replica *r, u16 node, bool reachable)
{
	int member = paxos_replica_member(r, node);

	/* No member that we know of, but it may know more. */
	if (member < 0 && reachable && node && !paxos_table_removed(&r->table, node))
		member = paxos_members_claim(r, node);
	if (member < 0 || member == r->self)
		return;
	r->peer[member].reachable = reachable;
	r->peer[member].greet = reachable;
	r->peer[member].greeted_us = 0;
	/* If it is no member, nothing keeps its index. */
	if (!reachable)
		paxos_members_refresh(r);
}

static bool on_propose(struct paxos_replica *r, const struct paxos_event *event,
		       struct paxos_effects *fx)
{
	struct paxos_waiting waiting = {
		.value = event->value,
		.cookie = event->cookie,
		.client = event->client,
		.sequence = event->sequence,
		.type = PAXOS_ENTRY_VALUE,
	};

	return paxos_pending_add(r, &waiting, fx);
}

static void on_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	if (!paxos_barrier_give_up(r, cookie, fx) && !paxos_transfer_give_up(r, cookie, fx) &&
	    !paxos_membership_give_up(r, cookie, fx) && !paxos_trim_give_up(r, cookie, fx) &&
	    !paxos_install_give_up(r, cookie, fx))
		paxos_pending_give_up(r, cookie, fx);
}

/* All that the journal holds at a start is durable; its next batch is the first of ours. */
static void note_start(struct paxos_replica *r, const struct paxos_effects *fx)
{
	if (r->counting || r->restoring)
		return;
	r->counting = true;
	r->durable_lsn = port_max(r->durable_lsn, fx->batch->sequence - 1);
}

static bool step_room(const struct paxos_replica *r, const struct paxos_event *event,
		      const struct paxos_effects *fx)
{
	u32 records = STEP_RECORDS, bytes = STEP_BYTES, arena = STEP_ARENA;

	/* Rule 7: to the superblock before all else; flush says so. */
	if (r->forgotten && !r->forget_told)
		return false;
	/* These append their items; an empty batch has room for any of them. */
	if (event->type == PAXOS_EVENT_MESSAGE &&
	    (event->message->type == PAXOS_ACCEPT || event->message->type == PAXOS_LEARNT)) {
		records += event->message->items;
		bytes += event->message->length;
	}
	/* It may be passed on. */
	if (event->type == PAXOS_EVENT_MESSAGE && event->message->type == PAXOS_FORWARD)
		arena += PAXOS_MESSAGE_MAX;
	if (event->type == PAXOS_EVENT_TRIM ||
	    (event->type == PAXOS_EVENT_MESSAGE && event->message->type == PAXOS_TABLE)) {
		if (!paxos_trim_ready(r))
			return false;
		records += PAXOS_MEMBERS_MAX;
		bytes += PAXOS_TABLE_SIZE_MAX + PAXOS_MEMBERS_MAX * sizeof(r->settings.disk);
	}
	/* It is answered when the last table is durable: that may be all it waits for. */
	if (event->type == PAXOS_EVENT_INSTALLED && !paxos_trim_ready(r))
		return false;
	return fx->sends + STEP_SENDS <= PAXOS_SENDS_MAX &&
	       fx->answers + STEP_ANSWERS <= PAXOS_ANSWERS_MAX &&
	       fx->arena_used + arena <= PAXOS_ARENA_SIZE &&
	       paxos_batch_has_room(fx->batch, records, bytes);
}

/**
 * paxos_replica_step() - take one event in
 * @r: a started replica
 * @event: what happened
 * @fx: effects are added here, records to its batch
 *
 * Return: false if there is no room for what the event may cause: nothing was
 * changed; carry out the effects, or wait for a write, and offer it again.
 */
bool paxos_replica_step(struct paxos_replica *r, const struct paxos_event *event,
			struct paxos_effects *fx)
{
	/* These free room, and write nothing. */
	bool always = event->type == PAXOS_EVENT_FAILED || event->type == PAXOS_EVENT_WRITTEN;

	if (!always && !step_room(r, event, fx))
		return false;
	r->now_us = port_max(r->now_us, event->now_us);
	r->low = fx->journal_low;
	note_start(r, fx);
	switch (event->type) {
	case PAXOS_EVENT_TICK:
		on_tick(r, fx);
		break;
	case PAXOS_EVENT_MESSAGE:
		if (!r->failed)
			on_message(r, event->head, event->message, fx);
		break;
	case PAXOS_EVENT_PROPOSE:
		return on_propose(r, event, fx);
	case PAXOS_EVENT_BARRIER:
		return paxos_barrier_add(r, event->cookie, fx);
	case PAXOS_EVENT_TRANSFER:
		paxos_transfer_add(r, event->node, event->cookie, fx);
		break;
	case PAXOS_EVENT_MEMBER:
		paxos_membership_add(r, &event->change, event->cookie, fx);
		break;
	case PAXOS_EVENT_TRIM:
		paxos_trim_to(r, event->table, event->cookie, fx);
		break;
	case PAXOS_EVENT_INSTALLED:
		paxos_install(r, event->slot, event->cookie, fx);
		break;
	case PAXOS_EVENT_REPAIR:
		if (!paxos_faulty_lost(r, event->slot))
			r->forgotten = true;
		break;
	case PAXOS_EVENT_GIVE_UP:
		on_give_up(r, event->cookie, fx);
		break;
	case PAXOS_EVENT_WRITTEN:
		if (!r->failed)
			on_written(r, event->lsn, fx);
		break;
	case PAXOS_EVENT_FAILED:
		on_failed(r);
		break;
	case PAXOS_EVENT_REACHABLE:
	case PAXOS_EVENT_UNREACHABLE:
		on_reachable(r, event->node, event->type == PAXOS_EVENT_REACHABLE);
		break;
	}
	return true;
}

/**
 * paxos_replica_flush() - say what is to be done
 * @r: the replica
 * @now_us: the time
 * @fx: empty effects; filled as far as there is room
 *
 * Return: true if it said something: carry it out, reset @fx, and call again.
 */
bool paxos_replica_flush(struct paxos_replica *r, u64 now_us, struct paxos_effects *fx)
{
	r->now_us = port_max(r->now_us, now_us);
	r->low = fx->journal_low;
	note_start(r, fx);
	if (r->forgotten)
		stop_voting(r);
	paxos_learner_deliver(r, fx);
	flush_notices(r, fx);
	if (!r->restoring && !r->failed) {
		paxos_acceptor_flush(r, fx);
		paxos_fullness_flush(r, fx);
		paxos_proposer_flush(r, fx);
		paxos_pending_flush(r, fx);
		paxos_election_flush(r, fx);
		paxos_catchup_flush(r, fx);
		paxos_faulty_flush(r, fx);
		paxos_basic_flush(r, fx);
		paxos_barrier_flush(r, fx);
		paxos_transfer_flush(r, fx);
		paxos_membership_flush(r, fx);
		paxos_install_flush(r, fx);
		paxos_trim_flush(r, fx);
		paxos_contact_flush(r, fx);
		note_waiting(r, fx);
	}
	return fx->sends || fx->chosens || fx->answers || fx->serves || fx->notices ||
	       fx->forget || fx->config || fx->trimmed || fx->skipped;
}

/* What the next batch's header says. */
void paxos_replica_vow(const struct paxos_replica *r, struct paxos_vow *vow)
{
	*vow = (struct paxos_vow) {
		.promised = r->promised,
		.ballot_used = r->ballot_used,
		.trim = r->trim,
		.incarnation = r->settings.incarnation,
	};
}

/*
 * The head of a datagram of @type to member @to; message and pieces are the
 * caller's.  A HELLO answers the session that the peer claims; all else goes to
 * the one it has proven.
 */
void paxos_replica_head(const struct paxos_replica *r, u32 to, u8 type, struct paxos_head *head)
{
	*head = (struct paxos_head) {
		.type = type,
		.from = r->settings.node,
		.to = r->member[to].node,
		.from_session = r->settings.nonce,
		.to_session = type == PAXOS_HELLO ? r->peer[to].claimed : r->peer[to].session,
	};
	memcpy(head->cluster, r->settings.cluster, sizeof(head->cluster));
}

/* When the next tick is due. */
u64 paxos_replica_next_us(const struct paxos_replica *r)
{
	return r->tick_us;
}
