// SPDX-License-Identifier: GPL-2.0
/*
 * Target: one whole node among hostile peers.
 *
 * The script decides what its peers say (nearly right, or anything), what its callers
 * want, when time passes, when a write ends, when the power fails and what rots.
 * Whatever it is: nothing crashes, nothing that the core checks of itself fails, what
 * it says is well formed, what it delivers is in order, no reference leaks, and a
 * journal that did not rot is never refused.
 */
#include "world.h"

#define STEPS_MAX	3000u

static struct world *w;
static struct paxos_table *snap, *room;		/* the table at some slot; any one */
static u8 *body, *encoded;

/* ---- what peers say ---- */

static u64 some_ballot(void)
{
	const struct paxos_replica *r = w->replica;
	u16 node = 1 + script_below(&w->script, 6);
	u64 round = paxos_ballot_round(r->promised);

	switch (script_below(&w->script, 8)) {
	case 0:
		return r->promised;
	case 1:
		return r->ballot;
	case 2:
		return paxos_ballot(round + 1, node);
	case 3:
		return paxos_ballot(round ? round : 1, node);
	case 4:
		return script_take(&w->script, 8);
	case 5:
		return 0;
	default:
		return paxos_ballot(1 + script_below(&w->script, 20), node);
	}
}

static u64 some_slot(void)
{
	const struct paxos_replica *r = w->replica;

	switch (script_below(&w->script, 8)) {
	case 0:
		return r->delivered;
	case 1:
		return r->commit + script_u8(&w->script);
	case 2:
		return r->trim;
	case 3:
		return script_take(&w->script, 8);
	case 4:
		return r->delivered + script_take(&w->script, 2);
	case 5:
		return r->next_slot;
	default:
		return r->delivered + 1 + script_below(&w->script, 4);
	}
}

static u64 some_number(void)
{
	const struct paxos_replica *r = w->replica;

	switch (script_below(&w->script, 6)) {
	case 0:
		return r->heartbeat;
	case 1:
		return r->answers;
	case 2:
		return script_take(&w->script, 8);
	default:
		return script_below(&w->script, 8);
	}
}

static const u8 *some_bytes(u32 length)
{
	static u8 bytes[PAXOS_VALUE_MAX];

	memset(bytes, script_u8(&w->script), length);
	return bytes;
}

/* The newest configuration, a little changed. */
static u32 some_config(void)
{
	static struct paxos_config config;
	struct paxos_config_member *member;

	config = w->replica->table.newest;
	if (config.members > NODES || !config.members)
		return 0;
	switch (script_below(&w->script, 4)) {
	case 0:
		config.members -= config.members > 1;
		break;
	case 1:
		member = &config.member[config.members++];
		*member = (struct paxos_config_member) {
			.node = member[-1].node + 1, .voter = script_below(&w->script, 2),
			.endpoint = { .family = 4, .port = 99 },
		};
		world_disk(member->node, member->disk);
		break;
	case 2:
		config.member[script_below(&w->script, config.members)].voter ^= 1;
		break;
	}
	return paxos_config_encode(&config, script_u8(&w->script) % 8 ? config.slot : some_slot(),
				   encoded);
}

static void some_entry(struct paxos_entry *entry)
{
	struct script *script = &w->script;

	*entry = (struct paxos_entry) {
		.type = 1 + script_below(script, 3),
		.id = {
			.origin = 1 + script_below(script, NODES),
			.incarnation = 1 + script_below(script, 3),
			.nonce = script_below(script, 4) ? 7 : w->nonce,
			.sequence = 1 + script_below(script, 200),
		},
	};
	if (entry->type == PAXOS_ENTRY_NOOP)
		return;
	if (entry->type == PAXOS_ENTRY_CONFIG) {
		entry->value.data = encoded;
		entry->value.length = some_config();
		return;
	}
	if (script_below(script, 3) == 1) {
		entry->id.client = true;
		entry->id.nonce = 0;
	}
	entry->value.length = script_below(script, 32) ? 1 + script_below(script, 9) :
			      1 + script_below(script, PAXOS_VALUE_MAX);
	entry->value.data = some_bytes(entry->value.length);
}

