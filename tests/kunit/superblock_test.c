// SPDX-License-Identifier: GPL-2.0
/* Superblock: which of the four copies counts, if any. */
#include "fixture.h"

#include "../../kmod/core/superblock.h"

#define DEVICE_SIZE	(PAXOS_DEVICE_MIN + (1ull << 20))

static void good_super(struct paxos_super *super)
{
	u32 i;

	memset(super, 0, sizeof(*super));
	super->magic = cpu_to_le64(PAXOS_SUPER_MAGIC);
	super->version = cpu_to_le32(PAXOS_DISK_VERSION);
	super->sequence = cpu_to_le64(5);
	super->disk[0] = 0x78;
	super->disk[3] = 0x12;
	super->node = cpu_to_le16(2);
	super->state = PAXOS_SUPER_OK;
	super->members = 3;
	super->device_size = cpu_to_le64(DEVICE_SIZE);
	super->ring_offset = cpu_to_le64(PAXOS_RING_OFFSET);
	super->ring_size = cpu_to_le64(PAXOS_RING_MIN);
	super->start_offset = cpu_to_le64(PAXOS_RING_OFFSET);
	super->start_sequence = cpu_to_le64(1);
	for (i = 0; i < 3; i++) {
		super->member[i].node = cpu_to_le16(i + 1);
		super->member[i].voter = 1;
	}
}

/* Four copies of one superblock, in the lab's scratch memory. */
static struct paxos_super *copies(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_super *copy = (struct paxos_super *)lab->scratch;
	u32 i;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++) {
		good_super(&copy[i]);
		paxos_super_seal(&copy[i], i, DEVICE_SIZE);
	}
	return copy;
}

static void all_four_good_needs_no_repair(struct kunit *test)
{
	u32 mask = 9;
	unsigned int good = 9;

	KUNIT_EXPECT_EQ(test, paxos_super_choose(copies(test), DEVICE_SIZE, &good, &mask),
			PAXOS_SUPER_GOOD);
	KUNIT_EXPECT_LT(test, good, PAXOS_SUPER_COPIES);
	KUNIT_EXPECT_EQ(test, mask, 0);
}

static void one_rotten_copy_is_repaired(struct kunit *test)
{
	struct paxos_super *copy;
	unsigned int good;
	u32 i, mask;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++) {
		copy = copies(test);
		((u8 *)&copy[i])[i * 1000 + 16] ^= 4;
		KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE, &good, &mask),
				PAXOS_SUPER_GOOD);
		KUNIT_EXPECT_EQ(test, mask, 1 << i);
		KUNIT_EXPECT_NE(test, good, i);
	}
}

static void two_rotten_copies_are_damage(struct kunit *test)
{
	struct paxos_super *copy;
	unsigned int good;
	u32 pair, mask;

	for (pair = 0; pair < 16; pair++) {
		if (pair / 4 == pair % 4)
			continue;
		copy = copies(test);
		copy[pair / 4].promised ^= 1;
		copy[pair % 4].reserved1[7] ^= 1;
		KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE, &good, &mask),
				PAXOS_SUPER_DAMAGED);
	}
}

/* Even if it alone has that sequence; all others are brought to it. */
static void the_newest_valid_copy_wins(struct kunit *test)
{
	struct paxos_super *copy;
	unsigned int good, i;
	u32 mask;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++) {
		copy = copies(test);
		copy[i].sequence = cpu_to_le64(6);
		paxos_super_seal(&copy[i], i, DEVICE_SIZE);
		KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE, &good, &mask),
				PAXOS_SUPER_GOOD);
		KUNIT_EXPECT_EQ(test, good, i);
		KUNIT_EXPECT_EQ(test, mask, 15u & ~(1u << i));
	}
}

/* Row 33: two copies new and two old, then one sector rots. */
static void of_two_new_and_two_old_the_valid_newest_wins(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	unsigned int good, i;
	u32 mask;

	for (i = 0; i < 2; i++) {
		copy[i].sequence = cpu_to_le64(6);
		copy[i].promised = cpu_to_le64(7);
		paxos_super_seal(&copy[i], i, DEVICE_SIZE);
	}
	((u8 *)&copy[0])[700] ^= 1;
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE, &good, &mask),
			PAXOS_SUPER_GOOD);
	KUNIT_EXPECT_EQ(test, good, 1);
	KUNIT_EXPECT_EQ(test, mask, 0xd);
}

