// SPDX-License-Identifier: GPL-2.0
/* Membership: changes of the configuration (rule 13). */
#include "fixture.h"

static struct lab *led(struct kunit *test, u8 nodes)
{
	struct lab *lab = lab_start(test, nodes, paxos_bit(nodes) - 1);

	if (nodes > 1)
		lab_elect(lab, A);
	lab_live(lab, nodes > 1 ? 500 : 3000);
	return lab;
}

static const struct paxos_answer *answer_of(struct lab *lab, u8 node)
{
	static const struct paxos_answer none = { .outcome = ~0u };
	const struct node *of = &lab->node[node];

	return of->answers ? &of->answer[of->answers - 1] : &none;
}

/* The change is asked for, and time passes; true if it is complete. */
static bool change(struct lab *lab, u8 asked, u8 op, u8 which, u8 other)
{
	u32 before = lab->node[asked].answers;

	lab_member(lab, asked, op, which, other, false, 7);
	lab_live(lab, 3000);
	return lab->node[asked].answers == before + 1 &&
	       answer_of(lab, asked)->outcome == PAXOS_OUTCOME_CHOSEN;
}

static u8 why(struct lab *lab, u8 asked, u8 op, u8 which, u8 other)
{
	lab_member(lab, asked, op, which, other, false, 7);
	lab_live(lab, 500);
	KUNIT_EXPECT_EQ(lab->test, answer_of(lab, asked)->outcome, PAXOS_OUTCOME_REFUSED);
	return answer_of(lab, asked)->why;
}

static const struct paxos_view *view_of(struct lab *lab, u8 node)
{
	static struct paxos_view view;

	paxos_replica_view(lab->node[node].replica, &view);
	return &view;
}

static bool chooses(struct lab *lab, u8 node, const char *text)
{
	lab_propose(lab, node, text, 9);
	lab_live(lab, 2000);
	return log_find(lab, node, text) == 1;
}

/* ... up to a learner, D, that has caught up. */
static struct lab *with_learner(struct kunit *test, u8 nodes)
{
	struct lab *lab = led(test, nodes);
	u8 learner = lab_join(lab);

	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_ADD, learner, A));
	return lab;
}

static void a_learner_is_added(struct kunit *test)
{
	struct lab *lab = led(test, 3);
	u8 learner;

	KUNIT_EXPECT_TRUE(test, chooses(lab, A, "before"));
	learner = lab_join(lab);
	lab_live(lab, 1000);
	KUNIT_EXPECT_EQ(test, view_of(lab, learner)->state, PAXOS_STATE_JOINING);
	KUNIT_EXPECT_TRUE(test, change(lab, B, PAXOS_MEMBER_ADD, learner, A));
	KUNIT_EXPECT_EQ(test, view_of(lab, learner)->state, PAXOS_STATE_OK);
	KUNIT_EXPECT_EQ(test, view_of(lab, learner)->role, PAXOS_ROLE_LEARNER);
	KUNIT_EXPECT_EQ(test, log_find(lab, learner, "before"), 1);
	KUNIT_EXPECT_TRUE(test, chooses(lab, learner, "after"));
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "after"), 1);
	KUNIT_EXPECT_EQ(test, view_of(lab, A)->voters, 3);
	KUNIT_EXPECT_EQ(test, view_of(lab, A)->config, answer_of(lab, B)->slot);
	/* A learner's acceptance is no vote. */
	KUNIT_EXPECT_FALSE(test, lab->node[A].replica->voters & paxos_bit(learner));
}

/* The disk that is listed is the one that was there when it was added. */
static void an_added_node_keeps_its_disk(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);
	const struct paxos_config *config = paxos_replica_config(lab->node[C].replica);
	int at = paxos_config_find(config, D + 1);

	KUNIT_ASSERT_TRUE(test, at >= 0);
	KUNIT_EXPECT_FALSE(test, memcmp(config->member[at].disk, lab->node[D].disk, 16));
	KUNIT_EXPECT_EQ(test, config->member[at].endpoint.port, D + 1);
	lab->node[D].disk[1]++;
	lab_hello(lab, D, C, lab->node[D].disk, 4999, lab->node[C].session, 0);
	KUNIT_EXPECT_TRUE(test, lab->node[C].replica->peer[D].refused);
	lab->node[D].disk[1]--;
}

