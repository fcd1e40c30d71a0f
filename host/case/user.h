/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The case itself as the user of a function by VFIO: what it does to the function is between it and the kernel, with no
 * domain in between.
 */
#ifndef LIFELINE_CASE_USER_H
#define LIFELINE_CASE_USER_H

#include "host/case/take.h"
#include "host/vfio/vfio.h"

/**
 * struct user - a function in use
 * @device: which
 * @v: by VFIO
 * @c: its exerciser
 * @registers: its configuration space as it is, not as VFIO shows it
 * @irq: the kernel's number of its line
 */
struct user {
	const struct case_device *device;
	struct vfio_device v;
	struct controller c;
	int registers;
	unsigned int irq;
};

/**
 * user_open() - use @device, which is taken
 *
 * It masters the bus, and no interrupt is enabled. user_close() is due after a failure, too.
 */
enum taken user_open(struct user *u, const struct case_device *device, char why[TAKE_WHY]);

/**
 * user_begin() - let the function interrupt by @kind
 *
 * Interrupts of @kind are enabled already, at least one: what a controller says before that, it says by its line.
 *
 * Return: false, with one line in @why.
 */
bool user_begin(struct user *u, enum irq_kind kind, char why[TAKE_WHY]);

/**
 * user_reset() - it has nothing to say any more, and begins anew with user_begin()
 *
 * Due before a kind is given up or changed: QEMU 7.2's 82574 ends the board if that comes within 128 us of an interrupt.
 */
void user_reset(struct user *u);

/** user_close() - silence it and let it go; may be called twice */
void user_close(struct user *u);

/** user_disintx() - is DisINTx set in the function itself? */
bool user_disintx(const struct user *u);

/** user_asserts() - does its Status register say that it asserts INTx? */
bool user_asserts(const struct user *u);

/** user_signal() - an eventfd for interrupts; -1: none to be had */
int user_signal(void);

/** user_await() - wait until eventfd @fd is signalled, at most @ns. Return: is it? */
bool user_await(int fd, uint64_t ns);

/** user_count() - how often @fd was signalled since it was last asked */
uint64_t user_count(int fd);

/**
 * user_serve() - interrupt once and serve that, as a driver does: await, acknowledge, unmask
 * @fd: signalled by the function's first interrupt
 * @ns: at most so long
 *
 * Return: was it served? A signal without a reason in the function is not one.
 */
bool user_serve(struct user *u, int fd, uint64_t ns);

/** user_await_reason() - the part of user_serve() after the interrupt was asked for */
bool user_await_reason(struct user *u, int fd, uint64_t ns);

#endif
