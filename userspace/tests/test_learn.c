// SPDX-License-Identifier: GPL-2.0
/*
 * Following the log against a scripted kernel: whatever each dump does, the
 * slots come out once each, in order.  The source is included, since what is
 * tested is static there; ipc.h's functions are the script's.
 */
#include <stdlib.h>

#include "../paxosctl/learn.c"
#include "tap.h"

#define STEPS_LOST 64
#define OTHER_CLUSTER 99	/* the generation of a group of another cluster */

struct step {
	int error;		/* of the dump, after its entries */
	uint64_t generation;
	uint64_t first;
	uint64_t from;		/* entries @from..@to, without @missing */
	uint64_t to;
	uint64_t missing;
};

static const struct step *script;
static uint8_t cluster_now;

struct ipc *ipc_get(int *code)
{
	(void)code;
	return NULL;
}

int ipc_fail(struct ipc *ipc, int error)
{
	(void)ipc;
	return ipc_exit_status(error);
}

int ipc_exit_status(int error)
{
	return error == -ESTALE || error == -ENOENT ? EXIT_MISSING : EXIT_REFUSED;
}

int ipc_learned_join(struct ipc *ipc)
{
	(void)ipc;
	return 0;
}

int ipc_learned_wait(struct ipc *ipc, int timeout_ms)
{
	(void)ipc;
	(void)timeout_ms;
	return 0;
}

int ipc_status(struct ipc *ipc, const char *group, struct ipc_status *status)
{
	(void)ipc;
	(void)group;
	*status = (struct ipc_status) { .cluster = { cluster_now } };
	return 0;
}

int ipc_learn(struct ipc *ipc, const char *group, uint64_t from, uint64_t count,
	      const struct ipc_reader *reader)
{
	const struct ipc_log log = { .generation = script->generation, .first = script->first };
	const struct step *step = script++;
	int error = 0;

	(void)ipc;
	(void)group;
	(void)from;
	(void)count;
	cluster_now = step->generation == OTHER_CLUSTER;
	if (step->generation)
		error = reader->head(reader->context, &log);
	for (uint64_t slot = step->from; !error && slot && slot <= step->to; slot++) {
		struct ipc_entry entry = { .slot = slot, .type = PAXOS_ENTRY_VALUE };
		char value[24];

		entry.value = value;
		entry.length = snprintf(value, sizeof(value), "%" PRIu64, slot);
		if (slot != step->missing)
			error = reader->entry(reader->context, &entry);
	}
	return error ? error : step->error;
}

/* Follows @learn through @steps: whether @expected was printed, and @code returned. */
static bool follows(struct learn learn, const struct step *steps, const char *expected, int code)
{
	FILE *terminal = stdout;
	char *printed = NULL;
	size_t size;
	bool same;

	learn.group = "kv";
	learn.raw = true;
	script = steps;
	cluster_now = 0;
	stdout = open_memstream(&printed, &size);
	code -= learn_all(&learn);
	fclose(stdout);
	stdout = terminal;
	for (char *at = printed; *at; at++)
		if (*at == '\n')
			*at = ' ';
	same = !code && !strcmp(printed, expected);
	if (!same)
		printf("# printed '%s', code off by %d\n", printed, code);
	free(printed);
	return same;
}

