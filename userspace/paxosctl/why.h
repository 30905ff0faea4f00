/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_WHY_H
#define PAXOSCTL_WHY_H

#include <jansson.h>

#include "ipc.h"

/* Why nothing is chosen: what to do about it, and whose datagrams were dropped. */
json_t *why_advice_json(const struct ipc_status *status);
json_t *why_strays_json(const struct ipc_status *status);
/* Both, for people: lines "dropped: ..." and "do: ...". */
void why_print(const struct ipc_status *status);

#endif
