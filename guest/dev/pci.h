/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space by mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2); bus 0..255. */
#ifndef LIFELINE_DEV_PCI_H
#define LIFELINE_DEV_PCI_H

#include <stdint.h>

#define PCI_VENDOR_ID	0x00
#define PCI_COMMAND	0x04
#define PCI_COMMAND_MEM 0x0002
#define PCI_BAR0	0x10

/** PCI_BDF() - bus, device and function as one number */
#define PCI_BDF(bus, dev, fn) ((uint16_t)((bus) << 8 | (dev) << 3 | (fn)))

/** pci_init() - get port access from Xen (PHYSDEVOP_set_iopl); the control domain alone may */
void pci_init(void);

/** pci_read32() - configuration register of @bdf at @offset; all ones: nothing is there */
uint32_t pci_read32(uint16_t bdf, uint8_t offset);

/** pci_write32() - write @value to it */
void pci_write32(uint16_t bdf, uint8_t offset, uint32_t value);

/** pci_write16() - the same for a word; Xen takes MSI-X control in no other width */
void pci_write16(uint16_t bdf, uint8_t offset, uint16_t value);

/**
 * pci_open() - turn on memory decode of @bdf
 *
 * Return: physical address of its BAR 0 (32-bit memory), 0 if it has none.
 */
uint64_t pci_open(uint16_t bdf);

#endif
