/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSI and MSI-X as a PV control domain has them: Xen writes address and data,
 * the control domain has a pirq, and itself sets the enable bit.
 */
#ifndef LIFELINE_CONTROL_MESSAGE_H
#define LIFELINE_CONTROL_MESSAGE_H

#include "guest/control/device.h"

/**
 * struct message - one MSI or MSI-X message with its pirq
 * @dev: the function
 * @cap: offset of its capability
 * @entry: 0 for MSI; index in the MSI-X table
 * @msix: which of the two
 * @dom: whose pirq it is
 * @pirq: the number that Xen chose
 */
struct message {
	struct device *dev;
	uint8_t cap;
	uint32_t entry;
	bool msix;
	uint16_t dom;
	uint32_t pirq;
};

/** struct message_value - what a device would write, and where: address, data, MSI-X vector control */
struct message_value {
	uint64_t address;
	uint32_t data, control;
};

#define MSIX_ENTRY_MASKED 1u /* of @control, PCI Local Bus 3.0, 6.8.2.9 */

/** message_count() - MSI-X entries of @dev; 0 if it has none */
unsigned int message_count(const struct device *dev);

/**
 * message_announce() - PHYSDEVOP_manage_pci_add: without an IOMMU Xen has not looked for functions itself
 *
 * Return: 0 or -errno; 0 too for what it knows already.
 */
int message_announce(const struct device *dev);

/** message_forget() - PHYSDEVOP_manage_pci_remove: Xen forgets @dev and what it knows of its messages. Return: as above */
int message_forget(const struct device *dev);

/**
 * message_map() - let Xen set up message @entry of @dev as a pirq for @dom
 * @m: filled in
 *
 * Return: 0 or -errno: -EINVAL no irq or vector is left (Xen says so), -EEXIST mapped already,
 * -ENODEV not @dom's function.
 */
int message_map(struct message *m, struct device *dev, bool msix, uint32_t entry, uint16_t dom);

/**
 * message_prepare() - PHYSDEVOP_prepare_msix: guard the MSI-X table before another domain has @dev
 *
 * Return: 0 or -errno.
 */
int message_prepare(const struct device *dev);

/** message_unprepare() - PHYSDEVOP_release_msix, with no entry mapped any more. Return: 0 or -errno */
int message_unprepare(const struct device *dev);

/** message_unmap() - give the pirq back. Return: 0 or -errno */
int message_unmap(struct message *m);

/** message_enable() - set or clear the capability's enable bit: with it set INTx is off */
void message_enable(const struct message *m, bool on);

/** message_live() - may the function send it: enabled, and not masked alone or as a whole? */
bool message_live(const struct message *m);

/** message_mask_all() - set or clear the function mask of MSI-X: it keeps every message back */
void message_mask_all(const struct message *m, bool on);

/** message_masked_all() - is the function mask set? */
bool message_masked_all(const struct message *m);

/** message_pending() - is the MSI-X entry's bit of the pending bit array set? */
bool message_pending(const struct message *m);

/** message_read() - the message as the device has it now */
void message_read(const struct message *m, struct message_value *v);

/** message_frame() - physical page that holds the MSI-X entry; its offset there in *@offset */
uint64_t message_frame(const struct message *m, unsigned int *offset);

#endif
