// SPDX-License-Identifier: GPL-2.0
/*
 * Did you mean...?  What a mistyped word was to be, of those that are known.
 *
 * Words are compared by the slips that lead from one to the other: a letter left
 * out, put in, taken for another, or swapped with the next.
 */
#include <stdio.h>
#include <string.h>

#include "suggest.h"

#define WORD_MAX 32	/* bytes; a longer word is like no other */

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Slips from all through @a[@i] to all through @b[@j], from those before. */
static unsigned int step(unsigned int row[WORD_MAX + 1][WORD_MAX + 1], const char *a,
			 const char *b, size_t i, size_t j)
{
	unsigned int slips = row[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

	slips = least(slips, least(row[i - 1][j], row[i][j - 1]) + 1);
	if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
		slips = least(slips, row[i - 2][j - 2] + 1);
	return slips;
}

unsigned int suggest_distance(const char *typed, const char *meant)
{
	unsigned int row[WORD_MAX + 1][WORD_MAX + 1];
	size_t typed_length = strlen(typed), meant_length = strlen(meant);

	if (typed_length > WORD_MAX || meant_length > WORD_MAX)
		return SUGGEST_FAR;
	for (size_t i = 0; i <= typed_length; i++) {
		for (size_t j = 0; j <= meant_length; j++)
			row[i][j] = i && j ? step(row, typed, meant, i, j) : i + j;
	}
	/* A third of the letters may be wrong, of a short word one. */
	if (row[typed_length][meant_length] * 3 > typed_length + 2)
		return SUGGEST_FAR;
	return row[typed_length][meant_length];
}

const char *suggest(const char *typed, const char *const *words)
{
	unsigned int nearest = SUGGEST_FAR;
	const char *meant = NULL;

	for (; *words; words++) {
		unsigned int distance = suggest_distance(typed, *words);

		if (distance < nearest) {
			nearest = distance;
			meant = *words;
		}
	}
	return meant;
}

const char *suggest_text(const char *meant, char text[SUGGEST_TEXT_MAX])
{
	text[0] = '\0';
	if (meant)
		snprintf(text, SUGGEST_TEXT_MAX, ": did you mean '%s'?", meant);
	return text;
}
