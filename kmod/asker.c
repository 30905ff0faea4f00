// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink requests that are answered later, by the engine, each exactly once and
 * with the sequence number of its request: proposals and commands.
 *
 * A struct paxos_asker stands for a netlink socket that has asked for something: it
 * counts what is unanswered or not delivered yet, and keeps the answers that
 * the socket's receive buffer refused.  It lives until the socket is released;
 * what was asked holds references.  While asker->lock is held and the asker is not
 * released, the socket's namespace is alive.
 *
 * Locks: paxos_net.sockets_lock, then asker->lock, then the group's queue.
 */
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "asker.h"
#include "engine.h"
#include "extack.h"
#include "group.h"
#include "netlink.h"
#include "outcome.h"

#define RESULTS_MAX	32u	/* results of one message */

struct paxos_asker {
	struct list_head node;		/* of paxos_net.sockets */
	struct kref refs;
	struct mutex lock;		/* of all that follows */
	struct net *net;
	const struct sock *sk;		/* may be gone once @released */
	u32 portid;
	bool released;
	u32 inflight;			/* requests on the two lists */
	struct list_head pending;	/* not answered yet */
	struct list_head results;	/* not delivered yet */
};

static void asker_free(struct kref *refs)
{
	kfree(container_of(refs, struct paxos_asker, refs));
}

static void asker_put(struct paxos_asker *asker)
{
	kref_put(&asker->refs, asker_free);
}

/*
 * A request with a buffer of @room bytes, if any; NULL without memory.  It is the
 * caller's, who may be anybody, to account for.
 */
struct paxos_asked *paxos_asked_new(size_t room)
{
	struct paxos_asked *asked = kzalloc(sizeof(*asked), GFP_KERNEL_ACCOUNT);

	if (!asked || !room)
		return asked;
	asked->request.value = paxos_buf_alloc(room, GFP_KERNEL_ACCOUNT);
	if (asked->request.value)
		return asked;
	kfree(asked);
	return NULL;
}

void paxos_asked_free(struct paxos_asked *asked)
{
	paxos_buf_put(asked->request.value);
	if (asked->asker) {
		paxos_group_drop(asked->group);
		asker_put(asked->asker);
	}
	kfree(asked);
}

/* By socket: its port may be another's before we hear that it was closed. */
static struct paxos_asker *asker_find(struct paxos_net *pn, const struct sock *sk)
{
	struct paxos_asker *asker;

	lockdep_assert_held(&pn->sockets_lock);
	list_for_each_entry(asker, &pn->sockets, node)
		if (asker->sk == sk)
			return asker;
	return NULL;
}

/* The asker of @skb's sender, with a reference; made if there is none and @make. */
static struct paxos_asker *asker_get(struct net *net, struct sk_buff *skb, bool make)
{
	const struct sock *sk = NETLINK_CB(skb).sk;
	struct paxos_net *pn = paxos_net(net);
	struct paxos_asker *asker;

	mutex_lock(&pn->sockets_lock);
	asker = asker_find(pn, sk);
	if (!asker && make) {
		asker = kzalloc(sizeof(*asker), GFP_KERNEL_ACCOUNT);
		if (!asker)
			goto unlock;
		kref_init(&asker->refs);
		mutex_init(&asker->lock);
		asker->net = net;
		asker->sk = sk;
		asker->portid = NETLINK_CB(skb).portid;
		INIT_LIST_HEAD(&asker->pending);
		INIT_LIST_HEAD(&asker->results);
		list_add(&asker->node, &pn->sockets);
	}
	if (asker)
		kref_get(&asker->refs);
unlock:
	mutex_unlock(&pn->sockets_lock);
	return asker;
}

static int put_answer(struct sk_buff *skb, const struct paxos_request *request)
{
	/* One refusal says what would be granted. */
	bool slot = !request->error || request->why == PAXOS_WHY_TRIMMED;
	char text[PAXOS_MESSAGE_TEXT_MAX + 1];

	if (slot && nla_put_u64_64bit(skb, PAXOS_RESULT_A_SLOT, request->slot, PAXOS_RESULT_A_PAD))
		return -EMSGSIZE;
	if (!request->error && nla_put_u64_64bit(skb, PAXOS_RESULT_A_BALLOT, request->ballot,
						 PAXOS_RESULT_A_PAD))
		return -EMSGSIZE;
	paxos_outcome_text(request, text);
	return *text ? nla_put_string(skb, PAXOS_RESULT_A_MESSAGE, text) : 0;
}

