/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Surroundings of the guest's judges in a unit test: a cast that measures what the test says, a host that looks at
 * marks, a clock, and all that was told.
 */
#ifndef LIFELINE_TESTS_STAGE_H
#define LIFELINE_TESTS_STAGE_H

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

static void (*played)(struct test *t);

static void play(struct test *t)
{
	played(t);
}

/** cases - those that the plan may name, where the guest's linker script has them */
extern const struct test_case cases[2];
__asm__(".globl __cases_start, __cases_end\n"
	".set __cases_start, cases\n"
	".set __cases_end, cases + 32\n");
const struct test_case cases[2] = { { "a.b", play }, { "a.c", play } };

/** measured() - what a member may have measured; what was not served is lost */
static inline struct window_stats measured(uint32_t raised, uint32_t served, uint64_t gap,
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

/** stage_up() - three members that are well: dom 1 is the offender; the case's line is GSI 20 */
static inline struct cast *stage_up(void)
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

/** says() - is @text in what was told? */
static inline bool says(const char *text)
{
	return strstr(stage.told, text) != NULL;
}

/** count() - how often */
static inline unsigned int count(const char *text)
{
	unsigned int n = 0;

	for (const char *at = stage.told; (at = strstr(at, text)); at++)
		n++;
	return n;
}

#endif
