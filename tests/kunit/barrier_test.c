// SPDX-License-Identifier: GPL-2.0
/*
 * Barriers: no stale answer, whoever asks (rows 17, 35, 37), and through whom
 * (row 19).
 */
#include "fixture.h"

static void ask_barrier(struct lab *lab, u8 node, u64 cookie)
{
	lab_event(lab, node, (struct paxos_event) {
		.type = PAXOS_EVENT_BARRIER, .cookie = cookie,
	});
}

static void give_up(struct lab *lab, u8 node, u64 cookie)
{
	lab_event(lab, node, (struct paxos_event) {
		.type = PAXOS_EVENT_GIVE_UP, .cookie = cookie,
	});
}

static void expect_none(struct lab *lab, u8 node)
{
	KUNIT_EXPECT_EQ(lab->test, lab->node[node].answers, 0);
}

static void expect_slot(struct lab *lab, u8 node, u64 cookie, u64 slot)
{
	const struct node *of = &lab->node[node];
	const struct paxos_answer *answer = &of->answer[(of->answers - 1) % ANSWERS_MAX];

	KUNIT_ASSERT_NE(lab->test, of->answers, 0);
	KUNIT_EXPECT_EQ(lab->test, answer->cookie, cookie);
	KUNIT_EXPECT_EQ(lab->test, answer->outcome, PAXOS_OUTCOME_CHOSEN);
	KUNIT_EXPECT_EQ(lab->test, answer->slot, slot);
}

static void say_ack(struct lab *lab, u8 from, u8 to, u64 ballot, u64 number)
{
	struct paxos_message m = {
		.type = PAXOS_HEARTBEAT_ACK, .ballot = ballot, .number = number, .echo = 1,
	};

	lab_say(lab, from, to, &m, NULL, 0);
}

/* A leads with its no-op in slot 1 chosen; B and C are puppets. */
static struct lab *leader(struct kunit *test, u64 *ballot)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));

	*ballot = lab_elect(lab, A);
	lab_write(lab, A);
	say_accepted(lab, B, A, *ballot, 1, 1);
	lab_drop(lab, A, B, 0);
	lab_drop(lab, A, C, 0);
	return lab;
}

/* The number of the heartbeat that A sends at once. */
static u64 fresh_round(struct lab *lab, u8 to)
{
	struct letter *letter;
	u64 number = 0;

	while ((letter = lab_take(lab, A, to, PAXOS_HEARTBEAT)))
		if (!(letter->message.flags & PAXOS_FLAG_QUIET))
			number = letter->message.number;
	KUNIT_EXPECT_NE(lab->test, number, 0ull);
	return number;
}

/* Row 17: only a heartbeat begun after the call counts. */
static void a_heartbeat_begun_after_the_call_confirms(struct kunit *test)
{
	u64 ballot, before, round;
	struct lab *lab = leader(test, &ballot);

	lab_tick(lab, A, 200);
	before = fresh_round(lab, B);
	ask_barrier(lab, A, 7);
	round = fresh_round(lab, B);
	KUNIT_EXPECT_GT(test, round, before);
	say_ack(lab, B, A, ballot, before);
	say_ack(lab, C, A, ballot, before);
	expect_none(lab, A);
	/* Of another ballot, or of the future. */
	say_ack(lab, B, A, ballot + (1ull << 16), round);
	say_ack(lab, B, A, ballot, round + 1);
	expect_none(lab, A);
	say_ack(lab, B, A, ballot, round);
	expect_slot(lab, A, 7, 1);
}

/* Row 17: it was paused; the others went on meanwhile; they do not confirm it. */
static void a_deposed_leader_answers_nothing(struct kunit *test)
{
	struct paxos_message nack = { .type = PAXOS_NACK };
	u64 ballot;
	struct lab *lab = leader(test, &ballot);

	ask_barrier(lab, A, 7);
	nack.ballot = ballot_of(50, B);
	nack.number = ballot;
	lab_say(lab, B, A, &nack, NULL, 0);
	say_ack(lab, C, A, ballot, 100);
	expect_none(lab, A);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_FOLLOWER);
	/* It asks the new one, of itself. */
	say_heartbeat(lab, B, A, ballot_of(50, B), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_BARRIER), 1);
	give_up(lab, A, 7);
	KUNIT_ASSERT_EQ(test, lab->node[A].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[0].outcome, PAXOS_OUTCOME_WITHDRAWN);
}

