# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What becomes of a node whose disk rots (rule 9, rule 7).

some() { # text count
	lines_of "$1" "$2" | px 1 -t 120 propose kv --lines >/dev/null
}

holds() { # node line: once
	[ "$(px "$1" learn kv --raw 2>/dev/null | grep -cFx -- "$2")" = 1 ]
}

# found NODE NAME: what its last start found, as status has it.
found() { px "$1" -j status kv | sed 's/.*"replay"://; s/.*"'"$2"'":"\?\([^",}]*\).*/\1/'; }

# Of the last write on node 4's disk: sequence, and where its first and last sector stand.
last_batch() {
	od -A n -t u8 -v -w512 -j 8192 -N $((4 << 20)) "$(disk_of 4)" |
		awk '$62 > top { top = $62; first = $63 } $62 == top { last = $63 }
			END { print top, first, last }'
}

# A write of which one sector never arrived.  Nobody else is there to miss it.
a_write_is_torn() {
	local sequence first last blank=/tmp/blank disk traces=/sys/kernel/tracing
	disk=$(disk_of 4)
	paxosctl format "$disk" --cluster new --node 4 --voters 4 --force >/dev/null || return
	dd if="$disk" of=$blank bs=1M count=5 2>/dev/null
	start_node 4 0 && px 4 -t 30 wait kv leader >/dev/null && is null found 4 torn || return
	px 4 -t 30 propose kv "before" && stop_node 4 || return
	read -r sequence first last < <(last_batch)
	echo "batch $sequence stands at $first to $last"
	dd if=$blank of="$disk" bs=512 skip=$((last / 512)) seek=$((last / 512)) count=1 \
		conv=notrunc,fsync 2>/dev/null || return
	[ -d $traces/events ] || mount -t tracefs none $traces || return
	echo 1 >$traces/events/paxos/enable
	start_node 4 0 && px 4 -t 30 wait kv leader && px 4 -t 30 propose kv "after" || return
	echo 0 >$traces/events/paxos/enable
	px 4 -j status kv
	is "$sequence" found 4 torn && is $((sequence - 1)) found 4 batches || return
	dmesg | grep "torn batch $sequence was dropped" || return
	grep paxos $traces/trace | tail -n 20
	grep -q "paxos_recovery: .* torn=$sequence damaged=0 .* error=0 lost=\"\"" $traces/trace &&
		grep -q "paxos_journal_write: .* sequence=$((sequence + 1)) " $traces/trace &&
		grep -q "paxos_journal_written: .* sequence=$((sequence + 1)) .*error=0" $traces/trace
}

a_value_rots() { # between two starts
	local at slot
	some "a value that stays" 20 &&
		slot=$(px 1 -t 30 -j propose kv "a value that will rot" | sed 's/.*"slot":\([0-9]*\).*/\1/') &&
		px 2 -t 30 wait kv chosen "$slot" >/dev/null && stop_node 2 || return
	at=$(offset_of 2 "a value that will rot")
	echo "slot $slot at $at"
	[ -n "$at" ] && spoil 2 "$at" 8 && start_node 2 3 || return
	comes_true 60 holds 2 "a value that will rot" && px 2 -t 60 wait kv ready &&
		is ok field 2 state && is 1 found 2 damaged && is "$slot" found 2 first_damaged &&
		same_logs 3
}

still_repaired() { # after one more start
	stop_node 2 && start_node 2 3 && px 2 -t 60 wait kv ready && is ok field 2 state &&
		is 0 found 2 damaged && same_logs 3
}

# What is no longer in memory is read from the disk.
a_value_rots_meanwhile() {
	local at
	some "another that will rot" 10 && some "so that it leaves memory, line" 1200 || return
	px 3 -t 60 wait kv chosen "$(highest 3)" >/dev/null || return
	at=$(offset_of 3 "another that will rot 5")
	echo "at $at"
	[ -n "$at" ] && spoil 3 "$at" 8 || return
	comes_true 60 holds 3 "another that will rot 5" && is ok field 3 state && same_logs 3
}

# The first batch stands at 8192, eight sectors long, a header at each end.
more_than_a_value_rots() {
	stop_node 3 && spoil 3 8192 512 && spoil 3 $((8192 + 7 * 512)) 512 || return
	start_node 3 3 && comes_true 60 says forgotten field 3 state
	local status=$?
	px 3 status kv
	[ $status = 0 ] && px 3 status kv | grep '^found: ' && dmesg | grep 'node has forgotten'
}

forgotten_for_good() {
	stop_node 3 && start_node 3 3 && comes_true 60 says forgotten field 3 state &&
		px 1 -t 60 propose kv "two are enough"
}

a_header_rots() { # the other copy is enough
	stop_node 2 && spoil 2 8192 512 && start_node 2 3 && px 2 -t 60 wait kv ready &&
		is ok field 2 state
}

# Node 3 goes in the midst of many values: one of them it has accepted, and never wrote
# down that it was chosen.  Then 1 and 2 lose that one.
one_copy_is_left() {
	local load node slot at last_copy i=0
	[ "$(leader 1)" != 3 ] || px 3 -t 60 leader transfer kv 1 || return
	rm -f /tmp/enough
	while [ ! -e /tmp/enough ]; do
		echo "one of many: $((i += 1));"
	done | px 1 -t 120 propose kv --lines >/dev/null &
	load=$!
	comes_true 60 delivers 3 100 && stop_node 3
	touch /tmp/enough
	wait $load || return
	some "so that it leaves memory, line" 1200 && px 1 -j learn kv >/tmp/log || return
	stop_node 1 && stop_node 2 && start_node 3 3 || return
	comes_true 60 says no-quorum field 3 state || return
	slot=$(($(chosen 3) + 1))
	last_copy=$(sed -n 's/.*"slot":'$slot',.*"value":"\(.*\)".*/\1/p' /tmp/log)
	echo "slot $slot: $last_copy; at $(offset_of 3 "$last_copy") of node 3"
	[ -n "$last_copy" ] && [ -n "$(offset_of 3 "$last_copy")" ] || return
	echo "$last_copy" >/tmp/last_copy
	for node in 1 2; do
		at=$(offset_of $node "$last_copy")
		[ -n "$at" ] && spoil $node "$at" 8 && start_node $node 3 || return
	done
}

delivers() { [ "$(chosen "$1")" -ge "$2" ]; } # node slot

all_have_it_again() {
	local node
	for node in 3 1 2; do
		comes_true 60 holds $node "$(cat /tmp/last_copy)" || { echo "node $node"; return 1; }
	done
	is ok field 1 state && is ok field 2 state && same_logs 3
}

network_up 5
ok "format three that will rot" format_disks 3
ok "start to rot" start_cluster 3
ok "a value rots, the node votes on and repairs it" a_value_rots
ok "it stays repaired" still_repaired
ok "a value rots on the disk of a node that runs" a_value_rots_meanwhile
ok "one header of two rots: nothing is lost" a_header_rots
ok "more than a value rots: the node has forgotten" more_than_a_value_rots
ok "it has forgotten for good, the others go on" forgotten_for_good
ok "stop those that rotted" stop_cluster 3
ok "format three more" format_disks 3
ok "start them" start_cluster 3
ok "one copy is left, at a node far behind" one_copy_is_left
ok "all have it again" all_have_it_again
ok "stop them" stop_cluster 3
ok "a torn write is dropped; status, log and trace say so" a_write_is_torn
ok "stop the torn one" stop_node 4
