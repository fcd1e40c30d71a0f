// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts follow their vCPU to another physical CPU, under load.
 *
 * Mechanism: sched_move_irqs() -> evtchn_move_pirqs() -> irq_set_affinity()
 * notes the new CPU, and the next interrupt moves itself when it is acknowledged:
 * move_native_irq() -> set_msi_affinity() writes the message, or for a line the
 * redirection entry. With physical destinations it has another vector there, and
 * the old one is cleaned up once the new one has come. LI: none gets lost between the old place and the new one.
 */
#include "guest/xen/domctl.h"
#include "suites/msi/follow.h"

#define MOVES 50

static unsigned int moves(struct test *t, struct exercise *e, struct tally *sum)
{
	unsigned int followed = 0;

	for (unsigned int i = 0; i < MOVES; i++) {
		/* Each vector comes from both CPUs before the next one's turn. */
		unsigned int cpu = (i + 1) % 2, vector = i / 2 % e->n;
		int rc = domctl_pin_cpu(0, cpu);

		if (rc) {
			test_error(t, "the control domain cannot be pinned: %d", rc);
			break;
		}
		if (!msi_rounds(e, vector, STAY, sum))
			break;
		followed += follows(t, e, vector, cpu, sum);
	}
	domctl_unpin(0);
	return followed;
}

static void affinity(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	struct tally sum = { .repeats = exercise_kind(t) == IRQ_INTX };
	unsigned int followed, sent;

	if (!e)
		return;
	followed = moves(t, e, &sum);
	sent = sum.sent > MOVES * STAY ? sum.sent : MOVES * STAY;
	msi_expect(t, e, &sum, sent, "while it moves");
	check(t, followed == MOVES, "LI %s: the destination followed %u of %u moves",
	      e->c.ops->model, followed, MOVES);
	exercise_close(t, e);
}
TEST_CASE("msi.affinity", affinity);
