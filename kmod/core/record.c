// SPDX-License-Identifier: GPL-2.0
/*
 * Journal codec: batches of records into sectors, and back.
 *
 * A batch is gathered as a list of records that refer to the values' buffers,
 * and laid out once, when it is written.  Each sector bears a stamp (sector.c), so
 * that replay can tell a write that was torn (never acknowledged, dropped) from one
 * that rotted.  Where that cost nothing but values, they are known to be missing
 * (rule 9); else something was forgotten (rule 7).  Pure: who owns the device
 * moves the bytes.
 */
#include "record.h"

static u32 sectors_of(u32 bytes)
{
	return (bytes + PAXOS_SECTOR_DATA - 1) / PAXOS_SECTOR_DATA;
}

static u32 header_sectors(u32 records)
{
	return sectors_of(sizeof(struct paxos_batch_header) +
			  records * sizeof(struct paxos_record_tag));
}

static u32 batch_sectors(u32 records, u32 payload)
{
	u32 sectors = 2 * header_sectors(records) + sectors_of(payload);

	return (sectors + PAXOS_BLOCK_SECTORS - 1) & ~(PAXOS_BLOCK_SECTORS - 1);
}

/* Begin to gather the batch that will bear @sequence. */
void paxos_batch_start(struct paxos_batch *batch, u64 sequence)
{
	batch->sequence = sequence;
	batch->urgent = false;
	batch->records = 0;
	batch->bytes = 0;
}

/* Forget what was gathered: the references to values are put. */
void paxos_batch_drop(struct paxos_batch *batch)
{
	u32 i;

	for (i = 0; i < batch->records; i++)
		paxos_entry_clear(&batch->record[i].entry);
	paxos_batch_start(batch, batch->sequence);
}

/* Would @records more, with @bytes of payload in all, still fit? */
bool paxos_batch_has_room(const struct paxos_batch *batch, u32 records, u32 bytes)
{
	return batch->records + records <= PAXOS_BATCH_RECORDS_MAX &&
	       batch_sectors(batch->records + records, batch->bytes + bytes) <=
		       PAXOS_BATCH_SECTORS;
}

static u32 payload_length(const struct paxos_record *record)
{
	switch (record->type) {
	case PAXOS_RECORD_ACCEPTED:
	case PAXOS_RECORD_LEARNED:
	case PAXOS_RECORD_TABLE:
		return record->entry.value.length;
	case PAXOS_RECORD_PEER:
		return sizeof(record->disk);
	default:
		return 0;
	}
}

/* There is room: paxos_batch_has_room() said so.  References the value's buffer. */
void paxos_batch_append(struct paxos_batch *batch, const struct paxos_record *record)
{
	struct paxos_record *to = &batch->record[batch->records++];

	*to = *record;
	to->offset = batch->bytes;
	to->length = payload_length(record);
	if (to->entry.value.buf)
		paxos_buf_get(to->entry.value.buf);
	batch->bytes += to->length;
}

/* A place in a run of sectors, as if their data were one stream. */
struct stream {
	struct paxos_sector *sector;
	u32 at;				/* in sector->data */
};

static void stream_put(struct stream *stream, const void *data, u32 length)
{
	u32 part;

	while (length) {
		if (stream->at == PAXOS_SECTOR_DATA) {
			stream->sector++;
			stream->at = 0;
		}
		part = port_min(length, PAXOS_SECTOR_DATA - stream->at);
		memcpy(stream->sector->data + stream->at, data, part);
		stream->at += part;
		data += part;
		length -= part;
	}
}

static void put_payload(struct stream *stream, struct paxos_record *record)
{
	u32 crc = ~0u;

	if (record->type == PAXOS_RECORD_PEER) {
		crc = port_crc32c(crc, record->disk, sizeof(record->disk));
		stream_put(stream, record->disk, sizeof(record->disk));
	} else if (record->length) {
		crc = port_crc32c(crc, record->entry.value.data, record->entry.value.length);
		stream_put(stream, record->entry.value.data, record->entry.value.length);
	}
	record->crc = ~crc;
}

static struct paxos_record_tag make_tag(const struct paxos_record *record)
{
	return (struct paxos_record_tag) {
		.slot = cpu_to_le64(record->slot),
		.ballot = cpu_to_le64(record->ballot),
		.offset = cpu_to_le32(record->offset),
		.length = cpu_to_le32(record->length),
		.crc = cpu_to_le32(record->crc),
		.type = cpu_to_le16(record->type),
		.incarnation = cpu_to_le64(record->entry.id.incarnation),
		.nonce = cpu_to_le64(record->entry.id.nonce),
		.sequence = cpu_to_le64(record->entry.id.sequence),
		.origin = cpu_to_le16(record->entry.id.origin),
		.entry = record->entry.type,
		.client = record->entry.id.client,
	};
}

