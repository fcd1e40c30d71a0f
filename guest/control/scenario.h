/* SPDX-License-Identifier: GPL-2.0-only */
/* The course that most cases take: before, the fault strikes, during, rescue, after. */
#ifndef LIFELINE_CONTROL_SCENARIO_H
#define LIFELINE_CONTROL_SCENARIO_H

#include "guest/control/window.h"

/**
 * struct scenario - what differs from case to case
 * @verb: what the offender does to itself, FAULT_NONE: nothing
 * @kill: the control domain destroys the offender once @verb stands
 * @leave: instead of being destroyed, it is taken off its line like this; NULL: see @kill
 * @resumes: @verb ends with the next order, and the offender goes on as one of the sharers
 * @during: bound of the others while the fault stands
 * @settle: time between the rescue and the window "after", ns: what the mechanism
 *	documents for the line to be itself again
 * @judge: further checks at the end of the window "during", or NULL
 * @rescue: what is done about the offender's device once its domain is gone; NULL:
 *	it is silenced by its descriptor alone
 * @after: further checks at the end of the window "after", or NULL
 * @storm_ends: the cast is one sharer and the offender: check that the dead
 *	domain's device storms and that the rescue ends it
 *
 * The fault strikes a quarter into the window "during", with traffic on the
 * line. It ends with the offender destroyed and its device rescued.
 */
struct scenario {
	enum fault_verb verb;
	bool kill;
	void (*leave)(struct test *t, struct cast *c);
	bool resumes;
	const struct bound *during;
	uint64_t settle;
	void (*judge)(struct test *t, struct cast *c);
	void (*rescue)(struct test *t, struct cast *c);
	void (*after)(struct test *t, struct cast *c);
	bool storm_ends;
};

/** scenario_run() - play @sc with the cast of the plan, judge all three windows */
void scenario_run(struct test *t, const struct scenario *sc);

#endif
