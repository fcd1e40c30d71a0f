/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes wrong: each verb has one effect, told here, and nothing else. */
#ifndef LIFELINE_FAULT_FAULT_H
#define LIFELINE_FAULT_FAULT_H

#include "guest/dev/descriptor.h"
#include "guest/role/driver.h"

/**
 * enum fault_verb - verbs that an offending domain plays on itself
 * @FAULT_MASK: asserts its line, gets the event, never EOIs, never quiets the
 *	device; its vCPU blocks. A driver that died with its handler masked.
 * @FAULT_SILENT: as MASK, but the device was quieted: only the EOI is owed.
 * @FAULT_SPIN: as MASK, but the vCPU never returns from the handler.
 * @FAULT_SLOW: serves its own traffic, each handler run taking 5 ms to the EOI.
 * @FAULT_NOACK: EOIs every event at once and never quiets the device: a storm.
 * @FAULT_CRASH: asserts its line, gets the event, and the domain crashes.
 * @FAULT_UNMASK: asserts its line, gets the event, and EOIs again and again, never
 *	quieting the device: whoever kills the domain finds it in the midst of an EOI.
 * @FAULT_RESET: asserts its line, gets the event, and resets the device from outside,
 *	starts it and asserts again, again and again: whoever kills the domain finds it
 *	in the midst of a reset. Only where struct platform has a reset.
 * @FAULT_ABANDON: as NOACK, and with the next order gives up the line, its device asserting.
 * @FAULT_FLOOD: makes its device interrupt as fast as it can, and serves nothing. Of a
 *	level that is one interrupt; messages go out without anybody's acknowledge.
 */
enum fault_verb {
	FAULT_NONE,
	FAULT_MASK,
	FAULT_SILENT,
	FAULT_SPIN,
	FAULT_SLOW,
	FAULT_NOACK,
	FAULT_CRASH,
	FAULT_UNMASK,
	FAULT_RESET,
	FAULT_FLOOD,
	FAULT_ABANDON,
};

#define FAULT_SLOW_NS 5000000ull

/* Results of fault_play(), in no errno's range. */
#define FAULT_IMPOSSIBLE (-0x10000) /* this platform has no such verb: nothing was done */
#define FAULT_BROKEN	 (-0x10001) /* the device does not start again */

/**
 * fault_play() - play @verb in the domain that owns @d
 *
 * Sets fault_live in the mailbox once the fault stands. Only FAULT_NONE, SLOW,
 * NOACK, UNMASK, RESET, FLOOD and ABANDON look at orders again: these end with the next one.
 *
 * Return: 0, ABANDON: of ORDER_UNBIND; FAULT_IMPOSSIBLE; or what ended a RESET: FAULT_BROKEN, or the platform's -errno.
 */
int fault_play(struct driver *d, enum fault_verb verb);

/* The verbs of death that the control domain plays are domctl_destroy() and no more. */

/**
 * rescue_by_descriptor() - silence a device whose driver is gone
 * @desc: its row of the descriptor table, all that is known of it
 * @bar: physical address or port of the BAR that the row speaks of
 *
 * Runs in the control domain. Effect: the device no longer drives its line.
 */
void rescue_by_descriptor(const struct irq_descriptor *desc, uint64_t bar);

#endif
