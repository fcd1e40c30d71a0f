// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest-physical layout of a sibling, page frame numbers = virtual page numbers:
 *   0..3  page tables L4, L3, L2, L1 (one L1: 2 MiB is all a sibling sees)
 *   4     struct start_info
 *   0x100 the image up to __sibling_end, as linked
 * Only these frames exist. Everything is filled through a window of .bss and
 * unmapped again before pinning, because a page table may have no writable mapping.
 */
#include "guest/control/build.h"

#include "guest/lib/string.h"
#include "guest/role/sibling.h"
#include "guest/xen/domctl.h"
#include "guest/xen/event.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

enum { PFN_L4, PFN_L3, PFN_L2, PFN_L1, PFN_START_INFO, FIXED_PAGES };

#define MAX_PAGES 160
#define PTE_TABLE 0x67ull /* P RW US A D */

extern char __image_start[], __bss_start[], __sibling_end[];
extern void _start(void);

static char scratch[MAX_PAGES][PAGE_SIZE] __attribute__((aligned(4096), section(".bss.control")));
static char mailbox_window[MAX_SIBLINGS][MAILBOX_PAGES][PAGE_SIZE]
	__attribute__((aligned(4096), section(".bss.control")));
static struct multicall_entry calls[MAX_PAGES] __attribute__((section(".bss.control")));
static xen_pfn_t frames[MAX_PAGES] __attribute__((section(".bss.control")));

static unsigned long page_of(const void *va)
{
	return (unsigned long)va / PAGE_SIZE;
}

static unsigned int image_pages(void)
{
	return (unsigned int)(page_of(__sibling_end) - page_of(__image_start));
}

/* Index into frames[] and scratch[] of the image page that holds @va. */
static unsigned int index_of(const void *va)
{
	return FIXED_PAGES + (unsigned int)(page_of(va) - page_of(__image_start));
}

static int populate(domid_t dom, unsigned int n)
{
	struct xen_memory_reservation r = { .nr_extents = n, .domid = dom };
	long done;

	for (unsigned int i = 0; i < n; i++)
		frames[i] = i < FIXED_PAGES ? i : page_of(__image_start) + i - FIXED_PAGES;
	set_xen_guest_handle(r.extent_start, frames);
	done = xen_memory_op(XENMEM_populate_physmap, &r);
	return done == (long)n ? 0 : -XEN_ENOMEM;
}

/* Map (or, with @dom == DOMID_SELF, unmap) the sibling's frames at scratch. */
static int remap_scratch(domid_t dom, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct multicall_entry *c = &calls[i];

		c->op = __HYPERVISOR_update_va_mapping_otherdomain;
		c->args[0] = (unsigned long)scratch[i];
		c->args[1] = dom == DOMID_SELF ? 0 : frames[i] << 12 | PTE_RW;
		c->args[2] = i + 1 < n ? UVMF_NONE : UVMF_TLB_FLUSH;
		c->args[3] = dom;
	}
	if (xen_multicall(calls, n))
		return -XEN_EFAULT;
	for (unsigned int i = 0; i < n; i++)
		if (calls[i].result)
			return (int)calls[i].result;
	return 0;
}

static void fill_page_tables(unsigned int n)
{
	uint64_t *l1 = (uint64_t *)scratch[PFN_L1];

	memset(scratch, 0, FIXED_PAGES * PAGE_SIZE);
	*(uint64_t *)scratch[PFN_L4] = frames[PFN_L3] << 12 | PTE_TABLE;
	*(uint64_t *)scratch[PFN_L3] = frames[PFN_L2] << 12 | PTE_TABLE;
	*(uint64_t *)scratch[PFN_L2] = frames[PFN_L1] << 12 | PTE_TABLE;
	l1[PFN_START_INFO] = frames[PFN_START_INFO] << 12 | PTE_RW;
	for (unsigned int i = FIXED_PAGES; i < n; i++)
		l1[page_of(__image_start) + i - FIXED_PAGES] = frames[i] << 12 | PTE_RW;
}

static int fill(domid_t dom, unsigned int n)
{
	struct start_info *si = (struct start_info *)scratch[PFN_START_INFO];
	size_t initialised = (size_t)(__bss_start - __image_start);
	uint64_t shared_mfn;
	int rc = domctl_shared_info(dom, &shared_mfn);

	if (rc)
		return rc;
	fill_page_tables(n);
	si->nr_pages = n;
	si->shared_info = shared_mfn << 12;
	memcpy(scratch[FIXED_PAGES], __image_start, initialised);
	memset(scratch[FIXED_PAGES] + initialised, 0, image_pages() * PAGE_SIZE - initialised);
	return 0;
}

/*
 * As libxenguest does: without a callback and with the mask clear, the first
 * event would kill the domain before it can set the mask itself.
 */
static int mask_events(domid_t dom)
{
	struct shared_info *info = (struct shared_info *)scratch[0];
	uint64_t mfn;
	int rc = domctl_shared_info(dom, &mfn);

	if (!rc)
		rc = map_frame((unsigned long)info, mfn << 12 | PTE_RW, dom);
	if (rc)
		return rc;
	event_mask_all(info);
	unmap((unsigned long)info);
	return 0;
}

static int map_mailbox(domid_t dom, unsigned int slot)
{
	unsigned int first = index_of(&sibling_mailbox);
	int rc = 0;

	for (unsigned int i = 0; i < MAILBOX_PAGES && !rc; i++)
		rc = map_frame((unsigned long)mailbox_window[slot][i],
			       frames[first + i] << 12 | PTE_RW, dom);
	return rc;
}

void build_unmap_mailbox(unsigned int slot)
{
	for (unsigned int i = 0; i < MAILBOX_PAGES; i++)
		unmap((unsigned long)mailbox_window[slot][i]);
}

static int start_state(domid_t dom)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = frames[PFN_L4] };
	int rc = domctl_hypercall_page(dom, frames[index_of(hypercall_page)]);

	if (!rc)
		rc = (int)xen_mmuext_op(&pin, 1, dom);
	if (!rc)
		rc = domctl_set_vcpu(dom, (unsigned long)_start, PFN_START_INFO * PAGE_SIZE,
				     frames[PFN_L4]);
	return rc;
}

int build_domain(domid_t *dom, struct mailbox **box, unsigned int slot)
{
	unsigned int n = FIXED_PAGES + image_pages();
	int rc, unmapped;

	if (n > MAX_PAGES || slot >= MAX_SIBLINGS)
		return -XEN_E2BIG;
	rc = domctl_create(dom, n);
	if (rc)
		return rc;
	rc = populate(*dom, n);
	if (!rc)
		rc = remap_scratch(*dom, n);
	if (!rc) {
		rc = fill(*dom, n);
		unmapped = remap_scratch(DOMID_SELF, n);
		rc = rc ? rc : unmapped;
	}
	if (!rc)
		rc = start_state(*dom);
	if (!rc)
		rc = mask_events(*dom);
	if (!rc)
		rc = map_mailbox(*dom, slot);
	if (rc)
		domctl_destroy(*dom);
	*box = (struct mailbox *)mailbox_window[slot];
	return rc;
}
