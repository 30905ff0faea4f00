// SPDX-License-Identifier: GPL-2.0
/*
 * Engine: what runs a group.
 *
 * One thread per group calls run() while there is work.  run() takes the engine
 * lock, brings everything that waits (an ended journal write, requests, peers'
 * addresses, datagrams, time) to the core, carries out what the core says, and
 * prepares the next journal write, which leaves when the lock was given back.
 * Everybody else only marks work and wakes the thread: callers, the socket, the
 * end of a write, a timer.  The thread never waits for a disk, and memory that
 * only a disk could free is never waited for.
 *
 * An event that the core has no room for is kept and offered again; to make
 * room, the batch is then written even if nobody else waits for it.
 *
 * Callers are answered after the lock was given back.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/sched/mm.h>
#include <linux/wait.h>

#include "callers.h"
#include "engine.h"
#include "group.h"
#include "journal.h"
#include "log.h"
#include "netlink.h"
#include "notices.h"
#include "trace.h"
#include "why.h"

#define DRAIN_MAX	64u	/* datagrams of one run */
#define SERVE_MAX	2u	/* bodies of old slots sent in one run */
#define FLUSH_MAX	64u	/* flushes of one run */
#define BLOCKED_US	1000u	/* when to try again without being woken */

static u64 clock_us(void)
{
	return ktime_to_us(ktime_get());
}

void paxos_engine_wake(struct paxos_group *group)
{
	set_bit(0, &group->work);
	wake_up(&group->wait);
}

static void count(struct paxos_group *group, enum paxos_stats_attr which)
{
	paxos_stats_add(&group->stats, which, 1);
}

static void count_delivered(struct paxos_group *group, const struct paxos_chosen *chosen)
{
	if (chosen->repair)
		return;
	trace_paxos_chosen(group->name, group->node, chosen->slot, chosen->ballot, chosen->type,
			   chosen->entry.value.length);
	switch (chosen->type) {
	case PAXOS_ENTRY_VALUE:
		count(group, PAXOS_STATS_A_VALUES);
		paxos_stats_add(&group->stats, PAXOS_STATS_A_VALUE_BYTES,
				chosen->entry.value.length);
		break;
	case PAXOS_ENTRY_CONFIG:
		count(group, PAXOS_STATS_A_CONFIGS);
		break;
	default:
		count(group, PAXOS_STATS_A_NOOPS);
		break;
	}
}

static void carry_out(struct paxos_group *group)
{
	struct paxos_effects *fx = group->fx;
	u32 i;

	if (fx->forget) {
		paxos_chores_forget(group);
		paxos_transmit_drop_held(&group->transmit);
	}
	if (fx->config)
		paxos_peers_configured(group);
	for (i = 0; i < fx->sends; i++) {
		paxos_transmit(group, &fx->send[i]);
		if (fx->send[i].type == PAXOS_REFUSED)
			paxos_stray_refused(group, &fx->send[i]);
	}
	if (fx->skipped)
		paxos_log_skip(group->log, fx->skipped);
	for (i = 0; i < fx->chosens; i++) {
		paxos_log_deliver(group->log, &fx->chosen[i]);
		count_delivered(group, &fx->chosen[i]);
	}
	if (fx->chosens || fx->skipped)
		group->announce = paxos_log_delivered(group->log);
	for (i = 0; i < fx->answers; i++)
		paxos_callers_answer(group, &fx->answer[i]);
	for (i = 0; i < fx->serves; i++)
		paxos_serve_begin(group, &fx->serve[i]);
	for (i = 0; i < fx->notices; i++) {
		paxos_notice_print(group->name, group->node, &fx->notice[i]);
		paxos_events_notice(group, &fx->notice[i]);
	}
	if (fx->trimmed)
		paxos_chores_trimmed(group, fx->trimmed);
	paxos_effects_reset(fx);
}

