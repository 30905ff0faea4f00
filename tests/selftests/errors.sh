# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Bad input gets a clear error, and nothing is left half done.

add() { # device [arguments...]
	local device=$1
	shift
	paxosctl group add kv --device "$device" --listen 127.0.0.1:7400 --insecure "$@"
}

small_device() {
	modprobe loop
	truncate -s 1M /tmp/small
	losetup /dev/loop0 /tmp/small
	refuses 2 'small' paxosctl format /dev/loop0 --cluster new --node 1 --voters 1 &&
		refuses 2 'small' add /dev/loop0
	local status=$?
	losetup -d /dev/loop0
	return $status
}

wrong_device() {
	dd if=/dev/zero of=/dev/vda bs=4k count=2 2>/dev/null
	refuses 2 'paxosctl format' add /dev/vda
}

foreign_device() { # LUKS, version 1
	printf 'LUKS\xba\xbe\x00\x01' | dd of=/dev/vda conv=fsync 2>/dev/null
	refuses 2 'holds crypto_LUKS; --force' \
		paxosctl format /dev/vda --cluster new --node 1 --voters 1
}

format_one() { paxosctl format /dev/vda --cluster new --node 1 --voters 1 --force; }

needs_insecure() {
	refuses 2 '--insecure' paxosctl group add kv --device /dev/vda --listen 127.0.0.1:7400
}

busy_device() {
	add /dev/vda && refuses 2 'in use' paxosctl group add other --device /dev/vda \
		--listen 127.0.0.1:7401 --insecure
}

no_format_while_busy() {
	refuses 2 'in use' paxosctl format /dev/vda --cluster new --node 1 --voters 1 --force
}

busy_address() {
	paxosctl format /dev/vdb --cluster new --node 1 --voters 1 --force >/dev/null &&
		refuses 2 'in use' paxosctl group add other --device /dev/vdb \
			--listen 127.0.0.1:7400 --insecure
}

unprivileged() {
	refuses 2 '' nobody paxosctl status kv &&
		refuses 2 '' nobody paxosctl learn kv &&
		refuses 2 '' nobody paxosctl propose kv x
}

# Root of its own user namespace may make groups there, but only on disks it may open.
user_namespace() {
	chmod 600 /dev/vdc
	paxosctl format /dev/vdc --cluster new --node 1 --voters 1 --force >/dev/null
	refuses 2 'no permission' nobody \
		unshare -U -r -n paxosctl group add kv --device /dev/vdc \
		--listen 127.0.0.1:7400 --insecure
}

ok "a device that is too small is refused" small_device
ok "a device without a superblock is refused" wrong_device
ok "a device that holds something else is not formatted" foreign_device
ok "format" format_one
ok "a second format wants --force" \
	refuses 2 '--force' paxosctl format /dev/vda --cluster new --node 1 --voters 1
ok "no encryption yet: --insecure is wanted, and why is said" needs_insecure
ok "a device in use is refused" busy_device
ok "a device in use is not formatted" no_format_while_busy
ok "an address in use is refused" busy_address
ok "a name that is taken is refused" refuses 2 'exists' add /dev/vdb
ok "an unknown group is not found" refuses 5 'nope' paxosctl status nope
ok "a dump of an unknown group says which" refuses 5 'no group nope here' paxosctl learn nope
ok "a dump with a malformed name says what is allowed" \
	refuses 2 'letters, digits' paxosctl learn bad/name
ok "a name that is no ASCII is refused" refuses 2 'letters, digits' paxosctl status $'n\xe9'
ok "a peer that is this node is refused" refuses 2 'itself' paxosctl peer add kv 1 127.0.0.1:7401
ok "a peer outside the configuration is refused" \
	refuses 2 'configuration' paxosctl peer add kv 9 127.0.0.1:7401
ok "an unprivileged caller is refused" unprivileged
ok "a user namespace cannot take a disk its user may not open" user_namespace
ok "rmmod is refused while a group exists" refuses 1 "can't unload" rmmod paxos
ok "a single voter agrees with itself" paxosctl -t 30 propose kv alone
ok "group del" paxosctl group del kv
ok "the device is free again at once" format_one
