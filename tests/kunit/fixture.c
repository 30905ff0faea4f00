// SPDX-License-Identifier: GPL-2.0
/*
 * Fixture: see fixture.h.  One thread; all memory belongs to the lab, which
 * ends with its test, however that ends.
 */
#include "fixture.h"

#define HEARTBEAT_MS	100
#define ELECTION_MS	1000
#define SETTLE_MAX	100000

struct paxos_buf {
	u32 refs;
	u8 data[];
};

static long bufs;

struct paxos_buf *test_buf(const void *data, size_t length)
{
	struct paxos_buf *buf = kvmalloc(sizeof(*buf) + length, GFP_KERNEL);

	buf->refs = 1;
	if (data && length)
		memcpy(buf->data, data, length);
	bufs++;
	return buf;
}

const u8 *test_buf_data(const struct paxos_buf *buf)
{
	return buf->data;
}

/* How many there are: a test that leaves one has found a leak. */
long test_bufs(void)
{
	return bufs;
}

void paxos_buf_get(struct paxos_buf *buf)
{
	if (buf)
		buf->refs++;
}

void paxos_buf_put(struct paxos_buf *buf)
{
	if (!buf || --buf->refs)
		return;
	bufs--;
	kvfree(buf);
}

int lab_init(struct kunit *test)
{
	struct lab *lab = kvzalloc(sizeof(*lab), GFP_KERNEL);

	if (!lab)
		return -1;
	lab->test = test;
	lab->now_us = 1000000;
	lab->window = kvmalloc(PAXOS_REPLAY_WINDOW, GFP_KERNEL);
	lab->scratch = kvmalloc(PAXOS_BATCH_MAX, GFP_KERNEL);
	test->priv = lab;
	return lab->window && lab->scratch ? 0 : -1;
}

static void letter_free(struct letter *letter)
{
	paxos_buf_put(letter->buf);
	kvfree(letter);
}

static void node_down(struct node *node)
{
	if (!node->up)
		return;
	node->up = false;
	paxos_batch_drop(node->batch);
	paxos_replica_exit(node->replica);
}

void lab_exit(struct kunit *test)
{
	struct lab *lab = test->priv;
	struct node *node;
	u32 i;

	for (i = 0; i < lab->letters; i++)
		letter_free(lab->letter[i]);
	paxos_buf_put(lab->buf);
	for (node = lab->node; node < lab->node + NODES_MAX; node++) {
		node_down(node);
		kvfree(node->replica);
		kvfree(node->batch);
		kvfree(node->fx);
		kvfree(node->arena);
		kvfree(node->device);
		archive_free(node);
	}
	kvfree(lab->window);
	kvfree(lab->scratch);
	kvfree(lab);
	KUNIT_EXPECT_EQ(test, bufs, 0l);
	bufs = 0;
}

/* Letters */

static void letter_remove(struct lab *lab, u32 at)
{
	lab->letters--;
	memmove(&lab->letter[at], &lab->letter[at + 1],
		(lab->letters - at) * sizeof(lab->letter[0]));
}

static void letter_add(struct lab *lab, u8 from, u8 to, const struct paxos_head *head, u64 lsn,
		       const u8 *body, u32 length)
{
	struct letter *letter;

	if (lab->letters == LETTERS_MAX) {
		letter_free(lab->letter[0]);
		letter_remove(lab, 0);
	}
	letter = kvzalloc(sizeof(*letter), GFP_KERNEL);
	letter->from = from;
	letter->to = to;
	letter->lsn = lsn;
	letter->head = *head;
	letter->buf = test_buf(body, length);
	KUNIT_EXPECT_TRUE_MSG(lab->test, length <= PAXOS_MESSAGE_MAX &&
			      paxos_message_decode(&letter->message, head->type, letter->buf->data,
						   length, letter->buf),
			      "what a replica sends can be read");
	lab->letter[lab->letters++] = letter;
}

/* What a shell sends by itself. */
void lab_send(struct lab *lab, u8 from, u8 to, u8 type, const u8 *body, u32 length)
{
	const struct paxos_replica *r = lab->node[from].replica;
	struct paxos_head head;

	paxos_replica_head(r, paxos_replica_member(r, lab->node[to].id), type, &head);
	head.pieces = 1;
	letter_add(lab, from, to, &head, 0, body, length);
}

static bool letter_seen(const struct lab *lab, const struct letter *letter, u8 from, u8 to, u8 type)
{
	return letter->from == from && letter->to == to && (!type || letter->head.type == type) &&
	       (!lab->node[from].real || letter->lsn <= lab->node[from].written);
}

/* Index of the oldest such letter that has left; -1: none. */
static int letter_find(const struct lab *lab, u8 from, u8 to, u8 type)
{
	u32 i;

	for (i = 0; i < lab->letters; i++)
		if (letter_seen(lab, lab->letter[i], from, to, type))
			return i;
	return -1;
}

