# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Disks that fail, and disks that lie: dm-flakey under one node of three.

values() { # node text count: proposed one by one, each in a batch of its own
	local i
	for ((i = 1; i <= $3; i++)); do
		echo "propose kv '$2 $i'"
	done | px "$1" -t 30 -B - >/dev/null
}

# Long enough to have its bytes in the second sector of its batch.
long=$(printf '%0500d' 0)

others_agree() { # than node $1: the others hold each line of file $2, once
	local i
	for i in 1 2 3; do
		[ "$i" != "$1" ] || continue
		px "$i" learn kv --raw | grep -Fxf "$2" | sort >/tmp/held
		sort "$2" | cmp - /tmp/held || { echo "node $i"; return 1; }
	done
}

# Writes fail

writes_fail() { # node: it is suspended, and says why; the others go on
	flakey "$1" 1 error_writes | remap "$1" &&
		values "$(leader_of_rest "$1")" "while writes of node $1 fail" 5 &&
		is_state "$1" suspended "error 5"
}

stays_suspended() { # node: row 14, though its disk is well again
	heal "$1" && values "$(leader_of_rest "$1")" "after writes of node $1 failed" 5 &&
		is_well "$(leader_of_rest "$1")" && is_state "$1" suspended "error 5"
}

restarts_well() { # node: with the same log as the others
	stop_node "$1" && start_node "$1" 3 && is_well "$1" && same_logs 3
}

leaders_writes_fail() {
	local l
	l=$(leader 1) && writes_fail "$l" && stays_suspended "$l" && restarts_well "$l"
}

# Fails at its start, and then starts well.
all_fails_at_start() {
	stop_node 3 && flakey 3 | remap 3 || return
	refuses 2 'cannot read the superblocks' px 3 group add kv --device "$(disk_of 3)" \
		--listen "$(address 3)" --insecure || return
	heal 3 && start_node 3 3 && px 3 -t 60 wait kv ready && same_logs 3
}

reads_fail_at_start() { # of the ring alone
	stop_node 3 && flakey_ring 3 | remap 3 && start_node 3 3 &&
		is_state 3 suspended "cannot be read" && heal 3 && restarts_well 3
}

writes_fail_at_start() {
	stop_node 3 && flakey 3 1 error_writes | remap 3 && start_node 3 3 &&
		is_state 3 suspended "cannot be written" && heal 3 && restarts_well 3
}

# Writes are dropped: the disk says "written", and forgets at once.

drops() { # node text count: so many values, acknowledged and gone from its disk
	flakey "$1" 1 drop_writes | remap "$1" && values "$1" "$2" "$3"
	local status=$?
	heal "$1"
	return $status
}

back_from_the_disk() { stop_node 3 && start_node 3 3; }

one_in_the_middle_is_dropped() {
	lines_of "before, kept" 5 >/tmp/lines
	lines_of "dropped" 3 >>/tmp/lines
	lines_of "after, kept" 5 >>/tmp/lines
	values 3 "before, kept" 5 && drops 3 dropped 3 && values 3 "after, kept" 5 &&
		back_from_the_disk &&
		is_state 3 forgotten "later batch" && others_agree 3 /tmp/lines && votes_no_more 3
}

# The disk alone looks well; those who heard it acknowledge know better (rule 10).
the_tail_is_dropped() {
	lines_of "dropped at the end" 3 >/tmp/lines
	values 3 "kept" 5 && drops 3 "dropped at the end" 3 && back_from_the_disk &&
		is_state 3 forgotten "node" && others_agree 3 /tmp/lines && votes_no_more 3
}

# 600 KiB: more than replay looks beyond the journal's end for what came later.
much_is_dropped() {
	{
		lines_of "much, dropped" 150
		lines_of "after much was dropped" 5
	} >/tmp/lines
	drops 3 "much, dropped" 150 && values 3 "after much was dropped" 5 &&
		back_from_the_disk && is_state 3 forgotten "node" && others_agree 3 /tmp/lines
}

# A whole life of the node leaves no trace on its disk, its incarnation included.
a_life_is_dropped() {
	stop_node 3 && flakey 3 1 drop_writes | remap 3 && start_node 3 3 &&
		px 3 -t 60 wait kv ready && values 3 "of a life that was dropped" 3 &&
		stop_node 3 && heal 3 && start_node 3 3 || return
	lines_of "of a life that was dropped" 3 >/tmp/lines
	is_state 3 forgotten "node" && others_agree 3 /tmp/lines
}

