// SPDX-License-Identifier: GPL-2.0-only
#include "fault/fault.h"

#include "guest/dev/mmio.h"
#include "guest/xen/mem.h"

static char page[4096] __attribute__((aligned(4096), section(".bss.control")));

/* A row tells nothing of its BAR's size: the page of a register is mapped for the access. */
static struct dev_io open_page(const uint64_t *bar, uint32_t *offset)
{
	map_self((unsigned long)page, ((*bar + *offset) & ~(uint64_t)(PAGE_SIZE - 1)) | PTE_MMIO);
	*offset = (uint32_t)((*bar + *offset) % PAGE_SIZE);
	return mmio_dev_io(page);
}

static uint32_t paged_read(void *ctx, uint8_t bar, uint32_t offset, uint8_t width)
{
	struct dev_io io = open_page(ctx, &offset);

	return io.read(io.ctx, bar, offset, width);
}

static void paged_write(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value)
{
	struct dev_io io = open_page(ctx, &offset);

	io.write(io.ctx, bar, offset, width, value);
}

void rescue_by_descriptor(const struct irq_descriptor *desc, uint64_t bar)
{
	struct dev_io io = { .read = paged_read, .write = paged_write, .ctx = &bar };
	const struct irq_access *access = descriptor_access(desc);

	if (!access)
		return;
	if (access->space == SPACE_PORTS)
		io = port_dev_io((uint16_t)bar);
	irq_quiet(desc, &io);
	unmap((unsigned long)page);
}
