/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who gets an interrupt that nobody should get: the host's counters that only a forged one moves, the lines of its
 * log that tell of one, and interrupts of others.
 */
#ifndef LIFELINE_SUITES_KVM_VECTORS_WATCH_H
#define LIFELINE_SUITES_KVM_VECTORS_WATCH_H

#include "host/pci/interrupts.h"
#include "host/probe/kmsg.h"

#define WATCH_IRQS 8u
#define WATCH_TEXT 200u

/**
 * struct watch - see above
 * @before: /proc/interrupts at watch_begin()
 * @log: the kernel's log since then
 * @irq: interrupts of the host's own, idle devices, by Linux's number
 * @irqs: how many
 */
struct watch {
	struct interrupts before;
	struct kmsg log;
	unsigned int irq[WATCH_IRQS];
	unsigned int irqs;
};

/**
 * watch_begin() - from now on
 *
 * Return: 0 or -errno with one line in @why. watch_end() is due after 0.
 */
int watch_begin(struct watch *w, char *why, size_t size);

/**
 * watch_end() - what has been seen since
 * @text: "PIN +1, NMI +2", or "nothing"
 *
 * Return: how many interrupts, or -errno.
 */
int watch_end(struct watch *w, char text[WATCH_TEXT]);

#endif
