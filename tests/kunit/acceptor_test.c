// SPDX-License-Identifier: GPL-2.0
/*
 * Acceptor: C is real, A and B are puppets that propose.  Ballots 1, 2, 3 of
 * PROTOCOL.md's schedules are rounds here.
 */
#include "fixture.h"

static struct lab *acceptor(struct kunit *test)
{
	return lab_start(test, 3, paxos_bit(C));
}

/* Rule 1. */
static void promise_is_durable_before_reply(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_prepare(lab, A, C, ballot_of(1, A), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_PROMISE), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_PROMISE), 1);
}

/* Rule 1. */
static void acceptance_is_durable_before_reply(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 1);
}

/* Rule 1: what was not durable was never said, and is not known after a power cut. */
static void what_was_not_written_was_never_said(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_prepare(lab, B, C, ballot_of(5, B), 1);
	say_accept(lab, B, C, ballot_of(5, B), 1, "x", 0);
	lab_power_cut(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, 0), 0);
	lab_boot(lab, C);
	KUNIT_EXPECT_EQ(test, lab->node[C].replayed, PAXOS_REPLAY_END);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->promised, 0ull);
	KUNIT_EXPECT_EQ(test, accepted_ballot(lab, C, 1), 0ull);
}

/* Row 1, the acceptor's half: B's promise survives the power cut, so 1 is refused. */
static void a_promise_survives_a_power_cut(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	struct letter *nack;

	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_write(lab, C);
	lab_power_cut(lab, C);
	lab_boot(lab, C);
	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	lab_write(lab, C);
	nack = lab_take(lab, C, A, PAXOS_NACK);
	KUNIT_ASSERT_NOT_NULL(test, nack);
	KUNIT_EXPECT_EQ(test, nack->message.ballot, ballot_of(2, B));
	KUNIT_EXPECT_EQ(test, accepted_ballot(lab, C, 1), 0ull);
}

static void an_acceptance_survives_a_power_cut(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	lab_write(lab, C);
	lab_power_cut(lab, C);
	lab_boot(lab, C);
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_write(lab, C);
	KUNIT_EXPECT_TRUE(test, letter_has(lab_take(lab, C, B, PAXOS_PROMISE), 1, ballot_of(1, A),
					   "x"));
}

/* Rule 1: it reports what is accepted in memory, and waits for the record of that too. */
static void a_promise_waits_for_what_it_reports(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_PROMISE), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_TRUE(test, letter_has(lab_take(lab, C, B, PAXOS_PROMISE), 1, ballot_of(1, A),
					   "x"));
}

/* Rule 1: a write that completes says nothing of what was gathered meanwhile. */
static void an_answer_waits_for_its_own_write(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	lab_write_begin(lab, C);
	say_accept(lab, A, C, ballot_of(1, A), 2, "y", 0);
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_write_end(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_PROMISE), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 2);
	KUNIT_EXPECT_EQ(test, letter_items(lab_take(lab, C, B, PAXOS_PROMISE)), 2);
}

/* Rule 1. */
static void a_repeated_accept_waits_for_the_original_record(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].batch->records, 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 2);
	/* And once it is durable, at once. */
	lab_drop(lab, C, A, PAXOS_ACCEPTED);
	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 1);
}

/* Rule 2; row 6: C promised 1, accepts (2,y), then a late accept(1,x) comes. */
static void accepting_at_a_ballot_promises_it(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	struct letter *nack;

	say_prepare(lab, A, C, ballot_of(1, A), 1);
	say_accept(lab, B, C, ballot_of(2, B), 1, "y", 0);
	lab_write(lab, C);
	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	nack = lab_take(lab, C, A, PAXOS_NACK);
	KUNIT_ASSERT_NOT_NULL(test, nack);
	KUNIT_EXPECT_EQ(test, nack->message.ballot, ballot_of(2, B));
	KUNIT_EXPECT_EQ(test, nack->message.number, ballot_of(1, A));
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 1), "y");
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 0);
}

/* Rule 2: one promise, for all slots. */
static void a_promise_holds_for_all_slots(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_prepare(lab, B, C, ballot_of(2, B), 5);
	lab_write(lab, C);
	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_NACK), 1);
	KUNIT_EXPECT_EQ(test, accepted_ballot(lab, C, 1), 0ull);
}

/* Rows 24, 6: a refusal is said, and says what was promised. */
static void a_late_prepare_is_refused(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	struct letter *nack;

	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_write(lab, C);
	say_prepare(lab, A, C, ballot_of(2, A), 1);
	nack = lab_take(lab, C, A, PAXOS_NACK);
	KUNIT_ASSERT_NOT_NULL(test, nack);
	KUNIT_EXPECT_EQ(test, nack->message.ballot, ballot_of(2, B));
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_PROMISE), 0);
}

