/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_SCREEN_H
#define PAXOSCTL_SCREEN_H

#include "canvas.h"

enum screen_key {
	SCREEN_NOTHING,		/* time is over, or the terminal has another size */
	SCREEN_QUIT,		/* or there is no terminal any more */
	SCREEN_LEFT,
	SCREEN_RIGHT,
	SCREEN_UP,
	SCREEN_DOWN,
	SCREEN_OTHER,		/* *@character says which */
};

/* Why there can be no screen here; NULL: there can. */
const char *screen_problem(void);
/* Takes the terminal over; false: that failed. */
bool screen_open(bool color);
void screen_close(void);
/* An empty canvas of the terminal's size and abilities. */
void screen_canvas(struct canvas *canvas);
void screen_show(const struct canvas *canvas);
/* Waits for a key, for @timeout_ms at most. */
enum screen_key screen_key(int timeout_ms, char *character);

#endif
