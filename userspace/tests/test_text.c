// SPDX-License-Identifier: GPL-2.0
/* Values as text, base64 and JSON; ballots; numbers and words of a command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "tap.h"
#include "text.h"
#include "words.h"

static bool is_utf8(const char *text)
{
	return text_is_utf8(text, strlen(text));
}

static bool base64_is(const char *text, const char *expected)
{
	char *base64 = text_base64(text, strlen(text));
	bool same = !strcmp(base64, expected);

	free(base64);
	return same;
}

static bool prints_as(const void *bytes, size_t length, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	bool same;

	text_print_value(file, bytes, length);
	fclose(file);
	same = !strcmp(text, expected);
	free(text);
	return same;
}

static bool json_is(const void *bytes, size_t length, const char *expected)
{
	json_t *json = json_object();
	char *text;
	bool same;

	text_json_value(json, bytes, length);
	text = json_dumps(json, JSON_COMPACT);
	same = !strcmp(text, expected);
	free(text);
	json_decref(json);
	return same;
}

static void test_values(void)
{
	tap_ok(is_utf8("") && is_utf8("hello"), "ASCII is UTF-8");
	tap_ok(is_utf8("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), "2, 3 and 4 bytes are UTF-8");
	tap_ok(!is_utf8("\xff") && !is_utf8("\x80") && !is_utf8("\xfe\x80"), "stray bytes are not");
	tap_ok(!is_utf8("\xc3") && !is_utf8("\xe2\x82") && !is_utf8("\xf0\x9f\x98"),
	       "a sequence that is cut off is not");
	tap_ok(!is_utf8("\xc0\x80") && !is_utf8("\xe0\x80\x80") && !is_utf8("\xf0\x80\x80\x80"),
	       "an overlong sequence is not");
	tap_ok(!is_utf8("\xed\xa0\x80"), "a surrogate is not");
	tap_ok(!is_utf8("\xf4\x90\x80\x80"), "a code point above U+10FFFF is not");

	tap_ok(base64_is("", "") && base64_is("f", "Zg==") && base64_is("fo", "Zm8=") &&
	       base64_is("foo", "Zm9v") && base64_is("foobar", "Zm9vYmFy"),
	       "base64 is RFC 4648's");

	tap_ok(prints_as("hi \xc3\xa9", 5, "hi \xc3\xa9"), "text prints as it is");
	tap_ok(prints_as("a\nb\x1b[m\x7f", 7, "a\\nb\\x1b[m\\x7f"),
	       "control characters are escaped for people");
	tap_ok(prints_as("\xc2\x9b", 2, "\\u009b"), "C1 control characters too");
	tap_ok(prints_as("\xff\xfe", 2, "base64://4="), "what is not text prints as base64");
	tap_ok(json_is("hi\n", 3, "{\"value\":\"hi\\n\"}"), "text is text in JSON");
	tap_ok(json_is("a\0b", 3, "{\"value\":\"a\\u0000b\"}"), "a NUL survives in JSON");
	tap_ok(json_is("\xff\xfe", 2, "{\"value\":\"//4=\",\"encoding\":\"base64\"}"),
	       "what is not text says its encoding in JSON");
}

static void test_numbers(void)
{
	char text[BALLOT_TEXT_MAX];
	uint64_t number = 0;
	uint16_t node = 0;
	int ms = 0;

	tap_ok(!strcmp(text_ballot(14 << 16 | 2, text), "14.2"), "a ballot is ROUND.NODE");
	tap_ok(!strcmp(text_ballot(UINT64_MAX, text), "281474976710655.65535"),
	       "the largest ballot fits");
	tap_ok(parse_seconds("1.5", &ms) && ms == 1500, "seconds are decimal");
	tap_ok(parse_seconds(".25", &ms) && ms == 250, "seconds may start with a point");
	tap_ok(!parse_seconds("0", &ms) && !parse_seconds("-1", &ms) &&
	       !parse_seconds("3601", &ms) && !parse_seconds("1s", &ms) &&
	       !parse_seconds("nan", &ms) && !parse_seconds("", &ms),
	       "no time, too much time and no number are refused");
	tap_ok(parse_size("64M", &number) && number == 64 << 20, "sizes take M");
	tap_ok(parse_size("3g", &number) && number == 3ull << 30, "and g");
	tap_ok(parse_size("4096", &number) && number == 4096, "and bytes");
	tap_ok(!parse_size("1X", &number) && !parse_size("1MB", &number) &&
	       !parse_size("", &number) &&
	       !parse_size("99999999999999999999", &number) &&
	       !parse_size("18446744073709551615K", &number), "other sizes are refused");
	tap_ok(parse_node("65535", &node) && node == 65535, "node 65535 is one");
	tap_ok(!parse_node("0", &node) && !parse_node("65536", &node) && !parse_node("1x", &node) &&
	       !parse_node(" 1", &node) && !parse_node("+1", &node), "others are not");
}

static void test_words(void)
{
	char line[] = "propose kv 'a b' \"c \\\" d\" e\\ f '' g#h # rest\n";
	char open_quote[] = "propose kv 'a", many[] = "a b c", comment[] = "  # nothing\n";
	char *word[8];
	int count = words_split(line, word, 8);

	tap_ok(count == 7 && !strcmp(word[0], "propose") && !strcmp(word[1], "kv"),
	       "a line splits into words");
	tap_ok(count == 7 && !strcmp(word[2], "a b") && !strcmp(word[3], "c \" d"),
	       "quotes hold words together");
	tap_ok(count == 7 && !strcmp(word[4], "e f") && !strcmp(word[5], "") &&
	       !strcmp(word[6], "g#h"), "a backslash quotes, '' is a word, # may be within one");
	tap_ok(words_split(comment, word, 8) == 0, "a comment has no words");
	tap_ok(words_split(open_quote, word, 8) == -EINVAL, "an open quote is refused");
	tap_ok(words_split(many, word, 2) == -E2BIG, "too many words are refused");
}

int main(void)
{
	test_values();
	test_numbers();
	test_words();
	return tap_done();
}
