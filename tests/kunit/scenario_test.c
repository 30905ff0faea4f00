// SPDX-License-Identifier: GPL-2.0
/*
 * Scenarios: whole clusters of real replicas, by hand.  The rows of PROTOCOL.md's
 * table are in rows_test.c.
 */
#include "fixture.h"

static struct lab *three(struct kunit *test)
{
	return lab_start(test, 3, paxos_bit(A) | paxos_bit(B) | paxos_bit(C));
}

/* Who had it is cut from all, or in contact again. */
static void isolate(struct lab *lab, u8 node, bool away)
{
	u8 i;

	lab->cut[node] = away ? ~0u : 0;
	for (i = 0; i < lab->nodes; i++)
		lab->cut[i] = (lab->cut[i] & ~paxos_bit(node)) | (away ? paxos_bit(node) : 0);
}

/* Each delivered slot is the same wherever it was delivered. */
static void expect_agreement(struct kunit *test, struct lab *lab)
{
	u32 slot, i, k;

	for (slot = 1; slot < LOG_MAX; slot++)
		for (i = 0; i < lab->nodes; i++)
			for (k = 0; k < i; k++)
				if (lab->node[i].log[slot].type && lab->node[k].log[slot].type)
					KUNIT_EXPECT_STREQ_MSG(test, log_text(lab, i, slot),
							       log_text(lab, k, slot),
							       "slot %u of %u and %u", slot, i, k);
}

/* Let time pass for all that are up, until they agree on how far the log goes. */
static void heal(struct lab *lab)
{
	u32 i;

	memset(lab->cut, 0, sizeof(lab->cut));
	for (i = 0; i < 200; i++) {
		if (lab->node[i % lab->nodes].up)
			lab_tick(lab, i % lab->nodes, 30);
		lab_settle(lab);
	}
}

static void a_value_is_chosen_everywhere(struct kunit *test)
{
	struct lab *lab = three(test);
	u8 i;

	lab_elect(lab, A);
	lab_propose(lab, A, "from leader", 1);
	lab_propose(lab, C, "from follower", 2);
	heal(lab);
	for (i = A; i <= C; i++) {
		KUNIT_EXPECT_EQ(test, log_find(lab, i, "from leader"), 1);
		KUNIT_EXPECT_EQ(test, log_find(lab, i, "from follower"), 1);
	}
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 1);
	expect_agreement(test, lab);
}

/* Row 2 with a torn write: B never acknowledged, so x may or may not be chosen. */
static void a_torn_acceptance_was_never_acknowledged(struct kunit *test)
{
	struct lab *lab = three(test);

	lab_elect(lab, A);
	lab_settle(lab);
	lab_propose(lab, A, "x", 1);
	lab_write(lab, A);
	lab_deliver(lab, A, B, PAXOS_ACCEPT);
	lab_torn_write(lab, B, 0x5);
	KUNIT_EXPECT_EQ(test, lab_count(lab, B, A, PAXOS_ACCEPTED), 0);
	lab_boot(lab, B);
	KUNIT_EXPECT_EQ(test, lab->node[B].replayed, PAXOS_REPLAY_TORN);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, B, 2), "-");
	heal(lab);
	KUNIT_EXPECT_EQ(test, log_find(lab, B, "x"), 1);
	expect_agreement(test, lab);
}

/* Two cuts in a row, each while the same batch is written. */
static void two_torn_writes_in_a_row_are_both_dropped(struct kunit *test)
{
	struct lab *lab = three(test);
	u64 masks[] = { 0xf0, 0x0f };
	u32 i;

	for (i = 0; i < 2; i++) {
		say_accept(lab, B, A, ballot_of(1, B), 1, "x", 0);
		lab_torn_write(lab, A, masks[i]);
		lab_boot(lab, A);
		KUNIT_EXPECT_EQ(test, lab->node[A].replayed, PAXOS_REPLAY_TORN);
		KUNIT_EXPECT_EQ(test, lab->node[A].replica->promised, 0ull);
	}
}

/*
 * Row 26: p1 proposes a, p2 b, p3 c, each first to itself; whatever the order,
 * one of the three is chosen in slot 1, everywhere.  Here each in turn comes to
 * accept its own alone, and then one of them prepares on all.
 */
static void row_26_one_of_three_is_chosen(struct kunit *test)
{
	struct lab *lab = three(test);
	static const char *const values[] = { "a", "b", "c" };
	u32 order;
	u8 i;

	for (order = 0; order < 9; order++) {
		for (i = A; i <= C; i++) {
			memset(lab->node[i].device, 0, RING_SIZE);
			lab_power_cut(lab, i);
			lab_drop(lab, i, (i + 1) % 3, 0);
			lab_drop(lab, i, (i + 2) % 3, 0);
		}
		for (i = A; i <= C; i++)
			lab_boot(lab, i);
		for (i = 0; i < 3; i++) {
			u8 node = (i * (1 + order / 5) + order) % 3;

			/* Its value came from the one before it, at its own number. */
			say_accept(lab, (node + 1) % 3, node, ballot_of(1 + i, (node + 1) % 3), 1,
				   values[node], 0);
			lab_write(lab, node);
		}
		lab_elect(lab, order % 3);
		heal(lab);
		KUNIT_EXPECT_TRUE(test, strchr("abc", log_text(lab, A, 1)[0]));
		KUNIT_EXPECT_EQ(test, strlen(log_text(lab, A, 1)), 1u);
		expect_agreement(test, lab);
		KUNIT_EXPECT_STREQ(test, log_text(lab, B, 1), log_text(lab, C, 1));
	}
}

/* The side without a majority never answers success, and heals. */
static void a_minority_chooses_nothing(struct kunit *test)
{
	struct lab *lab = three(test);

	lab_elect(lab, A);
	lab_settle(lab);
	isolate(lab, A, true);
	lab_propose(lab, A, "lonely", 1);
	lab_settle(lab);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 0);
	lab_elect(lab, B);
	lab_propose(lab, B, "v", 1);
	lab_settle(lab);
	KUNIT_EXPECT_EQ(test, lab->node[B].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 0);
	heal(lab);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 1);
	expect_agreement(test, lab);
}

/* All lose power; what was answered is there afterwards. */
static void what_was_answered_outlives_a_cut_of_all(struct kunit *test)
{
	struct lab *lab = three(test);
	u8 i;

	lab_elect(lab, A);
	for (i = 0; i < 10; i++)
		lab_propose(lab, i % 3, (char[]) { 'a' + i, 0 }, 1 + i);
	heal(lab);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers + lab->node[B].answers + lab->node[C].answers,
			10);
	for (i = A; i <= C; i++)
		lab_power_cut(lab, i);
	for (i = A; i <= C; i++)
		lab_boot(lab, i);
	heal(lab);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, log_find(lab, i % 3, (char[]) { 'a' + i, 0 }), 1);
	expect_agreement(test, lab);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_value_is_chosen_everywhere),
	KUNIT_CASE(a_torn_acceptance_was_never_acknowledged),
	KUNIT_CASE(two_torn_writes_in_a_row_are_both_dropped),
	KUNIT_CASE(row_26_one_of_three_is_chosen),
	KUNIT_CASE(a_minority_chooses_nothing),
	KUNIT_CASE(what_was_answered_outlives_a_cut_of_all),
	{}
};

LAB_SUITE(scenario, cases);
