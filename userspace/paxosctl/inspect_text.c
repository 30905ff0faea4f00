// SPDX-License-Identifier: GPL-2.0
/*
 * What inspect found, for people: whose device it is, what stands on it, where it
 * is damaged, a map of the ring, and what a start would come to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"
#include "text.h"

#define FAULTS_SHOWN 16
#define KEY_WIDTH 12

static void key(const char *name)
{
	printf("%-*s", KEY_WIDTH, name);
}

static void print_colored(enum color color, const char *text)
{
	printf("%s%s%s", color_on(color), text, color_off(color));
}

static void print_members(const struct paxos_super *super)
{
	key("members");
	for (unsigned int i = 0; i < super->members && i < PAXOS_DISK_MEMBERS_MAX; i++)
		printf("%s%u%s", i ? ", " : "", le16_to_cpu(super->member[i].node),
		       super->member[i].voter ? "" : " (to join, no voter)");
	puts("  as formatted; later changes are in the log");
}

static void print_super(const struct inspection *seen)
{
	const struct paxos_super *super = &seen->now;
	char text[UUID_TEXT_MAX], ballot[BALLOT_TEXT_MAX];
	uint64_t formatted = le64_to_cpu(super->device_size);

	key("node");
	printf("%u of cluster %s\n", le16_to_cpu(super->node), text_uuid(super->cluster, text));
	key("disk");
	printf("%s\n", text_uuid(super->disk, text));
	key("state");
	print_colored(super->state == PAXOS_SUPER_FORGOTTEN ? COLOR_BAD : COLOR_NONE,
		      word_super_state(super->state));
	printf(", incarnation %" PRIu64 ", promised %s, trimmed through %" PRIu64 "\n",
	       le64_to_cpu(super->incarnation), text_ballot(le64_to_cpu(super->promised), ballot),
	       le64_to_cpu(super->trim));
	print_members(super);
	key("size");
	printf("%" PRIu64 " bytes", seen->image.size);
	if (formatted == seen->image.size)
		puts(", as at format");
	else
		printf(", %s%" PRIu64 " at format%s\n",
		       color_on(formatted > seen->image.size ? COLOR_BAD : COLOR_WARN), formatted,
		       color_off(COLOR_BAD));
	key("ring");
	printf("%" PRIu64 " bytes at byte %" PRIu64 "; a start begins at byte %" PRIu64
	       ", with batch %" PRIu64 "\n", le64_to_cpu(super->ring_size),
	       le64_to_cpu(super->ring_offset), le64_to_cpu(super->start_offset),
	       le64_to_cpu(super->start_sequence));
}

static enum color copy_color(enum copy_status status)
{
	switch (status) {
	case COPY_COUNTS:
	case COPY_SAME:
		return COLOR_GOOD;
	case COPY_OLDER:
		return COLOR_WARN;
	default:
		return COLOR_BAD;
	}
}

static void print_copies(const struct inspection *seen)
{
	struct table *table = table_new(4);

	table_cell(table, COLOR_HEAD, "superblock");
	table_cell(table, COLOR_HEAD, "byte");
	table_cell(table, COLOR_HEAD, "sequence");
	table_cell(table, COLOR_HEAD, "status");
	for (unsigned int i = 0; i < PAXOS_SUPER_COPIES; i++) {
		enum copy_status status = seen->status[i];

		table_cell(table, COLOR_NONE, "copy %u", i);
		table_cell(table, COLOR_NONE, "%" PRIu64,
			   (uint64_t)paxos_super_offset(i, seen->image.size));
		if (status == COPY_INVALID)
			table_cell(table, COLOR_NONE, "-");
		else
			table_cell(table, COLOR_NONE, "%" PRIu64,
				   le64_to_cpu(seen->copy[i].sequence));
		table_cell(table, copy_color(status), "%s%s", word_copy(status),
			   status == COPY_OLDER ? ": an update was cut off; a start writes it again"
						: "");
	}
	table_print(table);
}

static void print_tail(const struct inspection *seen)
{
	key("end");
	switch (seen->tail) {
	case PAXOS_REPLAY_TORN:
		printf("byte %" PRIu64 "; %sa torn write after batch %" PRIu64
		       " is dropped%s: nobody was told of it\n", seen->end, color_on(COLOR_WARN),
		       seen->next - 1, color_off(COLOR_WARN));
		break;
	case PAXOS_REPLAY_DAMAGED:
		printf("%snone: what stands at byte %" PRIu64 " is damaged%s\n",
		       color_on(COLOR_BAD), seen->end, color_off(COLOR_BAD));
		break;
	default:
		printf("byte %" PRIu64 ", after batch %" PRIu64 "\n", seen->end, seen->next - 1);
	}
}

static void print_journal(const struct inspection *seen)
{
	char promised[BALLOT_TEXT_MAX], used[BALLOT_TEXT_MAX];
	uint64_t ring = seen->ring.size;
	const char *between = "";

	key("journal");
	printf("%" PRIu64 " batches, %" PRIu64 " KiB of %" PRIu64
	       "; newest promise %s, ballot used %s\n", seen->batches, seen->bytes >> 10, ring >> 10,
	       text_ballot(seen->vow.promised, promised),
	       text_ballot(seen->vow.ballot_used, used));
	key("records");
	for (unsigned int i = PAXOS_RECORD_ACCEPTED; i <= PAXOS_RECORD_TABLE; i++) {
		if (!seen->records[i])
			continue;
		printf("%s%" PRIu64 " %s", between, seen->records[i], word_record(i));
		between = ", ";
	}
	puts(*between ? "" : "none");
	key("slots");
	if (seen->slot_last)
		printf("%" PRIu64 "..%" PRIu64 "; accepted through %" PRIu64
		       ", learned through %" PRIu64 ", ", seen->slot_first, seen->slot_last,
		       seen->accepted, seen->learned);
	printf("chosen through %" PRIu64 ", trimmed through %" PRIu64 "\n", seen->delivered,
	       seen->trim);
	print_tail(seen);
}

static void print_faults(const struct inspection *seen)
{
	char ballot[BALLOT_TEXT_MAX];
	unsigned int i;

	if (!seen->faulty)
		return;
	key("values");
	printf("%" PRIu64 " were damaged; lost and not repaired yet: %s%" PRIu64 "%s\n",
	       seen->faulty, color_on(seen->lost ? COLOR_BAD : COLOR_GOOD), seen->lost,
	       color_off(COLOR_BAD));
	for (i = 0; i < seen->faults && i < FAULTS_SHOWN; i++) {
		const struct fault *fault = &seen->fault[i];

		key("");
		printf("slot %" PRIu64 ", ballot %s, in batch %" PRIu64 ": %s\n", fault->slot,
		       text_ballot(fault->ballot, ballot), fault->batch,
		       fault->repaired ? "repaired" : "lost");
	}
	if (seen->faults + seen->faults_more > i) {
		key("");
		printf("and %" PRIu64 " more\n", seen->faults + seen->faults_more - i);
	}
}

static void print_damage(const struct inspection *seen)
{
	if (!seen->damages)
		return;
	print_colored(COLOR_HEAD, "\ndamage\n");
	for (unsigned int i = 0; i < seen->damages; i++) {
		const struct damage *damage = &seen->damage[i];

		printf("byte %" PRIu64 ", %" PRIu64 " bytes", damage->offset, damage->bytes);
		if (damage->batch)
			printf(", batch %" PRIu64, damage->batch);
		printf(": %s%s%s\n", color_on(COLOR_BAD), damage->what, color_off(COLOR_BAD));
	}
	if (seen->damages_more)
		printf("and %" PRIu64 " more\n", seen->damages_more);
}

static enum color cell_color(unsigned int cell)
{
	switch (cell) {
	case CELL_LIVE:
		return COLOR_GOOD;
	case CELL_TORN:
	case CELL_BEYOND:
		return COLOR_WARN;
	case CELL_DAMAGED:
		return COLOR_BAD;
	default:
		return COLOR_NONE;
	}
}

/* "^start" and "^end" below the row that they are in. */
static void print_marks(const struct inspection *seen, unsigned int row)
{
	uint64_t start = le64_to_cpu(seen->super->start_offset);
	unsigned int at[2] = { (start - seen->ring.offset) / seen->cell_bytes,
			       (seen->end - seen->ring.offset) / seen->cell_bytes };
	const char *name[2] = { "start", "end" };

	if (at[0] == at[1])
		name[0] = "start, end";
	for (unsigned int i = 0; i < 2 && (!i || at[0] != at[1]); i++)
		if (at[i] / MAP_COLUMNS == row)
			printf("%14s  %*s^%s\n", "", (int)(at[i] % MAP_COLUMNS), "", name[i]);
}

