// SPDX-License-Identifier: GPL-2.0
/* Contact: which disk, which life (rule 10).  A is real; the others are puppets. */
#include "fixture.h"

static const u8 other_disk[16] = { 0xee };

/* @from proves to A that it is alive, and confirms the disks of a mask of nodes. */
static void hello(struct lab *lab, u8 from, const u8 *disk, u32 confirms)
{
	lab_hello(lab, from, A, disk, lab->node[from].session, lab->node[A].session, confirms);
}

static bool takes_part(struct lab *lab)
{
	u32 said;

	lab_write(lab, A);
	say_prepare(lab, B, A, ballot_of(1, B), 1);
	lab_write(lab, A);
	lab_tick(lab, A, 3000);
	lab_write(lab, A);
	said = lab_count(lab, A, B, PAXOS_PROMISE) + lab_count(lab, A, B, PAXOS_PREVOTE);
	lab_drop(lab, A, B, 0);
	return said;
}

/* Rule 10: all voters, and for each the very disk that it knows itself. */
static void a_fresh_voter_waits_until_all_confirm_the_same_disks(struct kunit *test)
{
	struct lab *lab = lab_start_fresh(test, 3, paxos_bit(A));

	KUNIT_EXPECT_FALSE(test, takes_part(lab));
	hello(lab, B, lab->node[B].disk, ~0u);
	KUNIT_EXPECT_FALSE(test, takes_part(lab));
	hello(lab, C, lab->node[C].disk, paxos_bit(A));
	KUNIT_EXPECT_FALSE(test, takes_part(lab));
	hello(lab, C, lab->node[C].disk, ~0u);
	KUNIT_EXPECT_FALSE(test, takes_part(lab));
	/* B did so when A did not know C yet. */
	hello(lab, B, lab->node[B].disk, ~0u);
	lab_write(lab, A);
	KUNIT_EXPECT_TRUE(test, takes_part(lab));
}

/* Rule 10: durably; what it says it confirmed is on its disk. */
static void a_confirmation_is_durable_before_it_is_said(struct kunit *test)
{
	struct lab *lab = lab_start_fresh(test, 3, paxos_bit(A));

	lab_drop(lab, A, B, PAXOS_HELLO);
	hello(lab, C, lab->node[C].disk, ~0u);
	lab_tick(lab, A, 300);
	KUNIT_EXPECT_EQ(test, letter_items(lab_take(lab, A, B, PAXOS_HELLO)), 1);
	lab_write(lab, A);
	lab_tick(lab, A, 300);
	KUNIT_EXPECT_EQ(test, letter_items(lab_take(lab, A, B, PAXOS_HELLO)), 2);
}

static void a_confirmation_survives_a_power_cut(struct kunit *test)
{
	struct lab *lab = lab_start_fresh(test, 3, paxos_bit(A));

	hello(lab, B, lab->node[B].disk, ~0u);
	lab_write(lab, A);
	lab_boot(lab, A);
	KUNIT_EXPECT_TRUE(test, lab->node[A].replica->member[B].known);
	hello(lab, B, other_disk, ~0u);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_REFUSED), 1);
	hello(lab, C, lab->node[C].disk, ~0u);
	hello(lab, B, lab->node[B].disk, ~0u);
	lab_write(lab, A);
	lab_write(lab, A);
	lab_boot(lab, A);
	KUNIT_EXPECT_TRUE(test, lab->node[A].replica->confirmed);
}

/* Rows 4 and 11: a blank disk under a known id, or a second host with that id. */
static void another_disk_under_a_known_id_is_refused(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct letter *refused;

	lab_hello(lab, B, A, other_disk, 2999, lab->node[A].session, ~0u);
	refused = lab_take(lab, A, B, PAXOS_REFUSED);
	KUNIT_ASSERT_NOT_NULL(test, refused);
	KUNIT_EXPECT_EQ(test, refused->message.number, PAXOS_REFUSED_DISK);
	KUNIT_EXPECT_TRUE(test, lab->node[A].replica->peer[B].refused);
	/* It is not listened to; the true B is. */
	lab->node[B].session = 2999;
	say_prepare(lab, B, A, ballot_of(1, B), 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->promised, 0ull);
	lab->node[B].session = 2000;
	say_prepare(lab, B, A, ballot_of(1, B), 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->promised, ballot_of(1, B));
}

