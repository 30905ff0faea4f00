// SPDX-License-Identifier: GPL-2.0
/*
 * Inside: the only file of the simulator that looks into a replica, to see that
 * nothing stays behind there when all is answered.
 */
#include "sim.h"
#include "../../kmod/core/state.h"

/* What the replica still waits for; NULL: nothing. */
const char *inside_busy(const struct node *node)
{
	const struct paxos_replica *r = node->replica;
	u32 i;

	if (r->queue_head != r->queue_tail && !paxos_leads(r))
		return "queue of who does not lead";
	if (r->waiting_head != r->waiting_tail)
		return "waiting proposals";
	for (i = 0; i < PAXOS_SESSION_WINDOW; i++)
		if (r->outstanding[i].entry.type)
			return "outstanding proposals";
	for (i = 0; i < PAXOS_CLIENTS_OUTSTANDING; i++)
		if (r->client[i].entry.type)
			return "clients' proposals";
	for (i = 0; i < PAXOS_BARRIERS_MAX; i++)
		if (r->barrier[i].number && r->barrier[i].from == r->self)
			return "barriers";
	if (r->change.phase)
		return "a change of the members";
	if (r->install.wanted)
		return "a snapshot";
	if (r->transfer_wanted)
		return "a transfer";
	return NULL;
}

/* Does the replica know that the value of @slot is lost here? */
bool inside_lost(const struct node *node, u64 slot)
{
	return paxos_faulty_is_lost(node->replica, slot);
}

/* Every node's table is the same at the same slot, byte for byte. */
void inside_check_table(struct node *node)
{
	static u8 ours[PAXOS_TABLE_SIZE_MAX], core[PAXOS_TABLE_SIZE_MAX];
	const struct paxos_replica *r = node->replica;
	u32 length;

	if (r->table.slot != node->delivered)
		sim_fail(node->sim, "rule 8: n%u has delivered %llu, and its table is at %llu",
			 node->id, (unsigned long long)node->delivered,
			 (unsigned long long)r->table.slot);
	length = paxos_table_encode(history_table(node->sim, r->table.slot), ours);
	if (paxos_table_encode(&r->table, core) != length || memcmp(ours, core, length))
		sim_fail(node->sim, "rule 8: n%u has another table at slot %llu", node->id,
			 (unsigned long long)r->table.slot);
}
