// SPDX-License-Identifier: GPL-2.0
/*
 * Where other nodes are reached.
 *
 * The core speaks of members by index, and indices are given out anew as
 * configurations come and go; users and configurations speak of node ids.  This
 * table is by id; paxos_peers_tell() maps it to indices for transmit.c, and tells
 * the core who has an address.
 *
 * Locks: the engine's, then the table's.
 */
#define pr_fmt(fmt) "paxos: " fmt

#include <linux/printk.h>

#include "engine.h"
#include "group.h"
#include "peers.h"

static const struct paxos_address none;

static struct paxos_peer_address *find(struct paxos_peers *peers, u16 node)
{
	u32 i;

	for (i = 0; i < PAXOS_PEERS_MAX; i++)
		if (peers->at[i].node == node)
			return &peers->at[i];
	return NULL;
}

/* The entry of @node, a new one if need be; NULL if the table is full. */
static struct paxos_peer_address *claim(struct paxos_peers *peers, u16 node)
{
	struct paxos_peer_address *peer = find(peers, node);

	if (peer)
		return peer;
	peer = find(peers, 0);
	if (peer)
		*peer = (struct paxos_peer_address) {
			.node = node, .told = PAXOS_TOLD_NOTHING,
		};
	return peer;
}

/* Node @node has this @address from now on.  -ENOSPC: the table is full. */
int paxos_peers_give(struct paxos_group *group, u16 node, const struct paxos_address *address)
{
	struct paxos_peers *peers = &group->peers;
	struct paxos_peer_address *peer;

	spin_lock(&peers->lock);
	peer = claim(peers, node);
	if (peer)
		peer->given = *address;
	peers->changed = true;
	spin_unlock(&peers->lock);
	paxos_engine_wake(group);
	return peer ? 0 : -ENOSPC;
}

/* The address that a user gave of @node counts no more.  -ENOENT: none was given. */
int paxos_peers_take_back(struct paxos_group *group, u16 node)
{
	struct paxos_peers *peers = &group->peers;
	struct paxos_peer_address *peer;
	bool given;

	spin_lock(&peers->lock);
	peer = find(peers, node);
	given = peer && peer->given.sa.sa_family;
	if (given)
		peer->given = none;
	peers->changed = true;
	spin_unlock(&peers->lock);
	paxos_engine_wake(group);
	return given ? 0 : -ENOENT;
}

/* What the configuration says of the node with index @member. */
static void take_configured(struct paxos_group *group, u32 member)
{
	struct paxos_peer_address *peer;
	struct paxos_endpoint endpoint;
	struct paxos_address address;
	u16 node;

	node = paxos_replica_peer(group->replica, member, &endpoint);
	if (!node || node == group->node)
		return;
	paxos_address_of_endpoint(&address, &endpoint, group->listen.sa.sa_family);
	peer = address.sa.sa_family ? claim(&group->peers, node) : find(&group->peers, node);
	if (!peer) {
		if (address.sa.sa_family)
			pr_warn("group %s: too many peer addresses: none for node %u\n",
				group->name, node);
		return;
	}
	peer->member = true;
	peer->configured = address;
}

/* Who stands at which index now, and is reached where. */
static void map(struct paxos_group *group)
{
	struct paxos_peer_address *peer;
	int member;
	u32 i;

	memset(group->transmit.address, 0, sizeof(group->transmit.address));
	for (i = 0; i < PAXOS_PEERS_MAX; i++) {
		peer = &group->peers.at[i];
		member = paxos_replica_member(group->replica, peer->node);
		if (member < 0)
			continue;
		peer->member = true;
		group->transmit.address[member] = *paxos_peer_address(peer);
	}
}

/* The core's members, or their endpoints, changed: under the engine lock. */
void paxos_peers_configured(struct paxos_group *group)
{
	struct paxos_peers *peers = &group->peers;
	struct paxos_peer_address *peer;
	u32 i;

	lockdep_assert_held(&group->lock);
	spin_lock(&peers->lock);
	for (i = 0; i < PAXOS_MEMBERS_MAX; i++)
		take_configured(group, i);
	for (i = 0; i < PAXOS_PEERS_MAX; i++) {
		peer = &peers->at[i];
		/* An id that was a member's never is again. */
		if (peer->member && paxos_replica_member(group->replica, peer->node) < 0)
			*peer = (struct paxos_peer_address) {};
		/* An index that is new knows of no address. */
		peer->told = PAXOS_TOLD_NOTHING;
	}
	map(group);
	peers->changed = true;
	spin_unlock(&peers->lock);
}

/* What is to be told the core. */
struct telling {
	u32 count;
	struct {
		u16 node;
		bool reachable;
	} peer[PAXOS_PEERS_MAX];
};

/* What the core does not know yet; entries that nobody needs any more are freed. */
static void compare(struct paxos_group *group, struct telling *telling)
{
	struct paxos_peer_address *peer;
	bool reachable;
	int tell;
	u32 i;

	for (i = 0; i < PAXOS_PEERS_MAX; i++) {
		peer = &group->peers.at[i];
		if (!peer->node)
			continue;
		reachable = paxos_peer_address(peer)->sa.sa_family;
		tell = reachable ? paxos_replica_member(group->replica, peer->node) :
				   PAXOS_TOLD_NOTHING;
		if (peer->told != tell) {
			telling->peer[telling->count].node = peer->node;
			telling->peer[telling->count++].reachable = reachable;
		} else if (!reachable && !peer->member) {
			*peer = (struct paxos_peer_address) {};
		}
	}
}

/* The core knows; a node that joins may have given @node an index right now. */
static void told(struct paxos_group *group, u16 node, bool reachable)
{
	struct paxos_peer_address *peer;

	spin_lock(&group->peers.lock);
	peer = find(&group->peers, node);
	if (peer)
		peer->told = reachable ? paxos_replica_member(group->replica, node) :
					 PAXOS_TOLD_NOTHING;
	map(group);
	spin_unlock(&group->peers.lock);
}

/* Map the addresses to indices, and tell the core what has changed. */
void paxos_peers_tell(struct paxos_group *group)
{
	struct paxos_peers *peers = &group->peers;
	struct telling telling = {};
	struct paxos_event event;
	u32 i;

	lockdep_assert_held(&group->lock);
	if (!READ_ONCE(peers->changed))
		return;
	spin_lock(&peers->lock);
	peers->changed = false;
	map(group);
	compare(group, &telling);
	spin_unlock(&peers->lock);

	for (i = 0; i < telling.count; i++) {
		event = (struct paxos_event) {
			.type = telling.peer[i].reachable ?
				PAXOS_EVENT_REACHABLE : PAXOS_EVENT_UNREACHABLE,
			.node = telling.peer[i].node,
		};
		if (!paxos_engine_step(group, &event)) {
			/* What is left is found again. */
			WRITE_ONCE(peers->changed, true);
			return;
		}
		told(group, telling.peer[i].node, telling.peer[i].reachable);
	}
}
