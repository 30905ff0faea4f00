// SPDX-License-Identifier: GPL-2.0
/*
 * Seeds: something for the fuzzer to begin with.
 *
 *	seeds TARGET FOLDER	writes a few dozen small files
 *
 * Of bodies there is one of each type; scripts are random, of several lengths; files
 * are written by hand.
 */
#include <stdio.h>

#include "script.h"

#include "../../kmod/core/table.h"
#include "../../kmod/core/message.h"

#define SCRIPTS		48u
#define SCRIPT_MAX	4096u

static const char *folder;

static void save(const char *name, u32 number, const u8 *data, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%u", folder, name, number);
	file = fopen(path, "wb");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static u8 random_byte(void)
{
	static u64 state = 0x9e3779b97f4a7c15ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 32;
}

static void scripts(void)
{
	static u8 data[SCRIPT_MAX];
	u32 i, k, length;

	for (i = 0; i < SCRIPTS; i++) {
		length = 64u << i % 7;
		for (k = 0; k < length; k++)
			data[k] = random_byte();
		/* Of a node: the mode, members that know each other. */
		data[0] = i % 4 | (i % 8 < 6 ? 0x1c : i % 8 == 6 ? 4 : 8);
		save("script", i, data, length);
	}
}

static void bodies(void)
{
	static u8 data[1 + PAXOS_MESSAGE_MAX], value[] = "value";
	struct paxos_claim claim = { .known = true, .incarnation = 3, .promised = 0x10001 };
	struct paxos_item item = {
		.slot = 7, .ballot = 0x10001,
		.entry = {
			.type = PAXOS_ENTRY_VALUE,
			.id = { .origin = 1, .incarnation = 2, .nonce = 3, .sequence = 4 },
			.value = { .data = value, .length = sizeof(value) },
		},
	};
	struct paxos_message m = {
		.ballot = 0x10001, .slot = 5, .commit = 4, .number = 3, .echo = 2, .count = 1,
	};
	struct paxos_writer writer;

	for (m.type = 1; m.type < PAXOS_MESSAGE_TYPES; m.type++) {
		data[0] = m.type;
		paxos_writer_begin(&writer, data + 1, PAXOS_MESSAGE_MAX);
		if (m.type == PAXOS_HELLO)
			paxos_writer_disk(&writer, 2, &claim);
		else if (m.type == PAXOS_ACCEPTED)
			paxos_writer_range(&writer, 5, 3);
		else if (m.type == PAXOS_TABLE)
			paxos_writer_bytes(&writer, value, sizeof(value));
		else if (m.type == PAXOS_PROMISE || m.type == PAXOS_ACCEPT ||
			 m.type == PAXOS_FORWARD || m.type == PAXOS_LEARNT)
			paxos_writer_entry(&writer, &item);
		save("body", m.type, data, 1 + paxos_writer_end(&writer, &m));
	}
}

static void others(void)
{
	static u8 data[1 + PAXOS_TABLE_SIZE_MAX];
	static struct paxos_table table;
	struct paxos_head head = {
		.type = PAXOS_ACCEPT, .from = 1, .to = 2, .from_session = 3, .pieces = 1,
	};
	struct paxos_config config = { .members = 2 };

	config.member[0] = (struct paxos_config_member) { .node = 1, .voter = true };
	config.member[1] = (struct paxos_config_member) { .node = 2, .voter = true };
	data[0] = 0x40;
	paxos_head_encode(data + 1, &head);
	save("head", 0, data, 1 + PAXOS_HEAD_SIZE);
	paxos_table_first(&table, &config);
	data[0] = 0x42;
	save("table", 0, data, 1 + paxos_table_encode(&table, data + 1));
	data[0] = 0x43;
	save("config", 0, data, 1 + paxos_config_encode(&config, 0, data + 1));
}

/* Configuration files: what is needed, all there is, and one with its faults. */
static void files(void)
{
	static const char least[] =
		"[group]\ndevice = /dev/vdb\nlisten = 10.0.0.1:7400\ninsecure = yes\n";
	static const char all[] =
		"[group]\ndevice = /dev/vdb\nlisten = [fd00::1]:7400\ninsecure = yes\n"
		"mode = basic\nlearn = broadcast\nrole = learner\nnode = 1\n"
		"heartbeat = 50\nelection = 500\n"
		"[peer 2]\naddress = [fd00::2]:7400\n[peer 3]\naddress = [fe80::3%1]:7400\n";
	static const char faults[] =
		"; mine\n[peer 2]\naddress: 10.0.0.2:7400 ; there\n\n[group]\n\tdevice=/d\r\n"
		"  listen=0.0.0.0:1\ninsecure=yes\nkey_file = /k\n";

	save("file", 0, (const u8 *)least, sizeof(least) - 1);
	save("file", 1, (const u8 *)all, sizeof(all) - 1);
	save("file", 2, (const u8 *)faults, sizeof(faults) - 1);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: seeds TARGET FOLDER\n");
		return 2;
	}
	folder = argv[2];
	if (!strcmp(argv[1], "conf")) {
		files();
	} else if (strcmp(argv[1], "message")) {
		scripts();
	} else {
		bodies();
		others();
	}
	return 0;
}
