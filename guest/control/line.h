/* SPDX-License-Identifier: GPL-2.0-only */
/* The IO-APIC line under test, as the control domain may see and route it. */
#ifndef LIFELINE_CONTROL_LINE_H
#define LIFELINE_CONTROL_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* Redirection table entry, Intel 82093AA 3.2.4. */
#define RTE_VECTOR(rte)	    ((unsigned int)((rte)&0xff))
#define RTE_REMOTE_IRR(rte) (!!((rte)&1ull << 14))
#define RTE_MASKED(rte)	    (!!((rte)&1ull << 16))

/** line_setup() - tell Xen that @gsi is a level-triggered PCI line. Return: 0 or -errno */
int line_setup(uint32_t gsi);

/** line_rte() - redirection entry of @gsi by PHYSDEVOP_apic_read; ~0 if refused */
uint64_t line_rte(uint32_t gsi);

/** line_map_pirq() - give @gsi to @dom as pirq of the same number. Return: 0 or -errno */
int line_map_pirq(uint16_t dom, uint32_t gsi);

#endif
