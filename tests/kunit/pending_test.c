// SPDX-License-Identifier: GPL-2.0
/*
 * Own proposals: clients' (rule 8), changes of the configuration, those of a node
 * that may not propose, and the way to a leader that is not heard (rows 16, 19).
 * C is the replica; A and B are puppets, if not said otherwise.
 */
#include "fixture.h"

static struct lab *proposer(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(C));

	say_heartbeat(lab, A, C, ballot_of(1, A), 0);
	return lab;
}

static void propose_client(struct lab *lab, u8 node, u64 client, u64 sequence, u64 cookie)
{
	struct paxos_buf *buf = test_buf("v", 1);

	lab_event(lab, node, (struct paxos_event) {
		.type = PAXOS_EVENT_PROPOSE,
		.value = { .buf = buf, .data = test_buf_data(buf), .length = 1 },
		.client = client,
		.sequence = sequence,
		.cookie = cookie,
	});
	paxos_buf_put(buf);
}

static struct paxos_item client_item(u64 slot, u64 client, u64 sequence, u16 through)
{
	struct paxos_item item = item_of(slot, ballot_of(1, A), "v");

	item.entry.id = (struct paxos_proposal_id) {
		.client = true, .origin = through, .incarnation = client, .sequence = sequence,
	};
	return item;
}

/* The log has it in @slot, as proposed through node @through. */
static void client_chosen(struct lab *lab, u64 slot, u64 client, u64 sequence, u16 through)
{
	struct paxos_message m = { .type = PAXOS_LEARNT };
	struct paxos_item item = client_item(slot, client, sequence, through);

	lab_say(lab, A, C, &m, &item, 1);
}

static void expect_answer(struct lab *lab, u32 number, u64 cookie, enum paxos_outcome outcome,
			  u8 why, u64 slot)
{
	const struct node *node = &lab->node[C];
	const struct paxos_answer *answer = &node->answer[number];

	KUNIT_ASSERT_EQ(lab->test, node->answers, number + 1);
	KUNIT_EXPECT_EQ(lab->test, answer->cookie, cookie);
	KUNIT_EXPECT_EQ(lab->test, answer->outcome, outcome);
	KUNIT_EXPECT_EQ(lab->test, answer->why, why);
	KUNIT_EXPECT_EQ(lab->test, answer->slot, slot);
}

/* The next entry that C forwards to @leader; type 0: none. */
static struct paxos_entry forwarded(struct lab *lab, u8 leader)
{
	struct letter *letter = lab_take(lab, C, leader, PAXOS_FORWARD);
	struct paxos_cursor cursor = {};
	struct paxos_item item = {};

	if (letter)
		paxos_message_next(&letter->message, &cursor, &item);
	return item.entry;
}

/* ---- clients ---- */

static void a_clients_proposal_bears_its_own_id(struct kunit *test)
{
	struct lab *lab = proposer(test);
	struct paxos_entry entry;

	propose_client(lab, C, 77, 5, 1);
	entry = forwarded(lab, A);
	KUNIT_EXPECT_TRUE(test, entry.id.client);
	KUNIT_EXPECT_EQ(test, entry.id.origin, 3);
	KUNIT_EXPECT_EQ(test, entry.id.incarnation, 77ull);
	KUNIT_EXPECT_EQ(test, entry.id.nonce, 0ull);
	KUNIT_EXPECT_EQ(test, entry.id.sequence, 5ull);
	/* No sequence of this node's own is spent for it. */
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->sequence, 1ull);
	client_chosen(lab, 1, 77, 5, 3);
	expect_answer(lab, 0, 1, PAXOS_OUTCOME_CHOSEN, 0, 1);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].ballot, ballot_of(1, A));
}

/* Row 16: it was tried through another node before; the slot is the one it got then. */
static void a_retry_gets_the_first_slot(struct kunit *test)
{
	struct lab *lab = proposer(test);

	propose_client(lab, C, 77, 5, 1);
	client_chosen(lab, 1, 77, 5, 2);
	expect_answer(lab, 0, 1, PAXOS_OUTCOME_CHOSEN, 0, 1);
	client_chosen(lab, 2, 77, 5, 3);
	KUNIT_EXPECT_STREQ(test, log_text(lab, C, 2), "");
	/* At once, if it is known; it does not leave again. */
	lab_drop(lab, C, A, 0);
	propose_client(lab, C, 77, 5, 2);
	expect_answer(lab, 1, 2, PAXOS_OUTCOME_CHOSEN, 0, 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 0);
}

