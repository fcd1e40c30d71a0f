// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routing a pin by the pirq in the vector field, as old control domains do it,
 * and routing it again: "if dom0 rebinds the pirq<->gsi association, will Xen
 * maintain its internal structures correctly?" (xen-devel, 2009).
 *
 * Mechanism: an unmasked PHYSDEVOP_apic_write maps the pirq that stands in the
 * vector field to the pin's irq (map_domain_pirq()). The first association
 * stands: a write that contradicts it returns 0 and changes none.
 */
#include "guest/control/audit.h"
#include "guest/control/device.h"
#include "guest/control/line.h"
#include "guest/dev/mmio.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/mem.h"

#define RTE_LEVEL_LOW (1u << 15 | 1u << 13)
#define ROUNDS	      100
#define ROUND_LIMIT   (50 * MS)

static char bar_page[4096] __attribute__((aligned(4096), section(".bss.control")));

/* The control domain drives @dev itself. Return: rounds served out of ROUNDS. */
static unsigned int drive(struct device *dev, uint32_t pirq, evtchn_port_t port)
{
	struct dev_io io = mmio_dev_io(bar_page);
	unsigned int served = 0;

	map_self((unsigned long)bar_page, dev->bar | PTE_MMIO);
	irq_enable(dev->desc, &io);
	pirq_eoi(pirq);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		irq_trigger(dev->desc, &io);
		if (port_wait(port, now_ns() + ROUND_LIMIT)) {
			port_clear(port);
			served += irq_service(dev->desc, &io) != 0;
		} else {
			irq_quiet(dev->desc, &io);
		}
		pirq_eoi(pirq);
	}
	unmap((unsigned long)bar_page);
	return served;
}

static void expect_rounds(struct test *t, struct device *dev, uint32_t pirq, evtchn_port_t port,
			  unsigned int expected)
{
	unsigned int served = drive(dev, pirq, port);

	check(t, served == expected, "LI pin %u by pirq %u: %u of %u served, expected %u", dev->gsi,
	      pirq, served, ROUNDS, expected);
}

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
		expect_rounds(t, dev, irq, (evtchn_port_t)port, ROUNDS);
		port_close((evtchn_port_t)port);
	}
	audit_mark(t, "closed");
	device_release(dev);
}
TEST_CASE("vectors.netbsd", netbsd);

/* One pirq for two pins: the first association stands, and the second pin stays masked. */
static void one_pirq_two_pins(struct test *t, uint32_t first, uint32_t second, uint32_t pirq)
{
	struct device *dev = device_take("edu", first), *other = device_take("edu", second);
	int port;

	check(t, !line_write(first, pirq | RTE_LEVEL_LOW), "V pirq %u for pin %u is taken", pirq,
	      first);
	check(t, !line_write(second, pirq | RTE_LEVEL_LOW), "V pirq %u for pin %u returns 0 too",
	      pirq, second);
	port = pirq_bind(pirq);
	check(t, port > 0, "L bind of pirq %u: %d, expected a port", pirq, port);
	check(t, pirq_bind(pirq) == -XEN_EEXIST, "L a second bind of pirq %u is refused", pirq);
	check(t, RTE_MASKED(line_rte(second)), "V pin %u stays masked", second);
	if (port > 0) {
		expect_rounds(t, dev, pirq, (evtchn_port_t)port, ROUNDS);
		expect_rounds(t, other, pirq, (evtchn_port_t)port, 0);
		port_close((evtchn_port_t)port);
	}
	device_release(dev);
	device_release(other);
}

/* Two pirqs for one pin: the first stands; the second is nobody's. */
static void two_pirqs_one_pin(struct test *t, uint32_t pin, uint32_t first, uint32_t second)
{
	int rc = line_write(pin, second | RTE_LEVEL_LOW), port;

	check(t, !rc, "V pirq %u for pin %u, which has %u: %d, expected 0", second, pin, first, rc);
	rc = pirq_bind(second);
	check(t, rc == -XEN_EPERM, "X bind of pirq %u: %d, expected %d (EPERM)", second, rc,
	      -XEN_EPERM);
	rc = pirq_map(DOMID_SELF, pin, second);
	check(t, rc == -XEN_EEXIST, "V map_pirq %u for pin %u: %d, expected %d (EEXIST)", second,
	      pin, rc, -XEN_EEXIST);
	rc = pirq_map(DOMID_SELF, pin, first);
	check(t, !rc, "V map_pirq %u for pin %u again: %d, expected 0", first, pin, rc);
	port = pirq_bind(first);
	check(t, port > 0, "L bind of pirq %u: %d, expected a port", first, port);
	if (port > 0)
		port_close((evtchn_port_t)port);
}

/* unmap_pirq of a bound pirq: Xen unbinds it, masks the pin and takes the right to it away. */
static void unmap_while_bound(struct test *t, uint32_t pin, uint32_t pirq)
{
	int port = pirq_bind(pirq), rc;

	check(t, port > 0 && !RTE_MASKED(line_rte(pin)), "L pirq %u is bound, pin %u open", pirq,
	      pin);
	rc = pirq_unmap(DOMID_SELF, pirq);
	check(t, !rc, "L unmap_pirq %u while it is bound: %d, expected 0", pirq, rc);
	check(t, RTE_MASKED(line_rte(pin)), "L pin %u is masked", pin);
	test_mark(t, "unmapped", pin, "mask=1 irr=0");
	rc = pirq_bind(pirq);
	check(t, rc == -XEN_EPERM, "X bind of pirq %u after it: %d, expected %d (EPERM)", pirq, rc,
	      -XEN_EPERM);
	rc = line_write(pin, pirq | RTE_LEVEL_LOW);
	check(t, rc == -XEN_EPERM, "X apic_write of pin %u after it: %d, expected %d (EPERM)", pin,
	      rc, -XEN_EPERM);
	rc = pirq_unmap(DOMID_SELF, pirq);
	check(t, rc == -XEN_EINVAL, "L a second unmap: %d, expected %d (EINVAL)", rc, -XEN_EINVAL);
}

static void rebind(struct test *t)
{
	struct audit before, after;

	audit_take(&before);
	one_pirq_two_pins(t, 22, 23, 200);
	two_pirqs_one_pin(t, 22, 200, 201);
	unmap_while_bound(t, 22, 200);
	audit_take(&after);
	audit_check(t, &after, "after the rebinding");
	audit_same(t, &before, &after, 1u << 22 | 1u << 23, "other pins");
	audit_mark(t, "rebound");
}
TEST_CASE("vectors.rebind", rebind);