/* Row 4: P2 gets no majority until A answers. */
static void a_blank_disk_gives_no_majority(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	u64 ballot = lab_campaign(lab, A);

	lab_hello(lab, B, A, other_disk, 2999, lab->node[A].session, ~0u);
	lab->node[B].session = 2999;
	say_promise(lab, B, A, ballot, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	say_promise(lab, C, A, ballot, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

/*
 * Row 29: A-C cut; A talks to host B1, C to host B2, both fresh with id B.  Here
 * A and C are real in turn: whichever is, the other confirms another disk for B.
 */
static void two_fresh_hosts_with_one_id_never_vote(struct kunit *test)
{
	struct lab *lab = lab_start_fresh(test, 3, paxos_bit(A));
	u8 real_b[16];

	hello(lab, B, lab->node[B].disk, paxos_bit(A) | paxos_bit(B));
	lab_write(lab, A);
	/* The cut heals: C says that it confirmed the other B. */
	memcpy(real_b, lab->node[B].disk, sizeof(real_b));
	memcpy(lab->node[B].disk, other_disk, sizeof(other_disk));
	hello(lab, C, lab->node[C].disk, ~0u);
	lab_write(lab, A);
	lab_write(lab, A);
	KUNIT_EXPECT_FALSE(test, lab->node[A].replica->confirmed);
	KUNIT_EXPECT_FALSE(test, takes_part(lab));
	/* And that B is refused here. */
	hello(lab, B, other_disk, ~0u);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_REFUSED), 1);
	KUNIT_EXPECT_FALSE(test, takes_part(lab));
	memcpy(lab->node[B].disk, real_b, sizeof(real_b));
}

/* Simulator: B and C were confirmed and went on; C is gone before A heard of it. */
static void a_confirmed_voter_vouches_for_all(struct kunit *test)
{
	struct lab *lab = lab_start_fresh(test, 3, paxos_bit(A));

	lab->fresh = false;
	/* It knows another disk by A's id. */
	hello(lab, B, lab->node[B].disk, 0);
	KUNIT_EXPECT_FALSE(test, takes_part(lab));
	hello(lab, B, lab->node[B].disk, paxos_bit(A));
	lab_write(lab, A);
	lab_write(lab, A);
	KUNIT_EXPECT_TRUE(test, lab->node[A].replica->confirmed);
	KUNIT_EXPECT_TRUE(test, takes_part(lab));
}

/* Row 22: from a life before this one, of either side. */
static void a_datagram_of_an_earlier_life_decides_nothing(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	u64 now = lab->node[B].session;

	lab->node[B].session = 1999;
	say_accept(lab, B, A, ballot_of(1, B), 1, "x", 0);
	lab->node[B].session = now;
	now = lab->node[A].session;
	lab->node[A].session = 999;
	say_accept(lab, B, A, ballot_of(1, B), 1, "x", 0);
	lab->node[A].session = now;
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->promised, 0ull);
	say_accept(lab, B, A, ballot_of(1, B), 1, "x", 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->promised, ballot_of(1, B));
}

/* Only one that names this life's nonce proves that its sender is alive. */
static void a_delayed_hello_decides_nothing(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	u64 session = lab->node[A].replica->peer[B].session;

	lab_hello(lab, B, A, lab->node[B].disk, 2001, 0, ~0u);
	lab_hello(lab, B, A, lab->node[B].disk, 2001, 12345, ~0u);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].session, session);
	KUNIT_EXPECT_GT(test, lab_count(lab, A, B, PAXOS_HELLO), 0);
	lab_hello(lab, B, A, lab->node[B].disk, 2001, lab->node[A].session, ~0u);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].session, 2001ull);
	/* An older incarnation than was seen. */
	lab_hello(lab, B, A, lab->node[B].disk, 2000, lab->node[A].session, ~0u);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].session, 2001ull);
}