/* It names a promise: that must not be lost again. */
static void a_refusal_waits_for_the_promise_it_names(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_prepare(lab, B, C, ballot_of(2, B), 1);
	say_prepare(lab, A, C, ballot_of(1, A), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_NACK), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_NACK), 1);
}

/* Rule 3. */
static void another_value_at_the_same_ballot_is_refused(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	lab_write(lab, C);
	lab_drop(lab, C, A, PAXOS_ACCEPTED);
	say_accept(lab, A, C, ballot_of(1, A), 1, "y", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 0);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 1), "x");
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_TWO_VALUES], 1);
}

static void a_higher_ballot_may_replace_the_value(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	say_accept(lab, B, C, ballot_of(2, B), 1, "y", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 1), "y");
	KUNIT_EXPECT_EQ(test, accepted_ballot(lab, C, 1), ballot_of(2, B));
}

/* Only its owner speaks for a ballot. */
static void a_ballot_of_somebody_else_is_ignored(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_prepare(lab, A, C, ballot_of(3, B), 1);
	say_accept(lab, A, C, ballot_of(3, B), 1, "x", 0);
	say_heartbeat(lab, A, C, ballot_of(3, B), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, 0), 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->promised, 0ull);
}

static void a_promise_reports_each_slot_from_the_first_asked(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	struct letter *promise;

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	say_accept(lab, A, C, ballot_of(1, A), 3, "z", 0);
	say_accept(lab, A, C, ballot_of(2, A), 7, "", 0);
	say_prepare(lab, B, C, ballot_of(3, B), 3);
	lab_write(lab, C);
	promise = lab_take(lab, C, B, PAXOS_PROMISE);
	KUNIT_ASSERT_NOT_NULL(test, promise);
	KUNIT_EXPECT_EQ(test, promise->message.ballot, ballot_of(3, B));
	KUNIT_EXPECT_EQ(test, promise->message.slot, 3ull);
	KUNIT_EXPECT_EQ(test, promise->message.count, 1);
	KUNIT_EXPECT_EQ(test, letter_items(promise), 2);
	KUNIT_EXPECT_TRUE(test, letter_has(promise, 3, ballot_of(1, A), "z"));
	KUNIT_EXPECT_TRUE(test, letter_has(promise, 7, ballot_of(2, A), ""));
}

/* Rule 4: fragments of one answer bear its number; another answer has another. */
static void the_same_question_gets_the_same_answer(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	u64 number[3];
	u32 i;

	for (i = 0; i < 3; i++) {
		struct letter *promise;

		say_prepare(lab, B, C, i < 2 ? ballot_of(1, B) : ballot_of(2, B), 1);
		lab_write(lab, C);
		promise = lab_take(lab, C, B, PAXOS_PROMISE);
		KUNIT_ASSERT_NOT_NULL(test, promise);
		number[i] = promise->message.number;
	}
	KUNIT_EXPECT_EQ(test, number[0], number[1]);
	KUNIT_EXPECT_NE(test, number[1], number[2]);
}

/* Rule 4: all that large values leave no room for goes into further fragments. */
static void a_long_promise_comes_in_numbered_fragments(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	struct paxos_message m = { .type = PAXOS_ACCEPT, .ballot = ballot_of(1, A) };
	struct paxos_item item = item_of(1, ballot_of(1, A), "x");
	struct letter *promise;
	u32 i, items = 0;

	item.entry.value.data = lab->node[C].device;
	item.entry.value.length = PAXOS_VALUE_MAX;
	for (i = 0; i < 3; i++, item.slot++)
		lab_say(lab, A, C, &m, &item, 1);
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_write(lab, C);
	for (i = 0; i < 3; i++) {
		promise = lab_take(lab, C, B, PAXOS_PROMISE);
		KUNIT_ASSERT_NOT_NULL(test, promise);
		KUNIT_EXPECT_EQ(test, promise->message.index, i);
		KUNIT_EXPECT_EQ(test, promise->message.count, 3);
		items += letter_items(promise);
	}
	KUNIT_EXPECT_EQ(test, items, 3);
}

