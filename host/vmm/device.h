/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device of the machine: a PCI function of the host by VFIO. Its registers are
 * mapped into the guest, its DMA reaches the guest's RAM and nothing else, and its
 * interrupts go from VFIO to KVM by eventfds, without us.
 */
#ifndef LIFELINE_VMM_DEVICE_H
#define LIFELINE_VMM_DEVICE_H

#include "host/vfio/vfio.h"
#include "host/vmm/machine.h"
#include "host/vmm/msix.h"
#include "host/vmm/pci.h"

/**
 * struct device_bar - a BAR as the guest sees it
 * @at: its address or port, 0: there is none
 * @size: bytes
 * @ports: it is an I/O BAR
 */
struct device_bar {
	uint64_t at, size;
	bool ports;
};

/**
 * struct device - the function, all zero but for its machine until device_open()
 * @machine: whose it is
 * @v: as VFIO has it
 * @io: its registers, for what is not mapped
 * @function: its configuration space as the guest sees it
 * @table: its MSI-X table
 * @bar: where its BARs are
 * @on: @kind is enabled
 * @kind: by which it interrupts now, as the guest has asked
 * @line: VFIO signals INTx
 * @resample: KVM signals the guest's EOI
 * @message: VFIO signals message i
 * @attached: message i reaches the guest
 * @rc: the first thing that failed while the guest ran, with the machine's error; 0
 */
struct device {
	struct machine *machine;
	struct vfio_device v;
	struct dev_io io;
	struct pci_function function;
	struct msix table;
	struct device_bar bar[PCI_BARS];
	bool on;
	enum irq_kind kind;
	int line, resample;
	int message[MSIX_ENTRIES];
	bool attached[MSIX_ENTRIES];
	int rc;
};

/**
 * device_open() - put function @bdf, which is bound to vfio-pci, into machine @m
 * @ram: what it may reach by DMA
 *
 * Return: 0 or -errno, with the machine's error.
 */
int device_open(struct device *d, struct machine *m, const struct ram *ram, const char *bdf);

/** device_close() - interrupts off, files closed; also after device_open() has failed */
void device_close(struct device *d);

/**
 * device_access() - the guest reads or writes a register that is not mapped
 * @ports: an I/O port; else a memory address
 * @at: the port or address
 * @width: 1, 2 or 4
 *
 * Return: false: it is in no BAR of the device.
 */
bool device_access(struct device *d, bool ports, uint64_t at, uint8_t width, bool write,
		   uint32_t *value);

#endif
