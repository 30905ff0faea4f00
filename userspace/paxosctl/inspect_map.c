// SPDX-License-Identifier: GPL-2.0
/*
 * All of the ring, sector by sector, whether or not a start would read it: what
 * each part of it holds, and what is rotten where nobody looks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inspect.h"

#define SCAN_BYTES (1u << 20)	/* of one read */

static bool is_live(const struct inspection *seen, uint64_t address)
{
	uint64_t block = (address - seen->ring.offset) / PAXOS_BLOCK_SIZE;

	return seen->live[block / 8] >> block % 8 & 1;
}

/* What was written after what a start reads. */
static enum cell beyond(const struct inspection *seen, enum paxos_stamp stamp)
{
	if (seen->tail == PAXOS_REPLAY_TORN && stamp == PAXOS_STAMP_OURS)
		return CELL_TORN;
	/* Meanwhile, by the group that has it. */
	if (seen->tail != PAXOS_REPLAY_DAMAGED && seen->image.in_use)
		return CELL_LIVE;
	return CELL_BEYOND;
}

static enum cell sector_cell(struct inspection *seen, const struct paxos_sector *sector,
			     uint64_t address)
{
	enum paxos_stamp stamp = paxos_sector_check(sector, &seen->ring, seen->next, address);
	bool live = is_live(seen, address);

	switch (stamp) {
	case PAXOS_STAMP_OLDER:
		if (live)
			return CELL_LIVE;
		return sector->sequence ? CELL_OLD : CELL_FREE;
	case PAXOS_STAMP_OURS:
	case PAXOS_STAMP_LATER:
		return live ? CELL_LIVE : beyond(seen, stamp);
	case PAXOS_STAMP_ELSEWHERE:
	case PAXOS_STAMP_INVALID:
		break;
	}
	/* Of a batch that was read, it is noted already. */
	if (!live)
		inspect_damage(seen, address, PAXOS_SECTOR_SIZE, 0,
			       "in no batch that a start reads: %s",
			       stamp == PAXOS_STAMP_ELSEWHERE ?
			       "what belongs elsewhere was written here" : "no valid stamp");
	return CELL_DAMAGED;
}

static void mark(struct inspection *seen, uint64_t address, enum cell cell)
{
	unsigned char *at = &seen->cell[(address - seen->ring.offset) / seen->cell_bytes];

	if (cell > *at)
		*at = cell;
}

static void scan_part(struct inspection *seen, uint64_t address, const u8 *bytes, size_t length)
{
	const struct paxos_sector *sector = (const struct paxos_sector *)bytes;

	for (; length; length -= PAXOS_SECTOR_SIZE, address += PAXOS_SECTOR_SIZE, sector++)
		mark(seen, address, sector_cell(seen, sector, address));
}

/* A part that cannot be read is read again block by block. */
static void read_part(struct inspection *seen, uint64_t address, u8 *buffer, size_t length)
{
	int error = image_read(&seen->image, address, buffer, length);

	if (!error) {
		scan_part(seen, address, buffer, length);
	} else if (length == PAXOS_BLOCK_SIZE) {
		inspect_damage(seen, address, length, 0, "cannot be read: %s", strerror(-error));
		mark(seen, address, CELL_DAMAGED);
	} else {
		for (size_t at = 0; at < length; at += PAXOS_BLOCK_SIZE)
			read_part(seen, address + at, buffer, PAXOS_BLOCK_SIZE);
	}
}

/* Where damage was found that no single sector shows. */
static void mark_damages(struct inspection *seen)
{
	uint64_t end = seen->ring.offset + seen->ring.size;

	for (unsigned int i = 0; i < seen->damages; i++) {
		const struct damage *damage = &seen->damage[i];

		if (damage->offset >= seen->ring.offset && damage->offset < end)
			mark(seen, damage->offset, CELL_DAMAGED);
	}
}

void inspect_ring(struct inspection *seen)
{
	uint64_t size = seen->ring.size, done = 0;
	u8 *buffer = image_buffer(SCAN_BYTES);
	struct progress progress;
	char note[48];

	/* Whole blocks; a ring has more of them than the map has cells. */
	seen->cell_bytes = (size / MAP_CELLS + PAXOS_BLOCK_SIZE) & ~(PAXOS_BLOCK_SIZE - 1ull);
	seen->cells = (size - 1) / seen->cell_bytes + 1;
	progress_start(&progress, "reading", size);
	while (done < size) {
		size_t length = port_min(size - done, SCAN_BYTES);

		read_part(seen, seen->ring.offset + done, buffer, length);
		done += length;
		snprintf(note, sizeof(note), "%llu of %llu MiB", (unsigned long long)done >> 20,
			 (unsigned long long)size >> 20);
		progress_update(&progress, done, note);
	}
	progress_end(&progress);
	mark_damages(seen);
	free(buffer);
}
