// SPDX-License-Identifier: GPL-2.0
/*
 * Life of a group.
 *
 * group add makes all that it can without waiting for the journal's contents:
 * device taken, socket bound, thread running; replay goes on in start_work.
 * The group is then on its namespace's list, and visible by name.
 *
 * Whoever takes a group off that list (group del, the namespace's exit) ends
 * it, by queueing end_work once: it stops replay, thread and serving, answers
 * all callers, closes socket and journal, tells who asked, and drops the list's
 * reference.  When it runs nobody else can reach the group but holders of
 * references, and these find the queue closed and the log gone; the memory goes
 * with the last reference, from any context.
 *
 * The namespace's exit waits for nothing: it closes the socket itself, since a
 * kernel socket does not keep its namespace, and leaves the rest to end_work.
 *
 * Each group holds a reference to the module until its end_work is done with
 * everything, and module exit flushes the workqueue.
 *
 * Locks: paxos_net.lock, then paxos_group.lock, then the irq-safe ones.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "engine.h"
#include "extack.h"
#include "group.h"
#include "journal.h"
#include "log.h"
#include "netlink.h"

static void wake(void *data)
{
	paxos_engine_wake(data);
}

static void start_work(struct work_struct *work)
{
	paxos_engine_start(container_of(work, struct paxos_group, start_work));
}

static void release(struct kref *refs)
{
	struct paxos_group *group = container_of(refs, struct paxos_group, refs);

	kfree_rcu(group, rcu);
}

/* Give back a reference.  Any context. */
void paxos_group_drop(struct paxos_group *group)
{
	kref_put(&group->refs, release);
}

/* The group @name of @net with a reference, or NULL.  Any context. */
struct paxos_group *paxos_group_find(struct net *net, const char *name)
{
	struct paxos_net *pn = paxos_net(net);
	struct paxos_group *group;

	rcu_read_lock();
	list_for_each_entry_rcu(group, &pn->groups, list)
		if (READ_ONCE(group->ready) && !strcmp(group->name, name) &&
		    kref_get_unless_zero(&group->refs))
			goto found;
	group = NULL;
found:
	rcu_read_unlock();
	return group;
}

/* Memory that the group's parts need; all of it is free_parts()'s. */
static int alloc_parts(struct paxos_group *group)
{
	group->replica = kvzalloc(paxos_replica_size(), GFP_KERNEL);
	group->batch = vzalloc(sizeof(*group->batch));
	group->fx = kvzalloc(sizeof(*group->fx), GFP_KERNEL);
	group->incoming = kzalloc(sizeof(*group->incoming), GFP_KERNEL);
	if (!group->replica || !group->batch || !group->fx || !group->incoming)
		return -ENOMEM;
	group->fx->arena = vmalloc(PAXOS_ARENA_SIZE);
	group->fx->batch = group->batch;
	if (!group->fx->arena)
		return -ENOMEM;
	return paxos_transmit_init(&group->transmit) ?: paxos_chores_init(&group->chores);
}

/* Nobody uses them any more: not the thread, not the start, not the server. */
static void free_parts(struct paxos_group *group)
{
	paxos_chores_exit(&group->chores);
	paxos_transmit_exit(&group->transmit);
	if (group->incoming)
		paxos_buf_put(group->incoming->buf);
	kfree(group->incoming);
	if (group->fx)
		vfree(group->fx->arena);
	kvfree(group->fx);
	/* What was gathered for a write that never came holds values. */
	if (group->batch)
		paxos_batch_drop(group->batch);
	vfree(group->batch);
	if (group->replica && group->nonce)
		paxos_replica_exit(group->replica);
	kvfree(group->replica);
}

static void end_work(struct work_struct *work);

