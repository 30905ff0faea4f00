// SPDX-License-Identifier: GPL-2.0
/*
 * Journal: batches laid out and read back, and what replay makes of a journal
 * that was torn, rotted or written to the wrong place (STORAGE.md, "Starting").
 *
 * Node A lends its device and its batch; its replica has no part in this, but
 * where a journal is restored.
 */
#include "fixture.h"

#define SECTOR		PAXOS_SECTOR_SIZE

static const struct paxos_vow vow = {
	.promised = 0x50001,
	.ballot_used = 0x40001,
	.trim = 3,
	.incarnation = 9,
};

/* An empty journal, on a device as `format` leaves it. */
static void empty(struct node *node)
{
	u32 i;

	for (i = 0; i < RING_SIZE / SECTOR; i++)
		stamp_sector((struct paxos_sector *)node->device + i, &node->ring, 0,
			     node->ring.offset + i * SECTOR);
	paxos_batch_start(node->batch, 1);
	node->offset = node->ring.offset;
	node->previous_crc = 0;
}

static struct node *journal(struct kunit *test)
{
	struct lab *lab = lab_start(test, 1, paxos_bit(A));

	empty(&lab->node[A]);
	return &lab->node[A];
}

static u8 *at_offset(struct node *node, u64 offset)
{
	return node->device + (offset - node->ring.offset);
}

static void add_value(struct node *node, u64 slot, u32 length)
{
	struct paxos_record record = {
		.type = PAXOS_RECORD_ACCEPTED,
		.slot = slot,
		.ballot = 0x50001,
		.entry = item_of(slot, 0, "x").entry,
	};

	/* Any bytes will do: those of the values' own device. */
	record.entry.value.data = length > 1 ? node->arena : record.entry.value.data;
	record.entry.value.length = length;
	paxos_batch_append(node->batch, &record);
}

/* Write what was gathered; returns its length, bytes. */
static u32 put(struct lab *lab, struct node *node)
{
	u64 sequence = node->batch->sequence;
	u32 length;

	node->offset = paxos_ring_place(&node->ring, node->offset);
	length = paxos_batch_encode(node->batch, &node->ring, &vow, node->offset,
				    node->previous_crc, lab->scratch, &node->previous_crc);
	memcpy(at_offset(node, node->offset), lab->scratch, length);
	node->offset += length;
	paxos_batch_start(node->batch, sequence + 1);
	return length;
}

/* A batch of about @bytes. */
static u32 put_value(struct lab *lab, struct node *node, u32 bytes)
{
	add_value(node, 1, bytes);
	return put(lab, node);
}

/* Replay from a place on: what it ends with, and after how many batches. */
static enum paxos_replay_result replay_from(struct lab *lab, struct node *node, u64 offset,
					    u64 sequence, u32 *batches)
{
	enum paxos_replay_result result;
	struct paxos_batch_view view;
	struct paxos_replay replay;

	*batches = 0;
	paxos_replay_start(&replay, &node->ring, offset, sequence);
	for (;;) {
		lab_fill_window(lab, node, &replay);
		result = paxos_replay_next(&replay, lab->window, lab->scratch, &view);
		if (result != PAXOS_REPLAY_BATCH)
			return result;
		++*batches;
	}
}

static enum paxos_replay_result replay(struct kunit *test, struct node *node, u32 *batches)
{
	return replay_from(test->priv, node, node->ring.offset, 1, batches);
}

static void expect_replay(struct kunit *test, struct node *node, u32 line,
			  enum paxos_replay_result result, u32 count)
{
	u32 batches;

	KUNIT_EXPECT_EQ_MSG(test, replay(test, node, &batches), result, "line %u", line);
	KUNIT_EXPECT_EQ_MSG(test, batches, count, "line %u", line);
}

#define EXPECT_REPLAY(test, node, ...)	expect_replay(test, node, __LINE__, __VA_ARGS__)

static bool parse(struct lab *lab, struct node *node, u64 offset, struct paxos_batch_view *view)
{
	return paxos_batch_parse(&node->ring, at_offset(node, offset), PAXOS_BATCH_MAX, offset,
				 lab->scratch, view);
}

