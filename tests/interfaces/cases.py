# SPDX-License-Identifier: GPL-2.0
"""What each command of paxosctl does, as a story in a guest with nodes 1 to 4.

A case is (node, arguments, exit, what comes out):

    a string    part of the message on standard error: its exit is not 0
    Text()      what is printed without --json
    else        the JSON of --json, as shapes.py has it: one, or Lines() of them

A string alone is the shell's to run before what follows, with selftests/lib.sh; that is also
how arguments get a standard input. Nodes are network namespaces n1 to n4.
"""

import dataclasses
import re

from shapes import ADDRESS, BALLOT, TIME, UUID


@dataclasses.dataclass
class Lines:
    """So many objects, a line each; None: any number, and one at least."""
    shape: object
    count: int = None


@dataclasses.dataclass
class Text:
    """What all of it is like."""
    pattern: str


# Here each command is tried on a group that is not there, and by somebody without rights.
SWEEP = object()

CLUSTER = "2d6c1e0a-0000-4000-8000-000000000001"

RECORDS = ("accepted", "learned", "chosen", "peer", "confirmed", "table")

FORMATTED = {"device": re.compile("/dev/vd[a-e]"), "cluster": CLUSTER, "disk": UUID, "node": int,
             "join": bool, "voters": [int], "ring_bytes": int}
PEER = {"id": int, "address": (ADDRESS, None), "voter": bool, "health": re.compile("[a-z-]+"),
        "rtt_us": (int, None), "heard_ms": (int, None), "used_permille": (int, None),
        "full": bool, "chosen": int, "member": bool,
        "disk": (UUID, None)}
GROUP = {"group": "kv", "node": int, "cluster": CLUSTER, "device": str, "listen": ADDRESS}
REPLAY = {"batches": int, "records": int, "slots": int, "bytes": int, "time_us": int,
          "torn": (int, None), "damaged": int, "first_damaged": (int, None),
          "lost": (str, None), "error": (str, None)}
STRAY = {"kind": ("cluster", "node", "refused", "malformed"), "count": int, "ago_ms": int,
         "address": ADDRESS, "node?": int, "why?": str}
STATUS = {
    "group": "kv", "cluster": CLUSTER, "node": int, "incarnation": int, "address": ADDRESS,
    "role": ("leader", "follower", "candidate", "learner"),
    "state": ("starting", "unconfirmed", "ok", "forgotten", "suspended", "no-quorum", "removed",
              "snapshot-needed", "joining"),
    "reason?": str, "advice": [str], "state_ms": (int, None), "voter": bool, "mode": ("multi", "basic"), "learn": ("leader", "broadcast"),
    "progress?": int, "leader": (int, None), "ballot": BALLOT,
    "quorum": {"up": int, "need": int, "voters": int}, "chosen": int, "durable": int,
    "delivered": int, "first": int, "damaged": int, "pending": int, "crypto": "none",
    "gid": (int, None),
    "disk": {"device": str, "size": int, "used": int, "room": ("ok", "full", "low", None),
             "error": (str, None)},
    "snapshot_needed": (int, None), "strays": [STRAY],
    "peers": [{**PEER, "lag": int}], "replay": (REPLAY, None)}
PROPOSED = {"slot": int, "ballot": BALLOT, "latency_us": int}
PROPOSED_LINE = {**PROPOSED, "line": int}
ENTRY = ({"slot": int, "ballot": BALLOT, "origin": int, "type": ("noop", "config")},
         {"slot": int, "ballot": BALLOT, "origin": int, "type": "value", "value": str,
          "encoding?": "base64"})
TRIMMED = {"group": "kv", "trimmed": int, "first": int}
CHANGED = {"group": "kv", "change": ("add", "promote", "remove", "replace"), "id": int,
           "slot": int, "by?": int}
MEMBERS = {"group": "kv", "slot": int, "members": [PEER]}
REACHED = {"group": "kv", "reached": ("ready", "leader", "voter", "chosen"), "state": str,
           "leader": (int, None), "delivered": int}
EVENT = {"time": TIME, "group": str, "sequence": int, "event": str, "node?": int, "state?": str,
         "was?": str, "reason?": str, "leader?": (int, None), "ballot?": (BALLOT, None),
         "role?": str, "health?": str, "member?": bool, "voter?": bool, "slot?": int}
