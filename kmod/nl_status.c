// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink reads that never wait: status, groups and peers.  They see the page
 * that the engine publishes, never the replica; the journal's figures are read
 * only while nobody closes it, and who finds it being closed finds no group.
 */
#include <linux/cred.h>
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "compat.h"
#include "extack.h"
#include "group.h"
#include "journal.h"
#include "log.h"
#include "netlink.h"
#include "notices.h"
#include "why.h"

/* Room for the status of a group of the greatest size, and of all peers there may be. */
#define STATUS_ALLOC	16384u

/* What one message is made of: a copy, taken at once. */
struct snapshot {
	enum paxos_phase phase;
	u8 stopped_state;
	u8 room;			/* 0 unless running */
	bool since;			/* the next is known */
	u64 since_us;			/* when the state became so */
	u64 published_us;
	u64 now_us;
	char reason[PAXOS_REASON_MAX + 1];
	struct paxos_strays strays;
	struct paxos_view view;		/* zero unless running */
	struct paxos_peer_address address[PAXOS_PEERS_MAX];
};

/* The replica does not run, but the disk says who was a member at format. */
static void formatted_view(const struct paxos_group *group, struct paxos_view *view)
{
	struct paxos_peer_view *peer;
	u32 i;

	view->role = PAXOS_ROLE_LEARNER;
	for (i = 0; i < group->members; i++) {
		peer = &view->peer[view->peers++];
		*peer = (struct paxos_peer_view) {
			.node = group->member[i].node,
			.voter = group->member[i].voter,
			.member = !group->join,
			.health = PAXOS_HEALTH_UNREACHABLE,
		};
		view->voters += peer->voter;
		if (!peer->voter || peer->node != group->node)
			continue;
		view->role = PAXOS_ROLE_FOLLOWER;
		view->voter = true;
	}
}

static void take_snapshot(struct paxos_group *group, struct snapshot *shot)
{
	struct paxos_page *page = &group->page;

	memset(shot, 0, sizeof(*shot));
	spin_lock(&page->lock);
	shot->now_us = ktime_to_us(ktime_get());
	shot->phase = page->phase;
	shot->room = page->room;
	shot->since = page->state;
	shot->since_us = page->since_us;
	shot->published_us = page->published_us;
	shot->strays = page->strays;
	shot->stopped_state = page->stopped_state;
	memcpy(shot->reason, page->reason, sizeof(shot->reason));
	if (page->phase == PAXOS_PHASE_RUNNING)
		shot->view = page->view;
	spin_unlock(&page->lock);
	spin_lock(&group->peers.lock);
	memcpy(shot->address, group->peers.at, sizeof(shot->address));
	spin_unlock(&group->peers.lock);
	if (shot->phase == PAXOS_PHASE_RUNNING) {
		strscpy(shot->reason, shot->view.reason, sizeof(shot->reason));
		paxos_why_silent(group, shot->now_us - shot->published_us, shot->reason);
		return;
	}
	shot->view.state = shot->phase == PAXOS_PHASE_STARTING ? PAXOS_STATE_STARTING :
								 shot->stopped_state;
	formatted_view(group, &shot->view);
}

/* The address of @node, of which a user or the configuration told; NULL: nobody did. */
static const struct paxos_address *address_of(const struct paxos_group *group,
					      const struct snapshot *shot, u16 node)
{
	const struct paxos_address *address;
	u32 i;

	if (node == group->node)
		return &group->listen;
	for (i = 0; i < PAXOS_PEERS_MAX; i++) {
		address = paxos_peer_address(&shot->address[i]);
		if (shot->address[i].node == node && address->sa.sa_family)
			return address;
	}
	return NULL;
}

