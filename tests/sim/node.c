// SPDX-License-Identifier: GPL-2.0
/*
 * Node: the shell of one replica, in the order of kmod/engine.c.
 *
 * What waits is brought to the core: an ended write, proposals, packets, time;
 * then the core says what is to be done, and the next write begins.  Messages
 * that name a journal position are held until it is durable.  At any hook the
 * node may crash, and then nothing of it but its disk is left.
 */
#include "sim.h"

#define DRAIN_MAX	64u	/* packets of one run */
#define FLUSH_MAX	4096u	/* flushes of one run: more never end */
#define BLOCKED_US	1000u	/* when to try again */
#define SERVE_BODY	(16u << 10)

u64 node_clock_us(const struct node *node)
{
	return node->clock_offset_us + node->sim->now_us * node->clock_permille / 1000;
}

/* When the node's clock will show @clock_us. */
static u64 world_us(const struct node *node, u64 clock_us)
{
	u64 now = node_clock_us(node);

	if (clock_us <= now)
		return node->sim->now_us;
	return node->sim->now_us + (clock_us - now) * 1000 / node->clock_permille + 1;
}

void node_run_at(struct node *node, u64 at_us)
{
	struct happening happening = {
		.at_us = at_us, .kind = HAPPENS_RUN, .node = node->index, .number = node->life,
	};

	if (node->run_at_us <= at_us)
		return;
	node->run_at_us = at_us;
	queue_push(&node->sim->queue, &happening);
}

void node_init(struct sim *sim, u32 index, bool joins)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		abort();
	sim->node[index] = node;
	node->sim = sim;
	node->index = index;
	node->id = index == TWIN ? sim->config.twin : index + 1;
	node->joins = joins;
	node->clock_permille = sim_between(sim, 1000 - sim->config.drift_permille,
					   1000 + sim->config.drift_permille);
	node->replica = malloc(paxos_replica_size());
	node->batch = malloc(sizeof(*node->batch));
	if (!node->replica || !node->batch)
		abort();
	disk_init(sim, node, joins);
}

/* Memory is lost: what was held, waited for, gathered. */
static void forget(struct node *node)
{
	for (; node->held_head != node->held_tail; node->held_head++)
		paxos_buf_put(node->held[node->held_head % HELD_MAX].body);
	for (; node->inbox_head != node->inbox_tail; node->inbox_head++)
		packet_free(node->inbox[node->inbox_head % INBOX_MAX]);
	node->commands.head = node->commands.tail;
	node->values.head = node->values.tail;
	memset(node->serve, 0, sizeof(node->serve));
	if (node->state == NODE_DOWN)
		return;
	paxos_batch_drop(node->batch);
	paxos_replica_exit(node->replica);
	node->state = NODE_DOWN;
}

void node_exit(struct node *node)
{
	if (!node)
		return;
	forget(node);
	free(node->replica);
	free(node->batch);
	disk_exit(&node->disk);
	free(node->ballot);
	free(node->lost_slot);
	free(node);
}

void node_crash(struct node *node, const char *why)
{
	if (node->state == NODE_DOWN)
		return;
	trace(node->sim, "n%u.%u crashes %s", node->id, node->life, why);
	fault_did(FAULT_CRASH);
	disk_crash(node);
	forget(node);
	model_crashed(node);
	node->fuse = 0;
	node->paused = false;
}

/* False if this was its last moment. */
bool node_hook(struct node *node)
{
	if (node->state == NODE_DOWN)
		return false;
	if (!node->fuse || node->sim->fragile || --node->fuse)
		return true;
	node_crash(node, "at a hook");
	sim_push(node->sim, sim_scaled(node->sim, 100, 3 * SECOND_US), HAPPENS_START, node->index,
		 node->life);
	return false;
}

void node_pause(struct node *node)
{
	node->paused = node->state == NODE_UP;
	if (!node->paused)
		return;
	fault_did(FAULT_PAUSE);
	trace(node->sim, "n%u.%u pauses", node->id, node->life);
}

void node_resume(struct node *node)
{
	if (!node->paused)
		return;
	trace(node->sim, "n%u.%u goes on", node->id, node->life);
	node->paused = false;
	node_run(node);
}

/* ---- what the core says is carried out ---- */

