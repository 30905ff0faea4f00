# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# An older image of a disk must never run.

image() { dd if=/dev/vdc of=/dev/vde bs=1M conv=fsync 2>/dev/null; }
restore() { dd if=/dev/vde of=/dev/vdc bs=1M conv=fsync 2>/dev/null; }

# What the image does not know of: more values, acknowledged by the node.
goes_on() {
	start_node 3 3 && px 3 -t 60 wait kv ready || return
	lines_of "after the image" 50 | px 1 -t 60 propose kv --lines >/dev/null && same_logs 3
}

is_forgotten() {
	start_node 3 3 && comes_true 20 says forgotten field 3 state
	local status=$?
	px 3 status kv
	return $status
}

peers_know() {
	local i
	for i in 1 2; do
		comes_true 20 peer_is_out $i || { px $i status kv; return 1; }
	done
}

peer_is_out() { case $(health "$1" 3) in refused | forgotten) ;; *) return 1 ;; esac; }

# Two of three: one more away, and the restored one must not stand in.
does_not_vote() {
	local status=0 out
	cut_off 2
	out=$(px 1 -t 4 propose kv "with a restored node's vote" 2>&1) || status=$?
	plug_in 2
	echo "exit $status: $out"
	[ $status = 3 ] || [ $status = 4 ] || return
	px 1 -t 60 propose kv "with node 2"
}

stays_forgotten() {
	stop_node 3 && start_node 3 3 && comes_true 20 says forgotten field 3 state
}

is_replaced() {
	px 3 group del kv && join_node 4 4 1 2 && px 1 -t 60 member add kv 4 "$(address 4)" &&
		px 1 -t 100 member replace kv 3 4 && px 4 -t 60 wait kv voter &&
		px 4 -t 60 propose kv "in place of 3"
}

network_up 5
ok "format three to roll back" format_disks 3
ok "start to roll back" start_cluster 3
ok "values before the image" propose_each 3
ok "stop node 3" stop_node 3
ok "take its image" image
ok "it goes on" goes_on
ok "stop it again" stop_node 3
ok "restore the image" restore
ok "the restored node is forgotten" is_forgotten
ok "its peers know" peers_know
ok "it does not vote" does_not_vote
ok "a restart does not help it" stays_forgotten
ok "a new node takes its place" is_replaced
for node in 1 2 4; do
	ok "stop node $node" stop_node $node
done
