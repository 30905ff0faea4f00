// SPDX-License-Identifier: GPL-2.0
/*
 * A grid of characters to draw on, whatever shows it then: a terminal, or a test.
 *
 * Text that is drawn is ASCII; whatever else is in it, as in names that others chose,
 * becomes a question mark, and cannot talk to the terminal.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "canvas.h"

#define LEVELS 8	/* of a sparkline */
#define TEXT_MAX 512

void canvas_start(struct canvas *canvas, unsigned int rows, unsigned int columns, bool utf8)
{
	canvas->rows = rows < CANVAS_ROWS_MAX ? rows : CANVAS_ROWS_MAX;
	canvas->columns = columns < CANVAS_COLUMNS_MAX ? columns : CANVAS_COLUMNS_MAX;
	canvas->utf8 = utf8;
	canvas->cell = must(calloc((size_t)canvas->rows * canvas->columns + 1,
				   sizeof(*canvas->cell)));
	for (unsigned int i = 0; i < canvas->rows * canvas->columns; i++)
		canvas->cell[i].glyph[0] = ' ';
}

void canvas_free(struct canvas *canvas)
{
	free(canvas->cell);
	canvas->cell = NULL;
}

const struct canvas_cell *canvas_at(const struct canvas *canvas, unsigned int row,
				    unsigned int column)
{
	return &canvas->cell[row * canvas->columns + column];
}

static void put(struct canvas *canvas, unsigned int row, unsigned int column, enum color color,
		const char *glyph)
{
	struct canvas_cell *cell;

	if (row >= canvas->rows || column >= canvas->columns)
		return;
	cell = &canvas->cell[row * canvas->columns + column];
	snprintf(cell->glyph, sizeof(cell->glyph), "%s", glyph);
	cell->color = color;
}

unsigned int canvas_text(struct canvas *canvas, unsigned int row, unsigned int column,
			 enum color color, const char *format, ...)
{
	char text[TEXT_MAX], glyph[2] = "";
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	for (const char *at = text; *at; at++) {
		glyph[0] = *at >= ' ' && *at <= '~' ? *at : '?';
		put(canvas, row, column++, color, glyph);
	}
	return column;
}

unsigned int canvas_bar(struct canvas *canvas, unsigned int row, unsigned int column,
			unsigned int width, enum color color, double part)
{
	unsigned int room = width > 2 ? width - 2 : 0, filled;

	part = part < 0 ? 0 : part > 1 ? 1 : part;
	filled = part * room + 0.5;
	/* The ends are kept for none and all. */
	if (!filled && part > 0)
		filled = 1;
	if (filled == room && part < 1 && room)
		filled = room - 1;
	put(canvas, row, column++, COLOR_NONE, "[");
	for (unsigned int i = 0; i < room; i++) {
		const char *full = canvas->utf8 ? "\u2588" : "#", *empty = canvas->utf8 ? "\u2591" : ".";

		put(canvas, row, column++, i < filled ? color : COLOR_NONE,
		    i < filled ? full : empty);
	}
	put(canvas, row, column++, COLOR_NONE, "]");
	return column;
}

unsigned int canvas_sparkline(struct canvas *canvas, unsigned int row, unsigned int column,
			      unsigned int width, enum color color, const double *value,
			      unsigned int count, double most)
{
	static const char * const utf8[LEVELS] = {
		"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588",
	};
	static const char * const ascii[LEVELS] = { "_", ".", "-", "=", "+", "*", "%", "#" };
	unsigned int shown = count < width ? count : width, level;

	for (unsigned int i = 0; i < shown; i++) {
		double now = value[count - shown + i];

		if (now < 0)
			continue;
		level = most > 0 && now < most ? now / most * LEVELS : most > 0 ? LEVELS - 1 : 0;
		put(canvas, row, column + width - shown + i, color,
		    (canvas->utf8 ? utf8 : ascii)[level]);
	}
	return column + width;
}

void canvas_print(FILE *file, const struct canvas *canvas)
{
	for (unsigned int row = 0; row < canvas->rows; row++) {
		unsigned int end = canvas->columns;

		while (end && !strcmp(canvas_at(canvas, row, end - 1)->glyph, " "))
			end--;
		for (unsigned int column = 0; column < end; column++)
			fputs(canvas_at(canvas, row, column)->glyph, file);
		fputc('\n', file);
	}
}
