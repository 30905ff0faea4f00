# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What a commit costs, counted by the block layer (/sys/block/X/stat): on a write-back
# disk without FUA, one write and one flush each, none on one with FUA; and at depth 64
# many commits share one.

# counts DISK: writes and flushes since the guest was booted.
counts() { awk '{ print $5, $16 }' "/sys/block/$1/stat"; }

# costs DISK COMMAND...: sets $writes and $flushes.
costs() {
	local disk=$1 w f
	shift
	read -r writes flushes < <(counts "$disk")
	"$@" >/dev/null || return
	read -r w f < <(counts "$disk")
	writes=$((w - writes)) flushes=$((f - flushes))
}

fua_of() { cat "/sys/block/$1/queue/fua"; }

lone_on() { # disk fua: is it what it is meant to be?
	is "write back" cat "/sys/block/$1/queue/write_cache" && is "$2" fua_of "$1" || return
	paxosctl format "/dev/$1" --cluster new --node 1 --voters 1 --size 16M --force >/dev/null &&
		px 1 group add kv --device "/dev/$1" --listen "$(address 1)" --insecure \
			>/dev/null && px 1 wait kv leader
}

depth_1() { seq 100 | sed 's/.*/propose kv alone-&/' | px 1 -B -; }

# 64 in flight, then 64 more.
depth_64() {
	local i
	lines_of "value" 64 >/tmp/64
	for ((i = 0; i < 10; i++)); do
		echo "propose kv --lines --file /tmp/64"
	done | px 1 -B -
}

at_depth_1() { # disk flushes: of each commit
	costs "$1" depth_1 || return
	echo "# $1, fua $(fua_of "$1"), depth 1: $writes writes, $flushes flushes of 100 commits" \
		>>/tmp/figures
	tail -n 1 /tmp/figures
	[ "$writes" -ge 100 ] && [ "$writes" -le 103 ] &&
		[ "$flushes" -ge $((100 * $2)) ] && [ "$flushes" -le $((103 * $2)) ]
}

at_depth_64() { # disk
	costs "$1" depth_64 || return
	echo "# $1, fua $(fua_of "$1"), depth 64: $writes writes, $flushes flushes of 640 commits" \
		>>/tmp/figures
	tail -n 1 /tmp/figures
	[ "$writes" -gt 0 ] && [ $((640 / writes)) -ge 16 ]
}

stop_alone() { px 1 group del kv; }

. ./devices.sh
network_up 5
: >/tmp/figures
# The latency of a disk, so that what comes meanwhile has a next write to share.
modprobe null_blk nr_devices=1 gb=1 bs=512 memory_backed=1 cache_size=32 queue_mode=2 \
	irqmode=2 completion_nsec=2000000
ok "a voter alone on a write-back disk without FUA" lone_on vda 0
ok "one write and one flush a commit at depth 1" at_depth_1 vda 1
ok "16 commits a flush and more at depth 64" at_depth_64 vda
ok "stop it" stop_alone
ok "a voter alone on a write-back disk with FUA" lone_on nullb0 1
ok "one write and no flush a commit at depth 1" at_depth_1 nullb0 0
ok "16 commits a write and more at depth 64" at_depth_64 nullb0
ok "stop it" stop_alone
cat /tmp/figures
