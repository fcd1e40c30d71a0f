// SPDX-License-Identifier: GPL-2.0-only
#include "guest/xen/pvh.h"

#include "guest/arch/trap.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

/* xen/include/public/arch-x86/cpuid.h: leaves of a guest that no other hypervisor is shown to. */
#define XEN_SIGNATURE 0x40000000u
#define XEN_MSR	      0x40000002u
#define SIGNATURE_EBX 0x566e6558u /* "XenV" */
#define SIGNATURE_ECX 0x65584d4du /* "MMXe" */
#define SIGNATURE_EDX 0x4d4d566eu /* "nVMM" */

#define L1_ENTRIES 1024 /* two tables */

extern uint64_t pvh_l1[L1_ENTRIES];

static bool is_pvh;

static void cpuid(uint32_t leaf, uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
	asm volatile("cpuid" : "+a"(leaf), "=b"(*ebx), "=c"(*ecx), "=d"(*edx));
}

bool pvh_guest(void)
{
	return is_pvh;
}

bool pvh_init(void)
{
	uint32_t msr, ecx, edx;
	uint64_t page = (unsigned long)hypercall_page;

	cpuid(XEN_SIGNATURE, &msr, &ecx, &edx);
	if (msr != SIGNATURE_EBX || ecx != SIGNATURE_ECX || edx != SIGNATURE_EDX)
		return false;
	cpuid(XEN_MSR, &msr, &ecx, &edx);
	asm volatile("wrmsr"
		     :
		     : "c"(msr), "a"((uint32_t)page), "d"((uint32_t)(page >> 32))
		     : "memory");
	is_pvh = true;
	return true;
}

void pvh_map(unsigned long va, uint64_t pte)
{
	unsigned long index = va / PAGE_SIZE;

	if (index >= L1_ENTRIES)
		die("mapping beyond the first 4 MiB");
	*(volatile uint64_t *)&pvh_l1[index] = pte;
	asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}
