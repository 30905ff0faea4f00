# SPDX-License-Identifier: GPL-2.0
#
# make			the module (for KERNELDIR) and the tools
# make modules, tools, install, style, clean
# make dkms-install	the module by dkms, for KERNELDIR's kernel; make dkms-remove
# make deb OUT=build	packages: paxos-dkms and paxos-tools
# make demo		three virtual hosts agree, lose their leader, carry on
# make check		all tests; make lab: the long campaigns
# make check-kernels	the selftests on Debian's kernels 6.1, 6.12 and 7.2
# make check-packages	both packages, in fresh chroots of Debian 12 and 13
# make fuzz SECONDS=n	each fuzz target that long
# make sim SEEDS=A..B	simulated clusters; make soak MINUTES=n: new ones; make mutants

# The running kernel's headers, else the newest that are installed.
KERNELDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	       $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V -r))
# As its modules and its headers say, which kernel.release does not in Debian's 6.1.
RELEASE = $(shell sed -n 's/^\#define UTS_RELEASE "\(.*\)"/\1/p' \
	$(KERNELDIR)/include/generated/utsrelease.h)
DESTDIR ?=
prefix ?= /usr/local
OUT ?= build
VERSION := $(shell sed -n 's/^\#define PAXOS_VERSION "\(.*\)"/\1/p' include/paxos/version.h)

# What the module is built from, and what the tools and the packages are. What builds leave
# behind in the tree is not among it.
module_sources = Kbuild $(shell find kmod include -name '*.[ch]' ! -name '*.mod.c')
sources = $(module_sources) Makefile README.md $(wildcard $(addprefix userspace/, \
	Makefile paxosctl/*.[ch] port/*.[ch] man/*.[1-9] completion/* systemd/*.in \
	bpftrace/*.bt grafana/*.json packaging/dkms.conf))

all: modules tools

headers:
	@test -n "$(KERNELDIR)" || { echo "No kernel headers: apt-get install" \
		"linux-headers-amd64, or name them: make KERNELDIR=..." >&2; exit 1; }

modules: headers
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) modules

tools:
	$(MAKE) -C userspace

# Debian's headers name a key that only Debian has: no use to try to sign with it.
unsigned = $(shell grep -qs 'SIG_KEY="output/signing_key.pem"' $(KERNELDIR)/.config && \
	[ ! -e $(KERNELDIR)/output/signing_key.pem ] && echo CONFIG_MODULE_SIG_ALL=)

# Headers have no System.map, without which modules_install leaves depmod to us.
install: all
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) $(unsigned) modules_install
	$(if $(DESTDIR),,depmod $(RELEASE))
	@[ -n "$(DESTDIR)" ] || [ "$(RELEASE)" = "$$(uname -r)" ] || \
		echo "paxos.ko is for kernel $(RELEASE), and $$(uname -r) is the one that runs:" \
			"apt-get install linux-headers-$$(uname -r), and make install again"
	$(MAKE) -C userspace install DESTDIR=$(DESTDIR) prefix=$(prefix)

# The module's source, where dkms looks for it.
dkms-source:
	for file in $(module_sources); do \
		install -D -m 0644 $$file $(DESTDIR)/usr/src/paxos-$(VERSION)/$$file || exit; \
	done
	sed 's/#MODULE_VERSION#/$(VERSION)/' userspace/packaging/dkms.conf \
		>$(DESTDIR)/usr/src/paxos-$(VERSION)/dkms.conf

dkms-install: headers
	userspace/packaging/dkms install $(VERSION) $(KERNELDIR) $(RELEASE)

dkms-remove:
	userspace/packaging/dkms remove $(VERSION)

deb:
	@userspace/packaging/deb $(VERSION) $(OUT) $(sources)

# What packages are made from, for the test that it is all.
list-sources:
	@echo $(sources)

# Fails on checkpatch and sparse; clang-format only reports.
style:
	tests/style

demo:
	tests/demo

check:
	tests/check

lab:
	tests/check lab

check-kernels:
	tests/check kernels $(KERNELS)

check-packages:
	tests/packages

sim:
	$(MAKE) -C tests/sim
	tests/sim/sim --seeds $(or $(SEEDS),1..100)

soak mutants:
	$(MAKE) -C tests/sim $@

fuzz:
	$(MAKE) -s -C tests/fuzz fuzz SECONDS=$(or $(SECONDS),20)

clean:
	rm -rf build
	$(if $(KERNELDIR),$(MAKE) -C $(KERNELDIR) M=$(CURDIR) clean)
	$(MAKE) -C userspace clean
	$(MAKE) -C tests/sim clean
	$(MAKE) -C tests/kunit clean
	$(MAKE) -C tests/fuzz clean
	$(MAKE) -C tests/selftests clean

.PHONY: all headers modules tools install dkms-source dkms-install dkms-remove deb list-sources \
	style demo check lab check-kernels check-packages sim soak mutants fuzz clean