static void records_of_every_type_come_back_as_written(struct kunit *test)
{
	struct node *node = journal(test);
	struct lab *lab = test->priv;
	struct paxos_record records[] = {
		{ .type = PAXOS_RECORD_ACCEPTED, .slot = 7, .ballot = 0x20001,
		  .entry = item_of(0, 0, "a value").entry },
		{ .type = PAXOS_RECORD_LEARNED, .slot = 8, .ballot = 0x30002,
		  .entry = item_of(0, 0, "").entry },
		{ .type = PAXOS_RECORD_CHOSEN, .slot = 6 },
		{ .type = PAXOS_RECORD_PEER, .slot = 65535, .disk = "disk" },
		{ .type = PAXOS_RECORD_CONFIRMED },
	};
	struct paxos_batch_view view;
	struct paxos_record back;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(records); i++)
		paxos_batch_append(node->batch, &records[i]);
	put(lab, node);
	KUNIT_ASSERT_TRUE(test, parse(lab, node, node->ring.offset, &view));
	KUNIT_EXPECT_EQ(test, memcmp(&view.vow, &vow, sizeof(vow)), 0);
	KUNIT_EXPECT_EQ(test, view.sequence, 1ull);
	KUNIT_ASSERT_EQ(test, view.records, (u32)ARRAY_SIZE(records));
	for (i = 0; i < ARRAY_SIZE(records); i++) {
		KUNIT_ASSERT_TRUE(test, paxos_batch_record(&view, i, NULL, &back));
		KUNIT_EXPECT_EQ(test, back.type, records[i].type);
		KUNIT_EXPECT_EQ(test, back.slot, records[i].slot);
		KUNIT_EXPECT_EQ(test, back.ballot, records[i].ballot);
		KUNIT_EXPECT_EQ(test, memcmp(back.disk, records[i].disk, 16), 0);
		KUNIT_EXPECT_EQ(test, back.entry.type, records[i].entry.type);
		if (back.entry.type)
			KUNIT_EXPECT_TRUE(test, paxos_entry_equal(&back.entry, &records[i].entry));
	}
}

/* A promise alone is a batch without records. */
static void a_batch_without_records_says_the_promise(struct kunit *test)
{
	struct node *node = journal(test);
	struct lab *lab = test->priv;
	struct paxos_batch_view view;

	KUNIT_EXPECT_EQ(test, put(lab, node), PAXOS_BLOCK_SIZE);
	KUNIT_ASSERT_TRUE(test, parse(lab, node, node->ring.offset, &view));
	KUNIT_EXPECT_EQ(test, view.vow.promised, vow.promised);
	KUNIT_EXPECT_EQ(test, view.records, 0);
}

static void a_batch_with_room_never_outgrows_its_limit(struct kunit *test)
{
	static const u32 sizes[] = { 1, 100, 456, 457, 5000, PAXOS_VALUE_MAX };
	struct node *node = journal(test);
	struct lab *lab = test->priv;
	struct paxos_batch_view view;
	u32 i, records, length;
	u64 offset;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 bytes = sizes[i] + sizeof(struct paxos_entry_head);

		for (records = 0; paxos_batch_has_room(node->batch, 1, bytes); records++)
			add_value(node, records + 1, sizes[i]);
		KUNIT_EXPECT_GE(test, records, 7);
		length = put(lab, node);
		offset = node->offset - length;
		KUNIT_EXPECT_LE(test, length, PAXOS_BATCH_MAX);
		KUNIT_EXPECT_EQ(test, length % PAXOS_BLOCK_SIZE, 0);
		KUNIT_ASSERT_TRUE(test, parse(lab, node, offset, &view));
		KUNIT_EXPECT_EQ(test, view.records, records);
	}
}

static void a_journal_is_read_to_its_end(struct kunit *test)
{
	struct node *node = journal(test);
	u32 i;

	EXPECT_REPLAY(test, node, PAXOS_REPLAY_END, 0);
	for (i = 1; i <= 5; i++) {
		put_value(test->priv, node, 3000 * i);
		EXPECT_REPLAY(test, node, PAXOS_REPLAY_END, i);
	}
}

/* Put back the sectors of the last batch that a mask does not name. */
static void tear(struct node *node, const u8 *before, u64 offset, u32 sectors, u64 mask)
{
	u32 i;

	for (i = 0; i < sectors; i++)
		if (!(mask >> i & 1))
			memcpy(at_offset(node, offset + i * SECTOR), before + i * SECTOR, SECTOR);
}

/*
 * Torn at every boundary of sectors, from either end, and with any one sector
 * missing: never acknowledged, so dropped.  Wholly missing: the end.
 */
static void a_torn_write_is_dropped(struct kunit *test)
{
	struct node *node = journal(test);
	u8 *before = kvmalloc(2 * PAXOS_BATCH_MAX, GFP_KERNEL), *whole = before + PAXOS_BATCH_MAX;
	u32 length, sectors, i, way;
	u64 offset, mask, all;

	put_value(test->priv, node, 100);
	offset = node->offset;
	memcpy(before, at_offset(node, offset), PAXOS_BATCH_MAX);
	length = put_value(test->priv, node, 9000);
	memcpy(whole, at_offset(node, offset), length);
	sectors = length / SECTOR;
	KUNIT_EXPECT_EQ(test, sectors, 24);
	all = (1ull << sectors) - 1;
	for (way = 0; way < 3; way++) {
		for (i = 0; i < sectors; i++) {
			u64 masks[] = { (1ull << i) - 1, all << i & all, all & ~(1ull << i) };

			mask = masks[way];
			memcpy(at_offset(node, offset), whole, length);
			tear(node, before, offset, sectors, mask);
			EXPECT_REPLAY(test, node, !mask ? PAXOS_REPLAY_END :
				      mask == all ? PAXOS_REPLAY_END : PAXOS_REPLAY_TORN,
				      1 + (mask == all));
		}
	}
	kvfree(before);
}

