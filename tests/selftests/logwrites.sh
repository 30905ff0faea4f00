# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What a power cut may leave, exactly: all writes of a voter that stands alone go through
# dm-log-writes, with a mark for each acknowledgement.  For each flush and each FUA write
# of that log the disk is built as it was then; it must start, and hold all that had been
# acknowledged.

singles=30		# values one by one
bursts=5		# of 40 values together
if [ "$size" = long ]; then
	singles=300 bursts=40
fi

logged=/dev/ram0	# the group's, under dm-log-writes
log=/dev/ram1		# its log
base=/dev/ram2		# as it was when the log began, then as of each point
copy=/dev/ram3		# of it, which a group is started on
used=4			# MiB of the ring that the run takes, at most

mark() { dmsetup message logged 0 mark "$1"; }

lone() { # device: lines of a batch that start a group of one
	echo "group add kv --device $1 --listen $(address 1) --insecure" \
		"--heartbeat 10 --election 100"
	echo "wait kv leader"
}

acknowledged() { # so many lines of /tmp/lines, from now on
	mark "acknowledged $(wc -l </tmp/lines)"
}

one_by_one() { # text
	local i
	for ((i = 1; i <= singles; i++)); do
		echo "$1 $i" >>/tmp/lines
		px 1 propose kv "$1 $i" >/dev/null && acknowledged || return
	done
}

together() { # text
	local i
	for ((i = 1; i <= bursts; i++)); do
		lines_of "$1 $i" 40 >/tmp/burst
		cat /tmp/burst >>/tmp/lines
		px 1 propose kv --lines </tmp/burst >/dev/null && acknowledged || return
	done
}

trimmed() { # from here on, the first half may be gone
	local slot
	slot=$(chosen 1) && mark "trim $(wc -l </tmp/lines)" && px 1 trim kv "$slot" >/dev/null
}

record() {
	modprobe dm-log-writes
	: >/tmp/lines
	paxosctl format $logged --cluster new --node 1 --voters 1 --force >/dev/null &&
		dd if=$logged of=$base bs=1M conv=fsync 2>/dev/null &&
		dd if=/dev/zero of=$log bs=1M count=8 conv=fsync 2>/dev/null || return
	dmsetup create logged --table "0 $(sectors $logged) log-writes $logged $log" &&
		lone /dev/mapper/logged | px 1 -B - >/dev/null &&
		one_by_one alone && together "of a burst" && trimmed &&
		stop_node 1 && lone /dev/mapper/logged | px 1 -B - >/dev/null &&
		one_by_one "after a restart" && together "of a burst after it" &&
		stop_node 1 && dmsetup remove --retry logged
}

# One entry of the log: a sector with (first sector, sectors, flags, length of a mark),
# and its data.  Sets them, and $entry to where the next one is.
next_entry() {
	local data
	read -r sector count flags data < <(dd if=$log bs=512 skip=$entry count=1 2>/dev/null |
		od -A n -v -t u8 -N 32 | xargs)
	[ $((flags & 8)) = 0 ] || text=$(dd if=$log bs=512 skip=$entry count=1 2>/dev/null |
		tail -c +33 | head -c "$data" | tr -d '\0')
	at=$((entry + 1))
	entry=$((at + count))
}

replay_write() { # the entry's data, to where it went
	dd if=$log of=$base bs=512 skip=$at seek=$sector count=$count conv=notrunc 2>/dev/null
}

copy_base() {
	local blocks
	blocks=$(($(sectors $base) / 8))
	dd if=$base of=$copy bs=1M count=$used conv=notrunc 2>/dev/null &&
		dd if=$base of=$copy bs=4k skip=$((blocks - 2)) seek=$((blocks - 2)) count=2 \
			conv=notrunc 2>/dev/null
}

# It starts, and holds the lines acknowledged by now, in order; a trim may have taken
# those before it.  Lines that were proposed and not yet acknowledged may be there.
holds_all() {
	{
		lone $copy
		echo "propose kv 'after the cut'"
		echo "learn kv --raw"
		echo "status kv"
		echo "group del kv"
	} | px 1 -t 60 -B - >/tmp/said 2>&1 || { cat /tmp/said; px 1 group del kv; return 1; }
	grep -Fxf /tmp/lines /tmp/said >/tmp/learned
	awk -v acknowledged="$acked" -v trim="$trim" '
		NR == FNR { line[FNR] = $0; n = FNR; next }
		FNR == 1 && $0 == line[trim + 1] { at = trim }
		$0 != line[++at] { print "line " at " is: " $0; exit }
		END { exit !(at >= acknowledged) }' /tmp/lines /tmp/learned
}

each_point() {
	local entry=1 entries sector count flags at text
	acked=0 trim=0 points=0
	read -r entries < <(dd if=$log bs=512 count=1 2>/dev/null | od -A n -t u8 -j 16 -N 8 | xargs)
	echo "$entries entries"
	[ "$entries" -gt $singles ] || return
	for ((; entries > 0; entries--)); do
		next_entry
		case $((flags & 8)):$text in
		8:acknowledged*) acked=${text#* } ;;
		8:trim*) trim=${text#* } ;;
		esac
		[ "$count" = 0 ] || replay_write || return
		[ $((flags & 3)) != 0 ] || continue
		points=$((points + 1))
		copy_base && holds_all || {
			echo "entry at sector $entry of the log, $acked acknowledged, trim $trim"
			return 1
		}
	done
	# All was looked at: the last mark is the last acknowledgement.
	[ "$acked" = "$(wc -l </tmp/lines)" ] && [ "$points" -gt $((2 * singles)) ]
}

. ./devices.sh
network_up 5
ok "a voter alone, its writes logged" record
ok "at every flush the disk starts and holds all that was acknowledged" each_point
echo "# ${points:-0} flush points, $(wc -l </tmp/lines) values"
