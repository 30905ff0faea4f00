// SPDX-License-Identifier: GPL-2.0
/*
 * Learner, sessions, own proposals and catch-up: C is real, and the others are
 * puppets, if not said otherwise.
 */
#include "fixture.h"

static struct lab *learner(struct kunit *test)
{
	return lab_start(test, 3, paxos_bit(C));
}

/* Rule 5. */
static void a_commit_index_covers_copies_of_exactly_its_ballot(struct kunit *test)
{
	struct lab *lab = learner(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	say_accept(lab, A, C, ballot_of(1, A), 2, "y", 0);
	say_heartbeat(lab, B, C, ballot_of(2, B), 2);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "-");
	/* The same value, accepted at that very ballot. */
	say_accept(lab, B, C, ballot_of(2, B), 1, "x", 0);
	say_heartbeat(lab, B, C, ballot_of(2, B), 2);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "-");
}

/* Rule 5; row 30: 7 is slot 1 here, A sends its own ballot's commit index late. */
static void a_deposed_leader_does_not_vouch_for_others_values(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, paxos_bit(D));
	u64 deposed = ballot_of(1, A);

	say_accept(lab, A, D, deposed, 1, "w'", 0);
	lab_write(lab, D);
	/* 2.B chooses w on B, C, E; A is told so, and learns it. */
	say_heartbeat(lab, A, D, ballot_of(2, A), 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, D, 1), "-");
	say_learnt(lab, B, D, ballot_of(2, B), 1, "w");
	KUNIT_EXPECT_STREQ(test, log_text(lab, D, 1), "w");
}

/* Rule 5: the sender's half: the index goes only over what it found chosen itself. */
static void a_learnt_slot_is_not_vouched_for_at_an_own_ballot(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, paxos_bit(A));
	u64 ballot = lab_elect(lab, A);
	struct letter *letter;

	lab_write(lab, A);
	lab_propose(lab, A, "v'", 1);
	lab_write(lab, A);
	lab_drop(lab, A, D, 0);
	say_learnt(lab, B, A, ballot_of(9, B), 1, "w");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "-");
	lab_tick(lab, A, 200);
	while ((letter = lab_take(lab, A, D, 0)))
		if (letter->message.ballot == ballot)
			KUNIT_EXPECT_EQ(test, letter->message.commit, 0ull);
}

static void values_are_delivered_in_order_without_gaps(struct kunit *test)
{
	struct lab *lab = learner(test);

	say_learnt(lab, A, C, ballot_of(1, A), 3, "z");
	say_learnt(lab, A, C, ballot_of(1, A), 2, "y");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "-");
	say_learnt(lab, A, C, ballot_of(1, A), 1, "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "y");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 3), "z");
}

/* What was chosen is delivered again after a power cut, from the journal alone. */
static void what_was_learnt_survives_a_power_cut(struct kunit *test)
{
	struct lab *lab = learner(test);

	say_learnt(lab, A, C, ballot_of(1, A), 1, "x");
	say_accept(lab, A, C, ballot_of(1, A), 2, "y", 0);
	say_accept(lab, A, C, ballot_of(1, A), 3, "z", 2);
	say_accept(lab, A, C, ballot_of(1, A), 4, "u", 3);
	lab_write(lab, C);
	lab_power_cut(lab, C);
	lab_boot(lab, C);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "y");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 4), "-");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 4), "u");
}

static u32 learnt_items(struct lab *lab, u64 from, u64 count)
{
	struct paxos_message m = { .type = PAXOS_LEARN, .slot = from, .number = count };
	struct letter *letter;
	u32 items = 0;

	lab_say(lab, B, C, &m, NULL, 0);
	while ((letter = lab_take(lab, C, B, PAXOS_LEARNT)))
		items += letter_items(letter);
	return items;
}

/* Rule 5: LEARN answers only slots known to be chosen. */
static void learn_answers_only_what_is_chosen(struct kunit *test)
{
	struct lab *lab = learner(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	say_accept(lab, A, C, ballot_of(1, A), 2, "y", 1);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, learnt_items(lab, 1, 10), 1);
	KUNIT_EXPECT_EQ(test, learnt_items(lab, 2, 10), 0);
	KUNIT_EXPECT_EQ(test, learnt_items(lab, 0, 10), 0);
	KUNIT_EXPECT_EQ(test, learnt_items(lab, PAXOS_SLOT_LIMIT, ~0ull), 0);
	KUNIT_EXPECT_EQ(test, learnt_items(lab, 1, ~0ull), 1);
}

