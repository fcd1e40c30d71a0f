// SPDX-License-Identifier: GPL-2.0-only
/*
 * A controller's own switches, on its line: what is masked does not interrupt and
 * comes when it is unmasked; what is quiet stays quiet, and starts again.
 *
 * Mechanism: a level that goes down before its EOI, and one that comes up by a
 * register write alone. Survival proves that a handler may mask its device instead
 * of acknowledging it, as drivers do, and that the rescues of other cases stand on
 * firm ground.
 */
#include "guest/control/exercise.h"
#include "guest/xen/clock.h"

#define ROUNDS 20
#define QUIET  (2 * MS)

/* Let the controller interrupt where nothing may come. Return: did something? */
static bool comes_anyway(struct exercise *e)
{
	return !exercise_trigger(e, 0) &&
	       port_wait(e->port[0], now_ns() + e->c.ops->device_ns + QUIET);
}

static void take_event(struct exercise *e)
{
	exerciser_service(&e->c);
	port_clear(e->port[0]);
	pirq_eoi(e->pirq[0]);
}

static void mask(struct test *t)
{
	struct exercise *e = exercise_open(t, IRQ_INTX);
	unsigned int early = 0, served = 0;

	if (!e)
		return;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		e->c.ops->mask(&e->c);
		early += comes_anyway(e);
		e->c.ops->unmask(&e->c);
		served += exercise_await(e, 0, e->limit);
		/* Where trigger is work, so that the next can begin. */
		if (e->c.ops->finish)
			e->c.ops->finish(&e->c);
	}
	exercise_tell_error(e);
	check(t, !early, "X %s: %u interrupts while it was masked, expected 0", e->c.ops->model,
	      early);
	check(t, served == ROUNDS, "LI %s: %u came when it was unmasked, expected %u",
	      e->c.ops->model, served, ROUNDS);
	exercise_close(t, e);
}
TEST_CASE("controllers.mask", mask);

static void quiet(struct test *t)
{
	struct exercise *e = exercise_open(t, IRQ_INTX);
	unsigned int again = 0, served = 0, n = ROUNDS / 4;

	if (!e)
		return;
	for (unsigned int i = 0; i < n; i++) {
		/* It asserts, and nobody acknowledges. */
		if (!exercise_trigger(e, 0))
			port_wait(e->port[0], now_ns() + e->limit);
		e->c.ops->quiet(&e->c);
		take_event(e);
		again += port_wait(e->port[0], now_ns() + QUIET);
		if (!exercise_begin(t, e, IRQ_INTX, 1))
			break;
		take_event(e);
		served += !exercise_trigger(e, 0) && exercise_await(e, 0, e->limit);
		if (e->c.ops->finish)
			e->c.ops->finish(&e->c);
	}
	check(t, !again, "X %s: %u interrupts after it was silenced, expected 0", e->c.ops->model,
	      again);
	check(t, served == n, "LI %s: %u served once it was started again, expected %u",
	      e->c.ops->model, served, n);
	exercise_close(t, e);
}
TEST_CASE("controllers.quiet", quiet);
