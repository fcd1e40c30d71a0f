/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How code of ours reaches a device: registers, configuration space, memory for
 * DMA, time. A controller is described once over this, and runs in a guest of
 * Xen, in a process on the host and against a register model in a unit test.
 */
#ifndef LIFELINE_DEV_IO_H
#define LIFELINE_DEV_IO_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct dev_memory - memory that the device may read and write
 * @base: where we see it; page aligned
 * @bus: where the device sees it: contiguous there, page aligned, below 4 GiB
 * @size: bytes, 0: none
 */
struct dev_memory {
	void *base;
	uint64_t bus;
	uint32_t size;
};

/**
 * struct dev_io - a device's surroundings
 * @read: value of the @width byte register at @offset of BAR @bar
 * @write: the same, writing; in order with accesses to @memory before it
 * @config_read: the same in configuration space; NULL: out of reach (a domain that is no control domain)
 * @config_write: the same, writing
 * @now: ns, never going back
 * @sleep: let @ns go by, or a little more: the device may go on, and others may run
 * @memory: for DMA
 * @ctx: passed to all
 */
struct dev_io {
	uint32_t (*read)(void *ctx, uint8_t bar, uint32_t offset, uint8_t width);
	void (*write)(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value);
	uint32_t (*config_read)(void *ctx, uint16_t offset, uint8_t width);
	void (*config_write)(void *ctx, uint16_t offset, uint8_t width, uint32_t value);
	uint64_t (*now)(void *ctx);
	void (*sleep)(void *ctx, uint64_t ns);
	struct dev_memory memory;
	void *ctx;
};

#endif
