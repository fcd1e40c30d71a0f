// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function interrupts by message or by its line, never by both (PCI Local Bus
 * 3.0, 6.8.1.3: with MSI enabled it is prohibited from using its INTx# pin).
 *
 * Mechanism: two pirqs of one function, both bound. Xen has no part in which of
 * them the device uses, and must not mix them up. X: the one that is off stays
 * silent, also on the IO-APIC's pin; LI: the other has them all.
 */
#include "guest/control/line.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "suites/msi/rounds.h"

#define ROUNDS 100

static evtchn_port_t bind_line(struct test *t, const struct device *dev)
{
	int rc = line_setup(dev->gsi);

	rc = rc ? rc : line_map_pirq(DOMID_SELF, dev->gsi);
	rc = rc ? rc : pirq_bind(dev->gsi);
	check(t, rc > 0, "L map and bind of line %u: %d, expected a port", dev->gsi, rc);
	if (rc <= 0)
		return 0;
	pirq_eoi(dev->gsi);
	return (evtchn_port_t)rc;
}

static unsigned int take(evtchn_port_t port, uint32_t pirq)
{
	if (!port_pending(port))
		return 0;
	port_clear(port);
	pirq_eoi(pirq);
	return 1;
}

static void by_message(struct test *t, struct exercise *e, evtchn_port_t line, const char *when)
{
	unsigned int on_line = 0;
	struct tally sum = { 0 };
	bool well = true;

	for (unsigned int i = 0; i < ROUNDS && well; i++) {
		well = msi_round(e, 0, &sum);
		on_line += take(line, e->dev->gsi);
	}
	msi_expect(t, e, &sum, ROUNDS, when);
	check(t, !on_line, "X %s %s: %u on the line as well, expected 0", e->c.ops->model, when,
	      on_line);
}

/* The device interrupts, by message or by its line, and is not acknowledged: is its pin as @expect says? */
static void look_at_pin(struct test *t, struct exercise *e, evtchn_port_t port, uint32_t pirq,
			const char *label, const char *expect)
{
	bool came;

	if (exercise_trigger(e, 0)) {
		test_error(t, "%s cannot be triggered", e->c.ops->model);
		return;
	}
	came = port_wait(port, now_ns() + e->limit);
	check(t, came, "LI %s %s: it came", e->c.ops->model, label);
	test_mark(t, label, e->dev->gsi, expect);
	exerciser_service(&e->c);
	port_clear(port);
	pirq_eoi(pirq);
	/* Told again meanwhile: a line by each forced EOI, a message that an 82574 has sent once more. */
	take(port, pirq);
}

static bool line_round(struct exercise *e, evtchn_port_t line)
{
	bool came, ours;

	if (exercise_trigger(e, 0))
		return false;
	came = port_wait(line, now_ns() + e->limit);
	port_clear(line);
	ours = exerciser_service(&e->c);
	pirq_eoi(e->dev->gsi);
	return came && ours && !port_pending(line);
}

static void by_line(struct test *t, struct exercise *e, evtchn_port_t line)
{
	unsigned int served = 0, messages = 0;

	if (!exercise_begin(t, e, IRQ_INTX, 1))
		return;
	while (served < ROUNDS && line_round(e, line)) {
		served++;
		messages += exercise_strays(e, NO_VECTOR);
	}
	exercise_tell_error(e);
	look_at_pin(t, e, line, e->dev->gsi, "by-line", "irr=1");
	check(t, served == ROUNDS, "LI %s with its messages off: %u of %u on the line",
	      e->c.ops->model, served, ROUNDS);
	check(t, !messages, "X %s with its messages off: %u messages, expected 0", e->c.ops->model,
	      messages);
}

static void exclusive(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	evtchn_port_t line;

	if (!e)
		return;
	line = bind_line(t, e->dev);
	if (line) {
		by_message(t, e, line, "with its line bound");
		look_at_pin(t, e, e->port[0], e->pirq[0], "by-message", "mask=0 irr=0");
		message_enable(&e->m[0], false);
		by_line(t, e, line);
		message_enable(&e->m[0], true);
		if (exercise_begin(t, e, e->kind, e->n))
			by_message(t, e, line, "after its line was used");
		port_close(line);
	}
	exercise_close(t, e);
}
TEST_CASE("msi.exclusive", exclusive);
