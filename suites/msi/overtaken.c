// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU moves on before an interrupt has come to where it was.
 *
 * Mechanism: with physical destinations an interrupt that moves has two vectors until it has come to its new CPU. That
 * one ends the move, irq_complete_move() asks the old CPU to forget its vector, and begins the next one:
 * move_native_irq() -> move_masked_irq() -> set_msi_affinity() -> _assign_irq_vector(), which wants nothing to be forgotten
 * still. LI: the interrupt comes, wherever it goes, and it goes where the vCPU went last.
 */
#include "guest/xen/domctl.h"
#include "suites/msi/follow.h"

#define TURNS 20
#define MORE  100 /* interrupts, should it not follow: is it only late? */

/* To CPU @cpu, and one interrupt, which moves itself. */
static bool go(struct test *t, struct exercise *e, unsigned int cpu, struct tally *sum)
{
	int rc = domctl_pin_cpu(0, cpu);

	if (rc)
		test_error(t, "the control domain cannot be pinned: %d", rc);
	return !rc && msi_round(e, 0, sum);
}

/* There and back, at leisure; and once more, so that what comes to CPU 1 finds the vCPU gone from there. */
static bool turn(struct test *t, struct exercise *e, struct tally *sum)
{
	return go(t, e, 1, sum) && follows(t, e, 0, 1, sum) && go(t, e, 0, sum) &&
	       follows(t, e, 0, 0, sum) && go(t, e, 1, sum) && go(t, e, 0, sum) &&
	       follows(t, e, 0, 0, sum);
}

static void overtaken(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	struct tally sum = { .repeats = exercise_kind(t) == IRQ_INTX };
	unsigned int turns = 0, more = 0;
	bool late = false;

	if (!e)
		return;
	/* From wherever it is. */
	if (go(t, e, 0, &sum) && follows(t, e, 0, 0, &sum))
		while (turns < TURNS && turn(t, e, &sum))
			turns++;
	if (turns < TURNS) {
		more = MORE;
		late = msi_rounds(e, 0, more, &sum) && follows(t, e, 0, 0, &sum);
	}
	domctl_unpin(0);
	msi_expect(t, e, &sum, sum.sent, "while its vCPU moves on");
	check(t, turns == TURNS,
	      "LI %s: the destination followed %u of %u times, and after %u interrupts more: %d",
	      e->c.ops->model, turns, TURNS, more, late);
	exercise_close(t, e);
}
TEST_CASE("msi.overtaken", overtaken);
