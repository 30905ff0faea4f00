// SPDX-License-Identifier: GPL-2.0
/*
 * Stamping the ring: every sector gets sequence 0, its own address, the disk's
 * tag and a crc, so that from now on a sector without a valid stamp of this disk
 * is damage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "layout.h"

#define STAMP_BYTES (1u << 20)	/* of one write */

static int stamp_all(int fd, const struct layout *layout, struct paxos_sector *sector,
		     struct progress *progress)
{
	struct paxos_super super;
	struct paxos_ring ring;
	uint64_t done = 0;
	char note[48];

	super_build(&super, layout, 0);
	paxos_super_ring(&super, &ring);
	while (done < layout->ring_size) {
		uint64_t left = layout->ring_size - done, address = PAXOS_RING_OFFSET + done;
		unsigned int length = left < STAMP_BYTES ? left : STAMP_BYTES;
		int error;

		for (unsigned int i = 0; i < length / PAXOS_SECTOR_SIZE; i++)
			paxos_sector_stamp(&sector[i], &ring, 0, address + i * PAXOS_SECTOR_SIZE);
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
	error = stamp_all(fd, layout, sector, progress);
	free(sector);
	return error;
}
