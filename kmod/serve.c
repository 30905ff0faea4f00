// SPDX-License-Identifier: GPL-2.0
/*
 * Old slots for peers that lag.
 *
 * The core says which peer lacks what.  Reading it may wait for the disk, so a
 * work item does it: it makes LEARNT bodies and puts them into a bounded
 * outbox, from which the engine sends a few in each run, so that live traffic
 * does not suffer.  One job for each peer at a time; what a peer asks for
 * meanwhile is dropped, since it asks again.  Peers take turns, a body each.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "engine.h"
#include "group.h"
#include "journal.h"
#include "log.h"
#include "serve.h"

static void serve_work(struct work_struct *work);

void paxos_server_init(struct paxos_server *server)
{
	INIT_WORK(&server->work, serve_work);
	init_waitqueue_head(&server->room);
	spin_lock_init(&server->lock);
	INIT_LIST_HEAD(&server->outbox);
}

/* The engine: begin what the core asked for.  Process context. */
void paxos_serve_begin(struct paxos_group *group, const struct paxos_serve *serve)
{
	struct paxos_server *server = &group->server;
	struct paxos_serve_job *job = &server->job[serve->to];
	bool begun = false;

	spin_lock(&server->lock);
	if (!server->stopping && !job->count && serve->from && serve->count) {
		job->from = serve->from;
		job->count = serve->count;
		begun = true;
	}
	spin_unlock(&server->lock);
	if (begun)
		queue_work(paxos_workqueue, &server->work);
}

/* The engine: a body to be sent, or NULL; paxos_serve_free() it. */
struct paxos_served *paxos_serve_next(struct paxos_server *server)
{
	struct paxos_served *served;

	spin_lock(&server->lock);
	served = list_first_entry_or_null(&server->outbox, struct paxos_served, node);
	if (served) {
		list_del(&served->node);
		server->ready--;
	}
	spin_unlock(&server->lock);
	if (served)
		wake_up(&server->room);
	return served;
}

void paxos_serve_free(struct paxos_served *served)
{
	kvfree(served);
}

/* No more jobs, and none is at work on return.  Before the journal is closed. */
void paxos_server_stop(struct paxos_server *server)
{
	struct paxos_served *served;

	spin_lock(&server->lock);
	server->stopping = true;
	spin_unlock(&server->lock);
	wake_up(&server->room);
	cancel_work_sync(&server->work);
	while ((served = paxos_serve_next(server)))
		paxos_serve_free(served);
}

/* The next member in turn that has a job; false: none, or stopping. */
static bool next_job(struct paxos_server *server, u32 *member, struct paxos_serve_job *job)
{
	bool found = false;
	u32 i;

	spin_lock(&server->lock);
	for (i = 1; i <= PAXOS_NODES_MAX && !server->stopping && !found; i++) {
		*member = (server->turn + i) % PAXOS_NODES_MAX;
		*job = server->job[*member];
		found = job->count;
	}
	server->turn = *member;
	spin_unlock(&server->lock);
	return found;
}

/*
 * The entry of @slot as it was proposed: a duplicate too goes out as the value
 * it is, since each learner decides for itself (rule 8).  The caller puts
 * item->entry.value.buf.
 */
static int read_slot(struct paxos_group *group, u64 slot, struct paxos_item *item)
{
	struct paxos_chosen chosen;
	struct paxos_record record;
	int err;

	*item = (struct paxos_item) { .slot = slot };
	err = paxos_log_read(group->log, slot, false, &chosen);
	if (!err) {
		item->ballot = chosen.ballot;
		item->entry = chosen.entry;
		return 0;
	}
	if (err != -EAGAIN)
		return err;
	err = paxos_journal_read(group->journal, slot, &record);
	if (err)
		return err;
	item->ballot = record.ballot;
	item->entry = record.entry;
	return 0;
}

/* Fill @served from slot @from on; returns how many slots it holds. */
static u64 build(struct paxos_group *group, struct paxos_served *served, u64 from, u64 count)
{
	u64 delivered = paxos_log_delivered(group->log);
	struct paxos_message fields = { .type = PAXOS_LEARNT, .commit = delivered };
	struct paxos_writer writer;
	struct paxos_item item;
	u64 done = 0;
	bool fits;

	if (from < paxos_log_first(group->log))
		return 0;
	paxos_writer_begin(&writer, served->body, PAXOS_MESSAGE_MAX);
	while (done < count && from + done <= delivered && !group->server.stopping) {
		if (read_slot(group, from + done, &item))
			break;
		/* One value of any size fits; more only up to the packing size. */
		fits = (!done || writer.used + PAXOS_ITEM_SIZE + item.entry.value.length <=
				 PAXOS_SERVE_BODY) &&
		       paxos_writer_entry(&writer, &item);
		paxos_buf_put(item.entry.value.buf);
		if (!fits)
			break;
		done++;
	}
	served->length = paxos_writer_end(&writer, &fields);
	return done;
}

/* One body of a job: into the outbox, and the job moved on or ended. */
static void serve_one(struct paxos_group *group, u32 member, const struct paxos_serve_job *job)
{
	struct paxos_server *server = &group->server;
	struct paxos_served *served;
	u64 done = 0;

	served = kvmalloc(struct_size(served, body, PAXOS_MESSAGE_MAX), GFP_NOIO);
	if (served) {
		served->to = member;
		done = build(group, served, job->from, job->count);
	}
	spin_lock(&server->lock);
	if (done) {
		server->job[member].from = job->from + done;
		server->job[member].count = job->count - done;
		list_add_tail(&served->node, &server->outbox);
		server->ready++;
		served = NULL;
	} else {
		server->job[member].count = 0;
	}
	spin_unlock(&server->lock);
	kvfree(served);
	if (done)
		paxos_engine_wake(group);
}

static void serve_work(struct work_struct *work)
{
	struct paxos_server *server = container_of(work, struct paxos_server, work);
	struct paxos_group *group = container_of(server, struct paxos_group, server);
	unsigned int noio = memalloc_noio_save();
	struct paxos_serve_job job;
	u32 member;

	while (next_job(server, &member, &job)) {
		wait_event_idle(server->room, READ_ONCE(server->ready) < PAXOS_OUTBOX_MAX ||
				READ_ONCE(server->stopping));
		serve_one(group, member, &job);
	}
	memalloc_noio_restore(noio);
}
