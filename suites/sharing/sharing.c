// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several domains share one level-triggered line, and all is well.
 *
 * Mechanism: pirq_guest_bind() adds a domain to the line's guest[] up to
 * irq-max-guests (32 by default); do_IRQ_guest() sends to every one of them and
 * ends the interrupt when the last has EOIed. Survival proves that sharing as
 * such loses nothing, at two domains as at the documented most.
 */
#include "guest/control/line.h"
#include "guest/control/window.h"

#define STATUS_ALONE  XENIRQSTAT_needs_eoi
#define STATUS_SHARED (XENIRQSTAT_needs_eoi | XENIRQSTAT_shared)

static void expect_status(struct test *t, struct sibling *s, int expected)
{
	int status = sibling_ask(s, ORDER_STATUS, 0);

	check(t, status == expected, "V dom %u: irq_status_query %d, expected %d", s->dom, status,
	      expected);
}

static void expect_bind(struct test *t, struct sibling *s, bool granted)
{
	int port = sibling_ask(s, ORDER_BIND, 0);

	if (granted)
		check(t, port > 0, "X dom %u binds: port %d, expected one", s->dom, port);
	else
		check(t, port == -XEN_EBUSY, "X dom %u is refused: %d, expected %d (EBUSY)", s->dom,
		      port, -XEN_EBUSY);
}

/* Bind the first @n members one by one; Xen says "shared" from the second on. */
static void bind_members(struct test *t, struct cast *c, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		expect_bind(t, &c->member[i], true);
		if (i < 2)
			expect_status(t, &c->member[0], i ? STATUS_SHARED : STATUS_ALONE);
	}
}

static void leave_one_by_one(struct test *t, struct cast *c, unsigned int n)
{
	for (unsigned int i = n - 1; i > 0; i--) {
		int rc = sibling_ask(&c->member[i], ORDER_UNBIND, 0);

		check(t, !rc, "L dom %u unbinds: %d, expected 0", c->member[i].dom, rc);
		c->member[i].live = false;
	}
	expect_status(t, &c->member[0], STATUS_ALONE);
	window_run(t, c, WINDOW_AFTER);
	window_judge(t, c, WINDOW_AFTER, &HEALTHY);
}

static void share(struct test *t, bool one_too_many)
{
	struct cast *c = cast_build(t);
	unsigned int n;

	if (!c)
		return;
	n = c->n - one_too_many;
	bind_members(t, c, n);
	if (one_too_many) {
		expect_bind(t, &c->member[n], false);
		c->member[n].live = false;
	}
	test_mark(t, "bound", c->gsi, "mask=0 irr=0");
	window_run(t, c, WINDOW_BEFORE);
	window_judge(t, c, WINDOW_BEFORE, &EVERY_SHARER);
	leave_one_by_one(t, c, n);
	test_mark(t, "alone", c->gsi, "mask=0 irr=0");
	cast_down(t, c);
	test_mark(t, "unbound", c->gsi, "mask=1 irr=0");
}

static void sharing_pair(struct test *t)
{
	share(t, false);
}
TEST_CASE("sharing.pair", sharing_pair);

static void sharing_many(struct test *t)
{
	share(t, false);
}
TEST_CASE("sharing.many", sharing_many);

static void sharing_every(struct test *t)
{
	share(t, false);
}
TEST_CASE("sharing.every", sharing_every);

static void sharing_full(struct test *t)
{
	share(t, true);
}
TEST_CASE("sharing.full", sharing_full);
