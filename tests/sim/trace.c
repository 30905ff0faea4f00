// SPDX-License-Identifier: GPL-2.0
/* Trace: the last lines of what happened, kept, and printed if it went wrong. */
#include <stdarg.h>

#include "sim.h"

#define LINES	400u
#define WIDTH	240u

#define ROUND(ballot)							\
	(unsigned long long)paxos_ballot_round(ballot), paxos_ballot_node(ballot)

static char line[LINES][WIDTH];
static u64 lines;

void trace_clear(void)
{
	lines = 0;
}

void trace_line(struct sim *sim, const char *format, ...)
{
	char *to = line[lines++ % LINES];
	va_list args;
	int used;

	used = snprintf(to, WIDTH, "%12.6f  ", sim->now_us / 1e6);
	va_start(args, format);
	vsnprintf(to + used, WIDTH - used, format, args);
	va_end(args);
	if (sim->printing)
		printf("%s\n", to);
}

void trace_dump(void)
{
	u64 at = lines > LINES ? lines - LINES : 0;

	for (; at < lines; at++)
		printf("%s\n", line[at % LINES]);
}

/* ---- the state of each node ---- */

static const char *role_name(u8 role)
{
	static const char * const names[] = {
		[PAXOS_ROLE_FOLLOWER] = "follower",
		[PAXOS_ROLE_CANDIDATE] = "candidate",
		[PAXOS_ROLE_LEADER] = "leader",
		[PAXOS_ROLE_LEARNER] = "learner",
	};

	return role < ARRAY_SIZE(names) && names[role] ? names[role] : "?";
}

static void state_up(struct sim *sim, const struct node *node, const char *state)
{
	struct paxos_view view;
	struct paxos_vow vow;

	paxos_replica_view(node->replica, &view);
	paxos_replica_vow(node->replica, &vow);
	trace_line(sim, "n%-2u %-8s %-9s %2u %5llu.%-2u %5llu.%-2u %5llu.%-2u %7llu %7llu %7llu %7llu %6llu  %s%s",
		   node->id, state, role_name(view.role), view.leader, ROUND(view.ballot),
		   ROUND(vow.promised), ROUND(vow.ballot_used),
		   (unsigned long long)view.commit, (unsigned long long)view.durable,
		   (unsigned long long)view.delivered, (unsigned long long)view.trim,
		   (unsigned long long)view.config, disk_state(&node->disk), view.reason);
	if (inside_busy(node) || node->lost)
		trace_line(sim, "    waits for %s; %u values are lost, from slot %llu on",
			   inside_busy(node) ?: "nothing", node->lost,
			   node->lost ? (unsigned long long)node->lost_slot[0] : 0);
}

/* A table: who believes what, at the end. */
void trace_state(struct sim *sim)
{
	static const char * const states[] = {
		[NODE_DOWN] = "down", [NODE_STARTING] = "starting", [NODE_UP] = "up",
	};
	const struct node *node;
	u32 i;

	trace_line(sim, "node state   role  hears ballot  promised     used  commit durable deliver trimmed config  disk, reason");
	for (i = 0; i < NODES_MAX; i++) {
		node = sim->node[i];
		if (!node)
			continue;
		if (node->state == NODE_UP)
			state_up(sim, node, node->paused ? "paused" : node->failed ? "failed" :
				 states[NODE_UP]);
		else
			trace_line(sim, "n%-2u %-8s life %u, delivered %llu, promised %llu.%u durably  %s",
				   node->id, states[node->state], node->life,
				   (unsigned long long)node->delivered, ROUND(node->promised),
				   disk_state(&node->disk));
	}
}

/* ---- messages ---- */

static u32 add(char *text, u32 size, u32 used, const char *format, ...)
{
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(text + used, size - used, format, args);
	va_end(args);
	return port_min(used + more, size - 1);
}

static u32 add_items(char *text, u32 size, u32 used, const struct paxos_message *m)
{
	struct paxos_cursor cursor = {};
	struct paxos_item item;
	u32 shown = 0;

	while (m->items && paxos_message_next(m, &cursor, &item)) {
		if (shown++ == 4)
			return add(text, size, used, " ... %u items", m->items);
		if (item.claim.known)
			continue;
		if (m->type == PAXOS_ACCEPTED)
			used = add(text, size, used, " %llu+%llu", (unsigned long long)item.slot,
				   (unsigned long long)item.ballot);
		else
			used = add(text, size, used, " %llu@%llu.%u=%u.%llu.%llu%s",
				   (unsigned long long)item.slot,
				   (unsigned long long)paxos_ballot_round(item.ballot),
				   paxos_ballot_node(item.ballot), item.entry.id.origin,
				   (unsigned long long)item.entry.id.incarnation,
				   (unsigned long long)item.entry.id.sequence,
				   item.flags & PAXOS_ITEM_CHOSEN ? "!" : "");
	}
	return used;
}

void trace_message(const struct node *node, const char *verb, u32 other,
		   const struct paxos_message *m)
{
	char text[WIDTH];
	u32 used;

	if (!node->sim->tracing)
		return;
	used = add(text, sizeof(text), 0, "n%u.%u %s n%u %s %llu.%u slot %llu commit %llu number %llu",
		   node->id, node->life, verb, other + 1, paxos_message_name(m->type),
		   (unsigned long long)paxos_ballot_round(m->ballot), paxos_ballot_node(m->ballot),
		   (unsigned long long)m->slot, (unsigned long long)m->commit,
		   (unsigned long long)m->number);
	if (m->count)
		used = add(text, sizeof(text), used, " part %u/%u", m->index, m->count);
	add_items(text, sizeof(text), used, m);
	trace_line(node->sim, "%s", text);
}