/* Rule 10: who is not in the configuration is refused. */
static void an_unknown_id_is_refused(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct letter *refused;

	lab->nodes = 4;
	lab_hello(lab, D, A, other_disk, 4000, lab->node[A].session, 0);
	refused = lab_take(lab, A, D, PAXOS_REFUSED);
	KUNIT_ASSERT_NOT_NULL(test, refused);
	KUNIT_EXPECT_EQ(test, refused->message.number, PAXOS_REFUSED_UNKNOWN);
	say_prepare(lab, D, A, ballot_of(1, D), 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->promised, 0ull);
	lab->nodes = 3;
}

static void a_refusal_is_the_reason_given(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_message m = { .type = PAXOS_REFUSED, .number = PAXOS_REFUSED_DISK };
	struct paxos_view *view = kvzalloc(sizeof(*view), GFP_KERNEL);

	lab_say(lab, B, A, &m, NULL, 0);
	paxos_replica_view(lab->node[A].replica, view);
	KUNIT_EXPECT_STREQ(test, view->reason,
			   "node 2 refused this node: another disk has its id 1");
	kvfree(view);
}

/* The status names who is missing at the first start. */
static void who_is_missing_is_named(struct kunit *test)
{
	struct lab *lab = lab_start_fresh(test, 3, paxos_bit(A));
	struct paxos_view *view = kvzalloc(sizeof(*view), GFP_KERNEL);

	hello(lab, B, lab->node[B].disk, ~0u);
	hello(lab, C, lab->node[C].disk, paxos_bit(A));
	paxos_replica_view(lab->node[A].replica, view);
	KUNIT_EXPECT_EQ(test, view->state, PAXOS_STATE_UNCONFIRMED);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(view->reason, "missing:"), "%s", view->reason);
	kvfree(view);
}

/* Three fresh nodes find each other, and choose. */
static void a_fresh_cluster_starts(struct kunit *test)
{
	struct lab *lab = lab_start_fresh(test, 3, 7);
	u32 i;

	for (i = 0; i < 100; i++) {
		lab_tick(lab, i % 3, 25);
		lab_settle(lab);
	}
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, lab->node[i].replica->confirmed);
		KUNIT_EXPECT_NE(test, lab->node[i].replica->leader_ballot, 0ull);
	}
	lab_propose(lab, B, "v", 1);
	lab_settle(lab);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, log_find(lab, i, "v"), 1);
}

/* ---- rule 10: who once said more ---- */

/* A new life of B says this of itself to A; true if it is refused as stale. */
static bool is_refused(struct lab *lab, u64 session, u64 incarnation, u64 promised, u64 durable)
{
	struct paxos_message own = {
		.number = incarnation, .ballot = promised, .slot = durable,
	};
	struct letter *refused;

	lab_claims(lab, B, A, session, &own, 0, NULL);
	refused = lab_take(lab, A, B, PAXOS_REFUSED);
	if (!refused)
		return false;
	KUNIT_EXPECT_EQ(lab->test, refused->message.number, PAXOS_REFUSED_STALE);
	KUNIT_EXPECT_EQ(lab->test, refused->head.to_session, session);
	return true;
}

/* B is in contact in its fifth life, and has said so much. */
static struct lab *b_said(struct kunit *test, u64 promised, u64 durable)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));

	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2005, 5, promised, durable));
	lab->node[B].session = 2005;
	return lab;
}

