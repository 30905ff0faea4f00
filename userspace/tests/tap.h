/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_TESTS_TAP_H
#define PAXOSCTL_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>

/* A test's name says what holds. */
static int tap_number, tap_failed;

static inline void tap_ok(bool holds, const char *name)
{
	printf("%sok %d - %s\n", holds ? "" : "not ", ++tap_number, name);
	tap_failed += !holds;
}

static inline int tap_done(void)
{
	printf("1..%d\n", tap_number);
	return tap_failed ? 1 : 0;
}

#endif