static void print_row(const struct inspection *seen, unsigned int first)
{
	uint64_t offset = seen->ring.offset + first * seen->cell_bytes;
	enum color color = COLOR_NONE;

	printf("%14" PRIu64 "  ", offset);
	for (unsigned int i = first; i < seen->cells && i < first + MAP_COLUMNS; i++) {
		if (cell_color(seen->cell[i]) != color) {
			fputs(color_off(color), stdout);
			color = cell_color(seen->cell[i]);
			fputs(color_on(color), stdout);
		}
		putchar(cell_letter(seen->cell[i]));
	}
	printf("%s\n", color_off(color));
}

static void print_legend(void)
{
	static const char * const word[] = {
		[CELL_FREE] = "free",
		[CELL_OLD] = "trimmed",
		[CELL_LIVE] = "live",
		[CELL_TORN] = "torn",
		[CELL_BEYOND] = "out of reach",
		[CELL_DAMAGED] = "damaged",
	};

	printf("%14s ", "");
	for (unsigned int i = CELL_FREE; i <= CELL_DAMAGED; i++)
		printf(" %s%c%s %s ", color_on(cell_color(i)), cell_letter(i),
		       color_off(cell_color(i)), word[i]);
	putchar('\n');
}

static void print_map(const struct inspection *seen)
{
	printf("\n%smap%s of the ring: a row from the byte on, %" PRIu64 " KiB a cell\n",
	       color_on(COLOR_HEAD), color_off(COLOR_HEAD), seen->cell_bytes >> 10);
	for (unsigned int first = 0; first < seen->cells; first += MAP_COLUMNS) {
		print_row(seen, first);
		print_marks(seen, first / MAP_COLUMNS);
	}
	print_legend();
}