static void write_entries(struct paxos_writer *writer, u32 count)
{
	struct paxos_item item = { .slot = some_slot() };
	u32 i;

	for (i = 0; i < count; i++) {
		item.ballot = some_ballot();
		item.flags = script_below(&w->script, 8) ? 0 : script_below(&w->script, 4);
		some_entry(&item.entry);
		paxos_writer_entry(writer, &item);
		item.slot += script_below(&w->script, 8) ? 1 : script_below(&w->script, 9);
	}
}

static void write_claims(struct paxos_writer *writer, u16 from, u32 count)
{
	struct paxos_claim claim;
	u16 node = from;
	u32 i;

	for (i = 0; i < count; i++) {
		claim = (struct paxos_claim) {
			.known = true,
			.incarnation = script_below(&w->script, 4) ? 1 : some_number(),
			.promised = script_below(&w->script, 8) ? 0 : some_ballot(),
			.durable = script_below(&w->script, 8) ? 0 : some_slot(),
		};
		world_disk(script_below(&w->script, 16) ? node : 9, claim.disk);
		paxos_writer_disk(writer, node, &claim);
		node = 1 + script_below(&w->script, NODES);
	}
}

static void write_table(struct paxos_writer *writer, const struct paxos_message *m)
{
	u32 length, from = m->index * PAXOS_TABLE_PIECE;

	*room = *snap;
	room->slot = m->slot;
	length = paxos_table_encode(room, encoded);
	encoded[script_take(&w->script, 4) % length] ^= script_below(&w->script, 4) ? 0 : 1;
	if (from < length)
		paxos_writer_bytes(writer, encoded + from,
				   port_min(length - from, PAXOS_TABLE_PIECE));
}

static void write_items(struct paxos_writer *writer, struct paxos_message *m, u16 from)
{
	u32 count = script_below(&w->script, 6);

	switch (m->type) {
	case PAXOS_HELLO:
		write_claims(writer, from, count + 1);
		break;
	case PAXOS_ACCEPTED:
		while (count--)
			paxos_writer_range(writer, some_slot(), 1 + script_below(&w->script, 9));
		break;
	case PAXOS_PROMISE:
	case PAXOS_ACCEPT:
	case PAXOS_FORWARD:
	case PAXOS_LEARNT:
		write_entries(writer, script_below(&w->script, 32) ? count : 200);
		break;
	case PAXOS_TABLE:
		m->slot = script_below(&w->script, 4) ? w->replica->install.slot : m->slot;
		if (m->count)
			write_table(writer, m);
		break;
	}
}

/* A body reaches the node, in memory of its own, from whoever it says. */
static void arrive(u8 type, u16 from, u32 length)
{
	struct paxos_head head = {
		.cluster = "fuzzed", .type = type, .from = from, .to = SELF,
		.from_session = 1000 * from, .to_session = w->nonce,
	};
	struct paxos_message message;
	struct paxos_buf *buf = buf_new(length);

	if (!script_below(&w->script, 32)) {
		head.from_session += script_below(&w->script, 3);
		head.to_session += script_below(&w->script, 3);
	}
	memcpy(buf->data, body, length);
	if (paxos_message_decode(&message, type, buf->data, length, buf))
		world_offer(w, (struct paxos_event) {
			.type = PAXOS_EVENT_MESSAGE, .head = &head, .message = &message,
		});
	paxos_buf_put(buf);
}

static void say(u8 type, u16 from)
{
	struct paxos_message m = { .type = type };
	struct paxos_writer writer;

	if (type == PAXOS_HELLO && script_below(&w->script, 4))
		m.number = 1;
	else
		m = (struct paxos_message) {
			.type = type, .ballot = some_ballot(), .slot = some_slot(),
			.commit = some_slot(), .number = some_number(), .echo = some_number(),
		};
	m.count = 1 + script_below(&w->script, 4);
	m.index = script_below(&w->script, m.count);
	m.count -= !script_below(&w->script, 16);
	m.flags = script_below(&w->script, 4) ? 0 : script_below(&w->script, 32);
	paxos_writer_begin(&writer, body, PAXOS_MESSAGE_MAX);
	write_items(&writer, &m, from);
	arrive(type, from, paxos_writer_end(&writer, &m));
}

