// SPDX-License-Identifier: GPL-2.0
/* Election: who leads, and who does not.  A is real; the others are puppets. */
#include "script.h"

static struct lab *voter(struct kunit *test)
{
	return lab_start(test, 3, paxos_bit(A));
}

static void say_prevote(struct lab *lab, u64 ballot, u64 commit)
{
	struct paxos_message m = { .type = PAXOS_PREVOTE, .ballot = ballot, .commit = commit };

	lab_say(lab, B, A, &m, NULL, 0);
}

static void say_ack(struct lab *lab, u8 from, u64 echo)
{
	struct paxos_message m = {
		.type = PAXOS_HEARTBEAT_ACK,
		.ballot = lab->node[A].replica->ballot,
		.number = lab->node[A].replica->heartbeat,
		.echo = echo,
	};

	if (m.ballot)
		lab_say(lab, from, A, &m, NULL, 0);
}

/* One to two election timeouts, and not always the same. */
static void patience_is_one_to_two_timeouts(struct kunit *test)
{
	struct lab *lab = voter(test);
	struct paxos_replica *r = lab->node[A].replica;
	u64 least = ~0ull, most = 0;
	u32 i;

	for (i = 0; i < 1000; i++) {
		paxos_election_patience(r);
		least = port_min(least, r->deadline_us - r->now_us);
		most = port_max(most, r->deadline_us - r->now_us);
	}
	KUNIT_EXPECT_GE(test, least, 1000000ull);
	KUNIT_EXPECT_LT(test, least, 1050000ull);
	KUNIT_EXPECT_LT(test, most, 2000000ull);
	KUNIT_EXPECT_GT(test, most, 1950000ull);
}

static void a_follower_that_hears_no_leader_asks_for_prevotes(struct kunit *test)
{
	struct lab *lab = voter(test);

	lab_tick(lab, A, 999);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE), 0);
	lab_tick(lab, A, 1001);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, C, PAXOS_PREVOTE), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREPARE), 0);
}

static void a_follower_that_hears_a_leader_does_not(struct kunit *test)
{
	struct lab *lab = voter(test);
	u32 i;

	for (i = 0; i < 50; i++) {
		say_heartbeat(lab, B, A, ballot_of(1, B), 0);
		lab_tick(lab, A, 100);
	}
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, C, PAXOS_PREVOTE), 0);
}

/* A pre-vote changes nothing, at who asks nor at who answers. */
static void a_prevote_changes_no_promise(struct kunit *test)
{
	struct lab *lab = voter(test);

	say_prevote(lab, ballot_of(7, B), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 1);
	lab_tick(lab, A, 3000);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->promised, 0ull);
	KUNIT_EXPECT_FALSE(test, lab->node[A].batch->urgent);
}

static void who_hears_a_leader_gives_no_prevote(struct kunit *test)
{
	struct lab *lab = voter(test);

	say_heartbeat(lab, C, A, ballot_of(1, C), 0);
	say_prevote(lab, ballot_of(2, B), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 0);
	lab->now_us += 1100000;
	say_prevote(lab, ballot_of(2, B), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 1);
}

static void a_leader_gives_no_prevote(struct kunit *test)
{
	struct lab *lab = voter(test);

	lab_elect(lab, A);
	say_prevote(lab, ballot_of(9, B), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 0);
}

/* Rule 6: a PREPARE from there would be refused; nor does such a one try. */
static void below_the_trim_point_nobody_leads(struct kunit *test)
{
	struct lab *lab = voter(test);
	struct paxos_replica *r = lab->node[A].replica;

	r->trim = 3;
	say_prevote(lab, ballot_of(7, B), 2);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 0);
	say_prevote(lab, ballot_of(7, B), 3);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 1);
	r->trim = 0;
	r->peer[B].commit = 20;
	r->peer[B].trim = 8;
	lab_tick(lab, A, 1);
	r->deadline_us = 0;
	lab_tick(lab, A, 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE), 0);
}

static void a_late_prevote_is_refused(struct kunit *test)
{
	struct lab *lab = voter(test);

	say_prepare(lab, C, A, ballot_of(5, C), 1);
	lab_write(lab, A);
	say_prevote(lab, ballot_of(5, B), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_NACK), 1);
}

static void a_candidate_needs_a_majority_of_prevotes(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, paxos_bit(A));
	struct paxos_message yes = { .type = PAXOS_PREVOTE_YES };

	lab_tick(lab, A, 3000);
	yes.ballot = lab->node[A].replica->wanted;
	lab_say(lab, B, A, &yes, NULL, 0);
	lab_say(lab, B, A, &yes, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->ballot, 0ull);
	yes.ballot += 1 << 16;
	lab_say(lab, C, A, &yes, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->ballot, 0ull);
	yes.ballot -= 1 << 16;
	lab_say(lab, C, A, &yes, NULL, 0);
	KUNIT_EXPECT_NE(test, lab->node[A].replica->ballot, 0ull);
}

