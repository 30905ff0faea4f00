// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into paxosctl in a guest of the debug kernel: in each request of a command
 * of the family, another allocation of the kernel's fails, the first in the command's
 * first request, the next in the next, until there are no more.  (Or every Nth.)
 *
 *	INJECT_COMMANDS	their numbers (include/uapi/linux/paxos.h), with a comma before
 *			and behind each
 *	INJECT_STEP	how many allocations further each request goes; 1 if unset
 *	INJECT_REPORT	file that gets a line for each command at the end: how many
 *			failed, and whether that was all of them
 *
 * Only what the kernel does inside of sendto() and recvmsg() of the netlink socket
 * is hit, by the thread's fail-nth (Documentation/fault-injection): neither the
 * start of the program nor its own memory.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#define FAMILY_FIRST (GENL_ID_CTRL + 1)	/* families' own numbers are above */
#define COMMANDS_MAX 256

static struct command {
	bool over;		/* there are no more allocations */
	unsigned long nth;	/* which one fails in this request */
	unsigned long failed;	/* requests in which one did */
} commands[COMMANDS_MAX];

static struct command *now;	/* whose request is under way, or NULL */
static unsigned long left;	/* allocations of it before one fails; 0: one has */

static bool wanted(unsigned int number)
{
	const char *list = getenv("INJECT_COMMANDS");
	char text[16];

	snprintf(text, sizeof(text), ",%u,", number);
	return list && strstr(list, text);
}

static unsigned long step(void)
{
	const char *text = getenv("INJECT_STEP");

	return text ? strtoul(text, NULL, 10) : 1;
}

static int control(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	return fd;
}

static void set_left(unsigned long number)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%lu", number);

	if (pwrite(control(), text, length, 0) != length)
		abort();
}

static unsigned long get_left(void)
{
	char text[24] = "";

	if (pread(control(), text, sizeof(text) - 1, 0) <= 0)
		abort();
	return strtoul(text, NULL, 10);
}

static void arm(void)
{
	if (now && left)
		set_left(left);
}

static void disarm(void)
{
	if (!now || !left)
		return;
	left = get_left();
	set_left(0);
	if (!left)
		now->failed++;
}

/* All has been said to the request: what has not failed by now is not there. */
static void end_request(void)
{
	if (now && left)
		now->over = true;
	now = NULL;
}

static void begin_request(const void *data, size_t length)
{
	const struct nlmsghdr *header = data;
	const struct genlmsghdr *request = NLMSG_DATA(header);
	struct command *command;

	end_request();
	if (length < NLMSG_LENGTH(GENL_HDRLEN) || header->nlmsg_type < FAMILY_FIRST ||
	    !wanted(request->cmd))
		return;
	command = &commands[request->cmd];
	if (command->over)
		return;
	now = command;
	now->nth += now->nth ? step() : 1;
	left = now->nth;
}

ssize_t sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *to,
	       socklen_t to_length)
{
	static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *,
			       socklen_t);
	bool netlink = to && to->sa_family == AF_NETLINK;
	ssize_t sent;

	if (!real)
		real = dlsym(RTLD_NEXT, "sendto");
	if (netlink) {
		begin_request(data, length);
		arm();
	}
	sent = real(fd, data, length, flags, to, to_length);
	if (netlink)
		disarm();
	return sent;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	static ssize_t (*real)(int, struct msghdr *, int);
	ssize_t received;

	if (!real)
		real = dlsym(RTLD_NEXT, "recvmsg");
	arm();
	received = real(fd, message, flags);
	disarm();
	return received;
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("INJECT_REPORT");
	FILE *file = path ? fopen(path, "ae") : NULL;
	unsigned int i;

	end_request();
	for (i = 0; file && i < COMMANDS_MAX; i++)
		if (commands[i].nth)
			fprintf(file, "command %u: %lu failed, %s\n", i, commands[i].failed,
				commands[i].over ? "all there are" : "there may be more");
	if (file)
		fclose(file);
}
