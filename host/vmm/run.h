/* SPDX-License-Identifier: GPL-2.0-only */
/* The vCPU runs, and what it cannot do by itself is done here. */
#ifndef LIFELINE_VMM_RUN_H
#define LIFELINE_VMM_RUN_H

#include "host/vmm/device.h"

#define RUN_LINE 128

/**
 * struct run - a machine that runs
 * @machine: the machine
 * @bus: its PCI bus
 * @device: its device, NULL: it has none
 * @line: what the guest has written to the debug port since its last newline
 * @length: bytes in it
 */
struct run {
	struct machine *machine;
	struct pci_bus bus;
	struct device *device;
	char line[RUN_LINE];
	unsigned int length;
};

/**
 * run() - until the machine ends or is stopped
 *
 * The guest's lines go to standard error, each begun with "guest: ".
 *
 * Return: 0: stopped (immediate_exit of struct kvm_run, set by a signal handler);
 * -errno: it has ended otherwise, and the machine's error says how.
 */
int run(struct run *r);

#endif
