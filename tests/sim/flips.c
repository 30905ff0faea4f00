// SPDX-License-Identifier: GPL-2.0
/*
 * Bits of a used device flip, one at a time, and a node starts on it.
 *
 *	flips [FLIPS] [SEED]		10,000 of them, unless it is said otherwise
 *
 * What must come of a hit follows from what was written where (flips_image.c),
 * exactly: nothing, where nothing is in use; nothing, where there is a copy; the
 * values that stood there are lost, and no others; or the node has forgotten, or
 * refuses to start, and says why.  What it delivers and holds is what was written,
 * and no promise or vote of a node that would vote on is lower.  Also: torn and
 * rotten last batches, and superblock copies of two updates of which one is lost.
 * TAP, with what came of the flips of each structure.
 */
#include "flips.h"

#define FLIPS	10000u

static struct image *image;
static unsigned int number, failures;

/* ---- what must come of it ---- */

struct expected {
	enum outcome outcome;
	bool copied;			/* what was hit stands somewhere else, too */
	u32 losts;			/* values that only peers still have */
	bool lost[FLIPS_SLOTS_MAX];
	bool hit[FLIPS_RECORDS_MAX];	/* records whose value was hit */
};

static struct expected expected;

/*
 * The part of the stream in @count sectors of @batch, from @first on, that lies in
 * the device's bytes @from..@to; false: none.
 */
static bool stream_hit(const struct written *batch, u32 first, u32 count, u64 from, u64 to,
		       u32 *low, u32 *high)
{
	u64 at = batch->address + first * PAXOS_SECTOR_SIZE, a, b;
	bool any = false;
	u32 i;

	for (i = 0; i < count; i++, at += PAXOS_SECTOR_SIZE) {
		a = port_max(from, at);
		b = port_min(to, at + PAXOS_SECTOR_DATA);
		if (a >= b)
			continue;
		if (!any)
			*low = i * PAXOS_SECTOR_DATA + (a - at);
		*high = i * PAXOS_SECTOR_DATA + (b - at);
		any = true;
	}
	return any;
}

static bool header_hit(const struct written *batch, u32 first, u64 from, u64 to)
{
	u32 low, high;

	return stream_hit(batch, first, batch->header_sectors, from, to, &low, &high) &&
	       low < sizeof(struct paxos_batch_header) +
			     batch->records * sizeof(struct paxos_record_tag);
}

static bool is_entry(const struct paxos_record *record)
{
	return record->type == PAXOS_RECORD_ACCEPTED || record->type == PAXOS_RECORD_LEARNED;
}

static void expect_payload(const struct written *batch, u64 from, u64 to)
{
	u32 sectors = batch->sectors - 2 * batch->header_sectors, low, high, i;
	const struct paxos_record *record = &image->record[batch->first];

	if (!stream_hit(batch, batch->header_sectors, sectors, from, to, &low, &high))
		return;
	for (i = 0; i < batch->records; i++, record++) {
		if (!record->length || record->offset >= high ||
		    record->offset + record->length <= low)
			continue;
		expected.hit[batch->first + i] = true;
		if (!is_entry(record) || record->entry.type == PAXOS_ENTRY_CONFIG)
			expected.outcome = OUTCOME_FORGOTTEN;
	}
}

/* A value is lost if each record of it that is read was hit. */
static void expect_losses(u32 first)
{
	const struct paxos_record *record = &image->record[first];
	bool intact[FLIPS_SLOTS_MAX] = {};
	u64 slot;
	u32 i;

	for (i = first; i < image->records; i++, record++)
		if (is_entry(record) && !expected.hit[i] &&
		    paxos_entry_equal(&record->entry, &image->slot[record->slot].entry))
			intact[record->slot] = true;
	for (i = first; i < image->records; i++) {
		slot = image->record[i].slot;
		/* What is trimmed meanwhile, nobody misses. */
		if (!expected.hit[i] || slot <= image->vow.trim)
			continue;
		if (intact[slot]) {
			expected.copied = true;
		} else if (paxos_entry_equal(&image->record[i].entry, &image->slot[slot].entry) &&
			   !expected.lost[slot]) {
			expected.lost[slot] = true;
			expected.losts++;
		}
	}
}

static bool in_ring(u64 address)
{
	return address >= image->ring.offset && address < image->ring.offset + image->ring.size;
}

