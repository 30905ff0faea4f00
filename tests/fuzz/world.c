// SPDX-License-Identifier: GPL-2.0
/*
 * World: a real replica, and its journal in memory, written and replayed by the real
 * codec.  What it says and delivers is looked at.
 */
#include "world.h"

#define FLUSHES_MAX	1000u		/* of one event; more: it would talk for ever */

static void stamp_blank(struct world *w, u8 *at, u64 address)
{
	struct paxos_sector *sector = (struct paxos_sector *)at;

	sector->address = cpu_to_le64(address);
	sector->disk_tag = cpu_to_le32(w->ring.disk_tag);
	sector->crc = cpu_to_le32(port_crc(sector, PAXOS_SECTOR_SIZE - sizeof(sector->crc)));
}

struct world *world_make(void)
{
	struct world *w = calloc(1, sizeof(*w));
	u32 i;

	w->ring = (struct paxos_ring) {
		.cluster = "fuzzed", .node = SELF, .disk_tag = 9,
		.offset = PAXOS_RING_OFFSET, .size = RING,
	};
	w->replica = calloc(1, paxos_replica_size());
	w->batch = calloc(1, sizeof(*w->batch));
	w->fx = calloc(1, sizeof(*w->fx));
	w->fx->arena = malloc(PAXOS_ARENA_SIZE);
	w->fx->batch = w->batch;
	w->device = malloc(RING);
	w->blank = calloc(1, RING);
	w->scratch = malloc(PAXOS_BATCH_MAX);
	w->shadow = calloc(1, sizeof(*w->shadow));
	for (i = 0; i < RING / PAXOS_SECTOR_SIZE; i++)
		stamp_blank(w, w->blank + i * PAXOS_SECTOR_SIZE,
			    w->ring.offset + i * PAXOS_SECTOR_SIZE);
	memcpy(w->device, w->blank, RING);
	return w;
}

/* A new life, on a disk as format leaves it. */
void world_blank(struct world *w)
{
	memcpy(w->device, w->blank, w->highest ? w->highest - w->ring.offset : 0);
	w->offset = w->ring.offset;
	w->highest = w->offset;
	w->sequence = 1;
	w->crc = 0;
	w->incarnation = 0;
	w->nonce = 0;
	w->now_us = 1000000;
	w->over = false;
	w->rotten = false;
	memset(w->said, 0, sizeof(w->said));
}

void world_disk(u16 node, u8 *disk)
{
	memset(disk, 0, 16);
	disk[0] = 0xd0 + node;
}

static void settle(struct world *w, struct paxos_settings *settings)
{
	unsigned int i;

	*settings = (struct paxos_settings) {
		.cluster = "fuzzed",
		.node = SELF,
		.fresh = w->fresh,
		.join = w->join,
		.mode = w->mode,
		.learn = w->learn,
		.members = w->join ? 1 : 3,
		.incarnation = ++w->incarnation,
		.nonce = w->nonce,
		.seed = w->nonce,
		.heartbeat_ms = 100,
		.election_ms = 1000,
	};
	world_disk(SELF, settings->disk);
	for (i = 0; i < settings->members; i++) {
		settings->member[i].node = i + 1;
		settings->member[i].voter = !w->join;
		settings->member[i].known = !w->fresh;
		if (!w->fresh)
			world_disk(i + 1, settings->member[i].disk);
	}
}

static void first_table(struct world *w, const struct paxos_settings *settings)
{
	static struct paxos_config config;
	unsigned int i;

	config = (struct paxos_config) { .members = w->join ? 0 : settings->members };
	for (i = 0; i < config.members; i++)
		config.member[i] = (struct paxos_config_member) {
			.node = i + 1, .voter = true,
		};
	paxos_table_first(w->shadow, &config);
}

static void look_at(const struct paxos_value *value)
{
	static volatile u32 seen __attribute__((unused));

	if (value->length && value->data)
		seen += port_crc(value->data, value->length);
}

