// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/mmio.h"

#include "guest/arch/io.h"
#include "guest/xen/clock.h"

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

static uint32_t port_read(void *ctx, uint8_t bar, uint32_t offset, uint8_t width)
{
	uint16_t port = (uint16_t)((uintptr_t)ctx + offset);

	(void)bar;
	if (width == 1)
		return inb(port);
	if (width == 2)
		return inw(port);
	return inl(port);
}

static void port_write(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value)
{
	uint16_t port = (uint16_t)((uintptr_t)ctx + offset);

	(void)bar;
	if (width == 1)
		outb(port, (uint8_t)value);
	else if (width == 2)
		outw(port, (uint16_t)value);
	else
		outl(port, value);
}

uint64_t dev_io_now(void *ctx)
{
	(void)ctx;
	return now_ns();
}

/* Others may have the CPU meanwhile, and the board's devices their time. */
void dev_io_sleep(void *ctx, uint64_t ns)
{
	(void)ctx;
	sleep_ns(ns);
}

struct dev_io mmio_dev_io(void *window)
{
	return (struct dev_io){ .read = mmio_read,
				.write = mmio_write,
				.now = dev_io_now,
				.sleep = dev_io_sleep,
				.ctx = window };
}

struct dev_io port_dev_io(uint16_t port)
{
	return (struct dev_io){ .read = port_read,
				.write = port_write,
				.now = dev_io_now,
				.sleep = dev_io_sleep,
				.ctx = (void *)(uintptr_t)port };
}