HISTOGRAM = {"count": int, "sum": int, "p50": (int, None), "p99": (int, None),
             "p999": (int, None), "buckets": [{"le": (int, None), "count": int}]}
STATS = {
    "group": "kv", "node": int, "since_ms": int,
    "proposals": {"chosen": int, "unknown": int, "withdrawn": int, "full": int, "stale": int},
    "barriers": {"granted": int},
    "delivered": {"values": int, "noops": int, "configs": int, "bytes": int},
    "leaders": {"changes": int},
    "datagrams": {"received": int, "malformed": int, "foreign": int, "no_memory": int,
                  "sent": int, "unsent": int},
    "journal": {"writes": int, "bytes": int}, "commit_us": HISTOGRAM, "write_us": HISTOGRAM}
BENCH = {
    "group": "kv", "loop": ("closed", "open"), "clients": int, "rate": (int, None), "size": int,
    "seconds": float, "sent": int, "chosen": int, "unsent": int,
    "errors": {"timed_out": int, "withdrawn": int, "full": int, "disk": int, "gone": int,
               "refused": int, "other": int},
    "throughput": float,
    "latency_us": {"count": int, "min": (int, None), "mean": (int, None), "p50": (int, None),
                   "p90": (int, None), "p99": (int, None), "p999": (int, None),
                   "max": (int, None), "buckets": [{"le": (int, None), "count": int}]}}
UP = {"group": "kv", "node": int, "cluster": CLUSTER, "peers": [int], "left_out": [int]}
CHECKED = {"file": str, "group": "kv", "device": str, "listen": ADDRESS,
           "peers": [{"id": int, "address": ADDRESS}]}
RELOADED = {"group": "kv", "added": [int], "changed": [int], "deleted": [int]}
PLACE = {"offset": int, "bytes": int, "batch": (int, None), "what": str}
COPY = {"offset": int, "sequence?": int,
        "status": ("counts", "same", "older", "differs", "invalid")}
JOURNAL = {
    "batches": int, "bytes": int, "end_offset": int, "next_batch": int,
    "tail": ("end", "torn", "damaged"),
    "records": {kind: int for kind in RECORDS},
    "slots": {"first": int, "last": int, "accepted": int, "learned": int, "chosen": int,
              "delivered": int, "trimmed": int},
    "promised": BALLOT, "ballot_used": BALLOT}
INSPECTED = {
    "device": str, "bytes": int, "in_use": bool, "cluster": CLUSTER, "node": int, "disk": UUID,
    "state": ("fresh", "ok", "forgotten"), "incarnation": int, "promised": BALLOT,
    "trimmed": int, "format_bytes": int,
    "members": [{"node": int, "voter": bool, "disk?": UUID}],
    "ring": {"offset": int, "bytes": int, "start_offset": int, "start_batch": int,
             "table_offset": int},
    "superblocks": [COPY], "journal": JOURNAL,
    "faulty": {"records": int, "lost": int, "more": int,
               "slots": [{"slot": int, "ballot": BALLOT, "batch": (int, None),
                          "repaired": bool}]},
    "map": {"cell_bytes": int, "cells": str}, "damage": {"places": [PLACE], "more": int},
    "start": {"outcome": ("ok", "repair", "forgotten", "suspended", "refused"),
              "reason?": str}}
RECORD = {"batch": (int, None), "offset": int, "record": RECORDS, "node?": int, "slot?": int,
          "ballot?": BALLOT, "type?": ("noop", "value", "config"), "origin?": int,
          "length?": int, "faulty?": bool}

ADD = "group add kv --listen 10.1.0.1:7400 --device /dev/vda"

# Files that cases name, and the network; the module is not loaded before these ran.
PREPARE = """
network_up 4
printf '%s\\n' '[group]' 'device = /dev/vda' 'listen = 10.1.0.1:7400' 'insecure = yes' '' \
	'[peer 2]' 'address = 10.1.0.2:7400' '' '[peer 4]' 'address = 10.1.0.4:7400' >/tmp/kv.conf
sed s/insecure/insecur/ /tmp/kv.conf >/tmp/bad.conf
sed s/vda/null/ /tmp/kv.conf >/tmp/null.conf
cp /tmp/kv.conf /tmp/nope.conf
sed /10.1.0.2/s/7400/7500/ /tmp/kv.conf >/tmp/moved && mkdir -p /tmp/other &&
	mv /tmp/moved /tmp/other/kv.conf
printf 'one\\ntwo\\nthree\\n' >/tmp/lines
printf '\\377\\376' >/tmp/binary
"""