/* The oldest such letter, out of the way; NULL: none.  Good until the next is taken. */
struct letter *lab_take(struct lab *lab, u8 from, u8 to, u8 type)
{
	int at = letter_find(lab, from, to, type);
	struct letter *letter;

	if (at < 0)
		return NULL;
	letter = lab->letter[at];
	letter_remove(lab, at);
	paxos_buf_put(lab->buf);
	lab->buf = letter->buf;
	lab->taken = *letter;
	kvfree(letter);
	return &lab->taken;
}

/* All such letters are lost; @type 0: any. */
u32 lab_drop(struct lab *lab, u8 from, u8 to, u8 type)
{
	u32 count = 0;

	while (lab_take(lab, from, to, type))
		count++;
	return count;
}

u32 lab_count(struct lab *lab, u8 from, u8 to, u8 type)
{
	u32 count = 0, i;

	for (i = 0; i < lab->letters; i++)
		count += letter_seen(lab, lab->letter[i], from, to, type);
	return count;
}

static u8 node_of(u16 id)
{
	return id - 1;
}

/* Which node has this index at @which; NODES_MAX: none. */
u8 lab_node_at(struct lab *lab, u8 which, u32 index)
{
	struct paxos_endpoint endpoint;
	u16 id = paxos_replica_peer(lab->node[which].replica, index, &endpoint);

	return id && id <= NODES_MAX ? node_of(id) : NODES_MAX;
}

static void absorb_send(struct lab *lab, u8 from, const struct paxos_send *send)
{
	struct node *node = &lab->node[from];
	struct paxos_head head = {};
	u32 i;
	u8 to;

	for (i = 0; i < PAXOS_MEMBERS_MAX; i++) {
		to = lab_node_at(lab, from, i);
		if (!(send->to & paxos_bit(i)) || to >= lab->nodes)
			continue;
		paxos_replica_head(node->replica, i, send->type, &head);
		head.pieces = 1;
		letter_add(lab, from, to, &head, send->lsn, send->body, send->length);
	}
	if (send->to || !node->asked)
		return;
	head = (struct paxos_head) {
		.type = send->type,
		.from = node->id,
		.to = node->asked->from,
		.from_session = node->session,
		.to_session = node->asked->from_session,
		.pieces = 1,
	};
	letter_add(lab, from, node_of(head.to), &head, send->lsn, send->body, send->length);
}

static void absorb_chosen(struct lab *lab, struct node *node, const struct paxos_chosen *chosen)
{
	struct delivered *log = &node->log[chosen->slot % LOG_MAX];

	archive_keep(node, chosen);
	log->ballot = chosen->ballot;
	log->type = chosen->type;
	log->repairs += chosen->repair;
	memset(log->text, 0, sizeof(log->text));
	if (chosen->entry.value.length && !chosen->entry.value.data)
		log->text[0] = '?';
	else if (chosen->type == PAXOS_ENTRY_VALUE)
		memcpy(log->text, chosen->entry.value.data,
		       port_min(chosen->entry.value.length, (u32)sizeof(log->text) - 1));
}

static void absorb(struct lab *lab, u8 which)
{
	struct node *node = &lab->node[which];
	struct paxos_effects *fx = node->fx;
	u32 i;

	for (i = 0; i < fx->sends; i++)
		absorb_send(lab, which, &fx->send[i]);
	for (i = 0; i < fx->chosens; i++)
		absorb_chosen(lab, node, &fx->chosen[i]);
	for (i = 0; i < fx->answers; i++)
		node->answer[node->answers++ % ANSWERS_MAX] = fx->answer[i];
	node->serves += fx->serves;
	for (i = 0; i < fx->serves && lab->serving; i++)
		archive_serve(lab, which, &fx->serve[i]);
	node->skipped = fx->skipped ?: node->skipped;
	node->trimmed = fx->trimmed ?: node->trimmed;
	if (fx->trimmed)
		archive_trimmed(node, fx->trimmed);
	node->config_told |= fx->config;
	KUNIT_EXPECT_FALSE_MSG(lab->test, fx->config && node->replica->restoring,
			       "nobody listens during a replay");
	for (i = 0; i < fx->notices; i++)
		node->notice[fx->notice[i].type]++;
	paxos_effects_reset(fx);
	KUNIT_EXPECT_FALSE_MSG(lab->test, node->replica->failed && !node->asked,
			       "no check of a replica fails");
}

static void drain(struct lab *lab, u8 which)
{
	struct node *node = &lab->node[which];

	absorb(lab, which);
	while (paxos_replica_flush(node->replica, lab->now_us, node->fx))
		absorb(lab, which);
}

/* Life of one node */