static void a_restored_image_is_refused(struct kunit *test)
{
	struct lab *lab = b_said(test, ballot_of(3, C), 10);

	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2994, 4, ballot_of(3, C), 10));
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2995, 5, ballot_of(3, C), 10));
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2996, 6, ballot_of(2, C), 10));
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2996, 6, ballot_of(3, C), 9));
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].session, 2005ull);
	KUNIT_EXPECT_EQ(test, lab->node[A].notice[PAXOS_NOTICE_REFUSED], 1);
	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2006, 6, ballot_of(3, C), 10));
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].session, 2006ull);
}

/* What was said in this life proves nothing against a HELLO that was delayed. */
static void a_delayed_hello_of_this_life_is_no_image(struct kunit *test)
{
	struct lab *lab = b_said(test, ballot_of(3, C), 10);

	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2005, 5, ballot_of(1, C), 2));
	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2006, 6, ballot_of(7, C), 20));
	/* Nor is one of the life before. */
	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2005, 5, ballot_of(3, C), 10));
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].session, 2006ull);
	KUNIT_EXPECT_FALSE(test, lab->node[A].replica->peer[B].refused);
	/* But it may not fall short of the lives before it. */
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2006, 6, ballot_of(2, C), 20));
}

/* Slot 1 is chosen; A trims to it: with the table it writes down all claims. */
static void note_claims(struct lab *lab)
{
	/* With its record, it is durable that slot 1 is chosen. */
	lab_propose(lab, A, "x", 8);
	lab_write(lab, A);
	lab_trim(lab, A, 1, 7);
	lab_write(lab, A);
	KUNIT_EXPECT_EQ(lab->test, lab->node[A].replica->trim, 1ull);
}

/*
 * A vote leaves as soon as it is on the disk; a HELLO tells of it when the core has
 * heard so.  So within one life nothing that is said falls short of what the journal
 * tells of that life (sim seed 1213440).
 */
static void what_is_noted_of_a_life_is_not_held_against_it(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A) | paxos_bit(B));
	const struct paxos_peer *peer = &lab->node[A].replica->peer[B];
	struct node *b = &lab->node[B];
	u64 ballot = lab_campaign(lab, A);

	say_promise(lab, C, A, ballot, NULL, 0);
	lab_write(lab, A);
	KUNIT_EXPECT_TRUE(test, lab_deliver(lab, A, B, PAXOS_ACCEPT));
	lab_write_begin(lab, B);
	/* B's shell lets the vote go, and has not told its core yet. */
	b->written = b->writing;
	KUNIT_EXPECT_TRUE(test, lab_deliver(lab, B, A, PAXOS_ACCEPTED));
	note_claims(lab);
	KUNIT_EXPECT_LT(test, b->replica->vowed, ballot);
	/* B, too, says hello to A's new life. */
	lab_boot(lab, A);
	KUNIT_EXPECT_EQ(test, peer->claim.promised, ballot);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_REFUSED), 0);
	KUNIT_EXPECT_EQ(test, peer->session, b->session);
	lab_settle(lab);
	KUNIT_EXPECT_FALSE(test, b->replica->forgotten);
}

/* ... but against images of other lives it is, also by who was started anew. */
static void what_the_journal_tells_is_held_against_an_image(struct kunit *test)
{
	struct lab *lab = b_said(test, 0, 10);
	u64 ballot = lab_elect(lab, A);

	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 1);
	note_claims(lab);
	lab_boot(lab, A);
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2994, 4, ballot, 10));
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2995, 5, ballot, 10));
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2996, 6, 0, 10));
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2996, 6, ballot, 9));
	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2006, 6, ballot, 10));
}

/* Votes, promises and acknowledgements are such words, too. */
static void what_was_acknowledged_is_held_against_it(struct kunit *test)
{
	struct lab *lab = b_said(test, 0, 0);
	struct paxos_message ack = { .type = PAXOS_HEARTBEAT_ACK, .slot = 30 };
	u64 ballot = lab_campaign(lab, A);

	ack.ballot = ballot;
	say_promise(lab, B, A, ballot, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].claim.promised, ballot);
	lab_say(lab, B, A, &ack, NULL, 0);
	say_accepted(lab, B, A, ballot_of(99, B), 1, 1);
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2996, 6, ballot, 30));
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2996, 6, ballot_of(99, B), 29));
	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2006, 6, ballot_of(99, B), 30));
}

