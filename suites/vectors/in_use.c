// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control domain writes to pins that somebody uses: Xen itself, another
 * domain, its own ACPI handler.
 *
 * Mechanism: ioapic_guest_write() writes no pin that has an action, and returns
 * as if it had. V: the entry does not move. S, LI: whoever has the pin loses nothing.
 */
#include "guest/control/audit.h"
#include "guest/control/line.h"
#include "guest/control/owner.h"
#include "guest/control/window.h"
#include "guest/dev/acpi.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "suites/vectors/matrix.h"

#define SCI_PIN	   9 /* as the ACPI tables of the board say */
#define SCI_ROUNDS 3
#define PAUSE	   (20 * US)

static void in_use(struct test *t)
{
	struct cast *c = cast_up(t);
	struct audit before, after;

	if (!c)
		return;
	audit_take(&before);
	matrix_in_use(t, 0, "the timer, before it was led to pin 2", PAUSE);
	matrix_in_use(t, 2, "the timer", PAUSE);
	matrix_in_use(t, 4, "the serial line", PAUSE);
	audit_take(&after);
	audit_same(t, &before, &after, 0, "writes to the pins of Xen");

	window_open(c, WINDOW_DURING, true);
	matrix_in_use(t, c->gsi, "another domain", PAUSE);
	window_wait(t, c->timing.window[WINDOW_DURING]);
	window_close(t, c);
	window_judge(t, c, WINDOW_DURING, &HEALTHY);
	audit_take(&after);
	audit_check(t, &after, "after the writes");
	audit_same(t, &before, &after, 0, "writes to a bound pin");
	audit_mark(t, "written");
	cast_down(t, c);
}
TEST_CASE("vectors.in_use", in_use);

/* The timer's carry comes by the SCI, or it does not within the time that it takes. */
static bool sci_comes(evtchn_port_t port)
{
	bool came = port_wait(port, now_ns() + ACPI_TIMER_PERIOD + 50 * MS);

	port_clear(port);
	came = acpi_timer_service() && came;
	pirq_eoi(SCI_PIN);
	return came;
}

/* As an ACPI handler of a control domain: level, high active as the MADT's override says. */
static void acpi(struct test *t)
{
	int rc = line_write(SCI_PIN, SCI_PIN | RTE_LEVEL), port = pirq_bind(SCI_PIN);
	unsigned int came = 0;

	check(t, !rc && port > 0, "L route and bind of pin %u: %d and %d, expected 0 and a port",
	      SCI_PIN, rc, port);
	if (port <= 0)
		return;
	own_line(SCI_PIN, 0);
	pirq_eoi(SCI_PIN);
	if (!acpi_timer_enable())
		test_error(t, "the board has no ACPI registers");
	for (unsigned int i = 0; i < SCI_ROUNDS && !t->error[0]; i++) {
		matrix_in_use(t, SCI_PIN, "the ACPI handler", 0);
		came += sci_comes((evtchn_port_t)port);
	}
	check(t, came == SCI_ROUNDS, "LI %u of %u SCIs came", came, SCI_ROUNDS);
	test_mark(t, "served", SCI_PIN, "mask=0 irr=0");
	acpi_timer_disable();
	port_close((evtchn_port_t)port);
	disown_line(SCI_PIN, 0);
}
TEST_CASE("vectors.acpi", acpi);
