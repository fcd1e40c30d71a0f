/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space by mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2); bus 0..255. */
#ifndef LIFELINE_DEV_PCI_H
#define LIFELINE_DEV_PCI_H

#include "guest/dev/io.h"

#define PCI_VENDOR_ID	    0x00
#define PCI_COMMAND	    0x04
#define PCI_COMMAND_IO	    0x0001
#define PCI_COMMAND_MEM	    0x0002
#define PCI_COMMAND_MASTER  0x0004 /* a message is a write of the device */
#define PCI_COMMAND_DISINTX 0x0400
#define PCI_STATUS_INTX	    (1u << 19) /* of the word at PCI_COMMAND: INTx is asserted */
#define PCI_STATUS_CAPS	    (1u << 20) /* of the word at PCI_COMMAND */
#define PCI_CLASS	    0x08       /* upper three bytes of the word */
#define PCI_BAR0	    0x10
#define PCI_BUSES	    0x18 /* of a bridge: primary, secondary, subordinate */
#define PCI_CAP_PTR	    0x34

#define PCI_CLASS_BRIDGE 0x0604u /* PCI to PCI, of any programming interface */

#define PCI_CAP_MSI  0x05
#define PCI_CAP_MSIX 0x11

/** PCI_BDF() - bus, device and function as one number */
#define PCI_BDF(bus, dev, fn) ((uint16_t)((bus) << 8 | (dev) << 3 | (fn)))

/** pci_init() - get port access from Xen (PHYSDEVOP_set_iopl); the control domain alone may */
void pci_init(void);

/** pci_read32() - configuration register of @bdf at @offset; all ones: nothing is there */
uint32_t pci_read32(uint16_t bdf, uint8_t offset);

/** pci_write32() - write @value to it */
void pci_write32(uint16_t bdf, uint8_t offset, uint32_t value);

/** pci_write16() - write @value to the 16-bit register at @offset */
void pci_write16(uint16_t bdf, uint8_t offset, uint16_t value);

/** config_find_capability() - offset of capability @id of the function of @config; 0 if it has none */
uint8_t config_find_capability(const struct dev_io *config, uint8_t id);

/** pci_find_capability() - offset of capability @id of @bdf; 0 if it has none */
uint8_t pci_find_capability(uint16_t bdf, uint8_t id);

/** pci_bar() - physical address of memory BAR @index of @bdf, or port of I/O BAR @index; 0: not set */
uint64_t pci_bar(uint16_t bdf, unsigned int index);

/** pci_bar_is_ports() - is BAR @index of @bdf an I/O BAR? */
bool pci_bar_is_ports(uint16_t bdf, unsigned int index);

/** pci_command() - set the bits @set of the command register and clear those of @clear */
void pci_command(uint16_t bdf, uint16_t set, uint16_t clear);

/** pci_config_io() - configuration space of @bdf, and nothing else of it, as a struct dev_io */
struct dev_io pci_config_io(uint16_t bdf);

#endif
