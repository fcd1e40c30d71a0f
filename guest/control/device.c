// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/device.h"

#include "fault/fault.h"
#include "fault/ladder.h"
#include "guest/dev/ich9.h"
#include "guest/dev/pci.h"
#include "guest/dev/uart.h"
#include "guest/dev/mmio.h"
#include "guest/lib/string.h"
#include "guest/xen/mem.h"

#define ISA_IRQS 16

#define MAX_MASTERS 20 /* devices with DMA */

static struct device devices[MAX_DEVICES] __attribute__((section(".bss.control")));
static struct config_saved saved[MAX_DEVICES] __attribute__((section(".bss.control")));
static unsigned int count __attribute__((section(".bss.control")));
static uint16_t uarts[ISA_IRQS] __attribute__((section(".bss.control")));

static char memory[MAX_MASTERS][EXERCISER_MEMORY]
	__attribute__((aligned(4096), section(".bss.control")));
static unsigned int masters __attribute__((section(".bss.control")));
static char window[EXERCISER_LENGTH] __attribute__((aligned(4096), section(".bss.control")));

void device_open(const struct device *dev, struct controller *c)
{
	memset(c, 0, sizeof(*c));
	c->ops = dev->ops;
	if (dev->ops->ports) {
		c->io = port_dev_io((uint16_t)dev->bar);
	} else {
		for (uint32_t at = 0; at < dev->ops->length; at += PAGE_SIZE)
			map_self((unsigned long)window + at, (dev->bar + at) | PTE_MMIO);
		c->io = mmio_dev_io(window);
	}
	c->io.memory = dev->memory;
}

void device_close(struct controller *c)
{
	for (uint32_t at = 0; !c->ops->ports && at < c->ops->length; at += PAGE_SIZE)
		unmap((unsigned long)window + at);
}

static void silence(const struct device *dev)
{
	struct controller c;

	if (!dev->bar)
		return;
	rescue_by_descriptor(dev->desc, dev->bar);
	if (!dev->ops)
		return;
	device_open(dev, &c);
	if (!c.ops->probe(&c))
		c.ops->reset(&c);
	device_close(&c);
	pci_command(dev->bdf, 0, PCI_COMMAND_MASTER);
}

/* Memory for DMA that no other device has; false: there is no more, or it is not contiguous. */
static bool give_memory(struct device *dev)
{
	char *base = memory[masters];

	if (!dev->ops || !dev->ops->memory)
		return true;
	if (masters == MAX_MASTERS || dev->ops->memory > EXERCISER_MEMORY)
		return false;
	for (unsigned long at = 0; at < EXERCISER_MEMORY; at += PAGE_SIZE)
		if (machine_address(base + at) != machine_address(base) + at)
			return false;
	dev->memory = (struct dev_memory){ base, machine_address(base), dev->ops->memory };
	masters++;
	return true;
}

static const char *open_bar(struct device *dev)
{
	const struct irq_access *access = descriptor_access(dev->desc);
	bool ports = access && access->space == SPACE_PORTS;

	if (!access)
		return NULL;
	if (pci_bar_is_ports(dev->bdf, access->bar) != ports)
		return "its BAR is of another kind";
	dev->bar = pci_bar(dev->bdf, access->bar);
	if (!dev->bar)
		return "its BAR has no address";
	pci_command(dev->bdf, ports ? PCI_COMMAND_IO : PCI_COMMAND_MEM, 0);
	return NULL;
}

const char *device_add(uint16_t bdf, const char *model, uint32_t gsi, uint64_t late)
{
	struct device *dev = &devices[count];
	const char *wrong;

	if (count == MAX_DEVICES)
		return "more devices than the guest can hold";
	dev->desc = descriptor_find(model);
	if (!dev->desc)
		return "no descriptor for this model";
	if (descriptor_for(pci_read32(bdf, PCI_CLASS) >> 8, pci_read32(bdf, PCI_VENDOR_ID)) !=
	    dev->desc)
		return "the device there has another PCI class or id";
	dev->ops = exerciser_find(model);
	dev->bdf = bdf;
	dev->gsi = gsi;
	dev->late = late;
	wrong = open_bar(dev);
	if (wrong)
		return wrong;
	if (!give_memory(dev))
		return "no memory for its DMA";
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

const struct device *device_bridge(const struct device *dev)
{
	for (unsigned int i = 0; i < count; i++)
		if (devices[i].desc->pci_class >> 8 == PCI_CLASS_BRIDGE && dev->bdf >> 8 &&
		    (pci_read32(devices[i].bdf, PCI_BUSES) >> 8 & 0xff) == dev->bdf >> 8)
			return &devices[i];
	return NULL;
}

int device_reset_bus(const struct device *dev)
{
	const struct device *above = device_bridge(dev);
	struct dev_io config = pci_config_io(dev->bdf);
	struct dev_io bridge = pci_config_io(above ? above->bdf : 0);

	return rescue_by_bus_reset(above ? &bridge : NULL, &config);
}

static void each_of_bus(const struct device *dev,
			void (*step)(const struct dev_io *config, struct config_saved *saved))
{
	for (unsigned int i = 0; i < count; i++) {
		const struct device *other = &devices[i];
		struct dev_io config = pci_config_io(other->bdf);

		if (other == dev || (dev->bdf >> 8 && other->bdf >> 8 == dev->bdf >> 8))
			step(&config, &saved[i]);
	}
}

void device_save_bus(const struct device *dev)
{
	each_of_bus(dev, config_save);
}

void device_restore_bus(const struct device *dev)
{
	each_of_bus(dev, config_restore);
}

const struct device *device_at(unsigned int index)
{
	return index < count ? &devices[index] : NULL;
}

static struct device *take(const char *model, uint32_t gsi, unsigned int least_bus)
{
	for (unsigned int i = 0; i < count; i++) {
		struct device *dev = &devices[i];

		if (dev->taken || dev->withdrawn || (gsi != ANY_LINE && dev->gsi != gsi) ||
		    dev->bdf >> 8 < (int)least_bus || strcmp(dev->desc->model, model))
			continue;
		dev->taken = true;
		return dev;
	}
	return NULL;
}

struct device *device_take(const char *model, uint32_t gsi)
{
	return take(model, gsi, 0);
}

struct device *device_take_behind(const char *model, uint32_t gsi)
{
	return take(model, gsi, 1);
}

void device_withdraw(struct device *dev)
{
	pci_command(dev->bdf, PCI_COMMAND_DISINTX, PCI_COMMAND_MASTER);
	dev->withdrawn = true;
}

void device_release(struct device *dev)
{
	silence(dev);
	dev->taken = false;
}
