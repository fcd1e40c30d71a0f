/* SPDX-License-Identifier: GPL-2.0-only */
/* Local APIC (Intel SDM vol. 3A, chapter 10) and IO-APIC (82093AA), at the addresses that every PC has. */
#ifndef LIFELINE_BARE_APIC_H
#define LIFELINE_BARE_APIC_H

#include <stdbool.h>
#include <stdint.h>

/** apic_init() - the 8259s are masked, the local APIC is on, each pin of the IO-APIC is masked */
void apic_init(void);

/** apic_calibrate() - learn how fast the timer counts; takes a millisecond of clock_now() */
void apic_calibrate(void);

/** apic_eoi() - end of the interrupt of the highest priority that is in service */
void apic_eoi(void);

/**
 * apic_timer() - let the timer interrupt once
 * @vector: by which
 * @ns: from now; more than it can count ends earlier
 */
void apic_timer(uint8_t vector, uint64_t ns);

/** apic_message() - address and data of an MSI that interrupts this CPU by @vector, edge */
void apic_message(uint8_t vector, uint32_t *address, uint32_t *data);

/**
 * ioapic_pin() - program a redirection entry, to this CPU
 * @level: level, active low, as PCI's lines are; else edge, active high, as ISA's
 */
void ioapic_pin(uint32_t pin, uint8_t vector, bool level, bool masked);

#endif