# A byte of each write, or read, is another.  Byte 600 of a small batch lies in its
# value, byte 100 in its first header, byte 3600 in its second.

corrupts_writes() { # byte
	flakey 3 5 corrupt_bio_byte "$1" w 255 0 | remap 3
	values 3 "written wrong, byte $1: $long" 10
	local status=$?
	heal 3
	return $status
}

values_are_written_wrong() {
	kernel_listens
	corrupts_writes 600 && back_from_the_disk && px 3 -t 60 wait kv ready &&
		kernel_said "slots are damaged" && is_well 3 &&
		same_logs 3
}

headers_are_written_wrong() { # one of two
	corrupts_writes 100 && corrupts_writes 3600 && back_from_the_disk &&
		is_well 3 && same_logs 3
}

many_are_written_wrong() { # in large batches
	flakey 3 5 corrupt_bio_byte 20000 w 255 0 | remap 3
	lines_of "$long" 300 | px 3 -t 60 propose kv --lines >/dev/null
	local status=$?
	heal 3
	[ $status = 0 ] && back_from_the_disk && is_well 3 && same_logs 3
}

# What leaves memory is read from the disk: wrong, then again, then from a peer.
values_are_read_wrong() {
	local i
	lines_of "to leave memory" 1200 | px 1 -t 60 propose kv --lines >/dev/null && same_logs 3 &&
		flakey 3 5 corrupt_bio_byte 600 r 255 0 | remap 3 || return
	for i in 1 2 3 4; do
		px 3 learn kv --raw >/tmp/wrong 2>/dev/null
		px 1 learn kv --raw | head -n "$(wc -l </tmp/wrong)" | cmp - /tmp/wrong || {
			heal 3
			return 1
		}
	done
	heal 3 && is_well 3 && same_logs 3
}

superblocks_are_read_wrong() { # nothing is written, so no harm is done
	stop_node 3 && flakey 3 5 corrupt_bio_byte 600 r 255 0 | remap 3 || return
	refuses 2 'superblock copies 0,1,2,3 are damaged' px 3 group add kv \
		--device "$(disk_of 3)" --listen "$(address 3)" --insecure || return
	heal 3 && start_node 3 3 && px 3 -t 60 wait kv ready && same_logs 3
}

superblocks_are_written_wrong() {
	stop_node 3 && flakey 3 5 corrupt_bio_byte 600 w 255 0 | remap 3 && start_node 3 3 &&
		px 3 -t 60 wait kv ready && stop_node 3 && heal 3 || return
	refuses 2 'superblock copies 0,1,2,3 are damaged' px 3 group add kv \
		--device "$(disk_of 3)" --listen "$(address 3)" --insecure
}

. ./devices.sh
network_up 5
ok "three on flakey disks" anew 3
ok "writes fail: suspended, with the reason; the others go on" writes_fail 3
ok "it stays suspended when its disk is well again" stays_suspended 3
ok "started anew, it has the same log" restarts_well 3
ok "the leader's writes fail: another leads" leaders_writes_fail
ok "all I/O fails at the start: refused, not forgotten" all_fails_at_start
ok "reads of the ring fail at the start: suspended, not forgotten" reads_fail_at_start
ok "writes fail at the start: suspended, not forgotten" writes_fail_at_start
ok "values are written wrong: repaired from peers" values_are_written_wrong
ok "one header of two is written wrong: nothing is lost" headers_are_written_wrong
ok "large batches are written wrong: repaired" many_are_written_wrong
ok "values are read wrong: never delivered so" values_are_read_wrong
ok "superblocks are read wrong: refused, nothing is written" superblocks_are_read_wrong
ok "superblocks are written wrong: refused, with their names" superblocks_are_written_wrong
for what in one_in_the_middle_is_dropped the_tail_is_dropped much_is_dropped a_life_is_dropped; do
	for node in 1 2 3; do
		px "$node" group del kv >/dev/null 2>&1
	done
	ok "three anew" anew 3
	ok "${what//_/ }: forgotten, and nothing is lost" $what
done
ok "stop those on flakey disks" stop_cluster 3
ok "take the flakey disks away" devices_down 3
