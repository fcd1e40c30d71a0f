/* SPDX-License-Identifier: GPL-2.0-only */
/* The three windows of a case: before, during and after the fault; and the verdict on them. */
#ifndef LIFELINE_CONTROL_WINDOW_H
#define LIFELINE_CONTROL_WINDOW_H

#include "guest/control/cast.h"

/**
 * struct bound - what a sharer is held to in a window, beside "lost none"
 * @median: half of its interrupts are served within this, ns
 * @gap: longest time without a served interrupt, ns; on top of the sharer's own pause
 * @why: the mechanism that promises it, for the message
 * @elsewhere: bound of those on another line than the case's; NULL: the same
 *
 * What the sharer's device itself takes (exerciser.device_ns) comes on top of both.
 * The board's allowance (cast timing.slack, device.late) comes on top of @gap, and a tenth of
 * it on top of @median: noise hits single samples, not half of them. A median is
 * told up to 12.5 % too high (guest/lib/hist.h); the tenth has room for that too.
 */
struct bound {
	uint64_t median, gap;
	const char *why;
	const struct bound *elsewhere;
};

/** HEALTHY - nothing is wrong: an interrupt is served at once */
extern const struct bound HEALTHY;

/** EVERY_SHARER - many share: each interrupt waits for the EOI of all, forced after 1 ms */
extern const struct bound EVERY_SHARER;

/** FORCED_EOI - a sharer owes its EOI: Xen forces it after 1 ms (irq_guest_eoi_timer_fn) */
extern const struct bound FORCED_EOI;

/** window_open() - every live member but the offender raises and serves in window @w */
void window_open(struct cast *c, enum window w, bool offender_too);

/** window_wait() - let an open window go on for @ns */
void window_wait(struct test *t, uint64_t ns);

/** window_close() - park them; a member that does not answer fails the case (S) */
void window_close(struct test *t, struct cast *c);

/** window_run() - open, wait the planned time, close */
void window_run(struct test *t, struct cast *c, enum window w);

/** window_judge() - print the measurements of @w and check every live member against @b */
void window_judge(struct test *t, struct cast *c, enum window w, const struct bound *b);

/** window_spurious() - events that members of window @w got and had not raised */
uint64_t window_spurious(struct cast *c, enum window w);

#endif
