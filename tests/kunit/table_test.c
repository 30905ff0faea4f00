// SPDX-License-Identifier: GPL-2.0
/*
 * The table alone: what a sequence of chosen entries makes of it (rules 8, 13),
 * and what it takes for a table that comes from elsewhere.
 */
#include "fixture.h"

struct world {
	struct paxos_table table, other;
	u8 bytes[PAXOS_TABLE_SIZE_MAX], again[PAXOS_TABLE_SIZE_MAX];
	u8 config[PAXOS_CONFIG_SIZE_MAX];
	u64 first;
};

/* Members 1, 2, 3, all voters; their disks are not in the first configuration. */
static int table_init(struct kunit *test)
{
	struct world *w = kvzalloc(sizeof(*w), GFP_KERNEL);
	struct paxos_config first = { .members = 3 };
	unsigned int i;

	if (!w)
		return -1;
	for (i = 0; i < 3; i++)
		first.member[i] = (struct paxos_config_member) { .node = i + 1, .voter = true };
	paxos_table_first(&w->table, &first);
	test->priv = w;
	return 0;
}

static void table_exit(struct kunit *test)
{
	kvfree(test->priv);
}

static u8 apply(struct world *w, const struct paxos_entry *entry)
{
	return paxos_table_apply(&w->table, entry, &w->first);
}

static void noops_through(struct world *w, u64 slot)
{
	struct paxos_entry noop = { .type = PAXOS_ENTRY_NOOP, .id.origin = 1 };

	while (w->table.slot < slot)
		apply(w, &noop);
}

static struct paxos_entry value_of(u16 origin, u64 sequence)
{
	return (struct paxos_entry) {
		.type = PAXOS_ENTRY_VALUE,
		.id = { .origin = origin, .incarnation = 1, .nonce = 7, .sequence = sequence },
		.value = { .data = (const u8 *)"v", .length = 1 },
	};
}

static u8 propose(struct world *w, u16 origin, u64 sequence)
{
	struct paxos_entry entry = value_of(origin, sequence);

	return apply(w, &entry);
}

static struct paxos_proposal_id client_id(u64 client, u64 sequence)
{
	return (struct paxos_proposal_id) {
		.client = true, .origin = 1, .incarnation = client, .sequence = sequence,
	};
}

static u8 propose_client(struct world *w, u64 client, u64 sequence)
{
	struct paxos_entry entry = value_of(1, 1);

	entry.id = client_id(client, sequence);
	return apply(w, &entry);
}

static struct paxos_config_member member_of(u16 node, u8 disk, bool voter)
{
	return (struct paxos_config_member) { .node = node, .voter = voter, .disk = { disk } };
}

/* CONFIG that replaces the one of slot @base by @config, proposed by node 1. */
static u8 change(struct world *w, u64 base, const struct paxos_config *config, u64 sequence)
{
	struct paxos_entry entry = value_of(1, sequence);

	entry.type = PAXOS_ENTRY_CONFIG;
	entry.value.data = w->config;
	entry.value.length = paxos_config_encode(config, base, w->config);
	return apply(w, &entry);
}

/* {1, 2, 3} and 4, a learner. */
static struct paxos_config with_4(const struct world *w)
{
	struct paxos_config config = w->table.newest;

	config.member[config.members++] = member_of(4, 0x44, false);
	return config;
}

static struct paxos_config without(const struct world *w, u16 node)
{
	struct paxos_config config = { .members = 0 };
	unsigned int i;

	for (i = 0; i < w->table.newest.members; i++)
		if (w->table.newest.member[i].node != node)
			config.member[config.members++] = w->table.newest.member[i];
	return config;
}

/* ---- rule 13 ---- */

static void a_configuration_governs_a_window_later(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_config config = with_4(w);

	noops_through(w, 9);
	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 1), PAXOS_ENTRY_CONFIG);
	KUNIT_EXPECT_EQ(test, w->table.newest.slot, 10ull);
	KUNIT_EXPECT_TRUE(test, paxos_table_config(&w->table, 10 + PAXOS_WINDOW - 1) ==
				&w->table.older);
	KUNIT_EXPECT_TRUE(test, paxos_table_config(&w->table, 10 + PAXOS_WINDOW) ==
				&w->table.newest);
	KUNIT_EXPECT_EQ(test, w->table.older.members, 3);
	KUNIT_EXPECT_EQ(test, w->table.newest.members, 4);
}

