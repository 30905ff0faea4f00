// SPDX-License-Identifier: GPL-2.0
/*
 * Soak: new seeds for as long as one likes, by several processes; every minute it
 * says what was done, and each failure is told when it happens.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

#define TELL_SECONDS	60u

static volatile sig_atomic_t stop;

static void on_stop(int signal)
{
	stop = 1;
}

static void work(const char *program, u64 first, u32 stride, time_t until, struct tally *tally)
{
	struct verdict verdict;
	u64 seed;

	for (seed = first; !stop && time(NULL) < until; seed += stride) {
		death_seed(program, seed, false);
		sim_run(seed, false, false, &verdict);
		tally_add(tally, seed, &verdict);
		tally->cpu_seconds = cpu_seconds();
		if (!verdict.passed)
			tell_failure(program, seed, &verdict);
	}
	_exit(tally->failed != 0);
}

static struct tally sum(const struct tally *tallies, u32 jobs)
{
	struct tally all = {};
	u32 i;

	for (i = 0; i < jobs; i++)
		tally_merge(&all, &tallies[i]);
	return all;
}

static int watch(const struct tally *tallies, u32 jobs, time_t began)
{
	u32 left = jobs, failed = 0;
	time_t told = began;
	struct tally all;
	int status;
	pid_t ended;

	while (left) {
		ended = waitpid(-1, &status, WNOHANG);
		if (ended > 0) {
			left--;
			failed += !WIFEXITED(status) || WEXITSTATUS(status);
			continue;
		}
		sleep(1);
		if (time(NULL) < told + TELL_SECONDS)
			continue;
		told = time(NULL);
		all = sum(tallies, jobs);
		printf("after %llu seconds:\n", (unsigned long long)(told - began));
		tally_print(&all);
	}
	all = sum(tallies, jobs);
	tally_print(&all);
	return failed ? 1 : 0;
}

/* Seeds from @first on, for @seconds, by @jobs processes. */
int soak(const char *program, u64 first, u64 seconds, u32 jobs)
{
	size_t size = jobs * sizeof(struct tally);
	struct tally *tallies = mmap(NULL, size, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	time_t began = time(NULL);
	u32 i;

	if (tallies == MAP_FAILED)
		return 2;
	signal(SIGINT, on_stop);
	signal(SIGTERM, on_stop);
	printf("seeds from %llu on, for %llu seconds, %u processes\n", (unsigned long long)first,
	       (unsigned long long)seconds, jobs);
	fflush(stdout);
	for (i = 0; i < jobs; i++)
		if (!fork())
			work(program, first + i, jobs, began + seconds, &tallies[i]);
	return watch(tallies, jobs, began);
}
