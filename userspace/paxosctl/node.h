/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_NODE_H
#define PAXOSCTL_NODE_H

#include "ipc.h"
#include "output.h"

/* What is said of a node of a group, by whatever shows it. */
enum color state_color(unsigned int state);
enum color health_color(unsigned int health);
/* Voters that are a majority. */
unsigned int quorum_need(const struct ipc_status *status);
const char *peer_role(const struct ipc_status *status, const struct ipc_peer *peer);
/* Slots that @peer is behind @chosen. */
uint64_t peer_lag(const struct ipc_peer *peer, uint64_t chosen);
/* Of this node's journal, what is used; 0..100. */
unsigned int journal_percent(const struct ipc_status *status);

#endif
