// SPDX-License-Identifier: GPL-2.0
/* Fullness: values are refused while no majority has room, and only then. */
#include "fixture.h"

static struct lab *led(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, 7);

	lab_elect(lab, A);
	lab_live(lab, 500);
	return lab;
}

/* What its shell says of @node's journal, from now on. */
static void fill(struct lab *lab, u8 node, bool filling, bool full)
{
	lab->node[node].fx->journal_filling = filling;
	lab->node[node].fx->journal_full = full;
	lab_live(lab, 300);
}

/* Of a value that @node is asked for. */
static enum paxos_outcome outcome_of(struct lab *lab, u8 node, const char *text)
{
	lab->node[node].answers = 0;
	lab_propose(lab, node, text, 1);
	lab_live(lab, 500);
	KUNIT_EXPECT_EQ(lab->test, lab->node[node].answers, 1);
	return lab->node[node].answer[0].outcome;
}

static void a_minority_without_room_stops_nobody(struct kunit *test)
{
	struct lab *lab = led(test);

	fill(lab, C, true, true);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, A, "a"), PAXOS_OUTCOME_CHOSEN);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, B, "b"), PAXOS_OUTCOME_CHOSEN);
	/* But it could not learn what became of a value. */
	KUNIT_EXPECT_EQ(test, outcome_of(lab, C, "c"), PAXOS_OUTCOME_FULL);
}

static void without_a_majority_nothing_is_proposed(struct kunit *test)
{
	struct lab *lab = led(test);
	struct paxos_view view;

	fill(lab, C, true, false);
	fill(lab, B, true, false);
	/* The leader has room, and so have all for what is open. */
	KUNIT_EXPECT_EQ(test, outcome_of(lab, A, "a"), PAXOS_OUTCOME_FULL);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, B, "b"), PAXOS_OUTCOME_FULL);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, C, "c"), PAXOS_OUTCOME_FULL);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "a"), 0);
	paxos_replica_view(lab->node[A].replica, &view);
	KUNIT_EXPECT_STREQ(test, view.reason,
			   "no majority has room for new values: trim on each of 2, 3");
	fill(lab, C, false, false);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, A, "a"), PAXOS_OUTCOME_CHOSEN);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, B, "b"), PAXOS_OUTCOME_CHOSEN);
}

/* Two of three are no majority if the third cannot be heard. */
static void who_is_away_has_no_room(struct kunit *test)
{
	struct lab *lab = led(test);

	lab->cut[C] = 7;
	lab->cut[A] = paxos_bit(C);
	lab->cut[B] = paxos_bit(C);
	lab_live(lab, 3000);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, A, "a"), PAXOS_OUTCOME_CHOSEN);
	fill(lab, B, true, false);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, A, "a"), PAXOS_OUTCOME_FULL);
}

static void a_leader_without_room_hands_over(struct kunit *test)
{
	struct lab *lab = led(test);

	fill(lab, A, true, false);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[A].replica));
	fill(lab, A, true, true);
	lab_live(lab, 1000);
	KUNIT_EXPECT_FALSE(test, paxos_leads(lab->node[A].replica));
	KUNIT_EXPECT_EQ(test, outcome_of(lab, B, "b"), PAXOS_OUTCOME_CHOSEN);
	KUNIT_EXPECT_EQ(test, outcome_of(lab, A, "a"), PAXOS_OUTCOME_FULL);
}

/* What left before the leader knew waits for room; it is not refused. */
static void what_has_left_is_kept(struct kunit *test)
{
	struct lab *lab = led(test);

	lab->node[B].fx->journal_filling = true;
	lab->node[C].fx->journal_filling = true;
	lab->node[B].fx->journal_full = true;
	lab->node[C].fx->journal_full = true;
	lab_propose(lab, A, "a", 1);
	lab_live(lab, 1000);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 0);
	fill(lab, C, false, false);
	lab_live(lab, 1000);
	KUNIT_ASSERT_EQ(test, lab->node[A].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[0].outcome, PAXOS_OUTCOME_CHOSEN);
}

/* The reserve is for changes of the configuration too: so a full node can be replaced. */
static void members_change_without_room(struct kunit *test)
{
	struct lab *lab = led(test);

	fill(lab, C, true, true);
	fill(lab, B, true, true);
	lab_propose(lab, B, "b", 1);
	lab_member(lab, A, PAXOS_MEMBER_REMOVE, C, A, true, 7);
	lab_live(lab, 5000);
	KUNIT_ASSERT_EQ(test, lab->node[A].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[0].outcome, PAXOS_OUTCOME_CHOSEN);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "b"), 0);
}

/* The first to be asked never hears of it. */
static void it_hands_over_to_another(struct kunit *test)
{
	struct lab *lab = led(test);

	lab->cut[A] |= paxos_bit(B);
	lab_live(lab, 2000);
	fill(lab, A, true, true);
	lab_live(lab, 20000);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[C].replica));
	KUNIT_EXPECT_EQ(test, outcome_of(lab, C, "c"), PAXOS_OUTCOME_CHOSEN);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(members_change_without_room),
	KUNIT_CASE(it_hands_over_to_another),
	KUNIT_CASE(a_minority_without_room_stops_nobody),
	KUNIT_CASE(without_a_majority_nothing_is_proposed),
	KUNIT_CASE(who_is_away_has_no_room),
	KUNIT_CASE(a_leader_without_room_hands_over),
	KUNIT_CASE(what_has_left_is_kept),
	{}
};

LAB_SUITE(fullness, cases);
