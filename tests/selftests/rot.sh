# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What becomes of a node whose disk rots (rule 9, rule 7).

some() { # text count
	lines_of "$1" "$2" | px 1 -t 120 propose kv --lines >/dev/null
}

holds() { # node line: once
	[ "$(px "$1" learn kv --raw 2>/dev/null | grep -cFx -- "$2")" = 1 ]
}

a_value_rots() { # between two starts
	local at
	some "a value that will rot" 20 && stop_node 2 || return
	at=$(offset_of 2 "a value that will rot 7")
	echo "at $at"
	[ -n "$at" ] && spoil 2 "$at" 8 && start_node 2 3 || return
	comes_true 60 holds 2 "a value that will rot 7" && px 2 -t 60 wait kv ready &&
		is ok field 2 state && same_logs 3
}

still_repaired() { # after one more start
	stop_node 2 && start_node 2 3 && px 2 -t 60 wait kv ready && is ok field 2 state && same_logs 3
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
	return $status
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
	local load node slot at last_copy
	[ "$(leader 1)" != 3 ] || px 3 -t 60 leader transfer kv 1 || return
	seq -w 1 4000 | sed "s,^,one of many: ," | px 1 -t 120 propose kv --lines >/dev/null &
	load=$!
	comes_true 30 delivers 3 100 && stop_node 3 && wait $load || return
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