/* What heartbeats spread: C knows more of B than we do. */
static void others_say_what_it_said(struct kunit *test)
{
	struct lab *lab = b_said(test, ballot_of(1, C), 1);
	struct paxos_message c = {};
	struct paxos_claim claim = {
		.incarnation = 5, .promised = ballot_of(4, C), .durable = 8,
	};

	lab_claims(lab, C, A, lab->node[C].session, &c, B, &claim);
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2996, 6, ballot_of(3, C), 8));
	/* That a newer life was seen elsewhere does not make up for it. */
	claim = (struct paxos_claim) { .incarnation = 6, .promised = ballot_of(3, C) };
	lab_claims(lab, C, A, lab->node[C].session, &c, B, &claim);
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2996, 6, ballot_of(3, C), 8));
	KUNIT_EXPECT_TRUE(test, is_refused(lab, 2995, 5, ballot_of(4, C), 8));
	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2006, 6, ballot_of(4, C), 8));
}

/*
 * An image that was started often enough says no less than its disk once did; but it has
 * another first life than the one that C met (sim seed 1065868).
 */
static void who_is_told_of_another_life_of_its_own_has_forgotten(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_claim met = {
		.incarnation = lab->node[A].incarnation,
		.life = paxos_life(lab->node[A].session),
	};
	struct paxos_message c = { .number = 1 };

	lab_power_cut(lab, A);
	lab_boot(lab, A);
	lab_claims(lab, C, A, lab->node[C].session, &c, A, &met);
	KUNIT_EXPECT_FALSE(test, r->forgotten);
	KUNIT_EXPECT_NE(test, r->peer[C].session, 0ull);
	met.life = 0;
	lab_claims(lab, C, A, lab->node[C].session, &c, A, &met);
	KUNIT_EXPECT_FALSE(test, r->forgotten);
	met.life = paxos_life(lab->node[A].session + 1);
	lab_claims(lab, C, A, lab->node[C].session, &c, A, &met);
	KUNIT_EXPECT_TRUE(test, r->forgotten);
}

/* REVIEW: as above, end to end; @first: C's HELLO comes before A's own. */
static bool image_is_told(struct kunit *test, bool first)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A) | paxos_bit(C));
	u64 met = lab->node[A].incarnation;
	u8 i;

	KUNIT_EXPECT_EQ(test, lab->node[C].replica->peer[A].claim.incarnation, met);
	lab_power_cut(lab, A);
	/* The disk that comes back had another start of that number. */
	lab->node[A].life[met % PAXOS_LIVES] ^= 1;
	lab->nodes = 1;
	lab_boot(lab, A);
	lab->nodes = 3;
	for (i = B; i <= C; i++)
		lab_event(lab, A, (struct paxos_event) {
			.type = PAXOS_EVENT_REACHABLE, .node = lab->node[i].id,
		});
	lab_drop(lab, A, C, 0);
	lab_drop(lab, C, A, 0);
	if (first) {
		lab_tick(lab, C, 1000);
		KUNIT_EXPECT_TRUE(test, lab_deliver(lab, C, A, PAXOS_HELLO));
	} else {
		lab_tick(lab, A, 100);
		lab_deliver(lab, A, C, PAXOS_HELLO);
	}
	lab_settle(lab);
	lab_tick(lab, C, 1000);
	lab_tick(lab, A, 100);
	lab_settle(lab);
	return lab->node[A].replica->forgotten;
}

static void review_image_speaks_first(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, image_is_told(test, false));
}

static void review_peer_speaks_first(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, image_is_told(test, true));
}

