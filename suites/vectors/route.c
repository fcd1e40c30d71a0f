// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routing a pin by the pirq in the vector field, as old control domains do it.
 *
 * Mechanism: an unmasked PHYSDEVOP_apic_write maps the pirq that stands in the
 * vector field to the pin's irq (map_domain_pirq()).
 */
#include "guest/control/audit.h"
#include "guest/control/device.h"
#include "guest/control/line.h"
#include "guest/control/pirq.h"
#include "guest/xen/event.h"
#include "suites/vectors/drive.h"

/* alloc_irq_vector, route the pin with what it returned, bind: NetBSD's order of calls. */
static void netbsd(struct test *t)
{
	struct span form;
	bool top = plan_value(t->line, "form", &form) && span_is(form, "top");
	/* From the top down: the irq has nothing to do with the pin. Of 2020: it is the GSI. */
	uint32_t gsi = top ? 21 : 20, irq = top ? pirq_limit() - 1 : gsi, vector = 0;
	struct device *dev = device_take("edu", gsi);
	int rc, port;

	if (!dev) {
		test_error(t, "the board has no edu on GSI %u", gsi);
		return;
	}
	rc = irq_alloc_vector(irq, &vector);
	check(t, !rc && vector == irq, "V alloc_irq_vector(%u): %d, vector %u, expected the irq",
	      irq, rc, vector);
	rc = line_write(gsi, vector | RTE_LEVEL_LOW);
	check(t, !rc, "V apic_write pin %u vector %u: %d, expected 0", gsi, vector, rc);
	check(t, RTE_VECTOR(line_rte(gsi)) != vector,
	      "V the entry's vector 0x%x is not the guest's", RTE_VECTOR(line_rte(gsi)));
	port = pirq_bind(irq);
	check(t, port > 0, "L bind of pirq %u: %d, expected a port", irq, port);
	test_mark(t, "bound", gsi, "mask=0 irr=0");
	if (port > 0) {
		expect_rounds(t, dev, irq, (evtchn_port_t)port, DRIVE_ROUNDS);
		port_close((evtchn_port_t)port);
	}
	audit_mark(t, "closed");
	device_release(dev);
}
TEST_CASE("vectors.netbsd", netbsd);
