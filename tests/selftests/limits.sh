# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Many at once, and disks that fill.

parallel() {
	local i pids=()
	for ((i = 1; i <= 20; i++)); do
		px $((i % 3 + 1)) -t 60 propose kv "parallel $i" >/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return
	done
	same_logs 3
}

killed_proposer() { # its requests die with its socket
	local i pid nodes="1 2 3"
	[ "$size" = full ] || nodes=2
	for i in $nodes; do
		lines_of "killed $i" 5000 |
			nsenter --net="/run/netns/n$i" paxosctl propose kv --lines >/dev/null &
		pid=$!
		sleep 0.5
		kill -9 $pid
		wait $pid 2>/dev/null
	done
	px 1 -t 60 propose kv "after the killing" && same_logs 3
}

fills() { # a ring of 16 MiB takes no more than that, and says so
	local out status
	stop_cluster 3 || return
	paxosctl format /dev/vda --cluster new --node 1 --voters 1 --size 16M --force >/dev/null
	start_node 1 1 && px 1 -t 30 wait kv leader || return
	yes "$(head -c 12000 /dev/urandom | base64 -w0)" | head -n 1200 >/tmp/lines
	out=$(px 1 -t 60 propose kv --lines </tmp/lines 2>&1 >/dev/null)
	status=$?
	echo "exit $status: $out"
	[ $status = 4 ] && grep -q full <<<"$out" || return
	px 1 status kv
	px 1 status kv | grep -q 'no majority has room for new values: trim' || return
	stop_node 1 && start_node 1 1 && px 1 -t 60 wait kv leader
}

ok "proposers that are killed leave nothing behind" killed_proposer
if [ "$size" = full ]; then
	ok "many proposers at once" parallel
	ok "a full disk refuses new values, says so, and still restarts" fills
	ok "stop the full one" stop_node 1
else
	ok "stop" stop_cluster 3
fi
