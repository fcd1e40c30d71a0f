/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks that every case of a shared line makes, in the harness's words. */
#ifndef LIFELINE_CASE_JUDGE_H
#define LIFELINE_CASE_JUDGE_H

#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/shared.h"
#include "host/domain/domain.h"
#include "host/probe/clock.h"

/* Of a virtual machine's window: 0 to 2 were seen; that VFIO claims what is others' makes hundreds. */
#define SHARED_RESAMPLED 20u

#define SHARED_US(ns) ((unsigned int)((ns) / NS_PER_US))

static inline void shared_judge_one(struct __test_metadata *_metadata, const struct shared_line *l,
				    unsigned int i, enum window w, const struct shared_bound *b)
{
	const struct request_stats *st = probe_sharer(l->probe, i, w);
	uint64_t median = hist_quantile(&st->w.latency, 500), gap = shared_gap(l, i, w);
	uint64_t gap_bound = shared_gap_bound(l, i, b), median_bound = shared_median_bound(l, i, b);
	const char *name = l->sharer[i].name, *win = shared_window_name[w];

	CHECK(!st->w.lost, "LI %s %s: lost %u of %u, expected 0", name, win, st->w.lost,
	      st->w.raised);
	CHECK(gap <= gap_bound, "S %s %s: longest gap %u us, bound %u us (%s)", name, win,
	      SHARED_US(gap), SHARED_US(gap_bound), b->why);
	CHECK(median <= median_bound, "S %s %s: median %u us, bound %u us (%s)", name, win,
	      SHARED_US(median), SHARED_US(median_bound), b->why);
}

/* What the kernel itself counts as nobody's: none was seen where nothing is wrong. */
#define SHARED_UNCLAIMED 20u

/**
 * shared_judge() - print window @w and hold every sharer, and the line, to @b
 *
 * Before and after a fault no interrupt is nobody's, whatever @b says.
 */
static inline void shared_judge(struct __test_metadata *_metadata, const struct shared_line *l,
				enum window w, const struct shared_bound *b)
{
	uint64_t bound = shared_interrupts_bound(l, w) + b->interrupts;
	uint64_t interrupts = probe_line(l->probe, w)->interrupts;
	uint64_t unclaimed = probe_line(l->probe, w)->unhandled;

	shared_print(l, w, b);
	REQUIRE(!probe_lost(l->probe),
		"the probe lost %llu records: nothing it counts is to be believed",
		(unsigned long long)probe_lost(l->probe));
	for (unsigned int i = 0; i < l->n; i++)
		shared_judge_one(_metadata, l, i, w, b);
	CHECK(interrupts <= bound, "ST irq %u %s: %llu interrupts, bound %llu (%s)", l->irq,
	      shared_window_name[w], (unsigned long long)interrupts, (unsigned long long)bound,
	      b->interrupts ? b->why : "its devices' requests");
	if (w != WINDOW_DURING)
		CHECK(unclaimed <= SHARED_UNCLAIMED,
		      "ST irq %u %s: %llu interrupts that nobody claimed, at most %u", l->irq,
		      shared_window_name[w], (unsigned long long)unclaimed, SHARED_UNCLAIMED);
}

/**
 * shared_judge_domain() - print what the domain itself measured in @w, and hold it to a healthy line
 *
 * A domain is told of its own device's interrupts alone (X): VFIO asks the function's status bit. To a virtual machine KVM
 * may inject a level once more that is gone by the time its handler looks: it samples the line at the EOI.
 */
static inline void shared_judge_domain(struct __test_metadata *_metadata, const struct domain *d,
				       const char *model, enum window w)
{
	const char *win = shared_window_name[w];
	unsigned int allowed = d->kind == &domain_process ? 0 : SHARED_RESAMPLED;
	struct window_stats st;
	char error[MAILBOX_ERROR];

	domain_window(d, w, &st);
	domain_error(d, error);
	shared_print_domain(d, model, w, &st);
	if (error[0])
		case_note("%s: %s", model, error);
	CHECK(!st.lost && st.served, "LI domain %s: lost %u of %u, expected 0", win, st.lost,
	      st.raised);
	CHECK(st.spurious <= allowed, "X domain %s: %u events of others' interrupts, at most %u",
	      win, st.spurious, allowed);
}

/**
 * shared_park() - the domain's own window @w, or its fault in it, ends
 *
 * Return: does it answer? One that waits for an interrupt in vain does not.
 */
static inline bool shared_park(struct __test_metadata *_metadata, struct domain *d, enum window w)
{
	int rc = domain_ask(d, ORDER_PARK, 0);

	CHECK(!rc, "LI domain %s: it goes on and takes an order (%d)", shared_window_name[w], rc);
	return !rc;
}

/** shared_judge_log() - the kernel says nothing that it should not, and the line is not disabled */
static inline void shared_judge_log(struct __test_metadata *_metadata, struct shared_line *l)
{
	case_judge_log(_metadata, &l->log);
	case_data("windows_ms=%u", (unsigned int)(l->windows / NS_PER_MS));
	CHECK(!l->log.count[KMSG_DISABLED], "S irq %u is not disabled by the kernel (nobody cared)",
	      l->irq);
}

#endif
