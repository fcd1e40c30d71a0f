# SPDX-License-Identifier: GPL-2.0-only
# The door to everything. `make help` is the front page.

SHELL := /bin/bash
PYTHON := /usr/bin/python3

HV ?=
XEN ?=
KERNEL ?=
MODULES ?=
K ?=
OUT ?=
RESUME ?=
SEED ?=
APPEND ?=
CPUS ?=
CASE ?=
CALL ?=
KNOWN ?=
NIGHTLY ?=
BOARD ?=
BASELINE ?=
HISTORY ?=
LAST ?=
IMPORT ?=
EXPORT ?=
XEN_PACKAGE := xen-hypervisor-4.17-amd64

# Which hypervisors: what is named, or whose binary is, or whose run is resumed, or both.
RESUMED := $(if $(RESUME),$(shell sed -n '1s/.*"hypervisor": {"name": "\([a-z]*\)".*/\1/p' \
	'$(if $(filter latest,$(RESUME)),build/runs/latest,$(RESUME))/results.jsonl' 2>/dev/null || echo xen))
HVS := $(or $(HV),$(if $(BOARD),$(if $(shell grep -l LinuxQEMUDriver $(BOARD)),kvm,xen)),$(RESUMED),$(if $(XEN),xen)\
	$(if $(KERNEL),kvm),)
ifeq ($(strip $(HVS)),)
HVS := xen kvm
endif

# What Debian 12 must have installed. Hypervisor and kernel are only unpacked, below build/: installed
# they would become the machine's own boot entries.
GATE_PACKAGES := gcc libc6-dev binutils make xz-utils libxen-dev qemu-system-x86 seabios \
	cpio kmod e2fsprogs libjansson-dev fio iperf3 \
	python3 python3-labgrid python3-pytest python3-yaml python3-jsonschema \
	python3-jinja2 node-d3-axis node-d3-scale node-d3-selection
TEST_PACKAGES := $(GATE_PACKAGES) python3-pyelftools clang-format-14 clang-tidy-14 cppcheck \
	python3-hypothesis python3-lxml python3-selenium chromium chromium-driver

GUEST := build/guest.elf
STOCK_XEN := build/xen/$(XEN_PACKAGE).gz
XEN_SYMBOLS := build/xen/symbols
STOCK_LINUX := build/linux
KSELFTEST := build/kselftest
LIBPCI := build/libpci
COLLECTION := build/collection.img

.DEFAULT_GOAL := help

.PHONY: always help gate nightly history kselftest-install shrink prove soak unit-flags test bench lint format clean \
	packages-gate packages-prove packages-test

help:
	@cat lab/help.txt

# ---------------------------------------------------------------------------
# the main job

# A run of each hypervisor; all of them, whatever the first ones say.
gate: packages-gate
	@$(MAKE) --no-print-directory -s $(HVS:%=%-inputs)
	@status=0; for hv in $(HVS); do \
		$(PYTHON) -B -m pytest suites --lg-env "$(or $(BOARD),lab/boards/q35-$$hv.yaml)" --hv $$hv \
			$(if $(XEN),$$([ $$hv = xen ] && echo "--xen $(XEN)")) \
			$(if $(KERNEL),$$([ $$hv = kvm ] && echo "--kernel $(KERNEL)")) \
			$(if $(MODULES),$$([ $$hv = kvm ] && echo "--modules $(MODULES)")) \
			$(if $(K),-k '$(K)') $(CASE:%=--case='%') \
			$(if $(OUT),--out '$(OUT)'$(if $(word 2,$(HVS)),/$$hv)) \
			$(if $(RESUME),--resume '$(RESUME)') \
			$(if $(SEED),--seed '$(SEED)') $(if $(APPEND),--append '$(APPEND)') \
			$(if $(CPUS),--cpus '$(CPUS)') $(BASELINE:%=--baseline='%') \
			$(if $(HISTORY),--history '$(HISTORY)') $(NIGHTLY) || status=$$?; \
	done; $(if $(and $(OUT),$(word 2,$(HVS))),$(PYTHON) -B -m reports.html $(HVS:%='$(OUT)'/%) --out '$(OUT)'/report.html;) \
	exit $$status

