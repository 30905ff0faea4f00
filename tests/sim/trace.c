// SPDX-License-Identifier: GPL-2.0
/* Trace: the last lines of what happened, kept, and printed if it went wrong. */
#include <stdarg.h>

#include "sim.h"

#define LINES	400u
#define WIDTH	240u

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
