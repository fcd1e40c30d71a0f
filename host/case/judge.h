/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks that every case of a shared line makes, in the harness's words. */
#ifndef LIFELINE_CASE_JUDGE_H
#define LIFELINE_CASE_JUDGE_H

#include "host/case/harness.h"
#include "host/case/shared.h"
#include "host/probe/clock.h"

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
	CHECK(st->w.served && gap <= gap_bound, "S %s %s: longest gap %u us, bound %u us (%s)",
	      name, win, SHARED_US(gap), SHARED_US(gap_bound), b->why);
	CHECK(st->w.served && median <= median_bound, "S %s %s: median %u us, bound %u us (%s)",
	      name, win, SHARED_US(median), SHARED_US(median_bound), b->why);
}

/** shared_judge() - print window @w and hold every sharer, and the line, to @b */
static inline void shared_judge(struct __test_metadata *_metadata, const struct shared_line *l,
				enum window w, const struct shared_bound *b)
{
	uint64_t bound = shared_interrupts_bound(l, w);
	uint64_t interrupts = probe_line(l->probe, w)->interrupts;

	shared_print(l, w, b);
	REQUIRE(!probe_lost(l->probe),
		"the probe lost %llu records: nothing it counts is to be believed",
		(unsigned long long)probe_lost(l->probe));
	for (unsigned int i = 0; i < l->n; i++)
		shared_judge_one(_metadata, l, i, w, b);
	CHECK(interrupts <= bound,
	      "ST irq %u %s: %llu interrupts, bound %llu (its devices' requests)", l->irq,
	      shared_window_name[w], (unsigned long long)interrupts, (unsigned long long)bound);
}

/** shared_judge_log() - the kernel says nothing that it should not, and the line is not disabled */
static inline void shared_judge_log(struct __test_metadata *_metadata, struct shared_line *l)
{
	unsigned int bad = 0;

	kmsg_read(&l->log);
	for (int kind = KMSG_WARNING; kind < KMSG_KINDS; kind++)
		bad += l->log.count[kind];
	CHECK(!bad, "HC the kernel's log: %u warnings, bugs or lockups, expected 0", bad);
	for (unsigned int i = 0; i < l->log.kept && bad; i++)
		case_note("log: %s", l->log.line[i].text);
	CHECK(!l->log.count[KMSG_DISABLED], "S irq %u is not disabled by the kernel (nobody cared)",
	      l->irq);
}

#endif
