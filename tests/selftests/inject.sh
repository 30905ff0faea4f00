# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For parts that make allocations and disks fail, on the debug kernel: the kernel's own
# fault injection (its Documentation/fault-injection), aimed at this module.  Whoever
# injects counts: faults that were none prove nothing.

faults=/sys/kernel/debug
many=1000000	# more than are ever injected: what is left of it tells how many were

set_fault() { # capability name=value...
	local capability=$1 setting
	shift
	for setting; do
		echo "${setting#*=}" >"$faults/$capability/${setting%%=*}" || return
	done
}

# How many faults of the kind were injected since it was armed.
injected() { echo $((many - $(cat "$faults/$1/times"))); }

# arm CAPABILITY SETTING...: quiet, without the limits that are set by default.
arm() {
	local capability=$1
	shift
	set_fault "$capability" verbose=0 interval=1 space=0 times=$many "$@"
}

disarm() { set_fault "$1" probability=0; }

arm_memory() { # percent
	arm failslab ignore-gfp-wait=N task-filter=Y probability="$1" &&
		arm fail_page_alloc ignore-gfp-wait=N ignore-gfp-highmem=N min-order=0 \
			task-filter=Y probability="$1"
}

disarm_memory() { disarm failslab && disarm fail_page_alloc; }

# hit_threads 0|1: the module's own threads, and those that run its work, are those
# whose allocations fail.  Again and again: new ones come.
hit_threads() {
	local thread name
	for thread in /proc/[0-9]*; do
		{ read -r name <"$thread/comm"; } 2>/dev/null || continue
		case $name in
		paxos/* | kworker/u*) echo "$1" 2>/dev/null >"$thread/make-it-fail" ;;
		esac
	done
	return 0
}

# hit_disk NODE 0|1
hit_disk() { echo "$2" >"/sys/block/$(basename "$(disk_of "$1")")/make-it-fail"; }
