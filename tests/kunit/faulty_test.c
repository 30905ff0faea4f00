// SPDX-License-Identifier: GPL-2.0
/*
 * Values that rot: what is said of them, what may be proposed, and how they are
 * made whole again (rule 9; rows 8, 32, 34).
 */
#include "script.h"

static struct paxos_item faulty_of(u64 slot, u64 ballot)
{
	return (struct paxos_item) {
		.slot = slot, .ballot = ballot, .flags = PAXOS_ITEM_FAULTY,
	};
}

/* The value of slot 1 rots on @node, which starts again. */
static void rot(struct lab *lab, u8 node, u64 slot)
{
	lab_power_cut(lab, node);
	KUNIT_ASSERT_TRUE(lab->test, lab_rot(lab, node, slot));
	lab_boot(lab, node);
	KUNIT_EXPECT_NE(lab->test, lab->node[node].replayed, PAXOS_REPLAY_DAMAGED);
}

/* C has accepted "x" in slot 1 at 1.A, and lost it. */
static struct lab *loser(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(C));

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	lab_write(lab, C);
	lab_drop(lab, C, A, 0);
	rot(lab, C, 1);
	return lab;
}

static void a_lost_value_counts_as_accepted(struct kunit *test)
{
	struct lab *lab = loser(test);
	struct paxos_cursor cursor = {};
	struct letter *letter;
	struct paxos_item item;
	u64 first;

	KUNIT_EXPECT_FALSE(test, lab->node[C].replica->forgotten);
	KUNIT_EXPECT_EQ(test, paxos_replica_damaged(lab->node[C].replica, &first), 1ull);
	KUNIT_EXPECT_EQ(test, first, 1ull);
	say_prepare(lab, B, C, ballot_of(2, B), 1);
	lab_write(lab, C);
	letter = lab_take(lab, C, B, PAXOS_PROMISE);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_ASSERT_TRUE(test, paxos_message_next(&letter->message, &cursor, &item));
	KUNIT_EXPECT_EQ(test, item.flags, PAXOS_ITEM_FAULTY);
	KUNIT_EXPECT_EQ(test, item.slot, 1ull);
	KUNIT_EXPECT_EQ(test, item.ballot, ballot_of(1, A));
	KUNIT_EXPECT_EQ(test, letter->message.items, 1);
}

/* Accepted again, it is written again, before it is acknowledged. */
static void the_same_acceptance_makes_it_whole(struct kunit *test)
{
	struct lab *lab = loser(test);

	say_accept(lab, A, C, ballot_of(1, A), 1, "y", 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_TWO_VALUES], 1);
	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 0);
	lab_write(lab, C);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_ACCEPTED), 1);
	lab_boot(lab, C);
	KUNIT_EXPECT_STREQ(test, accepted_text(lab, C, 1), "x");
	KUNIT_EXPECT_FALSE(test, paxos_slot_at(lab->node[C].replica, 1)->faulty);
}

/* That it was chosen says not what it was. */
static void a_commit_index_does_not_deliver_a_lost_value(struct kunit *test)
{
	struct lab *lab = loser(test);

	say_heartbeat(lab, A, C, ballot_of(1, A), 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->commit, 0ull);
	say_learnt(lab, A, C, ballot_of(1, A), 1, "x");
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
	KUNIT_EXPECT_EQ(test, lab->node[C].log[1].repairs, 0);
	lab_write(lab, C);
	lab_boot(lab, C);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
}

static void a_higher_ballot_replaces_it(struct kunit *test)
{
	struct lab *lab = loser(test);

	say_accept(lab, B, C, ballot_of(2, B), 1, "y", 1);
	lab_write(lab, C);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "y");
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->repairs, 0);
}

/* What B, C, D and E, of five, say of slot 1 in their promises; A accepted nothing. */
static const struct decision {
	const char *story;
	u8 faulty[4], intact[4];	/* ballot's round; 0: nothing */
	const char *proposed;		/* NULL: nothing yet */
} decisions[] = {
	{ "row 8: lost at 2, another's at 1", { 2, 0 }, { 0, 1 }, NULL },
	{ "row 8: ... and then its copy comes", { 2, 0, 0 }, { 0, 1, 2 }, "v2" },
	{ "row 34: a majority knows nothing of it", { 2, 0, 0 }, {}, "" },
	{ "lost at 1, another's at 2", { 1, 0 }, { 0, 2 }, "v2" },
	{ "two lost it, two know nothing", { 1, 1, 0, 0 }, {}, "" },
	{ "three lost it, one knows nothing", { 1, 1, 1, 0 }, {}, NULL },
	{ "three lost it, one has it", { 1, 1, 1, 0 }, { 0, 0, 0, 1 }, "v1" },
	{ "lost at 3, with copies at 1 and 2", { 3, 0, 0 }, { 0, 1, 2 }, "v2" },
	{ "two lost it at 3, with copies at 1 and 2", { 3, 0, 0, 3 }, { 0, 1, 2 }, "v2" },
	{ "lost by two of three", { 3, 3 }, {}, NULL },
};

