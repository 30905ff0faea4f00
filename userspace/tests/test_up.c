// SPDX-License-Identifier: GPL-2.0
/*
 * up, and up --reload, against a kernel with one group below ipc.h: what is set up,
 * what is left of it when a step fails, what is printed, and the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"
#include "commands.h"
#include "device.h"
#include "output.h"
#include "tap.h"

#define FOLDER "/tmp/paxos-test-XXXXXX"
#define GROUP "[group]\ndevice = /dev/null\nlisten = 10.0.0.1:7400\ninsecure = yes\n"
#define PEER(id, address) "[peer " #id "]\naddress = " address "\n"

/* The kernel: nodes 1, 2, 3 are the configuration of the group, and this is node 1. */
static struct {
	bool up;
	struct ipc_peer peer[8];	/* that have an address */
	unsigned int peers;
	unsigned int adds;
	int refuse_add;			/* negative errno of group add */
	uint16_t refuse_peer;		/* no change of this one */
	uint16_t configured;		/* whose address is not a user's to delete */
	bool device_busy;
	struct ipc_group_add add;
} kernel;

struct ipc *ipc_get(int *code)
{
	static char there;

	(void)code;
	return (struct ipc *)&there;
}

const char *ipc_error_text(struct ipc *ipc, int error)
{
	(void)ipc;
	return error == -EINVAL ? "not in the configuration" : strerror(-error);
}

int ipc_exit_status(int error)
{
	return error == -ENOENT ? EXIT_MISSING : EXIT_REFUSED;
}

int ipc_fail(struct ipc *ipc, int error)
{
	return fail(ipc_exit_status(error), "%s", ipc_error_text(ipc, error));
}

int device_open(const char *path, int *fd, uint64_t *size)
{
	*size = 64 << 20;
	*fd = open("/dev/null", O_RDONLY);
	return kernel.device_busy ? fail(EXIT_REFUSED, "%s is in use", path) : EXIT_DONE;
}

int ipc_group_add(struct ipc *ipc, const struct ipc_group_add *add, struct ipc_group *group)
{
	(void)ipc;
	if (kernel.refuse_add)
		return kernel.refuse_add;
	kernel.up = true;
	kernel.add = *add;
	memset(group, 0, sizeof(*group));
	group->node = 1;
	return 0;
}

int ipc_group_del(struct ipc *ipc, const char *name, int timeout_ms)
{
	(void)ipc;
	(void)name;
	(void)timeout_ms;
	if (!kernel.up)
		return -ENOENT;
	kernel.up = false;
	kernel.peers = 0;
	return 0;
}

int ipc_status(struct ipc *ipc, const char *group, struct ipc_status *status)
{
	(void)ipc;
	(void)group;
	memset(status, 0, sizeof(*status));
	status->node = 1;
	strcpy(status->device, "/dev/null");
	address_parse("10.0.0.1:7400", &status->listen);
	return kernel.up ? 0 : -ENOENT;
}

static struct ipc_peer *find(uint16_t node)
{
	for (unsigned int i = 0; i < kernel.peers; i++)
		if (kernel.peer[i].node == node)
			return &kernel.peer[i];
	return NULL;
}

int ipc_peer_add(struct ipc *ipc, const char *group, uint16_t node, const union address *address)
{
	struct ipc_peer *peer = find(node);

	(void)ipc;
	(void)group;
	kernel.adds++;
	if (node == kernel.refuse_peer)
		return -EAFNOSUPPORT;
	if (node > 3)
		return -EINVAL;
	if (!peer)
		peer = &kernel.peer[kernel.peers++];
	peer->node = node;
	peer->address = *address;
	return 0;
}

int ipc_peer_del(struct ipc *ipc, const char *group, uint16_t node)
{
	struct ipc_peer *peer = find(node);

	(void)ipc;
	(void)group;
	if (!peer || node == kernel.configured)
		return -ENOENT;
	if (node == kernel.refuse_peer)
		return -EBUSY;
	*peer = kernel.peer[--kernel.peers];
	return 0;
}

