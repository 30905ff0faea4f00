// SPDX-License-Identifier: GPL-2.0
/*
 * The trim point, tables in the journal, beginning from a snapshot (rules 6, 8,
 * row 12).  C is the replica; A and B are puppets, if not said otherwise.
 */
#include "fixture.h"

static struct lab *trimmer(struct kunit *test)
{
	return lab_start(test, 3, paxos_bit(C));
}

/* C learns slots through @last, from the last it has on: "a", "b", ... */
static void learn(struct lab *lab, u64 last)
{
	char text[2] = "a";
	u64 slot;

	for (slot = lab->node[C].replica->delivered + 1; slot <= last; slot++) {
		text[0] = 'a' + (slot - 1) % 26;
		say_learnt(lab, A, C, ballot_of(1, A), slot, text);
		lab_write(lab, C);
	}
	/* The commit index itself is durable with the next record. */
	lab_tick(lab, C, 600);
	lab_write(lab, C);
}

static const struct paxos_answer *last_answer(struct lab *lab, u8 node)
{
	const struct node *of = &lab->node[node];

	return &of->answer[(of->answers - 1) % ANSWERS_MAX];
}

static void expect_answer(struct lab *lab, u8 node, u64 cookie, enum paxos_outcome outcome,
			  u8 why, u64 slot)
{
	const struct paxos_answer *answer = last_answer(lab, node);

	KUNIT_ASSERT_NE(lab->test, lab->node[node].answers, 0);
	KUNIT_EXPECT_EQ(lab->test, answer->cookie, cookie);
	KUNIT_EXPECT_EQ(lab->test, answer->outcome, outcome);
	KUNIT_EXPECT_EQ(lab->test, answer->why, why);
	KUNIT_EXPECT_EQ(lab->test, answer->slot, slot);
}

/* Rule 6: what is not durably known to be chosen stays. */
static void no_more_is_trimmed_than_is_durably_chosen(struct kunit *test)
{
	struct lab *lab = trimmer(test);

	learn(lab, 5);
	say_learnt(lab, A, C, ballot_of(1, A), 6, "f");
	lab_trim(lab, C, 6, 1);
	expect_answer(lab, C, 1, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_NOT_CHOSEN, 5);
	lab_trim(lab, C, 400, 2);
	expect_answer(lab, C, 2, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_NOT_CHOSEN, 5);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->trim, 0ull);
}

/* While each write gathers the next, what the one before last held is durable. */
static void what_is_durable_moves_on_under_load(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	u64 slot;

	say_learnt(lab, A, C, ballot_of(1, A), 1, "a");
	lab_write_begin(lab, C);
	for (slot = 2; slot <= 10; slot++) {
		say_learnt(lab, A, C, ballot_of(1, A), slot, "a");
		lab_write_end(lab, C);
		lab_write_begin(lab, C);
	}
	/* Batch k holds slot k, and that all below it are chosen; 9 are durable. */
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->durable, 8ull);
	lab_trim(lab, C, 9, 1);
	expect_answer(lab, C, 1, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_NOT_CHOSEN, 8);
	lab_trim(lab, C, 8, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->trim, 8ull);
}

static void a_trim_is_answered_when_its_table_is_durable(struct kunit *test)
{
	struct lab *lab = trimmer(test);

	learn(lab, 5);
	lab_trim(lab, C, 3, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].trimmed, 0ull);
	lab_write(lab, C);
	expect_answer(lab, C, 1, PAXOS_OUTCOME_CHOSEN, 0, 3);
	KUNIT_EXPECT_EQ(test, lab->node[C].trimmed, 3ull);
	/* It never goes back. */
	lab_trim(lab, C, 2, 2);
	expect_answer(lab, C, 2, PAXOS_OUTCOME_CHOSEN, 0, 3);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->trim, 3ull);
}

/* Room for it is kept, so that there is more afterwards. */
static void a_low_journal_can_be_trimmed(struct kunit *test)
{
	struct lab *lab = trimmer(test);

	learn(lab, 5);
	lab->node[C].fx->journal_full = true;
	lab->node[C].fx->journal_low = true;
	lab_trim(lab, C, 4, 1);
	lab_write(lab, C);
	expect_answer(lab, C, 1, PAXOS_OUTCOME_CHOSEN, PAXOS_WHY_NONE, 4);
	KUNIT_EXPECT_EQ(test, lab->node[C].trimmed, 4ull);
}

