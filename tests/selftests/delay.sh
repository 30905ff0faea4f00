# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Message delays, counted in virtual time: run in a guest with --virtual-time, on
# disks that are memory.

disk_of() { echo "/dev/ram$(($1 - 1))"; }

delay_ms=20

# How long a caller of a follower waits for a value, in the middle of 15: microseconds.
median_wait() {
	local node i
	node=$(follower 3) || return
	for ((i = 0; i < 15; i++)); do
		px "$node" -j propose kv "value $i" || return
	done | sed 's/.*"latency_us":\([0-9]*\).*/\1/' | sort -n | sed -n 8p
}

measure() { # name options...: leaves the result in /tmp/wait.NAME
	local name=$1
	shift
	options="$*"
	format_disks 3 && start_cluster 3 && netem 3 delay ${delay_ms}ms &&
		median_wait >"/tmp/wait.$name" && netem 3 off && stop_cluster 3 &&
		[ -s "/tmp/wait.$name" ]
}

# There and back to the leader, and there and back to the acceptors, is four delays.
is_delays() { # name least most
	local us
	us=$(cat "/tmp/wait.$1")
	echo "$us us of $delay_ms ms delays"
	((us >= $2 * delay_ms * 1000 && us < $3 * delay_ms * 1000))
}

saves_a_delay() {
	local leader broadcast
	leader=$(cat /tmp/wait.leader)
	broadcast=$(cat /tmp/wait.broadcast)
	echo "learn leader: $leader us; learn broadcast: $broadcast us"
	((leader - broadcast >= delay_ms * 900))
}

insmod /paxos.ko
modprobe brd rd_nr=3 rd_size=40960
network_up 3
ok "values of a follower, learn leader" measure leader --learn leader
ok "values of a follower, learn broadcast" measure broadcast --learn broadcast
ok "learn leader takes four message delays" is_delays leader 4 5
ok "learn broadcast saves a message delay at least" saves_a_delay
echo "# median wait of a follower's caller, virtual time, $delay_ms ms each way:" \
	"leader $(cat /tmp/wait.leader) us, broadcast $(cat /tmp/wait.broadcast) us"
options=
