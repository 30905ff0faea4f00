// SPDX-License-Identifier: GPL-2.0
/*
 * The settings of a group, from text: one at a time, as group add has them on its
 * command line and a configuration file has them in its lines.
 */
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "setting.h"

const char *const setting_names[SETTINGS + 1] = {
	[SETTING_DEVICE] = "device",
	[SETTING_LISTEN] = "listen",
	[SETTING_INSECURE] = "insecure",
	[SETTING_HEARTBEAT] = "heartbeat",
	[SETTING_ELECTION] = "election",
	[SETTING_MODE] = "mode",
	[SETTING_LEARN] = "learn",
	[SETTING_ROLE] = "role",
	[SETTING_NODE] = "node",
	[SETTING_GID] = "gid",
};

static bool take_device(const char *text, struct ipc_group_add *add, char *wants)
{
	size_t length = strlen(text);

	snprintf(wants, SETTING_WANTS_MAX, "a path of 1 to %u bytes", PAXOS_DEVICE_PATH_MAX);
	if (!length || length > PAXOS_DEVICE_PATH_MAX)
		return false;
	add->device = text;
	return true;
}

static bool take_ms(const char *text, uint32_t most, uint32_t *value_ms, char *wants)
{
	uint64_t number;

	snprintf(wants, SETTING_WANTS_MAX, "milliseconds, at most %u", most);
	if (!parse_u64(text, 1, most, &number))
		return false;
	*value_ms = number;
	return true;
}

/* One of two words, and what they stand for. */
struct choice {
	const char *word[2];
	uint8_t number[2];
};

static bool take_choice(const char *text, const struct choice *choice, uint8_t *number,
			char *wants)
{
	snprintf(wants, SETTING_WANTS_MAX, "%s or %s", choice->word[0], choice->word[1]);
	for (int i = 0; i < 2; i++) {
		if (!strcmp(text, choice->word[i])) {
			*number = choice->number[i];
			return true;
		}
	}
	return false;
}

static const struct choice insecure_choice = {
	{ "yes", "no" }, { true, false }
};

static const struct choice mode_choice = {
	{ "multi", "basic" }, { PAXOS_MODE_MULTI, PAXOS_MODE_BASIC }
};

static const struct choice learn_choice = {
	{ "leader", "broadcast" }, { PAXOS_LEARN_LEADER, PAXOS_LEARN_BROADCAST }
};

static const struct choice role_choice = {
	{ "voter", "learner" }, { PAXOS_ROLE_FOLLOWER, PAXOS_ROLE_LEARNER }
};

static bool take_insecure(const char *text, struct ipc_group_add *add, char *wants)
{
	uint8_t insecure;

	if (!take_choice(text, &insecure_choice, &insecure, wants))
		return false;
	add->insecure = insecure;
	return true;
}

/* By name, as chgrp(1) prefers, or by number; -1 is no group. */
static bool take_gid(const char *text, struct ipc_group_add *add, char *wants)
{
	const struct group *group = getgrnam(text);
	uint64_t number;

	snprintf(wants, SETTING_WANTS_MAX, "a group of users, by name or number");
	if (group)
		number = group->gr_gid;
	else if (!parse_u64(text, 0, UINT32_MAX - 1, &number))
		return false;
	add->gid = number;
	add->shared = true;
	return true;
}

bool setting_take(enum setting setting, const char *text, struct ipc_group_add *add,
		  char wants[SETTING_WANTS_MAX])
{
	switch (setting) {
	case SETTING_DEVICE:
		return take_device(text, add, wants);
	case SETTING_LISTEN:
		snprintf(wants, SETTING_WANTS_MAX, "%s", ADDRESS_FORMS);
		return address_parse(text, &add->listen);
	case SETTING_INSECURE:
		return take_insecure(text, add, wants);
	case SETTING_HEARTBEAT:
		return take_ms(text, PAXOS_HEARTBEAT_MAX_MS, &add->heartbeat_ms, wants);
	case SETTING_ELECTION:
		return take_ms(text, PAXOS_ELECTION_MAX_MS, &add->election_ms, wants);
	case SETTING_MODE:
		return take_choice(text, &mode_choice, &add->mode, wants);
	case SETTING_LEARN:
		return take_choice(text, &learn_choice, &add->learn, wants);
	case SETTING_ROLE:
		return take_choice(text, &role_choice, &add->role, wants);
	case SETTING_NODE:
		snprintf(wants, SETTING_WANTS_MAX, "a node id, 1 to %u", PAXOS_NODE_ID_MAX);
		return parse_node(text, &add->node);
	case SETTING_GID:
		return take_gid(text, add, wants);
	case SETTINGS:
		break;
	}
	return false;
}
