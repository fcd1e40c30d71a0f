// SPDX-License-Identifier: GPL-2.0-only
/*
 * What irq_ratelimit costs those who did nothing.
 *
 * Mechanism: do_IRQ() acks the interrupt above the limit, disables the line, puts it
 * on irq_ratelimit_list and delivers nothing; irq_ratelimit_timer_fn() enables all of
 * the list 10 ms later at most. Survival proves that the hypervisor's own time is
 * limited with the storm, that what nobody has bound stays closed, and that an
 * interrupt above the limit is late and not lost.
 */
#include "guest/control/exercise.h"
#include "guest/control/line.h"
#include "guest/control/scenario.h"
#include "guest/xen/clock.h"

#define QUANTUM	    (10 * MS)
#define LOOK	    (50 * US)
#define LIMIT_SOON  (50 * MS)
#define RAISED	    200u
#define ANSWER_SOON (5 * MS)

static const struct bound LIMITED = { QUANTUM, QUANTUM, "irq_ratelimit, per 10 ms", &HEALTHY };

static uint64_t limit_of(struct test *t)
{
	return plan_number(t->line, "ratelimit", 0);
}

static void storm_bystander(struct test *t)
{
	scenario_run(t, &(struct scenario){
				.verb = FAULT_NOACK, .during = &LIMITED, .settle = QUANTUM });
}
TEST_CASE("storm.bystander", storm_bystander);

/* Until the limiter has just closed @gsi: the timer opens it in 10 ms. */
static bool await_limiter(uint32_t gsi)
{
	uint64_t deadline = now_ns() + LIMIT_SOON;

	while (RTE_MASKED(line_rte(gsi)) && now_ns() < deadline)
		sleep_ns(LOOK);
	while (!RTE_MASKED(line_rte(gsi)) && now_ns() < deadline)
		sleep_ns(LOOK);
	return RTE_MASKED(line_rte(gsi));
}

/* The only one of its line goes, in the midst of its storm. */
static void leave_limited(struct test *t, struct cast *c)
{
	struct sibling *o = cast_offender(c);
	struct span how;
	int rc;

	/* With ioapic_ack=old the entry is masked in each interrupt, too. */
	if (limit_of(t) && !await_limiter(o->dev->gsi))
		test_error(t, "pin %u is not limited within %llu ms", o->dev->gsi,
			   (unsigned long long)(LIMIT_SOON / MS));
	if (plan_value(t->line, "how", &how) && span_is(how, "destroy")) {
		rc = sibling_kill(o);
		check(t, !rc, "L dom %u is gone after destroy: %d, expected 0", o->dom, rc);
		return;
	}
	rc = sibling_ask(o, ORDER_STATUS, 0);
	check(t, rc >= 0, "L dom %u has given up its line: %d", o->dom, rc);
}

static void expect_closed(struct test *t, struct cast *c)
{
	uint32_t gsi = cast_offender(c)->dev->gsi;
	uint64_t rte = test_mark(t, "left", gsi, "irr=any mask=any");

	check(t, RTE_MASKED(rte), "ST pin %u, which nobody has bound: mask %u, expected 1", gsi,
	      RTE_MASKED(rte));
}

static void storm_closed(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_ABANDON,
					    .leave = leave_limited,
					    .during = &HEALTHY,
					    .judge = expect_closed });
}
TEST_CASE("storm.closed", storm_closed);

/* Interrupts one after another until the limiter has masked the message. Return: has it? */
static bool reach_limit(struct exercise *e)
{
	uint64_t deadline = now_ns() + LIMIT_SOON;

	while (message_live(&e->m[0]) && now_ns() < deadline) {
		if (exercise_trigger(e, 0))
			return false;
		exercise_await(e, 0, ANSWER_SOON);
	}
	return !message_live(&e->m[0]);
}

static void storm_closed_message(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));

	if (!e)
		return;
	if (limit_of(t) && !reach_limit(e))
		test_error(t, "the message is not limited within %llu ms",
			   (unsigned long long)(LIMIT_SOON / MS));
	port_close(e->port[0]);
	sleep_ns(2 * QUANTUM);
	check(t, !message_live(&e->m[0]),
	      "ST a message that nobody has bound can be sent: %u, expected 0",
	      message_live(&e->m[0]));
	exercise_close(t, e);
}
TEST_CASE("storm.closed_message", storm_closed_message);

/* Each interrupt is waited for, as a driver does: above the limit it may come 10 ms later. */
static void above_the_limit(struct test *t)
{
	uint64_t limit = plan_number(t->line, "ratelimit", 1);
	struct exercise *e = exercise_open(t, exercise_kind(t));
	/* The first quantum may have begun before, and the last is not waited for. */
	unsigned long long elapsed, least = (RAISED / limit - 2) * (QUANTUM / MS);
	unsigned int served = 0, raised = 0;
	uint64_t start = now_ns();

	if (!e)
		return;
	for (; raised < RAISED && !exercise_trigger(e, 0); raised++)
		served += exercise_await(e, 0, e->limit);
	elapsed = (now_ns() - start) / MS;
	check(t, raised == RAISED, "LI the device is ready for %u of %u interrupts", raised,
	      RAISED);
	check(t, elapsed >= least,
	      "ST the limit was reached: %u interrupts in %llu ms, at least %llu", raised, elapsed,
	      least);
	check(t, served == raised, "LI lost %u of %u above the limit, expected 0", raised - served,
	      raised);
	exercise_close(t, e);
}

static void storm_late(struct test *t)
{
	above_the_limit(t);
}
TEST_CASE("storm.late", storm_late);

static void storm_dropped(struct test *t)
{
	above_the_limit(t);
}
TEST_CASE("storm.dropped", storm_dropped);