static void ask_room(struct paxos_group *group)
{
	group->fx->journal_used = div64_u64(paxos_journal_used(group->journal) * 1000,
					    paxos_journal_size(group->journal));
	group->fx->journal_filling = paxos_journal_filling(group->journal);
	group->fx->journal_full = paxos_journal_full(group->journal);
	group->fx->journal_low = paxos_journal_low(group->journal);
}

/* Bring one event to the core; false: no room, offer it again. */
bool paxos_engine_step(struct paxos_group *group, struct paxos_event *event)
{
	bool taken = false;

	if (paxos_transmit_room(&group->transmit)) {
		event->now_us = group->now_us;
		ask_room(group);
		taken = paxos_replica_step(group->replica, event, group->fx);
	}
	if (taken)
		carry_out(group);
	else
		group->blocked = true;
	return taken;
}

/* A journal write has ended: tell the core, and let go what waited for it. */
static void take_written(struct paxos_group *group)
{
	struct paxos_event event = { .type = PAXOS_EVENT_WRITTEN };
	u64 durable;

	if (paxos_journal_error(group->journal) && !group->failed) {
		pr_err("group %s: suspended, its journal failed\n", group->name);
		group->failed = true;
		paxos_transmit_drop_held(&group->transmit);
		/* Nothing is written again: a full batch must not keep callers from an answer. */
		paxos_batch_drop(group->batch);
	}
	if (group->failed) {
		event.type = PAXOS_EVENT_FAILED;
		if (!group->failure_told)
			group->failure_told = paxos_engine_step(group, &event);
		return;
	}
	durable = paxos_journal_durable(group->journal);
	if (durable > group->durable) {
		group->durable = durable;
		paxos_transmit_durable(group);
	}
	event.lsn = group->durable;
	if (group->durable > group->durable_told && paxos_engine_step(group, &event))
		group->durable_told = event.lsn;
}

/* Is it one of this life's pieces, from a member that we talk to? */
static bool same_session(struct paxos_group *group, u32 member, const struct paxos_head *head)
{
	struct paxos_head mine;

	paxos_replica_head(group->replica, member, head->type, &mine);
	return head->to_session == group->nonce && mine.to_session == head->from_session;
}

/* Make a message of a body, in a buffer of its own if values lie in it. */
static bool take_body(struct paxos_group *group, const u8 *body, u32 length)
{
	struct paxos_incoming *in = group->incoming;

	in->buf = NULL;
	if (length > PAXOS_BODY_SIZE) {
		in->buf = paxos_buf_alloc(length, GFP_NOIO | __GFP_NOWARN);
		if (!in->buf) {
			count(group, PAXOS_STATS_A_NO_MEMORY);
			return false;
		}
		memcpy(in->buf->data, body, length);
		body = in->buf->data;
	}
	if (paxos_message_decode(&in->message, in->head.type, body, length, in->buf))
		return true;
	count(group, PAXOS_STATS_A_MALFORMED);
	paxos_buf_put(in->buf);
	in->buf = NULL;
	return false;
}

/* A datagram of @length bytes came; true if it gave a message for the core. */
static bool take_datagram(struct paxos_group *group, u32 length)
{
	struct paxos_incoming *in = group->incoming;
	struct paxos_whole whole;
	int member;

	count(group, PAXOS_STATS_A_RECEIVED);
	if (!paxos_head_decode(&in->head, in->datagram, length)) {
		count(group, PAXOS_STATS_A_MALFORMED);
		paxos_stray(group, PAXOS_STRAY_MALFORMED, 0, 0);
		return false;
	}
	if (memcmp(in->head.cluster, group->cluster, sizeof(group->cluster))) {
		count(group, PAXOS_STATS_A_FOREIGN);
		paxos_stray(group, PAXOS_STRAY_CLUSTER, 0, 0);
		return false;
	}
	if (in->head.to != group->node) {
		count(group, PAXOS_STATS_A_FOREIGN);
		paxos_stray(group, PAXOS_STRAY_NODE, in->head.to, 0);
		return false;
	}
	whole.body = in->datagram + PAXOS_HEAD_SIZE;
	whole.length = length - PAXOS_HEAD_SIZE;
	member = paxos_replica_member(group->replica, in->head.from);
	if (in->head.pieces > 1) {
		if (member < 0 || !same_session(group, member, &in->head) ||
		    !paxos_pieces_take(group->transmit.pieces, member, &in->head, whole.body,
				       whole.length, group->now_us, &whole))
			return false;
	}
	if (!take_body(group, whole.body, whole.length))
		return false;
	if (in->head.type != PAXOS_MISSING)
		return true;
	if (member >= 0 && same_session(group, member, &in->head))
		paxos_transmit_again(group, member, in->message.number, in->message.slot);
	paxos_buf_put(in->buf);
	in->buf = NULL;
	return false;
}

