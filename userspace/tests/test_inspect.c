// SPDX-License-Identifier: GPL-2.0
/*
 * inspect on images that format and the core's own encoder made, whole and then
 * hit: exit status and JSON of each.  Built with sanitizers, since anybody may have
 * written what it reads.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "core.h"
#include "layout.h"
#include "output.h"
#include "tap.h"

#define DEVICE_SIZE (18u << 20)
#define BALLOT (3ull << 16 | 1)
#define SECTOR PAXOS_SECTOR_SIZE
#define HOSTILE_RUNS 150

static const struct layout layout = {
	.device_size = DEVICE_SIZE,
	.ring_size = DEVICE_SIZE - PAXOS_RING_OFFSET - PAXOS_RING_TAIL,
	.cluster = "cluster-uuid-16",
	.disk = "disk-uuid-is-16",
	.node = 2,
	.voters = 3,
	.voter = { 1, 2, 3 },
};

static unsigned char *device, *blank;
static uint64_t device_size;		/* of the file that is inspected */
static char path[32];
static int file;

static struct {
	struct paxos_ring ring;
	struct paxos_batch *batch;
	struct paxos_vow vow;
	uint64_t offset;
	uint32_t crc;
	uint64_t place[8], bytes[8];	/* of batch 1, 2, ... */
} journal;

static struct {
	bool as_text;			/* wanted */
	enum color_mode color;
	int code;
	char *text;
	json_t *json;			/* the last line */
} report;

/* ---- making images ---- */

static struct paxos_super *super_at(unsigned int copy)
{
	return (struct paxos_super *)(device + paxos_super_offset(copy, DEVICE_SIZE));
}

static void fresh(void)
{
	memcpy(device, blank, DEVICE_SIZE);
	device_size = DEVICE_SIZE;
	paxos_super_ring(super_at(0), &journal.ring);
	journal.vow = (struct paxos_vow) {
		.promised = BALLOT, .ballot_used = 0, .incarnation = 1,
	};
	journal.offset = PAXOS_RING_OFFSET;
	journal.crc = 0;
	paxos_batch_start(journal.batch, 1);
}

static void add_entry(unsigned int type, uint64_t slot, const char *value)
{
	struct paxos_record record = {
		.type = type,
		.slot = slot,
		.ballot = BALLOT,
		.entry = {
			.type = PAXOS_ENTRY_VALUE,
			.id = { .origin = 1, .incarnation = 1, .nonce = 7, .sequence = slot },
			.value = { .data = (const u8 *)value, .length = strlen(value) },
		},
	};

	paxos_batch_append(journal.batch, &record);
}

static void add_chosen(uint64_t slot)
{
	struct paxos_record record = { .type = PAXOS_RECORD_CHOSEN, .slot = slot };

	paxos_batch_append(journal.batch, &record);
}

static void add_confirmed(void)
{
	struct paxos_record record = { .type = PAXOS_RECORD_PEER, .slot = 3, .disk = { 0xab } };

	paxos_batch_append(journal.batch, &record);
	record.type = PAXOS_RECORD_CONFIRMED;
	record.slot = 0;
	paxos_batch_append(journal.batch, &record);
}

static void write_batch(void)
{
	static u8 bytes[PAXOS_BATCH_MAX] __attribute__((aligned(8)));
	uint64_t sequence = journal.batch->sequence;
	uint32_t length = paxos_batch_encode(journal.batch, &journal.ring, &journal.vow,
					     journal.offset, journal.crc, bytes, &journal.crc);

	memcpy(device + journal.offset, bytes, length);
	journal.place[sequence] = journal.offset;
	journal.bytes[sequence] = length;
	journal.offset += length;
	paxos_batch_start(journal.batch, sequence + 1);
}

/* Batch N holds slots 2N - 1 and 2N, and says that all before are chosen. */
static void used(void)
{
	static const char * const value[] = { "", "one", "two", "three", "four", "five", "six" };

	fresh();
	for (unsigned int i = 1; i <= 3; i++) {
		add_entry(PAXOS_RECORD_ACCEPTED, 2 * i - 1, value[2 * i - 1]);
		add_entry(PAXOS_RECORD_ACCEPTED, 2 * i, value[2 * i]);
		if (i > 1)
			add_chosen(2 * i - 2);
		write_batch();
	}
}