static void print_start(const struct inspection *seen)
{
	static const char * const then[] = {
		[OUTCOME_REPAIR] = "; the node votes on",
		[OUTCOME_FORGOTTEN] = ": replace the node",
	};
	enum color color = seen->outcome == OUTCOME_OK ? COLOR_GOOD :
			   seen->outcome == OUTCOME_REPAIR ? COLOR_WARN : COLOR_BAD;

	if (!settings.brief)
		printf("\n%-*s", KEY_WIDTH, "a start");
	print_colored(color, word_outcome(seen->outcome));
	if (seen->outcome != OUTCOME_OK)
		printf(": %s", seen->reason);
	if (seen->outcome < sizeof(then) / sizeof(then[0]) && then[seen->outcome])
		fputs(then[seen->outcome], stdout);
	putchar('\n');
}

void inspect_print(const struct inspection *seen)
{
	if (settings.brief) {
		print_start(seen);
		return;
	}
	key("device");
	printf("%s%s%s%s\n", seen->image.path, color_on(COLOR_WARN),
	       seen->image.in_use ? ": in use, what is read may be changing" : "",
	       color_off(COLOR_WARN));
	if (seen->super)
		print_super(seen);
	putchar('\n');
	print_copies(seen);
	putchar('\n');
	if (seen->good) {
		print_journal(seen);
		print_faults(seen);
	}
	print_damage(seen);
	if (seen->good)
		print_map(seen);
	print_start(seen);
}

void record_print(const struct paxos_batch_view *view, const struct paxos_record *record)
{
	uint64_t batch = view->sequence, offset = view->address, slot = record->slot;
	char text[UUID_TEXT_MAX], ballot[BALLOT_TEXT_MAX];

	printf("batch %" PRIu64 " at %" PRIu64 ": %s", batch, offset, word_record(record->type));
	if (record->type == PAXOS_RECORD_PEER)
		printf(" node %" PRIu64 ", disk %s", slot, text_uuid(record->disk, text));
	else if (slot)
		printf(" slot %" PRIu64, slot);
	if (record->entry.type)
		printf(", ballot %s, %s of node %u", text_ballot(record->ballot, ballot),
		       word_entry(record->entry.type), record->entry.id.origin);
	if (record->entry.value.length)
		printf(", %u bytes", record->entry.value.length);
	puts(record->faulty ? ", lost" : "");
}