/* One table at a time is on its way to the disk; who gives up is told so. */
static void a_second_trim_waits_for_the_first(struct kunit *test)
{
	struct lab *lab = trimmer(test);

	learn(lab, 5);
	lab_trim(lab, C, 3, 1);
	lab_trim(lab, C, 4, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 1);
	expect_answer(lab, C, 1, PAXOS_OUTCOME_CHOSEN, 0, 3);
	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_GIVE_UP, .cookie = 2 });
	expect_answer(lab, C, 2, PAXOS_OUTCOME_UNKNOWN, 0, 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].trimmed, 4ull);
}

/* From the table that the superblock names, and from where what is above it begins. */
static void a_trimmed_node_starts_again(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct paxos_replica *r = lab->node[C].replica;

	learn(lab, 5);
	lab_trim(lab, C, 3, 1);
	lab_write(lab, C);
	learn(lab, 7);
	lab_trim(lab, C, 6, 1);
	lab_write(lab, C);
	say_accept(lab, A, C, ballot_of(1, A), 9, "z", 0);
	lab_write(lab, C);
	lab_boot(lab, C);
	KUNIT_EXPECT_EQ(test, r->trim, 6ull);
	KUNIT_EXPECT_EQ(test, r->commit, 7ull);
	KUNIT_EXPECT_EQ(test, r->durable, 7ull);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 6), "-");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 7), "g");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 9), "z");
	/* Rule 8: what was delivered before is known still. */
	say_learnt(lab, A, C, ballot_of(1, A), 8, "b");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 8), "");
	learn(lab, 12);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 12), "l");
}

/* The table is in the journal, but power went before the superblock named it. */
static void a_table_is_found_without_the_superblock(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct node *node = &lab->node[C];

	learn(lab, 5);
	lab_trim(lab, C, 3, 1);
	lab_write(lab, C);
	learn(lab, 6);
	node->super_length = 0;
	node->start.sequence = 0;
	node->trimmed = 0;
	lab_boot(lab, C);
	KUNIT_EXPECT_EQ(test, node->replica->trim, 3ull);
	KUNIT_EXPECT_EQ(test, node->replica->base.slot, 3ull);
	KUNIT_EXPECT_EQ(test, node->replica->commit, 6ull);
	/* And the superblock is to name it now. */
	KUNIT_EXPECT_EQ(test, node->trimmed, 3ull);
}

/* A header says that there is a table; it is nowhere: something was lost (rule 7). */
static void a_lost_table_is_damage(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct paxos_replica *r = lab->node[C].replica;
	const struct paxos_vow lower = { .trim = 2 }, higher = { .trim = 3 };

	r->restoring = true;
	KUNIT_EXPECT_TRUE(test, paxos_replica_restore(r, &higher));
	KUNIT_EXPECT_FALSE(test, paxos_replica_restore(r, &lower));
	KUNIT_EXPECT_FALSE(test, paxos_replica_start(r, lab->now_us));
	r->trim = 3;
	KUNIT_EXPECT_TRUE(test, paxos_replica_start(r, lab->now_us));
}

/* Row 12; rule 6: a refusal, not a promise. */
static void a_prepare_below_the_trim_point_is_refused(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct paxos_replica *r = lab->node[C].replica;
	struct letter *letter;

	learn(lab, 5);
	lab_trim(lab, C, 3, 1);
	lab_write(lab, C);
	say_prepare(lab, B, C, ballot_of(7, B), 3);
	letter = lab_take(lab, C, B, PAXOS_TRIMMED);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.ballot, ballot_of(7, B));
	KUNIT_EXPECT_EQ(test, letter->message.slot, 3ull);
	KUNIT_EXPECT_EQ(test, r->promised, 0ull);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_PROMISE), 0);
	say_prepare(lab, B, C, ballot_of(7, B), 4);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_PROMISE), 1);
}

