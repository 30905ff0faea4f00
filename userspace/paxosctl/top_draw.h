/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_TOP_DRAW_H
#define PAXOSCTL_TOP_DRAW_H

#include "canvas.h"
#include "watched.h"

/* What the user chose to see. */
struct top_view {
	unsigned int selected;	/* group */
	unsigned int scroll;	/* nodes that are above the list */
	bool paused;
	bool help;
	const char *clock;	/* what time it is */
};

void top_draw(struct canvas *canvas, const struct watched *watched, const struct top_view *view);

#endif
