// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/line.h"

#include "guest/control/owner.h"
#include "guest/xen/event.h"
#include "guest/xen/hypercall.h"

/* One IO-APIC at the architectural address; its pins are GSIs 0..23. */
#define IOAPIC_BASE	   0xfec00000ul
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

uint32_t pirq_limit(void)
{
	uint32_t valid = 0, invalid = 1u << 16;

	while (invalid - valid > 1) {
		uint32_t pirq = (valid + invalid) / 2;
		int port = pirq_bind(pirq);

		if (port > 0)
			port_close((evtchn_port_t)port);
		if (port == -XEN_EINVAL)
			invalid = pirq;
		else
			valid = pirq;
	}
	return invalid;
}

int pirq_map(uint16_t dom, uint32_t gsi, uint32_t pirq)
{
	struct physdev_map_pirq map = {
		.domid = dom,
		.type = MAP_PIRQ_TYPE_GSI,
		.index = (int)gsi,
		.pirq = (int)pirq,
	};

	return (int)xen_physdev_op(PHYSDEVOP_map_pirq, &map);
}

int pirq_unmap(uint16_t dom, uint32_t pirq)
{
	struct physdev_unmap_pirq unmap = { .domid = dom, .pirq = (int)pirq };

	return (int)xen_physdev_op(PHYSDEVOP_unmap_pirq, &unmap);
}

int line_map_pirq(uint16_t dom, uint32_t gsi)
{
	/* Xen gives the domain access to the IRQ with the mapping, and takes it back with it. */
	int rc = pirq_map(dom, gsi, gsi);

	if (!rc)
		own_line(gsi, dom == DOMID_SELF ? 0 : dom);
	return rc;
}
