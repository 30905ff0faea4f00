// SPDX-License-Identifier: GPL-2.0
/* Script: reads a schedule, statement by statement, and drives a lab by it. */
#include "script.h"

#define WORDS_MAX	6
#define STATEMENT_MAX	120

struct script {
	struct kunit *test;
	struct lab *lab;
	u8 nodes;
	bool fresh;
	u8 mode, learn;
	char statement[STATEMENT_MAX];	/* as written, for messages */
	char text[STATEMENT_MAX];	/* cut into words */
	const char *word[WORDS_MAX];
	u64 cookie;
	u64 ballot[NODES_MAX];		/* each node's last */
	struct letter kept;
	u8 *image[NODES_MAX];
	u64 image_life[NODES_MAX];
};

static void expect(struct script *s, bool condition)
{
	KUNIT_EXPECT_TRUE_MSG(s->test, condition, "after: %s", s->statement);
}

/* ---- words ---- */

static u64 number(const char *word)
{
	unsigned int base = 10;
	u64 value = 0;

	if (word[0] == '0' && word[1] == 'x') {
		base = 16;
		word += 2;
	}
	for (; *word && *word != '.'; word++)
		value = value * base + (*word <= '9' ? *word - '0' : *word - 'a' + 10);
	return value;
}

static u8 node(const char *word)
{
	return word[0] - 'A';
}

static u8 from(const struct script *s)
{
	return node(s->word[1]);
}

/* "A>B": B. */
static u8 to(const struct script *s)
{
	return node(s->word[1] + 2);
}

static bool has_target(const struct script *s)
{
	return s->word[1][1] == '>';
}

static u64 ballot(const struct script *s, const char *word)
{
	const char *dot = strchr(word, '.');

	return dot ? ballot_of(number(word), node(dot + 1)) : s->ballot[node(word)];
}

static const char *value(const char *word)
{
	return strcmp(word, "noop") ? word : "";
}

static u8 message_type(const char *word)
{
	u8 type;

	for (type = 1; type < PAXOS_MESSAGE_TYPES; type++)
		if (!strcmp(word, paxos_message_name(type)))
			return type;
	return 0;
}

/* ---- the lab ---- */

static struct paxos_replica *replica(const struct script *s)
{
	return s->lab->node[from(s)].replica;
}

static void begin(struct script *s)
{
	u32 real = paxos_bit(s->nodes) - 1;

	if (s->lab)
		return;
	((struct lab *)s->test->priv)->mode = s->mode;
	((struct lab *)s->test->priv)->learn = s->learn;
	s->lab = s->fresh ? lab_start_fresh(s->test, s->nodes, real) :
			    lab_start(s->test, s->nodes, real);
	s->lab->serving = true;
}

/* ---- verbs: what happens ---- */

static void do_nodes(struct script *s)
{
	s->nodes = number(s->word[1]);
}

static void do_fresh(struct script *s)
{
	s->fresh = true;
}

static void do_basic(struct script *s)
{
	s->mode = PAXOS_MODE_BASIC;
}

static void do_broadcast(struct script *s)
{
	s->learn = PAXOS_LEARN_BROADCAST;
}

static void do_lead(struct script *s)
{
	s->ballot[from(s)] = lab_elect(s->lab, from(s));
}

static void do_campaign(struct script *s)
{
	s->ballot[from(s)] = lab_campaign(s->lab, from(s));
}

static void do_propose(struct script *s)
{
	lab_propose(s->lab, from(s), s->word[2], ++s->cookie);
}

static void do_give(struct script *s)
{
	expect(s, lab_deliver(s->lab, from(s), to(s), message_type(s->word[2])));
}

static void do_drop(struct script *s)
{
	u8 i;

	for (i = 0; i < s->lab->nodes; i++)
		if (!has_target(s) || i == to(s))
			lab_drop(s->lab, from(s), i, s->word[2] ? message_type(s->word[2]) : 0);
}

static void do_keep(struct script *s)
{
	struct letter *letter = lab_take(s->lab, from(s), to(s), message_type(s->word[2]));

	expect(s, letter);
	KUNIT_ASSERT_NOT_NULL(s->test, letter);
	s->kept = *letter;
	paxos_buf_get(s->kept.buf);
}

static void do_again(struct script *s)
{
	lab_again(s->lab, &s->kept);
}