/* What is known of the node, in a nest of @type. */
static int put_peer(struct sk_buff *skb, int type, const struct paxos_group *group,
		    const struct paxos_peer_view *peer, const struct snapshot *shot)
{
	const struct paxos_address *address = address_of(group, shot, peer->node);
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest || nla_put_u16(skb, PAXOS_PEER_A_NODE, peer->node) ||
	    nla_put_u8(skb, PAXOS_PEER_A_VOTER, peer->voter) ||
	    nla_put_u8(skb, PAXOS_PEER_A_MEMBER, peer->member) ||
	    nla_put_u8(skb, PAXOS_PEER_A_HEALTH, peer->health) ||
	    nla_put_u32(skb, PAXOS_PEER_A_RTT_US, peer->rtt_us) ||
	    nla_put_u8(skb, PAXOS_PEER_A_FULL, peer->full) ||
	    (peer->heard && nla_put_u16(skb, PAXOS_PEER_A_USED, peer->used)) ||
	    nla_put_u64_64bit(skb, PAXOS_PEER_A_CHOSEN, peer->commit, PAXOS_PEER_A_PAD))
		return -EMSGSIZE;
	if (address && paxos_nl_put_address(skb, PAXOS_PEER_A_ADDRESS, address))
		return -EMSGSIZE;
	if (peer->heard &&
	    nla_put_u64_64bit(skb, PAXOS_PEER_A_HEARD_MS, div_u64(peer->heard_us, USEC_PER_MSEC),
			      PAXOS_PEER_A_PAD))
		return -EMSGSIZE;
	if (peer->known && nla_put(skb, PAXOS_PEER_A_DISK, sizeof(peer->disk), peer->disk))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static bool viewed(const struct snapshot *shot, u16 node)
{
	u32 i;

	for (i = 0; i < shot->view.peers; i++)
		if (shot->view.peer[i].node == node)
			return true;
	return false;
}

/*
 * Number @i of all that is known of nodes: those of the view come first, then those
 * that only have an address.  False: none has that number; *@peer .node 0: skip it.
 */
static bool peer_at(const struct snapshot *shot, u32 i, struct paxos_peer_view *peer)
{
	const struct paxos_peer_address *address;

	if (i < shot->view.peers) {
		*peer = shot->view.peer[i];
		return true;
	}
	i -= shot->view.peers;
	if (i >= PAXOS_PEERS_MAX)
		return false;
	address = &shot->address[i];
	*peer = (struct paxos_peer_view) { .health = PAXOS_HEALTH_UNREACHABLE };
	if (paxos_peer_address(address)->sa.sa_family && !viewed(shot, address->node))
		peer->node = address->node;
	return true;
}

static int put_peers(struct sk_buff *skb, const struct paxos_group *group,
		     const struct snapshot *shot)
{
	struct paxos_peer_view peer;
	int err = 0;
	u32 i;

	for (i = 0; !err && peer_at(shot, i, &peer); i++)
		if (peer.node && peer.node != group->node)
			err = put_peer(skb, PAXOS_STATUS_A_PEER, group, &peer, shot);
	return err;
}

static bool put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, PAXOS_STATUS_A_PAD);
}

/* Times are told as they are now: of what happened at @us, how long ago that was. */
static u64 ago_ms(const struct snapshot *shot, u64 us)
{
	return shot->now_us > us ? div_u64(shot->now_us - us, USEC_PER_MSEC) : 0;
}

static bool put_stray(struct sk_buff *skb, const struct snapshot *shot, enum paxos_stray_kind kind)
{
	const struct paxos_stray *stray = paxos_stray_of(&shot->strays, kind);
	struct nlattr *nest;

	if (!stray)
		return false;
	nest = nla_nest_start(skb, PAXOS_STATUS_A_STRAY);
	if (!nest || nla_put_u8(skb, PAXOS_STRAY_A_KIND, kind) ||
	    nla_put_u64_64bit(skb, PAXOS_STRAY_A_COUNT, stray->count, PAXOS_STRAY_A_PAD) ||
	    nla_put_u64_64bit(skb, PAXOS_STRAY_A_AGO_MS, ago_ms(shot, stray->last_us),
			      PAXOS_STRAY_A_PAD) ||
	    paxos_nl_put_address(skb, PAXOS_STRAY_A_ADDRESS, &stray->source) ||
	    (stray->node && nla_put_u16(skb, PAXOS_STRAY_A_NODE, stray->node)) ||
	    (stray->why &&
	     (nla_put_u8(skb, PAXOS_STRAY_A_REFUSAL, stray->why) ||
	      nla_put_string(skb, PAXOS_STRAY_A_WHY, paxos_refused_why(stray->why)))))
		return true;
	nla_nest_end(skb, nest);
	return false;
}

static bool put_strays(struct sk_buff *skb, const struct snapshot *shot)
{
	u32 kind;

	for (kind = 1; kind <= PAXOS_STRAY_KINDS; kind++)
		if (put_stray(skb, shot, kind))
			return true;
	return false;
}

