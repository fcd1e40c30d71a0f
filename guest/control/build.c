// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest-physical layout of a sibling, page frame numbers = virtual page numbers:
 *   0..3  page tables L4, L3, L2, L1 (one L1: 2 MiB is all a sibling sees)
 *   4     struct start_info
 *   0x100 the image up to __sibling_end, as linked
 * Only these frames exist. Everything is filled through a window of .bss and
 * unmapped again before pinning, because a page table may have no writable mapping.
 *
 * A PVH sibling has the same frames, but makes its page tables itself: frames 0..3
 * stay empty, and the image goes up to __pvh_end. Its frame numbers are its own,
 * and Xen translates them where this domain maps them.
 */
#include "guest/control/build.h"

#include "guest/lib/string.h"
#include "guest/xen/domctl.h"
#include "guest/xen/event.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"
#include "guest/xen/sibling.h"

#include <xen/arch-x86/hvm/start_info.h>

enum { PFN_L4, PFN_L3, PFN_L2, PFN_L1, PFN_START_INFO, FIXED_PAGES };

#define MAX_PAGES 160
#define PTE_TABLE 0x67ull /* P RW US A D */

extern char __image_start[], __bss_start[], __sibling_end[], __pvh_end[];
extern void _start(void), pvh_start(void);

static char scratch[MAX_PAGES][PAGE_SIZE] __attribute__((aligned(4096), section(".bss.control")));
static char mailbox_window[MAX_SIBLINGS][MAILBOX_PAGES][PAGE_SIZE]
	__attribute__((aligned(4096), section(".bss.control")));
static struct multicall_entry calls[MAX_PAGES] __attribute__((section(".bss.control")));
static xen_pfn_t frames[MAX_PAGES] __attribute__((section(".bss.control")));

static unsigned long page_of(const void *va)
{
	return (unsigned long)va / PAGE_SIZE;
}

static unsigned int pages_to(const void *end)
{
	return FIXED_PAGES + (unsigned int)(page_of(end) - page_of(__image_start));
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

static void fill_image(unsigned int n)
{
	size_t initialised = (size_t)(__bss_start - __image_start);

	memcpy(scratch[FIXED_PAGES], __image_start, initialised);
	memset(scratch[FIXED_PAGES] + initialised, 0, (n - FIXED_PAGES) * PAGE_SIZE - initialised);
}

static int fill(domid_t dom, unsigned int n)
{
	struct start_info *si = (struct start_info *)scratch[PFN_START_INFO];
	uint64_t shared_mfn;
	int rc = domctl_shared_info(dom, &shared_mfn);

	if (rc)
		return rc;
	fill_page_tables(n);
	si->nr_pages = n;
	si->shared_info = shared_mfn << 12;
	fill_image(n);
	return 0;
}

static int fill_pvh(domid_t dom, unsigned int n)
{
	struct hvm_start_info *si = (struct hvm_start_info *)scratch[PFN_START_INFO];

	(void)dom;
	memset(scratch, 0, FIXED_PAGES * PAGE_SIZE);
	si->magic = XEN_HVM_START_MAGIC_VALUE;
	fill_image(n);
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

static int start(domid_t dom)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = frames[PFN_L4] };
	int rc = domctl_hypercall_page(dom, frames[index_of(hypercall_page)]);

	if (!rc)
		rc = (int)xen_mmuext_op(&pin, 1, dom);
	if (!rc)
		rc = domctl_set_vcpu(dom, (unsigned long)_start, PFN_START_INFO * PAGE_SIZE,
				     frames[PFN_L4]);
	if (!rc)
		rc = mask_events(dom);
	return rc;
}

static int start_pvh(domid_t dom)
{
	return domctl_set_vcpu_pvh(dom, (uint32_t)(unsigned long)pvh_start,
				   PFN_START_INFO * PAGE_SIZE);
}

/* What the two kinds of sibling do not share. */
struct kind {
	int (*create)(domid_t *dom, unsigned int pages);
	int (*fill)(domid_t dom, unsigned int n);
	int (*start)(domid_t dom);
};

static int build(const struct kind *kind, unsigned int n, domid_t *dom, struct mailbox **box,
		 unsigned int slot)
{
	int rc, unmapped;

	if (n > MAX_PAGES || slot >= MAX_SIBLINGS)
		return -XEN_E2BIG;
	rc = kind->create(dom, n);
	if (rc)
		return rc;
	rc = populate(*dom, n);
	if (!rc)
		rc = remap_scratch(*dom, n);
	if (!rc) {
		rc = kind->fill(*dom, n);
		unmapped = remap_scratch(DOMID_SELF, n);
		rc = rc ? rc : unmapped;
	}
	if (!rc)
		rc = kind->start(*dom);
	if (!rc)
		rc = map_mailbox(*dom, slot);
	if (rc)
		domctl_destroy(*dom);
	*box = (struct mailbox *)mailbox_window[slot];
	return rc;
}

int build_domain(domid_t *dom, struct mailbox **box, unsigned int slot)
{
	const struct kind pv = { domctl_create, fill, start };

	return build(&pv, pages_to(__sibling_end), dom, box, slot);
}

int build_pvh(domid_t *dom, struct mailbox **box, unsigned int slot)
{
	const struct kind pvh = { domctl_create_pvh, fill_pvh, start_pvh };

	return build(&pvh, pages_to(__pvh_end), dom, box, slot);
}

int build_hvm(domid_t *dom, struct mailbox **box, unsigned int slot)
{
	const struct kind hvm = { domctl_create_hvm, fill_pvh, start_pvh };

	return build(&hvm, pages_to(__pvh_end), dom, box, slot);
}
