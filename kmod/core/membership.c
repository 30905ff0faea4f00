// SPDX-License-Identifier: GPL-2.0
/*
 * Membership: changes of the configuration (rule 13).
 *
 * Any node may be asked for one.  It makes the whole new configuration and
 * proposes it as a value; the slot that it is chosen in, and the one it names as
 * its base, decide whether it takes effect (table.c).  It governs from a window
 * later on, and the slots until then are still the old members' to decide: so it
 * is complete, and answered, only when a majority of the new ones durably knows
 * them all.  Until then there is no next one.
 */
#include "state.h"

enum phase {
	PHASE_NONE,
	PHASE_CONTACT,			/* ADD: who is it? */
	PHASE_READY,			/* waits until the last change is complete */
	PHASE_PROPOSED,
	PHASE_SETTLE,			/* it took effect: waits until it is complete */
};

/* The last slot that the configuration before the newest governs. */
static u64 last_of_older(const struct paxos_replica *r)
{
	const struct paxos_config *newest = &r->table.newest;

	return newest->slot ? newest->slot + PAXOS_WINDOW - 1 : 0;
}

/* Nobody who knows more of us than we do may be counted on, nor who is not there. */
static bool is_up(const struct paxos_replica *r, unsigned int member)
{
	if (member == r->self)
		return paxos_may_vote(r);
	return paxos_in_contact(r, member) && !r->peer[member].forgotten;
}

static bool knows_all_durably(const struct paxos_replica *r, unsigned int member, u64 slot)
{
	if (member == r->self)
		return r->durable >= slot;
	return r->peer[member].claim.durable >= slot && !r->peer[member].forgotten;
}

/*
 * Rule 13: a majority of config(s + alpha) durably knows all up to s + alpha - 1 as
 * chosen: from here on the old members may go.
 */
static bool is_complete(const struct paxos_replica *r)
{
	u64 last = last_of_older(r);
	u32 know = 0;
	unsigned int i;

	if (r->commit < last)
		return false;
	for (i = 0; i < r->members; i++)
		if (knows_all_durably(r, i, last))
			know |= paxos_bit(i);
	return paxos_quorum_has(&r->newest, know);
}

static void complete(struct paxos_replica *r)
{
	r->complete = r->table.newest.slot;
	if (r->complete_told < r->complete)
		paxos_notice(r, PAXOS_NOTICE_COMPLETE, 0, r->complete, 0);
	r->complete_told = r->complete;
	paxos_members_refresh(r);
}

/* A peer refuses us as removed, and says which configuration is complete. */
void paxos_membership_told(struct paxos_replica *r, u64 slot)
{
	if (r->complete < r->table.newest.slot && slot >= r->table.newest.slot &&
	    paxos_table_removed(&r->table, r->settings.node))
		complete(r);
}

/* A CONFIG was delivered, @new, or the one before the newest went out of force. */
void paxos_membership_changed(struct paxos_replica *r, bool new)
{
	const struct paxos_table *t = &r->table;

	if (new && !r->restoring) {
		paxos_notice(r, PAXOS_NOTICE_CONFIG, 0, t->newest.slot, 0);
		if (paxos_table_removed(t, r->settings.node) &&
		    paxos_config_find(&t->older, r->settings.node) >= 0)
			paxos_notice(r, PAXOS_NOTICE_REMOVED, r->settings.node, t->newest.slot, 0);
	}
	paxos_members_refresh(r);
}

/* May the leader give @entry a slot?  A CONFIG only when the last change is complete. */
bool paxos_membership_may_propose(struct paxos_replica *r, const struct paxos_entry *entry)
{
	struct paxos_slot *at;
	u64 slot;

	if (entry->type != PAXOS_ENTRY_CONFIG)
		return true;
	if (r->complete < r->table.newest.slot)
		return false;
	for (slot = r->delivered + 1; slot < r->next_slot; slot++) {
		at = paxos_slot_at(r, slot);
		if (at && at->entry.type == PAXOS_ENTRY_CONFIG)
			return false;
	}
	return true;
}

/* ---- what a caller of this node wants ---- */

