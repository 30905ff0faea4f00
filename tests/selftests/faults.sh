# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Allocations and disks fail under groups that run, on the debug kernel.  Each failure
# ends as an error that says what to do, or is tried again inside; what was answered
# is in every log, once; and when the faults are over all is as before.

. ./inject.sh

# Requests: in each of them another allocation fails (inject.c)

# ask COMMANDS REQUESTS STEP LINES...: so many rounds of requests, in each of which an
# allocation fails that is STEP further than in the one before.
ask() {
	local commands=$1 requests=$2 step=$3 i status=0
	shift 3
	for ((i = 0; i < requests; i++)); do
		printf '%s\n' "$@"
	done >/tmp/asked
	rm -f /tmp/report
	LD_PRELOAD=/selftests/inject.so INJECT_COMMANDS=$commands INJECT_STEP=$step \
		INJECT_REPORT=/tmp/report px 1 -t 10 -f -B /tmp/asked >/tmp/answered 2>/tmp/said ||
		status=$?
	cat /tmp/report
	# A tool that was killed has said nothing.
	[ $status -lt 100 ] && said_well && ! grep ': 0 failed' /tmp/report || return
	[ "$size" = small ] || ! grep 'may be more' /tmp/report
}

# What the tool may say then: what to do, or that it cannot know.
said_well() {
	! grep -vE 'out of memory: .*try again|out of memory: the journal needs|outcome unknown|'\
'did not answer in time|no quorum|no majority|no group kv here|group kv exists: delete it|'\
'no such member|not chosen and durable|another node leads|/dev/[^ ]* is in use' /tmp/said
}

# Of each command some allocations, or all that there are.
ask_few() {
	ask ,7,9,11,12,14,16, 4 6 "propose kv x" "learn kv --count 3" "status kv" "barrier kv" \
		"member promote kv 9" "trim kv 999999"
}

ask_all() {
	ask ,7,9,11,12,14,16, 30 1 "propose kv x" "learn kv --count 3" "status kv" "barrier kv" \
		"member promote kv 9" "trim kv 999999" &&
		ask ,3,4,13,15, 30 1 "group list" "peer add kv 2 $(address 2)" \
			"leader transfer kv 2" "member list kv" && ask ,11, 30 1 "status"
}

# Groups that are made, and go: their teardown too.
add_few() { ask ,1, 8 21 "$add" "group del kv" && ask ,2, 2 3 "$add" "group del kv"; }

add_all() { ask ,1, 200 1 "$add" "group del kv" && ask ,2, 20 1 "$add" "group del kv"; }

group_goes_on() { px 1 -t 60 propose kv "after it" && same_logs 3; }

none_is_left_over() { # of the groups that were added: the last may be there still
	px 1 group del kv >/dev/null 2>&1
	start_node 1 3 && is_well 1
}

# Threads: of what the engines, starts, servers and chores allocate, some fails

# The whole while, a new thread may come that is to be hit too.
hit_on() {
	: >/tmp/hitting
	while [ -e /tmp/hitting ]; do
		hit_threads 1
		sleep 1
	done &
	hit_pid=$!
}

hit_off() {
	rm -f /tmp/hitting
	wait "$hit_pid"
	hit_threads 0
}

# tries COMMAND...: it works in the end, and if not, says that it may be tried again.
tries() {
	local left=20 status
	while :; do
		status=0
		"$@" >/tmp/tried 2>&1 || status=$?
		[ $status != 0 ] || return 0
		if ! grep -q 'try again' /tmp/tried || [ $((left -= 1)) = 0 ]; then
			cat /tmp/tried
			return $status
		fi
	done
}

trim_everywhere() { # slot
	local i
	for i in 1 2 3; do
		tries px "$i" -t 60 trim kv "$1" || return
	done
}

has_started() { ! says starting field "$1" state; }

# starts_at_last NODE COMMAND...: a start that had no memory says so, and is tried again.
# It takes many allocations: with a few in a hundred, and then none, that fail.
starts_at_last() {
	local node=$1 percent
	shift
	for percent in 5 1 0; do
		rate $percent
		"$@" && comes_true 60 has_started "$node" || return
		says suspended field "$node" state || break
		reason "$node" | grep -F 'out of memory' && stop_node "$node" || return
	done
	rate "$usual"
	comes_true 60 is_up "$node"
}

is_up() { field "$1" state | grep -E '^(ok|no-quorum|unconfirmed|snapshot-needed)$'; }