/* Anything. */
static void babble(u8 type, u16 from)
{
	u32 length = PAXOS_BODY_SIZE + script_below(&w->script, 200), i;

	for (i = 0; i < length; i++)
		body[i] = script_u8(&w->script);
	arrive(type, from, length);
}

static void meet(void)
{
	struct paxos_message hello = { .type = PAXOS_HELLO, .number = 1 };
	struct paxos_claim claim = { .known = true, .incarnation = 1 };
	struct paxos_writer writer;
	u16 from, node;

	for (from = SELF + 1; from <= MEMBERS; from++) {
		paxos_writer_begin(&writer, body, PAXOS_MESSAGE_MAX);
		for (node = 0; node < MEMBERS; node++) {
			world_disk((from + node - 1) % MEMBERS + 1, claim.disk);
			paxos_writer_disk(&writer, (from + node - 1) % MEMBERS + 1, &claim);
		}
		arrive(PAXOS_HELLO, from, paxos_writer_end(&writer, &hello));
	}
}

/* What an honest peer would answer to the last such message. */
static void answer(u8 type, u16 from)
{
	const struct paxos_message *to = &w->said[type];
	struct paxos_message m = {
		.ballot = to->ballot, .slot = to->slot, .commit = to->commit,
		.number = to->number, .echo = to->echo, .count = 1,
	};
	struct paxos_writer writer;

	paxos_writer_begin(&writer, body, PAXOS_MESSAGE_MAX);
	switch (to->type) {
	case PAXOS_PREVOTE:
		m.type = PAXOS_PREVOTE_YES;
		break;
	case PAXOS_PREPARE:
		m.type = PAXOS_PROMISE;
		m.number = 1;
		if (!script_below(&w->script, 4))
			write_entries(&writer, 1 + script_below(&w->script, 3));
		break;
	case PAXOS_ACCEPT:
		m.type = PAXOS_ACCEPTED;
		paxos_writer_range(&writer, w->accept_first, w->accept_count);
		break;
	case PAXOS_HEARTBEAT:
		m.type = PAXOS_HEARTBEAT_ACK;
		m.slot = m.commit;
		break;
	case PAXOS_BARRIER:
		m.type = PAXOS_BARRIER_ANSWER;
		break;
	default:
		return;
	}
	arrive(m.type, from, paxos_writer_end(&writer, &m));
}

static void agree(u16 from)
{
	answer(PAXOS_PREVOTE, from);
	answer(PAXOS_PREPARE, from);
	answer(PAXOS_ACCEPT, from);
	answer(PAXOS_HEARTBEAT, from);
	answer(PAXOS_BARRIER, from);
}

/* ---- what its callers want ---- */

static void propose(void)
{
	struct paxos_buf *buf = buf_new(1 + script_below(&w->script, 40));

	memset(buf->data, 'v', buf->length);
	world_offer(w, (struct paxos_event) {
		.type = PAXOS_EVENT_PROPOSE,
		.cookie = 1 + script_below(&w->script, 50),
		.value = { .buf = buf, .data = buf->data, .length = buf->length },
		.client = script_below(&w->script, 3) == 1 ? 1 + script_below(&w->script, 3) : 0,
		.sequence = 1 + script_below(&w->script, 12),
	});
	paxos_buf_put(buf);
}

static void change(void)
{
	struct paxos_buf *room = buf_new(PAXOS_CONFIG_SIZE_MAX);
	struct paxos_change wanted = {
		.op = 1 + script_below(&w->script, 5),
		.force = script_below(&w->script, 2),
		.node = 1 + script_below(&w->script, NODES),
		.other = 1 + script_below(&w->script, NODES),
		.endpoint = { .family = 4, .port = 1 },
		.room = room,
		.data = room->data,
	};

	world_offer(w, (struct paxos_event) {
		.type = PAXOS_EVENT_MEMBER, .cookie = 1 + script_below(&w->script, 50),
		.change = wanted,
	});
	paxos_buf_put(room);
}

