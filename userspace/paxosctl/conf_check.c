// SPDX-License-Identifier: GPL-2.0
/*
 * Do the lines of a configuration file agree?  Whatever can be known without the
 * kernel and the device is found here, before anything is set up.
 */
#include "conf.h"
#include "output.h"

static int check_missing(const struct conf *conf)
{
	if (!conf->line[SETTING_DEVICE])
		return conf_fail(conf, EXIT_USAGE, 0, "[group] has no device: device = /dev/...");
	if (!conf->line[SETTING_LISTEN])
		return conf_fail(conf, EXIT_USAGE, 0, "[group] has no address of this node: "
				 "listen = " ADDRESS_FORMS);
	if (!conf->add.insecure)
		return conf_fail(conf, EXIT_USAGE, conf->line[SETTING_INSECURE],
				 "datagrams cannot be encrypted yet: insecure = yes in [group] "
				 "accepts plain ones, in a network where you trust every host");
	return EXIT_DONE;
}

static int check_times(const struct conf *conf)
{
	uint32_t heartbeat_ms = conf->add.heartbeat_ms, election_ms = conf->add.election_ms;

	if (heartbeat_ms && heartbeat_ms < PAXOS_HEARTBEAT_MIN_MS)
		return conf_fail(conf, EXIT_USAGE, conf->line[SETTING_HEARTBEAT],
				 "heartbeat is %u ms: %u to %u are allowed", heartbeat_ms,
				 PAXOS_HEARTBEAT_MIN_MS, PAXOS_HEARTBEAT_MAX_MS);
	if (!heartbeat_ms)
		heartbeat_ms = PAXOS_HEARTBEAT_DEFAULT_MS;
	if (election_ms && election_ms < 3 * heartbeat_ms)
		return conf_fail(conf, EXIT_USAGE, conf->line[SETTING_ELECTION],
				 "election is %u ms: %u (3 heartbeats) to %u are allowed",
				 election_ms, 3 * heartbeat_ms, PAXOS_ELECTION_MAX_MS);
	return EXIT_DONE;
}

static int check_peer(const struct conf *conf, const struct conf_peer *peer)
{
	const union address *listen = &conf->add.listen;

	if (peer->node == conf->add.node)
		return conf_fail(conf, EXIT_USAGE, peer->line,
				 "node %u is this node (line %u): name the others", peer->node,
				 conf->line[SETTING_NODE]);
	if (peer->address.family != listen->family)
		return conf_fail(conf, EXIT_USAGE, peer->line,
				 "listen, in line %u, is %s: its peers need such addresses",
				 conf->line[SETTING_LISTEN],
				 listen->family == AF_INET6 ? "IPv6" : "IPv4");
	if (address_equal(&peer->address, listen))
		return conf_fail(conf, EXIT_USAGE, peer->line,
				 "this is the address of this node, in line %u",
				 conf->line[SETTING_LISTEN]);
	for (const struct conf_peer *other = conf->peer; other < peer; other++)
		if (address_equal(&peer->address, &other->address))
			return conf_fail(conf, EXIT_USAGE, peer->line,
					 "this is the address of node %u, in line %u",
					 other->node, other->line);
	return EXIT_DONE;
}

int conf_check(const struct conf *conf)
{
	int code = check_missing(conf);

	if (!code)
		code = check_times(conf);
	for (unsigned int i = 0; !code && i < conf->peers; i++)
		code = check_peer(conf, &conf->peer[i]);
	return code;
}
