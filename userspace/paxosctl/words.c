// SPDX-License-Identifier: GPL-2.0
/*
 * Splitting a line of a batch into words, as a shell would: 'single' and
 * "double" quotes, a backslash before the next character, and a # where a word
 * would start for a comment.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "words.h"

#define SPACE " \t\r\n"

/* Takes one word's quotes off in place; the end of the word in the line, or NULL. */
static char *unquote(char *in, char *out)
{
	char quote = '\0';

	for (; *in; in++) {
		if (quote && *in == quote)
			quote = '\0';
		else if (!quote && (*in == '\'' || *in == '"'))
			quote = *in;
		else if (!quote && strchr(SPACE, *in))
			break;
		else if (*in == '\\' && quote != '\'' && in[1])
			*out++ = *++in;
		else
			*out++ = *in;
	}
	if (quote)
		return NULL;
	if (*in)
		in++;
	*out = '\0';
	return in;
}

int words_split(char *line, char **word, int most)
{
	int count = 0;

	for (;;) {
		line += strspn(line, SPACE);
		if (!*line || *line == '#')
			return count;
		if (count == most)
			return -E2BIG;
		word[count++] = line;
		line = unquote(line, line);
		if (!line)
			return -EINVAL;
	}
}
