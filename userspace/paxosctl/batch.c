// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl --batch: many commands, one process and one netlink socket.
 *
 * One command a line, as on a shell's command line without the tool's name
 * (words.c).  It stops at the first failure unless --force, which is not handed
 * on to the commands themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "output.h"
#include "words.h"

static int run_line(char *line)
{
	char *word[WORDS_MAX + 2] = { "paxosctl" };
	int count = words_split(line, word + 1, WORDS_MAX);

	if (count == -EINVAL)
		return fail(EXIT_USAGE, "a quote is not closed");
	if (count < 0)
		return fail(EXIT_USAGE, "more than %d words", WORDS_MAX);
	return count ? command_line(count + 1, word, true) : EXIT_DONE;
}

static int run_lines(FILE *file, const char *path)
{
	struct settings outer = settings;
	bool go_on = settings.force;
	unsigned int number = 0;
	char context[128], *line = NULL;
	size_t size = 0;
	int code = EXIT_DONE;

	outer.force = false;
	while ((go_on || !code) && getline(&line, &size, file) > 0) {
		int status;

		snprintf(context, sizeof(context), "%s:%u: ", path, ++number);
		output_context(context);
		settings = outer;
		status = output_flush(run_line(line));
		if (!code)
			code = status;
	}
	output_context(NULL);
	settings = outer;
	free(line);
	return code;
}

int batch_run(const char *path)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "re");
	int code;

	if (!file)
		return fail(errno == ENOENT ? EXIT_MISSING : EXIT_USAGE, "cannot open %s: %s",
			    path, strerror(errno));
	code = run_lines(file, standard ? "standard input" : path);
	if (!standard)
		fclose(file);
	return code;
}
