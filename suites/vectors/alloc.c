// SPDX-License-Identifier: GPL-2.0-only
/*
 * PHYSDEVOP_alloc_irq_vector is a dummy since 2009 (commit bfc341a65c): vectors
 * serve the hypervisor alone, so it hands the irq back as its "vector",
 * whatever the irq is, allocates nothing and maps nothing.
 */
#include "guest/control/audit.h"
#include "guest/control/line.h"
#include "guest/control/pirq.h"
#include "guest/xen/event.h"

#define BOARD_IRQS 416 /* 24 GSIs and 392 MSIs: "IRQ limits" in Xen's log of this board */

static const uint32_t beyond[] = { BOARD_IRQS - 1, BOARD_IRQS, 1000, 1u << 31, ~0u };

static bool echoes(uint32_t irq)
{
	uint32_t vector = ~irq;

	return !irq_alloc_vector(irq, &vector) && vector == irq;
}

/* Still not ours: a pirq that was never mapped may not be bound. */
static void expect_unmapped(struct test *t, uint32_t pirq, int expected)
{
	int port = pirq_bind(pirq);

	check(t, port == expected, "L pirq %u is not mapped by it: bind gives %d, expected %d",
	      pirq, port, expected);
	if (port > 0)
		port_close((evtchn_port_t)port);
}

/* irq_status_query of every pirq: "needs EOI", which it says of all, and shared by nobody. */
static void expect_status(struct test *t, const char *when)
{
	uint32_t limit = pirq_limit();
	unsigned int others = 0;
	int rc;

	for (uint32_t pirq = 0; pirq < limit; pirq++)
		others += pirq_status(pirq) != XENIRQSTAT_needs_eoi;
	check(t, !others, "V %s: irq_status_query of %u pirqs: %u shared or refused, expected 0",
	      when, limit, others);
	rc = pirq_status(limit);
	check(t, rc == -XEN_EINVAL, "V %s: irq_status_query(%u): %d, expected %d (EINVAL)", when,
	      limit, rc, -XEN_EINVAL);
}

static void alloc_dummy(struct test *t)
{
	struct audit before, after;
	unsigned int wrong = 0;

	audit_take(&before);
	audit_check(t, &before, "at first");
	expect_status(t, "at first");
	for (uint32_t irq = 0; irq < BOARD_IRQS; irq++)
		wrong += !echoes(irq);
	check(t, !wrong, "V alloc_irq_vector of %u irqs: %u not echoed, expected 0", BOARD_IRQS,
	      wrong);
	for (unsigned int i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
		check(t, echoes(beyond[i]), "V alloc_irq_vector(%u) echoes it", beyond[i]);
	audit_take(&after);
	audit_same(t, &before, &after, 0, "alloc_irq_vector");
	expect_status(t, "afterwards");
	for (uint32_t pirq = 16; pirq < 20; pirq++)
		expect_unmapped(t, pirq, -XEN_EPERM);
	expect_unmapped(t, BOARD_IRQS, -XEN_EINVAL);
	audit_mark(t, "allocated");
}
TEST_CASE("vectors.alloc_dummy", alloc_dummy);