static void put_header(struct stream stream, const struct paxos_batch_header *header,
		       const struct paxos_batch *batch)
{
	struct paxos_record_tag tag;
	u32 i;

	stream_put(&stream, header, sizeof(*header));
	for (i = 0; i < batch->records; i++) {
		tag = make_tag(&batch->record[i]);
		stream_put(&stream, &tag, sizeof(tag));
	}
}

static u32 header_crc(const struct paxos_batch_header *header, const struct paxos_batch *batch)
{
	struct paxos_record_tag tag;
	u32 crc = port_crc32c(~0u, header, sizeof(*header));
	u32 i;

	for (i = 0; i < batch->records; i++) {
		tag = make_tag(&batch->record[i]);
		crc = port_crc32c(crc, &tag, sizeof(tag));
	}
	return ~crc;
}

/**
 * paxos_batch_encode() - lay a batch out, ready to be written
 * @batch: what was gathered; it is dropped: the caller starts it anew
 * @ring: the ring it goes to
 * @vow: the node's promise and the like, at this moment
 * @address: device offset it will stand at
 * @previous_crc: header crc of the batch before it
 * @out: PAXOS_BATCH_MAX bytes
 * @crc: set to the crc of its header, for the next one
 *
 * Return: its length, bytes; a multiple of PAXOS_BLOCK_SIZE.
 */
u32 paxos_batch_encode(struct paxos_batch *batch, const struct paxos_ring *ring,
		       const struct paxos_vow *vow, u64 address, u32 previous_crc, u8 *out,
		       u32 *crc)
{
	struct paxos_sector *sector = (struct paxos_sector *)out;
	u32 head = header_sectors(batch->records);
	u32 sectors = batch_sectors(batch->records, batch->bytes);
	struct stream payload = { .sector = sector + head };
	struct paxos_batch_header header = {
		.magic = cpu_to_le32(PAXOS_BATCH_MAGIC),
		.sequence = cpu_to_le64(batch->sequence),
		.address = cpu_to_le64(address),
		.sectors = cpu_to_le32(sectors),
		.header_sectors = cpu_to_le32(head),
		.payload_bytes = cpu_to_le32(batch->bytes),
		.previous_crc = cpu_to_le32(previous_crc),
		.records = cpu_to_le16(batch->records),
		.node = cpu_to_le16(ring->node),
		.promised = cpu_to_le64(vow->promised),
		.ballot_used = cpu_to_le64(vow->ballot_used),
		.trim = cpu_to_le64(vow->trim),
		.incarnation = cpu_to_le64(vow->incarnation),
	};
	u32 i;

	memcpy(header.cluster, ring->cluster, sizeof(header.cluster));
	memset(out, 0, (size_t)sectors * PAXOS_SECTOR_SIZE);
	for (i = 0; i < batch->records; i++)
		put_payload(&payload, &batch->record[i]);
	*crc = header_crc(&header, batch);
	header.crc = cpu_to_le32(*crc);
	put_header((struct stream) { .sector = sector }, &header, batch);
	put_header((struct stream) { .sector = sector + sectors - head }, &header, batch);
	for (i = 0; i < sectors; i++)
		paxos_sector_stamp(&sector[i], ring, batch->sequence,
				   address + i * PAXOS_SECTOR_SIZE);
	paxos_batch_drop(batch);
	return sectors * PAXOS_SECTOR_SIZE;
}

/* Is there room for nothing but a trim, with so much used? */
bool paxos_ring_low(const struct paxos_ring *ring, u64 used)
{
	return ring->size - used < PAXOS_RING_LOW;
}

/* Is there no room for new values, then? */
bool paxos_ring_full(const struct paxos_ring *ring, u64 used)
{
	return paxos_ring_low(ring, used) ||
	       ring->size - used < port_min((u64)PAXOS_RING_RESERVE, ring->size / 4);
}

/* Is it time to propose no new ones? */
bool paxos_ring_filling(const struct paxos_ring *ring, u64 used)
{
	return paxos_ring_full(ring, used + port_min((u64)PAXOS_RING_MARGIN, ring->size - used));
}