/* The superblock copies, changed and whole again. */
static void seal_all(const struct paxos_super *super)
{
	struct paxos_super changed = *super;

	for (unsigned int i = 0; i < PAXOS_SUPER_COPIES; i++) {
		*super_at(i) = changed;
		paxos_super_seal(super_at(i), i, DEVICE_SIZE);
	}
}

/* A table at slot 2 in batch 4, where replay begins from then on. */
static void trimmed(void)
{
	static u8 bytes[PAXOS_TABLE_SIZE_MAX];
	struct paxos_table *table = calloc(1, sizeof(*table));
	struct paxos_record record = { .type = PAXOS_RECORD_TABLE, .slot = 6 };
	struct paxos_config config = { .members = 3 };

	used();
	for (unsigned int i = 0; i < 3; i++)
		config.member[i] = (struct paxos_config_member) { .node = i + 1, .voter = true };
	paxos_table_first(table, &config);
	table->slot = 6;
	record.entry.value.data = bytes;
	record.entry.value.length = paxos_table_encode(table, bytes);
	paxos_batch_append(journal.batch, &record);
	journal.vow.trim = 6;
	write_batch();
	paxos_super_trim(super_at(0), 6, journal.place[4], journal.place[4], 4);
	seal_all(super_at(0));
	free(table);
}

static void rot(uint64_t offset)
{
	device[offset + 5] ^= 0x10;
}

static void unwrite(uint64_t offset, uint64_t bytes)
{
	memcpy(device + offset, blank + offset, bytes);
}

/* ---- looking at them ---- */

static void run(bool records)
{
	static char *words[] = { path };
	const struct args args = { .count = 1, .word = words, .options = records };
	FILE *out = stdout, *err = stderr;
	size_t length;
	char *line;

	free(report.text);
	json_decref(report.json);
	settings = (struct settings) { .json = !report.as_text, .color = report.color };
	if (ftruncate(file, device_size) || write_at(file, device, device_size, 0))
		abort();
	stdout = open_memstream(&report.text, &length);
	stderr = stdout;
	report.code = inspect_run(&args);
	fclose(stdout);
	stdout = out;
	stderr = err;
	report.json = NULL;
	if (report.as_text)
		return;
	for (line = report.text + length - 1; line > report.text && line[-1] != '\n'; line--)
		;
	report.json = json_loads(line, 0, NULL);
}

/* What stands at "a.b.0.c" */
static json_t *at(const char *where)
{
	char copy[64], *rest = copy, *item;
	json_t *json = report.json;

	snprintf(copy, sizeof(copy), "%s", where);
	while (json && (item = strsep(&rest, ".")))
		json = json_is_array(json) ? json_array_get(json, atoi(item)) :
					     json_object_get(json, item);
	return json;
}

static bool says(const char *where, const char *text)
{
	const char *value = json_string_value(at(where));

	return value && strstr(value, text);
}

static bool counts(const char *where, uint64_t number)
{
	return json_is_integer(at(where)) &&
	       (uint64_t)json_integer_value(at(where)) == number;
}

/* What a start would come to, the exit status, and how many places are damaged. */
static bool comes_to(const char *outcome, int code, unsigned int places)
{
	return report.code == code && says("start.outcome", outcome) &&
	       json_array_size(at("damage.places")) == places;
}

static void check(bool holds, const char *name)
{
	tap_ok(holds, name);
	if (!holds)
		printf("# exit %d: %s\n", report.code, report.text);
}

/* ---- what holds ---- */

static void test_whole(void)
{
	fresh();
	run(false);
	check(comes_to("ok", 0, 0) && counts("journal.batches", 0) && says("state", "fresh") &&
	      says("superblocks.0.status", "counts") && says("superblocks.3.status", "same") &&
	      counts("node", 2) && counts("members.2.node", 3), "a formatted device is sound");
	used();
	run(false);
	check(comes_to("ok", 0, 0) && counts("journal.batches", 3) &&
	      counts("journal.records.accepted", 6) && counts("journal.records.chosen", 2) &&
	      counts("journal.slots.first", 1) && counts("journal.slots.last", 6) &&
	      counts("journal.slots.delivered", 4) && says("journal.promised", "3.1") &&
	      says("journal.tail", "end") && counts("journal.end_offset", journal.offset) &&
	      says("map.cells", "#......"), "a used device is sound");
	add_confirmed();
	write_batch();
	run(false);
	check(comes_to("ok", 0, 0) && says("state", "ok") && says("members.2.disk", "ab000000-") &&
	      !at("members.0.disk"), "what the journal confirms counts, as in a start");
	run(true);
	check(report.code == 0 && strstr(report.text, "{\"batch\":2,\"offset\":") &&
	      strstr(report.text, "\"record\":\"accepted\",\"slot\":6,\"ballot\":\"3.1\""),
	      "its records are listed");
	trimmed();
	run(false);
	check(comes_to("ok", 0, 0) && counts("journal.batches", 1) && counts("trimmed", 6) &&
	      counts("journal.slots.trimmed", 6) && counts("journal.slots.delivered", 6),
	      "a trimmed device is sound");
}

