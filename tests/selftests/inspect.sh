# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What `paxosctl inspect` says of a disk, and whether a start says the same.

# inspects NODE EXIT OUTCOME [TEXT]...: all that it says is in $found then.
inspects() {
	local node=$1 want=$2 outcome=$3 status=0 text
	shift 3
	found=$(paxosctl -j inspect "$(disk_of "$node")") || status=$?
	printf '%s\n' "exit $status: ${found%%\"map\"*}...${found##*\"cells\"}"
	[ "$status" = "$want" ] && grep -qF "\"start\":{\"outcome\":\"$outcome\"" <<<"$found" ||
		return
	for text; do
		grep -qF -- "$text" <<<"$found" || { echo "no $text"; return 1; }
	done
}

lines() { lines_of "$1" "$2" | px 1 -t 120 propose kv --lines >/dev/null; }

has_line() { [ "$(px "$1" learn kv --raw 2>/dev/null | grep -cFx -- "$2")" = 1 ]; }

sum_of() { sha256sum <"$(disk_of "$1")"; }

a_new_disk() {
	inspects 1 0 ok '"state":"fresh"' '"batches":0' '"in_use":false' '"places":[]'
}

while_it_runs() {
	lines "to be looked at" 100 && inspects 2 0 ok '"in_use":true' '"state":"' '"promised":"'
}

while_it_writes() {
	local i status=0
	lines "written meanwhile" 4000 &
	for ((i = 0; i < 5 && status == 0; i++)); do
		inspects 2 0 ok '"in_use":true' || status=1
	done
	wait && return $status
}

after_use() { # it says who it was, and does not write
	local incarnation before
	incarnation=$(field 2 incarnation)
	stop_node 2 && before=$(sum_of 2) || return
	inspects 2 0 ok '"in_use":false' '"state":"ok"' "\"incarnation\":$incarnation," \
		'"tail":"end"' '"lost":0' && is "$before" sum_of 2
}

a_value_rots() {
	local at
	at=$(offset_of 2 "to be looked at 7")
	echo "at $at"
	[ -n "$at" ] && spoil 2 "$at" 8 || return
	inspects 2 4 repair '"lost":1' '"what":"values: no valid stamp"' \
		'"reason":"1 values were damaged: to be repaired from peers"' || return
	start_node 2 3 && comes_true 60 has_line 2 "to be looked at 7" && is ok field 2 state &&
		stop_node 2 && inspects 2 4 ok '"lost":0' '"repaired":true'
}

# Copy 1 stands at byte 4096.
a_superblock_rots() {
	stop_node 1 && inspects 1 0 ok && spoil 1 4200 8 || return
	inspects 1 4 ok '"status":"invalid"' "superblock copy 1 is not whole" || return
	start_node 1 3 && px 1 -t 60 wait kv ready && stop_node 1 && inspects 1 0 ok
}

two_superblocks_rot() {
	dd if="$(disk_of 1)" of=/tmp/copies bs=4096 count=2 2>/dev/null
	spoil 1 100 8 && spoil 1 4200 8 || return
	inspects 1 4 refused '"reason":"superblock copies 0,1 are damaged"' || return
	refuses 2 "superblock copies 0,1 are damaged" start_node 1 3 || return
	dd if=/tmp/copies of="$(disk_of 1)" bs=4096 conv=notrunc,fsync 2>/dev/null
	inspects 1 0 ok && start_node 1 3 && start_node 2 3 && px 1 -t 60 wait kv ready
}

# The first batch stands at 8192, eight sectors long, a header at each end.
more_than_a_value_rots() {
	local reason
	stop_node 3 && spoil 3 8192 512 && spoil 3 $((8192 + 7 * 512)) 512 || return
	inspects 3 4 forgotten '"places":[{"offset":8192,"bytes":512,"batch":1,' || return
	reason=$(sed 's/.*"reason":"\([^"]*\)".*/\1/' <<<"$found")
	start_node 3 3 && comes_true 60 says forgotten field 3 state || return
	is "$reason: replace the node" field 3 reason && stop_node 3 &&
		inspects 3 4 forgotten '"state":"forgotten"' "\"reason\":\"$reason\""
}

another_disk() {
	head -c 1M /dev/zero >/tmp/zeroes
	refuses 5 "no paxos superblock" paxosctl inspect /tmp/zeroes &&
		refuses 5 "No such file" paxosctl inspect /dev/none
}

network_up 5
ok "format three to be inspected" format_disks 3
ok "inspect: a new disk is sound" a_new_disk
ok "start to be inspected" start_cluster 3
ok "inspect: a disk in use can be read" while_it_runs
ok "inspect: and while it is written" while_it_writes
ok "inspect: a used disk is sound, and is not written" after_use
ok "inspect: a value that rotted is found, then repaired" a_value_rots
ok "inspect: a superblock copy that rotted is found, then repaired" a_superblock_rots
ok "inspect: two are refused, by a start as well" two_superblocks_rot
ok "inspect: what has forgotten is found before it starts" more_than_a_value_rots
ok "inspect: other disks are told apart" another_disk
ok "stop those that were inspected" stop_cluster 2
