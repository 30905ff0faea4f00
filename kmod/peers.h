/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peers: where other nodes are reached, by node id.  Addresses that users gave, and
 * those that the configuration brought; the users' win.
 */
#ifndef _PAXOS_PEERS_H
#define _PAXOS_PEERS_H

#include <linux/spinlock.h>

#include "socket.h"

struct paxos_group;

#define PAXOS_PEERS_MAX		64u	/* ids with an address; more than there are nodes */

/* The core was told that a node is reachable while it had an index (-1: none), or not. */
#define PAXOS_TOLD_NOTHING	(-2)

struct paxos_peer_address {
	u16 node;			/* 0: free */
	bool member;			/* the core knows it by index */
	s8 told;			/* engine: see PAXOS_TOLD_NOTHING */
	struct paxos_address given;	/* by a user; family 0: not */
	struct paxos_address configured;	/* by the configuration; family 0: not */
};

struct paxos_peers {
	spinlock_t lock;		/* of the rest; process context */
	bool changed;			/* the engine has not seen all of it */
	struct paxos_peer_address at[PAXOS_PEERS_MAX];
};

/* The address that counts; family 0: none. */
static inline const struct paxos_address *paxos_peer_address(const struct paxos_peer_address *peer)
{
	return peer->given.sa.sa_family ? &peer->given : &peer->configured;
}

/* Anybody. */
int paxos_peers_give(struct paxos_group *group, u16 node, const struct paxos_address *address);
int paxos_peers_take_back(struct paxos_group *group, u16 node);

/* The engine. */
void paxos_peers_configured(struct paxos_group *group);
void paxos_peers_tell(struct paxos_group *group);

#endif /* _PAXOS_PEERS_H */