rate() { # percent: of what was armed
	local capability
	for capability in $armed; do
		set_fault "$capability" probability="$1"
	done
}

restarts_at_last() { stop_node "$1" && starts_at_last "$1" start_node "$1" 3; }

# A new node, of whose log the beginning may be trimmed already.
joins() { # host, and its id
	paxosctl format "$(disk_of "$1")" --cluster "$(field 1 cluster)" --node "$1" --join \
		--force >/dev/null && starts_at_last "$1" start_joined "$1" 1 2 3 &&
		tries px 1 -t 100 member add kv "$1" "$(address "$1")" || return
	sleep 2
	if says snapshot-needed field "$1" state; then
		tries px "$1" -t 60 snapshot-installed kv "$(($(field 1 first) - 1))" || return
	fi
	tries px 1 -t 100 member promote kv "$1"
}

members_change() { # host, whose node comes and goes
	joins "$1" && tries px 1 -t 100 member remove kv "$1" && stop_node "$1"
}

under_faults() { # text host: some of everything that a group does
	lines_of "$1" "$load" >/tmp/lines
	px 2 -t 100 -j propose kv --lines </tmp/lines >/tmp/results &&
		comes_true 30 px 3 learn kv --raw && restarts_at_last 3 &&
		tries px 1 -t 60 barrier kv && trim_everywhere "$(($(chosen 1) - load / 2))" &&
		{ [ "$size" = small ] || members_change "$2"; }
}

with_threads_hit() { # text host
	hit_on
	under_faults "$1" "$2"
	local status=$?
	hit_off
	return $status
}

memory_fails() { # text host percent: of all caches
	local armed="failslab fail_page_alloc" usual=$3
	arm_memory "$3" && with_threads_hit "$1" "$2"
	local status=$?
	disarm_memory
	return $status
}

caches_fail() { # text host percent: of those that the kernel was booted to fail
	local armed=failslab usual=$3
	grep -l 1 /sys/kernel/slab/*/failslab || return
	arm failslab ignore-gfp-wait=N task-filter=Y cache-filter=Y probability="$3" &&
		with_threads_hit "$1" "$2"
	local status=$?
	disarm failslab && set_fault failslab cache-filter=N
	return $status
}

# "SLOT VALUE" of each line that was answered.
answered() {
	sed 's/.*"slot":\([0-9]*\).*/\1/' /tmp/results | paste -d ' ' - /tmp/lines
}

# What each log still has after the trims: all that was answered, in the slot that was told,
# which need not be in order where datagrams got lost; and nothing twice.
all_held() {
	local i last first
	is "$load" eval 'answered | grep -cE "^[0-9]+ "' && last=$(px 1 -b -t 60 barrier kv) || return
	for i in 1 2 3; do
		px "$i" -t 100 wait kv chosen "$last" && first=$(field "$i" first) || return
		at "$i" ./rawclient learn kv "$first" >/tmp/log || return
		answered | awk -v first="$first" '$1 >= first' | sort >/tmp/held
		comm -23 /tmp/held <(sort /tmp/log) | grep . && { echo "are not in node $i's log"; return 1; }
		sed 's/^[0-9]* //' /tmp/log | grep -Fxf /tmp/lines | sort | uniq -d | grep . && return 1
		[ "$(wc -l </tmp/held)" -ge $((load / 2 - 10)) ] ||
			{ echo "node $i: only $(wc -l </tmp/held)"; return 1; }
	done
}

more_injected() { # capability...
	local capability
	for capability; do
		echo "$capability: $(injected "$capability")"
		[ "$(injected "$capability")" -gt 0 ] || return
	done
}

# Disks: what the block layer is given for one of them fails

# disk_fails NODE SPACE SETTING...: after SPACE bytes went well.
disk_fails() {
	local node=$1 space=$2
	shift 2
	arm fail_make_request task-filter=N "$@" && set_fault fail_make_request space="$space" &&
		hit_disk "$node" 1
}

disk_is_well() { # node
	hit_disk "$1" 0 && disarm fail_make_request
}

