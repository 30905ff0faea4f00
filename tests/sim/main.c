// SPDX-License-Identifier: GPL-2.0
/*
 * Command line of the simulator.
 *
 *	sim --seeds A..B	run them, one line at the end; exit 1 on failure
 *	sim --seed N --trace	one run, and all that happens in it
 */
#include <getopt.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

static u64 current_seed;
static volatile sig_atomic_t stop;
static const char *program;

/* Of processor time: others may share the machine. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* A check inside of the core, or a sanitizer, ends the program: say where. */
static void died(void)
{
	fflush(stdout);
	fprintf(stderr, "seed %llu ended the program; replay: %s --seed %llu --trace\n",
		(unsigned long long)current_seed, program, (unsigned long long)current_seed);
	trace_dump();
	fflush(stdout);
}

static void on_abort(int signal)
{
	died();
	_exit(128 + signal);
}

#ifdef SIM_SANITIZED
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

/* Enough: finish the run at hand and say what was done. */
static void on_stop(int signal)
{
	stop = 1;
}

static void watch_death(void)
{
	signal(SIGINT, on_stop);
	signal(SIGTERM, on_stop);
	signal(SIGABRT, on_abort);
#ifdef SIM_SANITIZED
	__sanitizer_set_death_callback(died);
#else
	signal(SIGSEGV, on_abort);
#endif
}

static void tell_failure(u64 seed, const struct verdict *verdict)
{
	struct verdict again;

	printf("\nseed %llu: %s\nreplay: %s --seed %llu --trace\n", (unsigned long long)seed,
	       verdict->rule, program, (unsigned long long)seed);
	sim_run(seed, true, false, &again);
	if (strcmp(again.rule, verdict->rule))
		printf("it does not repeat itself: %s\n", again.rule);
	trace_dump();
	printf("seed %llu: %s\n", (unsigned long long)seed, verdict->rule);
	fflush(stdout);
}

static int run_seeds(u64 first, u64 last, u64 failures_max)
{
	u64 passed = 0, failed = 0, deliveries = 0, slots = 0, simulated_us = 0;
	double slowest_recovery = 0;
	double began = seconds(), took;
	struct verdict verdict;
	u64 slowest = 0;

	for (current_seed = first; current_seed <= last; current_seed++) {
		sim_run(current_seed, false, false, &verdict);
		deliveries += verdict.deliveries;
		simulated_us += verdict.simulated_us;
		slots += verdict.slots;
		passed += verdict.passed;
		failed += !verdict.passed;
		if (verdict.recovery > slowest_recovery) {
			slowest_recovery = verdict.recovery;
			slowest = current_seed;
		}
		if (!verdict.passed)
			tell_failure(current_seed, &verdict);
		if (failed == failures_max || stop) {
			last = current_seed;
			break;
		}
	}
	took = seconds() - began;
	printf("seeds %llu..%llu: %llu deliveries, %llu slots, %.2f simulated hours, %.0f deliveries/s, slowest recovery %.1f election timeouts (seed %llu)\n",
	       (unsigned long long)first, (unsigned long long)last,
	       (unsigned long long)deliveries, (unsigned long long)slots, simulated_us / 3.6e9,
	       deliveries / took, slowest_recovery, (unsigned long long)slowest);
	printf("%llu passed, %llu failed\n", (unsigned long long)passed,
	       (unsigned long long)failed);
	return failed ? 1 : 0;
}

static int run_traced(u64 seed)
{
	struct verdict verdict;

	current_seed = seed;
	sim_run(seed, true, true, &verdict);
	printf("seed %llu: %s\n", (unsigned long long)seed,
	       verdict.passed ? "passed" : verdict.rule);
	return verdict.passed ? 0 : 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: %s --seeds A..B [--failures N] | --seed N [--trace]\n", program);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seeds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, '1' },
		{ "trace", no_argument, NULL, 't' },
		{ "failures", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	unsigned long long first = 1, last = 100, failures = 1;
	bool traced = false;
	int option;

	program = argv[0];
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	watch_death();
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case 's':
			if (sscanf(optarg, "%llu..%llu", &first, &last) != 2)
				return usage();
			break;
		case '1':
			if (sscanf(optarg, "%llu", &first) != 1)
				return usage();
			last = first;
			break;
		case 't':
			traced = true;
			break;
		case 'f':
			failures = strtoull(optarg, NULL, 10);
			break;
		default:
			return usage();
		}
	}
	return traced ? run_traced(first) : run_seeds(first, last, failures);
}