/* One record of each kind, with values longer than a sector. */
static const struct paxos_record *every_record(struct node *node, u32 *count)
{
	static struct paxos_record record[] = {
		{ .type = PAXOS_RECORD_CHOSEN, .slot = 6 },
		{ .type = PAXOS_RECORD_ACCEPTED, .slot = 7, .ballot = 0x20001 },
		{ .type = PAXOS_RECORD_ACCEPTED, .slot = 8, .ballot = 0x20001 },
		{ .type = PAXOS_RECORD_ACCEPTED, .slot = 9, .ballot = 0x20001 },
		{ .type = PAXOS_RECORD_LEARNED, .slot = 5, .ballot = 0x30002 },
		{ .type = PAXOS_RECORD_PEER, .slot = 3, .disk = "disk" },
		{ .type = PAXOS_RECORD_TABLE, .slot = 4 },
		{ .type = PAXOS_RECORD_ACCEPTED, .slot = 10, .ballot = 0x20001 },
	};
	struct { u32 record, length; } values[] = {
		{ 1, 700 }, { 3, 600 }, { 4, 10 }, { 6, 900 }, { 7, 1000 },
	};
	u32 i;

	for (i = 0; i < PAXOS_ARENA_SIZE; i++)
		node->arena[i] = i * 7 + i / 256;
	record[2].entry = item_of(0, 0, "").entry;
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct paxos_record *to = &record[values[i].record];

		if (to->type != PAXOS_RECORD_TABLE)
			to->entry = item_of(0, 0, "x").entry;
		to->entry.value.data = node->arena + 1000 * i;
		to->entry.value.length = values[i].length;
	}
	record[3].entry.type = PAXOS_ENTRY_CONFIG;
	*count = ARRAY_SIZE(record);
	return record;
}

/* Rule 9: the value of it may be lost, and nothing else. */
static bool holds_a_value(const struct paxos_record *record)
{
	return record->entry.type == PAXOS_ENTRY_VALUE;
}

static bool same_record(const struct paxos_record *a, const struct paxos_record *b)
{
	return a->type == b->type && a->slot == b->slot && a->ballot == b->ballot &&
	       !memcmp(a->disk, b->disk, 16) && a->entry.type == b->entry.type &&
	       paxos_id_equal(&a->entry.id, &b->entry.id) &&
	       a->entry.value.length == b->entry.value.length;
}

/* What was read is what was written, or known to be lost; returns how many are. */
static u32 check_records(struct kunit *test, const struct paxos_batch_view *view,
			 const struct paxos_record *record, u32 count, u32 sector)
{
	struct paxos_record back;
	u32 lost = 0, i;

	KUNIT_ASSERT_EQ(test, view->records, count);
	KUNIT_EXPECT_NULL(test, view->damage);
	for (i = 0; i < count; i++) {
		KUNIT_ASSERT_TRUE_MSG(test, paxos_batch_record(view, i, NULL, &back),
				      "sector %u", sector);
		KUNIT_EXPECT_TRUE_MSG(test, same_record(&back, &record[i]), "sector %u", sector);
		lost += back.faulty;
		if (back.faulty) {
			KUNIT_EXPECT_TRUE(test, holds_a_value(&record[i]));
			KUNIT_EXPECT_NULL(test, back.entry.value.data);
		} else if (back.entry.value.length) {
			KUNIT_EXPECT_EQ_MSG(test, memcmp(back.entry.value.data,
							 record[i].entry.value.data,
							 back.entry.value.length),
					    0, "sector %u", sector);
		}
	}
	KUNIT_EXPECT_EQ(test, view->faulty, lost);
	return lost;
}

/* What may become of a sector. */
enum fate { ROTS, ROTS_IN_ITS_STAMP, STAYS_OLDER, IS_ELSEWHERES, IS_LATER, FATES };

static void spoil(struct paxos_sector *sector)
{
	u32 i;

	for (i = 0; i < PAXOS_SECTOR_DATA; i++)
		sector->data[i] ^= 1 << i % 8;
}

static void befall(struct node *node, u64 address, enum fate fate, u32 sector)
{
	struct paxos_sector *at = (struct paxos_sector *)at_offset(node, address);

	switch (fate) {
	case ROTS:
		spoil(at);
		break;
	case ROTS_IN_ITS_STAMP:
		((u8 *)&at->sequence)[sector % 24] ^= 1 << sector % 8;
		break;
	case STAYS_OLDER:
		memset(at->data, sector, sizeof(at->data));
		stamp_sector(at, &node->ring, 1, address);
		break;
	case IS_ELSEWHERES:
		spoil(at);
		stamp_sector(at, &node->ring, 2, address + PAXOS_BATCH_MAX);
		break;
	case IS_LATER:
		stamp_sector(at, &node->ring, 4, address);
		break;
	default:
		break;
	}
}

