// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that nobody quiets interrupts without end.
 *
 * Mechanism: do_IRQ() counts a guest line's interrupts per 10 ms; above
 * irq_ratelimit (10,000 unless set) it disables the line until a timer enables
 * it again, 10 ms later at most. Survival proves that the storm is bounded by
 * that number and that the line lives on: nothing is lost meanwhile and after.
 */
#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/scenario.h"
#include "guest/xen/clock.h"

#define QUANTUM (10 * MS)
#define LOOKS	20u

static const struct bound LIMITED = { QUANTUM, QUANTUM, "irq_ratelimit, per 10 ms", NULL };

/* Interrupts of the line in window "during", as one sharer saw them. */
static uint64_t events_seen(const struct cast *c)
{
	for (unsigned int i = 0; i < c->n; i++) {
		const struct window_stats *w = &c->member[i].box->window[WINDOW_DURING];

		if (!c->member[i].offender)
			return (uint64_t)w->served + w->spurious;
	}
	return 0;
}

static void judge_limit(struct test *t, struct cast *c)
{
	uint64_t limit = plan_number(t->line, "ratelimit", 0);
	uint64_t quanta = c->timing.window[WINDOW_DURING] / QUANTUM;
	unsigned long long ms = quanta * 10;
	unsigned long long least = limit * quanta / 2;
	uint64_t seen = events_seen(c);
	/* A quantum starts with its first interrupt, so one more may be cut at each end. */
	uint64_t most = limit * (quanta + 2);

	check(t, seen <= most, "ST %llu interrupts in %llu ms, at most %llu (%llu per 10 ms)",
	      (unsigned long long)seen, ms, (unsigned long long)most, (unsigned long long)limit);
	check(t, seen >= least, "ST the storm reached the limit: %llu, at least %llu",
	      (unsigned long long)seen, least);
}

/* The storm goes on. Most of a quantum the line is over its limit, and has to be masked: who only drops the interrupts has them all. */
static void judge_masked(struct test *t, const struct cast *c)
{
	unsigned int masked = 0;

	for (unsigned int i = 0; i < LOOKS; i++) {
		sleep_ns(MS);
		masked += RTE_MASKED(line_rte(c->gsi)) != 0;
	}
	check(t, masked >= LOOKS / 4,
	      "ST the pin is masked over the limit: %u of %u times, at least %u", masked, LOOKS,
	      LOOKS / 4);
}

static void judge_limited(struct test *t, struct cast *c)
{
	judge_limit(t, c);
	judge_masked(t, c);
}

static void storm_limited(struct test *t)
{
	/* When the storm ends the line may be disabled, for the rest of a quantum. */
	scenario_run(t, &(struct scenario){ .verb = FAULT_NOACK,
					    .during = &LIMITED,
					    .settle = QUANTUM,
					    .judge = judge_limited });
}
TEST_CASE("storm.limited", storm_limited);

static void judge_storm(struct test *t, struct cast *c)
{
	uint64_t raised = 0;
	uint64_t seen = events_seen(c);

	for (unsigned int i = 0; i < c->n; i++)
		if (!c->member[i].offender)
			raised += c->member[i].box->window[WINDOW_DURING].raised;
	check(t, seen > 2 * raised, "ST a storm there was: %llu interrupts for %llu raised",
	      (unsigned long long)seen, (unsigned long long)raised);
}

static void storm_default(struct test *t)
{
	scenario_run(t, &(struct scenario){
				.verb = FAULT_NOACK, .during = &HEALTHY, .judge = judge_storm });
}
TEST_CASE("storm.default", storm_default);
