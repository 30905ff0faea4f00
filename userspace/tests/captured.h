/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_TESTS_CAPTURED_H
#define PAXOSCTL_TESTS_CAPTURED_H

#include <stdio.h>

#define PRINTED_MAX 16384

/* What was printed between capture() and release(), on both outputs. */
static char printed[PRINTED_MAX];
static FILE *captured_out, *captured_err;

static inline void capture(void)
{
	captured_out = stdout;
	captured_err = stderr;
	printed[0] = '\0';
	stdout = fmemopen(printed, sizeof(printed), "w");
	stderr = stdout;
}

static inline void release(void)
{
	fclose(stdout);
	stdout = captured_out;
	stderr = captured_err;
}

#endif
