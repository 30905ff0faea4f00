// SPDX-License-Identifier: GPL-2.0
/*
 * Command line of the simulator.
 *
 *	sim --seeds A..B	run them, a summary at the end; exit 1 on failure
 *	sim --seed N --trace	one run, and all that happens in it
 *	sim --seed N --minimise	if it fails: a shorter run that does, too
 *	sim --soak SECONDS	new seeds, by --jobs N processes, [--from SEED]
 *
 * A run may be made another one: --without PART,PART..., --voters N (at most),
 * --deliveries N, --faults N, --variant N (other luck with the same settings).
 */
#include <getopt.h>
#include <signal.h>
#include <time.h>

#include "sim.h"

static volatile sig_atomic_t stop;
static const char *program;

/* Enough: finish the run at hand and say what was done. */
static void on_stop(int signal)
{
	stop = 1;
}

static int run_seeds(u64 first, u64 last, u64 failures_max)
{
	struct tally tally = {};
	struct verdict verdict;
	double began = cpu_seconds();
	u64 seed;

	signal(SIGINT, on_stop);
	signal(SIGTERM, on_stop);
	for (seed = first; seed <= last && !stop; seed++) {
		death_seed(program, seed, false);
		sim_run(seed, false, false, &verdict);
		tally_add(&tally, seed, &verdict);
		if (!verdict.passed)
			tell_failure(program, seed, &verdict);
		if (tally.failed == failures_max)
			break;
	}
	tally.cpu_seconds = cpu_seconds() - began;
	tally_print(&tally);
	return tally.failed ? 1 : 0;
}

/* One run: all of its trace at once, or the last of it at the end. */
static int run_traced(u64 seed, bool print)
{
	struct verdict verdict;

	death_seed(program, seed, true);
	sim_run(seed, true, print, &verdict);
	if (!print)
		trace_dump();
	printf("seed %llu: %s\n", (unsigned long long)seed,
	       verdict.passed ? "passed" : verdict.rule);
	return verdict.passed ? 0 : 1;
}

static int usage(void)
{
	u32 i;

	fprintf(stderr, "usage: %s --seeds A..B [--failures N]\n"
			"       %s --seed N [--trace | --last | --minimise]\n"
			"       %s --soak SECONDS [--jobs N] [--from SEED]\n"
			"also: --without PART,... --with PART,... --voters N --deliveries N --faults N --variant N\n"
			"parts:", program, program, program);
	for (i = 0; parts[i].name; i++)
		fprintf(stderr, " %s", parts[i].name);
	fprintf(stderr, "\n");
	return 2;
}

static bool name_parts(char *names, u64 *mask)
{
	char *name;
	u32 i;

	for (name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		for (i = 0; parts[i].name && strcmp(parts[i].name, name); i++)
			;
		if (!parts[i].name)
			return false;
		*mask |= 1ull << i;
		if (mask == &parts_on && !parts[i].on)
			return false;
	}
	return true;
}

enum action { RUN_SEEDS, RUN_TRACED, RUN_LAST, RUN_MINIMISE, RUN_SOAK };

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seeds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, '1' },
		{ "trace", no_argument, NULL, 't' },
		{ "last", no_argument, NULL, 'l' },
		{ "minimise", no_argument, NULL, 'm' },
		{ "failures", required_argument, NULL, 'f' },
		{ "soak", required_argument, NULL, 'S' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "from", required_argument, NULL, 'F' },
		{ "without", required_argument, NULL, 'w' },
		{ "with", required_argument, NULL, 'W' },
		{ "voters", required_argument, NULL, 'v' },
		{ "deliveries", required_argument, NULL, 'd' },
		{ "faults", required_argument, NULL, 'n' },
		{ "variant", required_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	unsigned long long first = 1, last = 100, failures = 1, seconds = 0, jobs = 1;
	unsigned long long from = time(NULL) * 1000000ull;
	enum action action = RUN_SEEDS;
	int option;

	program = argv[0];
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	death_watch();
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
			action = RUN_TRACED;
			break;
		case 'l':
			action = RUN_LAST;
			break;
		case 'm':
			action = RUN_MINIMISE;
			break;
		case 'S':
			action = RUN_SOAK;
			seconds = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			failures = strtoull(optarg, NULL, 10);
			break;
		case 'j':
			jobs = strtoull(optarg, NULL, 10);
			break;
		case 'F':
			from = strtoull(optarg, NULL, 10);
			break;
		case 'w':
		case 'W':
			if (!name_parts(optarg, option == 'w' ? &parts_off : &parts_on))
				return usage();
			break;
		case 'v':
			limits.voters = strtoull(optarg, NULL, 10);
			break;
		case 'd':
			limits.deliveries = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			limits.faults = strtoull(optarg, NULL, 10) + 1;
			break;
		case 'V':
			limits.variant = strtoull(optarg, NULL, 10);
			break;
		default:
			return usage();
		}
	}
	switch (action) {
	case RUN_TRACED:
	case RUN_LAST:
		return run_traced(first, action == RUN_TRACED);
	case RUN_MINIMISE:
		return minimise(program, first);
	case RUN_SOAK:
		return soak(program, from, seconds, port_min(port_max(jobs, 1ull), 64ull));
	default:
		return run_seeds(first, last, failures);
	}
}