/* Does replay look at @address for what comes after the last batch? */
static bool after_end(u64 address)
{
	u64 distance = address >= image->address ? address - image->address :
						   address + image->ring.size - image->address;

	return in_ring(address) && distance < PAXOS_REPLAY_WINDOW;
}

static const struct written *batch_at(const struct version *version, u64 address)
{
	const struct written *batch;
	u32 i;

	for (i = version->first; i < image->batches; i++) {
		batch = &image->batch[i];
		if (address >= batch->address &&
		    address < batch->address + batch->sectors * PAXOS_SECTOR_SIZE)
			return batch;
	}
	return NULL;
}

/* The device's bytes @from..@to, of one batch or of none, are not what they were. */
static void expect_journal(const struct version *version, u64 from, u64 to)
{
	const struct written *batch = batch_at(version, from);
	bool first, second;

	memset(&expected, 0, sizeof(expected));
	if (!batch) {
		if (after_end(from))
			expected.outcome = OUTCOME_FORGOTTEN;
		return;
	}
	first = header_hit(batch, 0, from, to);
	second = header_hit(batch, batch->sectors - batch->header_sectors, from, to);
	expected.copied = first || second;
	expect_payload(batch, from, to);
	if (first && second)
		expected.outcome = OUTCOME_FORGOTTEN;
	expect_losses(image->batch[version->first].first);
}

/* ---- what came of it ---- */

static const char *check_slot(const struct start *start, u64 slot)
{
	const struct paxos_slot *at = paxos_slot_at(start->replica, slot);
	const struct holding *held = &image->slot[slot];
	bool delivered = slot <= image->delivered;

	if (delivered && paxos_faulty_is_lost(start->replica, slot) != expected.lost[slot])
		return "a delivered value is lost, or not, and it is not known";
	if (!at)
		return delivered ? NULL : "an acceptance is missing";
	if (at->faulty != expected.lost[slot])
		return "a value is lost, or not, and it is not known";
	if (at->ballot != held->ballot)
		return "a vote has changed";
	if (!paxos_entry_equal(&at->entry, &held->entry))
		return "a slot holds what was never written";
	if (!at->faulty && held->entry.value.length && !at->entry.value.data)
		return "a value is missing";
	return NULL;
}

/* Delivered without its value: only if a record of it was hit. */
static const char *check_delivered(const struct start *start)
{
	bool hit[FLIPS_SLOTS_MAX] = {};
	u64 slot;
	u32 i;

	for (i = 0; i < image->records; i++)
		if (expected.hit[i])
			hit[image->record[i].slot] = true;
	for (slot = 1; slot <= image->top; slot++)
		if (start->lost[slot] && !hit[slot])
			return "a value that was not hit is delivered as lost";
	return NULL;
}

static const char *check_table(const struct paxos_table *table)
{
	static u8 is[PAXOS_TABLE_SIZE_MAX], was[PAXOS_TABLE_SIZE_MAX];
	u32 length = paxos_table_encode(&image->table, was);

	if (paxos_table_encode(table, is) != length || memcmp(is, was, length))
		return "the table is another";
	return NULL;
}

static const char *check_replica(const struct start *start, const struct version *version)
{
	const struct paxos_replica *r = start->replica;
	const char *wrong = NULL;
	u32 losts = 0;
	u64 slot;

	if (r->promised != version->promised || r->ballot_used != image->vow.ballot_used)
		return "the promise has changed";
	if (r->trim != image->vow.trim || r->base.slot != r->trim)
		return "the trim point has changed";
	if (r->delivered != image->delivered || r->commit != image->delivered ||
	    start->delivered != image->delivered)
		return "not all that was chosen is delivered, or more than that";
	for (slot = r->trim + 1; slot <= image->top && !wrong; slot++) {
		wrong = check_slot(start, slot);
		losts += slot <= r->delivered && expected.lost[slot];
	}
	if (!wrong && r->repairs != losts)
		wrong = "there are other repairs than values lost";
	if (!wrong)
		wrong = check_delivered(start);
	return wrong ? wrong : check_table(&r->table);
}

