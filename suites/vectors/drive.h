/* SPDX-License-Identifier: GPL-2.0-only */
/* The control domain as driver: it routes pins and serves devices itself. */
#ifndef LIFELINE_VECTORS_DRIVE_H
#define LIFELINE_VECTORS_DRIVE_H

#include "guest/control/cast.h"
#include "guest/control/line.h"

/** RTE_LEVEL_LOW - low half of an open entry of a PCI line; the vector field is free for a pirq */
#define RTE_LEVEL_LOW (RTE_LEVEL | RTE_LOW_ACTIVE)

/** DRIVE_ROUNDS - interrupts that expect_rounds() raises */
#define DRIVE_ROUNDS 100

/** expect_rounds() - raise DRIVE_ROUNDS times on @dev and check how many come by @port (LI) */
void expect_rounds(struct test *t, struct device *dev, uint32_t pirq, evtchn_port_t port,
		   unsigned int expected);

/** expect_result() - check that what a call returned is @expected; @fmt: invariant code and call */
__attribute__((format(printf, 4, 5))) bool expect_result(struct test *t, int seen, int expected,
							 const char *fmt, ...);

/** expect_port() - bind @pirq and check that it works (L). Return: the port, 0: it does not */
evtchn_port_t expect_port(struct test *t, uint32_t pirq);

/** sibling_bind() - let @s bind @pirq, shareable. Return: its port, or -errno */
int sibling_bind(struct sibling *s, uint32_t pirq);

/** sibling_reserve() - let @s reserve a pirq: see pirq_reserve(). Return: the pirq or -errno */
int sibling_reserve(struct sibling *s, int type);

/** sibling_close() - let @s close @port. Return: 0 or -errno */
int sibling_close(struct sibling *s, int port);

/**
 * page_zero() - memory at address 0, which a null pointer of Xen's leads to: the caller's own, for Xen's loader
 * maps page 0 for a kernel linked as this one is
 */
volatile void *page_zero(void);

#endif