/* Who hears of a higher commit index asks, and goes on asking until it has all. */
static void who_lags_asks_for_what_it_missed(struct kunit *test)
{
	struct lab *lab = learner(test);
	struct letter *learn;

	say_heartbeat(lab, A, C, ballot_of(1, A), 3);
	lab_tick(lab, C, 100);
	learn = lab_take(lab, C, A, PAXOS_LEARN);
	KUNIT_ASSERT_NOT_NULL(test, learn);
	KUNIT_EXPECT_EQ(test, learn->message.slot, 1ull);
	KUNIT_EXPECT_EQ(test, learn->message.number, 3ull);
	say_learnt(lab, A, C, ballot_of(1, A), 1, "x");
	lab_tick(lab, C, 100);
	learn = lab_take(lab, C, A, PAXOS_LEARN);
	KUNIT_ASSERT_NOT_NULL(test, learn);
	KUNIT_EXPECT_EQ(test, learn->message.slot, 2ull);
}

/* Slots that left the memory are read from the journal by the shell. */
static void old_slots_are_asked_of_the_shell(struct kunit *test)
{
	struct lab *lab = learner(test);
	struct paxos_message learn = { .type = PAXOS_LEARN, .slot = 1, .number = 5 };
	char text[2] = "a";
	u64 slot;

	for (slot = 1; slot <= PAXOS_SLOTS + 1; slot++) {
		text[0] = 'a' + slot % 26;
		say_learnt(lab, A, C, ballot_of(1, A), slot, text);
		lab_write(lab, C);
	}
	lab_say(lab, B, C, &learn, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].serves, 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_LEARNT), 0);
}

/* Rule 8, the table alone: what a sequence of chosen ids delivers. */
static const struct chosen_id {
	const char *story;
	u64 incarnation, nonce, sequence;
	bool delivered;
} chosen_ids[] = {
	{ "the first",				1, 7, 1,   true },
	{ "the same again",			1, 7, 1,   false },
	{ "out of order: a later one",		1, 7, 5,   true },
	{ "out of order: an earlier one",	1, 7, 3,   true },
	{ "that again",				1, 7, 3,   false },
	{ "the newest there may be in flight",	1, 7, 513, true },
	{ "the window's lowest",		1, 7, 2,   true },
	{ "and again",				1, 7, 2,   false },
	{ "far beyond",				1, 7, 5000, true },
	{ "below the window",			1, 7, 4488, false },
	{ "the window's lowest, anew",		1, 7, 4489, true },
	{ "same place in the ring, other turn",	1, 7, 5000 - 511 + 1, true },
	{ "another start with the same count",	1, 8, 5001, false },
	{ "a newer start, not its first",	2, 9, 4,   true },
	{ "its first, out of order",		2, 9, 1,   true },
	{ "its first again",			2, 9, 1,   false },
	{ "a proposal of the older start",	1, 7, 5002, false },
};

static void an_id_is_delivered_once(struct kunit *test)
{
	struct paxos_session session = {};
	const struct chosen_id *c;

	for (c = chosen_ids; c < chosen_ids + ARRAY_SIZE(chosen_ids); c++) {
		struct paxos_proposal_id id = {
			.origin = 1,
			.incarnation = c->incarnation,
			.nonce = c->nonce,
			.sequence = c->sequence,
		};

		KUNIT_EXPECT_EQ_MSG(test, paxos_session_delivered(&session, &id), !c->delivered,
				    "%s", c->story);
		KUNIT_EXPECT_EQ_MSG(test, paxos_session_deliver(&session, &id), c->delivered, "%s",
				    c->story);
		KUNIT_EXPECT_TRUE_MSG(test, paxos_session_delivered(&session, &id), "%s",
				      c->story);
	}
}

