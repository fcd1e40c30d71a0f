/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Latency histogram with a bounded relative error: 8 buckets an octave, so a
 * quantile is reported at most 12.5 % too high and never too low.
 */
#ifndef LIFELINE_LIB_HIST_H
#define LIFELINE_LIB_HIST_H

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

#endif
