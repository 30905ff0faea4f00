/* SPDX-License-Identifier: GPL-2.0 */
/*
 * State of a replica, and what its rooms offer each other.  Private to core/.
 *
 *	contact.c	who is there: handshake, disks, confirmation	(rule 10)
 *	acceptor.c	promises and acceptances			(rules 1-3)
 *	proposer.c	phase 1, phase 2, holes				(rules 3-5)
 *	learner.c	what is chosen, in order			(rules 5, 8)
 *	election.c	who leads: pre-vote, heartbeats, stepping down
 *	pending.c	this node's own proposals			(rules 8, 11)
 *	session.c	exactly once					(rule 8)
 *	catchup.c	fetching what was missed
 *	slots.c		the ring of slots and the journal's records of them
 *	replica.c	step and flush: puts them together
 */
#ifndef _PAXOS_CORE_STATE_H
#define _PAXOS_CORE_STATE_H

#include "ballot.h"
#include "replica.h"

/* Slots, in powers of two. */
#define PAXOS_WINDOW		256u	/* open at once; the alpha of membership changes */
#define PAXOS_SLOTS		1024u	/* in memory */
#define PAXOS_AHEAD		512u	/* of them, above what is delivered */
#define PAXOS_BEHIND		(PAXOS_SLOTS - PAXOS_AHEAD)

#define PAXOS_OPEN_BYTES	(1024u * 1024)	/* of values a leader has open at once */
#define PAXOS_SESSION_WINDOW	512u	/* proposals of one origin in flight (rule 8) */
#define PAXOS_WAITING_MAX	512u	/* own proposals that have not left yet */
#define PAXOS_QUEUE_MAX		1024u	/* forwarded proposals that wait for a slot */
#define PAXOS_LEARN_SLOTS	256u	/* asked for by one LEARN */
#define PAXOS_LEARN_BYTES	(48u << 10)	/* answered to one LEARN, about */
#define PAXOS_LEARN_BODY	(16u << 10)	/* of them in one body, about */
#define PAXOS_FRAGMENTS_MAX	(PAXOS_AHEAD + 1)	/* of one promise */
#define PAXOS_RESENDS_MAX	32u	/* slots or proposals sent again in one tick */
#define PAXOS_COMMIT_LAZY_US	500000u	/* an idle node writes its commit index after this */

/* A message of several small values is closed when it fills a datagram. */
#define PAXOS_BODY_TARGET	PAXOS_PIECE_MAX

static_assert(PAXOS_WINDOW + PAXOS_WINDOW <= PAXOS_AHEAD, "followers may lag by a window");

struct paxos_slot {
	u64 slot;			/* 0: unused */
	u64 ballot;			/* this node accepted @entry at it; 0: it did not */
	u64 learned;			/* a peer holds the chosen value at it; 0: not told */
	u64 lsn;			/* of the record of it */
	struct paxos_entry entry;
	u64 report_ballot;		/* candidate: highest that a promise reports */
	struct paxos_entry report;
	u64 sent_us;			/* leader: when it last left */
	u32 votes;			/* leader: members that accepted at our ballot */
	bool chosen;
	bool proposed;			/* leader: at our ballot */
};

/* Report of a slot that is known to be chosen: above any ballot. */
#define PAXOS_REPORT_CHOSEN	(~0ull)

/* What one origin had delivered: the window below and at @newest (rule 8). */
struct paxos_session {
	u64 incarnation;
	u64 nonce;
	u64 newest;
	u64 delivered[PAXOS_SESSION_WINDOW / 64];
};

/* An own proposal that left: it stays until it is delivered. */
struct paxos_outstanding {
	struct paxos_entry entry;	/* type 0: free */
	u64 cookie;			/* 0: nobody waits any more */
	u64 sent_us;
};

struct paxos_waiting {
	struct paxos_value value;
	u64 cookie;
};

/* The answer to a PREPARE: frozen, so that its fragments belong together (rule 4). */
struct paxos_promise {
	u64 ballot;			/* 0: none */
	u8 to;
	u64 first;
	u64 commit;
	u64 number;
	u64 lsn;			/* the promise is durable through it */
	u16 items, next, fragment, fragments;
	struct paxos_item item[PAXOS_AHEAD];	/* each holds a reference */
};

/* What one member answered to our PREPARE. */
struct paxos_collected {
	u64 number;			/* of the answer being collected; 0: none */
	u16 count, got;
	u64 fragment[(PAXOS_FRAGMENTS_MAX + 63) / 64];
};

struct paxos_peer {
	bool reachable;			/* it has an address */
	bool refused;			/* the last that claimed its id had another disk */
	bool agrees;			/* it confirmed the very disks that we did */
	bool greet;			/* a HELLO is due */
	u64 greeted_us;
	u64 session;			/* its nonce; 0: not in contact */
	u64 claimed;			/* session of its last HELLO, proven or not */
	u64 incarnation;
	u64 heard_us;			/* 0: never */
	u64 acked_us;			/* leader: when the last acknowledged heartbeat left */
	u64 commit;			/* the highest commit index it told */
	u32 rtt_us;
	u64 pin_lsn;			/* of the record that confirms its disk */
	u64 learn_from, learn_last;	/* its LEARN that is to be answered; last 0: none */
	struct paxos_collected collected;
};