/* Rule 8: chosen in two slots; the second is a no-op, after a restart too. */
static void a_value_chosen_twice_is_delivered_once(struct kunit *test)
{
	struct lab *lab = learner(test);

	say_learnt(lab, A, C, ballot_of(1, A), 1, "x");
	say_learnt(lab, A, C, ballot_of(1, A), 2, "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "");
	lab_write(lab, C);
	lab_boot(lab, C);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "");
	say_learnt(lab, A, C, ballot_of(1, A), 3, "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 3), "");
}

/* C follows A, whose ballot is 1. */
static struct lab *follower(struct kunit *test)
{
	struct lab *lab = learner(test);

	say_heartbeat(lab, A, C, ballot_of(1, A), 0);
	return lab;
}

static struct paxos_proposal_id forwarded_id(struct lab *lab, u8 leader)
{
	struct letter *letter = lab_take(lab, C, leader, PAXOS_FORWARD);
	struct paxos_cursor cursor = {};
	struct paxos_item item = {};

	if (letter)
		paxos_message_next(&letter->message, &cursor, &item);
	return item.entry.id;
}

/* The leader has chosen what was forwarded: C hears so. */
static void chosen(struct lab *lab, u64 slot, const struct paxos_proposal_id *id)
{
	struct paxos_message m = { .type = PAXOS_LEARNT };
	struct paxos_item item = item_of(slot, ballot_of(1, A), "v");

	item.entry.id = *id;
	lab_say(lab, A, C, &m, &item, 1);
}

static void a_proposal_is_forwarded_and_answered_when_delivered(struct kunit *test)
{
	struct lab *lab = follower(test);
	struct paxos_proposal_id id;

	lab_propose(lab, C, "v", 77);
	id = forwarded_id(lab, A);
	KUNIT_EXPECT_EQ(test, id.origin, 3);
	KUNIT_EXPECT_EQ(test, id.sequence, 1ull);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
	chosen(lab, 2, &id);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
	say_learnt(lab, A, C, ballot_of(1, A), 1, "");
	KUNIT_ASSERT_EQ(test, lab->node[C].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].cookie, 77ull);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].outcome, PAXOS_OUTCOME_CHOSEN);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].slot, 2ull);
}

/* Row 16: with the same id, so that it is delivered once. */
static void a_new_leader_gets_the_same_proposal(struct kunit *test)
{
	struct lab *lab = follower(test);
	struct paxos_proposal_id first, second;

	lab_propose(lab, C, "v", 1);
	first = forwarded_id(lab, A);
	say_heartbeat(lab, B, C, ballot_of(2, B), 0);
	second = forwarded_id(lab, B);
	KUNIT_EXPECT_TRUE(test, paxos_id_equal(&first, &second));
	chosen(lab, 1, &first);
	chosen(lab, 2, &second);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 1);
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "v"), 1);
}

/* Rule 8: ids of another start are other ids. */
static void a_restart_never_repeats_an_id(struct kunit *test)
{
	struct lab *lab = follower(test);
	struct paxos_proposal_id first, second;

	lab_propose(lab, C, "v", 1);
	first = forwarded_id(lab, A);
	lab_power_cut(lab, C);
	lab_boot(lab, C);
	say_heartbeat(lab, A, C, ballot_of(1, A), 0);
	lab_propose(lab, C, "v", 1);
	second = forwarded_id(lab, A);
	KUNIT_EXPECT_GT(test, second.incarnation, first.incarnation);
	KUNIT_EXPECT_FALSE(test, paxos_id_equal(&first, &second));
}

/* Rule 8: sequence s leaves only once s - W is delivered. */
static void no_more_than_a_session_window_is_in_flight(struct kunit *test)
{
	struct lab *lab = follower(test);
	struct paxos_proposal_id id, last;
	struct letter *letter;
	u32 i, items = 0;

	lab_propose(lab, C, "v", 1);
	id = forwarded_id(lab, A);
	for (i = 1; i < PAXOS_SESSION_WINDOW + 5; i++)
		lab_propose(lab, C, "v", i + 1);
	while ((letter = lab_take(lab, C, A, PAXOS_FORWARD)))
		items += letter_items(letter);
	KUNIT_EXPECT_EQ(test, items, PAXOS_SESSION_WINDOW - 1);
	chosen(lab, 1, &id);
	last = forwarded_id(lab, A);
	KUNIT_EXPECT_EQ(test, last.sequence, PAXOS_SESSION_WINDOW + 1ull);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 0);
}

static void give_up(struct lab *lab, u64 cookie)
{
	lab_event(lab, C, (struct paxos_event) {
		.type = PAXOS_EVENT_GIVE_UP,
		.cookie = cookie,
	});
}

/* Rule 11. */
static void a_proposal_that_left_is_unknown_when_given_up(struct kunit *test)
{
	struct lab *lab = follower(test);

	lab_propose(lab, C, "v", 5);
	give_up(lab, 5);
	KUNIT_ASSERT_EQ(test, lab->node[C].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].outcome, PAXOS_OUTCOME_UNKNOWN);
}

