# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Without a leader, and learning from every acceptor.

each_says() { # nodes lines: all at once; then all hold all
	local i pids=()
	: >/tmp/lines
	for ((i = 1; i <= $1; i++)); do
		lines_of "from $i" "$2" >>/tmp/lines
		lines_of "from $i" "$2" | px "$i" -t 300 propose kv --lines >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return
	done
	same_logs "$1" && logs_hold /tmp/lines "$1"
}

nobody_leads() {
	refuses 4 'basic' px 1 leader kv && says basic field 2 mode
}

# Half of what a proposer sent before it went may be accepted somewhere: others end it.
dies_within() {
	local i
	lines_of "unended" 2000 | px 5 propose kv --lines >/dev/null 2>&1 &
	sleep 0.5
	px 5 -t 30 group del kv >/dev/null || return
	wait
	for ((i = 1; i <= 4; i++)); do
		px "$i" -t 60 propose kv "after $i" || return
	done
	same_logs 4
}

changes() { # the members, of a group of three without a leader
	join_node 4 4 1 2 3 && px 2 -t 60 member add kv 4 "$(address 4)" &&
		px 3 -t 60 member promote kv 4 && px 4 -t 60 wait kv voter &&
		px 4 -t 60 propose kv "from the fourth" && px 2 -t 60 member remove kv 3 &&
		comes_true 30 says removed field 3 state || return
	px 1 -t 60 propose kv "without the third" && px 2 -t 60 barrier kv &&
		px 2 -b member list kv | tr '\n' ' ' | grep -qx '1 2 4 '
}

count=100
[ "$size" = full ] || count=5
network_up 5
options="--mode basic"
ok "format five for mode basic" format_disks 5
ok "five nodes without a leader" start_cluster 5
ok "nobody leads, and it says so" nobody_leads
ok "five proposers at once decide everything" each_says 5 $count
ok "one that dies within holds nobody up" dies_within
ok "stop mode basic" stop_cluster 4
options="--learn broadcast"
ok "format three for learn broadcast" format_disks 3
ok "three nodes that tell everybody" start_cluster 3
ok "three proposers at once, and all learn" each_says 3 $count
ok "broadcast is what it says" is broadcast field 2 learn
ok "stop learn broadcast" stop_cluster 3
options="--mode basic --learn broadcast"
ok "format three for both" format_disks 3
ok "three nodes with both" start_cluster 3
ok "three proposers at once, with both" each_says 3 $count
ok "members come and go without a leader" changes
ok "stop both" stop_cluster 4
options=