/* Row 31: the answer that was frozen before the trim stays whole, and is the last. */
static void a_frozen_promise_does_not_change_by_a_trim(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct letter *letter;

	learn(lab, 3);
	say_accept(lab, A, C, ballot_of(1, A), 4, "d", 3);
	say_prepare(lab, B, C, ballot_of(7, B), 1);
	lab_write(lab, C);
	letter = lab_take(lab, C, B, PAXOS_PROMISE);
	KUNIT_EXPECT_TRUE(test, letter_has(letter, 4, ballot_of(1, A), "d"));
	lab_tick(lab, C, 600);
	lab_write(lab, C);
	lab_trim(lab, C, 2, 1);
	lab_write(lab, C);
	say_prepare(lab, B, C, ballot_of(7, B), 1);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_PROMISE), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_TRIMMED), 1);
}

/* Nobody leads who lacks slots that are gone where it asks. */
static void a_candidate_below_a_trim_point_gives_up(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct paxos_message m = { .type = PAXOS_TRIMMED, .slot = 9, .commit = 9 };
	struct paxos_replica *r = lab->node[C].replica;

	learn(lab, 5);
	m.ballot = lab_campaign(lab, C);
	/* Of an earlier round. */
	m.ballot -= 1ull << 16;
	lab_say(lab, B, C, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->role, PAXOS_ROLE_CANDIDATE);
	m.ballot += 1ull << 16;
	lab_say(lab, B, C, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->role, PAXOS_ROLE_FOLLOWER);
}

/* A late ACCEPT of what a leader chose long ago takes nobody down. */
static void a_leader_that_is_ahead_does_not_mind(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct paxos_message m = { .type = PAXOS_TRIMMED, .slot = 2, .commit = 5 };

	learn(lab, 5);
	m.ballot = lab_elect(lab, C);
	lab_say(lab, B, C, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->role, PAXOS_ROLE_LEADER);
}

static void learn_below_the_trim_point_is_refused(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct paxos_message m = { .type = PAXOS_LEARN, .slot = 1, .number = 5 };
	struct letter *letter;

	learn(lab, 500);
	lab_trim(lab, C, 400, 1);
	lab_write(lab, C);
	learn(lab, PAXOS_SLOTS + 10);
	lab_say(lab, B, C, &m, NULL, 0);
	letter = lab_take(lab, C, B, PAXOS_TRIMMED);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.slot, 400ull);
	KUNIT_EXPECT_EQ(test, letter->message.commit, PAXOS_SLOTS + 10ull);
	/* What is in memory still is served all the same. */
	m.slot = 399;
	lab_say(lab, B, C, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_LEARNT), 1);
}

static void trimmed(struct lab *lab, u8 from, u64 point, u64 commit)
{
	struct paxos_message m = { .type = PAXOS_TRIMMED, .slot = point, .commit = commit };

	lab_say(lab, from, C, &m, NULL, 0);
}

/* Who lags asks those that have not trimmed what it needs. */
static void a_peer_that_trimmed_is_not_asked_again(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct letter *letter;
	u32 i;

	learn(lab, 2);
	trimmed(lab, A, 0, 20);
	trimmed(lab, B, 10, 20);
	for (i = 0; i < 4; i++) {
		lab_tick(lab, C, 100);
		letter = lab_take(lab, C, A, PAXOS_LEARN);
		KUNIT_ASSERT_NOT_NULL(test, letter);
		KUNIT_EXPECT_EQ(test, letter->message.slot, 3ull);
		KUNIT_EXPECT_NULL(test, lab_take(lab, C, B, PAXOS_LEARN));
	}
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->snapshot_needed, 0ull);
}

static struct paxos_view *view_of(struct lab *lab, u8 node)
{
	static struct paxos_view view;

	paxos_replica_view(lab->node[node].replica, &view);
	return &view;
}

