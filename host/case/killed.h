/* SPDX-License-Identifier: GPL-2.0-only */
/* A line on which nobody claims what comes, until the kernel disables it for all ("nobody cared"). */
#ifndef LIFELINE_CASE_KILLED_H
#define LIFELINE_CASE_KILLED_H

#include "host/case/shared.h"

/** killed_yet() - has the kernel disabled a line since shared_up()? */
bool killed_yet(struct shared_line *l);

/**
 * killed_await() - let the open window go on until it has, for 60 s at most
 *
 * On an emulated board it takes a second, with irqpoll, which makes each interrupt longer, 2.5; on a busy host ten times that.
 */
void killed_await(struct shared_line *l);

/**
 * killed_bound() - what the mechanism promises of WINDOW_DURING, in which the storm was
 *
 * note_interrupt() (kernel/irq/spurious.c) disables the line with the 100,000th interrupt if 99,900 of them were nobody's.
 * It counts anew after 100 ms without such a one: for each time that the board itself stood so long, 100,000 more.
 */
struct shared_bound killed_bound(const struct shared_line *l);

#endif
