/* SPDX-License-Identifier: GPL-2.0 */
/*
 * State of a replica, and what its rooms offer each other.  Private to core/.
 *
 *	members.c	who is known by index, and the quorums		(rule 13)
 *	contact.c	who is there: handshake, disks, confirmation	(rule 10)
 *	claims.c	what peers' lives said, kept over our own	(rule 10)
 *	acceptor.c	promises and acceptances			(rules 1-3)
 *	proposer.c	phase 1, phase 2, holes				(rules 3-5)
 *	learner.c	what is chosen, in order			(rules 5, 8)
 *	election.c	who leads: pre-vote, heartbeats, stepping down
 *	pending.c	this node's own proposals			(rules 8, 11)
 *	faulty.c	values that rotted: reports and repair		(rule 9)
 *	basic.c		mode basic: who campaigns when
 *	barrier.c	slots for linearizable reads
 *	transfer.c	handing leadership over
 *	membership.c	changes of the configuration			(rule 13)
 *	trim.c		the trim point, and what it refuses		(rule 6)
 *	install.c	beginning from a snapshot			(rule 8)
 *	table.c		exactly once, and who the members are		(rules 8, 13)
 *	catchup.c	fetching what was missed
 *	slots.c		the ring of slots and the journal's records of them
 *	replica.c	step and flush: puts them together
 */
#ifndef _PAXOS_CORE_STATE_H
#define _PAXOS_CORE_STATE_H

#include "ballot.h"
#include "replica.h"

/* Slots, in powers of two. */
#define PAXOS_SLOTS		1024u	/* in memory */
#define PAXOS_AHEAD		512u	/* of them, above what is delivered */
#define PAXOS_BEHIND		(PAXOS_SLOTS - PAXOS_AHEAD)

#define PAXOS_OPEN_BYTES	(1024u * 1024)	/* of values a leader has open at once */
/*
 * So many at first, and as many more as were chosen: where leaders change faster than
 * a whole window is chosen, each change would only write that window once more.
 */
#define PAXOS_OPEN_BYTES_FIRST	(64u * 1024)
#define PAXOS_WAITING_MAX	512u	/* own proposals that have not left yet */
#define PAXOS_QUEUE_MAX		1024u	/* forwarded proposals that wait for a slot */
#define PAXOS_CLIENTS_OUTSTANDING 64u	/* clients' proposals that left, unanswered */
#define PAXOS_BARRIERS_MAX	256u	/* own callers', and forwarded ones */
#define PAXOS_FAULTS_MAX	2048u	/* FAULTY reports of one phase 1 */
#define PAXOS_REPAIRS_MAX	4096u	/* damaged slots that wait for repair; more: rule 7 */
#define PAXOS_LEARN_SLOTS	256u	/* asked for by one LEARN */
#define PAXOS_LEARN_BYTES	(48u << 10)	/* answered to one LEARN, about */
#define PAXOS_LEARN_BODY	(16u << 10)	/* of them in one body, about */
#define PAXOS_FRAGMENTS_MAX	(PAXOS_AHEAD + 1)	/* of one promise */
#define PAXOS_RESENDS_MAX	32u	/* slots or proposals sent again in one go */
#define PAXOS_DOUBLINGS_MAX	8u	/* of the time until something is sent again */
#define PAXOS_RESEND_BYTES	(64u << 10)	/* and of their values in one tick, about */
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
	u8 resent;			/* so often again, PAXOS_DOUBLINGS_MAX at most */
	u64 voted;
	u32 votes;			/* members that accepted at @voted; leader: at our ballot */
	bool chosen;
	bool faulty;			/* accepted at @ballot, or chosen; but the value is lost */
	bool proposed;			/* leader: at our ballot */
};

/* Report of a slot that is known to be chosen: above any ballot. */
#define PAXOS_REPORT_CHOSEN	(~0ull)

/*
 * A node that is known by index: as long as some configuration in force names it,
 * and then once more for another.  Masks are of these indices.
 */
struct paxos_member {
	u16 node;			/* 0: the index is free */
	bool known;			/* @disk is confirmed */
	u8 disk[16];
	struct paxos_endpoint endpoint;	/* as the configuration says */
};

