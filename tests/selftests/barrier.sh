# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Reads that are not stale.

# Each node's barrier covers what any node was answered before.
covers() {
	local i slot barrier
	for i in 1 2 3 1 2 3; do
		slot=$(px "$i" -b -t 30 propose kv "before $i") || return
		barrier=$(px $((i % 3 + 1)) -b -t 30 barrier kv) || return
		echo "node $i: slot $slot; then node $((i % 3 + 1)): barrier $barrier"
		[ "$barrier" -ge "$slot" ] || return
		px $((i % 3 + 1)) -t 30 wait kv chosen "$barrier" || return
	done
}

idle() { # nothing new comes of asking
	local before i
	before=$(highest 3)
	for i in 1 2 3 1 2 3; do
		px "$i" -b -t 30 barrier kv || return
	done
	echo "$before, then $(highest 3)"
	[ "$(highest 3)" = "$before" ]
}

minority() {
	refuses 4 '' px "$lonely" -t 3 barrier kv && refuses 4 '' px "$lonely" -j -t 2 barrier kv
}

majority() {
	local slot
	slot=$(px "$other" -b -t 60 propose kv "on the majority's side") || return
	[ "$(px "$other" -b -t 60 barrier kv)" -ge "$slot" ]
}

together() {
	local slot
	slot=$(highest 3)
	plug_in "$lonely"
	[ "$(px "$lonely" -b -t 60 barrier kv)" -ge "$slot" ]
}

network_up 5
for options in "" "--mode basic" "--learn broadcast"; do
	ok "format three to read from ($options)" format_disks 3
	ok "start ($options)" start_cluster 3
	ok "a barrier covers all that was answered before ($options)" covers
	[ "$options" = "--mode basic" ] || ok "it proposes nothing ($options)" idle
	if [ "$options" = "--mode basic" ]; then lonely=2; else lonely=$(leader 1); fi
	other=$(leader_of_rest "$lonely")
	cut_off "$lonely"
	ok "on the minority's side it exits 4 ($options)" minority
	ok "on the majority's it works ($options)" majority
	ok "healed, it covers what the majority did ($options)" together
	ok "stop ($options)" stop_cluster 3
done
options=
