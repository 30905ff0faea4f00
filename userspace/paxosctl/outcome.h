/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_OUTCOME_H
#define PAXOSCTL_OUTCOME_H

#include <stddef.h>
#include <stdint.h>

/* Exit status, and text, of a proposal that came to positive errno @error. */
int outcome_status(int error);
void outcome_text(int error, uint32_t timeout_ms, char *text, size_t size);

#endif