/* All that was proposed when the call came must be chosen first. */
static void it_waits_for_what_is_open(struct kunit *test)
{
	u64 ballot, round;
	struct lab *lab = leader(test, &ballot);

	lab_propose(lab, A, "x", 1);
	ask_barrier(lab, A, 7);
	lab_propose(lab, A, "y", 2);
	lab_write(lab, A);
	round = fresh_round(lab, C);
	say_ack(lab, C, A, ballot, round);
	expect_none(lab, A);
	say_accepted(lab, B, A, ballot, 2, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 2);
	expect_slot(lab, A, 7, 2);
}

/* Row 35: a new leader, whose promises report slots that it lacks. */
static void it_waits_for_what_promises_report(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_item reported = item_of(50, ballot_of(1, C), "u");
	u64 ballot = lab_campaign(lab, A), round;

	lab_drop(lab, A, B, 0);
	ask_barrier(lab, A, 7);
	say_promise(lab, B, A, ballot, &reported, 1);
	lab_write(lab, A);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_LEADER);
	round = fresh_round(lab, B);
	say_ack(lab, B, A, ballot, round);
	say_accepted(lab, B, A, ballot, 1, 49);
	expect_none(lab, A);
	say_accepted(lab, B, A, ballot, 50, 2);
	expect_slot(lab, A, 7, 51);
}

/* Nor is what a late promise tells of forgotten. */
static void a_late_promise_counts(struct kunit *test)
{
	u64 ballot, round;
	struct lab *lab = leader(test, &ballot);

	ask_barrier(lab, A, 7);
	round = fresh_round(lab, B);
	/* As if somebody's promise, that came only now, had said so. */
	lab->node[A].replica->reported_slot = 2;
	say_ack(lab, B, A, ballot, round);
	expect_none(lab, A);
	lab_propose(lab, A, "x", 1);
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 2, 1);
	expect_slot(lab, A, 7, 2);
}

/*
 * Row 37: from the slot after S on others govern; that the old ones agree means
 * nothing.  {A, B, C}: A counts what B says, but D's and E's word is needed.
 */
static void the_voters_of_the_next_slot_confirm(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	u64 ballot = lab_elect(lab, A), round;

	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 1);
	say_accepted(lab, C, A, ballot, 1, 1);
	KUNIT_EXPECT_EQ(test, r->commit, 1ull);
	/* As if a CONFIG had been chosen a window ago. */
	r->newest.voters = paxos_bit(C) | paxos_bit(D) | paxos_bit(E);
	r->newest.majority = 2;
	r->promises = paxos_bit(A) | paxos_bit(B) | paxos_bit(C);
	lab_drop(lab, A, B, 0);
	ask_barrier(lab, A, 7);
	round = fresh_round(lab, B);
	say_ack(lab, B, A, ballot, round);
	say_ack(lab, C, A, ballot, round);
	say_ack(lab, D, A, ballot, round);
	/* They confirm it; but D and E may have chosen more at a ballot below ours. */
	expect_none(lab, A);
	r->promises |= paxos_bit(D);
	lab_tick(lab, A, 10);
	expect_slot(lab, A, 7, 1);
}

static void the_old_voters_do_not_confirm(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	u64 ballot = lab_elect(lab, A), round;

	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 1);
	say_accepted(lab, C, A, ballot, 1, 1);
	r->newest.voters = paxos_bit(C) | paxos_bit(D) | paxos_bit(E);
	r->newest.majority = 2;
	r->promises = 0x1f;
	lab_drop(lab, A, B, 0);
	ask_barrier(lab, A, 7);
	round = fresh_round(lab, B);
	say_ack(lab, B, A, ballot, round);
	say_ack(lab, C, A, ballot, round);
	expect_none(lab, A);
	say_ack(lab, E, A, ballot, round);
	expect_slot(lab, A, 7, 1);
}

