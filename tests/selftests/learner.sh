# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A node that joins, follows, and does not vote.

waits_to_be_added() {
	px 4 status kv
	is unconfirmed field 4 state && px 4 status kv | grep -q '^reason:'
}

add_learner() {
	px 1 member add kv 4 "$(address 4)" || return
	px 1 member list kv
	[ "$(px 1 -b member list kv | tr '\n' ' ')" = "1 2 3 4 " ]
}

follows() {
	px 4 -t 60 wait kv ready && is learner field 4 role && is false field 4 voter || return
	lines_of "followed" 20 | px 2 -t 60 propose kv --lines >/dev/null && same_logs 4
}

proposes() { px 4 -t 60 propose kv "from the learner" && same_logs 4; }

# One voter of three, and the learner: no majority, whatever the learner has.
does_not_vote() {
	local status=0 out
	stop_node 2 && stop_node 3 || return
	out=$(px 1 -t 3 propose kv "with the learner's help" 2>&1) || status=$?
	echo "exit $status: $out"
	[ $status = 3 ] || [ $status = 4 ] || return
	refuses 3 'timed out' px 4 -t 1 wait kv voter || return
	start_node 2 3 && start_node 3 3 && px 1 -t 60 propose kv "with their help" && same_logs 4
}

comes_back() {
	px 4 group del kv && start_joined 4 1 2 3 && px 4 -t 60 wait kv ready || return
	is learner field 4 role && same_logs 4
}

wrong_changes() {
	refuses 2 '' px 1 -t 10 member add kv 4 "$(address 4)" &&
		refuses 5 '' px 1 -t 10 member promote kv 9 &&
		refuses 5 '' px 1 -t 10 member remove kv 9 &&
		refuses 2 '' px 1 -t 10 member promote kv 2 &&
		refuses 4 '' px 1 -t 3 member add kv 5 "$(address 5)"
}

wrong_role() { # on the first start it is known
	paxosctl format /dev/vdd --cluster "$(field 1 cluster)" --node 4 --join --force >/dev/null
	refuses 2 'learner until' px 4 group add kv --device /dev/vdd --insecure --listen "$(address 4)" \
		--role voter
}

network_up 5
ok "format three" format_disks 3
ok "three voters" start_cluster 3
ok "something to learn" propose_each 3
ok "a role that a node does not have is refused" wrong_role
options="--role learner"
ok "a fourth joins" join_node 4 4 1 2 3
options=
ok "it waits to be added, and says so" waits_to_be_added
ok "member add makes it a learner" add_learner
ok "it follows the log" follows
ok "it may propose" proposes
ok "it does not vote" does_not_vote
ok "it comes back as a learner" comes_back
ok "changes that make no sense are refused" wrong_changes
ok "stop the learner's group" stop_cluster 4