static void a_node_that_does_not_answer_is_not_added(struct kunit *test)
{
	struct lab *lab = led(test, 3);
	u8 learner = lab_join(lab);

	lab_power_cut(lab, learner);
	lab_member(lab, A, PAXOS_MEMBER_ADD, learner, A, false, 7);
	lab_live(lab, 4000);
	KUNIT_EXPECT_EQ(test, answer_of(lab, A)->why, PAXOS_WHY_NO_ANSWER);
	KUNIT_EXPECT_EQ(test, view_of(lab, A)->config, 0ull);
}

static void a_learner_becomes_a_voter(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);

	KUNIT_EXPECT_TRUE(test, change(lab, C, PAXOS_MEMBER_PROMOTE, D, A));
	KUNIT_EXPECT_EQ(test, view_of(lab, D)->voters, 4);
	KUNIT_EXPECT_TRUE(test, view_of(lab, D)->voter);
	/* Three of four are a majority, with its vote. */
	lab_power_cut(lab, B);
	KUNIT_EXPECT_TRUE(test, chooses(lab, A, "x"));
	lab_power_cut(lab, A);
	KUNIT_EXPECT_FALSE(test, chooses(lab, C, "y"));
}

/* It may lead: it is started from its disk, as everybody else. */
static void a_joined_voter_starts_again_and_leads(struct kunit *test)
{
	struct lab *lab = with_learner(test, 1);

	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_PROMOTE, B, A));
	lab_boot(lab, B);
	lab_live(lab, 1000);
	KUNIT_EXPECT_EQ(test, view_of(lab, B)->state, PAXOS_STATE_OK);
	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_REMOVE, A, A));
	lab_live(lab, 3000);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[B].replica));
	KUNIT_EXPECT_TRUE(test, chooses(lab, B, "alone"));
	lab_power_cut(lab, A);
	lab_boot(lab, B);
	lab_live(lab, 3000);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[B].replica));
}

/* A removed node stops by itself when it learns so; its id is used up. */
static void a_removed_node_stops(struct kunit *test)
{
	struct lab *lab = led(test, 3);

	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_REMOVE, C, A));
	KUNIT_EXPECT_EQ(test, view_of(lab, C)->state, PAXOS_STATE_REMOVED);
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_REMOVED], 1);
	KUNIT_EXPECT_EQ(test, paxos_replica_member(lab->node[A].replica, C + 1), -1);
	lab_propose(lab, C, "never", 3);
	KUNIT_EXPECT_EQ(test, answer_of(lab, C)->outcome, PAXOS_OUTCOME_WITHDRAWN);
	lab_live(lab, 5000);
	KUNIT_EXPECT_EQ(test, lab->node[C].replica->role, PAXOS_ROLE_FOLLOWER);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[A].replica));
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_ADD, C, A), PAXOS_WHY_USED_ID);
}

/* One that was away hears of it from whoever it asks. */
static void a_removed_node_is_told_when_it_is_back(struct kunit *test)
{
	struct lab *lab = led(test, 3);

	lab_power_cut(lab, C);
	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_REMOVE, C, A));
	lab_boot(lab, C);
	lab_live(lab, 4000);
	KUNIT_EXPECT_EQ(test, view_of(lab, C)->state, PAXOS_STATE_REMOVED);
	KUNIT_EXPECT_EQ(test, lab->node[C].notice[PAXOS_NOTICE_REFUSED_US], 1);
	KUNIT_EXPECT_TRUE(test, paxos_leads(lab->node[A].replica));
}

