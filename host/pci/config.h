/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a function's configuration space says, from a copy of its first bytes. The
 * device made them: nothing in them is believed, every walk is bounded.
 */
#ifndef LIFELINE_PCI_CONFIG_H
#define LIFELINE_PCI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** CONFIG_SIZE - bytes of a conventional configuration space; without CAP_SYS_ADMIN Linux shows 64 */
#define CONFIG_SIZE 256

/** enum capability_list - how the walk of the capability list ended */
enum capability_list {
	LIST_NONE,    /* the function has none */
	LIST_WHOLE,   /* a null pointer ended it */
	LIST_LOOPS,   /* it came back to where it had been */
	LIST_OUTSIDE, /* a pointer into the header, or to what could not be read */
	LIST_ONES,    /* an identifier of all ones: the function stopped to answer */
};

/**
 * struct config_facts - what is of use for interrupts and resets
 * @answers: not all ones; if false, all else is 0
 * @header: 0: device, 1: bridge to PCI, 2: bridge to CardBus
 * @command: Command register: bit 10 is DisINTx
 * @status: Status register: bit 3 says that INTx is asserted
 * @pin: 1..4: INTA..INTD; 0: none, or a value that means nothing
 * @line: Interrupt Line: a note of the firmware, of no effect on the device
 * @list: how much of the capabilities was seen
 * @msi: messages that MSI can have, 1..32; 0: no MSI
 * @msi_masks: MSI has mask and pending bits per vector
 * @msi_on: MSI Enable
 * @msix: entries of the MSI-X table, 1..2048; 0: no MSI-X
 * @msix_on: MSI-X Enable
 * @msix_masked: Function Mask of MSI-X
 * @msix_bar: BAR that holds the table
 * @msix_table: the table's offset in it
 * @pm: has the power management capability
 * @pm_keeps: No_Soft_Reset: D3hot to D0 resets nothing
 * @pcie: has the PCI Express capability
 * @pcie_type: Device/Port Type of it: 0 endpoint, 4 root port, 7 bridge to PCI...
 * @pcie_flr: can reset this function alone
 * @ari_forwarding: a port that takes all of a function's 8 bits below it for functions
 * @af_flr: Advanced Features of conventional PCI: can reset this function alone
 */
struct config_facts {
	bool answers;
	uint8_t header;
	uint16_t command, status;
	uint8_t pin, line;
	enum capability_list list;
	uint8_t msi;
	bool msi_masks, msi_on;
	uint16_t msix;
	bool msix_on, msix_masked;
	uint8_t msix_bar;
	uint32_t msix_table;
	bool pm, pm_keeps;
	bool pcie, pcie_flr, ari_forwarding;
	uint8_t pcie_type;
	bool af_flr;
};

/**
 * config_facts() - read what @size bytes of configuration space say
 * @bytes: from offset 0 on
 * @size: 0..CONFIG_SIZE; what is not there is not looked at
 */
void config_facts(const uint8_t *bytes, size_t size, struct config_facts *facts);

/** capability_list_text() - what is wrong with the list; NULL: nothing */
const char *capability_list_text(enum capability_list list);

#endif
