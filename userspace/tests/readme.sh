#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# README.md of the tree: its examples are the files that are compiled and run, and what it
# and the other documents link to is there.
cd "$(dirname "$0")/../.." || exit 1
. tests/selftests/lib.sh

# The blocks of C in README.md, one after the other.
shown() { sed -n '/^```c$/,/^```$/{/^```/d;p}' README.md; }

examples_are_shown() {
	cmp <(shown) <(cat userspace/examples/propose.c tests/consumer/paxos_hello.c)
}

example_compiles() {
	# shellcheck disable=SC2046 # words
	gcc -std=gnu11 -Wall -Wextra -Werror -Iinclude/uapi -fsyntax-only \
		userspace/examples/propose.c $(pkg-config --cflags libnl-genl-3.0)
}

# links FILE: where it points to in the tree, as FILE has it.
links() { grep -o '](\([^)#:]*\)[^):]*)' "$1" | sed 's/^](//; s/[)#].*//' | grep .; }

links_lead_somewhere() {
	local file link
	for file in README.md */README.md */*/README.md; do
		while read -r link; do
			[ -e "$(dirname "$file")/$link" ] || echo "$file: $link"
		done < <(links "$file")
	done | { ! grep .; }
}

# Of a limit that README.md tells.
limit() { sed -n "s/^#define $1[[:space:]]*\([0-9]*\).*/\1/p" include/uapi/linux/paxos.h; }

limits_are_true() {
	local text
	for text in "1 to $(limit PAXOS_VALUE_MAX) bytes" \
		"1 to $(limit PAXOS_VOTERS_MAX) voters, $(limit PAXOS_NODES_MAX) nodes; $(limit PAXOS_REMOVED_MAX) nodes" \
		"$(limit PAXOS_GROUPS_MAX) groups in each" \
		"$(limit PAXOS_INFLIGHT_MAX) unanswered proposals of a socket" \
		"the $(limit PAXOS_CLIENTS_MAX) newest, of each the $(limit PAXOS_CLIENT_WINDOW) newest"; do
		grep -qF -- "| $text" README.md || echo "README.md does not say: $text"
	done | { ! grep .; }
}

ok "the examples in README.md are the files that are compiled and run" examples_are_shown
ok "the one in C compiles" example_compiles
ok "links lead somewhere" links_lead_somewhere
ok "limits are those of the header" limits_are_true
finish