static void say_decision(struct lab *lab, u8 from, u64 ballot, u8 faulty, u8 intact)
{
	static const char *const text[] = { "", "v1", "v2", "v3" };
	struct paxos_item item;

	if (faulty)
		item = faulty_of(1, paxos_ballot(faulty, 5));
	else
		item = item_of(1, paxos_ballot(intact, 5), text[intact]);
	say_promise(lab, from, A, ballot, &item, faulty || intact ? 1 : 0);
}

static void a_slot_is_decided_by_those_that_know(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, paxos_bit(A));
	const struct decision *d;
	struct paxos_view *view = kvzalloc(sizeof(*view), GFP_KERNEL);
	u64 ballot;
	u8 i;

	for (d = decisions; d < decisions + ARRAY_SIZE(decisions); d++) {
		lab_power_cut(lab, A);
		memset(lab->node[A].device, 0, RING_SIZE);
		lab_boot(lab, A);
		ballot = lab_campaign(lab, A);
		for (i = 0; i < 4; i++)
			if (i < 2 || d->faulty[i] || d->intact[i] ||
			    strstr(d->story, "know"))
				say_decision(lab, B + i, ballot, d->faulty[i], d->intact[i]);
		KUNIT_EXPECT_EQ_MSG(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER, "%s",
				    d->story);
		paxos_replica_view(lab->node[A].replica, view);
		KUNIT_EXPECT_EQ_MSG(test, view->damaged, d->proposed ? 0 : 1, "%s", d->story);
		KUNIT_EXPECT_EQ_MSG(test, !!strstr(view->reason, "slot 1: "), !d->proposed,
				    "%s: %s", d->story, view->reason);
		KUNIT_EXPECT_STREQ_MSG(test, accepted_text(lab, A, 1), d->proposed ?: "-", "%s",
				       d->story);
	}
	kvfree(view);
}

/* Rule 9: the leader goes on asking; acceptors that do not vote may have a copy too. */
static void an_undecided_slot_waits_for_more_promises(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_item lost = faulty_of(1, ballot_of(1, B));
	struct paxos_item x = item_of(1, ballot_of(1, B), "x");
	u64 ballot = lab_campaign(lab, A);
	struct paxos_message ack = { .type = PAXOS_HEARTBEAT_ACK, .ballot = ballot };

	lab_drop(lab, A, C, 0);
	say_promise(lab, B, A, ballot, &lost, 1);
	lab_propose(lab, A, "v", 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_ACCEPT), 0);
	ack.echo = lab->now_us;
	lab_say(lab, B, A, &ack, NULL, 0);
	lab_tick(lab, A, 150);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, C, PAXOS_PREPARE), 1);
	say_promise(lab, C, A, ballot, &x, 1);
	KUNIT_EXPECT_TRUE(test, letter_has(lab_take(lab, A, B, PAXOS_ACCEPT), 1, ballot, "x"));
}

/* A promise that does not fit counts for nothing, and keeps no room from others. */
static void faults_are_bounded(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	u64 ballot = lab_campaign(lab, A);
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_item *items = kvzalloc(1000 * sizeof(*items), GFP_KERNEL);
	struct paxos_message m = {
		.type = PAXOS_PROMISE, .ballot = ballot, .slot = 1, .number = 1, .count = 4,
	};
	u32 i;

	for (i = 0; i < 1000; i++)
		items[i] = faulty_of(i % 500 + 1, ballot_of(1, B));
	for (; m.index < 4; m.index++)
		lab_say(lab, B, A, &m, items, 1000);
	KUNIT_EXPECT_EQ(test, r->role, PAXOS_ROLE_CANDIDATE);
	KUNIT_EXPECT_EQ(test, r->promises, paxos_bit(A));
	KUNIT_EXPECT_LT(test, r->faults, PAXOS_FAULTS_MAX);
	say_promise(lab, C, A, ballot, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->role, PAXOS_ROLE_LEADER);
	KUNIT_EXPECT_EQ(test, r->next_slot, PAXOS_WINDOW + 1ull);
	kvfree(items);
}