/* Take what has come from the network; true if there may be more. */
static bool take_datagrams(struct paxos_group *group)
{
	struct paxos_incoming *in = group->incoming;
	struct paxos_event event;
	unsigned int i;
	int length;

	for (i = 0; i < DRAIN_MAX; i++) {
		if (!in->kept) {
			length = paxos_socket_receive(&group->transmit.socket, in->datagram,
						      sizeof(in->datagram), &in->source);
			if (length == -EAGAIN)
				return false;
			if (length < 0 || !take_datagram(group, length))
				continue;
			in->kept = true;
			trace_paxos_message(group->name, group->node, in->head.from,
					    in->message.type, in->message.ballot, in->message.slot);
		}
		event = (struct paxos_event) {
			.type = PAXOS_EVENT_MESSAGE,
			.head = &in->head,
			.message = &in->message,
		};
		if (!paxos_engine_step(group, &event))
			return false;
		in->kept = false;
		paxos_buf_put(in->buf);
		in->buf = NULL;
	}
	return true;
}

/* Nobody listens yet, or any more. */
static bool drop_datagrams(struct paxos_group *group)
{
	struct paxos_incoming *in = group->incoming;
	unsigned int i;

	for (i = 0; i < DRAIN_MAX; i++)
		if (paxos_socket_receive(&group->transmit.socket, in->datagram,
					 sizeof(in->datagram), &in->source) == -EAGAIN)
			return false;
	return true;
}

/* Send some of what was read for peers that lag; true if there is more. */
static bool send_served(struct paxos_group *group)
{
	struct paxos_served *served;
	unsigned int i;

	for (i = 0; i < SERVE_MAX; i++) {
		served = paxos_serve_next(&group->server);
		if (!served)
			return false;
		paxos_transmit_to(group, served->to, served->type, served->body, served->length);
		paxos_serve_free(served);
	}
	return true;
}

/* Let the core say what is to be done; true if it was cut short. */
static bool flush(struct paxos_group *group)
{
	unsigned int i;
	bool more;

	for (i = 0; i < FLUSH_MAX; i++) {
		if (!paxos_transmit_room(&group->transmit)) {
			group->blocked = true;
			return false;
		}
		ask_room(group);
		more = paxos_replica_flush(group->replica, group->now_us, group->fx);
		carry_out(group);
		if (!more)
			return false;
	}
	return true;
}

/* Prepare the next write; true if it makes room. */
static bool write_batch(struct paxos_group *group)
{
	struct paxos_batch *batch = group->batch;
	bool forced = group->blocked && batch->records;
	struct paxos_vow vow;

	if (group->failed || !(batch->urgent || forced) || paxos_journal_busy(group->journal) ||
	    paxos_chores_hold(&group->chores))
		return false;
	paxos_replica_vow(group->replica, &vow);
	group->write = paxos_journal_prepare(group->journal, batch, &vow);
	return group->blocked;
}