/* Where a batch goes that would begin at @offset: it never wraps. */
u64 paxos_ring_place(const struct paxos_ring *ring, u64 offset)
{
	return offset + PAXOS_BATCH_MAX > ring->offset + ring->size ? ring->offset : offset;
}

/* Gather @bytes of the stream that starts with @sector. */
static void gather(u8 *to, const struct paxos_sector *sector, u32 bytes)
{
	u32 part;

	for (; bytes; bytes -= part, to += part, sector++) {
		part = port_min(bytes, PAXOS_SECTOR_DATA);
		memcpy(to, sector->data, part);
	}
}

/* Could this be what begins the header of batch @sequence at @address? */
static bool header_plausible(const struct paxos_batch_header *header,
			     const struct paxos_ring *ring, u64 sequence, u64 address)
{
	u32 records = le16_to_cpu(header->records);
	u32 payload = le32_to_cpu(header->payload_bytes);

	return le32_to_cpu(header->magic) == PAXOS_BATCH_MAGIC &&
	       le64_to_cpu(header->sequence) == sequence &&
	       le64_to_cpu(header->address) == address && records <= PAXOS_BATCH_RECORDS_MAX &&
	       payload <= PAXOS_BATCH_MAX &&
	       le32_to_cpu(header->header_sectors) == header_sectors(records) &&
	       le32_to_cpu(header->sectors) == batch_sectors(records, payload) &&
	       le32_to_cpu(header->sectors) <= PAXOS_BATCH_SECTORS &&
	       le16_to_cpu(header->node) == ring->node &&
	       !memcmp(header->cluster, ring->cluster, sizeof(ring->cluster));
}

/*
 * Is there a whole header copy in the first @room sectors from @sector on, for
 * batch @sequence at @address?  It is gathered to @scratch.
 */
static bool header_at(const struct paxos_ring *ring, const struct paxos_sector *sector, u32 room,
		      u64 sequence, u64 address, u8 *scratch)
{
	struct paxos_batch_header *header = (struct paxos_batch_header *)scratch;
	u32 length, crc;

	gather(scratch, sector, sizeof(*header));
	if (!header_plausible(header, ring, sequence, address) ||
	    le32_to_cpu(header->header_sectors) > room)
		return false;
	length = sizeof(*header) + le16_to_cpu(header->records) * sizeof(struct paxos_record_tag);
	gather(scratch, sector, length);
	crc = le32_to_cpu(header->crc);
	header->crc = 0;
	if (port_crc(scratch, length) != crc)
		return false;
	header->crc = cpu_to_le32(crc);
	return true;
}

/*
 * Find a whole copy of the header: one is enough.  The first stands at the start;
 * the second ends with the last sector that bears the batch's stamp.  Nowhere else
 * is looked: a value may hold bytes that look like a header.
 */
static bool find_header(const struct paxos_ring *ring, const struct paxos_sector *sector,
			u32 sectors, u64 sequence, u64 address, u8 *scratch)
{
	const struct paxos_batch_header *header = (const struct paxos_batch_header *)scratch;
	u32 end = sectors, least, i;

	if (header_at(ring, sector, sectors, sequence, address, scratch))
		return true;
	while (end && paxos_sector_check(&sector[end - 1], ring, sequence,
					 address + (end - 1) * PAXOS_SECTOR_SIZE) !=
			      PAXOS_STAMP_OURS)
		end--;
	least = header_sectors(PAXOS_BATCH_RECORDS_MAX);
	least = end > least ? end - least : 1;
	for (i = end; i-- > least;)
		if (header_at(ring, sector + i, end - i, sequence, address, scratch) &&
		    i + le32_to_cpu(header->header_sectors) == end &&
		    le32_to_cpu(header->sectors) == end)
			return true;
	return false;
}

/*
 * The sequence that the first sectors at @address bear: the highest, if they do not
 * agree.  A batch is a block at least.  Of one block nothing may be left, since a
 * disk may lose as much at once: then the next one tells.
 */
static u64 stamped_sequence(const struct paxos_ring *ring, const struct paxos_sector *sector,
			    u32 sectors, u64 address)
{
	bool stamped = false;
	u64 highest = 0;
	u32 i;

	for (i = 0; i < sectors; i++, sector++, address += PAXOS_SECTOR_SIZE) {
		if (stamped && !(i % PAXOS_BLOCK_SECTORS))
			break;
		if (paxos_sector_check(sector, ring, 0, address) > PAXOS_STAMP_LATER)
			continue;
		highest = port_max(highest, le64_to_cpu(sector->sequence));
		stamped = true;
	}
	return highest;
}

