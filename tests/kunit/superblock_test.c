// SPDX-License-Identifier: GPL-2.0
/* Superblock: which of the four copies counts, if any. */
#include "fixture.h"

#include "../../kmod/core/superblock.h"

#define DEVICE_SIZE	(PAXOS_DEVICE_MIN + (1ull << 20))

static struct paxos_super good_super(void)
{
	struct paxos_super super = {
		.magic = cpu_to_le64(PAXOS_SUPER_MAGIC),
		.version = cpu_to_le32(PAXOS_DISK_VERSION),
		.sequence = cpu_to_le64(5),
		.cluster = "cluster",
		.disk = { 0x78, 0x56, 0x34, 0x12 },
		.node = cpu_to_le16(2),
		.state = PAXOS_SUPER_OK,
		.members = 3,
		.device_size = cpu_to_le64(DEVICE_SIZE),
		.ring_offset = cpu_to_le64(PAXOS_RING_OFFSET),
		.ring_size = cpu_to_le64(PAXOS_RING_MIN),
		.start_offset = cpu_to_le64(PAXOS_RING_OFFSET),
		.start_sequence = cpu_to_le64(1),
	};
	u32 i;

	for (i = 0; i < 3; i++) {
		super.member[i].node = cpu_to_le16(i + 1);
		super.member[i].voter = 1;
	}
	return super;
}

/* Four copies of one superblock, in the lab's scratch memory. */
static struct paxos_super *copies(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct paxos_super *copy = (struct paxos_super *)lab->scratch;
	u32 i;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++) {
		copy[i] = good_super();
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

/* Valid checksums, and yet no superblock that one could work with. */
static void a_superblock_that_makes_no_sense_is_refused(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	enum paxos_super_result result;
	unsigned int good, i;
	u32 mask, which;

	for (which = 0; which < 18; which++) {
		struct paxos_super *s = &copy[0];

		*s = good_super();
		switch (which) {
		case 0: break;
		case 1: s->node = 0; break;
		case 2: s->node = cpu_to_le16(9); break;
		case 3: s->state = 0; break;
		case 4: s->state = 4; break;
		case 5: s->members = 0; break;
		case 6: s->members = 32; break;
		case 7: s->members = 255; break;
		case 8: s->member[2].node = s->member[0].node; break;
		case 9: s->member[0].voter = 0; s->member[1].voter = 0; s->member[2].voter = 0; break;
		case 10: s->ring_offset = cpu_to_le64(4096); break;
		case 11: s->ring_size = cpu_to_le64(PAXOS_RING_MIN - 4096); break;
		case 12: s->ring_size = cpu_to_le64(PAXOS_RING_MIN + 512); break;
		case 13: s->ring_size = cpu_to_le64(~0ull << 12); break;
		case 14: s->start_offset = cpu_to_le64(0); break;
		case 15: s->start_offset = cpu_to_le64(PAXOS_RING_OFFSET + PAXOS_RING_MIN); break;
		case 16: s->start_offset = cpu_to_le64(PAXOS_RING_OFFSET + 512); break;
		case 17: s->start_sequence = 0; break;
		}
		for (i = PAXOS_SUPER_COPIES; i-- > 0;) {
			copy[i] = copy[0];
			paxos_super_seal(&copy[i], i, DEVICE_SIZE);
		}
		result = paxos_super_choose(copy, DEVICE_SIZE, &good, &mask);
		KUNIT_EXPECT_EQ_MSG(test, result, which ? PAXOS_SUPER_SENSELESS : PAXOS_SUPER_GOOD,
				    "case %u", which);
	}
}

static void the_ring_is_what_the_superblock_says(struct kunit *test)
{
	struct paxos_super *copy = copies(test);
	struct paxos_ring ring;

	paxos_super_ring(copy, &ring);
	KUNIT_EXPECT_EQ(test, ring.node, 2);
	KUNIT_EXPECT_EQ(test, ring.disk_tag, 0x12345678);
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
	KUNIT_CASE(another_version_is_refused),
	KUNIT_CASE(a_superblock_that_makes_no_sense_is_refused),
	KUNIT_CASE(the_ring_is_what_the_superblock_says),
	KUNIT_CASE(crc32c_is_castagnolis),
	{}
};
LAB_SUITE(superblock, cases);
