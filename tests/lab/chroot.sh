#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A small Debian of another release, to build or install in.
#
#	chroot.sh RELEASE [PACKAGE]...
#		prints the directory of one that holds minbase and the packages;
#		RELEASE is bookworm, trixie, sid or another that the mirror has
#	chroot.sh run [--bind SOURCE:DESTINATION]... DIRECTORY COMMAND [ARGUMENT]...
#		runs a command in it, as root
#
# It is made from the mirror that apt uses here, and is kept in the cache, as of
# the day that it was made.  What `run` changes is gone when its command ends:
# it works in an overlay, in namespaces of its own for mounts and processes, so
# nothing stays mounted and nothing goes on running.  Only what was written to a
# SOURCE stays.
set -euo pipefail

lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/cache.sh"

mirror() { # the archive that this machine's own release comes from
	local codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" \
		"Component: main" "Identifier: Packages" | head -n 1
}

# What apt must be told there: the machine's proxies; that a mirror's Release
# file may be past its date; and that no list but main's packages is wanted.
apt_configuration() {
	apt-config dump | grep -iE '^Acquire::.*proxy' || true
	cat <<-'END'
		Acquire::Check-Valid-Until "false";
		Acquire::Check-Date "false";
		Acquire::Languages "none";
		APT::Install-Recommends "false";
		DPkg::Use-Pty "false";
	END
}

make_base() { # final release
	local release=$2 from proxy
	from=$(mirror)
	[ -n "$from" ] || die "apt names no mirror of Debian: run apt-get update"
	say "debootstrap of $release: one to three minutes"
	# wget, which it uses, knows apt's proxy by the environment alone.
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	[ -z "${proxy-}" ] || [ "$proxy" = DIRECT ] || export http_proxy=$proxy
	# In a namespace: what it mounts is not there when a killed one is removed.
	unshare --mount debootstrap --variant=minbase "$release" "$work/out" "$from" \
		>"$work/log" 2>&1 || die "cannot make it: $(tail -n 3 "$work/log")"
	apt_configuration >"$work/out/etc/apt/apt.conf.d/99lab"
	printf '#!/bin/sh\nexit 101\n' >"$work/out/usr/sbin/policy-rc.d" # starts no daemon
	chmod 755 "$work/out/usr/sbin/policy-rc.d"
	rm -rf "$work/out"/var/cache/apt/archives/*.deb
}

make_with() { # final base package...
	local base=$2
	shift 2
	say "installing $*"
	cp -a --reflink=auto "$base" "$work/out"
	{
		inside "$work/out" "" -- apt-get -q update &&
		inside "$work/out" "" -- apt-get -q -y install "$@" &&
		inside "$work/out" "" -- apt-get clean
	} >"$work/log" 2>&1 || die "cannot install $*: $(tail -n 5 "$work/log")"
}

# In namespaces of their own: mount what a command wants to see, and run it.
enter() { # tree, scratch directory or "", source:destination..., --, command...
	local root=$1 scratch=$2
	shift 2
	if [ -n "$scratch" ]; then
		mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
		mount -t overlay overlay "$scratch/root" \
			-o "lowerdir=$root,upperdir=$scratch/upper,workdir=$scratch/work"
		root=$scratch/root
	fi
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	while [ "$1" != -- ]; do
		mkdir -p "$root/${1#*:}"
		mount --bind "${1%%:*}" "$root/${1#*:}"
		shift
	done
	shift
	exec chroot "$root" /usr/bin/env -i HOME=/root TERM="${TERM-dumb}" LC_ALL=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive "$@"
}

inside() { # as enter
	unshare --mount --pid --fork --kill-child \
		bash -euc "$(declare -f enter); enter \"\$@\"" chroot.sh "$@"
}

run() { # [--bind source:destination]... directory command [argument]...
	local binds=() directory
	while [ "${1-}" = --bind ]; do
		binds+=("$2")
		shift 2
	done
	directory=$1
	shift
	scratch=$(mktemp -d "$cache/work.XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
	inside "$directory" "$scratch" "${binds[@]}" -- "$@"
}

case "${1-}" in
'' | -*)	usage ;;
run)
	shift
	[ $# -ge 2 ] || usage
	run "$@" ;;
*)
	command -v debootstrap >/dev/null || die "no debootstrap: run tests/lab/install.sh kernels"
	[ "$(id -u)" = 0 ] || die "not root"
	release=$1
	shift
	key=$(cat "$0" <(mirror) | sha256sum)
	base=$(cached "chroot-$release-${key:0:16}" make_base "$release")
	if [ $# -gt 0 ]; then
		key=$(printf '%s\n' "$base" "$@" | sha256sum)
		base=$(cached "chroot-$release-${key:0:16}" make_with "$base" "$@")
	fi
	echo "$base" ;;
esac
