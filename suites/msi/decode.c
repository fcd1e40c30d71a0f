// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function's memory decoding is off while one of its channels is closed, as a
 * driver does that powers the device down and then gives its vectors back.
 *
 * Mechanism: the mask bit is in the function's memory. Where Xen cannot reach it,
 * msi_set_mask_bit() sets the mask of the whole function, and remembers that it
 * wants it (host_maskall): then pci_msi_conf_write_intercept() keeps it set
 * against the owner. LI: with the channel bound again it must go, or every
 * vector of the function is lost.
 */
#include "guest/control/ktap.h"
#include "guest/dev/pci.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "suites/msi/rounds.h"

/* Closed and bound again with the function's memory out of reach in between, or not. */
static bool close_and_bind(struct exercise *e, bool decoded)
{
	if (!decoded)
		pci_command(e->dev->bdf, 0, PCI_COMMAND_MEM);
	port_close(e->port[0]);
	pci_command(e->dev->bdf, PCI_COMMAND_MEM, 0);
	return exercise_bind(e, 0) > 0;
}

/* The first vector, which was closed, and the last, which was not. */
static void expect_first_and_last(struct test *t, struct exercise *e, const char *when)
{
	unsigned int step = e->n > 1 ? e->n - 1 : 1;

	for (unsigned int v = 0; v < e->n; v += step) {
		struct tally sum = { 0 };

		msi_round(e, v, &sum);
		check(t, sum.came == 1, "LI %s %s: vector %u came %u times, expected once",
		      e->c.ops->model, when, v, sum.came);
	}
}

static void decode(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	bool bound;

	if (!e)
		return;
	bound = close_and_bind(e, true);
	check(t, bound, "L a channel closed and bound again");
	expect_first_and_last(t, e, "closed with its memory decoded");
	bound = close_and_bind(e, false);
	check(t, bound, "L a channel closed and bound again");
	/* The owner wants no mask. */
	message_enable(&e->m[0], true);
	check(t, !message_masked_all(&e->m[0]), "LI %s: the function's mask is clear",
	      e->c.ops->model);
	expect_first_and_last(t, e, "closed without");
	exercise_close(t, e);

	/* With all messages unmapped in between it is as new. */
	e = exercise_open(t, exercise_kind(t));
	if (!e)
		return;
	expect_first_and_last(t, e, "mapped again");
	exercise_close(t, e);
}
TEST_CASE("msi.decode", decode);