static bool prints(const char *text)
{
	return strstr(report.text, text);
}

static void test_text(void)
{
	used();
	memset(device + journal.place[2] + SECTOR, 0xa5, 16);
	unwrite(journal.place[3] + SECTOR, journal.bytes[3] - SECTOR);
	report.as_text = true;
	run(true);
	check(report.code == 4 && prints("node        2 of cluster 636c7573-") &&
	      prints("copy 3      18870272  1         same\n") &&
	      prints("slots       1..4; accepted through 4, learned through 0, chosen through 2") &&
	      prints("a torn write after batch 2 is dropped") &&
	      prints("slot 3, ballot 3.1, in batch 2: lost\n") &&
	      prints("byte 12800, 512 bytes, batch 2: values: no valid stamp\n") &&
	      prints("          8192  !.......") && prints("                ^start, end\n") &&
	      prints("batch 2 at 12288: accepted slot 3, ballot 3.1, value of node 1, 5 bytes, lost\n") &&
	      prints("a start     repair: 2 values were damaged"), "people can read all of it");
	check(!prints("\033["), "without colour");
	report.color = COLOR_ALWAYS;
	run(false);
	check(prints("\033[31m!\033[0m....") && prints("\033[33mrepair\033[0m"), "or with it");
	report.color = COLOR_NEVER;
	memset(device, 0, DEVICE_SIZE);
	super_at(3)->magic = cpu_to_le64(PAXOS_SUPER_MAGIC);
	run(false);
	check(report.code == 4 && prints("copy 0      0         -         invalid") &&
	      prints("refused: superblock copies 0,1,2,3 are damaged"),
	      "whatever is left of a superblock");
	report.as_text = false;
}

static void test_torn(void)
{
	unsigned int sectors;
	bool holds = true;

	used();
	sectors = journal.bytes[3] / SECTOR;
	for (unsigned int i = 1; i < sectors; i++) {
		used();
		unwrite(journal.place[3] + i * SECTOR, journal.bytes[3] - i * SECTOR);
		run(false);
		holds &= comes_to("ok", 0, 0) && says("journal.tail", "torn") &&
			 counts("journal.batches", 2) && says("map.cells", "~...");
	}
	check(holds && sectors > 1, "a last batch torn at any sector is no damage");
}

static void test_values(void)
{
	uint64_t value;

	used();
	value = journal.place[2] + SECTOR;
	memset(device + value, 0xa5, 16);
	run(false);
	check(comes_to("repair", 4, 1) && counts("damage.places.0.offset", value) &&
	      counts("damage.places.0.batch", 2) && says("damage.places.0.what", "values: ") &&
	      counts("faulty.lost", 2) && counts("faulty.slots.0.slot", 3) &&
	      says("faulty.slots.0.ballot", "3.1") && json_is_false(at("faulty.slots.0.repaired")) &&
	      says("start.reason", "values were damaged: to be repaired from peers") &&
	      says("map.cells", "!"), "values that rotted are to be repaired");
	add_entry(PAXOS_RECORD_LEARNED, 3, "three");
	add_entry(PAXOS_RECORD_LEARNED, 4, "four");
	write_batch();
	run(false);
	check(comes_to("ok", 4, 1) && counts("faulty.records", 2) && counts("faulty.lost", 0) &&
	      json_is_true(at("faulty.slots.1.repaired")), "values that were written again are there");
	used();
	memcpy(device + value, device + journal.place[1] + SECTOR, SECTOR);
	run(false);
	check(comes_to("repair", 4, 1) && says("damage.places.0.what", "belongs elsewhere"),
	      "values are lost where a sector was misdirected to");
	used();
	device[value + 3] ^= 1;
	paxos_sector_stamp((struct paxos_sector *)(device + value), &journal.ring, 2, value);
	run(false);
	check(comes_to("repair", 4, 1) && says("damage.places.0.what", "checksum"),
	      "values are lost that a sector vouches for");
}

