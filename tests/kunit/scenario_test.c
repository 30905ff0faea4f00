// SPDX-License-Identifier: GPL-2.0
/*
 * Scenarios: schedules of PROTOCOL.md's table with real replicas only.  Each
 * reads as its row does; slot 1 is a leader's first no-op where it got that far.
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

/*
 * Row 1: P1 is A, P2 is C.  B promises 2, loses power before it is written, so
 * it never said so; asked again it says so only when durable, and then the late
 * accept(1,x) finds it out.
 */
static void row_1_a_promise_that_was_said_is_kept(struct kunit *test)
{
	struct lab *lab = three(test);
	u64 first, second;

	first = lab_campaign(lab, A);
	lab_deliver(lab, A, B, PAXOS_PREPARE);
	lab_write(lab, B);
	second = lab_campaign(lab, C);
	KUNIT_EXPECT_GT(test, second, first);
	lab_deliver(lab, C, B, PAXOS_PREPARE);
	KUNIT_EXPECT_EQ(test, lab_count(lab, B, C, PAXOS_PROMISE), 0);
	lab_power_cut(lab, B);
	lab_boot(lab, B);
	lab_say(lab, C, B, &(struct paxos_message) {
		.type = PAXOS_PREPARE, .ballot = second, .slot = 1 }, NULL, 0);
	lab_write(lab, B);
	KUNIT_EXPECT_EQ(test, lab_count(lab, B, C, PAXOS_PROMISE), 1);
	lab_power_cut(lab, B);
	lab_boot(lab, B);
	say_accept(lab, A, B, first, 1, "x", 0);
	lab_write(lab, B);
	KUNIT_EXPECT_EQ(test, lab_count(lab, B, A, PAXOS_ACCEPTED), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, B, A, PAXOS_NACK), 1);
	say_accept(lab, C, B, second, 1, "y", 0);
	lab_write(lab, B);
	KUNIT_EXPECT_EQ(test, lab_count(lab, B, C, PAXOS_ACCEPTED), 1);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, B, 1), "y");
}

/* A proposes "x" in slot 2; it reaches those in @reached, who write it. */
static u64 propose_x(struct lab *lab, u32 reached)
{
	u64 ballot = lab_elect(lab, A);
	u8 i;

	lab_settle(lab);
	lab_propose(lab, A, "x", 1);
	lab_write(lab, A);
	for (i = B; i < lab->nodes; i++) {
		if (reached & paxos_bit(i))
			lab_deliver(lab, A, i, PAXOS_ACCEPT);
		lab_drop(lab, A, i, 0);
		lab_write(lab, i);
	}
	return ballot;
}

/* Row 2: x accepted by A,B; B loses power; P2 prepares 2 on B,C. */
static void row_2_an_accepted_value_outlives_a_power_cut(struct kunit *test)
{
	struct lab *lab = three(test);

	propose_x(lab, paxos_bit(B));
	lab_drop(lab, B, A, PAXOS_ACCEPTED);
	lab_power_cut(lab, B);
	lab_boot(lab, B);
	isolate(lab, A, true);
	lab_elect(lab, C);
	lab_settle(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, B, 2), "x");
	heal(lab);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
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

/* Row 3: (1,v1) chosen on A,C; P1 restarts, old promises are replayed to it. */
static void row_3_old_promises_do_not_help_a_new_life(struct kunit *test)
{
	struct lab *lab = three(test);
	struct letter old;
	u64 first = lab_campaign(lab, A), second;

	lab_deliver(lab, A, C, PAXOS_PREPARE);
	lab_write(lab, C);
	old = *lab_take(lab, C, A, PAXOS_PROMISE);
	paxos_buf_get(old.buf);
	lab_again(lab, &old);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
	lab_settle(lab);
	lab_power_cut(lab, A);
	lab_boot(lab, A);
	second = lab_campaign(lab, A);
	KUNIT_EXPECT_GT(test, second, first);
	lab_again(lab, &old);
	/* Not even if it seems to be of this life. */
	old.head.to_session = lab->node[A].session;
	lab_again(lab, &old);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	paxos_buf_put(old.buf);
}

/*
 * Row 5: A holds (1,x), C (2,y), B (3,x): nothing is chosen, y may still win.  A
 * has x and is away; C, which never saw a promise reporting x, wins with y.
 */
static void row_5_a_minority_value_may_lose(struct kunit *test)
{
	struct lab *lab = three(test);

	propose_x(lab, 0);
	isolate(lab, A, true);
	lab_elect(lab, C);
	lab_propose(lab, C, "y", 2);
	lab_settle(lab);
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "x"), 0);
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "y"), 1);
	heal(lab);
	/* It was not chosen, but A goes on proposing it until it is: once. */
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "y"), 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), log_text(lab, C, 2));
	expect_agreement(test, lab);
}

/* Row 16: chosen by the old leader, unknown to its origin, tried through the new one. */
static void row_16_a_retry_is_delivered_once(struct kunit *test)
{
	struct lab *lab = three(test);

	lab_elect(lab, A);
	lab_settle(lab);
	say_heartbeat(lab, A, B, lab->node[A].replica->ballot, 0);
	lab_propose(lab, B, "x", 1);
	lab_deliver(lab, B, A, PAXOS_FORWARD);
	lab_write(lab, A);
	lab_drop(lab, A, B, 0);
	lab_deliver(lab, A, C, PAXOS_ACCEPT);
	lab_write(lab, C);
	lab_deliver(lab, C, A, PAXOS_ACCEPTED);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
	isolate(lab, A, true);
	lab_drop(lab, A, B, 0);
	lab_drop(lab, A, C, 0);
	lab_elect(lab, C);
	lab_settle(lab);
	heal(lab);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
	KUNIT_EXPECT_EQ(test, log_find(lab, B, "x"), 1);
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "x"), 1);
	KUNIT_EXPECT_EQ(test, lab->node[B].answers, 1);
	expect_agreement(test, lab);
}

