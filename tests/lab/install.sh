#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Install the Debian packages that building and testing paxos.ko need.
#
#	install.sh [build|lab|check|kernels]...	default: all tiers
#
# Says what is missing before it installs it; does nothing when all is there.
# Adding a package is adding a word.
set -euo pipefail

# A word ending in "*" stands for the newest package of that name.
declare -A packages=(
	# make: the module and the tools
	[build]="build-essential kmod pkg-config linux-headers-6.1.0-*-cloud-amd64
		 libnl-3-dev libnl-genl-3-dev libblkid-dev uuid-dev libjansson-dev libinih-dev libncurses-dev"

	# make demo: guests
	[lab]="qemu-system-x86 kmod busybox-static bash-static iproute2 nftables dmsetup cpio xz-utils zstd python3"

	# make check: the debug kernel, style, fuzzing, the manual, completion, screens
	[check]="git linux-source-6.1 flex bison bc lz4 libelf-dev libssl-dev
		 sparse clang clang-format libclang-rt-14-dev llvm python3 python3-yaml
		 mandoc man-db zsh fish bpftrace tmux systemd"

	# make check-kernels, and whatever takes a chroot
	[kernels]="debootstrap"
)

die() { echo "install.sh: $*" >&2; exit 1; }

installed() { # package (may hold a *): is it (or one of that name) installed?
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

newest() { # package pattern with a *: the newest such package in the archive
	apt-cache pkgnames "${1%%\**}" | grep -x "${1/\*/[0-9]*}" | sort -V | tail -n 1
}

apt() {
	DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get -qq -o DPkg::Lock::Timeout=600 \
		-o Dpkg::Use-Pty=0 "$@"
}

[ $# -gt 0 ] || set -- build lab check kernels
missing=()
for tier; do
	[ -n "${packages[$tier]-}" ] || die "unknown tier '$tier': it is build, lab, check or kernels"
	for package in ${packages[$tier]}; do
		installed "$package" || [[ " ${missing[*]-} " = *" $package "* ]] ||
			missing+=("$package")
	done
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "install.sh: these Debian packages are missing and will be installed:"
printf '  %s\n' "${missing[@]}"
[ "$(id -u)" = 0 ] || die "not root: install them yourself, or run this as root"

apt update || die "apt-get update failed: check the network and /etc/apt"
names=()
for package in "${missing[@]}"; do
	case $package in
	*\**)	found=$(newest "$package")
		[ -n "$found" ] || die "no package $package in the archive: is this Debian 12?"
		names+=("$found") ;;
	*)	names+=("$package") ;;
	esac
done
apt install --no-install-recommends "${names[@]}" >/dev/null ||
	die "apt-get could not install: ${names[*]}"
echo "install.sh: installed ${names[*]}"
