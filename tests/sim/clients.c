// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: callers with a session of their own, who try the same proposal again,
 * through any node, until somebody says that it was chosen (rule 8).
 */
#include "sim.h"

#define OPEN_MAX	4u	/* proposals of one client at once */
#define CALL_US		1000ull	/* from one client's turn to another's, about, at least */

struct client {
	u32 number;			/* of its session */
	u64 sequence;			/* of the last that it began */
	u32 width;			/* so many proposals at once */
	u64 open[OPEN_MAX];		/* values; 0: none */
	u64 call[OPEN_MAX];		/* the newest for each; 0: none */
	u64 last;			/* value that was answered last */
	bool over;			/* outlived: it begins a new session */
};

static void begin_session(struct sim *sim, struct client *client)
{
	*client = (struct client) {
		.number = history_new_client(sim),
		.width = sim_between(sim, 1, OPEN_MAX),
	};
}

void clients_begin(struct sim *sim)
{
	u32 i;

	if (!sim->config.clients)
		return;
	sim->client = calloc(sim->config.clients, sizeof(*sim->client));
	if (!sim->client)
		abort();
	for (i = 0; i < sim->config.clients; i++) {
		begin_session(sim, &sim->client[i]);
		sim_push(sim, sim_below(sim, 200000), HAPPENS_CLIENT, 0, i);
	}
}

/* Any node; when all is well again, a member that can answer. */
static struct node *whom(struct sim *sim)
{
	u32 at = sim_below(sim, sim->nodes), i;
	struct node *node;

	if (sim->faults)
		return sim->node[at];
	for (i = 0; i < sim->nodes; i++) {
		node = sim->node[(at + i) % sim->nodes];
		if (history_newest(sim)->members >> node->index & 1 && !votes_no_more(node))
			return node;
	}
	return sim->node[at];
}

static u64 try(struct sim *sim, u64 value)
{
	struct node *node = whom(sim);
	u64 patience_us = sim_scaled(sim, sim->config.give_up_us / 10, sim->config.give_up_us);
	u64 number;

	if (!node_has_room(node, CALL_VALUE))
		return 0;
	number = model_call(node, CALL_VALUE, value);
	if (sim->faults)
		sim_push(sim, patience_us, HAPPENS_GIVE_UP, node->index, number);
	node_take_call(node, number);
	return number;
}

static void begin(struct sim *sim, struct client *client, u32 i)
{
	struct value *value;

	client->open[i] = model_new_value(sim, sim_between(sim, 8, port_max(sim->config.value_max,
									    8u)));
	value = &sim->model.value[client->open[i] - 1];
	value->client = history_client_id(client->number);
	value->sequence = ++client->sequence;
	client->call[i] = 0;
}

/* How far the oldest that is open lags: the window holds no more. */
static u64 span(struct sim *sim, const struct client *client)
{
	u64 oldest = client->sequence + 1;
	u32 i;

	for (i = 0; i < OPEN_MAX; i++)
		if (client->open[i])
			oldest = port_min(oldest, sim->model.value[client->open[i] - 1].sequence);
	return client->sequence + 1 - oldest;
}

static void go_on(struct sim *sim, struct client *client, u32 i)
{
	u64 call = client->call[i];

	if (!client->open[i]) {
		if (!sim->faults || i >= client->width ||
		    span(sim, client) >= PAXOS_CLIENT_WINDOW)
			return;
		begin(sim, client, i);
	}
	if (call && model_call_at(sim, call)->state == CALL_PENDING &&
	    !votes_no_more(sim->node[model_call_at(sim, call)->node]) &&
	    !(sim->faults && sim_chance(sim, sim->config.impatient_ppm)))
		return;
	client->call[i] = try(sim, client->open[i]);
}

void clients_next(struct sim *sim, u32 index)
{
	struct client *client = &sim->client[index];
	u64 think_us = port_max(sim->config.think_us, sim->config.clients * CALL_US);
	u32 i;

	if (client->over)
		begin_session(sim, client);
	for (i = 0; i < OPEN_MAX; i++)
		go_on(sim, client, i);
	/* It did not hear the answer. */
	if (sim->faults && client->last && sim_chance(sim, sim->config.impatient_ppm))
		try(sim, client->last);
	if (!sim->faults)
		think_us = sim->config.election_ms * 500ull;
	if (sim->faults || !clients_idle(sim))
		sim_push(sim, calls_pause(sim, sim_between(sim, think_us / 2, think_us)),
			 HAPPENS_CLIENT, 0, index);
}

/* A call for a client's value has ended. */
void clients_answered(struct sim *sim, u64 number)
{
	const struct call *call = model_call_at(sim, number);
	struct client *client;
	u32 i, k;

	if (call->state != CALL_CHOSEN && call->state != CALL_REFUSED)
		return;
	for (i = 0; i < sim->config.clients; i++) {
		client = &sim->client[i];
		for (k = 0; k < OPEN_MAX; k++) {
			if (client->open[k] != call->value)
				continue;
			client->over = call->state == CALL_REFUSED;
			client->last = call->value;
			client->open[k] = 0;
			return;
		}
	}
}

/* All is well: who thinks for long may come at once. */
void clients_healed(struct sim *sim)
{
	u32 i;

	for (i = 0; i < sim->config.clients; i++)
		sim_push(sim, sim_below(sim, 200000), HAPPENS_CLIENT, 0, i);
}

bool clients_idle(struct sim *sim)
{
	u32 i, k;

	for (i = 0; i < sim->config.clients; i++)
		for (k = 0; k < OPEN_MAX; k++)
			if (sim->client[i].open[k])
				return false;
	return true;
}
