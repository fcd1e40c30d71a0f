/* SPDX-License-Identifier: GPL-2.0-only */
/* The IO-APIC line under test, as the control domain may see and route it. */
#ifndef LIFELINE_CONTROL_LINE_H
#define LIFELINE_CONTROL_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* One IO-APIC at the architectural address; its pins are GSIs 0..23, from 16 on the PCI lines. */
#define IOAPIC_BASE   0xfec00000ul
#define FIRST_PCI_PIN 16u

/* Redirection table entry, Intel 82093AA 3.2.4. */
#define RTE_LOW_ACTIVE	    (1u << 13)
#define RTE_LEVEL	    (1u << 15)
#define RTE_MASK	    (1u << 16)
#define RTE_VECTOR(rte)	    ((unsigned int)((rte)&0xff))
#define RTE_REMOTE_IRR(rte) (!!((rte)&1ull << 14))
#define RTE_MASKED(rte)	    (!!((rte)&1ull << 16))

/** line_setup() - tell Xen that @gsi is a level-triggered PCI line. Return: 0 or -errno */
int line_setup(uint32_t gsi);

/** line_rte() - redirection entry of @gsi by PHYSDEVOP_apic_read; ~0 if refused */
uint64_t line_rte(uint32_t gsi);

/**
 * line_write() - write the low half of the entry of @pin by PHYSDEVOP_apic_write
 *
 * Return: 0 or -errno. What Xen makes of @value: see ioapic_guest_write().
 */
int line_write(uint32_t pin, uint32_t value);

/** line_write_high() - the same for the high half, the destination; Xen ignores it */
int line_write_high(uint32_t pin, uint32_t value);

/** irq_alloc_vector() - PHYSDEVOP_alloc_irq_vector; *@vector is what it hands out */
int irq_alloc_vector(uint32_t irq, uint32_t *vector);

/** line_map_pirq() - give @gsi to @dom as pirq of the same number. Return: 0 or -errno */
int line_map_pirq(uint16_t dom, uint32_t gsi);

#endif
