// SPDX-License-Identifier: GPL-2.0-only
/* PCI as the VMM's guest sees it, over a configuration space of 256 bytes. */
#include <string.h>

#include "guest/tests/unit.h"
#include "host/vmm/msix.h"
#include "host/vmm/pci.h"

#define SLOT 4u
#define MSI  0x50u
#define MSIX 0x70u

/* The real device: what was written reaches it, or does not. */
static struct real {
	uint8_t space[PCI_SPACE];
	unsigned int writes, changes;
	uint16_t last;
} real;
static struct pci_function function;
static struct pci_bus bus;

static uint32_t real_read(void *ctx, uint16_t offset, uint8_t width)
{
	uint32_t value = 0;

	(void)ctx;
	EXPECT_TRUE(offset + width <= PCI_SPACE);
	memcpy(&value, &real.space[offset], width);
	return value;
}

static void real_write(void *ctx, uint16_t offset, uint8_t width, uint32_t value)
{
	(void)ctx;
	EXPECT_TRUE(offset + width <= PCI_SPACE);
	memcpy(&real.space[offset], &value, width);
	real.writes++;
	real.last = offset;
}

static void real_changed(void *ctx)
{
	(void)ctx;
	real.changes++;
}

static void put16(unsigned int at, uint16_t value)
{
	memcpy(&real.space[at], &value, sizeof(value));
}

/* Vendor and device, a capability list of MSI (64 bits wide) and MSI-X (5 entries), a BAR. */
static void reset(void)
{
	memset(&real, 0, sizeof(real));
	put16(0, 0x8086);
	put16(2, 0x10d3);
	put16(6, 0x0010);
	real.space[0x13] = 0xfe;
	real.space[0x34] = MSI;
	put16(MSI, MSIX << 8 | 0x05);
	put16(MSI + 2, 0x0080 | 3 << 1);
	put16(MSIX, 0x11);
	put16(MSIX + 2, 4);
	put16(MSIX + 4, 3);
}

static void begin(void)
{
	const struct pci_backing backing = { real_read, real_write, real_changed, NULL };

	pci_function_init(&function, &backing);
	bus = (struct pci_bus){ .slot = SLOT, .function = &function };
}

static void at(unsigned int offset)
{
	pci_port_write(&bus, PCI_ADDRESS_PORT, 4, 0x80000000u | SLOT << 11 | (offset & 0xfc));
}

static uint32_t get(unsigned int offset, uint8_t width)
{
	at(offset);
	return pci_port_read(&bus, (uint16_t)(PCI_DATA_PORT + (offset & 3)), width);
}

static void set(unsigned int offset, uint8_t width, uint32_t value)
{
	at(offset);
	pci_port_write(&bus, (uint16_t)(PCI_DATA_PORT + (offset & 3)), width, value);
}

TEST(device_shows_through)
{
	reset();
	begin();
	EXPECT_EQ(get(0, 4), 0x10d38086);
	EXPECT_EQ(get(2, 2), 0x10d3);
	EXPECT_EQ(get(1, 1), 0x80);
	set(4, 2, 0x0406);
	EXPECT_EQ(real.writes, 1);
	EXPECT_EQ(get(4, 2), 0x0406);
	EXPECT_EQ(real.changes, 0);
}

TEST(nobody_else_answers)
{
	reset();
	begin();
	for (uint32_t device = 0; device < 0x10000; device++) {
		uint32_t address = 0x80000000u | device << 8;

		if (device == SLOT << 3)
			continue;
		pci_port_write(&bus, PCI_ADDRESS_PORT, 4, address);
		EXPECT_EQ(pci_port_read(&bus, PCI_DATA_PORT, 4), ~0u);
		pci_port_write(&bus, PCI_DATA_PORT, 4, 0);
	}
	/* Without the enable bit it is no configuration access. */
	pci_port_write(&bus, PCI_ADDRESS_PORT, 4, SLOT << 11);
	EXPECT_EQ(pci_port_read(&bus, PCI_DATA_PORT, 4), ~0u);
	bus.function = NULL;
	EXPECT_EQ(get(0, 4), ~0u);
	set(0, 4, 0);
	EXPECT_EQ(real.writes, 0);
}

