// SPDX-License-Identifier: GPL-2.0
/*
 * What is said of a node of a group, so that status, peer list, member list and top
 * say the same.
 */
#include "node.h"
#include "text.h"

enum color state_color(unsigned int state)
{
	switch (state) {
	case PAXOS_STATE_OK:
		return COLOR_GOOD;
	case PAXOS_STATE_STARTING:
	case PAXOS_STATE_UNCONFIRMED:
	case PAXOS_STATE_JOINING:
		return COLOR_WARN;
	}
	return COLOR_BAD;
}

enum color health_color(unsigned int health)
{
	switch (health) {
	case PAXOS_HEALTH_OK:
		return COLOR_GOOD;
	case PAXOS_HEALTH_CATCH_UP:
		return COLOR_WARN;
	}
	return COLOR_BAD;
}

uint64_t peer_lag(const struct ipc_peer *peer, uint64_t chosen)
{
	return chosen > peer->chosen ? chosen - peer->chosen : 0;
}

unsigned int quorum_need(const struct ipc_status *status)
{
	return status->voters / 2 + 1;
}

const char *peer_role(const struct ipc_status *status, const struct ipc_peer *peer)
{
	if (status->leader == peer->node)
		return text_role(PAXOS_ROLE_LEADER);
	return text_role(peer->voter ? PAXOS_ROLE_FOLLOWER : PAXOS_ROLE_LEARNER);
}

unsigned int journal_percent(const struct ipc_status *status)
{
	return status->disk_size ? status->disk_used / (status->disk_size / 100 + 1) : 0;
}
