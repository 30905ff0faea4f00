#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The simulator is itself tested: each patch in mutants/ breaks a rule of the
# protocol in the core, and some run must notice.  A mutant that survives is a hole
# in the checkers, and fails; so does a patch that no longer applies.  TAP.
#
#	mutants.sh [-s SEEDS] [-k] [PATCH...]
#
# Only what a patch touches is compiled; the rest is built once.  Two mutants at a
# time at most.  A patch with a line "With: PART,..." is looked for where there is
# more of that; one with "KUnit: SUITE" is too rare to be met by chance: that suite
# of tests/kunit must fail.  -k keeps what was built, in $MUTANTS_WORK.
set -eu
cd "$(dirname "$0")"
here=$(pwd)
top=$(cd ../.. && pwd)
seeds=300
keep=
jobs=${JOBS:-2}
CC=${CC:-gcc}

while getopts s:k option; do
	case $option in
	s) seeds=$OPTARG ;;
	k) keep=1 ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- mutants/*.patch
work=${MUTANTS_WORK:-$(mktemp -d)}
[ -n "$keep" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sim" "$work/core" "$work/kunit" "$work/out"

sim_flags="-std=gnu11 -O1 -w"
kunit_flags="-std=gnu11 -O1 -w -I$top/tests/kunit/user"

# Objects of everything, once: DIRECTORY FLAGS SOURCE...
objects() {
	to=$1
	flags=$2
	shift 2
	for source; do
		object=$to/$(basename "$source" .c).o
		[ "$object" -nt "$source" ] && [ "$object" -nt "$newest_header" ] ||
			echo "$flags -c -o $object $source"
	done | xargs -r -P "$jobs" -L 1 "$CC"
}

# shellcheck disable=SC2012 # none has an odd name
newest_header=$(ls -t ./*.h "$top"/userspace/port/*.h ../kunit/*.h ../kunit/user/linux/*.h "$top"/kmod/core/*.h \
		"$top"/include/*/*.h "$top"/include/uapi/linux/*.h | head -n 1)

sim_sources=$(make -s -f Makefile -f - print-sources <<'EOF'
print-sources:
	@echo $(SIM_SOURCES)
EOF
)
objects "$work/core" "$sim_flags" "$top"/kmod/core/*.c
# shellcheck disable=SC2086 # a list of files
objects "$work/sim" "$sim_flags" $sim_sources
if grep -q '^KUnit: ' "$@"; then
	objects "$work/kunit" "$kunit_flags" ../kunit/*_test.c ../kunit/fixture.c \
		../kunit/script.c ../kunit/archive.c ../kunit/user/main.c
fi

# What is not broken must pass, or nothing is said by what fails.
"$CC" -o "$work/sound" "$work"/core/*.o "$work"/sim/*.o
"$work/sound" --seeds 1..20 >"$work/log" 2>&1 || {
	tail -n 20 "$work/log"
	echo "Bail out! the simulator fails without any mutant"
	exit 1
}

# One mutant: says "ok" or "not ok", and why.  All it makes is in a folder of its own.
cat >"$work/one" <<'EOF'
set -u
patch=$1
name=$(basename "$patch" .patch)
dir=$work/out/$name
tree=$dir/tree
rm -rf "$dir"
mkdir -p "$tree/kmod" "$dir/objects"
cp -r "$top/kmod/core" "$tree/kmod/"
cp -r "$top/include" "$tree/"
say() { echo "$1 $name # $2" >"$dir/verdict"; exit 0; }
patch -s -p1 -d "$tree" <"$patch" >"$dir/log" 2>&1 || say "not ok" "the patch does not apply"
suite=$(sed -n 's/^KUnit: //p' "$patch")
flags=$sim_flags
[ -z "$suite" ] || flags=$kunit_flags
cp "$work"/core/*.o "$dir/objects/"
for file in $(sed -n 's/^+++ b\///p' "$patch"); do
	case $file in
	*.c) touched=$tree/$file ;;
	*) touched=$(echo "$tree"/kmod/core/*.c) ;;
	esac
	for source in $touched; do
		$CC $flags -c -o "$dir/objects/$(basename "$source" .c).o" "$source" \
			2>"$dir/log" || say "not ok" "it does not build"
	done
done
if [ -n "$suite" ]; then
	$CC -o "$dir/kunit" "$dir"/objects/*.o "$work"/kunit/*.o >"$dir/log" 2>&1 ||
		say "not ok" "it does not link"
	$CC -o "$dir/sound" "$work"/core/*.o "$work"/kunit/*.o >"$dir/log" 2>&1 &&
		timeout 60 "$dir/sound" "$suite" >"$dir/log" 2>&1 ||
		say "not ok" "kunit $suite fails without it"
	if timeout 60 "$dir/kunit" "$suite" >"$dir/log" 2>&1; then
		say "not ok" "survived kunit $suite"
	fi
	say ok "kunit $suite: $(sed -n 's/^ *not ok [0-9]* *-* *//p' "$dir/log" | head -n 1)"
fi
$CC -o "$dir/sim" "$dir"/objects/*.o "$work"/sim/*.o >"$dir/log" 2>&1 ||
	say "not ok" "it does not link"
with=$(sed -n 's/^With: //p' "$patch")
if timeout 240 "$dir/sim" --seeds "1..$seeds" ${with:+--with "$with"} >"$dir/log" 2>&1; then
	say "not ok" "survived $seeds seeds"
fi
caught=$(grep -h '^seed ' "$dir/log" | tail -n 1)
[ -n "$caught" ] || say "not ok" "it ended without a word"
deliveries=$(sed -n 's/^[0-9]* seeds: \([0-9]*\) deliveries.*/, after \1 deliveries/p' "$dir/log")
say ok "$(echo "$caught" | cut -c 1-150)$deliveries"
EOF
export work top seeds CC sim_flags kunit_flags here

printf '%s\n' "$@" | xargs -P "$jobs" -n 1 sh "$work/one"

echo "1..$#"
number=0
survived=0
for patch; do
	number=$((number + 1))
	verdict=$(cat "$work/out/$(basename "$patch" .patch)/verdict")
	case $verdict in
	"not ok"*) survived=$((survived + 1)) ;;
	esac
	echo "$verdict" | sed "s/^\(ok\|not ok\) /\1 $number - /"
done
echo "# $# mutants, $survived survived"
[ "$survived" -eq 0 ]