/* There is an address for each, of whoever has an index now. */
static void tell_addresses(struct lab *lab, u8 which)
{
	struct node *node = &lab->node[which];
	struct paxos_event event = { .type = PAXOS_EVENT_REACHABLE, .now_us = lab->now_us };
	u8 i;

	while (node->config_told) {
		node->config_told = false;
		for (i = 0; i < lab->nodes; i++) {
			event.node = lab->node[i].id;
			if (i != which && !node->replica->restoring)
				paxos_replica_step(node->replica, &event, node->fx);
		}
		drain(lab, which);
	}
}

void lab_event(struct lab *lab, u8 which, struct paxos_event event)
{
	struct node *node = &lab->node[which];
	bool failed = node->replica->failed;

	event.now_us = lab->now_us;
	node->asked = event.type == PAXOS_EVENT_MESSAGE ? event.head : NULL;
	if (!paxos_replica_step(node->replica, &event, node->fx)) {
		drain(lab, which);
		lab_write(lab, which);
		KUNIT_EXPECT_TRUE(lab->test, paxos_replica_step(node->replica, &event, node->fx));
	}
	if (event.type == PAXOS_EVENT_FAILED)
		failed = true;
	if (!failed)
		KUNIT_EXPECT_FALSE_MSG(lab->test, node->replica->failed, "a core_check() failed");
	node->asked = node->asked ? node->asked : &(struct paxos_head) {};
	drain(lab, which);
	node->asked = NULL;
	tell_addresses(lab, which);
}

/* Time passes for all; @which notices. */
void lab_tick(struct lab *lab, u8 which, u32 ms)
{
	lab->now_us += ms * 1000ull;
	lab_event(lab, which, (struct paxos_event) { .type = PAXOS_EVENT_TICK });
}

void lab_propose(struct lab *lab, u8 which, const char *text, u64 cookie)
{
	struct paxos_buf *buf = test_buf(text, strlen(text));

	lab_event(lab, which, (struct paxos_event) {
		.type = PAXOS_EVENT_PROPOSE,
		.value = { .buf = buf, .data = buf->data, .length = strlen(text) },
		.cookie = cookie,
	});
	paxos_buf_put(buf);
}

/* Somebody asks @asked for a change; @other is of a REPLACE. */
void lab_member(struct lab *lab, u8 asked, u8 op, u8 which, u8 other, bool force, u64 cookie)
{
	struct paxos_buf *buf = test_buf(NULL, PAXOS_CONFIG_SIZE_MAX);

	lab_event(lab, asked, (struct paxos_event) {
		.type = PAXOS_EVENT_MEMBER,
		.cookie = cookie,
		.change = {
			.op = op, .force = force, .node = which + 1, .other = other + 1,
			.endpoint = { .family = 4, .port = which + 1 },
			.room = buf, .data = buf->data,
		},
	});
	paxos_buf_put(buf);
}

/* Lay the batch out where it goes on the device; only the sectors in the mask come. */
static u32 put_batch(struct lab *lab, struct node *node, u64 sectors)
{
	struct paxos_vow vow;
	u32 length, i;
	u8 *at;

	node->offset = paxos_ring_place(&node->ring, node->offset);
	archive_place(node);
	paxos_replica_vow(node->replica, &vow);
	length = paxos_batch_encode(node->batch, &node->ring, &vow, node->offset,
				    node->previous_crc, lab->scratch, &node->previous_crc);
	at = node->device + node->offset - node->ring.offset;
	for (i = 0; i < length / PAXOS_SECTOR_SIZE; i++)
		if (i >= 64 || sectors >> i & 1)
			memcpy(at + i * PAXOS_SECTOR_SIZE, lab->scratch + i * PAXOS_SECTOR_SIZE,
			       PAXOS_SECTOR_SIZE);
	return length;
}

/* The write of what was gathered is under way; more is gathered meanwhile. */
void lab_write_begin(struct lab *lab, u8 which)
{
	struct node *node = &lab->node[which];
	u64 sequence = node->batch->sequence;

	node->offset += put_batch(lab, node, ~0ull);
	node->writing = sequence;
	paxos_batch_start(node->batch, sequence + 1);
}

/* It has completed: what it held is durable. */
void lab_write_end(struct lab *lab, u8 which)
{
	struct node *node = &lab->node[which];

	node->written = node->writing;
	lab_event(lab, which, (struct paxos_event) {
		.type = PAXOS_EVENT_WRITTEN,
		.lsn = node->written,
	});
}

/* What was gathered is written, and durable. */
void lab_write(struct lab *lab, u8 which)
{
	struct node *node = &lab->node[which];

	if (!node->batch->urgent && !node->batch->records)
		return;
	lab_write_begin(lab, which);
	lab_write_end(lab, which);
}

/* What waited for a write never leaves. */
static void forget_held(struct lab *lab, u8 which)
{
	u32 i = 0;

	while (i < lab->letters) {
		if (lab->letter[i]->from == which &&
		    lab->letter[i]->lsn > lab->node[which].written) {
			letter_free(lab->letter[i]);
			letter_remove(lab, i);
		} else {
			i++;
		}
	}
}

