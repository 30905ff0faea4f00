// SPDX-License-Identifier: GPL-2.0
/*
 * Many processes that propose at once, each by a socket of its own; some of them are
 * killed while they do.
 *
 *	swarm GROUP PROCESSES VALUES KILLED SEED ANSWERS [NAMESPACE]...
 *
 * Each process proposes VALUES values, two in a request, one request after the other,
 * and adds a line "SLOT VALUE" to the file ANSWERS for each answer.  KILLED of them,
 * drawn by SEED, go on for ever, until they get a SIGKILL: one after the other, spread
 * over the time that the rest needs.  They are dealt out to the network namespaces that
 * are named, as files.
 *
 * Exit 0 if all of the others got all of their answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/paxos.h>

#include "raw.h"

#define PROCESSES_MAX 4096
#define REQUEST_VALUES 2	/* a request has so many */
#define TIMEOUT_MS 600000	/* longer than any test: an answer shall come */
#define POLL_US 2000

static const char *group;
static unsigned int processes, values, killed;
static int answers;		/* the file */

static struct process {
	pid_t pid;
	bool victim;
	bool ended;
} process[PROCESSES_MAX];

/* Whose results are awaited. */
struct request {
	unsigned int number, first;	/* of the process, and of its first value */
};

static void name_value(char text[RAW_TEXT_MAX], unsigned int number, unsigned int value)
{
	snprintf(text, RAW_TEXT_MAX, "swarm %u %u", number, value);
}

/* One write, so that a process that is killed leaves a whole line or none. */
static void note_answer(uint64_t cookie, uint64_t slot, void *context)
{
	const struct request *request = context;
	char value[RAW_TEXT_MAX], line[RAW_TEXT_MAX + 32];
	int length;

	name_value(value, request->number, request->first + cookie);
	length = snprintf(line, sizeof(line), "%llu %s\n", (unsigned long long)slot, value);
	if (write(answers, line, length) != length)
		raw_die("write");
}

static void propose(unsigned int number, unsigned int first)
{
	struct request request = { .number = number, .first = first };
	struct raw_results results = {
		.unanswered = REQUEST_VALUES,
		.take = note_answer,
		.context = &request,
	};
	char text[RAW_TEXT_MAX];

	raw_begin(raw_family, NLM_F_ACK, PAXOS_CMD_PROPOSE, PAXOS_GENL_VERSION);
	raw_put_string(PAXOS_A_GROUP, group);
	for (unsigned int i = 0; i < REQUEST_VALUES; i++) {
		name_value(text, number, first + i);
		raw_put_proposal(text, i, TIMEOUT_MS);
	}
	raw_send();
	raw_await_results(&results);
}

/* One of the swarm; @gate closes when all of it is there. */
static void run(unsigned int number, const char *namespace, int gate)
{
	char nothing;
	int fd;

	/* Nobody else would end one that goes on for ever. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (namespace) {
		fd = open(namespace, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWNET))
			raw_die(namespace);
		close(fd);
	}
	raw_open();
	raw_resolve(NULL);
	while (read(gate, &nothing, 1) < 0)
		if (errno != EINTR)
			raw_die("read");
	for (unsigned int i = 0; i < values || process[number].victim; i += REQUEST_VALUES)
		propose(number, i);
	exit(0);
}

static void choose_victims(void)
{
	for (unsigned int left = killed; left;) {
		struct process *one = &process[random() % processes];

		left -= !one->victim;
		one->victim = true;
	}
}

static void begin(char **namespace, int namespaces)
{
	int gate[2];

	if (pipe2(gate, O_CLOEXEC))
		raw_die("pipe");
	for (unsigned int i = 0; i < processes; i++) {
		process[i].pid = fork();
		if (process[i].pid < 0)
			raw_die("fork");
		if (!process[i].pid) {
			close(gate[1]);
			run(i, namespaces ? namespace[i % namespaces] : NULL, gate[0]);
		}
	}
	close(gate[0]);
	close(gate[1]);
}

static unsigned int lines(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int count = 0;
	int c;

	if (!file)
		raw_die(path);
	while ((c = fgetc(file)) != EOF)
		count += c == '\n';
	fclose(file);
	return count;
}

/* The next time that so many answers have come, or more. */
static void await_answers(const char *path, unsigned int wanted)
{
	struct stat now;
	off_t seen = -1;

	for (;;) {
		if (fstat(answers, &now))
			raw_die("fstat");
		if (now.st_size != seen && lines(path) >= wanted)
			return;
		seen = now.st_size;
		usleep(POLL_US);
	}
}

/* In an order of their own, each when a further part of the answers has come. */
static void kill_victims(const char *path)
{
	unsigned int rest = (processes - killed) * values, at = random() % processes, done = 0;

	while (done < killed) {
		at = (at + 1) % processes;
		if (!process[at].victim || process[at].ended)
			continue;
		await_answers(path, (uint64_t)rest * (done + 1) / (killed + 2));
		if (kill(process[at].pid, SIGKILL))
			raw_die("kill");
		process[at].ended = true;
		done++;
	}
}

/* Did each end as it should? */
static bool await_all(void)
{
	unsigned int right = 0;
	int status;

	for (unsigned int i = 0; i < processes; i++) {
		if (waitpid(process[i].pid, &status, 0) != process[i].pid)
			raw_die("waitpid");
		if (process[i].victim)
			right += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		else
			right += WIFEXITED(status) && !WEXITSTATUS(status);
	}
	printf("%u processes, %u killed, %u ended as they should\n", processes, killed, right);
	return right == processes;
}

int main(int argc, char **argv)
{
	if (argc < 7) {
		fputs("usage: swarm GROUP PROCESSES VALUES KILLED SEED ANSWERS [NAMESPACE]...\n",
		      stderr);
		return 2;
	}
	group = argv[1];
	processes = strtoul(argv[2], NULL, 10);
	values = strtoul(argv[3], NULL, 10);
	killed = strtoul(argv[4], NULL, 10);
	srandom(strtoul(argv[5], NULL, 10));
	if (!processes || processes > PROCESSES_MAX || killed >= processes ||
	    values % REQUEST_VALUES) {
		fprintf(stderr, "swarm: at most %u processes, some not killed, %u values a request\n",
			PROCESSES_MAX, REQUEST_VALUES);
		return 2;
	}
	answers = open(argv[6], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (answers < 0)
		raw_die(argv[6]);
	choose_victims();
	begin(argv + 7, argc - 7);
	kill_victims(argv[6]);
	return !await_all();
}
