# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A group that is shared with the members of a group of users.

users=1234

# as GID COMMAND...: somebody whose group that is, without any right of root's.
as() {
	local gid=$1
	shift
	setpriv-full --reuid 65534 --regid "$gid" --clear-groups "$@"
}

member() { as $users "$@"; }

# The same by a supplementary group.
also_member() {
	setpriv-full --reuid 65534 --regid 65534 --groups 7,$users,4321 "$@"
}

# as_changing GID COMMAND...: as as(), and free to go over to another group later.
as_changing() {
	local gid=$1
	shift
	setpriv-full --reuid 65534 --regid "$gid" --clear-groups \
		--inh-caps +setgid --ambient-caps +setgid "$@"
}

write_conf() { # gid
	printf '%s\n' '[group]' 'device = /dev/vda' 'listen = 127.0.0.1:7400' 'insecure = yes' \
		"gid = $1" >/tmp/kv.conf
}

by_name() {
	echo "proposers:x:$users:" >/etc/group
	paxosctl format /dev/vda --cluster new --node 1 --voters 1 --force >/dev/null &&
		write_conf proposers && paxosctl up /tmp/kv.conf &&
		paxosctl -t 60 wait kv ready
}

status_shows() {
	paxosctl -j status kv | grep -F "\"gid\":$users," &&
		paxosctl status kv | grep -E "^group kv .* gid $users\$"
}

reload_shares_with_nobody_else() {
	write_conf 7
	refuses 2 "/tmp/kv.conf:5: the group runs with gid = $users" \
		paxosctl up --reload /tmp/kv.conf
	local status=$?
	write_conf $users
	[ $status = 0 ] && paxosctl up --reload /tmp/kv.conf
}

unknown_names() {
	refuses 1 '--gid wants a group of users, by name or number' \
		paxosctl group add other --device /dev/vdb --listen 127.0.0.1:7401 --insecure \
		--gid no-such-users
}

uses() { # as whom...
	"$@" paxosctl propose kv "of one: $*" && "$@" paxosctl barrier kv &&
		"$@" paxosctl learn kv | grep -F "of one: $*" && "$@" paxosctl status kv &&
		"$@" paxosctl wait kv leader && is 1 "$@" paxosctl leader kv
}

# More results than fit the receive buffer of one who cannot have a large one.
uses_much() {
	local lines=3000
	[ "$size" != small ] || lines=300
	lines_of much $lines >/tmp/much
	member paxosctl -t 120 propose kv --lines </tmp/much >/dev/null &&
		member paxosctl learn kv --raw | grep '^much' | cmp - /tmp/much
}

follows() {
	local pid slots=$(($(field_here delivered) + 2))
	member paxosctl -t 60 learn kv --follow --raw --count $slots >/tmp/followed &
	pid=$!
	paxosctl -t 60 propose kv next >/dev/null && paxosctl -t 60 propose kv last >/dev/null &&
		wait $pid && is last tail -n 1 /tmp/followed
}

field_here() { paxosctl -j status kv | sed 's/.*"'"$1"'":\([0-9]*\).*/\1/'; }

# What changes something, and what tells of more than the group.
nothing_else() {
	refuses 2 'not permitted' member paxosctl trim kv 1 &&
		refuses 2 'not permitted' member paxosctl snapshot-installed kv 1 &&
		refuses 2 'not permitted' member paxosctl leader transfer kv 1 &&
		refuses 2 'not permitted' member paxosctl member remove kv 1 &&
		refuses 2 'not permitted' member paxosctl peer add kv 2 127.0.0.1:7402 &&
		refuses 2 'not permitted' member paxosctl peer del kv 2 &&
		refuses 2 'not permitted' member paxosctl group del kv
}

sees_nothing_else() {
	refuses 2 'or name a group' member paxosctl status &&
		refuses 2 'not permitted' member paxosctl group list &&
		refuses 2 'not permitted' member paxosctl peer list kv &&
		refuses 2 'not permitted' member paxosctl member list kv &&
		refuses 2 'not permitted' member paxosctl stats kv &&
		refuses 2 'not permitted' member paxosctl monitor --count 1
}

