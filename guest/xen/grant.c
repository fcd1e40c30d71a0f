// SPDX-License-Identifier: GPL-2.0-only
#include "guest/xen/grant.h"

#include <stdbool.h>

#include <xen/grant_table.h>

#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

static grant_entry_v1_t table[GRANT_REFS] __attribute__((aligned(4096), section(".bss.control")));
static bool mapped __attribute__((section(".bss.control")));

static int open_table(void)
{
	xen_pfn_t frame = 0;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
	long rc;

	if (mapped)
		return 0;
	set_xen_guest_handle(setup.frame_list, &frame);
	rc = hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (unsigned long)&setup, 1,
		       0);
	if (rc || setup.status)
		return rc ? (int)rc : -XEN_ENOMEM;
	map_self((unsigned long)table, frame << 12 | PTE_RW);
	mapped = true;
	return 0;
}

int grant_lend(domid_t dom, uint32_t first, const void *va, unsigned int n)
{
	int rc = open_table();

	for (uint32_t i = 0; i < n && !rc; i++) {
		grant_entry_v1_t *entry = &table[first + i];

		entry->domid = dom;
		entry->frame = (uint32_t)(machine_address((const char *)va + i * PAGE_SIZE) >> 12);
		__atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_RELEASE);
	}
	return rc;
}

void grant_take_back(uint32_t first, unsigned int n)
{
	for (uint32_t i = 0; i < n && mapped; i++)
		__atomic_store_n(&table[first + i].flags, 0, __ATOMIC_RELEASE);
}

int grant_map(domid_t owner, uint32_t first, unsigned int n, unsigned long va, uint64_t *bus)
{
	gnttab_map_grant_ref_t map[GRANT_MAX_RUN] = { 0 };
	long rc;

	if (!n || n > GRANT_MAX_RUN)
		return -XEN_EINVAL;
	for (uint32_t i = 0; i < n; i++)
		map[i] = (gnttab_map_grant_ref_t){
			.host_addr = va + i * PAGE_SIZE,
			.flags = GNTMAP_host_map | GNTMAP_device_map,
			.ref = first + i,
			.dom = owner,
		};
	rc = hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (unsigned long)map, n,
		       0);
	if (rc)
		return (int)rc;
	*bus = map[0].dev_bus_addr;
	for (uint32_t i = 0; i < n; i++) {
		if (map[i].status)
			return -XEN_EACCES;
		if (map[i].dev_bus_addr != *bus + i * PAGE_SIZE)
			return -XEN_EXDEV;
	}
	return 0;
}
