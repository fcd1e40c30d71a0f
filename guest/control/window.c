// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/window.h"

#include <stddef.h>

#include "guest/control/ktap.h"
#include "guest/role/rows.h"
#include "guest/xen/clock.h"

/* A parked member finishes its round first; then it has this long to say so. */
#define PARK_LIMIT (500 * MS)

const struct bound HEALTHY = { 0, 0, "healthy line", NULL };
const struct bound EVERY_SHARER = { 1 * MS, 1 * MS, "EOI of every sharer", NULL };
const struct bound FORCED_EOI = { 1 * MS, 1 * MS, "forced EOI after 1 ms", NULL };

static const char *const window_name[WINDOWS] = { "before", "during", "after" };

static bool takes_part(const struct sibling *s, bool offender_too)
{
	return s->live && (offender_too || !s->offender);
}

void window_open(struct cast *c, enum window w, bool offender_too)
{
	for (unsigned int i = 0; i < c->n; i++) {
		struct sibling *s = &c->member[i];

		if (!takes_part(s, offender_too))
			continue;
		s->box->planned = c->timing.window[w];
		sibling_order(s, ORDER_RUN, w);
	}
}

void window_close(struct test *t, struct cast *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (c->member[i].live)
			sibling_order(&c->member[i], ORDER_PARK, 0);
	for (unsigned int i = 0; i < c->n; i++) {
		struct sibling *s = &c->member[i];

		if (!s->live || !sibling_await(s, sibling_grace(c, s) + PARK_LIMIT))
			continue;
		check(t, false, "S dom %u: no longer answers", s->dom);
		s->live = false;
	}
}

void window_wait(struct test *t, uint64_t ns)
{
	uint64_t start = now_ns();

	sleep_ns(ns);
	t->windows += now_ns() - start;
}

void window_run(struct test *t, struct cast *c, enum window w)
{
	window_open(c, w, true);
	window_wait(t, c->timing.window[w]);
	window_close(t, c);
}

static unsigned int us(uint64_t ns)
{
	return (unsigned int)(ns / US);
}

_Static_assert(sizeof("  # ") - 1 + ROW_TEXT <= KTAP_LINE, "a row is cut");

static void print_row(const char *row)
{
	ktap_line("  # %s", row);
}

static void print_window(unsigned int sharer, const struct sibling *s, enum window w,
			 uint64_t struck, uint64_t median_bound, uint64_t gap_bound)
{
	const struct window_stats *st = &s->box->window[w];

	ktap_line("  # data sharer=%u dom=%u model=%s window=%s raised=%u served=%u lost=%u "
		  "spurious=%u",
		  sharer, s->dom, s->dev->desc->model, window_name[w], st->raised, st->served,
		  st->lost, st->spurious);
	ktap_line("  # data sharer=%u window=%s p50_us=%u p50_bound_us=%u p99_us=%u gap_us=%u "
		  "bound_us=%u",
		  sharer, window_name[w], us(hist_quantile(&st->latency, 500)), us(median_bound),
		  us(hist_quantile(&st->latency, 990)), us(st->gap), us(gap_bound));
	rows_tell(st, sharer, window_name[w], w == WINDOW_DURING ? struck : 0, print_row);
}

static void judge(struct test *t, struct cast *c, unsigned int i, enum window w,
		  const struct bound *b)
{
	struct sibling *s = &c->member[i];
	const struct window_stats *st = &s->box->window[w];
	uint64_t device = s->dev->ops->device_ns, slack = c->timing.slack + s->dev->late;
	uint64_t median_bound = b->median + device + slack / 10;
	uint64_t gap_bound = b->gap + device + c->timing.pace * 2 + slack;
	uint64_t median = hist_quantile(&st->latency, 500);
	const char *win = window_name[w];

	print_window(i, s, w, c->struck, median_bound, gap_bound);
	if (s->box->error[0])
		ktap_line("  # dom %u %s: %s", s->dom, s->dev->desc->model, s->box->error);
	check(t, !st->lost && st->raised == st->served, "LI dom %u %s: lost %u of %u, expected 0",
	      s->dom, win, st->lost, st->raised);
	check(t, st->served && st->gap <= gap_bound,
	      "S dom %u %s: longest gap %u us, bound %u us (%s)", s->dom, win, us(st->gap),
	      us(gap_bound), b->why);
	check(t, st->served && median <= median_bound,
	      "S dom %u %s: median %u us, bound %u us (%s)", s->dom, win, us(median),
	      us(median_bound), b->why);
}

void window_judge(struct test *t, struct cast *c, enum window w, const struct bound *b)
{
	for (unsigned int i = 0; i < c->n; i++) {
		const struct sibling *s = &c->member[i];

		if (!takes_part(s, w != WINDOW_DURING))
			continue;
		judge(t, c, i, w, s->dev->gsi == c->gsi || !b->elsewhere ? b : b->elsewhere);
	}
}

uint64_t window_spurious(struct cast *c, enum window w)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < c->n; i++)
		if (takes_part(&c->member[i], false))
			sum += c->member[i].box->window[w].spurious;
	return sum;
}
