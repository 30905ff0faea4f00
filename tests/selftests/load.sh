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

# As after make install and depmod, which takes minutes here.
loads_itself() {
	local folder status=0
	folder=/lib/modules/$(uname -r)
	mkdir -p "$folder/extra" && cp /paxos.ko "$folder/extra" || return
	cp "$folder/modules.dep" "$folder/modules.alias" /tmp
	echo "extra/paxos.ko:" >>"$folder/modules.dep"
	strings /paxos.ko | sed -n 's/^alias=\(.*\)/alias \1 paxos/p' >>"$folder/modules.alias"
	paxosctl group list && rmmod paxos || status=1
	mv /tmp/modules.dep /tmp/modules.alias "$folder"
	rm "$folder/extra/paxos.ko"
	return $status
}

ok "without the module the tool says so and exits 6" module_needed
ok "insmod and rmmod, again and again" again_and_again
if [ "$size" != small ]; then
	ok "where it is installed, it is loaded when the tool asks for it" loads_itself
fi
ok "insmod" insmod /paxos.ko
ok "no group yet" is "" paxosctl -b group list