static void propose_config(struct lab *lab, const struct paxos_config *config)
{
	u32 length = paxos_config_encode(config, 0, lab->scratch);
	struct paxos_buf *buf = test_buf(lab->scratch, length);
	struct paxos_waiting waiting = {
		.type = PAXOS_ENTRY_CONFIG,
		.cookie = PAXOS_MEMBERSHIP_COOKIE,
		.value = { .buf = buf, .data = test_buf_data(buf), .length = length },
	};

	paxos_pending_add(lab->node[A].replica, &waiting, lab->node[A].fx);
	paxos_buf_put(buf);
	lab_tick(lab, A, 1);
}

/*
 * Row 37, whole: A's CONFIG that leaves D and E alone as voters is chosen in slot 2,
 * with a window of values, and A does not know; D and E, told by others, choose
 * beyond.  A, B and C agree that A leads.
 */
static void row_37_the_old_voters_confirm_nothing(struct kunit *test)
{
	struct lab *lab = lab_start(test, 5, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_message nack = { .type = PAXOS_NACK, .ballot = ballot_of(70, D) };
	struct paxos_config config = r->table.newest;
	u64 ballot = lab_elect(lab, A), round;
	u32 i;

	/* Its promises are of A, B and C. */
	r->promises = paxos_bit(A) | paxos_bit(B) | paxos_bit(C);
	lab_write(lab, A);
	say_accepted(lab, B, A, ballot, 1, 1);
	say_accepted(lab, C, A, ballot, 1, 1);
	for (i = 0; i < 3; i++)
		config.member[i].voter = false;
	propose_config(lab, &config);
	for (i = 0; i < PAXOS_WINDOW; i++)
		lab_propose(lab, A, "v", 100 + i);
	for (i = 0; i < 4; i++)
		lab_write(lab, A);
	KUNIT_EXPECT_EQ(test, r->next_slot, 2ull + PAXOS_WINDOW);
	lab_drop(lab, A, B, 0);
	ask_barrier(lab, A, 7);
	round = fresh_round(lab, B);
	say_ack(lab, B, A, ballot, round);
	say_ack(lab, C, A, ballot, round);
	expect_none(lab, A);
	/* It learns what was chosen; who governs the next slot has not promised it. */
	say_accepted(lab, B, A, ballot, 2, PAXOS_WINDOW);
	say_accepted(lab, C, A, ballot, 2, PAXOS_WINDOW);
	KUNIT_EXPECT_EQ(test, r->commit, 1ull + PAXOS_WINDOW);
	KUNIT_EXPECT_EQ(test, r->table.newest.slot, 2ull);
	KUNIT_EXPECT_NE(test, lab->node[A].answer[lab->node[A].answers - 1].cookie, 7ull);
	i = lab->node[A].answers;
	/* Nor is it enough that they hear it: they may have chosen at a lower ballot. */
	say_ack(lab, D, A, ballot, round);
	say_ack(lab, E, A, ballot, round);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, i);
	nack.number = ballot;
	lab_say(lab, D, A, &nack, NULL, 0);
	KUNIT_EXPECT_EQ(test, r->role, PAXOS_ROLE_FOLLOWER);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, i);
	give_up(lab, A, 7);
	KUNIT_ASSERT_EQ(test, lab->node[A].answers, i + 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[i].outcome, PAXOS_OUTCOME_WITHDRAWN);
}

static void a_node_alone_needs_nobody(struct kunit *test)
{
	struct lab *lab = lab_start(test, 1, paxos_bit(A));

	lab_tick(lab, A, 3000);
	lab_write(lab, A);
	lab_write(lab, A);
	ask_barrier(lab, A, 7);
	expect_slot(lab, A, 7, 1);
}

/* ---- through others ---- */

static void say_barrier(struct lab *lab, u8 from, u8 to, u64 number, u16 flags)
{
	struct paxos_message m = { .type = PAXOS_BARRIER, .number = number, .flags = flags };

	lab_say(lab, from, to, &m, NULL, 0);
}

static void say_answer(struct lab *lab, u8 from, u8 to, u64 number, u64 slot)
{
	struct paxos_message m = {
		.type = PAXOS_BARRIER_ANSWER, .ballot = ballot_of(1, A), .number = number,
		.slot = slot,
	};

	lab_say(lab, from, to, &m, NULL, 0);
}