static void all_callers_of_one_proposal_are_answered(struct kunit *test)
{
	struct lab *lab = proposer(test);

	propose_client(lab, C, 77, 5, 1);
	propose_client(lab, C, 77, 5, 2);
	client_chosen(lab, 1, 77, 5, 3);
	KUNIT_ASSERT_EQ(test, lab->node[C].answers, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].slot, 1ull);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[1].slot, 1ull);
}

static void an_outlived_sequence_is_stale(struct kunit *test)
{
	struct lab *lab = proposer(test);

	propose_client(lab, C, 77, 5, 1);
	client_chosen(lab, 1, 77, 100, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
	client_chosen(lab, 2, 77, 5, 3);
	expect_answer(lab, 0, 1, PAXOS_OUTCOME_STALE, PAXOS_WHY_OUTLIVED, 0);
	propose_client(lab, C, 77, 92, 2);
	expect_answer(lab, 1, 2, PAXOS_OUTCOME_STALE, PAXOS_WHY_OUTLIVED, 0);
	propose_client(lab, C, 77, 0, 3);
	expect_answer(lab, 2, 3, PAXOS_OUTCOME_STALE, PAXOS_WHY_OUTLIVED, 0);
	propose_client(lab, C, 77, ~0ull, 4);
	expect_answer(lab, 3, 4, PAXOS_OUTCOME_STALE, PAXOS_WHY_OUTLIVED, 0);
}

/* It was delivered while it waited here for a leader: it need not be chosen again. */
static void what_is_delivered_before_it_is_forwarded_again_is_answered(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(C));

	propose_client(lab, C, 77, 5, 1);
	client_chosen(lab, 1, 77, 5, 2);
	say_heartbeat(lab, A, C, ballot_of(1, A), 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 1);
	lab_tick(lab, C, 300);
	expect_answer(lab, 0, 1, PAXOS_OUTCOME_CHOSEN, 0, 1);
}

/* Rule 11 holds for them too; and they take no more room than there is. */
static void clients_wait_for_room(struct kunit *test)
{
	struct lab *lab = proposer(test);
	struct letter *letter;
	u32 i, items = 0;

	for (i = 0; i < PAXOS_CLIENTS_OUTSTANDING + 2; i++)
		propose_client(lab, C, 1000 + i, 1, 1 + i);
	while ((letter = lab_take(lab, C, A, PAXOS_FORWARD)))
		items += letter_items(letter);
	KUNIT_EXPECT_EQ(test, items, PAXOS_CLIENTS_OUTSTANDING);
	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_GIVE_UP, .cookie = 1 });
	expect_answer(lab, 0, 1, PAXOS_OUTCOME_UNKNOWN, 0, 0);
	i = PAXOS_CLIENTS_OUTSTANDING + 2;
	lab_event(lab, C, (struct paxos_event) { .type = PAXOS_EVENT_GIVE_UP, .cookie = i });
	expect_answer(lab, 1, i, PAXOS_OUTCOME_WITHDRAWN, 0, 0);
	client_chosen(lab, 1, 1000, 1, 3);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 1);
}

/* ---- changes of the configuration ---- */

static void propose_config(struct lab *lab, const struct paxos_config *config, u64 base)
{
	u8 *bytes = lab->scratch;
	u32 length = paxos_config_encode(config, base, bytes);
	struct paxos_buf *buf = test_buf(bytes, length);
	struct paxos_waiting waiting = {
		.type = PAXOS_ENTRY_CONFIG,
		.cookie = PAXOS_MEMBERSHIP_COOKIE,
		.value = { .buf = buf, .data = test_buf_data(buf), .length = length },
	};

	KUNIT_EXPECT_TRUE(lab->test, paxos_pending_add(lab->node[C].replica, &waiting,
						       lab->node[C].fx));
	paxos_buf_put(buf);
	lab_tick(lab, C, 10);
}

