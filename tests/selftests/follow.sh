# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A reader that follows the log with far too small a receive buffer, and is stopped now
# and then: pull, woken by push, loses nothing and doubles nothing.

# Who has no right to more than the system allows: a member of the group's users.
reader_gid=1234
reader_options="--gid $reader_gid"

values_to_follow() {
	case $size in
	small) echo 1000 ;;
	full) echo 20000 ;;
	*) echo 100000 ;;
	esac
}

# Most are short; one of a hundred is longer than many buffers.
make_values() { # count
	awk -v n="$1" 'BEGIN {
		pad = sprintf("%6000s", ""); gsub(/ /, "x", pad)
		for (i = 1; i <= n; i++)
			print "follow " i (i % 100 ? "" : " " pad)
	}' >/tmp/to-follow
}

begin_following() {
	cat /proc/sys/net/core/rmem_max >/tmp/rmem
	# A socket gets the least there is, 2304 bytes: a message or two.
	echo 2304 >/proc/sys/net/core/rmem_max
	# Not by at(), whose process would be a shell's: the one to be stopped is the reader.
	ip netns exec n2 setpriv-full --reuid 65534 --regid $reader_gid --clear-groups \
		paxosctl -t 120 learn kv --follow >/tmp/followed 2>/tmp/follower &
	echo $! >/tmp/reader
	comes_true 60 listens 2
	local status=$?
	cat /tmp/rmem >/proc/sys/net/core/rmem_max
	return $status
}

tell_reader() { kill "$1" "$(cat /tmp/reader)"; }

delivered_is_over() { [ "$(field 2 delivered)" -ge "$1" ]; }

read_is_over() { [ "$(wc -l </tmp/followed)" -ge "$1" ]; }

# All the while values come in, the reader stops, wakes up far behind, and catches up a bit.
stopped_and_continued() {
	local count stops=6 i from
	count=$(values_to_follow)
	make_values "$count"
	px 1 -t 600 propose kv --lines </tmp/to-follow >/dev/null &
	for ((i = 1; i <= stops; i++)); do
		from=$((count / (stops + 1) * i))
		comes_true 600 read_is_over $((from / 4)) && tell_reader -STOP &&
			comes_true 600 delivered_is_over "$from" && tell_reader -CONT || return
	done
	wait $!
}

was_too_small() {
	cat /tmp/follower
	# Of its sockets, the one for news of slots: messages that found no room.
	at 2 cat /proc/net/netlink | awk '$2 == 16 && $4 != "00000000" { print; lost += $9 }
					  END { exit !lost }'
}

ended() { tail -n 1 /tmp/followed | grep -q "  follow $(values_to_follow) "; }

all_read() {
	comes_true 600 ended || { tail -n 1 /tmp/followed | cut -c 1-100; cat /tmp/follower; return 1; }
	was_too_small || return
	tell_reader -TERM
	comes_true 20 sh -c '! pidof paxosctl' || return
	[ ! -s /tmp/follower ]
}

# Slot after slot, from the first on.
every_slot_once() {
	awk '$1 != NR { print "line " NR " is slot " $1; exit 1 }' /tmp/followed
}

# Of "SLOT  BALLOT  node N  VALUE": nodes may differ in the ballot, and at different times.
without_ballot() { cut -d' ' -f1,5-; }

as_in_the_log() {
	without_ballot </tmp/followed >/tmp/followed.slots
	px 2 learn kv | without_ballot | cmp - /tmp/followed.slots
}

# What is under way together may be chosen in any order, where the leader changes.
every_value_once() {
	sort /tmp/to-follow >/tmp/sorted
	grep '  follow ' /tmp/followed | cut -d' ' -f8- | sort | cmp - /tmp/sorted
}

follow_cluster() {
	local options=$reader_options
	format_disks 3 && start_cluster 3
}

network_up 3
ok "follow: three nodes" follow_cluster
ok "follow: a reader with hardly any buffer" begin_following
ok "follow: it is stopped and continued while $(values_to_follow) values come" \
	stopped_and_continued
ok "follow: it reads on to the end, though news were lost to it" all_read
ok "follow: every slot once, in order" every_slot_once
ok "follow: what the log has" as_in_the_log
ok "follow: every value once" every_value_once
ok "follow: stop" stop_cluster 3
