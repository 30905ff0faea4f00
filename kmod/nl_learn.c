// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink dump of chosen values.
 *
 * The first part of a dump is made inside the caller's sendmsg, under generic
 * netlink's lock: it holds the first message only.  All others are made in
 * recvmsg, where waiting for the disk hurts nobody but the reader.
 */
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "compat.h"
#include "extack.h"
#include "group.h"
#include "log.h"
#include "netlink.h"

/* Room for an entry of the greatest length; with the skb's own part, a power of two. */
#define DUMP_ALLOC	(60u << 10)

struct learn {
	struct paxos_group *group;	/* with a reference */
	u64 next, last;			/* slots still to be sent */
	bool begun;			/* the first message was sent */
	bool read;			/* @chosen holds slot @next */
	struct paxos_chosen chosen;
};

static struct learn **learn_of(struct netlink_callback *cb)
{
	return (struct learn **)&cb->args[0];
}

/* Which slots; the caller holds the log. */
static int choose_slots(struct learn *learn, struct nlattr **attrs,
			struct netlink_ext_ack *extack)
{
	const struct paxos_log *log = learn->group->log;
	u64 first = paxos_log_first(log);
	u64 count = U64_MAX;

	if (READ_ONCE(learn->group->page.phase) == PAXOS_PHASE_STARTING) {
		paxos_extack(extack, NULL, "group %s is starting: try again when it is ready",
			     learn->group->name);
		return -EAGAIN;
	}
	learn->next = attrs[PAXOS_A_SLOT] ? nla_get_u64(attrs[PAXOS_A_SLOT]) : first;
	if (!learn->next) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[PAXOS_A_SLOT], "slots are counted from 1");
		return -EINVAL;
	}
	if (learn->next < first) {
		paxos_extack(extack, attrs[PAXOS_A_SLOT],
			     "slot %llu is trimmed; the oldest is %llu", learn->next, first);
		return -ESTALE;
	}
	if (attrs[PAXOS_A_COUNT])
		count = nla_get_u64(attrs[PAXOS_A_COUNT]);
	learn->last = paxos_log_delivered(log);
	if (learn->last >= learn->next && count < learn->last - learn->next + 1)
		learn->last = learn->next + count - 1;
	return 0;
}

int paxos_nl_learn_start(struct netlink_callback *cb, struct netlink_ext_ack *extack)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	struct learn *learn;
	int err;

	learn = kzalloc(sizeof(*learn), GFP_KERNEL);
	if (!learn)
		return -ENOMEM;
	learn->group = paxos_nl_group_to_use(cb->skb, attrs[PAXOS_A_GROUP], extack);
	if (IS_ERR(learn->group)) {
		err = PTR_ERR(learn->group);
		goto free;
	}
	err = -ENOENT;
	if (!paxos_group_read_trylock(learn->group))
		goto drop;
	err = choose_slots(learn, attrs, extack);
	paxos_group_read_unlock(learn->group);
	if (err)
		goto drop;
	*learn_of(cb) = learn;
	cb->min_dump_alloc = DUMP_ALLOC;
	return 0;
drop:
	paxos_group_drop(learn->group);
free:
	kfree(learn);
	return err;
}

static int put_first(struct sk_buff *skb, struct netlink_callback *cb, struct learn *learn)
{
	struct paxos_group *group = learn->group;
	u64 first, chosen;
	void *head;

	if (!paxos_group_read_trylock(group))
		return -ESHUTDOWN;
	first = paxos_log_first(group->log);
	chosen = paxos_log_delivered(group->log);
	paxos_group_read_unlock(group);
	spin_lock(&group->page.lock);
	chosen = max(chosen, group->page.view.commit);
	spin_unlock(&group->page.lock);

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &paxos_family,
			   NLM_F_MULTI, PAXOS_CMD_LEARN);
	if (!head || nla_put_string(skb, PAXOS_A_GROUP, group->name) ||
	    nla_put_u64_64bit(skb, PAXOS_A_FIRST, first, PAXOS_A_PAD) ||
	    nla_put_u64_64bit(skb, PAXOS_A_CHOSEN, chosen, PAXOS_A_PAD) ||
	    nla_put_u64_64bit(skb, PAXOS_A_GENERATION, group->generation, PAXOS_A_PAD))
		return -EMSGSIZE;
	genlmsg_end(skb, head);
	return skb->len;
}

static int put_entry(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct paxos_chosen *chosen)
{
	const struct paxos_value *value = &chosen->entry.value;
	struct nlattr *nest;
	void *head;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &paxos_family,
			   NLM_F_MULTI, PAXOS_CMD_LEARN);
	if (!head)
		return -EMSGSIZE;
	nest = nla_nest_start(skb, PAXOS_A_ENTRY);
	if (!nest ||
	    nla_put_u64_64bit(skb, PAXOS_ENTRY_A_SLOT, chosen->slot, PAXOS_ENTRY_A_PAD) ||
	    nla_put_u64_64bit(skb, PAXOS_ENTRY_A_BALLOT, chosen->ballot, PAXOS_ENTRY_A_PAD) ||
	    nla_put_u16(skb, PAXOS_ENTRY_A_ORIGIN, chosen->entry.id.origin) ||
	    nla_put_u8(skb, PAXOS_ENTRY_A_TYPE, chosen->type))
		goto cancel;
	if (chosen->type == PAXOS_ENTRY_VALUE &&
	    nla_put(skb, PAXOS_ENTRY_A_VALUE, value->length, value->data))
		goto cancel;
	nla_nest_end(skb, nest);
	genlmsg_end(skb, head);
	return 0;
cancel:
	genlmsg_cancel(skb, head);
	return -EMSGSIZE;
}

static void forget(struct learn *learn)
{
	if (learn->read)
		paxos_buf_put(learn->chosen.entry.value.buf);
	learn->read = false;
}

static int read_error(int err)
{
	switch (err) {
	case -ENOENT:
		/* Trimmed meanwhile. */
		return -ESTALE;
	case -EUCLEAN:
		/* Its value is lost here, and is being fetched from peers (rule 9). */
		return -EAGAIN;
	default:
		return err;
	}
}

/* As many entries as fit.  An entry that was read but does not fit is kept. */
static int put_entries(struct sk_buff *skb, struct netlink_callback *cb, struct learn *learn)
{
	struct paxos_log *log = learn->group->log;
	int err;

	while (learn->next <= learn->last) {
		if (!learn->read) {
			err = paxos_log_read(log, learn->next, true, &learn->chosen);
			if (err)
				return read_error(err);
			learn->read = true;
		}
		if (put_entry(skb, cb, &learn->chosen))
			return skb->len ?: -EMSGSIZE;
		forget(learn);
		learn->next++;
	}
	return skb->len;
}

int paxos_nl_learn_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct learn *learn = *learn_of(cb);
	int result;

	if (!learn->begun) {
		learn->begun = true;
		return put_first(skb, cb, learn);
	}
	down_read(&learn->group->readers);
	result = learn->group->gone ? -ESHUTDOWN : put_entries(skb, cb, learn);
	up_read(&learn->group->readers);
	return result;
}

int paxos_nl_learn_done(struct netlink_callback *cb)
{
	struct learn *learn = *learn_of(cb);

	if (!learn)
		return 0;
	forget(learn);
	paxos_group_drop(learn->group);
	kfree(learn);
	return 0;
}
