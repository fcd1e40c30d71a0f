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
#include "guest/xen/clock.h"
#include "guest/xen/domctl.h"
#include "suites/msi/rounds.h"

#define MOVES 50

/* Interrupts on one CPU: the first moves itself, the others come from the new place. */
#define STAY 4

/* A line moves at an EOI that finds it low: under load that may be a later one. */
static bool follows(struct exercise *e, unsigned int vector, unsigned int place, struct tally *sum)
{
	bool there = msi_destination(e, vector) == place;

	for (unsigned int i = 0; i < STAY && !there; i++) {
		sleep_ns(MS);
		if (!msi_round(e, vector, sum))
			return false;
		sleep_ns(MS);
		there = msi_destination(e, vector) == place;
	}
	return there;
}

/* Destinations are sets of CPUs; on big hosts, and with apic=bigsmp, one CPU, and its own vector there. */
static bool one_at_a_time(const struct test *t)
{
	struct span apic;

	return plan_value(t->line, "apic", &apic) && span_is(apic, "bigsmp");
}

static unsigned int moves(struct test *t, struct exercise *e, struct tally *sum)
{
	bool physical = one_at_a_time(t);
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
		followed += follows(e, vector, physical ? cpu : 1u << cpu, sum);
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
