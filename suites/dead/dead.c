// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain dies with its device on a shared line: "what if the domain receiving
 * the interrupt dies and can't acknowledge it?" (xen-devel, 2005).
 *
 * Mechanism: domain_kill() -> evtchn_destroy() -> __pirq_guest_unbind() performs
 * the EOI that the dead domain owes and takes it off the line; a domain that
 * crashed and is preserved keeps its binding and is under the forced EOI for
 * ever. Xen never touches the device: one that asserts goes on asserting, and
 * only its descriptor (or a reset) ends that.
 */
#include "guest/control/audit.h"
#include "guest/control/line.h"
#include "guest/control/scenario.h"
#include "guest/xen/clock.h"
#include "guest/xen/domctl.h"

#define REBIRTHS 20 /* a page leaked by each life would be 19, above SLAB_PAGES */

/* Preserved, or the window has shown a death of another kind. */
static void expect_crashed(struct test *t, struct cast *c)
{
	int state = domctl_state(cast_offender(c)->dom);

	check(t, state == DOMAIN_CRASHED, "HC state of the dead domain: %d, expected %d (crashed)",
	      state, DOMAIN_CRASHED);
}

static void dead_crash(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_CRASH,
					    .during = &FORCED_EOI,
					    .judge = expect_crashed });
}
TEST_CASE("dead.crash", dead_crash);

static void dead_destroy(struct test *t)
{
	struct span device;
	bool asserted = plan_value(t->line, "device", &device) && span_is(device, "asserted");

	scenario_run(t, &(struct scenario){ .verb = asserted ? FAULT_NOACK : FAULT_NONE,
					    .kill = true,
					    .during = &HEALTHY });
}
TEST_CASE("dead.destroy", dead_destroy);

static void dead_destroy_in_handler(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_MASK, .kill = true, .during = &HEALTHY });
}
TEST_CASE("dead.destroy_in_handler", dead_destroy_in_handler);

/* As destroy_in_handler, of a domain whose pirq dpci has bound: arch_pci_clean_pirqs() must let go of the line. */
static void dead_hvm(struct test *t)
{
	dead_destroy_in_handler(t);
}
TEST_CASE("dead.hvm", dead_hvm);

/*
 * One sharer and the offender: what the sharer gets that it did not raise can
 * only come from the dead domain's device.
 */
static void dead_rescue(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_MASK,
					    .kill = true,
					    .during = &HEALTHY,
					    .storm_ends = true });
}
TEST_CASE("dead.rescue", dead_rescue);

/*
 * The dead domain had a message of its own: nothing of it may be left once Xen's
 * RCU callback has run: not enabled in the device, no vector, no remapping entry.
 */
static void expect_message_gone(struct test *t, struct cast *c)
{
	const struct sibling *o = cast_offender(c);

	sleep_ns(RCU_LIMIT);
	check(t, !message_live(&o->message),
	      "L the dead domain's message can be sent: %u, expected 0", message_live(&o->message));
	audit_mark(t, "dead");
}

static void dead_message(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_MASK,
					    .kill = true,
					    .during = &HEALTHY,
					    .judge = expect_message_gone });
}
TEST_CASE("dead.message", dead_message);

