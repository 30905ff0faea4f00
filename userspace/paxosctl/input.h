/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_INPUT_H
#define PAXOSCTL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the values to propose come from. */
struct input {
	/* The words of the command line, or, ... */
	char **word;
	int words;
	/* ... if @fd is not -1, a file: its lines, or the whole of it as one value. */
	int fd;
	bool lines;

	uint64_t number;	/* values given out so far */
	char *bytes;		/* read and not yet given out: [start, end) */
	size_t start;
	size_t end;
	size_t scanned;		/* no newline before this */
	uint64_t consumed;	/* bytes given out, with their newlines */
	uint64_t total;		/* bytes of the file; 0: not known */
	bool ended;		/* nothing more can be read */
	int error;		/* errno of a failed read */
};

enum input_next {
	INPUT_VALUE,
	INPUT_WAIT,	/* nothing yet: poll the fd, then input_fill() */
	INPUT_END,
};

void input_words(struct input *input, char **word, int words);
void input_file(struct input *input, int fd, bool lines);
void input_free(struct input *input);

/* The value is valid until the next call about @input. */
enum input_next input_next(struct input *input, const void **value, size_t *length);
/* Reads once from the fd: may wait. */
void input_fill(struct input *input);

#endif
