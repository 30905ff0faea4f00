// SPDX-License-Identifier: GPL-2.0
/*
 * Phase 1 that goes on: promises that come when the candidate leads already, and
 * configurations that change meanwhile (rule 13).
 */
#include "fixture.h"

/* Real: A, the proposer; the others are puppets. */
static struct lab *proposer(struct kunit *test, u8 nodes)
{
	return lab_start(test, nodes, paxos_bit(A));
}

/* A leads with promises of @promises; its promise is durable, and its no-op written. */
static u64 lead(struct lab *lab, u32 promises)
{
	u64 ballot = lab_campaign(lab, A);
	u8 i;

	for (i = 0; i < lab->nodes; i++) {
		lab_drop(lab, A, i, PAXOS_PREPARE);
		if (promises & paxos_bit(i))
			say_promise(lab, i, A, ballot, NULL, 0);
	}
	KUNIT_EXPECT_EQ(lab->test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
	lab_write(lab, A);
	return ballot;
}

static void drop_all(struct lab *lab)
{
	u8 i;

	for (i = 0; i < lab->nodes; i++)
		lab_drop(lab, A, i, 0);
}

/* The leader is heard, so that it goes on leading while time passes. */
static void pass(struct lab *lab, u32 ms)
{
	struct paxos_message ack = { .type = PAXOS_HEARTBEAT_ACK };
	u8 i;

	lab_tick(lab, A, ms);
	ack.ballot = lab->node[A].replica->ballot;
	ack.echo = lab->now_us;
	for (i = 1; i < lab->nodes; i++)
		lab_say(lab, i, A, &ack, NULL, 0);
}

static bool proposes(struct lab *lab, u8 to, u64 slot, u64 ballot, const char *text)
{
	struct letter *letter;

	while ((letter = lab_take(lab, A, to, PAXOS_ACCEPT)))
		if (letter_has(letter, slot, ballot, text))
			return true;
	return false;
}

static void a_leader_goes_on_asking_who_has_not_promised(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = lead(lab, paxos_bit(B) | paxos_bit(C));
	struct letter *letter;

	say_accepted(lab, B, A, ballot, 1, 1);
	say_accepted(lab, C, A, ballot, 1, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 1ull);
	pass(lab, 150);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREPARE), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, E, PAXOS_PREPARE), 1);
	letter = lab_take(lab, A, D, PAXOS_PREPARE);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.ballot, ballot);
	KUNIT_EXPECT_EQ(test, letter->message.slot, 2ull);
	/* Who has begun to answer is asked the same again. */
	lab_say(lab, D, A, &(struct paxos_message) {
			.type = PAXOS_PROMISE, .ballot = ballot, .slot = 2, .number = 5,
			.index = 1, .count = 2,
		}, NULL, 0);
	lab_propose(lab, A, "v", 1);
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 2, 1);
	say_accepted(lab, C, A, ballot, 2, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 2ull);
	drop_all(lab);
	pass(lab, 150);
	letter = lab_take(lab, A, D, PAXOS_PREPARE);
	KUNIT_EXPECT_TRUE(test, letter && letter->message.slot == 2);
	letter = lab_take(lab, A, E, PAXOS_PREPARE);
	KUNIT_EXPECT_TRUE(test, letter && letter->message.slot == 3);
}

/* Its reports count for slots that are not proposed in yet, and for no other. */
static void a_late_promise_is_honoured(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = lead(lab, paxos_bit(B) | paxos_bit(C)), low = ballot_of(1, B) - 1;
	struct paxos_item items[2] = { item_of(1, low, "w"), item_of(4, low, "z") };
	struct paxos_message m = {
		.type = PAXOS_PROMISE, .ballot = ballot, .slot = 1, .number = 1, .count = 1,
	};

	lab_propose(lab, A, "v", 1);
	lab_say(lab, D, A, &m, items, 2);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->reported_slot, 4ull);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->promises & paxos_bit(D), paxos_bit(D));
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 4);
	say_accepted(lab, C, A, ballot, 1, 4);
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 1), "");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "v");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 3), "");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, A, 4), "z");
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 4ull);
}

