# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A thousand processes propose at once, on every node, and some are killed meanwhile.

swarm() {
	local processes=1000 values=4 killed=100
	if [ "$size" = small ]; then
		processes=60 killed=10
	fi
	echo "seed ${seed:=$RANDOM}"
	timeout 900 /selftests/swarm kv $processes $values $killed "$seed" /tmp/answers \
		/run/netns/n1 /run/netns/n2 /run/netns/n3 || return
	# Those that were not killed got all; of the others some was under way.
	[ "$(wc -l </tmp/answers)" -ge $(((processes - killed) * values)) ]
}

sockets() { # node: those of generic netlink; the kernel's own has port 0
	at "$1" awk '$2 == 16 && $3 != 0' /proc/net/netlink
}

# "SLOT VALUE" of the swarm's values in the log of node $1.
swarm_log() {
	px "$1" learn kv | sed -n 's/^\([0-9]*\)  .*  node [0-9]*  \(swarm .*\)/\1 \2/p'
}

in_the_log_once() {
	swarm_log 1 >/tmp/swarm.log
	echo "$(wc -l </tmp/answers) answers, $(wc -l </tmp/swarm.log) in the log"
	# Every answer is a line of the log, with its slot; and no value is in there twice.
	is "" awk 'NR == FNR { log_has[$0] = 1; next } !($0 in log_has)' /tmp/swarm.log /tmp/answers &&
		is "" sh -c "cut -d' ' -f2- /tmp/swarm.log | sort | uniq -d"
}

# What is asked of a node that hears nobody is counted, until its caller gives up.
counts_pending() {
	cut_off 1
	px 1 -t 15 propose kv "nobody hears this" &
	comes_true 15 says 1 field 1 pending && [ -n "$(sockets 1)" ]
	local status=$?
	plug_in 1
	wait $!
	return $status
}

nothing_pending() {
	local i
	for i in 1 2 3; do
		comes_true 60 says 0 field "$i" pending || { px "$i" status kv; return 1; }
	done
}

sockets_are_gone() {
	local i
	for i in 1 2 3; do
		is "" sockets "$i" || return
	done
}

unloads() {
	stop_cluster 3 && rmmod paxos && insmod /paxos.ko
}

network_up 3
ok "swarm: three nodes" eval 'format_disks 3 && start_cluster 3'
ok "swarm: all answers come but those of the killed" swarm
ok "swarm: all nodes hold the same" same_logs 3
ok "swarm: every answer is in the log, in its slot, and no value twice" in_the_log_once
ok "swarm: no request is left" nothing_pending
ok "swarm: one that waits would be seen" counts_pending
ok "swarm: it waits no more" nothing_pending
ok "swarm: no socket is left" sockets_are_gone
ok "swarm: the nodes stop, and the module can be removed" unloads
