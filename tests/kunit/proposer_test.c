// SPDX-License-Identifier: GPL-2.0
/*
 * Proposer: A is real, all others are puppets.  What A proposes is seen in the
 * ACCEPTs it sends to B.
 */
#include "fixture.h"

static struct lab *proposer(struct kunit *test, u8 nodes)
{
	return lab_start(test, nodes, paxos_bit(A));
}

/* Is the value proposed in this slot, in any of the ACCEPTs that lie there? */
static bool proposes(struct lab *lab, u64 slot, u64 ballot, const char *text)
{
	bool found = false;
	struct letter *letter;

	while (!found) {
		letter = lab_take(lab, A, B, PAXOS_ACCEPT);
		if (!letter)
			return false;
		found = letter_has(letter, slot, ballot, text);
	}
	return true;
}

/* Rule 3. */
static void prepare_leaves_when_the_own_promise_is_durable(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	struct paxos_message yes = { .type = PAXOS_PREVOTE_YES };

	lab_tick(lab, A, 3000);
	yes.ballot = lab->node[A].replica->wanted;
	lab_say(lab, B, A, &yes, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREPARE), 0);
	lab_write(lab, A);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREPARE), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, C, PAXOS_PREPARE), 1);
}

/* Rule 3; row 3: (1,v) chosen, P restarts, the old promises are replayed to it. */
static void a_restart_uses_a_new_ballot(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 first, second;

	first = lab_elect(lab, A);
	lab_power_cut(lab, A);
	lab_drop(lab, A, B, PAXOS_ACCEPT);
	lab_boot(lab, A);
	second = lab_campaign(lab, A);
	KUNIT_EXPECT_GT(test, second, first);
	say_promise(lab, B, A, first, NULL, 0);
	say_promise(lab, C, A, first, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_ACCEPT), 0);
	say_promise(lab, B, A, second, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

/* Rule 3, for ballots that were only asked for: not even one PREPARE of it left. */
static void a_ballot_that_was_written_is_never_used_again(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 first = lab_campaign(lab, A);

	lab_power_cut(lab, A);
	lab_boot(lab, A);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->ballot_used, first);
	KUNIT_EXPECT_GT(test, lab_campaign(lab, A), first);
}

/*
 * What promises of A itself, B and C, three of five, report for slot 1, and what
 * must be proposed there.  Rows 2, 5, 7, 24, 25 and 28, and their like.  The
 * last digit of a ballot is its owner, D is 4.
 */
struct vote {
	u8 ballot;
	const char *text;
};

static const struct adoption {
	const char *story;
	struct vote own, b, c;
	const char *proposed;
} adoptions[] = {
	{ "row 2: x accepted by two, one reports it",	{}, { 14, "x" }, {}, "x" },
	{ "row 5: (1,x), (2,y) and (3,x)",	{ 14, "x" }, { 35, "x" }, { 25, "y" }, "x" },
	{ "row 5: (1,x) and (2,y): y may still win",	{ 14, "x" }, {}, { 25, "y" }, "y" },
	{ "row 7: x@1 and y@2",				{}, { 14, "x" }, { 25, "y" }, "y" },
	{ "row 7: y@2 and x@1",				{}, { 25, "y" }, { 14, "x" }, "y" },
	{ "row 24: (2,orange) here, nothing there",	{ 25, "orange" }, {}, {}, "orange" },
	{ "row 24: (2,orange) there",			{}, {}, { 25, "orange" }, "orange" },
	{ "row 25: (1,apple) and (2,banana)",		{}, { 14, "apple" }, { 25, "banana" },
	  "banana" },
	{ "row 28: i+1 > i+2 by number",		{}, { 54, "b" }, { 45, "c" }, "b" },
	{ "of one round the node decides",		{}, { 25, "y" }, { 24, "z" }, "y" },
	{ "its own is as good as any other",		{ 34, "x" }, { 25, "y" }, {}, "x" },
	{ "nobody accepted anything: free",		{}, {}, {}, "" },
};

