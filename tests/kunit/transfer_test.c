// SPDX-License-Identifier: GPL-2.0
/* Transfer: handing leadership over. */
#include "fixture.h"

static void transfer(struct lab *lab, u8 asked, u8 to)
{
	lab_event(lab, asked, (struct paxos_event) {
		.type = PAXOS_EVENT_TRANSFER, .cookie = 5, .node = to + 1,
	});
}

static struct lab *led(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, 7);

	lab_elect(lab, A);
	lab_live(lab, 500);
	return lab;
}

static const struct paxos_answer *answer(struct lab *lab, u8 node)
{
	KUNIT_EXPECT_EQ(lab->test, lab->node[node].answers, 1);
	return &lab->node[node].answer[0];
}

static void a_leader_hands_over(struct kunit *test)
{
	struct lab *lab = led(test);
	u64 ballot = lab->node[A].replica->ballot;

	transfer(lab, A, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, C, PAXOS_TRANSFER), 1);
	lab_live(lab, 300);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[C].replica));
	/* With a round of its own, and without pre-votes. */
	KUNIT_EXPECT_GT(test, lab->node[C].replica->ballot, ballot);
	KUNIT_EXPECT_EQ(test, answer(lab, A)->outcome, PAXOS_OUTCOME_CHOSEN);
	KUNIT_EXPECT_EQ(test, answer(lab, A)->ballot, lab->node[C].replica->ballot);
}

static void any_node_may_be_asked(struct kunit *test)
{
	struct lab *lab = led(test);

	transfer(lab, B, C);
	lab_live(lab, 300);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[C].replica));
	KUNIT_EXPECT_EQ(test, answer(lab, B)->outcome, PAXOS_OUTCOME_CHOSEN);
	transfer(lab, A, A);
	lab_live(lab, 300);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[A].replica));
	KUNIT_EXPECT_EQ(test, answer(lab, A)->outcome, PAXOS_OUTCOME_CHOSEN);
}

static void nothing_new_is_proposed_meanwhile(struct kunit *test)
{
	struct lab *lab = led(test);
	struct paxos_replica *a = lab->node[A].replica;
	u64 next = a->next_slot;

	transfer(lab, A, C);
	lab_propose(lab, A, "x", 9);
	KUNIT_EXPECT_EQ(test, a->next_slot, next);
	/* C does not hear of it: A goes on, and nothing is lost. */
	lab_drop(lab, A, C, PAXOS_TRANSFER);
	lab->cut[A] = paxos_bit(C);
	lab_live(lab, 500);
	KUNIT_EXPECT_EQ(test, a->next_slot, next);
	lab_live(lab, 1000);
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
	lab_live(lab, 2500);
	KUNIT_EXPECT_TRUE(test, paxos_leads(a));
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[lab->node[A].answers - 1].outcome,
			PAXOS_OUTCOME_UNKNOWN);
}

static void only_a_voter_that_has_caught_up_is_taken(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_replica *a = lab->node[A].replica;

	lab_elect(lab, A);
	transfer(lab, A, D);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[0].why, PAXOS_WHY_NOT_MEMBER);
	a->commit += PAXOS_WINDOW + 1;
	a->delivered = a->commit;
	transfer(lab, A, B);
	a->commit -= PAXOS_WINDOW + 1;
	a->delivered = a->commit;
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[1].why, PAXOS_WHY_BEHIND);
	a->peer[B].forgotten = true;
	transfer(lab, A, B);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[2].why, PAXOS_WHY_BEHIND);
	a->newest.voters &= ~paxos_bit(C);
	transfer(lab, A, C);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[3].why, PAXOS_WHY_NOT_VOTER);
}

/* Only the owner of a ballot that is not too old may say so. */
static void who_does_not_lead_hands_nothing_over(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_message m = {
		.type = PAXOS_TRANSFER, .ballot = ballot_of(4, C), .slot = A + 1,
	};

	lab_say(lab, B, A, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->ballot, 0ull);
	say_prepare(lab, B, A, ballot_of(5, B), 1);
	lab_write(lab, A);
	lab_say(lab, C, A, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->ballot, 0ull);
	m.ballot = ballot_of(6, C);
	m.commit = PAXOS_WINDOW + 1;
	lab_say(lab, C, A, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->ballot, 0ull);
	m.commit = 0;
	lab_say(lab, C, A, &m, NULL, 0);
	KUNIT_EXPECT_GT(test, lab->node[A].replica->ballot, ballot_of(6, C));
}

static void without_a_leader_it_is_given_up(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));

	transfer(lab, A, B);
	lab_event(lab, A, (struct paxos_event) { .type = PAXOS_EVENT_GIVE_UP, .cookie = 5 });
	KUNIT_EXPECT_EQ(test, answer(lab, A)->why, PAXOS_WHY_NO_LEADER);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_leader_hands_over),
	KUNIT_CASE(any_node_may_be_asked),
	KUNIT_CASE(nothing_new_is_proposed_meanwhile),
	KUNIT_CASE(only_a_voter_that_has_caught_up_is_taken),
	KUNIT_CASE(who_does_not_lead_hands_nothing_over),
	KUNIT_CASE(without_a_leader_it_is_given_up),
	{}
};

LAB_SUITE(transfer, cases);
