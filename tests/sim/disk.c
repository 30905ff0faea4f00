// SPDX-License-Identifier: GPL-2.0
/*
 * Disk: one node's device.  The journal's ring is real, byte by byte; what the
 * superblock holds is kept aside.  One write is in flight at a time; a crash
 * leaves any of its sectors on the medium.  The ring was stamped at format:
 * that is done when a sector is first looked at.
 */
#include <sys/mman.h>

#include "sim.h"

#define DEVICE_MAX	(64ull << 20)	/* bytes; touched only where it is used */
#define RESERVE		(4u << 20)	/* bytes of the ring that new values may not take */

static u8 *images[NODES_MAX];		/* kept from run to run */

static void write_blank(struct disk *disk, u64 address)
{
	struct paxos_sector *sector = (struct paxos_sector *)(disk->image + address);
	const u32 zeros = offsetof(struct paxos_sector, address);
	static u32 crc_of_zeros;

	memset(sector, 0, sizeof(*sector));
	if (!crc_of_zeros)
		crc_of_zeros = port_crc32c(~0u, sector, zeros);
	sector->address = cpu_to_le64(address);
	sector->disk_tag = cpu_to_le32(disk->ring.disk_tag);
	sector->crc = cpu_to_le32(~port_crc32c(crc_of_zeros, &sector->address,
					       offsetof(struct paxos_sector, crc) - zeros));
}

/* All sectors of the ring before @end, which are about to be read or written in part. */
static void stamp_through(struct disk *disk, u64 end)
{
	for (; disk->stamped < end; disk->stamped += PAXOS_SECTOR_SIZE)
		write_blank(disk, disk->stamped);
}

