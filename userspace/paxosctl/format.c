// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl format: makes a block device the disk of one node.
 *
 * The first nodes of a cluster are formatted with the same cluster UUID and the
 * same voters, later ones with --join; each disk gets a UUID of its own, anew each
 * time, so that a node that was formatted again is not taken for the one before.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include <linux/paxos.h>

#include "commands.h"
#include "device.h"
#include "layout.h"
#include "output.h"
#include "text.h"

_Static_assert(LAYOUT_VOTERS_MAX == PAXOS_VOTERS_MAX, "as many voters as the kernel takes");

enum {
	OPTION_CLUSTER = OPTION_FIRST,
	OPTION_NODE,
	OPTION_VOTERS,
	OPTION_SIZE,
	OPTION_JOIN,
};

const struct option format_options[] = {
	{ "cluster", required_argument, NULL, OPTION_CLUSTER },
	{ "node", required_argument, NULL, OPTION_NODE },
	{ "voters", required_argument, NULL, OPTION_VOTERS },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "join", no_argument, NULL, OPTION_JOIN },
	{ 0 },
};

struct format {
	const char *device;
	bool cluster_given;
	bool cluster_new;
	uint64_t size;		/* bound of the ring; 0: none */
	struct layout layout;
};

static int parse_cluster(const struct args *args, const char *text, struct format *format)
{
	format->cluster_given = true;
	format->cluster_new = !strcmp(text, "new");
	if (format->cluster_new)
		uuid_generate_random(format->layout.cluster);
	else if (uuid_parse(text, format->layout.cluster))
		return args_fail(args, "--cluster wants a UUID or 'new', not '%s'", text);
	return EXIT_DONE;
}

/* Keeps the voters ascending, so that every node's superblock lists the same. */
static bool add_voter(struct layout *layout, uint16_t node)
{
	unsigned int at = layout->voters;

	for (unsigned int i = 0; i < layout->voters; i++)
		if (layout->voter[i] == node)
			return false;
	for (; at && layout->voter[at - 1] > node; at--)
		layout->voter[at] = layout->voter[at - 1];
	layout->voter[at] = node;
	layout->voters++;
	return true;
}

static int parse_voters(const struct args *args, const char *text, struct layout *layout)
{
	char list[128], *rest = list, *item;
	uint16_t node;

	layout->voters = 0;
	if (strlen(text) >= sizeof(list))
		return args_fail(args, "--voters takes at most %u nodes", PAXOS_VOTERS_MAX);
	strcpy(list, text);
	while ((item = strsep(&rest, ","))) {
		if (!parse_node(item, &node))
			return args_fail(args, "--voters wants node ids like 1,2,3, not '%s'",
					 text);
		if (layout->voters == PAXOS_VOTERS_MAX)
			return args_fail(args, "--voters takes at most %u nodes",
					 PAXOS_VOTERS_MAX);
		if (!add_voter(layout, node))
			return args_fail(args, "--voters names node %u twice", node);
	}
	return EXIT_DONE;
}

static int take_option(const struct args *args, int id, const char *value, struct format *format)
{
	switch (id) {
	case OPTION_CLUSTER:
		return parse_cluster(args, value, format);
	case OPTION_NODE:
		if (!parse_node(value, &format->layout.node))
			return args_fail(args, "--node wants a node id, 1 to %u, not '%s'",
					 PAXOS_NODE_ID_MAX, value);
		break;
	case OPTION_VOTERS:
		return parse_voters(args, value, &format->layout);
	case OPTION_SIZE:
		if (!parse_size(value, &format->size) || format->size < PAXOS_RING_MIN)
			return args_fail(args, "--size wants %uM or more, not '%s'",
					 PAXOS_RING_MIN >> 20, value);
		break;
	case OPTION_JOIN:
		format->layout.join = true;
		break;
	}
	return EXIT_DONE;
}

