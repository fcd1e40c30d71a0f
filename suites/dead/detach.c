// SPDX-License-Identifier: GPL-2.0-only
/*
 * A toolstack takes a device away from a domain that hangs with it: in which order?
 *
 * Mechanism: PHYSDEVOP_unmap_pirq unbinds by force and gives the EOI that the
 * domain owed, so nothing bounds the device's level any more; a reset ends the
 * level. libxl (do_pci_remove(), pci_remove_detached()) unmaps first and resets then.
 * Survival proves that the sharers see nothing of the detached device.
 */
#include "guest/control/owner.h"
#include "guest/control/pirq.h"
#include "guest/control/scenario.h"
#include "guest/xen/clock.h"

/* Between two steps of a toolstack are system calls, files and xenstore; this is at the low end. */
#define TOOLSTACK (1 * MS)

/* The forced EOI of what was in flight; one that was on its way. */
#define UNAVOIDABLE 2u

static uint32_t spurious;

static void unmap_line(struct test *t, const struct sibling *o)
{
	int rc = pirq_unmap(o->dom, o->dev->gsi);

	check(t, !rc, "L unmap of pirq %u of dom %u: %d, expected 0", o->dev->gsi, o->dom, rc);
	disown_line(o->dev->gsi, o->dom);
}

static void reset(struct test *t, const struct device *dev)
{
	int rc;

	device_save_bus(dev);
	rc = device_reset_bus(dev);
	device_restore_bus(dev);
	if (rc)
		test_error(t, "the bus of %s cannot be reset: %d", dev->desc->model, rc);
}

/* The sharer is the other of two. */
static const struct window_stats *sharer(struct cast *c)
{
	unsigned int i = c->member[0].offender ? 1 : 0;

	return &c->member[i].box->window[WINDOW_DURING];
}

static void detach(struct test *t, struct cast *c)
{
	struct sibling *o = cast_offender(c);
	struct span order;
	bool reset_first = plan_value(t->line, "order", &order) && span_is(order, "reset-unmap");
	uint32_t before = __atomic_load_n(&sharer(c)->spurious, __ATOMIC_RELAXED);

	if (reset_first)
		reset(t, o->dev);
	else
		unmap_line(t, o);
	sleep_ns(TOOLSTACK);
	if (reset_first)
		unmap_line(t, o);
	else
		reset(t, o->dev);
	spurious = __atomic_load_n(&sharer(c)->spurious, __ATOMIC_RELAXED) - before;
}

static void judge(struct test *t, struct cast *c)
{
	(void)c;
	check(t, spurious <= UNAVOIDABLE,
	      "ST of the detached device the sharer gets %u interrupts, expected at most %u",
	      spurious, UNAVOIDABLE);
}

static void dead_detach(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_MASK,
					    .leave = detach,
					    .during = &FORCED_EOI,
					    .judge = judge });
}
TEST_CASE("dead.detach", dead_detach);
