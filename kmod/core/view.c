// SPDX-License-Identifier: GPL-2.0
/*
 * View: what the world may know of a replica, and why nothing is chosen when
 * nothing is chosen.
 */
#include "state.h"

static bool peer_up(const struct paxos_replica *r, unsigned int i)
{
	const struct paxos_peer *peer = &r->peer[i];

	return peer->session && peer->heard_us &&
	       r->now_us - peer->heard_us <= paxos_election_us(r) + paxos_heartbeat_us(r);
}

static u8 peer_health(const struct paxos_replica *r, unsigned int i)
{
	const struct paxos_peer *peer = &r->peer[i];

	if (peer->refused)
		return PAXOS_HEALTH_REFUSED;
	if (!peer_up(r, i))
		return PAXOS_HEALTH_UNREACHABLE;
	if (peer->commit + PAXOS_WINDOW < r->commit)
		return PAXOS_HEALTH_CATCH_UP;
	return PAXOS_HEALTH_OK;
}

static void view_peer(const struct paxos_replica *r, unsigned int i, struct paxos_peer_view *v)
{
	const struct paxos_peer *peer = &r->peer[i];

	*v = (struct paxos_peer_view) {
		.node = r->member[i].node,
		.self = i == r->self,
		.voter = !!(r->newest.voters & paxos_bit(i)),
		.up = i == r->self || peer_up(r, i),
		.health = i == r->self ? PAXOS_HEALTH_OK : peer_health(r, i),
		.heard = peer->heard_us != 0,
		.heard_us = peer->heard_us ? r->now_us - peer->heard_us : 0,
		.rtt_us = peer->rtt_us,
		.commit = i == r->self ? r->commit : peer->commit,
	};
}

static u8 state_of(const struct paxos_replica *r, const struct paxos_view *v)
{
	if (r->restoring)
		return PAXOS_STATE_STARTING;
	if (r->failed)
		return PAXOS_STATE_SUSPENDED;
	if (!r->confirmed)
		return PAXOS_STATE_UNCONFIRMED;
	if (r->snapshot_needed)
		return PAXOS_STATE_SNAPSHOT_NEEDED;
	if (v->voters_up < v->need)
		return PAXOS_STATE_NO_QUORUM;
	return PAXOS_STATE_OK;
}

/* "no quorum: 1 of 3 voters up, need 2; unreachable: 2, 3" */
static void reason_no_quorum(struct paxos_view *v)
{
	const char *between = "";
	size_t size = sizeof(v->reason), used;
	unsigned int i;

	used = snprintf(v->reason, size, "no quorum: %u of %u voters up, need %u; unreachable: ",
			v->voters_up, v->voters, v->need);
	for (i = 0; i < v->peers && used < size; i++) {
		if (!v->peer[i].voter || v->peer[i].up)
			continue;
		used += snprintf(v->reason + used, size - used, "%s%u", between, v->peer[i].node);
		between = ", ";
	}
}

static void reason_of(const struct paxos_replica *r, struct paxos_view *v)
{
	if (v->state == PAXOS_STATE_STARTING)
		return;
	if (v->state == PAXOS_STATE_SUSPENDED) {
		snprintf(v->reason, sizeof(v->reason),
			 "suspended: the disk or an internal check failed; see the kernel log");
		return;
	}
	paxos_contact_reason(r, v->reason, sizeof(v->reason));
	if (v->reason[0])
		return;
	if (v->state == PAXOS_STATE_SNAPSHOT_NEEDED)
		snprintf(v->reason, sizeof(v->reason),
			 "snapshot needed: slots after %llu are trimmed everywhere; install one through %llu or later",
			 (unsigned long long)r->commit,
			 (unsigned long long)r->snapshot_needed - 1);
	else if (v->state == PAXOS_STATE_NO_QUORUM)
		reason_no_quorum(v);
	else if (!v->leader)
		snprintf(v->reason, sizeof(v->reason), "no leader yet: an election is under way");
}

/* Fill @v; the strings and numbers are copies. */
void paxos_replica_view(const struct paxos_replica *r, struct paxos_view *v)
{
	unsigned int i;

	*v = (struct paxos_view) {
		.role = r->newest.voters & paxos_bit(r->self) ? r->role : PAXOS_ROLE_LEARNER,
		.leader = r->leader_ballot ? paxos_ballot_node(r->leader_ballot) : 0,
		.ballot = port_max(r->promised, r->leader_ballot),
		.commit = r->commit,
		.durable = r->durable,
		.delivered = r->delivered,
		.config = r->table.newest.slot,
		.trim = r->trim,
		.voters = paxos_count(r->newest.voters),
		.need = r->newest.majority,
		.peers = r->members,
	};
	for (i = 0; i < r->members; i++) {
		view_peer(r, i, &v->peer[i]);
		v->voters_up += v->peer[i].voter && v->peer[i].up;
	}
	v->state = state_of(r, v);
	reason_of(r, v);
}
