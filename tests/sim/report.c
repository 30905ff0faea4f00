// SPDX-License-Identifier: GPL-2.0
/* Report: what was run, what it met with, and how a failure is told. */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

u64 fault_counts[FAULT_KINDS];

#define NAME(kind, name)	[FAULT_##kind] = name,
static const char * const fault_names[] = { FAULTS(NAME) };
#undef NAME

/* Of processor time: others may share the machine. */
double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

void tally_add(struct tally *tally, u64 seed, const struct verdict *verdict)
{
	tally->seeds++;
	tally->failed += !verdict->passed;
	tally->deliveries += verdict->deliveries;
	tally->steps += verdict->steps;
	tally->slots += verdict->slots;
	tally->simulated_us += verdict->simulated_us;
	if (verdict->recovery > tally->recovery) {
		tally->recovery = verdict->recovery;
		tally->slowest = seed;
	}
	memcpy(tally->faults, fault_counts, sizeof(fault_counts));
}

void tally_merge(struct tally *to, const struct tally *from)
{
	u32 i;

	to->seeds += from->seeds;
	to->failed += from->failed;
	to->deliveries += from->deliveries;
	to->steps += from->steps;
	to->slots += from->slots;
	to->simulated_us += from->simulated_us;
	to->cpu_seconds += from->cpu_seconds;
	if (from->recovery > to->recovery) {
		to->recovery = from->recovery;
		to->slowest = from->slowest;
	}
	for (i = 0; i < FAULT_KINDS; i++)
		to->faults[i] += from->faults[i];
}

static void print_faults(const struct tally *tally)
{
	const char *between = "faults: ";
	u32 i;

	for (i = 0; i < FAULT_KINDS; i++) {
		if (!tally->faults[i])
			continue;
		printf("%s%llu %s", between, (unsigned long long)tally->faults[i], fault_names[i]);
		between = ", ";
	}
	printf("\n");
}

void tally_print(const struct tally *tally)
{
	print_faults(tally);
	printf("%llu seeds: %llu deliveries, %llu steps, %llu slots, %.2f simulated hours, %.0f deliveries per CPU second, slowest recovery %.1f election timeouts (seed %llu)\n",
	       (unsigned long long)tally->seeds, (unsigned long long)tally->deliveries,
	       (unsigned long long)tally->steps, (unsigned long long)tally->slots,
	       tally->simulated_us / 3.6e9, tally->deliveries / tally->cpu_seconds,
	       tally->recovery, (unsigned long long)tally->slowest);
	printf("%llu passed, %llu failed\n",
	       (unsigned long long)(tally->seeds - tally->failed),
	       (unsigned long long)tally->failed);
	fflush(stdout);
}

static u32 name_parts(char *text, u32 size, const char *before, u64 mask)
{
	u32 used = 0, i;

	for (i = 0; parts[i].name; i++) {
		if (!(mask >> i & 1))
			continue;
		used += snprintf(text + used, size - used, "%s%s", before, parts[i].name);
		before = ",";
	}
	return used;
}

/* The options that make a run the one that it is, besides its seed. */
static u32 options(char *text, u32 size)
{
	u32 used = 0;

	text[0] = 0;
	if (limits.variant)
		used += snprintf(text + used, size - used, " --variant %llu",
				 (unsigned long long)limits.variant);
	if (limits.voters)
		used += snprintf(text + used, size - used, " --voters %u", limits.voters);
	if (limits.deliveries)
		used += snprintf(text + used, size - used, " --deliveries %llu",
				 (unsigned long long)limits.deliveries);
	if (limits.faults)
		used += snprintf(text + used, size - used, " --faults %llu",
				 (unsigned long long)limits.faults - 1);
	used += name_parts(text + used, size - used, " --without ", parts_off);
	return used + name_parts(text + used, size - used, " --with ", parts_on);
}

void replay_line(const char *program, u64 seed, char *text, u32 size)
{
	u32 used = snprintf(text, size, "%s --seed %llu", program, (unsigned long long)seed);

	options(text + used, size - used);
}

/* Run it once more, with a trace of its last steps and the state of each node. */
void tell_failure(const char *program, u64 seed, const struct verdict *verdict)
{
	struct verdict again;
	char replay[1024];

	replay_line(program, seed, replay, sizeof(replay));
	printf("\nseed %llu: %s\n", (unsigned long long)seed, verdict->rule);
	fflush(stdout);
	sim_run(seed, true, false, &again);
	trace_dump();
	if (strcmp(again.rule, verdict->rule))
		printf("it does not repeat itself: %s\n", again.rule);
	printf("seed %llu: %s\nreplay: %s --trace\nfewer steps: %s --minimise\n",
	       (unsigned long long)seed, verdict->rule, replay, replay);
	fflush(stdout);
}

/* ---- a check inside of the core, or a sanitizer, ends the program ---- */

static const char *dying_program;
static char dying_replay[1024];
static char dying_seed[24];
static bool dying_traced;

/* @seed is about to be run. */
void death_seed(const char *program, u64 seed, bool traced)
{
	dying_program = program;
	dying_traced = traced;
	snprintf(dying_seed, sizeof(dying_seed), "%llu", (unsigned long long)seed);
	replay_line(program, seed, dying_replay, sizeof(dying_replay));
}

static void died(void)
{
	char *arguments[64] = { (char *)dying_program };
	u32 count = 0;
	sigset_t none;
	char *word;

	fflush(stdout);
	if (dying_traced || !dying_program) {
		trace_dump();
		printf("seed %s ended the program\nreplay: %s --trace\n", dying_seed, dying_replay);
		fflush(stdout);
		return;
	}
	/* Once more with a trace, in a program that nothing has gone wrong in yet. */
	for (word = strtok(dying_replay, " "); word && count < 60; word = strtok(NULL, " "))
		arguments[count++] = word;
	arguments[count++] = (char *)"--last";
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(dying_program, arguments);
}

static void on_abort(int signal)
{
	died();
	_exit(128 + signal);
}

#ifdef SIM_SANITIZED
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

void death_watch(void)
{
	signal(SIGABRT, on_abort);
#ifdef SIM_SANITIZED
	__sanitizer_set_death_callback(died);
#else
	signal(SIGSEGV, on_abort);
#endif
}