static void a_node_behind_every_trim_point_says_so(struct kunit *test)
{
	struct lab *lab = trimmer(test);

	learn(lab, 2);
	trimmed(lab, A, 9, 20);
	trimmed(lab, B, 12, 20);
	lab_tick(lab, C, 100);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->snapshot_needed, 10ull);
	KUNIT_EXPECT_EQ(test, view_of(lab, C)->state, PAXOS_STATE_SNAPSHOT_NEEDED);
	KUNIT_EXPECT_EQ(test, view_of(lab, C)->snapshot, 9ull);
	KUNIT_EXPECT_NOT_NULL(test, strstr(view_of(lab, C)->reason, "through 9"));
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_SNAPSHOT_NEEDED], 1);
	lab_tick(lab, C, 100);
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_SNAPSHOT_NEEDED], 1);
}

/* ---- beginning from a snapshot ---- */

/* A has chosen @last slots and trimmed through @trim; C heard nothing of it. */
static struct lab *ahead(struct kunit *test, u64 last, u64 trim)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A) | paxos_bit(C));
	u64 ballot = lab_elect(lab, A), slot;
	char text[2] = "a";

	lab->serving = true;
	for (slot = 2; slot <= last; slot++) {
		text[0] = 'a' + slot % 26;
		lab_propose(lab, A, text, slot);
		lab_write(lab, A);
		say_accepted(lab, B, A, ballot, slot - 1, 2);
	}
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, last);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->commit, last);
	lab_tick(lab, A, 600);
	lab_write(lab, A);
	if (trim) {
		lab_trim(lab, A, trim, 1);
		lab_write(lab, A);
		KUNIT_EXPECT_EQ(test, lab->node[A].trimmed, trim);
	}
	lab_drop(lab, A, C, 0);
	lab_drop(lab, C, A, 0);
	lab_meet(lab);
	return lab;
}

/* C hears of A's commit index. */
static void meet_again(struct lab *lab, u64 commit)
{
	trimmed(lab, A, 0, commit);
}

static void pass(struct lab *lab, u8 from, u8 to, u8 type)
{
	while (lab_deliver(lab, from, to, type))
		;
}

static void a_snapshot_begins_with_the_table(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 30);
	struct paxos_replica *r = lab->node[C].replica;

	meet_again(lab, 40);
	lab_install(lab, C, 35, 9);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_TABLE_WANTED), 1);
	pass(lab, C, A, PAXOS_TABLE_WANTED);
	pass(lab, A, C, PAXOS_TABLE);
	KUNIT_EXPECT_EQ(test, r->delivered, 35ull);
	KUNIT_EXPECT_EQ(test, lab->node[C].skipped, 35ull);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
	lab_write(lab, C);
	expect_answer(lab, C, 9, PAXOS_OUTCOME_CHOSEN, 0, 35);
	KUNIT_EXPECT_EQ(test, lab->node[C].trimmed, 35ull);
	KUNIT_EXPECT_EQ(test, r->durable, 35ull);
	/* The very table that A has there. */
	KUNIT_EXPECT_TRUE(test, lab_table(lab, A, 35));
	KUNIT_EXPECT_EQ(test, paxos_table_encode(lab->node[A].table, lab->node[A].table_bytes),
			paxos_table_encode(&r->base, lab->node[C].table_bytes));
	KUNIT_EXPECT_EQ(test, memcmp(lab->node[A].table_bytes, lab->node[C].table_bytes, 4096), 0);
	/* And the log goes on behind it. */
	meet_again(lab, 40);
	lab_tick(lab, C, 100);
	pass(lab, C, A, PAXOS_LEARN);
	pass(lab, A, C, PAXOS_LEARNT);
	KUNIT_EXPECT_EQ(test, r->commit, 40ull);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 36), log_text(lab, A, 36));
	lab_write(lab, C);
	lab_boot(lab, C);
	KUNIT_EXPECT_EQ(test, r->trim, 35ull);
	KUNIT_EXPECT_GE(test, r->commit, 35ull);
}

