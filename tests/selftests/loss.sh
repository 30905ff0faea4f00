# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Datagrams get lost, doubled, out of order.

many() { # name
	local n=500
	[ "$size" = full ] || n=60
	lines_of "$1" $n >/tmp/lines
	px "$(follower 3)" -t 120 propose kv --lines </tmp/lines >/dev/null &&
		logs_in_time && logs_hold /tmp/lines 3
}

logs_in_time() { same_logs 3; }

large() {
	local i n=4
	[ "$size" = full ] || n=1
	for ((i = 0; i < n; i++)); do
		head -c 24500 /dev/urandom | base64 -w0 | head -c 32768 >/tmp/value
		px "$(follower 3)" -t 60 propose kv --file /tmp/value || return
	done
	same_logs 3
}

network_up 5
ok "a fresh cluster of three" format_disks 3
ok "it starts" start_cluster 3
ok "20 % loss" netem 3 loss 20%
ok "values get through 20 % loss" many lossy
if [ "$size" = full ]; then
	ok "duplication" netem 3 duplicate 30%
	ok "values under duplication are there once" many doubled
	ok "reordering" netem 3 delay 5ms reorder 50% 50%
	ok "values under reordering" many reordered
fi
ok "5 % loss" netem 3 loss 5%
ok "32 KiB values get through 5 % loss" large
ok "an end to it" netem 3 off