int main(void)
{
	static const struct step once[] = { { 0, 7, 3, 3, 5, 0 } };
	static const struct step interrupted[] = {
		{ -EINTR, 7, 1, 1, 2, 0 }, { -ENOBUFS, 7, 1, 2, 4, 0 }, { 0, 7, 1, 1, 6, 0 },
	};
	static const struct step gap[] = { { 0, 7, 1, 1, 4, 3 }, { 0, 7, 1, 3, 4, 0 } };
	static const struct step hole[] = { { 0, 7, 1, 1, 4, 3 }, { 0, 7, 1, 3, 4, 3 } };
	static const struct step trimmed[] = { { 0, 7, 1, 1, 2, 0 }, { -ESTALE, 0, 0, 0, 0, 0 } };
	static const struct step woken[] = {
		{ 0, 7, 1, 1, 2, 0 }, { 0, 7, 1, 0, 0, 0 }, { 0, 7, 1, 3, 3, 0 },
		{ -ESTALE, 0, 0, 0, 0, 0 },
	};
	static const struct step restarted[] = {
		{ -ESHUTDOWN, 7, 1, 1, 2, 0 }, { -ENOENT, 0, 0, 0, 0, 0 }, { -EAGAIN, 0, 0, 0, 0, 0 },
		{ 0, 8, 1, 3, 3, 0 }, { 0, 8, 1, 3, 3, 0 }, { -ESTALE, 0, 0, 0, 0, 0 },
	};
	static const struct step replaced[] = {
		{ 0, 7, 1, 1, 2, 0 }, { 0, OTHER_CLUSTER, 1, 3, 3, 0 },
	};
	static const struct step away[] = { { -ENOENT, 0, 0, 0, 0, 0 } };
	static const struct step starting[] = {
		{ -EAGAIN, 0, 0, 0, 0, 0 }, { -EAGAIN, 0, 0, 0, 0, 0 }, { 0, 7, 1, 1, 2, 0 },
	};
	static const struct step damaged[] = {
		{ -EAGAIN, 7, 1, 1, 2, 0 }, { -EAGAIN, 7, 1, 0, 0, 0 }, { -EAGAIN, 7, 1, 3, 3, 0 },
		{ 0, 7, 1, 4, 4, 0 },
	};
	/* More than are asked for within the timeout. */
	static const struct step lost[STEPS_LOST] = {
		[0 ... STEPS_LOST - 1] = { -EAGAIN, 0, 0, 0, 0, 0 },
	};

	tap_ok(follows((struct learn) { 0 }, once, "3 4 5 ", 0),
	       "without --from it starts at the first there is");
	tap_ok(follows((struct learn) { .cursor = 4 }, once, "4 5 ", 0),
	       "with --from it starts there");
	tap_ok(follows((struct learn) { .count = 2 }, once, "3 4 ", 0), "--count bounds it");
	tap_ok(follows((struct learn) { 0 }, interrupted, "1 2 3 4 5 6 ", 0),
	       "an interrupted dump is taken up where it broke off");
	tap_ok(follows((struct learn) { 0 }, gap, "1 2 3 4 ", 0), "a gap is read again");
	tap_ok(follows((struct learn) { 0 }, hole, "1 2 ", EXIT_UNHEALTHY),
	       "a slot that stays missing ends it");
	tap_ok(follows((struct learn) { .follow = true }, trimmed, "1 2 ", EXIT_MISSING),
	       "a trimmed slot ends it");
	tap_ok(follows((struct learn) { .follow = true }, woken, "1 2 3 ", EXIT_MISSING),
	       "following prints what is new, each once");
	tap_ok(follows((struct learn) { .follow = true, .count = 3 }, woken, "1 2 3 ", 0),
	       "--count ends following");
	tap_ok(follows((struct learn) { .follow = true }, restarted, "1 2 3 ", EXIT_MISSING),
	       "a group that is restarted is followed on");
	tap_ok(follows((struct learn) { .follow = true }, replaced, "1 2 ", EXIT_MISSING),
	       "another cluster under the same name is not");
	tap_ok(follows((struct learn) { .follow = true }, away, "", EXIT_MISSING),
	       "a group that never was is not waited for");
	tap_ok(follows((struct learn) { 0 }, starting, "1 2 ", 0),
	       "a group that starts is waited for");
	tap_ok(follows((struct learn) { 0 }, damaged, "1 2 3 4 ", 0),
	       "a slot that is being repaired is waited for");
	settings.timeout_ms = 100;
	tap_ok(follows((struct learn) { 0 }, lost, "", EXIT_UNHEALTHY),
	       "but no longer than --timeout");
	return tap_done();
}
