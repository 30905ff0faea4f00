# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Nodes come and go while values are chosen.

load_on() { # node: lines until load_off; /tmp/load.lines has what was chosen
	: >/tmp/load.stop
	(
		n=0
		while [ -e /tmp/load.stop ]; do
			n=$((n + 1))
			px "$1" -t 60 propose kv "load $n" >/dev/null || exit
			echo "load $n" >>/tmp/load.lines
		done
	) &
	load_pid=$!
}

load_off() {
	rm -f /tmp/load.stop
	wait $load_pid || { echo "a proposal failed"; return 1; }
	echo "$(wc -l </tmp/load.lines) chosen under way"
}

join_and_promote() { # host
	join_node "$1" "$1" 1 2 3 && px 1 -t 100 member add kv "$1" "$(address "$1")" &&
		px 2 -t 100 member promote kv "$1"
}

grows() {
	rm -f /tmp/load.lines
	load_on 2
	join_and_promote 4 && join_and_promote 5
	local status=$?
	load_off && [ $status = 0 ] && px 4 -t 60 wait kv voter && px 5 -t 60 wait kv voter &&
		px 1 status kv && px 1 status kv | grep -q 'quorum 5/5'
}

two_may_fail() {
	cut_off 1
	cut_off 2
	px 3 -t 60 propose kv "three of five"
	local status=$?
	plug_in 1
	plug_in 2
	[ $status = 0 ] && same_logs 5
}

shrinks() {
	px 2 -t 20 leader transfer kv 1 || return
	load_on 2
	px 2 -t 100 member remove kv 5 && px 2 -t 100 member remove kv 1
	local status=$?
	load_off && [ $status = 0 ] || return
	comes_true 30 says removed field 1 state && comes_true 30 says removed field 5 state &&
		px 3 -t 60 propose kv "three again" && px 2 status kv &&
		px 2 status kv | grep -q 'quorum 3/3'
}

removed_for_good() {
	refuses 2 '' px 2 -t 10 member add kv 5 "$(address 5)" || return
	stop_node 1 && stop_node 5
}

# The voters are 2, 3, 4.  Node 3's disk is lost.
blank_is_refused() {
	local cluster
	cluster=$(field 2 cluster)
	stop_node 3 || return
	paxosctl format /dev/vdc --cluster "$cluster" --node 3 --voters 2,3,4 --force >/dev/null
	px 3 group add kv --device /dev/vdc --insecure --listen "$(address 3)" >/dev/null &&
		px 3 peer add kv 2 "$(address 2)" >/dev/null &&
		px 3 peer add kv 4 "$(address 4)" >/dev/null || return
	comes_true 20 says refused health 2 3 || return
	px 3 status kv
	refuses 4 '' px 3 -t 1 propose kv "impostor"
}

new_id_joins() {
	load_on 2
	px 3 group del kv && join_node 3 6 2 && px 2 -t 100 member add kv 6 "$(address 3)"
	local status=$?
	[ $status = 0 ] || { load_off; return 1; }
	px 2 -t 100 member replace kv 3 6
	status=$?
	load_off && [ $status = 0 ] || return
	px 3 -t 60 wait kv voter && px 3 -t 60 propose kv "from the new one" && px 2 status kv &&
		px 2 status kv | grep -q 'quorum 3/3'
}

load_is_kept() {
	local i slot
	slot=$(px 2 -b -t 60 barrier kv) || return
	for i in 2 3 4; do
		px $i -t 60 wait kv chosen "$slot" >/dev/null || return
		px $i learn kv --raw | grep '^load ' | sort | cmp - <(sort /tmp/load.lines) || return
	done
}

last_ones() { # below a working majority only by --force
	stop_node 3 || return
	comes_true 20 says unreachable health 2 6
	refuses 2 'force' px 2 -t 20 member remove kv 4 || return
	px 2 -t 60 propose kv "two of three"
}

# Node 2 is told no address: the configuration names those of 4 and 6, who were added.
restarts() {
	stop_node 2 && stop_node 4 || return
	start_joined 4 2 && start_joined 2 && start_joined 3 2 || return
	px 2 -t 60 propose kv "after a restart" && px 3 -t 60 propose kv "on 3 too" &&
		px 2 -b member list kv | tr '\n' ' ' | grep -qx '2 4 6 '
}

# told_member NODE VOTES: told that it is one.
told_member() { comes_told "\"event\":\"member\",\"node\":$1,\"member\":true,\"voter\":$2"; }

told_removed() { comes_told "\"event\":\"member\",\"node\":$1,\"member\":false"; }

changes_are_told() {
	local node
	for node in 4 5 6; do
		told_member $node false && told_member $node true || return
	done
	for node in 1 3 5; do
		told_removed $node || return
	done
	comes_told '"event":"refused","node":3,"why":"another disk has that id"' &&
		comes_told '"event":"complete","slot":'
	local status=$?
	watch_off
	return $status
}

network_up 5
ok "format three of five" format_disks 3
ok "monitor listens" watch 2
ok "start three of five" start_cluster 3
ok "a value from each of three" propose_each 3
ok "datagrams get lost all the while" netem 5 loss 2%
ok "3 -> 5 voters under load" grows
ok "two of five may fail" two_may_fail
ok "5 -> 3 voters under load, the leader among those that go" shrinks
ok "an id is never used again" removed_for_good
ok "a blank disk under an old id is refused" blank_is_refused
ok "it joins under a new id and replaces the old, under load" new_id_joins
ok "an end to the loss" netem 5 off
ok "every value of the load is in every log once" load_is_kept
ok "no working majority is given away without --force" last_ones
ok "each change of the membership was told" changes_are_told
ok "all of it survives a restart" restarts
for node in 2 3 4; do
	ok "stop node $node of the members" stop_node $node
done
