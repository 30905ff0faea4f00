# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The wrong disk, and superblocks that differ: refused, and said why; nothing is written.

# Less than there is, so that a disk can grow.
usable() { echo $(($(sectors "$(raw_of "$1")") - 2048)); }
sized() { echo "0 $2 linear $(raw_of "$1") 0" | remap "$1"; } # node sectors

content() { sha256sum <"$(raw_of "$1")"; }

# untouched NODE COMMAND...: the command holds, and not a byte of the disk changes.
untouched() {
	local node=$1 before
	before=$(content "$node")
	shift
	"$@" && is "$before" content "$node"
}

refused() { # node text [arguments...]
	local node=$1 text=$2
	shift 2
	untouched "$node" refuses 2 "$text" px "$node" group add kv --insecure \
		--device "$(disk_of "$node")" --listen "$(address "$node")" "$@"
}

works_again() { # node
	start_node "$1" 3 && is_well "$1" && same_logs 3
}

shrinks() {
	stop_node 3 && sized 3 $(($(usable 3) - 8)) && refused 3 'smaller than at format' &&
		sized 3 "$(usable 3)" && works_again 3
}

grows() {
	stop_node 3 && sized 3 $(($(usable 3) + 8)) && refused 3 'larger than at format' &&
		sized 3 "$(usable 3)" && works_again 3
}

# Hosts 2 and 3 get each other's.
swapped() {
	stop_node 2 && stop_node 3 &&
		echo "0 $(usable 3) linear $(raw_of 3) 0" | remap 2 &&
		untouched 3 refuses 2 'belongs to node 3' px 2 group add kv --node 2 --insecure \
			--device "$(disk_of 2)" --listen "$(address 2)" &&
		sized 2 "$(usable 2)" && start_node 2 3 && works_again 3
}

# An image of node 2's disk under node 3's host, beside node 2: nobody counts on it.
cloned() {
	stop_node 2 && stop_node 3 &&
		dd if="$(raw_of 2)" of=/dev/ram3 bs=1M 2>/dev/null && start_node 2 3 || return
	px 2 -t 60 wait kv ready && echo "0 $(usable 3) linear /dev/ram3 0" | remap 3 &&
		px 3 group add kv --device "$(disk_of 3)" --insecure \
			--listen "$(address 3)" >/dev/null &&
		px 3 peer add kv 1 "$(address 1)" >/dev/null || return
	gets_nowhere 3 && px 2 -t 60 propose kv "beside its image" && is_well 2
	local status=$?
	px 3 status kv
	stop_node 3 && sized 3 "$(usable 3)" && works_again 3 && [ $status = 0 ]
}

gets_nowhere() { # node
	local out status=0
	out=$(px "$1" -t 4 propose kv "by an image" 2>&1) || status=$?
	echo "exit $status: $out"
	[ $status = 4 ] && ! px "$1" learn kv --raw | grep -qFx "by an image"
}

copy_at() { # node copy: its block on the disk
	case $2 in
	0 | 1) echo "$2" ;;
	*) echo $(($(usable "$1") / 8 + $2 - 4)) ;;
	esac
}

save_copy() { dd if="$(disk_of "$1")" of="/tmp/copy$2" bs=4k skip="$(copy_at "$1" "$2")" count=1 2>/dev/null; }
put_copy() { dd if="/tmp/copy$2" of="$(disk_of "$1")" bs=4k seek="$(copy_at "$1" "$2")" conv=notrunc,fsync 2>/dev/null; }
spoil_copy() { # node copy: its 700th byte
	local at
	at=$(($(copy_at "$1" "$2") * 4096 + 700))
	printf '\377' | dd of="$(disk_of "$1")" bs=1 seek=$at conv=notrunc,fsync 2>/dev/null
}

sequence_of() { # node copy
	dd if="$(disk_of "$1")" bs=4k skip="$(copy_at "$1" "$2")" count=1 2>/dev/null |
		od -A n -t u8 -j 24 -N 8 | tr -d ' '
}

sequences() { # node: of all copies
	local copy
	for copy in 0 1 2 3; do sequence_of "$1" $copy; done | xargs
}

same_sequence() { # node
	sequences "$1"
	[ "$(sequences "$1" | tr ' ' '\n' | sort -u | wc -l)" = 1 ]
}

# Row 33: a power cut left two copies new and two old, then one of the new ones rots.
two_and_two() { # lost...: each of all copies in turn
	local lost old=() copy
	for lost in 0 1 2 3; do
		stop_node 3 || return
		case $lost in 0 | 1) old=(2 3) ;; *) old=(0 1) ;; esac
		for copy in "${old[@]}"; do save_copy 3 $copy; done
		start_node 3 3 && px 3 -t 60 wait kv ready >/dev/null && stop_node 3 || return
		for copy in "${old[@]}"; do put_copy 3 $copy; done
		spoil_copy 3 $lost
		echo "before: $(sequences 3)"
		start_node 3 3 && is_well 3 &&
			same_sequence 3 || return
	done
	same_logs 3
}

two_lost() {
	stop_node 3 && save_copy 3 1 && save_copy 3 2 && spoil_copy 3 1 && spoil_copy 3 2 &&
		refused 3 'superblock copies 1,2 are damaged' &&
		put_copy 3 1 && put_copy 3 2 && works_again 3
}

begin() {
	sized 1 "$(usable 1)" && sized 2 "$(usable 2)" && sized 3 "$(usable 3)" &&
		format_disks 3 && start_cluster 3 && propose_each 3
}

. ./devices.sh
network_up 5
ok "three on disks that will be mistaken" begin
ok "a disk that shrank is refused" shrinks
ok "a disk that grew is refused" grows
ok "another node's disk is refused" swapped
ok "an image of another node's disk beside it gets nowhere" cloned
ok "superblock copies two new, two old, one of the new lost: the newest wins" two_and_two
ok "two superblock copies are lost: refused, with their names" two_lost
ok "stop those on mistaken disks" stop_cluster 3
ok "take the mistaken disks away" devices_down 3
