// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver hangs: one sharer of a level-triggered line takes its interrupt and
 * does not give the EOI that Xen waits for.
 *
 * Mechanism: Xen counts in_flight guests per line and ends the interrupt when
 * all have EOIed; irq_guest_eoi_timer_fn() does it for those that have not
 * after 1 ms. Survival of the others proves that a hung domain costs them at
 * most that millisecond an interrupt, and never an interrupt.
 */
#include "guest/control/scenario.h"

/* Of the words of cast=: is the offender's an MSI-X message, which has a mask bit always? */
static bool offender_has_mask(struct span words)
{
	struct span word;

	while (plan_next_word(&words, ',', &word))
		if (word.s[word.len - 1] == '!')
			return word.s[word.len - 2] == 'x';
	return false;
}

/* Of the cases with verb=. */
static enum fault_verb verb_of(const struct test *t)
{
	struct span verb;

	return plan_value(t->line, "verb", &verb) && span_is(verb, "spin") ? FAULT_SPIN
									   : FAULT_MASK;
}

static void hung_mask(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_MASK, .during = &FORCED_EOI });
}
TEST_CASE("hung.mask", hung_mask);

static void hung_silent(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_SILENT, .during = &FORCED_EOI });
}
TEST_CASE("hung.silent", hung_silent);

static void hung_spin(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_SPIN, .during = &FORCED_EOI });
}
TEST_CASE("hung.spin", hung_spin);

static void hung_slow(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_SLOW, .during = &FORCED_EOI });
}
TEST_CASE("hung.slow", hung_slow);

/*
 * With a message of its own the driver shares no line. Xen has to hold back what
 * it cannot mask: an MSI without mask bits is EOIed at the local APIC when its
 * guest says so, and until then what is of lower priority waits (ACKTYPE_EOI).
 */
static void hung_message(struct test *t)
{
	struct span cast;
	bool maskable = plan_value(t->line, "cast", &cast) && offender_has_mask(cast);

	scenario_run(t, &(struct scenario){ .verb = verb_of(t),
					    .during = maskable ? &HEALTHY : &FORCED_EOI });
}
TEST_CASE("hung.message", hung_message);

/* The pirq is Xen's to bind and to end: what the guest writes to its IO-APIC, or does not, is all that it says. */
static void hung_hvm(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = verb_of(t), .during = &FORCED_EOI });
}
TEST_CASE("hung.hvm", hung_hvm);

static void hung_noack(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_NOACK, .during = &HEALTHY });
}
TEST_CASE("hung.noack", hung_noack);