/*
 * Was all of the batch written, as far as its stamps say?  What is rotten or went
 * there from elsewhere was; what is older never came, or was lost.
 */
static bool all_written(const struct paxos_ring *ring, const struct paxos_sector *sector,
			struct paxos_batch_view *view)
{
	u32 i;

	for (i = 0; i < view->sectors; i++) {
		switch (paxos_sector_check(&sector[i], ring, view->sequence,
					   view->address + i * PAXOS_SECTOR_SIZE)) {
		case PAXOS_STAMP_OURS:
		case PAXOS_STAMP_INVALID:
			break;
		case PAXOS_STAMP_ELSEWHERE:
			view->misdirected = port_max(view->misdirected,
						     le64_to_cpu(sector[i].sequence));
			break;
		case PAXOS_STAMP_OLDER:
		case PAXOS_STAMP_LATER:
			return false;
		}
	}
	return true;
}

/*
 * Rule 9: may the payload of this record be missing?  Only the value of an entry
 * that was accepted or learnt: the header has all else of it.  What a configuration
 * says, nobody could do without.
 */
static bool may_be_faulty(const struct paxos_record_tag *tag)
{
	u16 type = le16_to_cpu(tag->type);

	return (type == PAXOS_RECORD_ACCEPTED || type == PAXOS_RECORD_LEARNED) &&
	       (tag->entry == PAXOS_ENTRY_VALUE || tag->entry == PAXOS_ENTRY_NOOP);
}

/* What else than a value was lost with the payload of a record (rule 7). */
static const char *what_was_lost(const struct paxos_record_tag *tag)
{
	switch (le16_to_cpu(tag->type)) {
	case PAXOS_RECORD_ACCEPTED:
	case PAXOS_RECORD_LEARNED:
		return "a configuration that was accepted is damaged";
	case PAXOS_RECORD_PEER:
		return "the record of a peer's disk is damaged";
	case PAXOS_RECORD_TABLE:
		return "the table at the trim point is damaged";
	default:
		return "a record that held no value is damaged";
	}
}

static bool record_lost(const struct paxos_batch_view *view, u32 index)
{
	return view->lost[index / 64] >> (index % 64) & 1;
}

/* Check each record's payload; false if a tag makes no sense. */
static bool check_payload(struct paxos_batch_view *view)
{
	const struct paxos_record_tag *tag = view->tags;
	u32 bytes = view->payload_bytes, offset, length, i;

	for (i = 0; i < view->records; i++, tag++) {
		offset = le32_to_cpu(tag->offset);
		length = le32_to_cpu(tag->length);
		if (offset > bytes || length > bytes - offset)
			return false;
		if (port_crc(view->payload + offset, length) == le32_to_cpu(tag->crc))
			continue;
		view->lost[i / 64] |= 1ull << (i % 64);
		if (may_be_faulty(tag))
			view->faulty++;
		else if (!view->damage)
			view->damage = what_was_lost(tag);
	}
	return true;
}

/**
 * paxos_batch_parse() - read a batch back
 * @ring: the ring it stands in
 * @sectors: its bytes, and perhaps more after it
 * @length: of @sectors, bytes; PAXOS_BLOCK_SIZE at least
 * @address: device offset of @sectors
 * @scratch: PAXOS_BATCH_MAX bytes, 8-byte aligned; the view points into it
 * @view: set on success
 *
 * Return: true if all of the batch was written, and a copy of its header is whole.
 * Its payload may be damaged: @view->faulty and @view->damage say so, and
 * paxos_batch_record() does of each record.
 */
