// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routing a pin again: "if dom0 rebinds the pirq<->gsi association, will Xen
 * maintain its internal structures correctly? will it properly clean up the
 * old state?" (xen-devel, 2009).
 *
 * Mechanism: map_domain_pirq() keeps, for each domain, the irq of a pirq and the
 * pirq of an irq. The first association stands: a write that contradicts it
 * returns 0 and changes none, until unmap_domain_pirq() takes both back,
 * together with the domain's right to the irq.
 */
#include "guest/control/audit.h"
#include "guest/control/line.h"
#include "guest/control/pirq.h"
#include "guest/control/window.h"
#include "guest/xen/domctl.h"
#include "guest/xen/event.h"
#include "suites/vectors/drive.h"

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
		expect_rounds(t, dev, pirq, (evtchn_port_t)port, DRIVE_ROUNDS);
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

#define CROSSED	     3
#define FIRST_PIN    16u /* a device of its own on each of 16..19 and 21..23 */
#define HIGHEST_PIRQ 58u

/* Pirqs from the top down for pins from the bottom up, bound in a third order. */
static void crossed(struct test *t)
{
	static const unsigned int order[CROSSED] = { 2, 0, 1 };
	struct device *dev[CROSSED];
	evtchn_port_t port[CROSSED];

	for (unsigned int i = 0; i < CROSSED; i++) {
		dev[i] = device_take("edu", FIRST_PIN + i);
		expect_result(t, line_write(FIRST_PIN + i, (HIGHEST_PIRQ - i) | RTE_LEVEL_LOW), 0,
			      "V apic_write pin %u pirq %u", FIRST_PIN + i, HIGHEST_PIRQ - i);
	}
	for (unsigned int i = 0; i < CROSSED; i++)
		port[order[i]] = expect_port(t, HIGHEST_PIRQ - order[i]);
	for (unsigned int i = 0; i < CROSSED; i++) {
		unsigned int strays = 0;

		expect_rounds(t, dev[i], HIGHEST_PIRQ - i, port[i], DRIVE_ROUNDS);
		for (unsigned int other = 0; other < CROSSED; other++)
			strays += other != i && port_pending(port[other]);
		check(t, !strays, "X pin %u: %u events at other ports, expected 0", FIRST_PIN + i,
		      strays);
	}
	for (unsigned int i = 0; i < CROSSED; i++) {
		expect_result(t, port_close(port[i]), 0, "L close of pirq %u", HIGHEST_PIRQ - i);
		device_release(dev[i]);
	}
}

/* The pirq that map_pirq gave stands, whatever the pin's entry is written with later. */
static void map_then_write(struct test *t, uint32_t pin, uint32_t pirq)
{
	struct device *dev = device_take("edu", pin);
	evtchn_port_t port;

	expect_result(t, pirq_map(DOMID_SELF, pin, pirq), 0, "V map_pirq %u for pin %u", pirq, pin);
	expect_result(t, line_write(pin, (pirq + 1) | RTE_LEVEL_LOW), 0,
		      "V apic_write pin %u pirq %u, which contradicts", pin, pirq + 1);
	expect_result(t, pirq_bind(pirq + 1), -XEN_EPERM, "X bind of pirq %u", pirq + 1);
	expect_result(t, line_write(pin, pirq | RTE_LEVEL_LOW), 0, "V apic_write pin %u pirq %u",
		      pin, pirq);
	port = expect_port(t, pirq);
	expect_rounds(t, dev, pirq, port, DRIVE_ROUNDS);
	expect_result(t, port_close(port), 0, "L close of pirq %u", pirq);
	device_release(dev);
}

/* And the other way round: the pirq of the entry stands, and map_pirq says so. */
static void write_then_map(struct test *t, uint32_t pin, uint32_t pirq)
{
	struct device *dev = device_take("edu", pin);
	evtchn_port_t port;

	expect_result(t, line_write(pin, pirq | RTE_LEVEL_LOW), 0, "V apic_write pin %u pirq %u",
		      pin, pirq);
	expect_result(t, pirq_map(DOMID_SELF, pin, pirq + 1), -XEN_EEXIST,
		      "V map_pirq %u for pin %u, which contradicts", pirq + 1, pin);
	expect_result(t, pirq_map(DOMID_SELF, pin, pirq), 0, "V map_pirq %u for pin %u", pirq, pin);
	expect_result(t, pirq_map_any(DOMID_SELF, pin), (int)pirq, "V map_pirq of any for pin %u",
		      pin);
	port = expect_port(t, pirq);
	expect_rounds(t, dev, pirq, port, DRIVE_ROUNDS);
	expect_result(t, port_close(port), 0, "L close of pirq %u", pirq);
	device_release(dev);
}