TEST(address_port)
{
	reset();
	begin();
	at(0x10);
	EXPECT_EQ(pci_port_read(&bus, PCI_ADDRESS_PORT, 4), 0x80000000u | SLOT << 11 | 0x10);
	/* Only all of it is the register. */
	pci_port_write(&bus, PCI_ADDRESS_PORT, 1, 0);
	pci_port_write(&bus, PCI_ADDRESS_PORT + 2, 2, 0);
	EXPECT_EQ(pci_port_read(&bus, PCI_ADDRESS_PORT, 4), 0x80000000u | SLOT << 11 | 0x10);
	EXPECT_EQ(pci_port_read(&bus, PCI_ADDRESS_PORT + 1, 1), 0xff);
	EXPECT_TRUE(pci_is_config(0xcf8) && pci_is_config(0xcff));
	EXPECT_TRUE(!pci_is_config(0xcf7) && !pci_is_config(0xd00));
}

TEST(access_across_a_word)
{
	reset();
	begin();
	EXPECT_EQ(get(3, 2), 0xffff);
	EXPECT_EQ(get(1, 4), ~0u);
	EXPECT_EQ(get(0xff, 2), 0xffff);
	set(0xfd, 4, 0);
	EXPECT_EQ(real.writes, 0);
}

TEST(bars_are_ours)
{
	reset();
	begin();
	EXPECT_EQ(get(0x10, 4), 0);
	pci_set_bar(&function, 0, 0xe0000000);
	pci_set_bar(&function, 5, 0xc001);
	EXPECT_EQ(get(0x10, 4), 0xe0000000);
	EXPECT_EQ(get(0x24, 4), 0xc001);
	set(0x10, 4, ~0u);
	set(0x30, 4, ~0u);
	EXPECT_EQ(get(0x10, 4), 0xe0000000);
	EXPECT_EQ(get(0x30, 4), 0);
	EXPECT_EQ(real.writes, 0);
}

TEST(msi)
{
	uint64_t address;
	uint32_t data;

	reset();
	begin();
	EXPECT_EQ(function.msi, MSI);
	/* Wide, one message, off: that it could have 8 is not told. */
	EXPECT_EQ(get(MSI + 2, 2), 0x0080);
	EXPECT_EQ(get(MSI, 2), MSIX << 8 | 0x05);
	set(MSI + 4, 4, 0xfee01003);
	set(MSI + 8, 4, 1);
	set(MSI + 12, 2, 0x41);
	EXPECT_TRUE(!pci_msi_enabled(&function));
	set(MSI + 2, 2, 0xffff);
	EXPECT_TRUE(pci_msi_enabled(&function));
	EXPECT_EQ(get(MSI + 2, 2), 0x0081);
	pci_msi_message(&function, &address, &data);
	EXPECT_EQ(address, 0x1fee01000ull);
	EXPECT_EQ(data, 0x41);
	EXPECT_EQ(real.writes, 0);
	EXPECT_EQ(real.changes, 4);
}

TEST(narrow_msi)
{
	uint64_t address;
	uint32_t data;

	reset();
	put16(MSI + 2, 0);
	begin();
	set(MSI + 4, 4, 0xfee00000);
	set(MSI + 8, 2, 0x42);
	pci_msi_message(&function, &address, &data);
	EXPECT_EQ(address, 0xfee00000);
	EXPECT_EQ(data, 0x42);
	/* What is behind it is the device's. */
	set(MSI + 12, 2, 1);
	EXPECT_EQ(real.writes, 1);
}

TEST(msix_switches)
{
	reset();
	begin();
	EXPECT_EQ(function.msix, MSIX);
	EXPECT_EQ(get(MSIX + 2, 2), 4);
	set(MSIX + 2, 2, 0xc000);
	EXPECT_TRUE(!pci_msix_enabled(&function));
	set(MSIX + 2, 2, 0x8000);
	EXPECT_TRUE(pci_msix_enabled(&function));
	EXPECT_EQ(get(MSIX + 2, 2), 0x8004);
	EXPECT_EQ(get(MSIX + 4, 4), 3);
	EXPECT_EQ(real.writes, 0);
}

TEST(device_without_capabilities)
{
	reset();
	put16(6, 0);
	begin();
	EXPECT_EQ(function.msi | function.msix, 0);
	EXPECT_TRUE(!pci_msi_enabled(&function) && !pci_msix_enabled(&function));
}

