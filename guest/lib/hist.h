/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Latency histogram with a bounded relative error: 8 buckets an octave, so a
 * quantile is reported at most 12.5 % too high and never too low.
 */
#ifndef LIFELINE_LIB_HIST_H
#define LIFELINE_LIB_HIST_H

#include <stdbool.h>
#include <stdint.h>

#define HIST_SUB_BITS 3
#define HIST_BUCKETS  256 /* up to 2^34 ns = 17 s; longer goes into the last */

struct hist {
	uint32_t count;
	uint32_t bucket[HIST_BUCKETS];
};

/** hist_add() - count one value @ns (nanoseconds) */
void hist_add(struct hist *h, uint64_t ns);

/**
 * hist_quantile() - value below which @permille of the samples lie
 * @h: histogram
 * @permille: 0..1000
 *
 * Return: upper edge of the bucket that holds the quantile, ns; 0 if empty.
 */
uint64_t hist_quantile(const struct hist *h, unsigned int permille);

/**
 * struct hist_part - a part of a distribution, as it is told
 * @us: its lower edge
 * @count: samples in it
 */
struct hist_part {
	uint64_t us, count;
};

/**
 * hist_next() - the next part that is not empty
 * @h: histogram
 * @at: where to go on; 0 at first
 * @part: the part
 *
 * There are 4 an octave, and none narrower than 1 us: 0, 1, 2, ... 7, 8, 10, 12, 14, 16, 20, 24, ... us. A
 * sample is in the part of what hist_quantile() says of it.
 *
 * Return: false: there is none.
 */
bool hist_next(const struct hist *h, unsigned int *at, struct hist_part *part);

#endif