/* Power is gone, and so is what was not written.  lab_boot() starts it again. */
void lab_power_cut(struct lab *lab, u8 which)
{
	forget_held(lab, which);
	node_down(&lab->node[which]);
}

/* Power goes while a batch is written: only these of its sectors came. */
void lab_torn_write(struct lab *lab, u8 which, u64 sectors)
{
	put_batch(lab, &lab->node[which], sectors);
	lab_power_cut(lab, which);
}

void stamp_sector(struct paxos_sector *sector, const struct paxos_ring *ring, u64 sequence,
		  u64 address)
{
	sector->sequence = cpu_to_le64(sequence);
	sector->address = cpu_to_le64(address);
	sector->disk_tag = cpu_to_le32(ring->disk_tag);
	sector->crc = cpu_to_le32(port_crc(sector, PAXOS_SECTOR_SIZE - sizeof(sector->crc)));
}

/* What replay looks at; a sector never written looks as `format` leaves it. */
void lab_fill_window(struct lab *lab, struct node *node, const struct paxos_replay *replay)
{
	struct paxos_sector *sector = (struct paxos_sector *)lab->window;
	u64 address;
	u32 i;

	for (i = 0; i < PAXOS_REPLAY_WINDOW / PAXOS_SECTOR_SIZE; i++) {
		address = paxos_replay_address(replay, i);
		memcpy(&sector[i], node->device + address - node->ring.offset, PAXOS_SECTOR_SIZE);
		if (!sector[i].address && !sector[i].crc)
			stamp_sector(&sector[i], &node->ring, 0, address);
	}
}

static void restore_batch(struct lab *lab, u8 which, const struct paxos_batch_view *view)
{
	struct node *node = &lab->node[which];
	struct paxos_record record;
	struct paxos_buf *buf;
	u32 i;

	KUNIT_EXPECT_TRUE(lab->test, paxos_replica_restore(node->replica, &view->vow));
	for (i = 0; i < view->records; i++) {
		KUNIT_EXPECT_TRUE(lab->test, paxos_batch_record(view, i, NULL, &record));
		buf = test_buf(record.entry.value.data,
			       record.faulty ? 0 : record.entry.value.length);
		if (!record.faulty) {
			record.entry.value.buf = buf;
			record.entry.value.data = buf->data;
		}
		KUNIT_EXPECT_TRUE(lab->test,
				  paxos_replica_restore_record(node->replica, &record));
		drain(lab, which);
		paxos_buf_put(buf);
	}
}

/* As the journal does: none is left of a torn write, lest the next be torn too. */
static void wipe_torn(struct node *node, u64 sequence)
{
	struct paxos_sector *sector = (struct paxos_sector *)node->device;
	u32 i;

	for (i = 0; i < RING_SIZE / PAXOS_SECTOR_SIZE; i++)
		if (le64_to_cpu(sector[i].sequence) == sequence)
			memset(&sector[i], 0, sizeof(sector[i]));
}

static void replay_journal(struct lab *lab, u8 which)
{
	struct node *node = &lab->node[which];
	struct paxos_batch_view view;
	struct paxos_replay replay;

	archive_restore(lab, node);
	paxos_replay_start(&replay, &node->ring, node->start.sequence ? node->start.offset :
			   node->ring.offset, node->start.sequence ?: 1);
	do {
		lab_fill_window(lab, node, &replay);
		node->replayed = paxos_replay_next(&replay, lab->window, lab->scratch, &view);
		if (node->replayed == PAXOS_REPLAY_BATCH)
			restore_batch(lab, which, &view);
	} while (node->replayed == PAXOS_REPLAY_BATCH);
	if (node->replayed == PAXOS_REPLAY_TORN)
		wipe_torn(node, replay.sequence);
	node->offset = replay.offset;
	node->previous_crc = replay.previous_crc;
	node->written = replay.sequence - 1;
	paxos_batch_start(node->batch, replay.sequence);
}

static void node_settings(const struct lab *lab, const struct node *node,
			  struct paxos_settings *settings)
{
	u8 i;

	*settings = (struct paxos_settings) {
		.cluster = "cluster",
		.node = node->id,
		.fresh = lab->fresh,
		.join = node->joins,
		.mode = lab->mode ?: PAXOS_MODE_MULTI,
		.learn = lab->learn ?: PAXOS_LEARN_LEADER,
		.members = node->joins ? 0 : lab->founders,
		.incarnation = node->incarnation,
		.nonce = node->session,
		.seed = node->session,
		.heartbeat_ms = HEARTBEAT_MS,
		.election_ms = ELECTION_MS,
	};
	memcpy(settings->disk, node->disk, sizeof(settings->disk));
	memcpy(settings->life, node->life, sizeof(settings->life));
	for (i = 0; i < settings->members; i++) {
		settings->member[i].node = lab->node[i].id;
		settings->member[i].voter = lab->node[i].voter;
		settings->member[i].known = !lab->fresh;
		if (!lab->fresh)
			memcpy(settings->member[i].disk, lab->node[i].first_disk, 16);
	}
}