/* Compare and set: of two that replace the same one, the first wins. */
static void a_configuration_replaces_the_one_it_names(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_config first = with_4(w), second = without(w, 3);

	KUNIT_EXPECT_EQ(test, change(w, 7, &first, 1), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, change(w, 0, &first, 2), PAXOS_ENTRY_CONFIG);
	noops_through(w, 2 * PAXOS_WINDOW);
	KUNIT_EXPECT_EQ(test, change(w, 0, &second, 3), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->table.newest.slot, 2ull);
	KUNIT_EXPECT_EQ(test, w->table.removeds, 0);
}

/* The next change only when the last is in force. */
static void changes_are_a_window_apart(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_config config = with_4(w);

	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 1), PAXOS_ENTRY_CONFIG);
	config = without(w, 3);
	noops_through(w, PAXOS_WINDOW - 1);
	KUNIT_EXPECT_EQ(test, change(w, 1, &config, 2), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->table.slot, (u64)PAXOS_WINDOW);
	KUNIT_EXPECT_EQ(test, change(w, 1, &config, 3), PAXOS_ENTRY_CONFIG);
	KUNIT_EXPECT_EQ(test, w->table.older.slot, 1ull);
}

/* Rules 7, 10: an id is never used again, not for the same disk either. */
static void a_removed_id_never_comes_back(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_config config = without(w, 3);

	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 1), PAXOS_ENTRY_CONFIG);
	KUNIT_EXPECT_TRUE(test, paxos_table_removed(&w->table, 3));
	KUNIT_EXPECT_FALSE(test, paxos_table_removed(&w->table, 2));
	noops_through(w, PAXOS_WINDOW);
	config.member[config.members++] = member_of(3, 0x33, false);
	KUNIT_EXPECT_EQ(test, change(w, 1, &config, 2), PAXOS_ENTRY_NOOP);
	config.member[2] = member_of(5, 0x33, false);
	KUNIT_EXPECT_EQ(test, change(w, 1, &config, 3), PAXOS_ENTRY_CONFIG);
}

/* Rule 10: one disk for an id, one id for a disk; who comes anew brings its own. */
static void an_id_is_one_disk(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_config config = with_4(w);

	config.member[3] = member_of(4, 0, false);
	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 1), PAXOS_ENTRY_NOOP);
	config.member[3] = member_of(4, 0x44, false);
	config.member[2] = member_of(3, 0x44, true);
	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 2), PAXOS_ENTRY_NOOP);
	config.member[2] = member_of(3, 0x33, true);
	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 3), PAXOS_ENTRY_CONFIG);
	noops_through(w, 2 * PAXOS_WINDOW);
	config.member[3] = member_of(4, 0x45, true);
	KUNIT_EXPECT_EQ(test, change(w, 3, &config, 4), PAXOS_ENTRY_NOOP);
	config.member[3] = member_of(4, 0x44, true);
	KUNIT_EXPECT_EQ(test, change(w, 3, &config, 5), PAXOS_ENTRY_CONFIG);
}

static void more_ids_than_can_be_kept_are_not_removed(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_config config = without(w, 3);
	unsigned int i;

	w->table.removeds = PAXOS_REMOVED_MAX;
	for (i = 0; i < PAXOS_REMOVED_MAX; i++)
		w->table.removed[i] = 100 + i;
	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 1), PAXOS_ENTRY_NOOP);
	w->table.removeds--;
	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 2), PAXOS_ENTRY_CONFIG);
}

static void what_is_no_configuration_changes_nothing(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_entry entry = value_of(1, 1);

	entry.type = PAXOS_ENTRY_CONFIG;
	KUNIT_EXPECT_EQ(test, apply(w, &entry), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->table.newest.slot, 0ull);
	/* Its id is spent all the same. */
	KUNIT_EXPECT_TRUE(test, paxos_table_delivered(&w->table, &entry.id, &w->first));
}

