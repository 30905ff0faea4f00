// SPDX-License-Identifier: GPL-2.0
/*
 * History: what the log says, slot by slot, by rules written down a second time.
 *
 * Who governs which slots (rule 13) and what is delivered (rule 8) follows from
 * the chosen entries alone; here without the bounds that the core's table needs.
 * Slots come in order, when somebody delivers them for the first time: a node
 * that proposes in slot t has delivered all through t - PAXOS_WINDOW.
 */
#include "sim.h"

typedef unsigned long long ull;

void history_begin(struct sim *sim)
{
	struct model *model = &sim->model;

	model->config[0] = (struct config_model) {
		.members = (1u << sim->config.members) - 1,
		.voters = (1u << sim->config.voters) - 1,
	};
	model->configs = 1;
}

void history_exit(struct sim *sim)
{
	struct model *model = &sim->model;
	u32 i;

	for (i = 0; i < NODES_MAX; i++)
		free(model->session[i].seen);
	free(model->client);
	free(model->table);
}

/* ---- members ---- */

const struct config_model *history_newest(struct sim *sim)
{
	return &sim->model.config[sim->model.configs - 1];
}

/* config(@slot): the first one changed by all that was chosen through @slot - PAXOS_WINDOW. */
const struct config_model *history_config(struct sim *sim, u64 slot)
{
	struct model *model = &sim->model;
	u32 i = model->configs - 1;

	if (slot > model->top + PAXOS_WINDOW)
		sim_fail(sim, "rule 13: slot %llu is used, and nobody knows who governs it",
			 (ull)slot);
	while (i && slot < model->config[i].slot + PAXOS_WINDOW)
		i--;
	return &model->config[i];
}

bool history_majority(struct sim *sim, u64 slot, u32 nodes)
{
	u32 voters = history_config(sim, slot)->voters;

	return __builtin_popcount(nodes & voters) > __builtin_popcount(voters) / 2;
}

static bool read_config(struct sim *sim, const struct paxos_entry *entry,
			struct config_model *config, u64 *base)
{
	static struct paxos_config read;
	u32 i;

	if (!paxos_config_decode(&read, base, entry->value.data, entry->value.length))
		sim_fail(sim, "a configuration is malformed");
	*config = (struct config_model) {};
	for (i = 0; i < read.members; i++) {
		u32 node = read.member[i].node - 1u;

		if (node >= NODES_MAX || !sim->node[node])
			sim_fail(sim, "a configuration has node %u, which never was",
				 read.member[i].node);
		config->members |= 1u << node;
		if (read.member[i].voter)
			config->voters |= 1u << node;
	}
	return config->voters;
}

/* The CONFIG in @slot takes effect only if it follows from the newest one, in force. */
static bool change(struct sim *sim, u64 slot, const struct paxos_entry *entry)
{
	struct model *model = &sim->model;
	const struct config_model *newest = history_newest(sim);
	struct config_model config;
	u64 base;
	u32 i;

	if (!read_config(sim, entry, &config, &base) || base != newest->slot ||
	    (newest->slot && slot < newest->slot + PAXOS_WINDOW))
		return false;
	for (i = 0; i < NODES_MAX; i++)
		if (config.members >> i & 1 && model->removed[i])
			return false;
	if (model->configs == CONFIGS_MAX)
		sim_fail(sim, "more configurations than the simulator has room for");
	for (i = 0; i < NODES_MAX; i++)
		if (newest->members & ~config.members & 1u << i)
			model->removed[i] = slot;
	config.slot = slot;
	model->config[model->configs++] = config;
	trace(sim, "configuration of slot %llu: members 0x%x, voters 0x%x", (ull)slot,
	      config.members, config.voters);
	return true;
}

/* Was it away for so long that of those it knows nobody is left?  It must be replaced. */
static bool left_behind(const struct node *node)
{
	const struct model *model = &node->sim->model;
	u32 newest = history_newest(node->sim)->members & ~(1u << node->index);
	u32 i = model->configs - 1, alive = 0, k;

	while (i && node->delivered < model->config[i].slot)
		i--;
	for (k = 0; k < node->sim->nodes; k++)
		if (!node->sim->node[k]->dead)
			alive |= 1u << k;
	return newest && !(model->config[i].members & newest & alive);
}

/* It will not vote any more, whatever comes. */
bool votes_no_more(const struct node *node)
{
	return node->dead || node->mute || node->forgotten ||
	       (!node->sim->faults && left_behind(node));
}

/* ---- origins ---- */

static bool origin_delivers(struct sim *sim, const struct paxos_proposal_id *id)
{
	struct session_model *s = &sim->model.session[id->origin - 1];
	u64 room;

	if (!(history_newest(sim)->members >> (id->origin - 1) & 1) ||
	    id->incarnation < s->incarnation)
		return false;
	if (id->incarnation > s->incarnation) {
		s->incarnation = id->incarnation;
		s->nonce = id->nonce;
		s->newest = id->sequence;
		if (s->room)
			memset(s->seen, 0, s->room);
	} else if (id->nonce != s->nonce) {
		return false;
	}
	if (id->sequence >= 1u << 20)
		sim_fail(sim, "sequence %llu is absurd", (ull)id->sequence);
	if (id->sequence >= s->room) {
		room = 2 * id->sequence + 256;
		s->seen = realloc(s->seen, room);
		if (!s->seen)
			abort();
		memset(s->seen + s->room, 0, room - s->room);
		s->room = room;
	}
	if (id->sequence + PAXOS_SESSION_WINDOW <= s->newest || s->seen[id->sequence])
		return false;
	s->seen[id->sequence] = 1;
	s->newest = port_max(s->newest, id->sequence);
	return true;
}

