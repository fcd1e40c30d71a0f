/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt routing of the ICH9's own slots (Intel 316972, 10.1.48: D25IR to D31IR). */
#ifndef LIFELINE_DEV_ICH9_H
#define LIFELINE_DEV_ICH9_H

#include <stdint.h>

/**
 * ich9_route() - lead INTA of a device in slots 0x19 to 0x1f to line @gsi
 * @bdf: the device; in another slot its line is wired, and nothing is done
 * @gsi: 16..23, which are PIRQA to PIRQH
 */
void ich9_route(uint16_t bdf, uint32_t gsi);

/** ich9_leave_pic() - no PIRQ line reaches an 8259 any more: the IO-APIC alone has them. Nothing without such a bridge */
void ich9_leave_pic(void);

#endif
