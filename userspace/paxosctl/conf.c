// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a configuration file: paxos.conf(5).
 *
 * libinih takes the lines apart, and hands on what it finds without saying where.
 * So the lines come by here on their way to it: they are counted, what is too long
 * for it is found (it would cut it), and their indent is taken off (it would add an
 * indented line to the value before).  The first error counts, and is printed when
 * all is read: that of a line which libinih cannot read is known no earlier.
 */
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "conf.h"
#include "output.h"
#include "suggest.h"

#define SPACE " \t\r\n"
#define COMMENT ";#"
#define SUFFIX ".conf"
#define PROBLEM_MAX 256
#define NAME_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#define PLAIN_ONLY "datagrams cannot be encrypted yet: write 'insecure = yes' instead, " \
	"in a network where you trust every host"

struct reading {
	struct conf *conf;
	FILE *file;
	unsigned int line;	/* the newest */
	unsigned int header;	/* line of a section that nothing stands in yet; 0: none */
	unsigned int wrong;	/* first line with an error; 0: none */
	char problem[PROBLEM_MAX];
};

int conf_fail(const struct conf *conf, int code, unsigned int line, const char *format, ...)
{
	char problem[PROBLEM_MAX], where[16] = "";
	va_list list;

	va_start(list, format);
	vsnprintf(problem, sizeof(problem), format, list);
	va_end(list);
	if (line)
		snprintf(where, sizeof(where), "%u:", line);
	return fail(code, "%s:%s %s", conf->path, where, problem);
}

/* Returns 0, which libinih wants of a handler that found an error. */
static int wrong(struct reading *reading, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct reading *reading, unsigned int line, const char *format, ...)
{
	va_list list;

	if (reading->wrong)
		return 0;
	reading->wrong = line;
	va_start(list, format);
	vsnprintf(reading->problem, sizeof(reading->problem), format, list);
	va_end(list);
	return 0;
}

static void section_ends(struct reading *reading)
{
	if (reading->header)
		wrong(reading, reading->header, "this section is empty: fill it, or remove it");
	reading->header = 0;
}

/* As fgets(), for libinih. */
static char *next_line(char *line, int size, void *stream)
{
	struct reading *reading = stream;

	if (reading->wrong || !fgets(line, size, reading->file))
		return NULL;
	reading->line++;
	if (!strchr(line, '\n') && !feof(reading->file)) {
		wrong(reading, reading->line, "the line has over %d bytes, or a zero byte",
		      size - 2);
		return NULL;
	}
	memmove(line, line + strspn(line, SPACE), strlen(line + strspn(line, SPACE)) + 1);
	if (*line == '[' && strchr(line, ']')) {
		section_ends(reading);
		reading->header = reading->line;
	} else if (*line && !strchr(COMMENT, *line)) {
		reading->header = 0;
	}
	return line;
}

static const char *hint(const char *word, const char *const *words, char text[SUGGEST_TEXT_MAX])
{
	const char *meant = suggest(word, words);

	return meant ? suggest_text(meant, text) : ": see paxos.conf(5)";
}

/* key_file is known, so that whoever follows the manual of a later version is told. */
static int unknown_key(struct reading *reading, const char *section, const char *key,
		       const char *const *keys)
{
	char meant[SUGGEST_TEXT_MAX];

	if (keys == setting_names && !strcmp(key, "key_file"))
		return wrong(reading, reading->line, "key_file: " PLAIN_ONLY);
	return wrong(reading, reading->line, "unknown key '%s' in [%s]%s", key, section,
		     hint(key, keys, meant));
}

static int take_group_key(struct reading *reading, const char *section, const char *key,
			  const char *value)
{
	struct conf *conf = reading->conf;
	char wants[SETTING_WANTS_MAX];
	enum setting setting = 0;

	while (setting < SETTINGS && strcmp(key, setting_names[setting]))
		setting++;
	if (setting == SETTINGS)
		return unknown_key(reading, section, key, setting_names);
	if (conf->line[setting])
		return wrong(reading, reading->line, "%s stands in line %u already", key,
			     conf->line[setting]);
	conf->line[setting] = reading->line;
	if (!setting_take(setting, value, &conf->add, wants))
		return wrong(reading, reading->line, "%s wants %s, not '%s'", key, wants, value);
	if (setting != SETTING_DEVICE)
		return 1;
	if (*value != '/')
		return wrong(reading, reading->line, "device wants a path from / on, not '%s'",
			     value);
	snprintf(conf->device, sizeof(conf->device), "%s", value);
	conf->add.device = conf->device;
	return 1;
}