/*
 * STORAGE.md, "Starting", sector by sector.  Batch 2 holds a record of each kind;
 * one of its sectors is hit.  With or without another batch after it: wrong data
 * never comes back, and values alone are lost without forgetting.
 */
static void each_sector_of_a_batch_is_hit(struct kunit *test, struct node *node,
					  enum fate fate, bool last, u32 outcome[])
{
	struct lab *lab = test->priv;
	const struct paxos_record *records;
	enum paxos_replay_result result;
	struct paxos_batch_view view;
	struct paxos_replay replay;
	u8 saved[SECTOR];
	u32 length, count, i;
	u64 begin, at;

	empty(node);
	put_value(lab, node, 100);
	begin = node->offset;
	records = every_record(node, &count);
	for (i = 0; i < count; i++)
		paxos_batch_append(node->batch, &records[i]);
	length = put(lab, node);
	if (!last)
		put_value(lab, node, 100);
	for (i = 0; i < length / SECTOR; i++) {
		at = begin + i * SECTOR;
		memcpy(saved, at_offset(node, at), SECTOR);
		befall(node, at, fate, i);
		paxos_replay_start(&replay, &node->ring, node->ring.offset, 1);
		lab_fill_window(lab, node, &replay);
		paxos_replay_next(&replay, lab->window, lab->scratch, &view);
		lab_fill_window(lab, node, &replay);
		result = paxos_replay_next(&replay, lab->window, lab->scratch, &view);
		outcome[result]++;
		if (result == PAXOS_REPLAY_BATCH && check_records(test, &view, records, count, i))
			outcome[PAXOS_REPLAY_DAMAGED + 1]++;
		else
			KUNIT_EXPECT_EQ(test, result == PAXOS_REPLAY_DAMAGED, !!replay.damage);
		memcpy(at_offset(node, at), saved, SECTOR);
	}
	KUNIT_EXPECT_EQ(test, i, 16);
}

/*
 * Two sectors of header, seven of payload (of which the second to fifth hold, in
 * part, what cannot be missed), five that are not used, two of the other header.
 */
static void a_hit_sector_is_known_for_what_it_held(struct kunit *test)
{
	static const struct {
		enum fate fate;
		bool last;
		/* of 16 sectors: damage, torn, all whole, values lost */
		u32 damaged, torn, whole, faulty;
	} expected[] = {
		{ ROTS, true, 4, 0, 9, 3 },
		{ ROTS, false, 4, 0, 9, 3 },
		{ ROTS_IN_ITS_STAMP, true, 0, 0, 16, 0 },
		{ ROTS_IN_ITS_STAMP, false, 0, 0, 16, 0 },
		{ STAYS_OLDER, true, 0, 16, 0, 0 },
		{ STAYS_OLDER, false, 16, 0, 0, 0 },
		{ IS_ELSEWHERES, true, 4, 0, 9, 3 },
		{ IS_ELSEWHERES, false, 4, 0, 9, 3 },
		{ IS_LATER, true, 16, 0, 0, 0 },
		{ IS_LATER, false, 16, 0, 0, 0 },
	};
	struct node *node = journal(test);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		u32 outcome[PAXOS_REPLAY_DAMAGED + 2] = {};

		each_sector_of_a_batch_is_hit(test, node, expected[i].fate, expected[i].last,
					      outcome);
		KUNIT_EXPECT_EQ_MSG(test, outcome[PAXOS_REPLAY_DAMAGED], expected[i].damaged,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, outcome[PAXOS_REPLAY_TORN], expected[i].torn,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, outcome[PAXOS_REPLAY_DAMAGED + 1], expected[i].faulty,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, outcome[PAXOS_REPLAY_BATCH],
				    expected[i].whole + expected[i].faulty, "row %u", i);
	}
}

static u8 *sector_at(struct node *node, u64 offset, u32 sector)
{
	return at_offset(node, offset + sector * SECTOR);
}

/* Row 32's ground: rotten beyond its values, the last batch is no torn one. */
static void both_headers_rotten_is_damage(struct kunit *test)
{
	struct node *node = journal(test);
	u64 offset;

	put_value(test->priv, node, 100);
	offset = node->offset;
	put_value(test->priv, node, 2000);
	sector_at(node, offset, 0)[100] ^= 1;
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_END, 2);
	sector_at(node, offset, 7)[100] ^= 1;
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 1);
	sector_at(node, offset, 0)[100] ^= 1;
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_END, 2);
}

/*
 * A disk may lose a block at once.  The second header copy still tells of the batch,
 * all of whose stamps in the first block are gone; of one that had no more, nothing.
 */
static void a_rotten_first_block_leaves_the_second_header(struct kunit *test)
{
	struct node *node = journal(test);
	u32 i, more;
	u64 offset;

	for (more = 0; more < 2; more++) {
		empty(node);
		put_value(test->priv, node, 100);
		offset = node->offset;
		put_value(test->priv, node, 9000);
		if (more)
			put_value(test->priv, node, 9000);
		for (i = 0; i < PAXOS_BLOCK_SECTORS; i++)
			sector_at(node, offset, i)[100 + i] ^= 1;
		EXPECT_REPLAY(test, node, PAXOS_REPLAY_END, 2 + more);
		for (i = 0; i < PAXOS_BLOCK_SECTORS; i++)
			sector_at(node, node->ring.offset, i)[100 + i] ^= 1;
		EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 0);
	}
}

