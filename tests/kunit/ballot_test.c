// SPDX-License-Identifier: GPL-2.0
/* Ballots: proposal numbers that no two nodes ever share. */
#include "fixture.h"

static void ballots_compare_by_round_then_by_node(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, paxos_ballot(2, 1), paxos_ballot(1, 65535));
	KUNIT_EXPECT_GT(test, paxos_ballot(2, 2), paxos_ballot(2, 1));
	KUNIT_EXPECT_GT(test, paxos_ballot(PAXOS_ROUND_MAX, 1),
			paxos_ballot(PAXOS_ROUND_MAX - 1, 9));
}

static void a_ballot_says_its_round_and_its_owner(struct kunit *test)
{
	static const u64 rounds[] = { 0, 1, 14, 1ull << 32, PAXOS_ROUND_LIMIT, PAXOS_ROUND_MAX };
	static const u16 nodes[] = { 1, 2, 255, 256, 65535 };
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(rounds); i++) {
		for (k = 0; k < ARRAY_SIZE(nodes); k++) {
			u64 ballot = paxos_ballot(rounds[i], nodes[k]);

			KUNIT_EXPECT_EQ(test, paxos_ballot_round(ballot), rounds[i]);
			KUNIT_EXPECT_EQ(test, paxos_ballot_node(ballot), nodes[k]);
		}
	}
}

static void a_ballot_without_round_or_owner_is_refused(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, paxos_ballot_valid(0));
	KUNIT_EXPECT_FALSE(test, paxos_ballot_valid(paxos_ballot(0, 1)));
	KUNIT_EXPECT_FALSE(test, paxos_ballot_valid(paxos_ballot(1, 0)));
	KUNIT_EXPECT_TRUE(test, paxos_ballot_valid(paxos_ballot(1, 1)));
}

/* Row 21. */
static void a_round_near_the_end_is_refused(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, paxos_ballot_valid(paxos_ballot(PAXOS_ROUND_LIMIT, 1)));
	KUNIT_EXPECT_FALSE(test, paxos_ballot_valid(paxos_ballot(PAXOS_ROUND_LIMIT + 1, 1)));
	KUNIT_EXPECT_FALSE(test, paxos_ballot_valid(paxos_ballot(PAXOS_ROUND_MAX, 1)));
	KUNIT_EXPECT_FALSE(test, paxos_ballot_valid(~0ull));
}

/* Row 21: whoever is made believe the last round there is campaigns no more. */
static void a_round_never_wraps(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_message nack = {
		.type = PAXOS_NACK,
		.ballot = paxos_ballot(PAXOS_ROUND_LIMIT, 2),
	};
	struct paxos_message yes = { .type = PAXOS_PREVOTE_YES };

	lab_say(lab, B, A, &nack, NULL, 0);
	lab_tick(lab, A, 3000);
	yes.ballot = lab->node[A].replica->wanted;
	if (paxos_ballot_valid(yes.ballot))
		lab_say(lab, B, A, &yes, NULL, 0);
	lab_write(lab, A);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREPARE), 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->promised, 0ull);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(ballots_compare_by_round_then_by_node),
	KUNIT_CASE(a_ballot_says_its_round_and_its_owner),
	KUNIT_CASE(a_ballot_without_round_or_owner_is_refused),
	KUNIT_CASE(a_round_near_the_end_is_refused),
	KUNIT_CASE(a_round_never_wraps),
	{}
};

LAB_SUITE(ballot, cases);