/* Its own answer and one more are a majority of three. */
static void a_leader_that_is_heard_stays(struct kunit *test)
{
	struct lab *lab = voter(test);
	u32 i;

	lab_elect(lab, A);
	lab_write(lab, A);
	for (i = 0; i < 30; i++) {
		lab_tick(lab, A, 100);
		say_ack(lab, B, lab->now_us);
	}
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

static void a_leader_that_no_majority_hears_steps_down(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, paxos_bit(A));
	u32 i;

	lab_elect(lab, A);
	for (i = 0; i < 12; i++) {
		lab_tick(lab, A, 100);
		say_ack(lab, B, lab->now_us);
	}
	KUNIT_EXPECT_NE(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->ballot, 0ull);
}

/* What is acknowledged is when the heartbeat left, not when the answer came. */
static void an_old_answer_counts_as_old(struct kunit *test)
{
	struct lab *lab = voter(test);
	u64 began;
	u32 i;

	lab_elect(lab, A);
	began = lab->now_us;
	for (i = 0; i < 12; i++) {
		lab_tick(lab, A, 100);
		say_ack(lab, B, began);
		say_ack(lab, B, lab->now_us + 5000000);
	}
	KUNIT_EXPECT_NE(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

static void a_leader_gives_way_to_a_higher_ballot(struct kunit *test)
{
	struct lab *lab = voter(test);

	lab_elect(lab, A);
	say_heartbeat(lab, B, A, paxos_ballot(99, 2), 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_FOLLOWER);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->leader_ballot, paxos_ballot(99, 2));
}

static void a_late_leader_is_told_so(struct kunit *test)
{
	struct lab *lab = voter(test);
	struct letter *nack;

	say_prepare(lab, C, A, ballot_of(2, C), 1);
	lab_write(lab, A);
	say_heartbeat(lab, B, A, ballot_of(1, B), 0);
	nack = lab_take(lab, A, B, PAXOS_NACK);
	KUNIT_ASSERT_NOT_NULL(test, nack);
	KUNIT_EXPECT_EQ(test, nack->message.ballot, ballot_of(2, C));
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->leader_ballot, 0ull);
}

/* One node alone is a majority of one; and the next ballot is above all it heard of. */
static void a_single_voter_leads_alone(struct kunit *test)
{
	struct lab *lab = lab_start(test, 1, paxos_bit(A));

	lab_tick(lab, A, 3000);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	lab_propose(lab, A, "v", 1);
	lab_settle(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "v");
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 1);
}

static void a_ballot_is_above_all_that_was_heard_of(struct kunit *test)
{
	struct lab *lab = voter(test);

	say_heartbeat(lab, B, A, ballot_of(41, B), 0);
	KUNIT_EXPECT_EQ(test, paxos_ballot_round(lab_campaign(lab, A)), 42ull);
}

/* Nor does one whose journal has no room for a ballot, or for what others propose. */
static void a_leader_whose_journal_is_low_steps_down(struct kunit *test)
{
	struct lab *lab = voter(test);

	lab_elect(lab, A);
	lab_write(lab, A);
	lab->node[A].fx->journal_low = true;
	lab_tick(lab, A, 100);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_FOLLOWER);
	say_prevote(lab, ballot_of(9, B), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 0);
	lab_drop(lab, A, B, 0);
	lab_tick(lab, A, 5000);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE), 0);
	lab->node[A].fx->journal_low = false;
	lab_tick(lab, A, 5000);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE), 1);
}

/* A disk that hangs: what is awaited does not become durable. */
static void a_leader_whose_disk_hangs_steps_down(struct kunit *test)
{
	struct lab *lab = voter(test);
	u32 i;

	lab_elect(lab, A);
	lab_write_begin(lab, A);
	for (i = 0; i < 12; i++) {
		lab_tick(lab, A, 100);
		say_ack(lab, B, lab->now_us);
	}
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_FOLLOWER);
	/* Nor does it help another, nor try again, as long as it does. */
	say_prevote(lab, ballot_of(9, B), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 0);
	lab_tick(lab, A, 5000);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE), 0);
	lab_write_end(lab, A);
	say_prevote(lab, ballot_of(9, B), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE_YES), 1);
}