nightly:
	@$(MAKE) --no-print-directory gate NIGHTLY=--nightly

# Of all runs: pass rate and gap trend; IMPORT and EXPORT.
history:
	@$(PYTHON) -B -m reports.trends $(if $(HISTORY),--history '$(HISTORY)') $(IMPORT:%=--import='%') \
		$(if $(EXPORT),--export '$(EXPORT)') $(if $(K),-k '$(K)') $(CASE:%=--case='%') $(if $(HV),--hv '$(HV)') \
		$(if $(LAST),--last '$(LAST)')

.PHONY: xen-inputs kvm-inputs mutant-inputs
xen-inputs: $(GUEST) $(if $(XEN),,$(STOCK_XEN))
kvm-inputs: $(COLLECTION) build/host/init build/busybox $(if $(KERNEL),,$(STOCK_LINUX)/vmlinuz)
mutant-inputs: $(STOCK_XEN) $(XEN_SYMBOLS) $(STOCK_LINUX)/vmlinuz $(STUB)

packages-gate:
	@lab/install.sh $(GATE_PACKAGES)

packages-prove:
	@lab/install.sh $(GATE_PACKAGES) python3-pyelftools

packages-test:
	@lab/install.sh $(TEST_PACKAGES)

$(STOCK_XEN): | lab/unpack.sh
	@HINT='name a hypervisor yourself: make gate XEN=/path/to/xen.gz' lab/unpack.sh $(XEN_PACKAGE) $(@D)/unpacked
	@cp $(@D)/unpacked/boot/xen-*.gz $@.tmp && mv $@.tmp $@

$(XEN_SYMBOLS): | lab/unpack.sh
	@lab/unpack.sh $(XEN_PACKAGE)-dbg $@.tmp && mv $@.tmp $@

$(STOCK_LINUX)/vmlinuz: | lab/kernel.sh
	@lab/kernel.sh $(@D)

build/busybox: | lab/unpack.sh
	@lab/unpack.sh busybox-static build/busybox-static
	@cp build/busybox-static/bin/busybox $@

# ---------------------------------------------------------------------------
# the guest: one freestanding image, all case files in it

GUEST_SOURCES := $(filter-out guest/tests/%,\
	$(wildcard guest/*/*.S guest/*/*.c fault/*.c suites/*/*.c))
GUEST_OBJECTS := $(GUEST_SOURCES:%=build/guest/%.o)
WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wundef -Wshadow
GUEST_CFLAGS := -std=gnu11 -O2 -g -I. $(WARNINGS) -ffreestanding -fno-pic -fno-pie -mno-red-zone \
	-mgeneral-regs-only -mcmodel=small -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns
GUEST_LDFLAGS := -nostdlib -static -no-pie -z noexecstack -Wl,-z,max-page-size=4096 \
	-Wl,--build-id=none -Wl,--no-warn-rwx-segments -T guest/arch/link.ld

$(GUEST): $(GUEST_OBJECTS) guest/arch/link.ld
	gcc $(GUEST_LDFLAGS) $(GUEST_OBJECTS) -o $@

build/guest/%.o: % Makefile
	@mkdir -p $(@D)
	gcc $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

-include $(GUEST_OBJECTS:.o=.d)

# ---------------------------------------------------------------------------
# the control domain: static programs that run on any Linux, and a file system with them