static void delivered(struct world *w, const struct paxos_chosen *chosen)
{
	u64 first;

	look_at(&chosen->entry.value);
	/* It was lost when it was delivered, and is repaired. */
	if (chosen->slot <= w->delivered)
		return;
	must(chosen->slot == w->delivered + 1);
	w->delivered = chosen->slot;
	must(chosen->type == paxos_table_apply(w->shadow, &chosen->entry, &first));
}

/* For who looks into a find. */
static void print_body(const struct paxos_message *m)
{
	fprintf(stderr, "ballot %llx slot %llx commit %llx number %llx echo %llx items %u\n",
		(unsigned long long)m->ballot, (unsigned long long)m->slot,
		(unsigned long long)m->commit, (unsigned long long)m->number,
		(unsigned long long)m->echo, m->items);
}

static void said(struct world *w, const struct paxos_send *send)
{
	struct paxos_cursor cursor = {};
	struct paxos_message m = {};
	struct paxos_item item;

	must(send->lsn <= w->batch->sequence);
	must(send->body >= w->fx->arena &&
	     send->body + send->length <= w->fx->arena + PAXOS_ARENA_SIZE);
	if (!paxos_message_decode(&m, send->type, send->body, send->length, NULL)) {
		fprintf(stderr, "malformed: %s\n", paxos_message_name(send->type));
		print_body(&m);
		abort();
	}
	if (m.type == PAXOS_ACCEPT && paxos_message_next(&m, &cursor, &item)) {
		w->accept_first = item.slot;
		w->accept_count = m.items;
	}
	w->said[m.type] = m;
}

static void carry_out(struct world *w)
{
	struct paxos_effects *fx = w->fx;
	u32 i;

	must(fx->sends <= PAXOS_SENDS_MAX && fx->chosens <= PAXOS_CHOSEN_MAX &&
	     fx->answers <= PAXOS_ANSWERS_MAX && fx->serves <= PAXOS_SERVES_MAX &&
	     fx->notices <= PAXOS_NOTICES_MAX && fx->arena_used <= PAXOS_ARENA_SIZE);
	for (i = 0; i < fx->sends; i++)
		said(w, &fx->send[i]);
	if (fx->skipped) {
		must(fx->skipped > w->delivered || !w->delivered);
		*w->shadow = *paxos_replica_base(w->replica);
		w->delivered = fx->skipped;
		/* What follows is of the table's slot or above. */
		must(w->shadow->slot == fx->skipped);
	}
	for (i = 0; i < fx->chosens; i++)
		delivered(w, &fx->chosen[i]);
	/* The shell writes that to the superblock, and starts it no more. */
	w->over |= fx->forget;
	paxos_effects_reset(fx);
}

static void ask_room(struct world *w)
{
	u64 used = w->offset - w->ring.offset;

	w->fx->journal_used = used * 1000 / RING;
	w->fx->journal_filling = used > RING / 5 * 2;
	w->fx->journal_full = used > RING / 2;
	w->fx->journal_low = used > RING / 4 * 3;
}

static void flush(struct world *w)
{
	u32 left = FLUSHES_MAX;

	do {
		must(--left);
		ask_room(w);
	} while (paxos_replica_flush(w->replica, w->now_us, w->fx) && (carry_out(w), true));
}

/* Lay the batch out where it goes, in w->scratch; returns its length. */
u32 world_write_begin(struct world *w)
{
	struct paxos_vow vow;
	u32 length;

	paxos_replica_vow(w->replica, &vow);
	w->last_offset = w->offset;
	length = paxos_batch_encode(w->batch, &w->ring, &vow, w->offset, w->crc, w->scratch,
				    &w->crc);
	paxos_batch_start(w->batch, ++w->sequence);
	w->offset += length;
	w->highest = port_max(w->highest, w->offset);
	w->over |= w->offset + PAXOS_BATCH_MAX + PAXOS_REPLAY_WINDOW > w->ring.offset + RING;
	return length;
}

static bool step(struct world *w, struct paxos_event event);

void world_write(struct world *w)
{
	u32 length = world_write_begin(w);

	memcpy(w->device + (w->last_offset - w->ring.offset), w->scratch, length);
	step(w, (struct paxos_event) { .type = PAXOS_EVENT_WRITTEN, .lsn = w->sequence - 1 });
}

