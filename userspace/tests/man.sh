#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The manual: clean for both formatters, and true: what the table of commands, the
# settings, the limits and the tracepoints have stands there, and nothing else.
cd "$(dirname "$0")/.." || exit 1
. ../tests/selftests/lib.sh
uapi=../include/uapi/linux/paxos.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What else the formatter finds missing is this machine's other manuals.
mandoc_is_clean() {
	local said
	said=$(mandoc -T lint "$1" 2>/dev/null | grep -v 'referenced manual not found')
	[ -z "$said" ] || { echo "$said"; return 1; }
	mandoc -T ascii "$1" | grep -q .
}

groff_is_clean() {
	local said
	said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" \
		2>&1 >/dev/null) && [ -z "$said" ] || { echo "$said"; return 1; }
}

# The table, as completion prints it: a command and its options on each line.
table() {
	paxosctl/paxosctl completion bash |
		sed -n "s/^\t\['\(.*\) options'\]='\(.*\)'$/\1: \2/p"
}

# What paxosctl(8) has: each line of a command's part, with the command before it.
manual() {
	awk '
		/^\.It / || /^\.El/ { name = ""; head = /^\.It Xo$/ }
		/^\.It Cm / || (head && /^\.Cm /) {
			name = $0
			sub(/^(\.It )?\.?Cm /, "", name)
			sub(/ ([A-Z][a-z]|\|) .*/, "", name)
			head = 0
		}
		name { print name ": " $0 }' man/paxosctl.8
}

globals() { paxosctl/paxosctl --help | sed -n '/^Options/,$p' | grep -o -- '--[a-z]*'; }

# The same for the table and for the manual: "COMMAND --OPTION", one a line.
options_of_table() {
	local command options option
	while IFS=: read -r command options; do
		for option in $options; do
			echo "$command $option"
		done
	done < <(table) | grep -vE -- " ($(globals | tr '\n' '|')-)\$" | sort -u
}

options_of_manual() {
	manual | sed -E 's/(^[a-z -]*): (.*)/\1\t\2/' | awk -F '\t' '{
		words = split($2, word, " ")
		for (i = 1; i < words; i++)
			if (word[i] ~ /^\.?Fl$/ && word[i + 1] ~ /^-./)
				print $1 " -" word[i + 1]
	}' | grep -vE -- " ($(globals | tr '\n' '|')-)\$" | sort -u
}

no_option_is_missing() {
	comm -23 <(options_of_table) <(options_of_manual) | { ! grep .; }
}

# One may be mentioned elsewhere, but it has to be one.
no_option_is_left() {
	comm -13 <(options_of_table | sed 's/.* //' | sort -u) \
		<(options_of_manual | sed 's/.* //' | sort -u) | { ! grep .; }
}

globals_are_there() {
	local option
	for option in $(globals); do
		grep -qE -- "^\.It Fl .*-${option#--}( |\$)" man/paxosctl.8 ||
			{ echo "$option is not in paxosctl(8)"; return 1; }
	done
}

settings_are_there() {
	local key
	for key in $(sed -n 's/^\t\[SETTING_.*\] = "\(.*\)",$/\1/p' paxosctl/setting.c) address; do
		grep -qx "\.It Cm $key" man/paxos.conf.5 ||
			{ echo "$key is not in paxos.conf(5)"; return 1; }
	done
}

the_example_is_right() {
	sed -n '/^\[group\]/,/^\.Ed/{/^\.Ed/d;p}' man/paxos.conf.5 >"$work/kv.conf"
	paxosctl/paxosctl config check "$work/kv.conf"
}

limits_are_true() {
	local name value
	sed -n 's/^\.It Dv \(PAXOS_[A-Z_]*\) Ta \([0-9]*\) Ta .*/\1 \2/p' man/paxos.4 |
		while read -r name value; do
			grep -qE "^#define $name[[:space:]]+$value([[:space:]]|\$)" $uapi ||
				echo "$name is not $value"
		done | { ! grep .; }
}

limits_are_there() {
	local name
	for name in $(sed -n '/^#define PAXOS_VALUE_MAX/,/^#define PAXOS_REMOVED_MAX/p' $uapi |
		sed -n 's/^#define \(PAXOS_[A-Z_]*\).*/\1/p' | grep -v '_\(TEXT\|REASON\)_MAX$'); do
		grep -q "^\.It Dv $name Ta" man/paxos.4 ||
			{ echo "$name is not in paxos(4)"; return 1; }
	done
}

tracepoints() { sed -n 's/^TRACE_EVENT(\(.*\),/\1/p' ../kmod/trace.h | sort; }

for page in man/*; do
	ok "${page##*/}: mandoc -T lint" mandoc_is_clean "$page"
	ok "${page##*/}: man --warnings" groff_is_clean "$page"
done
ok "the commands in paxosctl(8) are those of the table" \
	is "$(table | sed 's/:.*//' | sort)" eval 'manual | sed "s/:.*//" | sort -u'
ok "every option stands with its command" no_option_is_missing
ok "no other option is there" no_option_is_left
ok "every global option is" globals_are_there
ok "every key is in paxos.conf(5)" settings_are_there
ok "the example there is a file that is right" the_example_is_right
ok "the limits in paxos(4) are those of the header" limits_are_true
ok "all of them are there" limits_are_there
ok "tracepoints in paxos(4) are those of the module" \
	is "$(tracepoints)" eval 'sed -n "s/^\.It Sy //p" man/paxos.4 | sort'
finish
