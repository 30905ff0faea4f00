// SPDX-License-Identifier: GPL-2.0
/*
 * Mode basic: rounds, duels and gaps (row 20), and the worked examples of the texts
 * that this project was founded on (rows 24 to 28; row 25 is in proposer_test.c).
 */
#include "fixture.h"

#define ALL(nodes)	(paxos_bit(nodes) - 1)

static struct lab *basic(struct kunit *test, u8 nodes, u32 real)
{
	struct lab *lab = test->priv;

	lab->mode = PAXOS_MODE_BASIC;
	return lab_start(test, nodes, real);
}

static u32 chosen(struct lab *lab, u8 node)
{
	u32 count = 0, i;

	for (i = 0; i < lab->node[node].answers; i++)
		count += lab->node[node].answer[i].outcome == PAXOS_OUTCOME_CHOSEN;
	return count;
}

/* No pre-votes, no timeout: phase 1 and phase 2, and that is it. */
static void a_lone_proposer_decides_without_delay(struct kunit *test)
{
	struct lab *lab = basic(test, 3, ALL(3));
	u64 now_us = lab->now_us;
	u8 node;

	lab_propose(lab, A, "x", 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	lab_settle(lab);
	KUNIT_EXPECT_EQ(test, chosen(lab, A), 1);
	lab_propose(lab, A, "y", 2);
	lab_settle(lab);
	KUNIT_EXPECT_EQ(test, chosen(lab, A), 2);
	KUNIT_EXPECT_EQ(test, lab->now_us, now_us);
	for (node = A; node <= C; node++) {
		/* The others know, and nobody leads. */
		KUNIT_EXPECT_STREQ(test, log_text(lab, node, 1), "x");
		KUNIT_EXPECT_STREQ(test, log_text(lab, node, 2), "y");
		KUNIT_EXPECT_EQ(test, lab->node[node].replica->role, PAXOS_ROLE_FOLLOWER);
		KUNIT_EXPECT_EQ(test, lab->node[node].replica->leader_ballot, 0ull);
		KUNIT_EXPECT_EQ(test, lab->node[node].replica->backoff_us, 0ull);
	}
}

static void a_node_alone_decides(struct kunit *test)
{
	struct lab *lab = basic(test, 1, ALL(1));

	lab_propose(lab, A, "x", 1);
	lab_settle(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "x");
}

static void who_has_nothing_to_say_is_silent(struct kunit *test)
{
	struct lab *lab = basic(test, 3, paxos_bit(A));
	u32 i;

	for (i = 0; i < 100; i++)
		lab_tick(lab, A, 100);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREVOTE), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREPARE), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_HEARTBEAT), 0);
}

/* REVIEW: B has forgotten, C is away: nobody can promise. */
static void review_the_forgotten_are_no_company(struct kunit *test)
{
	struct lab *lab = basic(test, 3, paxos_bit(A));
	struct paxos_message forgot = { .number = 7, .flags = PAXOS_FLAG_FORGOTTEN };
	struct paxos_replica *r = lab->node[A].replica;
	u64 written = 0;
	u32 i;

	lab_propose(lab, A, "x", 1);
	for (i = 0; i < 400; i++) {
		/* C is not in contact any more. */
		if (i == 20)
			written = r->durable_lsn;
		lab_claims(lab, B, A, 2007, &forgot, 0, NULL);
		lab_tick(lab, A, 100);
		lab_write(lab, A);
		lab_drop(lab, A, B, 0);
		lab_drop(lab, A, C, 0);
	}
	KUNIT_EXPECT_EQ(test, r->durable_lsn, written);
}

/* Its PREPARE would be refused (rule 6), and take others' rounds away (sim seed 801). */
static void who_needs_a_snapshot_leaves_rounds_to_others(struct kunit *test)
{
	struct lab *lab = basic(test, 3, paxos_bit(A));
	struct paxos_message trimmed = { .type = PAXOS_TRIMMED, .slot = 30, .commit = 40 };
	struct paxos_replica *r = lab->node[A].replica;

	lab_say(lab, B, A, &trimmed, NULL, 0);
	lab_tick(lab, A, 100);
	KUNIT_EXPECT_EQ(test, r->snapshot_needed, 31ull);
	lab_propose(lab, A, "x", 1);
	lab_tick(lab, A, 100);
	KUNIT_EXPECT_EQ(test, r->ballot, 0ull);
}

/* The refused one waits longer than a round trip and a flush, and longer each time. */
static void a_refusal_backs_off(struct kunit *test)
{
	struct lab *lab = basic(test, 3, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_message nack = { .type = PAXOS_NACK };
	u64 backoff = 0;
	u32 i;

	lab_propose(lab, A, "x", 1);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_NE(test, r->ballot, 0ull);
		nack.number = r->ballot;
		nack.ballot = r->ballot + 65536;
		lab_say(lab, B, A, &nack, NULL, 0);
		KUNIT_EXPECT_EQ(test, r->ballot, 0ull);
		KUNIT_EXPECT_GT(test, r->backoff_us, backoff);
		KUNIT_EXPECT_GE(test, r->round_us, lab->now_us + 100000);
		backoff = r->backoff_us;
		lab_tick(lab, A, 99);
		KUNIT_EXPECT_EQ(test, r->ballot, 0ull);
		lab_tick(lab, A, backoff / 1000 + 2);
	}
}