/* What it knows to be chosen is not free: it is fetched, and never proposed in. */
static void a_late_promise_tells_what_is_chosen(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = lead(lab, paxos_bit(B) | paxos_bit(C)), low = ballot_of(1, B) - 1;
	struct paxos_message m = {
		.type = PAXOS_PROMISE, .ballot = ballot, .slot = 1, .number = 1, .count = 1,
		.commit = 3,
	};

	lab_say(lab, D, A, &m, NULL, 0);
	lab_propose(lab, A, "v", 1);
	KUNIT_EXPECT_TRUE(test, proposes(lab, B, 4, ballot, "v"));
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 4);
	say_accepted(lab, C, A, ballot, 1, 4);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 1ull);
	say_learnt(lab, D, A, low, 2, "x");
	say_learnt(lab, D, A, low, 3, "y");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 2), "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, A, 3), "y");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, A, 4), "v");
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 4ull);
}

/* Rule 5, row 30: what our ballot has proposed in, its votes alone decide. */
static void a_leader_learns_only_where_it_has_not_proposed(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	u64 ballot = lead(lab, paxos_bit(B));

	say_learnt(lab, C, A, ballot + 1, 1, "x");
	say_learnt(lab, C, A, ballot + 1, 2, "y");
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, 0ull);
	lab_propose(lab, A, "v", 1);
	KUNIT_EXPECT_TRUE(test, proposes(lab, B, 2, ballot, "v"));
}

/* A CONFIG of voters A, B and C in place of all; as a client of B's sends it. */
static void forward_config(struct lab *lab, struct paxos_item *item, u8 *data)
{
	struct paxos_config *config = kvzalloc(sizeof(*config), GFP_KERNEL);
	u8 i;

	for (i = A; i <= C; i++) {
		config->member[i].node = i + 1;
		config->member[i].voter = true;
		memcpy(config->member[i].disk, lab->node[i].disk, 16);
	}
	config->members = 3;
	*item = (struct paxos_item) {
		.slot = 1,
		.entry = {
			.type = PAXOS_ENTRY_CONFIG,
			.id = { .origin = 2, .incarnation = 1, .nonce = 7, .sequence = 1 },
			.value = { .data = data, .length = paxos_config_encode(config, 0, data) },
		},
	};
	kvfree(config);
}

/* Slot 2 holds it, and is chosen by A, D and E, whom alone A has promises of. */
static u64 change(struct lab *lab)
{
	struct paxos_message forward = { .type = PAXOS_FORWARD };
	u64 ballot = lead(lab, paxos_bit(D) | paxos_bit(E));
	struct paxos_item item;
	u8 *data = kvzalloc(PAXOS_CONFIG_SIZE_MAX, GFP_KERNEL);

	forward_config(lab, &item, data);
	lab_say(lab, B, A, &forward, &item, 1);
	kvfree(data);
	lab_write(lab, A);
	say_accepted(lab, D, A, ballot, 1, 2);
	say_accepted(lab, E, A, ballot, 1, 2);
	KUNIT_EXPECT_EQ(lab->test, lab->node[A].replica->table.newest.slot, 2ull);
	return ballot;
}

static void after_a_change_the_old_slots_are_filled_at_once(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);

	change(lab);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->next_slot, 2ull + PAXOS_WINDOW);
}