/* Three real nodes that agree on "v1" in slot 2; it rots on C. */
static struct lab *trio(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A) | paxos_bit(B) | paxos_bit(C));

	lab_elect(lab, A);
	lab_settle(lab);
	lab_propose(lab, A, "v1", 1);
	lab_settle(lab);
	lab_propose(lab, A, "v2", 2);
	lab_settle(lab);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 3), "v2");
	return lab;
}

static void live(struct lab *lab, u32 ms)
{
	u32 i;
	u8 node;

	for (i = 0; i < ms; i += 30) {
		for (node = A; node <= C; node++)
			if (lab->node[node].up)
				lab_tick(lab, node, 10);
		lab_settle(lab);
	}
}

/* It is delivered all the same, and comes again when a peer has told it. */
static void a_delivered_value_is_repaired_from_a_peer(struct kunit *test)
{
	struct lab *lab = trio(test);
	struct paxos_replica *r = lab->node[C].replica;

	rot(lab, C, 2);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "?");
	KUNIT_EXPECT_EQ(test, r->repairs, 1);
	live(lab, 500);
	KUNIT_EXPECT_EQ(test, r->repairs, 0);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "v1");
	KUNIT_EXPECT_EQ(test, lab->node[C].log[2].repairs, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_REPAIRED], 1);
	/* ... and it is written down. */
	lab_boot(lab, C);
	KUNIT_EXPECT_EQ(test, r->repairs, 0);
	KUNIT_EXPECT_FALSE(test, paxos_faulty_is_lost(r, 2));
}

/* Who lost it itself gives nothing to others. */
static void nobody_learns_from_who_lost_it(struct kunit *test)
{
	struct lab *lab = trio(test);

	lab->cut[A] = ~0u;
	lab_power_cut(lab, B);
	rot(lab, B, 2);
	rot(lab, C, 2);
	live(lab, 3000);
	KUNIT_EXPECT_EQ(test, lab->node[B].replica->repairs, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->repairs, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 3), "v2");
	lab->cut[A] = 0;
	live(lab, 3000);
	KUNIT_EXPECT_EQ(test, lab->node[B].replica->repairs, 0);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "v1");
}

/* The shell reads it, and finds it rotten; here it is in memory still. */
/* A value that all peers have trimmed comes back with a snapshot (sim seed 5040). */
static void a_value_that_is_trimmed_everywhere_needs_a_snapshot(struct kunit *test)
{
	struct lab *lab = trio(test);
	struct paxos_replica *r = lab->node[C].replica;
	struct paxos_view view;

	live(lab, 1500);
	lab_trim(lab, A, 3, 9);
	lab_trim(lab, B, 3, 9);
	live(lab, 500);
	lab_boot(lab, A);
	lab_boot(lab, B);
	rot(lab, C, 2);
	lab->serving = true;
	live(lab, 3000);
	KUNIT_EXPECT_EQ(test, r->repairs, 1);
	paxos_replica_view(r, &view);
	KUNIT_EXPECT_EQ(test, view.state, PAXOS_STATE_SNAPSHOT_NEEDED);
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_SNAPSHOT_NEEDED], 1);
	/* It takes part all the same. */
	lab_elect(lab, C);
	KUNIT_EXPECT_TRUE(test, paxos_leads(r));
	live(lab, 500);
	lab_install(lab, C, 3, 77);
	live(lab, 1000);
	KUNIT_EXPECT_EQ(test, r->repairs, 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].trimmed, 3ull);
	KUNIT_EXPECT_TRUE(test, paxos_leads(r));
	paxos_replica_view(r, &view);
	KUNIT_EXPECT_EQ(test, view.state, PAXOS_STATE_OK);
	/* ... and a start finds nothing missing. */
	lab_power_cut(lab, C);
	lab_boot(lab, C);
	KUNIT_EXPECT_EQ(test, r->repairs, 0);
	KUNIT_EXPECT_EQ(test, r->trim, 3ull);
}

/* An item of an ACCEPT may say any ballot: what is written bears the message's. */
static void an_accept_that_repairs_leaves_a_sound_journal(struct kunit *test)
{
	struct lab *lab = trio(test);
	struct paxos_replica *r = lab->node[C].replica;
	struct paxos_message m = { .type = PAXOS_ACCEPT, .ballot = ballot_of(40, A) };
	struct paxos_item item;

	live(lab, 1500);
	rot(lab, C, 2);
	item = (struct paxos_item) {
		.slot = 2, .entry = lab->node[A].replica->slot[2].entry,
	};
	lab_say(lab, A, C, &m, &item, 1);
	KUNIT_EXPECT_EQ(test, r->repairs, 0);
	lab_write(lab, C);
	lab_power_cut(lab, C);
	lab_boot(lab, C);
	KUNIT_EXPECT_NE(test, lab->node[C].replayed, PAXOS_REPLAY_DAMAGED);
	KUNIT_EXPECT_EQ(test, r->repairs, 0);
}