/* Power goes before the superblock names it: the journal alone says so. */
static void a_jump_is_replayed_from_the_journal(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 30);
	struct paxos_replica *r = lab->node[C].replica;

	say_learnt(lab, B, C, ballot_of(1, B), 1, "q");
	lab_write(lab, C);
	meet_again(lab, 40);
	lab_install(lab, C, 35, 9);
	pass(lab, C, A, PAXOS_TABLE_WANTED);
	pass(lab, A, C, PAXOS_TABLE);
	say_accept(lab, A, C, ballot_of(90, A), 37, "y", 0);
	lab_write(lab, C);
	lab->node[C].super_length = 0;
	lab->node[C].start.sequence = 0;
	lab->node[C].skipped = 0;
	lab_boot(lab, C);
	KUNIT_EXPECT_EQ(test, lab->node[C].skipped, 35ull);
	KUNIT_EXPECT_EQ(test, r->delivered, 35ull);
	KUNIT_EXPECT_EQ(test, r->trim, 35ull);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 37), "y");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 1), "-");
}

/* Rule 8 and rule 6: the promise stays, and so does what was accepted above. */
static void a_jump_takes_no_vote_back(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 0);
	struct paxos_replica *r = lab->node[C].replica;
	u64 ballot = ballot_of(90, B);
	struct letter *letter;

	say_accept(lab, B, C, ballot, 20, "u", 0);
	say_accept(lab, B, C, ballot, 41, "w", 0);
	lab_write(lab, C);
	meet_again(lab, 40);
	lab_install(lab, C, 35, 9);
	pass(lab, C, A, PAXOS_TABLE_WANTED);
	pass(lab, A, C, PAXOS_TABLE);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, r->delivered, 35ull);
	KUNIT_EXPECT_EQ(test, r->promised, ballot);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 41), "w");
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 20), "-");
	lab_drop(lab, C, B, 0);
	say_prepare(lab, B, C, ballot_of(91, B), 20);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_TRIMMED), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_PROMISE), 0);
	say_prepare(lab, B, C, ballot_of(91, B), 36);
	lab_write(lab, C);
	letter = lab_take(lab, C, B, PAXOS_PROMISE);
	KUNIT_EXPECT_TRUE(test, letter_has(letter, 41, ballot, "w"));
	/* Nothing begins anew below. */
	say_accept(lab, B, C, ballot_of(92, B), 20, "n", 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_ACCEPTED), 0);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 20), "-");
}

/* Rule 8: whole tables, exactly there, from who knows all through it to be chosen. */
static void no_other_table_takes_effect(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 0);
	struct paxos_replica *r = lab->node[C].replica;
	struct letter *letter;
	struct letter bad;

	meet_again(lab, 40);
	lab_install(lab, C, 35, 9);
	pass(lab, C, A, PAXOS_TABLE_WANTED);
	letter = lab_take(lab, A, C, PAXOS_TABLE);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	bad = *letter;
	bad.message.commit = 34;
	lab_again(lab, &bad);
	bad = *letter;
	bad.message.slot = 34;
	lab_again(lab, &bad);
	bad = *letter;
	bad.message.index = 1;
	lab_again(lab, &bad);
	bad.message.count = 0xffff;
	lab_again(lab, &bad);
	KUNIT_EXPECT_EQ(test, r->delivered, 0ull);
	KUNIT_EXPECT_TRUE(test, r->install.wanted);
	/* One for a neighbouring slot, under this one's name. */
	KUNIT_EXPECT_TRUE(test, lab_table(lab, A, 34));
	lab_send(lab, A, C, PAXOS_TABLE, lab->scratch,
		 paxos_table_body(lab->node[A].table_bytes,
				  paxos_table_encode(lab->node[A].table,
						     lab->node[A].table_bytes),
				  35, 0, lab->scratch));
	pass(lab, A, C, PAXOS_TABLE);
	KUNIT_EXPECT_EQ(test, r->delivered, 0ull);
	KUNIT_EXPECT_TRUE(test, r->install.wanted);
}