HOSTED_GUEST := $(filter-out $(addprefix guest/dev/,acpi.c ich9.c mmio.c pci.c uart.c),$(wildcard guest/dev/*.c)) \
	$(wildcard guest/role/*.c) guest/control/plan.c guest/lib/hist.c guest/lib/fmt.c fault/hang.c fault/ladder.c
HOST_LIBRARY := $(filter-out host/tests/% host/module/%,$(wildcard host/*/*.c)) $(HOSTED_GUEST)
PROGRAM_FILES := $(shell grep -l CASE_MAIN suites/kvm/*/*.c)
PROGRAMS := $(patsubst %.c,build/host/%,$(notdir $(PROGRAM_FILES)))
HOST_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -I. $(WARNINGS) -Wno-format-truncation

$(KSELFTEST)/kselftest_harness.h: | lab/kselftest.sh
	@lab/kselftest.sh $(KSELFTEST)

$(LIBPCI)/libpci.a: | lab/libpci.sh
	@lab/libpci.sh $(LIBPCI)

# The harness's macros define functions that nobody has declared.
build/host/objects/suites/%.o: suites/%.c Makefile | $(KSELFTEST)/kselftest_harness.h
	@mkdir -p $(@D)
	gcc $(HOST_CFLAGS) -Wno-missing-prototypes -isystem $(KSELFTEST) -MMD -MP -c $< -o $@

build/host/objects/%.o: %.c Makefile | $(LIBPCI)/libpci.a
	@mkdir -p $(@D)
	gcc $(HOST_CFLAGS) -isystem $(LIBPCI) -MMD -MP -c $< -o $@

build/host/library.a: $(HOST_LIBRARY:%.c=build/host/objects/%.o)
	rm -f $@
	ar rcs $@ $^

build/host/init: build/host/objects/host/init.o build/host/library.a
	gcc -static $^ -o $@

build/host/lifeline: build/host/objects/host/main.o build/host/library.a $(LIBPCI)/libpci.a
	gcc -static $^ -ljansson -o $@

# The kernel's harness must be in one C file: one with CASE_MAIN is a program, and the others of its folder are in all
# programs of the folder.
define program
build/host/$(basename $(notdir $(1))): $(patsubst %.c,build/host/objects/%.o,$(1) \
		$(filter-out $(PROGRAM_FILES),$(wildcard $(dir $(1))*.c))) build/host/library.a $(LIBPCI)/libpci.a
	gcc -static $$^ -ljansson -o $$@
endef
$(foreach f,$(PROGRAM_FILES),$(eval $(call program,$(f))))

-include $(shell find build/host/objects -name '*.d' 2>/dev/null)

MODULE := build/module/$(if $(KERNEL),named,stock)/lifeline_stuck.ko
STUB := $(dir $(MODULE))lifeline_stub.ko
$(MODULE) $(STUB) &: $(wildcard host/module/*) lab/module.sh $(if $(KERNEL),always,$(STOCK_LINUX)/vmlinuz)
	@lab/module.sh $(or $(MODULES),$(STOCK_LINUX)/modules) $(MODULE) $(STUB)

IN_COLLECTION = build/host/lifeline $(GUEST) $(MODULE) $(PROGRAMS)

# Laid out as `make -C tools/testing/selftests install` does it: run_kselftest.sh runs it anywhere.
kselftest-install: $(IN_COLLECTION)
	@lab/kselftest-install.sh $(KSELFTEST) $(or $(DIR),$(error name a folder: make kselftest-install DIR=folder)) $^

# Of a fixed size, so that a board's snapshot does not depend on what is in it.
$(COLLECTION): $(IN_COLLECTION) lab/kselftest-install.sh lab/ext2.sh
	@rm -rf build/collection
	@lab/kselftest-install.sh $(KSELFTEST) build/collection $(IN_COLLECTION)
	@lab/ext2.sh build/collection $@ 64M

# ---------------------------------------------------------------------------
# tests

# The hosted parts, and the pure ones of the guest, once more under the sanitizers: a library for all unit tests.
UNIT_LIBRARY := $(HOST_LIBRARY) guest/bare/words.c suites/vectors/hostile_ops.c suites/vectors/hostile_skip.c \
	$(addprefix guest/control/,audit.c scenario.c test.c window.c)
UNIT_SOURCES := $(wildcard guest/tests/*_test.c host/tests/*_test.c)
UNIT_TESTS := $(patsubst %.c,build/unit/%,$(notdir $(UNIT_SOURCES)))
UNIT_CFLAGS := $(filter-out -O2,$(HOST_CFLAGS)) -O1 -isystem $(LIBPCI) -fsanitize=address,undefined \
	-fno-sanitize-recover=all

build/unit/objects/%.o: %.c Makefile | $(LIBPCI)/libpci.a
	@mkdir -p $(@D)
	gcc $(UNIT_CFLAGS) -MMD -MP -c $< -o $@

build/unit/library.a: $(UNIT_LIBRARY:%.c=build/unit/objects/%.o)
	rm -f $@
	ar rcs $@ $^

define unit_test
build/unit/$(basename $(notdir $(1))): $(patsubst %.c,build/unit/objects/%.o,$(1)) build/unit/library.a
	gcc $$(UNIT_CFLAGS) $$^ $(LIBPCI)/libpci.a -ljansson -o $$@
endef
$(foreach f,$(UNIT_SOURCES),$(eval $(call unit_test,$(f))))

-include $(shell find build/unit/objects -name '*.d' 2>/dev/null)

# For who compiles one of them alone: tests/test_suite_mutants.py.
unit-flags:
	@echo $(UNIT_CFLAGS)

test: packages-test
	@$(MAKE) --no-print-directory -s lint
	@$(MAKE) --no-print-directory -s xen-inputs kvm-inputs mutant-inputs
	@$(MAKE) --no-print-directory -s -j2 $(UNIT_TESTS)
	@set -e; for t in $(UNIT_TESTS); do $$t; done
	@$(PYTHON) -B -m pytest -q reports lab tests

bench: packages-gate
	@$(MAKE) --no-print-directory -s $(or $(HV),xen)-inputs
	@$(PYTHON) -B -m tests.bench --hv $(or $(HV),xen) $(if $(N),--runs '$(N)') $(if $(OUT),--out '$(OUT)') $(if $(K),-- -k '$(K)')

# Breaks the stock hypervisors, one mechanism at a time.
prove: packages-prove
	@$(MAKE) --no-print-directory -s xen-inputs kvm-inputs mutant-inputs
	@$(PYTHON) -B -m suites.mutants.prove $(M:%=--mutant '%') $(if $(HV),--hv '$(HV)') $(if $(FULL),--full) \
		$(if $(OUT),--out '$(OUT)')

# The same gate again and again: no verdict may differ.
soak: packages-gate
	@$(MAKE) --no-print-directory -s $(HVS:%=%-inputs)
	@$(PYTHON) -B -m suites.soak $(HVS:%=--hv %) --gates $(or $(N),100) $(if $(OUT),--out '$(OUT)') $(if $(LOAD),--load)

shrink: packages-gate
	@$(MAKE) --no-print-directory -s $(GUEST) $(if $(XEN),,$(STOCK_XEN))
	@$(PYTHON) -B -m suites.shrink $(if $(CALL),--call '$(CALL)','$(CASE)') \
		$(if $(XEN),--xen '$(XEN)') $(if $(SEED),--seed '$(SEED)') \
		$(if $(APPEND),--append '$(APPEND)') $(if $(KNOWN),--known)

C_FILES := $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')
# The module is the kernel's own C; checkers of programs do not understand it.
TIDY_FILES := $(filter %.c,$(filter-out guest/tests/% host/tests/% host/module/%,$(C_FILES)))
TIDY_HOSTED := $(filter host/% suites/kvm/%,$(TIDY_FILES))
TIDY_GUEST := $(filter-out $(TIDY_HOSTED),$(TIDY_FILES))

lint: packages-test $(KSELFTEST)/kselftest_harness.h $(LIBPCI)/libpci.a
	@clang-format-14 --dry-run -Werror $(C_FILES)
	@cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr --suppressions-list=.cppcheck \
		-I. $(TIDY_FILES)
	@printf '%s\n' $(TIDY_GUEST) | xargs -P 2 -n 1 sh -c \
		'clang-tidy-14 --quiet "$$@" -- -std=gnu11 -I. -ffreestanding 2>/dev/null' tidy
	@printf '%s\n' $(TIDY_HOSTED) | xargs -P 2 -n 1 sh -c \
		'clang-tidy-14 --quiet "$$@" -- -std=gnu11 -D_GNU_SOURCE -I. -isystem $(KSELFTEST) -isystem $(LIBPCI) 2>/dev/null' tidy
	@$(PYTHON) -B -m tests.tree

format:
	@clang-format-14 -i $(C_FILES)

clean:
	rm -rf build