static void review_hearsay_takes_knowledge_away(struct kunit *test)
{
	struct lab *lab = b_said(test, ballot_of(1, C), 1);
	struct paxos_message c = {};
	struct paxos_claim claim = { .incarnation = 6, .life = 77 };
	struct letter *hello;
	struct paxos_cursor cursor = {};
	struct paxos_item item;

	lab_claims(lab, C, A, lab->node[C].session, &c, B, &claim);
	lab_drop(lab, A, B, 0);
	lab_tick(lab, A, 3000);
	hello = lab_take(lab, A, B, PAXOS_HELLO);
	KUNIT_ASSERT_NOT_NULL(test, hello);
	while (paxos_message_next(&hello->message, &cursor, &item))
		if (item.slot == B + 1)
			KUNIT_EXPECT_EQ(test, item.claim.life, paxos_life(2005));
}

/* REVIEW: a peer that starts again and again must leave the reserve alone. */
static void review_lives_of_a_peer_eat_the_reserve(struct kunit *test)
{
	struct lab *lab = b_said(test, 0, 0);
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_message own = {};
	u64 written, i;

	lab_write(lab, A);
	lab->node[A].fx->journal_full = true;
	written = r->durable_lsn;
	for (i = 6; i < 106; i++) {
		own.number = i;
		lab_claims(lab, B, A, 2000 + i, &own, 0, NULL);
		lab_write(lab, A);
		lab_drop(lab, A, B, 0);
	}
	KUNIT_EXPECT_EQ(test, r->commit, 0ull);
	KUNIT_EXPECT_EQ(test, r->durable_lsn, written);
}

/* REVIEW: B acknowledged at 3.C, and promised 4.C, which is not durable yet. */
static void review_a_hello_says_no_less_than_an_acknowledgement(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct letter *hello;
	struct paxos_message c = { .number = 1 };

	lab_write(lab, A);
	lab_drop(lab, A, C, 0);
	say_accept(lab, C, A, ballot_of(3, C), 1, "x", 0);
	lab_write_begin(lab, A);
	say_prepare(lab, C, A, ballot_of(4, C), 1);
	lab_write_end(lab, A);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, C, PAXOS_ACCEPTED), 1);
	lab_drop(lab, A, C, 0);
	/* The next write hangs. */
	lab_claims(lab, C, A, lab->node[C].session, &c, 0, NULL);
	lab_tick(lab, A, 3000);
	hello = lab_take(lab, A, C, PAXOS_HELLO);
	KUNIT_ASSERT_NOT_NULL(test, hello);
	KUNIT_EXPECT_GE(test, hello->message.ballot, ballot_of(3, C));
}

/* Of another disk under that id it says nothing. */
static void hearsay_is_of_a_disk(struct kunit *test)
{
	struct lab *lab = b_said(test, 0, 0);
	struct paxos_message c = {};
	struct paxos_claim claim = { .incarnation = 50, .promised = ballot_of(9, C) };

	lab->node[B].disk[0] ^= 1;
	lab_claims(lab, C, A, lab->node[C].session, &c, B, &claim);
	lab->node[B].disk[0] ^= 1;
	KUNIT_EXPECT_FALSE(test, is_refused(lab, 2006, 6, 0, 0));
}

static bool votes(struct lab *lab)
{
	struct paxos_message prevote = { .type = PAXOS_PREVOTE, .ballot = ballot_of(50, B) };
	u32 said;

	lab_write(lab, A);
	lab_tick(lab, A, 5000);
	lab_say(lab, B, A, &prevote, NULL, 0);
	say_prepare(lab, B, A, ballot_of(50, B), 1);
	lab_write(lab, A);
	say_accept(lab, B, A, ballot_of(51, B), 1, "x", 0);
	lab_write(lab, A);
	say_heartbeat(lab, B, A, ballot_of(51, B), 0);
	said = lab_count(lab, A, B, PAXOS_PROMISE) + lab_count(lab, A, B, PAXOS_ACCEPTED) +
	       lab_count(lab, A, B, PAXOS_PREVOTE) + lab_count(lab, A, B, PAXOS_PREVOTE_YES) +
	       lab_count(lab, A, B, PAXOS_HEARTBEAT_ACK) + lab_count(lab, A, B, PAXOS_PREPARE);
	lab_drop(lab, A, B, 0);
	return said;
}

