// SPDX-License-Identifier: GPL-2.0
/*
 * Image: the device of a node that has lived for a while.
 *
 * Node 3 of three voters: its ring has come round once, it has trimmed twice, was
 * promised to several leaders, led itself, accepted the same slot at several
 * ballots, lagged and was told what was chosen, and met a fourth node.  Records are
 * written in the order in which the core writes them, by the core's encoder.  All
 * of it is known here, apart from what stands on the device: the oracle is made of
 * that.
 */
#include "flips.h"

#define POOL_SIZE	(4 * PAXOS_VALUE_MAX)
#define LIVE_ROOM	(640u << 10)	/* bytes before the ring's end: where filling ends */
#define ROUNDS		90u		/* batches that are written then, about */
#define LONG_VALUE	9000u

static const u8 cluster[16] = "a used device";
static struct paxos_batch gathered;
static u8 encoded[PAXOS_BATCH_MAX] __attribute__((aligned(8)));
static u8 table_bytes[PAXOS_TABLE_SIZE_MAX];
static u8 config_bytes[PAXOS_CONFIG_SIZE_MAX];

static u64 random_state = 1;

void random_seed(u64 seed)
{
	random_state = seed;
}

u64 random_below(u64 bound)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (random_state >> 33) % bound;
}

static void name_disk(u8 *disk, u16 node)
{
	memset(disk, 0xd0 + node, 16);
}

/* ---- batches ---- */

static void lay_out(struct image *image, u8 *out)
{
	struct written *to = &image->batch[image->batches];
	struct paxos_batch_header header;
	u32 bytes;

	assert(image->batches < FLIPS_BATCHES_MAX &&
	       image->records + gathered.records <= FLIPS_RECORDS_MAX);
	memcpy(&image->record[image->records], gathered.record,
	       gathered.records * sizeof(gathered.record[0]));
	*to = (struct written) {
		.sequence = image->sequence,
		.address = image->address,
		.first = image->records,
		.records = gathered.records,
		.payload = gathered.bytes,
	};
	bytes = paxos_batch_encode(&gathered, &image->ring, &image->vow, image->address,
				   image->previous_crc, out, &image->previous_crc);
	memcpy(&header, ((struct paxos_sector *)out)->data, sizeof(header));
	to->sectors = bytes / PAXOS_SECTOR_SIZE;
	to->header_sectors = le32_to_cpu(header.header_sectors);
}

static void write_batch(struct image *image)
{
	struct written *to = &image->batch[image->batches];

	lay_out(image, encoded);
	memcpy(image->bytes + to->address, encoded, to->sectors * PAXOS_SECTOR_SIZE);
	image->batches++;
	image->records += to->records;
	image->address = paxos_ring_place(&image->ring, to->address +
						       to->sectors * PAXOS_SECTOR_SIZE);
	paxos_batch_start(&gathered, ++image->sequence);
}

/* ---- what a node writes ---- */

static struct paxos_entry new_entry(struct image *image, u32 longest)
{
	static u64 sequences[4], clients[4];
	u16 origin = 1 + random_below(3);
	struct paxos_entry entry = {
		.type = PAXOS_ENTRY_VALUE,
		.id = { .incarnation = 9, .nonce = 5, .origin = origin },
	};

	if (!random_below(12)) {
		entry.type = PAXOS_ENTRY_NOOP;
		return entry;
	}
	if (!random_below(6)) {
		entry.id.client = true;
		entry.id.incarnation = 100 + origin;
		entry.id.nonce = 0;
		entry.id.sequence = ++clients[origin];
	} else {
		entry.id.sequence = ++sequences[origin];
	}
	entry.value.length = 1 + random_below(longest);
	entry.value.data = image->pool + random_below(POOL_SIZE - entry.value.length);
	return entry;
}

static void add_entry(struct image *image, u16 type, u64 slot, u64 ballot)
{
	struct paxos_record record = {
		.type = type, .slot = slot, .ballot = ballot, .entry = image->slot[slot].entry,
	};

	paxos_batch_append(&gathered, &record);
}

static void accept(struct image *image, u64 slot)
{
	image->slot[slot].ballot = image->vow.promised;
	add_entry(image, PAXOS_RECORD_ACCEPTED, slot, image->vow.promised);
	/* Resent, and asked for again: the same record twice. */
	if (!random_below(16))
		add_entry(image, PAXOS_RECORD_ACCEPTED, slot, image->vow.promised);
}

/* The journal says how far the log is chosen, before anything else. */
static void record_commit(struct image *image)
{
	struct paxos_record record = { .type = PAXOS_RECORD_CHOSEN, .slot = image->commit };
	struct holding *at;
	u64 first;

	if (image->delivered == image->commit)
		return;
	paxos_batch_append(&gathered, &record);
	while (image->delivered < image->commit) {
		at = &image->slot[++image->delivered];
		at->delivered_as = paxos_table_apply(&image->table, &at->entry, &first);
	}
}

