/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cast of a case: the siblings that share the line, in the order in which
 * they bind it. Orders, windows and death go through here.
 */
#ifndef LIFELINE_CONTROL_CAST_H
#define LIFELINE_CONTROL_CAST_H

#include "fault/fault.h"
#include "guest/control/build.h"
#include "guest/control/message.h"
#include "guest/control/test.h"

/**
 * struct sibling - one member
 * @dom: domain id
 * @slot: mailbox window, fixed for the member
 * @box: mailbox
 * @dev: its device; NULL: not built
 * @kind: how the device interrupts
 * @message: its message, with MSI and MSI-X
 * @port: our end of the channel to it
 * @hvm: an HVM domain, which has its device by the line
 * @offender: will hang or die
 * @live: expected to serve
 */
struct sibling {
	domid_t dom;
	unsigned int slot;
	struct mailbox *box;
	struct device *dev;
	enum irq_kind kind;
	struct message message;
	evtchn_port_t port;
	bool hvm;
	bool offender;
	bool live;
};

/**
 * struct cast - all of them
 * @member: in bind order
 * @n: how many
 * @gsi: the line that the case is about; a member may be on another
 * @timing: from the plan: window lengths, grace and pace, ns; @slack is the
 *	board's allowance on every bound, @seed that of the pacing
 * @struck: when the case's fault was seen to stand, ns of system time; 0: not yet, or it has none
 */
struct cast {
	struct sibling member[MAX_SIBLINGS];
	unsigned int n;
	uint32_t gsi;
	struct {
		uint64_t window[WINDOWS], grace, pace, slack;
		uint32_t seed;
	} timing;
	uint64_t struck;
};

/** cast_up() - build and bind what the plan's cast= says. Return: the cast; NULL: error noted */
struct cast *cast_up(struct test *t);

/** cast_build() - the same without binding */
struct cast *cast_build(struct test *t);

/** cast_down() - destroy all, give the devices back, check that nothing stays (L) */
void cast_down(struct test *t, struct cast *c);

/** cast_offender() - the first member marked with '!' in the plan; NULL if none */
struct sibling *cast_offender(struct cast *c);

/**
 * sibling_birth() - build @s on its device and let it run, without the line's pirq
 *
 * An HVM domain has the line bound to its IO-APIC, and opens that pin to bind.
 * With MSI and MSI-X the device is assigned to it, which needs an IOMMU, and it
 * is given its message's pirq; binding is left to it.
 *
 * An offender that spins must not take the CPU from the sharers: the interrupt
 * path is judged here, not the scheduler. On a board with several CPUs it runs
 * on the last and everyone else on the first; on one CPU it has the least weight.
 *
 * Return: 0 or -errno.
 */
int sibling_birth(struct cast *c, struct sibling *s);

/** sibling_birth_pvh() - build @s as PVH domain, which has no device, and let it run */
int sibling_birth_pvh(struct sibling *s);

/** sibling_grace() - an interrupt of @s that is not served after this is lost, ns */
uint64_t sibling_grace(const struct cast *c, const struct sibling *s);

/** sibling_order() - give an order without waiting */
void sibling_order(struct sibling *s, enum order order, uint32_t argument);

/** sibling_await() - its answer to the last order, or -ETIMEDOUT after @ns */
int sibling_await(struct sibling *s, uint64_t ns);

/** sibling_ask() - order and await; generous time limit */
int sibling_ask(struct sibling *s, enum order order, uint32_t argument);

/**
 * sibling_call() - let @s make hypercall @nr with command @cmd on the @size bytes at @arg
 * @arg: at most 64 bytes; what Xen writes to it comes back
 *
 * Return: Xen's result, or -ETIMEDOUT.
 */
int sibling_call(struct sibling *s, uint32_t nr, uint32_t cmd, void *arg, unsigned int size);

/**
 * sibling_kill() - XEN_DOMCTL_destroydomain, nothing else: its device is left as it is
 *
 * Return: 0; -errno of the destroy; -ETIMEDOUT: references keep the domain.
 */
int sibling_kill(struct sibling *s);

/**
 * free_pages() - free pages of the host, once they have not changed for 5 ms
 *
 * A domain that is gone leaves some 20 pages to RCU, which frees them later.
 */
uint64_t free_pages(void);

/**
 * SLAB_PAGES - what free_pages() may miss without a leak
 *
 * Xen's small-object pool (xmem_pool) keeps a few pages to itself: up to 3 were
 * seen to come and go.
 */
#define SLAB_PAGES 8

/**
 * sibling_bury() - silence and give back the device of a killed member
 *
 * Return: 0, or -errno: the dead domain's device does not come back.
 */
int sibling_bury(struct sibling *s);

/** RCU_LIMIT - Xen frees the pirqs of a dead domain when its RCU callback runs, some ms later */
#define RCU_LIMIT (20 * MS)

#endif
