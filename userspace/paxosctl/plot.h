/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_PLOT_H
#define PAXOSCTL_PLOT_H

#include <stdio.h>

#include "load.h"

/* An SVG picture of what a load came to. */
void plot_load(FILE *file, const struct load *load);

#endif
