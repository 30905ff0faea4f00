// SPDX-License-Identifier: GPL-2.0
/* Wire codec: what is written can be read, and nothing else can. */
#include "fixture.h"

enum kind { NONE, ENTRY, RANGE, DISK, BYTES };

static const u8 kinds[PAXOS_MESSAGE_TYPES] = {
	[PAXOS_HELLO] = DISK,
	[PAXOS_PROMISE] = ENTRY,
	[PAXOS_ACCEPT] = ENTRY,
	[PAXOS_ACCEPTED] = RANGE,
	[PAXOS_FORWARD] = ENTRY,
	[PAXOS_LEARNT] = ENTRY,
	[PAXOS_TABLE] = BYTES,
};

static const struct paxos_claim claim = {
	.known = true,
	.disk = "a disk's uuid!!",
	.incarnation = 7,
	.promised = 0x123450001ull,
	.durable = 99,
};

/* A body of @type with three items, if it has items. */
static u32 write_body(u8 *out, u8 type)
{
	struct paxos_message m = {
		.type = type,
		.ballot = paxos_ballot(14, 2),
		.slot = 0x1122334455667788ull,
		.commit = 3,
		.number = 4,
		.echo = 5,
		.index = 6,
		.count = 7,
		.flags = 8,
	};
	static const char *const values[] = { "x", "", "a longer value" };
	struct paxos_writer writer;
	struct paxos_item item;
	u32 i;

	paxos_writer_begin(&writer, out, PAXOS_MESSAGE_MAX);
	for (i = 0; i < 3; i++) {
		item = item_of(100 + i, paxos_ballot(9, 1), values[i]);
		item.flags = PAXOS_ITEM_CHOSEN;
		if (kinds[type] == ENTRY)
			paxos_writer_entry(&writer, &item);
		if (kinds[type] == RANGE)
			paxos_writer_range(&writer, 10 * i + 1, i + 1);
		if (kinds[type] == DISK)
			paxos_writer_disk(&writer, i + 1, &claim);
		if (kinds[type] == BYTES)
			paxos_writer_bytes(&writer, (const u8 *)"bytes", 5);
	}
	return paxos_writer_end(&writer, &m);
}

/* A copy of exactly that length, so that a byte too many is seen. */
static bool decodes(u8 type, const u8 *data, u32 length)
{
	u8 *copy = kvmalloc(length + !length, GFP_KERNEL);
	struct paxos_cursor cursor = {};
	struct paxos_message m;
	struct paxos_item item;
	u32 items = 0;
	bool good;

	memcpy(copy, data, length);
	good = paxos_message_decode(&m, type, copy, length, NULL);
	if (good) {
		while (paxos_message_next(&m, &cursor, &item))
			items++;
		good = items == m.items;
	}
	kvfree(copy);
	return good;
}

static void expect_item(struct kunit *test, u8 type, u32 i, const struct paxos_item *item)
{
	static const char *const values[] = { "x", "", "a longer value" };

	if (kinds[type] == ENTRY) {
		KUNIT_EXPECT_TRUE(test, item_is(item, 100 + i, paxos_ballot(9, 1), values[i]));
		KUNIT_EXPECT_EQ(test, item->flags, PAXOS_ITEM_CHOSEN);
		KUNIT_EXPECT_EQ(test, item->entry.id.origin, 1);
		KUNIT_EXPECT_EQ(test, item->entry.id.sequence, (u64)values[i][0]);
	} else if (kinds[type] == RANGE) {
		KUNIT_EXPECT_EQ(test, item->slot, 10ull * i + 1);
		KUNIT_EXPECT_EQ(test, item->ballot, i + 1ull);
	} else if (kinds[type] == BYTES) {
		KUNIT_EXPECT_EQ(test, item->length, 5);
		KUNIT_EXPECT_EQ(test, memcmp(item->bytes, "bytes", 5), 0);
	} else {
		KUNIT_EXPECT_EQ(test, item->slot, i + 1ull);
		KUNIT_EXPECT_EQ(test, memcmp(&item->claim, &claim, sizeof(claim)), 0);
	}
}

static void every_type_comes_back_as_written(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_message m;
	struct paxos_item item;
	u32 length, items;
	u8 type;

	for (type = 1; type < PAXOS_MESSAGE_TYPES; type++) {
		struct paxos_cursor cursor = {};

		length = write_body(lab->scratch, type);
		KUNIT_ASSERT_TRUE_MSG(test, paxos_message_decode(&m, type, lab->scratch, length,
								 NULL),
				      "%s", paxos_message_name(type));
		KUNIT_EXPECT_EQ(test, m.ballot, paxos_ballot(14, 2));
		KUNIT_EXPECT_EQ(test, m.slot, 0x1122334455667788ull);
		KUNIT_EXPECT_TRUE(test, m.commit == 3 && m.number == 4 && m.echo == 5);
		KUNIT_EXPECT_TRUE(test, m.index == 6 && m.count == 7 && m.flags == 8);
		for (items = 0; paxos_message_next(&m, &cursor, &item); items++)
			expect_item(test, type, items, &item);
		KUNIT_EXPECT_EQ(test, items, kinds[type] ? 3 : 0);
	}
}

