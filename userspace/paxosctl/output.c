// SPDX-License-Identifier: GPL-2.0
/*
 * How the tool speaks: errors, JSON, tables, colour and progress.
 *
 * Everything that a command prints goes through here or through stdio on
 * standard output; errors and progress go to standard error.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "output.h"

#define PROGRESS_EVERY_MS 100
#define PROGRESS_WIDTH 30
#define REAL_DIGITS 9

struct settings settings;

static const char *error_context;

const char *output_context(const char *context)
{
	const char *outer = error_context;

	error_context = context;
	return outer;
}

json_t *error_json(int code, const char *message)
{
	return json_pack("{s:i,s:s}", "code", code, "message", message);
}

int fail(int code, const char *format, ...)
{
	char message[1024];
	size_t length = 0;
	va_list list;

	if (error_context)
		length = snprintf(message, sizeof(message) / 2, "%s", error_context);
	if (length >= sizeof(message) / 2)
		length = sizeof(message) / 2 - 1;
	va_start(list, format);
	vsnprintf(message + length, sizeof(message) - length, format, list);
	va_end(list);

	fflush(stdout);
	if (settings.json) {
		json_t *json = json_pack("{s:o}", "error", error_json(code, message));

		json_dumpf(json, stderr, settings.pretty ? JSON_INDENT(2) : JSON_COMPACT);
		fputc('\n', stderr);
		json_decref(json);
	} else {
		fprintf(stderr, "paxosctl: %s\n", message);
	}
	return code;
}

void print_json(json_t *json)
{
	size_t flags = settings.pretty ? JSON_INDENT(2) : JSON_COMPACT;

	json_dumpf(json, stdout, flags | JSON_REAL_PRECISION(REAL_DIGITS));
	fputc('\n', stdout);
	json_decref(json);
}

int output_flush(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	clearerr(stdout);
	return code ? code : fail(EXIT_REFUSED, "cannot write standard output: %s",
				  strerror(errno));
}

void *must(void *memory)
{
	if (!memory) {
		fputs("paxosctl: out of memory\n", stderr);
		exit(EXIT_REFUSED);
	}
	return memory;
}

uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}

bool color_wanted(void)
{
	const char *value;

	if (settings.color != COLOR_AUTO)
		return settings.color == COLOR_ALWAYS;
	value = getenv("NO_COLOR");
	if (value && *value)
		return false;
	value = getenv("TERM");
	return isatty(STDOUT_FILENO) && value && strcmp(value, "dumb");
}

const char *color_on(enum color color)
{
	static const char * const code[] = {
		[COLOR_NONE] = "",
		[COLOR_GOOD] = "\033[32m",
		[COLOR_WARN] = "\033[33m",
		[COLOR_BAD] = "\033[31m",
		[COLOR_HEAD] = "\033[1m",
	};

	return color_wanted() ? code[color] : "";
}

const char *color_off(enum color color)
{
	return color != COLOR_NONE && color_wanted() ? "\033[0m" : "";
}

struct cell {
	enum color color;
	char *text;
};

struct table {
	unsigned int columns;
	size_t count;
	struct cell *cell;
	size_t width[TABLE_COLUMNS_MAX];
};

struct table *table_new(unsigned int columns)
{
	struct table *table = must(calloc(1, sizeof(*table)));

	table->columns = columns;
	return table;
}

void table_cell(struct table *table, enum color color, const char *format, ...)
{
	unsigned int column = table->count % table->columns;
	struct cell *cell;
	va_list list;

	table->cell = must(realloc(table->cell, (table->count + 1) * sizeof(*cell)));
	cell = &table->cell[table->count++];
	cell->color = color;
	va_start(list, format);
	if (vasprintf(&cell->text, format, list) < 0)
		cell->text = NULL;
	va_end(list);
	must(cell->text);
	if (strlen(cell->text) > table->width[column])
		table->width[column] = strlen(cell->text);
}

void table_print(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		unsigned int column = i % table->columns;
		bool last = column + 1 == table->columns;
		struct cell *cell = &table->cell[i];
		int pad = last ? 0 : (int)(table->width[column] - strlen(cell->text));

		printf("%s%s%s%*s%s", color_on(cell->color), cell->text,
		       color_off(cell->color), pad, "", last ? "\n" : "  ");
		free(cell->text);
	}
	free(table->cell);
	free(table);
}

void progress_start(struct progress *progress, const char *what, uint64_t total)
{
	*progress = (struct progress) {
		.what = what,
		.total = total,
		.active = isatty(STDERR_FILENO),
	};
}

void progress_update(struct progress *progress, uint64_t done, const char *note)
{
	uint64_t now_ms = now_us() / 1000;
	char bar[PROGRESS_WIDTH + 1];
	unsigned int filled;

	if (!progress->active || now_ms - progress->shown_ms < PROGRESS_EVERY_MS)
		return;
	progress->shown_ms = now_ms;
	if (!progress->total) {
		fprintf(stderr, "\r%s: %s\033[K", progress->what, note);
		return;
	}
	if (done > progress->total)
		done = progress->total;
	filled = done * PROGRESS_WIDTH / progress->total;
	memset(bar, '.', PROGRESS_WIDTH);
	memset(bar, '#', filled);
	bar[PROGRESS_WIDTH] = '\0';
	fprintf(stderr, "\r%s [%s] %3u%%  %s\033[K", progress->what, bar,
		(unsigned int)(done * 100 / progress->total), note);
}

void progress_end(struct progress *progress)
{
	if (progress->active && progress->shown_ms)
		fputs("\r\033[K", stderr);
	progress->active = false;
}
