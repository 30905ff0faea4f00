// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl inspect: what stands on a node's device, whether it is damaged, and what
 * a start of the node would come to.  Only reads.
 *
 * What it says of the journal comes from the module's own code (core.h), so that it
 * and a start agree.  Damage is wherever something does not hold what was written
 * there, even if nothing is lost by it: then the exit status is 4.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "inspect.h"

/* A device in use may change under our eyes: damage must be seen so often. */
#define LOOKS_MAX 3

enum {
	OPTION_RECORDS = OPTION_FIRST,
};

const struct option inspect_options[] = {
	{ "records", no_argument, NULL, OPTION_RECORDS },
	{ 0 },
};

void inspect_damage(struct inspection *seen, uint64_t offset, uint64_t bytes, uint64_t batch,
		    const char *format, ...)
{
	struct damage *last = seen->damages ? &seen->damage[seen->damages - 1] : NULL;
	struct damage here = { .offset = offset, .bytes = bytes, .batch = batch };
	va_list list;

	va_start(list, format);
	vsnprintf(here.what, sizeof(here.what), format, list);
	va_end(list);
	if (last && last->offset + last->bytes == offset && last->batch == batch &&
	    !strcmp(last->what, here.what))
		last->bytes += bytes;
	else if (seen->damages < DAMAGES_MAX)
		seen->damage[seen->damages++] = here;
	else
		seen->damages_more++;
}

void inspect_outcome(struct inspection *seen, enum outcome outcome, const char *format, ...)
{
	va_list list;

	seen->outcome = outcome;
	va_start(list, format);
	vsnprintf(seen->reason, sizeof(seen->reason), format, list);
	va_end(list);
}

static bool sound(const struct inspection *seen)
{
	return seen->outcome == OUTCOME_OK && !seen->damages;
}

/* One look at the device, which is open; an exit status if it is none of ours. */
static int look(struct inspection *seen, inspect_record_fn *show)
{
	struct image image = seen->image;
	int code;

	free(seen->live);
	memset(seen, 0, sizeof(*seen));
	seen->image = image;
	code = inspect_super(seen);
	if (code || !seen->good)
		return code;
	inspect_journal(seen, show);
	inspect_ring(seen);
	return EXIT_DONE;
}

static int inspect(struct inspection *seen, bool records)
{
	inspect_record_fn *show = settings.json ? record_json : record_print;
	int code, looks = 0;

	do
		code = look(seen, records && !looks ? show : NULL);
	while (!code && seen->image.in_use && !sound(seen) && ++looks < LOOKS_MAX);
	if (code)
		return code;
	if (settings.json)
		print_json(inspect_json(seen));
	else
		inspect_print(seen);
	return sound(seen) ? EXIT_DONE : EXIT_UNHEALTHY;
}

int inspect_run(const struct args *args)
{
	struct inspection *seen;
	int code = args_words(args, 1, 1);

	if (code)
		return code;
	seen = must(calloc(1, sizeof(*seen)));
	code = image_open(args->word[0], &seen->image);
	if (!code) {
		/* The only option. */
		code = inspect(seen, args->options);
		image_close(&seen->image);
	}
	free(seen->live);
	free(seen);
	return code;
}
