# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For the parts on storage: the nodes' disks are device-mapper devices disk1..diskN,
# whose faults come and go with their tables while a group runs on them.

export DM_DISABLE_UDEV=1
[ -e /sys/module/paxos ] || insmod /paxos.ko

# Disks in memory: soon formatted, copied and compared.  And dm-flakey's wrong reads
# come to nothing over a driver that moves a bio on, as virtio's does.
[ -e /dev/ram0 ] || modprobe brd rd_nr=6 rd_size=20480

disk_of() { echo "/dev/mapper/disk$1"; }

raw_of() { echo "/dev/ram$(($1 - 1))"; }

sectors() { echo $(($(blockdev --getsize64 "$1") / 512)); }

# plain NODE: a table without a fault.
plain() { echo "0 $(sectors "$(raw_of "$1")") linear $(raw_of "$1") 0"; }

# flakey NODE FEATURES...: a table with dm-flakey's features at once and for long; none:
# all I/O fails.
flakey() {
	local raw
	raw=$(raw_of "$1")
	shift
	echo "0 $(sectors "$raw") flakey $raw 0 0 100000 $*"
}

# flakey_ring NODE FEATURES...: the same between the superblock copies only.
flakey_ring() {
	local raw size
	raw=$(raw_of "$1")
	size=$(sectors "$raw")
	shift
	echo "0 16 linear $raw 0"
	echo "16 $((size - 32)) flakey $raw 16 0 100000 $*"
	echo "$((size - 16)) 16 linear $raw $((size - 16))"
}

# remap NODE: its disk gets the table on standard input, at once.
remap() {
	if [ -e "$(disk_of "$1")" ]; then
		dmsetup load "disk$1" && dmsetup resume "disk$1"
	else
		dmsetup create "disk$1"
	fi
}

heal() { plain "$1" | remap "$1"; }

unmap() { dmsetup remove --retry "disk$1"; }

devices_up() { # nodes
	local i
	for ((i = 1; i <= $1; i++)); do
		heal "$i" || return
	done
}

devices_down() { # nodes
	local i
	for ((i = 1; i <= $1; i++)); do
		unmap "$i" || return
	done
}

# anew NODES: a cluster of healthy disks that knows nothing.
anew() {
	devices_up "$1" && format_disks "$1" && start_cluster "$1"
}

# kernel_said TEXT: since the last kernel_listens.
kernel_listens() { dmesg -c >/dev/null; }
kernel_said() { dmesg | grep -F -- "$1"; }

# No value gets through with node $1's vote alone: one more of three is away.
votes_no_more() {
	local other=$((($1 + 1) % 3 + 1)) third=$(($1 % 3 + 1)) out status=0
	cut_off "$other"
	out=$(px "$third" -t 4 propose kv "with the vote of node $1" 2>&1) || status=$?
	plug_in "$other"
	echo "exit $status: $out"
	[ $status = 3 ] || [ $status = 4 ] || return
	px "$third" -t 60 propose kv "without the vote of node $1"
}