says_which_group() { # as whom...
	local text="not permitted: needs CAP_NET_ADMIN here, or group id $users"
	refuses 2 "$text" "$@" paxosctl propose kv x &&
		refuses 2 "$text" "$@" paxosctl barrier kv &&
		refuses 2 "$text" "$@" paxosctl learn kv &&
		refuses 2 "$text" "$@" paxosctl status kv
}

# Neither who opened a socket nor who uses it can lend the other what it lacks.
passed_on() {
	is "1" sh -c "$(declare -f as_changing); as_changing $users /selftests/rawclient as $users propose kv own | cut -d' ' -f1" &&
		refuses 1 'EPERM: not permitted: who opened this socket is not in' \
			as_changing 65534 /selftests/rawclient as $users propose kv x &&
		refuses 1 'EPERM: not permitted: who opened this socket is not in' \
			as_changing 65534 /selftests/rawclient as $users learn kv &&
		refuses 1 "or group id $users" \
			as_changing $users /selftests/rawclient as 65534 propose kv x &&
		refuses 1 "or group id $users" \
			as_changing $users /selftests/rawclient as 65534 learn kv
}

# Of root, too: it has the right, but is no member.
opened_by_root() {
	refuses 1 'who opened this socket' setpriv-full --bounding-set -net_admin \
		/selftests/rawclient as $users propose kv x
}

# Root of a user namespace of its own is who it was outside.
in_user_namespace() {
	member unshare -U -r paxosctl propose kv "from inside" &&
		refuses 2 'or group id' as 65534 unshare -U -r paxosctl propose kv x
}

# What an adder inside calls group 0 is another one outside, and one that has no
# name there is refused.
numbers_of_namespaces() {
	local pid
	paxosctl format /dev/vdb --cluster new --node 1 --voters 1 --force >/dev/null
	chgrp $users /dev/vdb && chmod 660 /dev/vdb || return
	cat >/tmp/inside <<-'EOF'
		ip link set lo up
		add() { paxosctl group add in --device /dev/vdb --listen 127.0.0.1:7400 --insecure "$@"; }
		add --gid 1234
		echo "exit $?"
		add --gid 0 && paxosctl -j status in
		echo "pid $$"
		exec sleep 600
	EOF
	as $users unshare -U -r -n sh /tmp/inside >/tmp/said 2>&1 &
	comes_true 60 grep -q ^pid /tmp/said
	cat /tmp/said
	pid=$(sed -n 's/^pid //p' /tmp/said)
	grep -qF 'there is no group id 1234 in your user namespace' /tmp/said &&
		grep -qx 'exit 2' /tmp/said && grep -qF '"gid":0,' /tmp/said &&
		nsenter -t "$pid" -n paxosctl -j status in | grep -F "\"gid\":$users,"
	local status=$?
	kill "$pid"
	wait
	return $status
}

# Nobody but root may use a group that was not shared.
not_shared() {
	paxosctl down kv && sed -i /^gid/d /tmp/kv.conf && paxosctl up /tmp/kv.conf &&
		paxosctl -t 60 wait kv ready && paxosctl -j status kv | grep -F '"gid":null,' &&
		refuses 2 'not permitted: needs CAP_NET_ADMIN here (run as root)' \
			member paxosctl propose kv x &&
		refuses 2 'run as root' member paxosctl learn kv
}

ok "gid: a group shared with others, by their name in its file" by_name
ok "gid: status says with whom" status_shows
ok "gid: members propose, ask for barriers, learn, and see the status" uses member
ok "gid: so do those of whom it is one group of several" uses also_member
ok "gid: others are told which group it is" says_which_group as 65534
ok "gid: a socket that was passed on does not help" passed_on
ok "gid: nor one that was root's" opened_by_root
if [ "$size" != small ]; then
	ok "gid: members with much to say" uses_much
	ok "gid: members follow the log" follows
	ok "gid: members change nothing" nothing_else
	ok "gid: members see nothing else" sees_nothing_else
	ok "gid: a reload shares it with nobody else" reload_shares_with_nobody_else
	ok "gid: a group of users that is not there" unknown_names
	ok "gid: members in a user namespace of their own, and others in theirs" in_user_namespace
	ok "gid: numbers are those of the user namespace" numbers_of_namespaces
fi
ok "gid: what is not shared is root's alone" not_shared
ok "gid: stop" paxosctl down kv
