// SPDX-License-Identifier: GPL-2.0-only
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/hypercall.h"

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

uint64_t now_ns(void)
{
	const volatile struct vcpu_time_info *t = &shared_info()->vcpu_info[0].time;
	uint64_t base, delta;
	uint32_t version;

	/* A seqlock: odd while Xen writes, changed when it has written. */
	do {
		version = t->version & ~1u;
		asm volatile("" : : : "memory");
		delta = rdtsc() - t->tsc_timestamp;
		if (t->tsc_shift >= 0)
			delta <<= t->tsc_shift;
		else
			delta >>= -t->tsc_shift;
		base = t->system_time;
		delta = (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
		asm volatile("" : : : "memory");
	} while (version != t->version);
	return base + delta;
}

void sleep_until(uint64_t deadline)
{
	struct sched_poll poll = { .nr_ports = 0, .timeout = deadline };

	xen_sched_op(SCHEDOP_poll, &poll);
}

void sleep_ns(uint64_t ns)
{
	uint64_t deadline = now_ns() + ns;

	while (now_ns() < deadline)
		sleep_until(deadline);
}
