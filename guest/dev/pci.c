// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/pci.h"

#include "guest/arch/io.h"
#include "guest/arch/trap.h"
#include "guest/xen/hypercall.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  0x80000000u

void pci_init(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };

	if (xen_physdev_op(PHYSDEVOP_set_iopl, &iopl))
		die("no port access: is this the control domain?");
}

uint32_t pci_read32(uint16_t bdf, uint8_t offset)
{
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)bdf << 8 | offset);
	return inl(CONFIG_DATA);
}

void pci_write32(uint16_t bdf, uint8_t offset, uint32_t value)
{
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)bdf << 8 | offset);
	outl(CONFIG_DATA, value);
}

void pci_write16(uint16_t bdf, uint8_t offset, uint16_t value)
{
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)bdf << 8 | (offset & 0xfcu));
	outw(CONFIG_DATA + (offset & 2), value);
}

uint64_t pci_open(uint16_t bdf)
{
	uint32_t bar = pci_read32(bdf, PCI_BAR0);

	if (bar & 1 || !(bar & ~0xfu))
		return 0;
	/* The upper half is status, write-1-to-clear: write it as zero. */
	pci_write32(bdf, PCI_COMMAND, (pci_read32(bdf, PCI_COMMAND) & 0xffff) | PCI_COMMAND_MEM);
	return bar & ~0xfu;
}