struct paxos_replica {
	struct paxos_settings settings;	/* .member[].disk is pinned as peers show up */
	u8 self;			/* index of this node among the members */
	u32 voters;			/* mask of members */
	u32 everyone;			/* mask of members but this one */
	u8 majority;			/* of the voters */

	bool restoring;
	bool failed;			/* fail-stop */
	bool confirmed;			/* rule 10: may vote and propose */
	u64 confirmed_lsn;		/* of its record; 0: not written */
	u64 refused_us;			/* a peer last refused us; 0: never */
	u16 refused_by;
	u8 refused_why;

	u64 now_us;
	u64 tick_us;			/* when the next tick is due */
	u64 random;

	/* acceptor */
	u64 promised;			/* highest ballot promised, for all slots */
	u64 promised_lsn;
	u64 ballot_used;		/* highest ballot campaigned with */
	u64 answers;			/* promises answered so far: numbers of answers */
	struct paxos_promise promise;

	/* learner */
	u64 commit;			/* all up to it are chosen */
	u64 delivered;			/* all up to it were delivered */
	u64 recorded, recorded_lsn;	/* commit index last appended to the journal */
	u64 durable;			/* commit index that is durable */
	u64 moved_us;			/* when the commit index last moved */
	u64 durable_lsn;
	struct paxos_slot slot[PAXOS_SLOTS];
	struct paxos_session session[PAXOS_NODES_MAX];

	/* election */
	u8 role;			/* enum paxos_role */
	u64 highest_round;		/* seen anywhere */
	u64 deadline_us;		/* of the follower's or candidate's patience */
	u64 leader_ballot;		/* of the leader that was heard; 0: none */
	u64 leader_heard_us;
	u64 wanted;			/* ballot of the pre-vote under way; 0: none */
	u32 prevotes;

	/* candidate and leader */
	u64 ballot;			/* ours; 0: none */
	u64 ballot_lsn;			/* PREPARE leaves when it is durable (rule 3) */
	u64 prepared_us;		/* PREPARE last left */
	u64 first;			/* PREPARE's first slot */
	u32 promises;			/* members whose promise is complete */
	u64 reported_commit;		/* highest commit index in a promise */
	u64 reported_slot;		/* highest slot in a promise */
	u64 first_own;			/* first slot that our ballot proposes in */
	u64 next_slot;			/* the next it will propose in */
	bool noop_due;			/* every new ballot proposes a no-op */
	u64 open_bytes;			/* proposed, not chosen */
	u64 heartbeat;			/* number of the last */
	u64 heartbeat_us;
	u64 told;			/* commit index that the others were told */

	/* proposals: queue of a leader; waiting and outstanding of an origin */
	u32 queue_head, queue_tail;
	struct paxos_entry queue[PAXOS_QUEUE_MAX];
	u32 waiting_head, waiting_tail;
	struct paxos_waiting waiting[PAXOS_WAITING_MAX];
	u64 sequence;			/* of the next that leaves */
	struct paxos_outstanding outstanding[PAXOS_SESSION_WINDOW];
	u64 retry_us;			/* none of them is due before */

	/* catch-up */
	u64 asked_through;		/* last slot asked for; 0: nothing asked */
	u64 asked_us;
	u8 asked_peer;

	struct paxos_peer peer[PAXOS_NODES_MAX];
};

/*
 * Our own mistake: the group stops, the kernel goes on.  True if @condition
 * holds; who gets false returns at once.
 */