/* Torn, or acknowledged and then hit twice?  Nobody can tell: the safe side. */
static void rot_in_a_torn_write_is_damage(struct kunit *test)
{
	struct node *node = journal(test);
	u64 offset;
	u32 i, k;

	put_value(test->priv, node, 100);
	offset = node->offset;
	for (i = 0; i < 8; i++) {
		for (k = 0; k < 8; k++) {
			if (i == k)
				continue;
			paxos_batch_start(node->batch, 2);
			node->offset = offset;
			put_value(test->priv, node, 2000);
			stamp_sector((struct paxos_sector *)sector_at(node, offset, i), &node->ring,
				     0, offset + i * SECTOR);
			sector_at(node, offset, k)[100] ^= 1;
			EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 1);
		}
	}
}

/* Sectors of that sequence beyond the batch's own do not make it whole. */
static void remains_of_another_torn_write_do_not_count(struct kunit *test)
{
	struct node *node = journal(test);
	u64 offset, beyond;
	u32 i;

	put_value(test->priv, node, 100);
	offset = node->offset;
	put_value(test->priv, node, 2000);
	for (i = 8; i < 24; i++) {
		beyond = offset + i * SECTOR;
		stamp_sector((struct paxos_sector *)at_offset(node, beyond), &node->ring, 2,
			     beyond);
	}
	stamp_sector((struct paxos_sector *)sector_at(node, offset, 3), &node->ring, 0,
		     offset + 3 * SECTOR);
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_TORN, 1);
}

/* A part of the last batch overwrote a value: what looks torn was acknowledged. */
static void what_a_misdirected_sector_left_behind_is_damage(struct kunit *test)
{
	struct node *node = journal(test);
	u64 offset;

	put_value(test->priv, node, 600);
	offset = node->offset;
	put_value(test->priv, node, 2000);
	memcpy(sector_at(node, node->ring.offset, 2), sector_at(node, offset, 3), SECTOR);
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_END, 2);
	stamp_sector((struct paxos_sector *)sector_at(node, offset, 3), &node->ring, 0,
		     offset + 3 * SECTOR);
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 1);
}

/* A value that reads like a batch of its own, where the header proper has rotted. */
static void a_header_inside_a_value_is_no_header(struct kunit *test)
{
	struct node *node = journal(test);
	struct lab *lab = test->priv;
	struct paxos_batch_view view;
	u64 offset = node->offset;
	u8 *forged;
	u32 crc;

	/* As if it stood right there, three blocks long. */
	add_value(node, 77, 4000);
	put(lab, node);
	forged = kvmalloc(8 * SECTOR, GFP_KERNEL);
	memcpy(forged, at_offset(node, offset), 8 * SECTOR);
	memcpy(node->arena, forged, PAXOS_SECTOR_DATA);
	crc = node->previous_crc;
	paxos_batch_start(node->batch, 1);
	node->offset = offset;
	node->previous_crc = 0;
	add_value(node, 1, 8000);
	put(lab, node);
	KUNIT_EXPECT_EQ(test, memcmp(sector_at(node, offset, 1), forged, PAXOS_SECTOR_DATA), 0);
	memset(at_offset(node, offset), 0, 100);
	KUNIT_ASSERT_TRUE(test, parse(lab, node, offset, &view));
	KUNIT_EXPECT_NE(test, view.crc, crc);
	KUNIT_EXPECT_EQ(test, view.crc, node->previous_crc);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(view.tags[0].slot), 1ull);
	kvfree(forged);
}

/* Beyond the end too, as far as replay looks: who can say what stood there? */
static void rot_beyond_the_end_is_damage(struct kunit *test)
{
	struct node *node = journal(test);

	put_value(test->priv, node, 100);
	node->device[PAXOS_BLOCK_SIZE + PAXOS_REPLAY_WINDOW - 1] ^= 1;
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 1);
	node->device[PAXOS_BLOCK_SIZE + PAXOS_REPLAY_WINDOW - 1] ^= 1;
	node->device[PAXOS_BLOCK_SIZE + PAXOS_REPLAY_WINDOW] ^= 1;
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_END, 1);
}

