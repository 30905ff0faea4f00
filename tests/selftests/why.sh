# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# "Why does nothing commit?": each reason is brought about, and status has to give it, in
# words and as JSON, with what to do about it.  Node 4 is the stranger among three.

# tells NODE TEXT: its status does, for people and in JSON.
tells() {
	px "$1" status kv | grep -F -- "$2" && px "$1" -j status kv | grep -F -- "${3:-$2}"
}

# comes_to NODE STATE TEXT...: it gets there, and its status tells each text.
comes_to() {
	local node=$1 state=$2 text
	shift 2
	comes_true 60 says "$state" field "$node" state || { px "$node" status kv; return 1; }
	for text; do
		comes_true 60 tells "$node" "$text" || { px "$node" status kv; return 1; }
	done
	px "$node" status kv
}

# stray NODE KIND: what its status has of dropped datagrams of that kind.
stray() {
	px "$1" -j status kv | sed 's/.*"strays"//; s/{"kind"/\n&/g' | grep '"kind":"'"$2"'"'
}

stray_has() { stray "$1" "$2" | grep -F -- "$3"; }

comes_astray() { # node kind text
	comes_true 60 stray_has "$@" || { px "$1" status kv; return 1; }
	stray "$1" "$2"
}

first_start() { # alone, without addresses; then with
	format_disks 3 || return
	px 1 group add kv --device "$(disk_of 1)" --insecure --listen "$(address 1)" $timing || return
	comes_to 1 unconfirmed "missing: 2, 3" "node 2 has no address here: paxosctl peer add kv 2" \
		"state" || return
	px 1 peer add kv 2 "$(address 2)" && px 1 peer add kv 3 "$(address 3)" &&
		comes_to 1 unconfirmed "node 2 at $(address 2) was never heard of"
}

then_all() {
	start_node 2 3 && start_node 3 3 && px 1 -t 60 wait kv ready &&
		! px 1 status kv | grep '^do:\|^reason:\|^dropped:' &&
		px 1 -j status kv | grep -F '"advice":[],'
}

other_cluster() { # a host whose peer has the address of node 1
	paxosctl format "$(disk_of 4)" --cluster new --node 2 --voters 1,2 --force >/dev/null &&
		px 4 group add kv --device "$(disk_of 4)" --insecure --listen "$(address 4)" &&
		px 4 peer add kv 1 "$(address 1)" || return
	comes_astray 1 cluster "\"address\":\"$(address 4)\"" &&
		tells 1 "$(address 4) is of another cluster" && stop_node 4 &&
		px 1 status kv | grep 'dropped: [0-9]* datagrams of another cluster' || return
	# Rate-limited.
	is 1 sh -c 'dmesg | grep -c "dropped a datagram of another cluster"'
}

wrong_address() { # node 2 takes node 1 for node 3
	px 2 peer add kv 3 "$(address 1)" || return
	comes_astray 1 node '"node":3' &&
		tells 1 "takes this node 1 for node 3: correct that address there"
	local status=$?
	px 2 peer add kv 3 "$(address 3)"
	return $status
}

same_id() { # a second node 3
	paxosctl format "$(disk_of 4)" --cluster "$(field 1 cluster)" --node 3 --voters 1,2,3 \
		--force >/dev/null &&
		px 4 group add kv --device "$(disk_of 4)" --insecure --listen "$(address 4)" &&
		px 4 peer add kv 1 "$(address 1)" && px 4 peer add kv 2 "$(address 2)" || return
	comes_astray 1 refused "\"address\":\"$(address 4)\",\"node\":3" &&
		stray 1 refused | grep -F '"why":"another disk has that id"' &&
		tells 1 "$(address 4) claims to be node 3 and is refused" &&
		comes_to 4 unconfirmed "refused this node: another disk has its id 3" && stop_node 4
}

joins() { # a new node that nobody has added yet
	paxosctl format "$(disk_of 4)" --cluster "$(field 1 cluster)" --node 4 --join --force \
		>/dev/null &&
		px 4 group add kv --device "$(disk_of 4)" --insecure --listen "$(address 4)" &&
		px 4 peer add kv 1 "$(address 1)" || return
	comes_astray 1 refused '"why":"that id is not in the configuration"' &&
		tells 1 "if it is to join, paxosctl member add kv 4 $(address 4)" &&
		comes_to 4 unconfirmed "on a member: paxosctl member add kv 4" && stop_node 4
}

