# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Single bits that flip on the disk of node 3 while its group is stopped, by structure:
# each is harmless, or repaired, or makes the node forgotten with its reason, or refuse to
# start; never is a wrong value delivered.
#
# Bits stay as they are where the node went on; damage in one batch must not add up,
# though, so what is not overwritten is flipped back.  Where the node has forgotten, all
# three begin again from the images that were made before the first flip: then no peer
# knows more than a disk does (rule 10), and what is judged is the bit alone.

of_each=5		# bits of each of five structures
[ "$size" != long ] || of_each=100
batch=8192		# offset of the first
used=$((2 << 20))	# bytes of a disk, at most, that the run below takes

# Where structures are, by node 3's image.

find_text() { # text: offsets
	strings -t d -n 4 /tmp/image3 | awk -v text="$1" 'index($0, text) { print $1 }'
}

random() { # below
	echo $(((RANDOM << 15 | RANDOM) % $1))
}

# A batch's first header is found by its magic, at a block's start.
find_structures() {
	find_text BTCH | awk '$1 % 4096 == 0' >/tmp/headers
	find_text "a value to flip" >/tmp/values
	wc -l /tmp/headers /tmp/values
	[ "$(wc -l </tmp/headers)" -gt 20 ] && [ "$(wc -l </tmp/values)" -gt 20 ] &&
		[ "$(tail -n 1 /tmp/headers)" -lt $((used - (1 << 20))) ]
}

line_of() { sed -n "$(($(random "$(wc -l <"$1")") + 1))p" "$1"; } # file

pick() { # structure: an offset on the disk
	local copy at
	case $1 in
	superblock)
		copy=$(random 4)
		[ "$copy" -lt 2 ] || copy=$((disk_size / 4096 + copy - 4))
		echo $((copy * 4096 + $(random 4096)))
		;;
	header) echo $(($(line_of /tmp/headers) + $(random 160))) ;;
	value) echo $(($(line_of /tmp/values) + $(random 16))) ;;
	stamp)
		at=$((batch + $(random $((end - batch)))))
		echo $((at / 512 * 512 + 488 + $(random 24)))
		;;
	unused) # half of it near the journal's end, where replay looks
		at=$((end + 262144 + $(random 262144)))
		[ "$(random 2)" = 0 ] || at=$((end + (2 << 20) + $(random $((8 << 20)))))
		echo $at
		;;
	esac
}

byte_at() { dd if="$(disk_of 3)" bs=1 skip="$1" count=1 2>/dev/null | od -A n -t u1 | tr -d ' '; }

write_byte() { # offset value
	# shellcheck disable=SC2059 # the byte is the format
	printf "\\x$(printf %x "$2")" |
		dd of="$(disk_of 3)" bs=1 seek="$1" conv=notrunc,fsync 2>/dev/null
}

# Images

take_images() { # the groups are stopped
	local i
	for i in 1 2 3; do
		head -c $used "$(disk_of $i)" >/tmp/image$i || return
		tail -c 8192 "$(disk_of $i)" >/tmp/tail$i || return
	done
}

put_images() {
	local i
	for i in 1 2 3; do
		dd if=/tmp/image$i of="$(disk_of $i)" bs=1M conv=notrunc 2>/dev/null &&
			dd if=/tmp/tail$i of="$(disk_of $i)" bs=4k seek=$((disk_size / 4096 - 2)) \
				conv=notrunc,fsync 2>/dev/null || return
	done
}

begin() {
	anew 3 || return
	lines_of "a value to flip, of many in a batch" 60 | px 1 -t 60 propose kv --lines >/dev/null
	lines_of "propose kv 'a value to flip, alone in its batch" 40 | sed "s/$/'/" |
		px 2 -B - >/dev/null
	same_logs 3 && px 3 learn kv --raw >/tmp/reference && stop_cluster 3 && take_images &&
		find_structures
}

# Judging

# What is asked of node 3 at each start, by one process.
write_visit() {
	printf '%s\n' "learn kv --raw" "-j status kv" >/tmp/look
	{
		cat /tmp/start3
		echo "wait kv chosen $(chosen 3)"
		cat /tmp/look
	} >/tmp/visit
}

said() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' /tmp/said; }

# All that it delivered is what was chosen, in that order; and if it votes on, all of it.
nothing_wrong() { # state
	awk -v all="$([ "$1" = forgotten ] || echo 1)" '
		NR == FNR { wanted[++n] = $0; next }
		!/a value to flip/ { next }
		{ while (at < n && wanted[++at] != $0) if (all) exit wrong = 1 }
		wanted[at] != $0 { print "delivered: " $0; exit wrong = 1 }
		END { exit wrong || all && at < n }' /tmp/reference /tmp/said
}

look() { px 3 -f -t 30 -B "$1" >/tmp/said 2>&1; } # commands

# What became of the flip; leaves it in $outcome.
judge() {
	local state
	look /tmp/visit
	# It answers when it runs, and when what it lost is repaired.
	while grep -q "try again\|temporarily" /tmp/said; do
		look /tmp/look
	done
	state=$(said state)
	nothing_wrong "$state" || return
	case $state in
	ok | no-quorum)
		outcome=harmless
		if dmesg | grep -q "slots are damaged\|repairing superblock"; then
			outcome=repaired
		fi
		;;
	forgotten)
		outcome=forgotten
		[ -n "$(said reason)" ]
		;;
	'') outcome=refused ;;
	*) return 1 ;;
	esac
}

# Damage of two flips must not add up; but superblocks are written anew at each start.
flip_back() {
	[ -n "$undo" ] || return 0
	# shellcheck disable=SC2086 # offset, old, new
	set -- $undo
	undo=
	[ "$(byte_at "$1")" != "$3" ] || write_byte "$1" "$2"
}

flip() { # structure
	local at old new
	stop_node 3 && flip_back || return
	at=$(pick "$1")
	old=$(byte_at "$at")
	new=$((old ^ 1 << $(random 8)))
	write_byte "$at" "$new"
	[ "$1" = superblock ] || undo="$at $old $new"
	kernel_listens
	judge || {
		echo "$1: byte $at: $old became $new"
		cat /tmp/said
		dmesg | tail
		return 1
	}
	outcomes[$outcome]=$((${outcomes[$outcome]:-0} + 1))
	[ $outcome = forgotten ] || return 0
	undo=
	stop_cluster 3 && put_images && start_cluster 3 >/dev/null
}

# flips_of STRUCTURE MUST MAY: so many; outcomes that there must be, and others that may be.
flips_of() {
	local i what undo='' outcome
	outcomes=()
	for ((i = 0; i < of_each; i++)); do
		flip "$1" || return
	done
	stop_node 3 && flip_back && start_node 3 3 || return
	for what in "${!outcomes[@]}"; do
		echo "# of $of_each flips in structure $1: ${outcomes[$what]} $what" >>/tmp/tally
		[[ " $2 $3 " == *" $what "* ]] || { echo "$what"; return 1; }
	done
	for what in $2; do
		[ "${outcomes[$what]:-0}" -gt 0 ] || { echo "none $what"; return 1; }
	done
}

. ./devices.sh
network_up 5
declare -A outcomes
RANDOM=${seed:-7}
: >/tmp/tally
ok "three whose bits will flip" begin
disk_size=$(blockdev --getsize64 "$(disk_of 3)")
end=$(tail -n 1 /tmp/headers)
ok "start them" start_cluster 3
ok "what node 3 is asked" write_visit
ok "bits of superblocks: repaired from the other copies" flips_of superblock repaired
ok "bits of a batch's header: the other copy is enough" flips_of header harmless
ok "bits of values: repaired from peers" flips_of value repaired harmless
ok "bits of stamps: what was written is written" flips_of stamp harmless
ok "bits of unused sectors: forgotten near the journal's end, else harmless" \
	flips_of unused "forgotten harmless"
cat /tmp/tally
ok "stop those whose bits flipped" stop_cluster 3
ok "take the flipped disks away" devices_down 3
