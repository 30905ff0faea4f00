# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What paxosctl top and monitor show on a terminal, which is tmux's. Those that are in
# userspace/screens are printed as comments: see tests/screens.

export LC_ALL=C.UTF-8
glyphs='▁▂▃▄▅▆▇█'

tm() { tmux -u -f /dev/null -L screens "$@"; }

# A shell at a terminal of 80x24, in the namespace of node 1.
terminal_up() {
	mkdir -p /dev/pts
	grep -q devpts /proc/mounts || mount -t devpts devpts /dev/pts || return
	tm new-session -d -x 80 -y 24 ip netns exec n1 sh &&
		tm set-option -g default-terminal tmux-256color &&
		tm set-window-option -g window-size manual &&
		tm respawn-pane -k ip netns exec n1 sh && type_line 'PS1="$ "; stty -echo; clear'
}

type_line() { tm send-keys -l "$1" && tm send-keys Enter; }
press() { tm send-keys "$1"; }
screen() { tm capture-pane -p; }

shows() { screen | grep -E -- "$1" || { screen; return 1; }; } # regular expression
comes() { comes_true 60 shows "$1"; }

# As it is now, without what is empty below.
keep() { screen | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"/tmp/screen-$1"; } # name

print_screen() { sed "s/^/# screen $1: /" "/tmp/screen-$1"; }

# A proposal now and then, so that there is something to see.
load_on() {
	at 1 paxosctl bench kv --rate 40 --seconds 600 -t 60 >/tmp/bench 2>&1 &
}

load_off() {
	pidof paxosctl | xargs -n 1 | while read -r pid; do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q ' bench ' && kill -INT "$pid"
	done
	comes_true 60 grep -q '^throughput' /tmp/bench
}

lead() { [ "$(leader 1)" = "$1" ] || px 1 -t 60 leader transfer kv "$1" >/dev/null; } # node

# On the leader, which knows how long messages take.
top_shows_figures() {
	lead 1 || return
	load_on
	type_line 'echo before; paxosctl top kv'
	comes "^slots/s +[$glyphs]{8,} +[1-9][0-9.]*/s  most [1-9]" &&
		comes "^commit +[$glyphs ]{8,} +[0-9.]+ m?s  p99 <= [0-9.]+ m?s$" &&
		comes "^write +[$glyphs ]{8,} +[0-9.]+ m?s  p99" && shows '^journal +\[[█░]+\] +[0-9]+% of 6[0-9] MiB'
}

top_shows_nodes() {
	local i l role
	l=$(leader 1)
	shows "^node 1 [a-z]+ +ok +quorum 3/3 \(2 needed\)  leader $l  ballot [0-9]+\.$l\$" || return
	for i in 1 2 3; do
		role=follower
		[ "$i" != "$l" ] || role=leader
		shows "^ +$i 10\.1\.0\.$i:7400 +$role +ok " || return
	done
}

top_is_colored() { tm capture-pane -p -e | grep -F $'\033[32m'; }

another_size() {
	tm resize-window -x 110 -y 30
	comes '^paxosctl top {90}[0-9:]{8}$' && tm resize-window -x 45 -y 24 && comes '^too small' &&
		tm resize-window -x 80 -y 24 && comes '^paxosctl top {60}[0-9:]{8}$'
}

help_and_pause() {
	press h && comes '^any key: back' && press x && comes '^q quit' && press p &&
		comes 'PAUSED' && press p && comes '^paxosctl top  +[0-9:]{8}$'
}

peer_leaves() {
	stop_node 3 && comes '^ +3 10\.1\.0\.3:7400 +[a-z]+ +unreachable ' &&
		comes '^ +last heard of [0-9.]+ s ago' && start_node 3 3 &&
		comes '^ +3 10\.1\.0\.3:7400 +[a-z]+ +ok '
}

group_leaves() {
	stop_node 1 && comes 'gone: this is how it was' && comes '^paxosctl top  no group kv here' &&
		start_node 1 3 && comes '^node 1 [a-z]+ +ok '
}

# What was there before is there again, and the terminal is as it was.
quit() {
	press q && comes '^before$' || return
	is 0 tm display-message -p '#{alternate_on}' && is 1 tm display-message -p '#{cursor_flag}' || return
	type_line 'echo "exit $?"; stty -a | grep -o " icanon"'
	comes '^exit 0$' && comes 'icanon'
}

beyond_ascii() { screen | LC_ALL=C tr -d '\000-\177' | wc -c; }

plain() {
	type_line 'clear; LC_ALL=C NO_COLOR=1 paxosctl top'
	comes '^journal +\[#+\.+\]' && is 0 beyond_ascii &&
		! tm capture-pane -p -e | grep -F $'\033[32m' && press q && comes '^\$ ?$'
}

no_terminal() {
	type_line 'clear; TERM=nothing paxosctl top; echo "exit $?"'
	comes "terminal 'nothing' is not known" && comes '^exit 1$'
}

monitor_shows_events() {
	lead 1 || return
	type_line 'clear; paxosctl monitor'
	comes_true 30 listens 1 || return
	stop_node 3 && comes 'kv  peer 3 is unreachable, was ok' && start_node 3 3 &&
		comes 'kv  peer 3 is ok, was unreachable' || return
	lead 2 && comes 'kv  node 2 leads, ballot [0-9]+\.2' && lead 1 &&
		comes 'kv  node 1 leads, ballot [0-9]+\.1' &&
		px 1 -t 60 trim kv 3 >/dev/null && comes 'kv  trimmed through slot 3'
}

monitor_ends() { press C-c && comes '^\$ ?$'; }

# Watched or not, the module may go; and nobody who watches brings it back.
module_leaves() {
	type_line 'clear; paxosctl top'
	comes 'no groups in this network namespace' && rmmod paxos && comes 'the module is not loaded' ||
		return
	sleep 2
	[ ! -e /sys/module/paxos ] && insmod /paxos.ko && comes '^paxosctl top  +[0-9:]{8}$' && press q
}

network_up 3
ok "screens: format three disks" format_disks 3
ok "screens: three nodes" start_cluster 3
ok "screens: a terminal" terminal_up
ok "top: slots a second, latencies, journal" top_shows_figures
ok "top: each node, its role, the leader and its ballot" top_shows_nodes
ok "top: in colors" top_is_colored
keep top
ok "top: other sizes" another_size
ok "top: help, pause" help_and_pause
ok "top: a peer that leaves, and is back" peer_leaves
ok "top: the load ends" load_off
ok "top: a group that leaves, and is back" group_leaves
ok "top: q leaves the terminal as it was" quit
ok "top: ASCII, no colors" plain
ok "top: a terminal that is not known" no_terminal
ok "monitor: events, as they come" monitor_shows_events
keep monitor
ok "monitor: ends" monitor_ends
ok "screens: stop" stop_cluster 3
ok "top: the module leaves, and is back" module_leaves
tm kill-server
print_screen top
print_screen monitor
unset LC_ALL
