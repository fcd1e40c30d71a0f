/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI as the guest sees it: configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2)
 * with one function, whose configuration space is the real device's but for the BARs,
 * which are where the VMM has put them, and the message capabilities: what the guest
 * writes there says how KVM is to deliver, and is never the device's business.
 */
#ifndef LIFELINE_VMM_PCI_H
#define LIFELINE_VMM_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_ADDRESS_PORT 0xcf8u
#define PCI_DATA_PORT	 0xcfcu

#define PCI_SPACE 256u
#define PCI_BARS  6u

/**
 * struct pci_backing - the configuration space of the real device
 * @read: @width bytes at @offset, which are inside of one word
 * @write: the same, writing
 * @changed: the guest has written to a message capability; NULL: nobody cares
 * @ctx: passed to all
 */
struct pci_backing {
	uint32_t (*read)(void *ctx, uint16_t offset, uint8_t width);
	void (*write)(void *ctx, uint16_t offset, uint8_t width, uint32_t value);
	void (*changed)(void *ctx);
	void *ctx;
};

/**
 * struct pci_function - the function
 * @msi: offset of its MSI capability, 0: it has none
 * @msix: the same of MSI-X
 * @msi_wide: its MSI address has 64 bits
 * @own: bits of the space that the guest sees from @value instead of from the device
 * @writable: of these, what the guest may change
 */
struct pci_function {
	struct pci_backing backing;
	uint8_t msi, msix;
	bool msi_wide;
	uint8_t value[PCI_SPACE], own[PCI_SPACE], writable[PCI_SPACE];
};

/**
 * struct pci_bus - bus 0
 * @address: what was last written to PCI_ADDRESS_PORT
 * @slot: device number of the function
 * @function: NULL: the bus is empty
 */
struct pci_bus {
	uint32_t address;
	uint8_t slot;
	struct pci_function *function;
};

/** pci_function_init() - look for the message capabilities; a list that has no end or leads out of the space ends */
void pci_function_init(struct pci_function *f, const struct pci_backing *backing);

/** pci_set_bar() - the guest sees @value in BAR @index, for good; sizing it by writes is not for this guest */
void pci_set_bar(struct pci_function *f, unsigned int index, uint32_t value);

/** pci_msi_enabled() - has the guest enabled MSI? */
bool pci_msi_enabled(const struct pci_function *f);

/** pci_msix_enabled() - has the guest enabled MSI-X, with the function mask clear? */
bool pci_msix_enabled(const struct pci_function *f);

/** pci_msi_message() - address and data that the guest has written to the MSI capability */
void pci_msi_message(const struct pci_function *f, uint64_t *address, uint32_t *data);

/** pci_is_config() - is @port one of the mechanism's? */
bool pci_is_config(uint16_t port);

/**
 * pci_port_read() - the guest reads @width bytes at @port
 *
 * Return: the value; all ones where nothing is, as where the access crosses a word.
 */
uint32_t pci_port_read(struct pci_bus *bus, uint16_t port, uint8_t width);

/** pci_port_write() - the same, writing; goes nowhere where nothing is */
void pci_port_write(struct pci_bus *bus, uint16_t port, uint8_t width, uint32_t value);

#endif
