#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build an initramfs for a guest.
#
#	initramfs.sh KERNEL OUTPUT [SOURCE:DESTINATION]...
#
# KERNEL is stock, debug or a directory that kernel.sh printed. It holds busybox
# with all applets, bash (also as sh: busybox's prefers its own small ip and tc),
# ip, tc, dmsetup, nsenter, chrt, the modules below and the lab's own init and leaks. Each SOURCE, a file or directory, goes to DESTINATION; a program brings
# its shared libraries, and what a module (.ko) depends on is loaded at boot.
#
# The part that never changes is kept in the cache; an initramfs is that part
# and a second archive with the files named here.
set -euo pipefail

lab=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/paxos-lab

# Some may be built into a kernel or missing from it (dm-dust from Debian's).
modules="virtio_pci virtio_blk virtio_net virtio_console
	 veth bridge dummy sch_netem sch_prio cls_u32 cls_matchall act_mirred
	 null_blk brd loop dm-mod dm-flakey dm-log-writes dm-delay dm-dust
	 libcrc32c crc32c_generic crc32c-intel libchacha20poly1305 ipv6"
# Busybox has no such, or smaller ones; and its nsenter would start its own small ip and tc.
programs="ip tc dmsetup nsenter chrt"

die() { echo "initramfs.sh: $*" >&2; exit 1; }

copy() { # source destination: with the libraries that a program needs
	local target=$root/${2#/} library
	[ "${2%/}" = "$2" ] || target=$target$(basename "$1")
	[ -e "$1" ] || die "no such file: $1"
	mkdir -p "$(dirname "$target")"
	cp -aLT "$1" "$target"
	[ -f "$1" ] && ldd "$1" >/dev/null 2>&1 || return 0
	for library in $(ldd "$1" | grep -o '/[^ ]*'); do
		[ -e "$root$library" ] || install -D "$library" "$root$library"
	done
}

add_modules() {
	local module path target tree=$root/lib/modules/$KERNEL_RELEASE
	mkdir -p "$tree"
	cp "$KERNEL_MODULES"/modules.{builtin,builtin.modinfo,order} "$tree"
	for module in $modules; do
		modprobe -d "${KERNEL_MODULES%/lib/modules/*}" -S "$KERNEL_RELEASE" \
			--show-depends "$module" 2>/dev/null || true
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r path; do
		target=$tree/${path#"$KERNEL_MODULES"/}
		install -D -m 644 "$path" "$target"
		case $target in *.xz) xz -d "$target" ;; *.zst) zstd -dq --rm "$target" ;; esac
	done
	depmod -b "$root" "$KERNEL_RELEASE"
}

archive() { # output
	(cd "$root" && find . -mindepth 1 | LC_ALL=C sort |
		cpio -o -H newc -R 0:0 --reproducible --quiet) >"$1"
}

make_base() { # output
	local program applet
	mkdir -p "$root"/{bin,dev,etc,proc,root,run,sys,tmp,var}
	ln -s bin "$root/sbin"
	ln -s . "$root/usr"
	ln -s /run "$root/var/run"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in $(busybox --list | grep -vx busybox); do
		ln -sf busybox "$root/bin/$applet"
	done
	install "$(command -v bash-static)" "$root/bin/bash"
	ln -sf bash "$root/bin/sh"
	for program in $programs; do
		rm -f "$root/bin/$program"
		copy "$(PATH=$PATH:/sbin:/usr/sbin command -v "$program")" "/bin/$program"
	done
	install -m 755 "$lab/init" "$root/init"
	install -m 755 "$lab/leaks" "$root/bin/leaks"
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	: >"$root/etc/preload"
	add_modules
	archive "$1"
}

make_extra() { # output, then source:destination...
	local output=$1 file name preload=
	shift
	mkdir -p "$root/etc"
	for file; do
		copy "${file%%:*}" "${file#*:}"
		[[ ${file%%:*} != *.ko ]] || preload+=$(modinfo -F depends "${file%%:*}"),
	done
	for name in ${preload//,/ }; do
		[[ " $* " == *"/$name.ko:"* ]] || echo "$name"
	done | sort -u >"$root/etc/preload"
	archive "$output"
}

[ $# -ge 2 ] || { sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
kernel=$1 output=$2
shift 2
[ -d "$kernel" ] || kernel=$("$lab/kernel.sh" "$kernel")
. "$kernel/env"
for tool in busybox bash-static cpio ip depmod; do
	PATH=$PATH:/sbin command -v "$tool" >/dev/null ||
		die "no $tool: run tests/lab/install.sh lab"
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
key=$(cat "$lab"/{initramfs.sh,init,leaks} <(echo "$kernel") | sha256sum)
base=$cache/initramfs-${key:0:16}
if [ ! -e "$base" ]; then
	root=$scratch/base
	make_base "$scratch/base.cpio"
	cp "$scratch/base.cpio" "$base.$$" && mv "$base.$$" "$base"
fi
root=$scratch/extra
make_extra "$scratch/extra.cpio" "$@"
cat "$base" "$scratch/extra.cpio" >"$output"
