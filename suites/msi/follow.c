// SPDX-License-Identifier: GPL-2.0-only
#include "suites/msi/follow.h"

#include "guest/xen/clock.h"

/* Destinations are sets of CPUs; on big hosts, and with apic=bigsmp, one CPU, and its own vector there. */
static bool one_at_a_time(const struct test *t)
{
	struct span apic;

	return plan_value(t->line, "apic", &apic) && span_is(apic, "bigsmp");
}

/* A line moves at an EOI that finds it low: under load that may be a later one. */
bool follows(struct test *t, struct exercise *e, unsigned int vector, unsigned int cpu,
	     struct tally *sum)
{
	unsigned int place = one_at_a_time(t) ? cpu : 1u << cpu;
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