/* Any byte that changes is either of no account, or known to be lost. */
static void no_byte_of_a_batch_is_without_a_check(struct kunit *test)
{
	struct node *node = journal(test);
	struct lab *lab = test->priv;
	struct paxos_batch_view view;
	struct paxos_record record;
	u32 length = put_value(lab, node, 300), lost = 0, i;

	KUNIT_EXPECT_TRUE(test, parse(lab, node, node->ring.offset, &view));
	for (i = 0; i < length; i++) {
		node->device[i] ^= 1 << i % 8;
		KUNIT_ASSERT_TRUE_MSG(test, parse(lab, node, node->ring.offset, &view), "byte %u",
				      i);
		KUNIT_ASSERT_TRUE(test, paxos_batch_record(&view, 0, NULL, &record));
		KUNIT_EXPECT_EQ(test, record.faulty, i >= SECTOR && i < SECTOR + 300);
		lost += record.faulty;
		if (!record.faulty)
			KUNIT_EXPECT_EQ(test, memcmp(record.entry.value.data, node->arena, 300),
					0);
		node->device[i] ^= 1 << i % 8;
	}
	KUNIT_EXPECT_EQ(test, lost, 300);
}

/* Row 32's ground: N+1 lost, N+2 there: N+1 was acknowledged. */
static void a_lost_write_before_a_later_one_is_damage(struct kunit *test)
{
	struct node *node = journal(test);
	u8 *before = kvmalloc(PAXOS_BLOCK_SIZE, GFP_KERNEL);
	u64 offset;

	put_value(test->priv, node, 100);
	offset = node->offset;
	memcpy(before, at_offset(node, offset), PAXOS_BLOCK_SIZE);
	put_value(test->priv, node, 100);
	put_value(test->priv, node, 100);
	memcpy(at_offset(node, offset), before, PAXOS_BLOCK_SIZE);
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 1);
	kvfree(before);
}

/* Row 13: one sector, and a whole batch, that went to the wrong place. */
static void a_misdirected_write_is_damage(struct kunit *test)
{
	struct node *node = journal(test);
	u32 first, length;
	u64 offset;
	u8 *before;

	first = put_value(test->priv, node, 100);
	offset = node->offset;
	length = put_value(test->priv, node, 3000);
	before = kvmalloc(PAXOS_BATCH_MAX, GFP_KERNEL);
	/* A sector of this very batch over another of it: a value at most is lost. */
	memcpy(before, at_offset(node, offset), length);
	memcpy(at_offset(node, offset + 3 * SECTOR), before + 2 * SECTOR, SECTOR);
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_END, 2);
	/* The whole batch over the one before it. */
	memcpy(at_offset(node, offset), before, length);
	memcpy(before + length, node->device, first);
	memcpy(node->device, before, length);
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 0);
	/* The whole batch to where nothing stands yet: its own place is as it was. */
	memcpy(node->device, before + length, first);
	memcpy(at_offset(node, offset + 16 * PAXOS_BLOCK_SIZE), before, length);
	stamp_sector((struct paxos_sector *)at_offset(node, offset), &node->ring, 0, offset);
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 1);
	kvfree(before);
}

/* Of another disk, node or cluster: whatever it says, it is not this node's. */
static void a_batch_of_another_ring_is_damage(struct kunit *test)
{
	struct node *node = journal(test);
	struct paxos_ring ring = node->ring;
	u32 which;

	for (which = 0; which < 3; which++) {
		paxos_batch_start(node->batch, 1);
		node->offset = node->ring.offset;
		node->ring.disk_tag += which == 0;
		node->ring.node += which == 1;
		node->ring.cluster[15] += which == 2;
		put_value(test->priv, node, 100);
		node->ring = ring;
		EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 0);
	}
}

/* Each batch names the one before it: another history does not fit on. */
static void a_batch_that_does_not_follow_is_damage(struct kunit *test)
{
	struct node *node = journal(test);

	put_value(test->priv, node, 100);
	node->previous_crc ^= 1;
	put_value(test->priv, node, 100);
	EXPECT_REPLAY(test, node, PAXOS_REPLAY_DAMAGED, 1);
}

/* Three times around the ring, read from a batch of the last round. */
static void a_journal_goes_on_at_the_rings_start(struct kunit *test)
{
	struct node *node = journal(test);
	struct lab *lab = test->priv;
	u64 offset[64], sequence = 0;
	u32 rounds = 0, batches;

	while (rounds < 3 || node->offset < node->ring.offset + RING_SIZE / 4) {
		u64 before = node->offset;

		put_value(lab, node, 9000 + 1000 * (sequence % 7));
		rounds += node->offset < before;
		offset[sequence++ % 64] = node->offset;
	}
	/* The last thirty, some of them at the ring's end. */
	KUNIT_EXPECT_GT(test, offset[(sequence - 30) % 64], node->offset);
	KUNIT_EXPECT_EQ(test, replay_from(lab, node, offset[(sequence - 31) % 64], sequence - 29,
					  &batches), PAXOS_REPLAY_END);
	KUNIT_EXPECT_EQ(test, batches, 30);
	/* Torn, over what the last round left there. */
	put_value(lab, node, 9000);
	stamp_sector((struct paxos_sector *)at_offset(node, node->offset - SECTOR), &node->ring,
		     3, node->offset - SECTOR);
	KUNIT_EXPECT_EQ(test, replay_from(lab, node, offset[(sequence - 31) % 64], sequence - 29,
					  &batches), PAXOS_REPLAY_TORN);
	KUNIT_EXPECT_EQ(test, batches, 30);
}

