// SPDX-License-Identifier: GPL-2.0
/*
 * Disk: one node's device, byte by byte: superblock copies, and the journal's ring.
 * One write is in flight at a time; a crash leaves any of its sectors on the
 * medium.  The ring was stamped at format: that is done when a part of it is
 * first looked at.
 */
#include <sys/mman.h>

#include "sim.h"

static u8 *images[NODES_MAX];		/* kept from run to run */

u8 *image_new(void)
{
	u8 *bytes = mmap(NULL, DEVICE_MAX, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED)
		abort();
	return bytes;
}

/* ---- the ring's sectors ---- */

void disk_blank(struct disk *disk, u64 address)
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

static void stamp_chunk(struct disk *disk, u64 chunk)
{
	u64 end = port_min((chunk + 1) * IMAGE_CHUNK, disk->ring.offset + disk->ring.size);
	u64 at = port_max(chunk * IMAGE_CHUNK, disk->ring.offset);

	disk->stamped[chunk / 64] |= 1ull << chunk % 64;
	for (; at < end; at += PAXOS_SECTOR_SIZE)
		disk_blank(disk, at);
}

/* These @bytes of the ring are about to be read or written. */
void disk_touch(struct disk *disk, u64 address, u64 bytes)
{
	u64 chunk;

	for (chunk = address / IMAGE_CHUNK; chunk * IMAGE_CHUNK < address + bytes; chunk++)
		if (!(disk->stamped[chunk / 64] >> chunk % 64 & 1))
			stamp_chunk(disk, chunk);
}

/* PAXOS_REPLAY_WINDOW bytes from @offset on; @wrapped has room for them. */
const u8 *disk_window(struct disk *disk, u64 offset, u8 *wrapped)
{
	u64 end = disk->ring.offset + disk->ring.size;
	u64 part = port_min((u64)PAXOS_REPLAY_WINDOW, end - offset);

	disk_touch(disk, offset, part);
	if (part == PAXOS_REPLAY_WINDOW)
		return disk->image + offset;
	disk_touch(disk, disk->ring.offset, PAXOS_REPLAY_WINDOW - part);
	memcpy(wrapped, disk->image + offset, part);
	memcpy(wrapped + part, disk->image + disk->ring.offset, PAXOS_REPLAY_WINDOW - part);
	return wrapped;
}

/* Bytes from one place in the ring to another one, all of it if they are the same. */
static u64 ring_distance(const struct disk *disk, u64 from, u64 to)
{
	return to > from ? to - from : to + disk->ring.size - from;
}

/* The first batch that is needed when all through @slot is in a table after it. */
static u32 first_kept(const struct disk *disk, u64 slot, u32 end)
{
	u32 keep = 0;

	while (keep < end && disk->laid[keep].highest <= slot)
		keep++;
	return keep;
}

/* Is a trim to @slot worth its table, in a ring that is low? */
bool disk_worth(const struct disk *disk, u64 slot)
{
	u32 keep;

	if (!paxos_ring_low(&disk->ring, disk->used))
		return true;
	keep = disk->laids ? first_kept(disk, slot, disk->laids - 1) : 0;
	return keep && ring_distance(disk, disk->laid[0].address, disk->laid[keep].address) >=
		       PAXOS_RING_WORTH;
}

/* ---- superblocks ---- */

static struct paxos_super *super_at(struct disk *disk, u32 copy)
{
	return (struct paxos_super *)(disk->image + paxos_super_offset(copy, disk->size));
}

static void write_copy(struct disk *disk, const struct paxos_super *super, u32 copy)
{
	*super_at(disk, copy) = *super;
	paxos_super_seal(super_at(disk, copy), copy, disk->size);
}

/* Power fails while the copy is written. */
static void tear_copy(struct sim *sim, struct disk *disk, const struct paxos_super *super,
		      u32 copy)
{
	struct paxos_super whole = *super;
	u32 at;

	fault_did(FAULT_TORN_SUPER);
	paxos_super_seal(&whole, copy, disk->size);
	for (at = 0; at < sizeof(whole); at += PAXOS_SECTOR_SIZE)
		if (sim_below(sim, 2))
			memcpy((u8 *)super_at(disk, copy) + at, (u8 *)&whole + at,
			       PAXOS_SECTOR_SIZE);
}

