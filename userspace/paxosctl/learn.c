// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl learn: the chosen values, in slot order, from the local node.
 *
 * Pull, woken by push: values come from a dump that starts at our cursor, the
 * next slot to be printed; the multicast only says that another dump is worth
 * it.  Whatever is lost or interrupted, the next dump starts at the cursor, so
 * nothing is printed twice and nothing is left out.  A group that was created
 * anew (another generation) is followed on if it is the same cluster, whose log
 * is the same; another cluster under this name ends it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "output.h"
#include "text.h"

#define POLL_MS 1000		/* between looks without news: a restart makes none */
#define RETRY_MS 50
#define WAIT_MS 10000		/* for a followed group that is gone, or for slots to be readable */

enum {
	OPTION_FROM = OPTION_FIRST,
	OPTION_COUNT,
	OPTION_FOLLOW,
	OPTION_RAW,
};

const struct option learn_options[] = {
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "follow", no_argument, NULL, OPTION_FOLLOW },
	{ "raw", no_argument, NULL, OPTION_RAW },
	{ 0 },
};

/* Why a dump was cut short by ourselves. */
enum cut {
	CUT_GENERATION = 1,
	CUT_GAP,
};

struct learn {
	struct ipc *ipc;
	const char *group;
	uint64_t cursor;	/* next slot to print; 0: the first there is */
	uint64_t count;		/* slots still to print; 0: no limit */
	bool follow;
	bool raw;
	bool done;		/* --count reached */
	uint64_t generation;	/* 0: not known yet */
	uint8_t cluster[16];	/* of that generation; with follow only */
	uint64_t gap;		/* cursor at which a slot was missing; 0: none */
	uint64_t waits_us;	/* since when nothing could be read; 0: it can */
};

static const char *type_name(unsigned int type)
{
	switch (type) {
	case PAXOS_ENTRY_VALUE:
		return "value";
	case PAXOS_ENTRY_CONFIG:
		return "config";
	}
	return "noop";
}

static void print_json_entry(const struct ipc_entry *entry)
{
	char ballot[BALLOT_TEXT_MAX];
	json_t *json = json_pack("{s:I,s:s,s:i,s:s}", "slot", (json_int_t)entry->slot,
				 "ballot", text_ballot(entry->ballot, ballot),
				 "origin", entry->origin, "type", type_name(entry->type));

	if (entry->type == PAXOS_ENTRY_VALUE)
		text_json_value(json, entry->value, entry->length);
	print_json(json);
}

static void print_entry(const struct learn *learn, const struct ipc_entry *entry)
{
	char ballot[BALLOT_TEXT_MAX];
	bool value = entry->type == PAXOS_ENTRY_VALUE;

	if (learn->raw) {
		if (value) {
			fwrite(entry->value, 1, entry->length, stdout);
			putchar('\n');
		}
		return;
	}
	if (settings.json) {
		print_json_entry(entry);
		return;
	}
	if (!settings.brief)
		printf("%" PRIu64 "  %s  node %u  ", entry->slot,
		       text_ballot(entry->ballot, ballot), entry->origin);
	if (value)
		text_print_value(stdout, entry->value, entry->length);
	else
		printf("%s(%s)%s", color_on(COLOR_WARN),
		       entry->type == PAXOS_ENTRY_CONFIG ? "configuration" : "no-op",
		       color_off(COLOR_WARN));
	putchar('\n');
}

static int on_head(void *context, const struct ipc_log *log)
{
	struct learn *learn = context;

	if (learn->generation && learn->generation != log->generation)
		return CUT_GENERATION;
	learn->generation = log->generation;
	if (!learn->cursor)
		learn->cursor = log->first;
	return 0;
}

static int on_entry(void *context, const struct ipc_entry *entry)
{
	struct learn *learn = context;

	if (entry->slot < learn->cursor || learn->done)
		return 0;
	if (entry->slot > learn->cursor)
		return CUT_GAP;
	print_entry(learn, entry);
	learn->cursor++;
	learn->gap = 0;
	learn->waits_us = 0;
	if (learn->count && !--learn->count)
		learn->done = true;
	return 0;
}

static void sleep_ms(unsigned int ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l };

	nanosleep(&pause, NULL);
}

/* The group was created anew: go on if it is the same cluster. */
static int check_cluster(struct learn *learn)
{
	struct ipc_status status;
	int error = ipc_status(learn->ipc, learn->group, &status);

	if (error == -ENOENT || error == -ESHUTDOWN)
		return EXIT_DONE;	/* gone again: the next dump sees it */
	if (error)
		return ipc_fail(learn->ipc, error);
	if (memcmp(status.cluster, learn->cluster, sizeof(learn->cluster)))
		return fail(EXIT_MISSING,
			    "group %s is another cluster now; the last slot learned is %" PRIu64,
			    learn->group, learn->cursor - 1);
	learn->generation = 0;
	return EXIT_DONE;
}