int ipc_peer_list(struct ipc *ipc, const char *group, struct ipc_peer **list,
		  unsigned int *count)
{
	(void)ipc;
	(void)group;
	*count = kernel.peers;
	*list = calloc(kernel.peers + 1, sizeof(**list));
	memcpy(*list, kernel.peer, kernel.peers * sizeof(**list));
	return 0;
}

/* What group.c needs besides, for commands that no test here runs. */
int ipc_group_list(struct ipc *ipc, struct ipc_group **list, unsigned int *count)
{
	(void)ipc;
	(void)list;
	(void)count;
	abort();
}

static char folder[sizeof(FOLDER)];
static char path[sizeof(FOLDER) + 16];

/* up with this file, or up --reload. */
static int run(const char *text, bool reload)
{
	static const struct command command = { .name = "up", .usage = "" };
	FILE *file = fopen(path, "w");
	char *word[] = { path };
	struct args args = { .command = &command, .count = 1, .word = word, .options = reload };
	int code;

	fputs(text, file);
	fclose(file);
	capture();
	code = up_run(&args);
	release();
	return code;
}

static void holds(bool right, int code, const char *name)
{
	tap_ok(right, name);
	if (!right)
		printf("# exit %d, %s, %u peers, printed: %s\n", code, kernel.up ? "up" : "down",
		       kernel.peers, printed);
}

static bool is_at(uint16_t node, const char *address)
{
	char text[ADDRESS_TEXT_MAX];

	return find(node) && !strcmp(address_print(&find(node)->address, text), address);
}

static void test_up(void)
{
	int code = run(GROUP PEER(2, "10.0.0.2:1") PEER(3, "10.0.0.3:1"), false);

	holds(!code && kernel.up && is_at(2, "10.0.0.2:1") && is_at(3, "10.0.0.3:1") &&
	      kernel.add.insecure && strstr(printed, "group kv: node 1 of cluster "),
	      code, "up sets the group and its peers up");
	code = run(GROUP, false);
	holds(code == EXIT_REFUSED && kernel.up && kernel.peers == 2 &&
	      strstr(printed, "up already; up --reload"), code,
	      "up of a group that is up changes nothing, and names reload");

	kernel.up = false;
	kernel.peers = 0;
	settings.json = true;
	code = run(GROUP PEER(2, "10.0.0.2:1") PEER(4, "10.0.0.4:1"), false);
	holds(!code && kernel.up && kernel.peers == 1 &&
	      strstr(printed, "\"peers\":[2],\"left_out\":[4]}\n") && printed[0] == '{', code,
	      "a peer that is no member any more is left out");
	settings.json = false;
}

static void test_failing_up(void)
{
	int code;

	memset(&kernel, 0, sizeof(kernel));
	kernel.refuse_peer = 3;
	code = run(GROUP PEER(2, "10.0.0.2:1") PEER(3, "10.0.0.3:1"), false);
	holds(code == EXIT_REFUSED && !kernel.up && !kernel.peers && strstr(printed, "kv.conf:8: "),
	      code, "a peer that is refused: its line is named, and the group is gone again");
	kernel.refuse_peer = 0;
	code = run(GROUP PEER(2, "10.0.0.2:1") PEER(1, "10.0.0.3:1"), false);
	holds(code == EXIT_USAGE && !kernel.up && strstr(printed, "kv.conf:8: node 1 is this node"),
	      code, "a peer that is the device's own node");
	kernel.refuse_add = -EADDRINUSE;
	code = run(GROUP, false);
	holds(code == EXIT_REFUSED && !kernel.up && strstr(printed, "kv.conf: Address already"),
	      code, "a group that is refused: its file is named");
	kernel.device_busy = true;
	code = run(GROUP, false);
	holds(code == EXIT_REFUSED && strstr(printed, "kv.conf: /dev/null is in use"), code,
	      "a device that is refused: its file is named");
	code = run("[group]\n", false);
	holds(code == EXIT_USAGE && !kernel.up, code, "a file that is refused");
	settings.json = true;
	code = run(GROUP, false);
	holds(code == EXIT_REFUSED && !strncmp(printed, "{\"error\":{\"code\":2,", 19), code,
	      "errors are JSON where that is asked for");
	settings.json = false;
}

