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

of_each=20		# bits of each structure
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
	end=$(tail -n 1 /tmp/headers)
	wc -l /tmp/headers /tmp/values
	[ "$(wc -l </tmp/headers)" -gt 50 ] && [ "$(wc -l </tmp/values)" -gt 50 ] &&
		[ "$end" -lt $((used - (1 << 20))) ]
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
	disk_size=$(blockdev --getsize64 "$(disk_of 3)")
	lines_of "a value to flip, of many in a batch" 60 | px 1 -t 60 propose kv --lines >/dev/null
	lines_of "propose kv 'a value to flip, alone in its batch" 40 | sed "s/$/'/" |
		px 2 -B - >/dev/null
	same_logs 3 && px 3 learn kv --raw >/tmp/reference && stop_cluster 3 && take_images &&
		find_structures
}

# Judging

# All that it delivers is what was chosen, in that order.
nothing_wrong() {
	px 3 learn kv --raw >/tmp/learned 2>/dev/null
	awk 'NR == FNR { wanted[FNR] = $0; n = FNR; next }
		{ while (at < n && wanted[++at] != $0); found = wanted[at] == $0 }
		!found { print "delivered: " $0; exit 1 }' /tmp/reference /tmp/learned
}

everything_there() { # what it lost it fetches
	px 3 learn kv --raw 2>/dev/null | cmp -s - /tmp/reference
}

settled() { case $(field 3 state) in ok | forgotten) ;; *) return 1 ;; esac; }

# What became of the flip; leaves it in $outcome.
judge() {
	comes_true 60 settled && nothing_wrong || return
	if [ "$(field 3 state)" = forgotten ]; then
		outcome=forgotten
		[ -n "$(reason 3)" ]
		return
	fi
	comes_true 60 everything_there || return
	outcome=harmless
	if dmesg | grep -q "values were damaged\|repairing superblock"; then
		outcome=repaired
	fi
}

flip() { # structure
	local at old new
	stop_node 3 || return
	at=$(pick "$1")
	old=$(byte_at "$at")
	new=$((old ^ 1 << $(random 8)))
	echo "$1: byte $at: $old becomes $new"
	write_byte "$at" "$new"
	kernel_listens
	outcome=refused
	if start_node 3 3; then
		judge || { px 3 status kv; dmesg | tail; return 1; }
	fi
	outcomes[$outcome]=$((${outcomes[$outcome]:-0} + 1))
	if [ $outcome = forgotten ]; then
		stop_cluster 3 && put_images && start_cluster 3 >/dev/null
		return
	fi
	# Superblocks are written anew at each start.
	[ "$1" = superblock ] || [ "$(byte_at "$at")" != "$new" ] || {
		stop_node 3 && write_byte "$at" "$old" && start_node 3 3
	}
}

flips_of() { # structure want...: so many, and no other outcomes than these; all of them
	local i what want=" $* "
	outcomes=()
	for ((i = 0; i < of_each; i++)); do
		flip "$1" || return
	done
	for what in "${!outcomes[@]}"; do
		echo "# of $of_each flips in structure $1: ${outcomes[$what]} $what" >>/tmp/tally
		[[ $want == *" $what "* ]] || { echo "$what"; return 1; }
	done
	for what in ${want#* "$1" }; do
		[ "${outcomes[$what]:-0}" -gt 0 ] || { echo "none $what"; return 1; }
	done
}

. ./devices.sh
network_up 5
declare -A outcomes
RANDOM=${seed:-7}
: >/tmp/tally
ok "three whose bits will flip" begin
ok "start them" start_cluster 3
ok "bits of superblocks: repaired from the other copies" flips_of superblock repaired
ok "bits of a batch's header: the other copy is enough" flips_of header harmless
ok "bits of values: repaired from peers" flips_of value repaired
ok "bits of stamps: what was written is written" flips_of stamp harmless
ok "bits of unused sectors: forgotten near the journal's end, else harmless" \
	flips_of unused forgotten harmless
cat /tmp/tally
ok "stop those whose bits flipped" stop_cluster 3
ok "take the flipped disks away" devices_down 3
