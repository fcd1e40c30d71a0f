// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each controller interrupts on demand, a thousand times, by each kind of
 * interrupt that it has, driven by the control domain alone on its line.
 *
 * Mechanism: the whole way of an interrupt through Xen, from the device's level
 * or message to the event channel and back with the EOI. Survival proves that
 * nothing is lost and that each interrupt comes with its work done: the ground
 * that all other cases with this controller stand on.
 */
#include "guest/control/exercise.h"
#include "guest/control/ktap.h"
#include "guest/lib/hist.h"
#include "guest/xen/clock.h"

#define ROUNDS 1000

struct tally {
	unsigned int served, undone, strays;
	struct hist latency;
};

/* One piece of work, or a plain interrupt where the controller has none. */
static void one_round(struct exercise *e, struct tally *sum)
{
	const struct exerciser *ops = e->c.ops;
	uint64_t start = now_ns();

	if (ops->work ? ops->work(&e->c) : ops->trigger(&e->c, 0))
		return;
	if (!exercise_await(e, 0, e->limit))
		return;
	hist_add(&sum->latency, now_ns() - start);
	sum->served++;
	sum->undone += ops->finish && ops->finish(&e->c);
	sum->strays += exercise_strays(e, 0);
}

static void tell(const struct exercise *e, const struct tally *sum)
{
	ktap_line("  # data exercise=%s irq=%s rounds=%u served=%u undone=%u round_p50_us=%u "
		  "round_p99_us=%u",
		  e->c.ops->model, exercise_kind_name(e->kind), ROUNDS, sum->served, sum->undone,
		  (unsigned int)(hist_quantile(&sum->latency, 500) / US),
		  (unsigned int)(hist_quantile(&sum->latency, 990) / US));
	exercise_tell_error(e);
}

static void rounds(struct test *t)
{
	static struct tally sum;
	struct exercise *e = exercise_open(t, exercise_kind(t));

	if (!e)
		return;
	sum = (struct tally){ 0 };
	/* The first that fails ends it: a controller that hangs would take a minute to say so. */
	for (unsigned int i = 0; i < ROUNDS && sum.served == i && !sum.undone; i++)
		one_round(e, &sum);
	tell(e, &sum);
	check(t, sum.served == ROUNDS, "LI %s: served %u of %u rounds", e->c.ops->model, sum.served,
	      ROUNDS);
	check(t, !sum.undone, "LI %s: %u interrupts without their work done, expected 0",
	      e->c.ops->model, sum.undone);
	check(t, !sum.strays, "X %s: %u interrupts on other vectors, expected 0", e->c.ops->model,
	      sum.strays);
	exercise_close(t, e);
}
TEST_CASE("controllers.rounds", rounds);
