#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The completion scripts: the shells take them, know every command and option, and
# propose what may stand there.
cd "$(dirname "$0")/.." || exit 1
. ../tests/selftests/lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$PWD/paxosctl/paxosctl" "$work/paxosctl"
PATH=$work:$PATH
for shell in bash zsh fish; do
	paxosctl completion $shell >"$work/$shell" || exit 1
done
touch "$work/a-file"
cd "$work" || exit 1

# What each shell proposes for a line, one a line; "" is a word not begun.
in_bash() {
	bash -c '. ./bash
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_paxosctl
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

# Without the editor: its functions say what they were asked to add.
in_zsh() {
	zsh -f -c 'compdef() { :; }
		. ./zsh
		compadd() { shift; fit=(${(M)@:#$PREFIX*}); (( ! $#fit )) || print -rl -- $fit; }
		_files() { compadd -- $PREFIX*(N); }
		compset() { PREFIX=${PREFIX#*=}; }
		words=("$@") CURRENT=$# PREFIX=${@[-1]}
		_paxosctl' zsh "$@"
}

in_fish() {
	fish --no-config -c 'source ./fish
		complete -C (string join " " -- $argv) | string replace -r "\t.*" ""' -- "$@"
}

proposes() { # shell wanted-words word... : these, and nothing else
	local shell=$1 wanted=$2
	shift 2
	is "$(tr ' ' '\n' <<<"$wanted" | sort)" sorted "in_$shell" "$@"
}

sorted() { "$@" | sort; }

in_all() { # wanted word...
	local shell
	for shell in bash zsh fish; do
		proposes $shell "$@" || { echo "in $shell"; return 1; }
	done
}

commands() { # as the help has them
	paxosctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z -]*[a-z]\)  .*/\1/p'
}

first_words() { commands | sed 's/ .*//' | sort -u | tr '\n' ' ' | sed 's/ $//'; }

second_words_are_proposed() {
	local noun
	for noun in $(commands | sed -n 's/ .*//p' | sort -u); do
		in_all "$(commands | sed -n "s/^$noun //p" | sort | tr '\n' ' ' | sed 's/ $//')" \
			paxosctl "$noun" '' || return
	done
}

# Each long option in the usage of a command, and the global ones.
options_are_proposed() {
	local line options
	while read -r line; do
		# shellcheck disable=SC2086 # one or two words
		options=$({ paxosctl $line --help | head -n 1; paxosctl --help |
			sed -n '/^Options/,$p'; } | grep -o -- '--[a-z]*' | sort -u |
			tr '\n' ' ' | sed 's/ $//')
		# shellcheck disable=SC2086
		in_all "$options" paxosctl $line -- >/dev/null ||
			{ in_all "$options" paxosctl $line --; return 1; }
	done < <(commands)
}

ok "bash takes its script" bash -n bash
ok "zsh takes its script" zsh -n zsh
ok "fish takes its script" fish --no-config -n fish
ok "first words" in_all "$(first_words)" paxosctl ''
ok "first words, begun" in_all "peer propose" paxosctl p
ok "second words of each first word" second_words_are_proposed
ok "options of each command" options_are_proposed
ok "options, begun" in_all "--learn --listen" paxosctl group add kv --l
ok "what an option may be" in_all "basic multi" paxosctl group add kv --mode ''
ok "the same, begun" in_all "basic" paxosctl group add kv --mode b
ok "nothing, where a number is wanted" in_all "" paxosctl group add kv --heartbeat ''
ok "a file, where one is wanted" in_all "a-file" paxosctl propose kv --file a-
ok "what a word may be, behind options and their values" \
	in_all "chosen leader ready voter" paxosctl -t 3 wait --json kv ''
ok "what a word may be, behind an address" \
	proposes bash "--learn" paxosctl group add kv --listen 10.0.0.1 : 7400 --le
ok "an option with its value in one word: bash" \
	proposes bash "basic" paxosctl group add kv --mode = b
ok "an option with its value in one word: zsh" proposes zsh "basic" paxosctl group add kv --mode=b
ok "an option with its value in one word: fish" \
	proposes fish "--mode=basic" paxosctl group add kv --mode=b
ok "shells" in_all "bash fish zsh" paxosctl completion ''
finish
