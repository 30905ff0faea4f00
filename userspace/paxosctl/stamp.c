// SPDX-License-Identifier: GPL-2.0
/*
 * Stamping the ring: every sector gets sequence 0, its own address, the disk's
 * tag and a crc, so that from now on a sector without a valid stamp of this disk
 * is damage.
 *
 * The stamps differ in address and crc only, so the data is zeroed once per
 * buffer and the crc of what never changes is taken once.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crc32c.h"
#include "layout.h"

#define STAMP_BYTES (1u << 20)	/* of one write */
#define STAMP_SECTORS (STAMP_BYTES / PAXOS_SECTOR_SIZE)

/* crc, not yet inverted, of zero data and sequence 0. */
static uint32_t constant_crc(void)
{
	static const struct paxos_sector zero;

	return crc32c_update(CRC32C_SEED, &zero, offsetof(struct paxos_sector, address));
}

static void stamp_sectors(struct paxos_sector *sector, unsigned int count, uint64_t address,
			  uint32_t constant)
{
	const size_t from = offsetof(struct paxos_sector, address);
	const size_t length = offsetof(struct paxos_sector, crc) - from;

	for (; count; count--, sector++, address += PAXOS_SECTOR_SIZE) {
		sector->address = htole64(address);
		sector->crc = htole32(~crc32c_update(constant, (const char *)sector + from,
						     length));
	}
}

static int stamp_all(int fd, const struct layout *layout, struct paxos_sector *sector,
		     struct progress *progress)
{
	uint32_t constant = constant_crc();
	uint64_t done = 0;
	char note[48];

	while (done < layout->ring_size) {
		uint64_t left = layout->ring_size - done, address = PAXOS_RING_OFFSET + done;
		unsigned int length = left < STAMP_BYTES ? left : STAMP_BYTES;
		int error;

		stamp_sectors(sector, length / PAXOS_SECTOR_SIZE, address, constant);
		error = write_at(fd, sector, length, address);
		if (error)
			return error;
		done += length;
		snprintf(note, sizeof(note), "%llu of %llu MiB", (unsigned long long)done >> 20,
			 (unsigned long long)layout->ring_size >> 20);
		progress_update(progress, done, note);
	}
	return fsync(fd) ? -errno : 0;
}

int stamp_ring(int fd, const struct layout *layout, struct progress *progress)
{
	struct paxos_sector *sector = aligned_alloc(PAXOS_BLOCK_SIZE, STAMP_BYTES);
	int error;

	if (!sector)
		return -ENOMEM;
	memset(sector, 0, STAMP_BYTES);
	for (unsigned int i = 0; i < STAMP_SECTORS; i++)
		memcpy(&sector[i].disk_tag, layout->disk, sizeof(sector[i].disk_tag));
	error = stamp_all(fd, layout, sector, progress);
	free(sector);
	return error;
}