static void a_removed_leader_hands_over(struct kunit *test)
{
	struct lab *lab = led(test, 3);

	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_REMOVE, A, A));
	lab_live(lab, 4000);
	KUNIT_EXPECT_EQ(test, view_of(lab, A)->state, PAXOS_STATE_REMOVED);
	KUNIT_EXPECT_EQ(test, lab->node[A].replica->role, PAXOS_ROLE_FOLLOWER);
	KUNIT_EXPECT_TRUE(test, chooses(lab, B, "x"));
	KUNIT_EXPECT_EQ(test, log_find(lab, C, "x"), 1);
}

/* Rule 7: the way back after forgetting. */
static void a_learner_replaces_a_voter(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);

	lab_power_cut(lab, C);
	KUNIT_EXPECT_TRUE(test, change(lab, B, PAXOS_MEMBER_REPLACE, C, D));
	KUNIT_EXPECT_EQ(test, view_of(lab, A)->voters, 3);
	KUNIT_EXPECT_TRUE(test, view_of(lab, D)->voter);
	lab_power_cut(lab, A);
	lab_live(lab, 4000);
	KUNIT_EXPECT_TRUE(test, chooses(lab, D, "x"));
}

static void what_makes_no_sense_is_refused(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);
	struct paxos_replica *a = lab->node[A].replica;
	struct paxos_peer *d = &a->peer[paxos_replica_member(a, D + 1)];

	/* It lags by more than a window. */
	KUNIT_ASSERT_TRUE(test, d->commit > PAXOS_WINDOW);
	d->commit -= PAXOS_WINDOW + 1;
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_PROMOTE, D, A), PAXOS_WHY_BEHIND);
	lab_live(lab, 1000);
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_ADD, B, A), PAXOS_WHY_IS_MEMBER);
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_PROMOTE, B, A), PAXOS_WHY_IS_VOTER);
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_PROMOTE, E, A), PAXOS_WHY_NOT_MEMBER);
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_REMOVE, E, A), PAXOS_WHY_NOT_MEMBER);
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_REPLACE, D, B), PAXOS_WHY_NOT_VOTER);
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_REPLACE, B, C), PAXOS_WHY_IS_VOTER);
	lab_power_cut(lab, D);
	lab_live(lab, 2000);
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_PROMOTE, D, A), PAXOS_WHY_BEHIND);
	/* With C away, A alone would be left of two: that needs force. */
	lab_power_cut(lab, C);
	lab_live(lab, 2000);
	KUNIT_EXPECT_EQ(test, why(lab, A, PAXOS_MEMBER_REMOVE, B, A), PAXOS_WHY_MAJORITY);
	lab_member(lab, A, PAXOS_MEMBER_REMOVE, B, A, true, 7);
	lab_live(lab, 2000);
	KUNIT_EXPECT_NE(test, view_of(lab, B)->config, 0ull);
}

static void the_last_voter_stays(struct kunit *test)
{
	struct lab *lab = with_learner(test, 1);

	lab_member(lab, A, PAXOS_MEMBER_REMOVE, A, A, true, 7);
	KUNIT_EXPECT_EQ(test, answer_of(lab, A)->why, PAXOS_WHY_LAST_VOTER);
}

/* Two at a time: one takes effect, the other is told that it came too late. */
static void of_two_changes_one_comes_first(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);

	lab_member(lab, A, PAXOS_MEMBER_PROMOTE, D, A, false, 7);
	lab_member(lab, B, PAXOS_MEMBER_REMOVE, D, A, false, 7);
	lab_member(lab, B, PAXOS_MEMBER_REMOVE, C, A, false, 8);
	KUNIT_EXPECT_EQ(test, answer_of(lab, B)->why, PAXOS_WHY_BUSY);
	lab_live(lab, 5000);
	KUNIT_EXPECT_EQ(test, answer_of(lab, A)->outcome, PAXOS_OUTCOME_CHOSEN);
	KUNIT_EXPECT_EQ(test, answer_of(lab, B)->why, PAXOS_WHY_OVERTAKEN);
	KUNIT_EXPECT_EQ(test, view_of(lab, C)->voters, 4);
}

