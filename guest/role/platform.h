/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a driver needs of that on which it runs: its line, its controller (who
 * gives the orders), time. The driver, the handling of orders and the fault
 * verbs are written over this once; guest/xen/ has it for a domain of Xen,
 * host/domain/ for a process that has its device by VFIO.
 */
#ifndef LIFELINE_ROLE_PLATFORM_H
#define LIFELINE_ROLE_PLATFORM_H

#include "guest/dev/exerciser.h"
#include "guest/role/mailbox.h"

/**
 * struct platform - a driver's surroundings
 * @now: ns, never going back; of the same clock in all domains of a case
 * @sleep: let @ns go by, whatever happens on the line
 *
 * @pending: has the line interrupted, and has nobody taken it? False while it is not bound.
 * @take: take that, so that the next one is seen; before the device is asked
 * @wait: block until @pending or until @deadline has passed. Return: @pending
 * @end: the handler has finished: EOI, or unmask
 *
 * @kicked: is there an order to look at?
 * @take_kick: take that, so that the next one is seen; before the mailbox is looked at
 * @wait_or_kick: block until @pending, @kicked or @deadline, 0: there is none; may
 *	return early. Return: @pending
 * @tell: something in the mailbox has changed
 *
 * @open: fill in @io of @c, whose @ops are known. Return: NULL, or what was wrong
 * @obey: carry out an order that is not the driver's (enum order). Return: its answer
 * @crash: the domain ends at once, with nothing put in order
 * @reset: reset the device from outside, as the hypervisor does it. Return: 0 or -errno.
 *	NULL: a domain cannot do that here.
 * @ctx: passed to all
 */
struct platform {
	uint64_t (*now)(void *ctx);
	void (*sleep)(void *ctx, uint64_t ns);

	bool (*pending)(void *ctx);
	void (*take)(void *ctx);
	bool (*wait)(void *ctx, uint64_t deadline);
	void (*end)(void *ctx);

	bool (*kicked)(void *ctx);
	void (*take_kick)(void *ctx);
	bool (*wait_or_kick)(void *ctx, uint64_t deadline);
	void (*tell)(void *ctx);

	const char *(*open)(void *ctx, struct controller *c);
	int (*obey)(void *ctx, enum order order, uint32_t argument);
	void (*crash)(void *ctx);
	int (*reset)(void *ctx);
	void *ctx;
};

#endif
