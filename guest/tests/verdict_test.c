// SPDX-License-Identifier: GPL-2.0-only
/* From what sharers measured to the line that says how a case ended: no failure gets lost on the way. */
#include <string.h>

#include "guest/control/audit.h"
#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/owner.h"
#include "guest/control/scenario.h"
#include "guest/lib/fmt.h"
#include "guest/tests/unit.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"

#define MEMBERS 3u

/**
 * struct stage - what is around the judges
 * @told: all lines
 * @now: clock
 * @rte: of the line, as Xen tells it; @moved: behind the fault
 * @bytes: input that waits; the host gives one when it has looked at a mark
 * @early: a mark was passed without the host
 * @play: what each member measures in a window when it is told to run
 * @mute: domain that answers no order
 * @unkillable: a destroy fails
 * @faultless: the offender's fault does not come to stand
 */
static struct stage {
	char told[16384];
	uint64_t now;
	uint64_t rte, moved;
	unsigned int bytes, marks;
	struct window_stats play[MEMBERS][WINDOWS];
	domid_t mute;
	bool unkillable, faultless;
	struct cast cast;
	struct mailbox box[MEMBERS];
	struct device device[MEMBERS];
	struct test test;
} stage;

static struct exerciser injector = { .model = "edu" };
static const struct irq_descriptor row = { .model = "edu" };

void ktap_line(const char *fmt, ...)
{
	size_t used = strlen(stage.told);
	va_list ap;

	va_start(ap, fmt);
	ll_vsnprintf(stage.told + used, KTAP_LINE, fmt, ap);
	va_end(ap);
	if (!strncmp(stage.told + used, "  # mark ", 9)) {
		stage.marks++;
		stage.bytes++;
	}
	strcat(stage.told, "\n");
	EXPECT_TRUE(strlen(stage.told) < sizeof(stage.told) - KTAP_LINE);
}

int ktap_read_byte(void)
{
	return stage.bytes ? (int)(stage.bytes--, '+') : -1;
}

uint64_t now_ns(void)
{
	return stage.now += 100;
}

void sleep_until(uint64_t deadline)
{
	stage.now = deadline;
}

void sleep_ns(uint64_t ns)
{
	stage.now += ns;
}

uint64_t line_rte(uint32_t gsi)
{
	EXPECT_EQ(gsi, stage.cast.gsi);
	return stage.rte;
}

void owners_tell(void)
{
}

void audit_mark(struct test *t, const char *label)
{
	test_mark_audit(t, label);
}

uint64_t sibling_grace(const struct cast *c, const struct sibling *s)
{
	(void)s;
	return c->timing.grace;
}

void sibling_order(struct sibling *s, enum order order, uint32_t argument)
{
	if (order == ORDER_RUN)
		s->box->window[argument] = stage.play[s - stage.cast.member][argument];
	if (order == ORDER_FAULT) {
		s->box->fault_live = !stage.faultless;
		stage.rte = stage.moved;
	}
}

int sibling_await(struct sibling *s, uint64_t ns)
{
	EXPECT_TRUE(ns >= stage.cast.timing.grace);
	return s->dom == stage.mute ? -110 : 0;
}

int sibling_kill(struct sibling *s)
{
	if (stage.unkillable)
		return -16;
	s->box = NULL;
	s->live = false;
	return 0;
}

bool port_wait(evtchn_port_t port, uint64_t deadline)
{
	(void)port;
	stage.now = deadline;
	return false;
}

void port_clear(evtchn_port_t port)
{
	(void)port;
}

struct cast *cast_up(struct test *t)
{
	(void)t;
	return &stage.cast;
}

void cast_down(struct test *t, struct cast *c)
{
	(void)t;
	(void)c;
}

struct sibling *cast_offender(struct cast *c)
{
	return c->member[0].offender ? &c->member[0] : NULL;
}

void rescue_by_descriptor(const struct irq_descriptor *desc, uint64_t bar)
{
	(void)desc;
	(void)bar;
}

/* The cases that the plan may name. */
static void (*played)(struct test *t);

static void play(struct test *t)
{
	played(t);
}

extern const struct test_case cases[2];
const struct test_case cases[2] = { { "a.b", play }, { "a.c", play } };

__asm__(".globl __cases_start, __cases_end\n"
	".set __cases_start, cases\n"
	".set __cases_end, cases + 32\n");

static void run_case(void (*fn)(struct test *t), const char *line)
{
	played = fn;
	test_run((struct span){ line, strlen(line) }, 7);
}

static struct window_stats measured(uint32_t raised, uint32_t served, uint64_t gap,
				    uint64_t latency)
{
	struct window_stats st = {
		.raised = raised, .served = served, .lost = raised - served, .gap = gap
	};

	for (uint32_t i = 0; i < served; i++)
		hist_add(&st.latency, latency);
	return st;
}

#define GOOD measured(100, 100, 400 * US, 20 * US)

/* Dom 1 is the offender; the case's line is GSI 20. */
static struct cast *stage_up(void)
{
	memset(&stage, 0, sizeof(stage));
	injector.device_ns = 0;
	stage.rte = stage.moved = 0xa9a0;
	stage.cast.n = MEMBERS;
	stage.cast.gsi = 20;
	stage.cast.timing.pace = 300 * US;
	stage.cast.timing.slack = 3 * MS;
	stage.cast.timing.grace = 50 * MS;
	for (unsigned int i = 0; i < MEMBERS; i++) {
		stage.device[i] = (struct device){ .desc = &row, .ops = &injector, .gsi = 20 };
		stage.cast.member[i] = (struct sibling){ .dom = (domid_t)(i + 1),
							 .box = &stage.box[i],
							 .dev = &stage.device[i],
							 .offender = i == 0,
							 .live = true };
		for (unsigned int w = 0; w < WINDOWS; w++) {
			stage.cast.timing.window[w] = (w + 1) * 40 * MS;
			stage.play[i][w] = stage.box[i].window[w] = GOOD;
		}
	}
	return &stage.cast;
}

static bool says(const char *text)
{
	return strstr(stage.told, text) != NULL;
}

static unsigned int count(const char *text)
{
	unsigned int n = 0;

	for (const char *at = stage.told; (at = strstr(at, text)); at++)
		n++;
	return n;
}

/* ------------------------------------------------------------------------- windows */

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

/* ------------------------------------------------------------------------- the result line */

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
