// SPDX-License-Identifier: GPL-2.0
/*
 * What is too much for a case by hand, tried exhaustively or against an oracle:
 * torn and rotten batches, wire noise, the session window.  TAP.  The rules one
 * by one, the codecs and the rows of PROTOCOL.md's table are in tests/kunit.
 */
#include "../../userspace/port/port.h"
#include "../../kmod/core/state.h"
#include "../../kmod/core/message.h"
#include "../../kmod/core/record.h"

#define RING_SIZE	(1u << 20)

static unsigned int number, failures;
static bool good;

#define expect(condition)						\
	do {								\
		if (!(condition) && good) {				\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			good = false;					\
		}							\
	} while (0)

static u64 random_state = 1;

static u64 random_below(u64 bound)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (random_state >> 33) % bound;
}

/* ---- batches ---- */

static u8 device[PAXOS_RING_OFFSET + RING_SIZE + PAXOS_RING_TAIL] __attribute__((aligned(8)));
static u8 scratch[PAXOS_BATCH_MAX] __attribute__((aligned(8)));
static u8 encoded[PAXOS_BATCH_MAX] __attribute__((aligned(8)));

static const struct paxos_ring ring = {
	.cluster = { 1, 2, 3 }, .node = 7, .disk_tag = 0xd15c, .offset = PAXOS_RING_OFFSET,
	.size = RING_SIZE,
};

static void blank(void)
{
	struct paxos_sector *sector;
	u64 address;

	for (address = ring.offset; address < ring.offset + ring.size;
	     address += PAXOS_SECTOR_SIZE) {
		sector = (struct paxos_sector *)(device + address);
		memset(sector, 0, sizeof(*sector));
		sector->address = cpu_to_le64(address);
		sector->disk_tag = cpu_to_le32(ring.disk_tag);
		sector->crc = cpu_to_le32(port_crc(sector, offsetof(struct paxos_sector, crc)));
	}
}

static u32 encode(u32 records, u32 length, u64 sequence, u64 address)
{
	static const struct paxos_vow vow = { .promised = 0x30007, .ballot_used = 0x30007 };
	static struct paxos_batch batch;
	struct paxos_record record = { .type = PAXOS_RECORD_ACCEPTED, .ballot = 0x30007 };
	struct paxos_buf *buf = buf_new(length);
	u32 i, bytes, crc;

	memset(buf->data, 0x5a, length);
	record.entry = (struct paxos_entry) {
		.type = PAXOS_ENTRY_VALUE,
		.id = { .origin = 7, .incarnation = 1, .sequence = 1 },
		.value = { .buf = buf, .data = buf->data, .length = length },
	};
	paxos_batch_start(&batch, sequence);
	for (i = 0; i < records; i++) {
		record.slot = i + 1;
		paxos_batch_append(&batch, &record);
	}
	bytes = paxos_batch_encode(&batch, &ring, &vow, address, 0, encoded, &crc);
	paxos_buf_put(buf);
	return bytes;
}

static void put_sector(u32 sector)
{
	memcpy(device + ring.offset + sector * PAXOS_SECTOR_SIZE,
	       encoded + sector * PAXOS_SECTOR_SIZE, PAXOS_SECTOR_SIZE);
}

static enum paxos_replay_result replay_first(struct paxos_batch_view *view)
{
	struct paxos_replay replay;

	paxos_replay_start(&replay, &ring, ring.offset, 1);
	return paxos_replay_next(&replay, device + ring.offset, scratch, view);
}

/* Each value is as encode() made it, or known to be lost (rule 9). */
static bool tells_nothing_false(const struct paxos_batch_view *view, u32 records)
{
	struct paxos_record record;
	u32 i, k, faulty = 0;

	for (i = 0; i < view->records; i++) {
		if (!paxos_batch_record(view, i, NULL, &record) || record.slot != i + 1)
			return false;
		faulty += record.faulty;
		for (k = 0; !record.faulty && k < record.entry.value.length; k++)
			if (record.entry.value.data[k] != 0x5a)
				return false;
	}
	return view->records == records && faulty == view->faulty;
}

static void every_subset_of_a_batchs_sectors_is_torn(void)
{
	struct paxos_batch_view view;
	u32 subset, i;

	expect(encode(2, 500, 1, ring.offset) == PAXOS_BLOCK_SIZE);
	for (subset = 0; subset < 256; subset++) {
		blank();
		for (i = 0; i < 8; i++)
			if (subset >> i & 1)
				put_sector(i);
		expect(replay_first(&view) == (subset == 255 ? PAXOS_REPLAY_BATCH :
					  subset ? PAXOS_REPLAY_TORN : PAXOS_REPLAY_END));
	}
}

static void a_long_batch_without_any_one_sector_is_torn(void)
{
	u32 sectors = encode(100, 300, 1, ring.offset) / PAXOS_SECTOR_SIZE;
	struct paxos_batch_view view;
	u32 missing, i;

	for (missing = 0; missing <= sectors; missing++) {
		blank();
		for (i = 0; i < sectors; i++)
			if (i != missing)
				put_sector(i);
		expect(replay_first(&view) == (missing == sectors ? PAXOS_REPLAY_BATCH :
					  PAXOS_REPLAY_TORN));
	}
}