static void test_reload(void)
{
	int code;

	memset(&kernel, 0, sizeof(kernel));
	code = run(GROUP, true);
	holds(code == EXIT_MISSING, code, "reload of a group that is not up is refused");
	run(GROUP PEER(2, "10.0.0.2:1"), false);
	code = run(GROUP PEER(3, "10.0.0.3:1") PEER(2, "10.0.0.9:1"), true);
	holds(!code && is_at(2, "10.0.0.9:1") && is_at(3, "10.0.0.3:1") &&
	      strstr(printed, "node 2 is at 10.0.0.9:1\n"), code,
	      "reload gives new addresses to those that are there, and adds others");
	kernel.adds = 0;
	code = run(GROUP PEER(3, "10.0.0.3:1") PEER(2, "10.0.0.9:1"), true);
	holds(!code && !kernel.adds && strstr(printed, "already\n"), code,
	      "reload of the same changes nothing");
	settings.json = true;
	code = run(GROUP PEER(3, "10.0.0.8:1"), true);
	holds(!code && !find(2) && is_at(3, "10.0.0.8:1") &&
	      strstr(printed, "\"added\":[],\"changed\":[3],\"deleted\":[2]}\n"), code,
	      "reload deletes who is not in the file");
	kernel.configured = 3;
	code = run(GROUP PEER(2, "10.0.0.2:1"), true);
	holds(!code && find(3) && strstr(printed, "\"added\":[2],\"changed\":[],\"deleted\":[]}\n"),
	      code, "but not an address that the group's configuration has");
	settings.json = false;
}

static void test_failing_reload(void)
{
	int code;

	memset(&kernel, 0, sizeof(kernel));
	run(GROUP PEER(2, "10.0.0.2:1") PEER(3, "10.0.0.3:1"), false);
	code = run(GROUP PEER(2, "10.0.0.7:1") PEER(4, "10.0.0.4:1"), true);
	holds(code == EXIT_REFUSED && is_at(2, "10.0.0.2:1") && is_at(3, "10.0.0.3:1") &&
	      kernel.peers == 2 && strstr(printed, "kv.conf:8: ") &&
	      strstr(printed, "no peer was changed"), code,
	      "a peer that is refused: all that was changed is put back");
	kernel.refuse_peer = 3;
	code = run(GROUP PEER(2, "10.0.0.7:1"), true);
	holds(code == EXIT_REFUSED && is_at(2, "10.0.0.2:1") && is_at(3, "10.0.0.3:1"), code,
	      "one that cannot be deleted: the same");
	kernel.refuse_peer = 0;
	kernel.adds = 0;
	code = run("[group]\ndevice = /dev/zero\nlisten = 10.0.0.1:7400\ninsecure = yes\n", true);
	holds(code == EXIT_REFUSED && !kernel.adds && kernel.peers == 2 &&
	      strstr(printed, "kv.conf:2: the group runs with device = /dev/null"), code,
	      "another device needs a stop");
	code = run("[group]\ndevice = /dev/null\nlisten = 10.0.0.1:7401\ninsecure = yes\n", true);
	holds(code == EXIT_REFUSED && strstr(printed, "listen = 10.0.0.1:7400"), code,
	      "another address to listen on does");
	code = run(GROUP "mode = basic\n", true);
	holds(code == EXIT_REFUSED && strstr(printed, "kv.conf:5: ") &&
	      strstr(printed, "mode = multi"), code, "another mode does");
	code = run(GROUP "learn = broadcast\n", true);
	holds(code == EXIT_REFUSED && strstr(printed, "learn = leader"), code,
	      "another way to learn does");
	code = run(GROUP "node = 9\n", true);
	holds(code == EXIT_REFUSED && strstr(printed, "node = 1"), code, "another node does");
	code = run(GROUP "gid = 1234\n", true);
	holds(code == EXIT_REFUSED && strstr(printed, "gid = nobody's"), code,
	      "another group of users does");
	holds(kernel.peers == 2 && kernel.up, 0, "and nothing was touched");
}

int main(void)
{
	strcpy(folder, FOLDER);
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/kv.conf", folder);
	test_up();
	test_failing_up();
	test_reload();
	test_failing_reload();
	unlink(path);
	rmdir(folder);
	return tap_done();
}
