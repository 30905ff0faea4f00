// SPDX-License-Identifier: GPL-2.0
/*
 * paxosctl completion: a script that has a shell complete the tool's words.
 *
 * What may stand where is read off the table of commands and its usage lines, and
 * printed as a table in the shell's own syntax; ../completion has for each shell the
 * few lines that look it up.  Keys of that table, and what they stand for:
 *
 *	commands		all first words
 *	NOUN second		its second words
 *	COMMAND known		1: there is such a command
 *	COMMAND options		its options
 *	COMMAND 1, 2 ...	what its words may be
 *	COMMAND --OPTION	what that option's value may be; no key: it takes none
 *	--OPTION, -O		the same of global ones
 *
 * "@group" stands for the groups there are, "@conf" for those that have a
 * configuration file, "@file" for any file; all else stands for itself.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "output.h"

#define KEY_MAX 96
#define MAYBE_MAX 160	/* bytes of what may stand in one place */

struct shell {
	const char *name;
	const char *begin;	/* of the table */
	const char *entry;	/* key, value */
	const char *end;
	const char *script;
};

static const struct shell shells[] = {
	{ "bash", "declare -gA _paxosctl_table=(\n", "\t['%s']='%s'\n", ")\n",
#include "completion_bash.inc"
	},
	{ "zsh", "#compdef paxosctl\n\ntypeset -gA _paxosctl_table=(\n", "\t'%s' '%s'\n", ")\n",
#include "completion_zsh.inc"
	},
	{ "fish", "function __paxosctl_table\n\tswitch $argv[1]\n",
	  "\t\tcase '%s'\n\t\t\techo '%s'\n", "\tend\nend\n",
#include "completion_fish.inc"
	},
};

/* Two kinds of files are files once. */
static void append(char *maybe, const char *text, size_t length)
{
	size_t used = strlen(maybe);
	char item[MAYBE_MAX];

	snprintf(item, sizeof(item), "%.*s", (int)length, text);
	if (*item == '@' && strstr(maybe, item))
		return;
	snprintf(maybe + used, MAYBE_MAX - used, "%s%s", used ? " " : "", item);
}

/* One of the alternatives of a usage line: words of ours are in lower case. */
static void append_alternative(char *maybe, const char *text, size_t length)
{
	static const char *const files[] = { "FILE", "DEVICE", "IMAGE", "DEV" };

	if (islower((unsigned char)*text)) {
		append(maybe, text, length);
		return;
	}
	if (length == strlen("GROUP") && !strncmp(text, "GROUP", length))
		append(maybe, "@group", strlen("@group"));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (length == strlen(files[i]) && !strncmp(text, files[i], length))
			append(maybe, "@file", strlen("@file"));
}

/* What may stand where a usage line has @text, as far as @length. */
static void what_may_stand(const char *text, size_t length, char maybe[MAYBE_MAX])
{
	const char *end = text + length;

	maybe[0] = '\0';
	while (text < end) {
		size_t part = strcspn(text, "|");

		if (part > (size_t)(end - text))
			part = end - text;
		append_alternative(maybe, text, part);
		text += part + 1;
	}
	/* A group that has a file need not be there. */
	if (!strcmp(maybe, "@group @file"))
		snprintf(maybe, MAYBE_MAX, "@conf @file");
}

/* The value of @option, as @usage has it. */
static void print_value(const struct shell *shell, const struct command *command,
			const char *option)
{
	char key[KEY_MAX], maybe[MAYBE_MAX] = "", dashed[KEY_MAX];
	const char *at;

	snprintf(dashed, sizeof(dashed), "--%s ", option);
	at = strstr(command->usage, dashed);
	if (at) {
		at += strlen(dashed);
		what_may_stand(at, strcspn(at, " []()"), maybe);
	}
	snprintf(key, sizeof(key), "%s --%s", command->name, option);
	printf(shell->entry, key, maybe);
}

/* The words that come before any option, one by one. */
static void print_words(const struct shell *shell, const struct command *command)
{
	const char *at = command->usage;
	char key[KEY_MAX], maybe[MAYBE_MAX];

	for (int number = 1; *at; number++) {
		size_t length;

		at += *at == '[';
		length = strcspn(at, " ]");
		if (!isalpha((unsigned char)*at))
			return;
		what_may_stand(at, length, maybe);
		snprintf(key, sizeof(key), "%s %d", command->name, number);
		if (maybe[0])
			printf(shell->entry, key, maybe);
		at += length;
		at += strspn(at, "] ");
	}
}

static void print_options(const struct shell *shell, const struct command *command)
{
	char key[KEY_MAX], options[1024] = "";
	size_t end = 0;

	for (const struct option *own = command->options; own && own->name; own++) {
		end += snprintf(options + end, sizeof(options) - end, "--%s ", own->name);
		if (own->has_arg)
			print_value(shell, command, own->name);
	}
	for (const struct option *option = global_options; option->name; option++)
		end += snprintf(options + end, sizeof(options) - end, "%s--%s",
				option == global_options ? "" : " ", option->name);
	snprintf(key, sizeof(key), "%s options", command->name);
	printf(shell->entry, key, options);
}

/* First words, and the second ones of each noun, once each. */
static void print_names(const struct shell *shell)
{
	char words[1024] = "", seconds[MAYBE_MAX] = "", key[KEY_MAX];
	const struct command *command;
	size_t length, before = 0;

	for (size_t i = 0; (command = command_at(i)); i++) {
		const struct command *next = command_at(i + 1);

		length = strcspn(command->name, " ");
		if (!before)
			snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%.*s",
				 i ? " " : "", (int)length, command->name);
		if (command->name[length])
			append(seconds, command->name + length + 1,
			       strlen(command->name) - length - 1);
		before = next && !strncmp(next->name, command->name, length) &&
			 strcspn(next->name, " ") == length;
		if (before || !seconds[0])
			continue;
		snprintf(key, sizeof(key), "%.*s second", (int)length, command->name);
		printf(shell->entry, key, seconds);
		seconds[0] = '\0';
	}
	printf(shell->entry, "commands", words);
}

static void print_globals(const struct shell *shell)
{
	char key[KEY_MAX];

	for (const struct option *option = global_options; option->name; option++) {
		const char *maybe = "";

		if (option->has_arg != required_argument)
			continue;
		if (!strcmp(option->name, "batch"))
			maybe = "@file";
		snprintf(key, sizeof(key), "--%s", option->name);
		printf(shell->entry, key, maybe);
		snprintf(key, sizeof(key), "-%c", option->val);
		printf(shell->entry, key, maybe);
	}
}

static int print_script(const struct shell *shell)
{
	const struct command *command;
	char key[KEY_MAX];

	fputs(shell->begin, stdout);
	print_names(shell);
	print_globals(shell);
	for (size_t i = 0; (command = command_at(i)); i++) {
		snprintf(key, sizeof(key), "%s known", command->name);
		printf(shell->entry, key, "1");
		print_words(shell, command);
		print_options(shell, command);
	}
	fputs(shell->end, stdout);
	fputs(shell->script, stdout);
	return EXIT_DONE;
}

int completion_run(const struct args *args)
{
	int code = args_words(args, 1, 1);

	for (size_t i = 0; !code && i < sizeof(shells) / sizeof(shells[0]); i++)
		if (!strcmp(args->word[0], shells[i].name))
			return print_script(&shells[i]);
	return code ? code : args_fail(args, "no completion for '%s'", args->word[0]);
}
