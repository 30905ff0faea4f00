// SPDX-License-Identifier: GPL-2.0
/* Tracepoints are made here: see trace.h. */
#include "journal.h"

#define CREATE_TRACE_POINTS
#include "trace.h"
