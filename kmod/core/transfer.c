// SPDX-License-Identifier: GPL-2.0
/*
 * Transfer: handing leadership over to a caught-up voter.
 *
 * No ballot is handed over: the leader proposes nothing new for a while and tells
 * the other to try, which it does at once, without pre-votes, with a whole phase 1
 * and a round of its own.  If nothing comes of it, the leader goes on.
 */
#include "state.h"

/* Why @node cannot be the leader now, as far as we know. */
static u8 objection(const struct paxos_replica *r, u16 node)
{
	int at = paxos_replica_member(r, node);
	const struct paxos_peer *peer;

	if (r->settings.mode == PAXOS_MODE_BASIC)
		return PAXOS_WHY_MODE;
	if (at < 0 || !(r->newest.members & paxos_bit(at)))
		return PAXOS_WHY_NOT_MEMBER;
	if (!(r->newest.voters & paxos_bit(at)))
		return PAXOS_WHY_NOT_VOTER;
	peer = &r->peer[at];
	if (at != r->self && (peer->forgotten || peer->commit + PAXOS_WINDOW < r->commit))
		return PAXOS_WHY_BEHIND;
	return PAXOS_WHY_NONE;
}

static void finish(struct paxos_replica *r, enum paxos_outcome outcome, u8 why,
		   struct paxos_effects *fx)
{
	struct paxos_answer answer = {
		.outcome = outcome,
		.why = why,
		.ballot = outcome == PAXOS_OUTCOME_CHOSEN ? r->leader_ballot : 0,
	};

	paxos_answer(fx, r->transfer_cookie, &answer);
	r->transfer_wanted = 0;
	r->transfer_cookie = 0;
}

/* A caller wants @node to lead. */
void paxos_transfer_add(struct paxos_replica *r, u16 node, u64 cookie,
			struct paxos_effects *fx)
{
	struct paxos_answer refused = { .outcome = PAXOS_OUTCOME_REFUSED };

	refused.why = r->transfer_wanted ? PAXOS_WHY_BUSY : objection(r, node);
	if (refused.why) {
		paxos_answer(fx, cookie, &refused);
		return;
	}
	r->transfer_wanted = node;
	r->transfer_cookie = cookie;
	r->transfer_asked_us = 0;
	r->transfer_sent_us = 0;
}

bool paxos_transfer_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx)
{
	if (!r->transfer_wanted || r->transfer_cookie != cookie)
		return false;
	if (r->transfer_asked_us)
		finish(r, PAXOS_OUTCOME_UNKNOWN, PAXOS_WHY_NONE, fx);
	else
		finish(r, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_NO_LEADER, fx);
	return true;
}

/* As leader: begin to hand over, if that makes sense; false: it does not. */
bool paxos_transfer_begin(struct paxos_replica *r, u16 node)
{
	if (r->transfer_to || node == r->settings.node || objection(r, node))
		return false;
	r->transfer_to = node;
	r->transfer_us = r->now_us;
	r->transfer_told_us = 0;
	return true;
}

/* The leader tells us to lead; we need no pre-votes: it gives way. */
static void take_over(struct paxos_replica *r, const struct paxos_message *m,
		      struct paxos_effects *fx)
{
	if (r->ballot || m->ballot < r->promised || m->commit > r->commit + PAXOS_WINDOW ||
	    !paxos_may_lead(r) || paxos_disk_hangs(r))
		return;
	r->highest_round = port_max(r->highest_round, paxos_ballot_round(m->ballot));
	paxos_election_step_down(r);
	paxos_election_campaign(r, fx);
}

/* With a ballot, the word of its owner to us; without, somebody's wish to the leader. */
void paxos_on_transfer(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		       struct paxos_effects *fx)
{
	if (m->slot > PAXOS_NODE_ID_MAX || r->settings.mode == PAXOS_MODE_BASIC)
		return;
	if (!m->ballot) {
		if (paxos_leads(r))
			paxos_transfer_begin(r, m->slot);
	} else if (m->slot == r->settings.node && paxos_ballot_valid(m->ballot) &&
		   paxos_ballot_node(m->ballot) == r->member[from].node) {
		take_over(r, m, fx);
	}
}

static void send(struct paxos_replica *r, u8 to, u64 ballot, u16 node, struct paxos_effects *fx)
{
	struct paxos_message m = {
		.type = PAXOS_TRANSFER,
		.ballot = ballot,
		.slot = node,
		.commit = r->commit,
	};

	paxos_send(fx, paxos_bit(to), 0, &m);
}

/* As leader, while handing over: for at most an election timeout. */
static void hand_over(struct paxos_replica *r, struct paxos_effects *fx)
{
	int to = paxos_replica_member(r, r->transfer_to);

	if (to < 0 || r->now_us - r->transfer_us >= paxos_election_us(r)) {
		r->transfer_to = 0;
		return;
	}
	if (r->transfer_told_us && r->now_us - r->transfer_told_us < paxos_heartbeat_us(r))
		return;
	r->transfer_told_us = r->now_us;
	send(r, to, r->ballot, r->transfer_to, fx);
}

/* To the leader, again and again for an election timeout: datagrams get lost. */
static void ask(struct paxos_replica *r, struct paxos_effects *fx)
{
	int leader = r->leader_ballot ?
		     paxos_replica_member(r, paxos_ballot_node(r->leader_ballot)) : -1;

	if (leader < 0 || (!paxos_leads(r) && !paxos_in_contact(r, leader)))
		return;
	if (!r->transfer_asked_us)
		r->transfer_asked_us = r->now_us;
	else if (r->now_us - r->transfer_asked_us >= paxos_election_us(r) ||
		 r->now_us - r->transfer_sent_us < 2 * paxos_heartbeat_us(r))
		return;
	r->transfer_sent_us = r->now_us;
	if (paxos_leads(r))
		paxos_transfer_begin(r, r->transfer_wanted);
	else
		send(r, leader, 0, r->transfer_wanted, fx);
}

void paxos_transfer_flush(struct paxos_replica *r, struct paxos_effects *fx)
{
	if (!paxos_room(fx, 2 * PAXOS_SMALL_MESSAGE) || fx->answers == PAXOS_ANSWERS_MAX)
		return;
	if (r->transfer_wanted && r->leader_ballot &&
	    paxos_ballot_node(r->leader_ballot) == r->transfer_wanted)
		finish(r, PAXOS_OUTCOME_CHOSEN, PAXOS_WHY_NONE, fx);
	else if (r->transfer_wanted && r->transfer_asked_us &&
		 r->now_us - r->transfer_asked_us >= 3 * paxos_election_us(r))
		finish(r, PAXOS_OUTCOME_UNKNOWN, PAXOS_WHY_NONE, fx);
	else if (r->transfer_wanted)
		ask(r, fx);
	if (r->transfer_to)
		hand_over(r, fx);
}