static void a_follower_asks_the_leader(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(C));
	struct letter *letter;
	u64 number;

	ask_barrier(lab, C, 7);
	say_heartbeat(lab, A, C, ballot_of(1, A), 0);
	letter = lab_take(lab, C, A, PAXOS_BARRIER);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	number = letter->message.number;
	/* Lost; once more, under the same number. */
	say_heartbeat(lab, A, C, ballot_of(1, A), 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_BARRIER), 0);
	lab_tick(lab, C, 250);
	letter = lab_take(lab, C, A, PAXOS_BARRIER);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.number, number);
	say_answer(lab, A, C, number + 1, 5);
	expect_none(lab, C);
	say_answer(lab, A, C, number, 5);
	expect_slot(lab, C, 7, 5);
	say_answer(lab, A, C, number, 6);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 1);
}

static void the_leader_answers_a_follower(struct kunit *test)
{
	u64 ballot, round;
	struct lab *lab = leader(test, &ballot);
	struct letter *letter;

	say_barrier(lab, B, A, 77, 0);
	round = fresh_round(lab, C);
	/* Said twice is asked once. */
	say_barrier(lab, B, A, 77, PAXOS_FLAG_RELAYED);
	say_ack(lab, C, A, ballot, round);
	letter = lab_take(lab, A, B, PAXOS_BARRIER_ANSWER);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.number, 77ull);
	KUNIT_EXPECT_EQ(test, letter->message.slot, 1ull);
	KUNIT_EXPECT_EQ(test, letter->message.ballot, ballot);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_BARRIER_ANSWER), 0);
}

/* A restarted peer counts from the start: an old question is not its new one. */
static void a_new_life_asks_anew(struct kunit *test)
{
	u64 ballot, round, later;
	struct lab *lab = leader(test, &ballot);

	say_barrier(lab, B, A, 1, 0);
	round = fresh_round(lab, C);
	/* As its HELLO says. */
	lab->node[A].replica->peer[B].session = ++lab->node[B].session;
	lab_drop(lab, A, C, 0);
	say_barrier(lab, B, A, 1, 0);
	later = fresh_round(lab, C);
	say_ack(lab, C, A, ballot, round);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_BARRIER_ANSWER), 0);
	say_ack(lab, C, A, ballot, later);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_BARRIER_ANSWER), 1);
}

/* What peers asked for goes with the leader: they ask the next one. */
static void a_leader_that_steps_down_drops_others_questions(struct kunit *test)
{
	struct paxos_message nack = { .type = PAXOS_NACK };
	u64 ballot;
	struct lab *lab = leader(test, &ballot);

	say_barrier(lab, B, A, 77, 0);
	ask_barrier(lab, A, 7);
	nack.ballot = ballot_of(50, C);
	nack.number = ballot;
	lab_say(lab, C, A, &nack, NULL, 0);
	lab_drop(lab, A, C, 0);
	say_heartbeat(lab, C, A, ballot_of(50, C), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, C, PAXOS_BARRIER), 1);
}

/*
 * The old leader's answer comes with the promise by which we lead: what it confirmed
 * keeps its slot, though all that we may propose at first lies below (sim seed 20364).
 */
static void what_was_confirmed_before_we_lead_keeps_its_slot(struct kunit *test)
{
	struct paxos_message said = {
		.type = PAXOS_BARRIER_ANSWER,
		.ballot = ballot_of(1, C),
		.slot = PAXOS_WINDOW + 50,
	};
	struct paxos_item reported = item_of(said.slot, said.ballot, "u");
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	struct letter *letter;
	u64 ballot;

	say_heartbeat(lab, C, A, said.ballot, 0);
	ask_barrier(lab, A, 7);
	letter = lab_take(lab, A, C, PAXOS_BARRIER);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	said.number = letter->message.number;
	ballot = lab_campaign(lab, A);
	/* In one run with the promise, before anything is said. */
	paxos_on_barrier_answer(r, &said, C, lab->node[A].fx);
	expect_none(lab, A);
	say_promise(lab, B, A, ballot, &reported, 1);
	KUNIT_EXPECT_EQ(test, r->role, PAXOS_ROLE_LEADER);
	KUNIT_EXPECT_LE(test, r->next_slot, said.slot);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 1);
	expect_slot(lab, A, 7, said.slot);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[0].ballot, said.ballot);
}