static void boot_alone(struct lab *lab, u8 which)
{
	struct node *node = &lab->node[which];
	struct paxos_settings *settings = kvzalloc(sizeof(*settings), GFP_KERNEL);
	u8 i;

	node->incarnation++;
	node->session = 1000 * node->id + 100000 * node->images + node->incarnation;
	node_settings(lab, node, settings);
	node->life[node->incarnation % PAXOS_LIVES] = paxos_life(node->session);
	memset(node->replica, 0, paxos_replica_size());
	memset(node->log, 0, sizeof(node->log));
	paxos_effects_reset(node->fx);
	paxos_replica_init(node->replica, settings);
	kvfree(settings);
	node->up = true;
	replay_journal(lab, which);
	KUNIT_EXPECT_TRUE(lab->test, paxos_replica_start(node->replica, lab->now_us));
	for (i = 0; i < lab->nodes; i++)
		if (i != which)
			lab_event(lab, which, (struct paxos_event) {
				.type = PAXOS_EVENT_REACHABLE,
				.node = lab->node[i].id,
			});
}

/* Start a node, again perhaps, from its disk, and let all get in contact with it. */
void lab_boot(struct lab *lab, u8 which)
{
	lab_power_cut(lab, which);
	boot_alone(lab, which);
	if (!lab->fresh)
		lab_meet(lab);
}