/* A configuration in force, as masks (rule 13: config(t)). */
struct paxos_quorum {
	u32 members, voters;
	u8 majority;			/* of the voters */
};

/* An own proposal that left: it stays until it is delivered. */
struct paxos_outstanding {
	struct paxos_entry entry;	/* type 0: free */
	u64 cookie;			/* 0: nobody waits any more */
	u64 sent_us;
	u8 resent;			/* to this leader again: as in a slot */
};

/* The cookie of a CONFIG proposal: what became of it is membership.c's to know. */
#define PAXOS_MEMBERSHIP_COOKIE	(~0ull)

/* An own proposal that has not left; type CONFIG: of membership.c. */
struct paxos_waiting {
	struct paxos_value value;
	u64 cookie;
	u64 client, sequence;		/* 0: none */
	u8 type;
};

/* A barrier under way: an own caller's, or one that a peer asked us for. */
struct paxos_barrier {
	u64 number;			/* our own of it; 0: free */
	u64 cookie;			/* own: the caller's */
	u8 from;			/* member; self: own */
	bool relayed;			/* goes to the leader, if that is us, or nowhere */
	bool counted;			/* leader: @slot and @round are set */
	bool confirmed;			/* @slot is the answer */
	u64 slot;
	u64 round;			/* what must be confirmed: see barrier.c */
	u64 sent_us;			/* to the leader; 0: not yet */
	u64 session, asked;		/* of a peer: its session, its number of it */
	u64 asked_us;			/* of a peer: when it last asked */
};

/* FAULTY(slot, ballot) in a promise of @member for our ballot (rule 9). */
struct paxos_fault {
	u64 slot, ballot;
	u8 member;
};

/* A change of the configuration that a caller of this node waits for. */
struct paxos_membership {
	u8 phase;			/* membership.c; 0: none */
	u16 applicant;			/* it has an index, to be asked who it is; 0: nobody */
	u64 cookie;
	struct paxos_change change;
	u64 slot;			/* of its CONFIG, once delivered */
	u64 since_us;
};

/* Beginning from a snapshot: the table at @slot, as it comes in. */
struct paxos_install {
	u64 slot;
	u64 cookie;			/* 0 and @wanted: joining, nobody waits */
	bool wanted;
	u8 peer;			/* being asked */
	u64 asked_us;
	u64 oldest;			/* the lowest trim point that refused; 0: none did */
	u32 refused;			/* mask of peers that did */
	u16 count, got;			/* pieces */
	u32 length[PAXOS_TABLE_PIECES];	/* of each piece, bytes; 0: missing */
	u8 data[PAXOS_TABLE_SIZE_MAX];
	struct paxos_table table;	/* room to read it */
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
	u64 first;			/* slot of the question */
	u16 count, got;
	u64 fragment[(PAXOS_FRAGMENTS_MAX + 63) / 64];
};

struct paxos_peer {
	bool reachable;			/* it has an address */
	bool refused;			/* lately somebody claimed its id that is not it */
	u8 refused_why;
	u64 refused_us;
	bool forgotten;			/* it says so (rule 7) */
	bool agrees;			/* it confirmed the very disks that we did */
	bool greet;			/* a HELLO is due */
	u64 greeted_us;
	u64 session;			/* its nonce; 0: not in contact */
	u64 claimed;			/* session of its last HELLO, proven or not */
	u64 former;			/* its session before this one */
	u64 incarnation;
	u64 heard_us;			/* 0: never */
	u64 acked_us;			/* leader: when the last acknowledged heartbeat left */
	u64 commit;			/* the highest commit index it told */
	u64 trim;			/* its trim point, as last told */
	struct paxos_claim claim;	/* what it is known to hold durably (rule 10) */
	u64 settled_promised;		/* of it, said in lives before claim.incarnation */
	u64 settled_durable;
	u64 settled_written;
	u64 noted;			/* number of its life that the journal knows */
	u32 noted_life;
	u64 leader_ballot;		/* of the leader that it hears; 0: none */
	u64 acked;			/* leader: number of the last acknowledged heartbeat */
	u64 promise_first;		/* of its complete promise for our ballot */
	u32 rtt_us;
	bool full;			/* it has little room for new values */
	u16 used;			/* of 1000 parts of its journal, as last told */
	u64 pin_lsn;			/* of the record that confirms its disk */
	u64 learn_from, learn_last;	/* its LEARN that is to be answered; last 0: none */
	struct paxos_collected collected;
};