static bool run_replica(struct paxos_group *group)
{
	struct paxos_event tick = { .type = PAXOS_EVENT_TICK };
	bool more;

	take_written(group);
	paxos_peers_tell(group);
	paxos_chores_tell_lost(group);
	paxos_callers_due(group);
	paxos_callers_take(group);
	more = take_datagrams(group);
	if (group->now_us >= paxos_replica_next_us(group->replica))
		paxos_engine_step(group, &tick);
	paxos_transmit_ask(group);
	more |= flush(group);
	more |= send_served(group);
	more |= write_batch(group);
	return more;
}

/* When to run again if nobody wakes the engine. */
static u64 next_us(struct paxos_group *group)
{
	u64 next = paxos_queue_next_us(&group->queue);

	if (group->phase != PAXOS_PHASE_RUNNING)
		return next;
	next = min(next, paxos_replica_next_us(group->replica));
	next = min(next, group->transmit.pieces->next_us);
	next = min(next, group->now_us + (u64)group->heartbeat_ms * USEC_PER_MSEC);
	return group->blocked ? max(next, group->now_us + BLOCKED_US) : next;
}

/* How this node is, and since when. */
static void publish_state(struct paxos_group *group, struct paxos_page *page)
{
	u8 state = page->stopped_state;

	if (group->phase == PAXOS_PHASE_STARTING)
		state = PAXOS_STATE_STARTING;
	else if (group->phase == PAXOS_PHASE_RUNNING)
		state = page->view.state;
	if (state == page->state)
		return;
	page->state = state;
	page->since_us = group->now_us;
}

static void publish(struct paxos_group *group)
{
	struct paxos_page *page = &group->page;
	bool news = group->announce;

	spin_lock(&page->lock);
	/* What was replayed can be learned now. */
	news |= page->phase != group->phase;
	page->phase = group->phase;
	if (group->phase == PAXOS_PHASE_RUNNING) {
		paxos_why_view(group, &page->view);
		page->room = paxos_why_room(group);
	}
	publish_state(group, page);
	page->published_us = group->now_us;
	page->strays = group->strays;
	spin_unlock(&page->lock);
	if (news)
		paxos_followers_wake(group);
	if (group->announce && group->net)
		paxos_nl_announce(group->net, group->name, group->announce);
	group->announce = 0;
}

/* One round of everything; true if there is more to do at once. */
static bool run(struct paxos_group *group)
{
	bool write, more = false;
	LIST_HEAD(done);

	mutex_lock(&group->lock);
	group->now_us = clock_us();
	group->blocked = false;
	group->write = false;
	paxos_queue_take(&group->queue);
	if (group->phase == PAXOS_PHASE_RUNNING) {
		more = run_replica(group);
	} else {
		more = drop_datagrams(group);
		paxos_callers_due(group);
		if (group->phase == PAXOS_PHASE_STOPPED)
			paxos_callers_refuse(group);
	}
	publish(group);
	paxos_events_look(group);
	group->wake_us = next_us(group);
	list_splice_init(&group->queue.done, &done);
	write = group->write;
	mutex_unlock(&group->lock);

	if (write)
		paxos_journal_submit(group->journal);
	paxos_requests_complete(&done);
	return more;
}

int paxos_engine_thread(void *data)
{
	struct paxos_group *group = data;
	unsigned int noio = memalloc_noio_save();
	u64 now_us;

	while (!kthread_should_stop()) {
		clear_bit(0, &group->work);
		/* What is marked from here on is seen, or wakes the engine. */
		smp_mb__after_atomic();
		if (run(group)) {
			cond_resched();
			continue;
		}
		now_us = clock_us();
		if (group->wake_us <= now_us)
			continue;
		wait_event_interruptible_hrtimeout(group->wait,
						   test_bit(0, &group->work) ||
						   kthread_should_stop(),
						   group->wake_us == U64_MAX ? KTIME_MAX :
						   ns_to_ktime((group->wake_us - now_us) *
							       NSEC_PER_USEC));
	}
	memalloc_noio_restore(noio);
	return 0;
}
