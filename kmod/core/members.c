// SPDX-License-Identifier: GPL-2.0
/*
 * Members: who is known by index, and which of them make a majority of what.
 *
 * The table says by id who governs which slots (rule 13); here the ids of the
 * configurations in force get indices, so that votes and promises are masks.
 */
#include "state.h"

/* The index of @node, a new one if need be; -1 without a free one. */
static int member_claim(struct paxos_replica *r, u16 node)
{
	int at = paxos_replica_member(r, node);
	unsigned int i;

	if (at >= 0)
		return at;
	for (i = 0; i < PAXOS_MEMBERS_MAX; i++) {
		if (r->member[i].node)
			continue;
		r->member[i] = (struct paxos_member) { .node = node };
		r->peer[i] = (struct paxos_peer) {};
		r->members = port_max(r->members, i + 1);
		return i;
	}
	return -1;
}

static struct paxos_quorum quorum_of(struct paxos_replica *r, const struct paxos_config *config)
{
	static const u8 none[16];
	const struct paxos_config_member *from;
	struct paxos_quorum quorum = {};
	struct paxos_member *to;
	unsigned int i;
	int at;

	for (i = 0; i < config->members; i++) {
		from = &config->member[i];
		at = member_claim(r, from->node);
		if (!core_check(r, at >= 0))
			return quorum;
		to = &r->member[at];
		if (memcmp(from->disk, none, sizeof(none))) {
			memcpy(to->disk, from->disk, sizeof(to->disk));
			to->known = true;
		}
		if (from->endpoint.family)
			to->endpoint = from->endpoint;
		quorum.members |= paxos_bit(at);
		if (from->voter)
			quorum.voters |= paxos_bit(at);
	}
	quorum.majority = paxos_count(quorum.voters) / 2 + 1;
	return quorum;
}

/* The table's configurations changed. */
void paxos_members_refresh(struct paxos_replica *r)
{
	r->newest = quorum_of(r, &r->table.newest);
	r->older = quorum_of(r, &r->table.older);
	r->voters = r->newest.voters | r->older.voters;
	r->everyone = (r->newest.members | r->older.members) & ~paxos_bit(r->self);
	r->config_told = false;
}

/* The configuration that the superblock names is the first. */
void paxos_members_init(struct paxos_replica *r)
{
	const struct paxos_settings *settings = &r->settings;
	const struct paxos_member_settings *from;
	struct paxos_config *first = &r->base.newest;
	struct paxos_member *member;
	unsigned int i;

	for (i = 0; i < settings->members; i++) {
		from = &settings->member[i];
		member = &r->member[member_claim(r, from->node)];
		member->known = from->known;
		memcpy(member->disk, from->disk, sizeof(member->disk));
		first->member[i] = (struct paxos_config_member) {
			.node = from->node, .voter = from->voter,
		};
	}
	first->members = settings->join ? 0 : settings->members;
	paxos_table_first(&r->table, first);
	paxos_table_first(&r->base, &r->table.newest);
	r->self = member_claim(r, settings->node);
	member = &r->member[r->self];
	member->known = true;
	memcpy(member->disk, settings->disk, sizeof(member->disk));
	paxos_members_refresh(r);
}