/* A masked entry maps nothing (commit 669d4b85c4); then any pirq will do, of the GSIs' own first. */
static void masked_write(struct test *t, uint32_t pin, uint32_t pirq)
{
	int any;

	expect_result(t, line_write(pin, pirq | RTE_LEVEL_LOW | RTE_MASK), 0,
		      "V apic_write pin %u pirq %u, masked", pin, pirq);
	expect_result(t, pirq_bind(pirq), -XEN_EPERM, "X bind of pirq %u", pirq);
	any = pirq_map_any(DOMID_SELF, pin);
	expect_result(t, any, (int)FIRST_PIN, "V map_pirq of any for pin %u", pin);
	expect_result(t, pirq_unmap(DOMID_SELF, (uint32_t)any), 0, "L unmap of pirq %d", any);
}

/* The numbers behind the last pin are the irqs of messages, and -1 is none. */
static void no_such_line(struct test *t)
{
	static const int gsis[] = { IOAPIC_PINS, IOAPIC_PINS + 8, 0x7fffffff, -1 };

	for (unsigned int i = 0; i < sizeof(gsis) / sizeof(gsis[0]); i++)
		expect_result(t, pirq_map_any(DOMID_SELF, (uint32_t)gsis[i]), -XEN_EINVAL,
			      "X map_pirq of GSI %d", gsis[i]);
}

static void reorder(struct test *t)
{
	struct audit before, after;

	audit_take(&before);
	crossed(t);
	map_then_write(t, 19, 40);
	write_then_map(t, 21, 42);
	masked_write(t, 11, 44);
	no_such_line(t);
	audit_take(&after);
	audit_check(t, &after, "after the mapping");
	audit_same(t, &before, &after, 0x2f0800, "other pins");
	audit_mark(t, "mapped");
}
TEST_CASE("vectors.reorder", reorder);

/* Unmapped, the control domain's right to the irq is gone for good: nobody is left to give it back. */
static void right_is_gone(struct test *t, uint32_t pin, uint32_t pirq)
{
	expect_result(t, line_write(pin, pirq | RTE_LEVEL_LOW), 0, "V apic_write pin %u pirq %u",
		      pin, pirq);
	expect_result(t, pirq_unmap(DOMID_SELF, pirq), 0, "L unmap of pirq %u", pirq);
	check(t, RTE_MASKED(line_rte(pin)), "L pin %u is masked", pin);
	expect_result(t, pirq_unmap(DOMID_SELF, pirq), -XEN_EINVAL, "L unmap again");
	expect_result(t, pirq_bind(pirq), -XEN_EPERM, "X bind of pirq %u", pirq);
	expect_result(t, pirq_eoi(pirq), -XEN_EINVAL, "L eoi of pirq %u", pirq);
	expect_result(t, line_write(pin, pirq | RTE_LEVEL_LOW), -XEN_EPERM,
		      "X apic_write pin %u, same pirq", pin);
	expect_result(t, line_write(pin, (pirq + 1) | RTE_LEVEL_LOW), -XEN_EPERM,
		      "X apic_write pin %u, another pirq", pin);
	expect_result(t, pirq_map(DOMID_SELF, pin, pirq), -XEN_EPERM, "X map_pirq, same pirq");
	expect_result(t, pirq_map_any(DOMID_SELF, pin), -XEN_EPERM, "X map_pirq of any");
	expect_result(t, domctl_allow_irq(0, pirq, true), -XEN_EPERM,
		      "X irq_permission for itself");
}

/* The number is free again: another pin gets it, and works, twice. */
static void number_is_free(struct test *t, uint32_t pin, uint32_t pirq)
{
	struct device *dev = device_take("edu", pin);

	expect_result(t, line_write(pin, pirq | RTE_LEVEL_LOW), 0, "L pirq %u for pin %u", pirq,
		      pin);
	for (unsigned int i = 0; i < 2; i++) {
		evtchn_port_t port = expect_port(t, pirq);

		expect_rounds(t, dev, pirq, port, DRIVE_ROUNDS);
		expect_result(t, port_close(port), 0, "L close of pirq %u", pirq);
	}
	device_release(dev);
}

