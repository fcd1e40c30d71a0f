/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of a 64-bit PV guest, through the page that Xen fills in
 * (xen/include/public/arch-x86/xen-x86_64.h: rdi, rsi, rdx, r10, r8; rcx and
 * r11 are clobbered; result in rax). Every call returns 0 or more, or -errno.
 */
#ifndef LIFELINE_XEN_HYPERCALL_H
#define LIFELINE_XEN_HYPERCALL_H

#include "guest/xen/interface.h"

extern char hypercall_page[];

static inline long hypercall(unsigned int nr, unsigned long a1, unsigned long a2, unsigned long a3,
			     unsigned long a4)
{
	register unsigned long r10 asm("r10") = a4;
	unsigned long entry = (unsigned long)hypercall_page + nr * 32ul;
	long ret;

	asm volatile("call *%[entry]"
		     : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
		     : [entry] "a"(entry)
		     : "rcx", "r8", "r11", "memory");
	return ret;
}

static inline long hcall1(unsigned int nr, unsigned long a)
{
	return hypercall(nr, a, 0, 0, 0);
}

static inline long hcall2(unsigned int nr, unsigned long a, const void *b)
{
	return hypercall(nr, a, (unsigned long)b, 0, 0);
}

static inline long xen_physdev_op(unsigned int op, void *arg)
{
	return hcall2(__HYPERVISOR_physdev_op, op, arg);
}

static inline long xen_event_op(unsigned int op, void *arg)
{
	return hcall2(__HYPERVISOR_event_channel_op, op, arg);
}

static inline long xen_sched_op(unsigned int op, const void *arg)
{
	return hcall2(__HYPERVISOR_sched_op, op, arg);
}

static inline long xen_memory_op(unsigned int op, void *arg)
{
	return hcall2(__HYPERVISOR_memory_op, op, arg);
}

static inline long xen_console_io(unsigned int op, unsigned int count, char *buf)
{
	return hypercall(__HYPERVISOR_console_io, op, count, (unsigned long)buf, 0);
}

static inline long xen_multicall(struct multicall_entry *calls, unsigned int n)
{
	return hypercall(__HYPERVISOR_multicall, (unsigned long)calls, n, 0, 0);
}

static inline long xen_update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
{
	return hypercall(__HYPERVISOR_update_va_mapping, va, pte, flags, 0);
}

static inline long xen_update_va_mapping_otherdomain(unsigned long va, uint64_t pte,
						     unsigned long flags, domid_t owner)
{
	return hypercall(__HYPERVISOR_update_va_mapping_otherdomain, va, pte, flags, owner);
}

static inline long xen_mmuext_op(struct mmuext_op *ops, unsigned int n, domid_t owner)
{
	return hypercall(__HYPERVISOR_mmuext_op, (unsigned long)ops, n, 0, owner);
}

#endif
