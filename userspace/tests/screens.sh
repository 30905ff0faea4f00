#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The captured screens fit a terminal of 80x24, and are those in README.md: tests/screens
# makes both.
cd "$(dirname "$0")/.." || exit 1
. ../tests/selftests/lib.sh

fits_a_terminal() { # file
	[ "$(wc -l <"$1")" -ge 5 ] && [ "$(wc -l <"$1")" -le 24 ] &&
		[ "$(LC_ALL=C.UTF-8 wc -L <"$1")" -le 80 ]
}

in_readme() { # name
	sed -n "/^<!-- screen $1 -->\$/,/^<!-- end -->\$/{/^<!-- /!p}" ../README.md |
		sed 's/^    //' | diff - "screens/$1.txt"
}

for name in top monitor; do
	ok "$name fits a terminal" fits_a_terminal "screens/$name.txt"
	ok "$name is the same in README.md" in_readme "$name"
done
finish