/* NULL if the start was as it must be. */
static const char *check_start(const struct start *start, const struct version *version)
{
	static char text[200];

	if (start->wrong)
		return start->wrong;
	if (start->outcome != expected.outcome) {
		snprintf(text, sizeof(text), "it came to %u, not %u: %s", start->outcome,
			 expected.outcome, start->why);
		return text;
	}
	if (start->outcome != OUTCOME_STARTS)
		return start->why[0] ? NULL : "it does not say why";
	return check_replica(start, version);
}

/* ---- counting, TAP ---- */

static struct {
	u32 starts, harmless, copied, repaired, forgotten, refused;
} tally;

static void count(const struct start *start)
{
	tally.starts++;
	tally.forgotten += start->outcome == OUTCOME_FORGOTTEN;
	tally.refused += start->outcome == OUTCOME_REFUSED;
	if (start->outcome != OUTCOME_STARTS)
		return;
	if (expected.losts)
		tally.repaired++;
	else if (expected.copied || start->stale)
		tally.copied++;
	else
		tally.harmless++;
}

/* Start on the image as it is; false, and said why, unless it is as it must be. */
static bool try(const struct version *version, const char *what, u64 address)
{
	static struct start start;
	const char *wrong;

	start_on(image, &start);
	wrong = check_start(&start, version);
	start_end(&start);
	if (!wrong && buf_account.count)
		wrong = "a buffer leaked";
	count(&start);
	if (wrong)
		printf("# %s at byte %llu: %s\n", what, (unsigned long long)address, wrong);
	return !wrong;
}

static void tell(bool good, const char *name)
{
	failures += !good;
	printf("%s %u - %s, %u starts: %u harmless, %u whole by a copy, %u to be repaired "
	       "by peers, %u forgotten, %u refused\n", good ? "ok" : "not ok", ++number, name,
	       tally.starts, tally.harmless, tally.copied, tally.repaired, tally.forgotten,
	       tally.refused);
	fflush(stdout);
	memset(&tally, 0, sizeof(tally));
}

static void put_supers(u32 version)
{
	u32 i;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		image_put_super(image, i, version);
}

/* ---- one bit of the journal, or of what is beside it ---- */

static const struct written *any_batch(const struct version *version)
{
	return &image->batch[version->first + random_below(image->batches - version->first)];
}

/* Device address of byte @at of the stream that starts with sector @first. */
static u64 stream_address(const struct written *batch, u32 first, u32 at)
{
	return batch->address + (first + at / PAXOS_SECTOR_DATA) * PAXOS_SECTOR_SIZE +
	       at % PAXOS_SECTOR_DATA;
}

static u32 any_header(const struct written *batch)
{
	return random_below(2) ? 0 : batch->sectors - batch->header_sectors;
}

static u64 in_header(const struct version *version)
{
	const struct written *batch = any_batch(version);

	return stream_address(batch, any_header(batch),
			      random_below(sizeof(struct paxos_batch_header)));
}

static u64 in_tag(const struct version *version)
{
	const struct written *batch = any_batch(version);

	while (!batch->records)
		batch = any_batch(version);
	return stream_address(batch, any_header(batch),
			      sizeof(struct paxos_batch_header) +
			      random_below(batch->records * sizeof(struct paxos_record_tag)));
}

static u64 in_payload(const struct version *version)
{
	const struct written *batch = any_batch(version);

	while (!batch->payload)
		batch = any_batch(version);
	return stream_address(batch, batch->header_sectors, random_below(batch->payload));
}

static u64 in_stamp(const struct version *version)
{
	const struct written *batch = any_batch(version);

	return batch->address + random_below(batch->sectors) * PAXOS_SECTOR_SIZE +
	       PAXOS_SECTOR_DATA + random_below(PAXOS_SECTOR_SIZE - PAXOS_SECTOR_DATA);
}

/* In a batch, but of no part of it. */
static u64 in_padding(const struct version *version)
{
	u32 header, payload, low, high;
	const struct written *batch;
	u64 at;

	for (;;) {
		batch = any_batch(version);
		header = batch->header_sectors;
		payload = batch->sectors - 2 * header;
		at = batch->address + random_below(batch->sectors * PAXOS_SECTOR_SIZE);
		if (at % PAXOS_SECTOR_SIZE >= PAXOS_SECTOR_DATA ||
		    header_hit(batch, 0, at, at + 1) ||
		    header_hit(batch, batch->sectors - header, at, at + 1) ||
		    (stream_hit(batch, header, payload, at, at + 1, &low, &high) &&
		     low < batch->payload))
			continue;
		return at;
	}
}