bool paxos_batch_parse(const struct paxos_ring *ring, const u8 *sectors, u32 length, u64 address,
		       u8 *scratch, struct paxos_batch_view *view)
{
	const struct paxos_sector *sector = (const struct paxos_sector *)sectors;
	const struct paxos_batch_header *header = (const struct paxos_batch_header *)scratch;
	u32 have = port_min(length / PAXOS_SECTOR_SIZE, PAXOS_BATCH_SECTORS);
	u64 sequence;
	u8 *payload;

	if (have < PAXOS_BLOCK_SECTORS)
		return false;
	sequence = stamped_sequence(ring, sector, have, address);
	if (!sequence || !find_header(ring, sector, have, sequence, address, scratch) ||
	    le32_to_cpu(header->sectors) > have)
		return false;
	*view = (struct paxos_batch_view) {
		.sequence = sequence,
		.address = address,
		.sectors = le32_to_cpu(header->sectors),
		.crc = le32_to_cpu(header->crc),
		.records = le16_to_cpu(header->records),
		.vow = {
			.promised = le64_to_cpu(header->promised),
			.ballot_used = le64_to_cpu(header->ballot_used),
			.trim = le64_to_cpu(header->trim),
			.incarnation = le64_to_cpu(header->incarnation),
		},
		.tags = header->tag,
	};
	if (!all_written(ring, sector, view))
		return false;
	payload = scratch + sizeof(*header) + view->records * sizeof(struct paxos_record_tag);
	view->payload = payload;
	view->payload_bytes = le32_to_cpu(header->payload_bytes);
	gather(payload, sector + le32_to_cpu(header->header_sectors), view->payload_bytes);
	return check_payload(view);
}

/* The entry that a tag tells of, its value in @payload; NULL: it is lost. */
static bool read_entry(const struct paxos_record_tag *tag, const u8 *payload,
		       struct paxos_buf *buf, struct paxos_entry *entry)
{
	u32 length = le32_to_cpu(tag->length);

	*entry = (struct paxos_entry) {
		.type = tag->entry,
		.id = {
			.incarnation = le64_to_cpu(tag->incarnation),
			.nonce = le64_to_cpu(tag->nonce),
			.sequence = le64_to_cpu(tag->sequence),
			.origin = le16_to_cpu(tag->origin),
			.client = tag->client,
		},
		.value = {
			.buf = length && payload ? buf : NULL,
			.data = length ? payload : NULL,
			.length = length,
		},
	};
	return tag->client <= 1 && paxos_entry_valid(entry);
}

/*
 * Record @index of a batch that was read.  An entry's value points into the
 * view's memory and names @buf as what keeps it; no reference is taken.  Of a
 * value that is lost, record->faulty says so, and the length is all there is.
 * False if it makes no sense, or if more than a value is lost.
 */
bool paxos_batch_record(const struct paxos_batch_view *view, u32 index, struct paxos_buf *buf,
			struct paxos_record *record)
{
	const struct paxos_record_tag *tag = &view->tags[index];
	const u8 *payload = view->payload + le32_to_cpu(tag->offset);
	u32 length = le32_to_cpu(tag->length);

	*record = (struct paxos_record) {
		.type = le16_to_cpu(tag->type),
		.slot = le64_to_cpu(tag->slot),
		.ballot = le64_to_cpu(tag->ballot),
		.faulty = record_lost(view, index),
	};
	if (record->faulty && !may_be_faulty(tag))
		return false;
	switch (record->type) {
	case PAXOS_RECORD_ACCEPTED:
	case PAXOS_RECORD_LEARNED:
		return read_entry(tag, record->faulty ? NULL : payload, buf, &record->entry);
	case PAXOS_RECORD_TABLE:
		record->entry.value = (struct paxos_value) {
			.buf = buf, .data = payload, .length = length,
		};
		return length != 0;
	case PAXOS_RECORD_PEER:
		if (length != sizeof(record->disk))
			return false;
		memcpy(record->disk, payload, length);
		record->entry.id.incarnation = le64_to_cpu(tag->incarnation);
		record->entry.id.nonce = le64_to_cpu(tag->nonce);
		record->entry.id.sequence = le64_to_cpu(tag->sequence);
		return true;
	case PAXOS_RECORD_CHOSEN:
	case PAXOS_RECORD_CONFIRMED:
		return !length;
	default:
		return false;
	}
}

/* Begin a replay at the batch with @sequence, which should stand at @offset. */
void paxos_replay_start(struct paxos_replay *replay, const struct paxos_ring *ring, u64 offset,
			u64 sequence)
{
	*replay = (struct paxos_replay) {
		.ring = ring,
		.sequence = sequence,
		.offset = paxos_ring_place(ring, offset),
		.start = paxos_ring_place(ring, offset),
		.first = true,
	};
}

/* Device offset of sector @sector of the window that starts at replay->offset. */
u64 paxos_replay_address(const struct paxos_replay *replay, u32 sector)
{
	const struct paxos_ring *ring = replay->ring;
	u64 address = replay->offset + (u64)sector * PAXOS_SECTOR_SIZE;

	return address < ring->offset + ring->size ? address : address - ring->size;
}

