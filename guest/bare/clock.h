/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_BARE_CLOCK_H
#define LIFELINE_BARE_CLOCK_H

#include <stdint.h>

/**
 * clock_init() - make clock_now() work: by KVM's clock, or else by the TSC alone
 * @tsc_khz: frequency of the TSC if this is no guest of KVM, 0: not known
 *
 * Return: NULL, or what was wrong.
 */
const char *clock_init(uint64_t tsc_khz);

/** clock_now() - now_ns() that never goes back; not for interrupt handlers */
uint64_t clock_now(void);

#endif