/* A list without an end, into the header, and to the last bytes. */
TEST(lists_that_lie)
{
	reset();
	put16(MSI, MSI << 8 | 0x09);
	begin();
	EXPECT_EQ(function.msi, 0);
	reset();
	real.space[0x34] = 0x10;
	put16(0x10, MSI << 8 | 0x05);
	begin();
	EXPECT_EQ(function.msi, 0);
	for (unsigned int where = 0xf0; where < PCI_SPACE; where += 4) {
		reset();
		real.space[0x34] = (uint8_t)where;
		put16(where, 0x05);
		put16(where + 2, 0x80);
		begin();
		CONTEXT("MSI at 0x%x", where);
		EXPECT_EQ(function.msi, where <= 0xf0 ? where : 0);
		put16(where, 0x11);
		begin();
		EXPECT_EQ(function.msix, where <= 0xf4 ? where : 0);
	}
}

TEST(random_accesses)
{
	uint64_t random = 1;

	for (unsigned int i = 0; i < 20; i++) {
		for (unsigned int n = 0; n < PCI_SPACE; n++)
			real.space[n] = (uint8_t)unit_random(&random);
		put16(6, 0x0010);
		begin();
		for (unsigned int n = 0; n < 2000; n++) {
			uint64_t r = unit_random(&random);
			uint16_t port = (uint16_t)(PCI_ADDRESS_PORT + r % 8);
			uint8_t width = (uint8_t)(1u << r / 8 % 3);

			if (r & 32)
				at(r >> 8 & 0xff);
			else if (r & 64)
				pci_port_write(&bus, port, width, (uint32_t)(r >> 16));
			else
				EXPECT_TRUE(pci_port_read(&bus, port, width) <= ~0u >>
					    (32 - 8 * width));
		}
	}
}

TEST(msix_table)
{
	uint64_t address;
	struct msix m;
	uint32_t data;

	msix_init(&m, 4, 0x2003);
	EXPECT_EQ(m.bar, 3);
	EXPECT_EQ(m.at, 0x2000);
	EXPECT_EQ(m.entries, 5);
	EXPECT_EQ(msix_used(&m), 5);
	EXPECT_TRUE(msix_masked(&m, 0) && msix_masked(&m, 4));
	EXPECT_EQ(msix_write(&m, 0x2010, 4, 0xfee00000), 1);
	EXPECT_EQ(msix_write(&m, 0x2014, 4, 1), 1);
	EXPECT_EQ(msix_write(&m, 0x2018, 4, 0x43), 1);
	EXPECT_EQ(msix_write(&m, 0x201c, 4, 0), 1);
	EXPECT_TRUE(!msix_masked(&m, 1));
	msix_message(&m, 1, &address, &data);
	EXPECT_EQ(address, 0x1fee00000ull);
	EXPECT_EQ(data, 0x43);
	EXPECT_EQ(msix_read(&m, 0x2018, 4), 0x43);
	EXPECT_EQ(msix_read(&m, 0x200c, 4), 1);
}

TEST(msix_table_ends)
{
	struct msix m;

	msix_init(&m, 0x7ff, 0);
	EXPECT_EQ(m.entries, 2048);
	EXPECT_EQ(msix_used(&m), MSIX_ENTRIES);
	EXPECT_TRUE(msix_covers(&m, 0) && msix_covers(&m, 2048 * 16 - 1));
	EXPECT_TRUE(!msix_covers(&m, 2048 * 16));
	EXPECT_EQ(msix_write(&m, MSIX_ENTRIES * 16, 4, 0), -1);
	EXPECT_EQ(msix_read(&m, MSIX_ENTRIES * 16, 4), ~0u);
	EXPECT_EQ(msix_write(&m, 2, 4, 0), -1);
	EXPECT_EQ(msix_write(&m, 0, 8, 0), -1);
	EXPECT_EQ(msix_read(&m, 0, 1), ~0u);
	msix_init(&m, 0, 0x1004);
	EXPECT_TRUE(!msix_covers(&m, 0xfff) && msix_covers(&m, 0x100f) && !msix_covers(&m, 0x1010));
	EXPECT_EQ(msix_write(&m, 0xffc, 4, 0), -1);
	/* A device without MSI-X has no table. */
	m = (struct msix){ 0 };
	EXPECT_TRUE(!msix_covers(&m, 0));
}
