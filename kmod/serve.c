// SPDX-License-Identifier: GPL-2.0
/*
 * Old slots for peers that lag, and tables for those that begin from a snapshot.
 *
 * The core says which peer lacks what.  Reading it may wait for the disk, so a
 * work item does it: it makes LEARNT and TABLE bodies and puts them into a bounded
 * outbox, from which the engine sends a few in each run, so that live traffic
 * does not suffer.  One job of each kind for each peer at a time; what a peer asks
 * for meanwhile is dropped, since it asks again.  Peers take turns, a body each, or
 * a whole table.
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

/* The table at the trim point as it is now: between steps, hence under the engine's lock. */
static struct paxos_table *copy_base(struct paxos_group *group)
{
	struct paxos_table *table = kvmalloc(sizeof(*table), GFP_NOIO | __GFP_NOWARN);

	lockdep_assert_held(&group->lock);
	if (table)
		*table = *paxos_replica_base(group->replica);
	return table;
}

/* The engine: begin what the core asked for.  Process context. */
void paxos_serve_begin(struct paxos_group *group, const struct paxos_serve *serve)
{
	struct paxos_server *server = &group->server;
	struct paxos_serve_job *job = &server->job[serve->to];
	struct paxos_table *table = serve->table ? copy_base(group) : NULL;
	bool begun = false;

	spin_lock(&server->lock);
	if (server->stopping) {
		begun = false;
	} else if (serve->table && !job->table) {
		job->table = table;
		job->slot = serve->from;
		begun = table;
		table = NULL;
	} else if (!serve->table && !job->count && serve->from && serve->count) {
		job->from = serve->from;
		job->count = serve->count;
		begun = true;
	}
	spin_unlock(&server->lock);
	kvfree(table);
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
	unsigned int i;

	spin_lock(&server->lock);
	server->stopping = true;
	spin_unlock(&server->lock);
	wake_up(&server->room);
	cancel_work_sync(&server->work);
	while ((served = paxos_serve_next(server)))
		paxos_serve_free(served);
	for (i = 0; i < ARRAY_SIZE(server->job); i++)
		kvfree(server->job[i].table);
}

/* The next member in turn that has a job; false: none, or stopping. */
static bool next_job(struct paxos_server *server, u32 *member, struct paxos_serve_job *job)
{
	bool found = false;
	u32 i;

	spin_lock(&server->lock);
	for (i = 1; i <= PAXOS_MEMBERS_MAX && !server->stopping && !found; i++) {
		*member = (server->turn + i) % PAXOS_MEMBERS_MAX;
		*job = server->job[*member];
		found = job->count || job->table;
	}
	server->turn = *member;
	spin_unlock(&server->lock);
	return found;
}

/* A body to be filled; NULL without memory. */
static struct paxos_served *served_new(u32 member, u8 type)
{
	struct paxos_served *served = kvmalloc(struct_size(served, body, PAXOS_MESSAGE_MAX),
					       GFP_NOIO);

	if (served) {
		served->to = member;
		served->type = type;
	}
	return served;
}

/*
 * Fill @served from slot @from on, with entries as they were proposed: a duplicate
 * too goes out as the value it is, since each learner decides for itself (rule 8).
 * Of a value that is lost here, the peer may have the last copy, and not know that it
 * was chosen (rule 9).  Returns how many slots that is.
 */
static u64 build(struct paxos_group *group, struct paxos_served *served, u64 from, u64 count)
{
	u64 delivered = paxos_log_delivered(group->log);
	struct paxos_message fields = { .type = PAXOS_LEARNT, .commit = delivered };
	struct paxos_writer writer;
	struct paxos_chosen chosen;
	struct paxos_item item;
	u64 done = 0;
	bool fits;
	int err;

	paxos_writer_begin(&writer, served->body, PAXOS_MESSAGE_MAX);
	for (; done < count && from + done <= delivered && !group->server.stopping; done++) {
		err = paxos_log_read(group->log, from + done, true, &chosen);
		if (err == -EUCLEAN && !chosen.slot)
			continue;
		if (err && err != -EUCLEAN)
			break;
		item = (struct paxos_item) {
			.slot = chosen.slot,
			.ballot = chosen.ballot,
			.flags = err ? PAXOS_ITEM_FAULTY : 0,
			.entry = chosen.entry,
		};
		/* One value of any size fits; more only up to the packing size. */
		fits = (!writer.items || writer.used + PAXOS_ITEM_SIZE +
					 item.entry.value.length <= PAXOS_SERVE_BODY) &&
		       paxos_writer_entry(&writer, &item);
		paxos_buf_put(item.entry.value.buf);
		if (!fits)
			break;
	}
	served->length = writer.items ? paxos_writer_end(&writer, &fields) : 0;
	return done;
}

