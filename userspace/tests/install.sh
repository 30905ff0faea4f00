#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make install: what goes where, and does what is installed find each other?
cd "$(dirname "$0")/.." || exit 1
. ../tests/selftests/lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

staged() { (cd "$work/staged" && find . -type f | sort); }

wanted() { # prefix
	sort <<-EOF
		.$1/lib/systemd/system/paxos@.service
		.$1/sbin/paxosctl
		.$1/share/bash-completion/completions/paxosctl
		.$1/share/doc/paxos/bpftrace/commit-latency.bt
		.$1/share/doc/paxos/bpftrace/leaders.bt
		.$1/share/doc/paxos/bpftrace/why.bt
		.$1/share/doc/paxos/grafana/paxos.json
		.$1/share/fish/vendor_completions.d/paxosctl.fish
		.$1/share/man/man4/paxos.4
		.$1/share/man/man5/paxos.conf.5
		.$1/share/man/man8/paxosctl.8
		.$1/share/zsh/site-functions/_paxosctl
	EOF
}

stage() { # prefix
	rm -rf "$work/staged"
	make -s install DESTDIR="$work/staged" prefix="$1" && is "$(wanted "$1")" staged &&
		[ -d "$work/staged/etc/paxos" ]
}

# Packages are built from a copy, of what the Makefile names.
stage_from_sources() { # prefix
	rm -rf "$work/staged" "$work/copy"
	mkdir "$work/copy"
	# shellcheck disable=SC2046 # words
	(cd .. && tar -ch -- $(make -s list-sources)) | tar -x -C "$work/copy" &&
		cp paxosctl/paxosctl "$work/copy/userspace/paxosctl/" &&
		make -s -C "$work/copy/userspace" -o paxosctl/paxosctl install \
			DESTDIR="$work/staged" prefix="$1" && is "$(wanted "$1")" staged
}

unit=lib/systemd/system/paxos@.service

names_the_tool() { # prefix
	! grep '@[a-z]*@' "$work/staged$1/$unit" &&
		is 3 grep -c "^Exec[A-Z][a-z]*=$1/sbin/paxosctl " "$work/staged$1/$unit"
}

in_place() { make -s install prefix="$work/here" sysconfdir="$work/here/etc"; }

# All that it says is an error.
unit_is_clean() {
	local said
	said=$(MANPATH=$work/here/share/man systemd-analyze verify "$work/here/$unit" 2>&1) &&
		[ -z "$said" ] || { echo "$said"; return 1; }
}

# What the unit runs is what the tool takes: no group of that name has a file.
commands_are_right() {
	local line status
	while read -r line; do
		status=0
		${line//%i/no-such-group} 2>"$work/said" || status=$?
		cat "$work/said"
		[ $status = 5 ] || [ $status = 6 ] || [ $status = 2 ] || return 1
	done < <(sed -n 's/^Exec[A-Z][a-z]*=//p' "$work/here/$unit")
}

# The header's: the module has it by its preprocessor, dkms.conf from the Makefile.
version_is_one() {
	local version
	version=$(sed -n 's/^#define PAXOS_VERSION "\(.*\)"/\1/p' ../include/paxos/version.h)
	is "$version" sed -n '1s/^paxos (\(.*\)) .*/\1/p' packaging/debian/changelog &&
		is "$version" eval 'paxosctl/paxosctl --version | cut -d " " -f 2' &&
		is "$version" make -s -C .. --eval 'version: ; @echo $(VERSION)' version
}

ok "tool, packages and Makefile have the header's version" version_is_one
ok "staged, for a package" stage /usr
ok "the unit names the tool there" names_the_tool /usr
ok "staged, where make puts it by itself" stage /usr/local
ok "the unit names the tool there" names_the_tool /usr/local
ok "staged, from what packages are made of" stage_from_sources /usr
ok "in place" in_place
ok "systemd-analyze verify" unit_is_clean
ok "the unit's commands are the tool's" commands_are_right
finish
