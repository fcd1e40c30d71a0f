// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/line.h"

#include "guest/control/owner.h"
#include "guest/control/pirq.h"
#include "guest/xen/hypercall.h"

#define IOAPIC_REDTBL(pin) (0x10 + 2 * (pin))

int line_setup(uint32_t gsi)
{
	struct physdev_setup_gsi op = { .gsi = (int)gsi, .triggering = 1, .polarity = 1 };
	long rc = xen_physdev_op(PHYSDEVOP_setup_gsi, &op);

	return rc == -XEN_EEXIST ? 0 : (int)rc;
}

static int apic_read(uint32_t reg, uint32_t *value)
{
	struct physdev_apic op = { .apic_physbase = IOAPIC_BASE, .reg = reg };
	long rc = xen_physdev_op(PHYSDEVOP_apic_read, &op);

	*value = op.value;
	return (int)rc;
}

uint64_t line_rte(uint32_t gsi)
{
	uint32_t lo, hi;

	if (apic_read(IOAPIC_REDTBL(gsi), &lo) || apic_read(IOAPIC_REDTBL(gsi) + 1, &hi))
		return ~0ull;
	return (uint64_t)hi << 32 | lo;
}

static int apic_write(uint32_t reg, uint32_t value)
{
	struct physdev_apic op = { .apic_physbase = IOAPIC_BASE, .reg = reg, .value = value };

	return (int)xen_physdev_op(PHYSDEVOP_apic_write, &op);
}

int line_write(uint32_t pin, uint32_t value)
{
	return apic_write(IOAPIC_REDTBL(pin), value);
}

int line_write_high(uint32_t pin, uint32_t value)
{
	return apic_write(IOAPIC_REDTBL(pin) + 1, value);
}

int irq_alloc_vector(uint32_t irq, uint32_t *vector)
{
	struct physdev_irq op = { .irq = irq, .vector = *vector };
	long rc = xen_physdev_op(PHYSDEVOP_alloc_irq_vector, &op);

	*vector = op.vector;
	return (int)rc;
}

int line_map_pirq(uint16_t dom, uint32_t gsi)
{
	/* Xen gives the domain access to the IRQ with the mapping, and takes it back with it. */
	int rc = pirq_map(dom, gsi, gsi);

	if (!rc)
		own_line(gsi, dom == DOMID_SELF ? 0 : dom);
	return rc;
}
