// SPDX-License-Identifier: GPL-2.0
/*
 * Target: a journal that was written properly, and then hit.
 *
 * The script writes batches with the real codec, then lets sectors of the ring rot,
 * stay as they were, or be written to the wrong place.  Whatever replay makes of it,
 * what it gives back is what was written, or known to be lost; and what was
 * acknowledged is not taken for torn (STORAGE.md, "Starting").
 */
#include "script.h"

#include "../../kmod/core/record.h"

#define RING		(2u << 20)	/* bytes */
#define BATCHES_MAX	24u
#define RECORDS_MAX	48u
#define HITS_MAX	7u		/* sectors; a batch has eight at least */
#define SECTOR		PAXOS_SECTOR_SIZE
#define SECTORS		(RING / SECTOR)

struct written {
	u32 records;
	u32 bytes;
	u64 address;
	struct paxos_record record[RECORDS_MAX];
};

static struct journal {
	struct paxos_ring ring;
	u8 *image, *blank;		/* as it is, as formatted */
	u8 *before;			/* what stood where the last batch does */
	u8 *values;			/* what values are made of */
	u8 *scratch;
	struct paxos_batch *batch;
	struct paxos_vow vow;
	u64 offset;
	u32 crc, batches;
	bool last_hit;			/* a sector of the last batch was */
	struct written written[BATCHES_MAX];
} *j;

static void stamp(u8 *at, u64 sequence, u64 address)
{
	struct paxos_sector *sector = (struct paxos_sector *)at;

	sector->sequence = cpu_to_le64(sequence);
	sector->address = cpu_to_le64(address);
	sector->disk_tag = cpu_to_le32(j->ring.disk_tag);
	sector->crc = cpu_to_le32(port_crc(sector, SECTOR - sizeof(sector->crc)));
}

static u8 *sector_at(u8 *image, u32 sector)
{
	return image + sector * SECTOR;
}

static void prepare(void)
{
	u32 used = j ? j->offset - j->ring.offset : 0, i;

	if (!j) {
		j = calloc(1, sizeof(*j));
		j->ring = (struct paxos_ring) {
			.cluster = "fuzzed", .node = 3, .disk_tag = 0x12345678,
			.offset = PAXOS_RING_OFFSET, .size = RING,
		};
		j->image = malloc(RING);
		j->blank = calloc(1, RING);
		j->before = malloc(PAXOS_BATCH_MAX);
		j->values = malloc(2 * PAXOS_VALUE_MAX);
		j->scratch = malloc(PAXOS_BATCH_MAX);
		j->batch = calloc(1, sizeof(*j->batch));
		for (i = 0; i < SECTORS; i++)
			stamp(sector_at(j->blank, i), 0, j->ring.offset + i * SECTOR);
		for (i = 0; i < 2 * PAXOS_VALUE_MAX; i++)
			j->values[i] = i * 31 + i / 251;
	}
	/* Hits reach a little further than what was written. */
	memcpy(j->image, j->blank, used ? used + PAXOS_BATCH_MAX : RING);
	memset(&j->vow, 0, sizeof(j->vow));
	j->offset = j->ring.offset;
	j->crc = 0;
	j->batches = 0;
	j->last_hit = false;
}

static void make_entry(struct script *script, struct paxos_record *record)
{
	struct paxos_entry *entry = &record->entry;

	record->ballot = j->vow.promised;
	record->slot = 1 + script_below(script, 200);
	entry->type = 1 + script_below(script, 3);
	entry->id = (struct paxos_proposal_id) {
		.origin = 1 + script_below(script, 3), .incarnation = 5, .nonce = 6,
		.sequence = 1 + script_u8(script),
	};
	if (entry->type == PAXOS_ENTRY_NOOP)
		return;
	entry->value.length = 1 + script_below(script, script_u8(script) % 4 ? 600 : 9000);
	entry->value.data = j->values + script_below(script, PAXOS_VALUE_MAX);
}

static bool add_record(struct script *script, struct written *to)
{
	static const u16 types[] = {
		PAXOS_RECORD_ACCEPTED, PAXOS_RECORD_ACCEPTED, PAXOS_RECORD_ACCEPTED,
		PAXOS_RECORD_LEARNED, PAXOS_RECORD_CHOSEN, PAXOS_RECORD_PEER,
		PAXOS_RECORD_CONFIRMED, PAXOS_RECORD_TABLE,
	};
	struct paxos_record *record = &to->record[to->records];

	*record = (struct paxos_record) { .type = types[script_below(script, 8)] };
	switch (record->type) {
	case PAXOS_RECORD_ACCEPTED:
	case PAXOS_RECORD_LEARNED:
		make_entry(script, record);
		break;
	case PAXOS_RECORD_TABLE:
		record->slot = script_u8(script);
		record->entry.value.data = j->values;
		record->entry.value.length = 1 + script_below(script, 3000);
		break;
	case PAXOS_RECORD_PEER:
		record->slot = 1 + script_below(script, 5);
		memset(record->disk, record->slot, sizeof(record->disk));
		break;
	case PAXOS_RECORD_CHOSEN:
		record->slot = 1 + script_below(script, 200);
		break;
	}
	if (!paxos_batch_has_room(j->batch, 1, record->entry.value.length + 16))
		return false;
	paxos_batch_append(j->batch, record);
	to->records++;
	return true;
}