static int take_peer_key(struct reading *reading, const char *section, const char *key,
			 const char *value)
{
	static const char *const keys[] = { "address", NULL };
	struct conf *conf = reading->conf;
	struct conf_peer *peer = &conf->peer[conf->peers];
	const char *id = section + strcspn(section, SPACE);
	uint16_t node;

	id += strspn(id, SPACE);
	if (!parse_node(id, &node))
		return wrong(reading, reading->line, "[%s] wants a node id, 1 to %u: [peer 2]",
			     section, PAXOS_NODE_ID_MAX);
	if (strcmp(key, keys[0]))
		return unknown_key(reading, section, key, keys);
	for (unsigned int i = 0; i < conf->peers; i++)
		if (conf->peer[i].node == node)
			return wrong(reading, reading->line, "the address of node %u stands in "
				     "line %u already", node, conf->peer[i].line);
	if (conf->peers == PAXOS_NODES_MAX)
		return wrong(reading, reading->line, "a group has at most %u nodes",
			     PAXOS_NODES_MAX);
	if (!address_parse(value, &peer->address) || !address_is_host(&peer->address))
		return wrong(reading, reading->line,
			     "address wants one host's " ADDRESS_FORMS ", not '%s'", value);
	peer->node = node;
	peer->line = reading->line;
	conf->peers++;
	return 1;
}

static int take_key(void *context, const char *section, const char *key, const char *value)
{
	static const char *const sections[] = { "group", "peer", NULL };
	struct reading *reading = context;
	char word[SUGGEST_TEXT_MAX], meant[SUGGEST_TEXT_MAX];

	if (strstr(value, " #") || strstr(value, "\t#"))
		return wrong(reading, reading->line, "a comment behind a value begins with ;");
	if (!*section)
		return wrong(reading, reading->line, "'%s' stands before any section: begin with "
			     "[group]", key);
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(section, SPACE), section);
	if (!strcmp(section, "group"))
		return take_group_key(reading, section, key, value);
	if (!strcmp(word, "peer"))
		return take_peer_key(reading, section, key, value);
	return wrong(reading, reading->line, "unknown section [%s]%s", section,
		     hint(word, sections, meant));
}

static int read_file(struct conf *conf, FILE *file)
{
	struct reading reading = { .conf = conf, .file = file };
	int unread = ini_parse_stream(next_line, &reading, take_key, &reading);

	if (ferror(file))
		return fail(EXIT_REFUSED, "cannot read %s: %s", conf->path, strerror(errno));
	section_ends(&reading);
	if (unread > 0 && (!reading.wrong || (unsigned int)unread < reading.wrong))
		return conf_fail(conf, EXIT_USAGE, unread,
				 "neither [section], nor key = value, nor ; comment");
	if (reading.wrong)
		return conf_fail(conf, EXIT_USAGE, reading.wrong, "%s", reading.problem);
	if (unread)
		return fail(EXIT_REFUSED, "cannot read %s: out of memory", conf->path);
	return EXIT_DONE;
}

/* @name is the group's, or that of its file, which is named after it. */
static int find_file(const char *name, struct conf *conf)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	size_t length = strlen(base);
	bool suffixed = length >= strlen(SUFFIX) &&
			!strcmp(base + length - strlen(SUFFIX), SUFFIX);
	const char *folder = slash || suffixed ? "" : CONF_FOLDER "/";

	if ((size_t)snprintf(conf->path, sizeof(conf->path), "%s%s%s", folder, name,
			     *folder ? SUFFIX : "") >= sizeof(conf->path))
		return fail(EXIT_USAGE, "the path %.64s... is too long", name);
	if (suffixed)
		length -= strlen(SUFFIX);
	if (!length || length > PAXOS_NAME_MAX || strspn(base, NAME_BYTES) < length)
		return fail(EXIT_USAGE, "'%.*s' is no name of a group, for %s: 1 to %u letters, "
			    "digits, _, . and -", (int)length, base, conf->path, PAXOS_NAME_MAX);
	memcpy(conf->group, base, length);
	return EXIT_DONE;
}

int conf_read(const char *name, struct conf *conf)
{
	FILE *file;
	int code;

	memset(conf, 0, sizeof(*conf));
	conf->add.name = conf->group;
	code = find_file(name, conf);
	if (code)
		return code;
	file = fopen(conf->path, "re");
	if (!file)
		return fail(errno == ENOENT ? EXIT_MISSING : EXIT_REFUSED, "cannot open %s: %s",
			    conf->path, strerror(errno));
	code = read_file(conf, file);
	fclose(file);
	return code ? code : conf_check(conf);
}