static void test_headers(void)
{
	used();
	rot(journal.place[2]);
	run(false);
	check(comes_to("ok", 4, 1) && says("damage.places.0.what", "first header copy") &&
	      counts("damage.places.0.batch", 2) && counts("journal.batches", 3),
	      "one header copy is enough");
	rot(journal.place[2] + journal.bytes[2] - SECTOR);
	run(false);
	check(comes_to("forgotten", 4, 3) && counts("journal.batches", 1) &&
	      counts("damage.places.0.offset", journal.place[2]) &&
	      counts("damage.places.0.batch", 2) && says("start.reason", "acknowledged is lost"),
	      "without any the node has forgotten");
	used();
	rot(journal.place[3]);
	rot(journal.place[3] + journal.bytes[3] - SECTOR);
	run(false);
	check(comes_to("forgotten", 4, 3) && counts("journal.batches", 2) &&
	      says("start.reason", "last batch is damaged"), "nor is a rotten last batch torn");
	used();
	rot(journal.offset + 40 * SECTOR);
	run(false);
	check(comes_to("forgotten", 4, 2) && says("start.reason", "bears no valid stamp"),
	      "a rotten sector right behind the end may have been a batch");
	used();
	rot(journal.offset + 2 * PAXOS_REPLAY_WINDOW);
	run(false);
	check(comes_to("ok", 4, 1) && says("damage.places.0.what", "in no batch that a start reads"),
	      "rot where nothing was written is found too");
	trimmed();
	rot(journal.place[4] + SECTOR);
	run(false);
	check(comes_to("forgotten", 4, 2) && says("start.reason", "table at the trim point is lost"),
	      "a table that rotted is forgotten");
}

static void test_supers(void)
{
	used();
	rot(paxos_super_offset(1, DEVICE_SIZE));
	run(false);
	check(comes_to("ok", 4, 1) && says("superblocks.1.status", "invalid") &&
	      counts("journal.batches", 3) && says("damage.places.0.what", "superblock copy 1"),
	      "one bad superblock copy is repaired by a start");
	rot(paxos_super_offset(3, DEVICE_SIZE));
	run(false);
	check(comes_to("refused", 4, 2) && !at("journal") && counts("node", 2) &&
	      says("start.reason", "superblock copies 1,3 are damaged"), "two are refused");
	used();
	super_at(0)->sequence = cpu_to_le64(2);
	paxos_super_seal(super_at(0), 0, DEVICE_SIZE);
	run(false);
	check(comes_to("ok", 0, 0) && says("superblocks.0.status", "counts") &&
	      says("superblocks.2.status", "older"), "the newest copy counts");
	used();
	super_at(0)->state = PAXOS_SUPER_FORGOTTEN;
	seal_all(super_at(0));
	run(false);
	check(comes_to("forgotten", 4, 0) && says("start.reason", "something it had promised"),
	      "what has forgotten stays so");
	used();
	super_at(0)->ring_size = cpu_to_le64(1ull << 50);
	super_at(0)->device_size = cpu_to_le64(1ull << 51);
	super_at(0)->sequence = cpu_to_le64(9);
	paxos_super_seal(super_at(0), 0, DEVICE_SIZE);
	run(false);
	check(comes_to("refused", 4, 0), "a ring that is not there is refused");
	super_at(2)->sequence = cpu_to_le64(10);
	super_at(2)->start_offset = cpu_to_le64(4096);
	paxos_super_seal(super_at(2), 2, DEVICE_SIZE);
	run(false);
	check(report.code == 4 && says("start.outcome", "refused"), "so is what makes no sense");
}