/* ---- rule 8: origins ---- */

/* What an origin had delivered goes with its membership, and not before. */
static void sessions_follow_the_members(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_config config = with_4(w);

	KUNIT_EXPECT_EQ(test, propose(w, 4, 1), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, propose(w, 3, 1), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, change(w, 0, &config, 1), PAXOS_ENTRY_CONFIG);
	KUNIT_EXPECT_EQ(test, propose(w, 4, 1), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, propose(w, 3, 1), PAXOS_ENTRY_NOOP);
	noops_through(w, 2 * PAXOS_WINDOW);
	config = without(w, 3);
	KUNIT_EXPECT_EQ(test, change(w, 3, &config, 2), PAXOS_ENTRY_CONFIG);
	KUNIT_EXPECT_EQ(test, propose(w, 3, 2), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, propose(w, 4, 1), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, propose(w, 4, 2), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, w->table.sessions, 3);
}

/* ---- rule 8: clients ---- */

static void a_client_gets_one_slot_for_one_sequence(struct kunit *test)
{
	struct world *w = test->priv;
	struct paxos_proposal_id id = client_id(77, 1);

	noops_through(w, 4);
	KUNIT_EXPECT_FALSE(test, paxos_table_delivered(&w->table, &id, &w->first));
	KUNIT_EXPECT_EQ(test, propose_client(w, 77, 1), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, w->first, 5ull);
	KUNIT_EXPECT_EQ(test, propose_client(w, 77, 1), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->first, 5ull);
	/* It is the same client, through whatever node it comes. */
	id.origin = 3;
	KUNIT_EXPECT_TRUE(test, paxos_table_delivered(&w->table, &id, &w->first));
	KUNIT_EXPECT_EQ(test, w->first, 5ull);
	/* Another one's sequences are others. */
	KUNIT_EXPECT_EQ(test, propose_client(w, 78, 1), PAXOS_ENTRY_VALUE);
}

static void a_clients_window_may_fill_out_of_order(struct kunit *test)
{
	struct world *w = test->priv;
	u64 newest = 100;

	KUNIT_EXPECT_EQ(test, propose_client(w, 77, newest), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, propose_client(w, 77, newest - PAXOS_CLIENT_WINDOW),
			PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->first, 0ull);
	KUNIT_EXPECT_EQ(test, propose_client(w, 77, newest - PAXOS_CLIENT_WINDOW + 1),
			PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, propose_client(w, 77, newest + 1), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, propose_client(w, 77, newest), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->first, 1ull);
	/* Which the one that was lowest has left. */
	KUNIT_EXPECT_EQ(test, propose_client(w, 77, newest - PAXOS_CLIENT_WINDOW + 1),
			PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->first, 0ull);
}