/* Nobody waits any more: nothing was changed if it had not left. */
static void a_change_is_given_up(struct kunit *test)
{
	struct lab *lab = led(test, 3);
	struct paxos_event event = { .type = PAXOS_EVENT_GIVE_UP, .cookie = 7 };

	lab_power_cut(lab, A);
	lab_live(lab, 100);
	lab->cut[B] = ~0u;
	lab->cut[C] = ~0u;
	lab_live(lab, 3000);
	lab_member(lab, B, PAXOS_MEMBER_REMOVE, A, A, false, 7);
	lab_live(lab, 1000);
	lab_event(lab, B, event);
	KUNIT_EXPECT_EQ(test, lab->node[B].answers, 1);
	KUNIT_EXPECT_TRUE(test, answer_of(lab, B)->outcome == PAXOS_OUTCOME_WITHDRAWN ||
			  answer_of(lab, B)->why == PAXOS_WHY_MAJORITY);
}

/*
 * Row 36: {A,B,C} -> {A,B,D}; B dies before s + alpha - 1 is chosen.  A and C
 * finish the old slots; then A and D go on.
 */
static void row_36_the_old_majority_finishes_its_slots(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);
	struct paxos_replica *a = lab->node[A].replica;
	u64 old = a->table.newest.slot;

	lab_member(lab, A, PAXOS_MEMBER_REPLACE, C, D, false, 7);
	while (a->table.newest.slot == old && lab->now_us < 100000000) {
		lab_tick(lab, A, 1);
		lab_write(lab, A);
		lab_deliver(lab, A, B, PAXOS_ACCEPT);
		lab_write(lab, B);
		lab_deliver(lab, B, A, PAXOS_ACCEPTED);
	}
	KUNIT_EXPECT_GT(test, a->table.newest.slot, old);
	KUNIT_EXPECT_LT(test, a->commit, a->table.newest.slot + PAXOS_WINDOW - 1);
	lab_power_cut(lab, B);
	lab_live(lab, 5000);
	KUNIT_EXPECT_EQ(test, answer_of(lab, A)->outcome, PAXOS_OUTCOME_CHOSEN);
	lab_power_cut(lab, C);
	KUNIT_EXPECT_TRUE(test, chooses(lab, D, "x"));
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
}

/*
 * Row 36 again, but C, which is to go, has been told so before that is complete: its
 * pre-vote is refused.  A, back from a power cut, still needs it, and gets what it needs.
 */
static void who_was_told_to_go_still_helps(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);
	struct paxos_replica *a = lab->node[A].replica;
	u64 old = a->table.newest.slot;
	u32 i;

	lab_member(lab, A, PAXOS_MEMBER_REPLACE, C, D, false, 7);
	while (a->table.newest.slot == old && lab->now_us < 100000000) {
		lab_tick(lab, A, 1);
		lab_write(lab, A);
		lab_deliver(lab, A, B, PAXOS_ACCEPT);
		lab_write(lab, B);
		lab_deliver(lab, B, A, PAXOS_ACCEPTED);
	}
	KUNIT_EXPECT_GT(test, a->table.newest.slot, old);
	lab_power_cut(lab, B);
	lab_drop(lab, A, C, 0);
	lab_tick(lab, C, 3000);
	lab_drop(lab, A, C, 0);
	KUNIT_EXPECT_TRUE(test, lab_deliver(lab, C, A, PAXOS_PREVOTE));
	KUNIT_EXPECT_TRUE(test, lab_deliver(lab, A, C, PAXOS_REFUSED));
	/* It stays in contact: A may lack what C knows (sim seed 1060939). */
	lab_drop(lab, C, A, PAXOS_HELLO);
	lab_tick(lab, C, 3000);
	KUNIT_EXPECT_GT(test, lab_count(lab, C, A, PAXOS_HELLO), 0);
	lab_write(lab, A);
	lab_power_cut(lab, A);
	for (i = A; i <= D; i++)
		lab_drop(lab, A, i, 0);
	lab_boot(lab, A);
	KUNIT_EXPECT_EQ(test, a->complete, 0ull);
	lab_live(lab, 8000);
	lab_power_cut(lab, C);
	KUNIT_EXPECT_TRUE(test, chooses(lab, D, "x"));
	KUNIT_EXPECT_EQ(test, log_find(lab, A, "x"), 1);
}