/* The kernel's message may be lost (ipc_error_text()), and this one is needed. */
static int on_trimmed(struct learn *learn, int error)
{
	struct ipc_status status;

	if (ipc_status(learn->ipc, learn->group, &status))
		return ipc_fail(learn->ipc, error);
	return fail(EXIT_MISSING, "slot %" PRIu64 " is trimmed; the oldest is %" PRIu64,
		    learn->cursor, status.first);
}

static int on_gap(struct learn *learn)
{
	if (learn->gap == learn->cursor)
		return fail(EXIT_UNHEALTHY, "slot %" PRIu64 " is missing on this node",
			    learn->cursor);
	learn->gap = learn->cursor;
	return EXIT_DONE;
}

/* Nothing can be read now: true if that is to be tried again, after a pause. */
static bool wait_on(struct learn *learn)
{
	uint64_t limit_ms = settings.timeout_ms ? (uint64_t)settings.timeout_ms : WAIT_MS;
	uint64_t now = now_us();

	if (!learn->waits_us)
		learn->waits_us = now;
	if (now - learn->waits_us > limit_ms * 1000)
		return false;
	sleep_ms(RETRY_MS);
	return true;
}

/* The group starts, or a value is damaged here and is being fetched from peers. */
static int on_unready(struct learn *learn, int error)
{
	struct ipc_status status;

	if (learn->follow) {
		learn->waits_us = 0;	/* the group is there */
		sleep_ms(RETRY_MS);
		return EXIT_DONE;
	}
	if (wait_on(learn))
		return EXIT_DONE;
	if (ipc_status(learn->ipc, learn->group, &status))
		return ipc_fail(learn->ipc, error);
	if (status.state == PAXOS_STATE_STARTING)
		return fail(EXIT_UNHEALTHY,
			    "group %s is starting, %u%% of its journal is read: try again when paxosctl wait %s ready has ended",
			    learn->group, status.progress, learn->group);
	return fail(EXIT_UNHEALTHY,
		    "slot %" PRIu64 " is damaged on this node, and no peer has sent it yet: try again, or learn it on another node; see paxosctl status %s",
		    learn->cursor, learn->group);
}

/* One dump from the cursor.  *@again: another is needed at once. */
static int pull(struct learn *learn, bool *again)
{
	const struct ipc_reader reader = {
		.context = learn,
		.head = on_head,
		.entry = on_entry,
	};
	int error = ipc_learn(learn->ipc, learn->group, learn->cursor, learn->count, &reader);

	*again = error;
	if (error != -ENOENT && error != -ESHUTDOWN && error != -EAGAIN)
		learn->waits_us = 0;
	switch (error) {
	case 0:
	case -EINTR:
	case -ENOBUFS:
		return EXIT_DONE;
	case CUT_GENERATION:
		return learn->follow ? check_cluster(learn) :
			fail(EXIT_REFUSED, "group %s was restarted; learn again from slot %" PRIu64,
			     learn->group, learn->cursor);
	case CUT_GAP:
		return on_gap(learn);
	case -ESTALE:
		return on_trimmed(learn, error);
	case -EAGAIN:
		return on_unready(learn, error);
	case -ENOENT:
	case -ESHUTDOWN:
		if (!learn->follow || !learn->generation)
			break;
		/* While a followed group is restarted its name may be missing for a while. */
		return wait_on(learn) ? EXIT_DONE : ipc_fail(learn->ipc, error);
	}
	return ipc_fail(learn->ipc, error);
}

static int start_following(struct learn *learn)
{
	struct ipc_status status;
	int error = ipc_learned_join(learn->ipc);

	if (!error)
		error = ipc_status(learn->ipc, learn->group, &status);
	if (error)
		return ipc_fail(learn->ipc, error);
	memcpy(learn->cluster, status.cluster, sizeof(learn->cluster));
	return EXIT_DONE;
}

static int learn_all(struct learn *learn)
{
	bool again;
	int code = learn->follow ? start_following(learn) : EXIT_DONE;

	while (!code) {
		code = pull(learn, &again);
		if (!code)
			code = output_flush(EXIT_DONE);
		if (learn->done || (!again && !learn->follow))
			break;
		if (code || again)
			continue;
		if (ipc_learned_wait(learn->ipc, POLL_MS))
			sleep_ms(RETRY_MS);
	}
	return code;
}

int learn_run(const struct args *args)
{
	struct learn learn = { 0 };
	int code = args_words(args, 1, 1);

	for (unsigned int i = 0; !code && i < args->options; i++) {
		const char *value = args->option[i].value;

		switch (args->option[i].id) {
		case OPTION_FROM:
			if (!parse_u64(value, 1, INT64_MAX, &learn.cursor))
				code = args_fail(args, "--from wants a slot, 1 or more");
			break;
		case OPTION_COUNT:
			if (!parse_u64(value, 1, INT64_MAX, &learn.count))
				code = args_fail(args, "--count wants a number, 1 or more");
			break;
		case OPTION_FOLLOW:
			learn.follow = true;
			break;
		case OPTION_RAW:
			learn.raw = true;
			break;
		}
	}
	if (code)
		return code;
	learn.group = args->word[0];
	learn.ipc = ipc_get(&code);
	return learn.ipc ? learn_all(&learn) : code;
}
