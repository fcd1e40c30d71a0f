/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_DEV_MMIO_H
#define LIFELINE_DEV_MMIO_H

#include "guest/dev/descriptor.h"

/**
 * mmio_dev_io() - registers of a device whose BAR 0 is mapped
 * @page: address of the first 4 KiB of BAR 0, mapped uncached; the rows of the
 *        descriptor table reach no further
 */
struct dev_io mmio_dev_io(void *page);

#endif