/* Into the outbox with it, if there is anything in it. */
static void post(struct paxos_group *group, struct paxos_served *served)
{
	struct paxos_server *server = &group->server;

	if (!served || !served->length) {
		kvfree(served);
		return;
	}
	spin_lock(&server->lock);
	list_add_tail(&served->node, &server->outbox);
	server->ready++;
	spin_unlock(&server->lock);
	paxos_engine_wake(group);
}

static void await_room(struct paxos_server *server)
{
	wait_event_idle(server->room, READ_ONCE(server->ready) < PAXOS_OUTBOX_MAX ||
			READ_ONCE(server->stopping));
}

/* One body of a job: into the outbox, and the job moved on or ended. */
static void serve_slots(struct paxos_group *group, u32 member, const struct paxos_serve_job *job)
{
	struct paxos_server *server = &group->server;
	struct paxos_served *served = served_new(member, PAXOS_LEARNT);
	u64 done = served ? build(group, served, job->from, job->count) : 0;

	spin_lock(&server->lock);
	server->job[member].from = job->from + done;
	server->job[member].count = done ? job->count - done : 0;
	spin_unlock(&server->lock);
	post(group, served);
}

/* It cannot be made any more: the slots between were trimmed. */
static void refuse_table(struct paxos_group *group, u32 member, u64 slot)
{
	struct paxos_served *served = served_new(member, PAXOS_TABLE);

	if (served)
		served->length = paxos_table_refusal(slot, paxos_log_first(group->log) - 1,
						     served->body);
	post(group, served);
}

static void send_table(struct paxos_group *group, u32 member, const u8 *encoded, u32 length,
		       u64 slot)
{
	struct paxos_served *served;
	u32 i;

	for (i = 0; i < DIV_ROUND_UP(length, PAXOS_TABLE_PIECE); i++) {
		await_room(&group->server);
		served = served_new(member, PAXOS_TABLE);
		if (served)
			served->length = paxos_table_body(encoded, length, slot, i, served->body);
		post(group, served);
	}
}

/* The table that @member wants, in all its pieces; what is missing it asks for again. */
static void serve_table(struct paxos_group *group, u32 member, const struct paxos_serve_job *job)
{
	struct paxos_server *server = &group->server;
	u8 *encoded = kvmalloc(PAXOS_TABLE_SIZE_MAX, GFP_NOIO);
	int err = -ENOENT;

	if (job->slot >= job->table->slot)
		err = paxos_log_table(group->log, job->table, job->slot, &server->stopping);
	if (err == -ENOENT)
		refuse_table(group, member, job->slot);
	else if (!err && encoded)
		send_table(group, member, encoded, paxos_table_encode(job->table, encoded),
			   job->slot);
	spin_lock(&server->lock);
	server->job[member].table = NULL;
	spin_unlock(&server->lock);
	kvfree(job->table);
	kvfree(encoded);
}

static void serve_work(struct work_struct *work)
{
	struct paxos_server *server = container_of(work, struct paxos_server, work);
	struct paxos_group *group = container_of(server, struct paxos_group, server);
	unsigned int noio = memalloc_noio_save();
	struct paxos_serve_job job;
	u32 member;

	while (next_job(server, &member, &job)) {
		await_room(server);
		if (job.table)
			serve_table(group, member, &job);
		else
			serve_slots(group, member, &job);
	}
	memalloc_noio_restore(noio);
}
