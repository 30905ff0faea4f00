// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink proposals: PROPOSE is acknowledged when all of its proposals are
 * queued, and each is answered later, by the engine, with the sequence number
 * of the request.
 *
 * A struct asker stands for a netlink socket that has proposed something: it
 * counts what is unanswered or not delivered yet, and keeps the answers that
 * the socket's receive buffer refused.  It lives until the socket is released;
 * proposals hold references.  While asker->lock is held and the asker is not
 * released, the socket's namespace is alive.
 *
 * Locks: paxos_net.sockets_lock, then asker->lock, then the group's queue.
 */
#include <linux/ktime.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "engine.h"
#include "extack.h"
#include "group.h"
#include "netlink.h"

#define RESULTS_MAX	32u	/* results of one message */

struct asker {
	struct list_head node;		/* of paxos_net.sockets */
	struct kref refs;
	struct mutex lock;		/* of all that follows */
	struct net *net;
	u32 portid;
	bool released;
	u32 inflight;			/* proposals on the two lists */
	struct list_head pending;	/* not answered yet */
	struct list_head results;	/* not delivered yet */
};

struct proposal {
	struct paxos_request request;
	struct list_head node;		/* of asker->pending or ->results */
	struct asker *asker;		/* with a reference */
	struct paxos_group *group;	/* with a reference */
	u32 seq;
	u64 cookie;			/* the user's */
};

static const struct nla_policy proposal_policy[PAXOS_PROPOSAL_A_MAX + 1] = {
	[PAXOS_PROPOSAL_A_VALUE]	= { .type = NLA_BINARY },
	[PAXOS_PROPOSAL_A_COOKIE]	= { .type = NLA_U64 },
	[PAXOS_PROPOSAL_A_TIMEOUT_MS]	= { .type = NLA_U32 },
};

static void asker_free(struct kref *refs)
{
	kfree(container_of(refs, struct asker, refs));
}

static void asker_put(struct asker *asker)
{
	kref_put(&asker->refs, asker_free);
}

static void proposal_free(struct proposal *proposal)
{
	paxos_buf_put(proposal->request.value);
	paxos_group_drop(proposal->group);
	asker_put(proposal->asker);
	kfree(proposal);
}

static struct asker *asker_find(struct paxos_net *pn, u32 portid)
{
	struct asker *asker;

	lockdep_assert_held(&pn->sockets_lock);
	list_for_each_entry(asker, &pn->sockets, node)
		if (asker->portid == portid)
			return asker;
	return NULL;
}

/* The asker of socket @portid, with a reference; made if there is none and @make. */
static struct asker *asker_get(struct net *net, u32 portid, bool make)
{
	struct paxos_net *pn = paxos_net(net);
	struct asker *asker;

