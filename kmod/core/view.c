// SPDX-License-Identifier: GPL-2.0
/*
 * View: what the world may know of a replica, and why nothing is chosen when
 * nothing is chosen.
 */
#include "state.h"

static bool peer_up(const struct paxos_replica *r, unsigned int i)
{
	const struct paxos_peer *peer = &r->peer[i];

	if (i == r->self)
		return true;
	return peer->session && peer->heard_us &&
	       r->now_us - peer->heard_us <= paxos_election_us(r) + paxos_heartbeat_us(r);
}

/* Does it vote, as far as we know? */
static bool votes(const struct paxos_replica *r, unsigned int i)
{
	if (i == r->self)
		return !r->failed && !r->forgotten;
	return peer_up(r, i) && !r->peer[i].forgotten;
}

static u8 peer_health(const struct paxos_replica *r, unsigned int i)
{
	const struct paxos_peer *peer = &r->peer[i];

	if (i == r->self)
		return r->forgotten ? PAXOS_HEALTH_FORGOTTEN : PAXOS_HEALTH_OK;
	if (peer->refused)
		return PAXOS_HEALTH_REFUSED;
	if (!peer_up(r, i))
		return PAXOS_HEALTH_UNREACHABLE;
	if (peer->forgotten)
		return PAXOS_HEALTH_FORGOTTEN;
	if (peer->commit + PAXOS_WINDOW < r->commit)
		return PAXOS_HEALTH_CATCH_UP;
	return PAXOS_HEALTH_OK;
}

/* The oldest slot that this leader has proposed in, and no majority accepted yet. */
static const struct paxos_slot *oldest_open(const struct paxos_replica *r)
{
	struct paxos_slot *slot;

	if (!paxos_leads(r) || r->next_slot <= r->commit + 1)
		return NULL;
	slot = paxos_slot_at(r, r->commit + 1);
	return slot && slot->proposed ? slot : NULL;
}

static void view_peer(const struct paxos_replica *r, unsigned int i, struct paxos_peer_view *v)
{
	const struct paxos_slot *open = oldest_open(r);
	const struct paxos_peer *peer = &r->peer[i];

	*v = (struct paxos_peer_view) {
		.node = r->member[i].node,
		.self = i == r->self,
		.voter = !!(r->newest.voters & paxos_bit(i)),
		.member = !!(r->newest.members & paxos_bit(i)),
		.up = peer_up(r, i),
		.health = peer_health(r, i),
		.accepted = open && open->votes & paxos_bit(i),
		.heard = peer->heard_us != 0,
		.heard_us = peer->heard_us ? r->now_us - peer->heard_us : 0,
		.rtt_us = peer->rtt_us,
		.used = i == r->self ? r->used : peer->used,
		.full = i == r->self ? r->full : peer->full,
		.commit = i == r->self ? r->commit : peer->commit,
		.known = r->member[i].known,
		.endpoint = r->member[i].endpoint,
	};
	memcpy(v->disk, r->member[i].disk, sizeof(v->disk));
}

static u8 state_of(const struct paxos_replica *r, const struct paxos_view *v)
{
	if (r->restoring)
		return PAXOS_STATE_STARTING;
	if (r->failed)
		return PAXOS_STATE_SUSPENDED;
	if (r->forgotten)
		return PAXOS_STATE_FORGOTTEN;
	if (paxos_removed(r))
		return PAXOS_STATE_REMOVED;
	if (r->snapshot_needed || r->repair_needs)
		return PAXOS_STATE_SNAPSHOT_NEEDED;
	if (!r->confirmed && r->settings.join)
		return PAXOS_STATE_JOINING;
	if (!r->confirmed)
		return PAXOS_STATE_UNCONFIRMED;
	if (v->voters_up < v->need)
		return PAXOS_STATE_NO_QUORUM;
	return PAXOS_STATE_OK;
}

/* "; forgotten: 2, 3": voters that do not count, being up or not. */
static size_t list_voters(struct paxos_view *v, size_t used, const char *what, bool up)
{
	size_t size = sizeof(v->reason);
	const char *between = what;
	unsigned int i;

	for (i = 0; i < v->peers && used < size; i++) {
		if (!v->peer[i].voter || v->peer[i].up != up)
			continue;
		if (up && v->peer[i].health != PAXOS_HEALTH_FORGOTTEN)
			continue;
		used += snprintf(v->reason + used, size - used, "%s%u", between, v->peer[i].node);
		between = ", ";
	}
	return used;
}

/* "no quorum: 1 of 3 voters up, need 2; unreachable: 2, 3" */
static void reason_no_quorum(struct paxos_view *v)
{
	size_t used;

	used = snprintf(v->reason, sizeof(v->reason), "no quorum: %u of %u voters up, need %u",
			v->voters_up, v->voters, v->need);
	used = list_voters(v, used, "; unreachable: ", false);
	list_voters(v, used, "; forgotten: ", true);
}