/*
 * A network in which a datagram takes some time, and now and then for ever; a write
 * takes 3 ms.  Steps of 5 ms.
 */
static void live(struct lab *lab, u32 steps, u32 loss)
{
	u64 *random = &lab->node[A].replica->random;
	u32 step;
	u8 from, to;

	for (step = 0; step < steps; step++) {
		lab->now_us += 5000;
		for (to = 0; to < lab->nodes; to++) {
			if (!lab->node[to].up)
				continue;
			lab_tick(lab, to, 0);
			lab_write(lab, to);
		}
		for (from = 0; from < lab->nodes; from++) {
			for (to = 0; to < lab->nodes; to++) {
				if (from == to)
					continue;
				*random = *random * 6364136223846793005ull + 1;
				if (lab->cut[from] & paxos_bit(to))
					lab_drop(lab, from, to, 0);
				else if (*random >> 32 & 1)
					continue;
				else if ((*random >> 40) % 100 < loss)
					lab_take(lab, from, to, 0);
				else
					while (lab_deliver(lab, from, to, 0))
						;
			}
		}
	}
}

static void all_agree(struct lab *lab)
{
	u64 slot;
	u8 node;

	for (node = 1; node < lab->nodes; node++)
		for (slot = 1; slot <= lab->node[A].replica->delivered; slot++)
			KUNIT_EXPECT_STREQ(lab->test, log_text(lab, node, slot),
					   log_text(lab, A, slot));
}

static void duel(struct kunit *test, u8 nodes, u32 loss)
{
	static const char *const text[] = { "a", "b", "c", "d", "e" };
	struct lab *lab = basic(test, nodes, ALL(nodes));
	u32 round;
	u8 node;

	for (round = 1; round <= 10; round++) {
		for (node = 0; node < nodes; node++)
			lab_propose(lab, node, text[node], round);
		live(lab, 40, loss);
	}
	live(lab, 4000, loss);
	for (node = 0; node < nodes; node++) {
		KUNIT_EXPECT_EQ(test, chosen(lab, node), 10);
		KUNIT_EXPECT_EQ(test, log_find(lab, A, text[node]), 10);
	}
	all_agree(lab);
}

/* Row 20. */
static void five_that_duel_all_decide(struct kunit *test)
{
	duel(test, 5, 0);
}

static void three_that_duel_decide_whatever_gets_lost(struct kunit *test)
{
	duel(test, 3, 10);
}

/* Row 20: A dies between phase 1 and phase 2, or in its midst; B sees, and finishes. */
static void a_gap_is_filled_by_whoever_sees_it(struct kunit *test)
{
	struct lab *lab = basic(test, 3, ALL(3));

	lab_propose(lab, A, "x", 1);
	lab_write(lab, A);
	lab_deliver(lab, A, B, PAXOS_PREPARE);
	lab_write(lab, B);
	lab_deliver(lab, B, A, PAXOS_PROMISE);
	lab_deliver(lab, A, B, PAXOS_ACCEPT);
	lab_write(lab, B);
	lab_power_cut(lab, A);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, B, 1), "x");
	live(lab, 800, 0);
	KUNIT_EXPECT_STREQ(test, log_text(lab, B, 1), "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
}

/* Row 24: acceptor 1 accepted (2,orange), 2 and 3 promised 2, proposer B died. */
static void row_24_orange(struct kunit *test)
{
	struct lab *lab = basic(test, 3, ALL(3));

	say_prepare(lab, B, A, ballot_of(2, B), 1);
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	say_accept(lab, B, A, ballot_of(2, B), 1, "orange", 0);
	lab_write(lab, A);
	lab_write(lab, C);
	lab_drop(lab, A, B, 0);
	lab_drop(lab, C, B, 0);
	/* prepare(1) is refused. */
	say_prepare(lab, C, A, ballot_of(1, C), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, C, PAXOS_NACK), 1);
	lab_drop(lab, A, C, 0);
	/* C has apple to propose; orange it is. */
	lab_propose(lab, C, "apple", 1);
	lab_settle(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "orange");
	KUNIT_EXPECT_STREQ(test, log_text(lab, B, 1), "orange");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "orange");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "apple");
}

