// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/audit.h"

#include "guest/control/ktap.h"
#include "guest/control/line.h"

/* xen/arch/x86/include/asm/mach-default/irq_vectors.h */
#define FIRST_DYNAMIC 0x20
#define LAST_HIPRIO   0xf8 /* timer 0xf0, serial 0xf1: Xen's own, above the guests' */

#define RTE_DELIVERY_DEST 0xf00 /* delivery mode 10:8 and destination mode 11 */
#define LOWEST_LOGICAL	  0x900

#define PINS_PER_LINE 4

static bool fresh(uint64_t rte)
{
	return rte == 1ull << 16; /* reset value: masked and nothing else (82093AA, 3.2.4) */
}

void audit_take(struct audit *a)
{
	for (uint32_t pin = 0; pin < IOAPIC_PINS; pin++)
		a->rte[pin] = line_rte(pin);
}

static bool vector_is_unique(const struct audit *a, unsigned int pin)
{
	for (unsigned int other = 0; other < IOAPIC_PINS; other++)
		if (other != pin && !fresh(a->rte[other]) &&
		    RTE_VECTOR(a->rte[other]) == RTE_VECTOR(a->rte[pin]))
			return false;
	return true;
}

void audit_check(struct test *t, const struct audit *a, const char *when)
{
	unsigned int bad = 0, used = 0;

	for (unsigned int pin = 0; pin < IOAPIC_PINS; pin++) {
		uint64_t rte = a->rte[pin];
		unsigned int vector = RTE_VECTOR(rte);

		if (fresh(rte))
			continue;
		used++;
		if (vector >= FIRST_DYNAMIC && vector <= LAST_HIPRIO &&
		    (rte & RTE_DELIVERY_DEST) == LOWEST_LOGICAL && vector_is_unique(a, pin))
			continue;
		ktap_line("  # pin %u rte %016llx is not as Xen makes it", pin,
			  (unsigned long long)rte);
		bad++;
	}
	check(t, used && !bad, "V %s: %u of %u entries in use are not Xen's, expected 0", when, bad,
	      used);
}

void audit_same(struct test *t, const struct audit *before, const struct audit *now,
		uint32_t except, const char *what)
{
	unsigned int moved = 0;

	for (unsigned int pin = 0; pin < IOAPIC_PINS; pin++) {
		/* Delivery status and remote IRR come and go with interrupts. */
		uint64_t changed = (before->rte[pin] ^ now->rte[pin]) & ~0x5000ull;

		if (!changed || except & 1u << pin)
			continue;
		ktap_line("  # pin %u rte %016llx was %016llx", pin,
			  (unsigned long long)now->rte[pin], (unsigned long long)before->rte[pin]);
		moved++;
	}
	check(t, !moved, "V %s: %u entries moved, expected 0", what, moved);
}

void audit_mark(struct test *t, const char *label)
{
	struct audit a;

	audit_take(&a);
	/* Xen tells a PVH domain of no entry: then the host has the board's alone. */
	for (unsigned int pin = 0; a.rte[0] != ~0ull && pin < IOAPIC_PINS; pin += PINS_PER_LINE)
		ktap_line("  # audit rte%u=%016llx rte%u=%016llx rte%u=%016llx rte%u=%016llx", pin,
			  (unsigned long long)a.rte[pin], pin + 1,
			  (unsigned long long)a.rte[pin + 1], pin + 2,
			  (unsigned long long)a.rte[pin + 2], pin + 3,
			  (unsigned long long)a.rte[pin + 3]);
	test_mark_audit(t, label);
}
