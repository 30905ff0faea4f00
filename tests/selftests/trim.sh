# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The log's beginning goes; who needed it is helped by a snapshot.

some() { # name count
	lines_of "$1" "$2" | px 1 -t 120 propose kv --lines >/dev/null
}

trim_all() { # slot nodes...
	local slot=$1 i
	shift
	for i; do
		px "$i" -t 60 wait kv chosen "$slot" && px "$i" -t 30 trim kv "$slot" || return
	done
}

# The trim point, in a file: each test is a process of its own.
trim_point() { cat /tmp/trimmed; }

trims() {
	some "early" 200 || return
	highest 3 >/tmp/trimmed
	some "late" 50 && trim_all "$(trim_point)" 1 2 3
}

below_is_gone() {
	local i
	for i in 1 2 3; do
		refuses 5 "the oldest is $(($(trim_point) + 1))" px $i learn kv --from 1 || return
		is $(($(trim_point) + 1)) field $i first || return
		is 50 sh -c "ip netns exec n$i paxosctl learn kv --raw | grep -c '^late '" || return
	done
}

wrong_trims() {
	refuses 2 '' px 1 -t 5 trim kv $(($(trim_point) + 100000)) || return
	# Less than before: nothing to do, and no harm.
	px 1 -t 5 trim kv 3 && is $(($(trim_point) + 1)) field 1 first
}

survives() {
	stop_cluster 3 && start_cluster 3 && below_is_gone && px 2 -t 30 propose kv "on" &&
		is $(($(trim_point) + 1)) field 2 first
}

needs_snapshot() {
	stop_node 3 && some "while away" "$away" || return
	highest 2 >/tmp/trimmed
	some "since" 30 && trim_all "$(trim_point)" 1 2 || return
	start_node 3 3 && comes_true 30 says snapshot-needed field 3 state
	local status=$?
	px 3 status kv
	return $status
}

too_old_a_snapshot() {
	refuses 5 "" px 3 -t 10 snapshot-installed kv $(($(trim_point) - 10))
}

installs() {
	px 3 -t 30 snapshot-installed kv "$(trim_point)" && px 3 -t 60 wait kv ready || return
	is $(($(trim_point) + 1)) field 3 first &&
		is 30 sh -c "ip netns exec n3 paxosctl learn kv --raw | grep -c '^since '" &&
		px 3 -t 30 propose kv "back" && same_tails
}

same_tails() { # through the same slot, from the trim point
	local i slot sum first=''
	slot=$(highest 3)
	for i in 1 2 3; do
		px $i -t 60 wait kv chosen "$slot" >/dev/null || return
		sum=$(px $i -j learn kv --from $(($(trim_point) + 1)) \
			--count $((slot - $(trim_point))) |
			sed 's/"ballot":"[0-9.]*",//' | sha256sum) || return
		: "${first:=$sum}"
		echo "node $i through $slot: $sum"
		[ "$sum" = "$first" ] || return
	done
}

after_all_restart() {
	stop_cluster 3 && start_cluster 3 && same_tails && px 3 -t 30 propose kv "and on" && same_tails
}

# What the first slots said, the configuration too, is known to nobody any more.
joins_trimmed() {
	join_node 4 4 1 2 3 && px 1 -t 60 member add kv 4 "$(address 4)" || return
	comes_true 30 says snapshot-needed field 4 state || { px 4 status kv; return 1; }
	px 4 -t 30 snapshot-installed kv "$(trim_point)" && px 1 -t 60 member promote kv 4 &&
		px 4 -t 60 wait kv voter && px 4 -t 60 propose kv "from the fourth" || return
	is $(($(trim_point) + 1)) field 4 first
}

# A ring of 16 MiB, three times over.
makes_room() {
	local i
	stop_cluster 3 || return
	paxosctl format /dev/vda --cluster new --node 1 --voters 1 --size 16M --force >/dev/null
	start_node 1 1 && px 1 -t 30 wait kv leader || return
	yes "$(head -c 12000 /dev/urandom | base64 -w0)" | head -n 300 >/tmp/lines
	for i in 1 2 3 4 5 6 7 8 9 10; do
		px 1 -t 60 propose kv --lines </tmp/lines >/dev/null || return
		px 1 -t 30 trim kv "$(chosen 1)" || return
	done
	px 1 status kv
	stop_node 1 && start_node 1 1 && px 1 -t 60 propose kv "room"
}

# More than the window: what is in memory needs no journal.
away=1000
network_up 5
ok "format three to trim" format_disks 3
ok "start to trim" start_cluster 3
ok "each trims" trims
ok "what is below is gone, exit 5 tells the first there is" below_is_gone
ok "a trim too far is refused, one too short does nothing" wrong_trims
ok "all stop, all start: trimmed still" survives
ok "a node that was away needs a snapshot, and says so" needs_snapshot
ok "an old snapshot does not help, and it is said which would" too_old_a_snapshot
ok "snapshot-installed brings it back" installs
ok "they restart as they were" after_all_restart
ok "a node that joins then needs a snapshot too" joins_trimmed
ok "stop the fourth" stop_node 4
if [ "$size" = full ]; then
	ok "trimming makes room, time and again" makes_room
	ok "stop the trimmed one" stop_node 1
else
	ok "stop the trimmed ones" stop_cluster 3
fi