/* Rule 7: who is told so forgets, and takes part in nothing from then on. */
static void who_is_told_that_it_is_an_image_votes_no_more(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_message m = { .type = PAXOS_REFUSED, .number = PAXOS_REFUSED_STALE };
	struct paxos_view *view = kvzalloc(sizeof(*view), GFP_KERNEL);
	struct letter *hello;

	lab_elect(lab, A);
	/* To another life of it. */
	lab->node[A].session--;
	lab_say(lab, B, A, &m, NULL, 0);
	lab->node[A].session++;
	KUNIT_EXPECT_FALSE(test, lab->node[A].replica->forgotten);
	lab_say(lab, B, A, &m, NULL, 0);
	lab_say(lab, B, A, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].notice[PAXOS_NOTICE_FORGOTTEN], 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].notice[PAXOS_NOTICE_REFUSED_US], 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_FOLLOWER);
	lab_drop(lab, A, B, 0);
	KUNIT_EXPECT_FALSE(test, votes(lab));
	paxos_replica_view(lab->node[A].replica, view);
	KUNIT_EXPECT_EQ(test, view->state, PAXOS_STATE_FORGOTTEN);
	KUNIT_EXPECT_TRUE(test, strstr(view->reason, "node 2 knows a later state"));
	/* It says so itself. */
	lab_tick(lab, A, 300);
	hello = lab_take(lab, A, C, PAXOS_HELLO);
	KUNIT_ASSERT_NOT_NULL(test, hello);
	KUNIT_EXPECT_TRUE(test, hello->message.flags & PAXOS_FLAG_FORGOTTEN);
	kvfree(view);
}

/* Who forgot is spoken to, as a node that does not vote. */
static void who_forgot_is_seen_as_such(struct kunit *test)
{
	struct lab *lab = b_said(test, ballot_of(3, C), 10);
	struct paxos_message own = { .number = 6, .flags = PAXOS_FLAG_FORGOTTEN };
	struct paxos_view *view = kvzalloc(sizeof(*view), GFP_KERNEL);

	/* Not while the true one is there. */
	lab_claims(lab, B, A, 2996, &own, 0, NULL);
	KUNIT_EXPECT_FALSE(test, lab->node[A].replica->peer[B].forgotten);
	lab->now_us += 1500000;
	lab_claims(lab, B, A, 2996, &own, 0, NULL);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].session, 2996ull);
	lab->now_us += 1500000;
	lab_claims(lab, B, A, 2996, &own, 0, NULL);
	paxos_replica_view(lab->node[A].replica, view);
	KUNIT_EXPECT_EQ(test, view->peer[B].health, PAXOS_HEALTH_FORGOTTEN);
	KUNIT_EXPECT_EQ(test, view->voters_up, 1);
	kvfree(view);
}

/* Row 11: as long as both are there, the health says so; and one line of log. */
static void two_hosts_with_one_id_are_seen(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	u32 i;

	for (i = 0; i < 20; i++) {
		lab->now_us += 200000;
		lab_hello(lab, B, A, other_disk, 2999, lab->node[A].session, ~0u);
		KUNIT_EXPECT_TRUE(test, lab->node[A].replica->peer[B].refused);
		lab_hello(lab, B, A, lab->node[B].disk, 2000, lab->node[A].session, ~0u);
	}
	KUNIT_EXPECT_TRUE(test, lab->node[A].replica->peer[B].refused);
	KUNIT_EXPECT_EQ(test, lab->node[A].notice[PAXOS_NOTICE_REFUSED], 1);
	lab->now_us += 1100000;
	lab_hello(lab, B, A, lab->node[B].disk, 2000, lab->node[A].session, ~0u);
	KUNIT_EXPECT_FALSE(test, lab->node[A].replica->peer[B].refused);
}