/* The host that @node takes for node @id. */
static u32 node_of(const struct node *node, u16 id)
{
	const struct sim *sim = node->sim;

	if (id == sim->config.twin && sim->twin_heard >> node->index & 1)
		return TWIN;
	return id - 1u < TWIN ? id - 1u : TWIN;
}

static void transmit(struct node *node, u32 to, const struct paxos_message *message)
{
	struct paxos_head head;
	u32 index;

	node->message++;
	for (; to; to &= to - 1) {
		paxos_replica_head(node->replica, __builtin_ctz(to), message->type, &head);
		head.message = node->message;
		head.pieces = 1;
		/* The index was given back meanwhile: to nobody that we know any more. */
		if (!head.to)
			continue;
		index = node_of(node, head.to);
		if (head.to == node->id)
			sim_fail(node->sim, "a message to oneself");
		if (!node->sim->node[index])
			sim_fail(node->sim, "a message to node %u, which never was", head.to);
		trace_message(node, "->", index, message);
		network_send(node->sim, node->index, index, &head, message);
	}
}

static void transmit_reply(struct node *node, const struct paxos_head *asked,
			   const struct paxos_message *message)
{
	struct paxos_head head = {
		.type = message->type,
		.from = node->id,
		.to = asked->from,
		.from_session = node->nonce,
		.to_session = asked->from_session,
		.message = ++node->message,
		.pieces = 1,
	};

	memcpy(head.cluster, node->sim->uuid, sizeof(head.cluster));
	trace_message(node, "->", node->incoming_from, message);
	network_send(node->sim, node->index, node->incoming_from, &head, message);
}

/* A body is decoded once: what each receiver would make of it. */
static void read_own(struct node *node, u8 type, struct paxos_buf *body, struct paxos_message *m)
{
	if (!paxos_message_decode(m, type, body->data, body->length, body))
		sim_fail(node->sim, "n%u writes a malformed %s", node->id,
			 paxos_message_name(type));
}

static void leave(struct node *node, const struct held *held)
{
	struct paxos_message message;

	read_own(node, held->type, held->body, &message);
	model_send(node, &message);
	if (held->to)
		transmit(node, held->to, &message);
	else
		transmit_reply(node, &held->asked, &message);
	paxos_buf_put(held->body);
}

static void send(struct node *node, const struct paxos_send *send)
{
	struct held message = {
		.lsn = send->lsn,
		.to = send->to,
		.type = send->type,
		.body = buf_new(send->length),
	};

	memcpy(message.body->data, send->body, send->length);
	if (!send->to) {
		if (!node->incoming || send->type != PAXOS_REFUSED)
			sim_fail(node->sim, "a %s to nobody", paxos_message_name(send->type));
		message.asked = *node->incoming;
	}
	if (send->lsn <= node->durable) {
		leave(node, &message);
		return;
	}
	if (send->lsn > node->batch->sequence)
		sim_fail(node->sim, "a message that waits for a batch of the future");
	if (node->held_tail - node->held_head == HELD_MAX)
		sim_fail(node->sim, "more messages wait for the journal than there is room for");
	if (send->length > PAXOS_SMALL_MESSAGE)
		sim_fail(node->sim, "a large message waits for the journal");
	node->held[node->held_tail++ % HELD_MAX] = message;
}

static void begin_serving(struct node *node, const struct paxos_serve *serve)
{
	struct paxos_head head;
	u32 to;

	/* Its index may be another's by the time. */
	paxos_replica_head(node->replica, serve->to, PAXOS_LEARNT, &head);
	to = head.to - 1u;
	if (to >= node->sim->nodes)
		sim_fail(node->sim, "a serve to nobody");
	if (node->serve[to].count || !(serve->count || serve->table))
		return;
	node->serve[to].from = serve->from;
	node->serve[to].count = serve->table ? 1 : serve->count;
	node->serve[to].table = serve->table;
	sim_push(node->sim, sim_scaled(node->sim, 50, 5000), HAPPENS_SERVE, node->index,
		 (u64)node->life << 8 | to);
}

static void take_notice(struct node *node, const struct paxos_notice *notice)
{
	trace(node->sim, "n%u.%u notice %u: node %u slot %llu why %u", node->id, node->life,
	      notice->type, notice->node, (unsigned long long)notice->slot, notice->why);
	if (notice->type == PAXOS_NOTICE_SNAPSHOT_NEEDED)
		admin_snapshot_needed(node, notice->slot);
}

