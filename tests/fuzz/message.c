// SPDX-License-Identifier: GPL-2.0
/*
 * Target: all that is decoded from the network or from a value.
 *
 * The first byte says what the rest is: a body of that type, a head, pieces of
 * bodies, a table or a configuration.  What is accepted must be encoded and
 * decoded again to the same.
 */
#include "script.h"

#include "../../kmod/core/pieces.h"
#include "../../kmod/core/table.h"

#define HEAD	0x40
#define PIECES	0x41
#define TABLE	0x42
#define CONFIG	0x43

static u8 first[PAXOS_TABLE_SIZE_MAX], second[PAXOS_TABLE_SIZE_MAX];

static bool write_item(struct paxos_writer *writer, u8 type, const struct paxos_item *item)
{
	if (item->bytes)
		return paxos_writer_bytes(writer, item->bytes, item->length);
	switch (type) {
	case PAXOS_HELLO:
		return paxos_writer_disk(writer, item->slot, &item->claim);
	case PAXOS_ACCEPTED:
		return paxos_writer_range(writer, item->slot, item->ballot);
	default:
		return paxos_writer_entry(writer, item);
	}
}

/* Every byte of an item can be read. */
static void look_at(const struct paxos_item *item)
{
	static volatile u32 seen __attribute__((unused));

	if (item->entry.value.length)
		seen += port_crc(item->entry.value.data, item->entry.value.length);
	if (item->length)
		seen += port_crc(item->bytes, item->length);
}

static u32 again(const struct paxos_message *m, u8 *out)
{
	struct paxos_cursor cursor = {};
	struct paxos_writer writer;
	struct paxos_item item;
	u32 items = 0;

	paxos_writer_begin(&writer, out, PAXOS_MESSAGE_MAX);
	for (; paxos_message_next(m, &cursor, &item); items++) {
		look_at(&item);
		must(write_item(&writer, m->type, &item));
	}
	must(items == m->items);
	return paxos_writer_end(&writer, m);
}

static void try_body(u8 type, const u8 *data, size_t size)
{
	struct paxos_message m, back;
	u32 length;

	if (!paxos_message_decode(&m, type, data, size, NULL))
		return;
	must(size <= PAXOS_MESSAGE_MAX);
	length = again(&m, first);
	must(length == size);
	must(paxos_message_decode(&back, type, first, length, NULL));
	must(back.ballot == m.ballot && back.slot == m.slot && back.commit == m.commit);
	must(again(&back, second) == length && !memcmp(first, second, length));
}

static void try_head(const u8 *data, size_t size)
{
	struct paxos_head head, back;

	if (!paxos_head_decode(&head, data, size))
		return;
	paxos_head_encode(first, &head);
	must(paxos_head_decode(&back, first, PAXOS_HEAD_SIZE));
	paxos_head_encode(second, &back);
	must(!memcmp(first, second, PAXOS_HEAD_SIZE));
}

/* Pieces of anybody's bodies, in any order. */
static void try_pieces(const u8 *data, size_t size)
{
	static struct paxos_pieces *pieces;
	static u8 *memory;
	struct script script = { data, size };
	struct paxos_whole whole;
	struct paxos_head head;
	struct paxos_ask ask;
	u64 now_us = 1;
	u32 length;

	if (!pieces) {
		pieces = calloc(1, sizeof(*pieces));
		memory = calloc(1, PAXOS_PIECES_MEMORY);
	}
	paxos_pieces_init(pieces, memory);
	while (script.left) {
		head = (struct paxos_head) {
			.type = script_u8(&script),
			.from_session = 1 + script_below(&script, 3),
			.message = script_below(&script, 70),
			.pieces = 1 + script_below(&script, PAXOS_PIECES_MAX),
		};
		head.piece = script_below(&script, head.pieces);
		length = script_u8(&script) % 2 ? PAXOS_PIECE_MAX :
						  script_below(&script, PAXOS_PIECE_MAX + 1);
		if (paxos_pieces_take(pieces, script_below(&script, 4), &head, first, length,
				      now_us, &whole)) {
			must(whole.length <= PAXOS_MESSAGE_MAX);
			memcpy(second, whole.body, whole.length);
		}
		now_us += script_below(&script, 1 << 16);
		while (paxos_pieces_ask(pieces, now_us, &ask))
			must(ask.member < 4 && ask.wanted);
	}
}

static void try_table(const u8 *data, size_t size)
{
	static struct paxos_table *table, *back;
	struct paxos_entry entry = { .type = PAXOS_ENTRY_VALUE, .id = { .origin = 1 } };
	u32 length;
	u64 slot;

	if (!table) {
		table = calloc(1, sizeof(*table));
		back = calloc(1, sizeof(*back));
	}
	if (!paxos_table_decode(table, data, size))
		return;
	length = paxos_table_encode(table, first);
	must(length <= PAXOS_TABLE_SIZE_MAX && paxos_table_decode(back, first, length));
	must(paxos_table_encode(back, second) == length && !memcmp(first, second, length));
	/* It can be worked with. */
	for (; entry.id.sequence < 3; entry.id.sequence++) {
		paxos_table_delivered(table, &entry.id, &slot);
		paxos_table_apply(table, &entry, &slot);
	}
}

static void try_config(const u8 *data, size_t size)
{
	struct paxos_config config;
	u32 length;
	u64 base;

	if (!paxos_config_decode(&config, &base, data, size))
		return;
	length = paxos_config_encode(&config, base, first);
	must(length == size && length <= PAXOS_CONFIG_SIZE_MAX);
	must(paxos_config_decode(&config, &base, first, length));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 *copy;

	if (!size)
		return 0;
	/* Of exactly this size, so that a byte too many is noticed. */
	copy = malloc(size);
	memcpy(copy, data, size);
	switch (copy[0]) {
	case HEAD:
		try_head(copy + 1, size - 1);
		break;
	case PIECES:
		try_pieces(copy + 1, size - 1);
		break;
	case TABLE:
		try_table(copy + 1, size - 1);
		break;
	case CONFIG:
		try_config(copy + 1, size - 1);
		break;
	default:
		try_body(copy[0], copy + 1, size - 1);
		break;
	}
	free(copy);
	return 0;
}
