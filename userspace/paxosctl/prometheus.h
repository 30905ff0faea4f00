/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_PROMETHEUS_H
#define PAXOSCTL_PROMETHEUS_H

#include "ipc.h"

/* One group of this node, as both commands tell of it. */
struct observed {
	struct ipc_stats stats;
	struct ipc_status status;
};

void prometheus_print(const struct observed *groups, unsigned int count);

#endif