/* Rule 7: nothing leaves before the superblock says so.  False if the power fails then. */
static bool forget_durably(struct node *node)
{
	trace(node->sim, "n%u.%u knows that it has forgotten", node->id, node->life);
	if (node->harmed < HARMED_FORGETS)
		sim_fail(node->sim, "rule 7: n%u believes that it has forgotten, and has not",
			 node->id);
	node->sim->fragile = false;
	node->forgotten = true;
	for (; node->held_head != node->held_tail; node->held_head++)
		paxos_buf_put(node->held[node->held_head % HELD_MAX].body);
	if (disk_forget(node))
		return true;
	paxos_effects_reset(&node->sim->fx);
	node_crash(node, "while it was writing down that it has forgotten");
	sim_push(node->sim, 1000, HAPPENS_START, node->index, node->life);
	return false;
}

static void carry_out(struct node *node)
{
	struct paxos_effects *fx = &node->sim->fx;
	u32 i;

	if (fx->forget && !forget_durably(node)) {
		paxos_effects_reset(fx);
		return;
	}
	node->introduce |= fx->config;
	if (fx->skipped)
		node->delivered = fx->skipped;
	for (i = 0; i < fx->chosens; i++)
		model_deliver(node, &fx->chosen[i]);
	for (i = 0; i < fx->sends; i++)
		send(node, &fx->send[i]);
	for (i = 0; i < fx->answers; i++)
		model_answer(node, &fx->answer[i]);
	for (i = 0; i < fx->serves; i++)
		begin_serving(node, &fx->serve[i]);
	for (i = 0; i < fx->notices; i++)
		take_notice(node, &fx->notice[i]);
	if (fx->trimmed) {
		disk_trim(node, fx->trimmed);
		model_trimmed(node);
	}
	paxos_effects_reset(fx);
}

/* ---- what waits is brought to the core ---- */

static void ask_room(struct node *node)
{
	const struct disk *disk = &node->disk;

	node->sim->fx.journal_used = disk->used * 1000 / disk->ring.size;
	node->sim->fx.journal_filling = paxos_ring_filling(&disk->ring, disk->used);
	node->sim->fx.journal_full = paxos_ring_full(&disk->ring, disk->used);
	node->sim->fx.journal_low = paxos_ring_low(&disk->ring, disk->used);
	if (node->sim->fx.journal_low && !node->low)
		fault_did(FAULT_FULL);
	node->low = node->sim->fx.journal_low;
}

static bool step(struct node *node, struct paxos_event *event)
{
	struct paxos_effects *fx = &node->sim->fx;
	bool taken = false;

	event->now_us = node_clock_us(node);
	fx->batch = node->batch;
	ask_room(node);
	if (node->held_tail - node->held_head + PAXOS_SENDS_MAX <= HELD_MAX)
		taken = paxos_replica_step(node->replica, event, fx);
	if (taken)
		carry_out(node);
	else
		node->blocked = true;
	return taken;
}

static void release(struct node *node)
{
	const struct held *message;

	for (; node->held_head != node->held_tail; node->held_head++) {
		message = &node->held[node->held_head % HELD_MAX];
		if (message->lsn > node->durable)
			return;
		leave(node, message);
	}
}

static void take_failure(struct node *node)
{
	struct paxos_event event = { .type = PAXOS_EVENT_FAILED };

	trace(node->sim, "n%u.%u: its disk failed", node->id, node->life);
	node->failed = true;
	for (; node->held_head != node->held_tail; node->held_head++)
		paxos_buf_put(node->held[node->held_head % HELD_MAX].body);
	step(node, &event);
	sim_push(node->sim, sim_scaled(node->sim, 1000, 3 * SECOND_US), HAPPENS_START,
		 node->index, node->life);
}

static void take_written(struct node *node)
{
	struct paxos_event event = { .type = PAXOS_EVENT_WRITTEN };

	if (node->disk.ended) {
		node->disk.ended = false;
		if (node->disk.error) {
			take_failure(node);
			return;
		}
		node->durable = node->disk.flight->sequence;
		if (sim_chance(node->sim, 500000))
			release(node);
	}
	event.lsn = node->durable;
	if (node->durable > node->durable_told && step(node, &event))
		node->durable_told = node->durable;
	release(node);
}

