# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Groups as their configuration files have them: up, reload, down, and what goes wrong.

conf() { # node peer=address...: the file of that node, in its namespace's terms
	local node=$1 peer
	shift
	mkdir -p "/etc/paxos/n$node"
	{
		echo "[group]"
		echo "device = $(disk_of "$node") ; node $node"
		echo "listen = $(address "$node")"
		echo "insecure = yes"
		echo "heartbeat = $(sed 's/.*--heartbeat \([0-9]*\).*/\1/' <<<"$timing")"
		echo "election = $(sed 's/.*--election \([0-9]*\).*/\1/' <<<"$timing")"
		for peer; do
			printf '\n[peer %s]\naddress = %s\n' "${peer%%=*}" "${peer#*=}"
		done
	} >"$(file_of "$node")"
}

file_of() { echo "/etc/paxos/n$1/kv.conf"; }

peers_of() { # node: "ID ADDRESS" of each peer that has an address
	px "$1" -j peer list kv | sed 's/{"id":/\n/g' |
		sed -n 's/^\([0-9]*\),"address":"\([^"]*\)".*/\1 \2/p' | sort
}

# A second address of node 3, for a group that moves there.
moved() { echo "10.1.0.3:7500"; }

all_up() {
	conf 1 2="$(address 2)" 3="$(address 3)"
	conf 2 1="$(address 1)" 3="$(address 3)"
	conf 3 1="$(address 1)" 2="$(address 2)"
	px 1 up "$(file_of 1)" && px 2 up "$(file_of 2)" && px 3 -b up "$(file_of 3)"
}

by_name() {
	mkdir -p /etc/paxos
	cp "$(file_of 2)" /etc/paxos/kv.conf
	px 2 down kv && px 2 config check kv && px 2 up kv
}

all_agree() {
	local i
	for i in 1 2 3; do
		px $i -t 60 wait kv ready || return
	done
	px 3 -t 30 propose kv "by its file" && px 1 -t 30 wait kv chosen 1
}

up_twice() {
	refuses 2 'up already; up --reload' px 1 up "$(file_of 1)" && px 1 -t 30 propose kv again
}

reload_of_the_same() {
	conf 1 2="$(address 2)" 3="$(moved)"
	is 'group kv: its peers are those of '"$(file_of 1) already" \
		px 1 up --reload "$(file_of 1)"
}

# Node 3 comes back at another port; the others hear of it by a reload, without a stop.
peer_moves() {
	local i before
	before=$(field 1 incarnation)
	px 3 down kv || return
	sed -i "s/^listen = .*/listen = $(moved)/" "$(file_of 3)"
	px 3 up "$(file_of 3)" || return
	for i in 1 2; do
		sed -i "s/^address = $(address 3)\$/address = $(moved)/" "$(file_of $i)"
		is '{"group":"kv","added":[],"changed":[3],"deleted":[]}' \
			px $i -j up --reload "$(file_of $i)" || return
	done
	is "$before" field 1 incarnation && comes_true 60 says ok health 1 3 &&
		px 3 -t 60 wait kv ready && px 3 -t 30 propose kv "from where it went"
}

# A peer that is not in the file loses its address; reload gives it again.
peer_forgotten() {
	conf 1 2="$(address 2)"
	is 'group kv: address of node 3 forgotten' px 1 up --reload "$(file_of 1)" &&
		is "2 $(address 2)" peers_of 1 && conf 1 2="$(address 2)" 3="$(moved)" &&
		is "group kv: node 3 is at $(moved)" px 1 up --reload "$(file_of 1)"
}

# One peer is refused: the other, changed before, has its old address again.
reload_is_whole() {
	local before
	before=$(peers_of 1)
	conf 1 2=10.1.0.2:9999 3="$(moved)" 9=10.1.0.9:7400
	refuses 2 "$(file_of 1):15: node 9 is not in the configuration of kv; no peer was changed" \
		px 1 up --reload "$(file_of 1)" && is "$before" peers_of 1
}

reload_wants_a_stop() {
	local before
	before=$(peers_of 1)
	conf 1 2=10.1.0.2:9999
	sed -i 's/^listen = .*/listen = 10.1.0.1:7401/' "$(file_of 1)"
	refuses 2 "$(file_of 1):3: the group runs with listen = $(address 1)" \
		px 1 up --reload "$(file_of 1)" && is "$before" peers_of 1
}

all_down() {
	local i
	for i in 1 2 3; do
		px $i down kv && is '[]' px $i -j group list || return
	done
}

# Whatever it fails at, there is no group, and the device is free.
leaves_nothing() { # exit text
	refuses "$1" "$2" px 1 up "$(file_of 1)" && is '[]' px 1 -j group list &&
		px 1 group add kv --device "$(disk_of 1)" --listen "$(address 1)" --insecure &&
		px 1 down kv
}

wrong_key() {
	conf 1 2="$(address 2)"
	sed -i 's/^listen/lisen/' "$(file_of 1)"
	leaves_nothing 1 "$(file_of 1):3: unknown key 'lisen' in [group]: did you mean 'listen'?"
}

own_peer() {
	conf 1 2="$(address 2)" 1=10.1.0.1:7500
	leaves_nothing 1 "$(file_of 1):12: node 1 is this node"
}

wrong_owner() {
	conf 1 3="$(address 3)"
	sed -i '2i node = 2' "$(file_of 1)"
	leaves_nothing 2 "$(file_of 1): device belongs to node 1, not to node 2"
}

wrong_device() {
	conf 1 2="$(address 2)"
	sed -i 's,^device = .*,device = /dev/null,' "$(file_of 1)"
	leaves_nothing 2 "$(file_of 1): /dev/null is not a block device"
}

# A member of before, in an old file, is no reason not to start.
former_member() {
	conf 1 2="$(address 2)" 3="$(address 3)" 9=10.1.0.9:7400
	format_disks 3 && refuses 0 "$(file_of 1):15: left out: node 9 is not" \
		px 1 up "$(file_of 1)" && is "2 $(address 2)
3 $(address 3)" peers_of 1 && px 1 down kv
}

unprivileged_up() {
	conf 1 2="$(address 2)"
	refuses 2 'no permission to read and write /dev/vda' nobody paxosctl up "$(file_of 1)"
}

network_up 3
format_disks 3
ok "up: three hosts by their files" all_up
ok "they agree" all_agree
ok "status" refuses 0 "$(address 2)" px 1 status kv
ok "reload: a peer moved, and nobody stopped for it" peer_moves
ok "down, config check and up by name: /etc/paxos/kv.conf" by_name
ok "up of what is up is refused, and it stays up" up_twice
ok "reload of the same file changes nothing" reload_of_the_same
ok "reload: a peer taken out of the file, and put in again" peer_forgotten
ok "a reload that is refused changes no peer" reload_is_whole
ok "a reload that asks for more than peers says so, and changes none" reload_wants_a_stop
ok "down" all_down
ok "down of what is down: not found" refuses 5 'no group kv here' px 1 down kv
ok "a file with a wrong key: line and key are named, nothing is left" wrong_key
ok "a file whose peer is the node itself: the group is taken down again" own_peer
ok "another node's device: nothing is left" wrong_owner
ok "what is no block device: nothing is left" wrong_device
ok "a peer that is no member any more is left out" former_member
ok "a user without the right is refused" unprivileged_up
network_down 3