/* Row 18: slot 2 accepted by a minority that is away, 3 by a majority. */
static void row_18_a_hole_at_failover_is_filled(struct kunit *test)
{
	struct lab *lab = three(test);

	propose_x(lab, 0);
	lab_propose(lab, A, "w", 2);
	lab_write(lab, A);
	lab_deliver(lab, A, B, PAXOS_ACCEPT);
	lab_write(lab, B);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, B, 2), "-");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, B, 3), "w");
	isolate(lab, A, true);
	lab_elect(lab, B);
	lab_settle(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, B, 2), "");
	KUNIT_EXPECT_STREQ(test, log_text(lab, B, 3), "w");
	heal(lab);
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "w"), 1);
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "x"), 1);
	expect_agreement(test, lab);
}

/* Row 24: 1 is A and accepted (2,orange); 2 and 3 promised 2; its proposer died. */
static void row_24_orange_is_chosen(struct kunit *test)
{
	struct lab *lab = three(test);
	u64 two = ballot_of(2, B), three;
	u8 i;

	say_accept(lab, B, A, two, 1, "orange", 0);
	say_prepare(lab, A, B, ballot_of(1, A), 1);
	for (i = A; i <= C; i++) {
		if (i != B)
			say_prepare(lab, B, i, two, 1);
		lab_write(lab, i);
	}
	say_prepare(lab, A, C, ballot_of(1, A), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_NACK), 1);
	lab_power_cut(lab, B);
	three = lab_elect(lab, C);
	KUNIT_EXPECT_GT(test, three, two);
	lab_settle(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "orange");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "orange");
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

/* Row 27: p2 is B and proposes b to B,C; p1 is A and prepares a larger number. */
static void row_27_a_larger_prepare_learns_the_value(struct kunit *test)
{
	struct lab *lab = three(test);
	u64 smaller = lab_campaign(lab, B), larger;

	lab_deliver(lab, B, C, PAXOS_PREPARE);
	lab_drop(lab, B, A, 0);
	lab_write(lab, C);
	lab_deliver(lab, C, B, PAXOS_PROMISE);
	lab_propose(lab, B, "b", 1);
	lab_write(lab, B);
	while (lab_deliver(lab, B, C, PAXOS_ACCEPT))
		;
	lab_drop(lab, B, A, 0);
	lab_write(lab, C);
	lab_drop(lab, C, B, PAXOS_ACCEPTED);
	lab_propose(lab, A, "a", 1);
	do {
		lab_drop(lab, A, C, 0);
		larger = lab_campaign(lab, A);
	} while (larger < smaller);
	lab_deliver(lab, A, C, PAXOS_PREPARE);
	lab_write(lab, C);
	KUNIT_EXPECT_TRUE(test, letter_has(lab_take(lab, C, A, PAXOS_PROMISE), 2, smaller, "b"));
	heal(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "b");
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "a"), 1);
	expect_agreement(test, lab);
}

/* Row 30: n = 5, 7 is slot 2 here.  A has v' on D only; B chooses w; A learns w. */
static void row_30_a_deposed_leaders_word_is_not_enough(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, 31);
	u64 deposed = lab_elect(lab, A);

	lab_settle(lab);
	lab_propose(lab, A, "v'", 1);
	lab_write(lab, A);
	lab_deliver(lab, A, D, PAXOS_ACCEPT);
	lab_write(lab, D);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, D, 2), "v'");
	isolate(lab, A, true);
	isolate(lab, D, true);
	lab_settle(lab);
	lab->cut[D] = ~0u;
	lab_power_cut(lab, D);
	lab_power_cut(lab, A);
	lab_elect(lab, B);
	lab_propose(lab, B, "w", 2);
	lab_settle(lab);
	KUNIT_EXPECT_EQ(test, log_find(lab, E, "w"), 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, E, 2), "");
	lab_boot(lab, D);
	say_heartbeat(lab, A, D, deposed, 2);
	KUNIT_EXPECT_STREQ(test, log_text(lab, D, 2), "-");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, D, 2), "v'");
	lab_boot(lab, A);
	heal(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, D, 2), "");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "");
	KUNIT_EXPECT_EQ(test, log_find(lab, D, "w"), 1);
	expect_agreement(test, lab);
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
	KUNIT_CASE(row_1_a_promise_that_was_said_is_kept),
	KUNIT_CASE(row_2_an_accepted_value_outlives_a_power_cut),
	KUNIT_CASE(a_torn_acceptance_was_never_acknowledged),
	KUNIT_CASE(two_torn_writes_in_a_row_are_both_dropped),
	KUNIT_CASE(row_3_old_promises_do_not_help_a_new_life),
	KUNIT_CASE(row_5_a_minority_value_may_lose),
	KUNIT_CASE(row_16_a_retry_is_delivered_once),
	KUNIT_CASE(row_18_a_hole_at_failover_is_filled),
	KUNIT_CASE(row_24_orange_is_chosen),
	KUNIT_CASE(row_26_one_of_three_is_chosen),
	KUNIT_CASE(row_27_a_larger_prepare_learns_the_value),
	KUNIT_CASE(row_30_a_deposed_leaders_word_is_not_enough),
	KUNIT_CASE(a_minority_chooses_nothing),
	KUNIT_CASE(what_was_answered_outlives_a_cut_of_all),
	{}
};

LAB_SUITE(scenario, cases);
