// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capability's switches, under load: the enable bit of MSI and MSI-X, and
 * the function mask of MSI-X (PCI Local Bus 3.0, 6.8.1.3 and 6.8.2.3).
 *
 * Mechanism: the control domain owns these bits, and Xen looks through them:
 * pci_msi_conf_write_intercept() keeps a mask of the whole function that it
 * wants itself. LI: a function that is switched off promises nothing, a masked
 * one that the interrupt is pending and comes once; and whatever went before,
 * the next one comes, once.
 */
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "suites/msi/rounds.h"

#define SWITCHES 50 /* off and on */
#define TURNS	 20
#define QUIET	 (200 * US) /* long enough for a message: they come in 10 to 30 us on these boards */

/* Nothing may come for a while. Return: how many came all the same. */
static unsigned int nothing_comes(struct exercise *e)
{
	sleep_ns(QUIET);
	return exercise_strays(e, NO_VECTOR);
}

/*
 * Off or on, with nothing under way in the device. QEMU's 82574 does not live
 * through a switch within its throttling time of 128 us.
 */
static void turn(struct exercise *e, bool on)
{
	sleep_ns(QUIET);
	message_enable(&e->m[0], on);
}

/* Off and on with nothing under way, then one interrupt. */
static struct tally between(struct exercise *e)
{
	struct tally sum = { 0 };
	bool well = true;

	for (unsigned int i = 0; i < SWITCHES && well; i++) {
		turn(e, false);
		turn(e, true);
		well = msi_round(e, i % e->n, &sum);
	}
	return sum;
}

/* The device has interrupted, and is acknowledged. Return: has it, in time? */
static bool acknowledged(struct exercise *e)
{
	uint64_t deadline = now_ns() + e->limit;

	while (!exerciser_service(&e->c)) {
		if (now_ns() >= deadline)
			return false;
		sleep_ns(50 * US);
	}
	return true;
}

/*
 * Triggered and acknowledged while it is off: no message of it, and the next one
 * comes. On the first vector: without messages a function has no other.
 */
static struct tally during(struct exercise *e, unsigned int *escaped)
{
	struct tally sum = { 0 };
	bool well = true;

	for (unsigned int i = 0; i < TURNS && well; i++) {
		turn(e, false);
		if (e->c.ops->trigger(&e->c, 0) || !acknowledged(e))
			break;
		*escaped += nothing_comes(e);
		turn(e, true);
		*escaped += exercise_strays(e, NO_VECTOR);
		well = msi_round(e, 0, &sum);
	}
	return sum;
}

/* Triggered under the function's mask: it is pending, and comes once the mask is gone. */
static struct tally masked(struct exercise *e, unsigned int *escaped, unsigned int *kept)
{
	struct tally sum = { 0 };
	bool well = true;

	for (unsigned int i = 0; i < TURNS && well; i++) {
		unsigned int vector = i % e->n;

		sum.sent++;
		if (exercise_prepare(e, vector))
			break;
		message_mask_all(&e->m[0], true);
		if (e->c.ops->trigger(&e->c, vector))
			break;
		*kept += msi_held_back(e, vector);
		*escaped += nothing_comes(e);
		message_mask_all(&e->m[0], false);
		well = msi_await(e, vector, &sum);
	}
	message_mask_all(&e->m[0], false);
	return sum;
}

static void enable(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	unsigned int escaped = 0, kept = 0;
	struct tally sum;

	if (!e)
		return;
	sum = between(e);
	msi_expect(t, e, &sum, SWITCHES, "switched between interrupts");
	sum = during(e, &escaped);
	check(t, !escaped, "X %s: %u of %u messages sent while switched off, expected 0",
	      e->c.ops->model, escaped, TURNS);
	msi_expect(t, e, &sum, TURNS, "after one that was switched off");
	if (e->kind == IRQ_MSIX) {
		escaped = 0;
		sum = masked(e, &escaped, &kept);
		check(t, !escaped, "X %s: %u of %u messages sent under the mask, expected 0",
		      e->c.ops->model, escaped, TURNS);
		check(t, kept == TURNS, "LI %s: %u of %u pending under the mask", e->c.ops->model,
		      kept, TURNS);
		msi_expect(t, e, &sum, TURNS, "after the function's mask");
	}
	exercise_close(t, e);
}
TEST_CASE("msi.enable", enable);