static void node_make(struct lab *lab, u8 which, bool real)
{
	struct node *node = &lab->node[which];

	node->id = which + 1;
	node->voter = true;
	node->real = real;
	node->disk[0] = 0xd0 + node->id;
	memcpy(node->first_disk, node->disk, sizeof(node->disk));
	node->session = 1000 * node->id;
	node->ring = (struct paxos_ring) {
		.cluster = "cluster",
		.node = node->id,
		.disk_tag = node->id,
		.offset = PAXOS_RING_OFFSET,
		.size = RING_SIZE,
	};
	if (!real)
		return;
	node->replica = kvzalloc(paxos_replica_size(), GFP_KERNEL);
	node->batch = kvzalloc(sizeof(*node->batch), GFP_KERNEL);
	node->fx = kvzalloc(sizeof(*node->fx), GFP_KERNEL);
	node->arena = kvzalloc(PAXOS_ARENA_SIZE, GFP_KERNEL);
	node->device = kvzalloc(RING_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(lab->test, node->replica && node->batch && node->fx && node->arena &&
			  node->device);
	archive_make(lab, node);
	node->fx->arena = node->arena;
	node->fx->batch = node->batch;
}

static struct lab *start(struct kunit *test, u8 nodes, u32 real, bool fresh)
{
	struct lab *lab = test->priv;
	u8 i;

	lab->nodes = nodes;
	lab->founders = nodes;
	lab->fresh = fresh;
	for (i = 0; i < nodes; i++)
		node_make(lab, i, real & paxos_bit(i));
	for (i = 0; i < nodes; i++)
		if (real & paxos_bit(i))
			boot_alone(lab, i);
	return lab;
}

/* One more node, with a blank disk, that is to join; all have addresses of all. */
u8 lab_join(struct lab *lab)
{
	u8 which = lab->nodes++, i;

	lab->serving = true;
	node_make(lab, which, true);
	lab->node[which].voter = false;
	lab->node[which].joins = true;
	boot_alone(lab, which);
	for (i = 0; i < which; i++)
		if (lab->node[i].up)
			lab_event(lab, i, (struct paxos_event) {
				.type = PAXOS_EVENT_REACHABLE,
				.node = lab->node[which].id,
			});
	return which;
}

struct lab *lab_start(struct kunit *test, u8 nodes, u32 real)
{
	struct lab *lab = start(test, nodes, real, false);

	lab_meet(lab);
	return lab;
}

/* Just formatted: nobody knows anybody, nor has said a word. */
struct lab *lab_start_fresh(struct kunit *test, u8 nodes, u32 real)
{
	return start(test, nodes, real, true);
}

/* All nodes that are up prove to each other that they are alive now. */
void lab_meet(struct lab *lab)
{
	u8 from, to;

	for (from = 0; from < lab->nodes; from++) {
		for (to = 0; to < lab->nodes; to++) {
			if (from == to || !lab->node[to].up)
				continue;
			if (lab->node[from].real && !lab->node[from].up)
				continue;
			lab_hello(lab, from, to, lab->node[from].disk, lab->node[from].session,
				  lab->node[to].session, ~0u);
		}
	}
	for (from = 0; from < lab->nodes; from++)
		for (to = 0; to < lab->nodes; to++)
			lab_drop(lab, from, to, PAXOS_HELLO);
	/* Whom they met, they note. */
	for (from = 0; from < lab->nodes; from++)
		if (lab->node[from].up)
			lab_write(lab, from);
}

/* Deliver the oldest such letter; false: there is none. */
bool lab_deliver(struct lab *lab, u8 from, u8 to, u8 type)
{
	struct letter *letter = lab_take(lab, from, to, type);

	if (letter)
		lab_again(lab, letter);
	return letter;
}

/* Deliver a copy of a letter that was taken. */
void lab_again(struct lab *lab, const struct letter *taken)
{
	struct letter letter = *taken;

	if (!lab->node[letter.to].up)
		return;
	paxos_buf_get(letter.buf);
	lab_event(lab, letter.to, (struct paxos_event) {
		.type = PAXOS_EVENT_MESSAGE,
		.head = &letter.head,
		.message = &letter.message,
	});
	paxos_buf_put(letter.buf);
}

static bool settle_once(struct lab *lab)
{
	bool moved = false;
	u8 from, to;

	for (from = 0; from < lab->nodes; from++)
		if (lab->node[from].up && lab->node[from].batch->urgent) {
			lab_write(lab, from);
			moved = true;
		}
	for (from = 0; from < lab->nodes; from++) {
		for (to = 0; to < lab->nodes; to++) {
			if (!lab->node[to].real)
				continue;
			if (lab->cut[from] & paxos_bit(to) || !lab->node[to].up)
				moved |= lab_drop(lab, from, to, 0);
			else
				moved |= lab_deliver(lab, from, to, 0);
		}
	}
	return moved;
}

/* Write and deliver, all that is not cut, until nothing is left to be done. */
void lab_settle(struct lab *lab)
{
	u32 left = SETTLE_MAX;

	while (settle_once(lab) && --left)
		;
	KUNIT_EXPECT_TRUE_MSG(lab->test, left, "nodes talk for ever");
}

/* Time passes for all that are up, and what they say arrives unless it is cut. */
void lab_live(struct lab *lab, u32 ms)
{
	u32 step = 10, passed = 0;
	u8 i;

	while (passed < ms) {
		for (i = 0; i < lab->nodes; i++) {
			if (!lab->node[i].up)
				continue;
			lab_tick(lab, i, step);
			passed += step;
		}
		lab_settle(lab);
	}
}

/* A byte rots of the value that the newest record of @slot holds; false: there is none. */
bool lab_rot(struct lab *lab, u8 which, u64 slot)
{
	struct node *node = &lab->node[which];
	struct paxos_batch_view view;
	struct paxos_replay replay;
	u64 at = 0;
	u32 offset, i;

	paxos_replay_start(&replay, &node->ring, node->ring.offset, 1);
	for (;;) {
		lab_fill_window(lab, node, &replay);
		if (paxos_replay_next(&replay, lab->window, lab->scratch, &view) !=
		    PAXOS_REPLAY_BATCH)
			break;
		for (i = 0; i < view.records; i++) {
			if (le64_to_cpu(view.tags[i].slot) != slot || !view.tags[i].length ||
			    le16_to_cpu(view.tags[i].type) == PAXOS_RECORD_PEER)
				continue;
			offset = le32_to_cpu(view.tags[i].offset);
			at = view.address + ((sizeof(struct paxos_batch_header) +
					      view.records * sizeof(view.tags[0]) +
					      PAXOS_SECTOR_DATA - 1) / PAXOS_SECTOR_DATA +
					     offset / PAXOS_SECTOR_DATA) * PAXOS_SECTOR_SIZE +
			     offset % PAXOS_SECTOR_DATA;
		}
	}
	if (at)
		node->device[at - node->ring.offset] ^= 1;
	return at;
}

/*
 * @which runs phase 1: the others are made to say yes to its pre-vote.  Its own
 * promise is written, its PREPAREs lie there.  Returns its ballot.
 */
u64 lab_campaign(struct lab *lab, u8 which)
{
	struct paxos_replica *r = lab->node[which].replica;
	struct paxos_message yes = { .type = PAXOS_PREVOTE_YES };
	u32 tries;
	u8 i;

	/* With a disk that seems to hang it would not. */
	lab_write(lab, which);
	for (tries = 0; tries < 4 && !r->wanted; tries++)
		lab_tick(lab, which, 3 * ELECTION_MS);
	KUNIT_ASSERT_NE(lab->test, r->wanted, 0ull);
	for (i = 0; i < lab->nodes; i++) {
		lab_drop(lab, which, i, PAXOS_PREVOTE);
		lab_drop(lab, which, i, PAXOS_HELLO);
		yes.ballot = r->wanted;
		if (i != which && r->wanted)
			lab_say(lab, i, which, &yes, NULL, 0);
	}
	KUNIT_ASSERT_NE(lab->test, r->ballot, 0ull);
	lab_write(lab, which);
	return r->ballot;
}

static void ask_promises(struct lab *lab, u8 which, u64 ballot)
{
	u8 i;

	for (i = 0; i < lab->nodes; i++) {
		if (i == which || !lab->node[i].voter)
			continue;
		if (lab->cut[i] & paxos_bit(which) || lab->cut[which] & paxos_bit(i)) {
			lab_drop(lab, which, i, PAXOS_PREPARE);
		} else if (lab->node[i].up) {
			lab_deliver(lab, which, i, PAXOS_PREPARE);
			lab_write(lab, i);
			lab_deliver(lab, i, which, PAXOS_PROMISE);
			lab_deliver(lab, i, which, PAXOS_NACK);
		} else if (!lab->node[i].real) {
			lab_drop(lab, which, i, PAXOS_PREPARE);
			say_promise(lab, i, which, ballot, NULL, 0);
		}
	}
}

/*
 * ... and is promised by all others that are not cut off, with a higher round if
 * need be: it leads, and its first no-op is on its way.
 */
u64 lab_elect(struct lab *lab, u8 which)
{
	struct paxos_replica *r = lab->node[which].replica;
	u64 ballot = 0;
	u32 tries;

	for (tries = 0; tries < 4 && (!ballot || r->role != PAXOS_ROLE_LEADER); tries++) {
		ballot = lab_campaign(lab, which);
		ask_promises(lab, which, ballot);
	}
	KUNIT_ASSERT_EQ(lab->test, r->role, PAXOS_ROLE_LEADER);
	return ballot;
}

/* What puppets say */

struct paxos_item item_of(u64 slot, u64 ballot, const char *text)
{
	u32 length = strlen(text);

	return (struct paxos_item) {
		.slot = slot,
		.ballot = ballot,
		.entry = {
			.type = length ? PAXOS_ENTRY_VALUE : PAXOS_ENTRY_NOOP,
			.id = {
				.origin = 1,
				.incarnation = length ? 1 : 0,
				.nonce = length ? 7 : 0,
				.sequence = (u8)text[0],
			},
			.value = { .data = (const u8 *)text, .length = length },
		},
	};
}

bool item_is(const struct paxos_item *item, u64 slot, u64 ballot, const char *text)
{
	u32 length = strlen(text);

	return item->slot == slot && item->ballot == ballot &&
	       item->entry.value.length == length &&
	       (!length || !memcmp(item->entry.value.data, text, length));
}

bool letter_has(const struct letter *letter, u64 slot, u64 ballot, const char *text)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;

	while (letter && paxos_message_next(&letter->message, &cursor, &item))
		if (item_is(&item, slot, ballot, text))
			return true;
	return false;
}