/* Eviction is a function of the log: who was unused for the longest goes. */
static void the_client_unused_for_the_longest_goes(struct kunit *test)
{
	struct world *w = test->priv;
	u64 client;

	for (client = 1; client <= PAXOS_CLIENTS_MAX; client++)
		KUNIT_EXPECT_EQ(test, propose_client(w, client, 1), PAXOS_ENTRY_VALUE);
	/* 1 is used again; so 2 goes. */
	KUNIT_EXPECT_EQ(test, propose_client(w, 1, 2), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, propose_client(w, client, 1), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, w->table.clients, PAXOS_CLIENTS_MAX);
	KUNIT_EXPECT_EQ(test, propose_client(w, 1, 2), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_NE(test, w->first, 0ull);
	/* Its retry is a no-op, and nobody knows what became of it; nor of a new one. */
	KUNIT_EXPECT_EQ(test, propose_client(w, 2, 1), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->first, 0ull);
	KUNIT_EXPECT_EQ(test, propose_client(w, 2, 2), PAXOS_ENTRY_NOOP);
	/* A retry that is no delivery is no use. */
	KUNIT_EXPECT_EQ(test, propose_client(w, 3, 1), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, propose_client(w, client + 1, 1), PAXOS_ENTRY_VALUE);
	KUNIT_EXPECT_EQ(test, propose_client(w, 3, 2), PAXOS_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, w->first, 0ull);
}

/* The filter may be wrong, towards safety only, and seldom. */
static void few_new_clients_are_taken_for_evicted_ones(struct kunit *test)
{
	struct world *w = test->priv;
	u32 refused = 0;
	u64 client;

	for (client = 1; client <= 3 * PAXOS_CLIENTS_MAX; client++)
		refused += propose_client(w, client << 20, 1) != PAXOS_ENTRY_VALUE;
	KUNIT_EXPECT_LE(test, refused, 3);
}

/* ---- as bytes ---- */

/* A bit of everything. */
static void fill(struct world *w)
{
	struct paxos_config config = with_4(w);
	u64 i;

	propose(w, 2, 3);
	propose(w, 2, 1);
	propose(w, 3, 600);
	change(w, 0, &config, 1);
	for (i = 1; i <= PAXOS_CLIENTS_MAX + 9; i++)
		propose_client(w, i, 1 + i % 3);
	config = without(w, 2);
	config.member[1].disk[0] = 0x33;
	change(w, 4, &config, 2);
	propose(w, 4, 1);
}

static bool read(struct world *w, u32 length)
{
	return paxos_table_decode(&w->other, w->bytes, length);
}

static void a_table_survives_being_written_and_read(struct kunit *test)
{
	struct world *w = test->priv;
	u32 length, again;

	fill(w);
	KUNIT_EXPECT_EQ(test, w->table.newest.slot, (u64)PAXOS_CLIENTS_MAX + 14);
	length = paxos_table_encode(&w->table, w->bytes);
	KUNIT_ASSERT_TRUE(test, read(w, length));
	again = paxos_table_encode(&w->other, w->again);
	KUNIT_ASSERT_EQ(test, again, length);
	KUNIT_EXPECT_EQ(test, memcmp(w->bytes, w->again, length), 0);
	/* And goes on as the first one does. */
	propose(w, 4, 2);
	propose_client(w, 3, 2);
	propose_client(w, PAXOS_CLIENTS_MAX, 9);
	length = paxos_table_encode(&w->table, w->bytes);
	w->table = w->other;
	propose(w, 4, 2);
	propose_client(w, 3, 2);
	propose_client(w, PAXOS_CLIENTS_MAX, 9);
	again = paxos_table_encode(&w->table, w->again);
	KUNIT_ASSERT_EQ(test, again, length);
	KUNIT_EXPECT_EQ(test, memcmp(w->bytes, w->again, length), 0);
}

static void a_table_of_another_length_is_refused(struct kunit *test)
{
	struct world *w = test->priv;
	u32 length, cut;

	fill(w);
	length = paxos_table_encode(&w->table, w->bytes);
	for (cut = 0; cut < length; cut += cut < 4096 || length - cut < 256 ? 1 : 61)
		KUNIT_EXPECT_FALSE_MSG(test, read(w, cut), "cut to %u", cut);
	KUNIT_EXPECT_FALSE(test, read(w, length + 1));
	KUNIT_EXPECT_TRUE(test, read(w, length));
}

/* Whatever bytes come: it is refused, or it is a table that can be written again. */
static void garbage_does_no_harm(struct kunit *test)
{
	struct world *w = test->priv;
	u32 length, i, seed = 1;

	fill(w);
	length = paxos_table_encode(&w->table, w->bytes);
	for (i = 0; i < 3000; i++) {
		u32 at = i < 2000 ? i : (seed = seed * 1103515245 + 12345) % length;
		u8 was = w->bytes[at];

		w->bytes[at] ^= 1 << i % 8;
		if (read(w, length))
			KUNIT_EXPECT_EQ(test, paxos_table_encode(&w->other, w->again), length);
		w->bytes[at] = was;
	}
}

/* Tables that no log could make: what is wrong with number @which; NULL: no more. */
static const char *spoil(struct paxos_table *t, unsigned int which)
{
	switch (which) {
	case 0:
		t->slot = PAXOS_SLOT_LIMIT + 1;
		return "a slot that sums might wrap with";
	case 1:
		t->newest.slot = t->slot + 1;
		return "a configuration from beyond the slot";
	case 2:
		t->older.slot = t->newest.slot - 1;
		return "configurations less than a window apart";
	case 3:
		t->newest.members = 0;
		return "no members";
	case 4:
		for (which = 0; which < t->newest.members; which++)
			t->newest.member[which].voter = false;
		return "no voters";
	case 5:
		t->newest.member[0].node = 9;
		return "members out of order";
	case 6:
		t->removeds = 0;
		return "a member that is gone and not removed";
	case 7:
		t->newest.member[2].disk[0] ^= 1;
		return "another disk for an id";
	case 8:
		memcpy(t->newest.member[0].disk, t->newest.member[1].disk, 16);
		return "one disk for two ids";
	case 9:
		t->removed[t->removeds++] = 0;
		return "node 0 removed";
	case 10:
		t->removed[t->removeds++] = 2;
		return "a node removed twice";
	case 11:
		t->removed[t->removeds++] = 1;
		return "a member that is removed";
	case 12:
		t->sessions--;
		return "a member without a session";
	case 13:
		t->session[1] = t->session[0];
		return "two sessions of one member";
	case 14:
		t->session[1].node = 77;
		return "the session of no member";
	case 15:
		t->session[2].newest++;
		return "a newest sequence that was not delivered";
	case 16:
		t->session[0].newest = ~0ull;
		return "a sequence that sums might wrap with";
	case 17:
		t->client[5].client = 0;
		return "client 0";
	case 18:
		t->client[5].client = t->client[9].client;
		return "one client twice";
	case 19:
		t->client[5].used = t->client[9].used;
		return "two clients in one slot";
	case 20:
		t->client[5].used = t->slot + 1;
		return "a client in a slot to come";
	case 21:
		t->client[5].used = 0;
		return "a client in no slot";
	case 22:
		t->client[5].slot[7] = t->slot + 1;
		return "a sequence in a slot to come";
	case 23:
		t->client[5].newest++;
		return "a client's newest, not delivered";
	case 24:
		t->client[5].newest = 0;
		return "a client's newest, before its first";
	case 25:
		t->client[5].newest |= 1ull << 63;
		return "a client's newest, out of reach";
	case 26:
		t->clients--;
		return "evicted while there was room";
	}
	return NULL;
}

static void a_table_that_no_log_makes_is_refused(struct kunit *test)
{
	struct world *w = test->priv;
	const char *story;
	unsigned int i;
	u32 length;

	fill(w);
	KUNIT_ASSERT_TRUE(test, read(w, paxos_table_encode(&w->table, w->bytes)));
	for (i = 0;; i++) {
		w->other = w->table;
		story = spoil(&w->other, i);
		if (!story)
			break;
		length = paxos_table_encode(&w->other, w->bytes);
		KUNIT_EXPECT_FALSE_MSG(test, read(w, length), "%s", story);
	}
	KUNIT_EXPECT_GT(test, i, 20);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_configuration_governs_a_window_later),
	KUNIT_CASE(a_configuration_replaces_the_one_it_names),
	KUNIT_CASE(changes_are_a_window_apart),
	KUNIT_CASE(a_removed_id_never_comes_back),
	KUNIT_CASE(an_id_is_one_disk),
	KUNIT_CASE(more_ids_than_can_be_kept_are_not_removed),
	KUNIT_CASE(what_is_no_configuration_changes_nothing),
	KUNIT_CASE(sessions_follow_the_members),
	KUNIT_CASE(a_client_gets_one_slot_for_one_sequence),
	KUNIT_CASE(a_clients_window_may_fill_out_of_order),
	KUNIT_CASE(the_client_unused_for_the_longest_goes),
	KUNIT_CASE(few_new_clients_are_taken_for_evicted_ones),
	KUNIT_CASE(a_table_survives_being_written_and_read),
	KUNIT_CASE(a_table_of_another_length_is_refused),
	KUNIT_CASE(garbage_does_no_harm),
	KUNIT_CASE(a_table_that_no_log_makes_is_refused),
	{}
};

static struct kunit_suite table_suite = {
	.name = "paxos_table",
	.init = table_init,
	.exit = table_exit,
	.test_cases = cases,
};

kunit_test_suite(table_suite);