static struct paxos_group *alloc_group(struct net *net, const struct paxos_group_request *request)
{
	struct paxos_group *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group)
		return NULL;
	strscpy(group->name, request->name, sizeof(group->name));
	group->generation = get_random_u64();
	group->heartbeat_ms = request->heartbeat_ms;
	group->election_ms = request->election_ms;
	group->mode = request->mode;
	group->learn = request->learn;
	group->gid = request->gid;
	group->listen = request->listen;
	group->net = net;
	kref_init(&group->refs);
	init_rwsem(&group->readers);
	mutex_init(&group->lock);
	spin_lock_init(&group->page.lock);
	spin_lock_init(&group->peers.lock);
	init_waitqueue_head(&group->wait);
	INIT_WORK(&group->start_work, start_work);
	INIT_WORK(&group->end_work, end_work);
	paxos_queue_init(&group->queue);
	paxos_server_init(&group->server);
	paxos_followers_init(&group->followers);
	paxos_stats_init(&group->stats);
	if (alloc_parts(group)) {
		free_parts(group);
		kfree(group);
		return NULL;
	}
	return group;
}

static void unlist(struct paxos_net *pn, struct paxos_group *group)
{
	lockdep_assert_held(&pn->lock);
	list_del_rcu(&group->list);
	pn->count--;
}

/* Reserve the name, so that the lock need not be held while the device is read. */
static int enlist(struct paxos_net *pn, struct paxos_group *group,
		  const struct paxos_group_request *request, struct netlink_ext_ack *extack)
{
	struct paxos_group *other;
	int err = 0;

	mutex_lock(&pn->lock);
	list_for_each_entry(other, &pn->groups, list) {
		if (strcmp(other->name, group->name))
			continue;
		paxos_extack(extack, request->name_attr,
			     "group %s exists: delete it, or take another name", group->name);
		err = -EEXIST;
		goto unlock;
	}
	if (pn->count >= PAXOS_GROUPS_MAX) {
		paxos_extack(extack, NULL, "this namespace has %u groups already: no more fit",
			     PAXOS_GROUPS_MAX);
		err = -ENOSPC;
		goto unlock;
	}
	group->number = ++pn->numbered;
	list_add_tail_rcu(&group->list, &pn->groups);
	pn->count++;
unlock:
	mutex_unlock(&pn->lock);
	return err;
}

/*
 * Does what the caller takes this node for contradict its disk?  A node that was
 * formatted to vote does; one that was not may have been promoted since.
 */
static int check_role(const struct paxos_group *group, const struct paxos_group_request *request,
		      struct netlink_ext_ack *extack)
{
	bool voter = false;
	u32 i;

	for (i = 0; i < group->members; i++)
		if (group->member[i].node == group->node)
			voter = group->member[i].voter;
	if (request->role == PAXOS_ROLE_LEARNER && voter) {
		paxos_extack(extack, request->role_attr,
			     "node %u was formatted as a voter: its role is not learner",
			     group->node);
		return -EINVAL;
	}
	if (request->role == PAXOS_ROLE_FOLLOWER && !voter && group->first_start) {
		paxos_extack(extack, request->role_attr,
			     "node %u was formatted to join: a learner until it is promoted",
			     group->node);
		return -EINVAL;
	}
	return 0;
}

/* Has this host been given another node's device? */
static int check_owner(const struct paxos_group *group,
		       const struct paxos_group_request *request, struct netlink_ext_ack *extack)
{
	if (!request->node || request->node == group->node)
		return 0;
	paxos_extack(extack, request->node_attr,
		     "device belongs to node %u, not to node %u: name the node's own",
		     group->node, request->node);
	return -EMEDIUMTYPE;
}