static void report(struct lab *lab, u8 from, u64 ballot, const struct vote *vote)
{
	struct paxos_item item;

	if (vote->text)
		item = item_of(1, paxos_ballot(vote->ballot / 10, vote->ballot % 10), vote->text);
	say_promise(lab, from, A, ballot, &item, vote->text ? 1 : 0);
}

static void the_value_of_the_highest_ballot_is_proposed(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	const struct adoption *a;
	u64 ballot;

	for (a = adoptions; a < adoptions + ARRAY_SIZE(adoptions); a++) {
		/* From a disk that knows nothing, each time. */
		memset(lab->node[A].device, 0, RING_SIZE);
		lab_boot(lab, A);
		if (a->own.text)
			say_accept(lab, a->own.ballot % 10 - 1, A,
				   paxos_ballot(a->own.ballot / 10, a->own.ballot % 10), 1,
				   a->own.text, 0);
		ballot = lab_campaign(lab, A);
		report(lab, B, ballot, &a->b);
		KUNIT_EXPECT_EQ_MSG(test, lab_count(lab, A, B, PAXOS_ACCEPT), 0, "%s", a->story);
		report(lab, C, ballot, &a->c);
		KUNIT_EXPECT_TRUE_MSG(test, proposes(lab, 1, ballot, a->proposed), "%s", a->story);
	}
}

/* What a promise knows to be chosen is above any ballot. */
static void a_chosen_value_is_proposed_before_any_other(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = lab_campaign(lab, A);
	struct paxos_item high = item_of(1, ballot_of(1, E) - 1, "x");
	struct paxos_item chosen = item_of(1, 0, "y");

	chosen.flags = PAXOS_ITEM_CHOSEN;
	say_promise(lab, B, A, ballot, &high, 1);
	say_promise(lab, C, A, ballot, &chosen, 1);
	KUNIT_EXPECT_TRUE(test, proposes(lab, 1, ballot, "y"));
}

