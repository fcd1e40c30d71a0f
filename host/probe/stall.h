/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A meter of the board's own stalls. The host of an emulated board may stop all of it for a
 * while, which is no fault of what is tested. A thread of real-time priority on a CPU
 * without load wants to run every period; when it is late, the CPU stood still, and with
 * it every CPU that shares its thread of the host.
 *
 * How late it was is a lower bound: a stall begins up to one period before the tick
 * that it delays. One that is late by more than a period counts from the tick before. On a board
 * whose CPUs share one host thread a CPU that is busy delays the ticks of the other, too: there a
 * stall is not always the host's.
 */
#ifndef LIFELINE_PROBE_STALL_H
#define LIFELINE_PROBE_STALL_H

#include <stddef.h>
#include <stdint.h>

/** STALL_KEPT - stalls that are remembered */
#define STALL_KEPT 4096u

/**
 * struct stall - the board stood still
 * @from: when the thread should have run, ns
 * @to: when it did
 */
struct stall {
	uint64_t from, to;
};

/**
 * struct stalls - what was seen
 * @n: how many, STALL_KEPT at most
 * @dropped: later ones, for which there was no room
 * @ticks: how often the thread ran
 * @stall: these, in order
 */
struct stalls {
	uint32_t n, dropped, ticks;
	struct stall stall[STALL_KEPT];
};

/** stalls_note() - the thread ran at @to instead of @from; kept if that is at least @least ns late */
void stalls_note(struct stalls *s, uint64_t from, uint64_t to, uint64_t least);

/** stalls_longest() - longest part of one stall that is between @from and @to, ns */
uint64_t stalls_longest(const struct stalls *s, uint64_t from, uint64_t to);

/** stalls_sum() - how long the board stood still between @from and @to, ns: to be taken off a gap */
uint64_t stalls_sum(const struct stalls *s, uint64_t from, uint64_t to);

struct stall_meter;

/**
 * stall_start() - begin to measure
 * @out: the meter; NULL after a failure
 * @cpu: which has no load
 * @period: of the ticks, ns: at least 500 us, or the meter itself is a load
 *
 * A tick that is late by less than a quarter of the period is in time.
 *
 * Return: 0 or -errno, with one line in @error: -EINVAL no such CPU, -EPERM not root.
 */
int stall_start(struct stall_meter **out, unsigned int cpu, uint64_t period, char *error,
		size_t size);

/** stall_read() - what was seen until now; to be given to the functions above */
const struct stalls *stall_read(const struct stall_meter *m);

/** stall_stop() - end; @m may be NULL */
void stall_stop(struct stall_meter *m);

#endif
