# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What is told and counted: events and statistics, by paxosctl and by a client that
# knows the header alone.

# Each of the group's events once, from the first on.
no_gaps() {
	sed 's/.*"sequence":\([0-9]*\).*/\1/' $watched | awk '$1 != NR { exit 1 }'
}

are_utc() {
	! grep -vE '^\{"time":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z","group":"kv",' $watched
}

new_leader_is_told() {
	[ "$(leader 1)" = 2 ] || px 1 -t 60 leader transfer kv 2 >/dev/null || return
	comes_told '"event":"leader","leader":2,"ballot":"[0-9]+\.2"' || return
	stop_node 2 || return
	comes_told '"event":"peer","node":2,"health":"unreachable","was":"ok"' &&
		comes_told '"event":"leader","leader":[13],'
}

back_is_told() {
	local before
	before=$(grep -c '"node":2,"health":"ok"' $watched)
	start_node 2 3 || return
	comes_true 60 told_more_than "$before" '"node":2,"health":"ok"'
}

told_more_than() { [ "$(grep -c -- "$2" $watched)" -gt "$1" ]; }

no_quorum_is_told() {
	cut_off 1
	comes_told '"event":"state","state":"no-quorum","was":"ok","reason":"no quorum: 1 of 3'
	local status=$?
	plug_in 1
	[ $status = 0 ] && comes_told '"event":"state","state":"ok","was":"no-quorum"'
}

trim_is_told() {
	local slot
	slot=$(chosen 1)
	px 1 -t 60 trim kv "$slot" >/dev/null && comes_told "\"event\":\"trimmed\",\"slot\":$slot"
}

gone_is_told() {
	stop_node 1 || return
	comes_told '"event":"group-gone","node":1'
	local status=$?
	watch_off
	return $status
}

# One more event of a kind that can be caused, seen by a raw socket.
raw_events() {
	local pid
	at 1 timeout 100 /selftests/rawclient events 1 >/tmp/raw 2>&1 &
	pid=$!
	comes_true 30 grep -qx joined /tmp/raw || return
	start_node 1 3 && wait $pid || return
	# Sequence 1, PAXOS_HAPPENED_GROUP_ADDED, node 1.
	is "kv 1 1 1" tail -n 1 /tmp/raw
}

raw_propose() {
	px 1 -t 60 wait kv ready >/dev/null &&
		at 1 /selftests/rawclient propose kv red green blue >/tmp/raw || return
	cat /tmp/raw
	[ "$(cut -d' ' -f1 /tmp/raw | sort | xargs)" = "1 2 3" ] || return
	cut -d' ' -f2 /tmp/raw | sort -n | head -n 1 >/tmp/first
}

raw_learn() {
	at 1 /selftests/rawclient learn kv "$(cat /tmp/first)" >/tmp/raw || return
	cat /tmp/raw
	[ "$(cut -d' ' -f2 /tmp/raw | sort | xargs)" = "blue green red" ]
}

raw_learned() { # anybody may listen
	local pid
	at 1 setpriv-full --reuid 65534 --regid 65534 --clear-groups \
		timeout 100 /selftests/rawclient learned 1 >/tmp/raw 2>&1 &
	pid=$!
	comes_true 30 grep -qx joined /tmp/raw || return
	px 1 -t 60 propose kv heard >/dev/null && wait $pid || return
	grep -qE '^kv [0-9]+$' /tmp/raw
}

raw_strict() {
	at 1 /selftests/rawclient strict kv >/tmp/raw || return
	cat /tmp/raw
	[ "$(wc -l </tmp/raw)" = 4 ] && ! grep -vE ': (EINVAL|ERANGE) ' /tmp/raw
}

raw_refused() {
	refuses 1 'ENOENT: no group nope here' at 1 /selftests/rawclient learn nope &&
		refuses 1 'ENOENT: no group nope here' at 1 /selftests/rawclient propose nope x
}

unprivileged_listener() {
	refuses 2 'not permitted' nobody paxosctl monitor &&
		refuses 2 'not permitted' nobody paxosctl stats &&
		refuses 1 'EPERM' nobody /selftests/rawclient events 1
}

take_stats() { px 1 -j stats kv >/tmp/stats; }

