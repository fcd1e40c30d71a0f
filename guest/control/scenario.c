// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/scenario.h"

#include "guest/control/line.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"

#define FAULT_LIMIT (500 * MS)
#define STORM_LEAST 100
#define OTHERS_EOI  (200 * US)

static void play(struct test *t, struct sibling *o, enum fault_verb verb)
{
	uint64_t deadline = now_ns() + FAULT_LIMIT;

	if (verb == FAULT_NONE)
		return;
	sibling_order(o, ORDER_FAULT, verb);
	while (!__atomic_load_n(&o->box->fault_live, __ATOMIC_ACQUIRE) && now_ns() < deadline) {
		port_wait(o->port, deadline);
		port_clear(o->port);
	}
	if (!o->box->fault_live)
		test_error(t, "the offender's fault did not come to stand");
}

/* The offender plays its verb, and leaves its line or is destroyed if the scenario says so. */
static void strike(struct test *t, struct cast *c, struct sibling *o, const struct scenario *sc)
{
	int rc;

	play(t, o, sc->verb);
	c->struck = now_ns();
	o->live = sc->resumes;
	if (sc->leave)
		sc->leave(t, c);
	if (!sc->kill)
		return;
	/* The others give their EOI now; only the offender's is owed, until it is forced after 1 ms. */
	sleep_ns(OTHERS_EOI);
	rc = sibling_kill(o);
	check(t, !rc, "L dom %u is gone after destroy: %d, expected 0", o->dom, rc);
}

static void during(struct test *t, struct cast *c, struct sibling *o, const struct scenario *sc)
{
	uint64_t length = c->timing.window[WINDOW_DURING];

	window_open(c, WINDOW_DURING, false);
	window_wait(t, length / 4);
	strike(t, c, o, sc);
	window_wait(t, length - length / 4);
	window_close(t, c);
	/* Not inside the window: how long the host takes to look must not stretch it. */
	test_mark(t, "fault", c->gsi, "irr=any mask=any");
}

/* What the only sharer gets and did not raise comes from the offender's device. */
static void judge_storm_end(struct test *t, struct cast *c)
{
	unsigned long long during = window_spurious(c, WINDOW_DURING);
	unsigned long long after = window_spurious(c, WINDOW_AFTER);

	check(t, during >= STORM_LEAST, "ST the dead domain's device storms: %llu, at least %u",
	      during, STORM_LEAST);
	check(t, !after, "ST the rescue ends the storm: %llu spurious after it, expected 0", after);
}

/* The offender is destroyed if it is not yet, and its device silenced: by its row alone, nothing is reset. */
static void rescue(struct test *t, struct cast *c, struct sibling *o, const struct scenario *sc)
{
	int rc;

	if (sc->resumes)
		return;
	rc = o->box ? sibling_kill(o) : 0;
	check(t, !rc, "L dom %u leaves: %d, expected 0", o->dom, rc);
	if (sc->rescue)
		sc->rescue(t, c);
	else
		rescue_by_descriptor(o->dev->desc, o->dev->bar);
}

void scenario_run(struct test *t, const struct scenario *sc)
{
	struct cast *c = cast_up(t);
	struct sibling *o;
	uint64_t before, after;

	if (!c)
		return;
	o = cast_offender(c);
	if (!o) {
		test_error(t, "the cast has no offender");
		cast_down(t, c);
		return;
	}
	before = test_mark(t, "bound", c->gsi, "mask=0 irr=0");
	window_run(t, c, WINDOW_BEFORE);
	window_judge(t, c, WINDOW_BEFORE, &HEALTHY);
	during(t, c, o, sc);
	window_judge(t, c, WINDOW_DURING, sc->during);
	if (sc->judge)
		sc->judge(t, c);
	rescue(t, c, o, sc);
	sleep_ns(sc->settle);
	window_run(t, c, WINDOW_AFTER);
	window_judge(t, c, WINDOW_AFTER, &HEALTHY);
	if (sc->storm_ends)
		judge_storm_end(t, c);
	if (sc->after)
		sc->after(t, c);
	after = test_mark(t, "recovered", c->gsi, "mask=0 irr=0");
	check(t, RTE_VECTOR(before) == RTE_VECTOR(after), "V vector 0x%x, expected 0x%x as before",
	      RTE_VECTOR(after), RTE_VECTOR(before));
	cast_down(t, c);
	test_mark(t, "unbound", c->gsi, "mask=1 irr=0");
}
