// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/clock.h"

#include <stddef.h>

#include "guest/arch/cpu.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"

/* Documentation/virt/kvm/x86/cpuid.rst and msr.rst of Linux. */
#define KVM_SIGNATURE	0x40000000u
#define SIGNATURE_EBX	0x4b4d564bu /* "KVMK" */
#define SIGNATURE_ECX	0x564b4d56u /* "VMKV" */
#define SIGNATURE_EDX	0x4du	    /* "M" */
#define KVM_FEATURES	0x40000001u
#define CLOCKSOURCE2	(1u << 3)
#define MSR_SYSTEM_TIME 0x4b564d01u
#define TIME_ENABLE	1u

#define KHZ_OF_NS 1000000ull

static bool kvm_clock(void)
{
	struct cpuid r = cpuid(KVM_SIGNATURE);

	return r.ebx == SIGNATURE_EBX && r.ecx == SIGNATURE_ECX && r.edx == SIGNATURE_EDX &&
	       cpuid(KVM_FEATURES).eax & CLOCKSOURCE2;
}

/* A time info as Xen would give it, since the TSC was 0, and never changed. */
static void tsc_clock(struct vcpu_time_info *t, uint64_t khz)
{
	/* The multiplier is a fraction of 2^32: it has to stay below one. */
	for (; khz <= KHZ_OF_NS; khz *= 2)
		t->tsc_shift++;
	t->tsc_to_system_mul = (uint32_t)((KHZ_OF_NS << 32) / khz);
}

/*
 * KVM's clock is Xen's: struct pvclock_vcpu_time_info is struct vcpu_time_info. It goes to where
 * Xen would put it, and guest/xen/clock.c reads it there.
 */
const char *clock_init(uint64_t tsc_khz)
{
	struct vcpu_time_info *t = &shared_info()->vcpu_info[0].time;

	if (kvm_clock())
		wrmsr(MSR_SYSTEM_TIME, (unsigned long)t | TIME_ENABLE);
	else if (tsc_khz)
		tsc_clock(t, tsc_khz);
	else
		return "no clock: neither is this a guest of KVM, nor does the command line say "
		       "tsc_khz=";
	return NULL;
}

/*
 * On a host whose TSCs are not the same, KVM's clock steps back by fractions of a millisecond
 * when the vCPU has moved to another CPU (PVCLOCK_TSC_STABLE_BIT is not set then).
 */
uint64_t clock_now(void)
{
	static uint64_t last;
	uint64_t now = now_ns();

	if (now > last)
		last = now;
	return last;
}
