// SPDX-License-Identifier: GPL-2.0-only
/* From the checks of a case to the line that says how it ended: no failure gets lost on the way. */
#include "guest/tests/stage.h"

static void run_case(void (*fn)(struct test *t), const char *line)
{
	played = fn;
	test_run((struct span){ line, strlen(line) }, 7);
}

static void passes(struct test *t)
{
	check(t, true, "S fine");
}

static void fails(struct test *t)
{
	EXPECT_TRUE(!check(t, false, "S gap"));
	EXPECT_TRUE(check(t, true, "S fine"));
}

static void stuck(struct test *t)
{
	check(t, true, "S fine");
	test_error(t, "no device");
	test_error(t, "a later reason");
}

static void fails_and_is_stuck(struct test *t)
{
	fails(t);
	test_error(t, "no device");
}

static void checks_nothing(struct test *t)
{
	(void)t;
}

TEST(a_case_that_passes)
{
	stage_up();
	run_case(passes, "a.b[c=d] seed=1");
	EXPECT_TRUE(says("# case a.b[c=d]\n  KTAP version 1\n"));
	EXPECT_TRUE(says("  ok 1 S fine\n"));
	EXPECT_TRUE(says("\nok 7 a.b[c=d] # checks=1 ms="));
	EXPECT_EQ(count("# mark at-last audit=1"), 1);
	EXPECT_EQ(count("# mark at-first"), 0);
}

TEST(a_case_that_fails)
{
	stage_up();
	run_case(fails, "a.c");
	EXPECT_TRUE(says("  not ok 1 S gap\n  ok 2 S fine\n"));
	EXPECT_TRUE(says("\nnot ok 7 a.c # checks=2 ms="));
}

TEST(a_case_that_cannot_be_run)
{
	stage_up();
	run_case(stuck, "a.b");
	EXPECT_TRUE(says("\nnot ok 7 a.b # ERROR no device\n"));
}

/* The failure counts: it is more often than not the reason. */
TEST(a_case_that_failed_before_it_was_stuck)
{
	stage_up();
	run_case(fails_and_is_stuck, "a.b");
	EXPECT_TRUE(says("  # then stuck: no device\nnot ok 7 a.b # checks=2 ms="));
}

TEST(a_case_without_a_check)
{
	stage_up();
	run_case(checks_nothing, "a.b");
	EXPECT_TRUE(says("\nnot ok 7 a.b # ERROR the case checked nothing\n"));
}

TEST(a_case_that_is_not_there)
{
	static const char *const names[] = { "a", "a.", "a.bb", "b.a[a.b]" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		stage_up();
		CONTEXT("%s", names[i]);
		run_case(passes, names[i]);
		EXPECT_TRUE(says(" # ERROR the image has no case of this name\n"));
	}
}

TEST(with_wrong_each_check_is_turned_round)
{
	stage_up();
	run_case(fails, "a.b wrong=1");
	EXPECT_TRUE(says("  ok 1 S gap\n  not ok 2 S fine\n"));
	EXPECT_TRUE(says("\nnot ok 7 a.b # checks=2 "));
}

static void marks(struct test *t)
{
	/* The host has looked at nothing yet: what is in the input says nothing of the mark. */
	stage.bytes = 3;
	EXPECT_EQ(test_mark(t, "armed", 20, "irr=0"), 0xa9a0);
	EXPECT_EQ(stage.bytes, 0);
	check(t, stage.marks == 1, "the host has looked");
}

TEST(a_mark_waits_for_the_host)
{
	stage_up();
	run_case(marks, "a.b");
	EXPECT_TRUE(says("  # mark armed pin=20 rte=000000000000a9a0 irr=0\n  ok 1 the host"));
}

/* ------------------------------------------------------------------------- the course of a case */

static const struct scenario hung = { .verb = FAULT_MASK, .during = &FORCED_EOI };
static const struct scenario killed = { .verb = FAULT_MASK, .kill = true, .during = &FORCED_EOI };
static const struct scenario stormy = { .verb = FAULT_MASK,
					.during = &FORCED_EOI,
					.storm_ends = true };
