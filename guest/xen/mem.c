// SPDX-License-Identifier: GPL-2.0-only
#include "guest/xen/mem.h"
#include "guest/arch/trap.h"
#include "guest/xen/pvh.h"
#include "guest/xen/hypercall.h"

void map_self(unsigned long va, uint64_t pte)
{
	if (pvh_guest())
		pvh_map(va, pte);
	else if (xen_update_va_mapping(va, pte, UVMF_INVLPG))
		die("mapping refused");
}

int map_frame(unsigned long va, uint64_t pte, domid_t owner)
{
	return (int)xen_update_va_mapping_otherdomain(va, pte, UVMF_INVLPG, owner);
}

static const uint64_t *frame_list __attribute__((section(".bss.control")));

void machine_init(const struct start_info *si)
{
	frame_list = (const uint64_t *)si->mfn_list;
}

/* Frame numbers and page numbers of the image are the same: VIRT_BASE is 0. */
uint64_t machine_address(const void *va)
{
	unsigned long at = (unsigned long)va;

	return frame_list ? frame_list[at / PAGE_SIZE] << 12 | at % PAGE_SIZE : at;
}

void unmap(unsigned long va)
{
	map_self(va, 0);
}
