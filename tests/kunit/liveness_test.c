// SPDX-License-Identifier: GPL-2.0
/*
 * Liveness: with a majority up the group goes on, whoever died at whatever
 * moment.  Each of these once stood still for ever.
 */
#include "fixture.h"

#define ROUNDS	600		/* of 100 ms: 60 election timeouts */

/* Time passes for the two nodes that are left. */
static void go_on(struct lab *lab, u32 one, u32 other)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		lab_tick(lab, i & 1 ? one : other, 100);
		lab_settle(lab);
	}
}

/*
 * B leads, and slot 2 is chosen by B and C, but only B knows.  B's promise to A
 * says so, then B dies: C holds the value and cannot vouch for it.
 */
static void a_leader_whose_source_died_asks_those_that_are_left(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A) | paxos_bit(B) | paxos_bit(C));

	lab_elect(lab, B);
	lab_settle(lab);
	lab_propose(lab, B, "x", 1);
	lab_write(lab, B);
	lab_drop(lab, B, A, 0);
	lab_deliver(lab, B, C, PAXOS_ACCEPT);
	lab_write(lab, C);
	lab_deliver(lab, C, B, PAXOS_ACCEPTED);
	lab_drop(lab, B, A, 0);
	lab_drop(lab, B, C, 0);
	lab_campaign(lab, A);
	lab_deliver(lab, A, B, PAXOS_PREPARE);
	lab_write(lab, B);
	lab_deliver(lab, B, A, PAXOS_PROMISE);
	KUNIT_ASSERT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
	lab_power_cut(lab, B);

	lab_propose(lab, C, "y", 2);
	go_on(lab, A, C);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "y"), 1);
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "y"), 1);
}

/*
 * C leads and dies.  A knows nothing chosen; B knows 100 slots and holds later
 * ones, more than A has room for: A must catch up before it can lead.
 */
static void a_candidate_out_of_reach_lets_others_lead(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A) | paxos_bit(B));
	u64 ballot = ballot_of(1, C);
	u32 slot;

	for (slot = 1; slot <= 100; slot++)
		say_accept(lab, C, B, ballot, slot, "v", slot - 1);
	for (slot = 102; slot <= 600; slot++)
		say_accept(lab, C, B, ballot, slot, "v", 100);
	say_accept(lab, C, A, ballot, 101, "v", 0);
	lab_settle(lab);
	lab->cut[C] = ~0u;
	lab->node[C].up = false;
	lab_tick(lab, A, 3000);
	go_on(lab, A, B);
	KUNIT_EXPECT_TRUE(test, lab->node[A].replica->role == PAXOS_ROLE_LEADER ||
			  lab->node[B].replica->role == PAXOS_ROLE_LEADER);
	KUNIT_EXPECT_GE(test, lab->node[A].replica->commit, 600ull);
}

/* What was learnt before leading is said again, but takes no room in the window. */
static void learnt_slots_leave_the_window_open(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	u32 slot;

	for (slot = 2; slot <= 80; slot++)
		say_learnt(lab, C, A, ballot_of(1, C), slot, "learnt");
	lab_write(lab, A);
	lab_elect(lab, A);
	lab_write(lab, A);
	/* Slot 1 and the leader's own no-op are open, nothing else. */
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->next_slot, 82ull);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->open_bytes, 0ull);
}

/* A commit index that nobody can have counts for no loop. */
static void a_promise_of_a_far_commit_index_costs_nothing(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_message promise = {
		.type = PAXOS_PROMISE,
		.ballot = lab_campaign(lab, A),
		.slot = 1,
		.number = 1,
		.count = 1,
		.commit = 1ull << 60,
	};

	lab_say(lab, B, A, &promise, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
	lab_tick(lab, A, 50);
	lab_write(lab, A);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 0ull);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_leader_whose_source_died_asks_those_that_are_left),
	KUNIT_CASE(a_candidate_out_of_reach_lets_others_lead),
	KUNIT_CASE(learnt_slots_leave_the_window_open),
	KUNIT_CASE(a_promise_of_a_far_commit_index_costs_nothing),
	{}
};

LAB_SUITE(liveness, cases);
