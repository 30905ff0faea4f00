// SPDX-License-Identifier: GPL-2.0
/*
 * Learn broadcast: acceptors tell everybody, and everybody counts (rules 4, 5).
 */
#include "fixture.h"

static struct lab *learner(struct kunit *test, u8 nodes, u32 real)
{
	struct lab *lab = test->priv;

	lab->learn = PAXOS_LEARN_BROADCAST;
	return lab_start(test, nodes, real);
}

static void everybody_hears_of_an_acceptance(struct kunit *test)
{
	struct lab *lab = learner(test, 3, paxos_bit(C));

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_ACCEPTED), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_ACCEPTED), 1);
}

/* One delay less: the leader's commit index is not waited for. */
static void a_majority_of_votes_delivers(struct kunit *test)
{
	struct lab *lab = learner(test, 5, paxos_bit(C));
	u64 ballot = ballot_of(1, A);

	say_accept(lab, A, C, ballot, 1, "x", 0);
	say_accepted(lab, A, C, ballot, 1, 1);
	say_accepted(lab, A, C, ballot, 1, 1);
	say_accepted(lab, B, C, ballot, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "-");
	/* Rule 1: the own vote counts when it is durable. */
	lab_write(lab, C);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
}

static void votes_that_come_first_count(struct kunit *test)
{
	struct lab *lab = learner(test, 3, paxos_bit(C));
	u64 ballot = ballot_of(1, A);

	say_accepted(lab, A, C, ballot, 1, 1);
	say_accepted(lab, B, C, ballot, 1, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->commit, 0ull);
	say_accept(lab, A, C, ballot, 1, "x", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
}

/* Rule 4: never across ballots. */
static void votes_of_two_ballots_do_not_add_up(struct kunit *test)
{
	struct lab *lab = learner(test, 5, paxos_bit(C));
	u64 low = ballot_of(1, A), high = ballot_of(2, B);

	say_accept(lab, B, C, high, 1, "y", 0);
	lab_write(lab, C);
	say_accepted(lab, A, C, low, 1, 1);
	say_accepted(lab, D, C, low, 1, 1);
	say_accepted(lab, E, C, low, 1, 1);
	say_accepted(lab, B, C, high, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "-");
	say_accepted(lab, D, C, high, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "y");
}

/* Rule 5: a copy of another ballot may be of another value. */
static void a_copy_of_another_ballot_is_not_delivered(struct kunit *test)
{
	struct lab *lab = learner(test, 3, paxos_bit(C));
	u64 low = ballot_of(1, A), high = ballot_of(2, B);

	say_accept(lab, A, C, low, 1, "x", 0);
	lab_write(lab, C);
	say_accepted(lab, A, C, high, 1, 1);
	say_accepted(lab, B, C, high, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "-");
	say_learnt(lab, B, C, high, 1, "y");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "y");
}

/* Nor does the mode change what a group is told that learns from its leader. */
static void a_leader_is_told_alone(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(C));

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_ACCEPTED), 0);
	say_accepted(lab, A, C, ballot_of(1, A), 1, 1);
	say_accepted(lab, B, C, ballot_of(1, A), 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "-");
}

/* No heartbeat, no next ACCEPT: B and C have it from each other, and from A. */
static void a_group_that_broadcasts_agrees(struct kunit *test)
{
	struct lab *lab = learner(test, 3, paxos_bit(A) | paxos_bit(B) | paxos_bit(C));

	lab_elect(lab, A);
	lab_settle(lab);
	lab_propose(lab, A, "v", 1);
	lab_settle(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "v");
	KUNIT_EXPECT_STREQ(test, log_text(lab, B, 2), "v");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "v");
}

static void hostile_votes_do_no_harm(struct kunit *test)
{
	struct lab *lab = learner(test, 3, paxos_bit(C));
	u64 ballot = ballot_of(1, A);

	say_accepted(lab, A, C, ballot, ~0ull - 70000, 65536);
	say_accepted(lab, B, C, ballot, 1, 65536);
	say_accepted(lab, A, C, ballot, 1, 65536);
	say_accept(lab, A, C, ballot, PAXOS_WINDOW + 5, "x", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->commit, 0ull);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(everybody_hears_of_an_acceptance),
	KUNIT_CASE(a_majority_of_votes_delivers),
	KUNIT_CASE(votes_that_come_first_count),
	KUNIT_CASE(votes_of_two_ballots_do_not_add_up),
	KUNIT_CASE(a_copy_of_another_ballot_is_not_delivered),
	KUNIT_CASE(a_leader_is_told_alone),
	KUNIT_CASE(a_group_that_broadcasts_agrees),
	KUNIT_CASE(hostile_votes_do_no_harm),
	{}
};

LAB_SUITE(broadcast, cases);
