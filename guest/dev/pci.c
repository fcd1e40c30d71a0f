// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/pci.h"

#include "guest/arch/io.h"
#include "guest/arch/trap.h"
#include "guest/dev/mmio.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/pvh.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  0x80000000u

void pci_init(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };

	/* A PVH guest runs in ring 0: Xen's port bitmap alone decides. */
	if (pvh_guest())
		return;
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
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)bdf << 8 | (offset & ~3u));
	outw(CONFIG_DATA + (offset & 2), value);
}

uint64_t pci_bar(uint16_t bdf, unsigned int index)
{
	uint8_t offset = (uint8_t)(PCI_BAR0 + 4 * index);
	uint32_t low = pci_read32(bdf, offset);
	bool wide = (low >> 1 & 3) == 2; /* PCI Local Bus 3.0, 6.2.5.1 */

	if (low & 1)
		return low & ~3u;
	return (low & ~0xfu) | (wide ? (uint64_t)pci_read32(bdf, offset + 4) << 32 : 0);
}

bool pci_bar_is_ports(uint16_t bdf, unsigned int index)
{
	return pci_read32(bdf, (uint8_t)(PCI_BAR0 + 4 * index)) & 1;
}

void pci_command(uint16_t bdf, uint16_t set, uint16_t clear)
{
	uint16_t now = (uint16_t)pci_read32(bdf, PCI_COMMAND);

	pci_write16(bdf, PCI_COMMAND, (uint16_t)((now & ~clear) | set));
}

static uint16_t bdf_of(void *ctx)
{
	return (uint16_t)(uintptr_t)ctx;
}

static uint32_t config_read(void *ctx, uint16_t offset, uint8_t width)
{
	uint32_t word = pci_read32(bdf_of(ctx), (uint8_t)(offset & ~3u)) >> 8 * (offset & 3);

	return word & ~0u >> (32 - 8 * width);
}

/* Writes of 16 and 32 bits are all that anybody makes. */
static void config_write(void *ctx, uint16_t offset, uint8_t width, uint32_t value)
{
	if (width == 2)
		pci_write16(bdf_of(ctx), (uint8_t)offset, (uint16_t)value);
	else
		pci_write32(bdf_of(ctx), (uint8_t)offset, value);
}

struct dev_io pci_config_io(uint16_t bdf)
{
	return (struct dev_io){ .config_read = config_read,
				.config_write = config_write,
				.now = dev_io_now,
				.sleep = dev_io_sleep,
				.ctx = (void *)(uintptr_t)bdf };
}

uint8_t pci_find_capability(uint16_t bdf, uint8_t id)
{
	struct dev_io config = pci_config_io(bdf);

	return config_find_capability(&config, id);
}
