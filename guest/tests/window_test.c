// SPDX-License-Identifier: GPL-2.0-only
/* What sharers measured in a window becomes checks: each bound at its edge, and only of whom it is asked. */
#include "guest/tests/stage.h"

TEST(a_healthy_window_passes)
{
	struct cast *c = stage_up();

	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.checks, 6);
	EXPECT_EQ(stage.test.failed, 0);
	EXPECT_TRUE(says("raised=100 served=100 lost=0 "));
	EXPECT_TRUE(says(" gap_us=400 bound_us=3600"));
}

TEST(a_lost_interrupt_fails)
{
	struct cast *c = stage_up();

	stage.box[2].window[WINDOW_DURING] = measured(100, 99, 400 * US, 20 * US);
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 1);
	EXPECT_TRUE(says("  not ok 4 LI dom 3 during: lost 1 of 100, expected 0\n"));
}

/* One that is neither served nor lost was not counted right, and is nobody's proof. */
TEST(what_is_not_accounted_for_fails)
{
	struct cast *c = stage_up();

	stage.box[1].window[WINDOW_DURING].lost = 0;
	stage.box[1].window[WINDOW_DURING].served = 98;
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 1);
	EXPECT_TRUE(says("  not ok 1 LI dom 2 during: lost 0 of 100"));
}

TEST(a_gap_is_held_to_its_bound)
{
	struct cast *c = stage_up();

	stage.box[1].window[WINDOW_DURING].gap = 3600 * US;
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 0);
	stage.box[1].window[WINDOW_DURING].gap++;
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 1);
	EXPECT_TRUE(says("S dom 2 during: longest gap 3600 us, bound 3600 us (healthy line)\n"));
	window_judge(&stage.test, c, WINDOW_DURING, &FORCED_EOI);
	EXPECT_EQ(stage.test.failed, 1);
	EXPECT_TRUE(says("bound 4600 us (forced EOI after 1 ms)"));
}

TEST(a_median_is_held_to_its_bound)
{
	struct cast *c = stage_up();

	stage.box[1].window[WINDOW_DURING] = measured(100, 100, 400 * US, 250 * US);
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 0);
	stage.box[1].window[WINDOW_DURING] = measured(100, 100, 400 * US, 400 * US);
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 1);
	EXPECT_TRUE(says("us, bound 300 us (healthy line)\n"));
}

TEST(what_the_device_takes_is_no_fault)
{
	struct cast *c = stage_up();

	injector.device_ns = 2 * MS;
	stage.device[1].late = 30 * MS;
	stage.box[1].window[WINDOW_DURING].gap = 35600 * US;
	stage.box[2].window[WINDOW_DURING].gap = 5600 * US;
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 0);
	stage.box[2].window[WINDOW_DURING].gap++;
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 1);
}

/* Nothing raised is nothing lost, and still no service. */
TEST(a_sharer_that_did_nothing_fails)
{
	struct cast *c = stage_up();

	stage.box[1].window[WINDOW_DURING] = (struct window_stats){ .gap = 0 };
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_EQ(stage.test.failed, 2);
	EXPECT_TRUE(says("not ok 2 S dom 2 during: longest gap"));
	EXPECT_TRUE(says("not ok 3 S dom 2 during: median"));
}

TEST(the_window_that_is_asked_for_is_judged)
{
	for (unsigned int bad = 0; bad < WINDOWS; bad++) {
		for (unsigned int w = 0; w < WINDOWS; w++) {
			struct cast *c = stage_up();

			CONTEXT("window %u of %u", w, bad);
			stage.box[1].window[bad] = measured(100, 50, 400 * US, 20 * US);
			window_judge(&stage.test, c, w, &HEALTHY);
			EXPECT_EQ(stage.test.failed, w == bad);
		}
	}
}

/* The offender is judged but for the window of its fault; the dead never. */
TEST(who_is_judged)
{
	struct cast *c = stage_up();

	window_judge(&stage.test, c, WINDOW_BEFORE, &HEALTHY);
	EXPECT_TRUE(says(" LI dom 1 before") && says(" LI dom 2 before") && says(" LI dom 3 b"));
	window_judge(&stage.test, c, WINDOW_DURING, &HEALTHY);
	EXPECT_TRUE(!says(" LI dom 1 during") && says(" LI dom 2 during"));
	c->member[0].live = false;
	window_judge(&stage.test, c, WINDOW_AFTER, &HEALTHY);
	EXPECT_TRUE(!says(" LI dom 1 after") && says(" LI dom 3 after"));
}

TEST(another_line_has_its_own_bound)
{
	const struct bound here = { 100 * MS, 100 * MS, "here", &HEALTHY };
	struct cast *c = stage_up();

	stage.device[2].gsi = 21;
	stage.box[1].window[WINDOW_DURING].gap = stage.box[2].window[WINDOW_DURING].gap = 50 * MS;
	window_judge(&stage.test, c, WINDOW_DURING, &here);
	EXPECT_EQ(stage.test.failed, 1);
	EXPECT_TRUE(says("not ok 5 S dom 3 during: longest gap 50000 us, bound 3600 us (healthy"));
}

TEST(who_plays_in_a_window)
{
	struct cast *c = stage_up();

	for (unsigned int i = 0; i < MEMBERS; i++)
		stage.box[i].window[WINDOW_DURING].raised = 0;
	c->member[2].live = false;
	window_open(c, WINDOW_DURING, false);
	EXPECT_EQ(stage.box[0].window[WINDOW_DURING].raised, 0);
	EXPECT_EQ(stage.box[1].window[WINDOW_DURING].raised, 100);
	EXPECT_EQ(stage.box[2].window[WINDOW_DURING].raised, 0);
	EXPECT_EQ(stage.box[1].planned, 80 * MS);
	window_open(c, WINDOW_DURING, true);
	EXPECT_EQ(stage.box[0].window[WINDOW_DURING].raised, 100);
}

TEST(one_that_does_not_answer_fails)
{
	struct cast *c = stage_up();

	stage.mute = 2;
	window_close(&stage.test, c);
	EXPECT_EQ(stage.test.failed, 1);
	EXPECT_TRUE(says("not ok 1 S dom 2: no longer answers\n"));
	EXPECT_TRUE(!c->member[1].live && c->member[2].live);
}

TEST(spurious_events_of_sharers)
{
	struct cast *c = stage_up();

	for (unsigned int i = 0; i < MEMBERS; i++) {
		stage.box[i].window[WINDOW_DURING].spurious = 10u << i;
		stage.box[i].window[WINDOW_AFTER].spurious = 1;
	}
	EXPECT_EQ(window_spurious(c, WINDOW_DURING), 60);
	c->member[2].live = false;
	EXPECT_EQ(window_spurious(c, WINDOW_DURING), 20);
}
