// SPDX-License-Identifier: GPL-2.0
/*
 * The four superblock copies that format writes, and the order of format's
 * writes: wipe all superblocks, stamp the ring, write the superblocks.  Cut off
 * anywhere, the device is either no paxos device or a whole one.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "layout.h"

uint64_t layout_ring_size(uint64_t device_size)
{
	uint64_t whole = device_size & ~(uint64_t)(PAXOS_BLOCK_SIZE - 1);

	if (whole < PAXOS_DEVICE_MIN)
		return 0;
	whole -= PAXOS_RING_OFFSET + PAXOS_RING_TAIL;
	return whole < PAXOS_RING_LIMIT ? whole : PAXOS_RING_LIMIT - PAXOS_BLOCK_SIZE;
}

int write_at(int fd, const void *bytes, size_t length, uint64_t offset)
{
	while (length) {
		ssize_t written = pwrite(fd, bytes, length, offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -EIO;
		bytes = (const char *)bytes + written;
		length -= written;
		offset += written;
	}
	return 0;
}

static void add_member(struct paxos_super *super, const struct layout *layout, uint16_t node,
		       bool voter)
{
	struct paxos_super_member *member = &super->member[super->members++];

	member->node = htole16(node);
	member->voter = voter;
	if (node != layout->node)
		return;
	member->known = 1;
	memcpy(member->disk, layout->disk, sizeof(member->disk));
}

void super_build(struct paxos_super *super, const struct layout *layout, unsigned int copy)
{
	memset(super, 0, sizeof(*super));
	super->magic = htole64(PAXOS_SUPER_MAGIC);
	super->version = htole32(PAXOS_DISK_VERSION);
	super->sequence = htole64(1);
	memcpy(super->cluster, layout->cluster, sizeof(super->cluster));
	memcpy(super->disk, layout->disk, sizeof(super->disk));
	super->node = htole16(layout->node);
	super->state = PAXOS_SUPER_FRESH;
	super->device_size = htole64(layout->device_size);
	super->ring_offset = htole64(PAXOS_RING_OFFSET);
	super->ring_size = htole64(layout->ring_size);
	super->start_offset = htole64(PAXOS_RING_OFFSET);
	super->start_sequence = htole64(1);
	if (layout->join)
		add_member(super, layout, layout->node, false);
	for (unsigned int i = 0; i < layout->voters; i++)
		add_member(super, layout, layout->voter[i], true);
	paxos_super_seal(super, copy, layout->device_size);
}

/* Writes all copies, or zeroes in their places. */
static int write_copies(int fd, const struct layout *layout, bool wipe)
{
	struct paxos_super *super = aligned_alloc(PAXOS_BLOCK_SIZE, PAXOS_BLOCK_SIZE);
	int error = 0;

	if (!super)
		return -ENOMEM;
	memset(super, 0, sizeof(*super));
	for (unsigned int copy = 0; !error && copy < PAXOS_SUPER_COPIES; copy++) {
		if (!wipe)
			super_build(super, layout, copy);
		error = write_at(fd, super, sizeof(*super),
				 paxos_super_offset(copy, layout->device_size));
	}
	if (!error && fsync(fd))
		error = -errno;
	free(super);
	return error;
}

int super_wipe(int fd, const struct layout *layout)
{
	return write_copies(fd, layout, true);
}

int super_write(int fd, const struct layout *layout)
{
	return write_copies(fd, layout, false);
}

int layout_write(int fd, const struct layout *layout, struct progress *progress)
{
	int error = super_wipe(fd, layout);

	if (!error)
		error = stamp_ring(fd, layout, progress);
	return error ? error : super_write(fd, layout);
}
