// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration files, good and bad: what is read, what is said of what is wrong, and
 * of which line.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "output.h"
#include "tap.h"

#define FOLDER "/tmp/paxos-test-XXXXXX"
#define GROUP "[group]\ndevice = /dev/vdb\nlisten = 10.0.0.1:7400\ninsecure = yes\n"

static char folder[sizeof(FOLDER)];
static char path[sizeof(FOLDER) + 16];
static char printed[2048];
static struct conf conf;

static int read_bytes(const char *text, size_t length)
{
	FILE *err = stderr, *file = fopen(path, "w");
	int code;

	fwrite(text, 1, length, file);
	fclose(file);
	printed[0] = '\0';
	stderr = fmemopen(printed, sizeof(printed), "w");
	code = conf_read(path, &conf);
	fclose(stderr);
	stderr = err;
	return code;
}

static int read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void holds(bool right, int code, const char *name)
{
	tap_ok(right, name);
	if (!right)
		printf("# exit %d, printed: %s\n", code, printed);
}

/* @text is wrong in @line (0: none), and @problem is said. */
static void is_wrong(const char *name, const char *text, unsigned int line, const char *problem)
{
	int code = read_text(text);
	char where[64];

	snprintf(where, sizeof(where), line ? "paxosctl: %s:%u: " : "paxosctl: %s: ", path, line);
	holds(code == EXIT_USAGE && !strncmp(printed, where, strlen(where)) &&
	      strstr(printed, problem), code, name);
}

static void is_right(const char *name, const char *text, bool (*as_meant)(void))
{
	int code = read_text(text);

	holds(!code && !printed[0] && as_meant(), code, name);
}

static bool address_is(const union address *address, const char *wanted)
{
	char text[ADDRESS_TEXT_MAX];

	return !strcmp(address_print(address, text), wanted);
}

static bool least_is_meant(void)
{
	return !strcmp(conf.group, "kv") && !strcmp(conf.add.name, "kv") &&
	       !strcmp(conf.add.device, "/dev/vdb") && conf.add.insecure && !conf.peers &&
	       address_is(&conf.add.listen, "10.0.0.1:7400") && !conf.add.mode &&
	       conf.line[SETTING_DEVICE] == 2 && conf.line[SETTING_LISTEN] == 3;
}

static bool all_is_meant(void)
{
	return conf.add.mode == PAXOS_MODE_BASIC && conf.add.learn == PAXOS_LEARN_BROADCAST &&
	       conf.add.role == PAXOS_ROLE_LEARNER && conf.add.heartbeat_ms == 50 &&
	       conf.add.election_ms == 500 && conf.add.node == 7 && conf.add.shared &&
	       conf.add.gid == 1234 && conf.peers == 2 &&
	       conf.peer[0].node == 2 && address_is(&conf.peer[0].address, "[fd00::2]:7400") &&
	       conf.peer[1].node == 65535 && conf.peer[1].line == 17 &&
	       address_is(&conf.peer[1].address, "[fd00::3]:7400");
}

static void test_right(void)
{
	is_right("what a group needs at least", GROUP, least_is_meant);
	is_right("comments, blank lines, indents, and no newline at the end",
		 "[group]\n\tdevice = /dev/vdb ; the disk\n  listen:10.0.0.1:7400\n"
		 "; insecure = no\n# insecure = no\n\n   insecure=yes", least_is_meant);
	is_right("lines that end as elsewhere",
		 "[group]\r\ndevice = /dev/vdb\r\nlisten = 10.0.0.1:7400\r\ninsecure = yes\r\n",
		 least_is_meant);
	is_right("all that can be said of a group",
		 "; node 7\n[peer 2]\naddress = [fd00::2]:7400\n[group]\ndevice = /dev/vdb\n"
		 "listen = [fd00::1]:7400\ninsecure = yes\nmode = basic\nlearn = broadcast\n"
		 "role = learner\nheartbeat = 50\nelection = 500\nnode = 7\ngid = 1234\n\n"
		 "[peer 65535] ; the last\naddress = [fd00::3]:7400\n", all_is_meant);
}

