# SPDX-License-Identifier: GPL-2.0-only
# The door to everything. `make help` is the front page.

SHELL := /bin/bash
PYTHON := /usr/bin/python3

HV ?= xen
XEN ?=
K ?=
OUT ?=
SEED ?=
APPEND ?=
CPUS ?=
CASE ?=
CALL ?=
KNOWN ?=
NIGHTLY ?=
BOARD ?= lab/boards/q35-$(HV).yaml
XEN_PACKAGE := xen-hypervisor-4.17-amd64

# What Debian 12 must have installed. The hypervisor's package is only unpacked, below build/:
# installed it would become the machine's own boot entry.
GATE_PACKAGES := gcc libc6-dev binutils libxen-dev qemu-system-x86 seabios \
	python3 python3-labgrid python3-pytest python3-yaml python3-jsonschema
TEST_PACKAGES := $(GATE_PACKAGES) clang-format-14 clang-tidy-14 cppcheck

GUEST := build/guest.elf
STOCK_XEN := build/xen/$(XEN_PACKAGE).gz

.DEFAULT_GOAL := help

.PHONY: help gate nightly shrink test bench lint format clean packages-gate packages-test

help:
	@cat lab/help.txt

# ---------------------------------------------------------------------------
# the main job

gate: packages-gate
	@$(MAKE) --no-print-directory -s $(GUEST) $(if $(XEN),,$(STOCK_XEN))
	@$(PYTHON) -B -m pytest suites --lg-env '$(BOARD)' --hv '$(HV)' \
		$(if $(XEN),--xen '$(XEN)') $(if $(K),-k '$(K)') $(CASE:%=--case='%') $(if $(OUT),--out '$(OUT)') \
		$(if $(SEED),--seed '$(SEED)') $(if $(APPEND),--append '$(APPEND)') \
		$(if $(CPUS),--cpus '$(CPUS)') $(NIGHTLY)

nightly:
	@$(MAKE) --no-print-directory gate NIGHTLY=--nightly

packages-gate:
	@lab/install.sh $(GATE_PACKAGES)

packages-test:
	@lab/install.sh $(TEST_PACKAGES)

$(STOCK_XEN): | lab/unpack.sh
	@lab/unpack.sh $(XEN_PACKAGE) $@

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
	gcc $(GUEST_CFLAGS) -MMD -c $< -o $@

-include $(GUEST_OBJECTS:.o=.d)

# ---------------------------------------------------------------------------
# tests

# The pure parts of the guest, compiled for the host under the sanitizers.
HOST_SOURCES := guest/lib/fmt.c guest/lib/hist.c guest/control/plan.c \
	$(filter-out $(addprefix guest/dev/,acpi.c ich9.c mmio.c pci.c uart.c),$(wildcard guest/dev/*.c)) \
	fault/ladder.c suites/vectors/hostile_ops.c suites/vectors/hostile_skip.c
UNIT_SOURCES := $(wildcard guest/tests/*_test.c)
UNIT_TESTS := $(UNIT_SOURCES:guest/tests/%.c=build/unit/%)
UNIT_CFLAGS := -std=gnu11 -O1 -g -I. $(WARNINGS) -fsanitize=address,undefined \
	-fno-sanitize-recover=all

build/unit/%: guest/tests/%.c guest/tests/unit.h $(HOST_SOURCES) $(wildcard guest/*/*.h) Makefile
	@mkdir -p $(@D)
	gcc $(UNIT_CFLAGS) $< $(HOST_SOURCES) -o $@

test: packages-test
	@$(MAKE) --no-print-directory -s lint
	@$(MAKE) --no-print-directory -s $(GUEST) $(STOCK_XEN) $(UNIT_TESTS)
	@set -e; for t in $(UNIT_TESTS); do $$t; done
	@$(PYTHON) -B -m pytest -q reports lab tests

bench: packages-gate
	@$(MAKE) --no-print-directory -s $(GUEST) $(STOCK_XEN)
	@$(PYTHON) -B -m tests.bench $(if $(OUT),--out '$(OUT)')

shrink: packages-gate
	@$(MAKE) --no-print-directory -s $(GUEST) $(if $(XEN),,$(STOCK_XEN))
	@$(PYTHON) -B -m suites.shrink $(if $(CALL),--call '$(CALL)','$(CASE)') \
		$(if $(XEN),--xen '$(XEN)') $(if $(SEED),--seed '$(SEED)') \
		$(if $(APPEND),--append '$(APPEND)') $(if $(KNOWN),--known)

C_FILES := $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')
TIDY_FILES := $(filter %.c,$(filter-out guest/tests/%,$(C_FILES)))

lint: packages-test
	@clang-format-14 --dry-run -Werror $(C_FILES)
	@cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr --suppressions-list=.cppcheck \
		-I. $(TIDY_FILES)
	@printf '%s\n' $(TIDY_FILES) | xargs -P 2 -n 1 sh -c \
		'clang-tidy-14 --quiet "$$@" -- -std=gnu11 -I. -ffreestanding 2>/dev/null' tidy
	@$(PYTHON) -B -m tests.tree

format:
	@clang-format-14 -i $(C_FILES)

clean:
	rm -rf build
