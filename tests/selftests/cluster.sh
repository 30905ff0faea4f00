# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Three and five nodes agree.

lines() { echo "${lines:-$([ "$size" = full ] && echo 10000 || echo 300)}"; }

bytes() { head -c "$1" /dev/urandom | base64 -w0 | head -c "$1"; }

sizes() {
	local n f all="1 1400 1500 9000 32768"
	[ "$size" = full ] || all="1 1500 32768"
	f=$(follower 3)
	for n in $all; do
		bytes "$n" >/tmp/value
		px "$f" -t 30 propose kv --file /tmp/value >/dev/null || return
		px 1 learn kv --raw | grep -cFf /tmp/value >/dev/null || { echo "$n bytes"; return 1; }
	done
	same_logs 3
}

empty_value() { : >/tmp/value; refuses 2 'empty' px 1 propose kv --file /tmp/value; }

long_value() {
	bytes 32769 >/tmp/value
	refuses 2 'at most 32768' px 1 propose kv --file /tmp/value
}

many_lines() {
	lines_of "line" "$(lines)" >/tmp/lines
	px "$(follower 3)" -t 300 propose kv --lines </tmp/lines >/dev/null
}

lines_in_order() {
	local i
	for i in 1 2 3; do
		px "$i" learn kv --raw | grep '^line ' | cmp - /tmp/lines || return
	done
}

follow() {
	local from pid
	from=$(($(chosen 2) + 1))
	at 2 timeout 100 paxosctl learn kv --from "$from" --follow --raw --count 20 \
		>/tmp/followed &
	pid=$!
	lines_of "follow" 20 | px 1 -t 60 propose kv --lines >/dev/null || return
	wait $pid || return
	lines_of "follow" 20 | cmp - /tmp/followed
}

restart() { # a node comes back with what it had, and catches up
	local node
	node=$(follower 3)
	stop_node "$node" || return
	lines_of "while away" 50 | px "$(leader_of_rest "$node")" -t 60 propose kv --lines >/dev/null || return
	start_node "$node" 3 && same_logs 3
}

new_leader() {
	local old rest
	old=$(leader 1)
	rest=$(leader_of_rest "$old")
	stop_node "$old" || return
	px "$rest" -t 60 propose kv "after the leader left" || return
	px "$rest" -t 60 wait kv leader && [ "$(leader "$rest")" != "$old" ] || return
	start_node "$old" 3 && same_logs 3
}

all_stop_and_start() {
	local before after
	before=$(chosen "$(leader 1)")
	stop_cluster 3 && start_cluster 3 && same_logs 3 || return
	after=$(chosen 1)
	echo "$before slots before, $after after"
	[ "$after" -ge "$before" ]
}

# Under node 2's id, but with a disk of its own: the others go by the first.
second_with_same_id() {
	local i cluster
	cluster=$(px 1 -j status kv | sed 's/.*"cluster":"\([^"]*\)".*/\1/')
	paxosctl format /dev/vdd --cluster "$cluster" --node 2 --voters 1,2,3 --force >/dev/null
	px 4 group add kv --device /dev/vdd --listen 10.1.0.4:7400 --insecure >/dev/null
	for i in 1 3; do
		px 4 peer add kv "$i" "$(address "$i")" >/dev/null
	done
	for i in 1 2 3 4 5 6 7 8; do
		sleep 1
		px 4 status kv | grep -q refused && break
	done
	px 4 status kv
	px 4 status kv | grep -q 'refused this node' || return
	px 1 status kv
	refuses 4 '' px 4 -t 1 propose kv "impostor" || return
	px 1 -t 20 propose kv "still fine"
}


ipv6() {
	local n
	format_disks 3 && start_cluster 3 6 || return
	bytes 32768 >/tmp/value
	px 1 -t 60 propose kv --file /tmp/value && propose_each 3 && same_logs 3
}

five() {
	format_disks 5 && start_cluster 5 && propose_each 5 && same_logs 5
}

network_up 5
ok "format three disks" format_disks 3
ok "three nodes elect a leader" start_cluster 3
ok "a value from each, leader and followers" propose_each 3
ok "the same log on all three" same_logs 3
ok "values of 1 to 32768 bytes" sizes
ok "an empty value is refused" empty_value
ok "a value of 32769 bytes is refused" long_value
ok "$(lines) values with --lines" many_lines
ok "learned in the same order everywhere" lines_in_order
ok "learn --follow sees each value once, in order" follow
ok "a node that was away catches up" restart
ok "a leader that leaves is replaced" new_leader
ok "all stop, all start: nothing is lost" all_stop_and_start
ok "a second node with the same id is refused" second_with_same_id
ok "it goes away" px 4 group del kv
ok "stop" stop_cluster 3
if [ "$size" = full ]; then
	ok "three nodes over IPv6" ipv6
	ok "stop IPv6" stop_cluster 3
	ok "five nodes agree" five
	ok "stop five" stop_cluster 5
fi