/* The copy that counts is read; those in disk->stale are to be brought to it. */
enum paxos_super_result disk_read_super(struct sim *sim, struct disk *disk)
{
	static struct paxos_super copy[PAXOS_SUPER_COPIES];
	enum paxos_super_result result;
	unsigned int good, i;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		copy[i] = *super_at(disk, i);
	result = paxos_super_choose(copy, disk->size, &good, &disk->stale);
	if (result != PAXOS_SUPER_GOOD)
		return result;
	disk->super = copy[good];
	disk->noted = disk->super;
	paxos_super_ring(&disk->super, &disk->ring);
	/* The simulator's rings may be smaller than format lets them be. */
	disk->ring.size = port_min(disk->ring.size, sim->config.ring_size);
	return result;
}

/*
 * disk->draft to all copies, one at a time, each behind a flush.  False: the power
 * failed meanwhile, and any of them may hold it.
 */
bool disk_commit(struct node *node)
{
	struct disk *disk = &node->disk;
	struct sim *sim = node->sim;
	u32 last = sim->faults && !sim->fragile ? sim_below(sim, 32) : ~0u, i;

	disk->draft.sequence = cpu_to_le64(le64_to_cpu(disk->super.sequence) + 1);
	disk->cached_bytes = 0;
	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		if (disk->stale >> i & 1)
			write_copy(disk, &disk->super, i);
	disk->stale = 0;
	for (i = 0; i < PAXOS_SUPER_COPIES; i++) {
		if (i == last) {
			tear_copy(sim, disk, &disk->draft, i);
			return false;
		}
		write_copy(disk, &disk->draft, i);
	}
	disk->super = disk->draft;
	return true;
}

/* As paxosctl format leaves it; whatever was there before is gone. */
void disk_format(struct sim *sim, struct disk *disk, u16 node, bool joins)
{
	u64 uuid[2] = { sim_random(sim), sim_random(sim) };
	struct paxos_super super = {
		.magic = cpu_to_le64(PAXOS_SUPER_MAGIC),
		.version = cpu_to_le32(PAXOS_DISK_VERSION),
		.sequence = cpu_to_le64(1),
		.node = cpu_to_le16(node),
		.state = PAXOS_SUPER_FRESH,
		.members = joins ? 1 : sim->config.members,
		.ring_offset = cpu_to_le64(PAXOS_RING_OFFSET),
		.start_offset = cpu_to_le64(PAXOS_RING_OFFSET),
		.start_sequence = cpu_to_le64(1),
	};
	u64 ring = port_max(sim->config.ring_size, (u64)PAXOS_RING_MIN);
	u32 i;

	disk->size = PAXOS_RING_OFFSET + ring + PAXOS_RING_TAIL;
	super.ring_size = cpu_to_le64(ring);
	super.device_size = cpu_to_le64(disk->size);
	memcpy(super.cluster, sim->uuid, sizeof(super.cluster));
	memcpy(super.disk, uuid, sizeof(super.disk));
	for (i = 0; i < super.members; i++) {
		super.member[i].node = cpu_to_le16(joins ? node : i + 1);
		super.member[i].voter = !joins && i < sim->config.voters;
	}
	memset(disk->stamped, 0, sizeof(disk->stamped));
	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		write_copy(disk, &super, i);
	disk->laids = 0;
	disk->cached_bytes = 0;
	if (disk_read_super(sim, disk) != PAXOS_SUPER_GOOD)
		sim_fail(sim, "format: the superblock makes no sense");
}

void disk_init(struct sim *sim, struct node *node, bool joins)
{
	struct disk *disk = &node->disk;

	if (!images[node->index])
		images[node->index] = image_new();
	disk->image = images[node->index];
	disk->cached = malloc(PAXOS_BATCH_MAX);
	disk->flight = malloc(sizeof(*disk->flight));
	if (!disk->flight || !disk->cached)
		abort();
	disk->flight->busy = false;
	disk_format(sim, disk, node->id, joins);
}

void disk_exit(struct disk *disk)
{
	free(disk->flight);
	free(disk->cached);
	free(disk->laid);
}

/* ---- what stands in the ring ---- */

/* From the first batch that is needed to the next to be written. */
static u64 used(const struct disk *disk)
{
	return ring_distance(disk, disk->laid[0].address, disk->address);
}

/* One batch more is known to stand there. */
void disk_laid(struct disk *disk, const struct laid *laid)
{
	if (disk->laids == disk->laid_room) {
		disk->laid_room = 2 * disk->laid_room + 256;
		disk->laid = realloc(disk->laid, disk->laid_room * sizeof(*disk->laid));
		if (!disk->laid)
			abort();
	}
	disk->laid[disk->laids++] = *laid;
	disk->address = paxos_ring_place(&disk->ring, laid->address + laid->bytes);
	if (disk->address < laid->address)
		fault_did(FAULT_WRAP);
	disk->used = used(disk);
}