static bool write_batch(struct script *script)
{
	struct written *to = &j->written[j->batches];
	u32 count = script_below(script, RECORDS_MAX + 1);
	u32 i;

	j->offset = paxos_ring_place(&j->ring, j->offset);
	if (j->offset + 3 * PAXOS_BATCH_MAX > j->ring.offset + j->ring.size)
		return false;
	j->vow.promised += (u64)script_below(script, 2) << 16 | !j->vow.promised;
	j->vow.incarnation = 1;
	to->records = 0;
	to->address = j->offset;
	paxos_batch_start(j->batch, j->batches + 1);
	for (i = 0; i < count && script->left; i++)
		if (!add_record(script, to))
			break;
	to->bytes = paxos_batch_encode(j->batch, &j->ring, &j->vow, j->offset, j->crc, j->scratch,
				       &j->crc);
	memcpy(j->before, j->image + (j->offset - j->ring.offset), to->bytes);
	memcpy(j->image + (j->offset - j->ring.offset), j->scratch, to->bytes);
	j->offset += to->bytes;
	return ++j->batches < BATCHES_MAX;
}

/* Is the sector at @address of the last batch? */
static bool of_last(u64 address)
{
	return j->batches && address >= j->written[j->batches - 1].address &&
	       address < j->offset;
}

/* Something happens to one sector. */
static void hit(struct script *script)
{
	u32 end = (j->offset - j->ring.offset) / SECTOR;
	u32 sector = script_below(script, end + 64), other;
	u64 address = j->ring.offset + sector * SECTOR;
	u8 *at = sector_at(j->image, sector);

	switch (script_below(script, 8)) {
	case 0:				/* a bit flips */
		at[script_below(script, SECTOR)] ^= 1 << script_below(script, 8);
		break;
	case 1:				/* nothing but zeros is left */
		memset(at, 0, SECTOR);
		break;
	case 2:				/* it was never written */
		if (of_last(address))
			memcpy(at, j->before + (address - j->written[j->batches - 1].address),
			       SECTOR);
		break;
	case 3:				/* another one went there */
		other = script_below(script, end + 64);
		memcpy(at, sector_at(j->image, other), SECTOR);
		break;
	case 4:				/* the disk has made up its contents */
		memset(at, script_u8(script), SECTOR / 2);
		break;
	case 5:				/* ... and they bear a good stamp */
		at[script_below(script, PAXOS_SECTOR_DATA)] ^= 1 + script_below(script, 255);
		stamp(at, le64_to_cpu(((struct paxos_sector *)at)->sequence), address);
		break;
	case 6:				/* as it was formatted */
		memcpy(at, sector_at(j->blank, sector), SECTOR);
		break;
	case 7:				/* of some other batch, it says */
		stamp(at, script_below(script, BATCHES_MAX + 3), address);
		break;
	}
	j->last_hit |= of_last(address);
}

static void check_record(const struct paxos_record *was, const struct paxos_record *is)
{
	must(is->type == was->type && is->slot == was->slot && is->ballot == was->ballot);
	must(!memcmp(is->disk, was->disk, sizeof(is->disk)));
	must(is->entry.type == was->entry.type &&
	     paxos_id_equal(&is->entry.id, &was->entry.id));
	must(is->entry.value.length == was->entry.value.length);
	if (is->faulty) {
		/* Rule 9: nothing but a value may be lost. */
		must(was->entry.type == PAXOS_ENTRY_VALUE && !is->entry.value.data);
		return;
	}
	if (is->entry.value.length)
		must(!memcmp(is->entry.value.data, was->entry.value.data,
			     is->entry.value.length));
}

static void check_batch(const struct paxos_batch_view *view)
{
	const struct written *was = &j->written[view->sequence - 1];
	struct paxos_record record;
	u32 i;

	must(view->sequence <= j->batches && view->records == was->records);
	must(view->address == was->address);
	for (i = 0; i < view->records; i++) {
		must(paxos_batch_record(view, i, NULL, &record));
		check_record(&was->record[i], &record);
	}
}

static void replay(void)
{
	enum paxos_replay_result result;
	struct paxos_batch_view view;
	struct paxos_replay state;

	paxos_replay_start(&state, &j->ring, j->ring.offset, 1);
	for (;;) {
		/* No batch is that near to the ring's end. */
		result = paxos_replay_next(&state, j->image + (state.offset - j->ring.offset),
					   j->scratch, &view);
		if (result != PAXOS_REPLAY_BATCH)
			break;
		check_batch(&view);
	}
	must((result == PAXOS_REPLAY_DAMAGED) == !!state.damage);
	if (result == PAXOS_REPLAY_DAMAGED || state.sequence > j->batches)
		return;
	/* It ends early: at most a last batch that does look torn. */
	must(state.sequence == j->batches && j->last_hit);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct script script = { data, size };
	u32 count = script_below(&script, BATCHES_MAX), hits = script_below(&script, HITS_MAX + 1);
	u32 i;

	prepare();
	for (i = 0; i < count && script.left && write_batch(&script); i++)
		;
	for (i = 0; i < hits && script.left; i++)
		hit(&script);
	replay();
	must(!buf_account.count);
	return 0;
}