STORY = [
    # Disks.
    (1, f"format /dev/vda --cluster {CLUSTER} --node 1 --voters 1,2,3", 0, FORMATTED),
    (1, f"format /dev/vdb --cluster {CLUSTER} --node 2 --voters 1,2,3 --size 32M", 0, FORMATTED),
    (1, f"format /dev/vdc --cluster {CLUSTER} --node 3 --voters 1,2,3 --force", 0, FORMATTED),
    (1, f"format /dev/vdd --cluster {CLUSTER} --node 4 --join", 0, FORMATTED),
    (1, "format /dev/vde --cluster new --node 9 --voters 9", 0,
     {**FORMATTED, "cluster": UUID}),
    (1, "format /dev/vda --cluster new --node 1 --voters 1", 2, "--force"),
    (1, "format /dev/vdx --cluster new --node 1 --voters 1", 5, "/dev/vdx"),
    (1, "format /dev/null --cluster new --node 1 --voters 1", 2, "not a block device"),
    (1, "format /dev/vda --cluster no-uuid --node 1 --voters 1", 1, "UUID"),
    (1, "format /dev/vda --cluster new --node 0 --voters 1", 1, "1 to 65535"),
    (1, "format /dev/vda --cluster new --node 1", 1, "--voters is missing, or --join"),
    (1, "format /dev/vda --cluster new --voters 1", 1, "--node is missing"),
    (1, "format /dev/vda --node 1 --voters 1", 1, "--cluster is missing"),
    (1, "format /dev/vda --cluster new --node 4 --voters 1,2,3", 1, "not among the voters"),
    (1, "format /dev/vda --cluster new --node 1 --voters 1,1", 1, "twice"),
    (1, f"format /dev/vda --cluster {CLUSTER} --node 1 --voters 1 --join", 1, "excludes"),
    (1, "format /dev/vda --cluster new --node 1 --join", 1, "running group's UUID"),
    (1, "format /dev/vda --cluster new --node 1 --voters 1 --size 1", 1, "16M or more"),
    (1, "format /dev/vda --cluster new --node 1 --voters 1 --size 1T --force", 2, "has room for"),
    (1, "inspect /dev/vda", 0, INSPECTED),
    (1, "inspect /dev/vdx", 5, "/dev/vdx"),
    (1, "inspect /dev/null", 2, "neither a block device nor a file"),
    (1, "inspect /tmp/lines", 5, "paxos"),

    # Files of groups.
    (1, "config check /tmp/kv.conf", 0, CHECKED),
    (1, "config check /tmp/bad.conf", 1, "/tmp/bad.conf:4: unknown key 'insecur'"),
    (1, "config check nope", 5, "/etc/paxos/nope.conf"),
    (1, "config check a/b*", 1, "no name of a group"),

    # Groups.
    (1, f"{ADD} --insecure --mode multi --learn leader --role voter --heartbeat 100 "
        "--election 1000 --node 1 --gid 1234", 0, {"group": "kv", "node": 1, "cluster": CLUSTER}),
    (1, f"{ADD} --insecure", 2, "/dev/vda is in use"),
    (1, "group add kv --listen 10.1.0.1:7401 --device /dev/vde --insecure", 2, "group kv exists: delete it"),
    (1, "group add kw --listen 10.1.0.1:7400 --device /dev/vde --insecure", 2, "in use"),
    (1, "group add kw --listen 10.1.0.1:7401 --device /dev/vde", 2, "--insecure"),
    (1, "group add kv --device /dev/vda --insecure", 1, "--listen is missing"),
    (1, "group add kv --listen 10.1.0.1:7400 --insecure", 1, "--device is missing"),
    (1, f"{ADD} --insecure --listen 10.1.0.1", 1, "ADDR:PORT"),
    (1, f"{ADD} --insecure --mode x", 1, "--mode wants multi or basic"),
    (1, f"{ADD} --insecure --learn x", 1, "--learn wants leader or broadcast"),
    (1, f"{ADD} --insecure --role x", 1, "--role wants voter or learner"),
    (1, f"{ADD} --insecure --heartbeat x", 1, "--heartbeat wants milliseconds"),
    (1, f"{ADD} --insecure --election 0", 1, "--election wants milliseconds"),
    (1, f"{ADD} --insecure --gid no-such-users", 1, "--gid wants a group of users"),
    (2, "group add kv --listen 10.1.0.2:7400 --device /dev/vdb --insecure --node 3", 2,
     "device belongs to node 2"),
    (2, "group add kv --listen 10.1.0.2:7400 --device /dev/vdb --insecure --role learner", 2,
     "formatted as a voter"),
    (2, "group add a/b --listen 10.1.0.2:7400 --device /dev/vdb --insecure", 2,
     "letters, digits"),
    (2, "group add kv --listen 10.1.0.2:7400 --device /dev/vdb --insecure", 0,
     {"group": "kv", "node": 2, "cluster": CLUSTER}),
    "start_node 3 3",
    (1, "group list", 0, [GROUP]),
    (1, "group list", 0, Text(r"GROUP +NODE +LISTEN +DEVICE +CLUSTER *\nkv +1 .*\n")),
    (1, "peer add kv 2 10.1.0.2:7400", 0, {"group": "kv", "id": 2, "address": "10.1.0.2:7400"}),
    (1, "peer add kv 3 10.1.0.3:7400", 0, {"group": "kv", "id": 3, "address": ADDRESS}),
    (1, "peer add kv 1 10.1.0.9:7400", 2, "is this node itself"),
    (1, "peer add kv 9 10.1.0.9:7400", 2, "not in the configuration"),
    (1, "peer add kv 2 [fd01::2]:7400", 2, "IPv4"),
    (1, "peer add kv two 10.1.0.2:7400", 1, "'two' is no node id"),
    (1, "peer add kv 2 there", 1, "ADDR:PORT"),
    "px 2 peer add kv 1 10.1.0.1:7400; px 2 peer add kv 3 10.1.0.3:7400",
    (2, "peer list kv", 0, [PEER]),
    (2, "peer del kv 3", 0, {"group": "kv", "id": 3}),
    (2, "peer del kv 3", 5, "nothing to delete"),
    (2, "peer del kv x", 1, "no node id"),
    "px 2 peer add kv 3 10.1.0.3:7400",

    # What is true, and when.
    (1, "wait kv ready -t 60", 0, REACHED),
    (2, "wait kv ready -t 60", 0, REACHED),
    (3, "wait kv ready -t 60", 0, REACHED),
    (1, "wait kv leader", 0, REACHED),
    (1, "wait kv voter", 0, REACHED),
    (1, "wait kv chosen 999999 -t 0.2", 3, "timed out after 0.2 s"),
    (1, "wait kv bliss", 1, "ready|leader|voter|chosen"),
    (1, "wait kv chosen", 1, "SLOT"),
    (1, "wait kv ready now", 1, "usage: paxosctl wait"),
    (1, "leader kv", 0, {"group": "kv", "leader": int}),
    (1, "leader kv", 0, Text(r"[123]\n")),
    (1, "status kv", 0, STATUS),
    (1, "status", 0, [STATUS]),
    (4, "status", 0, []),
    (1, "status kv", 0, Text(r"group kv  cluster [^\n]* gid 1234\nstate ok[^\n]*\n(.*\n)*"
                             r"ID +ADDRESS +ROLE +VOTER +HEALTH +HEARD +RTT +CHOSEN +DURABLE +LAG +"
                             r"DISK USED *\n1 .*\n2 .*\n3 .*\n")),
    SWEEP,

    # The log.
    (1, "propose kv hello", 0, PROPOSED),
    (1, "propose kv hello", 0, Text(r"slot \d+  ballot \d+\.\d+  \d+\.\d{3} ms\n")),
    (2, "propose kv a b c", 0, Lines(PROPOSED, 3)),
    (3, "propose kv --file /tmp/binary", 0, PROPOSED),
    (1, "propose kv - </tmp/binary", 0, PROPOSED),
    (1, "propose kv --lines </tmp/lines", 0, Lines(PROPOSED_LINE, 3)),
    (1, "propose kv --lines --file /tmp/lines", 0, Lines(PROPOSED_LINE, 3)),
    (1, "propose kv once --client 7 --seq 1", 0, PROPOSED),
    (1, "propose kv once --client 7", 1, "--seq"),
    (1, "propose kv once --client 0 --seq 1", 1, "--client"),
    (1, "propose kv once --client 7 --seq x", 1, "--seq"),
    (1, "propose kv x --lines </tmp/lines", 1, "--lines"),
    (1, "propose kv", 1, "usage: paxosctl propose"),
    (1, "propose kv --file /tmp/missing", 5, "/tmp/missing"),
    (1, "propose kv ''", 2, "value is empty"),
    (1, "propose kv x -t 0", 1, "--timeout"),
    (1, "learn kv", 0, Lines(ENTRY)),
    (1, "learn kv --from 2 --count 3", 0, Lines(ENTRY, 3)),
    (1, "learn kv --follow --count 5", 0, Lines(ENTRY, 5)),
    (1, "learn kv --raw", 0, Text(r"(?s).*hello\nhello\na\nb\nc\n.*one\ntwo\nthree\n.*once\n")),
    (1, "learn kv --from 999999", 0, Text("")),
    (1, "learn kv --from 0", 1, "--from wants a slot"),
    (1, "learn kv --count x", 1, "--count wants a number"),
    (1, "barrier kv", 0, {"slot": int, "latency_us": int}),
    (1, "leader transfer kv 2", 0, {"group": "kv", "leader": 2}),
    (1, "leader transfer kv 9", 2, "no such member"),
    (1, "leader transfer kv x", 1, "no node id"),
    (1, "stats kv", 0, STATS),
    (1, "stats", 0, [STATS]),
    (1, "stats kv --prometheus", 0, Text(r"(# HELP .*\n# TYPE .*\n([a-z_]+\{group=\"kv\".*\n)*)+")),
    (1, "stats kv --prometheus -j", 1, "without --json"),
    (1, "stats kv --reset", 0, STATS),
    (1, "stats --reset", 0, [STATS]),
    (1, "bench kv --seconds 1 --clients 4", 0, BENCH),
    (1, "bench kv --seconds 1 --rate 20 --size 100", 0, BENCH),
    (1, "bench kv --clients 0", 1, "--clients"),
    (1, "bench kv --size 99999", 1, "--size"),
    (1, "bench kv --rate x", 1, "--rate"),
    (1, "bench kv --seconds 0", 1, "--seconds"),
    (1, "bench kv --plot /nowhere/x.svg", 1, "/nowhere/x.svg"),
    (1, "top -j", 1, "for JSON: status, stats, monitor"),
    (1, "trim kv 3", 0, TRIMMED),
    (1, "trim kv 999999", 2, "slot"),
    (1, "trim kv x", 1, "'x' is no slot"),
    (1, "learn kv --from 1", 5, "slot 1 is trimmed; the oldest is 4"),
    (1, "snapshot-installed kv 0", 1, "no slot"),
    (1, "snapshot-installed kv 999999", 4, "can serve slot 999999"),
    (1, "snapshot-installed kv 4", 0, {"group": "kv", "installed": int, "first": int}),
    "(sleep 1; px 1 trim kv 6) >/dev/null 2>&1 &",
    (1, "monitor kv --count 1 -t 60", 0, Lines(EVENT, 1)),
    (1, "monitor -t 0.1", 0, Text("")),
    (1, "monitor kv --count 50 -t 0.1", 3, "0 of 50 events"),
    (1, "monitor kv --count 0", 1, "--count wants a number"),

    # Members.
    "start_joined 4 1 2 3",
    (1, "member list kv", 0, MEMBERS),
    (1, "member add kv 4 10.1.0.4:7400", 0, {**CHANGED, "change": "add", "id": 4}),
    (1, "member add kv 4 10.1.0.4:7400", 2, "member"),
    (1, "member add kv 4 there", 1, "is no address"),
    (1, "member add kv x 10.1.0.4:7400", 1, "no node id"),
    (1, "member replace kv 3 3", 1, "cannot replace itself"),
    (1, "member replace kv 9 4", 5, "no such member"),
    (1, "member replace kv 3 4 --force", 0, {**CHANGED, "change": "replace", "id": 3, "by": 4}),
    (1, "member promote kv 2", 2, "voter"),
    (1, "member promote kv x", 1, "no node id"),
    (1, "member remove kv 9", 5, "no such member"),
    (1, "member remove kv x", 1, "no node id"),
    "px 3 group del kv; join_node 3 5 1 2 4",
    (1, "member add kv 5 10.1.0.3:7400", 0, {**CHANGED, "change": "add", "id": 5}),
    (1, "member promote kv 5", 0, {**CHANGED, "change": "promote", "id": 5}),
    (1, "member remove kv 5 --force", 0, {**CHANGED, "change": "remove", "id": 5}),

    # Without a majority.
    "px 2 group del kv; px 4 group del kv; comes_true 60 says no-quorum field 1 state &&"
    " comes_true 60 refuses 4 'has no leader' px 1 leader kv",
    (1, "propose kv lost -t 1", 4, "no quorum"),
    (1, "barrier kv -t 1", 4, "no majority confirmed it in time"),
    (1, "leader transfer kv 2 -t 1", 4, "no leader is known"),
    (1, "wait kv ready -t 0.2", 3, "timed out"),
    (1, "member remove kv 4 -t 1", 2, "--force if that is meant"),
    (1, "member remove kv 4 -t 1 --force", 4, "1 of 3 voters up"),

    # Files again.
    (1, "down kv", 0, {"group": "kv"}),
    (1, "leader kv", 5, "no group kv here"),
    (1, "up /tmp/kv.conf", 0, UP),
    (1, "up /tmp/kv.conf", 2, "up already; up --reload"),
    (1, "up /tmp/other/kv.conf --reload", 0, RELOADED),
    (1, "up /tmp/bad.conf", 1, "/tmp/bad.conf:4:"),
    (1, "up /tmp/null.conf", 2, "/dev/null is not a block device"),
    (1, "up kv", 5, "/etc/paxos/kv.conf"),
    (1, "up /tmp/nope.conf --reload", 5, "no group nope here"),
    (1, "group del kv", 0, {"group": "kv"}),
    (1, "inspect /dev/vda --records", 0, Lines((INSPECTED, RECORD))),
    "spoil 1 8300 2000",
    (1, "inspect /dev/vda", 4, INSPECTED),

    # For the administrator.
    (1, "genkey", 0, {"key": re.compile("[A-Za-z0-9+/]{43}=")}),
    (1, "completion bash", 0, Text(r"(?s)declare -gA _paxosctl_table=.*")),
    (1, "completion zsh", 0, Text(r"(?s)#compdef paxosctl\n.*")),
    (1, "completion fish", 0, Text(r"(?s)function __paxosctl_table\n.*")),
    (1, "completion csh", 1, "no completion for 'csh'"),

    # All of them.
    (1, "--version", 0, {"version": str, "netlink": int, "disk": int}),
    (1, "--help", 0, Text(r"(?s)Usage: paxosctl \[OPTIONS\] COMMAND \.\.\.\n.*")),
    (1, "", 0, []),
    (1, "-p genkey", 0, Text(r"[A-Za-z0-9+/]{43}=\n")),
    (1, "stauts", 1, "did you mean 'status'?"),
    (1, "group", 1, "'group' needs a second word: add, del, list"),
    (1, "group dell", 1, "unknown command 'group dell': did you mean 'group del'?"),
    (1, "--timeout never status", 1, "--timeout"),
    (1, "--batch /tmp/missing", 5, "cannot open /tmp/missing"),
    (1, "-B - <<<'genkey'", 0, {"key": str}),
    (1, "-B - <<<'leader nope'", 5, "standard input:1: no group nope here"),
]

# These ask nothing of the kernel.
OFFLINE = {"format", "inspect", "config check", "genkey", "completion"}
# These take a group, but not one that has to be there.
NEW_GROUP = {"group add", "up"}
# These print for shells, or on a screen.
NO_JSON = {"completion", "top"}
# These want a terminal, which nobody has here: what they do right is tested elsewhere.
SCREENS = {"top"}
