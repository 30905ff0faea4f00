// SPDX-License-Identifier: GPL-2.0
/*
 * Harm: what happens to a disk behind its node's back, while the node is down.
 * Bits flip, writes went elsewhere or never happened though the device said so,
 * the disk is another one, or an image of some time ago.
 *
 * Harm keeps to what the protocol promises to survive: of the voters of each
 * configuration in force, less than half are ever hit, so that of each chosen value
 * an intact copy is left.  A node must notice what was done to it, and must not see
 * more in it than there is: node->harmed says what it may come to.
 */
#include "sim.h"

static const char * const names[HARM_KINDS] = {
	[HARM_VALUE] = "a bit of a value flips",
	[HARM_HEADER] = "a bit of a header copy flips",
	[HARM_HEADERS] = "a bit of either header copy flips",
	[HARM_STAMP] = "a bit of a sector's stamp flips",
	[HARM_BEYOND] = "a bit after the journal's end flips",
	[HARM_LOST] = "a write never happened",
	[HARM_MISDIRECTED] = "a write went elsewhere",
	[HARM_SUPER] = "a bit of a superblock copy flips",
	[HARM_SUPERS] = "bits of two superblock copies flip",
	[HARM_BLANK] = "the disk is a blank one",
	[HARM_RESTORED] = "the disk is an image of some time ago",
};

static void flip(struct sim *sim, struct disk *disk, u64 address, u64 bytes)
{
	disk->image[address + sim_below(sim, bytes)] ^= 1 << sim_below(sim, 8);
	disk->rotten[disk->rots++ % ROTS_MAX] = address;
}

static void harmed(struct node *node, enum harmed level)
{
	node->harmed = port_max(node->harmed, level);
}

/* ---- the journal ---- */

struct extent {
	u32 sectors, header, payload;	/* of the whole, of a header copy, of the payload */
};

static u32 sectors_of(u32 bytes)
{
	return (bytes + PAXOS_SECTOR_DATA - 1) / PAXOS_SECTOR_DATA;
}

static struct extent extent_of(const struct laid *laid)
{
	return (struct extent) {
		.sectors = laid->bytes / PAXOS_SECTOR_SIZE,
		.header = sectors_of(sizeof(struct paxos_batch_header) +
				     laid->records * sizeof(struct paxos_record_tag)),
		.payload = sectors_of(laid->payload),
	};
}

static u64 sector_at(const struct laid *laid, u32 sector)
{
	return laid->address + sector * (u64)PAXOS_SECTOR_SIZE;
}

/* Are @count sectors from @first on as they were written? */
static bool whole(const struct disk *disk, const struct laid *laid, u32 first, u32 count)
{
	const struct paxos_sector *sector =
		(const struct paxos_sector *)(disk->image + sector_at(laid, first));

	for (; count; count--, sector++)
		if (le32_to_cpu(sector->crc) != port_crc(sector, offsetof(struct paxos_sector, crc)))
			return false;
	return true;
}

/* Without either copy of its header a batch is lost; rot adds up over the years. */
static void check_headers(struct node *node, const struct laid *laid, struct extent extent)
{
	if (!whole(&node->disk, laid, 0, extent.header) &&
	    !whole(&node->disk, laid, extent.sectors - extent.header, extent.header))
		harmed(node, HARMED_FORGETS);
}

static void harm_value(struct node *node, const struct laid *laid)
{
	struct extent extent = extent_of(laid);

	if (!extent.payload)
		return;
	flip(node->sim, &node->disk,
	     sector_at(laid, extent.header + sim_below(node->sim, extent.payload)),
	     PAXOS_SECTOR_DATA);
	harmed(node, laid->others ? HARMED_FORGETS : HARMED_VALUES);
}

static void harm_header(struct node *node, const struct laid *laid, u32 copies)
{
	struct extent extent = extent_of(laid);
	u32 first = sim_below(node->sim, 2), i, at;

	/* The second copy follows the payload, and ends the batch. */
	for (i = 0; i < copies; i++) {
		at = (first + i) % 2 ? extent.sectors - extent.header : 0;
		flip(node->sim, &node->disk,
		     sector_at(laid, at + sim_below(node->sim, extent.header)),
		     PAXOS_SECTOR_DATA);
	}
	check_headers(node, laid, extent);
}

