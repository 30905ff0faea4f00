/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_PEERS_H
#define PAXOSCTL_PEERS_H

#include "ipc.h"
#include "output.h"

/* How a peer is shown, by peer list and by status. */
json_t *peer_json(const struct ipc_peer *peer);
void peer_heard_cell(struct table *table, const struct ipc_peer *peer);
void peer_rtt_cell(struct table *table, const struct ipc_peer *peer);

#endif