/* "no majority has room for new values: trim on each of 1, 2" */
static void reason_no_room(struct paxos_view *v)
{
	size_t size = sizeof(v->reason), used;
	const char *between = "";
	unsigned int i;

	used = snprintf(v->reason, size, "no majority has room for new values: trim on each of ");
	for (i = 0; i < v->peers && used < size; i++) {
		if (!v->peer[i].voter || !v->peer[i].full)
			continue;
		used += snprintf(v->reason + used, size - used, "%s%u", between, v->peer[i].node);
		between = ", ";
	}
}

static void reason_forgotten(const struct paxos_replica *r, struct paxos_view *v)
{
	size_t size = sizeof(v->reason), used;

	if (r->forgotten_by)
		used = snprintf(v->reason, size,
				"forgotten: node %u knows a later state of this disk",
				r->forgotten_by);
	else
		used = snprintf(v->reason, size,
				"forgotten: this disk lost something it had promised");
	snprintf(v->reason + used, size - used, "; format it as a new node to `member replace %u`",
		 r->settings.node);
}

/* Rule 9: nothing goes on beyond a slot whose value nobody in reach has. */
static bool reason_damaged(const struct paxos_replica *r, struct paxos_view *v)
{
	u64 slot = paxos_faulty_blocked(r);

	if (!slot)
		return false;
	snprintf(v->reason, sizeof(v->reason),
		 "slot %llu: its value is damaged on all that answered; waiting for the others",
		 (unsigned long long)slot);
	return true;
}

static void reason_of(const struct paxos_replica *r, struct paxos_view *v)
{
	switch (v->state) {
	case PAXOS_STATE_STARTING:
		return;
	case PAXOS_STATE_SUSPENDED:
		snprintf(v->reason, sizeof(v->reason),
			 "suspended: the disk or an internal check failed; see the kernel log");
		return;
	case PAXOS_STATE_FORGOTTEN:
		reason_forgotten(r, v);
		return;
	case PAXOS_STATE_REMOVED:
		snprintf(v->reason, sizeof(v->reason),
			 "removed: node %u is no member any more, nor ever again; delete the group",
			 r->settings.node);
		return;
	}
	if (v->state != PAXOS_STATE_SNAPSHOT_NEEDED)
		paxos_contact_reason(r, v->reason, sizeof(v->reason));
	if (v->reason[0] || reason_damaged(r, v))
		return;
	if (v->state == PAXOS_STATE_SNAPSHOT_NEEDED && !r->snapshot_needed)
		snprintf(v->reason, sizeof(v->reason),
			 "snapshot needed: slot %llu is damaged here and trimmed everywhere; install one through %llu or later",
			 (unsigned long long)r->repair[0], (unsigned long long)v->snapshot);
	else if (v->state == PAXOS_STATE_SNAPSHOT_NEEDED)
		snprintf(v->reason, sizeof(v->reason),
			 "snapshot needed: slots after %llu are trimmed everywhere; install one through %llu or later",
			 (unsigned long long)r->commit, (unsigned long long)v->snapshot);
	else if (v->state == PAXOS_STATE_NO_QUORUM)
		reason_no_quorum(v);
	else if (r->no_room)
		reason_no_room(v);
	else if (!v->leader && r->settings.mode != PAXOS_MODE_BASIC)
		snprintf(v->reason, sizeof(v->reason), "no leader yet: an election is under way");
}

/* How far a snapshot has to reach, if one is needed; 0: none is. */
static u64 snapshot_of(const struct paxos_replica *r)
{
	u64 first_kept = r->snapshot_needed ? r->snapshot_needed : r->repair_needs;

	return first_kept ? first_kept - 1 : 0;
}

/* Fill @v; the strings and numbers are copies. */
void paxos_replica_view(const struct paxos_replica *r, struct paxos_view *v)
{
	const struct paxos_slot *open = oldest_open(r);
	unsigned int i;

	*v = (struct paxos_view) {
		.role = r->voters & paxos_bit(r->self) ? r->role : PAXOS_ROLE_LEARNER,
		.leader = r->leader_ballot ? paxos_ballot_node(r->leader_ballot) : 0,
		.ballot = port_max(r->promised, r->leader_ballot),
		.commit = r->commit,
		.durable = r->durable,
		.delivered = r->delivered,
		.config = r->table.newest.slot,
		.trim = r->trim,
		.open = open ? open->slot : 0,
		.snapshot = snapshot_of(r),
		.voters = paxos_count(r->newest.voters),
		.need = r->newest.majority,
		.voter = !!(r->newest.voters & paxos_bit(r->self)),
		.damaged = r->repairs + (paxos_faulty_blocked(r) != 0),
		.peers = r->members,
	};
	for (i = 0; i < r->members; i++) {
		view_peer(r, i, &v->peer[i]);
		v->voters_up += v->peer[i].voter && votes(r, i);
	}
	v->state = state_of(r, v);
	reason_of(r, v);
}