/* Row 26: a, b and c, each first to itself; one is chosen everywhere, and all in the end. */
static void row_26_three_at_once(struct kunit *test)
{
	struct lab *lab = basic(test, 3, ALL(3));

	lab_propose(lab, A, "a", 1);
	lab_propose(lab, B, "b", 1);
	lab_propose(lab, C, "c", 1);
	lab_write(lab, A);
	lab_write(lab, B);
	lab_write(lab, C);
	live(lab, 1000, 0);
	all_agree(lab);
	KUNIT_EXPECT_EQ(test, strlen(log_text(lab, A, 1)), 1);
	KUNIT_EXPECT_EQ(test, chosen(lab, A) + chosen(lab, B) + chosen(lab, C), 3);
}

/* Row 27: b is accepted by B and C; then A, that proposes a, prepares. */
static void row_27_b_is_learnt_and_proposed(struct kunit *test)
{
	struct lab *lab = basic(test, 3, ALL(3));

	lab_propose(lab, B, "b", 1);
	lab_write(lab, B);
	lab_deliver(lab, B, C, PAXOS_PREPARE);
	lab_write(lab, C);
	lab_deliver(lab, C, B, PAXOS_PROMISE);
	lab_deliver(lab, B, C, PAXOS_ACCEPT);
	lab_write(lab, B);
	lab_write(lab, C);
	lab->cut[B] = ~0u;
	lab_drop(lab, B, A, 0);
	lab_drop(lab, C, B, 0);
	lab_propose(lab, A, "a", 1);
	/* Its number may be too small at first. */
	live(lab, 200, 0);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "b");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "a");
	lab->cut[B] = 0;
	live(lab, 800, 0);
	all_agree(lab);
	KUNIT_EXPECT_EQ(test, chosen(lab, B), 1);
}

/* Row 28: both partly accepted, a larger one adopts the value of the larger number. */
static void row_28_the_larger_number_counts(struct kunit *test)
{
	struct lab *lab = basic(test, 5, ALL(5));

	say_accept(lab, A, C, ballot_of(7, A), 1, "larger", 0);
	say_accept(lab, B, D, ballot_of(6, B), 1, "smaller", 0);
	lab_write(lab, C);
	lab_write(lab, D);
	lab_drop(lab, C, A, 0);
	lab_drop(lab, D, B, 0);
	lab_power_cut(lab, A);
	lab_power_cut(lab, B);
	lab_propose(lab, E, "mine", 1);
	live(lab, 400, 0);
	KUNIT_EXPECT_STREQ(test, log_text(lab, E, 1), "larger");
	KUNIT_EXPECT_EQ(test, log_find(lab, E, "smaller"), 0);
	KUNIT_EXPECT_STREQ(test, log_text(lab, E, 2), "mine");
}

static void a_barrier_needs_a_round_begun_after_it(struct kunit *test)
{
	struct lab *lab = basic(test, 3, ALL(3));

	lab_propose(lab, A, "x", 1);
	lab_settle(lab);
	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_BARRIER, .cookie = 9 });
	KUNIT_EXPECT_EQ(test, chosen(lab, C), 0);
	lab_settle(lab);
	KUNIT_EXPECT_EQ(test, chosen(lab, C), 1);
	KUNIT_EXPECT_GE(test, lab->node[C].answer[0].slot, 1ull);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->role, PAXOS_ROLE_FOLLOWER);
}

/* However much there is to propose, a round ends for a barrier's sake. */
static void a_barrier_is_not_starved(struct kunit *test)
{
	struct lab *lab = basic(test, 3, ALL(3));
	u32 i;

	lab_propose(lab, A, "x", 1);
	lab_write(lab, A);
	lab_event(lab, A, (struct paxos_event) { .type = PAXOS_EVENT_BARRIER, .cookie = 9 });
	for (i = 0; i < 50 && lab->node[A].replica->barrier[0].number; i++) {
		lab_propose(lab, A, "y", 10 + i);
		live(lab, 2, 0);
	}
	KUNIT_EXPECT_LT(test, i, 50);
	live(lab, 100, 0);
	KUNIT_EXPECT_EQ(test, chosen(lab, A), 2 + i);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_lone_proposer_decides_without_delay),
	KUNIT_CASE(a_node_alone_decides),
	KUNIT_CASE(who_has_nothing_to_say_is_silent),
	KUNIT_CASE(review_the_forgotten_are_no_company),
	KUNIT_CASE(who_needs_a_snapshot_leaves_rounds_to_others),
	KUNIT_CASE(a_refusal_backs_off),
	KUNIT_CASE(five_that_duel_all_decide),
	KUNIT_CASE(three_that_duel_decide_whatever_gets_lost),
	KUNIT_CASE(a_gap_is_filled_by_whoever_sees_it),
	KUNIT_CASE(row_24_orange),
	KUNIT_CASE(row_26_three_at_once),
	KUNIT_CASE(row_27_b_is_learnt_and_proposed),
	KUNIT_CASE(row_28_the_larger_number_counts),
	KUNIT_CASE(a_barrier_needs_a_round_begun_after_it),
	KUNIT_CASE(a_barrier_is_not_starved),
	{}
};

LAB_SUITE(basic, cases);