# Of the reads of a start, and of its writes, one of four fails, or all from some byte on:
# it is refused or suspended, with the reason, or has not met any.
start_meets() { # node space probability
	local status=0
	stop_node "$1" && disk_fails "$1" "$2" probability="$3" || return
	start_node "$1" 3 2>/tmp/refused || status=$?
	if [ $status = 0 ]; then
		comes_true 60 has_started "$1" || status=1
		case $(field "$1" state) in
		suspended) reason "$1" | grep -E 'cannot be (read|written)|cannot write' || status=1 ;;
		forgotten | starting) status=1 ;;
		esac
	else
		# Nothing was made: there is nothing to stop, either.
		grep -F 'cannot read the superblocks' /tmp/refused && status=0
	fi
	[ $status = 0 ] || px "$1" status kv
	disk_is_well "$1"
	px "$1" group del kv >/dev/null 2>&1
	[ $status = 0 ] && start_node "$1" 3 && is_well "$1"
}

starts_meet() { # node: superblocks, ring, then its writes, then anything
	start_meets "$1" 0 100 && start_meets "$1" $((5 * 4096)) 100 &&
		{ [ "$size" = small ] || starts_meet_anything "$1"; } && same_logs
}

starts_meet_anything() {
	local i
	for i in 1 2 3 4 5 6 7 8; do
		start_meets "$1" $((i * 300000)) 100 && start_meets "$1" 0 25 || return
	done
}

write_fails() { # node
	lines_of "write fails on $1" 10 >/tmp/lines
	disk_fails "$1" 0 probability=100 times=1
	px "$(leader_of_rest "$1")" -t 60 propose kv --lines </tmp/lines >/dev/null
	local status=$?
	disk_is_well "$1"
	[ $status = 0 ] && is_state "$1" suspended "error 5" || return
	px "$(leader_of_rest "$1")" -t 60 propose kv "beside the suspended" >/dev/null &&
		is suspended field "$1" state
}

comes_back() { # node: by a restart only
	stop_node "$1" && start_node "$1" 3 && is_well "$1" && same_logs && logs_hold /tmp/lines 3
}

# What is not in memory any more is read from the disk: then there is an error, and later
# there is not.
reads_fail() { # node
	local i status=1
	px "$1" learn kv --raw | head -n 50 >/tmp/first
	disk_fails "$1" 0 probability=100
	for i in 1 2 3; do
		px "$1" learn kv --raw >/tmp/wrong 2>/tmp/refused || status=0
	done
	disk_is_well "$1"
	cat /tmp/refused
	[ $status = 0 ] && is_well "$1" && px "$1" learn kv --raw | head -n 50 | cmp - /tmp/first
}

# Of these the kernel itself tells, though nothing is wrong but that there is no memory.
quiet_again() {
	! dmesg -c | sed '/vmalloc error/,/<\/TASK>/d' | complaints
}

# However long it takes here: this kernel is slow.
timing="--heartbeat 300 --election 4000"
add="group add kv --device $(disk_of 1) --insecure --listen $(address 1) $timing"
load=40 some=few
[ "$size" = small ] || load=300 some=all
network_up 5
ok "the kernel has not complained before" no_warning
ok "format three to fail" format_disks 3
ok "start three to fail" start_cluster 3
arm_memory 0
ok "allocations of requests fail" "ask_$some"
[ "$size" = small ] || ok "the group goes on" group_goes_on
ok "stop one" stop_node 1
ok "allocations of group add and group del fail" "add_$some"
ok "none is left over" none_is_left_over
arm_memory 0
ok "allocations of the module's threads fail" memory_fails "memory fails" 4 20
ok "they really did" more_injected failslab
ok "all that was answered is in every log, once" all_held
ok "allocations of some caches fail" caches_fail "caches fail" 5 30
ok "they really did, too" more_injected failslab
ok "all that was answered then is in every log, once" all_held
ok "a node's disk fails at its start" starts_meet 3
ok "it really did" more_injected fail_make_request
node=$(follower 3)
ok "a follower's write fails: suspended, with the reason; the others go on" write_fails "$node"
ok "it comes back with all that it had" comes_back "$node"
node=$(leader 1)
ok "the leader's write fails: another leads" write_fails "$node"
ok "it comes back, too" comes_back "$node"
if [ "$size" != small ]; then
	lines_of "to leave memory" 1200 >/tmp/lines
	ok "more than memory keeps" eval "px 1 propose kv --lines </tmp/lines"
	ok "reads of a running node's disk fail: an error, and later none" reads_fail 3
	ok "they really do" more_injected fail_make_request
fi
ok "the kernel has complained of nothing but the lack of memory" quiet_again
ok "stop those that failed" stop_cluster 3