/* It is not complete, nor answered, before a majority of the new ones knows the old slots. */
static void a_change_is_answered_when_the_new_majority_knows(struct kunit *test)
{
	struct lab *lab = with_learner(test, 1);
	struct paxos_replica *a = lab->node[A].replica;
	u64 slot;

	lab_member(lab, A, PAXOS_MEMBER_PROMOTE, B, A, false, 7);
	/* B hears of nothing; A alone can choose all the old slots. */
	lab->cut[A] = paxos_bit(B);
	lab_live(lab, 600);
	slot = a->table.newest.slot;
	KUNIT_EXPECT_EQ(test, a->commit, slot + PAXOS_WINDOW - 1);
	KUNIT_EXPECT_LT(test, a->complete, slot);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 1);
	lab->cut[A] = 0;
	lab_live(lab, 3000);
	KUNIT_EXPECT_EQ(test, lab->node[A].answers, 2);
	KUNIT_EXPECT_EQ(test, a->complete, slot);
	KUNIT_EXPECT_EQ(test, lab->node[B].notice[PAXOS_NOTICE_COMPLETE], 2);
}

/*
 * Row 38: who missed the CONFIG at s does not propose beyond s + alpha, as it does
 * not know all up to t - alpha.
 */
static void row_38_who_missed_it_does_not_propose(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);
	struct paxos_replica *b = lab->node[B].replica;
	u64 missed;

	lab_settle(lab);
	lab->cut[A] |= paxos_bit(B);
	lab->cut[C] |= paxos_bit(B);
	lab->cut[D] |= paxos_bit(B);
	missed = b->commit;
	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_REPLACE, C, D));
	KUNIT_EXPECT_TRUE(test, chooses(lab, A, "beyond"));
	KUNIT_EXPECT_GT(test, lab->node[A].replica->commit, missed + PAXOS_WINDOW);
	/* Now it campaigns, with the old majority's ears. */
	lab->cut[C] = 0;
	lab->cut[A] = ~0u;
	lab->cut[D] = ~0u;
	lab_live(lab, 6000);
	KUNIT_EXPECT_LE(test, b->next_slot, missed + PAXOS_WINDOW + 1);
	KUNIT_EXPECT_LE(test, b->commit, missed + PAXOS_WINDOW);
	memset(lab->cut, 0, sizeof(lab->cut));
	lab_live(lab, 5000);
	KUNIT_EXPECT_EQ(test, log_find(lab, B, "beyond"), 1);
}

/* The disks of all, each a voter; the change of all members at once that nobody makes. */
static void propose_config(struct lab *lab, u8 asked, u32 members)
{
	struct paxos_config *config = kvzalloc(sizeof(*config), GFP_KERNEL);
	struct paxos_buf *buf = test_buf(NULL, PAXOS_CONFIG_SIZE_MAX);
	struct paxos_waiting waiting = { .type = PAXOS_ENTRY_CONFIG };
	struct paxos_replica *r = lab->node[asked].replica;
	u8 i;

	for (i = 0; i < lab->nodes; i++) {
		if (!(members & paxos_bit(i)))
			continue;
		config->member[config->members].node = i + 1;
		config->member[config->members].voter = true;
		memcpy(config->member[config->members++].disk, lab->node[i].disk, 16);
	}
	waiting.value.buf = buf;
	waiting.value.data = test_buf_data(buf);
	waiting.value.length = paxos_config_encode(config, r->table.newest.slot,
						   (u8 *)test_buf_data(buf));
	KUNIT_EXPECT_TRUE(lab->test, paxos_pending_add(r, &waiting, lab->node[asked].fx));
	paxos_buf_put(buf);
	kvfree(config);
}