/* Add what @record says to what is known of its batch, and of the node. */
void disk_note(struct disk *disk, struct laid *laid, const struct paxos_record *record)
{
	switch (record->type) {
	case PAXOS_RECORD_ACCEPTED:
	case PAXOS_RECORD_LEARNED:
		laid->highest = port_max(laid->highest, record->slot);
		laid->others |= record->entry.type == PAXOS_ENTRY_CONFIG;
		break;
	case PAXOS_RECORD_TABLE:
		laid->holds_table = true;
		laid->table = record->slot;
		laid->others = true;
		break;
	case PAXOS_RECORD_PEER:
		laid->others = true;
		laid->peers |= 1ull << record->slot;
		paxos_super_note(&disk->noted, record);
		break;
	default:
		paxos_super_note(&disk->noted, record);
	}
}

/* The newest batch with a table, plus one; 0: there is none. */
static u32 newest_table(const struct disk *disk)
{
	u32 at = disk->laids;

	while (at && !disk->laid[at - 1].holds_table)
		at--;
	return at;
}

/* Rule 10: what members are known to have said stands behind the start, if it was there. */
static void check_claims(const struct node *node, u32 keep)
{
	const struct paxos_config *config = paxos_replica_config(node->replica);
	const struct disk *disk = &node->disk;
	u64 gone = 0;
	u32 i;

	for (i = 0; i < keep; i++)
		gone |= disk->laid[i].peers;
	for (; i < disk->laids; i++)
		gone &= ~disk->laid[i].peers;
	for (i = 0; i < config->members; i++)
		if (gone >> config->member[i].node & 1)
			sim_fail(node->sim, "rule 10: n%u drops what it knows of n%u", node->id,
				 config->member[i].node);
}

/* The draft goes to the disk; batches before @keep make room.  False: the power failed. */
static bool commit_start(struct node *node, u32 keep)
{
	struct disk *disk = &node->disk;

	check_claims(node, keep);
	paxos_super_take(&disk->draft, &disk->noted);
	if (!disk_commit(node))
		return false;
	if (keep) {
		disk->laids -= keep;
		memmove(disk->laid, disk->laid + keep, disk->laids * sizeof(*disk->laid));
		disk->used = used(disk);
	}
	return true;
}

/*
 * The draft names @table, the batch with the table at @slot, and begins as late as that
 * allows.  Returns what is kept.
 */
static u32 draft_start(struct disk *disk, u64 slot, u32 table)
{
	u32 keep = first_kept(disk, slot, table);

	paxos_super_trim(&disk->draft, slot, disk->laid[table].address,
			 disk->laid[keep].address, disk->laid[keep].sequence);
	return keep;
}

/*
 * A new incarnation, from which on replay begins as late as it may, unless the core is
 * going to name another table anyway.  False if the power failed meanwhile.
 */
bool disk_new_life(struct node *node)
{
	struct disk *disk = &node->disk;
	u32 table = newest_table(disk), keep = 0;

	disk->draft = disk->super;
	paxos_super_begin(&disk->draft, node->nonce);
	if (node->trimmed && table && disk->laid[table - 1].table == node->trimmed)
		keep = draft_start(disk, node->trimmed, table - 1);
	return commit_start(node, keep);
}

/*
 * Starts and elections have taken room, and no slot stands above the trim point: is the
 * table worth being written once more?  Far sooner here than in the kernel, or it never
 * came to that (PAXOS_RING_IDLE).
 */
bool disk_table_lags(const struct node *node)
{
	const struct disk *disk = &node->disk;
	u32 table = newest_table(disk), i;

	if (!node->trimmed || !table || disk->laid[table - 1].table != node->trimmed)
		return false;
	for (i = 0; i < disk->laids; i++)
		if (disk->laid[i].highest > node->trimmed)
			return false;
	return ring_distance(disk, disk->laid[table - 1].address, disk->address) >=
		       2 * PAXOS_BLOCK_SIZE &&
	       disk->ring.size - disk->used >= 2 * PAXOS_BATCH_MAX;
}