/* What the stamp is for, the sector's neighbours say as well. */
static void harm_stamp(struct node *node, const struct laid *laid)
{
	struct extent extent = extent_of(laid);
	u32 sector = sim_below(node->sim, extent.sectors);

	flip(node->sim, &node->disk, sector_at(laid, sector) + PAXOS_SECTOR_DATA,
	     PAXOS_SECTOR_SIZE - PAXOS_SECTOR_DATA);
	check_headers(node, laid, extent);
}

/* Somewhere in what replay looks at after the last batch. */
static u64 beyond(struct node *node, u32 bytes)
{
	struct disk *disk = &node->disk;
	u64 end = disk->ring.offset + disk->ring.size;
	u64 at = disk->address + sim_below(node->sim, PAXOS_BATCH_MAX / PAXOS_BLOCK_SIZE) *
				 PAXOS_BLOCK_SIZE;

	if (at + bytes > end)
		at = disk->ring.offset;
	disk_touch(disk, at, bytes);
	return at;
}

static void harm_beyond(struct node *node)
{
	flip(node->sim, &node->disk, beyond(node, PAXOS_BLOCK_SIZE), PAXOS_BLOCK_SIZE);
	harmed(node, HARMED_FORGETS);
}

/* All or some of its sectors are as they were before the ring came round. */
static void unwrite(struct node *node, const struct laid *laid, bool all)
{
	u32 sectors = laid->bytes / PAXOS_SECTOR_SIZE, i;
	u32 sure = sim_below(node->sim, sectors);

	for (i = 0; i < sectors; i++)
		if (all || i == sure || sim_below(node->sim, 2))
			disk_blank(&node->disk, sector_at(laid, i));
}

static void harm_misdirected(struct node *node, const struct laid *laid)
{
	struct disk *disk = &node->disk;
	const struct laid *other = &disk->laid[sim_below(node->sim, disk->laids)];
	u64 to = beyond(node, laid->bytes);

	/* Over another one of about its length, so that nothing but that is hit. */
	if (sim_below(node->sim, 2) && other != laid && other->bytes >= laid->bytes)
		to = other->address;
	if (to + laid->bytes > disk->ring.offset + disk->ring.size || to == laid->address)
		return;
	memmove(disk->image + to, disk->image + laid->address, laid->bytes);
	unwrite(node, laid, true);
	harmed(node, HARMED_FORGETS);
}

static void harm_journal(struct node *node, enum harm harm)
{
	struct disk *disk = &node->disk;
	const struct laid *laid;

	if (!disk->laids)
		return;
	laid = &disk->laid[sim_below(node->sim, disk->laids)];
	switch (harm) {
	case HARM_VALUE:
		harm_value(node, laid);
		break;
	case HARM_HEADER:
		harm_header(node, laid, 1);
		break;
	case HARM_HEADERS:
		harm_header(node, laid, 2);
		break;
	case HARM_STAMP:
		harm_stamp(node, laid);
		break;
	case HARM_BEYOND:
		harm_beyond(node);
		break;
	case HARM_LOST:
		/* Of the very last write, nobody could see it. */
		if (laid == &disk->laid[disk->laids - 1])
			break;
		unwrite(node, laid, sim_below(node->sim, 2));
		harmed(node, HARMED_FORGETS);
		break;
	case HARM_MISDIRECTED:
		harm_misdirected(node, laid);
		break;
	default:
		break;
	}
}

/* ---- superblocks ---- */

static bool copy_valid(const struct disk *disk, u32 copy)
{
	const struct paxos_super *super =
		(const struct paxos_super *)(disk->image + paxos_super_offset(copy, disk->size));
	static struct paxos_super sealed;

	sealed = *super;
	paxos_super_seal(&sealed, copy, disk->size);
	return !memcmp(&sealed, super, sizeof(sealed));
}