/* @from, which knows that it is chosen, tells @to what @of holds in its slots. */
static void teach(struct lab *lab, u8 from, u8 to, struct paxos_replica *of, u64 last)
{
	struct paxos_message m = { .type = PAXOS_LEARNT };
	struct paxos_item item;
	struct paxos_slot *at;
	u64 slot;

	for (slot = lab->node[to].replica->commit + 1; slot <= last; slot++) {
		at = paxos_slot_at(of, slot);
		KUNIT_ASSERT_NOT_NULL(lab->test, at);
		item = (struct paxos_item) {
			.slot = slot, .ballot = at->ballot, .entry = at->entry,
		};
		lab_say(lab, from, to, &m, &item, 1);
		lab_write(lab, to);
	}
}

/*
 * Row 37: the leader's CONFIG -> {D,E,F} in slot s is chosen, it does not know yet;
 * D and E choose beyond; A and B confirm its heartbeat.  Its barrier waits, then
 * fails.
 */
static void row_37_no_barrier_of_the_old_members(struct kunit *test)
{
	struct lab *lab = led(test, 3);
	struct paxos_replica *a = lab->node[A].replica;
	u64 s = a->commit + 1, last = s + PAXOS_WINDOW - 1;
	u32 i;

	for (i = 0; i < 3; i++)
		lab_join(lab);
	lab_live(lab, 1000);
	KUNIT_ASSERT_EQ(test, lab->node[D].replica->commit, s - 1);
	/* A hears no votes, but the answers to its heartbeats. */
	propose_config(lab, A, 7 << D);
	for (i = 0; i < PAXOS_WINDOW + 10; i++)
		lab_propose(lab, A, "v", i + 1);
	KUNIT_EXPECT_EQ(test, a->next_slot, last + 1);
	teach(lab, C, D, a, last);
	teach(lab, C, E, a, last);
	for (i = D; i <= F; i++) {
		lab->cut[i] = 7;
		lab->cut[A] |= paxos_bit(i);
		lab->cut[B] |= paxos_bit(i);
		lab->cut[C] |= paxos_bit(i);
	}
	lab_event(lab, A, (struct paxos_event) { .type = PAXOS_EVENT_BARRIER, .cookie = 77 });
	for (i = 0; i < 100; i++) {
		for (u8 k = A; k <= F; k++) {
			lab_tick(lab, k, 10);
			lab_write(lab, k);
			lab_drop(lab, B, A, PAXOS_ACCEPTED);
			lab_drop(lab, C, A, PAXOS_ACCEPTED);
		}
		while (lab_deliver(lab, A, B, 0) || lab_deliver(lab, B, A, PAXOS_HEARTBEAT_ACK) ||
		       lab_deliver(lab, D, E, 0) || lab_deliver(lab, E, D, 0))
			;
	}
	KUNIT_EXPECT_TRUE(test, paxos_leads(a));
	KUNIT_EXPECT_GT(test, port_max(lab->node[D].replica->commit, lab->node[E].replica->commit),
			last);
	KUNIT_EXPECT_EQ(test, a->commit, s - 1);
	for (i = 0; i < lab->node[A].answers; i++)
		KUNIT_EXPECT_NE(test, lab->node[A].answer[i].cookie, 77ull);
	/* When it learns of the CONFIG, it leads no more: nobody of those hears it. */
	lab_live(lab, 600);
	KUNIT_EXPECT_GE(test, a->commit, s);
	KUNIT_EXPECT_FALSE(test, paxos_leads(a));
	for (i = 0; i < lab->node[A].answers; i++)
		KUNIT_EXPECT_FALSE(test, lab->node[A].answer[i].cookie == 77 &&
				   lab->node[A].answer[i].outcome == PAXOS_OUTCOME_CHOSEN);
}