static int put_result(struct sk_buff *skb, const struct paxos_asked *asked)
{
	struct nlattr *nest = nla_nest_start(skb, PAXOS_A_RESULT);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, PAXOS_RESULT_A_COOKIE, asked->cookie, PAXOS_RESULT_A_PAD) ||
	    nla_put_u32(skb, PAXOS_RESULT_A_ERROR, -asked->request.error) ||
	    put_answer(skb, &asked->request)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* A message of the first results that belong together; *@count says how many. */
static struct sk_buff *results_message(struct paxos_asker *asker, u32 *count)
{
	struct paxos_asked *first = list_first_entry(&asker->results, struct paxos_asked, node);
	struct paxos_asked *asked;
	struct sk_buff *skb;
	void *head;

	*count = 0;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NULL;
	head = genlmsg_put(skb, asker->portid, first->seq, &paxos_family, 0, first->cmd);
	if (!head || nla_put_string(skb, PAXOS_A_GROUP, first->group->name))
		goto free;
	list_for_each_entry(asked, &asker->results, node) {
		if (*count == RESULTS_MAX || asked->seq != first->seq ||
		    asked->cmd != first->cmd || asked->group != first->group)
			break;
		/* Those with a text are longer: what does not fit comes next. */
		if (put_result(skb, asked))
			break;
		++*count;
	}
	if (!*count)
		goto free;
	genlmsg_end(skb, head);
	return skb;
free:
	nlmsg_free(skb);
	return NULL;
}

/*
 * Send what the socket takes; the rest stays for RESULTS, or for later answers.
 * The engine may wait for the lock, and storage for the engine: no memory that
 * only storage can free.
 */
static void send_results(struct paxos_asker *asker)
{
	unsigned int flags = memalloc_noio_save();
	struct paxos_asked *asked;
	struct sk_buff *skb;
	u32 count;
	int err;

	lockdep_assert_held(&asker->lock);
	/* Of a socket that was closed the port may be another's. */
	while (!list_empty(&asker->results) && !sock_flag(asker->sk, SOCK_DEAD)) {
		skb = results_message(asker, &count);
		if (!skb)
			break;
		err = genlmsg_unicast(asker->net, skb, asker->portid);
		/* Anything else says that nobody is there to want them. */
		if (err == -EAGAIN || err == -ENOMEM || err == -ENOBUFS)
			break;
		while (count--) {
			asked = list_first_entry(&asker->results, struct paxos_asked, node);
			list_del(&asked->node);
			asker->inflight--;
			paxos_asked_free(asked);
		}
	}
	memalloc_noio_restore(flags);
}

/* The engine: one request has its answer. */
static void asked_done(struct paxos_request *request, bool more)
{
	struct paxos_asked *asked = container_of(request, struct paxos_asked, request);
	struct paxos_asker *asker = asked->asker;

	kref_get(&asker->refs);
	mutex_lock(&asker->lock);
	if (asker->released) {
		list_del(&asked->node);
		paxos_asked_free(asked);
	} else {
		list_move_tail(&asked->node, &asker->results);
		if (!more)
			send_results(asker);
	}
	mutex_unlock(&asker->lock);
	asker_put(asker);
}

/* Count them against what the socket may have unanswered. */
static int admit(struct paxos_asker *asker, struct list_head *list, u32 count,
		 struct list_head *requests, struct netlink_ext_ack *extack)
{
	struct paxos_asked *asked;

	mutex_lock(&asker->lock);
	if (asker->released) {
		mutex_unlock(&asker->lock);
		return -EAGAIN;
	}
	if (asker->inflight + count > PAXOS_INFLIGHT_MAX) {
		paxos_extack(extack, NULL, "%u requests of this socket are unanswered; %u may be",
			     asker->inflight, PAXOS_INFLIGHT_MAX);
		mutex_unlock(&asker->lock);
		return -ENOBUFS;
	}
	asker->inflight += count;
	list_for_each_entry(asked, list, node)
		list_add_tail(&asked->request.list, requests);
	list_splice_tail_init(list, &asker->pending);
	mutex_unlock(&asker->lock);
	return 0;
}