#define core_check(replica, condition)					\
	((condition) ? true :						\
	 (port_violated(#condition), (replica)->failed = true, false))

static inline u32 paxos_bit(unsigned int member)
{
	return 1u << member;
}

static inline unsigned int paxos_count(u32 mask)
{
	return port_popcount(mask);
}

static inline bool paxos_is_majority(const struct paxos_replica *r, u32 members)
{
	return paxos_count(members & r->voters) >= r->majority;
}

static inline u64 paxos_heartbeat_us(const struct paxos_replica *r)
{
	return r->settings.heartbeat_ms * 1000ull;
}

static inline u64 paxos_election_us(const struct paxos_replica *r)
{
	return r->settings.election_ms * 1000ull;
}

/* May this node promise, accept, and lead?  (rules 7, 10) */
static inline bool paxos_may_vote(const struct paxos_replica *r)
{
	return r->confirmed && !r->failed && (r->voters & paxos_bit(r->self));
}

static inline bool paxos_leads(const struct paxos_replica *r)
{
	return r->role == PAXOS_ROLE_LEADER;
}

/* replica.c */
u64 paxos_random(struct paxos_replica *r);
bool paxos_room(const struct paxos_effects *fx, u32 bytes);
u8 *paxos_body_room(struct paxos_effects *fx);
void paxos_send_body(struct paxos_effects *fx, u32 to, u64 lsn, u8 type, u32 length);
void paxos_send(struct paxos_effects *fx, u32 to, u64 lsn, const struct paxos_message *message);
void paxos_reply(struct paxos_effects *fx, const struct paxos_message *message);

/* slots.c */
struct paxos_slot *paxos_slot_at(struct paxos_replica *r, u64 slot);
struct paxos_slot *paxos_slot_claim(struct paxos_replica *r, u64 slot);
void paxos_slots_forget_reports(struct paxos_replica *r);
void paxos_slots_clear(struct paxos_replica *r);
void paxos_record_accepted(struct paxos_replica *r, struct paxos_effects *fx,
			   struct paxos_slot *slot);
void paxos_record_learned(struct paxos_replica *r, struct paxos_effects *fx,
			  struct paxos_slot *slot);
void paxos_record_commit(struct paxos_replica *r, struct paxos_effects *fx);

/* contact.c */
void paxos_contact_init(struct paxos_replica *r);
bool paxos_contact_check(struct paxos_replica *r, const struct paxos_head *head, u8 from);
void paxos_on_hello(struct paxos_replica *r, const struct paxos_head *head,
		    const struct paxos_message *m, u8 from, struct paxos_effects *fx);
void paxos_on_refused(struct paxos_replica *r, const struct paxos_head *head,
		      const struct paxos_message *m);
void paxos_contact_stranger(struct paxos_effects *fx);
void paxos_contact_tick(struct paxos_replica *r);
void paxos_contact_written(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_contact_flush(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_contact_reason(const struct paxos_replica *r, char *text, size_t size);

/* acceptor.c */
void paxos_promise_ballot(struct paxos_replica *r, struct paxos_effects *fx, u64 ballot);
void paxos_on_prepare(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		      struct paxos_effects *fx);
void paxos_on_accept(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		     struct paxos_effects *fx);
void paxos_acceptor_flush(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_acceptor_release(struct paxos_replica *r);
void paxos_nack(struct paxos_replica *r, u8 to, u64 refused, struct paxos_effects *fx);

/* proposer.c */
void paxos_proposer_prepare(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_on_promise(struct paxos_replica *r, const struct paxos_message *m, u8 from);
void paxos_on_accepted(struct paxos_replica *r, const struct paxos_message *m, u8 from);
void paxos_on_forward(struct paxos_replica *r, const struct paxos_message *m);
void paxos_proposer_written(struct paxos_replica *r);
void paxos_proposer_tick(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_proposer_flush(struct paxos_replica *r, struct paxos_effects *fx);
bool paxos_proposer_knows(struct paxos_replica *r, const struct paxos_proposal_id *id);
bool paxos_proposer_enqueue(struct paxos_replica *r, const struct paxos_entry *entry);
void paxos_proposer_stop(struct paxos_replica *r);

/* learner.c */
void paxos_learner_advance(struct paxos_replica *r);
void paxos_learner_commit_index(struct paxos_replica *r, u64 ballot, u64 commit);
void paxos_learner_deliver(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_learner_tick(struct paxos_replica *r, struct paxos_effects *fx);

/* session.c */
bool paxos_session_deliver(struct paxos_session *session, const struct paxos_proposal_id *id);
bool paxos_session_delivered(const struct paxos_session *session,
			     const struct paxos_proposal_id *id);

/* election.c */
void paxos_election_patience(struct paxos_replica *r);
void paxos_election_heard(struct paxos_replica *r, u64 ballot);
void paxos_election_lead(struct paxos_replica *r);
void paxos_election_step_down(struct paxos_replica *r);
void paxos_election_tick(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_election_flush(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_on_prevote(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		      struct paxos_effects *fx);
void paxos_on_prevote_yes(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			  struct paxos_effects *fx);
void paxos_on_nack(struct paxos_replica *r, const struct paxos_message *m);
void paxos_on_heartbeat(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			struct paxos_effects *fx);
void paxos_on_heartbeat_ack(struct paxos_replica *r, const struct paxos_message *m, u8 from);

/* pending.c */
bool paxos_pending_add(struct paxos_replica *r, const struct paxos_value *value, u64 cookie,
		       struct paxos_effects *fx);
void paxos_pending_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx);
struct paxos_outstanding *paxos_pending_leave(struct paxos_replica *r);
void paxos_pending_delivered(struct paxos_replica *r, const struct paxos_chosen *chosen,
			     struct paxos_effects *fx);
void paxos_pending_retry_all(struct paxos_replica *r);
void paxos_pending_flush(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_pending_clear(struct paxos_replica *r);

/* catchup.c */
void paxos_on_learn(struct paxos_replica *r, const struct paxos_message *m, u8 from);
void paxos_on_learnt(struct paxos_replica *r, const struct paxos_message *m,
		     struct paxos_effects *fx);
void paxos_catchup_tick(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_catchup_flush(struct paxos_replica *r, struct paxos_effects *fx);

#endif /* _PAXOS_CORE_STATE_H */