static const struct scenario *scenario;

static void course(struct test *t)
{
	scenario_run(t, scenario);
}

static void run_course(const struct scenario *sc)
{
	scenario = sc;
	stage.told[0] = '\0';
	run_case(course, "a.b");
}

TEST(the_course_of_a_case)
{
	stage_up();
	run_course(&hung);
	EXPECT_TRUE(says("\nok 7 a.b # checks="));
	EXPECT_TRUE(says("# mark bound pin=20 rte=000000000000a9a0 mask=0 irr=0\n"));
	EXPECT_TRUE(says("# mark fault pin=20 rte=000000000000a9a0 irr=any mask=any\n"));
	EXPECT_TRUE(says("# mark recovered pin=20 rte=000000000000a9a0 mask=0 irr=0\n"));
	EXPECT_TRUE(says("# mark unbound pin=20 rte=000000000000a9a0 mask=1 irr=0\n"));
	EXPECT_EQ(count("ok 1 LI dom 1 before"), 1);
	EXPECT_EQ(count(" LI dom 2 before"), 1);
	EXPECT_EQ(count(" LI dom 2 during"), 1);
	EXPECT_EQ(count(" LI dom 2 after"), 1);
	EXPECT_EQ(count(" LI dom 1 after"), 0);
}

/* What the mechanism allows during the fault is allowed then alone. */
TEST(each_window_has_its_bound)
{
	static const char *const told[] = {
		"not ok 5 S dom 2 before: longest gap 4600 us, bound 3600", NULL,
		"S dom 2 after: longest gap 4600 us, bound 3600 us"
	};

	for (unsigned int w = 0; w < WINDOWS; w++) {
		stage_up();
		CONTEXT("window %u", w);
		stage.play[1][w].gap = 4600 * US;
		run_course(&hung);
		EXPECT_EQ(says("\nnot ok 7 a.b"), told[w] != NULL);
		EXPECT_TRUE(!told[w] || says(told[w]));
	}
}

TEST(a_loss_in_any_window_fails_the_case)
{
	for (unsigned int w = 0; w < WINDOWS; w++) {
		stage_up();
		CONTEXT("window %u", w);
		stage.play[2][w] = measured(100, 99, 400 * US, 20 * US);
		run_course(&hung);
		EXPECT_TRUE(says("\nnot ok 7 a.b # checks="));
		EXPECT_EQ(count("  not ok "), 1);
	}
}

TEST(a_vector_that_moves)
{
	stage_up();
	stage.moved = 0xa9a8;
	run_course(&hung);
	EXPECT_TRUE(says("V vector 0xa8, expected 0xa0 as before\n"));
	EXPECT_TRUE(says("\nnot ok 7 a.b # checks="));
}

TEST(a_fault_that_does_not_come)
{
	stage_up();
	stage.faultless = true;
	run_course(&hung);
	EXPECT_TRUE(says("\nnot ok 7 a.b # ERROR the offender's fault did not come to stand\n"));
}

TEST(an_offender_that_does_not_die)
{
	stage_up();
	stage.unkillable = true;
	run_course(&killed);
	EXPECT_TRUE(says("not ok 10 L dom 1 is gone after destroy: -16, expected 0\n"));
	EXPECT_TRUE(says("\nnot ok 7 a.b # checks="));
}

TEST(a_storm_that_does_not_end)
{
	stage_up();
	stage.play[1][WINDOW_DURING].spurious = 100;
	run_course(&stormy);
	EXPECT_TRUE(says("\nok 7 a.b # checks="));
	stage_up();
	stage.play[1][WINDOW_DURING].spurious = 100;
	stage.play[1][WINDOW_AFTER].spurious = 1;
	run_course(&stormy);
	EXPECT_TRUE(says("ST the rescue ends the storm: 1 spurious after it, expected 0\n"));
	EXPECT_TRUE(says("\nnot ok 7 a.b # checks="));
	stage_up();
	run_course(&stormy);
	EXPECT_TRUE(says("ST the dead domain's device storms: 0, at least 100\n"));
	EXPECT_TRUE(says("\nnot ok 7 a.b # checks="));
}
