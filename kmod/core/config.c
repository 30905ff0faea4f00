// SPDX-License-Identifier: GPL-2.0
/*
 * Configurations as bytes: the value of a CONFIG entry, whole, so that nobody
 * needs the ones before it.
 */
#include "table.h"

/* Index of @node in @config; -1: it is no member. */
int paxos_config_find(const struct paxos_config *config, u16 node)
{
	unsigned int i;

	for (i = 0; i < config->members; i++)
		if (config->member[i].node == node)
			return i;
	return -1;
}

/* Returns the length, at most PAXOS_CONFIG_SIZE_MAX bytes. */
u32 paxos_config_encode(const struct paxos_config *config, u64 base, u8 *out)
{
	struct paxos_config_head head = {
		.base = cpu_to_le64(base),
		.members = config->members,
	};
	const struct paxos_config_member *member;
	struct paxos_config_node node;
	u32 used = sizeof(head);
	unsigned int i;

	memcpy(out, &head, sizeof(head));
	for (i = 0; i < config->members; i++, used += sizeof(node)) {
		member = &config->member[i];
		node = (struct paxos_config_node) {
			.node = cpu_to_le16(member->node),
			.voter = member->voter,
			.family = member->endpoint.family,
			.port = cpu_to_le16(member->endpoint.port),
		};
		memcpy(node.address, member->endpoint.address, sizeof(node.address));
		memcpy(node.disk, member->disk, sizeof(node.disk));
		memcpy(out + used, &node, sizeof(node));
	}
	return used;
}

static bool decode_member(struct paxos_config_member *member, const u8 *data)
{
	struct paxos_config_node node;

	memcpy(&node, data, sizeof(node));
	*member = (struct paxos_config_member) {
		.node = le16_to_cpu(node.node),
		.voter = node.voter,
		.endpoint = { .family = node.family, .port = le16_to_cpu(node.port) },
	};
	memcpy(member->endpoint.address, node.address, sizeof(node.address));
	memcpy(member->disk, node.disk, sizeof(node.disk));
	return member->node && node.voter <= 1 &&
	       (node.family == 0 || node.family == 4 || node.family == 6);
}

/* @config->slot is left 0.  False if it is malformed, or no configuration can be so. */
bool paxos_config_decode(struct paxos_config *config, u64 *base, const u8 *data, u32 length)
{
	struct paxos_config_head head;
	unsigned int voters = 0, i;

	if (length < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	if (!head.members || head.members > PAXOS_NODES_MAX ||
	    length != sizeof(head) + head.members * sizeof(struct paxos_config_node))
		return false;
	*config = (struct paxos_config) { .members = head.members };
	for (i = 0; i < head.members; i++) {
		if (!decode_member(&config->member[i],
				   data + sizeof(head) + i * sizeof(struct paxos_config_node)))
			return false;
		if (i && config->member[i].node <= config->member[i - 1].node)
			return false;
		voters += config->member[i].voter;
	}
	*base = le64_to_cpu(head.base);
	return voters && voters <= PAXOS_VOTERS_MAX;
}
