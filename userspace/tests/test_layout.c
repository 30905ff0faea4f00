// SPDX-License-Identifier: GPL-2.0
/*
 * What format writes, on a plain file: every byte of the superblocks, every
 * stamp, and nothing else.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "layout.h"
#include "tap.h"

#define DEVICE_SIZE (20ull * 1024 * 1024 + 4096 + 1536)	/* no whole number of blocks */
#define RING_SIZE (17ull * 1024 * 1024 + 4096)		/* no whole number of writes */
#define FILL 0xa5

static unsigned char *device;

static const struct layout layout = {
	.device_size = DEVICE_SIZE,
	.ring_size = RING_SIZE,
	.cluster = "cluster-uuid-16",
	.disk = "disk-uuid-is-16",
	.node = 2,
	.voters = 3,
	.voter = { 1, 2, 300 },
};

static bool write_device(void)
{
	char path[] = "/tmp/paxosctl-layout-XXXXXX";
	int fd = mkstemp(path);
	struct progress progress = { 0 };
	bool done;

	if (fd < 0)
		return false;
	unlink(path);
	memset(device, FILL, DEVICE_SIZE);
	done = !write_at(fd, device, DEVICE_SIZE, 0) && !layout_write(fd, &layout, &progress) &&
	       pread(fd, device, DEVICE_SIZE, 0) == (ssize_t)DEVICE_SIZE;
	close(fd);
	return done;
}

static const struct paxos_super *copy_at(unsigned int copy)
{
	return (const struct paxos_super *)(device + paxos_super_offset(copy, DEVICE_SIZE));
}

static bool all_copies_valid(void)
{
	for (unsigned int copy = 0; copy < PAXOS_SUPER_COPIES; copy++)
		if (!paxos_super_valid(copy_at(copy), paxos_super_offset(copy, DEVICE_SIZE)))
			return false;
	return true;
}

/* The crc taken the plain way: over the block with the field itself zero. */
static bool crc_is_over_the_block(void)
{
	struct paxos_super super = *copy_at(3);

	super.crc = 0;
	return le32toh(copy_at(3)->crc) == port_crc(&super, sizeof(super));
}

static void test_super(void)
{
	const struct paxos_super *super = copy_at(0);

	tap_ok(paxos_super_offset(0, DEVICE_SIZE) == 0 &&
	       paxos_super_offset(1, DEVICE_SIZE) == 4096 &&
	       paxos_super_offset(2, DEVICE_SIZE) == 20 * 1024 * 1024 - 4096 &&
	       paxos_super_offset(3, DEVICE_SIZE) == 20 * 1024 * 1024,
	       "copies stand in the first and last two whole blocks");
	tap_ok(all_copies_valid(), "all four superblocks are valid at their place");
	tap_ok(!paxos_super_valid(copy_at(0), 4096), "a superblock is not valid at another place");
	tap_ok(crc_is_over_the_block(), "the crc is over the block with itself zero");
	tap_ok(!memcmp(super, "PPXSUPER", 8) && le32toh(super->version) == 1, "magic and version");
	tap_ok(le64toh(super->sequence) == 1 && super->state == PAXOS_SUPER_FRESH &&
	       !super->incarnation && !super->promised && !super->trim && !super->session_offset,
	       "it is a fresh one");
	tap_ok(!memcmp(super->cluster, layout.cluster, 16) &&
	       !memcmp(super->disk, layout.disk, 16) &&
	       le16toh(super->node) == 2 && le64toh(super->device_size) == DEVICE_SIZE,
	       "it tells cluster, disk, node and size");
	tap_ok(le64toh(super->ring_offset) == PAXOS_RING_OFFSET &&
	       le64toh(super->ring_size) == RING_SIZE &&
	       le64toh(super->start_offset) == PAXOS_RING_OFFSET &&
	       le64toh(super->start_sequence) == 1, "the journal starts at the ring's start");
	tap_ok(super->members == 3 && le16toh(super->member[0].node) == 1 &&
	       le16toh(super->member[1].node) == 2 && le16toh(super->member[2].node) == 300 &&
	       super->member[0].voter && super->member[1].voter && super->member[2].voter,
	       "all voters are members");
	tap_ok(super->member[1].known && !memcmp(super->member[1].disk, layout.disk, 16) &&
	       !super->member[0].known && !super->member[2].known,
	       "only this node's own disk is known");
}

/* A new node of a running group knows nobody but itself, and has no vote. */
static void test_join(void)
{
	struct layout join = layout;
	struct paxos_super super;

	join.join = true;
	join.voters = 0;
	super_build(&super, &join, 0);
	tap_ok(paxos_super_valid(&super, 0) && super.state == PAXOS_SUPER_FRESH && super.members == 1 &&
	       le16toh(super.member[0].node) == 2 && !super.member[0].voter &&
	       super.member[0].known && !memcmp(super.member[0].disk, join.disk, 16),
	       "a node that joins lists itself alone, without a vote");
}

static bool stamp_is_right(uint64_t address)
{
	const struct paxos_sector *sector = (const struct paxos_sector *)(device + address);
	static const unsigned char zero[PAXOS_SECTOR_DATA];

	return !memcmp(sector->data, zero, sizeof(zero)) && !sector->sequence &&
	       le64toh(sector->address) == address &&
	       !memcmp(&sector->disk_tag, layout.disk, 4) &&
	       le32toh(sector->crc) == port_crc(sector, 508);
}

static void test_stamps(void)
{
	uint64_t address = PAXOS_RING_OFFSET, end = PAXOS_RING_OFFSET + RING_SIZE;
	uint64_t tail = paxos_super_offset(2, DEVICE_SIZE);

	while (address < end && stamp_is_right(address))
		address += PAXOS_SECTOR_SIZE;
	tap_ok(address == end, "every sector of the ring bears its stamp");
	while (address < tail && device[address] == FILL)
		address++;
	tap_ok(address == tail, "what is between ring and superblocks is left alone");
	for (address = tail + PAXOS_RING_TAIL; address < DEVICE_SIZE; address++)
		if (device[address] != FILL)
			break;
	tap_ok(address == DEVICE_SIZE, "what is behind the last whole block is left alone");
}

int main(void)
{
	tap_ok(port_crc("123456789", 9) == 0xe3069283, "crc32c of 123456789 is RFC 3720's");
	tap_ok(port_crc("", 0) == 0, "crc32c of nothing is 0");
	tap_ok(~port_crc32c(port_crc32c(~0u, "12345", 5), "6789", 4) == 0xe3069283,
	       "a crc32c can be taken in parts");
	tap_ok(layout_ring_size(PAXOS_DEVICE_MIN - 1) == 0 &&
	       layout_ring_size(PAXOS_DEVICE_MIN) == PAXOS_RING_MIN, "the least device is exact");
	tap_ok(layout_ring_size(PAXOS_DEVICE_MIN + 5000) == PAXOS_RING_MIN + 4096,
	       "a ring is whole blocks");
	tap_ok(layout_ring_size(1ull << 50) == (1ull << 44) - 8192,
	       "a ring is never larger than the module takes");

	device = malloc(DEVICE_SIZE);
	if (!device)
		return 1;
	tap_ok(write_device(), "format writes without an error");
	test_super();
	test_join();
	test_stamps();
	free(device);
	return tap_done();
}