/* Rule 4; row 10. */
static void a_promise_for_another_ballot_is_ignored(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	struct paxos_item x = item_of(1, ballot_of(1, B), "x");
	u64 first = lab_campaign(lab, A), second = lab_campaign(lab, A);

	KUNIT_ASSERT_NE(test, first, second);
	say_promise(lab, B, A, first, &x, 1);
	say_promise(lab, C, A, first, &x, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	say_promise(lab, C, A, second, NULL, 0);
	KUNIT_EXPECT_TRUE(test, proposes(lab, 1, second, ""));
}

/* Rule 4: what a promise for an earlier ballot reported is not known any more. */
static void reports_of_an_earlier_ballot_are_forgotten(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	struct paxos_item x = item_of(1, ballot_of(1, B), "x");
	u64 first = lab_campaign(lab, A), second;

	say_promise(lab, B, A, first, &x, 1);
	second = lab_campaign(lab, A);
	say_promise(lab, C, A, second, NULL, 0);
	say_promise(lab, D, A, second, NULL, 0);
	KUNIT_EXPECT_TRUE(test, proposes(lab, 1, second, ""));
}

static void a_promise_for_other_slots_is_ignored(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	struct paxos_message m = {
		.type = PAXOS_PROMISE,
		.ballot = lab_campaign(lab, A),
		.slot = 2,
		.number = 1,
		.count = 1,
	};

	lab_say(lab, B, A, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	m.slot = 1;
	lab_say(lab, B, A, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

/* Rule 4: one promise per voter; duplicates do not add up. */
static void a_promise_twice_is_one_promise(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = lab_campaign(lab, A);

	say_promise(lab, B, A, ballot, NULL, 0);
	say_promise(lab, B, A, ballot, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	say_promise(lab, C, A, ballot, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

static void fragment(struct lab *lab, u64 number, u16 index, u16 count, u64 slot)
{
	struct paxos_item item = item_of(slot, ballot_of(1, B) - 1, "x");
	struct paxos_message m = {
		.type = PAXOS_PROMISE,
		.ballot = lab->node[A].replica->ballot,
		.slot = 1,
		.number = number,
		.index = index,
		.count = count,
	};

	if (m.ballot)
		lab_say(lab, B, A, &m, &item, 1);
}

/* Rule 4. */
static void a_promise_counts_when_all_its_fragments_came(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lab_campaign(lab, A);

	fragment(lab, 1, 2, 3, 3);
	fragment(lab, 1, 0, 3, 1);
	fragment(lab, 1, 0, 3, 1);
	fragment(lab, 1, 2, 3, 3);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	fragment(lab, 1, 1, 3, 2);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->reported_slot, 3ull);
	KUNIT_EXPECT_TRUE(test, proposes(lab, 3, ballot, "x"));
}

/* As a candidate it learns nothing: without giving way nobody would ever lead. */
static void a_candidate_that_lags_too_far_gives_way(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lab_campaign(lab, A);
	struct paxos_item far = item_of(PAXOS_AHEAD + 2, ballot_of(1, B), "x");

	say_promise(lab, B, A, ballot, &far, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_FOLLOWER);
	say_learnt(lab, B, A, ballot_of(1, B), 1, "y");
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 1ull);
}

/* Rule 4; row 31. */
static void fragments_of_two_answers_never_combine(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);

	lab_campaign(lab, A);
	fragment(lab, 1, 0, 2, 1);
	fragment(lab, 2, 1, 2, 2);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	/* The first answer is void now. */
	fragment(lab, 1, 1, 2, 2);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	/* Nor do fragments that disagree on how many they are. */
	fragment(lab, 2, 0, 3, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	fragment(lab, 2, 0, 2, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

static void hostile_fragments_are_refused(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);

	lab_campaign(lab, A);
	fragment(lab, 1, 0, 0, 1);
	fragment(lab, 1, 1, 1, 1);
	fragment(lab, 1, 65535, 65535, 1);
	fragment(lab, 1, 0, PAXOS_FRAGMENTS_MAX + 1, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_CANDIDATE);
	fragment(lab, 1, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

static void every_new_ballot_proposes_a_noop(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lab_elect(lab, A);

	KUNIT_EXPECT_TRUE(test, proposes(lab, 1, ballot, ""));
}

/* Rule 4; row 9: A's own vote and B's, twice, are two of five. */
static void a_vote_twice_is_one_vote(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = lab_elect(lab, A);

	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 1);
	say_accepted(lab, B, A, ballot, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "-");
	say_accepted(lab, C, A, ballot, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "");
}

/* Rule 1: the proposer's own vote too. */
static void the_own_vote_counts_when_durable(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lab_elect(lab, A);

	say_accepted(lab, B, A, ballot, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "-");
	lab_write(lab, A);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "");
}

/* Rule 1: a write that completes says nothing of what was gathered meanwhile. */
static void the_own_vote_waits_for_its_own_write(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lab_elect(lab, A);

	lab_write_begin(lab, A);
	lab_propose(lab, A, "v", 1);
	say_accepted(lab, B, A, ballot, 1, 2);
	lab_write_end(lab, A);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "-");
	lab_write(lab, A);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "v");
}

/* Rule 4: never across ballots. */
static void votes_for_another_ballot_do_not_count(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 first = lab_elect(lab, A), second;

	lab_write(lab, A);
	say_accepted(lab, B, A, first, 1, 1);
	second = lab_elect(lab, A);
	lab_write(lab, A);
	say_accepted(lab, C, A, first, 1, 1);
	say_accepted(lab, D, A, second, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "-");
	say_accepted(lab, E, A, second, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "");
}

static void votes_for_slots_never_proposed_do_not_count(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lab_elect(lab, A);

	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 2, 65536);
	say_accepted(lab, B, A, ballot, ~0ull - 3, 2);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "-");
	say_accepted(lab, B, A, ballot, 1, 65536);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "");
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 1ull);
}

