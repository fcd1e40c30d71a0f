/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every PCI function of this machine, as a test of interrupts has to know it: from
 * libpci, from sysfs and from its configuration space. To look changes nothing;
 * what has to be tried is tried by inventory_try(), on the caller's word.
 */
#ifndef LIFELINE_PCI_INVENTORY_H
#define LIFELINE_PCI_INVENTORY_H

#include "host/pci/bdf.h"
#include "host/pci/config.h"
#include "host/pci/inuse.h"

/** PCI_NAME - bytes of the longest name of a driver and its end */
#define PCI_NAME 64
/** PCI_DEPTH - bridges above a function, at most: a bus number each would allow 255 */
#define PCI_DEPTH 32

/** enum disintx - does bit 10 of Command keep what is written? */
enum disintx {
	DISINTX_UNTRIED, /* nobody has written it */
	DISINTX_STICKS,
	DISINTX_DEAD, /* a device of before PCI 2.3: VFIO gives its line to it alone */
};

/**
 * struct pci_function - one function
 * @at: its address
 * @bdf: the same as text
 * @vendor: and @device: its identity
 * @class_code: class << 16 | subclass << 8 | programming interface
 * @model: row of guest/dev/descriptor.c, NULL: there is none for it
 * @config: what its configuration space says
 * @irq: Linux's number: of the line, or of the first message while MSI is on; 0: none
 * @routed: the kernel has routed the pin once, and @irq is the line's. Before a driver has
 *	enabled the function, sysfs shows the firmware's Interrupt Line instead
 * @enabled: how often it is enabled (pci_enable_device())
 * @driver: empty: none
 * @driver_override: empty: none, or not known because of
 * @locked: the kernel holds the device's lock: a driver is being bound or unbound
 * @reset_method: sysfs's words, the one that is tried first first; empty: no reset
 * @group: IOMMU group; -1: none
 * @parent: index of the bridge above, -1: it is on a root bus
 * @root_bus: the root bus it is below
 * @root_device: where its INTx arrives there: device number,
 * @root_pin: and pin, 1..4; 0: it has no pin
 * @disintx: what inventory_try() found
 * @in_use: what the machine needs it for; empty: nothing
 */
struct pci_function {
	struct bdf at;
	char bdf[BDF_SIZE];
	uint16_t vendor, device;
	uint32_t class_code;
	const char *model;
	struct config_facts config;
	int irq;
	bool routed;
	int enabled;
	char driver[PCI_NAME], driver_override[PCI_NAME], reset_method[PCI_NAME];
	bool locked;
	int group, parent;
	uint8_t root_bus, root_device, root_pin;
	enum disintx disintx;
	char in_use[INUSE_WHY];
};

/** struct inventory - all functions, by rising address */
struct inventory {
	unsigned int count;
	struct pci_function *function;
};

/**
 * struct pci_hop - a bridge on a function's way to the root bus
 * @bridge: its index
 * @pin: pin at which the function's INTx leaves it, 1..4; 0: the function has no pin
 */
struct pci_hop {
	int bridge;
	uint8_t pin;
};

/**
 * inventory_read() - look at the machine below @root
 * @error: filled with one line after an error
 *
 * Return: 0, to be freed by inventory_free(); -ENODEV: no PCI here; -EIO: libpci
 * could not go on, as when a function goes while it is looked at; -ENOMEM; -E2BIG.
 */
int inventory_read(const char *root, struct inventory *inventory, char *error, size_t size);

/** inventory_free() - give the memory back; @inventory may be zeroed */
void inventory_free(struct inventory *inventory);

/** inventory_find() - the function at @bdf, NULL: there is none, or @bdf is no address */
struct pci_function *inventory_find(const struct inventory *inventory, const char *bdf);

/**
 * inventory_try() - write to the function: does DisINTx stick, and where is its line?
 *
 * DisINTx is inverted for the time of a read. A function without a driver is enabled
 * and disabled again, which has the kernel route its pin. The Command register is as
 * before afterwards. A function that @in_use names, or a bridge, is not touched.
 *
 * Return: 0, and @function knows; -EBUSY: not touched; -EIO: it does not answer, or
 * the register did not come back.
 */
int inventory_try(const char *root, struct pci_function *function, char *error, size_t size);

/** pci_swizzle() - pin of a bridge that INTx of @device below it drives (PCI-to-PCI Bridge 1.2, 9.1) */
uint8_t pci_swizzle(uint8_t pin, uint8_t device);

/** inventory_path() - the bridges above @function, the nearest first. Return: how many */
unsigned int inventory_path(const struct inventory *inventory, const struct pci_function *function,
			    struct pci_hop hop[PCI_DEPTH]);

#endif
