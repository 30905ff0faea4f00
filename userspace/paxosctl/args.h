/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_ARGS_H
#define PAXOSCTL_ARGS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#define ARGS_OPTIONS_MAX 32
#define OPTION_FIRST 512	/* ids of the commands' own options start here */

struct args;

/* Options of all commands, ended by zeroes. */
extern const struct option global_options[];

struct command {
	const char *name;	/* one word, or two: "group add" */
	int (*run)(const struct args *args);
	const struct option *options;	/* its own, long, ended by zeroes; or NULL */
	const char *usage;		/* what follows the name */
	const char *description;
};

/* The command line of one command, taken apart. */
struct args {
	const struct command *command;
	int count;			/* words that are not options */
	char **word;
	unsigned int options;		/* the command's own options, in order */
	struct {
		int id;
		const char *value;
	} option[ARGS_OPTIONS_MAX];
	const char *batch;		/* --batch FILE */
	bool help;
	bool version;
};

/*
 * Take the options apart in @argv (whose word 0 is skipped), setting the global
 * ones at once.  @leading: stop at the first word that is no option, and return
 * its index in *@next.  Returns an exit status.
 */
int args_parse(struct args *args, int argc, char **argv, bool leading, int *next);

/* Where @argv goes on is not taken apart, but an error may have to be JSON. */
void args_take_json(char **argv);

/* A usage error of @args' command. */
int args_fail(const struct args *args, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Exit status: EXIT_USAGE, with a message, unless @least..@most words are there. */
int args_words(const struct args *args, int least, int most);
/* The same, unless word @at is a node id. */
int args_node(const struct args *args, int at, uint16_t *node);

/* Numbers: false, and *@value unchanged, if @text is not one within the limits. */
bool parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *value);
bool parse_seconds(const char *text, int *value_ms);
bool parse_size(const char *text, uint64_t *bytes);
bool parse_node(const char *text, uint16_t *node);

#endif
