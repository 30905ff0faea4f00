#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Applies each patch in mutants/ to a copy of the core, builds the simulator
# around it, and runs seeds until one catches it; the suites of tests/kunit are
# asked for what is too rare to happen by chance.  A mutant that survives both is
# a hole in the checkers: exit 1.
#
#	mutants.sh [SEEDS] [PATCH...]
set -eu
cd "$(dirname "$0")"
seeds=${1:-400}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- mutants/*.patch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
survived=0

for patch in "$@"; do
	rm -rf "$work/tree"
	mkdir -p "$work/tree/kmod" "$work/tree/tests"
	cp -r ../../kmod/core "$work/tree/kmod/"
	cp -r ../../include "$work/tree/"
	mkdir "$work/tree/tests/sim"
	cp ./*.[ch] Makefile "$work/tree/tests/sim/"
	name=$(basename "$patch" .patch)
	if ! patch -s -p1 -d "$work/tree" <"$patch" >"$work/log" 2>&1; then
		echo "$name: does not apply any more:"
		cat "$work/log"
		survived=$((survived + 1))
		continue
	fi
	make -s -C "$work/tree/tests/sim" sim CFLAGS=-O1 >"$work/log" 2>&1 || {
		echo "$name: does not build:"
		cat "$work/log"
		exit 1
	}
	if ! timeout 600 "$work/tree/tests/sim/sim" --seeds "1..$seeds" >"$work/log" 2>&1; then
		echo "caught   $name: $(grep -h '^seed ' "$work/log" | tail -n 1)"
		continue
	fi
	mkdir -p "$work/tree/tests/kunit"
	cp -r ../kunit/*.[ch] ../kunit/Makefile ../kunit/user "$work/tree/tests/kunit/"
	rm -rf "$work/tree/tests/kunit/user/build"
	if ! make -s -C "$work/tree/tests/kunit" user KERNELDIR=none >"$work/log" 2>&1 &&
	   grep -q '^not ok' "$work/log"; then
		echo "caught   $name: kunit: $(grep -h '^not ok' "$work/log" | head -n 1)"
	else
		echo "SURVIVED $name ($seeds seeds, and kunit)"
		survived=$((survived + 1))
	fi
done
echo "$# mutants, $survived survived"
[ "$survived" -eq 0 ]
