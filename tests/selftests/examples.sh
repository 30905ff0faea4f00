# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The examples of README.md, run as they stand there.

from_c() { # its slot is that of the value
	local slot
	slot=$(at 1 /selftests/example kv "from C" | sed -n 's/^slot \([0-9]*\)$/\1/p')
	[ -n "$slot" ] && px 1 -t 30 wait kv chosen "$slot" &&
		is "from C" px 1 learn kv --from "$slot" --count 1 --raw
}

from_the_kernel() {
	local slot
	at 1 insmod /paxos_hello.ko && rmmod paxos_hello || return
	slot=$(dmesg | sed -n 's/.*paxos_hello: slot \([0-9]*\)$/\1/p' | tail -n 1)
	[ -n "$slot" ] && px 1 -t 30 wait kv chosen "$slot" &&
		is hello px 1 learn kv --from "$slot" --count 1 --raw
}

[ -e /sys/module/paxos ] || insmod /paxos.ko
network_up 3
ok "format one for the examples" format_disks 1
ok "start it" start_cluster 1
ok "a value from C" from_c
ok "a refusal" refuses 1 'refused: ' at 1 /selftests/example nope x
ok "a value from the kernel" from_the_kernel
ok "stop it" stop_cluster 1
