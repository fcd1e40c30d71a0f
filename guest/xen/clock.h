/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_XEN_CLOCK_H
#define LIFELINE_XEN_CLOCK_H

#include <stdint.h>

#define US 1000ull
#define MS 1000000ull

/** now_ns() - Xen system time of this vCPU, ns since the hypervisor's boot (struct vcpu_time_info) */
uint64_t now_ns(void);

/** sleep_until() - block this vCPU until @deadline (system time, ns) or an event; may return early */
void sleep_until(uint64_t deadline);

/** sleep_ns() - block this vCPU for @ns, whatever events come */
void sleep_ns(uint64_t ns);

#endif