static void test_wrong_lines(void)
{
	is_wrong("a key before any section", "device = /dev/vdb\n", 1, "begin with [group]");
	is_wrong("a section that is not known", GROUP "[grop]\na = b\n", 6,
		 "unknown section [grop]: did you mean 'group'?");
	is_wrong("a peer without a space", GROUP "[peer2]\na = b\n", 6, "did you mean 'peer'?");
	is_wrong("a key that is not known", GROUP "lisen = x\n", 5,
		 "unknown key 'lisen' in [group]: did you mean 'listen'?");
	is_wrong("a key that is like no other", GROUP "frobnicate = x\n", 5,
		 "unknown key 'frobnicate' in [group]: see paxos.conf(5)");
	is_wrong("a peer's key that is not known", GROUP "[peer 2]\nlisten = x\n", 6,
		 "unknown key 'listen' in [peer 2]");
	is_wrong("a section without a key", GROUP "[peer 2]\n[peer 3]\naddress = 10.0.0.3:1\n", 5,
		 "empty");
	is_wrong("a section without a key at the end", GROUP "[peer 2]\n; address\n", 5, "empty");
	is_wrong("a section that is not closed", GROUP "[peer 2\n", 5, "neither [section]");
	is_wrong("a line without a value", "[group]\ndevice\n", 2, "neither [section]");
	is_wrong("the first of two errors counts", "[group]\ndevice\nlisen = x\n", 2,
		 "neither [section]");
	is_wrong("the first of two errors counts, and is the other", "[group]\nlisen = x\ndevice\n",
		 2, "unknown key 'lisen'");
	is_wrong("a comment that is none", "[group]\ndevice = /dev/vdb # mine\n", 2,
		 "begins with ;");
	is_wrong("a key twice", GROUP "device = /dev/vdc\n", 5, "stands in line 2 already");
	is_wrong("a peer twice", GROUP "[peer 2]\naddress = 10.0.0.2:1\n[peer 2]\n"
		 "address = 10.0.0.3:1\n", 8, "node 2 stands in line 6 already");
	is_wrong("a peer that is no node id", GROUP "[peer 65536]\naddress = 10.0.0.2:1\n", 6,
		 "wants a node id, 1 to 65535");
	is_wrong("a peer without an id", GROUP "[peer]\naddress = 10.0.0.2:1\n", 6, "node id");
}

static void test_wrong_values(void)
{
	is_wrong("a device that is no path", "[group]\ndevice = vdb\n", 2, "not 'vdb'");
	is_wrong("no device", "[group]\ndevice =\n", 2, "device wants a path");
	is_wrong("an address without a port", "[group]\nlisten = 10.0.0.1\n", 2,
		 "listen wants ADDR:PORT or [IPv6]:PORT, not '10.0.0.1'");
	is_wrong("a mode that is none", GROUP "mode = fast\n", 5,
		 "mode wants multi or basic, not 'fast'");
	is_wrong("a way to learn that is none", GROUP "learn = all\n", 5, "leader or broadcast");
	is_wrong("a role that is none", GROUP "role = boss\n", 5, "voter or learner");
	is_wrong("a group of users that is none", GROUP "gid = no-such-users\n", 5,
		 "a group of users, by name or number");
	is_wrong("a group id that none has", GROUP "gid = 4294967295\n", 5, "by name or number");
	is_wrong("neither yes nor no", "[group]\ninsecure = maybe\n", 2, "yes or no");
	is_wrong("a time with a unit", GROUP "heartbeat = 50ms\n", 5, "not '50ms'");
	is_wrong("a heartbeat that is too fast", GROUP "heartbeat = 9\n", 5, "10 to 10000");
	is_wrong("an election that is too fast", GROUP "election = 299\n", 5, "300 (3 heartbeats)");
	is_wrong("an election that is too fast for the heartbeat",
		 GROUP "election = 500\nheartbeat = 200\n", 5, "600 (3 heartbeats)");
	is_wrong("a node that is none", GROUP "node = 0\n", 5, "1 to 65535");
	is_wrong("a peer's address for many", GROUP "[peer 2]\naddress = 224.0.0.1:1\n", 6,
		 "one host's");
	is_wrong("a peer's address for any", GROUP "[peer 2]\naddress = 0.0.0.0:1\n", 6,
		 "one host's");
}

