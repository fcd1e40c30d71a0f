// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/mmio.h"

static uint32_t mmio_read(void *ctx, uint8_t bar, uint32_t offset, uint8_t width)
{
	const char *reg = (const char *)ctx + offset;

	(void)bar;
	if (width == 1)
		return *(const volatile uint8_t *)reg;
	if (width == 2)
		return *(const volatile uint16_t *)reg;
	return *(const volatile uint32_t *)reg;
}

static void mmio_write(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value)
{
	char *reg = (char *)ctx + offset;

	(void)bar;
	if (width == 1)
		*(volatile uint8_t *)reg = (uint8_t)value;
	else if (width == 2)
		*(volatile uint16_t *)reg = (uint16_t)value;
	else
		*(volatile uint32_t *)reg = value;
}

struct dev_io mmio_dev_io(void *page)
{
	return (struct dev_io){ .read = mmio_read, .write = mmio_write, .ctx = page };
}