/* Slots that were chosen are named as such: by the commit index, or item by item. */
static void a_promise_says_what_is_chosen(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	struct paxos_cursor cursor = {};
	struct letter *promise;
	struct paxos_item item;

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	say_accept(lab, A, C, ballot_of(1, A), 2, "y", 1);
	say_learnt(lab, A, C, ballot_of(1, A), 4, "z");
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_write(lab, C);
	promise = lab_take(lab, C, B, PAXOS_PROMISE);
	KUNIT_ASSERT_NOT_NULL(test, promise);
	KUNIT_EXPECT_EQ(test, promise->message.commit, 1ull);
	while (paxos_message_next(&promise->message, &cursor, &item))
		KUNIT_EXPECT_EQ(test, !!(item.flags & PAXOS_ITEM_CHOSEN), item.slot == 4);
	KUNIT_EXPECT_EQ(test, letter_items(promise), 2);
}

/* Fail-stop: a node whose disk failed says nothing any more. */
static void a_failed_node_is_silent(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	u64 durable = lab->node[C].replica->durable_lsn;

	say_prepare(lab, A, C, ballot_of(1, A), 1);
	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_FAILED });
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	say_accept(lab, B, C, ballot_of(2, B), 1, "x", 0);
	lab_tick(lab, C, 10000);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, 0) + lab_count(lab, C, B, 0), 0);
	/* A shell that sleeps until the next tick must not wake at once for ever. */
	KUNIT_EXPECT_GT(test, paxos_replica_next_us(lab->node[C].replica), lab->now_us);
	/* What waits for the write that failed stays unsaid. */
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->durable_lsn, durable);
}

/* A slot that is chosen has one value for ever. */
static void a_chosen_slot_is_never_accepted_otherwise(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_learnt(lab, A, C, ballot_of(1, A), 1, "x");
	say_accept(lab, B, C, ballot_of(2, B), 1, "y", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_ACCEPTED), 0);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
}

/* Slots that are out of reach are not taken, and so not acknowledged. */
static void a_slot_out_of_reach_is_not_acknowledged(struct kunit *test)
{
	struct lab *lab = acceptor(test);

	say_accept(lab, A, C, ballot_of(1, A), PAXOS_AHEAD + 1, "x", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 0);
	say_accept(lab, A, C, ballot_of(1, A), PAXOS_AHEAD, "x", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 1);
}

/* What is said once more takes no room; nothing that does is said, or written. */
static void a_low_journal_takes_in_no_more(struct kunit *test)
{
	struct lab *lab = acceptor(test);
	u64 written;

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	lab_write(lab, C);
	lab_drop(lab, C, A, 0);
	written = lab->node[C].batch->sequence;
	lab->node[C].fx->journal_full = true;
	lab->node[C].fx->journal_low = true;
	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 1);
	say_accept(lab, A, C, ballot_of(1, A), 2, "", 0);
	say_accept(lab, B, C, ballot_of(2, B), 1, "x", 0);
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_tick(lab, C, 5000);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab->node[C].batch->sequence, written);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_PROMISE), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_ACCEPTED), 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->promised, ballot_of(1, A));
	lab->node[C].fx->journal_low = false;
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_PROMISE), 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(promise_is_durable_before_reply),
	KUNIT_CASE(acceptance_is_durable_before_reply),
	KUNIT_CASE(what_was_not_written_was_never_said),
	KUNIT_CASE(a_promise_survives_a_power_cut),
	KUNIT_CASE(an_acceptance_survives_a_power_cut),
	KUNIT_CASE(a_promise_waits_for_what_it_reports),
	KUNIT_CASE(an_answer_waits_for_its_own_write),
	KUNIT_CASE(a_repeated_accept_waits_for_the_original_record),
	KUNIT_CASE(accepting_at_a_ballot_promises_it),
	KUNIT_CASE(a_promise_holds_for_all_slots),
	KUNIT_CASE(a_late_prepare_is_refused),
	KUNIT_CASE(a_refusal_waits_for_the_promise_it_names),
	KUNIT_CASE(another_value_at_the_same_ballot_is_refused),
	KUNIT_CASE(a_higher_ballot_may_replace_the_value),
	KUNIT_CASE(a_ballot_of_somebody_else_is_ignored),
	KUNIT_CASE(a_promise_reports_each_slot_from_the_first_asked),
	KUNIT_CASE(the_same_question_gets_the_same_answer),
	KUNIT_CASE(a_long_promise_comes_in_numbered_fragments),
	KUNIT_CASE(a_promise_says_what_is_chosen),
	KUNIT_CASE(a_failed_node_is_silent),
	KUNIT_CASE(a_chosen_slot_is_never_accepted_otherwise),
	KUNIT_CASE(a_slot_out_of_reach_is_not_acknowledged),
	KUNIT_CASE(a_low_journal_takes_in_no_more),
	{}
};

LAB_SUITE(acceptor, cases);