/* Not even if it seems to be of this life. */
static void do_again_now(struct script *s)
{
	s->kept.head.to_session = s->lab->node[s->kept.to].session;
	lab_again(s->lab, &s->kept);
}

static void do_write(struct script *s)
{
	lab_write(s->lab, from(s));
}

static void do_power_cut(struct script *s)
{
	lab_power_cut(s->lab, from(s));
}

static void do_boot(struct script *s)
{
	lab_boot(s->lab, from(s));
}

static void do_torn(struct script *s)
{
	lab_torn_write(s->lab, from(s), number(s->word[2]));
}

static void do_blank(struct script *s)
{
	struct node *of = &s->lab->node[from(s)];

	lab_power_cut(s->lab, from(s));
	memset(of->device, 0, RING_SIZE);
	of->disk[1]++;
	of->images++;
	of->incarnation = 0;
}

static void do_save(struct script *s)
{
	u8 **image = &s->image[from(s)];

	*image = kvmalloc(RING_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(s->test, *image);
	memcpy(*image, s->lab->node[from(s)].device, RING_SIZE);
	s->image_life[from(s)] = s->lab->node[from(s)].incarnation;
}

static void do_restore(struct script *s)
{
	struct node *of = &s->lab->node[from(s)];

	lab_power_cut(s->lab, from(s));
	memcpy(of->device, s->image[from(s)], RING_SIZE);
	/* It will count its starts on from there. */
	of->incarnation = s->image_life[from(s)];
	of->images++;
}

static void do_rot(struct script *s)
{
	expect(s, lab_rot(s->lab, from(s), number(s->word[2])));
}

static void do_fail(struct script *s)
{
	lab_event(s->lab, from(s), (struct paxos_event) { .type = PAXOS_EVENT_FAILED });
}

static void cut_both(struct script *s, u8 which, bool away)
{
	struct lab *lab = s->lab;
	u8 i;

	lab->cut[which] = away ? ~0u : 0;
	for (i = 0; i < lab->nodes; i++)
		lab->cut[i] = (lab->cut[i] & ~paxos_bit(which)) | (away ? paxos_bit(which) : 0);
}

static void do_away(struct script *s)
{
	cut_both(s, from(s), true);
}

static void do_back(struct script *s)
{
	cut_both(s, from(s), false);
}

static void do_cut(struct script *s)
{
	s->lab->cut[from(s)] |= paxos_bit(to(s));
}

static void do_settle(struct script *s)
{
	lab_settle(s->lab);
}

static void do_heal(struct script *s)
{
	memset(s->lab->cut, 0, sizeof(s->lab->cut));
	lab_live(s->lab, 6000);
}

static void do_live(struct script *s)
{
	lab_live(s->lab, number(s->word[1]));
}

static void do_tick(struct script *s)
{
	lab_tick(s->lab, from(s), number(s->word[2]));
}

static void do_prepare(struct script *s)
{
	say_prepare(s->lab, from(s), to(s), ballot(s, s->word[2]), number(s->word[3]));
}

static void do_accept(struct script *s)
{
	say_accept(s->lab, from(s), to(s), ballot(s, s->word[2]), number(s->word[3]),
		   value(s->word[4]), 0);
}

static void do_accepted(struct script *s)
{
	say_accepted(s->lab, from(s), to(s), ballot(s, s->word[2]), number(s->word[3]), 1);
}

static void do_heartbeat(struct script *s)
{
	say_heartbeat(s->lab, from(s), to(s), ballot(s, s->word[2]), number(s->word[3]));
}

static void do_barrier(struct script *s)
{
	lab_event(s->lab, from(s), (struct paxos_event) {
		.type = PAXOS_EVENT_BARRIER, .cookie = ++s->cookie,
	});
}

static void do_trim(struct script *s)
{
	lab_trim(s->lab, from(s), number(s->word[2]), ++s->cookie);
}

static void do_installed(struct script *s)
{
	lab_install(s->lab, from(s), number(s->word[2]), ++s->cookie);
}

/* ---- verbs: what must be so ---- */

static void see_log(struct script *s)
{
	KUNIT_EXPECT_STREQ_MSG(s->test, log_text(s->lab, from(s), number(s->word[2])),
			       value(s->word[3]), "after: %s", s->statement);
}

static void see_holds(struct script *s)
{
	KUNIT_EXPECT_STREQ_MSG(s->test, accepted_text(s->lab, from(s), number(s->word[2])),
			       value(s->word[3]), "after: %s", s->statement);
}

static void see_once(struct script *s)
{
	expect(s, log_find(s->lab, from(s), s->word[2]) == 1);
}

static void see_never(struct script *s)
{
	expect(s, log_find(s->lab, from(s), s->word[2]) == 0);
}

static void see_letters(struct script *s)
{
	expect(s, lab_count(s->lab, from(s), to(s), message_type(s->word[2])) ==
	       number(s->word[3]));
}

static void see_leader(struct script *s)
{
	expect(s, replica(s)->role == PAXOS_ROLE_LEADER);
}

static void see_candidate(struct script *s)
{
	expect(s, replica(s)->role == PAXOS_ROLE_CANDIDATE);
}

static void see_follower(struct script *s)
{
	expect(s, replica(s)->role == PAXOS_ROLE_FOLLOWER);
}

static void see_nobody_leads(struct script *s)
{
	u8 i;

	for (i = 0; i < s->lab->nodes; i++)
		if (s->lab->node[i].up)
			expect(s, s->lab->node[i].replica->role != PAXOS_ROLE_LEADER);
}

static void see_same_ballot(struct script *s)
{
	expect(s, replica(s)->ballot == s->ballot[from(s)]);
}

static void see_answered(struct script *s)
{
	expect(s, s->lab->node[from(s)].answers == number(s->word[2]));
}

static void see_said(struct script *s)
{
	static const char *const outcomes[] = {
		[PAXOS_OUTCOME_CHOSEN] = "chosen",
		[PAXOS_OUTCOME_UNKNOWN] = "unknown",
		[PAXOS_OUTCOME_WITHDRAWN] = "withdrawn",
		[PAXOS_OUTCOME_FULL] = "full",
		[PAXOS_OUTCOME_STALE] = "stale",
		[PAXOS_OUTCOME_REFUSED] = "refused",
	};
	const struct node *of = &s->lab->node[from(s)];
	const struct paxos_answer *answer = &of->answer[(of->answers - 1) % ANSWERS_MAX];

	expect(s, of->answers);
	if (!of->answers)
		return;
	expect(s, !strcmp(outcomes[answer->outcome], s->word[2]));
	if (s->word[3])
		expect(s, answer->slot >= number(s->word[3]));
}

static void see_refused(struct script *s)
{
	expect(s, replica(s)->peer[node(s->word[2])].refused);
}

static void see_health(struct script *s)
{
	static const char *const healths[] = {
		[PAXOS_HEALTH_OK] = "ok",
		[PAXOS_HEALTH_CATCH_UP] = "catch-up",
		[PAXOS_HEALTH_UNREACHABLE] = "unreachable",
		[PAXOS_HEALTH_REFUSED] = "refused",
		[PAXOS_HEALTH_FORGOTTEN] = "forgotten",
	};
	struct paxos_view *view = kvzalloc(sizeof(*view), GFP_KERNEL);
	u16 id = s->lab->node[node(s->word[2])].id;
	const char *health = "none";
	u8 i;

	KUNIT_ASSERT_NOT_NULL(s->test, view);
	paxos_replica_view(replica(s), view);
	for (i = 0; i < view->peers; i++)
		if (view->peer[i].node == id)
			health = healths[view->peer[i].health];
	KUNIT_EXPECT_STREQ_MSG(s->test, health, s->word[3], "after: %s", s->statement);
	kvfree(view);
}

static void see_state(struct script *s)
{
	static const char *const states[] = {
		[PAXOS_STATE_STARTING] = "starting",
		[PAXOS_STATE_UNCONFIRMED] = "unconfirmed",
		[PAXOS_STATE_OK] = "ok",
		[PAXOS_STATE_FORGOTTEN] = "forgotten",
		[PAXOS_STATE_SUSPENDED] = "suspended",
		[PAXOS_STATE_NO_QUORUM] = "no-quorum",
		[PAXOS_STATE_REMOVED] = "removed",
		[PAXOS_STATE_SNAPSHOT_NEEDED] = "snapshot-needed",
		[PAXOS_STATE_JOINING] = "joining",
	};
	struct paxos_view *view = kvzalloc(sizeof(*view), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(s->test, view);
	paxos_replica_view(replica(s), view);
	KUNIT_EXPECT_STREQ_MSG(s->test, states[view->state], s->word[2], "after: %s (%s)",
			       s->statement, view->reason);
	kvfree(view);
}

static void see_agree(struct script *s)
{
	struct lab *lab = s->lab;
	u32 slot, i, k;

	for (slot = 1; slot < LOG_MAX; slot++)
		for (i = 0; i < lab->nodes; i++)
			for (k = 0; k < i; k++)
				if (lab->node[i].log[slot].type && lab->node[k].log[slot].type)
					KUNIT_EXPECT_STREQ_MSG(s->test, log_text(lab, i, slot),
							       log_text(lab, k, slot),
							       "slot %u of %u and %u", slot, i, k);
}

static const struct {
	const char *name;
	void (*run)(struct script *s);
	bool before;			/* the lab is made */
} verbs[] = {
	{ "nodes", do_nodes, true },	{ "fresh", do_fresh, true },
	{ "basic", do_basic, true },	{ "broadcast", do_broadcast, true },
	{ "lead", do_lead },		{ "campaign", do_campaign },
	{ "propose", do_propose },	{ "give", do_give },
	{ "drop", do_drop },		{ "keep", do_keep },
	{ "again", do_again },		{ "again-now", do_again_now },
	{ "write", do_write },		{ "power-cut", do_power_cut },
	{ "boot", do_boot },		{ "torn", do_torn },
	{ "blank", do_blank },		{ "save", do_save },
	{ "restore", do_restore },	{ "rot", do_rot },
	{ "fail", do_fail },		{ "away", do_away },
	{ "back", do_back },		{ "cut", do_cut },
	{ "settle", do_settle },	{ "heal", do_heal },
	{ "live", do_live },		{ "tick", do_tick },
	{ "prepare", do_prepare },	{ "accept", do_accept },
	{ "accepted", do_accepted },	{ "heartbeat", do_heartbeat },
	{ "barrier", do_barrier },	{ "trim", do_trim },
	{ "installed", do_installed },
	{ "log", see_log },		{ "holds", see_holds },
	{ "once", see_once },		{ "never", see_never },
	{ "letters", see_letters },	{ "leader", see_leader },
	{ "candidate", see_candidate },	{ "follower", see_follower },
	{ "nobody-leads", see_nobody_leads }, { "same-ballot", see_same_ballot },
	{ "answered", see_answered },
	{ "said", see_said },		{ "refused", see_refused },
	{ "state", see_state },
	{ "health", see_health },		{ "agree", see_agree },
};

/* ---- statements ---- */

static void run_statement(struct script *s)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(s->word[0], verbs[i].name))
			continue;
		if (!verbs[i].before)
			begin(s);
		verbs[i].run(s);
		return;
	}
	KUNIT_EXPECT_TRUE_MSG(s->test, false, "no such verb: %s", s->statement);
}

/* Cut the next statement off @text into words; returns what is left. */
static const char *next_statement(struct script *s, const char *text)
{
	u32 length = strcspn(text, ";\n"), words = 0;
	char *at = s->text;

	KUNIT_ASSERT_LT(s->test, length, (u32)STATEMENT_MAX);
	memcpy(s->statement, text, length);
	s->statement[length] = 0;
	memcpy(s->text, s->statement, length + 1);
	memset(s->word, 0, sizeof(s->word));
	for (;;) {
		at += strspn(at, " \t");
		if (!*at || words == WORDS_MAX)
			break;
		s->word[words++] = at;
		at += strcspn(at, " \t");
		if (!*at)
			break;
		*at++ = 0;
	}
	return text[length] ? text + length + 1 : text + length;
}

void script_run(struct kunit *test, const char *text)
{
	struct script *s = kvzalloc(sizeof(*s), GFP_KERNEL);
	u8 i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->test = test;
	s->nodes = 3;
	while (*text) {
		text = next_statement(s, text);
		if (s->word[0])
			run_statement(s);
	}
	if (s->kept.buf)
		paxos_buf_put(s->kept.buf);
	for (i = 0; i < NODES_MAX; i++)
		kvfree(s->image[i]);
	kvfree(s);
}
