/* SPDX-License-Identifier: GPL-2.0 */
/* The module's own code for what stands on a disk (kmod/core), built into the tool. */
#ifndef PAXOSCTL_CORE_H
#define PAXOSCTL_CORE_H

#include "../port/port.h"
#include "../../kmod/core/restore.h"

#endif