static void a_batch_never_wraps(struct kunit *test)
{
	struct node *node = journal(test);
	u64 end = node->ring.offset + RING_SIZE;

	KUNIT_EXPECT_EQ(test, paxos_ring_place(&node->ring, end - PAXOS_BATCH_MAX),
			end - PAXOS_BATCH_MAX);
	KUNIT_EXPECT_EQ(test, paxos_ring_place(&node->ring, end - PAXOS_BATCH_MAX + 4096),
			node->ring.offset);
	KUNIT_EXPECT_EQ(test, paxos_ring_place(&node->ring, end), node->ring.offset);
}

/* A header with one record: where both stand in each copy. */
struct small_header {
	struct paxos_batch_header header;
	struct paxos_record_tag tag;
};

/* Write the header of a batch of 8 sectors anew, with all its checksums right. */
static void reseal(struct node *node, struct small_header *small)
{
	struct paxos_sector *sector = (struct paxos_sector *)node->device;

	small->header.crc = 0;
	small->header.crc = cpu_to_le32(port_crc(small, sizeof(*small)));
	memcpy(sector[0].data, small, sizeof(*small));
	memcpy(sector[7].data, small, sizeof(*small));
	stamp_sector(&sector[0], &node->ring, 1, node->ring.offset);
	stamp_sector(&sector[7], &node->ring, 1, node->ring.offset + 7 * SECTOR);
}

#define AT(field)	offsetof(struct small_header, field)

static const struct lie {
	const char *story;
	u32 offset, size;
	u64 value;
} lies[] = {
	{ "no magic",			AT(header.magic), 4, 0 },
	{ "another address",		AT(header.address), 8, 4096 },
	{ "no sectors",			AT(header.sectors), 4, 0 },
	{ "endless",			AT(header.sectors), 4, ~0u },
	{ "no header",			AT(header.header_sectors), 4, 0 },
	{ "endless header",		AT(header.header_sectors), 4, ~0u },
	{ "endless payload",		AT(header.payload_bytes), 4, ~0u },
	{ "large payload",		AT(header.payload_bytes), 4, PAXOS_BATCH_MAX },
	{ "more records",		AT(header.records), 2, 2 },
	{ "most records",		AT(header.records), 2, 0xffff },
	{ "a record beyond the end",	AT(tag.offset), 4, ~0u },
	{ "an endless record",		AT(tag.length), 4, ~0u },
	{ "a record one byte too long",	AT(tag.length), 4, 333 },
	{ "an unknown record",		AT(tag.type), 2, 99 },
	{ "a record of another type",	AT(tag.type), 2, PAXOS_RECORD_CHOSEN },
};

static bool believed(struct lab *lab, struct node *node)
{
	struct paxos_batch_view view;
	struct paxos_record record;

	return parse(lab, node, node->ring.offset, &view) &&
	       paxos_batch_record(&view, 0, NULL, &record);
}

static void a_header_that_makes_no_sense_is_refused(struct kunit *test)
{
	struct node *node = journal(test);
	struct lab *lab = test->priv;
	struct small_header good, bad;
	const struct lie *lie;
	__le64 value;

	put_value(lab, node, 300);
	memcpy(&good, node->device, sizeof(good));
	for (lie = lies; lie < lies + ARRAY_SIZE(lies); lie++) {
		bad = good;
		value = cpu_to_le64(lie->value);
		memcpy((u8 *)&bad + lie->offset, &value, lie->size);
		reseal(node, &bad);
		KUNIT_EXPECT_FALSE_MSG(test, believed(lab, node), "%s", lie->story);
	}
	reseal(node, &good);
	KUNIT_EXPECT_TRUE(test, believed(lab, node));
}

/* Each start writes the last batch again, and it may hold two ballots of one slot. */
static void an_acceptance_that_was_outlived_stays_so(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_record older = {
		.type = PAXOS_RECORD_ACCEPTED,
		.slot = 1,
		.ballot = ballot_of(2, B),
		.entry = item_of(1, 0, "x").entry,
	};
	struct paxos_record newer = older;
	struct paxos_vow promise = { .promised = ballot_of(3, C) };
	unsigned int i;

	newer.ballot = ballot_of(3, C);
	newer.entry = item_of(1, 0, "y").entry;
	r->restoring = true;
	KUNIT_ASSERT_TRUE(test, paxos_replica_restore(r, &promise));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_TRUE(test, paxos_replica_restore_record(r, &older));
		KUNIT_EXPECT_TRUE(test, paxos_replica_restore_record(r, &newer));
	}
	KUNIT_EXPECT_TRUE(test, paxos_replica_restore_record(r, &older));
	KUNIT_EXPECT_EQ(test, paxos_slot_at(r, 1)->ballot, newer.ballot);
	KUNIT_EXPECT_TRUE(test, paxos_entry_equal(&paxos_slot_at(r, 1)->entry, &newer.entry));
}

