// SPDX-License-Identifier: GPL-2.0-only
#include "host/vmm/pci.h"

#include <linux/pci_regs.h>
#include <string.h>

#define ADDRESS_ENABLE 0x80000000u
#define WORD	       4u

/* They fill the space behind the header: a longer list has no end. */
#define MAX_CAPABILITIES 48

static uint32_t ones(uint8_t width)
{
	return ~0u >> (32 - 8 * width);
}

static uint16_t own_word(const struct pci_function *f, unsigned int offset)
{
	return (uint16_t)(f->value[offset] | f->value[offset + 1] << 8);
}

static uint32_t own_long(const struct pci_function *f, unsigned int offset)
{
	return own_word(f, offset) | (uint32_t)own_word(f, offset + 2) << 16;
}

/* The guest sees @n bytes as they are kept here, and may change what @writable says of the first four. */
static void claim(struct pci_function *f, unsigned int offset, unsigned int n, uint32_t writable)
{
	for (unsigned int i = 0; i < n; i++) {
		f->own[offset + i] = 0xff;
		f->writable[offset + i] = i < WORD ? (uint8_t)(writable >> 8 * i) : 0;
	}
}

/* PCI Local Bus 3.0, 6.8.1: address, data and per-vector mask are kept here, all zero at first. */
static void claim_msi(struct pci_function *f, uint8_t at)
{
	uint16_t flags = (uint16_t)f->backing.read(f->backing.ctx, at + PCI_MSI_FLAGS, 2);
	unsigned int n = PCI_MSI_DATA_32 + 2;

	f->msi_wide = flags & PCI_MSI_FLAGS_64BIT;
	if (f->msi_wide)
		n = PCI_MSI_DATA_64 + 2;
	if (at + n > PCI_SPACE)
		return;
	f->msi = at;
	/* One message without a mask: more has nobody asked for. */
	flags &= PCI_MSI_FLAGS_64BIT;
	f->value[at + PCI_MSI_FLAGS] = (uint8_t)flags;
	claim(f, at + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	claim(f, at + PCI_MSI_ADDRESS_LO, 4, ~3u);
	if (f->msi_wide)
		claim(f, at + PCI_MSI_ADDRESS_HI, 4, ~0u);
	claim(f, at + n - 2, 2, ~0u);
}

/* 6.8.2: the table is elsewhere, and the size in the control word is the device's. */
static void claim_msix(struct pci_function *f, uint8_t at)
{
	uint16_t flags = (uint16_t)f->backing.read(f->backing.ctx, at + PCI_MSIX_FLAGS, 2);

	if ((unsigned int)at + PCI_CAP_MSIX_SIZEOF > PCI_SPACE)
		return;
	f->msix = at;
	flags &= PCI_MSIX_FLAGS_QSIZE;
	f->value[at + PCI_MSIX_FLAGS] = (uint8_t)flags;
	f->value[at + PCI_MSIX_FLAGS + 1] = (uint8_t)(flags >> 8);
	claim(f, at + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

void pci_function_init(struct pci_function *f, const struct pci_backing *backing)
{
	uint8_t at = 0;

	memset(f, 0, sizeof(*f));
	f->backing = *backing;
	claim(f, PCI_BASE_ADDRESS_0, PCI_BARS * WORD, 0);
	claim(f, PCI_ROM_ADDRESS, WORD, 0);
	if (backing->read(backing->ctx, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST)
		at = (uint8_t)backing->read(backing->ctx, PCI_CAPABILITY_LIST, 1) & 0xfc;
	for (unsigned int i = 0; at >= PCI_STD_HEADER_SIZEOF && i < MAX_CAPABILITIES; i++) {
		uint32_t head = backing->read(backing->ctx, at, 2);

		if ((head & 0xff) == PCI_CAP_ID_MSI && !f->msi)
			claim_msi(f, at);
		else if ((head & 0xff) == PCI_CAP_ID_MSIX && !f->msix)
			claim_msix(f, at);
		at = head >> 8 & 0xfc;
	}
}

void pci_set_bar(struct pci_function *f, unsigned int index, uint32_t value)
{
	for (unsigned int i = 0; i < WORD; i++)
		f->value[PCI_BASE_ADDRESS_0 + index * WORD + i] = (uint8_t)(value >> 8 * i);
}

bool pci_msi_enabled(const struct pci_function *f)
{
	return f->msi && own_word(f, f->msi + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_ENABLE;
}

bool pci_msix_enabled(const struct pci_function *f)
{
	uint16_t flags = f->msix ? own_word(f, f->msix + PCI_MSIX_FLAGS) : 0;

	return flags & PCI_MSIX_FLAGS_ENABLE && !(flags & PCI_MSIX_FLAGS_MASKALL);
}

void pci_msi_message(const struct pci_function *f, uint64_t *address, uint32_t *data)
{
	*address = own_long(f, f->msi + PCI_MSI_ADDRESS_LO);
	if (f->msi_wide)
		*address |= (uint64_t)own_long(f, f->msi + PCI_MSI_ADDRESS_HI) << 32;
	*data = own_word(f, f->msi + (f->msi_wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32));
}

static uint32_t function_read(struct pci_function *f, uint8_t offset, uint8_t width)
{
	uint32_t value = f->backing.read(f->backing.ctx, offset, width);

	for (unsigned int i = 0; i < width; i++) {
		value &= ~((uint32_t)f->own[offset + i] << 8 * i);
		value |= (uint32_t)(f->value[offset + i] & f->own[offset + i]) << 8 * i;
	}
	return value;
}

/* A write is either all ours or all the device's: what is ours is aligned as accesses are. */
static void function_write(struct pci_function *f, uint8_t offset, uint8_t width, uint32_t value)
{
	bool ours = false;

	for (unsigned int i = 0; i < width; i++) {
		uint8_t *at = &f->value[offset + i], writable = f->writable[offset + i];

		*at = (uint8_t)((*at & ~writable) | (value >> 8 * i & writable));
		ours |= f->own[offset + i] != 0;
	}
	if (!ours)
		f->backing.write(f->backing.ctx, offset, width, value);
	else if (f->backing.changed)
		f->backing.changed(f->backing.ctx);
}

bool pci_is_config(uint16_t port)
{
	return port >= PCI_ADDRESS_PORT && port < PCI_DATA_PORT + WORD;
}

/* Does the access reach the function? Its offset goes to *@offset. */
static bool reaches(const struct pci_bus *bus, uint16_t port, uint8_t width, uint8_t *offset)
{
	unsigned int within = port & (WORD - 1);

	*offset = (uint8_t)((bus->address & 0xfc) + within);
	return port >= PCI_DATA_PORT && within + width <= WORD && bus->function &&
	       (bus->address & ~0xffu) == (ADDRESS_ENABLE | (uint32_t)bus->slot << 11);
}

uint32_t pci_port_read(struct pci_bus *bus, uint16_t port, uint8_t width)
{
	uint8_t offset;

	if (port == PCI_ADDRESS_PORT && width == WORD)
		return bus->address;
	if (reaches(bus, port, width, &offset))
		return function_read(bus->function, offset, width);
	return ones(width);
}

void pci_port_write(struct pci_bus *bus, uint16_t port, uint8_t width, uint32_t value)
{
	uint8_t offset;

	if (port == PCI_ADDRESS_PORT && width == WORD)
		bus->address = value;
	else if (reaches(bus, port, width, &offset))
		function_write(bus->function, offset, width, value);
}
