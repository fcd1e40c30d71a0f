/* SPDX-License-Identifier: GPL-2.0-only */
/* Rounds of an exerciser over a rig, whose test says whether the model's line is high. */
#ifndef LIFELINE_TESTS_ROUNDS_H
#define LIFELINE_TESTS_ROUNDS_H

#include "guest/tests/rig.h"

/** line_is_high() - the test's own */
static bool line_is_high(void);

/** await_line() - as long as a driver would wait. Return: did it come up? */
static inline bool await_line(struct rig *r)
{
	for (unsigned int i = 0; i < 500 && !line_is_high(); i++)
		rig_sleep(r, DEV_PAUSE);
	return line_is_high();
}

/** expect_interrupt() - it comes, once, and goes with its acknowledgement */
static inline void expect_interrupt(struct rig *r)
{
	EXPECT_TRUE(await_line(r));
	EXPECT_TRUE(exerciser_service(&r->c) != 0);
	EXPECT_TRUE(!line_is_high());
	EXPECT_EQ(exerciser_service(&r->c), 0);
}

/** expect_peace() - none comes */
static inline void expect_peace(struct rig *r)
{
	EXPECT_TRUE(!await_line(r));
	EXPECT_EQ(exerciser_service(&r->c), 0);
}

/** work_round() - a piece of work, done well */
static inline void work_round(struct rig *r)
{
	EXPECT_EQ(r->c.ops->work(&r->c), DEV_OK);
	expect_interrupt(r);
	EXPECT_EQ(r->c.ops->finish(&r->c), DEV_OK);
}

/** work_that_fails() - one where nothing is sure but that it ends. Return: as finish() */
static inline int work_that_fails(struct rig *r)
{
	EXPECT_EQ(r->c.ops->work(&r->c), DEV_OK);
	await_line(r);
	exerciser_service(&r->c);
	return r->c.ops->finish(&r->c);
}

static void (*rounds_step)(struct rig *r);
static unsigned int rounds_pulled_at;

static inline void rounds_pull(struct rig *r)
{
	r->removed = r->accesses >= rounds_pulled_at;
	if (!r->removed)
		rounds_step(r);
}

/**
 * expect_end_if_pulled() - the start ends, and not well, if the controller is pulled out meanwhile
 * @r: just up
 * @at: after so many accesses and pauses
 *
 * Return: whether it was pulled out before the start was through.
 */
static inline bool expect_end_if_pulled(struct rig *r, unsigned int at)
{
	int rc;

	rounds_step = r->step;
	rounds_pulled_at = at;
	r->step = rounds_pull;
	rc = exerciser_begin(&r->c, IRQ_INTX, 1);
	if (!r->removed)
		return false;
	EXPECT_TRUE(rc != DEV_OK || r->accesses - at < 20); /* what is left are writes */
	EXPECT_TRUE(rc == DEV_OK || r->c.error.reg);
	EXPECT_EQ(exerciser_service(&r->c), 0);
	r->c.ops->quiet(&r->c);
	return true;
}

#endif
