// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl monitor: what happens to groups, one line each, until --count lines were
 * printed or --timeout is over.
 *
 * Events may be lost on their way.  The kernel counts each group's, so a gap is seen
 * with the next of them; and the socket says at once that it was too full.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "event.h"
#include "output.h"

#define TIME_TEXT_MAX 48
#define WAIT_MS 3600000		/* at a time, without --timeout */

enum {
	OPTION_COUNT = OPTION_FIRST,
};

const struct option monitor_options[] = {
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ 0 },
};

struct monitor {
	const char *group;	/* NULL: all */
	uint64_t wanted;	/* lines; 0: no limit */
	uint64_t printed;
	int code;		/* of printing */
	unsigned int groups;
	struct {
		char name[PAXOS_NAME_MAX + 1];
		uint64_t sequence;	/* of its newest event */
	} seen[PAXOS_GROUPS_MAX];
};

/* For machines: UTC. */
static const char *time_utc(uint64_t time_ns, char text[TIME_TEXT_MAX])
{
	time_t seconds = time_ns / 1000000000;
	struct tm tm = { 0 };
	size_t used;

	gmtime_r(&seconds, &tm);
	used = strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + used, TIME_TEXT_MAX - used, ".%06uZ",
		 (unsigned int)(time_ns % 1000000000 / 1000));
	return text;
}

/* For people: where they are. */
static const char *time_local(uint64_t time_ns, char text[TIME_TEXT_MAX])
{
	time_t seconds = time_ns / 1000000000;
	struct tm tm = { 0 };
	size_t used;

	localtime_r(&seconds, &tm);
	used = strftime(text, TIME_TEXT_MAX, "%F %T", &tm);
	snprintf(text + used, TIME_TEXT_MAX - used, ".%06u",
		 (unsigned int)(time_ns % 1000000000 / 1000));
	return text;
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void print_json_event(const struct ipc_event *event)
{
	char when[TIME_TEXT_MAX];
	json_t *json = json_pack("{s:s,s:s,s:I,s:s}", "time", time_utc(event->time_ns, when),
				 "group", event->group, "sequence", (json_int_t)event->sequence,
				 "event", event_name(event->type));
	json_t *details = event_json(event);

	json_object_update(json, details);
	json_decref(details);
	print_json(json);
}

static void print_event(const struct ipc_event *event)
{
	enum color color = event_color(event);
	char when[TIME_TEXT_MAX], text[EVENT_TEXT_MAX];

	if (settings.json) {
		print_json_event(event);
		return;
	}
	event_text(event, text);
	if (!settings.brief)
		printf("%s  ", time_local(event->time_ns, when));
	printf("%s  %s%s%s\n", event->group, color_on(color), text, color_off(color));
}

/* False: no more lines are wanted, or can be printed. */
static bool printed_line(struct monitor *monitor)
{
	monitor->printed++;
	monitor->code = output_flush(EXIT_DONE);
	return !monitor->code && monitor->printed != monitor->wanted;
}

/* Events that the kernel made and nobody got; @group NULL: it is not known whose. */
static bool print_lost(struct monitor *monitor, const char *group, uint64_t count)
{
	char when[TIME_TEXT_MAX];
	uint64_t now_ns = clock_ns();

	if (settings.json) {
		print_json(json_pack("{s:s,s:s?,s:s,s:o}", "time", time_utc(now_ns, when), "group",
				     group, "event", "lost",
				     "count", count ? json_integer(count) : json_null()));
		return printed_line(monitor);
	}
	if (!settings.brief)
		printf("%s  ", time_local(now_ns, when));
	if (group)
		printf("%s  %" PRIu64 " events were lost: see status\n", group, count);
	else
		puts("events were lost: see status");
	return printed_line(monitor);
}

/* Events of its group that are missing before @event. */
static uint64_t missing_before(struct monitor *monitor, const struct ipc_event *event)
{
	uint64_t missing = 0;
	unsigned int i = 0;

	while (i < monitor->groups && strcmp(monitor->seen[i].name, event->group))
		i++;
	if (i < monitor->groups && event->sequence > monitor->seen[i].sequence)
		missing = event->sequence - monitor->seen[i].sequence - 1;
	if (i == PAXOS_GROUPS_MAX)
		i = 0;	/* more names than groups there can be: forget one */
	else if (i == monitor->groups)
		monitor->groups++;
	snprintf(monitor->seen[i].name, sizeof(monitor->seen[i].name), "%s", event->group);
	monitor->seen[i].sequence = event->sequence;
	return missing;
}

static bool on_event(void *context, const struct ipc_event *event)
{
	struct monitor *monitor = context;
	uint64_t missing;

	if (monitor->group && strcmp(monitor->group, event->group))
		return true;
	missing = missing_before(monitor, event);
	if (missing && !print_lost(monitor, event->group, missing))
		return false;
	print_event(event);
	return printed_line(monitor);
}

static int time_is_over(const struct monitor *monitor)
{
	if (!monitor->wanted)
		return EXIT_DONE;
	return fail(EXIT_UNKNOWN, "timed out after %.1f s: %" PRIu64 " of %" PRIu64 " events came",
		    settings.timeout_ms / 1000.0, monitor->printed, monitor->wanted);
}

static bool is_done(const struct monitor *monitor)
{
	return monitor->code || (monitor->wanted && monitor->printed >= monitor->wanted);
}

static int watch(struct monitor *monitor, struct ipc *ipc)
{
	const struct ipc_listener listener = { .context = monitor, .event = on_event };
	uint64_t end_us = now_us() + settings.timeout_ms * 1000ull;
	uint64_t now;
	int error;

	while (!is_done(monitor)) {
		now = now_us();
		if (settings.timeout_ms && now >= end_us)
			return time_is_over(monitor);
		error = ipc_events_read(ipc, &listener, settings.timeout_ms ?
					(int)((end_us - now + 999) / 1000) : WAIT_MS);
		if (error == -ENOBUFS)
			print_lost(monitor, NULL, 0);
		else if (error)
			return ipc_fail(ipc, error);
	}
	return monitor->code;
}

static int parse_options(const struct args *args, struct monitor *monitor)
{
	int code = args_words(args, 0, 1);

	for (unsigned int i = 0; !code && i < args->options; i++)
		if (!parse_u64(args->option[i].value, 1, INT64_MAX, &monitor->wanted))
			code = args_fail(args, "--count wants a number, 1 or more");
	monitor->group = args->count ? args->word[0] : NULL;
	return code;
}

int monitor_run(const struct args *args)
{
	struct monitor monitor = { 0 };
	struct ipc_status status;
	int error, code = parse_options(args, &monitor);
	struct ipc *ipc = code ? NULL : ipc_get(&code);

	if (!ipc)
		return code;
	/* Joined before the group is looked for: nothing that happens after it is missed. */
	error = ipc_events_join(ipc);
	if (!error && monitor.group)
		error = ipc_status(ipc, monitor.group, &status);
	return error ? ipc_fail(ipc, error) : watch(&monitor, ipc);
}