/* Row 18: slot 1 accepted by a minority that is away, 2 and 4 reported. */
static void holes_are_filled_and_nothing_is_delivered_beyond_them(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lab_campaign(lab, A);
	struct paxos_item items[2] = {
		item_of(2, ballot_of(1, B) - 1, "y"),
		item_of(4, ballot_of(1, B) - 1, "w"),
	};

	say_promise(lab, B, A, ballot, items, 2);
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 2, 4);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "-");
	say_accepted(lab, B, A, ballot, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "y");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 3), "");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 4), "w");
}

/* However it came to be known that a slot further up is chosen: it has its value. */
static void what_was_learnt_beyond_a_hole_is_proposed_as_it_is(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	struct paxos_item item = item_of(3, ballot_of(1, B), "z");
	struct paxos_slot *slot;

	lab_elect(lab, A);
	slot = paxos_slot_claim(lab->node[A].replica, 3);
	slot->chosen = true;
	slot->learned = item.ballot;
	slot->entry = item.entry;
	lab_propose(lab, A, "p", 11);
	lab_propose(lab, A, "q", 12);
	lab_propose(lab, A, "r", 13);
	KUNIT_EXPECT_FALSE(test, lab->node[A].replica->failed);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, A, 2), "p");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, A, 3), "z");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, A, 4), "q");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, A, 5), "r");
}

/* Row 35's ground: the leader's first own slot is above all that was reported. */
static void new_values_come_after_all_that_was_reported(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lab_campaign(lab, A);
	struct paxos_item item = item_of(200, ballot_of(1, B) - 1, "y");

	say_promise(lab, B, A, ballot, &item, 1);
	lab_propose(lab, A, "new", 1);
	KUNIT_EXPECT_TRUE(test, proposes(lab, 202, ballot, "new"));
}

static void a_refusal_ends_the_ballot(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 first = lab_elect(lab, A);
	struct paxos_message nack = {
		.type = PAXOS_NACK,
		.ballot = paxos_ballot(9, 2),
		.number = first,
	};

	lab_say(lab, B, A, &nack, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_FOLLOWER);
	lab_write(lab, A);
	say_accepted(lab, B, A, first, 1, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "-");
	KUNIT_EXPECT_GT(test, lab_campaign(lab, A), nack.ballot);
}

/* A refusal of an earlier ballot of ours says nothing of this one. */
static void a_refusal_of_another_ballot_is_ignored(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 first = lab_campaign(lab, A);
	struct paxos_message nack = { .type = PAXOS_NACK, .number = first };

	nack.ballot = lab_elect(lab, A);
	lab_say(lab, B, A, &nack, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

/* Phase 2 again, to who has not voted; datagrams get lost. */
static void an_accept_without_votes_is_sent_again(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = lab_elect(lab, A);
	u8 to;

	lab_write(lab, A);
	for (to = B; to <= E; to++)
		lab_drop(lab, A, to, 0);
	say_accepted(lab, B, A, ballot, 1, 1);
	lab_tick(lab, A, 60);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_ACCEPT), 0);
	for (to = C; to <= E; to++)
		KUNIT_EXPECT_TRUE(test, letter_has(lab_take(lab, A, to, PAXOS_ACCEPT), 1, ballot,
						   ""));
}

/* Who is only slow gets slower by more of the same: less and less often. */
static void what_is_sent_again_comes_less_and_less_often(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u32 ms;

	lab_elect(lab, A);
	lab_write(lab, A);
	lab_drop(lab, A, B, 0);
	/* At 50, 150, 350 and 750 ms. */
	for (ms = 0; ms < 800; ms += 25)
		lab_tick(lab, A, 25);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_ACCEPT), 4);
}

/* Rule 13 and what followers can hold: a window is open, no more. */
static void no_more_than_a_window_is_open(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	struct paxos_replica *r = lab->node[A].replica;
	u64 ballot = lab_elect(lab, A);
	u32 i;

	for (i = 0; i < PAXOS_WINDOW + 20; i++)
		lab_propose(lab, A, "v", i + 1);
	KUNIT_EXPECT_EQ(test, r->next_slot, PAXOS_WINDOW + 1ull);
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 8);
	KUNIT_EXPECT_EQ(test, r->commit, 8ull);
	KUNIT_EXPECT_EQ(test, r->next_slot, PAXOS_WINDOW + 9ull);
}

