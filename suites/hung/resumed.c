// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver was slow, and is not any more: is the line itself again?
 *
 * Mechanism: each interrupt of the line while the slow handler runs is ended by
 * irq_guest_eoi_timer_fn() after 1 ms; the EOI that the handler gives in the end
 * is for all of them, and from then on the line ends with the EOIs of its guests.
 * Of an HVM guest hvm_dirq_assist() counts the interrupts and hvm_pirq_eoi() the
 * EOIs, and the guest sees one interrupt where there were several.
 */
#include "guest/control/scenario.h"
#include "guest/xen/clock.h"

/* Before the last mark: the last interrupt's EOI, should it be the timer that gives it. */
static void settle(struct test *t, struct cast *c)
{
	(void)t;
	(void)c;
	sleep_ns(2 * MS);
}

static void hung_resumed(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_SLOW,
					    .resumes = true,
					    .during = &FORCED_EOI,
					    .after = settle });
}
TEST_CASE("hung.resumed", hung_resumed);