# figure NAME...: one of those that were taken, by the names on the way to it.
figure() {
	local text name
	text=$(cat /tmp/stats)
	for name; do text=${text#*\""$name"\":}; done
	echo "${text%%[,\}]*}"
}

# Counted one after the other: a write may have ended in between.
one_write_apart() {
	local between=$(($(figure write_us count) - $(figure journal writes)))
	[ $between = 0 ] || [ $between = 1 ]
}

counted() {
	local lines=300
	[ "$size" = full ] || lines=30
	px 1 stats kv --reset >/dev/null || return
	lines_of counted $lines | px 1 -t 120 propose kv --lines >/dev/null || return
	px 1 barrier kv >/dev/null || return
	take_stats && cat /tmp/stats || return
	is $lines figure proposals chosen && is $lines figure commit_us count &&
		is 1 figure barriers granted && one_write_apart &&
		[ "$(figure delivered values)" -ge $lines ] &&
		[ "$(figure delivered bytes)" -ge $((lines * 9)) ] &&
		[ "$(figure datagrams sent)" -gt 0 ] && [ "$(figure datagrams received)" -gt 0 ] &&
		[ "$(figure journal writes)" -gt 0 ]
}

# Cumulative, and their last is their count.
histograms_hold() {
	px 1 stats kv --prometheus >/tmp/metrics || return
	cat /tmp/metrics
	awk '/_bucket/ { if ($2 < before) exit 1; before = $2; if (/le="\+Inf"/) { inf = $2; before = 0; n++ } }
	     /_count/ { if ($2 != inf) exit 1; m++ }
	     END { exit !(n == 2 && m == 2) }' /tmp/metrics &&
		grep -q '^paxos_state{group="kv",node="1",state="ok"} 1$' /tmp/metrics
}

# What could not be told was not reset.
unread_resets_nothing() {
	local before
	before=$(figure proposals chosen)
	is "the last was lost" at 1 /selftests/rawclient unread kv && take_stats &&
		is "$before" figure proposals chosen && [ "$before" != 0 ]
}

reset_begins_anew() {
	local before
	before=$(figure proposals chosen)
	px 1 -j stats kv --reset | grep -F "\"chosen\":$before," && take_stats || return
	is 0 figure proposals chosen && is 0 figure commit_us sum
}

network_up 3
ok "events: monitor listens before the group is there" watch 1
ok "format three disks" format_disks 3
ok "three nodes" start_cluster 3
ok "events: the first is that the group was added" \
	is '"sequence":1,"event":"group-added","node":1}' sed -n '1s/.*"kv",//p' $watched
ok "events: its start" comes_told '"event":"state","state":"[a-z-]*","was":"starting"'
ok "events: disks confirmed" comes_told '"event":"confirmed"'
ok "events: peers that came" comes_told '"event":"peer","node":3,"health":"ok","was":"unreachable"'
ok "events: a leader, its end, and the next" new_leader_is_told
ok "events: a node that came back" back_is_told
ok "events: no quorum, and a quorum" no_quorum_is_told
ok "events: a trim" trim_is_told
ok "events: the end of the group" gone_is_told
ok "events: none was lost" no_gaps
ok "events: stamped in UTC" are_utc
ok "raw client: an event" raw_events
ok "raw client: three values in one request" raw_propose
ok "raw client: they can be learned" raw_learn
ok "raw client: told of a new slot, without any right" raw_learned
if [ "$size" = full ]; then
	ok "raw client: what is malformed is refused" raw_strict
	ok "raw client: a refusal says what to do" raw_refused
	ok "monitor: no such group" refuses 5 'nope' px 1 monitor nope
	ok "monitor: events that do not come" \
		refuses 3 'of 50 events' px 1 -t 0.5 monitor kv --count 50
	ok "monitor: watching for a while is no failure" px 1 -t 0.2 monitor kv
	ok "monitor and stats want rights" unprivileged_listener
	ok "stats: no such group" refuses 5 'nope' px 1 stats nope
fi
ok "stats: what was proposed, delivered, sent and written" counted
ok "stats: histograms for Prometheus" histograms_hold
ok "stats: a reset whose answer is lost resets nothing" unread_resets_nothing
ok "stats: a reset" reset_begins_anew
ok "stop" stop_cluster 3