/* Why nothing is chosen: the oldest open slot, and who has accepted it. */
static void a_leader_tells_who_accepted_the_oldest_open_slot(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	struct paxos_view *view = kvzalloc(sizeof(*view), GFP_KERNEL);
	const struct paxos_replica *r = lab->node[A].replica;
	u64 ballot = lab_elect(lab, A), slot;

	say_accepted(lab, B, A, ballot, r->commit + 1, r->next_slot - r->commit - 1);
	lab_write(lab, A);
	paxos_replica_view(r, view);
	KUNIT_EXPECT_EQ(test, view->open, 0ull);
	lab_propose(lab, A, "v", 1);
	slot = r->commit + 1;
	lab_propose(lab, A, "w", 2);
	paxos_replica_view(r, view);
	KUNIT_EXPECT_EQ(test, view->open, slot);
	KUNIT_EXPECT_FALSE(test, view->peer[A].accepted);
	lab_write(lab, A);
	paxos_replica_view(r, view);
	KUNIT_EXPECT_EQ(test, view->open, slot);
	KUNIT_EXPECT_TRUE(test, view->peer[A].accepted);
	KUNIT_EXPECT_FALSE(test, view->peer[B].accepted);
	KUNIT_EXPECT_FALSE(test, view->peer[C].accepted);
	say_accepted(lab, C, A, ballot, slot, 2);
	paxos_replica_view(r, view);
	KUNIT_EXPECT_EQ(test, view->commit, slot + 1);
	KUNIT_EXPECT_EQ(test, view->open, 0ull);
	kvfree(view);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(prepare_leaves_when_the_own_promise_is_durable),
	KUNIT_CASE(a_restart_uses_a_new_ballot),
	KUNIT_CASE(a_ballot_that_was_written_is_never_used_again),
	KUNIT_CASE(the_value_of_the_highest_ballot_is_proposed),
	KUNIT_CASE(a_chosen_value_is_proposed_before_any_other),
	KUNIT_CASE(a_promise_for_another_ballot_is_ignored),
	KUNIT_CASE(reports_of_an_earlier_ballot_are_forgotten),
	KUNIT_CASE(a_promise_for_other_slots_is_ignored),
	KUNIT_CASE(a_promise_twice_is_one_promise),
	KUNIT_CASE(a_promise_counts_when_all_its_fragments_came),
	KUNIT_CASE(a_candidate_that_lags_too_far_gives_way),
	KUNIT_CASE(fragments_of_two_answers_never_combine),
	KUNIT_CASE(hostile_fragments_are_refused),
	KUNIT_CASE(every_new_ballot_proposes_a_noop),
	KUNIT_CASE(a_vote_twice_is_one_vote),
	KUNIT_CASE(the_own_vote_counts_when_durable),
	KUNIT_CASE(the_own_vote_waits_for_its_own_write),
	KUNIT_CASE(votes_for_another_ballot_do_not_count),
	KUNIT_CASE(votes_for_slots_never_proposed_do_not_count),
	KUNIT_CASE(holes_are_filled_and_nothing_is_delivered_beyond_them),
	KUNIT_CASE(new_values_come_after_all_that_was_reported),
	KUNIT_CASE(a_refusal_ends_the_ballot),
	KUNIT_CASE(a_refusal_of_another_ballot_is_ignored),
	KUNIT_CASE(an_accept_without_votes_is_sent_again),
	KUNIT_CASE(what_is_sent_again_comes_less_and_less_often),
	KUNIT_CASE(what_was_learnt_beyond_a_hole_is_proposed_as_it_is),
	KUNIT_CASE(no_more_than_a_window_is_open),
	KUNIT_CASE(a_leader_tells_who_accepted_the_oldest_open_slot),
	{}
};

LAB_SUITE(proposer, cases);