/* What it loses by unmapping, a sibling gets back by mapping: the control domain still has the right. */
static void sibling_remapped(struct test *t, struct cast *c)
{
	struct sibling *s = &c->member[0];
	uint32_t pirq = c->gsi, another = c->gsi + 10;
	int port;

	expect_result(t, sibling_ask(s, ORDER_UNBIND, 0), 0, "L unbind by dom %u", s->dom);
	expect_result(t, pirq_unmap(s->dom, pirq), 0, "L unmap of its pirq %u", pirq);
	expect_result(t, sibling_bind(s, pirq), -XEN_EPERM, "X its bind of pirq %u", pirq);
	expect_result(t, pirq_map(s->dom, c->gsi, another), 0, "V map_pirq %u for it", another);
	expect_result(t, sibling_bind(s, pirq), -XEN_EPERM, "X its bind of pirq %u", pirq);
	port = sibling_bind(s, another);
	check(t, port > 0, "L its bind of pirq %u: %d, expected a port", another, port);
	expect_result(t, sibling_close(s, port), 0, "L its close of pirq %u", another);
	expect_result(t, pirq_unmap(s->dom, another), 0, "L unmap of its pirq %u", another);
	expect_result(t, pirq_map(s->dom, c->gsi, pirq), 0, "V map_pirq %u for it", pirq);
	expect_result(t, pirq_map(DOMID_SELF, c->gsi, pirq), 0, "V map_pirq %u for itself", pirq);
	expect_result(t, domctl_allow_irq(s->dom, pirq, false), 0, "X its right is taken");
	expect_result(t, sibling_bind(s, pirq), -XEN_EPERM, "X its bind of pirq %u", pirq);
	expect_result(t, domctl_allow_irq(s->dom, pirq, true), 0, "X its right is given back");
	port = sibling_ask(s, ORDER_BIND, 0);
	check(t, port > 0, "L its bind of pirq %u: %d, expected a port", pirq, port);
}

/* Unmapped while it is bound: the old channel must go first, then all is as before. */
static void sibling_unmapped_bound(struct test *t, struct cast *c)
{
	struct sibling *s = &c->member[0];
	uint32_t pirq = c->gsi;
	int port;

	expect_result(t, pirq_unmap(s->dom, pirq), 0, "L unmap of its bound pirq %u", pirq);
	check(t, RTE_MASKED(line_rte(c->gsi)), "L pin %u is masked", c->gsi);
	expect_result(t, sibling_bind(s, pirq), -XEN_EPERM, "X its bind of pirq %u", pirq);
	expect_result(t, pirq_map(s->dom, c->gsi, pirq), -XEN_EEXIST, "L map_pirq %u for it", pirq);
	expect_result(t, pirq_map_any(s->dom, c->gsi), -XEN_EBUSY, "L map_pirq of any for it");
	expect_result(t, sibling_ask(s, ORDER_UNBIND, 0), 0, "L its close of the old channel");
	expect_result(t, pirq_map(s->dom, c->gsi, pirq), 0, "V map_pirq %u for it", pirq);
	port = sibling_ask(s, ORDER_BIND, 0);
	check(t, port > 0, "L its bind of pirq %u: %d, expected a port", pirq, port);
}

static void remap(struct test *t)
{
	struct cast *c = cast_up(t);
	struct audit before, after;

	if (!c)
		return;
	audit_take(&before);
	right_is_gone(t, 10, 45);
	number_is_free(t, 23, 45);
	window_run(t, c, WINDOW_BEFORE);
	window_judge(t, c, WINDOW_BEFORE, &HEALTHY);
	sibling_remapped(t, c);
	window_run(t, c, WINDOW_DURING);
	window_judge(t, c, WINDOW_DURING, &HEALTHY);
	sibling_unmapped_bound(t, c);
	window_run(t, c, WINDOW_AFTER);
	window_judge(t, c, WINDOW_AFTER, &HEALTHY);
	audit_take(&after);
	audit_check(t, &after, "after the remapping");
	audit_same(t, &before, &after, 1u << 10 | 1u << 23, "other pins");
	audit_mark(t, "remapped");
	cast_down(t, c);
}
TEST_CASE("vectors.remap", remap);
