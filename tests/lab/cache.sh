#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the lab's scripts share that keep things in the cache; to be sourced.
#
# The cache is ${XDG_CACHE_HOME:-$HOME/.cache}/paxos-lab, keyed by versions and
# configuration: what is there is complete, and removing it is always safe.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/paxos-lab

# A maker that fails ends its caller, also in $(cached ...).
shopt -s inherit_errexit

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

usage() { # of the script that runs: its heading
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
}

# Make a directory of the cache unless it is there: in a scratch directory
# ($work, the result in $work/out) that becomes the final one in a single step,
# by one caller at a time.
cached() { # name maker [arguments]
	local final=$cache/$1 lock=$cache/.lock-$1 maker=$2
	shift 2
	mkdir -p "$cache"
	if [ ! -d "$final" ]; then
		exec 9>"$lock"
		flock -n 9 || { say "waiting for another build of ${final##*/}"; flock 9; }
	fi
	if [ ! -d "$final" ]; then
		work=$(mktemp -d "$cache/work.XXXXXX")
		trap 'rm -rf "$work"' EXIT
		"$maker" "$final" "$@"
		mv -T "$work/out" "$final"
		rm -rf "$work"
	fi
	echo "$final"
}