/* A large table comes in pieces, in any order, some of them twice. */
static void a_table_comes_in_pieces(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 0);
	struct paxos_replica *r = lab->node[C].replica;
	struct node *node = &lab->node[A];
	u32 length, count, i;

	KUNIT_EXPECT_TRUE(test, lab_table(lab, A, 35));
	node->table->clients = PAXOS_CLIENTS_MAX;
	for (i = 0; i < PAXOS_CLIENTS_MAX; i++)
		node->table->client[i] = (struct paxos_client) {
			.client = 1000 + i, .newest = 8, .used = 1 + i, .slot = { 1 },
		};
	/* So many clients take so many slots. */
	node->table->slot = PAXOS_CLIENTS_MAX;
	length = paxos_table_encode(node->table, node->table_bytes);
	count = paxos_table_bodies(length);
	KUNIT_EXPECT_EQ(test, count, 3);
	trimmed(lab, B, 0, 1000);
	lab_install(lab, C, PAXOS_CLIENTS_MAX, 9);
	for (i = 2 * count; i > 2; i--) {
		lab_send(lab, A, C, PAXOS_TABLE, lab->scratch,
			 paxos_table_body(node->table_bytes, length, PAXOS_CLIENTS_MAX,
					  i / 2 % count, lab->scratch));
		KUNIT_EXPECT_EQ(test, r->delivered, 0ull);
		pass(lab, A, C, PAXOS_TABLE);
	}
	KUNIT_EXPECT_EQ(test, r->delivered, (u64)PAXOS_CLIENTS_MAX);
	KUNIT_EXPECT_EQ(test, r->table.clients, PAXOS_CLIENTS_MAX);
}

/* The oldest that anybody serves is said. */
static void a_snapshot_below_every_trim_point_is_refused(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 30);
	struct paxos_message refusal = {
		.type = PAXOS_TABLE, .slot = 25, .commit = 50, .number = 28,
	};

	meet_again(lab, 40);
	trimmed(lab, B, 0, 50);
	lab_install(lab, C, 25, 9);
	if (lab_count(lab, C, A, PAXOS_TABLE_WANTED)) {
		pass(lab, C, A, PAXOS_TABLE_WANTED);
		pass(lab, A, C, PAXOS_TABLE);
		KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
		lab_say(lab, B, C, &refusal, NULL, 0);
	} else {
		lab_say(lab, B, C, &refusal, NULL, 0);
		KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
		pass(lab, C, A, PAXOS_TABLE_WANTED);
		pass(lab, A, C, PAXOS_TABLE);
	}
	expect_answer(lab, C, 9, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_TRIMMED, 28);
	/* At 28, with the next that is asked. */
	lab_install(lab, C, 28, 10);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_TABLE_WANTED), 2);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_TABLE_WANTED), 0);
}

static void who_does_not_answer_is_not_waited_for(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	u32 asked[2], i;

	for (i = 0; i < 4; i++) {
		trimmed(lab, A, 0, 50);
		trimmed(lab, B, 0, 50);
		if (!i)
			lab_install(lab, C, 25, 9);
		else
			lab_tick(lab, C, 1000);
	}
	asked[0] = lab_drop(lab, C, A, PAXOS_TABLE_WANTED);
	asked[1] = lab_drop(lab, C, B, PAXOS_TABLE_WANTED);
	KUNIT_EXPECT_EQ(test, asked[0], 2);
	KUNIT_EXPECT_EQ(test, asked[1], 2);
	lab_install(lab, C, 26, 10);
	expect_answer(lab, C, 10, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_BUSY, 25);
	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_GIVE_UP, .cookie = 9 });
	expect_answer(lab, C, 9, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_NO_PEER, 0);
	KUNIT_EXPECT_FALSE(test, lab->node[C].replica->install.wanted);
}

/* What the node has itself needs no table; below its own trim point there is none. */
static void a_snapshot_of_what_is_known_is_no_matter(struct kunit *test)
{
	struct lab *lab = trimmer(test);

	learn(lab, 9);
	lab_trim(lab, C, 5, 1);
	lab_write(lab, C);
	lab_install(lab, C, 7, 2);
	expect_answer(lab, C, 2, PAXOS_OUTCOME_CHOSEN, 0, 7);
	lab_install(lab, C, 4, 3);
	expect_answer(lab, C, 3, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_TRIMMED, 5);
	lab_install(lab, C, PAXOS_SLOT_LIMIT + 1, 4);
	expect_answer(lab, C, 4, PAXOS_OUTCOME_REFUSED, PAXOS_WHY_NOT_CHOSEN, 9);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->delivered, 9ull);
}

