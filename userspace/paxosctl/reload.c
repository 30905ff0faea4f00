// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl up --reload: the peers of a group that is up become those of its file.
 *
 * Nothing is changed if the file asks for more than other peers, and what was
 * changed before something failed is put back.  An address that the group's own
 * configuration has (from member add) is not the file's to delete.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "output.h"
#include "reload.h"
#include "text.h"

/* Another address for one node; family 0: none. */
struct change {
	uint16_t node;
	unsigned int line;	/* of the file; 0: the node is not in it */
	union address before;
	union address after;
	bool kept;		/* it was not ours to delete */
};

struct reload {
	struct ipc *ipc;
	const struct conf *conf;
	unsigned int changes;
	struct change *change;		/* room for every peer that is, or is wanted */
};

static int differs(const struct conf *conf, enum setting setting, const char *running)
{
	return conf_fail(conf, EXIT_REFUSED, conf->line[setting],
			 "the group runs with %s = %s: only peers change without a stop; "
			 "for this, paxosctl down and up", setting_names[setting], running);
}

static bool same_device(const char *path, const char *other)
{
	struct stat a, b;

	return !strcmp(path, other) ||
	       (!stat(path, &a) && !stat(other, &b) && a.st_rdev == b.st_rdev);
}

/* Is the rest of the file what the group runs with?  Its times nobody can ask. */
static int check_rest(const struct conf *conf, const struct ipc_status *status)
{
	char text[ADDRESS_TEXT_MAX], node[8], gid[16] = "nobody's";

	if (!same_device(conf->device, status->device))
		return differs(conf, SETTING_DEVICE, status->device);
	if (!address_equal(&conf->add.listen, &status->listen))
		return differs(conf, SETTING_LISTEN, address_print(&status->listen, text));
	if (strcmp(text_mode(conf->add.mode), text_mode(status->mode)))
		return differs(conf, SETTING_MODE, text_mode(status->mode));
	if (strcmp(text_learn(conf->add.learn), text_learn(status->learn)))
		return differs(conf, SETTING_LEARN, text_learn(status->learn));
	snprintf(node, sizeof(node), "%u", status->node);
	if (conf->add.node && conf->add.node != status->node)
		return differs(conf, SETTING_NODE, node);
	if (status->shared)
		snprintf(gid, sizeof(gid), "%" PRIu32, status->gid);
	if (conf->add.shared != status->shared || conf->add.gid != status->gid)
		return differs(conf, SETTING_GID, gid);
	return EXIT_DONE;
}

static const struct conf_peer *find_wanted(const struct conf *conf, uint16_t node)
{
	for (unsigned int i = 0; i < conf->peers; i++)
		if (conf->peer[i].node == node)
			return &conf->peer[i];
	return NULL;
}

static void plan_change(struct reload *reload, uint16_t node, const union address *before,
			const struct conf_peer *wanted)
{
	static const union address none;
	struct change *change = &reload->change[reload->changes];
	const union address *after = wanted ? &wanted->address : &none;

	if (address_equal(before, after))
		return;
	*change = (struct change) {
		.node = node,
		.line = wanted ? wanted->line : 0,
		.before = *before,
		.after = *after,
	};
	reload->changes++;
}

static int plan(struct reload *reload)
{
	static const union address none;
	const struct conf *conf = reload->conf;
	bool known[PAXOS_NODES_MAX] = { false };
	unsigned int count;
	struct ipc_peer *list;
	int error = ipc_peer_list(reload->ipc, conf->group, &list, &count);

	if (error)
		return ipc_fail(reload->ipc, error);
	reload->change = must(calloc(count + conf->peers + 1, sizeof(*reload->change)));
	for (unsigned int i = 0; i < count; i++) {
		const struct conf_peer *wanted = find_wanted(conf, list[i].node);

		if (wanted)
			known[wanted - conf->peer] = true;
		plan_change(reload, list[i].node, &list[i].address, wanted);
	}
	for (unsigned int i = 0; i < conf->peers; i++)
		if (!known[i])
			plan_change(reload, conf->peer[i].node, &none, &conf->peer[i]);
	free(list);
	return EXIT_DONE;
}

static int set_address(struct reload *reload, uint16_t node, const union address *address)
{
	const char *group = reload->conf->group;

	return address->family ? ipc_peer_add(reload->ipc, group, node, address) :
				 ipc_peer_del(reload->ipc, group, node);
}

static int apply(struct reload *reload, struct change *change)
{
	int error = set_address(reload, change->node, &change->after);
	struct ipc_status status;

	if (!error)
		return EXIT_DONE;
	if (error == -ENOENT && !change->line &&
	    !ipc_status(reload->ipc, reload->conf->group, &status)) {
		change->kept = true;
		return EXIT_DONE;
	}
	return conf_fail(reload->conf, ipc_exit_status(error), change->line,
			 "%s; no peer was changed", ipc_error_text(reload->ipc, error));
}

static int apply_all(struct reload *reload)
{
	unsigned int at = 0;
	int code = EXIT_DONE;

	for (; at < reload->changes; at++) {
		code = apply(reload, &reload->change[at]);
		if (code)
			break;
	}
	while (code && at--) {
		const struct change *change = &reload->change[at];

		if (!change->kept)
			set_address(reload, change->node, &change->before);
	}
	return code;
}

static void print_change(const char *group, const struct change *change)
{
	char text[ADDRESS_TEXT_MAX];

	if (change->after.family)
		printf("group %s: node %u is at %s\n", group, change->node,
		       address_print(&change->after, text));
	else
		printf("group %s: address of node %u forgotten\n", group, change->node);
}

static int print_changes(const struct reload *reload)
{
	json_t *added = json_array(), *changed = json_array(), *deleted = json_array();
	unsigned int printed = 0;

	for (unsigned int i = 0; i < reload->changes; i++) {
		const struct change *change = &reload->change[i];
		json_t *list = !change->after.family ? deleted :
			       !change->before.family ? added : changed;

		if (change->kept)
			continue;
		json_array_append_new(list, json_integer(change->node));
		printed++;
		if (!settings.json && !settings.brief)
			print_change(reload->conf->group, change);
	}
	if (settings.json)
		print_json(json_pack("{s:s,s:O,s:O,s:O}", "group", reload->conf->group,
				     "added", added, "changed", changed, "deleted", deleted));
	else if (!printed && !settings.brief)
		printf("group %s: its peers are those of %s already\n", reload->conf->group,
		       reload->conf->path);
	json_decref(added);
	json_decref(changed);
	json_decref(deleted);
	return EXIT_DONE;
}

int reload_peers(struct ipc *ipc, const struct conf *conf)
{
	struct reload reload = { .ipc = ipc, .conf = conf };
	struct ipc_status status;
	int error = ipc_status(ipc, conf->group, &status), code;

	if (error)
		return ipc_fail(ipc, error);
	code = check_rest(conf, &status);
	if (!code)
		code = plan(&reload);
	if (!code)
		code = apply_all(&reload);
	if (!code)
		code = print_changes(&reload);
	free(reload.change);
	return code;
}