/* Rule 7: what it confirmed before it knew goes with what it has forgotten (sim seed 6019). */
static void who_has_forgotten_confirms_nothing(struct kunit *test)
{
	struct paxos_message refused = {
		.type = PAXOS_REFUSED, .number = PAXOS_REFUSED_STALE,
	};
	u64 ballot;
	struct lab *lab = leader(test, &ballot);
	struct paxos_replica *r = lab->node[A].replica;
	u64 round;

	say_barrier(lab, B, A, 77, 0);
	ask_barrier(lab, A, 7);
	round = fresh_round(lab, C);
	lab_drop(lab, A, B, 0);
	/* In one run with the refusal, before anything is said. */
	r->peer[C].acked = round;
	lab_say(lab, C, A, &refused, NULL, 0);
	KUNIT_EXPECT_TRUE(test, r->forgotten);
	KUNIT_EXPECT_EQ(test, lab_count(lab, A, B, PAXOS_BARRIER_ANSWER), 0);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].answer[0].outcome, PAXOS_OUTCOME_WITHDRAWN);
	KUNIT_EXPECT_EQ(test, r->barriers_open, 0);
}

/* Nobody keeps what nobody asks for any more. */
static void an_abandoned_question_goes(struct kunit *test)
{
	u64 ballot;
	struct lab *lab = leader(test, &ballot);
	struct paxos_replica *r = lab->node[A].replica;
	u32 i, busy = 0;

	for (i = 0; i < PAXOS_BARRIERS_MAX; i++)
		say_barrier(lab, B, A, 1000 + i, 0);
	for (i = 0; i < 6; i++) {
		lab_tick(lab, A, 500);
		say_ack(lab, B, A, ballot, 0);
		lab->node[A].replica->peer[B].acked_us = lab->now_us;
	}
	for (i = 0; i < PAXOS_BARRIERS_MAX; i++)
		busy += r->barrier[i].number != 0;
	KUNIT_EXPECT_EQ(test, busy, 0);
}

/* Row 19: A leads, C does not hear it; B does, and C is told so. */
static void a_peer_that_hears_the_leader_passes_it_on(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(B));
	struct letter *letter;
	u64 number;

	say_heartbeat(lab, A, B, ballot_of(1, A), 0);
	say_barrier(lab, C, B, 77, 0);
	letter = lab_take(lab, B, A, PAXOS_BARRIER);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.flags, PAXOS_FLAG_RELAYED);
	number = letter->message.number;
	say_answer(lab, A, B, number, 5);
	letter = lab_take(lab, B, C, PAXOS_BARRIER_ANSWER);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.number, 77ull);
	KUNIT_EXPECT_EQ(test, letter->message.slot, 5ull);
	/* Once only. */
	say_barrier(lab, C, B, 78, PAXOS_FLAG_RELAYED);
	KUNIT_EXPECT_EQ(test, lab_count(lab, B, A, PAXOS_BARRIER), 0);
}

static void who_hears_no_leader_asks_a_peer_that_does(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(C));
	struct paxos_replica *r = lab->node[C].replica;

	lab_tick(lab, C, 10);
	ask_barrier(lab, C, 7);
	lab_propose(lab, C, "x", 8);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_BARRIER), 0);
	/* As its HELLO says. */
	r->peer[B].leader_ballot = ballot_of(1, A);
	lab_tick(lab, C, 10);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_BARRIER), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, B, PAXOS_FORWARD), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 0);
	/* Not from one that takes us for the leader. */
	r->peer[B].leader_ballot = ballot_of(1, C);
	KUNIT_EXPECT_EQ(test, paxos_pending_way(r), -1);
}

/* ---- mode basic ---- */

/* A, in mode basic, waits for a round; as basic.c will, it campaigns. */
static struct lab *alone(struct kunit *test)
{
	struct lab *lab = test->priv;

	lab->mode = PAXOS_MODE_BASIC;
	return lab_start(test, 3, paxos_bit(A));
}

