// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl: the tool to paxos.ko.
 *
 * Here is the table of commands and how a command line finds its entry.  A
 * command has one or two words; two are preferred where both would match.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "output.h"
#include "paxos/disk.h"
#include "paxos/version.h"
#include "suggest.h"

static const struct command commands[] = {
	{ "format", format_run, format_options,
	  "DEVICE --cluster UUID|new --node ID (--voters 1,2,3 | --join) "
	  "[--size BYTES[K|M|G]] [--force]",
	  "lay out a block device for one node; print the cluster UUID" },
	{ "inspect", inspect_run, inspect_options, "DEVICE|IMAGE [--records]",
	  "check what is on a device, without writing; exit 4 if it is damaged" },
	{ "group add", group_add_run, group_add_options,
	  "GROUP --device DEV --listen ADDR:PORT --insecure [--mode multi|basic] "
	  "[--learn leader|broadcast] [--role voter|learner] [--heartbeat MS] [--election MS] "
	  "[--node ID] [--gid GID]",
	  "create a group in this network namespace and start it" },
	{ "group del", group_del_run, NULL, "GROUP", "stop and remove a group" },
	{ "group list", group_list_run, NULL, "", "the groups of this network namespace" },
	{ "peer add", peer_add_run, NULL, "GROUP ID ADDR:PORT",
	  "say where another node is reached" },
	{ "peer del", peer_del_run, NULL, "GROUP ID", "forget where a node is reached" },
	{ "peer list", peer_list_run, NULL, "GROUP", "the other nodes of a group" },
	{ "up", up_run, up_options, "GROUP|FILE [--reload]",
	  "create a group as /etc/paxos/GROUP.conf says; or only give it the peers of that" },
	{ "down", group_del_run, NULL, "GROUP", "stop and remove a group" },
	{ "config check", config_check_run, NULL, "GROUP|FILE",
	  "say what is wrong with a configuration file" },
	{ "status", status_run, NULL, "[GROUP]", "state of one group or of all" },
	{ "propose", propose_run, propose_options,
	  "GROUP VALUE... | - | --file FILE | --lines [--file FILE] [--client ID --seq N]",
	  "have values chosen; print their slots" },
	{ "learn", learn_run, learn_options,
	  "GROUP [--from SLOT] [--count N] [--follow] [--raw]",
	  "the chosen values in slot order" },
	{ "leader", leader_run, NULL, "GROUP", "print the leader's node id" },
	{ "leader transfer", leader_transfer_run, NULL, "GROUP NODE",
	  "have another voter lead" },
	{ "barrier", barrier_run, NULL, "GROUP", "print a slot for a linearizable read" },
	{ "member list", member_list_run, NULL, "GROUP", "the nodes of the configuration" },
	{ "member add", member_add_run, NULL, "GROUP ID ADDR:PORT",
	  "take in a node formatted with --join, as a learner" },
	{ "member promote", member_promote_run, NULL, "GROUP ID",
	  "make a learner a voter, once it has caught up" },
	{ "member remove", member_remove_run, NULL, "GROUP ID [--force]",
	  "take a node out for good; its id is never used again" },
	{ "member replace", member_replace_run, NULL, "GROUP OLD NEW [--force]",
	  "make learner NEW a voter in place of OLD" },
	{ "trim", trim_run, NULL, "GROUP SLOT",
	  "forget all through SLOT on this node, and free its room" },
	{ "snapshot-installed", snapshot_installed_run, NULL, "GROUP SLOT",
	  "this node's application has all through SLOT: learn on" },
	{ "wait", wait_run, NULL, "GROUP ready|leader|voter|chosen SLOT",
	  "return when that is true" },
	{ "monitor", monitor_run, monitor_options, "[GROUP] [--count N]",
	  "what happens to one group or to all, a line each" },
	{ "stats", stats_run, stats_options, "[GROUP] [--prometheus] [--reset]",
	  "counters and latency histograms" },
	{ "bench", bench_run, bench_options,
	  "GROUP [--clients N] [--size BYTES] [--seconds S] [--rate R] [--plot FILE]",
	  "propose for a while, and print how long that took" },
	{ "top", top_run, NULL, "[GROUP]", "a screen that shows one group or all, live" },
	{ "genkey", genkey_run, NULL, "", "a new key for a group" },
	{ "completion", completion_run, NULL, "bash|zsh|fish",
	  "a script that has that shell complete paxosctl's words" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command_at(size_t at)
{
	return at < COMMANDS ? &commands[at] : NULL;
}

static void print_help(void)
{
	puts("Usage: paxosctl [OPTIONS] COMMAND ...\n\nCommands:");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-19s %s\n", commands[i].name, commands[i].description);
	puts("\nOptions, anywhere:\n"
	     "  -j, --json             JSON output, errors too\n"
	     "  -p, --pretty           JSON on many lines\n"
	     "  -b, --brief            only the essential\n"
	     "  -t, --timeout SECONDS  how long to wait\n"
	     "  -f, --force            format: even if something is there; member: even if no working\n"
	     "                         majority is left; batch: go on after errors\n"
	     "  -B, --batch FILE|-     run the commands in FILE, one a line\n"
	     "      --color[=WHEN]     auto, always or never\n"
	     "  -h, --help             this, or the usage of COMMAND\n"
	     "  -V, --version\n"
	     "\n"
	     "Exit status: 0 done, 1 usage, 2 refused, 3 timed out (outcome unknown), 4 no quorum,\n"
	     "unhealthy or damaged, 5 not found, 6 no kernel module.");
}

static int print_version(void)
{
	if (settings.json)
		print_json(json_pack("{s:s,s:i,s:i}", "version", PAXOS_VERSION,
				     "netlink", PAXOS_GENL_VERSION,
				     "disk", (int)PAXOS_DISK_VERSION));
	else
		printf("paxosctl %s (netlink family version %u, disk format version %u)\n",
		       PAXOS_VERSION, PAXOS_GENL_VERSION, PAXOS_DISK_VERSION);
	return EXIT_DONE;
}

static int print_usage(const struct command *command)
{
	printf("Usage: paxosctl %s %s\n\n%s\n", command->name, command->usage,
	       command->description);
	return EXIT_DONE;
}

static const struct command *find_command(const char *first, const char *second)
{
	size_t length = strlen(first);

	for (size_t i = 0; i < COMMANDS; i++) {
		const char *name = commands[i].name;

		if (strncmp(name, first, length))
			continue;
		if (second ? name[length] == ' ' && !strcmp(name + length + 1, second) :
			     !name[length])
			return &commands[i];
	}
	return NULL;
}

static bool is_noun(const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i < COMMANDS; i++)
		if (!strncmp(commands[i].name, word, length) && commands[i].name[length] == ' ')
			return true;
	return false;
}

/* How far what was typed is from @name; its first word alone if @second is NULL. */
static unsigned int slips(const char *name, const char *first, const char *second)
{
	const char *space = strchr(name, ' ');
	unsigned int distance;
	char noun[SUGGEST_TEXT_MAX];

	if (!space)
		return suggest_distance(first, name);
	snprintf(noun, sizeof(noun), "%.*s", (int)(space - name), name);
	distance = suggest_distance(first, noun);
	if (second)
		distance += suggest_distance(second, space + 1);
	return distance;
}

/* The command that was most likely meant; NULL: none is near. */
static const char *nearest_command(const char *first, const char *second)
{
	unsigned int nearest = SUGGEST_FAR;
	const char *meant = NULL;

	for (size_t i = 0; i < COMMANDS; i++) {
		unsigned int distance = slips(commands[i].name, first, second);

		if (distance < nearest) {
			nearest = distance;
			meant = commands[i].name;
		}
	}
	return meant;
}

/* @argv begins with what may be the second word of @first, or an argument, or NULL. */
static int unknown_command(const struct args *args, const char *first, char **argv)
{
	const char *second = argv[0];
	bool noun = is_noun(first);
	const char *meant = nearest_command(first, second);
	char hint[SUGGEST_TEXT_MAX], word[SUGGEST_TEXT_MAX];

	args_take_json(argv);
	if (!meant && !noun) {
		meant = nearest_command(first, NULL);
		if (meant) {
			snprintf(word, sizeof(word), "%.*s", (int)strcspn(meant, " "), meant);
			meant = word;
		}
	}
	if (!meant)
		return args_fail(args, "unknown command '%s%s%s'", first, noun ? " " : "",
				 noun ? second : "");
	return fail(EXIT_USAGE, "unknown command '%s%s%s'%s", first, noun ? " " : "",
		    noun ? second : "", suggest_text(meant, hint));
}

static int half_a_command(const struct args *args, const char *noun)
{
	char words[128] = "";
	size_t length = strlen(noun), end = 0;

	for (size_t i = 0; i < COMMANDS && end < sizeof(words); i++)
		if (!strncmp(commands[i].name, noun, length) && commands[i].name[length] == ' ')
			end += snprintf(words + end, sizeof(words) - end, "%s%s",
					end ? ", " : "", commands[i].name + length + 1);
	return args_fail(args, "'%s' needs a second word: %s", noun, words);
}

/* The command that @argv[*next] starts; *@next is moved behind its name's last word. */
static int match_command(struct args *args, int argc, char **argv, int *next)
{
	const char *first = argv[*next];
	int second = 0, code;

	if (is_noun(first)) {
		code = args_parse(args, argc - *next, argv + *next, true, &second);
		if (code)
			return code;
		second += *next;
		if (second < argc)
			args->command = find_command(first, argv[second]);
	}
	if (args->command) {
		*next = second;
		return EXIT_DONE;
	}
	args->command = find_command(first, NULL);
	if (args->command || args->help)
		return EXIT_DONE;
	if (!second)
		return unknown_command(args, first, argv + *next + 1);
	if (second < argc)
		return unknown_command(args, first, argv + second);
	return half_a_command(args, first);
}

static int parse_command(struct args *args, int argc, char **argv)
{
	int next, words, code = args_parse(args, argc, argv, true, &next);

	if (code)
		return code;
	if (next == argc) {
		args->command = find_command("status", NULL);
		return EXIT_DONE;
	}
	code = match_command(args, argc, argv, &next);
	if (code || !args->command)
		return code;
	code = args_parse(args, argc - next, argv + next, false, &words);
	args->word = argv + next + words;
	args->count = argc - next - words;
	return code;
}

int command_line(int argc, char **argv, bool in_batch)
{
	struct args args = { 0 };
	int code = parse_command(&args, argc, argv);

	if (code)
		return code;
	if (args.version)
		return print_version();
	if (args.help && (!args.command || !args.word)) {
		print_help();
		return EXIT_DONE;
	}
	if (args.help)
		return print_usage(args.command);
	if (args.batch && in_batch)
		return fail(EXIT_USAGE, "--batch within a batch");
	if (args.batch && args.word)
		return fail(EXIT_USAGE, "--batch takes its commands from the file, not '%s'",
			    args.command->name);
	return args.batch ? batch_run(args.batch) : args.command->run(&args);
}

int main(int argc, char **argv)
{
	int code = output_flush(command_line(argc, argv, false));

	ipc_close();
	return code;
}
