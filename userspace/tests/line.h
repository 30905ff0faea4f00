/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_TESTS_LINE_H
#define PAXOSCTL_TESTS_LINE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "output.h"

#define LINE_TEXT_MAX 256
#define LINE_WORDS_MAX 32

/* A command line: paxosctl, and what follows, words with a space between. */
struct line {
	char text[LINE_TEXT_MAX];
	char *word[LINE_WORDS_MAX + 1];
	int count;
};

static inline void line_split(struct line *line, const char *text)
{
	char *rest = line->text, *word;

	if (strlen(text) >= sizeof(line->text))
		abort();
	*line = (struct line) { .word = { "paxosctl" }, .count = 1 };
	strcpy(line->text, text);
	while (*text && (word = strsep(&rest, " "))) {
		if (line->count == LINE_WORDS_MAX)
			abort();
		line->word[line->count++] = word;
	}
}

/* Runs @command with the options and words of @text; returns its exit status. */
static inline int line_run(const struct command *command, const char *text)
{
	struct args args = { .command = command };
	struct line line;
	int next, code;

	line_split(&line, text);
	settings = (struct settings) { 0 };
	code = args_parse(&args, line.count, line.word, false, &next);
	args.word = line.word + next;
	args.count = line.count - next;
	return code ? code : command->run(&args);
}

#endif