/* The table at @slot: of the trim point, and what was delivered since. */
static const struct paxos_table *table_at(struct node *node, u64 slot)
{
	static struct paxos_table table;
	u64 first;

	table = *paxos_replica_base(node->replica);
	if (slot < table.slot || slot > node->delivered)
		return NULL;
	while (table.slot < slot)
		paxos_table_apply(&table, &node->sim->model.slot[table.slot + 1].entry, &first);
	return &table;
}

static bool offer_value(struct node *node, u64 number)
{
	u64 at = node->sim->model.call[number - 1].value;
	const struct value *value = &node->sim->model.value[at - 1];
	struct paxos_buf *buf = model_value(node->sim, at);
	struct paxos_event event = {
		.type = PAXOS_EVENT_PROPOSE,
		.cookie = number,
		.value = { .buf = buf, .data = buf->data, .length = buf->length },
		.client = value->client,
		.sequence = value->sequence,
	};
	bool taken = step(node, &event);

	paxos_buf_put(buf);
	return taken;
}

static bool offer_command(struct node *node, u64 number)
{
	const struct call *call = &node->sim->model.call[number - 1];
	struct paxos_event event = { .cookie = number };
	struct paxos_buf *room = NULL;
	bool taken;

	switch (call->kind) {
	case CALL_BARRIER:
		event.type = PAXOS_EVENT_BARRIER;
		break;
	case CALL_TRANSFER:
		event.type = PAXOS_EVENT_TRANSFER;
		event.node = call->target;
		break;
	case CALL_MEMBER:
		event.type = PAXOS_EVENT_MEMBER;
		event.change = call->change;
		room = buf_new(PAXOS_CONFIG_SIZE_MAX);
		event.change.room = room;
		event.change.data = room->data;
		break;
	case CALL_TRIM:
		event.type = PAXOS_EVENT_TRIM;
		event.table = table_at(node, call->slot);
		if (!event.table || !disk_worth(&node->disk, call->slot)) {
			model_end_call(node->sim, number, CALL_REFUSED);
			return true;
		}
		break;
	case CALL_INSTALLED:
		event.type = PAXOS_EVENT_INSTALLED;
		event.slot = call->slot;
		break;
	}
	taken = step(node, &event);
	paxos_buf_put(room);
	return taken;
}

static bool offer(struct node *node, u64 number)
{
	return model_call_at(node->sim, number)->kind == CALL_VALUE ?
	       offer_value(node, number) : offer_command(node, number);
}

/* What the core has no room for holds up its own kind only. */
static void take_waiting(struct node *node, struct waiting *waiting)
{
	u32 at = waiting->head, kept = at, refused = 0;
	u64 number;

	for (; at != waiting->tail && node->state == NODE_UP; at++) {
		number = waiting->call[at % WAITING_MAX];
		if (!number)
			continue;
		if (!(refused >> model_call_at(node->sim, number)->kind & 1) &&
		    offer(node, number))
			continue;
		refused |= 1u << model_call_at(node->sim, number)->kind;
		waiting->call[kept++ % WAITING_MAX] = number;
	}
	if (node->state == NODE_UP)
		waiting->tail = kept;
}

/* No command waits for values: it may be what makes room for them. */
static void take_calls(struct node *node)
{
	take_waiting(node, &node->commands);
	take_waiting(node, &node->values);
}

/* Addresses that came with a configuration, or with a change that is under way. */
static void take_introductions(struct node *node)
{
	struct paxos_event event = { .type = PAXOS_EVENT_REACHABLE };
	struct paxos_view view;
	u32 i;

	if (!node->introduce)
		return;
	paxos_replica_view(node->replica, &view);
	for (i = 0; i < view.peers; i++) {
		event.node = view.peer[i].node;
		if (!view.peer[i].self && view.peer[i].endpoint.family && !step(node, &event))
			return;
	}
	node->introduce = false;
}