static void what_the_shell_finds_rotten_is_written_again(struct kunit *test)
{
	struct lab *lab = trio(test);
	struct paxos_replica *r = lab->node[C].replica;

	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_REPAIR, .slot = 2 });
	KUNIT_EXPECT_EQ(test, r->repairs, 0);
	KUNIT_EXPECT_EQ(test, lab->node[C].log[2].repairs, 1);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "v1");
	/* Slots that are not delivered, or trimmed, are none of its business. */
	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_REPAIR, .slot = 900 });
	KUNIT_EXPECT_EQ(test, r->repairs, 0);
	KUNIT_EXPECT_FALSE(test, r->forgotten);
}

static void another_value_repairs_nothing(struct kunit *test)
{
	struct lab *lab = trio(test);
	struct paxos_replica *r = lab->node[C].replica;

	rot(lab, C, 2);
	say_learnt(lab, A, C, ballot_of(1, A), 2, "zz");
	KUNIT_EXPECT_EQ(test, r->repairs, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_TWO_VALUES], 1);
}

/* Rule 7: too much of it is no rot any more. */
static void too_many_lost_values_are_forgetting(struct kunit *test)
{
	struct lab *lab = trio(test);
	struct paxos_replica *r = lab->node[C].replica;
	u32 i;

	for (i = 0; i < PAXOS_REPAIRS_MAX; i++)
		r->repair[i] = 1000 + i;
	r->repairs = PAXOS_REPAIRS_MAX;
	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_REPAIR, .slot = 2 });
	KUNIT_EXPECT_TRUE(test, r->forgotten);
}

/*
 * A knows that x is chosen, and lost it; B has it, and does not know.  They lose power,
 * and C, who never saw it, is away at first, or back at once.
 */
#define LAST_COPY								\
	"away C; lead A; settle; propose A x; write A; give A>B accept; write B\n"	\
	"give B>A accepted; log A 2 x; propose A y; write A; power-cut A; power-cut B\n"	\
	"rot A 2; boot A; boot B; log A 2 ?; log B 2 -; holds B 2 x\n"

static void the_last_copy_may_be_one_that_nobody_knows_is_chosen(struct kunit *test)
{
	script_run(test, LAST_COPY "live 8000; log A 2 x; log B 2 x; heal; log C 2 x; agree");
}

static void the_last_copy_serves_all(struct kunit *test)
{
	script_run(test, LAST_COPY "heal; log A 2 x; log B 2 x; log C 2 x; agree");
}

/* Rule 5: a copy at another ballot may be another value. */
static void a_lost_value_is_no_other_ballots(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(C));
	struct paxos_item item = faulty_of(1, ballot_of(2, B));
	struct paxos_message m = { .type = PAXOS_LEARNT };

	say_accept(lab, A, C, ballot_of(1, A), 1, "x", 0);
	lab_say(lab, B, C, &m, &item, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->commit, 0ull);
	item.ballot = ballot_of(1, A);
	lab_say(lab, B, C, &m, &item, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->commit, 1ull);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 1), "x");
	/* Of what is delivered it says nothing. */
	lab_say(lab, B, C, &m, &item, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].log[1].repairs, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(the_last_copy_may_be_one_that_nobody_knows_is_chosen),
	KUNIT_CASE(the_last_copy_serves_all),
	KUNIT_CASE(a_lost_value_is_no_other_ballots),
	KUNIT_CASE(a_lost_value_counts_as_accepted),
	KUNIT_CASE(the_same_acceptance_makes_it_whole),
	KUNIT_CASE(a_commit_index_does_not_deliver_a_lost_value),
	KUNIT_CASE(a_higher_ballot_replaces_it),
	KUNIT_CASE(a_slot_is_decided_by_those_that_know),
	KUNIT_CASE(an_undecided_slot_waits_for_more_promises),
	KUNIT_CASE(faults_are_bounded),
	KUNIT_CASE(a_delivered_value_is_repaired_from_a_peer),
	KUNIT_CASE(nobody_learns_from_who_lost_it),
	KUNIT_CASE(a_value_that_is_trimmed_everywhere_needs_a_snapshot),
	KUNIT_CASE(an_accept_that_repairs_leaves_a_sound_journal),
	KUNIT_CASE(what_the_shell_finds_rotten_is_written_again),
	KUNIT_CASE(another_value_repairs_nothing),
	KUNIT_CASE(too_many_lost_values_are_forgetting),
	{}
};

LAB_SUITE(faulty, cases);
