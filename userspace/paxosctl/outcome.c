// SPDX-License-Identifier: GPL-2.0
/*
 * What became of a proposal that was not chosen, or not known to be: what that is
 * called, for whoever proposes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "outcome.h"
#include "output.h"
#include "queued.h"

int outcome_status(int error)
{
	return error == ESTALE ? EXIT_UNKNOWN : queued_status(error);
}

void outcome_text(int error, uint32_t timeout_ms, char *text, size_t size)
{
	const char *known = strerror(error);

	switch (error) {
	case ETIMEDOUT:
		snprintf(text, size,
			 "timed out after %.*f s: outcome unknown, the value may still be chosen",
			 timeout_ms < 100 ? 3 : 1, timeout_ms / 1000.0);
		return;
	case EHOSTUNREACH:
		known = "no quorum: the value never left this node and is withdrawn";
		break;
	case ENOSPC:
		known = "the journal is full: trim the log to make room for new values";
		break;
	case EIO:
		known = "this node's disk failed: outcome unknown, the value may still be chosen";
		break;
	case ESTALE:
		known = "too old a sequence of this client: outcome unknown, it may be chosen";
		break;
	case ESHUTDOWN:
		known = "the group went away before it answered";
		break;
	}
	snprintf(text, size, "%s", known);
}
