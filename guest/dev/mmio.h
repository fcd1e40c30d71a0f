/* SPDX-License-Identifier: GPL-2.0-only */
/* A device's registers as a guest of Xen reaches them. */
#ifndef LIFELINE_DEV_MMIO_H
#define LIFELINE_DEV_MMIO_H

#include "guest/dev/io.h"

/** mmio_dev_io() - registers of a device whose memory BAR is mapped, uncached, at @window */
struct dev_io mmio_dev_io(void *window);

/** port_dev_io() - registers of a device whose I/O BAR is at @port; access is the caller's to get */
struct dev_io port_dev_io(uint16_t port);

/** dev_io_now() - @now of a struct dev_io in a guest of Xen; dev_io_sleep() - its @sleep */
uint64_t dev_io_now(void *ctx);
void dev_io_sleep(void *ctx, uint64_t ns);

#endif