static enum paxos_replay_result damaged(struct paxos_replay *replay, const char *what)
{
	replay->damage = what;
	return PAXOS_REPLAY_DAMAGED;
}

/*
 * How many sectors the batch has whose first one stands whole: what that one
 * holds, its own stamp vouches for.  0: it is not there, or makes no sense.
 */
static u32 extent(const struct paxos_replay *replay, const struct paxos_sector *sector)
{
	struct paxos_batch_header header;

	if (paxos_sector_check(sector, replay->ring, replay->sequence, replay->offset) !=
	    PAXOS_STAMP_OURS)
		return 0;
	memcpy(&header, sector->data, sizeof(header));
	if (!header_plausible(&header, replay->ring, replay->sequence, replay->offset))
		return 0;
	return le32_to_cpu(header.sectors);
}

/*
 * No batch stands where the next one should, N+1: is this the journal's end, a
 * torn write, or damage?  (STORAGE.md, the table of "Starting".)
 *
 * Torn is what has sectors of N+1 beside older ones, all of them whole.  With a
 * rotten one among them it may be that, or an acknowledged batch of which one
 * sector rotted and others were lost: nobody can tell, so it is damage.
 */
static enum paxos_replay_result judge_tail(struct paxos_replay *replay, const u8 *window)
{
	const struct paxos_sector *sector = (const struct paxos_sector *)window;
	u32 sectors = extent(replay, sector), ours = 0, older = 0, bad = 0, later = 0, i;

	for (i = 0; i < PAXOS_REPLAY_WINDOW / PAXOS_SECTOR_SIZE; i++) {
		/* The ring is all but full: from here on is what was read already. */
		if (!replay->first && paxos_replay_address(replay, i) == replay->start)
			break;
		switch (paxos_sector_check(&sector[i], replay->ring, replay->sequence,
					   paxos_replay_address(replay, i))) {
		case PAXOS_STAMP_OURS:
			ours++;
			break;
		case PAXOS_STAMP_OLDER:
			/* Without an extent, at least the first sector belongs to it. */
			older += i < port_max(sectors, 1);
			break;
		case PAXOS_STAMP_LATER:
			later++;
			break;
		case PAXOS_STAMP_ELSEWHERE:
		case PAXOS_STAMP_INVALID:
			bad++;
			break;
		}
	}
	if (later)
		return damaged(replay,
			       "a later batch was written: one that was acknowledged is lost");
	if (bad && ours)
		return damaged(replay, "the last batch is damaged beyond the values in it");
	if (bad)
		return damaged(replay, "a sector after the last batch bears no valid stamp");
	if (replay->misdirected >= replay->sequence)
		return damaged(replay, "a part of a lost batch was found in another place");
	if (!ours)
		return PAXOS_REPLAY_END;
	if (!older)
		return damaged(replay, "the last batch is complete, yet its contents are wrong");
	return PAXOS_REPLAY_TORN;
}

/**
 * paxos_replay_next() - read the next batch of the journal
 * @replay: where replay stands; moves on past a whole batch
 * @window: PAXOS_REPLAY_WINDOW bytes of the ring from replay->offset on, going
 *	on at the ring's start after its end
 * @scratch: PAXOS_BATCH_MAX bytes, 8-byte aligned; the view points into it
 * @view: set with PAXOS_REPLAY_BATCH
 *
 * After END or TORN, replay->offset, ->sequence and ->previous_crc are those of
 * the next batch to write.
 */
enum paxos_replay_result paxos_replay_next(struct paxos_replay *replay, const u8 *window,
					   u8 *scratch, struct paxos_batch_view *view)
{
	const struct paxos_batch_header *header = (const struct paxos_batch_header *)scratch;

	if (!paxos_batch_parse(replay->ring, window, PAXOS_BATCH_MAX, replay->offset, scratch,
			       view) ||
	    view->sequence != replay->sequence)
		return judge_tail(replay, window);
	if (!replay->first && le32_to_cpu(header->previous_crc) != replay->previous_crc)
		return damaged(replay, "a batch does not follow the one before it");
	/* Rule 9 is for values; without anything else, the node has forgotten. */
	if (view->damage)
		return damaged(replay, view->damage);
	replay->first = false;
	replay->sequence++;
	replay->previous_crc = view->crc;
	replay->misdirected = port_max(replay->misdirected, view->misdirected);
	replay->offset = paxos_ring_place(replay->ring,
					  replay->offset + view->sectors * PAXOS_SECTOR_SIZE);
	return PAXOS_REPLAY_BATCH;
}
