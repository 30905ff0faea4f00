// SPDX-License-Identifier: GPL-2.0
/*
 * The command line: global options, the options of one command, and numbers.
 *
 * Options may stand anywhere, before the command, after it and between its
 * words.  All are read before the command runs, so that --json at the very end
 * governs how an error in front of it is printed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/paxos.h>

#include "args.h"
#include "output.h"
#include "suggest.h"

#define OPTION_COLOR 256
#define MERGED_MAX (ARGS_OPTIONS_MAX + 16)

const struct option global_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "brief", no_argument, NULL, 'b' },
	{ "timeout", required_argument, NULL, 't' },
	{ "force", no_argument, NULL, 'f' },
	{ "batch", required_argument, NULL, 'B' },
	{ "color", optional_argument, NULL, OPTION_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

#define GLOBAL_OPTIONS (sizeof(global_options) / sizeof(global_options[0]) - 1)

static bool set_color(const char *when)
{
	if (!when || !strcmp(when, "always"))
		settings.color = COLOR_ALWAYS;
	else if (!strcmp(when, "auto"))
		settings.color = COLOR_AUTO;
	else if (!strcmp(when, "never"))
		settings.color = COLOR_NEVER;
	else
		return false;
	return true;
}

/* False: @id is no global option.  *@wrong is set if its value is no good. */
static bool global_option(struct args *args, int id, const char *value, const char **wrong)
{
	switch (id) {
	case 'j':
		settings.json = true;
		break;
	case 'p':
		settings.pretty = true;
		break;
	case 'b':
		settings.brief = true;
		break;
	case 'f':
		settings.force = true;
		break;
	case 't':
		if (!parse_seconds(value, &settings.timeout_ms))
			*wrong = "--timeout wants seconds, 0.001 to 3600";
		break;
	case 'B':
		args->batch = value;
		break;
	case OPTION_COLOR:
		if (!set_color(value))
			*wrong = "--color wants auto, always or never";
		break;
	case 'h':
		args->help = true;
		break;
	case 'V':
		args->version = true;
		break;
	default:
		return false;
	}
	return true;
}

static void merge_options(struct option *merged, const struct option *own)
{
	size_t count = GLOBAL_OPTIONS;

	memcpy(merged, global_options, GLOBAL_OPTIONS * sizeof(*merged));
	for (; own && own->name && count < MERGED_MAX - 1; own++)
		merged[count++] = *own;
	memset(&merged[count], 0, sizeof(merged[count]));
}

/* Of @known, without the dashes; NULL: none is near. */
static const char *nearest_option(const char *word, const struct option *known)
{
	char name[SUGGEST_TEXT_MAX];
	const char *names[MERGED_MAX];
	size_t count = 0;

	if (strncmp(word, "--", 2))
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (; known->name; known++)
		names[count++] = known->name;
	names[count] = NULL;
	return suggest(name, names);
}

static void describe_bad_option(char *text, size_t size, int id, const char *word,
				const struct option *known)
{
	const char *meant;

	if (id == ':')
		snprintf(text, size, "option %s needs a value", word);
	else if (optopt && optopt < OPTION_COLOR)
		snprintf(text, size, "unknown option -%c", optopt);
	else if ((meant = nearest_option(word, known)))
		snprintf(text, size, "unknown option %s (did you mean --%s?)", word, meant);
	else
		snprintf(text, size, "unknown option %s", word);
}

void args_take_json(char **argv)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, "-j") || !strcmp(*argv, "--json"))
			settings.json = true;
}

int args_parse(struct args *args, int argc, char **argv, bool leading, int *next)
{
	struct option merged[MERGED_MAX];
	const char *wrong = NULL;
	char problem[128];
	int id;

	merge_options(merged, args->command ? args->command->options : NULL);
	opterr = 0;
	optind = 0;
	while ((id = getopt_long(argc, argv, leading ? "+:jpbt:fB:hV" : ":jpbt:fB:hV", merged,
				 NULL)) != -1) {
		if (global_option(args, id, optarg, &wrong))
			continue;
		if (id == '?' || id == ':') {
			if (!wrong)
				describe_bad_option(problem, sizeof(problem), id,
						    argv[optind - 1], merged);
			wrong = wrong ? wrong : problem;
		} else if (args->options < ARGS_OPTIONS_MAX) {
			args->option[args->options].id = id;
			args->option[args->options++].value = optarg;
		} else {
			wrong = "too many options";
		}
	}
	*next = optind;
	if (!wrong)
		return EXIT_DONE;
	if (leading)
		args_take_json(argv + optind);
	return args_fail(args, "%s", wrong);
}

int args_fail(const struct args *args, const char *format, ...)
{
	char problem[256];
	va_list list;

	va_start(list, format);
	vsnprintf(problem, sizeof(problem), format, list);
	va_end(list);
	if (!args->command)
		return fail(EXIT_USAGE, "%s; see paxosctl --help", problem);
	return fail(EXIT_USAGE, "%s; usage: paxosctl %s %s", problem, args->command->name,
		    args->command->usage);
}

int args_words(const struct args *args, int least, int most)
{
	if (args->count < least)
		return args_fail(args, "an argument is missing");
	if (args->count > most)
		return args_fail(args, "too many arguments, from '%s' on", args->word[most]);
	return EXIT_DONE;
}

int args_node(const struct args *args, int at, uint16_t *node)
{
	if (parse_node(args->word[at], node))
		return EXIT_DONE;
	return args_fail(args, "'%s' is no node id: 1 to %u", args->word[at], PAXOS_NODE_ID_MAX);
}

bool parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	unsigned long long number;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number < least || number > most)
		return false;
	*value = number;
	return true;
}

bool parse_seconds(const char *text, int *value_ms)
{
	double seconds;
	char *end;

	if ((*text < '0' || *text > '9') && *text != '.')
		return false;
	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= 0.001) ||
	    !(seconds * 1000 <= PAXOS_TIMEOUT_MAX_MS))
		return false;
	*value_ms = (int)(seconds * 1000 + 0.5);
	return true;
}

bool parse_size(const char *text, uint64_t *bytes)
{
	unsigned int shift = 0;
	unsigned long long number;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return false;
	if (*end) {
		const char *units = "KMGT", *unit = strchr(units, *end & ~0x20);

		if (!unit || !*unit || end[1])
			return false;
		shift = 10 * (unit - units + 1);
	}
	if (number > UINT64_MAX >> shift)
		return false;
	*bytes = (uint64_t)number << shift;
	return true;
}

bool parse_node(const char *text, uint16_t *node)
{
	uint64_t number;

	if (!parse_u64(text, 1, PAXOS_NODE_ID_MAX, &number))
		return false;
	*node = number;
	return true;
}
