// SPDX-License-Identifier: GPL-2.0
/*
 * Ahead: the ring as replay reads it.
 *
 * Replay looks at a window of the ring that moves on with it.  While it parses, what
 * comes behind the window is being read: whatever room there is in memory is asked
 * for, in several reads, which are waited for in their order, once the window
 * reaches what they bring.  Only then does it count that one has failed, all of it:
 * what comes later may not be part of the journal at all.
 *
 * The memory is a ring as well.  It is mapped twice, the second time right after the
 * first, so that neither a window nor a read ever wraps, and nothing is moved.
 *
 * Process context, of the thread that starts the group; sleeps.  A read belongs to
 * the device until its end has been waited for.
 */
#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "ahead.h"
#include "journal_private.h"

static void *map_twice(void *memory, size_t bytes)
{
	unsigned int count = bytes / PAGE_SIZE, i;
	struct page **pages = kvmalloc_array(count, 2 * sizeof(*pages), GFP_KERNEL);
	void *twice;

	if (!pages)
		return NULL;
	for (i = 0; i < count; i++) {
		pages[i] = vmalloc_to_page(memory + i * PAGE_SIZE);
		pages[count + i] = pages[i];
	}
	twice = vmap(pages, 2 * count, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return twice;
}

/**
 * paxos_ahead_open() - prepare to read a ring in order
 * @ahead: to be filled in
 * @device: open
 * @ring: on it
 * @from: device offset where the first window will begin
 *
 * Nothing is read yet.
 *
 * Return: 0 or -ENOMEM; paxos_ahead_close() undoes either.
 */
int paxos_ahead_open(struct paxos_ahead *ahead, struct paxos_device *device,
		     const struct paxos_ring *ring, u64 from)
{
	u32 i;

	memset(ahead, 0, sizeof(*ahead));
	ahead->device = device;
	ahead->ring = ring;
	ahead->offset = from;
	ahead->next = from;
	ahead->memory = vmalloc(PAXOS_AHEAD_BYTES);
	if (ahead->memory)
		ahead->twice = map_twice(ahead->memory, PAXOS_AHEAD_BYTES);
	if (!ahead->twice)
		return -ENOMEM;
	for (i = 0; i < PAXOS_AHEAD_READS; i++) {
		ahead->read[i] = kmalloc(sizeof(*ahead->read[i]), GFP_KERNEL);
		if (!ahead->read[i])
			return -ENOMEM;
	}
	return 0;
}

static void read_ended(struct bio *bio)
{
	struct paxos_ahead_read *read = bio->bi_private;

	complete(&read->ended);
}

/* Ask for the next bytes of the ring, up to its end. */
static void ask(struct paxos_ahead *ahead)
{
	const struct paxos_ring *ring = ahead->ring;
	struct paxos_ahead_read *read =
		ahead->read[(ahead->oldest + ahead->flying) % PAXOS_AHEAD_READS];
	u64 left = ring->offset + ring->size - ahead->next;

	bio_init(&read->bio, ahead->device->bdev, read->vecs, ARRAY_SIZE(read->vecs),
		 REQ_OP_READ | REQ_SYNC);
	read->bio.bi_iter.bi_sector = ahead->next >> SECTOR_SHIFT;
	read->bio.bi_end_io = read_ended;
	read->bio.bi_private = read;
	init_completion(&read->ended);
	read->bytes = paxos_device_map(&read->bio,
				       ahead->twice + ahead->asked % PAXOS_AHEAD_BYTES,
				       min_t(u64, left, PAXOS_AHEAD_READ));
	ahead->asked += read->bytes;
	ahead->next += read->bytes;
	if (read->bytes == left)
		ahead->next = ring->offset;
	ahead->flying++;
	submit_bio(&read->bio);
}

/* Ask for as much as there is room for. */
static void fill(struct paxos_ahead *ahead)
{
	while (ahead->flying < PAXOS_AHEAD_READS &&
	       ahead->asked + PAXOS_AHEAD_READ <= ahead->window + PAXOS_AHEAD_BYTES)
		ask(ahead);
}

/* The oldest read has ended, or is waited for. */
static void take(struct paxos_ahead *ahead)
{
	struct paxos_ahead_read *read = ahead->read[ahead->oldest];

	wait_for_completion_io(&read->ended);
	if (!ahead->err)
		ahead->err = blk_status_to_errno(read->bio.bi_status);
	ahead->here += read->bytes;
	ahead->oldest = (ahead->oldest + 1) % PAXOS_AHEAD_READS;
	ahead->flying--;
}

/**
 * paxos_ahead_close() - wait for what is under way, and free the memory
 * @ahead: that paxos_ahead_open() was called for; or zeroed
 */
void paxos_ahead_close(struct paxos_ahead *ahead)
{
	u32 i;

	while (ahead->flying)
		take(ahead);
	for (i = 0; i < PAXOS_AHEAD_READS; i++)
		kfree(ahead->read[i]);
	vunmap(ahead->twice);
	vfree(ahead->memory);
}

/**
 * paxos_ahead_window() - have PAXOS_REPLAY_WINDOW bytes of the ring
 * @ahead: open
 * @offset: on the device, where the window begins; not before the last one
 * @at: set to where its bytes are, until the next call
 *
 * Return: 0, or the error of a read that was to bring one of them.
 */
int paxos_ahead_window(struct paxos_ahead *ahead, u64 offset, const u8 **at)
{
	ahead->window += paxos_ring_distance(ahead->ring, ahead->offset, offset);
	ahead->offset = offset;
	fill(ahead);
	while (!ahead->err && ahead->here < ahead->window + PAXOS_REPLAY_WINDOW) {
		take(ahead);
		fill(ahead);
	}
	*at = ahead->twice + ahead->window % PAXOS_AHEAD_BYTES;
	return ahead->err;
}

/* Does the sector at device offset @address belong to batch @sequence or a later one? */
static bool is_since(struct paxos_device *device, const struct paxos_ring *ring, u64 address,
		     u64 sequence, u8 *scratch)
{
	const struct paxos_sector *sector = (const struct paxos_sector *)scratch;

	return !paxos_device_read(device, address, scratch, PAXOS_BLOCK_SIZE) &&
	       le64_to_cpu(sector->sequence) >= sequence &&
	       le64_to_cpu(sector->address) == address &&
	       le32_to_cpu(sector->disk_tag) == ring->disk_tag &&
	       le32_to_cpu(sector->crc) == port_crc(sector, offsetof(struct paxos_sector, crc));
}

/**
 * paxos_ahead_measure() - about how many bytes of the ring there are to replay
 * @device: open
 * @ring: on it
 * @super: says where the first batch is
 * @scratch: PAXOS_BLOCK_SIZE bytes, page-aligned
 *
 * Sequences grow with the distance from there, up to the journal's end.  For people
 * who wait: what has rotted makes it wrong, and nothing else depends on it.
 *
 * Return: bytes, to the next PAXOS_BATCH_MAX.
 */
u64 paxos_ahead_measure(struct paxos_device *device, const struct paxos_ring *ring,
			const struct paxos_super *super, u8 *scratch)
{
	u64 from = paxos_ring_place(ring, le64_to_cpu(super->start_offset));
	u64 sequence = le64_to_cpu(super->start_sequence);
	u64 last = ring->offset + ring->size - PAXOS_BATCH_MAX;
	u64 low = 0, high = ring->size, middle, address;

	while (high - low > PAXOS_BATCH_MAX) {
		middle = round_down(low + (high - low) / 2, PAXOS_BLOCK_SIZE);
		address = from + middle;
		if (address >= ring->offset + ring->size)
			address -= ring->size;
		/* Behind that there may be a gap, since batches never wrap. */
		if (is_since(device, ring, min(address, last), sequence, scratch))
			low = middle;
		else
			high = middle;
	}
	return high;
}
