// SPDX-License-Identifier: GPL-2.0-only
#include "guest/xen/pvh.h"

#include "guest/arch/cpu.h"
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

/* AMD64 APM vol. 2, 6.1.1. The selectors stand in no table: neither instruction reads one. */
#define MSR_EFER   0xc0000080u
#define EFER_SCE   1u
#define MSR_STAR   0xc0000081u
#define MSR_LSTAR  0xc0000082u
#define MSR_SFMASK 0xc0000084u
#define STAR	   (0x10ull << 48 | 0x08ull << 32)

long pvh_user_stub(unsigned int nr, unsigned long cmd, void *arg);
extern char pvh_user_return[];

static bool is_pvh;

bool pvh_guest(void)
{
	return is_pvh;
}

bool pvh_init(void)
{
	struct cpuid r = cpuid(XEN_SIGNATURE);

	if (r.ebx != SIGNATURE_EBX || r.ecx != SIGNATURE_ECX || r.edx != SIGNATURE_EDX)
		return false;
	wrmsr(cpuid(XEN_MSR).ebx, (unsigned long)hypercall_page);
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

long pvh_call_as_user(unsigned int nr, unsigned long cmd, void *arg)
{
	wrmsr(MSR_STAR, STAR);
	wrmsr(MSR_LSTAR, (unsigned long)pvh_user_return);
	wrmsr(MSR_SFMASK, 0);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	return pvh_user_stub(nr, cmd, arg);
}