/* 20 lives with a message each: the pirq of the first is that of all, and pages come back. */
static void dead_message_rebirth(struct test *t)
{
	struct cast *c = cast_up(t);
	uint32_t first = 0;
	uint64_t pages = 0, now;
	struct sibling *s;

	if (!c)
		return;
	s = cast_offender(c);
	for (unsigned int i = 1; i <= REBIRTHS; i++) {
		struct device *dev = s->dev;
		int rc = i > 1 ? sibling_birth(c, s) : 0;

		if (!check(t, !rc, "L life %u: %d, expected 0", i, rc))
			break;
		if (i == 2)
			pages = free_pages();
		first = i == 1 ? s->message.pirq : first;
		check(t, s->message.pirq == first, "L pirq %u in life %u, expected %u",
		      s->message.pirq, i, first);
		rc = i > 1 ? sibling_ask(s, ORDER_BIND, 0) : 1;
		check(t, rc > 0, "L it binds: %d, expected a port", rc);
		window_run(t, c, WINDOW_DURING);
		check(t,
		      s->box->window[WINDOW_DURING].served && !s->box->window[WINDOW_DURING].lost,
		      "LI life %u: served %u, lost %u", i, s->box->window[WINDOW_DURING].served,
		      s->box->window[WINDOW_DURING].lost);
		sibling_kill(s);
		rc = sibling_bury(s);
		check(t, !rc, "L the device comes back: %d, expected 0", rc);
		dev->taken = true;
		s->dev = dev;
	}
	now = free_pages();
	check(t, now + SLAB_PAGES >= pages, "L free pages after %u lives: %llu, were %llu",
	      REBIRTHS, (unsigned long long)now, (unsigned long long)pages);
	cast_down(t, c);
}
TEST_CASE("dead.message_rebirth", dead_message_rebirth);

/* One life of @s on the line that the first member goes on using. */
static bool live_and_die(struct test *t, struct cast *c, struct sibling *s, unsigned int round)
{
	int rc = sibling_birth(c, s);

	if (rc) {
		check(t, false, "L rebirth %u: %d, expected 0", round, rc);
		return false;
	}
	rc = sibling_ask(s, ORDER_BIND, 0);
	check(t, rc == -XEN_EPERM,
	      "X rebirth %u has not inherited the pirq: %d, expected %d (EPERM)", round, rc,
	      -XEN_EPERM);
	rc = line_map_pirq(s->dom, c->gsi);
	check(t, !rc, "L rebirth %u is given the pirq again: %d, expected 0", round, rc);
	rc = sibling_ask(s, ORDER_BIND, 0);
	check(t, rc > 0, "L rebirth %u binds the pirq again: %d, expected a port", round, rc);
	window_open(c, WINDOW_DURING, true);
	window_wait(t, c->timing.window[WINDOW_DURING]);
	window_close(t, c);
	check(t,
	      s->live && !s->box->window[WINDOW_DURING].lost &&
		      s->box->window[WINDOW_DURING].served,
	      "LI rebirth %u: served %u, lost %u", round, s->box->window[WINDOW_DURING].served,
	      s->box->window[WINDOW_DURING].lost);
	rc = sibling_kill(s);
	return check(t, !rc, "L rebirth %u dies: %d, expected 0", round, rc);
}

static void dead_rebirth(struct test *t)
{
	struct cast *c = cast_up(t);
	struct sibling *s;
	uint64_t rte, pages = 0, now = 0;

	if (!c)
		return;
	s = cast_offender(c);
	rte = test_mark(t, "bound", c->gsi, "mask=0 irr=0");
	sibling_kill(s);
	for (unsigned int i = 1; i <= REBIRTHS; i++) {
		/* The first life may still fill Xen's own caches. */
		if (i == 2)
			pages = free_pages();
		if (!live_and_die(t, c, s, i))
			break;
	}
	now = free_pages();
	check(t, now + SLAB_PAGES >= pages,
	      "L free pages after %u lives: %llu, were %llu, may miss %u", REBIRTHS,
	      (unsigned long long)now, (unsigned long long)pages, SLAB_PAGES);
	now = test_mark(t, "reborn", c->gsi, "mask=0 irr=0");
	check(t, RTE_VECTOR(now) == RTE_VECTOR(rte), "V vector 0x%x, expected 0x%x as before",
	      RTE_VECTOR(now), RTE_VECTOR(rte));
	window_run(t, c, WINDOW_AFTER);
	window_judge(t, c, WINDOW_AFTER, &HEALTHY);
	cast_down(t, c);
	test_mark(t, "unbound", c->gsi, "mask=1 irr=0");
}
TEST_CASE("dead.rebirth", dead_rebirth);
