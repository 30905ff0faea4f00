# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A client's retry is chosen once, whatever became of the tool or the node.

again() { # node client seq slot: answers with the slot it got
	is "$4" px "$1" -b -t 60 propose kv "of $2, $3" --client "$2" --seq "$3"
}

first_time() { px 1 -b -t 60 propose kv "of $1, $2" --client "$1" --seq "$2" >/tmp/slot; }

on_every_node() {
	local i
	for i in 1 2 3 3 1 2; do
		again "$i" 7 1 "$(cat /tmp/slot)" || return
	done
}

at_once() { # the same proposal from every node at the same time
	local i pids=()
	for i in 1 2 3; do
		px "$i" -b -t 60 propose kv "of 8, 1" --client 8 --seq 1 >"/tmp/slot$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return
	done
	cat /tmp/slot[123]
	cmp /tmp/slot1 /tmp/slot2 && cmp /tmp/slot1 /tmp/slot3
}

once_in_the_log() {
	same_logs 3 || return
	is 1 sh -c "ip netns exec n2 paxosctl learn kv --raw | grep -c '^of 7, 1$'" &&
		is 1 sh -c "ip netns exec n2 paxosctl learn kv --raw | grep -c '^of 8, 1$'"
}

after_restart() {
	stop_cluster 3 && start_cluster 3 && again 2 7 1 "$(cat /tmp/slot)"
}

after_trim() {
	local i slot
	px 1 -t 60 propose kv "one more" || return
	slot=$(highest 3)
	for i in 1 2 3; do
		px "$i" -t 60 wait kv chosen "$slot" && px "$i" -t 30 trim kv "$slot" || return
	done
	again 3 7 1 "$(cat /tmp/slot)" && stop_cluster 3 && start_cluster 3 &&
		again 1 7 1 "$(cat /tmp/slot)"
}

too_old() { # outside the window: nobody knows any more
	local i
	for ((i = 2; i <= 20; i++)); do
		first_time 7 $i || return
	done
	refuses 3 'outcome unknown' px 1 -t 20 propose kv "of 7, 1" --client 7 --seq 1 &&
		again 2 7 20 "$(cat /tmp/slot)" && same_logs 3
}

# Each is tried until it is answered, wherever, while the leadership goes round.
while_leaders_change() {
	local n node answer tries=0
	(
		while [ ! -e /tmp/enough ]; do
			px 1 -t 5 leader transfer kv $((RANDOM % 3 + 1)) >/dev/null 2>&1
		done
	) &
	for ((n = 1; n <= 30; n++)); do
		node=$n
		until answer=$(px $((node % 3 + 1)) -b -t 0.1 propose kv "of 9, $n" --client 9 --seq $n); do
			node=$((node + 1))
			tries=$((tries + 1))
			[ $tries -lt 1000 ] || break 2
		done
		echo "$n got $answer"
	done
	: >/tmp/enough
	wait
	echo "$tries retries"
	lines_of "of 9," 30 >/tmp/lines
	same_logs 3 && px 2 learn kv --raw | grep '^of 9, ' | cmp - /tmp/lines
}

network_up 5
ok "format three for sessions" format_disks 3
ok "start for sessions" start_cluster 3
ok "a client's first proposal" first_time 7 1
ok "its retries get the same slot on every node" on_every_node
ok "so do those that are made at the same time" at_once
ok "it is in the log once" once_in_the_log
ok "a restart forgets nothing" after_restart
ok "nor does trimming" after_trim
ok "a sequence that is too old is unknown" too_old
ok "retries while leaders change: each once, in order" while_leaders_change
ok "stop sessions" stop_cluster 3