/* Meanwhile the log came by itself. */
/* Said twice, it is not answered before the first one's table is durable (sim seed 57). */
static void a_snapshot_said_twice_is_answered_when_durable(struct kunit *test)
{
	struct lab *lab = trimmer(test);

	learn(lab, 9);
	lab_trim(lab, C, 5, 1);
	lab_install(lab, C, 5, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].cookie, 1ull);
	expect_answer(lab, C, 2, PAXOS_OUTCOME_CHOSEN, 0, 5);
}

static void a_snapshot_that_is_overtaken_is_done(struct kunit *test)
{
	struct lab *lab = trimmer(test);

	lab_install(lab, C, 4, 2);
	learn(lab, 3);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
	learn(lab, 4);
	expect_answer(lab, C, 2, PAXOS_OUTCOME_CHOSEN, 0, 4);
}

/* Rule 8: a peer serves no table that it could not make, and none of the future. */
static void a_table_is_served_only_from_what_is_delivered(struct kunit *test)
{
	struct lab *lab = trimmer(test);
	struct paxos_message m = { .type = PAXOS_TABLE_WANTED, .slot = 6 };
	struct letter *letter;

	learn(lab, 5);
	lab_say(lab, B, C, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].serves, 0);
	m.slot = 4;
	lab_say(lab, B, C, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].serves, 1);
	lab_trim(lab, C, 5, 1);
	lab_write(lab, C);
	lab_say(lab, B, C, &m, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].serves, 1);
	letter = lab_take(lab, C, B, PAXOS_TABLE);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.count, 0);
	KUNIT_EXPECT_EQ(test, letter->message.number, 5ull);
}

/* Rule 11: a caller whose proposal lies below the snapshot is told what is known. */
static void proposals_below_a_snapshot_are_unknown(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 0);
	struct paxos_replica *r = lab->node[C].replica;

	say_heartbeat(lab, B, C, ballot_of(90, B), 0);
	lab_propose(lab, C, "mine", 5);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_FORWARD), 1);
	/* As if A's log had it. */
	lab_install(lab, C, 35, 9);
	meet_again(lab, 40);
	KUNIT_EXPECT_TRUE(test, lab_table(lab, A, 35));
	lab->node[A].table->session[2] = (struct paxos_session) {
		.node = 3, .incarnation = r->settings.incarnation, .nonce = r->settings.nonce,
		.newest = 1, .delivered = { 2 },
	};
	lab_send(lab, A, C, PAXOS_TABLE, lab->scratch,
		 paxos_table_body(lab->node[A].table_bytes,
				  paxos_table_encode(lab->node[A].table,
						     lab->node[A].table_bytes),
				  35, 0, lab->scratch));
	pass(lab, A, C, PAXOS_TABLE);
	lab_write(lab, C);
	KUNIT_ASSERT_EQ(test, lab->node[C].answers, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].cookie, 5ull);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].outcome, PAXOS_OUTCOME_UNKNOWN);
}

/* ---- joining ---- */

/* Stands in for `format --join`. */
static void forget_members(struct paxos_replica *r)
{
	r->settings.join = true;
	memset(&r->table, 0, sizeof(r->table));
	memset(&r->base, 0, sizeof(r->base));
}

/* C was formatted to join: it knows nobody's names, and learns them from slot 0 on. */
static void a_joiner_begins_with_the_first_table(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 0);
	struct paxos_replica *r = lab->node[C].replica;

	forget_members(r);
	meet_again(lab, 40);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_TABLE_WANTED), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_LEARN), 0);
	pass(lab, C, A, PAXOS_TABLE_WANTED);
	pass(lab, A, C, PAXOS_TABLE);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, r->table.newest.members, 3);
	KUNIT_EXPECT_EQ(test, lab->node[C].trimmed, 0ull);
	meet_again(lab, 40);
	lab_tick(lab, C, 100);
	pass(lab, C, A, PAXOS_LEARN);
	pass(lab, A, C, PAXOS_LEARNT);
	KUNIT_EXPECT_EQ(test, r->delivered, 40ull);
}

