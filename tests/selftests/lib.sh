# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests inside a guest: TAP, and a cluster whose nodes are network
# namespaces n1..nN on one bridge, each with a disk /dev/vd[a-g].

tests=0
failures=0

# ok NAME COMMAND...: holds if the command succeeds; its output says why not.
ok() {
	local name=$1 out began=$SECONDS
	shift
	tests=$((tests + 1))
	if out=$("$@" 2>&1); then
		echo "ok $tests - $name ($((SECONDS - began)) s)"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $name"
		printf '%s\n' "$out" "command: $*" | tail -n 25 | sed 's/^/# /'
	fi
}

finish() { # the plan, once all ran
	echo "1..$tests"
	[ "$failures" = 0 ]
}

# refuses EXIT TEXT COMMAND...: the command exits with EXIT and says TEXT.
refuses() {
	local want=$1 text=$2 out status=0
	shift 2
	out=$("$@" 2>&1) || status=$?
	printf '%s\n' "exit $status: $out"
	[ "$status" = "$want" ] && grep -qF -- "$text" <<<"$out"
}

is() { # is WANTED COMMAND...: prints exactly that
	local want=$1 out
	shift
	out=$("$@") || { echo "exit $?: $out"; return 1; }
	printf 'wanted: %s\ngot:    %s\n' "$want" "$out"
	[ "$out" = "$want" ]
}

lines_of() { # text number: so many lines "text 1", "text 2" ...
	seq "$2" | sed "s/^/$1 /"
}

nobody() { # command...
	setpriv-full --reuid 65534 --regid 65534 --clear-groups "$@"
}

disk_of() { # node
	local letters=abcdefg
	echo "/dev/vd${letters:$(($1 - 1)):1}"
}

offset_of() { # node text: where on the node's disk it stands first
	strings -t d -n 12 "$(disk_of "$1")" | grep -F "$2" | head -n 1 | sed 's/^ *//; s/ .*//'
}

spoil() { # node offset bytes
	dd if=/dev/urandom of="$(disk_of "$1")" bs=1 seek="$2" count="$3" conv=notrunc,fsync 2>/dev/null
}

at() { # node command...; `ip netns exec` takes a second more on the debug kernel: it mounts /sys
	local node=$1
	shift
	nsenter --net="/run/netns/n$node" "$@"
}

px() { # node paxosctl's arguments...
	local node=$1
	shift
	at "$node" paxosctl "$@"
}

address() { # node [family]
	if [ "${2:-4}" = 6 ]; then echo "[fd01::$1]:7400"; else echo "10.1.0.$1:7400"; fi
}

network_up() { # nodes; no matter if it is up already
	local i
	[ ! -e /sys/class/net/br0 ] || return 0
	ip link add br0 type bridge
	ip link set br0 up
	for ((i = 1; i <= $1; i++)); do
		ip netns add "n$i"
		ip link add "v$i" type veth peer name eth0 netns "n$i"
		ip link set "v$i" master br0 up
		at "$i" ip link set lo up
		at "$i" ip link set eth0 up
		at "$i" ip addr add "10.1.0.$i/24" dev eth0
		at "$i" ip addr add "fd01::$i/64" dev eth0 nodad
	done
}

network_down() { # nodes
	local i
	for ((i = 1; i <= $1; i++)); do
		ip netns del "n$i"
	done
	ip link del br0
}

# netem NODES ARGUMENTS...: what leaves each node suffers; "off" ends it.
netem() {
	local nodes=$1 i
	shift
	for ((i = 1; i <= nodes; i++)); do
		if [ "$1" = off ]; then
			at "$i" tc qdisc del dev eth0 root
		else
			at "$i" tc qdisc replace dev eth0 root netem "$@"
		fi
	done
}

cut_off() { ip link set "v$1" down; }
plug_in() { ip link set "v$1" up; }

voters() { seq -s, 1 "$1"; }

format_disks() { # nodes
	local i cluster
	cluster=$(cat /proc/sys/kernel/random/uuid)
	for ((i = 1; i <= $1; i++)); do
		paxosctl format "$(disk_of "$i")" --cluster "$cluster" --node "$i" \
			--voters "$(voters "$1")" --force >/dev/null || return
	done
}

# Slow machines (the debug kernel) want patience.
timing=${timing:---heartbeat 100 --election 1000}
# What a part wants of all its groups: "--mode basic".
options=

start_node() { # node nodes [family]
	local node=$1 nodes=$2 family=${3:-4} i
	{
		# shellcheck disable=SC2086 # several words
		echo group add kv --device "$(disk_of "$node")" --insecure \
			--listen "$(address "$node" "$family")" $timing $options
		for ((i = 1; i <= nodes; i++)); do
			[ "$i" = "$node" ] || echo peer add kv "$i" "$(address "$i" "$family")"
		done
	} >"/tmp/start$node"
	px "$node" -B "/tmp/start$node" >/dev/null
}

stop_node() { px "$1" group del kv >/dev/null; }

start_cluster() { # nodes [family]
	local i
	for ((i = 1; i <= $1; i++)); do
		start_node "$i" "$1" "${2:-4}" || return
	done
	for ((i = 1; i <= $1; i++)); do
		px "$i" -t 60 wait kv ready || return
	done
}

stop_cluster() { # nodes
	local i
	for ((i = 1; i <= $1; i++)); do
		stop_node "$i" || return
	done
}