static u64 in_window(const struct version *version)
{
	u64 at = image->address + random_below(PAXOS_REPLAY_WINDOW);

	return in_ring(at) ? at : at - image->ring.size;
}

/* Trimmed, or of the lap before, or left over at the ring's end. */
static u64 in_ring_unused(const struct version *version)
{
	u64 at;

	do
		at = image->ring.offset + random_below(image->ring.size);
	while (batch_at(version, at) || after_end(at));
	return at;
}

static u64 beside_ring(const struct version *version)
{
	return image->ring.offset + image->ring.size + random_below(FLIPS_SLACK);
}

static void flip_journal(const char *name, u64 (*choose)(const struct version *), u32 flips)
{
	const struct version *version;
	bool good = true;
	u64 at;
	u8 bit;
	u32 i;

	for (i = 0; i < flips; i++) {
		version = &image->version[i % VERSIONS];
		put_supers(i % VERSIONS);
		at = choose(version);
		bit = 1u << random_below(8);
		expect_journal(version, at, at + 1);
		image->bytes[at] ^= bit;
		good &= try(version, name, at);
		image->bytes[at] ^= bit;
	}
	tell(good, name);
}

/* ---- one bit of a superblock copy ---- */

static u8 *super_at(u32 copy)
{
	return image->bytes + paxos_super_offset(copy, FLIPS_DEVICE);
}

/* Of a copy in each mask: it holds the newer superblock; it is not valid. */
static const struct version *expect_super(u32 news, u32 lost)
{
	memset(&expected, 0, sizeof(expected));
	expected.copied = lost;
	if (__builtin_popcount(lost) >= 2)
		expected.outcome = OUTCOME_REFUSED;
	return &image->version[news & ~lost ? NEW : OLD];
}

static void put_news(u32 news)
{
	u32 i;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		image_put_super(image, i, news >> i & 1 ? NEW : OLD);
}

/* While the newer takes the place of the older, and in half of them with a copy lost. */
static void flip_supers(u32 flips)
{
	u32 news, copy, other, at, i;
	bool good = true;

	for (i = 0; i < flips; i++) {
		news = random_below(1u << PAXOS_SUPER_COPIES);
		copy = random_below(PAXOS_SUPER_COPIES);
		other = random_below(2) ? random_below(PAXOS_SUPER_COPIES) : copy;
		at = random_below(PAXOS_BLOCK_SIZE);
		put_news(news);
		if (other != copy)
			memset(super_at(other), 0, PAXOS_BLOCK_SIZE);
		super_at(copy)[at] ^= 1u << random_below(8);
		good &= try(expect_super(news, 1u << copy | 1u << other),
			    "a bit of a superblock copy",
			    paxos_super_offset(copy, FLIPS_DEVICE) + at);
	}
	tell(good, "a bit of a superblock copy flips");
}

/* Of two new and two old copies, any are lost. */
static void two_new_two_old_and_some_lost(void)
{
	u32 news, lost, i;
	bool good = true;

	for (news = 0; news < 1u << PAXOS_SUPER_COPIES; news++) {
		if (__builtin_popcount(news) != 2)
			continue;
		for (lost = 0; lost < 1u << PAXOS_SUPER_COPIES; lost++) {
			put_news(news);
			for (i = 0; i < PAXOS_SUPER_COPIES; i++)
				if (lost >> i & 1)
					memset(super_at(i), 0xff, PAXOS_BLOCK_SIZE);
			good &= try(expect_super(news, lost), "superblock copies lost", lost);
		}
	}
	tell(good, "superblock copies two new, two old, and any of them lost");
}

/* ---- the last batch ---- */

static u8 next[PAXOS_BATCH_MAX] __attribute__((aligned(8)));
static u8 before[PAXOS_BATCH_MAX];

static void put_sectors(const u8 *from, u32 first, u32 end)
{
	memcpy(image->bytes + image->address + first * PAXOS_SECTOR_SIZE,
	       from + first * PAXOS_SECTOR_SIZE, (end - first) * PAXOS_SECTOR_SIZE);
}