/* A batch of new slots; all but the last few are chosen soon after. */
static void accept_some(struct image *image, u32 count, u32 longest)
{
	record_commit(image);
	for (; count; count--) {
		assert(image->top + 1 < FLIPS_SLOTS_MAX);
		image->slot[++image->top].entry = new_entry(image, longest);
		/* A retry, chosen twice: delivered once (rule 8). */
		if (!random_below(20))
			image->slot[image->top].entry = image->slot[image->top - 1].entry;
		accept(image, image->top);
	}
	write_batch(image);
	image->commit = port_max(image->commit, image->top - port_min(random_below(4), image->top));
}

/* A new ballot: what is open is accepted again at it, some of it with other values. */
static void promise(struct image *image)
{
	u16 leader = 1 + random_below(3);
	u64 slot;

	image->vow.promised = paxos_ballot(paxos_ballot_round(image->vow.promised) + 1, leader);
	if (leader == FLIPS_NODE)
		image->vow.ballot_used = image->vow.promised;
	if (random_below(2))
		write_batch(image);
	record_commit(image);
	for (slot = image->commit + 1; slot <= image->top; slot++) {
		if (!random_below(3))
			image->slot[slot].entry = new_entry(image, 300);
		accept(image, slot);
	}
	write_batch(image);
}

/* It lagged: it is told what was chosen. */
static void learn(struct image *image, u32 count)
{
	u64 through = image->top + count, slot, first;
	struct holding *at;

	record_commit(image);
	for (slot = image->commit + 1; slot <= through; slot++) {
		at = &image->slot[slot];
		if (slot > image->top)
			at->entry = new_entry(image, 500);
		add_entry(image, PAXOS_RECORD_LEARNED, slot, image->vow.promised);
		at->delivered_as = paxos_table_apply(&image->table, &at->entry, &first);
	}
	image->top = through;
	image->commit = through;
	image->delivered = through;
	/* A value that had rotted was fetched, and is written anew. */
	add_entry(image, PAXOS_RECORD_LEARNED, through - count - random_below(5),
		  image->vow.promised);
	write_batch(image);
}

/* Slots through what is delivered go; the table at it is the index of its batch. */
static u32 trim(struct image *image)
{
	struct paxos_record record = { .type = PAXOS_RECORD_TABLE };

	record_commit(image);
	image->vow.trim = image->delivered;
	record.slot = image->delivered;
	record.entry.value.data = table_bytes;
	record.entry.value.length = paxos_table_encode(&image->table, table_bytes);
	paxos_batch_append(&gathered, &record);
	write_batch(image);
	return image->batches - 1;
}

static void meet(struct image *image, u16 node)
{
	struct paxos_record record = { .type = PAXOS_RECORD_PEER, .slot = node };

	name_disk(record.disk, node);
	paxos_batch_append(&gathered, &record);
}

/* A learner is added: the next slot holds a configuration, which must not be lost. */
static void add_member(struct image *image, u16 node)
{
	struct paxos_config config = image->table.newest;
	struct paxos_config_member *member = &config.member[config.members++];
	struct paxos_entry *entry = &image->slot[++image->top].entry;

	*member = (struct paxos_config_member) { .node = node };
	name_disk(member->disk, node);
	*entry = (struct paxos_entry) {
		.type = PAXOS_ENTRY_CONFIG,
		.id = { .incarnation = 9, .nonce = 5, .origin = 1, .sequence = 100000 },
		.value.data = config_bytes,
		.value.length = paxos_config_encode(&config, image->table.newest.slot,
						    config_bytes),
	};
	record_commit(image);
	meet(image, node);
	accept(image, image->top);
	write_batch(image);
	image->commit = image->top;
}

/* ---- the device ---- */

static void stamp_ring(struct image *image)
{
	const struct paxos_ring *ring = &image->ring;
	struct paxos_sector *sector;
	u64 at;

	for (at = ring->offset; at < ring->offset + ring->size; at += PAXOS_SECTOR_SIZE) {
		sector = (struct paxos_sector *)(image->bytes + at);
		sector->address = cpu_to_le64(at);
		sector->disk_tag = cpu_to_le32(ring->disk_tag);
		sector->crc = cpu_to_le32(port_crc(sector, offsetof(struct paxos_sector, crc)));
	}
}

