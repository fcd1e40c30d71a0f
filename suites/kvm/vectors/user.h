/* SPDX-License-Identifier: GPL-2.0-only */
/* A user of VFIO: a function that it drives itself, and the interrupts that it gets. */
#ifndef LIFELINE_SUITES_KVM_VECTORS_USER_H
#define LIFELINE_SUITES_KVM_VECTORS_USER_H

#include "host/case/devices.h"
#include "host/vfio/vfio.h"
#include "suites/kvm/vectors/message.h"

#define USER_EVENTS 8u
#define USER_WHY    256u

/**
 * struct user - see above
 * @v: the function
 * @c: its driver
 * @n: interrupts that are enabled
 * @fd: their eventfds
 */
struct user {
	struct vfio_device v;
	struct controller c;
	unsigned int n;
	int fd[USER_EVENTS];
};

/** user_init() - nothing is open; user_close() may be called */
void user_init(struct user *u);

/** user_open() - open @device, which is taken, with decoding and bus mastering on. Return: 0, or -errno with one line in @why */
int user_open(struct user *u, const struct case_device *device, char why[USER_WHY]);

/** user_enable() - enable @n interrupts of @kind, and start the device so that it can send each. Return: as user_open() */
int user_enable(struct user *u, enum irq_kind kind, unsigned int n, char why[USER_WHY]);

/** user_disable() - give its interrupts up */
void user_disable(struct user *u);

/** user_send() - let the device send message @i, and wait at most @ns for one. Return: events of it, 0: none came in time */
unsigned int user_send(struct user *u, unsigned int i, uint64_t ns);

/** user_heard() - events of interrupt @i since the last call, without waiting */
unsigned int user_heard(struct user *u, unsigned int i);

/** user_close() - close it; it may not be open */
void user_close(struct user *u);

#endif
