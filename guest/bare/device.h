/* SPDX-License-Identifier: GPL-2.0-only */
/* The device of the bare machine: found by its configuration space, which is a real one or the VMM's. */
#ifndef LIFELINE_BARE_DEVICE_H
#define LIFELINE_BARE_DEVICE_H

#include "guest/dev/exerciser.h"

/**
 * bare_open() - fill in registers and memory for DMA of @c, and let its interrupts come by LINE_VECTOR
 * @bdf: where it is
 * @kind: INTx needs nothing here; of MSI-X, message 0 alone is used
 *
 * Return: NULL, or what was wrong.
 */
const char *bare_open(struct controller *c, uint16_t bdf, enum irq_kind kind);

/** bare_now() - @now of struct dev_io here; bare_sleep() - its @sleep */
uint64_t bare_now(void *ctx);
void bare_sleep(void *ctx, uint64_t ns);

#endif