static void take_ownership(struct genl_info *info, struct paxos_asker *asker,
			   struct paxos_group *group, struct list_head *list)
{
	struct paxos_asked *asked;

	list_for_each_entry(asked, list, node) {
		kref_get(&asker->refs);
		kref_get(&group->refs);
		asked->asker = asker;
		asked->group = group;
		asked->seq = info->snd_seq;
		asked->cmd = info->genlhdr->cmd;
		asked->request.owner = asker;
		asked->request.done = asked_done;
	}
}

/**
 * paxos_ask() - acknowledge a request, and have it answered later
 * @skb: the request's
 * @info: the request's
 * @group: whom it is for
 * @list: of struct paxos_asked, all of one request; what is left on it on return
 *	is the caller's to free
 * @count: entries of @list
 *
 * Return: what the doit is to return.
 */
int paxos_ask(struct sk_buff *skb, struct genl_info *info, struct paxos_group *group,
	      struct list_head *list, u32 count)
{
	struct paxos_asker *asker = asker_get(genl_info_net(info), skb, true);
	struct paxos_request *request;
	LIST_HEAD(requests);
	int err;

	if (!asker)
		return -ENOMEM;
	take_ownership(info, asker, group, list);
	err = admit(asker, list, count, &requests, info->extack);
	if (err)
		goto put;

	/* From here on each of them gets its answer, whatever happens. */
	err = paxos_nl_acknowledge(skb, info);
	if (paxos_queue_add(&group->queue, &requests)) {
		list_for_each_entry(request, &requests, list)
			request->error = -ESHUTDOWN;
		paxos_requests_complete(&requests);
	}
	paxos_engine_wake(group);
put:
	asker_put(asker);
	return err;
}

int paxos_nl_results(struct sk_buff *skb, struct genl_info *info)
{
	struct paxos_asker *asker = asker_get(genl_info_net(info), skb, false);

	if (!asker)
		return 0;
	mutex_lock(&asker->lock);
	send_results(asker);
	mutex_unlock(&asker->lock);
	asker_put(asker);
	return 0;
}

/* Its socket ends: from now on nothing is sent, nor asked. */
static void asker_close(struct paxos_asker *asker)
{
	mutex_lock(&asker->lock);
	asker->released = true;
	mutex_unlock(&asker->lock);
}

/* Nobody waits for the answers of one that is closed. */
static void asker_release(struct paxos_asker *asker)
{
	struct paxos_asked *asked, *next;

	mutex_lock(&asker->lock);
	list_for_each_entry_safe(asked, next, &asker->results, node) {
		list_del(&asked->node);
		paxos_asked_free(asked);
	}
	/* These are freed when the core has said what became of them. */
	list_for_each_entry_safe(asked, next, &asker->pending, node) {
		list_del_init(&asked->node);
		paxos_queue_abandon(&asked->group->queue, &asked->request);
		paxos_engine_wake(asked->group);
	}
	mutex_unlock(&asker->lock);
	asker_put(asker);
}

static int socket_released(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct paxos_asker *asker, *next;
	struct paxos_net *pn;
	LIST_HEAD(released);

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	pn = paxos_net(notify->net);
	mutex_lock(&pn->sockets_lock);
	list_for_each_entry_safe(asker, next, &pn->sockets, node)
		if (asker->portid == notify->portid && sock_flag(asker->sk, SOCK_DEAD)) {
			/* At once: we may be told of another's end, which had that port. */
			asker_close(asker);
			list_move(&asker->node, &released);
		}
	mutex_unlock(&pn->sockets_lock);
	list_for_each_entry_safe(asker, next, &released, node)
		asker_release(asker);
	return NOTIFY_DONE;
}

static struct notifier_block release_notifier = {
	.notifier_call = socket_released,
};

int __init paxos_askers_begin(void)
{
	return netlink_register_notifier(&release_notifier);
}

void paxos_askers_end(void)
{
	netlink_unregister_notifier(&release_notifier);
}

/* The module goes: sockets that have asked may be open still, with no answer due. */
void paxos_askers_forget(struct net *net)
{
	struct paxos_net *pn = paxos_net(net);
	struct paxos_asker *asker, *next;

	list_for_each_entry_safe(asker, next, &pn->sockets, node) {
		list_del(&asker->node);
		asker_close(asker);
		asker_release(asker);
	}
}