/* ---- clients: the number is part of the id ---- */

#define CLIENT_BITS	16u

u32 history_new_client(struct sim *sim)
{
	struct model *model = &sim->model;

	if (!(model->clients & (model->clients - 1))) {
		model->client = realloc(model->client,
					(2 * model->clients + 1) * sizeof(*model->client));
		if (!model->client)
			abort();
	}
	if (model->clients >> CLIENT_BITS)
		sim_fail(sim, "more clients than the simulator has numbers for");
	model->client[model->clients] = (struct client_model) {};
	return model->clients++;
}

u64 history_client_id(u32 client)
{
	u64 mixed = client;

	return random_next(&mixed) << CLIENT_BITS | client;
}

/* Whose last delivery is the longest ago goes, for ever. */
static void evict_one(struct model *model)
{
	struct client_model *oldest = NULL;
	u32 i;

	for (i = 0; i < model->clients; i++)
		if (model->client[i].live && (!oldest || model->client[i].used < oldest->used))
			oldest = &model->client[i];
	oldest->live = false;
	oldest->evicted = true;
	model->live_clients--;
}

/* @type: how the core delivers it, where only its filter of evicted clients knows. */
static bool client_delivers(struct sim *sim, u64 slot, const struct paxos_proposal_id *id, u8 type)
{
	struct model *model = &sim->model;
	u32 number = id->incarnation & ((1u << CLIENT_BITS) - 1);
	struct client_model *c;
	u64 ahead;

	if (number >= model->clients || id->incarnation != history_client_id(number))
		sim_fail(sim, "validity: slot %llu is of a client that never was", (ull)slot);
	c = &model->client[number];
	if (c->evicted)
		return false;
	if (!c->live) {
		/* The filter of evicted clients may take it for one of them. */
		if (model->clients > PAXOS_CLIENTS_MAX && type == PAXOS_ENTRY_NOOP)
			return false;
		if (model->live_clients == PAXOS_CLIENTS_MAX)
			evict_one(model);
		c->live = true;
		model->live_clients++;
	}
	if (id->sequence > c->newest) {
		ahead = id->sequence - c->newest;
		c->seen = ahead < 64 ? c->seen << ahead | 1 : 1;
		c->newest = id->sequence;
		c->used = slot;
		return true;
	}
	ahead = c->newest - id->sequence;
	if (ahead >= PAXOS_CLIENT_WINDOW || c->seen >> ahead & 1)
		return false;
	c->seen |= 1ull << ahead;
	c->used = slot;
	return true;
}

/* The entry of the next slot: as what is it to be delivered? */
u8 history_apply(struct sim *sim, u64 slot, const struct paxos_entry *entry, u8 type)
{
	const struct paxos_proposal_id *id = &entry->id;

	if (entry->type == PAXOS_ENTRY_NOOP)
		return PAXOS_ENTRY_NOOP;
	if (!id->origin || id->origin > NODES_MAX || !sim->node[id->origin - 1])
		sim_fail(sim, "validity: slot %llu is of node %u, which never was", (ull)slot,
			 id->origin);
	if (!(id->client ? client_delivers(sim, slot, id, type) : origin_delivers(sim, id)))
		return PAXOS_ENTRY_NOOP;
	if (entry->type == PAXOS_ENTRY_CONFIG && !change(sim, slot, entry))
		return PAXOS_ENTRY_NOOP;
	return entry->type;
}

/* ---- the core's table, from the first slot on ---- */

static void first_table(struct sim *sim, struct paxos_table *table)
{
	struct paxos_config config = { .members = sim->config.members };
	u32 i;

	for (i = 0; i < config.members; i++) {
		config.member[i].node = i + 1;
		config.member[i].voter = i < sim->config.voters;
	}
	paxos_table_first(table, &config);
}

/* The table at @slot, which somebody has delivered; valid until the next call. */
const struct paxos_table *history_table(struct sim *sim, u64 slot)
{
	struct model *model = &sim->model;
	const struct slot_model *at;
	u64 first;

	if (slot > model->top)
		sim_fail(sim, "shell: a table at slot %llu, which nobody has delivered", (ull)slot);
	if (!model->table) {
		model->table = malloc(sizeof(*model->table));
		if (!model->table)
			abort();
		first_table(sim, model->table);
	}
	if (model->table->slot > slot)
		first_table(sim, model->table);
	while (model->table->slot < slot) {
		at = &model->slot[model->table->slot + 1];
		if (paxos_table_apply(model->table, &at->entry, &first) != at->type)
			sim_fail(sim, "rule 8: slot %llu was delivered otherwise than the table has it",
				 (ull)model->table->slot);
	}
	return model->table;
}