/* Its peers have trimmed the beginning: it needs a snapshot. */
static void a_late_joiner_needs_a_snapshot(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 30);
	struct paxos_replica *r = lab->node[C].replica;

	forget_members(r);
	meet_again(lab, 40);
	pass(lab, C, A, PAXOS_TABLE_WANTED);
	pass(lab, A, C, PAXOS_TABLE);
	lab_tick(lab, C, 100);
	KUNIT_EXPECT_EQ(test, r->snapshot_needed, 31ull);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_TABLE_WANTED), 0);
	lab_install(lab, C, 30, 9);
	pass(lab, C, A, PAXOS_TABLE_WANTED);
	pass(lab, A, C, PAXOS_TABLE);
	lab_write(lab, C);
	expect_answer(lab, C, 9, PAXOS_OUTCOME_CHOSEN, 0, 30);
	lab_tick(lab, C, 100);
	KUNIT_EXPECT_EQ(test, r->snapshot_needed, 0ull);
}

/* Who refused, and was restarted, is asked again: its trim point is not known any more. */
static void who_refused_is_asked_again_after_its_restart(struct kunit *test)
{
	struct lab *lab = ahead(test, 40, 30);
	struct paxos_replica *r = lab->node[C].replica;

	forget_members(r);
	meet_again(lab, 40);
	pass(lab, C, A, PAXOS_TABLE_WANTED);
	pass(lab, A, C, PAXOS_TABLE);
	KUNIT_EXPECT_EQ(test, r->install.refused, paxos_bit(A));
	lab_boot(lab, A);
	KUNIT_EXPECT_EQ(test, r->install.refused, 0u);
	meet_again(lab, 40);
	lab_tick(lab, C, 1000);
	KUNIT_EXPECT_GE(test, lab_count(lab, C, A, PAXOS_TABLE_WANTED), 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(no_more_is_trimmed_than_is_durably_chosen),
	KUNIT_CASE(what_is_durable_moves_on_under_load),
	KUNIT_CASE(a_trim_is_answered_when_its_table_is_durable),
	KUNIT_CASE(a_low_journal_can_be_trimmed),
	KUNIT_CASE(a_second_trim_waits_for_the_first),
	KUNIT_CASE(a_trimmed_node_starts_again),
	KUNIT_CASE(a_table_is_found_without_the_superblock),
	KUNIT_CASE(a_lost_table_is_damage),
	KUNIT_CASE(a_prepare_below_the_trim_point_is_refused),
	KUNIT_CASE(a_frozen_promise_does_not_change_by_a_trim),
	KUNIT_CASE(a_candidate_below_a_trim_point_gives_up),
	KUNIT_CASE(a_leader_that_is_ahead_does_not_mind),
	KUNIT_CASE(learn_below_the_trim_point_is_refused),
	KUNIT_CASE(a_peer_that_trimmed_is_not_asked_again),
	KUNIT_CASE(a_node_behind_every_trim_point_says_so),
	KUNIT_CASE(a_snapshot_begins_with_the_table),
	KUNIT_CASE(a_jump_is_replayed_from_the_journal),
	KUNIT_CASE(a_jump_takes_no_vote_back),
	KUNIT_CASE(no_other_table_takes_effect),
	KUNIT_CASE(a_table_comes_in_pieces),
	KUNIT_CASE(a_snapshot_below_every_trim_point_is_refused),
	KUNIT_CASE(who_does_not_answer_is_not_waited_for),
	KUNIT_CASE(a_snapshot_of_what_is_known_is_no_matter),
	KUNIT_CASE(a_snapshot_said_twice_is_answered_when_durable),
	KUNIT_CASE(a_snapshot_that_is_overtaken_is_done),
	KUNIT_CASE(a_table_is_served_only_from_what_is_delivered),
	KUNIT_CASE(proposals_below_a_snapshot_are_unknown),
	KUNIT_CASE(a_joiner_begins_with_the_first_table),
	KUNIT_CASE(a_late_joiner_needs_a_snapshot),
	KUNIT_CASE(who_refused_is_asked_again_after_its_restart),
	{}
};

LAB_SUITE(trim, cases);