u32 letter_items(const struct letter *letter)
{
	return letter ? letter->message.items : 0;
}

static void send_to(struct lab *lab, u8 from, u8 to, struct paxos_writer *writer,
		    const struct paxos_message *fields, u64 session, u64 to_session)
{
	struct paxos_head head = {
		.cluster = "cluster",
		.type = fields->type,
		.from = from + 1,
		.to = to + 1,
		.from_session = session,
		.to_session = to_session,
		.pieces = 1,
	};
	struct letter letter = { .from = from, .to = to, .head = head };
	u32 length = paxos_writer_end(writer, fields);

	letter.buf = test_buf(writer->start, length);
	if (paxos_message_decode(&letter.message, head.type, letter.buf->data, length, letter.buf))
		lab_again(lab, &letter);
	else
		KUNIT_EXPECT_TRUE_MSG(lab->test, false, "what the test says cannot be read");
	paxos_buf_put(letter.buf);
}

/* Say something in the name of @from, of its present life. */
void lab_say(struct lab *lab, u8 from, u8 to, const struct paxos_message *fields,
	     const struct paxos_item *items, u32 count)
{
	struct paxos_writer writer;
	u32 i;

	paxos_writer_begin(&writer, lab->scratch, PAXOS_MESSAGE_MAX);
	for (i = 0; i < count; i++)
		if (fields->type == PAXOS_ACCEPTED)
			paxos_writer_range(&writer, items[i].slot, items[i].ballot);
		else
			paxos_writer_entry(&writer, &items[i]);
	send_to(lab, from, to, &writer, fields, lab->node[from].session, lab->node[to].session);
}

/* A HELLO with these sessions, from @disk, confirming the true disks of a mask of nodes. */
void lab_hello(struct lab *lab, u8 from, u8 to, const u8 *disk, u64 session, u64 to_session,
	       u32 confirms)
{
	struct paxos_message hello = {
		.type = PAXOS_HELLO,
		.number = session % 1000,
		.flags = lab->fresh ? PAXOS_FLAG_FRESH : 0,
	};
	const struct node *sender = &lab->node[from];
	struct paxos_claim claim;
	struct paxos_writer writer;
	u8 i;

	/* A replica says no less of itself than it did. */
	if (sender->real && sender->up) {
		hello.ballot = sender->replica->vowed;
		hello.slot = sender->replica->durable;
	}
	paxos_writer_begin(&writer, lab->scratch, PAXOS_MESSAGE_MAX);
	claim_of(&claim, disk);
	if (sender->real && sender->up)
		claim.written = sender->replica->durable_lsn;
	paxos_writer_disk(&writer, from + 1, &claim);
	for (i = 0; i < lab->nodes; i++)
		if (i != from && confirms & paxos_bit(i)) {
			claim_of(&claim, lab->node[i].disk);
			paxos_writer_disk(&writer, i + 1, &claim);
		}
	send_to(lab, from, to, &writer, &hello, session, to_session);
}

