# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Rings that are full: new values are refused, all else goes on, trims make room.

small_disks() { # voters
	local i cluster
	cluster=$(cat /proc/sys/kernel/random/uuid)
	for ((i = 1; i <= $1; i++)); do
		paxosctl format "$(disk_of "$i")" --cluster "$cluster" --node "$i" \
			--voters "$(voters "$1")" --size 16M --force >/dev/null || return
	done
}

# 20 MiB in lines of 16 KiB.
fill() {
	yes "$(head -c 12000 /dev/urandom | base64 -w0)" | head -n 1300 >/tmp/lines
	local status=0
	# At the leader, if that stays: what was forwarded by then waits for room, or its time.
	px "$(leader 1)" -t 60 propose kv --lines </tmp/lines >/dev/null || status=$?
	rm /tmp/lines
	echo "exit $status"
	[ $status = 4 ] || [ $status = 3 ] || return
	is_well 1 && px 1 status kv
}

no_value_fits() {
	local i
	for i in 1 2 3; do
		refuses 4 "trim" px $i -t 20 propose kv "one more" || return
	done
}

# The reserve is for that.
others_lead() {
	local was next
	was=$(leader 1) && next=$(leader_of_rest "$was") || return
	px "$next" -t 60 leader transfer kv "$next" || return
	stop_node "$next" && px "$was" -t 120 wait kv leader || return
	start_node "$next" 3 && px "$next" -t 120 wait kv ready && same_logs 3
}

all_trim() {
	local i slot
	slot=$(highest 3)
	for i in 1 2 3; do
		px $i -t 60 wait kv chosen "$slot" && px $i -t 60 trim kv "$slot" || return
		[ "$(field $i used)" -lt 2000000 ] || { field $i used; return 1; }
	done
}

values_fit() {
	local i
	for i in 1 2 3; do px $i -t 60 propose kv "room for $i" || return; done
}

# Starts take room, too, and none of it is of a slot that could be trimmed.
takes_no_room() { # starts
	local i idle
	idle=$(follower 3) && stop_node "$idle" || return
	for ((i = 0; i < $1; i++)); do
		cat "/tmp/start$idle"
		echo wait kv ready
		echo group del kv
	done >/tmp/idles
	px "$idle" -t 60 -B /tmp/idles >/dev/null || return
	start_node "$idle" 3 && px "$idle" -t 60 wait kv ready || return
	echo "used: $(field "$idle" used)"
	[ "$(field "$idle" used)" -lt 300000 ] && px "$idle" -t 30 propose kv "b" && same_tails
}

# The logs from the trim point on.
same_tails() {
	local i slot first
	slot=$(highest 3)
	for i in 1 2 3; do
		px $i -t 60 wait kv chosen "$slot" >/dev/null || return
	done
	first=$(field 3 first)
	for i in 1 2 3; do
		px $i learn kv --from "$first" --raw | sha256sum
	done | uniq | wc -l | grep -qx 1
}

network_up 5
ok "format three small disks" small_disks 3
ok "start on them" start_cluster 3
ok "they fill up" fill
ok "no node takes a value, and the refusal names trim" no_value_fits
ok "leaders come and go all the same, and the logs are equal" others_lead
ok "each trims, which makes room at once" all_trim
ok "and values are chosen again" values_fit
ok "each trims all that there is" all_trim
ok "a hundred starts of an idle node take no room for long" takes_no_room 100
ok "stop the three" stop_cluster 3
