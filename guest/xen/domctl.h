/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the control domain asks of Xen's toolstack interface. That interface is
 * not stable: each Xen version has its own implementation, domctl-<version>.c,
 * and nothing else in the tree includes xen/domctl.h or xen/sysctl.h.
 *
 * Unless said otherwise every function returns 0 or -errno as Xen gave it.
 */
#ifndef LIFELINE_XEN_DOMCTL_H
#define LIFELINE_XEN_DOMCTL_H

#include <stdbool.h>

#include "guest/xen/interface.h"

/** DOMCTL_VERSION - interface version that the shim speaks; XEN_RELEASE - of which Xen */
extern const uint32_t domctl_version;
extern const char domctl_release[];

enum domain_state {
	DOMAIN_GONE, /* no such domain: every reference is dropped */
	DOMAIN_ALIVE,
	DOMAIN_CRASHED, /* shut down with SHUTDOWN_crash, preserved */
	DOMAIN_DYING,	/* being destroyed, or held by a reference */
};

/** domctl_probe() - does this hypervisor speak our version? -EACCES: it does not */
int domctl_probe(void);

/** domctl_create() - new PV domain with one vCPU and at most @pages pages; *@dom is its id */
int domctl_create(domid_t *dom, unsigned int pages);

/** domctl_create_pvh() - the same as PVH domain: hardware-assisted paging, no device model */
int domctl_create_pvh(domid_t *dom, unsigned int pages);

/** domctl_create_hvm() - the same with all that Xen emulates, for an IOMMU whose page tables the CPU cannot walk */
int domctl_create_hvm(domid_t *dom, unsigned int pages);

/** domctl_map_iomem() - @n frames from @mfn, which @dom may access, stand at the same numbers in its map */
int domctl_map_iomem(domid_t dom, uint64_t mfn, unsigned int n);

/** domctl_bind_line() - @pirq of HVM domain @dom is INTA of its PCI slot @slot from now on */
int domctl_bind_line(domid_t dom, uint32_t pirq, unsigned int slot);

/** domctl_shared_info() - machine frame of @dom's shared info page in *@mfn */
int domctl_shared_info(domid_t dom, uint64_t *mfn);

/** domctl_hypercall_page() - let Xen fill in frame @mfn of @dom as hypercall page */
int domctl_hypercall_page(domid_t dom, uint64_t mfn);

/** domctl_set_vcpu() - registers of vCPU 0: entry @rip, stack @rsp, @rsi, page table frame @cr3 */
int domctl_set_vcpu(domid_t dom, unsigned long rip, unsigned long rsi, uint64_t cr3_mfn);

/** domctl_set_vcpu_pvh() - vCPU 0 of a PVH domain enters @eip in 32-bit mode with @ebx */
int domctl_set_vcpu_pvh(domid_t dom, uint32_t eip, uint32_t ebx);

/** domctl_pin_cpu() - vCPU 0 of @dom runs on physical CPU @cpu alone */
int domctl_pin_cpu(domid_t dom, unsigned int cpu);

/** domctl_unpin() - it runs on any of them again */
int domctl_unpin(domid_t dom);

/** domctl_set_weight() - credit2 weight of @dom (1..65535, 256 is everyone's) */
int domctl_set_weight(domid_t dom, uint16_t weight);

/** domctl_allow_iomem() - allow or revoke access to @n frames from @mfn */
int domctl_allow_iomem(domid_t dom, uint64_t mfn, unsigned int n, bool allow);

/** domctl_allow_ports() - allow or revoke access to @n I/O ports from @first */
int domctl_allow_ports(domid_t dom, uint16_t first, unsigned int n, bool allow);

/** domctl_assign() - give function @bdf to @dom; needs an IOMMU */
int domctl_assign(domid_t dom, uint16_t bdf);

/** domctl_take_back() - give function @bdf of @dom, DOMID_IO: of a dead domain, to the control domain */
int domctl_take_back(domid_t dom, uint16_t bdf);

/**
 * domctl_allow_irq() - XEN_DOMCTL_irq_permission: allow or revoke @dom's access to the
 * irq that this domain has as @pirq
 */
int domctl_allow_irq(domid_t dom, uint32_t pirq, bool allow);

/** domctl_unpause() - let @dom run */
int domctl_unpause(domid_t dom);

/** domctl_destroy() - XEN_DOMCTL_destroydomain; returns when domain_kill() is through */
int domctl_destroy(domid_t dom);

/** domctl_state() - enum domain_state, or -errno */
int domctl_state(domid_t dom);

/** sysctl_host() - free heap pages of the host in *@pages; *@cpus: physical CPUs online */
int sysctl_host(uint64_t *free_pages, unsigned int *cpus);

/** sysctl_cpu() - take physical CPU @cpu online or offline */
int sysctl_cpu(unsigned int cpu, bool online);

#endif