leader() { # as node $1 sees it; one that was just started has to hear of it first
	px "$1" -t 60 wait kv leader >/dev/null && px "$1" leader kv | tr -dc 0-9
}

follower() { # some node that does not lead, of $1
	local l i
	l=$(leader 1) || return
	for ((i = 1; i <= $1; i++)); do
		[ "$i" = "$l" ] || { echo "$i"; return; }
	done
}

leader_of_rest() { # a node of 1, 2, 3 that is not the one that is gone
	local i
	for i in 1 2 3; do
		[ "$i" = "$1" ] || { echo "$i"; return; }
	done
}

propose_each() { # nodes
	local i
	for ((i = 1; i <= $1; i++)); do
		px "$i" -t 30 propose kv "from node $i" || return
	done
}

# field NODE NAME: what status says of the node itself.
field() { px "$1" -j status kv | sed 's/,"peers":.*//; s/.*"'"$2"'":"\?\([^",}]*\).*/\1/'; }

chosen() { field "$1" delivered; }

highest() { # slot that any of the first $1 nodes delivered
	local i
	for ((i = 1; i <= $1; i++)); do chosen "$i"; done | sort -n | tail -n 1
}

# health NODE OF: what NODE says of the other.
health() {
	px "$1" -j status kv | sed 's/.*"peers"//; s/{"id":/\n&/g' |
		sed -n 's/{"id":'"$2"',.*"health":"\([^"]*\)".*/\1/p'
}

# comes_true SECONDS COMMAND...: the command succeeds within that time.
comes_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/tmp/comes 2>&1; do
		[ $SECONDS -lt $end ] || { cat /tmp/comes; return 1; }
		sleep 0.3
	done
}

# says WANTED COMMAND...: as is(), and silent.
says() { is "$@" >/dev/null; }

# join_node HOST ID PEER...: a new node on that host, with the host's disk; the
# peers are first voters, whose addresses no configuration tells.
join_node() {
	local host=$1 id=$2
	shift 2
	paxosctl format "$(disk_of "$host")" --cluster "$(field "$1" cluster)" --node "$id" \
		--join --force >/dev/null && start_joined "$host" "$@"
}

start_joined() { # host peer...
	local host=$1 peer
	shift
	# shellcheck disable=SC2086 # several words
	px "$host" group add kv --device "$(disk_of "$host")" --insecure \
		--listen "$(address "$host")" $timing $options >/dev/null || return
	for peer; do
		px "$host" peer add kv "$peer" "$(address "$peer")" >/dev/null || return
	done
}

# All of the first $1 nodes delivered through the same slot and hold the same log.
same_logs() {
	local nodes=$1 i slot sum first=''
	slot=$(highest "$nodes") || return
	for ((i = 1; i <= nodes; i++)); do
		px "$i" -t 120 wait kv chosen "$slot" >/dev/null || return
		sum=$(px "$i" -j learn kv --count "$slot" |
			sed 's/"ballot":"[0-9.]*",//' | sha256sum) || return
		: "${first:=$sum}"
		echo "node $i through $slot: $sum"
		[ "$sum" = "$first" ] || return
	done
}

logs_hold() { # every line of file $1 once, in every log of $2 nodes
	local i
	for ((i = 1; i <= $2; i++)); do
		px "$i" learn kv --raw | grep -Fxf "$1" | sort >/tmp/held
		sort "$1" | cmp - /tmp/held || { echo "node $i"; return 1; }
	done
}

# What monitor tells on one node, in a file.
watched=/tmp/events

# The namespace of node $1 has a listener of generic netlink's multicasts.
listens() {
	at "$1" awk '$2 == 16 && $4 != "00000000" { found = 1 } END { exit !found }' /proc/net/netlink
}

watch() { # node; until watch_off
	# Not by at(), whose process would be a shell's: the one to be killed is the monitor.
	nsenter --net="/run/netns/n$1" paxosctl -j -t 2400 monitor >$watched 2>&1 &
	echo $! >/tmp/watcher
	comes_true 30 listens "$1"
}

watch_off() { # it keeps its namespace alive, and so the groups there
	kill "$(cat /tmp/watcher)"
	comes_true 20 sh -c '! pidof paxosctl'
}

told() { grep -E -- "$1" $watched || { tail -n 20 $watched; return 1; }; }

comes_told() { comes_true 60 told "$1"; } # regular expression

# is_well NODE: it gets there, if an election is under way on a busy machine too.
is_well() {
	px "$1" -t 60 wait kv ready >/dev/null && comes_true 20 says ok field "$1" state ||
		{ px "$1" status kv; return 1; }
}

reason() { px "$1" -j status kv | sed -n 's/.*"reason":"\([^"]*\)".*/\1/p'; }

# is_state NODE STATE TEXT: it gets there, and gives a reason that holds TEXT.
is_state() {
	comes_true 60 says "$2" field "$1" state || { px "$1" status kv; return 1; }
	echo "node $1: $(reason "$1")"
	reason "$1" | grep -qF -- "$3"
}

# What of a kernel log is said of bugs.
complaints() {
	grep -E 'WARNING:|BUG:|KASAN:|UBSAN:|Call Trace:|suspicious RCU usage|'\
'possible (circular|recursive) locking|inconsistent lock state|blocked for more'
}

no_warning() { ! dmesg | complaints; }
