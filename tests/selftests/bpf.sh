# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The sample scripts for bpftrace: run beside a cluster, and stopped by Ctrl-C.  The guest
# has bpftrace and what it needs: tests/bpftrace.

# traced SCRIPT PROBES COMMAND...: the script runs while the command does; what it printed
# is in $said.
said=/tmp/bpf.said
traced() {
	local script=$1 probes=$2 pid status=1
	shift 2
	bpftrace "/bpftrace/$script.bt" >$said 2>&1 &
	pid=$!
	# They are attached when the first of them, BEGIN, has spoken.
	comes_true 300 grep -q "Ctrl-C ends it" $said && shows "Attaching $probes probes" &&
		"$@" && status=0
	kill -INT $pid
	wait $pid
	cat $said
	return $status
}

shows() { grep -E -- "$1" $said || { cat $said; return 1; }; }

some_values() {
	local i
	for i in 1 2 3 4 5; do
		px 1 -t 60 propose kv "value $i" || return
	done
}

# A histogram of the group's commits, and one of a disk's writes, as many as there were.
latency() {
	traced commit-latency 6 some_values && shows '^@commit_us\[kv\]: *$' &&
		shows "^@write_us\\[$(disk_of 1)\\]: *\$" && shows '^\[.* +[0-9]+ \|@+ *\|$' &&
		is 5 awk '/^@/ { in_it = /commit_us/ } in_it && /^\[/ {
			sub(/^\[[^)]*\)/, ""); n += $1 } END { print n }' $said
}

change_leaders() {
	local to
	to=$(follower 3) && px 1 -t 60 leader transfer kv "$to" && px 1 -t 60 wait kv ready &&
		cut_off "$to" && sleep 6 && plug_in "$to" && is_well 1
}

leaders() {
	traced leaders 5 change_leaders && shows 'kv +node [123]: node [123] leads, ballot [0-9]+\.[123]$' &&
		shows 'kv +node [123]: no leader is known' && shows '^@elections\[kv, [123]\]: [0-9]+$' &&
		shows '^@leaderless_ms\[kv\]: *$'
}

commit_and_not() {
	some_values && cut_off 2 && cut_off 3 && sleep 6 &&
		! px 1 -t 4 propose kv "to nobody" && sleep 6 && plug_in 2 && plug_in 3 && is_well 1
}

why() {
	traced why 12 commit_and_not &&
		shows 'kv +node 1: state 6, was 3: no quorum: 1 of 3 voters up, need 2' &&
		shows '^@accepteds_came\[kv, [123]\]: [0-9]+$' && shows '^@chosen\[kv, 1\]: [0-9]+$' &&
		shows '^@promises_came\[kv, [123]\]: [0-9]+$' &&
		shows '^@failed\[kv, 1, -(113|110)\]: 1$' && shows "^@written\\[$(disk_of 1), 0\\]: "
}

[ -e /sys/module/paxos ] || insmod /paxos.ko
network_up 3
ok "format three to be traced" format_disks 3
ok "start those" start_cluster 3
ok "commit-latency.bt: how long commits and writes take" latency
ok "leaders.bt: who leads, and for how long nobody did" leaders
ok "why.bt: states with reasons, and the steps that are seen" why
ok "stop the traced ones" stop_cluster 3
network_down 3
