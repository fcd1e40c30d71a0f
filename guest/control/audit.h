/* SPDX-License-Identifier: GPL-2.0-only */
/* Who owns which vector: every redirection entry of the IO-APIC at one moment, and what must hold. */
#ifndef LIFELINE_CONTROL_AUDIT_H
#define LIFELINE_CONTROL_AUDIT_H

#include "guest/control/test.h"

#define IOAPIC_PINS 24 /* of the board's one IO-APIC */

/** struct audit - all redirection entries, as Xen tells them (PHYSDEVOP_apic_read) */
struct audit {
	uint64_t rte[IOAPIC_PINS];
};

/** audit_take() - read all entries */
void audit_take(struct audit *a);

/**
 * audit_check() - every entry holds only what the hypervisor chose (V)
 * @t: case
 * @a: entries
 * @when: moment, for the message
 *
 * A vector is Xen's: in its dynamic range or one of its own for timer and
 * serial line; no two open entries have the same; delivery is lowest priority to
 * a logical destination, as genapic has it on this board.
 */
void audit_check(struct test *t, const struct audit *a, const char *when);

/**
 * audit_same() - the entries but those of @except are as they were (V)
 * @except: bit mask of pins that may differ
 */
void audit_same(struct test *t, const struct audit *before, const struct audit *now,
		uint32_t except, const char *what);

/**
 * audit_mark() - let the host audit the whole board, now
 *
 * It compares every entry with the board's, and every entry, MSI, MSI-X message
 * and remapping table entry with who owns it (guest/control/owner.h).
 */
void audit_mark(struct test *t, const char *label);

#endif
