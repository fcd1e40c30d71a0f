// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole server: every interrupt line of the machine on which the question came up
 * (a PowerEdge 400SC, xen-devel, 2005), each driver in a domain of its own, and one
 * of "libata, uhci_hcd, eth0 on one IRQ" goes wrong.
 *
 * Mechanism: as in the suites hung, dead and storm on the offender's line. Beyond
 * that line: with ioapic_ack=old a hung driver holds nothing but its line, and the
 * others must not notice; with ioapic_ack=new it holds the local APIC, and what is
 * of lower priority waits: for the forced EOI at least.
 */
#include "guest/control/scenario.h"
#include "guest/xen/clock.h"

static const struct bound OLD_ACK = { 1 * MS, 1 * MS, "forced EOI after 1 ms", &HEALTHY };

static bool old_ack(struct test *t)
{
	struct span ack;

	return plan_value(t->line, "ack", &ack) && span_is(ack, "old");
}

static void server_idle(struct test *t)
{
	struct cast *c = cast_up(t);

	if (!c)
		return;
	window_run(t, c, WINDOW_BEFORE);
	window_judge(t, c, WINDOW_BEFORE, &HEALTHY);
	cast_down(t, c);
}
TEST_CASE("server.all", server_idle);

static void server_hung(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_MASK,
					    .during = old_ack(t) ? &OLD_ACK : &FORCED_EOI });
}
TEST_CASE("server.hung", server_hung);

static void server_dead(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_MASK, .kill = true, .during = &HEALTHY });
}
TEST_CASE("server.dead", server_dead);

static void server_storm(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_NOACK, .during = &HEALTHY });
}
TEST_CASE("server.storm", server_storm);

static void server_lower(struct test *t)
{
	struct span fault;

	if (!plan_value(t->line, "fault", &fault))
		test_error(t, "the plan names no fault");
	else if (span_is(fault, "hung"))
		server_hung(t);
	else if (span_is(fault, "dead"))
		server_dead(t);
	else
		server_storm(t);
}
TEST_CASE("server.lower", server_lower);
