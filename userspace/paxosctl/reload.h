/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_RELOAD_H
#define PAXOSCTL_RELOAD_H

#include "conf.h"

/* Give the group, which is up, the peers of @conf.  An exit status; all is printed. */
int reload_peers(struct ipc *ipc, const struct conf *conf);

#endif