garbage() {
	at 4 bash -c 'echo nonsense >/dev/udp/10.1.0.1/7400' || return
	comes_astray 1 malformed '"address":"10.1.0.4:'
}

clashes() {
	refuses 2 'group kv exists: delete it, or take another name' px 1 group add kv \
		--device "$(disk_of 4)" --listen 10.1.0.1:7401 --insecure || return
	# A copy of this node's own disk, under another name.
	dd if="$(raw_of 1)" of="$(raw_of 4)" bs=1M conv=fsync 2>/dev/null
	refuses 2 'group kv runs node 1 of the cluster: delete it' px 1 group add other \
		--device "$(disk_of 4)" --listen 10.1.0.1:7401 --insecure
}

heard_ms() { # node of: how long ago, as NODE says
	px "$1" -j status kv | sed 's/.*"peers"//; s/{"id":/\n&/g' |
		sed -n 's/{"id":'"$2"',.*"heard_ms":\([0-9]*\).*/\1/p'
}

no_quorum() {
	local before
	cut_off 2 && cut_off 3
	comes_to 1 no-quorum "1 of 3 voters up, need 2; unreachable: 2, 3" \
		"node 2 at $(address 2) was last heard of" || return
	before=$(field 1 state_ms)
	sleep 1
	echo "since $before ms, then $(field 1 state_ms) ms; node 3 was heard of $(heard_ms 1 3) ms ago"
	[ "$(field 1 state_ms)" -ge $((before + 900)) ] && [ "$(heard_ms 1 3)" -ge 1900 ] &&
		px 1 status kv | grep 'state no-quorum for [0-9.]* s'
	local status=$?
	plug_in 2 && plug_in 3
	is_well 1 && return $status
}

# The disks of both followers hang: all are up, and nothing is accepted.
disks_hang() {
	local l f others=() status
	l=$(leader 1) || return
	for f in 1 2 3; do
		[ "$f" = "$l" ] || others+=("$f")
	done
	# The write in flight is to be one that waits, not a flush of dmsetup's.
	for f in "${others[@]}"; do
		dmsetup suspend --noflush --nolockfs "disk$f" || return
	done
	px "$l" -t 1 propose kv "to disks that hang" >/dev/null 2>&1
	comes_true 60 tells "$l" "accepted by 1 of 3 voters; not by ${others[0]}, ${others[1]}: see their status" &&
		comes_true 60 tells "${others[0]}" "the disk has not answered for" &&
		px "$l" status kv
	status=$?
	for f in "${others[@]}"; do
		dmsetup resume "disk$f"
	done
	is_well 1 && px 1 -t 30 propose kv "they answer again" && return $status
}

# With the leader's and a follower's nobody leads; each says what it is that it waits for.
leaders_disk_hangs() {
	local l f status
	l=$(leader 1) || return
	f=$((l % 3 + 1))
	dmsetup suspend --noflush --nolockfs "disk$l"
	dmsetup suspend --noflush --nolockfs "disk$f"
	px "$l" -t 1 propose kv "to disks that hang" >/dev/null 2>&1
	comes_true 60 tells "$l" "the disk has not answered for" &&
		comes_true 60 tells "$f" "the disk has not answered for" &&
		comes_true 60 refuses 4 "has no leader" px "$l" leader kv &&
		tells "$l" "the disk has not answered for" && tells "$f" "the disk has not answered for"
	status=$?
	dmsetup resume "disk$l"
	dmsetup resume "disk$f"
	is_well 1 && px 1 -t 30 propose kv "they answer again" && return $status
}

# What is left to others beside who runs in real time: a share of each second, and, from
# 6.12 on, another that is theirs in any case.
share=/proc/sys/kernel/sched_rt_runtime_us
fair_share=/sys/kernel/debug/sched/fair_server/cpu0/runtime