static void begin_round(struct lab *lab, u64 ballot)
{
	struct paxos_replica *r = lab->node[A].replica;

	r->role = PAXOS_ROLE_CANDIDATE;
	r->round = true;
	r->ballot = ballot;
	r->promised = ballot;
	r->reported_slot = 0;
	r->reported_commit = 0;
	r->promises = paxos_bit(A);
	paxos_barrier_begun(r);
}

static void win_round(struct lab *lab)
{
	struct paxos_replica *r = lab->node[A].replica;

	r->role = PAXOS_ROLE_LEADER;
	r->promises |= paxos_bit(B);
	r->next_slot = 1;
}

static void a_round_begun_after_the_call_confirms(struct kunit *test)
{
	struct lab *lab = alone(test);
	struct paxos_replica *r = lab->node[A].replica;

	begin_round(lab, ballot_of(3, A));
	ask_barrier(lab, A, 7);
	KUNIT_EXPECT_TRUE(test, paxos_barrier_wanted(r));
	win_round(lab);
	paxos_barrier_flush(r, lab->node[A].fx);
	KUNIT_EXPECT_EQ(test, lab->node[A].fx->answers, 0);
	begin_round(lab, ballot_of(4, A));
	KUNIT_EXPECT_FALSE(test, paxos_barrier_wanted(r));
	win_round(lab);
	paxos_barrier_flush(r, lab->node[A].fx);
	KUNIT_EXPECT_EQ(test, lab->node[A].fx->answers, 1);
	KUNIT_EXPECT_EQ(test, lab->node[A].fx->answer[0].slot, 0ull);
}

/* What its promises tell of must be chosen; else it waits for another round. */
static void a_round_that_ends_too_early_does_not(struct kunit *test)
{
	struct lab *lab = alone(test);
	struct paxos_replica *r = lab->node[A].replica;

	ask_barrier(lab, A, 7);
	begin_round(lab, ballot_of(3, A));
	win_round(lab);
	r->reported_commit = 1;
	paxos_barrier_flush(r, lab->node[A].fx);
	KUNIT_EXPECT_EQ(test, lab->node[A].fx->answers, 0);
	paxos_election_step_down(r);
	KUNIT_EXPECT_TRUE(test, paxos_barrier_wanted(r));
	expect_none(lab, A);
}

/* One that is confirmed in the moment that the round ends is answered after it. */
static void a_confirmed_barrier_outlives_its_round(struct kunit *test)
{
	struct lab *lab = alone(test);
	struct paxos_replica *r = lab->node[A].replica;

	ask_barrier(lab, A, 7);
	begin_round(lab, ballot_of(3, A));
	win_round(lab);
	paxos_election_step_down(r);
	KUNIT_EXPECT_FALSE(test, paxos_barrier_wanted(r));
	lab_tick(lab, A, 1);
	expect_slot(lab, A, 7, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_heartbeat_begun_after_the_call_confirms),
	KUNIT_CASE(a_deposed_leader_answers_nothing),
	KUNIT_CASE(it_waits_for_what_is_open),
	KUNIT_CASE(it_waits_for_what_promises_report),
	KUNIT_CASE(a_late_promise_counts),
	KUNIT_CASE(the_voters_of_the_next_slot_confirm),
	KUNIT_CASE(the_old_voters_do_not_confirm),
	KUNIT_CASE(row_37_the_old_voters_confirm_nothing),
	KUNIT_CASE(a_node_alone_needs_nobody),
	KUNIT_CASE(a_follower_asks_the_leader),
	KUNIT_CASE(the_leader_answers_a_follower),
	KUNIT_CASE(a_new_life_asks_anew),
	KUNIT_CASE(a_leader_that_steps_down_drops_others_questions),
	KUNIT_CASE(what_was_confirmed_before_we_lead_keeps_its_slot),
	KUNIT_CASE(who_has_forgotten_confirms_nothing),
	KUNIT_CASE(an_abandoned_question_goes),
	KUNIT_CASE(a_peer_that_hears_the_leader_passes_it_on),
	KUNIT_CASE(who_hears_no_leader_asks_a_peer_that_does),
	KUNIT_CASE(a_round_begun_after_the_call_confirms),
	KUNIT_CASE(a_round_that_ends_too_early_does_not),
	KUNIT_CASE(a_confirmed_barrier_outlives_its_round),
	{}
};

LAB_SUITE(barrier, cases);