static int check_join(const struct args *args, const struct format *format)
{
	if (format->layout.voters)
		return args_fail(args, "--join excludes --voters: the group tells who votes");
	if (format->cluster_new)
		return args_fail(args, "--join wants --cluster with the running group's UUID");
	return EXIT_DONE;
}

static int check_complete(const struct args *args, const struct format *format)
{
	const struct layout *layout = &format->layout;

	if (!format->cluster_given)
		return args_fail(args, "--cluster is missing: 'new', or the first node's UUID");
	if (!layout->node)
		return args_fail(args, "--node is missing");
	if (layout->join)
		return check_join(args, format);
	if (!layout->voters)
		return args_fail(args, "--voters is missing, or --join");
	for (unsigned int i = 0; i < layout->voters; i++)
		if (layout->voter[i] == layout->node)
			return EXIT_DONE;
	return args_fail(args, "node %u is not among the voters", layout->node);
}

static int size_ring(struct format *format)
{
	struct layout *layout = &format->layout;

	layout->ring_size = layout_ring_size(layout->device_size);
	if (!layout->ring_size)
		return fail(EXIT_REFUSED,
			    "%s is too small: %" PRIu64 " bytes, at least %u are needed",
			    format->device, layout->device_size, PAXOS_DEVICE_MIN);
	if (format->size > layout->ring_size)
		return fail(EXIT_REFUSED, "%s has room for a ring of %" PRIu64 " bytes at most",
			    format->device, layout->ring_size);
	if (format->size)
		layout->ring_size = format->size & ~(uint64_t)(PAXOS_BLOCK_SIZE - 1);
	return EXIT_DONE;
}

static int write_layout(const struct format *format, int fd)
{
	struct progress progress;
	int error;

	/* Best effort: without it the page cache is filled for nothing. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_DIRECT);
	progress_start(&progress, "formatting", format->layout.ring_size);
	error = layout_write(fd, &format->layout, &progress);
	progress_end(&progress);
	if (error)
		return fail(EXIT_REFUSED, "cannot write %s: %s; it is not formatted now",
			    format->device, strerror(-error));
	return EXIT_DONE;
}

static void print_done(const struct format *format)
{
	const struct layout *layout = &format->layout;
	char cluster[UUID_TEXT_MAX], disk[UUID_TEXT_MAX];
	json_t *voters;

	text_uuid(layout->cluster, cluster);
	if (!settings.json) {
		puts(cluster);
		return;
	}
	voters = json_array();
	for (unsigned int i = 0; i < layout->voters; i++)
		json_array_append_new(voters, json_integer(layout->voter[i]));
	print_json(json_pack("{s:s,s:s,s:s,s:i,s:b,s:o,s:I}", "device", format->device,
			     "cluster", cluster, "disk", text_uuid(layout->disk, disk),
			     "node", layout->node, "join", layout->join, "voters", voters,
			     "ring_bytes", (json_int_t)layout->ring_size));
}

static int format_device(struct format *format)
{
	int fd, code = device_open(format->device, &fd, &format->layout.device_size);

	if (code)
		return code;
	code = size_ring(format);
	if (!code && !settings.force)
		code = device_check_empty(format->device, fd, format->layout.device_size);
	else if (!code)
		code = device_wipe_signatures(format->device, fd);
	if (!code)
		code = write_layout(format, fd);
	if (close(fd) && !code)
		code = fail(EXIT_REFUSED, "cannot write %s: %s", format->device, strerror(errno));
	if (!code)
		print_done(format);
	return code;
}

int format_run(const struct args *args)
{
	struct format format = { 0 };
	int code = args_words(args, 1, 1);

	for (unsigned int i = 0; !code && i < args->options; i++)
		code = take_option(args, args->option[i].id, args->option[i].value, &format);
	if (!code)
		code = check_complete(args, &format);
	if (code)
		return code;
	format.device = args->word[0];
	uuid_generate_random(format.layout.disk);
	return format_device(&format);
}