/* What the replica says. */
static bool put_view(struct sk_buff *skb, const struct snapshot *shot)
{
	const struct paxos_view *view = &shot->view;

	return nla_put_u8(skb, PAXOS_STATUS_A_ROLE, view->role) ||
	       nla_put_u8(skb, PAXOS_STATUS_A_STATE, view->state) ||
	       (*shot->reason && nla_put_string(skb, PAXOS_STATUS_A_REASON, shot->reason)) ||
	       (view->leader && nla_put_u16(skb, PAXOS_STATUS_A_LEADER, view->leader)) ||
	       put_u64(skb, PAXOS_STATUS_A_BALLOT, view->ballot) ||
	       nla_put_u8(skb, PAXOS_STATUS_A_VOTERS, view->voters) ||
	       nla_put_u8(skb, PAXOS_STATUS_A_VOTERS_UP, view->voters_up) ||
	       nla_put_u8(skb, PAXOS_STATUS_A_VOTER, view->voter) ||
	       put_u64(skb, PAXOS_STATUS_A_CHOSEN, view->commit) ||
	       put_u64(skb, PAXOS_STATUS_A_DURABLE, view->durable) ||
	       (view->damaged && put_u64(skb, PAXOS_STATUS_A_DAMAGED, view->damaged)) ||
	       (view->snapshot && put_u64(skb, PAXOS_STATUS_A_SNAPSHOT, view->snapshot)) ||
	       (shot->since &&
		put_u64(skb, PAXOS_STATUS_A_STATE_MS, ago_ms(shot, shot->since_us))) ||
	       (shot->room && nla_put_u8(skb, PAXOS_STATUS_A_ROOM, shot->room));
}

static bool put_count(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, PAXOS_REPLAY_A_PAD);
}

/* What the start found; the caller holds the journal. */
static bool put_replay(struct sk_buff *skb, const struct paxos_group *group)
{
	const struct paxos_recovery *found = paxos_journal_recovery(group->journal);
	struct nlattr *nest;

	if (!found)
		return false;
	nest = nla_nest_start(skb, PAXOS_STATUS_A_REPLAY);
	if (!nest || put_count(skb, PAXOS_REPLAY_A_BATCHES, found->batches) ||
	    put_count(skb, PAXOS_REPLAY_A_RECORDS, found->records) ||
	    put_count(skb, PAXOS_REPLAY_A_SLOTS, found->slots) ||
	    put_count(skb, PAXOS_REPLAY_A_BYTES, found->bytes) ||
	    put_count(skb, PAXOS_REPLAY_A_TIME_US, found->took_us) ||
	    (found->torn && put_count(skb, PAXOS_REPLAY_A_TORN, found->torn)) ||
	    (found->damaged &&
	     (put_count(skb, PAXOS_REPLAY_A_DAMAGED, found->damaged) ||
	      put_count(skb, PAXOS_REPLAY_A_FIRST_DAMAGED, found->first_damaged))) ||
	    (found->lost && nla_put_string(skb, PAXOS_REPLAY_A_LOST, found->lost)) ||
	    (found->error && nla_put_u32(skb, PAXOS_REPLAY_A_ERROR, -found->error)))
		return true;
	nla_nest_end(skb, nest);
	return false;
}

/* What the journal says; the caller holds it. */
static bool put_journal(struct sk_buff *skb, const struct paxos_group *group)
{
	const struct paxos_super *super = paxos_journal_super(group->journal);
	int err = paxos_journal_error(group->journal);

	return (err && nla_put_u32(skb, PAXOS_STATUS_A_DISK_ERROR, -err)) ||
	       put_u64(skb, PAXOS_STATUS_A_INCARNATION, le64_to_cpu(super->incarnation)) ||
	       put_u64(skb, PAXOS_STATUS_A_DELIVERED, paxos_log_delivered(group->log)) ||
	       put_u64(skb, PAXOS_STATUS_A_FIRST, paxos_log_first(group->log)) ||
	       nla_put_string(skb, PAXOS_STATUS_A_DEVICE,
			      paxos_journal_device(group->journal)) ||
	       put_u64(skb, PAXOS_STATUS_A_DISK_SIZE, paxos_journal_size(group->journal)) ||
	       put_u64(skb, PAXOS_STATUS_A_DISK_USED, paxos_journal_used(group->journal));
}

/* Whose members may use it, as who reads this calls them. */
static bool put_gid(struct sk_buff *skb, const struct paxos_group *group)
{
	return gid_valid(group->gid) &&
	       nla_put_u32(skb, PAXOS_STATUS_A_GID,
			   from_kgid_munged(current_user_ns(), group->gid));
}