struct paxos_replica {
	struct paxos_settings settings;
	u8 self;			/* index of this node among the members */
	u8 members;			/* indices in use are below; some may be free */
	u8 claimed_last;		/* the next index to be tried */
	struct paxos_member member[PAXOS_MEMBERS_MAX];
	struct paxos_quorum older, newest;	/* of the table's configurations */
	u32 voters;			/* of either, while both are in force */
	u32 everyone;			/* members of either, but this one */
	u64 complete;			/* the newest configuration known to be (rule 13) */
	u64 complete_told;
	struct paxos_table table;	/* through @delivered */
	struct paxos_table base;	/* at the trim point */
	u64 trim;			/* slots through it are trimmed */
	u64 trim_lsn;			/* of the record of @base */
	u64 trim_told;			/* the shell was */
	u64 trim_cookie;		/* who waits for @trim_lsn */
	u64 trim_vowed;			/* what the journal's headers said, read back */
	u64 skipped;			/* slots through it were not delivered; 0: told */
	u64 snapshot_needed;		/* the first slot that peers still have; 0: it is not */
	u64 repair_needs;		/* the same for a delivered value that is lost here */
	u8 encoded[PAXOS_TABLE_SIZE_MAX];	/* @base, until @trim_lsn is durable */

	bool restoring;
	bool counting;			/* @durable_lsn is known */
	bool failed;			/* fail-stop */
	bool low;			/* the journal has room for a table only: see record.h */
	bool forgotten;			/* rule 7: never votes again */
	bool forget_told;
	u16 forgotten_by;		/* node that knows more of us than we do; 0: found here */
	bool removed;			/* a peer said so: no member any more */
	bool gone;			/* and nobody needs it any more */
	bool config_told;
	bool confirmed;			/* rule 10: may vote and propose */
	bool vouched;			/* a confirmed voter knows this disk by our id */
	u64 confirmed_lsn;		/* of its record; 0: not written */
	u64 refused_us;			/* a peer last refused us; 0: never */
	u16 refused_by;
	u8 refused_why;
	u16 stranger;			/* who was refused last, being no member */
	u64 stranger_us;

	u64 now_us;
	u64 tick_us;			/* when the next tick is due */
	u64 random;

	/* acceptor */
	u64 promised;			/* highest ballot promised, for all slots */
	u64 promised_lsn;
	u64 vowed;			/* promised durably */
	u64 vow_flying;			/* what was promised before @promised, at @vow_flying_lsn */
	u64 vow_flying_lsn;
	u64 ballot_used;		/* highest ballot campaigned with */
	u64 answers;			/* promises answered so far: numbers of answers */
	struct paxos_promise promise;

	/* learner */
	u64 commit;			/* all up to it are chosen */
	u64 delivered;			/* all up to it were delivered */
	u64 recorded, recorded_lsn;	/* commit index last appended to the journal */
	u64 flying, flying_lsn;		/* the one before that */
	u64 durable;			/* commit index that is durable */
	u64 moved_us;			/* when the commit index last moved */
	u64 durable_lsn;
	u64 awaited_lsn;		/* somebody waits until it is durable */
	u64 waiting_us;			/* the disk has completed nothing since; if awaited */
	struct paxos_slot slot[PAXOS_SLOTS];

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
	u64 next_slot;			/* the next it will propose in */
	bool no_room;			/* no majority has any for new values */
	bool full;			/* nor has this node */
	u16 used;			/* of 1000 parts of its journal */
	u8 handed_to;			/* member that was to lead last, since we are full */
	u64 handed_us;			/* when; 0: none was */
	bool noop_due;			/* every new ballot proposes a no-op */
	u64 open_bytes;			/* proposed, not chosen */
	u64 open_most;			/* of them, for now */
	u64 heartbeat;			/* number of the last */
	u64 heartbeat_us;
	u64 told;			/* commit index that the others were told */
	u32 faults;
	struct paxos_fault fault[PAXOS_FAULTS_MAX];

