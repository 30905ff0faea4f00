# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The module comes and goes.

module_needed() { refuses 6 'paxos' paxosctl group list; }

again_and_again() {
	local i rounds=50
	[ "$size" = full ] || rounds=5
	for ((i = 0; i < rounds; i++)); do
		insmod /paxos.ko && rmmod paxos || return
	done
}

ok "without the module the tool says so and exits 6" module_needed
ok "insmod and rmmod, again and again" again_and_again
ok "insmod" insmod /paxos.ko
ok "no group yet" is "" paxosctl -b group list