static int put_status(struct sk_buff *skb, struct paxos_group *group, const struct snapshot *shot)
{
	struct nlattr *nest;
	bool full;

	if (nla_put_string(skb, PAXOS_A_GROUP, group->name))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, PAXOS_A_STATUS);
	if (!nest || nla_put_u16(skb, PAXOS_STATUS_A_NODE, group->node) ||
	    nla_put(skb, PAXOS_STATUS_A_CLUSTER, sizeof(group->cluster), group->cluster) ||
	    paxos_nl_put_address(skb, PAXOS_STATUS_A_LISTEN, &group->listen) ||
	    nla_put_u8(skb, PAXOS_STATUS_A_MODE, group->mode) ||
	    nla_put_u8(skb, PAXOS_STATUS_A_LEARN, group->learn) || put_gid(skb, group) ||
	    nla_put_u32(skb, PAXOS_STATUS_A_PENDING, atomic_read(&group->queue.pending)) ||
	    put_view(skb, shot))
		return -EMSGSIZE;
	if (shot->phase == PAXOS_PHASE_STARTING &&
	    nla_put_u8(skb, PAXOS_STATUS_A_PROGRESS, READ_ONCE(group->progress)))
		return -EMSGSIZE;
	if (!paxos_group_read_trylock(group))
		return -ENOENT;
	full = put_journal(skb, group) || put_replay(skb, group);
	paxos_group_read_unlock(group);
	if (full || put_strays(skb, shot) || put_peers(skb, group, shot))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/*
 * The answer to a question about @group, whose reference goes, or why there is none: @put
 * gets @size bytes, and the answer has @room.
 */
int paxos_nl_answer_group(struct paxos_group *group, struct genl_info *info, u8 cmd, size_t room,
			  paxos_put_group_fn put, size_t size, paxos_unsent_fn unsent)
{
	struct sk_buff *answer;
	void *memory, *head;
	int err = -ENOMEM;

	if (IS_ERR(group))
		return PTR_ERR(group);
	memory = kmalloc(size, GFP_KERNEL);
	answer = genlmsg_new(room, GFP_KERNEL);
	if (!memory || !answer)
		goto free;
	err = -EMSGSIZE;
	head = genlmsg_put_reply(answer, info, &paxos_family, 0, cmd);
	if (!head)
		goto free;
	err = put(answer, group, memory);
	if (!err) {
		genlmsg_end(answer, head);
		err = genlmsg_reply(answer, info);
		answer = NULL;
	}
	if (err && unsent)
		unsent(group, memory);
free:
	nlmsg_free(answer);
	kfree(memory);
	paxos_group_drop(group);
	return err;
}

/*
 * A dump with one message for each group of the namespace; @put gets @size bytes.  It goes
 * on after group number cb->args[0]: those that come and go meanwhile move no other.
 */
int paxos_nl_dump_groups(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
			 paxos_put_group_fn put, size_t size)
{
	struct paxos_net *pn = paxos_net(sock_net(skb->sk));
	void *memory = kmalloc(size, GFP_KERNEL);
	struct paxos_group *group;
	void *head;
	int err = 0;

	if (!memory)
		return -ENOMEM;
	mutex_lock(&pn->lock);
	list_for_each_entry(group, &pn->groups, list) {
		if (group->number <= cb->args[0] || !group->ready)
			continue;
		head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &paxos_family, NLM_F_MULTI, cmd);
		err = head ? put(skb, group, memory) : -EMSGSIZE;
		if (err && head)
			genlmsg_cancel(skb, head);
		if (err == -EMSGSIZE)
			break;
		if (!err)
			genlmsg_end(skb, head);
		err = 0;
		cb->args[0] = group->number;
	}
	mutex_unlock(&pn->lock);
	kfree(memory);
	return skb->len ?: err;
}

static int put_status_message(struct sk_buff *skb, struct paxos_group *group, void *memory)
{
	struct snapshot *shot = memory;

	take_snapshot(group, shot);
	return put_status(skb, group, shot);
}

int paxos_nl_status(struct sk_buff *skb, struct genl_info *info)
{
	struct paxos_group *group = paxos_nl_group_to_use(skb, info->attrs[PAXOS_A_GROUP],
							  info->extack);

	return paxos_nl_answer_group(group, info, PAXOS_CMD_STATUS, STATUS_ALLOC,
				     put_status_message, sizeof(struct snapshot), NULL);
}

int paxos_nl_status_start(struct netlink_callback *cb, struct netlink_ext_ack *extack)
{
	cb->min_dump_alloc = STATUS_ALLOC;
	return paxos_nl_may_administrate(cb->skb, extack);
}

int paxos_nl_status_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return paxos_nl_dump_groups(skb, cb, PAXOS_CMD_STATUS, put_status_message,
				    sizeof(struct snapshot));
}