	/* proposals: queue of a leader; waiting and outstanding of an origin */
	u32 queue_head, queue_tail;
	struct paxos_entry queue[PAXOS_QUEUE_MAX];
	u32 waiting_head, waiting_tail;
	struct paxos_waiting waiting[PAXOS_WAITING_MAX];
	u64 sequence;			/* of the next that leaves */
	struct paxos_outstanding outstanding[PAXOS_SESSION_WINDOW];
	struct paxos_outstanding client[PAXOS_CLIENTS_OUTSTANDING];
	u32 unanswered;			/* outstanding ones, of either kind */
	u64 retry_us;			/* none of them is due before */

	/* catch-up */
	u64 asked_through;		/* last slot asked for; 0: nothing asked */
	u64 asked_us;
	u8 asked_peer;

	struct paxos_barrier barrier[PAXOS_BARRIERS_MAX];
	u64 barriers;			/* so far: their numbers */
	u32 barriers_open;		/* in use */

	struct paxos_membership change;
	struct paxos_install install;

	/* transfer.c */
	u16 transfer_to;		/* leader: hands over to it; 0: to nobody */
	u64 transfer_us;		/* since when */
	u64 transfer_told_us;		/* it was told so */
	u16 transfer_wanted;		/* what an own caller waits for */
	u64 transfer_cookie;
	u64 transfer_asked_us;		/* the leader was first asked; 0: never */
	u64 transfer_sent_us;		/* and last */

	/* basic.c */
	u64 backoff_us;			/* grows with each refusal */
	u64 round_us;			/* the next round may begin; 0: no round is due */
	bool round;			/* a round is under way */
	bool round_full;		/* it has taken in all that there was */
	bool gap;			/* one is wanted to fill a gap */

	/* faulty.c: delivered slots whose value is lost here */
	u32 repairs;
	u64 repair[PAXOS_REPAIRS_MAX];	/* ascending */
	u32 repair_turn;		/* whose turn it is */
	u8 repair_peer;			/* asked last */
	u64 repair_us;			/* when; 0: ask at once */

	struct paxos_notice notice[PAXOS_NOTICES_MAX];
	u32 notices;

