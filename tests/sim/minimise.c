// SPDX-License-Identifier: GPL-2.0
/*
 * Minimiser: from a seed that fails to a shorter run that breaks the same rule.
 *
 * It switches off part after part of what the seed draws, takes voters away, and
 * shortens the run.  What is left is another run, in which the same may need other
 * luck: so each step is tried with several variants of the seed's later draws.
 * Each trial is a process of its own, so that it may die.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

#define VARIANTS	12u		/* of each step that is tried */
#define TRIALS_MAX	2000u
#define TRIAL_SECONDS	60u

struct trial {
	u64 seed;
	char rule[200];			/* broken, with its numbers left out */
	u32 trials;
};

/* Runs that break one rule differ in numbers only. */
static void without_numbers(char *to, const char *from, size_t size)
{
	size_t used = 0;

	for (; *from && used + 1 < size; from++)
		if (*from < '0' || *from > '9')
			to[used++] = *from;
	to[used] = 0;
}

/* What is broken by the run as it is set now; false: nothing is. */
static bool run(u64 seed, char *rule, size_t size)
{
	struct verdict verdict;
	char text[200] = "";
	int ends[2], status;
	ssize_t length;
	pid_t child;

	fflush(stdout);
	if (pipe(ends))
		abort();
	child = fork();
	if (!child) {
		signal(SIGABRT, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		alarm(TRIAL_SECONDS);
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		sim_run(seed, false, false, &verdict);
		if (!verdict.passed)
			length = write(ends[1], verdict.rule, strlen(verdict.rule));
		_exit(0);
	}
	close(ends[1]);
	length = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	if (waitpid(child, &status, 0) != child)
		abort();
	if (length <= 0 && status)
		snprintf(text, sizeof(text), "ended the program");
	without_numbers(rule, text, size);
	return text[0];
}

static bool still_fails(struct trial *trial)
{
	char rule[200];

	return trial->trials++ < TRIALS_MAX && run(trial->seed, rule, sizeof(rule)) &&
	       !strcmp(rule, trial->rule);
}

/* Does it fail with this variant of the draws, or with another? */
static bool some_variant_fails(struct trial *trial)
{
	u64 variant = limits.variant, i;

	if (still_fails(trial))
		return true;
	for (i = 0; i < VARIANTS; i++) {
		limits.variant = i;
		if (i != variant && still_fails(trial))
			return true;
	}
	limits.variant = variant;
	return false;
}

/* Is it part of what the seed draws at all? */
static bool is_there(u64 seed, u32 part)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	struct config with;
	bool there;

	if (!sim)
		abort();
	sim->random = seed;
	config_draw(sim);
	with = sim->config;
	parts[part].off(&sim->config);
	there = memcmp(&with, &sim->config, sizeof(with)) != 0;
	free(sim);
	return there;
}

static bool without_part(struct trial *trial, u32 part)
{
	if (parts_off >> part & 1 || !is_there(trial->seed, part))
		return false;
	parts_off |= 1ull << part;
	if (some_variant_fails(trial)) {
		printf("without %s\n", parts[part].name);
		return true;
	}
	parts_off &= ~(1ull << part);
	return false;
}

static bool fewer_voters(struct trial *trial)
{
	u32 before = limits.voters, voters;

	for (voters = 2; voters < (before ?: 7); voters++) {
		limits.voters = voters;
		if (some_variant_fails(trial)) {
			printf("%u voters at most\n", voters);
			return true;
		}
	}
	limits.voters = before;
	return false;
}

/* Less of *@number, by halves at first, then by less; @first: what to begin from. */
static bool shrink(struct trial *trial, const char *what, u64 *number, u64 first)
{
	u64 before = *number, best = *number ?: first, step;
	bool less = false;

	for (step = best / 2; step; step /= 2) {
		while (best > step) {
			*number = best - step;
			if (!some_variant_fails(trial))
				break;
			best = *number;
			less = true;
		}
		if (step < best / 50)
			break;
	}
	*number = less ? best : before;
	if (less)
		printf("%llu %s\n", (unsigned long long)best, what);
	return less;
}

int minimise(const char *program, u64 seed)
{
	struct trial trial = { .seed = seed };
	struct verdict verdict;
	bool less = true;
	char text[1024];
	u32 i;

	if (!run(seed, trial.rule, sizeof(trial.rule))) {
		printf("seed %llu passes\n", (unsigned long long)seed);
		return 0;
	}
	printf("seed %llu breaks: %s\n", (unsigned long long)seed, trial.rule);
	while (less) {
		less = shrink(&trial, "deliveries", &limits.deliveries, 50000);
		less |= fewer_voters(&trial);
		for (i = 0; parts[i].name; i++)
			less |= without_part(&trial, i);
		less |= shrink(&trial, "faults, less one", &limits.faults, 200);
	}
	replay_line(program, seed, text, sizeof(text));
	printf("after %u runs: %s --trace\n", trial.trials, text);
	if (!strcmp(trial.rule, "ended the program"))
		return 1;
	sim_run(seed, false, false, &verdict);
	tell_failure(program, seed, &verdict);
	return 1;
}