/* Rule 7: a journal that contradicts itself is not believed. */
static void a_journal_that_takes_something_back_is_refused(struct kunit *test)
{
	struct lab *lab = lab_start(test, 3, paxos_bit(A));
	struct paxos_replica *r = lab->node[A].replica;
	struct paxos_record record = {
		.type = PAXOS_RECORD_ACCEPTED,
		.slot = 1,
		.ballot = ballot_of(3, B),
		.entry = item_of(1, 0, "x").entry,
	};
	struct paxos_record learned = record, gap = record, peer = record, chosen = record;
	struct paxos_vow promise = { .promised = ballot_of(3, B) };

	r->restoring = true;
	KUNIT_EXPECT_FALSE(test, paxos_replica_restore_record(r, &record));
	KUNIT_EXPECT_TRUE(test, paxos_replica_restore(r, &promise));
	KUNIT_EXPECT_TRUE(test, paxos_replica_restore_record(r, &record));
	promise.promised--;
	KUNIT_EXPECT_FALSE(test, paxos_replica_restore(r, &promise));
	promise = (struct paxos_vow) { ballot_of(4, A), ballot_of(5, A) };
	KUNIT_EXPECT_FALSE(test, paxos_replica_restore(r, &promise));
	chosen.type = PAXOS_RECORD_CHOSEN;
	chosen.slot = 2;
	KUNIT_EXPECT_FALSE(test, paxos_replica_restore_record(r, &chosen));
	learned.type = PAXOS_RECORD_LEARNED;
	learned.ballot = 0;
	KUNIT_EXPECT_FALSE(test, paxos_replica_restore_record(r, &learned));
	gap.slot = PAXOS_AHEAD + 2;
	KUNIT_EXPECT_FALSE(test, paxos_replica_restore_record(r, &gap));
	peer.type = PAXOS_RECORD_PEER;
	peer.slot = 65536 + 2;
	KUNIT_EXPECT_FALSE(test, paxos_replica_restore_record(r, &peer));
	r->restoring = false;
}

/* Each mark lies below the one before it, even in a ring so small that both are the same. */
static void a_ring_is_full_before_it_is_low(struct kunit *test)
{
	static const u64 sizes[] = { 2ull << 20, PAXOS_RING_MIN, 64ull << 20, 1ull << 40 };
	struct paxos_ring ring = {};
	u64 reserve;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ring.size = sizes[i];
		reserve = port_max(port_min((u64)PAXOS_RING_RESERVE, ring.size / 4),
				   (u64)PAXOS_RING_LOW);
		KUNIT_EXPECT_FALSE(test, paxos_ring_full(&ring, ring.size - reserve));
		KUNIT_EXPECT_TRUE(test, paxos_ring_full(&ring, ring.size - reserve + 1));
		KUNIT_EXPECT_FALSE(test, paxos_ring_low(&ring, ring.size - PAXOS_RING_LOW));
		KUNIT_EXPECT_TRUE(test, paxos_ring_low(&ring, ring.size - PAXOS_RING_LOW + 1));
		KUNIT_EXPECT_TRUE(test, paxos_ring_full(&ring, ring.size));
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(records_of_every_type_come_back_as_written),
	KUNIT_CASE(a_batch_without_records_says_the_promise),
	KUNIT_CASE(a_batch_with_room_never_outgrows_its_limit),
	KUNIT_CASE(a_journal_is_read_to_its_end),
	KUNIT_CASE(a_torn_write_is_dropped),
	KUNIT_CASE(a_hit_sector_is_known_for_what_it_held),
	KUNIT_CASE(both_headers_rotten_is_damage),
	KUNIT_CASE(a_rotten_first_block_leaves_the_second_header),
	KUNIT_CASE(rot_in_a_torn_write_is_damage),
	KUNIT_CASE(remains_of_another_torn_write_do_not_count),
	KUNIT_CASE(what_a_misdirected_sector_left_behind_is_damage),
	KUNIT_CASE(a_header_inside_a_value_is_no_header),
	KUNIT_CASE(rot_beyond_the_end_is_damage),
	KUNIT_CASE(no_byte_of_a_batch_is_without_a_check),
	KUNIT_CASE(a_lost_write_before_a_later_one_is_damage),
	KUNIT_CASE(a_misdirected_write_is_damage),
	KUNIT_CASE(a_batch_of_another_ring_is_damage),
	KUNIT_CASE(a_batch_that_does_not_follow_is_damage),
	KUNIT_CASE(a_journal_goes_on_at_the_rings_start),
	KUNIT_CASE(a_batch_never_wraps),
	KUNIT_CASE(a_header_that_makes_no_sense_is_refused),
	KUNIT_CASE(an_acceptance_that_was_outlived_stays_so),
	KUNIT_CASE(a_journal_that_takes_something_back_is_refused),
	KUNIT_CASE(a_ring_is_full_before_it_is_low),
	{}
};

LAB_SUITE(record, cases);
