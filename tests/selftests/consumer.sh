# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Other kernel code proposes through the exported symbols.

consumed() { dmesg | grep -c 'paxos_consumer: .* passed,'; }

consume() {
	local count=200 before
	[ "$size" = full ] || count=40
	before=$(consumed)
	at "$1" insmod /paxos_consumer.ko group=kv count=$count || return
	comes_true 60 more_than "$before" || return
	# Refused until the last of its callbacks has returned.
	comes_true 5 rmmod paxos_consumer
	dmesg | grep 'paxos_consumer:' | tail -n 3
	dmesg | grep 'paxos_consumer: .* passed,' | tail -n 1 | grep ' 0 failed' >/dev/null
}

more_than() { [ "$(consumed)" -gt "$1" ]; }

ok "kernel code proposes from process and atomic context, at the leader" consume "$(leader 1)"
if [ "$size" = full ]; then
	ok "and at a follower" consume "$(follower 3)"
	ok "the same log on all three afterwards" same_logs 3
fi