static void call(void)
{
	struct paxos_event event = { .cookie = 1 + script_below(&w->script, 50) };

	switch (script_below(&w->script, 10)) {
	case 0:
		event.type = PAXOS_EVENT_BARRIER;
		break;
	case 1:
		event.type = PAXOS_EVENT_TRANSFER;
		event.node = 1 + script_below(&w->script, NODES);
		break;
	case 2:
		change();
		return;
	case 3:
		event.type = PAXOS_EVENT_TRIM;
		event.table = snap;
		break;
	case 4:
		*snap = *w->shadow;
		return;
	case 5:
		event.type = PAXOS_EVENT_INSTALLED;
		event.slot = some_slot();
		break;
	case 6:
		event.type = PAXOS_EVENT_REPAIR;
		event.slot = some_slot();
		break;
	case 7:
		event.type = script_below(&w->script, 2) ? PAXOS_EVENT_REACHABLE :
							   PAXOS_EVENT_UNREACHABLE;
		event.node = 1 + script_below(&w->script, NODES);
		break;
	case 8:
		event.type = PAXOS_EVENT_GIVE_UP;
		break;
	default:
		propose();
		return;
	}
	world_offer(w, event);
}

/* ---- what becomes of its disk ---- */

static void power_cut(bool torn)
{
	u8 *at = w->device + (w->offset - w->ring.offset);
	u32 length, i;

	if (torn) {
		length = world_write_begin(w);
		for (i = 0; i < length; i += PAXOS_SECTOR_SIZE)
			if (script_below(&w->script, 2))
				memcpy(at + i, w->scratch + i, PAXOS_SECTOR_SIZE);
	}
	world_stop(w);
	if (w->over)
		memset(w->replica, 0, paxos_replica_size());
	else
		world_start(w);
	if (!w->over)
		meet();
}

static void rot(void)
{
	u32 used = w->offset - w->ring.offset;

	if (!used)
		return;
	w->device[script_take(&w->script, 4) % used] ^= 1 << script_below(&w->script, 8);
	w->rotten = true;
	power_cut(false);
}

static void act(void)
{
	struct script *script = &w->script;
	u8 what = script_u8(script);
	u16 from = 2 + script_below(script, 8) % 2;

	if (!script_below(script, 16))
		from = 1 + script_below(script, NODES);
	if (what < 84)
		say(1 + what % (PAXOS_MESSAGE_TYPES - 1), from);
	else if (what < 124)
		agree(from);
	else if (what < 160)
		call();
	else if (what < 200)
		world_write(w);
	else if (what < 235)
		w->now_us += script_take(script, 1 + what % 3);
	else if (what < 240)
		babble(1 + script_below(script, PAXOS_MESSAGE_TYPES - 1), from);
	else if (what < 244)
		meet();
	else if (what < 250)
		power_cut(what % 2);
	else if (what < 253)
		rot();
	else if (what == 253)
		world_offer(w, (struct paxos_event) { .type = PAXOS_EVENT_FAILED });
	if (w->now_us >= paxos_replica_next_us(w->replica) && !w->over)
		world_offer(w, (struct paxos_event) { .type = PAXOS_EVENT_TICK });
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u32 left = STEPS_MAX;
	u8 kind;

	if (!w) {
		w = world_make();
		snap = calloc(1, sizeof(*snap));
		room = calloc(1, sizeof(*room));
		body = malloc(PAXOS_MESSAGE_MAX);
		encoded = malloc(PAXOS_TABLE_SIZE_MAX);
	}
	w->script = (struct script) { data, size };
	kind = script_u8(&w->script);
	w->mode = kind & 1 ? PAXOS_MODE_BASIC : PAXOS_MODE_MULTI;
	w->learn = kind & 2 ? PAXOS_LEARN_BROADCAST : PAXOS_LEARN_LEADER;
	w->fresh = (kind & 0x1c) == 4;
	w->join = (kind & 0x1c) == 8;
	world_blank(w);
	world_start(w);
	*snap = *w->shadow;
	if (!w->fresh)
		meet();
	while (w->script.left && --left && !w->over)
		act();
	world_stop(w);
	return 0;
}
