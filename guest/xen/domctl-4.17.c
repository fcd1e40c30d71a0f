// SPDX-License-Identifier: GPL-2.0-only
/* The toolstack interface of Xen 4.17 (domctl and sysctl interface version 0x15). */
#define __XEN_TOOLS__ 1

#include "guest/xen/domctl.h"
#include "guest/lib/string.h"
#include "guest/xen/hypercall.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

#if XEN_DOMCTL_INTERFACE_VERSION != 0x15 || XEN_SYSCTL_INTERFACE_VERSION != 0x15
#error "these headers are not Xen 4.17's: write a guest/xen/domctl-<version>.c for them"
#endif

#define TSC_MODE_NEVER_EMULATE 2 /* xen/arch/x86/include/asm/time.h */
#define PV_TAKES_DEFAULT       (-1)

const uint32_t domctl_version = XEN_DOMCTL_INTERFACE_VERSION;
const char domctl_release[] = "4.17";

/* Too big for the 16 KiB stack; the control domain has one vCPU. */
static struct vcpu_guest_context context;

static int domctl(struct xen_domctl *op, uint32_t cmd, domid_t dom)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = dom;
	return (int)hcall1(__HYPERVISOR_domctl, (unsigned long)op);
}

int domctl_probe(void)
{
	struct xen_domctl op = { 0 };
	int rc = domctl(&op, XEN_DOMCTL_getdomaininfo, 0);

	return rc;
}

static int set_tsc_native(domid_t dom)
{
	struct xen_domctl op = { .u.tsc_info.tsc_mode = TSC_MODE_NEVER_EMULATE };

	return domctl(&op, XEN_DOMCTL_settscinfo, dom);
}

int domctl_create(domid_t *dom, unsigned int pages)
{
	struct xen_domctl op = {
		.u.createdomain =
			{
				.max_vcpus = 1,
				.max_evtchn_port = 1023,
				.max_grant_frames = PV_TAKES_DEFAULT,
				.max_maptrack_frames = PV_TAKES_DEFAULT,
				.grant_opts = XEN_DOMCTL_GRANT_version(1),
			},
	};
	int rc = domctl(&op, XEN_DOMCTL_createdomain, 0);

	if (rc)
		return rc;
	*dom = op.domain;

	op = (struct xen_domctl){ .u.max_mem.max_memkb = pages * 4ull };
	rc = domctl(&op, XEN_DOMCTL_max_mem, *dom);
	if (!rc) {
		op = (struct xen_domctl){ .u.max_vcpus.max = 1 };
		rc = domctl(&op, XEN_DOMCTL_max_vcpus, *dom);
	}
	if (!rc)
		rc = set_tsc_native(*dom);
	if (rc)
		domctl_destroy(*dom);
	return rc;
}

int domctl_shared_info(domid_t dom, uint64_t *mfn)
{
	struct xen_domctl op = { 0 };
	int rc = domctl(&op, XEN_DOMCTL_getdomaininfo, dom);

	*mfn = op.u.getdomaininfo.shared_info_frame;
	return rc;
}

int domctl_hypercall_page(domid_t dom, uint64_t mfn)
{
	struct xen_domctl op = { .u.hypercall_init.gmfn = mfn };

	return domctl(&op, XEN_DOMCTL_hypercall_init, dom);
}

int domctl_set_vcpu(domid_t dom, unsigned long rip, unsigned long rsi, uint64_t cr3_mfn)
{
	struct xen_domctl op = { .u.vcpucontext.vcpu = 0 };

	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel | VGCF_online;
	context.user_regs.rip = rip;
	context.user_regs.rsi = rsi;
	context.user_regs.rflags = 0x202;
	context.user_regs.cs = FLAT_KERNEL_CS;
	context.user_regs.ss = FLAT_KERNEL_SS;
	context.kernel_ss = FLAT_KERNEL_SS;
	context.ctrlreg[3] = cr3_mfn << 12;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
	return domctl(&op, XEN_DOMCTL_setvcpucontext, dom);
}

int domctl_pin_cpu(domid_t dom, unsigned int cpu)
{
	uint8_t map = (uint8_t)(1u << cpu);
	struct xen_domctl op = {
		.u.vcpuaffinity =
			{
				.flags = XEN_VCPUAFFINITY_HARD,
				.cpumap_hard.nr_bits = 8,
			},
	};

	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, &map);
	return domctl(&op, XEN_DOMCTL_setvcpuaffinity, dom);
}

int domctl_set_weight(domid_t dom, uint16_t weight)
{
	struct xen_domctl op = {
		.u.scheduler_op =
			{
				.sched_id = XEN_SCHEDULER_CREDIT2,
				.cmd = XEN_DOMCTL_SCHEDOP_putinfo,
				.u.credit2.weight = weight,
			},
	};

	return domctl(&op, XEN_DOMCTL_scheduler_op, dom);
}

int domctl_allow_iomem(domid_t dom, uint64_t mfn, unsigned int n, bool allow)
{
	struct xen_domctl op = {
		.u.iomem_permission = { .first_mfn = mfn, .nr_mfns = n, .allow_access = allow },
	};

	return domctl(&op, XEN_DOMCTL_iomem_permission, dom);
}

int domctl_allow_irq(domid_t dom, uint32_t pirq, bool allow)
{
	struct xen_domctl op = {
		.u.irq_permission = { .pirq = pirq, .allow_access = allow },
	};

	return domctl(&op, XEN_DOMCTL_irq_permission, dom);
}

int domctl_unpause(domid_t dom)
{
	struct xen_domctl op = { 0 };

	return domctl(&op, XEN_DOMCTL_unpausedomain, dom);
}

int domctl_destroy(domid_t dom)
{
	struct xen_domctl op = { 0 };

	return domctl(&op, XEN_DOMCTL_destroydomain, dom);
}

int domctl_state(domid_t dom)
{
	struct xen_domctl op = { 0 };
	int rc = domctl(&op, XEN_DOMCTL_getdomaininfo, dom);
	uint32_t flags = op.u.getdomaininfo.flags;

	if (rc == -XEN_ESRCH || (!rc && op.domain != dom))
		return DOMAIN_GONE;
	if (rc)
		return rc;
	if (flags & XEN_DOMINF_dying)
		return DOMAIN_DYING;
	if (flags & XEN_DOMINF_shutdown)
		return DOMAIN_CRASHED;
	return DOMAIN_ALIVE;
}

int sysctl_host(uint64_t *free_pages, unsigned int *cpus)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};
	int rc = (int)hcall1(__HYPERVISOR_sysctl, (unsigned long)&op);

	*free_pages = op.u.physinfo.free_pages;
	*cpus = op.u.physinfo.nr_cpus;
	return rc;
}