static void format(struct image *image)
{
	struct paxos_super *super = &image->version[OLD].super;
	struct paxos_config first = {}, *config = &first;
	u16 node;

	*super = (struct paxos_super) {
		.magic = cpu_to_le64(PAXOS_SUPER_MAGIC),
		.version = cpu_to_le32(PAXOS_DISK_VERSION),
		.sequence = cpu_to_le64(40),
		.node = cpu_to_le16(FLIPS_NODE),
		.state = PAXOS_SUPER_OK,
		.members = 3,
		.incarnation = cpu_to_le64(7),
		.device_size = cpu_to_le64(FLIPS_DEVICE),
		.ring_offset = cpu_to_le64(PAXOS_RING_OFFSET),
		.ring_size = cpu_to_le64(PAXOS_RING_MIN),
	};
	memcpy(super->cluster, cluster, sizeof(cluster));
	name_disk(super->disk, FLIPS_NODE);
	for (node = 1; node <= super->members; node++) {
		struct paxos_super_member *member = &super->member[node - 1];

		member->node = cpu_to_le16(node);
		member->voter = 1;
		member->known = 1;
		name_disk(member->disk, node);
		config->member[node - 1] = (struct paxos_config_member) {
			.node = node, .voter = true,
		};
	}
	config->members = super->members;
	paxos_table_first(&image->table, config);
	paxos_super_ring(super, &image->ring);
	stamp_ring(image);
	image->vow = (struct paxos_vow) { .promised = paxos_ballot(1, 1), .incarnation = 7 };
	image->address = image->ring.offset;
	image->sequence = 1;
	paxos_batch_start(&gathered, image->sequence);
}

/* The superblock after a trim: its table is in batch @table. */
static void note_trim(struct image *image, struct version *version, u32 table)
{
	u64 slot = image->vow.trim, highest = 0;
	const struct paxos_record *record;
	u32 i;

	/* The first batch that holds a slot above it, if none is before the table's. */
	for (version->first = 0; version->first < table; version->first++) {
		const struct written *batch = &image->batch[version->first];

		record = &image->record[batch->first];
		for (i = 0; i < batch->records; i++, record++)
			if (record->type == PAXOS_RECORD_ACCEPTED ||
			    record->type == PAXOS_RECORD_LEARNED)
				highest = port_max(highest, record->slot);
		if (highest > slot)
			break;
	}
	version->trim = slot;
	paxos_super_trim(&version->super, slot, image->batch[table].address,
			 image->batch[version->first].address,
			 image->batch[version->first].sequence);
}

/* One superblock copy becomes that of @version. */
void image_put_super(struct image *image, u32 copy, u32 version)
{
	struct paxos_super super = image->version[version].super;

	paxos_super_seal(&super, copy, FLIPS_DEVICE);
	memcpy(image->bytes + paxos_super_offset(copy, FLIPS_DEVICE), &super, sizeof(super));
}

/* The batch that would be written next, to @out; returns its length in bytes. */
u32 image_next_batch(struct image *image, u8 *out)
{
	u32 previous_crc = image->previous_crc;

	add_entry(image, PAXOS_RECORD_ACCEPTED, image->top, image->vow.promised);
	add_entry(image, PAXOS_RECORD_ACCEPTED, image->top - 1, image->vow.promised);
	lay_out(image, out);
	paxos_batch_start(&gathered, image->sequence);
	image->previous_crc = previous_crc;
	return image->batch[image->batches].sectors * PAXOS_SECTOR_SIZE;
}

/* A lap of the ring, nearly, with values of any length. */
static void fill(struct image *image)
{
	u64 end = image->ring.offset + image->ring.size;

	while (end - image->address > LIVE_ROOM) {
		if (random_below(8))
			accept_some(image, 1 + random_below(6), PAXOS_VALUE_MAX);
		else
			promise(image);
	}
}

/* Many small batches, as with a few callers at a time; now and then a long value. */
static void go_on(struct image *image, u32 rounds)
{
	for (; rounds; rounds--) {
		switch (random_below(9)) {
		case 0:
			promise(image);
			break;
		case 1:
			learn(image, 3);
			break;
		case 2:
			accept_some(image, 3, LONG_VALUE);
			break;
		default:
			accept_some(image, 1 + random_below(12), 600);
		}
	}
}

/* All that the node did. */
static void live(struct image *image)
{
	struct version *old = &image->version[OLD], *new = &image->version[NEW];
	struct paxos_record confirmed = { .type = PAXOS_RECORD_CONFIRMED };

	meet(image, 1);
	meet(image, 2);
	paxos_batch_append(&gathered, &confirmed);
	write_batch(image);
	fill(image);
	note_trim(image, old, trim(image));
	add_member(image, 4);
	go_on(image, 2 * ROUNDS / 3);
	*new = *old;
	note_trim(image, new, trim(image));
	go_on(image, ROUNDS / 3);
	accept_some(image, 12, 600);
	/* The newer superblock is also the newest promise: of a start without room. */
	new->promised = paxos_ballot(paxos_ballot_round(image->vow.promised) + 1, 2);
	new->super.promised = cpu_to_le64(new->promised);
	new->super.sequence = cpu_to_le64(le64_to_cpu(old->super.sequence) + 1);
	old->promised = image->vow.promised;
}

struct image *image_make(void)
{
	struct image *image = calloc(1, sizeof(*image));
	u32 i;

	image->bytes = calloc(1, FLIPS_DEVICE);
	image->pool = malloc(POOL_SIZE);
	for (i = 0; i < POOL_SIZE; i++)
		image->pool[i] = random_below(256);
	format(image);
	live(image);
	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		image_put_super(image, i, OLD);
	return image;
}

void image_free(struct image *image)
{
	free(image->bytes);
	free(image->pool);
	free(image);
}