static void harm_supers(struct node *node, u32 copies)
{
	struct disk *disk = &node->disk;
	u32 copy = sim_below(node->sim, PAXOS_SUPER_COPIES), invalid = 0, i;

	for (i = 0; i < copies; i++, copy = (copy + 1) % PAXOS_SUPER_COPIES)
		flip(node->sim, disk, paxos_super_offset(copy, disk->size), PAXOS_BLOCK_SIZE);
	/* A torn copy is invalid, too. */
	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		invalid += !copy_valid(disk, i);
	if (invalid > 1)
		harmed(node, HARMED_REFUSES);
}

/* ---- another disk ---- */

static struct {
	u8 *image;
	u64 stamped[IMAGE_WORDS];
	u64 incarnation;
	u32 node;			/* index, from 1; 0: there is none */
} backup;

void harm_begin(struct sim *sim)
{
	backup.node = 0;
	if (sim->config.harm_us)
		sim_push(sim, sim_scaled(sim, 1000, 2 * sim->config.harm_us), HAPPENS_HARM, 0, 0);
}

static void copy_image(u8 *to, const u8 *from, const u64 *stamped, u64 size)
{
	u32 i;

	for (i = 0; i < IMAGE_CHUNKS; i++)
		if (stamped[i / 64] >> i % 64 & 1)
			memcpy(to + i * (u64)IMAGE_CHUNK, from + i * (u64)IMAGE_CHUNK, IMAGE_CHUNK);
	memcpy(to, from, PAXOS_RING_OFFSET);
	memcpy(to + size - PAXOS_RING_TAIL, from + size - PAXOS_RING_TAIL, PAXOS_RING_TAIL);
}

static void take_backup(struct node *node)
{
	if (!backup.image)
		backup.image = image_new();
	copy_image(backup.image, node->disk.image, node->disk.stamped, node->disk.size);
	memcpy(backup.stamped, node->disk.stamped, sizeof(backup.stamped));
	backup.incarnation = node->incarnation;
	backup.node = node->index + 1;
	trace(node->sim, "n%u.%u: an image of its disk is taken", node->id, node->life);
}

static void restore_backup(struct node *node)
{
	copy_image(node->disk.image, backup.image, backup.stamped, node->disk.size);
	memcpy(node->disk.stamped, backup.stamped, sizeof(backup.stamped));
	backup.node = 0;
	node->mute = true;
	harmed(node, HARMED_FORGETS);
	/* Until it was refused, who knows better must not forget that. */
	node->sim->fragile = !node->forgotten;
}

static void make_blank(struct node *node)
{
	disk_format(node->sim, &node->disk, node->id, node->joins);
	node->mute = true;
	node->forgotten = false;
	node->trimmed = 0;
	harmed(node, HARMED_FORGETS);
}

/*
 * Would everybody refuse an image of before its last start?  Only if they all have
 * heard of that start, and none is away.
 */
static bool all_know(struct sim *sim, const struct node *node)
{
	const struct node *other;
	u32 i;

	for (i = 0; i < sim->nodes; i++) {
		other = sim->node[i];
		if (other == node || other->dead || other->gone)
			continue;
		if (other->state != NODE_UP || other->paused || other->failed ||
		    other->met[node->index] < node->incarnation)
			return false;
	}
	return node->state == NODE_UP && node->incarnation > backup.incarnation;
}

/*
 * What rotted, and was trimmed since, is still rotten, where the next batches are to
 * come: a start looks there, and cannot tell it from one that is lost.
 */
static void check_beyond(struct node *node)
{
	const struct disk *disk = &node->disk;
	u64 end = disk->ring.offset + disk->ring.size, ahead;
	u32 i;

	for (i = 0; i < port_min(disk->rots, ROTS_MAX); i++) {
		if (disk->rotten[i] < disk->ring.offset || disk->rotten[i] >= end)
			continue;
		ahead = disk->rotten[i] >= disk->address ? disk->rotten[i] - disk->address :
				disk->rotten[i] + disk->ring.size - disk->address;
		if (ahead < PAXOS_REPLAY_WINDOW + PAXOS_BATCH_MAX)
			harmed(node, HARMED_FORGETS);
	}
}

/* ---- whose turn it is ---- */

bool node_impaired(const struct node *node)
{
	return node->harm || node->harmed || node->dead || node->mute || node->forgotten;
}