static void test_strangers(void)
{
	used();
	for (unsigned int i = 0; i < PAXOS_SUPER_COPIES; i++)
		super_at(i)->magic ^= 1;
	run(false);
	check(report.code == EXIT_MISSING && counts("error.code", 5) &&
	      says("error.message", "no paxos superblock"), "another magic is no paxos device");
	device_size = 4096;
	run(false);
	check(report.code == EXIT_MISSING && says("error.message", "too short"),
	      "nor is a short file");
	device_size = 0;
	run(false);
	check(report.code == EXIT_MISSING, "nor is an empty one");
	used();
	super_at(0)->version = cpu_to_le32(PAXOS_DISK_VERSION + 1);
	seal_all(super_at(0));
	run(false);
	check(report.code == EXIT_REFUSED && says("error.message", "version 2"),
	      "another version is not read");
	used();
	device_size = DEVICE_SIZE - (1 << 20);
	run(false);
	check(report.code == 4 && says("start.outcome", "refused") &&
	      says("start.reason", "smaller than at format") &&
	      counts("format_bytes", DEVICE_SIZE), "a device that shrank is refused");
	device_size = 3 * PAXOS_BLOCK_SIZE + 100;
	run(false);
	check(report.code == EXIT_MISSING, "to nothing, it is none");
}

/* So much of it that no list can hold all. */
static void test_much(void)
{
	const unsigned int each = 200, batches = 6;
	uint64_t slot = 0;

	used();
	for (unsigned int i = 0; i < 100; i++)
		rot(journal.offset + 2 * PAXOS_REPLAY_WINDOW + 2 * i * SECTOR);
	run(false);
	check(comes_to("ok", 4, 64) && counts("damage.more", 36), "damage is counted to the last");
	fresh();
	for (unsigned int batch = 1; batch <= batches; batch++) {
		for (unsigned int i = 0; i < each; i++)
			add_entry(PAXOS_RECORD_ACCEPTED, ++slot, "?");
		add_chosen(slot);
		write_batch();
		/* Between the header copies there is one sector of values, and one of nothing. */
		memset(device + journal.place[batch] + journal.bytes[batch] / 2 - SECTOR, 0xa5,
		       SECTOR);
	}
	run(false);
	check(report.code == 4 && says("start.outcome", "repair") && counts("faulty.lost", 1200) &&
	      json_array_size(at("faulty.slots")) == 1024 && counts("faulty.more", 176),
	      "so are values");
}

static uint32_t chance(uint32_t below)
{
	static uint64_t state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % below;
}

/* A byte is another one, and everything that vouches for it says that it is right. */
static void forge(uint64_t batch)
{
	struct paxos_batch_header *header = (void *)(device + journal.place[batch]);
	uint32_t length = sizeof(*header) + le16_to_cpu(header->records) *
					    sizeof(struct paxos_record_tag);
	uint64_t place = journal.place[batch];

	if (length > PAXOS_SECTOR_DATA)
		length = PAXOS_SECTOR_DATA;
	((u8 *)header)[chance(length)] ^= 1 << chance(8);
	header->crc = 0;
	header->crc = cpu_to_le32(port_crc(header, length));
	paxos_sector_stamp((struct paxos_sector *)header, &journal.ring, batch, place);
}

static void test_hostile(void)
{
	bool holds = true;

	for (unsigned int i = 0; i < HOSTILE_RUNS && holds; i++) {
		if (chance(2))
			used();
		else
			trimmed();
		for (unsigned int k = chance(4); k; k--)
			forge(1 + chance(journal.batch->sequence - 1));
		if (chance(3) == 0) {
			device[chance(sizeof(struct paxos_super))] ^= 1 << chance(8);
			seal_all(super_at(0));
		}
		report.as_text = chance(2);
		run(chance(2));
		holds = (report.json || report.as_text) &&
			(report.code == EXIT_DONE || report.code == EXIT_REFUSED ||
			 report.code == EXIT_UNHEALTHY || report.code == EXIT_MISSING);
	}
	report.as_text = false;
	check(holds, "nothing that is forged is too much");
}

int main(void)
{
	struct progress progress = { 0 };

	device = malloc(DEVICE_SIZE);
	blank = malloc(DEVICE_SIZE);
	journal.batch = calloc(1, sizeof(*journal.batch));
	file = memfd_create("image", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (file < 0 || !device || !blank || !journal.batch ||
	    ftruncate(file, DEVICE_SIZE) || layout_write(file, &layout, &progress) ||
	    pread(file, blank, DEVICE_SIZE, 0) != DEVICE_SIZE)
		return 1;
	test_whole();
	test_text();
	test_torn();
	test_values();
	test_headers();
	test_supers();
	test_strangers();
	test_much();
	test_hostile();
	close(file);
	json_decref(report.json);
	free(report.text);
	free(journal.batch);
	free(blank);
	free(device);
	return tap_done();
}
