# SPDX-License-Identifier: GPL-2.0
#
# make			the module (for KERNELDIR) and the tools
# make modules, tools, install, style, clean
# make demo		three virtual hosts agree, lose their leader, carry on
# make check		all tests; make lab: the long campaigns
# make check-kernels	the selftests on Debian's kernels 6.1, 6.12 and 7.2
# make fuzz SECONDS=n	each fuzz target that long
# make sim SEEDS=A..B	simulated clusters; make soak MINUTES=n: new ones; make mutants

# The running kernel's headers, else the newest that are installed.
KERNELDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	       $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V -r))
DESTDIR ?=
prefix ?= /usr/local

all: modules tools

headers:
	@test -n "$(KERNELDIR)" || { echo "No kernel headers: apt-get install" \
		"linux-headers-amd64, or name them: make KERNELDIR=..." >&2; exit 1; }

modules: headers
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) modules

tools:
	$(MAKE) -C userspace

install: all
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) modules_install
	$(MAKE) -C userspace install DESTDIR=$(DESTDIR) prefix=$(prefix)

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

sim:
	$(MAKE) -C tests/sim
	tests/sim/sim --seeds $(or $(SEEDS),1..100)

soak mutants:
	$(MAKE) -C tests/sim $@

fuzz:
	$(MAKE) -s -C tests/fuzz fuzz SECONDS=$(or $(SECONDS),20)

clean:
	$(if $(KERNELDIR),$(MAKE) -C $(KERNELDIR) M=$(CURDIR) clean)
	$(MAKE) -C userspace clean
	$(MAKE) -C tests/sim clean
	$(MAKE) -C tests/kunit clean
	$(MAKE) -C tests/fuzz clean
	$(MAKE) -C tests/selftests clean

.PHONY: all headers modules tools install style demo check lab check-kernels sim soak mutants fuzz clean