static bool take_packet(struct node *node, const struct packet *packet)
{
	struct paxos_event event = {
		.type = PAXOS_EVENT_MESSAGE,
		.head = &packet->head,
		.message = &packet->message,
	};
	struct paxos_vow vow;
	bool taken;

	trace_message(node, "<-", packet->from, &packet->message);
	paxos_replica_vow(node->replica, &vow);
	node->incoming = &packet->head;
	node->incoming_from = packet->from;
	if (packet->head.type == PAXOS_HELLO && packet->head.to_session == node->nonce)
		node->met[packet->from] = port_max(node->met[packet->from], packet->incarnation);
	taken = step(node, &event);
	node->incoming = NULL;
	if (taken && packet->head.type == PAXOS_PREPARE)
		model_took_prepare(node, packet->message.ballot, vow.promised);
	return taken;
}

static void take_packets(struct node *node)
{
	struct packet *packet;
	u32 i;

	for (i = 0; i < DRAIN_MAX && node->inbox_head != node->inbox_tail; i++) {
		packet = node->inbox[node->inbox_head % INBOX_MAX];
		if (!take_packet(node, packet))
			return;
		node->inbox_head++;
		packet_free(packet);
		node->sim->network.delivered++;
		if (!node_hook(node))
			return;
	}
}

static void take_time(struct node *node)
{
	struct paxos_event event = { .type = PAXOS_EVENT_TICK };

	if (node_clock_us(node) >= paxos_replica_next_us(node->replica))
		step(node, &event);
}

static void flush(struct node *node)
{
	struct sim *sim = node->sim;
	bool more;
	u32 i;

	for (i = 0; i < FLUSH_MAX; i++) {
		if (node->held_tail - node->held_head + PAXOS_SENDS_MAX > HELD_MAX) {
			node->blocked = true;
			return;
		}
		sim->fx.batch = node->batch;
		ask_room(node);
		more = paxos_replica_flush(node->replica, node_clock_us(node), &sim->fx);
		carry_out(node);
		/* The power may have gone while it wrote a superblock. */
		if (!more || node->state != NODE_UP)
			return;
	}
	sim_fail(sim, "flush never ends");
}

void node_write(struct node *node)
{
	bool forced = node->blocked && node->batch->records;
	struct paxos_vow vow;

	if (node->failed || node->disk.flight->busy || node->disk.ended ||
	    !(node->batch->urgent || forced))
		return;
	paxos_replica_vow(node->replica, &vow);
	disk_begin(node, &vow);
}

void node_run(struct node *node)
{
	u64 next_us;

	if (node->state != NODE_UP || node->paused)
		return;
	node->blocked = false;
	take_written(node);
	if (!node_hook(node))
		return;
	take_introductions(node);
	take_calls(node);
	take_packets(node);
	if (!node_hook(node))
		return;
	take_time(node);
	flush(node);
	if (!node_hook(node))
		return;
	node_write(node);
	next_us = world_us(node, paxos_replica_next_us(node->replica));
	if (node->blocked)
		next_us = node->sim->now_us + BLOCKED_US;
	else if (node->inbox_head != node->inbox_tail)
		next_us = node->sim->now_us + 1;
	node_run_at(node, port_max(next_us, node->sim->now_us + 1));
}

void node_take_packet(struct node *node, struct packet *packet)
{
	struct sim *sim = node->sim;

	if (node->state != NODE_UP || node->inbox_tail - node->inbox_head == INBOX_MAX ||
	    memcmp(packet->head.cluster, sim->uuid, sizeof(sim->uuid))) {
		packet_free(packet);
		return;
	}
	node->inbox[node->inbox_tail++ % INBOX_MAX] = packet;
	if (sim_chance(sim, sim->config.lazy_ppm))
		node_run_at(node, sim->now_us + sim_below(sim, 300));
	else
		node_run(node);
}

static struct waiting *waiting_of(struct node *node, u8 kind)
{
	return kind == CALL_VALUE ? &node->values : &node->commands;
}

bool node_has_room(const struct node *node, u8 kind)
{
	const struct waiting *waiting = kind == CALL_VALUE ? &node->values : &node->commands;

	return node->state == NODE_UP && !node->failed &&
	       waiting->tail - waiting->head < WAITING_MAX;
}

void node_take_call(struct node *node, u64 number)
{
	struct waiting *waiting = waiting_of(node, model_call_at(node->sim, number)->kind);

	waiting->call[waiting->tail++ % WAITING_MAX] = number;
	if (sim_chance(node->sim, node->sim->config.lazy_ppm))
		node_run_at(node, node->sim->now_us + sim_below(node->sim, 300));
	else
		node_run(node);
}

