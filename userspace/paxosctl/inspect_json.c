// SPDX-License-Identifier: GPL-2.0
/*
 * What inspect found, as JSON: the contract is in userspace/README.md.
 */
#include "inspect.h"
#include "text.h"

static void put(json_t *json, const char *key, uint64_t value)
{
	json_object_set_new(json, key, json_integer((json_int_t)value));
}

static void put_text(json_t *json, const char *key, const char *text)
{
	json_object_set_new(json, key, json_string(text));
}

static void put_ballot(json_t *json, const char *key, uint64_t ballot)
{
	char text[BALLOT_TEXT_MAX];

	put_text(json, key, text_ballot(ballot, text));
}

/* null where there is none */
static void put_batch(json_t *json, uint64_t batch)
{
	json_object_set_new(json, "batch",
			    batch ? json_integer((json_int_t)batch) : json_null());
}

static json_t *copies_json(const struct inspection *seen)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < PAXOS_SUPER_COPIES; i++) {
		json_t *json = json_object();

		put(json, "offset", paxos_super_offset(i, seen->image.size));
		put_text(json, "status", word_copy(seen->status[i]));
		if (seen->status[i] != COPY_INVALID)
			put(json, "sequence", le64_to_cpu(seen->copy[i].sequence));
		json_array_append_new(array, json);
	}
	return array;
}

static json_t *members_json(const struct paxos_super *super)
{
	json_t *array = json_array();
	char disk[UUID_TEXT_MAX];

	for (unsigned int i = 0; i < super->members && i < PAXOS_DISK_MEMBERS_MAX; i++) {
		json_t *json = json_object();

		put(json, "node", le16_to_cpu(super->member[i].node));
		json_object_set_new(json, "voter", json_boolean(super->member[i].voter));
		if (super->member[i].known)
			put_text(json, "disk", text_uuid(super->member[i].disk, disk));
		json_array_append_new(array, json);
	}
	return array;
}

static json_t *ring_json(const struct paxos_super *super)
{
	json_t *json = json_object();

	put(json, "offset", le64_to_cpu(super->ring_offset));
	put(json, "bytes", le64_to_cpu(super->ring_size));
	put(json, "start_offset", le64_to_cpu(super->start_offset));
	put(json, "start_batch", le64_to_cpu(super->start_sequence));
	put(json, "table_offset", le64_to_cpu(super->session_offset));
	return json;
}

static void add_super(json_t *json, const struct paxos_super *super)
{
	char uuid[UUID_TEXT_MAX];

	put_text(json, "cluster", text_uuid(super->cluster, uuid));
	put(json, "node", le16_to_cpu(super->node));
	put_text(json, "disk", text_uuid(super->disk, uuid));
	put_text(json, "state", word_super_state(super->state));
	put(json, "incarnation", le64_to_cpu(super->incarnation));
	put_ballot(json, "promised", le64_to_cpu(super->promised));
	put(json, "trimmed", le64_to_cpu(super->trim));
	put(json, "format_bytes", le64_to_cpu(super->device_size));
	json_object_set_new(json, "members", members_json(super));
	json_object_set_new(json, "ring", ring_json(super));
}

static json_t *slots_json(const struct inspection *seen)
{
	json_t *json = json_object();

	put(json, "first", seen->slot_first);
	put(json, "last", seen->slot_last);
	put(json, "accepted", seen->accepted);
	put(json, "learned", seen->learned);
	put(json, "chosen", seen->chosen);
	put(json, "delivered", seen->delivered);
	put(json, "trimmed", seen->trim);
	return json;
}