/* Its caller is membership.c, which alone knows when it is complete. */
static void a_change_is_not_answered_here(struct kunit *test)
{
	struct lab *lab = proposer(test);
	struct paxos_replica *r = lab->node[C].replica;
	struct paxos_config config = r->table.newest;
	struct paxos_message m = { .type = PAXOS_LEARNT };
	struct paxos_item item = { .slot = 1, .ballot = ballot_of(1, A) };

	config.member[2].voter = false;
	propose_config(lab, &config, 0);
	item.entry = forwarded(lab, A);
	KUNIT_ASSERT_EQ(test, item.entry.type, PAXOS_ENTRY_CONFIG);
	lab_say(lab, A, C, &m, &item, 1);
	KUNIT_EXPECT_EQ(test, r->table.newest.slot, 1ull);
	KUNIT_EXPECT_FALSE(test, paxos_pending_any(r));
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
}

/* ---- who may not propose ---- */

static void who_is_no_member_proposes_nothing(struct kunit *test)
{
	struct lab *lab = proposer(test);
	struct paxos_replica *r = lab->node[C].replica;

	lab_propose(lab, C, "x", 1);
	lab_drop(lab, C, A, 0);
	say_heartbeat(lab, A, C, ballot_of(1, A), 0);
	r->sequence = 1 + PAXOS_SESSION_WINDOW;
	lab_propose(lab, C, "y", 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].answers, 0);
	/* As if a CONFIG had removed it. */
	r->newest.members &= ~paxos_bit(C);
	lab_tick(lab, C, 10);
	KUNIT_ASSERT_EQ(test, lab->node[C].answers, 2);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].outcome, PAXOS_OUTCOME_WITHDRAWN);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[0].cookie, 2ull);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[1].outcome, PAXOS_OUTCOME_UNKNOWN);
	KUNIT_EXPECT_EQ(test, lab->node[C].answer[1].cookie, 1ull);
	lab_propose(lab, C, "z", 3);
	expect_answer(lab, 2, 3, PAXOS_OUTCOME_WITHDRAWN, 0, 0);
	KUNIT_EXPECT_FALSE(test, paxos_pending_any(r));
}

/* Rule 7. */
static void who_has_forgotten_proposes_nothing(struct kunit *test)
{
	struct lab *lab = proposer(test);

	lab->node[C].replica->forgotten = true;
	lab_propose(lab, C, "z", 3);
	expect_answer(lab, 0, 3, PAXOS_OUTCOME_WITHDRAWN, 0, 0);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 0);
}

/* ---- row 19 ---- */

static void a_peer_passes_a_proposal_on_once(struct kunit *test)
{
	struct lab *lab = proposer(test);
	struct paxos_message m = { .type = PAXOS_FORWARD };
	struct paxos_item item = item_of(0, 0, "x");
	struct letter *letter;

	lab_say(lab, B, C, &m, &item, 1);
	letter = lab_take(lab, C, A, PAXOS_FORWARD);
	KUNIT_ASSERT_NOT_NULL(test, letter);
	KUNIT_EXPECT_EQ(test, letter->message.flags, PAXOS_FLAG_RELAYED);
	KUNIT_EXPECT_TRUE(test, letter_has(letter, 0, 0, "x"));
	m.flags = PAXOS_FLAG_RELAYED;
	lab_say(lab, B, C, &m, &item, 1);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 0);
}

static void in_mode_basic_nothing_is_forwarded(struct kunit *test)
{
	struct lab *lab = test->priv;

	lab->mode = PAXOS_MODE_BASIC;
	proposer(test);
	lab_propose(lab, C, "x", 1);
	lab_tick(lab, C, 10);
	KUNIT_EXPECT_EQ(test, lab_count(lab, C, A, PAXOS_FORWARD), 0);
	KUNIT_EXPECT_TRUE(test, paxos_pending_any(lab->node[C].replica));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_clients_proposal_bears_its_own_id),
	KUNIT_CASE(a_retry_gets_the_first_slot),
	KUNIT_CASE(all_callers_of_one_proposal_are_answered),
	KUNIT_CASE(an_outlived_sequence_is_stale),
	KUNIT_CASE(what_is_delivered_before_it_is_forwarded_again_is_answered),
	KUNIT_CASE(clients_wait_for_room),
	KUNIT_CASE(a_change_is_not_answered_here),
	KUNIT_CASE(who_is_no_member_proposes_nothing),
	KUNIT_CASE(who_has_forgotten_proposes_nothing),
	KUNIT_CASE(a_peer_passes_a_proposal_on_once),
	KUNIT_CASE(in_mode_basic_nothing_is_forwarded),
	{}
};

LAB_SUITE(pending, cases);
