/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether an interrupt comes to the CPU that it was sent to. */
#ifndef LIFELINE_CASE_MOVE_H
#define LIFELINE_CASE_MOVE_H

#include "host/case/user.h"

/**
 * struct moved - how an interrupt was waited for
 * @raised: times that the function interrupted
 * @served: of these
 * @made: the last of them came to the CPU
 */
struct moved {
	unsigned int raised, served;
	bool made;
};

/**
 * move_await() - let @u interrupt, and serve that, until an interrupt comes to @cpu, for @ns, and a thousand times at least
 * @fd: signalled by the function's first interrupt
 * @irq: its number, as in /proc/interrupts
 * @cpu: 0 or 1
 *
 * A move that finds the last one not yet cleaned up, which the CPU that was left does, waits for the next interrupt, as
 * often as need be (irq_set_affinity_pending(), irq_move_masked_irq()): where emulated CPUs take turns some 80 were seen.
 */
struct moved move_await(struct user *u, int fd, unsigned int irq, unsigned int cpu, uint64_t ns);

#endif