static json_t *journal_json(const struct inspection *seen)
{
	json_t *json = json_object(), *records = json_object();

	put(json, "batches", seen->batches);
	put(json, "bytes", seen->bytes);
	put(json, "end_offset", seen->end);
	put(json, "next_batch", seen->next);
	put_text(json, "tail", word_tail(seen));
	for (unsigned int i = PAXOS_RECORD_ACCEPTED; i <= PAXOS_RECORD_TABLE; i++)
		put(records, word_record(i), seen->records[i]);
	json_object_set_new(json, "records", records);
	json_object_set_new(json, "slots", slots_json(seen));
	put_ballot(json, "promised", seen->vow.promised);
	put_ballot(json, "ballot_used", seen->vow.ballot_used);
	return json;
}

static json_t *faulty_json(const struct inspection *seen)
{
	json_t *json = json_object(), *slots = json_array();

	put(json, "records", seen->faulty);
	put(json, "lost", seen->lost);
	for (unsigned int i = 0; i < seen->faults; i++) {
		const struct fault *fault = &seen->fault[i];
		json_t *item = json_object();

		put(item, "slot", fault->slot);
		put_ballot(item, "ballot", fault->ballot);
		put_batch(item, fault->batch);
		json_object_set_new(item, "repaired", json_boolean(fault->repaired));
		json_array_append_new(slots, item);
	}
	json_object_set_new(json, "slots", slots);
	put(json, "more", seen->faults_more);
	return json;
}

static json_t *damage_json(const struct inspection *seen)
{
	json_t *json = json_object(), *places = json_array();

	for (unsigned int i = 0; i < seen->damages; i++) {
		const struct damage *damage = &seen->damage[i];
		json_t *item = json_object();

		put(item, "offset", damage->offset);
		put(item, "bytes", damage->bytes);
		put_batch(item, damage->batch);
		put_text(item, "what", damage->what);
		json_array_append_new(places, item);
	}
	json_object_set_new(json, "places", places);
	put(json, "more", seen->damages_more);
	return json;
}

static json_t *map_json(const struct inspection *seen)
{
	char cells[MAP_CELLS + 1];
	json_t *json = json_object();

	for (unsigned int i = 0; i < seen->cells; i++)
		cells[i] = cell_letter(seen->cell[i]);
	cells[seen->cells] = '\0';
	put(json, "cell_bytes", seen->cell_bytes);
	put_text(json, "cells", cells);
	return json;
}

static json_t *start_json(const struct inspection *seen)
{
	json_t *json = json_object();

	put_text(json, "outcome", word_outcome(seen->outcome));
	if (seen->outcome != OUTCOME_OK)
		put_text(json, "reason", seen->reason);
	return json;
}

json_t *inspect_json(const struct inspection *seen)
{
	json_t *json = json_object();

	json_object_set_new(json, "device", json_string(seen->image.path));
	put(json, "bytes", seen->image.size);
	json_object_set_new(json, "in_use", json_boolean(seen->image.in_use));
	if (seen->super)
		add_super(json, &seen->now);
	json_object_set_new(json, "superblocks", copies_json(seen));
	if (seen->good) {
		json_object_set_new(json, "journal", journal_json(seen));
		json_object_set_new(json, "faulty", faulty_json(seen));
		json_object_set_new(json, "map", map_json(seen));
	}
	json_object_set_new(json, "damage", damage_json(seen));
	json_object_set_new(json, "start", start_json(seen));
	return json;
}

void record_json(const struct paxos_batch_view *view, const struct paxos_record *record)
{
	bool entry = record->entry.type;
	json_t *json = json_object();

	put_batch(json, view->sequence);
	put(json, "offset", view->address);
	put_text(json, "record", word_record(record->type));
	if (record->type == PAXOS_RECORD_PEER)
		put(json, "node", record->slot);
	else if (record->slot)
		put(json, "slot", record->slot);
	if (entry) {
		put_ballot(json, "ballot", record->ballot);
		put_text(json, "type", word_entry(record->entry.type));
		put(json, "origin", record->entry.id.origin);
	}
	if (record->entry.value.length)
		put(json, "length", record->entry.value.length);
	if (entry)
		json_object_set_new(json, "faulty", json_boolean(record->faulty));
	print_json(json);
}