static bool withdraw(struct node *node, u64 number)
{
	struct waiting *waiting = waiting_of(node, model_call_at(node->sim, number)->kind);
	u32 i;

	for (i = waiting->head; i != waiting->tail; i++) {
		if (waiting->call[i % WAITING_MAX] != number)
			continue;
		waiting->call[i % WAITING_MAX] = 0;
		model_end_call(node->sim, number, CALL_NEVER);
		return true;
	}
	return false;
}

/* Its caller waits no longer. */
void node_give_up(struct node *node, u64 number)
{
	struct paxos_event event = { .type = PAXOS_EVENT_GIVE_UP, .cookie = number };
	struct sim *sim = node->sim;

	if (model_call_at(sim, number)->state != CALL_PENDING || node->state != NODE_UP ||
	    node->life != model_call_at(sim, number)->life || withdraw(node, number))
		return;
	if (node->paused || !step(node, &event)) {
		sim_push(sim, 2 * BLOCKED_US, HAPPENS_GIVE_UP, node->index, number);
		return;
	}
	if (model_call_at(sim, number)->state == CALL_PENDING)
		sim_fail(sim, "call %llu was given up, and is not answered",
			 (unsigned long long)number);
}

/* ---- old slots, or a table, for who lags: a body at a time ---- */

static struct paxos_buf *short_body(struct paxos_buf *body, u32 length)
{
	body->length = length;
	buf_account.bytes -= PAXOS_MESSAGE_MAX - length;
	return body;
}

static void serve_body(struct node *node, u32 member, u8 type, struct paxos_buf *body)
{
	struct paxos_message message;

	read_own(node, type, body, &message);
	model_send(node, &message);
	transmit(node, 1u << member, &message);
}

static void serve_slots(struct node *node, u32 member, u64 *from, u64 *count)
{
	struct sim *sim = node->sim;
	struct paxos_message fields = { .type = PAXOS_LEARNT, .commit = node->delivered };
	struct paxos_buf *body = buf_new(PAXOS_MESSAGE_MAX);
	struct paxos_writer writer;

	paxos_writer_begin(&writer, body->data, PAXOS_MESSAGE_MAX);
	for (; *count && *from > node->trimmed && *from <= node->delivered &&
	       writer.used < SERVE_BODY; ++*from, --*count) {
		struct paxos_item item = {
			.slot = *from,
			.ballot = node->ballot[*from],
			.entry = sim->model.slot[*from].entry,
		};

		if (!paxos_writer_entry(&writer, &item))
			break;
	}
	if (!writer.items)
		*count = 0;
	else
		serve_body(node, member, PAXOS_LEARNT, short_body(body, paxos_writer_end(&writer, &fields)));
	paxos_buf_put(body);
}

static void serve_table(struct node *node, u32 member, u64 slot)
{
	static u8 bytes[PAXOS_TABLE_SIZE_MAX];
	const struct paxos_table *table = table_at(node, slot);
	u32 length = table ? paxos_table_encode(table, bytes) : 0;
	struct paxos_buf *body;
	u32 i = 0;

	do {
		body = buf_new(PAXOS_MESSAGE_MAX);
		if (table)
			short_body(body, paxos_table_body(bytes, length, slot, i, body->data));
		else
			short_body(body, paxos_table_refusal(slot, node->trimmed, body->data));
		serve_body(node, member, PAXOS_TABLE, body);
		paxos_buf_put(body);
	} while (++i < paxos_table_bodies(length));
}

void node_serve(struct node *node, u32 to)
{
	struct sim *sim = node->sim;
	u64 *count = &node->serve[to].count;
	int member;

	if (node->state != NODE_UP || !*count)
		return;
	member = paxos_replica_member(node->replica, to + 1);
	if (member < 0 || node->failed) {
		*count = 0;
		return;
	}
	if (node->serve[to].table) {
		serve_table(node, member, node->serve[to].from);
		*count = 0;
	} else {
		serve_slots(node, member, &node->serve[to].from, count);
	}
	if (*count)
		sim_push(sim, sim_scaled(sim, 50, 5000), HAPPENS_SERVE, node->index,
			 (u64)node->life << 8 | to);
}
