// SPDX-License-Identifier: GPL-2.0-only
#include "fault/fault.h"

#include "guest/dev/mmio.h"
#include "guest/xen/mem.h"

static char rescue_page[4096] __attribute__((aligned(4096), section(".bss.control")));

void rescue_by_descriptor(const struct irq_descriptor *desc, uint64_t bar)
{
	struct dev_io io = mmio_dev_io(rescue_page);

	map_self((unsigned long)rescue_page, bar | PTE_MMIO);
	irq_quiet(desc, &io);
	unmap((unsigned long)rescue_page);
}
