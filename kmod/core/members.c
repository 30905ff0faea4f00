// SPDX-License-Identifier: GPL-2.0
/*
 * Members: who is known by index, and which of them make a majority of what.
 *
 * The table says by id who governs which slots (rule 13); here the ids get
 * indices, so that votes and promises are masks.  An id has one while a
 * configuration in force names it, or it may still have to hear of the last
 * change; while it is about to be added; and, as far as there is room, while there
 * is an address for it: who joins, or was away for long, knows no other way to
 * those that can tell who the members are.  Votes are members' alone.  When an
 * index is given back, every mask forgets it.
 */
#include "state.h"

/*
 * The index of @node, a new one if need be; -1 without a free one.  Those given
 * back are taken again as late as can be: what still waits to be sent names them.
 */
int paxos_members_claim(struct paxos_replica *r, u16 node)
{
	int at = paxos_replica_member(r, node);
	unsigned int n, i;

	if (at >= 0)
		return at;
	for (n = 0; n < PAXOS_MEMBERS_MAX; n++) {
		i = (r->claimed_last + n) % PAXOS_MEMBERS_MAX;
		if (r->member[i].node)
			continue;
		r->claimed_last = i + 1;
		r->member[i] = (struct paxos_member) { .node = node };
		r->peer[i] = (struct paxos_peer) { .acked_us = r->now_us };
		r->members = port_max(r->members, i + 1);
		return i;
	}
	return -1;
}

/* What this index has said is not of whom it stands for from now on. */
static void forget_said(struct paxos_replica *r, unsigned int index)
{
	u32 others = ~paxos_bit(index);
	unsigned int i;

	for (i = 0; i < PAXOS_SLOTS; i++)
		r->slot[i].votes &= others;
	r->promises &= others;
	r->prevotes &= others;
	paxos_faulty_forget_reports(r, index);
}

/* Whoever has this index next must not be taken for who had it. */
static void give_back(struct paxos_replica *r, unsigned int index)
{
	forget_said(r, index);
	r->install.refused &= ~paxos_bit(index);
	if (r->install.peer == index)
		r->install.asked_us = 0;
	if (r->asked_peer == index)
		r->asked_through = 0;
	if (r->promise.to == index)
		paxos_acceptor_release(r);
	if (index != r->self)
		paxos_barrier_forget(r, index);
	r->member[index] = (struct paxos_member) {};
	r->peer[index] = (struct paxos_peer) {};
}

/* Does @config name it? */
static bool named_by(const struct paxos_config *config, u16 node)
{
	return paxos_config_find(config, node) >= 0;
}

static bool is_named(const struct paxos_replica *r, unsigned int index)
{
	u16 node = r->member[index].node;

	if (index == r->self || named_by(&r->table.newest, node))
		return true;
	/* The old node may go when the change is complete, not before. */
	return r->complete < r->table.newest.slot && named_by(&r->table.older, node);
}

static bool keeps_index(const struct paxos_replica *r, unsigned int index)
{
	u16 node = r->member[index].node;

	return is_named(r, index) || (!paxos_table_removed(&r->table, node) &&
				      (r->peer[index].reachable || r->change.applicant == node));
}

/* Of who is named: there is room for all of them, if no others have it. */
static int claim_named(struct paxos_replica *r, u16 node)
{
	int at = paxos_members_claim(r, node);
	unsigned int i;

	for (i = 0; at < 0 && i < r->members; i++) {
		if (is_named(r, i))
			continue;
		give_back(r, i);
		at = paxos_members_claim(r, node);
	}
	return at;
}

/* Its disk is the one that the configuration says: whoever spoke from another was not it. */
static void set_disk(struct paxos_replica *r, unsigned int index, const u8 *disk)
{
	struct paxos_member *member = &r->member[index];

	if (index != r->self && member->known && memcmp(member->disk, disk, 16)) {
		forget_said(r, index);
		r->peer[index] = (struct paxos_peer) {
			.reachable = r->peer[index].reachable, .greet = true,
		};
	}
	member->known = true;
	memcpy(member->disk, disk, sizeof(member->disk));
}

static struct paxos_quorum quorum_of(struct paxos_replica *r, const struct paxos_config *config)
{
	static const u8 none[16];
	const struct paxos_config_member *from;
	struct paxos_quorum quorum = {};
	unsigned int i;
	int at;

	for (i = 0; i < config->members; i++) {
		from = &config->member[i];
		at = claim_named(r, from->node);
		if (!core_check(r, at >= 0))
			return quorum;
		if (at != r->self && memcmp(from->disk, none, sizeof(none)))
			set_disk(r, at, from->disk);
		if (from->endpoint.family)
			r->member[at].endpoint = from->endpoint;
		quorum.members |= paxos_bit(at);
		if (from->voter)
			quorum.voters |= paxos_bit(at);
	}
	quorum.majority = paxos_count(quorum.voters) / 2 + 1;
	return quorum;
}

/* A joiner votes once it knows a configuration that lists its id with its disk. */
static bool lists_us(const struct paxos_replica *r, const struct paxos_config *config)
{
	int at = paxos_config_find(config, r->settings.node);

	return at >= 0 && !memcmp(config->member[at].disk, r->settings.disk, 16);
}

/*
 * The table's configurations changed, or one of them went out of force, or the
 * last change is known to be complete.
 */
void paxos_members_refresh(struct paxos_replica *r)
{
	const struct paxos_table *t = &r->table;
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (r->member[i].node && !keeps_index(r, i))
			give_back(r, i);
	r->newest = quorum_of(r, &t->newest);
	r->older = r->newest;
	if (r->complete < t->newest.slot)
		r->older = quorum_of(r, &t->older);
	r->voters = r->newest.voters;
	if (t->newest.slot && r->delivered + 1 < t->newest.slot + PAXOS_WINDOW)
		r->voters |= r->older.voters;
	/* Who was removed hears of it, until the change is complete. */
	r->everyone = (r->newest.members | r->older.members) & ~paxos_bit(r->self);
	if (r->settings.join && (lists_us(r, &t->newest) || lists_us(r, &t->older)))
		r->confirmed = true;
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
		member = &r->member[paxos_members_claim(r, from->node)];
		member->known = from->known;
		memcpy(member->disk, from->disk, sizeof(member->disk));
		first->member[i] = (struct paxos_config_member) {
			.node = from->node, .voter = from->voter,
		};
	}
	first->members = settings->join ? 0 : settings->members;
	paxos_table_first(&r->table, first);
	paxos_table_first(&r->base, &r->table.newest);
	r->self = paxos_members_claim(r, settings->node);
	member = &r->member[r->self];
	member->known = true;
	memcpy(member->disk, settings->disk, sizeof(member->disk));
	paxos_members_refresh(r);
}
