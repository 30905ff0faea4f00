// SPDX-License-Identifier: GPL-2.0
/*
 * Network: datagrams are lost, doubled, delayed, overtaken and cut off; some
 * are kept, to come back when everybody has forgotten them.
 */
#include "sim.h"

static struct packet *free_packets;

void packet_free(struct packet *packet)
{
	if (!packet)
		return;
	paxos_buf_put(packet->body);
	packet->next = free_packets;
	free_packets = packet;
}

static struct packet *packet_copy(const struct packet *packet)
{
	struct packet *copy = free_packets;

	if (copy)
		free_packets = copy->next;
	else
		copy = malloc(sizeof(*copy));
	if (!copy)
		abort();
	*copy = *packet;
	paxos_buf_get(copy->body);
	return copy;
}

static u64 delay_us(struct sim *sim)
{
	const struct config *config = &sim->config;
	u64 delay = config->latency_us + sim_below(sim, config->jitter_us + 1);

	if (!sim->network.healed && sim_chance(sim, config->late_ppm)) {
		fault_did(FAULT_LATE);
		delay += sim_below(sim, config->late_us);
	}
	return delay;
}

static void travel(struct sim *sim, struct packet *packet)
{
	struct happening happening = {
		.at_us = sim->now_us + delay_us(sim),
		.kind = HAPPENS_PACKET,
		.node = packet->to,
		.packet = packet,
	};

	queue_push(&sim->queue, &happening);
}

static void keep(struct sim *sim, const struct packet *packet)
{
	struct packet **place = &sim->network.old[sim_below(sim, OLD_MAX)];

	packet_free(*place);
	*place = packet_copy(packet);
}

/* The body, message->buf, is referenced. */
void network_send(struct sim *sim, u32 from, u32 to, const struct paxos_head *head,
		  const struct paxos_message *message)
{
	const struct config *config = &sim->config;
	struct network *network = &sim->network;
	struct packet packet = {
		.head = *head, .message = *message, .body = message->buf, .from = from, .to = to,
		.incarnation = sim->node[from]->incarnation,
	};

	network->sent++;
	if (network->cut[from][to]) {
		fault_did(FAULT_CUT_OFF);
		return;
	}
	if (sim_chance(sim, network->healed ? config->healed_drop_ppm : config->drop_ppm)) {
		fault_did(FAULT_DROPPED);
		return;
	}
	travel(sim, packet_copy(&packet));
	if (network->healed)
		return;
	if (sim_chance(sim, config->double_ppm)) {
		fault_did(FAULT_DOUBLED);
		travel(sim, packet_copy(&packet));
	}
	/* Votes and promises are what it matters for most. */
	if (sim_chance(sim, head->type == PAXOS_ACCEPTED || head->type == PAXOS_PROMISE ?
			    100000 : 10000))
		keep(sim, &packet);
	if (sim_chance(sim, config->old_ppm))
		network_replay_old(sim);
}

/* Something of long ago arrives once more. */
void network_replay_old(struct sim *sim)
{
	struct packet **old = &sim->network.old[sim_below(sim, OLD_MAX)];
	struct packet *old_again;

	if (!*old)
		return;
	fault_did(FAULT_OLD);
	old_again = packet_copy(*old);
	if (!sim_below(sim, 8)) {
		fault_did(FAULT_FOREIGN);
		old_again->head.cluster[0] ^= 1;
	}
	travel(sim, old_again);
}

void network_exit(struct sim *sim)
{
	struct happening happening;
	u32 i;

	while (queue_pop(&sim->queue, &happening))
		if (happening.kind == HAPPENS_PACKET)
			packet_free(happening.packet);
	for (i = 0; i < OLD_MAX; i++)
		packet_free(sim->network.old[i]);
}