static bool step(struct world *w, struct paxos_event event)
{
	bool taken;

	event.now_us = w->now_us;
	ask_room(w);
	taken = paxos_replica_step(w->replica, &event, w->fx);
	carry_out(w);
	flush(w);
	return taken;
}

/* An empty batch has room for whatever comes. */
void world_offer(struct world *w, struct paxos_event event)
{
	if (step(w, event) || w->over)
		return;
	world_write(w);
	step(w, event);
}

/* ---- start ---- */

static bool restore_record(struct world *w, const struct paxos_record *from)
{
	struct paxos_record record = *from;
	struct paxos_value *value = &record.entry.value;
	bool good;

	if (value->length && value->data) {
		value->buf = buf_new(value->length);
		memcpy(value->buf->data, value->data, value->length);
		value->data = value->buf->data;
	}
	good = paxos_replica_restore_record(w->replica, &record);
	flush(w);
	paxos_buf_put(value->buf);
	return good;
}

static bool restore_batch(struct world *w, const struct paxos_batch_view *view)
{
	struct paxos_record record;
	bool good = paxos_replica_restore(w->replica, &view->vow);
	u32 i;

	for (i = 0; i < view->records && good; i++) {
		good = paxos_batch_record(view, i, NULL, &record) && restore_record(w, &record);
		if (!good && !w->rotten) {
			fprintf(stderr, "record %u of batch %llu is refused: type %u slot %llu ballot %llx; delivered %llu, trimmed %llu\n",
				i, (unsigned long long)view->sequence, record.type,
				(unsigned long long)record.slot,
				(unsigned long long)record.ballot,
				(unsigned long long)w->replica->delivered,
				(unsigned long long)w->replica->trim);
			abort();
		}
	}
	return good;
}

/* False: it has forgotten, which it may only if something did rot. */
static bool replay(struct world *w)
{
	enum paxos_replay_result result;
	struct paxos_batch_view view;
	struct paxos_replay state;
	bool good = true;
	u32 i;

	paxos_replay_start(&state, &w->ring, w->ring.offset, 1);
	do {
		/* No batch is that near to the ring's end. */
		result = paxos_replay_next(&state, w->device + (state.offset - w->ring.offset),
					   w->scratch, &view);
		good = result == PAXOS_REPLAY_BATCH && restore_batch(w, &view);
	} while (good);
	w->offset = state.offset;
	w->crc = state.previous_crc;
	w->sequence = state.sequence;
	paxos_batch_start(w->batch, w->sequence);
	/* None is left of a torn write. */
	i = w->offset - w->ring.offset;
	if (result == PAXOS_REPLAY_TORN)
		memcpy(w->device + i, w->blank + i, PAXOS_BATCH_MAX);
	must(w->rotten || result == PAXOS_REPLAY_END || result == PAXOS_REPLAY_TORN);
	return result == PAXOS_REPLAY_END || result == PAXOS_REPLAY_TORN;
}

void world_start(struct world *w)
{
	struct paxos_settings settings;
	unsigned int i;

	memset(w->replica, 0, paxos_replica_size());
	paxos_effects_reset(w->fx);
	w->nonce += 1000;
	w->delivered = 0;
	settle(w, &settings);
	first_table(w, &settings);
	paxos_replica_init(w->replica, &settings);
	if (!replay(w)) {
		w->over = true;
		return;
	}
	must(paxos_replica_start(w->replica, w->now_us) || w->rotten);
	step(w, (struct paxos_event) { .type = PAXOS_EVENT_WRITTEN, .lsn = w->sequence - 1 });
	for (i = SELF + 1; i <= MEMBERS; i++)
		world_offer(w, (struct paxos_event) { .type = PAXOS_EVENT_REACHABLE, .node = i });
}

void world_stop(struct world *w)
{
	paxos_batch_drop(w->batch);
	paxos_replica_exit(w->replica);
	must(!buf_account.count);
}