	mutex_lock(&pn->sockets_lock);
	asker = asker_find(pn, portid);
	if (!asker && make) {
		asker = kzalloc(sizeof(*asker), GFP_KERNEL);
		if (!asker)
			goto unlock;
		kref_init(&asker->refs);
		mutex_init(&asker->lock);
		asker->net = net;
		asker->portid = portid;
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

static int put_result(struct sk_buff *skb, const struct proposal *proposal)
{
	const struct paxos_request *request = &proposal->request;
	struct nlattr *nest = nla_nest_start(skb, PAXOS_A_RESULT);

	if (!nest ||
	    nla_put_u64_64bit(skb, PAXOS_RESULT_A_COOKIE, proposal->cookie,
			      PAXOS_RESULT_A_PAD) ||
	    nla_put_u32(skb, PAXOS_RESULT_A_ERROR, -request->error))
		return -EMSGSIZE;
	if (!request->error &&
	    (nla_put_u64_64bit(skb, PAXOS_RESULT_A_SLOT, request->slot, PAXOS_RESULT_A_PAD) ||
	     nla_put_u64_64bit(skb, PAXOS_RESULT_A_BALLOT, request->ballot, PAXOS_RESULT_A_PAD)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* A message of the first results that belong together; *@count says how many. */
static struct sk_buff *results_message(struct asker *asker, u32 *count)
{
	struct proposal *first = list_first_entry(&asker->results, struct proposal, node);
	struct proposal *proposal;
	struct sk_buff *skb;
	void *head;

	*count = 0;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NULL;
	head = genlmsg_put(skb, asker->portid, first->seq, &paxos_family, 0, PAXOS_CMD_PROPOSE);
	if (!head || nla_put_string(skb, PAXOS_A_GROUP, first->group->name))
		goto free;
	list_for_each_entry(proposal, &asker->results, node) {
		if (*count == RESULTS_MAX || proposal->seq != first->seq ||
		    proposal->group != first->group)
			break;
		if (put_result(skb, proposal))
			goto free;
		++*count;
	}
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
static void send_results(struct asker *asker)
{
	unsigned int flags = memalloc_noio_save();
	struct proposal *proposal;
	struct sk_buff *skb;
	u32 count;
	int err;

	lockdep_assert_held(&asker->lock);
	while (!list_empty(&asker->results)) {
		skb = results_message(asker, &count);
		if (!skb)
			break;
		err = genlmsg_unicast(asker->net, skb, asker->portid);
		/* Anything else says that nobody is there to want them. */
		if (err == -EAGAIN || err == -ENOMEM || err == -ENOBUFS)
			break;
		while (count--) {
			proposal = list_first_entry(&asker->results, struct proposal, node);
			list_del(&proposal->node);
			asker->inflight--;
			proposal_free(proposal);
		}
	}
	memalloc_noio_restore(flags);
}

/* The engine: one proposal has its answer. */
static void proposal_done(struct paxos_request *request, bool more)
{
	struct proposal *proposal = container_of(request, struct proposal, request);
	struct asker *asker = proposal->asker;

	kref_get(&asker->refs);
	mutex_lock(&asker->lock);
	if (asker->released) {
		list_del(&proposal->node);
		proposal_free(proposal);
	} else {
		list_move_tail(&proposal->node, &asker->results);
		if (!more)
			send_results(asker);
	}
	mutex_unlock(&asker->lock);
	asker_put(asker);
}

static int check_value(const struct nlattr *value, const struct nlattr *proposal,
		       struct netlink_ext_ack *extack)
{
	if (!value) {
		NL_SET_ERR_MSG_ATTR(extack, proposal, "proposal has no value");
		return -EINVAL;
	}
	if (!nla_len(value)) {
		paxos_extack(extack, value, "value is empty: 1 to %u bytes are allowed",
			     PAXOS_VALUE_MAX);
		return -EINVAL;
	}
	if (nla_len(value) > PAXOS_VALUE_MAX) {
		paxos_extack(extack, value, "value is %u bytes; at most %u are allowed",
			     nla_len(value), PAXOS_VALUE_MAX);
		return -EMSGSIZE;
	}
	return 0;
}

/* Make one proposal of @attr; the caller fills in whose it is. */
static struct proposal *parse_proposal(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	u32 timeout_ms = PAXOS_TIMEOUT_DEFAULT_MS;
	struct nlattr *tb[PAXOS_PROPOSAL_A_MAX + 1];
	const struct nlattr *value, *timeout;
	struct proposal *proposal;
	int err;

	err = nla_parse_nested(tb, PAXOS_PROPOSAL_A_MAX, attr, proposal_policy, extack);
	if (err)
		return ERR_PTR(err);
	value = tb[PAXOS_PROPOSAL_A_VALUE];
	err = check_value(value, attr, extack);
	if (err)
		return ERR_PTR(err);
	timeout = tb[PAXOS_PROPOSAL_A_TIMEOUT_MS];
	if (timeout)
		timeout_ms = nla_get_u32(timeout);
	if (!timeout_ms || timeout_ms > PAXOS_TIMEOUT_MAX_MS) {
		paxos_extack(extack, timeout, "timeout is %u ms: 1 to %u are allowed", timeout_ms,
			     PAXOS_TIMEOUT_MAX_MS);
		return ERR_PTR(-EINVAL);
	}
	proposal = kzalloc(sizeof(*proposal), GFP_KERNEL);
	if (!proposal)
		return ERR_PTR(-ENOMEM);
	proposal->request.value = paxos_buf_alloc(nla_len(value), GFP_KERNEL);
	if (!proposal->request.value) {
		kfree(proposal);
		return ERR_PTR(-ENOMEM);
	}
	memcpy(proposal->request.value->data, nla_data(value), nla_len(value));
	proposal->request.deadline_us = ktime_to_us(ktime_get()) + timeout_ms * (u64)USEC_PER_MSEC;
	if (tb[PAXOS_PROPOSAL_A_COOKIE])
		proposal->cookie = nla_get_u64(tb[PAXOS_PROPOSAL_A_COOKIE]);
	return proposal;
}

/* Make proposals of all that the request holds, on @list, *@count of them. */
static int parse_proposals(struct genl_info *info, struct asker *asker, struct paxos_group *group,
			   struct list_head *list, u32 *count)
{
	struct proposal *proposal;
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != PAXOS_A_PROPOSAL)
			continue;
		if (*count == PAXOS_INFLIGHT_MAX) {
			paxos_extack(info->extack, attr,
				     "over %u proposals in one request: send several",
				     PAXOS_INFLIGHT_MAX);
			return -ENOBUFS;
		}
		proposal = parse_proposal(attr, info->extack);
		if (IS_ERR(proposal))
			return PTR_ERR(proposal);
		kref_get(&asker->refs);
		kref_get(&group->refs);
		proposal->asker = asker;
		proposal->group = group;
		proposal->seq = info->snd_seq;
		proposal->request.owner = asker;
		proposal->request.done = proposal_done;
		list_add_tail(&proposal->node, list);
		++*count;
	}
	if (*count)
		return 0;
	NL_SET_ERR_MSG(info->extack, "nothing is proposed");
	return -EINVAL;
}

/* Count them against what the socket may have unanswered. */
static int admit(struct asker *asker, struct list_head *proposals, u32 count,
		 struct list_head *requests, struct netlink_ext_ack *extack)
{
	struct proposal *proposal;

	mutex_lock(&asker->lock);
	if (asker->released) {
		mutex_unlock(&asker->lock);
		return -EAGAIN;
	}
	if (asker->inflight + count > PAXOS_INFLIGHT_MAX) {
		paxos_extack(extack, NULL, "%u proposals of this socket are unanswered; %u may be",
			     asker->inflight, PAXOS_INFLIGHT_MAX);
		mutex_unlock(&asker->lock);
		return -ENOBUFS;
	}
	asker->inflight += count;
	list_for_each_entry(proposal, proposals, node)
		list_add_tail(&proposal->request.node, requests);
	list_splice_tail_init(proposals, &asker->pending);
	mutex_unlock(&asker->lock);
	return 0;
}

int paxos_nl_propose(struct sk_buff *skb, struct genl_info *info)
{
	struct proposal *proposal, *next;
	struct paxos_request *request;
	struct paxos_group *group;
	struct asker *asker;
	LIST_HEAD(proposals);
	LIST_HEAD(requests);
	u32 count = 0;
	int err;

	group = paxos_nl_group(genl_info_net(info), info->attrs[PAXOS_A_GROUP], info->extack);
	if (IS_ERR(group))
		return PTR_ERR(group);
	err = -ENOMEM;
	asker = asker_get(genl_info_net(info), info->snd_portid, true);
	if (!asker)
		goto drop_group;
	err = parse_proposals(info, asker, group, &proposals, &count) ?:
	      admit(asker, &proposals, count, &requests, info->extack);
	if (err)
		goto free_proposals;

	/* From here on each of them gets its answer, whatever happens. */
	err = paxos_nl_acknowledge(skb, info);
	if (paxos_queue_add(&group->queue, &requests)) {
		list_for_each_entry(request, &requests, node)
			request->error = -ESHUTDOWN;
		paxos_requests_complete(&requests);
	}
	paxos_engine_wake(group);

free_proposals:
	list_for_each_entry_safe(proposal, next, &proposals, node)
		proposal_free(proposal);
	asker_put(asker);
drop_group:
	paxos_group_drop(group);
	return err;
}

int paxos_nl_results(struct sk_buff *skb, struct genl_info *info)
{
	struct asker *asker = asker_get(genl_info_net(info), info->snd_portid, false);

	if (!asker)
		return 0;
	mutex_lock(&asker->lock);
	send_results(asker);
	mutex_unlock(&asker->lock);
	asker_put(asker);
	return 0;
}

/* The socket is gone: nobody waits for its answers. */
static void asker_release(struct asker *asker)
{
	struct proposal *proposal, *next;

	mutex_lock(&asker->lock);
	asker->released = true;
	list_for_each_entry_safe(proposal, next, &asker->results, node) {
		list_del(&proposal->node);
		proposal_free(proposal);
	}
	/* These are freed when the core has said what became of them. */
	list_for_each_entry_safe(proposal, next, &asker->pending, node) {
		list_del_init(&proposal->node);
		paxos_queue_abandon(&proposal->group->queue, &proposal->request);
		paxos_engine_wake(proposal->group);
	}
	mutex_unlock(&asker->lock);
	asker_put(asker);
}

static int socket_released(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct asker *asker;
	struct paxos_net *pn;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	pn = paxos_net(notify->net);
	mutex_lock(&pn->sockets_lock);
	asker = asker_find(pn, notify->portid);
	if (asker)
		list_del(&asker->node);
	mutex_unlock(&pn->sockets_lock);
	if (asker)
		asker_release(asker);
	return NOTIFY_DONE;
}

static struct notifier_block release_notifier = {
	.notifier_call = socket_released,
};

int __init paxos_nl_propose_begin(void)
{
	return netlink_register_notifier(&release_notifier);
}

void paxos_nl_propose_end(void)
{
	netlink_unregister_notifier(&release_notifier);
}

/* The module goes: sockets that have proposed may be open still, with no answer due. */
void paxos_nl_forget_sockets(struct net *net)
{
	struct paxos_net *pn = paxos_net(net);
	struct asker *asker, *next;

	list_for_each_entry_safe(asker, next, &pn->sockets, node) {
		list_del(&asker->node);
		asker_release(asker);
	}
}
