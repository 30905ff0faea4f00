// SPDX-License-Identifier: GPL-2.0
/*
 * Values to propose: words of the command line, a file as one value, or the
 * lines of a file.  Lines are given out as they come, so that a slow pipe does
 * not hold back those before it; bounded by what a message could carry.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"

#define INPUT_BYTES (1u << 20)	/* longest line or file; the kernel takes far less */

void input_words(struct input *input, char **word, int words)
{
	*input = (struct input) { .word = word, .words = words, .fd = -1 };
}

void input_file(struct input *input, int fd, bool lines)
{
	struct stat status;

	*input = (struct input) { .fd = fd, .lines = lines };
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size > 0)
		input->total = status.st_size;
	input->bytes = malloc(INPUT_BYTES);
	if (!input->bytes) {
		input->ended = true;
		input->error = ENOMEM;
	}
}

void input_free(struct input *input)
{
	free(input->bytes);
	input->bytes = NULL;
}

static enum input_next next_word(struct input *input, const void **value, size_t *length)
{
	if (input->number == (uint64_t)input->words)
		return INPUT_END;
	*value = input->word[input->number++];
	*length = strlen(*value);
	return INPUT_VALUE;
}

static enum input_next next_line(struct input *input, const void **value, size_t *length)
{
	char *newline = memchr(input->bytes + input->scanned, '\n', input->end - input->scanned);
	size_t taken;

	if (!newline && !input->ended && input->end - input->start < INPUT_BYTES) {
		input->scanned = input->end;
		return INPUT_WAIT;
	}
	if (!newline && input->start == input->end)
		return INPUT_END;
	if (newline) {
		*length = newline - (input->bytes + input->start);
		taken = *length + 1;
	} else {
		*length = input->end - input->start;
		taken = *length;
	}
	*value = input->bytes + input->start;
	input->start += taken;
	input->scanned = input->start;
	input->consumed += taken;
	input->number++;
	return INPUT_VALUE;
}

static enum input_next next_whole(struct input *input, const void **value, size_t *length)
{
	if (!input->ended && input->end < INPUT_BYTES)
		return INPUT_WAIT;
	if (input->number)
		return INPUT_END;
	*value = input->bytes;
	*length = input->end;
	input->number = 1;
	return INPUT_VALUE;
}

enum input_next input_next(struct input *input, const void **value, size_t *length)
{
	if (input->fd < 0)
		return next_word(input, value, length);
	if (input->error)
		return INPUT_END;
	return input->lines ? next_line(input, value, length) : next_whole(input, value, length);
}

void input_fill(struct input *input)
{
	ssize_t got;

	if (input->start) {
		memmove(input->bytes, input->bytes + input->start, input->end - input->start);
		input->end -= input->start;
		input->scanned -= input->start;
		input->start = 0;
	}
	got = read(input->fd, input->bytes + input->end, INPUT_BYTES - input->end);
	if (got < 0 && errno != EINTR && errno != EAGAIN) {
		input->error = errno;
		input->ended = true;
	} else if (got == 0) {
		input->ended = true;
	} else if (got > 0) {
		input->end += got;
	}
}
