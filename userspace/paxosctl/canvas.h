/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_CANVAS_H
#define PAXOSCTL_CANVAS_H

#include <stdbool.h>
#include <stdio.h>

#include "output.h"

/* Larger screens are not filled. */
#define CANVAS_ROWS_MAX 200
#define CANVAS_COLUMNS_MAX 400

struct canvas_cell {
	char glyph[4];		/* one character; UTF-8 has none longer in what is drawn here */
	enum color color;
};

/* A screen that is none: what is drawn outside of it is not there. */
struct canvas {
	unsigned int rows;
	unsigned int columns;
	bool utf8;		/* else ASCII alone is drawn */
	struct canvas_cell *cell;
};

void canvas_start(struct canvas *canvas, unsigned int rows, unsigned int columns, bool utf8);
void canvas_free(struct canvas *canvas);
const struct canvas_cell *canvas_at(const struct canvas *canvas, unsigned int row,
				    unsigned int column);

/* Each returns the column behind what it drew. */
unsigned int canvas_text(struct canvas *canvas, unsigned int row, unsigned int column,
			 enum color color, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* @part, 0..1, of @width columns, in brackets that are some of them. */
unsigned int canvas_bar(struct canvas *canvas, unsigned int row, unsigned int column,
			unsigned int width, enum color color, double part);
/* The newest of @count values at the right; the highest is @most, below 0: there is none. */
unsigned int canvas_sparkline(struct canvas *canvas, unsigned int row, unsigned int column,
			      unsigned int width, enum color color, const double *value,
			      unsigned int count, double most);

/* As text, lines without blanks at their end. */
void canvas_print(FILE *file, const struct canvas *canvas);

#endif
