// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/device.h"

#include "guest/bare/apic.h"
#include "guest/bare/interrupt.h"
#include "guest/bare/memory.h"
#include "guest/dev/ich9.h"
#include "guest/dev/mmio.h"
#include "guest/dev/pci.h"

/* PCI Local Bus 3.0, 6.8.1 and 6.8.2. */
#define MSI_ENABLE  1u
#define MSI_WIDE    (1u << 7)
#define MSIX_ENABLE (1u << 15)
#define MSIX_TABLE  4
#define MSIX_BIR    7u

static char dma[EXERCISER_MEMORY] __attribute__((aligned(4096), section(".bss.control")));

static const char *enable_msi(uint16_t bdf)
{
	uint8_t cap = pci_find_capability(bdf, PCI_CAP_MSI);
	uint32_t address, data;
	uint16_t control;

	if (!cap)
		return "the device has no MSI capability";
	apic_message(LINE_VECTOR, &address, &data);
	control = (uint16_t)(pci_read32(bdf, cap) >> 16);
	pci_write32(bdf, cap + 4, address);
	if (control & MSI_WIDE)
		pci_write32(bdf, cap + 8, 0);
	pci_write16(bdf, cap + (control & MSI_WIDE ? 12 : 8), (uint16_t)data);
	pci_write16(bdf, cap + 2, control | MSI_ENABLE);
	return NULL;
}

/* The other entries are masked, as after every reset. */
static const char *enable_msix(uint16_t bdf)
{
	uint8_t cap = pci_find_capability(bdf, PCI_CAP_MSIX);
	volatile uint32_t *entry;
	uint32_t where, address, data;
	uint64_t table;

	if (!cap)
		return "the device has no MSI-X capability";
	where = pci_read32(bdf, cap + MSIX_TABLE);
	table = pci_bar(bdf, where & MSIX_BIR) + (where & ~MSIX_BIR);
	if (!memory_is_uncached(table))
		return "the MSI-X table lies outside of the device addresses below 4 GiB";
	entry = (volatile uint32_t *)table;
	apic_message(LINE_VECTOR, &address, &data);
	entry[0] = address;
	entry[1] = 0;
	entry[2] = data;
	entry[3] = 0;
	pci_write16(bdf, cap + 2, MSIX_ENABLE);
	return NULL;
}

const char *bare_open(struct controller *c, uint16_t bdf, enum irq_kind kind)
{
	uint64_t bar = pci_bar(bdf, c->ops->bar);

	if (pci_read32(bdf, PCI_VENDOR_ID) == ~0u)
		return "no PCI function where the command line says";
	if (c->ops->ports != pci_bar_is_ports(bdf, c->ops->bar) || !bar)
		return "the device does not have the registers of its model";
	if (!c->ops->ports && !memory_is_uncached(bar))
		return "the device's registers lie outside of the device addresses below 4 GiB";
	c->io = c->ops->ports ? port_dev_io((uint16_t)bar) : mmio_dev_io((void *)bar);
	c->io.now = bare_now;
	c->io.sleep = bare_sleep;
	c->io.memory = (struct dev_memory){ dma, (unsigned long)dma, sizeof(dma) };
	ich9_leave_pic();
	pci_command(bdf, PCI_COMMAND_IO | PCI_COMMAND_MEM | PCI_COMMAND_MASTER,
		    PCI_COMMAND_DISINTX);
	if (kind == IRQ_MSI)
		return enable_msi(bdf);
	return kind == IRQ_MSIX ? enable_msix(bdf) : NULL;
}
