/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rhythm in which a line serves. When Linux has disabled a line ("nobody
 * cared"), poll_spurious_irqs() (kernel/irq/spurious.c) still calls its handlers
 * from a timer that re-arms itself POLL_SPURIOUS_IRQ_INTERVAL = HZ/10 later: the
 * sharers live on at 10 Hz. That is told apart from a line that is merely slow.
 */
#ifndef LIFELINE_PROBE_CADENCE_H
#define LIFELINE_PROBE_CADENCE_H

#include <stdint.h>

/** CADENCE_PAUSE - services with less than this between them are one burst, ns */
#define CADENCE_PAUSE 20000000ull

/** CADENCE_PERIOD - of the kernel's poll, ns */
#define CADENCE_PERIOD 100000000ull

/**
 * CADENCE_EARLY, CADENCE_LATE - how much a poll may be early or late, ns
 *
 * Early by what the previous one was late. Late: the timer wheel rounds up by a jiffy of
 * up to 10 ms (HZ=100), and its softirq waits for others.
 */
#define CADENCE_EARLY 10000000ull
#define CADENCE_LATE  20000000ull

/**
 * CADENCE_SKIPS - polls from one completion to the next of the same sharer, at most
 *
 * A SCSI command to a USB disk is three transfers, each with an interrupt of its own.
 */
#define CADENCE_SKIPS 3u

/** CADENCE_INTERVALS - so many intervals are needed, or the rhythm is nothing that one can tell */
#define CADENCE_INTERVALS 3u

/** CADENCE_BURSTS - so many bursts of a window are remembered: its first ones */
#define CADENCE_BURSTS 64u

/**
 * enum service - how a line served in a window
 * @SERVICE_SILENT: not at all
 * @SERVICE_HEALTHY: never longer than the bound without
 * @SERVICE_POLLED: by the kernel's poll alone
 * @SERVICE_SLOW: some other way
 */
enum service { SERVICE_SILENT, SERVICE_HEALTHY, SERVICE_POLLED, SERVICE_SLOW };

/**
 * struct cadence - the services of a window
 * @start: of the window, ns
 * @end: of the window
 * @last: the last service, or @start
 * @longest: longest time without a service, window edges included
 * @services: how many
 * @bursts: of services less than CADENCE_PAUSE apart
 * @at: first service of each burst
 */
struct cadence {
	uint64_t start, end, last, longest;
	uint32_t services, bursts;
	uint64_t at[CADENCE_BURSTS];
};

/** cadence_open() - a window begins at @start */
void cadence_open(struct cadence *c, uint64_t start);

/** cadence_add() - a service at @time; what seems to be before the last one is taken for as late as that */
void cadence_add(struct cadence *c, uint64_t time);

/** cadence_close() - the window ends at @end */
void cadence_close(struct cadence *c, uint64_t end);

/**
 * cadence_verdict() - how the line served
 * @c: a closed window
 * @bound: longest time without service on a healthy line, ns; what the load itself pauses included
 *
 * SERVICE_POLLED: at least CADENCE_INTERVALS intervals from burst to burst, and at least
 * three quarters of all are one to CADENCE_SKIPS periods of CADENCE_PERIOD, give or take
 * CADENCE_EARLY and CADENCE_LATE.
 */
enum service cadence_verdict(const struct cadence *c, uint64_t bound);

/** cadence_name() - "silent", "healthy", "polled at 10 Hz" or "slow" */
const char *cadence_name(enum service s);

#endif
