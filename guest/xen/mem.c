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

void unmap(unsigned long va)
{
	map_self(va, 0);
}
