#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Get a kernel for the guests into the cache, and print its directory.
#
#	kernel.sh stock		Debian's cloud kernel, of the installed headers' version
#	kernel.sh debug		built from linux-source-6.1 with debug-kernel.config
#	kernel.sh source	only what checking style needs: scripts/checkpatch.pl, .clang-format
#
# The directory of a kernel holds a file `env` for other scripts to source:
#
#	KERNEL_IMAGE	what QEMU boots
#	KERNEL_RELEASE	what uname -r says there
#	KERNEL_MODULES	its modules (a tree with modules.dep)
#	KERNELDIR	for make -C $KERNELDIR M=... modules
set -euo pipefail

lab=$(cd "$(dirname "$0")" && pwd)
. "$lab/cache.sh"
config=$lab/debug-kernel.config
tarball=/usr/src/linux-source-6.1.tar.xz

write_env() { # directory image release modules kerneldir
	printf 'KERNEL_IMAGE=%q\nKERNEL_RELEASE=%q\nKERNEL_MODULES=%q\nKERNELDIR=%q\n' \
		"$2" "$3" "$4" "$5" >"$1/env"
}

make_stock() { # final release
	local release=$2

	say "fetching Debian's kernel $release"
	(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "linux-image-$release") ||
		die "cannot download linux-image-$release: run apt-get update and" \
		    "tests/lab/install.sh, which installs the newest headers"
	dpkg -x "$work"/linux-image-*.deb "$work/root"
	mkdir "$work/out"
	mv "$work/root/lib" "$work/root/boot/config-$release" "$work/root/boot/vmlinuz-$release" \
		"$work/out"
	depmod -b "$work/out" "$release"
	write_env "$work/out" "$1/vmlinuz-$release" "$release" "$1/lib/modules/$release" \
		"/usr/src/linux-headers-$release"
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
