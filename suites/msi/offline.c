// SPDX-License-Identifier: GPL-2.0-only
/*
 * The physical CPU that a message went to goes offline, after the message has
 * been bound on another one, with the capability's switch on or off; or while
 * the message still goes there, though its vCPU has left.
 *
 * Mechanism: pirq_guest_bind() sets the interrupt's affinity to the CPU of its
 * vCPU: set_msi_affinity() -> write_msi_msg(), which cannot reach the table while
 * MSI-X is off (ENXIO), and whose result nobody asks for. Xen's record says the
 * one CPU, the table the other, and fixup_irqs() believes the record. What is at
 * the CPU by the record it moves. LI: what is bound comes, whichever CPUs there are.
 */
#include "guest/xen/clock.h"
#include "guest/xen/domctl.h"
#include "guest/xen/hypercall.h"
#include "suites/msi/rounds.h"

#define ROUNDS 10

/* Close the first vector and bind it again with the control domain on @cpu. */
static bool bind_on(struct test *t, struct exercise *e, unsigned int cpu)
{
	int rc;

	/* Closed before the move, or the first interrupt would move itself as well. */
	port_close(e->port[0]);
	rc = domctl_pin_cpu(0, cpu);
	if (rc) {
		test_error(t, "the control domain cannot be pinned: %d", rc);
		return false;
	}
	rc = exercise_bind(e, 0);
	return check(t, rc > 0, "L bind of pirq %u on CPU %u: %d, expected a port", e->pirq[0], cpu,
		     rc);
}

static void expect_destination(struct test *t, const struct exercise *e, unsigned int cpu)
{
	unsigned int seen = msi_destination(e, 0);

	check(t, seen == cpu, "LI bound on CPU %u, it goes to CPU %u", cpu, seen);
}

static void expect_rounds(struct test *t, struct exercise *e, const char *when)
{
	struct tally sum = { 0 };

	msi_rounds(e, 0, ROUNDS, &sum);
	msi_expect(t, e, &sum, ROUNDS, when);
}

/* A line that the device has held all the while is acknowledged and ended, wherever it went. */
static void let_go(struct exercise *e)
{
	exerciser_service(&e->c);
	port_clear(e->port[0]);
	pirq_eoi(e->pirq[0]);
}

static void without_cpu(struct test *t, struct exercise *e, bool held)
{
	int rc = sysctl_cpu(1, false);

	check(t, !rc, "HC CPU 1 goes offline: %d, expected 0", rc);
	if (held)
		let_go(e);
	if (rc)
		return;
	expect_rounds(t, e, "with CPU 1 offline");
	rc = sysctl_cpu(1, true);
	check(t, !rc, "HC CPU 1 comes back: %d, expected 0", rc);
}

static bool bound(const struct test *t, const char *how)
{
	struct span value;

	return plan_value(t->line, "bound", &value) && span_is(value, how);
}

/*
 * The vCPU goes, and its message would follow with the next interrupt: CPU 1 does not wait for that. A line is
 * held meanwhile, forced to its end and there again each millisecond: it is in flight when CPU 1 goes.
 */
static void leave_behind(struct test *t, struct exercise *e)
{
	bool held = e->kind == IRQ_INTX;
	int rc = domctl_pin_cpu(0, 0);

	if (rc)
		test_error(t, "the control domain cannot be pinned: %d", rc);
	else if (held && exercise_trigger(e, 0))
		test_error(t, "%s cannot be triggered", e->c.ops->model);
	else
		without_cpu(t, e, held);
}

static void take_along(struct test *t, struct exercise *e)
{
	if (bound(t, "off"))
		message_enable(&e->m[0], false);
	if (!bind_on(t, e, 0))
		return;
	message_enable(&e->m[0], true);
	expect_rounds(t, e, "bound on CPU 0");
	without_cpu(t, e, false);
}

static void offline(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));

	if (!e)
		return;
	if (bind_on(t, e, 1)) {
		expect_destination(t, e, 1);
		expect_rounds(t, e, "bound on CPU 1");
		if (bound(t, "there"))
			leave_behind(t, e);
		else
			take_along(t, e);
	}
	domctl_unpin(0);
	exercise_close(t, e);
}
TEST_CASE("msi.offline", offline);
