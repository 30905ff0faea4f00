# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Namespaces and modules end; nothing is left.

ends_with_namespace() {
	local i
	format_disks 3 && start_cluster 3 || return
	seq 2000 | px 1 propose kv --lines >/dev/null 2>&1 &
	sleep 0.3
	for i in 1 2 3; do
		ip netns del "n$i"
	done
	wait
	for ((i = 0; i < 100; i++)); do
		rmmod paxos 2>/dev/null && return
		sleep 0.2
	done
	lsmod
	return 1
}

no_leaks() {
	[ -e /sys/kernel/debug/kmemleak ] || return 0
	leaks
}

ok "a namespace ends with a live group in it; then rmmod" ends_with_namespace
ok "kmemleak finds nothing" no_leaks
ok "the kernel complained of nothing" no_warning