void disk_init(struct sim *sim, struct disk *disk, u32 node)
{
	u64 uuid[2] = { sim_random(sim), sim_random(sim) };

	if (!images[node])
		images[node] = mmap(NULL, DEVICE_MAX, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	disk->image = images[node];
	disk->cached = malloc(PAXOS_BATCH_MAX);
	disk->stamped = PAXOS_RING_OFFSET;
	disk->flight = malloc(sizeof(*disk->flight));
	if (disk->image == MAP_FAILED || !disk->flight || !disk->cached)
		abort();
	disk->flight->busy = false;
	memcpy(disk->uuid, uuid, sizeof(uuid));
	disk->ring = (struct paxos_ring) {
		.node = node + 1,
		.disk_tag = uuid[0],
		.offset = PAXOS_RING_OFFSET,
		.size = sim->config.ring_size,
	};
	memcpy(disk->ring.cluster, sim->uuid, sizeof(sim->uuid));
}

/* PAXOS_REPLAY_WINDOW bytes from @offset on; @wrapped has room for them. */
const u8 *disk_window(struct disk *disk, u64 offset, u8 *wrapped)
{
	u64 end = disk->ring.offset + disk->ring.size;
	u64 part = port_min((u64)PAXOS_REPLAY_WINDOW, end - offset);

	stamp_through(disk, offset + part);
	if (part == PAXOS_REPLAY_WINDOW)
		return disk->image + offset;
	memcpy(wrapped, disk->image + offset, part);
	memcpy(wrapped + part, disk->image + disk->ring.offset, PAXOS_REPLAY_WINDOW - part);
	return wrapped;
}

static void note_records(struct node *node)
{
	struct flight *flight = node->disk.flight;
	u32 i;

	flight->votes = 0;
	flight->commit = 0;
	flight->table = 0;
	for (i = 0; i < node->batch->records; i++)
		model_record(node, &node->batch->record[i]);
}

/* Lay the node's batch out; the write is in flight from now on. */
void disk_begin(struct node *node, const struct paxos_vow *vow)
{
	struct sim *sim = node->sim;
	struct disk *disk = &node->disk;
	struct flight *flight = disk->flight;
	u64 time = sim->config.write_us;

	flight->sequence = node->batch->sequence;
	if (flight->sequence != disk->next_sequence)
		sim_fail(sim, "shell: batch %llu is not the next one",
			 (unsigned long long)flight->sequence);
	flight->address = disk->address;
	flight->vow = *vow;
	note_records(node);
	model_gathered(node);
	flight->bytes = paxos_batch_encode(node->batch, &disk->ring, vow, disk->address,
					   disk->previous_crc, flight->data, &flight->crc);
	disk->next_sequence++;
	paxos_batch_start(node->batch, disk->next_sequence);
	flight->busy = true;
	time += sim_below(sim, time + 1);
	if (sim_chance(sim, sim->config.stall_ppm)) {
		fault_did(FAULT_STALLED);
		time += sim_below(sim, port_min(SECOND_US, 4000ull * sim->config.election_ms));
	}
	sim_push(sim, time, HAPPENS_WRITTEN, node->index, node->life);
	trace(sim, "n%u.%u writes batch %llu: %u bytes, %u votes, promised %llu.%u", node->id,
	      node->life, (unsigned long long)flight->sequence, flight->bytes, flight->votes,
	      (unsigned long long)paxos_ballot_round(vow->promised),
	      paxos_ballot_node(vow->promised));
}

static void put(struct disk *disk, u32 sector)
{
	u64 at = sector * PAXOS_SECTOR_SIZE;

	memcpy(disk->image + disk->flight->address + at, disk->flight->data + at,
	       PAXOS_SECTOR_SIZE);
}

/* Each sector of the write in flight has landed, or not. */
static void tear(struct sim *sim, struct disk *disk)
{
	u32 sectors = disk->flight->bytes / PAXOS_SECTOR_SIZE;
	u32 odds = sim_below(sim, 4), i;

	stamp_through(disk, disk->flight->address + disk->flight->bytes);
	for (i = 0; i < sectors; i++)
		if (odds == 3 || (odds && sim_chance(sim, odds == 1 ? 200000 : 850000)))
			put(disk, i);
}

/* The write in flight has come to its end: all of it is durable, or it failed. */
void disk_end(struct node *node)
{
	struct disk *disk = &node->disk;
	struct flight *flight = disk->flight;
	u64 next;

	flight->busy = false;
	disk->ended = true;
	/* The first write of a start begins with a flush, and later ones come after it. */
	disk->cached_bytes = 0;
	if (sim_chance(node->sim, node->sim->faults ? node->sim->config.error_ppm : 0)) {
		tear(node->sim, disk);
		fault_did(FAULT_WRITE_ERROR);
		disk->error = true;
		return;
	}
	stamp_through(disk, flight->address);
	disk->stamped = port_max(disk->stamped, flight->address + flight->bytes);
	memcpy(disk->image + flight->address, flight->data, flight->bytes);
	next = paxos_ring_place(&disk->ring, flight->address + flight->bytes);
	disk->used += next > flight->address ? next - flight->address :
					       next + disk->ring.size - flight->address;
	disk->address = next;
	disk->previous_crc = flight->crc;
	model_written(node);
}

/*
 * Of a write in flight any sectors have landed, for good or in a cache that
 * forgets them when the power fails before the next flush.
 */
void disk_crash(struct node *node)
{
	struct disk *disk = &node->disk;
	struct flight *flight = disk->flight;

	if (disk->cached_bytes && sim_below(node->sim, 2)) {
		/* The write that begins with a flush has not come to its data. */
		fault_did(FAULT_UNFLUSHED);
		memcpy(disk->image + disk->cached_address, disk->cached, disk->cached_bytes);
	} else if (flight->busy) {
		stamp_through(disk, flight->address + flight->bytes);
		disk->cached_address = flight->address;
		disk->cached_bytes = flight->bytes;
		memcpy(disk->cached, disk->image + flight->address, flight->bytes);
		fault_did(FAULT_TORN);
		tear(node->sim, disk);
	}
	flight->busy = false;
	disk->ended = false;
	disk->error = false;
}

/*
 * Sectors of a torn batch @sequence at @address become blank, after a flush;
 * false if the power failed before all of them were.
 */
bool disk_wipe(struct node *node, u64 address, u64 sequence)
{
	struct disk *disk = &node->disk;
	const struct paxos_sector *sector;
	bool fails = node->sim->faults && !sim_below(node->sim, 8);
	u32 i;

	disk->cached_bytes = 0;
	stamp_through(disk, address + PAXOS_BATCH_MAX);
	for (i = 0; i < PAXOS_BATCH_SECTORS; i++, address += PAXOS_SECTOR_SIZE) {
		sector = (const struct paxos_sector *)(disk->image + address);
		if (le64_to_cpu(sector->sequence) == sequence &&
		    !(fails && sim_below(node->sim, 2)))
			write_blank(disk, address);
	}
	return !fails;
}

bool disk_full(const struct disk *disk)
{
	return disk->ring.size - disk->used < port_min((u64)RESERVE, disk->ring.size / 4);
}

/* In words, for the trace. */
const char *disk_state(const struct disk *disk)
{
	static char text[100];

	snprintf(text, sizeof(text), "batch %llu next, %llu of %llu KiB%s%s; ",
		 (unsigned long long)disk->next_sequence, (unsigned long long)disk->used >> 10,
		 (unsigned long long)disk->ring.size >> 10, disk->flight->busy ? ", writing" : "",
		 disk->error ? ", failed" : "");
	return text;
}

/* The table at @slot is durable: the journal need not say what is below it. */
void disk_trim(struct node *node, u64 slot)
{
	sim_fail(node->sim, "trims are not simulated yet");
}