	struct paxos_peer peer[PAXOS_MEMBERS_MAX];
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

/* config(@slot) of rule 13; @slot is at most delivered + PAXOS_WINDOW. */
static inline const struct paxos_quorum *paxos_quorum_at(const struct paxos_replica *r, u64 slot)
{
	return paxos_table_config(&r->table, slot) == &r->table.newest ? &r->newest : &r->older;
}

static inline bool paxos_quorum_has(const struct paxos_quorum *quorum, u32 members)
{
	return quorum->majority && paxos_count(members & quorum->voters) >= quorum->majority;
}

/* A majority of config(@slot), members only. */
static inline bool paxos_is_majority(const struct paxos_replica *r, u64 slot, u32 members)
{
	return paxos_quorum_has(paxos_quorum_at(r, slot), members);
}

/* Majorities of each configuration of the slots that may be open next. */
static inline bool paxos_is_window_majority(const struct paxos_replica *r, u32 members)
{
	return paxos_is_majority(r, r->delivered + 1, members) &&
	       paxos_is_majority(r, r->delivered + PAXOS_WINDOW, members);
}

static inline u64 paxos_heartbeat_us(const struct paxos_replica *r)
{
	return r->settings.heartbeat_ms * 1000ull;
}

static inline u64 paxos_election_us(const struct paxos_replica *r)
{
	return r->settings.election_ms * 1000ull;
}

/*
 * How long to wait for an answer before it is asked for again: longer each time, since
 * what is only slow gets slower by more of the same.
 */
static inline u64 paxos_backoff_us(const struct paxos_replica *r, u64 first_us, u8 resent)
{
	return port_min(first_us << resent, port_max(first_us, paxos_election_us(r)));
}

/* No configuration is known yet: this node is to join. */
static inline bool paxos_joining(const struct paxos_replica *r)
{
	return !r->table.newest.members;
}

/* No member any more, by our own log or by a peer's word. */
static inline bool paxos_removed(const struct paxos_replica *r)
{
	return r->removed || paxos_table_removed(&r->table, r->settings.node);
}

/* What is awaited of the disk has not come for an election timeout: it hangs. */
static inline bool paxos_disk_hangs(const struct paxos_replica *r)
{
	return r->awaited_lsn > r->durable_lsn &&
	       r->now_us - r->waiting_us >= r->settings.election_ms * 1000ull;
}

/*
 * May this node promise and accept?  (rules 7, 10)  Acceptors check no
 * configuration: who proposes counts only the votes of members (rule 13).
 */
static inline bool paxos_may_vote(const struct paxos_replica *r)
{
	return r->confirmed && !r->failed && !r->forgotten;
}

/* May it promise or accept what it has not yet?  That takes room in the journal. */
static inline bool paxos_may_promise(const struct paxos_replica *r)
{
	return paxos_may_vote(r) && !r->low;
}

/* May it campaign? */
static inline bool paxos_may_lead(const struct paxos_replica *r)
{
	return paxos_may_promise(r) && !r->removed && (r->voters & paxos_bit(r->self));
}

/* Is it alive, as far as we know, and do we know how to reach it? */
static inline bool paxos_in_contact(const struct paxos_replica *r, unsigned int member)
{
	const struct paxos_peer *peer = &r->peer[member];

	return peer->session && peer->heard_us &&
	       r->now_us - peer->heard_us <= paxos_election_us(r);
}

/* Do acceptors tell everybody, and not only who proposed? */
static inline bool paxos_broadcasts(const struct paxos_replica *r)
{
	return r->settings.learn == PAXOS_LEARN_BROADCAST;
}

static inline bool paxos_leads(const struct paxos_replica *r)
{
	return r->role == PAXOS_ROLE_LEADER;
}

/* members.c */
int paxos_members_claim(struct paxos_replica *r, u16 node);
void paxos_members_init(struct paxos_replica *r);
void paxos_members_refresh(struct paxos_replica *r);

/* replica.c */
void paxos_notice(struct paxos_replica *r, u8 type, u16 node, u64 slot, u8 why);
u64 paxos_random(struct paxos_replica *r);
bool paxos_room(const struct paxos_effects *fx, u32 bytes);
u8 *paxos_body_room(struct paxos_effects *fx);
void paxos_send_body(struct paxos_effects *fx, u32 to, u64 lsn, u8 type, u32 length);
void paxos_send(struct paxos_effects *fx, u32 to, u64 lsn, const struct paxos_message *message);
void paxos_reply(struct paxos_effects *fx, const struct paxos_message *message);

/* slots.c */
struct paxos_slot *paxos_slot_at(const struct paxos_replica *r, u64 slot);
void paxos_slot_report(const struct paxos_slot *slot, struct paxos_item *item);
struct paxos_slot *paxos_slot_claim(struct paxos_replica *r, u64 slot);
void paxos_slots_forget_reports(struct paxos_replica *r);
void paxos_slots_clear(struct paxos_replica *r);
void paxos_record_accepted(struct paxos_replica *r, struct paxos_effects *fx,
			   struct paxos_slot *slot);
void paxos_record_learned(struct paxos_replica *r, struct paxos_effects *fx,
			  struct paxos_slot *slot);
void paxos_record_commit(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_recorded(struct paxos_replica *r, u64 slot, u64 lsn);

/* contact.c */
void paxos_contact_init(struct paxos_replica *r);
bool paxos_contact_check(struct paxos_replica *r, const struct paxos_head *head, u8 from);
void paxos_on_hello(struct paxos_replica *r, const struct paxos_head *head,
		    const struct paxos_message *m, u8 from, struct paxos_effects *fx);
void paxos_contact_said(struct paxos_replica *r, const struct paxos_message *m, u8 from);
void paxos_on_refused(struct paxos_replica *r, const struct paxos_head *head,
		      const struct paxos_message *m);
void paxos_contact_removed(struct paxos_replica *r, u16 node, struct paxos_effects *fx);
bool paxos_contact_gone(const struct paxos_replica *r, u16 node);
void paxos_contact_stranger(struct paxos_replica *r, u16 node, struct paxos_effects *fx);
void paxos_contact_tick(struct paxos_replica *r);
void paxos_contact_written(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_contact_flush(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_claim_more(struct paxos_peer *peer, const struct paxos_claim *said);
void paxos_contact_reason(const struct paxos_replica *r, char *text, size_t size);

/* claims.c */
void paxos_claims_record(struct paxos_replica *r, struct paxos_effects *fx, u8 member);
void paxos_claims_met(struct paxos_replica *r, struct paxos_effects *fx, u8 member);
void paxos_claims_keep(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_claims_restore(struct paxos_replica *r, const struct paxos_record *record, u8 member);

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
void paxos_on_forward(struct paxos_replica *r, const struct paxos_message *m,
		      struct paxos_effects *fx);
void paxos_proposer_written(struct paxos_replica *r);
void paxos_proposer_tick(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_proposer_flush(struct paxos_replica *r, struct paxos_effects *fx);
bool paxos_proposer_decides(struct paxos_replica *r, u64 slot);
bool paxos_proposer_knows(struct paxos_replica *r, const struct paxos_proposal_id *id);
bool paxos_proposer_enqueue(struct paxos_replica *r, const struct paxos_entry *entry);
void paxos_proposer_stop(struct paxos_replica *r);

/* learner.c */
void paxos_learner_advance(struct paxos_replica *r);
void paxos_learner_on_accepted(struct paxos_replica *r, const struct paxos_message *m, u8 from);
void paxos_learner_written(struct paxos_replica *r);
void paxos_learner_commit_index(struct paxos_replica *r, u64 ballot, u64 commit);
void paxos_learner_deliver(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_learner_tick(struct paxos_replica *r, struct paxos_effects *fx);

/* election.c */
void paxos_election_patience(struct paxos_replica *r);
void paxos_election_heard(struct paxos_replica *r, u64 ballot);
void paxos_election_lead(struct paxos_replica *r);
void paxos_election_campaign(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_election_step_down(struct paxos_replica *r);
void paxos_election_tick(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_election_beat(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_election_flush(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_on_prevote(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		      struct paxos_effects *fx);
void paxos_on_prevote_yes(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			  struct paxos_effects *fx);
void paxos_on_nack(struct paxos_replica *r, const struct paxos_message *m);
void paxos_on_heartbeat(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			struct paxos_effects *fx);
void paxos_on_heartbeat_ack(struct paxos_replica *r, const struct paxos_message *m, u8 from);

/* faulty.c */
bool paxos_faulty_report(struct paxos_replica *r, u64 slot, u64 ballot, u8 member);
void paxos_faulty_forget_reports(struct paxos_replica *r, u8 member);
bool paxos_faulty_decided(const struct paxos_replica *r, u64 slot);
u64 paxos_faulty_blocked(const struct paxos_replica *r);
bool paxos_faulty_lost(struct paxos_replica *r, u64 slot);
bool paxos_faulty_is_lost(const struct paxos_replica *r, u64 slot);
bool paxos_faulty_any(const struct paxos_replica *r, u64 through);
void paxos_faulty_restored(struct paxos_replica *r, u64 slot);
void paxos_faulty_flush(struct paxos_replica *r, struct paxos_effects *fx);
bool paxos_faulty_repair(struct paxos_replica *r, const struct paxos_item *item,
			 struct paxos_effects *fx);

/* basic.c */
void paxos_basic_tick(struct paxos_replica *r);
void paxos_basic_refused(struct paxos_replica *r);
bool paxos_basic_closing(const struct paxos_replica *r);
void paxos_basic_flush(struct paxos_replica *r, struct paxos_effects *fx);

/* barrier.c */
bool paxos_barrier_add(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx);
bool paxos_barrier_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx);
void paxos_on_barrier(struct paxos_replica *r, const struct paxos_message *m, u8 from);
void paxos_on_barrier_answer(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			     struct paxos_effects *fx);
void paxos_barrier_forget(struct paxos_replica *r, u8 from);
bool paxos_barrier_wanted(const struct paxos_replica *r);
void paxos_barrier_begun(struct paxos_replica *r);
void paxos_barrier_stop(struct paxos_replica *r);
void paxos_barrier_flush(struct paxos_replica *r, struct paxos_effects *fx);

/* transfer.c */
void paxos_transfer_add(struct paxos_replica *r, u16 node, u64 cookie,
			struct paxos_effects *fx);
bool paxos_transfer_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx);
void paxos_on_transfer(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		       struct paxos_effects *fx);
bool paxos_transfer_begin(struct paxos_replica *r, u16 node);
void paxos_transfer_flush(struct paxos_replica *r, struct paxos_effects *fx);

/* membership.c */
void paxos_membership_add(struct paxos_replica *r, const struct paxos_change *change,
			  u64 cookie, struct paxos_effects *fx);
bool paxos_membership_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx);
void paxos_membership_delivered(struct paxos_replica *r, const struct paxos_chosen *chosen,
				struct paxos_effects *fx);
void paxos_membership_flush(struct paxos_replica *r, struct paxos_effects *fx);
void paxos_membership_clear(struct paxos_replica *r);
void paxos_membership_changed(struct paxos_replica *r, bool new);
void paxos_membership_told(struct paxos_replica *r, u64 slot);
bool paxos_membership_may_propose(struct paxos_replica *r, const struct paxos_entry *entry);

/* fullness.c */
u16 paxos_fullness_flag(const struct paxos_effects *fx);
void paxos_fullness_heard(struct paxos_replica *r, const struct paxos_message *m, u8 from);
bool paxos_fullness_refuses(const struct paxos_replica *r, const struct paxos_effects *fx);
void paxos_fullness_flush(struct paxos_replica *r, struct paxos_effects *fx);

/* trim.c */
void paxos_trim_to(struct paxos_replica *r, const struct paxos_table *table, u64 cookie,
		   struct paxos_effects *fx);
bool paxos_trim_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx);
void paxos_trim_jump(struct paxos_replica *r, const struct paxos_table *table, u64 cookie,
		     struct paxos_effects *fx);
void paxos_trim_take(struct paxos_replica *r, const struct paxos_table *table, u64 cookie,
		     struct paxos_effects *fx);
bool paxos_trim_restore(struct paxos_replica *r, const struct paxos_table *table);
bool paxos_trim_restore_record(struct paxos_replica *r, const struct paxos_record *record);
void paxos_trim_refuse(struct paxos_replica *r, u8 to, u64 ballot, struct paxos_effects *fx);
void paxos_trim_told(struct paxos_replica *r, u8 from, u64 point);
void paxos_on_trimmed(struct paxos_replica *r, const struct paxos_message *m, u8 from);
bool paxos_trim_keeps_from_leading(const struct paxos_replica *r);
void paxos_trim_tick(struct paxos_replica *r);
void paxos_trim_flush(struct paxos_replica *r, struct paxos_effects *fx);

/* Has the journal taken the last table in, so that there is room for another? */
static inline bool paxos_trim_ready(const struct paxos_replica *r)
{
	return r->failed || r->trim_lsn <= r->durable_lsn;
}

/* install.c */
void paxos_install(struct paxos_replica *r, u64 slot, u64 cookie, struct paxos_effects *fx);
bool paxos_install_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx);
void paxos_on_table_wanted(struct paxos_replica *r, const struct paxos_message *m, u8 from,
			   struct paxos_effects *fx);
void paxos_on_table(struct paxos_replica *r, const struct paxos_message *m, u8 from,
		    struct paxos_effects *fx);
void paxos_install_flush(struct paxos_replica *r, struct paxos_effects *fx);

/* pending.c */
bool paxos_pending_add(struct paxos_replica *r, const struct paxos_waiting *waiting,
		       struct paxos_effects *fx);
void paxos_answer(struct paxos_effects *fx, u64 cookie, const struct paxos_answer *answer);
void paxos_pending_give_up(struct paxos_replica *r, u64 cookie, struct paxos_effects *fx);
bool paxos_pending_may(const struct paxos_replica *r);
bool paxos_pending_any(const struct paxos_replica *r);
int paxos_pending_way(const struct paxos_replica *r);
u8 paxos_pending_next(const struct paxos_replica *r);
struct paxos_outstanding *paxos_pending_leave(struct paxos_replica *r);
void paxos_pending_delivered(struct paxos_replica *r, const struct paxos_chosen *chosen,
			     u64 first, struct paxos_effects *fx);
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
