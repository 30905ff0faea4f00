// SPDX-License-Identifier: GPL-2.0
/*
 * Archive: what the shell of a node keeps of the log, and does with it: it builds
 * tables, serves old slots and tables to peers, and frees what is trimmed.
 */
#include "fixture.h"

void archive_make(struct lab *lab, struct node *node)
{
	size_t size = LOG_MAX * sizeof(node->chosen[0]);

	node->chosen = kvzalloc(size, GFP_KERNEL);
	node->table = kvzalloc(sizeof(*node->table), GFP_KERNEL);
	node->table_bytes = kvzalloc(PAXOS_TABLE_SIZE_MAX, GFP_KERNEL);
	node->super_table = kvzalloc(PAXOS_TABLE_SIZE_MAX, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(lab->test, node->chosen && node->table && node->table_bytes &&
			  node->super_table);
}

void archive_free(struct node *node)
{
	u32 i;

	for (i = 0; node->chosen && i < LOG_MAX; i++)
		paxos_entry_clear(&node->chosen[i].entry);
	kvfree(node->chosen);
	kvfree(node->table);
	kvfree(node->table_bytes);
	kvfree(node->super_table);
}

void archive_keep(struct node *node, const struct paxos_chosen *chosen)
{
	struct paxos_item *at = &node->chosen[chosen->slot % LOG_MAX];

	at->slot = chosen->slot;
	at->ballot = chosen->ballot;
	paxos_entry_assign(&at->entry, &chosen->entry);
}

static const struct paxos_item *archive_find(const struct node *node, u64 slot)
{
	const struct paxos_item *at = &node->chosen[slot % LOG_MAX];

	return slot && at->slot == slot ? at : NULL;
}

/* A batch is written: where it stands, replay may have to begin. */
void archive_place(struct node *node)
{
	const struct paxos_record *record = node->batch->record;
	struct batch_place here = { .offset = node->offset, .sequence = node->batch->sequence };
	struct batch_place *slot;

	for (; record < node->batch->record + node->batch->records; record++) {
		slot = &node->place[record->slot % LOG_MAX];
		if (record->type == PAXOS_RECORD_TABLE)
			node->table_place = here;
		else if (record->slot && (record->type == PAXOS_RECORD_ACCEPTED ||
					  record->type == PAXOS_RECORD_LEARNED) &&
			 !slot->sequence)
			*slot = here;
	}
}

/* The core says so: the superblock names the table, and what is below is freed. */
void archive_trimmed(struct node *node, u64 slot)
{
	const struct paxos_table *base = paxos_replica_base(node->replica);
	u32 i;

	if (base->slot != slot)
		return;
	node->super_length = paxos_table_encode(base, node->super_table);
	node->start = node->table_place;
	for (i = 0; i < LOG_MAX; i++)
		if (node->chosen[i].slot <= slot) {
			paxos_entry_clear(&node->chosen[i].entry);
			node->chosen[i].slot = 0;
		}
	for (i = 0; i <= slot; i++)
		node->place[i % LOG_MAX] = (struct batch_place) {};
	for (i = 0; i < LOG_MAX; i++)
		if (node->place[i].sequence && node->place[i].sequence < node->start.sequence)
			node->start = node->place[i];
}

/* Start: the table that the superblock names. */
void archive_restore(struct lab *lab, struct node *node)
{
	if (!node->super_length)
		return;
	KUNIT_EXPECT_TRUE(lab->test, paxos_table_decode(node->table, node->super_table,
							node->super_length));
	KUNIT_EXPECT_TRUE(lab->test, paxos_replica_restore_table(node->replica, node->table));
}

/* The table at @slot, to node->table: as effects.h says.  False if it cannot be. */
bool lab_table(struct lab *lab, u8 which, u64 slot)
{
	struct node *node = &lab->node[which];
	const struct paxos_item *at;
	u64 first;

	*node->table = *paxos_replica_base(node->replica);
	if (slot < node->table->slot)
		return false;
	while (node->table->slot < slot) {
		at = archive_find(node, node->table->slot + 1);
		if (!at)
			return false;
		paxos_table_apply(node->table, &at->entry, &first);
	}
	return true;
}

/* `trim` on a node: its state machine has made a snapshot through @slot. */
void lab_trim(struct lab *lab, u8 which, u64 slot, u64 cookie)
{
	struct node *node = &lab->node[which];

	if (!lab_table(lab, which, slot))
		node->table->slot = slot;
	lab_event(lab, which, (struct paxos_event) {
		.type = PAXOS_EVENT_TRIM, .table = node->table, .cookie = cookie,
	});
}

void lab_install(struct lab *lab, u8 which, u64 slot, u64 cookie)
{
	lab_event(lab, which, (struct paxos_event) {
		.type = PAXOS_EVENT_INSTALLED, .slot = slot, .cookie = cookie,
	});
}

static void serve_table(struct lab *lab, u8 which, const struct paxos_serve *serve)
{
	struct node *node = &lab->node[which];
	u32 length, i;

	if (!lab_table(lab, which, serve->from)) {
		length = paxos_table_refusal(serve->from, node->table->slot, lab->scratch);
		lab_send(lab, which, serve->to, PAXOS_TABLE, lab->scratch, length);
		return;
	}
	length = paxos_table_encode(node->table, node->table_bytes);
	for (i = 0; i < paxos_table_bodies(length); i++)
		lab_send(lab, which, serve->to, PAXOS_TABLE, lab->scratch,
			 paxos_table_body(node->table_bytes, length, serve->from, i,
					  lab->scratch));
}

static void serve_slots(struct lab *lab, u8 which, const struct paxos_serve *serve)
{
	struct paxos_message m = { .type = PAXOS_LEARNT };
	const struct paxos_item *at;
	struct paxos_writer writer;
	u64 i;

	paxos_writer_begin(&writer, lab->scratch, PAXOS_MESSAGE_MAX);
	for (i = 0; i < serve->count; i++) {
		at = archive_find(&lab->node[which], serve->from + i);
		if (!at || !paxos_writer_entry(&writer, at))
			break;
		m.slot = at->slot;
	}
	if (m.slot)
		lab_send(lab, which, serve->to, PAXOS_LEARNT, lab->scratch,
			 paxos_writer_end(&writer, &m));
}

/* A peer wants what is not in the core's memory. */
void archive_serve(struct lab *lab, u8 which, const struct paxos_serve *serve)
{
	struct paxos_serve to_node = *serve;

	to_node.to = lab_node_at(lab, which, serve->to);
	if (to_node.to >= lab->nodes)
		return;
	if (serve->table)
		serve_table(lab, which, &to_node);
	else
		serve_slots(lab, which, &to_node);
}
