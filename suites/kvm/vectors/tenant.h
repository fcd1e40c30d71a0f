/* SPDX-License-Identifier: GPL-2.0-only */
/* A user of VFIO: a function that it drives itself, and the interrupts that it gets. */
#ifndef LIFELINE_SUITES_KVM_VECTORS_TENANT_H
#define LIFELINE_SUITES_KVM_VECTORS_TENANT_H

#include "host/case/take.h"
#include "host/vfio/vfio.h"
#include "host/vfio/message.h"

#define TENANT_EVENTS 8u

/**
 * struct tenant - see above
 * @v: the function
 * @c: its driver
 * @n: interrupts that are enabled
 * @fd: their eventfds
 */
struct tenant {
	struct vfio_device v;
	struct controller c;
	unsigned int n;
	int fd[TENANT_EVENTS];
};

/** tenant_init() - nothing is open; tenant_close() may be called */
void tenant_init(struct tenant *u);

/** tenant_open() - open @device, which is taken, with decoding and bus mastering on. Return: 0, or -errno with one line in @why */
int tenant_open(struct tenant *u, const struct case_device *device, char why[TAKE_WHY]);

/** tenant_enable() - enable @n interrupts of @kind, and start the device so that it can send each. Return: as tenant_open() */
int tenant_enable(struct tenant *u, enum irq_kind kind, unsigned int n, char why[TAKE_WHY]);

/** tenant_disable() - give its interrupts up */
void tenant_disable(struct tenant *u);

/** tenant_send() - let the device send message @i, and wait at most @ns for one. Return: events of it, 0: none came in time */
unsigned int tenant_send(struct tenant *u, unsigned int i, uint64_t ns);

/** tenant_heard() - events of interrupt @i since the last call, without waiting */
unsigned int tenant_heard(struct tenant *u, unsigned int i);

/** tenant_close() - close it; it may not be open */
void tenant_close(struct tenant *u);

#endif