static void every_other_length_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	u32 length, cut;
	u8 type;

	for (type = 1; type < PAXOS_MESSAGE_TYPES; type++) {
		length = write_body(lab->scratch, type);
		for (cut = 0; cut < length; cut++)
			KUNIT_EXPECT_FALSE_MSG(test, decodes(type, lab->scratch, cut),
					       "%s of %u bytes", paxos_message_name(type), cut);
		KUNIT_EXPECT_TRUE(test, decodes(type, lab->scratch, length));
		KUNIT_EXPECT_FALSE(test, decodes(type, lab->scratch, length + 1));
		KUNIT_EXPECT_FALSE(test, decodes(type, lab->scratch, PAXOS_MESSAGE_MAX + 1));
	}
}

static void an_unknown_type_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	u32 length = write_body(lab->scratch, PAXOS_LEARN);

	KUNIT_EXPECT_FALSE(test, decodes(0, lab->scratch, length));
	KUNIT_EXPECT_FALSE(test, decodes(PAXOS_MESSAGE_TYPES, lab->scratch, length));
	KUNIT_EXPECT_FALSE(test, decodes(255, lab->scratch, length));
	KUNIT_EXPECT_STREQ(test, paxos_message_name(255), "unknown");
}

static void a_wrong_count_of_items_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_wire_body *body = (struct paxos_wire_body *)lab->scratch;
	static const u16 counts[] = { 0, 1, 2, 4, 0x100, 0x7fff, 0x8000, 0xffff };
	u32 length, i;
	u8 type;

	for (type = 1; type < PAXOS_MESSAGE_TYPES; type++) {
		length = write_body(lab->scratch, type);
		for (i = 0; i < ARRAY_SIZE(counts); i++) {
			if (!kinds[type] && !counts[i])
				continue;
			body->items = cpu_to_le16(counts[i]);
			KUNIT_EXPECT_FALSE_MSG(test, decodes(type, lab->scratch, length),
					       "%s, %u items", paxos_message_name(type), counts[i]);
		}
	}
}

static void a_wrong_length_of_a_value_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_entry_head *head = (struct paxos_entry_head *)
		(lab->scratch + PAXOS_BODY_SIZE + sizeof(struct paxos_wire_entry));
	static const u32 lengths[] = {
		0, 2, 63, 64, 200, PAXOS_VALUE_MAX, PAXOS_VALUE_MAX + 1, 0x7fffffff, 0xffffffff,
		0u - (u32)sizeof(*head), 0u - (u32)sizeof(*head) - 1,
	};
	u32 length = write_body(lab->scratch, PAXOS_ACCEPT), i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		head->length = cpu_to_le32(lengths[i]);
		KUNIT_EXPECT_FALSE_MSG(test, decodes(PAXOS_ACCEPT, lab->scratch, length),
				       "length %u", lengths[i]);
	}
}

/* A value has bytes and an origin, a no-op has none. */
static void an_entry_that_makes_no_sense_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_entry_head *head = (struct paxos_entry_head *)
		(lab->scratch + PAXOS_BODY_SIZE + sizeof(struct paxos_wire_entry));
	u32 length = write_body(lab->scratch, PAXOS_ACCEPT);
	u32 type;

	for (type = 0; type < 256; type++) {
		head->type = type;
		KUNIT_EXPECT_EQ(test, decodes(PAXOS_ACCEPT, lab->scratch, length),
				type == PAXOS_ENTRY_VALUE || type == PAXOS_ENTRY_CONFIG);
	}
	head->type = PAXOS_ENTRY_VALUE;
	head->origin = 0;
	KUNIT_EXPECT_FALSE(test, decodes(PAXOS_ACCEPT, lab->scratch, length));
}

/* Rule 9: one tells of values that are lost; nobody proposes one. */
static void only_acceptors_and_learners_tell_of_lost_values(struct kunit *test)
{
	struct paxos_item item = { .slot = 7, .ballot = paxos_ballot(9, 1) };
	struct lab *lab = test->priv;
	struct paxos_message m = { .ballot = paxos_ballot(9, 1), .count = 1 };
	struct paxos_writer writer;
	u8 type, flags;
	u32 length;

	for (type = 1; type < PAXOS_MESSAGE_TYPES; type++) {
		for (flags = PAXOS_ITEM_FAULTY; kinds[type] == ENTRY && flags < 4; flags++) {
			m.type = type;
			item.flags = flags;
			paxos_writer_begin(&writer, lab->scratch, PAXOS_MESSAGE_MAX);
			paxos_writer_entry(&writer, &item);
			length = paxos_writer_end(&writer, &m);
			KUNIT_EXPECT_EQ_MSG(test, decodes(type, lab->scratch, length),
					    type == PAXOS_PROMISE || type == PAXOS_LEARNT, "%s",
					    paxos_message_name(type));
		}
	}
}

