# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The leadership is handed on, and no proposal is lost.

hand_on() { # node
	px 1 -t 20 leader transfer kv "$1" && comes_true 10 says "$1" leader 1 &&
		comes_true 10 says "$1" leader 2
}

under_load() { # rounds
	local i pid
	lines_of "load" 3000 >/tmp/lines
	[ "$size" = full ] || lines_of "load" 200 >/tmp/lines
	px 2 -t 120 propose kv --lines </tmp/lines >/dev/null &
	pid=$!
	for ((i = 0; i < $1; i++)); do
		px $((i % 3 + 1)) -t 20 leader transfer kv $((i % 3 + 1)) || return
		sleep 0.2
	done
	wait $pid && same_logs 3 && logs_hold /tmp/lines 3
}

in_order() { px 3 learn kv --raw | grep '^load ' | cmp - /tmp/lines; }

to_nobody() {
	local status=0 away other
	refuses 2 'no such member' px 1 -t 5 leader transfer kv 9 || return
	away=$(follower 3) && other=$(leader_of_rest "$away") && cut_off "$away" || return
	px "$other" -t 5 leader transfer kv "$away" || status=$?
	plug_in "$away"
	echo "exit $status"
	[ $status != 0 ] && px "$other" -t 60 wait kv ready && px "$other" -t 30 propose kv "led"
}

network_up 5
ok "format three to lead" format_disks 3
ok "three that may lead" start_cluster 3
ok "a value each" propose_each 3
ok "to node 1" hand_on 1
ok "to node 3, asked at a follower" hand_on 3
ok "to node 3, which leads already" hand_on 3
ok "to each in turn under load: nothing is lost or doubled" under_load 6
ok "the load is in order" in_order
ok "not to a stranger, nor to one that is away" to_nobody
ok "stop the three" stop_cluster 3