/* Who was away while all the others were replaced hears from those that it has addresses of. */
static void who_was_away_finds_the_new_members(struct kunit *test)
{
	struct lab *lab = led(test, 3);

	lab_power_cut(lab, C);
	lab_join(lab);
	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_ADD, D, A));
	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_REPLACE, B, D));
	lab_power_cut(lab, B);
	lab_join(lab);
	KUNIT_EXPECT_TRUE(test, change(lab, A, PAXOS_MEMBER_ADD, E, A));
	KUNIT_EXPECT_TRUE(test, change(lab, D, PAXOS_MEMBER_REPLACE, A, E));
	lab_power_cut(lab, A);
	lab_boot(lab, C);
	lab_live(lab, 6000);
	KUNIT_EXPECT_TRUE(test, chooses(lab, C, "back"));
	KUNIT_EXPECT_EQ(test, log_find(lab, E, "back"), 1);
	/* A joiner, too, begins where nobody of the first is left. */
	lab_join(lab);
	KUNIT_EXPECT_TRUE(test, change(lab, E, PAXOS_MEMBER_ADD, F, A));
	KUNIT_EXPECT_EQ(test, log_find(lab, F, "back"), 1);
}

/* An index that was given back is clean when somebody else gets it. */
static void an_index_is_given_back_clean(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	u32 bit = paxos_bit(3), i;

	/* D is no member, but has an address. */
	lab_event(lab, A, (struct paxos_event) { .type = PAXOS_EVENT_REACHABLE, .node = 4 });
	KUNIT_EXPECT_EQ(test, paxos_replica_member(r, 4), 3);
	paxos_slot_claim(r, 1)->votes = bit | 1;
	r->promises = bit | 1;
	r->prevotes = bit | 1;
	r->install.refused = bit | 1;
	r->barrier[0] = (struct paxos_barrier) { .number = 1, .from = 3 };
	r->barriers_open = 1;
	lab_event(lab, A, (struct paxos_event) { .type = PAXOS_EVENT_UNREACHABLE, .node = 4 });
	KUNIT_EXPECT_EQ(test, paxos_replica_member(r, 4), -1);
	KUNIT_EXPECT_EQ(test, paxos_slot_at(r, 1)->votes, 1u);
	KUNIT_EXPECT_EQ(test, r->promises, 1u);
	KUNIT_EXPECT_EQ(test, r->prevotes, 1u);
	KUNIT_EXPECT_EQ(test, r->install.refused, 1u);
	KUNIT_EXPECT_EQ(test, r->barrier[0].number, 0ull);
	KUNIT_EXPECT_EQ(test, r->barriers_open, 0u);
	r->promises = 0;
	r->prevotes = 0;
	/* The next that comes gets another, as long as there are. */
	KUNIT_EXPECT_EQ(test, paxos_members_claim(r, 5), 4);
	/* Members never lack one, however many strangers there are. */
	for (i = 6; i < 60; i++)
		lab_event(lab, A, (struct paxos_event) {
			.type = PAXOS_EVENT_REACHABLE, .node = i,
		});
	KUNIT_EXPECT_EQ(test, paxos_members_claim(r, 77), -1);
	paxos_members_refresh(r);
	KUNIT_EXPECT_EQ(test, paxos_count(r->voters), 3);
}

/*
 * A learner alone knows that x is chosen, and has trimmed it.  The voters lead all the
 * same: they hold it; and its refusals take nobody down.
 */
