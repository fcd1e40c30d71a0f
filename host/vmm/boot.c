// SPDX-License-Identifier: GPL-2.0-only
#include "host/vmm/boot.h"

#include <errno.h>
#include <string.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "host/vmm/layout.h"

struct boot_page {
	struct hvm_start_info info;
	struct hvm_memmap_table_entry ram;
};

int boot_info(const struct ram *ram, const char *cmdline)
{
	size_t length = strlen(cmdline) + 1;
	struct boot_page page = {
		.info = {
			.magic = XEN_HVM_START_MAGIC_VALUE,
			.version = 1,
			.cmdline_paddr = VMM_CMDLINE,
			.memmap_paddr = VMM_START_INFO + offsetof(struct boot_page, ram),
			.memmap_entries = 1,
		},
		.ram = { .addr = 0, .size = ram->size, .type = XEN_HVM_MEMMAP_TYPE_RAM },
	};

	if (length > VMM_CMDLINE_SIZE)
		return -E2BIG;
	memcpy((char *)ram->base + VMM_START_INFO, &page, sizeof(page));
	memcpy((char *)ram->base + VMM_CMDLINE, cmdline, length);
	return 0;
}
