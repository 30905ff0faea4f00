# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Other kernel code proposes through the exported symbols.

consume() {
	local count=200
	[ "$size" = full ] || count=40
	at "$1" insmod /paxos_consumer.ko group=kv count=$count || return
	rmmod paxos_consumer
	dmesg | grep 'paxos_consumer:' | tail -n 3
	dmesg | grep 'paxos_consumer: .* passed, 0 failed' >/dev/null
}

ok "kernel code proposes from process and atomic context, at the leader" consume "$(leader 1)"
if [ "$size" = full ]; then
	ok "and at a follower" consume "$(follower 3)"
	ok "the same log on all three afterwards" same_logs 3
fi
