// SPDX-License-Identifier: GPL-2.0
/*
 * Target: a group's configuration file, as paxosctl reads it.
 *
 * It is accepted or refused, in the one way that there is for what a user wrote.
 * What is accepted must say the same when it is written out and read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../userspace/paxosctl/conf.h"
#include "../../userspace/paxosctl/output.h"
#include "script.h"

#define WHOLE_MAX 8192

/* Without a name in any folder; the number of the open file is the group's. */
static int read_bytes(const void *bytes, size_t size, struct conf *conf)
{
	int code, fd = memfd_create("conf", 0);
	char path[64];

	must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	code = conf_read(path, conf);
	close(fd);
	return code;
}

static size_t write_out(const struct conf *conf, char text[WHOLE_MAX])
{
	static const char *const modes[] = { "", "mode = multi\n", "mode = basic\n" };
	static const char *const ways[] = { "", "learn = leader\n", "learn = broadcast\n" };
	const struct ipc_group_add *add = &conf->add;
	char address[ADDRESS_TEXT_MAX];
	size_t end = 0;

	end += snprintf(text, WHOLE_MAX, "[group]\ndevice=%s\nlisten=%s\ninsecure=yes\n%s%s",
			conf->device, address_print(&add->listen, address), modes[add->mode],
			ways[add->learn]);
	if (add->role)
		end += snprintf(text + end, WHOLE_MAX - end, "role=%s\n",
				add->role == PAXOS_ROLE_LEARNER ? "learner" : "voter");
	if (add->heartbeat_ms)
		end += snprintf(text + end, WHOLE_MAX - end, "heartbeat=%u\n", add->heartbeat_ms);
	if (add->election_ms)
		end += snprintf(text + end, WHOLE_MAX - end, "election=%u\n", add->election_ms);
	if (add->node)
		end += snprintf(text + end, WHOLE_MAX - end, "node=%u\n", add->node);
	for (unsigned int i = 0; i < conf->peers; i++)
		end += snprintf(text + end, WHOLE_MAX - end, "[peer %u]\naddress=%s\n",
				conf->peer[i].node,
				address_print(&conf->peer[i].address, address));
	must(end < WHOLE_MAX);
	return end;
}

static void must_be_same(const struct conf *a, const struct conf *b)
{
	must(!strcmp(a->device, b->device) && a->add.insecure && b->add.insecure);
	must(address_equal(&a->add.listen, &b->add.listen));
	must(a->add.mode == b->add.mode && a->add.learn == b->add.learn &&
	     a->add.role == b->add.role && a->add.node == b->add.node);
	must(a->add.heartbeat_ms == b->add.heartbeat_ms &&
	     a->add.election_ms == b->add.election_ms);
	must(a->peers == b->peers && a->peers <= PAXOS_NODES_MAX);
	for (unsigned int i = 0; i < a->peers; i++)
		must(a->peer[i].node == b->peer[i].node &&
		     address_equal(&a->peer[i].address, &b->peer[i].address));
}

static void must_be_whole(const struct conf *conf)
{
	must(conf->device[0] == '/' && conf->add.listen.family);
	for (unsigned int i = 0; i < conf->peers; i++)
		for (unsigned int j = 0; j < i; j++)
			must(conf->peer[i].node != conf->peer[j].node &&
			     !address_equal(&conf->peer[i].address, &conf->peer[j].address));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct conf first, second;
	static char text[WHOLE_MAX];
	static FILE *errors;
	FILE *outer = stderr;
	int code;

	if (!errors)
		errors = fopen("/dev/null", "w");
	stderr = errors;	/* what is said to users; the fuzzer has a stream of its own */
	code = read_bytes(data, size, &first);
	stderr = outer;
	must(code == EXIT_DONE || code == EXIT_USAGE);
	if (code)
		return 0;
	must_be_whole(&first);
	must(read_bytes(text, write_out(&first, text), &second) == EXIT_DONE);
	must_be_same(&first, &second);
	return 0;
}