static void test_wrong_wholes(void)
{
	is_wrong("an empty file", "", 0, "no device");
	is_wrong("no address to listen on", "[group]\ndevice = /dev/vdb\ninsecure = yes\n", 0,
		 "listen = ADDR:PORT");
	is_wrong("no word on encryption", "[group]\ndevice = /d\nlisten = 10.0.0.1:1\n", 0,
		 "insecure = yes");
	is_wrong("encryption is asked for", "[group]\ndevice = /d\nlisten = 10.0.0.1:1\n"
		 "insecure = no\n", 4, "insecure = yes");
	is_wrong("a key, which nothing could use yet", "[group]\nkey_file = /etc/paxos/key\n", 2,
		 "write 'insecure = yes' instead");
	is_wrong("a peer that is this node", GROUP "node = 2\n[peer 2]\naddress = 10.0.0.2:1\n", 7,
		 "node 2 is this node (line 5)");
	is_wrong("a peer at this node's address", GROUP "[peer 2]\naddress = 10.0.0.1:7400\n", 6,
		 "address of this node, in line 3");
	is_wrong("two peers at one address", GROUP "[peer 2]\naddress = 10.0.0.2:1\n[peer 3]\n"
		 "address = 10.0.0.2:1\n", 8, "address of node 2, in line 6");
	is_wrong("a peer of the other family", GROUP "[peer 2]\naddress = [fd00::2]:1\n", 6,
		 "IPv4: its peers need such addresses");
}

static void test_bytes(void)
{
	static const char zero[] = "[group]\ndev\0ice = /dev/vdb\nlisten = x\n";
	static char many[PAXOS_NODES_MAX * 64 + 1024] = GROUP;
	char line[400];
	int code = read_bytes(zero, sizeof(zero) - 1);

	holds(code == EXIT_USAGE && strstr(printed, "conf:2: "), code, "a zero byte is refused");
	memset(line, 'x', sizeof(line));
	memcpy(line, "[group]\ndevice = /", 18);
	line[sizeof(line) - 1] = '\0';
	code = read_text(line);
	holds(code == EXIT_USAGE && strstr(printed, "conf:2: the line has over"), code,
	      "a line that is too long is refused, not cut");
	for (unsigned int i = 0; i <= PAXOS_NODES_MAX; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many),
			 "[peer %u]\naddress = 10.0.0.2:%u\n", i + 2, i + 1);
	code = read_text(many);
	holds(code == EXIT_USAGE && strstr(printed, "at most 31 nodes"), code,
	      "more peers than there can be are refused");
}

static void test_every_cut(void)
{
	static const char whole[] = GROUP "mode = multi\n[peer 2]\naddress = 10.0.0.2:7400\n";
	bool sane = true;

	for (size_t length = 0; length < sizeof(whole); length++)
		for (int bit = 0; bit < 8; bit++) {
			char text[sizeof(whole)];
			int code;

			memcpy(text, whole, sizeof(whole));
			text[length] ^= 1 << bit;
			code = read_bytes(text, length + 1);
			sane = sane && (!code == !printed[0]) && (!code || code == EXIT_USAGE);
		}
	tap_ok(sane, "cut anywhere, and with any bit wrong, it is read or refused");
}

static void test_names(void)
{
	FILE *err = stderr;
	int code;

	stderr = fmemopen(printed, sizeof(printed), "w");
	code = conf_read("no-such-group", &conf);
	tap_ok(code == EXIT_MISSING && !strcmp(conf.path, "/etc/paxos/no-such-group.conf"),
	       "a name stands for its file in /etc/paxos; none is not found");
	code = conf_read("./kv", &conf);
	tap_ok(code == EXIT_MISSING && !strcmp(conf.path, "./kv") && !strcmp(conf.group, "kv"),
	       "a name with a slash is a file's");
	code = conf_read("kv-1.conf", &conf);
	tap_ok(code == EXIT_MISSING && !strcmp(conf.path, "kv-1.conf") &&
	       !strcmp(conf.group, "kv-1"), "so is one that ends in .conf");
	tap_ok(conf_read("/tmp/a b.conf", &conf) == EXIT_USAGE &&
	       conf_read("/tmp/.conf", &conf) == EXIT_USAGE && conf_read("", &conf) == EXIT_USAGE &&
	       conf_read("/tmp/", &conf) == EXIT_USAGE &&
	       conf_read("a234567890123456789012345678901x", &conf) == EXIT_USAGE,
	       "a file that no group can be named after is refused");
	tap_ok(conf_read("/tmp", &conf) == EXIT_REFUSED, "a folder is no file");
	fclose(stderr);
	stderr = err;
}

int main(void)
{
	strcpy(folder, FOLDER);
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/kv.conf", folder);
	test_right();
	test_wrong_lines();
	test_wrong_values();
	test_wrong_wholes();
	test_bytes();
	test_every_cut();
	test_names();
	unlink(path);
	rmdir(folder);
	return tap_done();
}