# Nothing but what stands above its engine runs: what status knows is of a while ago.
# To enter a namespace would wait for the kernel's own threads; and it ends by itself.
stands_still() {
	local before fair status
	px 1 status kv | grep "stood still" && return 1
	before=$(cat $share)
	echo -1 >$share
	if [ -e $fair_share ]; then
		fair=$(cat $fair_share)
		echo 0 >$fair_share
	fi
	# shellcheck disable=SC2016 # the inner shell's
	at 1 bash -c 'chrt -f -p 60 $$ >/dev/null &&
		{ chrt -f 50 bash -c "while [ \$SECONDS -lt 8 ]; do :; done" & } &&
		sleep 4 && paxosctl status kv' >/tmp/still
	status=$?
	echo "$before" >$share
	[ ! "$fair" ] || echo "$fair" >$fair_share
	cat /tmp/still
	[ $status = 0 ] && grep "reason: this node has stood still for [0-9]* s" /tmp/still
	status=$?
	is_well 1 && return $status
}

disk_fails() {
	flakey 3 1 error_writes | remap 3 && px 1 -t 30 propose kv "a write fails" || return
	comes_to 3 suspended "error 5" "a write to $(disk_of 3) failed" "paxosctl group del kv" &&
		px 3 -j status kv | grep -F '"error":"Input/output error"}'
	local status=$?
	heal 3 && stop_node 3 && start_node 3 3 && is_well 3 && return $status
}

snapshot_needed() {
	local slot
	# More than the others have in memory (PAXOS_SLOTS): that needs no journal.
	stop_node 3 && lines_of "while away" 1200 | px 1 -t 60 propose kv --lines >/dev/null || return
	slot=$(chosen 1)
	px 1 -t 30 trim kv "$slot" && px 2 -t 60 wait kv chosen "$slot" &&
		px 2 -t 30 trim kv "$slot" && start_node 3 3 || return
	comes_to 3 snapshot-needed \
		"through SLOT, $slot or later, then: paxosctl snapshot-installed kv SLOT" &&
		is "$slot" field 3 snapshot_needed && px 3 -t 30 snapshot-installed kv "$slot" && is_well 3
}

forgotten() { # an older image of its disk is put back
	stop_node 3 && dd if="$(raw_of 3)" of=/tmp/image bs=1M 2>/dev/null && start_node 3 3 &&
		is_well 3 && px 3 -t 30 propose kv "not in the image" && stop_node 3 &&
		dd if=/tmp/image of="$(raw_of 3)" bs=1M conv=fsync 2>/dev/null && rm /tmp/image &&
		start_node 3 3 || return
	comes_to 3 forgotten "knows a later state of this disk" "--node NEW --join --force" \
		"paxosctl member replace kv 3 NEW" && stop_node 3
}

journal_full() { # a ring of 16 MiB
	stop_node 1 && stop_node 2 &&
		paxosctl format "$(disk_of 1)" --cluster new --node 1 --voters 1 --size 16M --force \
			>/dev/null && start_node 1 1 && px 1 -t 30 wait kv leader || return
	is ok field 1 room || return
	yes "$(head -c 12000 /dev/urandom | base64 -w0)" | head -n 1200 |
		refuses 4 'full' px 1 -t 60 propose kv --lines >/dev/null || return
	comes_to 1 ok "no majority has room for new values: trim on each of 1" \
		"paxosctl trim kv SLOT, with SLOT " &&
		is full field 1 room && px 1 -t 30 trim kv "$(field 1 durable)" &&
		comes_true 30 says ok field 1 room && px 1 -t 30 propose kv "room"
}

. ./devices.sh
network_up 5
ok "four disks" devices_up 4
ok "a first start: who is missing, and without an address" first_start
ok "all there: no reason, no advice" then_all
ok "datagrams of another cluster: from where, and how many" other_cluster
ok "datagrams for another node: who has a wrong address" wrong_address
ok "two hosts that claim one id: where the second is, and both know" same_id
ok "a node that is about to join: how" joins
ok "datagrams that are none" garbage
ok "names and ids that clash" clashes
ok "no quorum: who is missing, and since when" no_quorum
ok "disks that hang: who does not accept, and why" disks_hang
ok "disks that hang, the leader's too: not only that nobody leads" leaders_disk_hangs
# Elsewhere elections take longer than this does.
[ "$size" != full ] || ok "a node that stands still: what it said is of a while ago" stands_still
ok "a disk that failed: with what error, and what to do" disk_fails
ok "a snapshot is needed: through where" snapshot_needed
ok "forgotten: what to do" forgotten
if [ "$size" = full ]; then
	ok "a journal that is full: what to trim" journal_full
	ok "stop the full one" stop_node 1
else
	ok "stop those that asked why" eval 'stop_node 1 && stop_node 2'
fi
ok "take the disks away" devices_down 4