/*
 * A HELLO that claims this of its sender, by its fields, and this of another node,
 * or of none if @of_other is NULL.
 */
void lab_claims(struct lab *lab, u8 from, u8 to, u64 session, const struct paxos_message *own,
		u8 other, const struct paxos_claim *of_other)
{
	struct paxos_message hello = *own;
	struct paxos_writer writer;
	struct paxos_claim claim;

	hello.type = PAXOS_HELLO;
	paxos_writer_begin(&writer, lab->scratch, PAXOS_MESSAGE_MAX);
	claim_of(&claim, lab->node[from].disk);
	paxos_writer_disk(&writer, from + 1, &claim);
	if (of_other) {
		claim = *of_other;
		claim.known = true;
		memcpy(claim.disk, lab->node[other].disk, sizeof(claim.disk));
		paxos_writer_disk(&writer, other + 1, &claim);
	}
	send_to(lab, from, to, &writer, &hello, session, lab->node[to].session);
}

void say_prepare(struct lab *lab, u8 from, u8 to, u64 ballot, u64 first)
{
	struct paxos_message m = { .type = PAXOS_PREPARE, .ballot = ballot, .slot = first };

	lab_say(lab, from, to, &m, NULL, 0);
}

/* A whole promise, for the question that @to asks. */
void say_promise(struct lab *lab, u8 from, u8 to, u64 ballot, const struct paxos_item *items,
		 u32 count)
{
	struct paxos_message m = {
		.type = PAXOS_PROMISE,
		.ballot = ballot,
		.slot = lab->node[to].replica->first,
		.number = 1,
		.count = 1,
	};

	lab_say(lab, from, to, &m, items, count);
}

void say_accept(struct lab *lab, u8 from, u8 to, u64 ballot, u64 slot, const char *text,
		u64 commit)
{
	struct paxos_message m = { .type = PAXOS_ACCEPT, .ballot = ballot, .commit = commit };
	struct paxos_item item = item_of(slot, ballot, text);

	lab_say(lab, from, to, &m, &item, 1);
}

void say_accepted(struct lab *lab, u8 from, u8 to, u64 ballot, u64 slot, u64 count)
{
	struct paxos_message m = { .type = PAXOS_ACCEPTED, .ballot = ballot };
	struct paxos_item item = { .slot = slot, .ballot = count };

	lab_say(lab, from, to, &m, &item, 1);
}

void say_heartbeat(struct lab *lab, u8 from, u8 to, u64 ballot, u64 commit)
{
	struct paxos_message m = {
		.type = PAXOS_HEARTBEAT,
		.ballot = ballot,
		.commit = commit,
		.number = 1,
		.echo = 1,
	};

	lab_say(lab, from, to, &m, NULL, 0);
}

void say_learnt(struct lab *lab, u8 from, u8 to, u64 ballot, u64 slot, const char *text)
{
	struct paxos_message m = { .type = PAXOS_LEARNT };
	struct paxos_item item = item_of(slot, ballot, text);

	lab_say(lab, from, to, &m, &item, 1);
}

/* What a node holds */

/* What was delivered in a slot: the value, "" for a no-op, "-" for nothing. */
const char *log_text(struct lab *lab, u8 node, u64 slot)
{
	const struct delivered *log = &lab->node[node].log[slot % LOG_MAX];

	return log->type ? log->text : "-";
}

/* In how many slots it was delivered. */
u32 log_find(struct lab *lab, u8 node, const char *text)
{
	u32 count = 0, slot;

	for (slot = 1; slot < LOG_MAX; slot++)
		count += lab->node[node].log[slot].type == PAXOS_ENTRY_VALUE &&
			 !strcmp(lab->node[node].log[slot].text, text);
	return count;
}

u64 accepted_ballot(struct lab *lab, u8 node, u64 slot)
{
	const struct paxos_slot *at = paxos_slot_at(lab->node[node].replica, slot);

	return at ? at->ballot : 0;
}

const char *accepted_text(struct lab *lab, u8 node, u64 slot)
{
	const struct paxos_slot *at = paxos_slot_at(lab->node[node].replica, slot);
	static char text[16];

	if (!at || !at->entry.type)
		return "-";
	memset(text, 0, sizeof(text));
	if (at->entry.value.length)
		memcpy(text, at->entry.value.data,
		       port_min(at->entry.value.length, (u32)sizeof(text) - 1));
	return text;
}
