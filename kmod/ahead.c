// SPDX-License-Identifier: GPL-2.0
/*
 * Ahead: the ring as replay reads it.
 *
 * Replay looks at a window of the ring that moves on with it; here it is read, in
 * pieces that are much larger.  Process context, of the thread that starts the
 * group; sleeps.
 */
#include <linux/vmalloc.h>

#include "ahead.h"
#include "journal_private.h"

int paxos_ahead_open(struct paxos_ahead *ahead, struct paxos_device *device,
		     const struct paxos_ring *ring, u64 from)
{
	*ahead = (struct paxos_ahead) {
		.device = device,
		.ring = ring,
		.window = vmalloc(PAXOS_AHEAD_BYTES),
		.base = from,
	};
	return ahead->window ? 0 : -ENOMEM;
}

void paxos_ahead_close(struct paxos_ahead *ahead)
{
	vfree(ahead->window);
}

/* Read @bytes of the ring from device offset @offset on; they may wrap. */
static int read_ring(struct paxos_ahead *ahead, u64 offset, u8 *to, u32 bytes)
{
	u64 end = ahead->ring->offset + ahead->ring->size;
	u32 part = min_t(u64, bytes, end - offset);
	int err;

	err = paxos_device_read(ahead->device, offset, to, part);
	if (!err && part < bytes)
		err = paxos_device_read(ahead->device, ahead->ring->offset, to + part,
					bytes - part);
	return err;
}

/*
 * Have PAXOS_REPLAY_WINDOW bytes of the ring from device offset @offset on, which
 * is not before the last one; *@at says where they are.
 */
int paxos_ahead_window(struct paxos_ahead *ahead, u64 offset, const u8 **at)
{
	const struct paxos_ring *ring = ahead->ring;
	u64 skip = paxos_ring_distance(ring, ahead->base, offset);
	u64 next;
	u32 keep;
	int err;

	if (skip + PAXOS_REPLAY_WINDOW <= ahead->filled) {
		*at = ahead->window + skip;
		return 0;
	}
	keep = skip < ahead->filled ? ahead->filled - skip : 0;
	if (keep)
		memmove(ahead->window, ahead->window + skip, keep);
	next = offset + keep;
	if (next >= ring->offset + ring->size)
		next -= ring->size;
	ahead->filled = 0;
	err = read_ring(ahead, next, ahead->window + keep, PAXOS_AHEAD_BYTES - keep);
	if (err)
		return err;
	ahead->base = offset;
	ahead->filled = PAXOS_AHEAD_BYTES;
	*at = ahead->window;
	return 0;
}

/* Does the sector at device offset @address belong to batch @sequence or a later one? */
static bool is_since(struct paxos_ahead *ahead, u64 address, u64 sequence)
{
	const struct paxos_sector *sector = (const struct paxos_sector *)ahead->window;

	return !paxos_device_read(ahead->device, address, ahead->window, PAXOS_BLOCK_SIZE) &&
	       le64_to_cpu(sector->sequence) >= sequence &&
	       le64_to_cpu(sector->address) == address &&
	       le32_to_cpu(sector->disk_tag) == ahead->ring->disk_tag &&
	       le32_to_cpu(sector->crc) == port_crc(sector, offsetof(struct paxos_sector, crc));
}

/*
 * About how many bytes of the ring there are to replay, from batch @sequence at @from
 * on: sequences grow with the distance from there, up to the journal's end.  For people
 * who wait: what has rotted makes it wrong, and nothing else depends on it.
 */
u64 paxos_ahead_measure(struct paxos_ahead *ahead, u64 from, u64 sequence)
{
	const struct paxos_ring *ring = ahead->ring;
	u64 last = ring->offset + ring->size - PAXOS_BATCH_MAX;
	u64 low = 0, high = ring->size, middle, address;

	ahead->filled = 0;
	while (high - low > PAXOS_BATCH_MAX) {
		middle = round_down(low + (high - low) / 2, PAXOS_BLOCK_SIZE);
		address = from + middle;
		if (address >= ring->offset + ring->size)
			address -= ring->size;
		/* Behind that there may be a gap, since batches never wrap. */
		if (is_since(ahead, min(address, last), sequence))
			low = middle;
		else
			high = middle;
	}
	return high;
}
