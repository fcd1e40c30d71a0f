// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/device.h"

#include "fault/fault.h"
#include "guest/dev/ich9.h"
#include "guest/dev/pci.h"
#include "guest/dev/uart.h"
#include "guest/lib/string.h"

#define ISA_IRQS 16

static struct device devices[MAX_DEVICES] __attribute__((section(".bss.control")));
static unsigned int count __attribute__((section(".bss.control")));
static uint16_t uarts[ISA_IRQS] __attribute__((section(".bss.control")));

static void silence(const struct device *dev)
{
	if (dev->bar)
		rescue_by_descriptor(dev->desc, dev->bar);
}

const char *device_add(uint16_t bdf, const char *model, uint32_t gsi)
{
	struct device *dev = &devices[count];
	uint32_t id = pci_read32(bdf, PCI_VENDOR_ID);

	if (count == MAX_DEVICES)
		return "more devices than the guest can hold";
	dev->desc = descriptor_find(model);
	if (!dev->desc)
		return "no descriptor for this model";
	if (id != ((uint32_t)dev->desc->device << 16 | dev->desc->vendor))
		return "the device there has another PCI id";
	dev->bar = pci_open(bdf);
	if (!dev->bar && dev->desc->trigger.kind != ACCESS_NONE)
		return "no memory BAR 0";
	dev->bdf = bdf;
	dev->gsi = gsi;
	ich9_route(bdf, gsi);
	silence(dev);
	count++;
	return NULL;
}

const char *uart_add(unsigned int irq, uint16_t port)
{
	if (irq >= ISA_IRQS)
		return "no such ISA interrupt";
	if (!uart_present(port))
		return "no UART there";
	uart_quiet(port);
	uarts[irq] = port;
	return NULL;
}

uint16_t uart_port(unsigned int irq)
{
	return irq < ISA_IRQS ? uarts[irq] : 0;
}

struct device *device_take(const char *model, uint32_t gsi)
{
	for (unsigned int i = 0; i < count; i++) {
		struct device *dev = &devices[i];

		if (dev->taken || (gsi != ANY_LINE && dev->gsi != gsi) ||
		    strcmp(dev->desc->model, model))
			continue;
		dev->taken = true;
		return dev;
	}
	return NULL;
}

void device_release(struct device *dev)
{
	silence(dev);
	dev->taken = false;
}
