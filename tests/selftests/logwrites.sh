# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What a power cut may leave, exactly: all writes of a voter that stands alone go through
# dm-log-writes, with a mark for each acknowledgement.  For each flush and each FUA write
# of that log the disk is built as it was then; it must start, and hold all that had been
# acknowledged.

singles=12		# values one by one
bursts=2		# of 40 values together
if [ "$size" = long ]; then
	singles=300 bursts=40
fi

logged=/dev/ram0	# the group's, under dm-log-writes
log=/dev/ram1		# its log
base=/dev/ram2		# as it was when the log began, then as of each point
copy=/dev/ram3		# of it, which a group is started on

mark() { dmsetup message logged 0 mark "$1"; }

lone() { # device: lines of a batch that start a group of one
	echo "group add kv --device $1 --listen 127.0.0.1:7400 --insecure" \
		"--heartbeat 10 --election 100"
	echo "wait kv leader"
}

delivered() { paxosctl -j status kv | sed 's/.*"delivered":\([0-9]*\).*/\1/'; }

acknowledged() { # so many lines of /tmp/lines, from now on
	mark "acknowledged-$(wc -l </tmp/lines)"
}

one_by_one() { # text
	local i
	for ((i = 1; i <= singles; i++)); do
		echo "$1 $i" >>/tmp/lines
		paxosctl propose kv "$1 $i" >/dev/null && acknowledged || return
	done
}

together() { # text
	local i
	for ((i = 1; i <= bursts; i++)); do
		lines_of "$1 $i" 40 >/tmp/burst
		cat /tmp/burst >>/tmp/lines
		paxosctl propose kv --lines </tmp/burst >/dev/null && acknowledged || return
	done
}

# trimmed SLOT LINES: from here on, what is through that slot may be gone: so many lines.
trimmed() { mark "trim-$2" && paxosctl trim kv "$1" >/dev/null; }

record() {
	local slot lines
	modprobe dm-log-writes
	: >/tmp/lines
	paxosctl format $logged --cluster new --node 1 --voters 1 --force >/dev/null &&
		dd if=$logged of=$base bs=1M conv=fsync 2>/dev/null &&
		dd if=/dev/zero of=$log bs=1M count=8 conv=fsync 2>/dev/null || return
	dmsetup create logged --table "0 $(sectors $logged) log-writes $logged $log" &&
		lone /dev/mapper/logged | paxosctl -B - >/dev/null &&
		one_by_one alone || return
	slot=$(delivered) lines=$(wc -l </tmp/lines)
	together "of a burst" && trimmed "$slot" "$lines" &&
		paxosctl group del kv >/dev/null && lone /dev/mapper/logged | paxosctl -B - >/dev/null &&
		one_by_one "after a restart" && together "of a burst after it" &&
		paxosctl group del kv >/dev/null && dmsetup remove --retry logged
}

# What the log says, an entry a line: where its data stands in the log, where on the disk it
# went, how many sectors, and flags (1 flush, 2 FUA, 8 mark).  An entry is a sector with
# (first sector, sectors, flags, length of a mark) and its data; the first sector of the
# log says how many there are.
list_entries() {
	od -A n -v -t u8 $log | awk '
		NR == 2 { entries = $1; entry = 1 }
		entries && NR == entry * 32 + 1 { sector = $1; count = $2 }
		entries && NR == entry * 32 + 2 {
			print entry + 1, sector, count, $1
			entry += 1 + count
			if (!--entries)
				exit
		}'
}

# Marks by where their entry's data would stand.
list_marks() {
	strings -t d -n 6 $log |
		awk '$1 % 512 == 32 && $2 ~ /^(acknowledged|trim)-[0-9]+$/ {
			print ($1 - 32) / 512 + 1, $2 }'
}

# What the run wrote of the ring, in MiB, and a start and a value more.
used_of() {
	awk -v end=$(($(sectors $base) - 64)) '$2 < end && $2 + $3 > most { most = $2 + $3 }
		END { print int(most / 2048) + 2 }' "$1"
}

copy_base() {
	local blocks
	blocks=$(($(sectors $base) / 8))
	dd if=$base of=$copy bs=1M count="$used" conv=notrunc 2>/dev/null &&
		dd if=$base of=$copy bs=4k skip=$((blocks - 2)) seek=$((blocks - 2)) count=2 \
			conv=notrunc 2>/dev/null
}

# It starts, and holds the lines acknowledged by now, in order; a trim may have taken
# those before it.  Lines that were proposed and not yet acknowledged may be there.
holds_all() {
	paxosctl -t 60 -B /tmp/visit >/tmp/said 2>&1 || { cat /tmp/said; paxosctl group del kv; return 1; }
	awk -v acknowledged="$acked" -v trim="$trim" '
		NR == FNR { line[FNR] = $0; known[$0] = 1; next }
		!($0 in known) { next }
		!at && $0 == line[trim + 1] { at = trim }
		$0 != line[++at] { print "line " at " is: " $0; exit 1 }
		END { exit at < acknowledged }' /tmp/lines /tmp/said
}

each_point() {
	local at sector count flags used
	local -A marks
	acked=0 trim=0 points=0
	list_entries >/tmp/entries
	while read -r at sector; do marks[$at]=$sector; done < <(list_marks)
	used=$(used_of /tmp/entries)
	echo "$(wc -l </tmp/entries) entries, ${#marks[@]} marks, $used MiB"
	{
		lone $copy
		echo "propose kv 'after the cut'"
		echo "learn kv --raw"
		echo "group del kv"
	} >/tmp/visit
	while read -r at sector count flags; do
		case $((flags & 8))${marks[$at]} in
		8acknowledged-*) acked=${marks[$at]#*-} ;;
		8trim-*) trim=${marks[$at]#*-} ;;
		esac
		[ "$count" = 0 ] || dd if=$log of=$base bs=512 skip="$at" seek="$sector" \
			count="$count" conv=notrunc 2>/dev/null || return
		[ $((flags & 3)) != 0 ] || continue
		points=$((points + 1))
		copy_base && holds_all || {
			echo "flush $points, $acked acknowledged, trim after line $trim"
			return 1
		}
	done </tmp/entries
	echo "# $points flush points of a run that acknowledged $acked values" >/tmp/points
	# All was looked at: the last mark is the last acknowledgement.
	[ "$acked" = "$(wc -l </tmp/lines)" ] && [ "$points" -gt $((2 * singles)) ]
}

. ./devices.sh
ok "a voter alone, its writes logged" record
ok "at every flush the disk starts and holds all that was acknowledged" each_point
cat /tmp/points