static int put_group_message(struct sk_buff *skb, struct paxos_group *group, void *memory)
{
	int err;

	if (nla_put_string(skb, PAXOS_A_GROUP, group->name) ||
	    nla_put_u16(skb, PAXOS_A_NODE, group->node) ||
	    nla_put(skb, PAXOS_A_CLUSTER, sizeof(group->cluster), group->cluster) ||
	    paxos_nl_put_address(skb, PAXOS_A_LISTEN, &group->listen))
		return -EMSGSIZE;
	if (!paxos_group_read_trylock(group))
		return -ENOENT;
	err = nla_put_string(skb, PAXOS_A_DEVICE, paxos_journal_device(group->journal));
	paxos_group_read_unlock(group);
	return err;
}

int paxos_nl_group_get_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return paxos_nl_dump_groups(skb, cb, PAXOS_CMD_GROUP_GET, put_group_message, 0);
}

static int group_dump_start(struct netlink_callback *cb, struct netlink_ext_ack *extack)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	struct paxos_group *group;

	group = paxos_nl_group(sock_net(cb->skb->sk), attrs[PAXOS_A_GROUP], extack);
	if (IS_ERR(group))
		return PTR_ERR(group);
	/* Given back in done. */
	cb->args[0] = (long)group;
	return 0;
}

int paxos_nl_group_dump_done(struct netlink_callback *cb)
{
	paxos_group_drop((struct paxos_group *)cb->args[0]);
	return 0;
}

/* What the numbers of nodes hold for: other configurations, or members, have others. */
static u32 peers_generation(const struct snapshot *shot)
{
	if (shot->phase != PAXOS_PHASE_RUNNING)
		return 1;
	return 2 + (u32)shot->view.config * (PAXOS_NODES_MAX + 1) + shot->view.peers;
}

/*
 * A dump of nodes that goes on at number cb->args[1]; its reader is told if the
 * configuration changed meanwhile.
 */
static int dump_peers(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		      bool (*wanted)(const struct paxos_group *group,
				     const struct paxos_peer_view *peer,
				     const struct snapshot *shot))
{
	struct paxos_group *group = (struct paxos_group *)cb->args[0];
	struct snapshot *shot = kmalloc(sizeof(*shot), GFP_KERNEL);
	struct paxos_peer_view peer;
	void *head;
	u32 i;

	if (!shot)
		return -ENOMEM;
	take_snapshot(group, shot);
	cb->seq = peers_generation(shot);
	for (i = cb->args[1]; peer_at(shot, i, &peer); i++) {
		if (!peer.node || !wanted(group, &peer, shot))
			continue;
		head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &paxos_family, NLM_F_MULTI, cmd);
		if (!head)
			break;
		if (nla_put_string(skb, PAXOS_A_GROUP, group->name) ||
		    (cmd == PAXOS_CMD_MEMBER_GET &&
		     nla_put_u64_64bit(skb, PAXOS_A_SLOT, shot->view.config, PAXOS_A_PAD)) ||
		    put_peer(skb, PAXOS_A_PEER, group, &peer, shot)) {
			genlmsg_cancel(skb, head);
			break;
		}
		genl_dump_check_consistent(cb, head);
		genlmsg_end(skb, head);
	}
	cb->args[1] = i;
	kfree(shot);
	return skb->len;
}

int paxos_nl_peer_get_start(struct netlink_callback *cb, struct netlink_ext_ack *extack)
{
	return group_dump_start(cb, extack);
}

static bool has_address(const struct paxos_group *group, const struct paxos_peer_view *peer,
			const struct snapshot *shot)
{
	return peer->node != group->node && address_of(group, shot, peer->node);
}

/* One message for each peer that has an address. */
int paxos_nl_peer_get_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_peers(skb, cb, PAXOS_CMD_PEER_GET, has_address);
}

int paxos_nl_member_get_start(struct netlink_callback *cb, struct netlink_ext_ack *extack)
{
	int err = group_dump_start(cb, extack);
	struct paxos_group *group;

	if (err)
		return err;
	group = (struct paxos_group *)cb->args[0];
	if (READ_ONCE(group->page.phase) == PAXOS_PHASE_RUNNING)
		return 0;
	paxos_extack(extack, NULL, "group %s does not run: see its status", group->name);
	paxos_group_drop(group);
	return -EAGAIN;
}

static bool is_member(const struct paxos_group *group, const struct paxos_peer_view *peer,
		      const struct snapshot *shot)
{
	return peer->member;
}

/* One message for each member of the configuration, this node included. */
int paxos_nl_member_get_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_peers(skb, cb, PAXOS_CMD_MEMBER_GET, is_member);
}