/* Rule 11: one that never left is withdrawn, and never leaves. */
static void a_proposal_that_never_left_is_withdrawn(struct kunit *test)
{
	struct lab *lab = learner(test);

	lab_propose(lab, C, "v", 5);
	give_up(lab, 5);
	KUNIT_ASSERT_EQ(test, lab->node[C].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].outcome, PAXOS_OUTCOME_WITHDRAWN);
	say_heartbeat(lab, A, C, ballot_of(1, A), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 0);
}

/* One that is patient does not keep the places of those behind it. */
static void withdrawn_proposals_take_no_room(struct kunit *test)
{
	struct lab *lab = learner(test);
	struct paxos_replica *r = lab->node[C].replica;
	u64 cookie;

	lab_propose(lab, C, "v", 1);
	for (cookie = 2; cookie < PAXOS_WAITING_MAX; cookie++) {
		lab_propose(lab, C, "w", cookie);
		if (cookie % 8)
			give_up(lab, cookie);
	}
	KUNIT_EXPECT_EQ(test, r->waiting_tail - r->waiting_head, PAXOS_WAITING_MAX / 8);
	for (cookie = 0; cookie < PAXOS_WAITING_MAX; cookie += 8)
		give_up(lab, cookie ?: 1);
	KUNIT_EXPECT_EQ(test, r->waiting_tail, r->waiting_head);
}

/* Datagrams get lost: again, less and less often, until it is delivered, even if given up. */
static void a_proposal_is_forwarded_until_delivered(struct kunit *test)
{
	struct lab *lab = follower(test);
	struct paxos_proposal_id id;
	u32 i;

	lab_propose(lab, C, "v", 5);
	id = forwarded_id(lab, A);
	give_up(lab, 5);
	for (i = 0; i < 3; i++) {
		struct paxos_proposal_id again;

		say_heartbeat(lab, A, C, ballot_of(1, A), 0);
		lab_tick(lab, C, 250u << i);
		again = forwarded_id(lab, A);
		KUNIT_EXPECT_TRUE(test, paxos_id_equal(&id, &again));
	}
	chosen(lab, 1, &id);
	lab_tick(lab, C, 250);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 0);
}

/* A leader that gets a proposal twice, or one that was delivered, proposes it once. */
static void a_forwarded_proposal_gets_one_slot(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_message m = { .type = PAXOS_FORWARD };
	struct paxos_item item = item_of(0, 0, "v");
	u64 ballot = lab_elect(lab, A);

	item.entry.id.origin = 3;
	lab_say(lab, C, A, &m, &item, 1);
	m.flags = PAXOS_FLAG_RETRY;
	lab_say(lab, C, A, &m, &item, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->next_slot, 3ull);
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 2);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "v");
	lab_say(lab, C, A, &m, &item, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->next_slot, 3ull);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_commit_index_covers_copies_of_exactly_its_ballot),
	KUNIT_CASE(a_deposed_leader_does_not_vouch_for_others_values),
	KUNIT_CASE(a_learnt_slot_is_not_vouched_for_at_an_own_ballot),
	KUNIT_CASE(values_are_delivered_in_order_without_gaps),
	KUNIT_CASE(what_was_learnt_survives_a_power_cut),
	KUNIT_CASE(learn_answers_only_what_is_chosen),
	KUNIT_CASE(who_lags_asks_for_what_it_missed),
	KUNIT_CASE(old_slots_are_asked_of_the_shell),
	KUNIT_CASE(an_id_is_delivered_once),
	KUNIT_CASE(a_value_chosen_twice_is_delivered_once),
	KUNIT_CASE(a_proposal_is_forwarded_and_answered_when_delivered),
	KUNIT_CASE(a_new_leader_gets_the_same_proposal),
	KUNIT_CASE(a_restart_never_repeats_an_id),
	KUNIT_CASE(no_more_than_a_session_window_is_in_flight),
	KUNIT_CASE(a_proposal_that_left_is_unknown_when_given_up),
	KUNIT_CASE(a_proposal_that_never_left_is_withdrawn),
	KUNIT_CASE(withdrawn_proposals_take_no_room),
	KUNIT_CASE(a_proposal_is_forwarded_until_delivered),
	KUNIT_CASE(a_forwarded_proposal_gets_one_slot),
	{}
};

LAB_SUITE(learner, cases);