/* Rule 10: a first start needs every voter's disk, so none is harmed before. */
static bool all_confirmed(struct sim *sim)
{
	u32 i;

	for (i = 0; i < sim->config.members; i++)
		if (sim->node[i]->disk.noted.state == PAXOS_SUPER_FRESH)
			return false;
	return sim->model.top != 0;
}

/* Would of the voters of each configuration in force still more than half be sound? */
static bool may_harm(struct sim *sim, const struct node *node)
{
	u32 masks[2], i, k, voters, impaired;

	sim_voters(sim, masks);
	for (i = 0; i < 2; i++) {
		voters = 0;
		impaired = 0;
		for (k = 0; k < sim->nodes; k++) {
			if (!(masks[i] >> k & 1))
				continue;
			voters++;
			impaired += k == node->index || node_impaired(sim->node[k]);
		}
		if (impaired > (voters - 1) / 2 && masks[i] >> node->index & 1)
			return false;
	}
	return true;
}

static enum harm draw(struct sim *sim)
{
	u32 kinds = sim->config.harms, skip;

	if (!kinds)
		return HARM_NONE;
	for (skip = sim_below(sim, __builtin_popcount(kinds)); skip; skip--)
		kinds &= kinds - 1;
	return __builtin_ctz(kinds);
}

/*
 * It is a member, and by the log of all others it has been one for long.  Of the first
 * members' disks the log says nothing: all others have met it.
 */
static bool all_have_pinned(struct sim *sim, const struct node *node)
{
	const struct config_model *config = history_newest(sim);
	const struct node *other;
	u32 i;

	if (!(config->members >> node->index & 1) || !node->delivered)
		return false;
	for (i = 0; i < sim->nodes; i++) {
		other = sim->node[i];
		if (!(config->members >> i & 1) || other == node)
			continue;
		if (other->delivered < config->slot ||
		    (!node->joins && !(other->pinned >> node->index & 1)))
			return false;
	}
	return true;
}

static void begin(struct sim *sim, struct node *node, enum harm harm)
{
	if (harm == HARM_RESTORED && backup.node != node->index + 1) {
		if (node->state != NODE_UP)
			return;
		take_backup(node);
		/* A start later, its peers can tell. */
		harm = HARM_NONE;
	}
	if (harm == HARM_RESTORED && !all_know(sim, node))
		return;
	/* Who knows the log knows its disk, and refuses another. */
	if ((harm == HARM_BLANK || harm == HARM_RESTORED) && !all_have_pinned(sim, node))
		return;
	node->harm = harm;
	if (node->state != NODE_DOWN)
		node_crash(node, "");
	if (harm == HARM_RESTORED)
		node_start(node);
	else
		sim_push(sim, sim_scaled(sim, 500, SECOND_US), HAPPENS_START, node->index,
			 node->life);
}

void harm_next(struct sim *sim)
{
	struct node *node = sim->node[sim_below(sim, sim->nodes)];
	enum harm harm = draw(sim);

	if (!sim->faults)
		return;
	/* An image there is comes back as soon as it can be told from the disk. */
	if (backup.node && sim_below(sim, 2)) {
		node = sim->node[backup.node - 1];
		harm = HARM_RESTORED;
	}
	if (harm && !sim->fragile && !node->dead && !node->gone && !node->mute &&
	    !node->forgotten && !node->harm && all_confirmed(sim) &&
	    may_harm(sim, node))
		begin(sim, node, harm);
	sim_push(sim, sim_below(sim, 2 * sim->config.harm_us), HAPPENS_HARM, 0, 0);
}

/* The node is about to start: what was to happen to its disk has happened. */
void harm_disk(struct node *node)
{
	enum harm harm = node->harm;

	check_beyond(node);
	node->harm = HARM_NONE;
	if (!harm)
		return;
	trace(node->sim, "n%u: %s", node->id, names[harm]);
	fault_did(FAULT_VALUE + harm - HARM_VALUE);
	switch (harm) {
	case HARM_SUPER:
		harm_supers(node, 1);
		break;
	case HARM_SUPERS:
		harm_supers(node, 2);
		break;
	case HARM_BLANK:
		make_blank(node);
		break;
	case HARM_RESTORED:
		restore_backup(node);
		break;
	default:
		harm_journal(node, harm);
	}
}
