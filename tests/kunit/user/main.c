// SPDX-License-Identifier: GPL-2.0
/*
 * Runs every suite in userspace: TAP, then "N passed, N failed".
 *
 *	kunit [TEXT]	only the tests whose "suite.test" contains TEXT
 */
#include <kunit/test.h>
#include <stdarg.h>
#include <stdio.h>

#include "../../../kmod/core/port.h"

static struct kunit_suite *suites, **last = &suites;

void kunit_register(struct kunit_suite *suite)
{
	*last = suite;
	last = &suite->next;
}

void kunit_fail(struct kunit *test, const char *file, int line, const char *what, long long left,
		long long right, const char *format, ...)
{
	va_list args;

	test->failed = true;
	printf("# %s:%d: %s is false: %lld (0x%llx), %lld (0x%llx) ", file, line, what, left,
	       (unsigned long long)left, right, (unsigned long long)right);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* Castagnoli, reflected; raw, as the kernel's crc32c(). */
u32 port_crc32c(u32 crc, const void *data, size_t length)
{
	static u32 table[256];
	static bool ready;
	const u8 *byte = data;
	u32 i, bit;

	for (i = 0; !ready && i < 256; i++) {
		table[i] = i;
		for (bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78 : 0);
	}
	ready = true;
	while (length--)
		crc = crc >> 8 ^ table[(crc ^ *byte++) & 0xff];
	return crc;
}

static bool run(const struct kunit_suite *suite, const struct kunit_case *test_case)
{
	struct kunit test = { .name = test_case->name };

	if (suite->init && suite->init(&test))
		return false;
	if (!setjmp(test.abort))
		test_case->run_case(&test);
	if (suite->exit)
		suite->exit(&test);
	return !test.failed;
}

int main(int argc, char **argv)
{
	unsigned int number = 0, failed = 0;
	const struct kunit_suite *suite;
	const struct kunit_case *test;
	char name[512];
	bool good;

	for (suite = suites; suite; suite = suite->next) {
		for (test = suite->test_cases; test->run_case; test++) {
			snprintf(name, sizeof(name), "%s.%s", suite->name, test->name);
			if (argc > 1 && !strstr(name, argv[1]))
				continue;
			good = run(suite, test);
			failed += !good;
			printf("%sok %u - %s\n", good ? "" : "not ", ++number, name);
			fflush(stdout);
		}
	}
	printf("1..%u\n%u passed, %u failed\n", number, number - failed, failed);
	return failed || !number;
}