static void a_batch_with_any_bit_flipped_says_nothing_false(void)
{
	u32 bytes = encode(3, 700, 1, ring.offset), bit;
	struct paxos_batch_view view;

	expect(paxos_batch_parse(&ring, encoded, bytes, ring.offset, scratch, &view));
	for (bit = 0; bit < 8 * bytes; bit++) {
		encoded[bit / 8] ^= 1u << bit % 8;
		expect(!paxos_batch_parse(&ring, encoded, bytes, ring.offset, scratch, &view) ||
		       tells_nothing_false(&view, 3));
		encoded[bit / 8] ^= 1u << bit % 8;
	}
}

/* An acknowledged batch that rots is never torn: its values are lost, or it is damage. */
static void a_batch_with_any_byte_changed_is_never_torn(void)
{
	u32 bytes = encode(2, 500, 1, ring.offset), i;
	struct paxos_batch_view view;
	enum paxos_replay_result result;

	for (i = 0; i < bytes; i += 1 + random_below(8)) {
		blank();
		memcpy(device + ring.offset, encoded, bytes);
		device[ring.offset + i] ^= 1 + random_below(255);
		result = replay_first(&view);
		expect(result == PAXOS_REPLAY_DAMAGED ||
		       (result == PAXOS_REPLAY_BATCH && tells_nothing_false(&view, 2)));
	}
}

/* ---- wire ---- */

static void noise_on_a_body_is_refused_or_walked(void)
{
	static u8 body[4096];
	struct paxos_writer writer;
	struct paxos_message m;
	struct paxos_item item = { .slot = 5, .ballot = 0x30007 };
	u32 round, i, length, flips;

	item.entry = (struct paxos_entry) {
		.type = PAXOS_ENTRY_VALUE, .id.origin = 1,
		.value = { .data = (const u8 *)"value", .length = 5 },
	};
	for (round = 0; round < 200000; round++) {
		struct paxos_message fields = {
			.type = 1 + random_below(PAXOS_MESSAGE_TYPES), .ballot = 0x30007,
		};
		struct paxos_cursor cursor = {};
		struct paxos_item got;

		paxos_writer_begin(&writer, body, sizeof(body));
		for (i = random_below(5); i; i--)
			paxos_writer_entry(&writer, &item);
		length = paxos_writer_end(&writer, &fields);
		for (flips = random_below(4); flips; flips--)
			body[random_below(length)] ^= 1u << random_below(8);
		if (!random_below(3))
			length = random_below(length + 1);
		if (!paxos_message_decode(&m, fields.type, body, length, NULL))
			continue;
		for (i = 0; paxos_message_next(&m, &cursor, &got); i++)
			expect(got.entry.value.length <= PAXOS_VALUE_MAX);
		expect(i == m.items);
	}
}

/* ---- sessions ---- */

#define SEQUENCES	6000u

/*
 * An origin sends a sequence only once the one a window below is delivered;
 * what it sends comes in any order, and comes again.  Each is delivered once.
 */
static void a_session_delivers_each_sequence_once(void)
{
	static bool delivered[SEQUENCES + 1];
	struct paxos_session session = {};
	struct paxos_proposal_id id = { .origin = 1, .incarnation = 3, .nonce = 9 };
	u64 low = 1, done = 0;

	while (done < SEQUENCES) {
		id.sequence = random_below(16) ? low + random_below(PAXOS_SESSION_WINDOW) :
						 1 + random_below(low);
		if (id.sequence > SEQUENCES)
			continue;
		expect(paxos_session_delivered(&session, &id) == delivered[id.sequence]);
		expect(paxos_session_deliver(&session, &id) == !delivered[id.sequence]);
		done += !delivered[id.sequence];
		delivered[id.sequence] = true;
		while (low <= SEQUENCES && delivered[low])
			low++;
	}
}

static void an_older_start_is_never_delivered_again(void)
{
	struct paxos_session session = {};
	struct paxos_proposal_id id = { .origin = 1, .nonce = 1 };
	u64 newest = 0;
	u32 i;

	for (i = 0; i < 10000; i++) {
		id.incarnation = 1 + random_below(50);
		id.nonce = id.incarnation * 7;
		id.sequence = i + 1;
		expect(paxos_session_deliver(&session, &id) == (id.incarnation >= newest));
		newest = port_max(newest, id.incarnation);
	}
	id.incarnation = newest;
	id.nonce = 1;
	id.sequence++;
	expect(!paxos_session_deliver(&session, &id));
}

static void run(void (*test)(void), const char *name)
{
	good = true;
	test();
	failures += !good;
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++number, name);
}

#define RUN(test)	run(test, #test)

int main(void)
{
	RUN(every_subset_of_a_batchs_sectors_is_torn);
	RUN(a_long_batch_without_any_one_sector_is_torn);
	RUN(a_batch_with_any_bit_flipped_says_nothing_false);
	RUN(a_batch_with_any_byte_changed_is_never_torn);
	RUN(noise_on_a_body_is_refused_or_walked);
	RUN(a_session_delivers_each_sequence_once);
	RUN(an_older_start_is_never_delivered_again);
	if (buf_account.count)
		printf("# %llu buffers leaked\n", (unsigned long long)buf_account.count);
	printf("1..%u\n%u passed, %u failed\n", number, number - failures, failures);
	return failures || buf_account.count ? 1 : 0;
}
