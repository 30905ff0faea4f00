# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# paxosctl bench: what it counts is what is in the log.

# loads STATUS NODE ARGUMENTS...: the JSON of that load is in /tmp/load.
loads() {
	local want=$1 node=$2 status=0
	shift 2
	px "$node" -j bench kv "$@" >/tmp/load 2>/tmp/load-error || status=$?
	echo "exit $status, wanted $want"
	cat /tmp/load /tmp/load-error
	[ "$status" = "$want" ]
}

load_has() { grep -o "\"$1\":[0-9.]*" /tmp/load | sed 's/.*://; q'; } # key

values() { px 1 learn kv --raw | grep -c '^[0-9]* \.*$'; }

# The log has as many more as were chosen, all of them different.
closed() {
	local before
	before=$(values)
	loads 0 "$(follower 3)" --clients 16 --seconds 1 --size 100 || return
	same_logs 3 && [ "$(load_has chosen)" -ge 16 ] && is "$(load_has sent)" load_has chosen &&
		is $((before + $(load_has chosen))) values &&
		is "$(load_has chosen)" load_has count
}

several_sockets() {
	local before
	before=$(values)
	loads 0 1 --clients 600 --seconds 1 || return
	same_logs 3 && [ "$(load_has chosen)" -ge 600 ] && is $((before + $(load_has chosen))) values
}

open() {
	loads 0 1 --rate 50 --seconds 2 &&
		is 100 eval 'echo $(($(load_has sent) + $(load_has unsent)))' &&
		is "$(load_has sent)" load_has chosen
}

picture() {
	rm -f /tmp/load.svg
	loads 0 1 --clients 4 --seconds 1 --plot /tmp/load.svg &&
		is '</svg>' tail -n 1 /tmp/load.svg
}

# It goes on with the next leader; what was answered is there, what was not may be.
leader_leaves() {
	local old node pid status=0 before
	old=$(leader 1)
	node=$(leader_of_rest "$old")
	before=$(values)
	px "$node" -j -t 60 bench kv --clients 8 --seconds 8 >/tmp/load 2>/tmp/load-error &
	pid=$!
	sleep 2
	stop_node "$old" || return
	wait $pid || status=$?
	cat /tmp/load /tmp/load-error
	start_node "$old" 3 && px "$old" -t 60 wait kv ready >/dev/null && same_logs 3 || return
	[ "$status" = 0 ] && is $((before + $(load_has chosen))) values
}

# A follower that hears nobody: nothing leaves it.
no_quorum() {
	local node status
	node=$(follower 3)
	cut_off "$node"
	is_state "$node" no-quorum '1 of 3' && loads 4 "$node" -t 1 --clients 2 --seconds 1
	status=$?
	plug_in "$node"
	grep '"code":4' /tmp/load-error && [ $status = 0 ] && is 0 load_has chosen &&
		[ "$(load_has withdrawn)" -ge 2 ] && is_well "$node"
}

network_up 3
ok "bench: format three disks" format_disks 3
ok "bench: three nodes" start_cluster 3
ok "bench: closed loop: what was chosen is in the log" closed
ok "bench: 600 in flight, over three sockets" several_sockets
ok "bench: open loop: as many as the rate says" open
ok "bench: a picture" picture
ok "bench: the leader leaves in the middle" leader_leaves
ok "bench: no quorum is exit 4" no_quorum
ok "bench: no such group" refuses 5 'nope' px 1 bench nope
ok "bench: stop" stop_cluster 3