/* An intact disk is never taken for an image, however its node ends. */
static void an_intact_disk_is_never_refused(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, 7);
	u32 i, k;

	for (i = 0; i < 40; i++) {
		lab_propose(lab, i % 3, "v", i + 1);
		for (k = 0; k < i % 7; k++)
			lab_live(lab, 100);
		/* With a write under way, or before it, or without. */
		if (i % 3 == 1)
			lab_torn_write(lab, i % 2, 3);
		else
			lab_power_cut(lab, i % 2);
		if (i % 5)
			lab_live(lab, 500);
		lab_boot(lab, i % 2);
		lab_live(lab, 700);
		for (k = 0; k < 3; k++)
			KUNIT_EXPECT_FALSE(test, lab->node[k].replica->forgotten);
	}
}

/* The leader that a peer hears is known to those that do not hear it. */
static void a_hello_tells_of_the_leader(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_message own = { .echo = ballot_of(4, C) };
	struct letter *hello;

	lab_claims(lab, B, A, lab->node[B].session, &own, 0, NULL);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->peer[B].leader_ballot, ballot_of(4, C));
	say_heartbeat(lab, C, A, ballot_of(4, C), 0);
	lab_drop(lab, A, B, 0);
	lab_tick(lab, A, 300);
	hello = lab_take(lab, A, B, PAXOS_HELLO);
	KUNIT_ASSERT_NOT_NULL(test, hello);
	KUNIT_EXPECT_EQ(test, hello->message.echo, ballot_of(4, C));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_restored_image_is_refused),
	KUNIT_CASE(a_delayed_hello_of_this_life_is_no_image),
	KUNIT_CASE(what_is_noted_of_a_life_is_not_held_against_it),
	KUNIT_CASE(what_the_journal_tells_is_held_against_an_image),
	KUNIT_CASE(what_was_acknowledged_is_held_against_it),
	KUNIT_CASE(others_say_what_it_said),
	KUNIT_CASE(who_is_told_of_another_life_of_its_own_has_forgotten),
	KUNIT_CASE(review_lives_of_a_peer_eat_the_reserve),
	KUNIT_CASE(review_a_hello_says_no_less_than_an_acknowledgement),
	KUNIT_CASE(review_image_speaks_first),
	KUNIT_CASE(review_peer_speaks_first),
	KUNIT_CASE(review_hearsay_takes_knowledge_away),
	KUNIT_CASE(hearsay_is_of_a_disk),
	KUNIT_CASE(who_is_told_that_it_is_an_image_votes_no_more),
	KUNIT_CASE(who_forgot_is_seen_as_such),
	KUNIT_CASE(two_hosts_with_one_id_are_seen),
	KUNIT_CASE(an_intact_disk_is_never_refused),
	KUNIT_CASE(a_hello_tells_of_the_leader),
	KUNIT_CASE(a_fresh_voter_waits_until_all_confirm_the_same_disks),
	KUNIT_CASE(a_confirmation_is_durable_before_it_is_said),
	KUNIT_CASE(a_confirmation_survives_a_power_cut),
	KUNIT_CASE(another_disk_under_a_known_id_is_refused),
	KUNIT_CASE(a_blank_disk_gives_no_majority),
	KUNIT_CASE(two_fresh_hosts_with_one_id_never_vote),
	KUNIT_CASE(a_confirmed_voter_vouches_for_all),
	KUNIT_CASE(a_datagram_of_an_earlier_life_decides_nothing),
	KUNIT_CASE(a_delayed_hello_decides_nothing),
	KUNIT_CASE(an_unknown_id_is_refused),
	KUNIT_CASE(a_refusal_is_the_reason_given),
	KUNIT_CASE(who_is_missing_is_named),
	KUNIT_CASE(a_fresh_cluster_starts),
	{}
};

LAB_SUITE(contact, cases);