static void a_range_that_is_empty_long_or_wraps_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_wire_range *range = (struct paxos_wire_range *)(lab->scratch +
								     PAXOS_BODY_SIZE);
	static const struct {
		u64 first, count;
		bool good;
	} ranges[] = {
		{ 1, 1, true },		{ 1, 65536, true },	{ ~0ull - 1, 1, true },
		{ 0, 1, false },	{ 1, 0, false },	{ 1, 65537, false },
		{ ~0ull, 1, false },	{ ~0ull - 5, 100, false }, { 1, ~0ull, false },
	};
	u32 length = write_body(lab->scratch, PAXOS_ACCEPTED), i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		range->first = cpu_to_le64(ranges[i].first);
		range->count = cpu_to_le64(ranges[i].count);
		KUNIT_EXPECT_EQ_MSG(test, decodes(PAXOS_ACCEPTED, lab->scratch, length),
				    ranges[i].good, "%llu + %llu",
				    (unsigned long long)ranges[i].first,
				    (unsigned long long)ranges[i].count);
	}
}

/* Row 21. */
static void a_ballot_near_the_end_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_wire_body *body = (struct paxos_wire_body *)lab->scratch;
	static const u8 types[] = {
		PAXOS_PREVOTE, PAXOS_PREVOTE_YES, PAXOS_PREPARE, PAXOS_PROMISE, PAXOS_NACK,
		PAXOS_ACCEPT, PAXOS_ACCEPTED, PAXOS_HEARTBEAT, PAXOS_HEARTBEAT_ACK,
	};
	static const u64 bad[] = { 0, 5, 1ull << 16, ~0ull, (PAXOS_ROUND_LIMIT + 1) << 16 | 1 };
	u32 length, i, k;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		length = write_body(lab->scratch, types[i]);
		for (k = 0; k < ARRAY_SIZE(bad); k++) {
			body->ballot = cpu_to_le64(bad[k]);
			KUNIT_EXPECT_FALSE(test, decodes(types[i], lab->scratch, length));
		}
		body->ballot = cpu_to_le64(paxos_ballot(PAXOS_ROUND_LIMIT, 1));
		KUNIT_EXPECT_TRUE(test, decodes(types[i], lab->scratch, length));
	}
}

static void one_value_of_the_greatest_length_fits_a_body(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_item item = item_of(1, paxos_ballot(1, 1), "x");
	struct paxos_message m = { .type = PAXOS_ACCEPT, .ballot = paxos_ballot(1, 1) };
	struct paxos_writer writer;
	u32 length;

	memset(lab->window, 'v', PAXOS_VALUE_MAX);
	item.entry.value.data = lab->window;
	item.entry.value.length = PAXOS_VALUE_MAX;
	paxos_writer_begin(&writer, lab->scratch, PAXOS_MESSAGE_MAX);
	KUNIT_EXPECT_TRUE(test, paxos_writer_entry(&writer, &item));
	length = paxos_writer_end(&writer, &m);
	KUNIT_EXPECT_EQ(test, length, (u32)PAXOS_MESSAGE_MAX);
	KUNIT_EXPECT_TRUE(test, decodes(PAXOS_ACCEPT, lab->scratch, length));
}

static void a_writer_without_room_changes_nothing(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_item item = item_of(1, paxos_ballot(1, 1), "xyz");
	struct paxos_writer writer;
	u32 room;

	for (room = PAXOS_BODY_SIZE; room < PAXOS_BODY_SIZE + PAXOS_ITEM_SIZE + 3; room++) {
		paxos_writer_begin(&writer, lab->scratch, room);
		KUNIT_EXPECT_FALSE(test, paxos_writer_entry(&writer, &item));
		KUNIT_EXPECT_EQ(test, writer.used, (u32)PAXOS_BODY_SIZE);
		KUNIT_EXPECT_EQ(test, writer.items, 0);
	}
	paxos_writer_begin(&writer, lab->scratch, room);
	KUNIT_EXPECT_TRUE(test, paxos_writer_entry(&writer, &item));
	KUNIT_EXPECT_FALSE(test, paxos_writer_range(&writer, 1, 1));
	KUNIT_EXPECT_FALSE(test, paxos_writer_disk(&writer, 1, &claim));
}