/* Take over who this node is from the superblock, unless that is somebody here already. */
static int identify(struct paxos_net *pn, struct paxos_group *group,
		    const struct paxos_group_request *request, struct netlink_ext_ack *extack)
{
	const struct paxos_super *super = paxos_journal_super(group->journal);
	struct paxos_group *other;
	int err;
	u32 i;

	memcpy(group->cluster, super->cluster, sizeof(group->cluster));
	group->node = le16_to_cpu(super->node);
	group->members = super->members;
	for (i = 0; i < group->members; i++) {
		group->member[i].node = le16_to_cpu(super->member[i].node);
		group->member[i].voter = super->member[i].voter;
		group->member[i].known = super->member[i].known;
		memcpy(group->member[i].disk, super->member[i].disk,
		       sizeof(group->member[i].disk));
	}
	group->join = paxos_super_joins(super);
	group->first_start = !super->incarnation;
	err = check_owner(group, request, extack) ?: check_role(group, request, extack);
	if (err)
		return err;
	mutex_lock(&pn->lock);
	list_for_each_entry(other, &pn->groups, list) {
		if (!other->known || other->node != group->node ||
		    memcmp(other->cluster, group->cluster, sizeof(group->cluster)))
			continue;
		paxos_extack(extack, request->device_attr,
			     "group %s runs node %u of the cluster: delete it", other->name,
			     group->node);
		err = -EEXIST;
		break;
	}
	group->known = !err;
	mutex_unlock(&pn->lock);
	return err;
}

/**
 * paxos_group_create - make a group and start it
 * @net: its network namespace
 * @request: what was asked for, checked
 * @extack: says why not
 *
 * Context: the doit of the caller: the device's descriptor is its, and the address
 * is bound with its rights.
 * Return: the group with a reference for the caller, or an error.
 */
struct paxos_group *paxos_group_create(struct net *net, const struct paxos_group_request *request,
				       struct netlink_ext_ack *extack)
{
	struct paxos_net *pn = paxos_net(net);
	struct paxos_group *group;
	int err;

	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being removed");
		return ERR_PTR(-EBUSY);
	}
	err = -ENOMEM;
	group = alloc_group(net, request);
	if (!group)
		goto put_module;
	err = enlist(pn, group, request, extack);
	if (err)
		goto free_group;
	group->journal = paxos_journal_open(request->device_fd, request->device, extack);
	if (IS_ERR(group->journal)) {
		err = PTR_ERR(group->journal);
		goto unlist;
	}
	err = identify(pn, group, request, extack);
	if (err)
		goto close_journal;
	group->log = paxos_log_new(group->journal);
	if (!group->log) {
		err = -ENOMEM;
		goto close_journal;
	}
	err = paxos_socket_open(&group->transmit.socket, net, &request->listen,
				request->listen_attr, extack);
	if (err)
		goto free_log;
	group->thread = kthread_create(paxos_engine_thread, group, "paxos/%s", group->name);
	if (IS_ERR(group->thread)) {
		err = PTR_ERR(group->thread);
		goto close_socket;
	}
	paxos_socket_attach(&group->transmit.socket, wake, group);
	paxos_journal_on_end(group->journal, wake, group);
	paxos_journal_count(group->journal, &group->stats);
	paxos_chores_attach(group);
	kref_get(&group->refs);
	wake_up_process(group->thread);
	queue_work(paxos_workqueue, &group->start_work);
	/* From here on others may end it. */
	mutex_lock(&pn->lock);
	WRITE_ONCE(group->ready, true);
	mutex_unlock(&pn->lock);
	/* To tell who listens. */
	paxos_engine_wake(group);
	return group;

close_socket:
	paxos_socket_close(&group->transmit.socket);
free_log:
	paxos_log_free(group->log);
close_journal:
	mutex_lock(&pn->lock);
	group->known = false;
	mutex_unlock(&pn->lock);
	paxos_journal_close(group->journal);
unlist:
	mutex_lock(&pn->lock);
	unlist(pn, group);
	mutex_unlock(&pn->lock);
free_group:
	free_parts(group);
	kfree_rcu(group, rcu);
put_module:
	module_put(THIS_MODULE);
	return ERR_PTR(err);
}