static void a_learner_ahead_stops_nobody(struct kunit *test)
{
	struct lab *lab = with_learner(test, 3);
	u64 slot;
	u32 i, k;

	lab->serving = true;
	lab_live(lab, 1000);
	slot = lab->node[A].replica->commit + 1;
	lab_propose(lab, A, "x", 5);
	lab_write(lab, A);
	KUNIT_EXPECT_TRUE(test, lab_deliver(lab, A, B, PAXOS_ACCEPT));
	KUNIT_EXPECT_TRUE(test, lab_deliver(lab, A, D, PAXOS_ACCEPT));
	lab_write(lab, B);
	lab_write(lab, D);
	KUNIT_EXPECT_TRUE(test, lab_deliver(lab, B, A, PAXOS_ACCEPTED));
	while (lab_deliver(lab, A, D, PAXOS_HEARTBEAT))
		;
	KUNIT_EXPECT_EQ(test, log_find(lab, D, "x"), 1);
	for (i = A; i <= D; i++)
		for (k = A; k <= D; k++)
			lab_drop(lab, i, k, 0);
	for (i = A; i < D; i++)
		lab_power_cut(lab, i);
	lab_tick(lab, D, 600);
	lab_write(lab, D);
	lab_trim(lab, D, slot, 7);
	lab_write(lab, D);
	KUNIT_EXPECT_EQ(test, lab->node[D].replica->trim, slot);
	for (i = A; i <= D; i++)
		lab_boot(lab, i);
	KUNIT_EXPECT_LT(test, lab->node[A].replica->commit, slot);
	lab_live(lab, 8000);
	for (i = A; i < D; i++)
		KUNIT_EXPECT_EQ(test, log_find(lab, i, "x"), 1);
}

/* A CONFIG says that an id means another disk than the one that spoke here. */
static void what_another_disk_said_does_not_count(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;

	lab_campaign(lab, A);
	lab_write(lab, A);
	paxos_slot_claim(r, 1)->votes = 7;
	r->promises = 7;
	r->prevotes = 7;
	memcpy(r->table.newest.member[B].disk, r->member[B].disk, 16);
	memset(r->table.newest.member[C].disk, 0xcc, 16);
	paxos_members_refresh(r);
	KUNIT_EXPECT_EQ(test, paxos_slot_at(r, 1)->votes, 3u);
	KUNIT_EXPECT_EQ(test, r->promises, 3u);
	KUNIT_EXPECT_EQ(test, r->prevotes, 3u);
	KUNIT_EXPECT_EQ(test, r->peer[C].session, 0ull);
	KUNIT_EXPECT_NE(test, r->peer[B].session, 0ull);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(who_was_told_to_go_still_helps),
	KUNIT_CASE(what_another_disk_said_does_not_count),
	KUNIT_CASE(a_learner_ahead_stops_nobody),
	KUNIT_CASE(a_learner_is_added),
	KUNIT_CASE(an_added_node_keeps_its_disk),
	KUNIT_CASE(a_node_that_does_not_answer_is_not_added),
	KUNIT_CASE(a_learner_becomes_a_voter),
	KUNIT_CASE(a_joined_voter_starts_again_and_leads),
	KUNIT_CASE(a_removed_node_stops),
	KUNIT_CASE(a_removed_node_is_told_when_it_is_back),
	KUNIT_CASE(a_removed_leader_hands_over),
	KUNIT_CASE(a_learner_replaces_a_voter),
	KUNIT_CASE(what_makes_no_sense_is_refused),
	KUNIT_CASE(the_last_voter_stays),
	KUNIT_CASE(of_two_changes_one_comes_first),
	KUNIT_CASE(a_change_is_given_up),
	KUNIT_CASE(row_36_the_old_majority_finishes_its_slots),
	KUNIT_CASE(a_change_is_answered_when_the_new_majority_knows),
	KUNIT_CASE(row_37_no_barrier_of_the_old_members),
	KUNIT_CASE(row_38_who_missed_it_does_not_propose),
	KUNIT_CASE(who_was_away_finds_the_new_members),
	KUNIT_CASE(an_index_is_given_back_clean),
	{}
};

LAB_SUITE(membership, cases);