/* A slow one does not: something was completed every now and then. */
static void a_slow_disk_does_not_hang(struct kunit *test)
{
	struct lab *lab = voter(test);
	u32 i;

	lab_elect(lab, A);
	for (i = 0; i < 30; i++) {
		if (i % 8 == 0)
			lab_write_begin(lab, A);
		lab_propose(lab, A, "v", i + 1);
		lab_tick(lab, A, 100);
		say_ack(lab, B, lab->now_us);
		if (i % 8 == 7)
			lab_write_end(lab, A);
	}
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

/* While two configurations are in force, it takes a majority of each. */
static void a_leader_is_heard_by_each_configuration(struct kunit *test)
{
	struct lab *lab = voter(test);
	struct paxos_replica *r = lab->node[A].replica;
	u32 i;

	lab_elect(lab, A);
	lab_write(lab, A);
	r->table.newest.slot = r->delivered + 1;
	r->newest.voters = paxos_bit(A) | paxos_bit(C);
	r->newest.majority = 2;
	for (i = 0; i < 12; i++) {
		lab_tick(lab, A, 100);
		say_ack(lab, B, lab->now_us);
	}
	KUNIT_EXPECT_NE(test, r->role, PAXOS_ROLE_LEADER);
}

/* The number of the last round that it acknowledged: no more than there were. */
static void an_acknowledgement_names_its_round(struct kunit *test)
{
	struct lab *lab = voter(test);
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_message ack = { .type = PAXOS_HEARTBEAT_ACK, .number = 1000 };

	ack.ballot = lab_elect(lab, A);
	lab_tick(lab, A, 200);
	lab_say(lab, B, A, &ack, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->peer[B].acked, 0ull);
	ack.number = r->heartbeat;
	lab_say(lab, B, A, &ack, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->peer[B].acked, r->heartbeat);
}

/*
 * C alone knew how far the log is chosen, and has trimmed it, but it votes no more.  The
 * others are a majority, and what was chosen is on their disks.
 */
static void who_cannot_lead_keeps_nobody_from_leading(struct kunit *test)
{
	struct lab *lab;

	script_run(test,
		   "lead C; settle; away B; propose C x; write C; give C>A accept; drop C; write A\n"
		   "give A>C accepted; once C x; away C; tick C 600; write C; trim C 2; write C\n"
		   "said C chosen 2; drop A; drop B; power-cut A; power-cut B; boot A; boot B; boot C\n"
		   "never A x; holds A 2 x");
	lab = test->priv;
	lab->node[C].replica->forgotten = true;
	memset(lab->cut, 0, sizeof(lab->cut));
	lab_live(lab, 8000);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
	KUNIT_EXPECT_EQ(test, log_find(lab, B, "x"), 1);
	lab_propose(lab, A, "y", 99);
	lab_live(lab, 2000);
	KUNIT_EXPECT_EQ(test, log_find(lab, B, "y"), 1);
}

/* Whom we promised has its time, whoever would have had us before. */
static void a_late_prevote_yes_does_not_depose_who_was_promised(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_message yes = { .type = PAXOS_PREVOTE_YES };

	lab_tick(lab, A, 3000);
	yes.ballot = r->wanted;
	KUNIT_EXPECT_NE(test, yes.ballot, 0ull);
	say_prepare(lab, B, A, ballot_of(9, B), 1);
	lab_write(lab, A);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PROMISE), 1);
	lab_say(lab, C, A, &yes, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->ballot, 0ull);
	KUNIT_EXPECT_EQ(test, r->role, PAXOS_ROLE_FOLLOWER);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_late_prevote_yes_does_not_depose_who_was_promised),
	KUNIT_CASE(who_cannot_lead_keeps_nobody_from_leading),
	KUNIT_CASE(a_leader_whose_journal_is_low_steps_down),
	KUNIT_CASE(a_leader_whose_disk_hangs_steps_down),
	KUNIT_CASE(a_slow_disk_does_not_hang),
	KUNIT_CASE(a_leader_is_heard_by_each_configuration),
	KUNIT_CASE(an_acknowledgement_names_its_round),
	KUNIT_CASE(patience_is_one_to_two_timeouts),
	KUNIT_CASE(a_follower_that_hears_no_leader_asks_for_prevotes),
	KUNIT_CASE(a_follower_that_hears_a_leader_does_not),
	KUNIT_CASE(a_prevote_changes_no_promise),
	KUNIT_CASE(who_hears_a_leader_gives_no_prevote),
	KUNIT_CASE(a_leader_gives_no_prevote),
	KUNIT_CASE(below_the_trim_point_nobody_leads),
	KUNIT_CASE(a_late_prevote_is_refused),
	KUNIT_CASE(a_candidate_needs_a_majority_of_prevotes),
	KUNIT_CASE(a_leader_that_is_heard_stays),
	KUNIT_CASE(a_leader_that_no_majority_hears_steps_down),
	KUNIT_CASE(an_old_answer_counts_as_old),
	KUNIT_CASE(a_leader_gives_way_to_a_higher_ballot),
	KUNIT_CASE(a_late_leader_is_told_so),
	KUNIT_CASE(a_single_voter_leads_alone),
	KUNIT_CASE(a_ballot_is_above_all_that_was_heard_of),
	{}
};

LAB_SUITE(election, cases);