/* Rule 13: in slot t only with promises from a majority of config(t). */
static void new_slots_need_promises_of_the_new_voters(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = change(lab);
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_message m = { .type = PAXOS_PROMISE, .ballot = ballot, .number = 1,
				   .count = 1 };

	lab_write(lab, A);
	say_accepted(lab, D, A, ballot, 3, PAXOS_WINDOW);
	say_accepted(lab, E, A, ballot, 3, PAXOS_WINDOW);
	KUNIT_EXPECT_EQ(test, r->commit, 1ull + PAXOS_WINDOW);
	lab_propose(lab, A, "v", 1);
	KUNIT_EXPECT_EQ(test, r->next_slot, 2ull + PAXOS_WINDOW);
	drop_all(lab);
	pass(lab, 150);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PREPARE), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, D, PAXOS_PREPARE), 0);
	/* Too late a first slot is no promise for those before it. */
	m.slot = r->commit + 2;
	lab_say(lab, B, A, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->next_slot, 2ull + PAXOS_WINDOW);
	m.slot = r->commit + 1;
	lab_say(lab, B, A, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->next_slot, 3ull + PAXOS_WINDOW);
	/* Nor do votes of old members count there. */
	lab_write(lab, A);
	say_accepted(lab, D, A, ballot, 2 + PAXOS_WINDOW, 1);
	say_accepted(lab, E, A, ballot, 2 + PAXOS_WINDOW, 1);
	KUNIT_EXPECT_EQ(test, r->commit, 1ull + PAXOS_WINDOW);
	say_accepted(lab, B, A, ballot, 2 + PAXOS_WINDOW, 1);
	KUNIT_EXPECT_EQ(test, r->commit, 2ull + PAXOS_WINDOW);
}

/* Rule 6; row 12: a refusal, and no promise. */
static void a_prepare_below_the_trim_point_is_refused(struct kunit *test)
{
	struct lab *lab = proposer(test, 3);
	struct paxos_replica *r = lab->node[A].replica;
	u64 ballot = ballot_of(7, B);
	struct letter *letter;

	say_learnt(lab, B, A, ballot_of(1, B), 1, "x");
	say_learnt(lab, B, A, ballot_of(1, B), 2, "y");
	r->trim = 2;
	r->trim_told = 2;
	say_prepare(lab, B, A, ballot, 2);
	lab_write(lab, A);
	letter = lab_take(lab, A, B, PAXOS_TRIMMED);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.ballot, ballot);
	KUNIT_EXPECT_EQ(test, letter->message.slot, 2ull);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PROMISE), 0);
	KUNIT_EXPECT_LT(test, r->promised, ballot);
	say_prepare(lab, B, A, ballot, 3);
	lab_write(lab, A);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_PROMISE), 1);
}

/* What it began to answer, it cannot go on with: it is asked anew. */
static void who_trimmed_what_it_was_asked_for_is_asked_anew(struct kunit *test)
{
	struct lab *lab = proposer(test, 5);
	u64 ballot = lead(lab, paxos_bit(B) | paxos_bit(C));
	struct letter *letter;

	lab_say(lab, D, A, &(struct paxos_message) {
			.type = PAXOS_PROMISE, .ballot = ballot, .slot = 1, .number = 5,
			.index = 1, .count = 2,
		}, NULL, 0);
	say_accepted(lab, B, A, ballot, 1, 1);
	say_accepted(lab, C, A, ballot, 1, 1);
	lab_say(lab, D, A, &(struct paxos_message) {
			.type = PAXOS_TRIMMED, .ballot = ballot, .slot = 1, .commit = 1,
		}, NULL, 0);
	pass(lab, 150);
	letter = lab_take(lab, A, D, PAXOS_PREPARE);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.slot, 2ull);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(who_trimmed_what_it_was_asked_for_is_asked_anew),
	KUNIT_CASE(a_leader_goes_on_asking_who_has_not_promised),
	KUNIT_CASE(a_late_promise_is_honoured),
	KUNIT_CASE(a_late_promise_tells_what_is_chosen),
	KUNIT_CASE(a_leader_learns_only_where_it_has_not_proposed),
	KUNIT_CASE(after_a_change_the_old_slots_are_filled_at_once),
	KUNIT_CASE(new_slots_need_promises_of_the_new_voters),
	KUNIT_CASE(a_prepare_below_the_trim_point_is_refused),
	{}
};

LAB_SUITE(phase1, cases);
