// SPDX-License-Identifier: GPL-2.0-only
/* The toolstack interface of Xen 4.17 (domctl and sysctl interface version 0x15). */
#define __XEN_TOOLS__ 1

#include "guest/xen/domctl.h"
#include "guest/lib/string.h"
#include "guest/xen/hypercall.h"

#include <xen/domctl.h>
#include <xen/hvm/save.h>
#include <xen/sysctl.h>

#if XEN_DOMCTL_INTERFACE_VERSION != 0x15 || XEN_SYSCTL_INTERFACE_VERSION != 0x15
#error "these headers are not Xen 4.17's: write a guest/xen/domctl-<version>.c for them"
#endif

#define TSC_MODE_NEVER_EMULATE 2 /* xen/arch/x86/include/asm/time.h */
#define XENS_DEFAULT	       (-1)

/* Segment attributes as in an SVM save area: the descriptor's bits 55:52 and 47:40. */
#define FLAT_CODE32 0xc9bu
#define FLAT_DATA32 0xc93u
#define BUSY_TSS32  0x8bu
#define CR0_PE	    0x01u
#define CR0_ET	    0x10u

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

static int create(domid_t *dom, unsigned int pages, uint32_t flags, uint32_t emulation)
{
	struct xen_domctl op = {
		.u.createdomain =
			{
				.flags = flags,
				.iommu_opts = flags & XEN_DOMCTL_CDF_hvm && flags & XEN_DOMCTL_CDF_iommu ?
						      XEN_DOMCTL_IOMMU_no_sharept :
						      0,
				.arch.emulation_flags = emulation,
				.max_vcpus = 1,
				.max_evtchn_port = 1023,
				.max_grant_frames = XENS_DEFAULT,
				.max_maptrack_frames = XENS_DEFAULT,
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

static int physinfo(struct xen_sysctl *op)
{
	*op = (struct xen_sysctl){
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};
	return (int)hcall1(__HYPERVISOR_sysctl, (unsigned long)op);
}

/* Where there is an IOMMU, a domain that shall have a device must be made for it. */
int domctl_create(domid_t *dom, unsigned int pages)
{
	struct xen_sysctl host;
	bool iommu = !physinfo(&host) && host.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_directio;

	return create(dom, pages, iommu ? XEN_DOMCTL_CDF_iommu : 0, 0);
}

/* As libxl has a PVH domain: of all that Xen can emulate, the local APIC alone. */
int domctl_create_pvh(domid_t *dom, unsigned int pages)
{
	return create(dom, pages, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, XEN_X86_EMU_LAPIC);
}

int domctl_create_hvm(domid_t *dom, unsigned int pages)
{
	return create(dom, pages, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_iommu,
		      XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI);
}

int domctl_map_iomem(domid_t dom, uint64_t mfn, unsigned int n)
{
	struct xen_domctl op = {
		.u.memory_mapping = { .first_gfn = mfn,
				      .first_mfn = mfn,
				      .nr_mfns = n,
				      .add_mapping = DPCI_ADD_MAPPING },
	};

	return domctl(&op, XEN_DOMCTL_memory_mapping, dom);
}

int domctl_bind_line(domid_t dom, uint32_t pirq, unsigned int slot)
{
	struct xen_domctl op = {
		.u.bind_pt_irq = { .machine_irq = pirq,
				   .irq_type = PT_IRQ_TYPE_PCI,
				   .u.pci.device = (uint8_t)slot },
	};

	return domctl(&op, XEN_DOMCTL_bind_pt_irq, dom);
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

/*
 * The state of docs/misc/pvh.pandoc, as a save record: setvcpucontext has no
 * control registers for a domain with hardware-assisted paging.
 */
int domctl_set_vcpu_pvh(domid_t dom, uint32_t eip, uint32_t ebx)
{
	static struct {
		struct hvm_save_descriptor header_d;
		struct hvm_save_header header;
		struct hvm_save_descriptor cpu_d;
		struct hvm_hw_cpu cpu;
		struct hvm_save_descriptor end_d;
		HVM_SAVE_TYPE(END) end;
	} __attribute__((packed)) record;
	struct xen_domctl op = { .u.hvmcontext.size = sizeof(record) };

	memset(&record, 0, sizeof(record));
	record.header_d.typecode = HVM_SAVE_CODE(HEADER);
	record.header_d.length = HVM_SAVE_LENGTH(HEADER);
	record.header.magic = HVM_FILE_MAGIC;
	record.header.version = HVM_FILE_VERSION;
	record.cpu_d.typecode = HVM_SAVE_CODE(CPU);
	record.cpu_d.length = HVM_SAVE_LENGTH(CPU);
	record.cpu.rip = eip;
	record.cpu.rbx = ebx;
	record.cpu.rflags = 2;
	record.cpu.cr0 = CR0_PE | CR0_ET;
	record.cpu.cs_limit = record.cpu.ds_limit = record.cpu.es_limit = record.cpu.ss_limit = ~0u;
	record.cpu.tr_limit = 0x67;
	record.cpu.cs_arbytes = FLAT_CODE32;
	record.cpu.ds_arbytes = record.cpu.es_arbytes = record.cpu.ss_arbytes = FLAT_DATA32;
	record.cpu.tr_arbytes = BUSY_TSS32;
	record.end_d.typecode = HVM_SAVE_CODE(END);
	set_xen_guest_handle(op.u.hvmcontext.buffer, (uint8_t *)&record);
	return domctl(&op, XEN_DOMCTL_sethvmcontext, dom);
}

static int set_affinity(domid_t dom, uint8_t map)
{
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

int domctl_pin_cpu(domid_t dom, unsigned int cpu)
{
	return set_affinity(dom, (uint8_t)(1u << cpu));
}

int domctl_unpin(domid_t dom)
{
	return set_affinity(dom, 0xff);
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

int domctl_allow_ports(domid_t dom, uint16_t first, unsigned int n, bool allow)
{
	struct xen_domctl op = {
		.u.ioport_permission = { .first_port = first,
					 .nr_ports = n,
					 .allow_access = allow },
	};

	return domctl(&op, XEN_DOMCTL_ioport_permission, dom);
}

static int assignment(uint32_t cmd, domid_t dom, uint16_t bdf)
{
	struct xen_domctl op = {
		.u.assign_device = { .dev = XEN_DOMCTL_DEV_PCI, .u.pci.machine_sbdf = bdf },
	};

	return domctl(&op, cmd, dom);
}

int domctl_assign(domid_t dom, uint16_t bdf)
{
	return assignment(XEN_DOMCTL_assign_device, dom, bdf);
}

int domctl_take_back(domid_t dom, uint16_t bdf)
{
	return assignment(XEN_DOMCTL_deassign_device, dom, bdf);
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
	struct xen_sysctl op;
	int rc = physinfo(&op);

	*free_pages = op.u.physinfo.free_pages;
	*cpus = op.u.physinfo.nr_cpus;
	return rc;
}

int sysctl_cpu(unsigned int cpu, bool online)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_cpu_hotplug,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
		.u.cpu_hotplug =
			{
				.cpu = cpu,
				.op = online ? XEN_SYSCTL_CPU_HOTPLUG_ONLINE :
					       XEN_SYSCTL_CPU_HOTPLUG_OFFLINE,
			},
	};

	return (int)hcall1(__HYPERVISOR_sysctl, (unsigned long)&op);
}