static const struct paxos_head sample = {
	.type = PAXOS_ACCEPT,
	.cluster = "cluster",
	.from = 1,
	.to = 2,
	.from_session = 0x1111222233334444ull,
	.to_session = 5,
	.message = 6,
	.piece = 7,
	.pieces = 8,
};

static void a_head_comes_back_as_written(struct kunit *test)
{
	u8 wire[PAXOS_HEAD_SIZE];
	struct paxos_head head;
	u32 cut;

	paxos_head_encode(wire, &sample);
	KUNIT_ASSERT_TRUE(test, paxos_head_decode(&head, wire, sizeof(wire)));
	KUNIT_EXPECT_EQ(test, memcmp(head.cluster, sample.cluster, sizeof(head.cluster)), 0);
	KUNIT_EXPECT_TRUE(test, head.type == sample.type && head.from == 1 && head.to == 2);
	KUNIT_EXPECT_TRUE(test, head.from_session == sample.from_session && head.to_session == 5);
	KUNIT_EXPECT_TRUE(test, head.message == 6 && head.piece == 7 && head.pieces == 8);
	for (cut = 0; cut < sizeof(wire); cut++)
		KUNIT_EXPECT_FALSE(test, paxos_head_decode(&head, wire, cut));
	KUNIT_EXPECT_FALSE(test, paxos_head_decode(&head, wire, PAXOS_DATAGRAM_MAX + 1));
}

static bool head_good(struct paxos_head head)
{
	u8 wire[PAXOS_HEAD_SIZE];

	paxos_head_encode(wire, &head);
	return paxos_head_decode(&head, wire, sizeof(wire));
}

#define WITH(field, value) \
	({ struct paxos_head h_ = sample; h_.field = value; head_good(h_); })

static void a_head_that_makes_no_sense_is_refused(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, WITH(piece, 0));
	KUNIT_EXPECT_FALSE(test, WITH(type, 0));
	KUNIT_EXPECT_FALSE(test, WITH(type, PAXOS_MESSAGE_TYPES));
	KUNIT_EXPECT_FALSE(test, WITH(from, 0));
	KUNIT_EXPECT_FALSE(test, WITH(from_session, 0));
	KUNIT_EXPECT_FALSE(test, WITH(pieces, 0));
	KUNIT_EXPECT_FALSE(test, WITH(pieces, 7));
	KUNIT_EXPECT_FALSE(test, WITH(pieces, PAXOS_PIECES_MAX + 1));
}

/* Anything else than our magic and version is none of ours. */
static void a_foreign_datagram_is_refused(struct kunit *test)
{
	u8 wire[PAXOS_HEAD_SIZE];
	struct paxos_head head;
	u32 i;

	for (i = 0; i < 5; i++) {
		paxos_head_encode(wire, &sample);
		wire[i] ^= 0x10;
		KUNIT_EXPECT_FALSE(test, paxos_head_decode(&head, wire, sizeof(wire)));
	}
}

/* Whatever comes: no access beyond its end, and what is taken can be walked. */
static void noise_does_no_harm(struct kunit *test)
{
	struct lab *lab = test->priv;
	u64 random = 88172645463325252ull;
	u32 round, length, at, flips;
	u8 type;

	for (round = 0; round < 2000; round++) {
		type = 1 + round % (PAXOS_MESSAGE_TYPES - 1);
		length = write_body(lab->scratch, type);
		for (flips = 0; flips < 1 + round % 5; flips++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			at = (u32)random % length;
			lab->scratch[at] ^= random >> 40;
		}
		length -= random >> 60 ? 0 : (u32)(random >> 32) % length;
		decodes(type, lab->scratch, length);
	}
	KUNIT_EXPECT_FALSE(test, test_bufs());
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_type_comes_back_as_written),
	KUNIT_CASE(every_other_length_is_refused),
	KUNIT_CASE(an_unknown_type_is_refused),
	KUNIT_CASE(a_wrong_count_of_items_is_refused),
	KUNIT_CASE(a_wrong_length_of_a_value_is_refused),
	KUNIT_CASE(an_entry_that_makes_no_sense_is_refused),
	KUNIT_CASE(only_acceptors_and_learners_tell_of_lost_values),
	KUNIT_CASE(a_range_that_is_empty_long_or_wraps_is_refused),
	KUNIT_CASE(a_ballot_near_the_end_is_refused),
	KUNIT_CASE(one_value_of_the_greatest_length_fits_a_body),
	KUNIT_CASE(a_writer_without_room_changes_nothing),
	KUNIT_CASE(a_head_comes_back_as_written),
	KUNIT_CASE(a_head_that_makes_no_sense_is_refused),
	KUNIT_CASE(a_foreign_datagram_is_refused),
	KUNIT_CASE(noise_does_no_harm),
	{}
};

LAB_SUITE(message, cases);
