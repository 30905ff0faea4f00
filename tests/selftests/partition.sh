# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The minority side never succeeds; the majority carries on; then it heals.

minority_never() {
	# Whether it left the node or not: it must not be answered with success.
	local out status=0
	out=$(px "$lonely" -t 4 propose kv "from the minority" 2>&1) || status=$?
	echo "exit $status: $out"
	[ $status = 3 ] || [ $status = 4 ] || return
	# By now the node knows that it is alone: nothing leaves it.
	refuses 4 'no quorum' px "$lonely" -t 2 propose kv "still alone"
}

says_why() { px "$lonely" status kv; px "$lonely" status kv | grep -q 'no quorum'; }

majority_goes_on() { px "$other" -t 60 propose kv "from the majority"; }

heals() {
	plug_in "$lonely"
	px "$lonely" -t 60 propose kv "healed" && same_logs 3
}

withdrawn_never_shows() {
	! px "$other" learn kv --raw | grep -F "still alone"
}

lonely=$(leader 1)
other=$(leader_of_rest "$lonely")
ok "the leader is cut off" cut_off "$lonely"
ok "the minority never succeeds" minority_never
ok "status says why" says_why
ok "the majority goes on" majority_goes_on
ok "it heals, and all agree" heals
ok "what was withdrawn is never chosen" withdrawn_never_shows