/* A write of which sectors @first..@end came: it was never acknowledged, and is dropped. */
static bool try_torn(u32 first, u32 end, u32 sectors)
{
	bool good;

	put_sectors(next, first, end);
	memset(&expected, 0, sizeof(expected));
	good = try(&image->version[OLD], "a write torn", first * 1000 + end);
	put_sectors(before, 0, sectors);
	return good;
}

static void torn_at_every_sector(void)
{
	u32 sectors = image_next_batch(image, next) / PAXOS_SECTOR_SIZE, i;
	bool good = true;

	put_supers(OLD);
	memcpy(before, image->bytes + image->address, sizeof(before));
	for (i = 0; i < sectors; i++)
		good &= try_torn(0, i, sectors) && (!i || try_torn(i, sectors, sectors));
	tell(good, "the last write is torn at every sector");
}

/* It was acknowledged: it is never taken for torn. */
static void rotten_in_every_run_of_sectors(void)
{
	const struct written *last = &image->batch[image->batches - 1];
	u32 first, end, i;
	bool good = true;
	u64 from, to;

	put_supers(OLD);
	memcpy(before, image->bytes + last->address, last->sectors * PAXOS_SECTOR_SIZE);
	for (first = 0; first < last->sectors; first++) {
		for (end = first + 1; end <= last->sectors; end++) {
			from = last->address + first * PAXOS_SECTOR_SIZE;
			to = last->address + end * PAXOS_SECTOR_SIZE;
			for (i = 0; i < to - from; i++)
				image->bytes[from + i] = random_below(256);
			expect_journal(&image->version[OLD], from, to);
			good &= try(&image->version[OLD], "sectors of the last batch rotten", from);
			memcpy(image->bytes + last->address, before,
			       last->sectors * PAXOS_SECTOR_SIZE);
		}
	}
	tell(good, "the last batch is rotten in every run of its sectors");
}

/* ---- */

/* Without any of this, there would be little to hit. */
static bool well_used(void)
{
	const struct version *old = &image->version[OLD];
	const struct written *first = &image->batch[old->first];
	bool good = first->address > image->address && image->delivered - old->trim > 300 &&
		    old->trim < image->version[NEW].trim && image->top > image->delivered &&
		    image->batch[image->batches - 1].sectors > PAXOS_BLOCK_SECTORS;
	u32 i;

	memset(&expected, 0, sizeof(expected));
	for (i = 0; i < VERSIONS; i++) {
		put_supers(i);
		good &= try(&image->version[i], "as it was left", 0);
	}
	printf("# %u batches of %llu slots, %llu KiB, from byte %llu on\n",
	       image->batches - old->first, (unsigned long long)(image->top - old->trim),
	       (unsigned long long)(image->address + image->ring.size - first->address) >> 10,
	       (unsigned long long)first->address);
	tell(good, "the device as it was left");
	return good;
}

/* Of each hundred flips. */
static const struct {
	const char *name;
	u64 (*choose)(const struct version *version);
	u32 share;
} journal[] = {
	{ "a bit of a header copy flips", in_header, 12 },
	{ "a bit of a copy of a record's tag flips", in_tag, 18 },
	{ "a bit of a payload flips", in_payload, 25 },
	{ "a bit of a sector's stamp flips", in_stamp, 10 },
	{ "a bit of a batch that nothing uses flips", in_padding, 4 },
	{ "a bit after the journal's end flips", in_window, 5 },
	{ "a bit of the ring that is not in use flips", in_ring_unused, 4 },
	{ "a bit outside the ring flips", beside_ring, 2 },
};

#define SUPER_SHARE	20u

int main(int argc, char **argv)
{
	u32 flips = argc > 1 ? strtoul(argv[1], NULL, 0) : FLIPS, i;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

	random_seed(seed);
	image = image_make();
	printf("# %u flips, seed %llu\n", flips, (unsigned long long)seed);
	if (well_used()) {
		flip_supers(flips * SUPER_SHARE / 100);
		for (i = 0; i < ARRAY_SIZE(journal); i++)
			flip_journal(journal[i].name, journal[i].choose,
				     flips * journal[i].share / 100);
		two_new_two_old_and_some_lost();
		torn_at_every_sector();
		rotten_in_every_run_of_sectors();
	}
	printf("1..%u\n%u passed, %u failed\n", number, number - failures, failures);
	image_free(image);
	return failures != 0;
}
