/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_OUTPUT_H
#define PAXOSCTL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit status: the contract of INTERFACES.md. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_USAGE = 1,
	EXIT_REFUSED = 2,	/* the kernel (or the device) refused */
	EXIT_UNKNOWN = 3,	/* timed out, outcome unknown */
	EXIT_UNHEALTHY = 4,	/* no quorum, unhealthy or damaged */
	EXIT_MISSING = 5,	/* not found */
	EXIT_NO_MODULE = 6,
};

enum color_mode {
	COLOR_AUTO,
	COLOR_ALWAYS,
	COLOR_NEVER,
};

/* What the global options say. */
struct settings {
	bool json;
	bool pretty;
	bool brief;
	bool force;
	enum color_mode color;
	int timeout_ms;		/* 0: not given */
};

extern struct settings settings;

/*
 * Text put before the message of each error, such as "FILE:3: "; NULL: none.
 * Returns what stood there before.
 */
const char *output_context(const char *context);

/* Prints an error and returns @code, so that callers can return it in turn. */
int fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What fail() prints for @code, as JSON. */
json_t *error_json(int code, const char *message);

/* Prints one JSON object or array on a line of its own (takes the reference). */
void print_json(json_t *json);

/* Everything printed so far is out: exit status, @code if that is one already. */
int output_flush(int code);

enum color {
	COLOR_NONE,
	COLOR_GOOD,
	COLOR_WARN,
	COLOR_BAD,
	COLOR_HEAD,
};

/* A table: cells are added row by row; printed when all widths are known. */
#define TABLE_COLUMNS_MAX 12

struct table;

struct table *table_new(unsigned int columns);
void table_cell(struct table *table, enum color color, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void table_print(struct table *table);		/* and frees it */

/* As --color, NO_COLOR and the terminal say. */
bool color_wanted(void);
const char *color_on(enum color color);
const char *color_off(enum color color);

/* Progress on a terminal's standard error; elsewhere nothing is shown. */
struct progress {
	const char *what;
	uint64_t total;		/* 0: not known */
	uint64_t shown_ms;
	bool active;
};

void progress_start(struct progress *progress, const char *what, uint64_t total);
void progress_update(struct progress *progress, uint64_t done, const char *note);
void progress_end(struct progress *progress);

uint64_t now_us(void);

/* @memory, just allocated; there is no way on without it. */
void *must(void *memory);

#endif
