// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl up: a group, as its configuration file has it.
 *
 * It is up whole or not at all: what was set up before something failed is taken
 * down again.  With --reload the group stays up, and its peers become those of the
 * file (reload.c).
 */
#include <errno.h>
#include <stdio.h>

#include "commands.h"
#include "conf.h"
#include "groups.h"
#include "output.h"
#include "reload.h"
#include "text.h"

#define CONTEXT_MAX (PATH_MAX + 256)

enum {
	OPTION_RELOAD = OPTION_FIRST,
};

const struct option up_options[] = {
	{ "reload", no_argument, NULL, OPTION_RELOAD },
	{ 0 },
};

/* A group that is being set up. */
struct up {
	struct ipc *ipc;
	struct conf *conf;
	struct ipc_group group;
	bool left_out[PAXOS_NODES_MAX];	/* peers of the file that are no members */
};

static int check_absent(struct up *up)
{
	struct ipc_status status;
	int error = ipc_status(up->ipc, up->conf->group, &status);

	if (error == -ENOENT)
		return EXIT_DONE;
	if (error)
		return ipc_fail(up->ipc, error);
	return conf_fail(up->conf, EXIT_REFUSED, 0,
			 "group %s is up already; up --reload changes its peers",
			 up->conf->group);
}

/*
 * A member of before may have been removed since the file was written: that must not
 * keep this node down.
 */
static int add_peer(struct up *up, unsigned int at)
{
	const struct conf_peer *peer = &up->conf->peer[at];
	int error;

	if (peer->node == up->group.node)
		return conf_fail(up->conf, EXIT_USAGE, peer->line,
				 "node %u is this node, by its device: name the others",
				 peer->node);
	error = ipc_peer_add(up->ipc, up->conf->group, peer->node, &peer->address);
	if (!error)
		return EXIT_DONE;
	if (error != -EINVAL)
		return conf_fail(up->conf, ipc_exit_status(error), peer->line, "%s",
				 ipc_error_text(up->ipc, error));
	up->left_out[at] = true;
	if (!settings.json)
		fprintf(stderr, "paxosctl: %s:%u: left out: %s\n", up->conf->path, peer->line,
			ipc_error_text(up->ipc, error));
	return EXIT_DONE;
}

static int start_in_context(struct up *up)
{
	const char *outer = output_context(NULL);
	char context[CONTEXT_MAX];
	int code;

	snprintf(context, sizeof(context), "%s%s: ", outer ? outer : "", up->conf->path);
	output_context(context);
	code = group_start(up->ipc, &up->conf->add, &up->group);
	output_context(outer);
	return code;
}

static int set_up(struct up *up)
{
	int code = check_absent(up);

	if (!code)
		code = start_in_context(up);
	if (code)
		return code;
	for (unsigned int i = 0; !code && i < up->conf->peers; i++)
		code = add_peer(up, i);
	if (code)
		group_stop(up->ipc, up->conf->group);
	return code;
}

static int print_up(const struct up *up)
{
	json_t *peers = json_array(), *left_out = json_array();
	char cluster[UUID_TEXT_MAX];

	for (unsigned int i = 0; i < up->conf->peers; i++)
		json_array_append_new(up->left_out[i] ? left_out : peers,
				      json_integer(up->conf->peer[i].node));
	text_uuid(up->group.cluster, cluster);
	if (!settings.json && !settings.brief)
		printf("group %s: node %u of cluster %s, %zu peers\n", up->conf->group,
		       up->group.node, cluster, json_array_size(peers));
	if (settings.json)
		print_json(json_pack("{s:s,s:i,s:s,s:O,s:O}", "group", up->conf->group,
				     "node", up->group.node, "cluster", cluster,
				     "peers", peers, "left_out", left_out));
	json_decref(peers);
	json_decref(left_out);
	return EXIT_DONE;
}

int up_run(const struct args *args)
{
	struct conf conf;
	struct up up = { .conf = &conf };
	int code = args_words(args, 1, 1);

	if (!code)
		code = conf_read(args->word[0], &conf);
	if (!code)
		up.ipc = ipc_get(&code);
	if (!up.ipc)
		return code;
	if (args->options)
		return reload_peers(up.ipc, &conf);
	code = set_up(&up);
	return code ? code : print_up(&up);
}
