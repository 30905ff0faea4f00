/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_SUGGEST_H
#define PAXOSCTL_SUGGEST_H

#include <stddef.h>

#define SUGGEST_FAR 1000u

/* How far @typed is from @meant; SUGGEST_FAR: no slip of the fingers, another word. */
unsigned int suggest_distance(const char *typed, const char *meant);
/* The nearest of @words (ended by NULL) to what was @typed; NULL: none is near. */
const char *suggest(const char *typed, const char *const *words);

#define SUGGEST_TEXT_MAX 80
/* ": did you mean 'MEANT'?", or nothing if @meant is NULL. */
const char *suggest_text(const char *meant, char text[SUGGEST_TEXT_MAX]);

#endif