static void finish(struct paxos_replica *r, const struct paxos_answer *answer,
		   struct paxos_effects *fx)
{
	struct paxos_membership *c = &r->change;
	bool applicant = c->applicant;

	paxos_answer(fx, c->cookie, answer);
	paxos_membership_clear(r);
	if (applicant)
		paxos_members_refresh(r);
}

static void finish_with(struct paxos_replica *r, enum paxos_outcome outcome, u8 why,
			struct paxos_effects *fx)
{
	struct paxos_answer answer = { .outcome = outcome, .why = why, .slot = r->change.slot };

	finish(r, &answer, fx);
}

static void enter(struct paxos_replica *r, u8 phase)
{
	r->change.phase = phase;
	r->change.since_us = r->now_us;
}

static bool is_voter(const struct paxos_replica *r, u16 node)
{
	int at = paxos_config_find(&r->table.newest, node);

	return at >= 0 && r->table.newest.member[at].voter;
}

static bool is_member(const struct paxos_replica *r, u16 node)
{
	return paxos_config_find(&r->table.newest, node) >= 0;
}

/* Would voters that are here be a majority, with @more and without @less? */
static bool would_work(const struct paxos_replica *r, u16 more, u16 less)
{
	u32 voters = r->newest.voters, up = 0;
	unsigned int i;

	for (i = 0; i < r->members; i++) {
		if (r->member[i].node == less)
			voters &= ~paxos_bit(i);
		if (r->member[i].node == more)
			voters |= paxos_bit(i);
		if (is_up(r, i))
			up |= paxos_bit(i);
	}
	return paxos_count(up & voters) > paxos_count(voters) / 2;
}

static u8 objection_to_add(const struct paxos_replica *r, u16 node)
{
	if (is_member(r, node))
		return PAXOS_WHY_IS_MEMBER;
	if (paxos_table_removed(&r->table, node))
		return PAXOS_WHY_USED_ID;
	return r->table.newest.members == PAXOS_NODES_MAX ? PAXOS_WHY_TOO_MANY : PAXOS_WHY_NONE;
}

/* Rule 13: a voter is added only from a learner that has caught up. */
static u8 objection_to_voter(const struct paxos_replica *r, u16 node)
{
	int at = paxos_replica_member(r, node);

	if (at < 0 || !is_member(r, node))
		return PAXOS_WHY_NOT_MEMBER;
	if (is_voter(r, node))
		return PAXOS_WHY_IS_VOTER;
	if (!is_up(r, at) || !r->member[at].known || r->peer[at].refused)
		return PAXOS_WHY_BEHIND;
	if (at != r->self && r->peer[at].commit + PAXOS_WINDOW < r->commit)
		return PAXOS_WHY_BEHIND;
	return PAXOS_WHY_NONE;
}

static u8 objection_to_removal(const struct paxos_replica *r, u16 node)
{
	if (!is_member(r, node))
		return PAXOS_WHY_NOT_MEMBER;
	return r->table.removeds == PAXOS_REMOVED_MAX ? PAXOS_WHY_TOO_MANY : PAXOS_WHY_NONE;
}

/* Why it makes no sense as things are now; NONE: it does. */
static u8 objection(const struct paxos_replica *r, const struct paxos_change *change)
{
	u8 voters = paxos_count(r->newest.voters), why;
	u16 more = 0, less = 0;

	if (paxos_joining(r) || !is_member(r, r->settings.node))
		return PAXOS_WHY_NOT_MEMBER;
	/*
	 * The first change writes down the disks of the first voters (rule 10): they know
	 * them for sure, while a learner may have met a blank one under an old id.
	 */
	if (!r->table.newest.slot && !is_voter(r, r->settings.node))
		return PAXOS_WHY_NOT_VOTER;
	switch (change->op) {
	case PAXOS_MEMBER_ADD:
		return objection_to_add(r, change->node);
	case PAXOS_MEMBER_PROMOTE:
		more = change->node;
		why = objection_to_voter(r, more);
		if (!why && voters == PAXOS_VOTERS_MAX)
			why = PAXOS_WHY_TOO_MANY;
		break;
	case PAXOS_MEMBER_REMOVE:
		less = change->node;
		why = objection_to_removal(r, less);
		if (why || !is_voter(r, less))
			return why;
		if (voters == 1)
			return PAXOS_WHY_LAST_VOTER;
		break;
	default:
		less = change->node;
		more = change->other;
		why = objection_to_removal(r, less);
		if (!why && !is_voter(r, less))
			why = PAXOS_WHY_NOT_VOTER;
		if (!why)
			why = objection_to_voter(r, more);
	}
	if (why)
		return why;
	return change->force || would_work(r, more, less) ? PAXOS_WHY_NONE : PAXOS_WHY_MAJORITY;
}