/* Each copy bears its own address. */
static void a_copy_in_the_place_of_another_is_invalid(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	unsigned int good;
	u32 mask;

	copy[1] = copy[2];
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE, &good, &mask),
			PAXOS_SUPER_GOOD);
	KUNIT_EXPECT_EQ(test, mask, 2);
	copy[3] = copy[2];
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE, &good, &mask),
			PAXOS_SUPER_DAMAGED);
}

static void no_byte_is_without_a_check(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	unsigned int good;
	u32 mask, i;

	for (i = 8; i < PAXOS_BLOCK_SIZE; i++) {
		((u8 *)&copy[2])[i] ^= 1 << i % 8;
		paxos_super_choose(copy, DEVICE_SIZE, &good, &mask);
		KUNIT_EXPECT_EQ_MSG(test, mask, 4, "byte %u", i);
		((u8 *)&copy[2])[i] ^= 1 << i % 8;
	}
}

static void a_device_of_something_else_is_not_ours(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	unsigned int good;
	u32 mask;

	memset(copy, 0, PAXOS_SUPER_COPIES * sizeof(*copy));
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE, &good, &mask),
			PAXOS_SUPER_NONE);
}

/* The last two are looked for where the device ends now. */
static void a_device_that_shrank_is_named_as_such(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	unsigned int good;
	u32 mask;

	memset(&copy[2], 0, 2 * sizeof(*copy));
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE - 4096, &good, &mask),
			PAXOS_SUPER_SHRUNK);
}

/* Whatever an earlier format left at the end that it has now. */
static void a_device_that_grew_is_named_as_such(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	u64 larger = DEVICE_SIZE + 4096;
	unsigned int good, i;
	u32 mask;

	for (i = 2; i < PAXOS_SUPER_COPIES; i++) {
		copy[i].sequence = cpu_to_le64(9);
		copy[i].device_size = cpu_to_le64(larger);
		paxos_super_seal(&copy[i], i, larger);
	}
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, larger, &good, &mask), PAXOS_SUPER_GROWN);
	memset(&copy[2], 0, 2 * sizeof(*copy));
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, larger, &good, &mask), PAXOS_SUPER_GROWN);
	/* The copies stand at whole blocks: what is below one changes nothing. */
	copy = copies(test);
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE + 512, &good, &mask),
			PAXOS_SUPER_GOOD);
}

static void another_version_is_refused(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	unsigned int good, i;
	u32 mask;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++) {
		copy[i].version = cpu_to_le32(PAXOS_DISK_VERSION + 1);
		paxos_super_seal(&copy[i], i, DEVICE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, paxos_super_choose(copy, DEVICE_SIZE, &good, &mask),
			PAXOS_SUPER_VERSION);
}

#define AT(field)	offsetof(struct paxos_super, field)

static const struct nonsense {
	const char *story;
	u32 offset, size;
	u64 value;
} nonsense[] = {
	{ "no node",			AT(node), 2, 0 },
	{ "not a member",		AT(node), 2, 9 },
	{ "no state",			AT(state), 1, 0 },
	{ "an unknown state",		AT(state), 1, 4 },
	{ "no members",			AT(members), 1, 0 },
	{ "too many members",		AT(members), 1, 32 },
	{ "most members",		AT(members), 1, 255 },
	{ "a member twice",		AT(member[2].node), 2, 1 },
	{ "a ring over the copies",	AT(ring_offset), 8, 4096 },
	{ "too small a ring",		AT(ring_size), 8, PAXOS_RING_MIN - 4096 },
	{ "a ring of odd sectors",	AT(ring_size), 8, PAXOS_RING_MIN + 512 },
	{ "a ring that wraps",		AT(ring_size), 8, ~0ull << 12 },
	{ "a start before the ring",	AT(start_offset), 8, 0 },
	{ "a start after the ring",	AT(start_offset), 8, PAXOS_RING_OFFSET + PAXOS_RING_MIN },
	{ "a start between blocks",	AT(start_offset), 8, PAXOS_RING_OFFSET + 512 },
	{ "a start that could not be",	AT(start_offset), 8,
	  PAXOS_RING_OFFSET + PAXOS_RING_MIN - PAXOS_BATCH_MAX + 4096 },
	{ "no first sequence",		AT(start_sequence), 8, 0 },
	{ "a late start, untrimmed",	AT(start_sequence), 8, 2 },
	{ "a table, untrimmed",		AT(session_offset), 8, PAXOS_RING_OFFSET },
	{ "trimmed, without a table",	AT(trim), 8, 100 },
	{ "half a voter",		AT(member[1].voter), 1, 2 },
	{ "a disk half known",		AT(member[1].known), 1, 128 },
};

