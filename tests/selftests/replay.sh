# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# How long a start takes, against reading the same bytes from the same disk: run in a
# guest with --virtual-time, where a disk is memory that answers after a fixed time.
#
# An instruction is a nanosecond here, so the processor is about a quarter of a real
# one.  The disk is one for it: a command brings at most 128 KiB, after 1.8 ms, and four
# are carried out at once, which makes 250 MB/s; to a real processor, 1 GB/s.
# What such a disk has for the processor to do is to copy: it is memory.
#
# A byte of "rep movsb" costs an instruction, and so do 8 of "rep movsq": the guest is
# started with clearcpuid=erms.
disk_ns=1792000
disk_commands=4
command_sectors=256

ratio_max=150		# of a start to a read: percent
fixed_commands=4	# that a start waits for besides, one after the other
linear_max=130		# of the time of a slot in the longest journal to the one before: percent
value_bytes=512

disk_of() { echo /dev/nullb0; }

# found NAME: what the last start found, as status has it.
found() { px 1 -j status kv | sed 's/.*"replay"://; s/.*"'"$1"'":"\?\([^",}]*\).*/\1/'; }

# A start looks at the journal, and at 512 KiB behind its end (STORAGE.md, "Starting").
read_once() { # bytes of the journal: how long dd needs for all that, 2 MiB at a time
	dd-full if=/dev/nullb0 of=/dev/null bs=2M skip=8192 count=$(($1 + 524288)) \
		iflag=direct,skip_bytes,count_bytes 2>&1 |
		sed -n 's/.*, \([0-9.e-]*\) s,.*/\1/p' | awk '{ printf "%d\n", $1 * 1000000 }'
}

# The quicker of two: a timer of somebody else's may have come between.
read_us() { for _ in 1 2; do read_once "$1"; done | sort -n | head -n 1; }

fill() { # slots: a journal of so many, each with a value
	local bytes=$(($1 * value_bytes * 3 / 2 + (20 << 20)))
	paxosctl format /dev/nullb0 --cluster new --node 1 --voters 1 --size $bytes --force \
		>/dev/null &&
		start_node 1 0 && px 1 -t 60 wait kv leader >/dev/null || return
	yes "$(head -c $((value_bytes * 3 / 4)) /dev/urandom | base64 -w0)" | head -n "$1" |
		px 1 -t 600 propose kv --lines >/dev/null && stop_node 1
}

# One program does it all: another one that starts or ends meanwhile would cost more
# than a short journal.
start_undisturbed() {
	# shellcheck disable=SC2086 # several words
	{
		echo group add kv --device /dev/nullb0 --insecure --listen "$(address 1)" $timing
		echo wait kv ready
	} >/tmp/start
	px 1 -t 600 -B /tmp/start >/dev/null
}

measure() { # slots: the line goes to the table
	local bytes start read
	fill "$1" && start_undisturbed || return
	[ "$(found slots)" -ge "$1" ] || return
	bytes=$(found bytes)
	start=$(found time_us)
	read=$(read_us "$bytes") && stop_node 1 || return
	echo "$1 $bytes $start $read" >>/tmp/replay
}

# Short journals: besides reading, a start reads its last batch once more and writes it.
at_device_speed() { # slots
	awk -v n="$1" -v most=$ratio_max -v fixed=$((fixed_commands * disk_ns / 1000)) '$1 == n {
		printf "start %d us, read %d us\n", $3, $4
		found = $3 <= $4 * most / 100 || (n < 10000 && $3 <= $4 + fixed)
	} END { exit !found }' /tmp/replay
}

# What a slot costs in the longest journal is what it costs in the one before.
linear() {
	tail -n 2 /tmp/replay | awk -v most=$linear_max '{
		printf "%d slots: %.2f us each\n", $1, $3 / $1
		before = last
		last = $3 / $1
	} END { exit !(NR == 2 && last * 100 <= before * most) }'
}

table() {
	echo "#     slots       MiB    start ms     read ms  ratio   us/slot"
	awk '{ printf "# %9d %9.1f %11.1f %11.1f %6.2f %9.2f\n", $1, $2 / 1048576, $3 / 1000,
		$4 / 1000, $3 / $4, $3 / $1 }' /tmp/replay
}

# The lab loads no more than what the module names; a real machine has this one, too.
modprobe -r libcrc32c
modprobe crc32c-intel
insmod_replay() { modprobe libcrc32c && insmod /paxos.ko; }
ok "the module, with the processor's own crc32c" insmod_replay
network_up 1
modprobe null_blk nr_devices=1 memory_backed=1 irqmode=2 completion_nsec=$disk_ns gb=2 \
	bs=4096 queue_mode=2 submit_queues=1 hw_queue_depth=$disk_commands \
	max_sectors=$command_sectors no_sched=1
: >/tmp/replay
replay_slots="1000 10000 100000"
[ "$size" != long ] || replay_slots+=" 1000000"
for slots in $replay_slots; do
	ok "a start with $slots slots" measure "$slots"
	ok "a start with $slots slots is at the speed of the disk" \
		at_device_speed "$slots"
done
ok "the time of a start grows with the slots, and no faster" linear
table
