#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Get a kernel for the guests into the cache, and print its directory.
#
#	kernel.sh stock		Debian's cloud kernel, of the installed headers' version
#	kernel.sh stock-trixie, stock-sid
#				the same of these releases; their headers and toolchain
#				are in a chroot (chroot.sh)
#	kernel.sh debug		built from linux-source-6.1 with debug-kernel.config
#	kernel.sh source	only what checking style needs: scripts/checkpatch.pl, .clang-format
#
# The directory of a kernel holds a file `env` for other scripts to source:
#
#	KERNEL_IMAGE	what QEMU boots
#	KERNEL_RELEASE	what uname -r says there
#	KERNEL_MODULES	its modules (a tree with modules.dep)
#	KERNELDIR	for make -C $KERNELDIR M=... modules (in its chroot, if it
#			is in one: tests/build-module does that)
set -euo pipefail

lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/cache.sh"
config=$lab/debug-kernel.config
tarball=/usr/src/linux-source-6.1.tar.xz

write_env() { # directory image release modules kerneldir
	printf 'KERNEL_IMAGE=%q\nKERNEL_RELEASE=%q\nKERNEL_MODULES=%q\nKERNELDIR=%q\n' \
		"$2" "$3" "$4" "$5" >"$1/env"
}

# Image and modules out of the packages in $work: one, or as sid has it, three.
unpack_kernel() { # final release kerneldir
	local package image modules
	mkdir -p "$work/root" "$work/out/lib/modules"
	for package in "$work"/linux-*.deb; do
		dpkg -x "$package" "$work/root"
	done
	image=$(find "$work/root" -name "vmlinuz*" -type f)
	modules=$(find "$work/root" -path "*lib/modules/$2" -type d)
	mv "$image" "$work/out/vmlinuz-$2"
	mv "$modules" "$work/out/lib/modules"
	depmod -b "$work/out" "$2"
	write_env "$work/out" "$1/vmlinuz-$2" "$2" "$1/lib/modules/$2" "$3"
}

make_stock() { # final release
	say "fetching Debian's kernel $2"
	(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "linux-image-$2") ||
		die "cannot download linux-image-$2: run apt-get update and" \
		    "tests/lab/install.sh, which installs the newest headers"
	unpack_kernel "$1" "$2" "/usr/src/linux-headers-$2"
}

make_stock_of() { # final release chroot
	say "fetching Debian's kernel $2"
	"$lab/chroot.sh" run --bind "$work:/out" "$3" bash -euc '
		apt-get -qq update
		apt-cache pkgnames linux- | grep -E "^linux-(image|binary|modules|base)-$1\$" |
			(cd /out && xargs apt-get -qq -o APT::Sandbox::User=root download)
		' - "${2//+/\\+}" || die "cannot download linux-image-$2: remove $3," \
		    "which is of a day when it was the newest"
	unpack_kernel "$1" "$2" "$3/usr/src/linux-headers-$2"
}

# With what W=1 wants besides the headers: trixie's kernel-doc is in Perl.
stock_of() { # Debian's release
	local chroot headers release version
	chroot=$("$lab/chroot.sh" "$1" make perl linux-headers-cloud-amd64)
	headers=("$chroot"/usr/src/linux-headers-*-cloud-amd64)
	release=${headers[0]#*linux-headers-}
	version=$(dpkg-query --admindir="$chroot/var/lib/dpkg" -W -f '${Version}' \
		"linux-headers-$release")
	cached "stock-$release-$version-${chroot##*-}" make_stock_of "$release" "$chroot"
}

# What tinyconfig plus our options gave must be what we asked for.
check_config() { # .config
	local line option value missing=()
	while read -r line; do
		option=${line%%=*} value=${line#*=}
		if [ "$value" = n ]; then
			! grep -q "^$option=" "$1" || missing+=("$line")
		else
			grep -qxF "$line" "$1" || missing+=("$line")
		fi
	done < <(grep '^CONFIG_' "$config")
	[ ${#missing[@]} = 0 ] ||
		die "these options of debug-kernel.config did not take effect:" "${missing[@]}"
}

# All that building an external module needs, and no more (as `make bindeb-pkg`).
copy_headers() { # source tree, destination
	(cd "$1" && {
		find . arch/x86 -maxdepth 1 -name 'Makefile*'
		find include scripts -type f -o -type l
		find arch/x86 -name Kbuild.platforms -o -name Platform
		find arch/x86/include -type f
		find tools/objtool -maxdepth 1 -type f -name objtool
		ls .config Module.symvers
	} | cpio -pdm --quiet "$2")
}

progress() { # of a build, whose output is stdin
	awk '/^  CC / && ++files % 250 == 0 { print "kernel.sh: " files " files compiled"; fflush() }' >&2
}

make_debug() { # final
	local release tree=$work/linux

	say "building the debug kernel: 10 to 20 minutes on two cores, only this once"
	mkdir "$tree" "$work/out"
	tar -xf "$tarball" -C "$tree" --strip-components=1
	{
		make -C "$tree" tinyconfig
		(cd "$tree" && scripts/kconfig/merge_config.sh -m .config "$config")
		make -C "$tree" olddefconfig
	} >"$work/log" 2>&1 || die "cannot configure: $(tail -n 5 "$work/log")"
	check_config "$tree/.config"
	nice make -C "$tree" -j"$(nproc)" bzImage modules 2>&1 | tee "$work/log" | progress || {
		cp "$work/log" "$cache/debug-build.log"
		die "the build failed, see $cache/debug-build.log:" \
		    "$(grep -m 3 -iE 'error|not found' "$work/log")"
	}
	release=$(make -s -C "$tree" kernelrelease)
	make -s -C "$tree" INSTALL_MOD_PATH="$work/out" modules_install >/dev/null
	rm -f "$work/out/lib/modules/$release"/{build,source}
	cp "$tree/arch/x86/boot/bzImage" "$work/out/vmlinuz"
	mkdir "$work/out/build"
	copy_headers "$tree" "$work/out/build"
	cp "$tree/.config" "$work/out/config"
	write_env "$work/out" "$1/vmlinuz" "$release" "$1/lib/modules/$release" "$1/build"
}

make_source() { # final
	mkdir "$work/out"
	tar -xf "$tarball" -C "$work/out" --strip-components=1 --wildcards \
		'*/.clang-format' '*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
		'*/scripts/const_structs.checkpatch' '*/Documentation/dev-tools/checkpatch.rst'
}

need() { # file package-tier
	[ -e "$1" ] || die "no $1: run tests/lab/install.sh $2"
}

case "${1-}" in
stock)
	headers=$(find /usr/src -maxdepth 1 -name 'linux-headers-6.1.*-cloud-amd64' |
		sort -V | tail -n 1)
	need "${headers:-/usr/src/linux-headers-6.1.*-cloud-amd64}" build
	release=${headers#*linux-headers-}
	version=$(dpkg-query -W -f '${Version}' "linux-headers-$release")
	cached "stock-$release-$version" make_stock "$release" ;;
stock-trixie | stock-sid)
	stock_of "${1#stock-}" ;;
debug)
	need "$tarball" check
	key=$({ cat "$config"; dpkg-query -W -f '${Version}' linux-source-6.1; } | sha256sum)
	cached "debug-${key:0:16}" make_debug ;;
source)
	need "$tarball" check
	cached "source-$(dpkg-query -W -f '${Version}' linux-source-6.1)" make_source ;;
*)
	usage ;;
esac