/* Of one that was trimmed. */
static const struct nonsense trimmed[] = {
	{ "a table before the ring",	AT(session_offset), 8, 4096 },
	{ "a table after the ring",	AT(session_offset), 8, ~0ull << 12 },
	{ "a table between blocks",	AT(session_offset), 8, PAXOS_RING_OFFSET + 512 },
	{ "a start that wraps",		AT(start_offset), 8, ~0ull << 12 },
	{ "no first sequence",		AT(start_sequence), 8, 0 },
	{ "no such slot",		AT(trim), 8, ~0ull },
};

/* Seal this as all four copies: what does it amount to? */
static enum paxos_super_result judged(struct kunit *test, const struct paxos_super *super)
{
	struct paxos_super *copy = copies(test);
	unsigned int good, i;
	u32 mask;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++) {
		copy[i] = *super;
		paxos_super_seal(&copy[i], i, DEVICE_SIZE);
	}
	return paxos_super_choose(copy, DEVICE_SIZE, &good, &mask);
}

/* Valid checksums, and yet no superblock that one could work with. */
static void a_superblock_that_makes_no_sense_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_super *super = (struct paxos_super *)lab->window;
	const struct nonsense *n;
	__le64 value;
	u32 i;

	for (n = nonsense; n < nonsense + ARRAY_SIZE(nonsense); n++) {
		good_super(super);
		value = cpu_to_le64(n->value);
		memcpy((u8 *)super + n->offset, &value, n->size);
		KUNIT_EXPECT_EQ_MSG(test, judged(test, super), PAXOS_SUPER_SENSELESS, "%s",
				    n->story);
	}
	good_super(super);
	KUNIT_EXPECT_EQ(test, judged(test, super), PAXOS_SUPER_GOOD);
	for (i = 0; i < 3; i++)
		super->member[i].voter = 0;
	KUNIT_EXPECT_EQ(test, judged(test, super), PAXOS_SUPER_SENSELESS);
}

static void a_trim_that_makes_no_sense_is_refused(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_super *super = (struct paxos_super *)lab->window;
	const struct nonsense *n;
	__le64 value;

	for (n = trimmed; n <= trimmed + ARRAY_SIZE(trimmed); n++) {
		bool sound = n == trimmed + ARRAY_SIZE(trimmed);

		good_super(super);
		paxos_super_trim(super, 1000, PAXOS_RING_OFFSET + 3 * 4096,
				 PAXOS_RING_OFFSET + 4096, 77);
		if (!sound) {
			value = cpu_to_le64(n->value);
			memcpy((u8 *)super + n->offset, &value, n->size);
		}
		KUNIT_EXPECT_EQ_MSG(test, judged(test, super),
				    sound ? PAXOS_SUPER_GOOD : PAXOS_SUPER_SENSELESS, "%s",
				    sound ? "sound" : n->story);
	}
}