/* Nobody finds the group by name any more; see the head of this file. */
static void end_work(struct work_struct *work)
{
	struct paxos_group *group = container_of(work, struct paxos_group, end_work);
	const u64 *count = group->stats.now.count;
	LIST_HEAD(done);

	/* The start has the replica until it is done, the thread from then on. */
	WRITE_ONCE(group->stop, true);
	cancel_work_sync(&group->start_work);
	kthread_stop(group->thread);
	/* Without the thread no job begins. */
	paxos_server_stop(&group->server);
	paxos_chores_stop(&group->chores);

	mutex_lock(&group->lock);
	group->phase = PAXOS_PHASE_STOPPED;
	paxos_queue_close(&group->queue);
	list_splice_init(&group->queue.done, &done);
	paxos_socket_close(&group->transmit.socket);
	mutex_unlock(&group->lock);
	paxos_requests_complete(&done);

	down_write(&group->readers);
	group->gone = true;
	up_write(&group->readers);
	paxos_followers_close(group);
	paxos_log_free(group->log);
	paxos_journal_close(group->journal);
	pr_info("group %s: stopped; %llu datagrams came, %llu malformed, %llu foreign, %llu without memory; %llu sent, %llu not\n",
		group->name, count[PAXOS_STATS_A_RECEIVED], count[PAXOS_STATS_A_MALFORMED],
		count[PAXOS_STATS_A_FOREIGN], count[PAXOS_STATS_A_NO_MEMORY],
		count[PAXOS_STATS_A_SENT], count[PAXOS_STATS_A_UNSENT]);
	free_parts(group);

	if (group->end.net) {
		paxos_events_gone(group, group->end.net);
		genlmsg_unicast(group->end.net, group->end.answer, group->end.portid);
		put_net(group->end.net);
	}
	paxos_group_drop(group);
	module_put(THIS_MODULE);
}

/* Take group @name off the list, so that paxos_group_end() may end it; or NULL. */
struct paxos_group *paxos_group_detach(struct net *net, const char *name)
{
	struct paxos_net *pn = paxos_net(net);
	struct paxos_group *group, *found = NULL;

	mutex_lock(&pn->lock);
	list_for_each_entry(group, &pn->groups, list) {
		if (!group->ready || strcmp(group->name, name))
			continue;
		unlist(pn, group);
		found = group;
		break;
	}
	mutex_unlock(&pn->lock);
	return found;
}

/**
 * paxos_group_end - end a group that was taken off the list, and say so later
 * @group: the group; the caller loses it
 * @net: its network namespace
 * @portid: netlink socket that gets @answer when the device is free
 * @answer: what it gets; taken over
 */
void paxos_group_end(struct paxos_group *group, struct net *net, u32 portid,
		     struct sk_buff *answer)
{
	/* The namespace stays until the answer was sent. */
	group->end.net = get_net(net);
	group->end.portid = portid;
	group->end.answer = answer;
	queue_work(paxos_workqueue, &group->end_work);
}

/* The namespace exits: end its groups, waiting for no disk. */
void paxos_group_end_all(struct net *net)
{
	struct paxos_net *pn = paxos_net(net);
	struct paxos_group *group, *next;

	mutex_lock(&pn->lock);
	list_for_each_entry_safe(group, next, &pn->groups, list) {
		unlist(pn, group);
		mutex_lock(&group->lock);
		paxos_socket_close(&group->transmit.socket);
		group->net = NULL;
		mutex_unlock(&group->lock);
		queue_work(paxos_workqueue, &group->end_work);
	}
	mutex_unlock(&pn->lock);
}

/*
 * May @node be a peer?  Who may be in a configuration that is not known here, or
 * not read yet, may.
 */
bool paxos_group_knows(struct paxos_group *group, u16 node)
{
	struct paxos_page *page = &group->page;
	bool running, known = false;
	u32 i;

	spin_lock(&page->lock);
	running = page->phase == PAXOS_PHASE_RUNNING;
	for (i = 0; running && i < page->view.peers; i++)
		known |= page->view.peer[i].node == node;
	spin_unlock(&page->lock);
	if (running || !group->first_start)
		return known || group->join || !running;
	for (i = 0; i < group->members; i++)
		known |= group->member[i].node == node;
	return known || group->join;
}
