// SPDX-License-Identifier: GPL-2.0
/* Values from words, lines and whole files. */
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "tap.h"

static bool gives(struct input *input, const char *expected)
{
	const void *value;
	size_t length;

	return input_next(input, &value, &length) == INPUT_VALUE && length == strlen(expected) &&
	       !memcmp(value, expected, length);
}

static bool says(struct input *input, enum input_next expected)
{
	const void *value;
	size_t length;

	return input_next(input, &value, &length) == expected;
}

static void put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		perror("write");
}

static void test_lines(void)
{
	struct input input;
	int end[2];

	if (pipe(end))
		return;
	input_file(&input, end[0], true);
	tap_ok(says(&input, INPUT_WAIT), "lines wait for input");
	put(end[1], "one\n\ntw");
	input_fill(&input);
	tap_ok(gives(&input, "one") && gives(&input, ""), "whole lines come, empty ones too");
	tap_ok(says(&input, INPUT_WAIT), "a part of a line waits");
	put(end[1], "o\nthree");
	input_fill(&input);
	tap_ok(gives(&input, "two") && input.number == 3, "it comes when it is whole");
	close(end[1]);
	tap_ok(says(&input, INPUT_WAIT), "the last may have no newline");
	input_fill(&input);
	tap_ok(gives(&input, "three") && says(&input, INPUT_END), "and comes at the end");
	tap_ok(input.number == 4 && input.consumed == 14, "lines and bytes are counted");
	input_free(&input);
	close(end[0]);
}

static void test_whole(void)
{
	struct input input;
	int end[2];

	if (pipe(end))
		return;
	put(end[1], "a\nb\n");
	close(end[1]);
	input_file(&input, end[0], false);
	tap_ok(says(&input, INPUT_WAIT), "a file is awaited to its end");
	while (!input.ended)
		input_fill(&input);
	tap_ok(gives(&input, "a\nb\n") && says(&input, INPUT_END), "a file is one value");
	input_free(&input);
	close(end[0]);
}

int main(void)
{
	char *word[] = { "a", "", "b" };
	struct input input;

	input_words(&input, word, 3);
	tap_ok(gives(&input, "a") && gives(&input, "") && gives(&input, "b") &&
	       says(&input, INPUT_END), "each word is a value");
	test_lines();
	test_whole();
	return tap_done();
}
