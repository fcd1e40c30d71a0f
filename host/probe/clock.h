/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_PROBE_CLOCK_H
#define LIFELINE_PROBE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S  1000000000ull

/** clock_ns() - CLOCK_MONOTONIC, ns: the one clock of probes, windows and stalls */
static inline uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/** clock_spec() - @ns as the kernel's calls want it */
static inline struct timespec clock_spec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
				  .tv_nsec = (long)(ns % NS_PER_S) };
}

#endif