static void a_node_that_joins_knows_nobody(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_super *super = (struct paxos_super *)lab->window;

	good_super(super);
	KUNIT_EXPECT_FALSE(test, paxos_super_joins(super));
	super->members = 1;
	super->member[0].node = super->node;
	KUNIT_EXPECT_FALSE(test, paxos_super_joins(super));
	KUNIT_EXPECT_EQ(test, judged(test, super), PAXOS_SUPER_GOOD);
	super->member[0].voter = 0;
	KUNIT_EXPECT_TRUE(test, paxos_super_joins(super));
	KUNIT_EXPECT_EQ(test, judged(test, super), PAXOS_SUPER_GOOD);
}

/* Rule 10: for the time when their records are trimmed. */
static void confirmed_disks_are_kept(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_super *super = (struct paxos_super *)lab->window;
	struct paxos_super *noted = super + 1;
	struct paxos_record record = { .type = PAXOS_RECORD_PEER, .slot = 3, .disk = "three" };

	good_super(super);
	super->state = PAXOS_SUPER_FRESH;
	*noted = *super;
	paxos_super_note(noted, &record);
	record.slot = 9;
	paxos_super_note(noted, &record);
	KUNIT_EXPECT_EQ(test, noted->member[2].known, 1);
	KUNIT_EXPECT_EQ(test, memcmp(noted->member[2].disk, record.disk, 16), 0);
	KUNIT_EXPECT_EQ(test, noted->member[1].known, 0);
	KUNIT_EXPECT_EQ(test, noted->state, PAXOS_SUPER_FRESH);
	record.type = PAXOS_RECORD_CONFIRMED;
	paxos_super_note(noted, &record);
	KUNIT_EXPECT_EQ(test, noted->state, PAXOS_SUPER_OK);
	KUNIT_EXPECT_EQ(test, super->state, PAXOS_SUPER_FRESH);
	paxos_super_take(super, noted);
	KUNIT_EXPECT_EQ(test, super->state, PAXOS_SUPER_OK);
	KUNIT_EXPECT_EQ(test, super->member[2].known, 1);
	/* Rule 7: for good. */
	super->state = PAXOS_SUPER_FORGOTTEN;
	paxos_super_take(super, noted);
	KUNIT_EXPECT_EQ(test, super->state, PAXOS_SUPER_FORGOTTEN);
	paxos_super_note(super, &record);
	KUNIT_EXPECT_EQ(test, super->state, PAXOS_SUPER_FORGOTTEN);
}

static void the_ring_is_what_the_superblock_says(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	struct paxos_ring ring;

	paxos_super_ring(copy, &ring);
	KUNIT_EXPECT_EQ(test, ring.node, 2);
	KUNIT_EXPECT_EQ(test, ring.disk_tag, 0x12000078);
	KUNIT_EXPECT_EQ(test, ring.offset, (u64)PAXOS_RING_OFFSET);
	KUNIT_EXPECT_EQ(test, ring.size, (u64)PAXOS_RING_MIN);
}

/* Disk format: the value that RFC 3720 gives. */
static void crc32c_is_castagnolis(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, port_crc("123456789", 9), 0xe3069283);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(all_four_good_needs_no_repair),
	KUNIT_CASE(one_rotten_copy_is_repaired),
	KUNIT_CASE(two_rotten_copies_are_damage),
	KUNIT_CASE(the_newest_valid_copy_wins),
	KUNIT_CASE(of_two_new_and_two_old_the_valid_newest_wins),
	KUNIT_CASE(a_copy_in_the_place_of_another_is_invalid),
	KUNIT_CASE(no_byte_is_without_a_check),
	KUNIT_CASE(a_device_of_something_else_is_not_ours),
	KUNIT_CASE(a_device_that_shrank_is_named_as_such),
	KUNIT_CASE(a_device_that_grew_is_named_as_such),
	KUNIT_CASE(another_version_is_refused),
	KUNIT_CASE(a_superblock_that_makes_no_sense_is_refused),
	KUNIT_CASE(a_trim_that_makes_no_sense_is_refused),
	KUNIT_CASE(a_node_that_joins_knows_nobody),
	KUNIT_CASE(confirmed_disks_are_kept),
	KUNIT_CASE(the_ring_is_what_the_superblock_says),
	KUNIT_CASE(crc32c_is_castagnolis),
	{}
};

LAB_SUITE(superblock, cases);