/* The disks that we know, and that are ours to tell, durably. */
static void fill_in_disks(const struct paxos_replica *r, struct paxos_config *config)
{
	unsigned int i;
	int at;

	for (i = 0; i < config->members; i++) {
		at = paxos_replica_member(r, config->member[i].node);
		if (at >= 0 && r->member[at].known && r->peer[at].pin_lsn <= r->durable_lsn)
			memcpy(config->member[i].disk, r->member[at].disk, 16);
	}
}

static void insert_member(struct paxos_config *config, const struct paxos_change *change)
{
	unsigned int at = config->members++;

	for (; at && config->member[at - 1].node > change->node; at--)
		config->member[at] = config->member[at - 1];
	config->member[at] = (struct paxos_config_member) {
		.node = change->node, .endpoint = change->endpoint,
	};
}

static void remove_member(struct paxos_config *config, u16 node)
{
	unsigned int at = paxos_config_find(config, node);

	config->members--;
	for (; at < config->members; at++)
		config->member[at] = config->member[at + 1];
}

static void promote(struct paxos_config *config, u16 node)
{
	config->member[paxos_config_find(config, node)].voter = true;
}

/* The configuration that comes of it, where there is room for one. */
static const struct paxos_config *changed(struct paxos_replica *r)
{
	const struct paxos_change *change = &r->change.change;
	struct paxos_config *config = &r->table.draft;

	*config = r->table.newest;
	switch (change->op) {
	case PAXOS_MEMBER_ADD:
		insert_member(config, change);
		break;
	case PAXOS_MEMBER_PROMOTE:
		promote(config, change->node);
		break;
	case PAXOS_MEMBER_REMOVE:
		remove_member(config, change->node);
		break;
	default:
		promote(config, change->other);
		remove_member(config, change->node);
	}
	fill_in_disks(r, config);
	return config;
}

static void propose(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_membership *c = &r->change;
	struct paxos_waiting waiting = {
		.value = { .buf = c->change.room, .data = c->change.data },
		.cookie = PAXOS_MEMBERSHIP_COOKIE,
		.type = PAXOS_ENTRY_CONFIG,
	};
	u8 why = objection(r, &c->change);

	if (why) {
		finish_with(r, PAXOS_OUTCOME_REFUSED, why, fx);
		return;
	}
	waiting.value.length = paxos_config_encode(changed(r), r->table.newest.slot,
						   c->change.data);
	if (paxos_pending_add(r, &waiting, fx))
		enter(r, PHASE_PROPOSED);
}

/* ADD: the node gets an index and an address, to be asked who it is. */
static void begin_contact(struct paxos_replica *r, struct paxos_effects *fx)
{
	struct paxos_membership *c = &r->change;
	int at;

	c->applicant = c->change.node;
	at = paxos_members_claim(r, c->applicant);
	if (at < 0) {
		finish_with(r, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_TOO_MANY, fx);
		return;
	}
	r->member[at].endpoint = c->change.endpoint;
	r->config_told = false;
	enter(r, PHASE_CONTACT);
}

/* Somebody wants @change; answered when it is complete, or known to be in vain. */
void paxos_membership_add(struct paxos_replica *r, const struct paxos_change *change,
			  u64 cookie, struct paxos_effects *fx)
{
	struct paxos_membership *c = &r->change;
	struct paxos_answer refused = { .outcome = PAXOS_OUTCOME_REFUSED };

	refused.why = c->phase ? PAXOS_WHY_BUSY : objection(r, change);
	if (refused.why) {
		paxos_answer(fx, cookie, &refused);
		return;
	}
	c->cookie = cookie;
	c->change = *change;
	if (change->room)
		paxos_buf_get(change->room);
	if (change->op == PAXOS_MEMBER_ADD)
		begin_contact(r, fx);
	else
		enter(r, PHASE_READY);
}