/* The table at @slot is durable: the superblock says so. */
void disk_trim(struct node *node, u64 slot)
{
	struct disk *disk = &node->disk;
	u32 table = newest_table(disk);

	while (table && !(disk->laid[table - 1].holds_table && disk->laid[table - 1].table == slot))
		table--;
	if (!table)
		sim_fail(node->sim, "the table at slot %llu is not in the journal",
			 (unsigned long long)slot);
	disk->draft = disk->super;
	if (!commit_start(node, draft_start(disk, slot, table - 1))) {
		node_crash(node, "while it was writing its trim point");
		sim_push(node->sim, 1000, HAPPENS_START, node->index, node->life);
		return;
	}
	node->trimmed = slot;
	trace(node->sim, "n%u.%u has trimmed through %llu: %llu KiB are left", node->id, node->life,
	      (unsigned long long)slot, (unsigned long long)disk->used >> 10);
}

/* Rule 7: to the superblock, before all else.  False if the power failed meanwhile. */
bool disk_forget(struct node *node)
{
	struct disk *disk = &node->disk;

	disk->draft = disk->super;
	paxos_super_take(&disk->draft, &disk->noted);
	disk->draft.state = PAXOS_SUPER_FORGOTTEN;
	return disk_commit(node);
}

/* ---- writing ---- */

static void note_records(struct node *node)
{
	struct flight *flight = node->disk.flight;
	u32 i;

	flight->votes = 0;
	flight->commit = 0;
	flight->table = 0;
	flight->pins = 0;
	flight->laid = (struct laid) {};
	for (i = 0; i < node->batch->records; i++) {
		disk_note(&node->disk, &flight->laid, &node->batch->record[i]);
		model_record(node, &node->batch->record[i]);
	}
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
	/* The kernel fails then, and never overwrites what has not been trimmed. */
	if (disk->ring.size - disk->used < PAXOS_BATCH_MAX)
		sim_fail(sim, "n%u: no table would fit into its ring any more", node->id);
	flight->address = disk->address;
	flight->vow = *vow;
	note_records(node);
	model_gathered(node);
	flight->laid.records = node->batch->records;
	flight->laid.payload = node->batch->bytes;
	flight->bytes = paxos_batch_encode(node->batch, &disk->ring, vow, disk->address,
					   disk->previous_crc, flight->data, &flight->crc);
	flight->laid.sequence = flight->sequence;
	flight->laid.address = flight->address;
	flight->laid.bytes = flight->bytes;
	disk->next_sequence++;
	paxos_batch_start(node->batch, disk->next_sequence);
	flight->busy = true;
	time += sim_below(sim, time + 1);
	if (sim_chance(sim, sim->config.stall_ppm)) {
		fault_did(FAULT_STALLED);
		time += sim_below(sim, port_min(SECOND_US, 4000ull * sim->config.election_ms));
	}
	sim_push(sim, time, HAPPENS_WRITTEN, node->index, node->life);
	if (node->doom && !--node->doom)
		sim_push(sim, sim_below(sim, time + 1), HAPPENS_DOOM, node->index, node->life);
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

	disk_touch(disk, disk->flight->address, disk->flight->bytes);
	for (i = 0; i < sectors; i++)
		if (odds == 3 || (odds && sim_chance(sim, odds == 1 ? 200000 : 850000)))
			put(disk, i);
}

/* The write in flight has come to its end: all of it is durable, or it failed. */
void disk_end(struct node *node)
{
	struct disk *disk = &node->disk;
	struct flight *flight = disk->flight;

	flight->busy = false;
	disk->ended = true;
	/* The first write of a start begins with a flush, and later ones come after it. */
	disk->cached_bytes = 0;
	if (node->sim->faults && !node->sim->fragile &&
	    sim_chance(node->sim, node->sim->config.error_ppm)) {
		tear(node->sim, disk);
		fault_did(FAULT_WRITE_ERROR);
		disk->error = true;
		return;
	}
	disk_touch(disk, flight->address, flight->bytes);
	memcpy(disk->image + flight->address, flight->data, flight->bytes);
	disk_laid(disk, &flight->laid);
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
		/* The start may have found a whole batch there. */
		if (disk->laids && disk->laid[disk->laids - 1].address == disk->cached_address) {
			disk->laids--;
			disk->address = disk->cached_address;
		}
	} else if (flight->busy) {
		disk_touch(disk, flight->address, flight->bytes);
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
	bool fails = node->sim->faults && !node->sim->fragile && !sim_below(node->sim, 8);
	u32 i;

	disk->cached_bytes = 0;
	disk_touch(disk, address, PAXOS_BATCH_MAX);
	for (i = 0; i < PAXOS_BATCH_SECTORS; i++, address += PAXOS_SECTOR_SIZE) {
		sector = (const struct paxos_sector *)(disk->image + address);
		if (le64_to_cpu(sector->sequence) == sequence &&
		    !(fails && sim_below(node->sim, 2)))
			disk_blank(disk, address);
	}
	return !fails;
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
