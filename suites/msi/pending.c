// SPDX-License-Identifier: GPL-2.0-only
/*
 * The per-vector mask of MSI-X and the bit that remembers (PCI Local Bus 3.0,
 * 6.8.2 and 6.8.3): a function that interrupts on a masked vector sets its bit
 * in the pending bit array, and sends the message once the mask is gone.
 *
 * Mechanism: a PV domain has no mask of its own. It closes its event channel:
 * __pirq_guest_unbind() -> shutdown_msi_irq() sets the mask bit; it binds again:
 * arch_evtchn_bind_pirq() -> guest_mask_msi_irq() clears it, as the last step
 * when the channel is there. LI: what came in between comes then, once.
 */
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "suites/msi/rounds.h"

#define TURNS 2

/* How often it was as it should be, and of the last two how often it was not. */
struct seen {
	unsigned int masked, kept, came, gone, twice, strays;
};

/* No bit but that of @vector. */
static bool alone(struct exercise *e, unsigned int vector)
{
	for (unsigned int i = 0; i < e->n; i++)
		if (i != vector && message_pending(&e->m[i]))
			return false;
	return true;
}

static bool one(struct exercise *e, unsigned int vector, struct seen *seen)
{
	struct message_value v;

	if (exercise_prepare(e, vector))
		return false;
	port_close(e->port[vector]);
	message_read(&e->m[vector], &v);
	seen->masked += v.control & MSIX_ENTRY_MASKED;
	if (e->c.ops->trigger(&e->c, vector))
		return false;
	seen->kept += msi_held_back(e, vector) && alone(e, vector);
	seen->strays += exercise_strays(e, vector);
	if (exercise_bind(e, vector) <= 0)
		return false;
	seen->came += exercise_await(e, vector, e->limit);
	seen->gone += !message_pending(&e->m[vector]);
	seen->strays += exercise_strays(e, vector);
	seen->twice += exercise_strays(e, NO_VECTOR);
	return true;
}

static void pending(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	struct seen seen = { 0 };
	unsigned int n = 0;

	if (!e)
		return;
	/* The first that does not come ends it: each takes the whole limit. */
	while (n < TURNS * e->n && one(e, n % e->n, &seen) && seen.came == n + 1)
		n++;
	exercise_tell_error(e);
	check(t, n == TURNS * e->n, "LI %s: %u of %u rounds went through", e->c.ops->model, n,
	      TURNS * e->n);
	n = TURNS * e->n;
	check(t, seen.masked == n, "LI %s: %u of %u entries masked once closed", e->c.ops->model,
	      seen.masked, n);
	check(t, seen.kept == n, "LI %s: %u of %u kept as the one pending bit", e->c.ops->model,
	      seen.kept, n);
	check(t, seen.came == n, "LI %s: %u of %u came once bound again", e->c.ops->model,
	      seen.came, n);
	check(t, seen.gone == n, "LI %s: %u of %u pending bits clear after it", e->c.ops->model,
	      seen.gone, n);
	check(t, !seen.twice && !seen.strays,
	      "X %s: %u came twice and %u on other vectors, expected 0 and 0", e->c.ops->model,
	      seen.twice, seen.strays);
	exercise_close(t, e);
}
TEST_CASE("msi.pending", pending);