/* Does our CONFIG still wait to leave? */
static bool never_left(const struct paxos_replica *r)
{
	u32 i;

	for (i = r->waiting_head; i != r->waiting_tail; i++)
		if (r->waiting[i % PAXOS_WAITING_MAX].cookie == PAXOS_MEMBERSHIP_COOKIE)
			return true;
	return false;
}

bool paxos_membership_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	bool withdrawn = r->change.phase < PHASE_PROPOSED;

	if (!r->change.phase || r->change.cookie != cookie)
		return false;
	if (r->change.phase == PHASE_PROPOSED) {
		withdrawn = never_left(r);
		paxos_pending_give_up(r, PAXOS_MEMBERSHIP_COOKIE, fx);
	}
	finish_with(r, withdrawn ? PAXOS_OUTCOME_WITHDRAWN : PAXOS_OUTCOME_UNKNOWN,
		    PAXOS_WHY_NONE, fx);
	return true;
}

/* Our CONFIG was chosen; as a no-op: another one came first. */
void paxos_membership_delivered(struct paxos_replica *r, const struct paxos_chosen *chosen,
				struct paxos_effects *fx)
{
	if (r->change.phase != PHASE_PROPOSED)
		return;
	if (chosen->type != PAXOS_ENTRY_CONFIG) {
		finish_with(r, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_OVERTAKEN, fx);
		return;
	}
	r->change.slot = chosen->slot;
	enter(r, PHASE_SETTLE);
}

static bool waited(const struct paxos_replica *r, u32 timeouts)
{
	return r->now_us - r->change.since_us >= timeouts * paxos_election_us(r);
}

static void step_contact(struct paxos_replica *r, struct paxos_effects *fx)
{
	int at = paxos_replica_member(r, r->change.applicant);

	if (at >= 0 && r->member[at].known && r->peer[at].pin_lsn <= r->durable_lsn &&
	    paxos_in_contact(r, at))
		enter(r, PHASE_READY);
	else if (waited(r, 3))
		finish_with(r, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_NO_ANSWER, fx);
}

static void step_ready(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (r->complete == r->table.newest.slot)
		propose(r, fx);
	else if (waited(r, 2))
		finish_with(r, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_BUSY, fx);
}

static void step_change(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (r->change.phase == PHASE_CONTACT)
		step_contact(r, fx);
	if (r->change.phase == PHASE_READY)
		step_ready(r, fx);
	/* Nobody would tell us any more what became of it. */
	if (r->change.phase == PHASE_PROPOSED && (r->forgotten || !is_member(r, r->settings.node)))
		finish_with(r, PAXOS_OUTCOME_UNKNOWN, PAXOS_WHY_NONE, fx);
	if (r->change.phase == PHASE_SETTLE &&
	    (r->complete >= r->change.slot || r->table.newest.slot > r->change.slot))
		finish_with(r, PAXOS_OUTCOME_CHOSEN, PAXOS_WHY_NONE, fx);
}

/* The others wait to hear that we know the old slots: not as lazily as else. */
static void write_commit(struct paxos_replica *r, struct paxos_effects *fx)
{
	u64 last = last_of_older(r);

	if (r->commit < last || r->recorded >= last || fx->journal_full ||
	    !paxos_batch_has_room(fx->batch, 1, 0))
		return;
	paxos_record_commit(r, fx);
	fx->batch->urgent = true;
}

void paxos_membership_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (r->complete < r->table.newest.slot) {
		write_commit(r, fx);
		if (is_complete(r))
			complete(r);
	}
	if (r->change.phase && fx->answers < PAXOS_ANSWERS_MAX)
		step_change(r, fx);
}

void paxos_membership_clear(struct paxos_replica *r)
{
	if (r->change.change.room)
		paxos_buf_put(r->change.change.room);
	r->change = (struct paxos_membership) {};
}
