/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The topology of lines: which functions share which pin of an IO-APIC. Two witnesses
 * say so, and are compared: the kernel, which has routed pins and installed handlers,
 * and the wiring, by which functions whose INTx arrive at the same pin of the same
 * device of a root bus have one line.
 */
#ifndef LIFELINE_PCI_LINE_H
#define LIFELINE_PCI_LINE_H

#include "host/pci/interrupts.h"
#include "host/pci/inventory.h"

/** LINE_UNKNOWN - this witness says nothing */
#define LINE_UNKNOWN (-1)
/** LINE_DIVIDED - functions with the same wiring have been routed to different GSIs */
#define LINE_DIVIDED (-2)

/** LINE_MEMBERS - functions and handlers that one line can have here */
#define LINE_MEMBERS 64

/**
 * struct line_member - who is on a line
 * @function: index of a function; -1: a handler of none ("acpi")
 * @action: name of its handler; empty: none is installed
 * @elsewhere: the handler is here, and sysfs says that its function has another line
 */
struct line_member {
	int function;
	char action[48];
	bool elsewhere;
};

/**
 * struct line - a pin of an IO-APIC
 * @gsi: global system interrupt
 * @irq: Linux's number for it
 * @chip: "IO-APIC", or "IR-IO-APIC" behind interrupt remapping; empty: no function on it is
 *	enabled, and Linux has given the pin up
 * @handler: "fasteoi": level-triggered; empty while nobody has it
 * @total: interrupts since boot, of the CPUs that are online
 * @count: of @member
 * @more: members that found no place
 */
struct line {
	int gsi;
	unsigned int irq;
	char chip[32], handler[16];
	uint64_t total;
	unsigned int count, more;
	struct line_member member[LINE_MEMBERS];
};

/**
 * struct line_witness - what is said about the line of one function
 * @kernel: GSI by its irq in sysfs, or LINE_UNKNOWN: not routed yet, or MSI is on
 * @wiring: GSI of other functions with the same wiring, LINE_UNKNOWN or LINE_DIVIDED
 */
struct line_witness {
	int kernel, wiring;
};

/**
 * struct lines - all of them
 * @count: of @line, by rising GSI
 * @functions: of @witness, which has an entry for each function of the inventory
 */
struct lines {
	unsigned int count, functions;
	struct line *line;
	struct line_witness *witness;
};

/**
 * lines_read() - who shares which line
 * @inventory: and @interrupts: of the same machine at about the same time
 *
 * Return: 0, to be freed by lines_free(); -ENOMEM; -errno: there is no /sys/kernel/irq.
 */
int lines_read(const char *root, const struct inventory *inventory,
	       const struct interrupts *interrupts, struct lines *lines);

/** lines_free() - give the memory back; @lines may be zeroed */
void lines_free(struct lines *lines);

/** lines_gsi() - GSI of a function: the kernel's word, else the wiring's; LINE_UNKNOWN: neither */
int lines_gsi(const struct lines *lines, unsigned int function);

/** lines_find() - the line with this GSI, NULL: Linux has none for it */
const struct line *lines_find(const struct lines *lines, int gsi);

/**
 * lines_disagree() - do the witnesses contradict each other about a function?
 * @text: one line that says how, if they do
 */
bool lines_disagree(const struct inventory *inventory, const struct lines *lines,
		    unsigned int function, char *text, size_t size);

/**
 * line_gsi() - GSI of an interrupt of an IO-APIC
 * @chip: of /sys/kernel/irq; another chip has no GSI
 * @irq: Linux's number
 * @hwirq: pin of its IO-APIC
 *
 * Linux numbers the pins of all IO-APICs by their GSI, but for the 16 of ISA, which
 * ACPI may have moved to other pins (alloc_irq_from_domain(), io_apic.c).
 * Return: the GSI or LINE_UNKNOWN.
 */
int line_gsi(const char *chip, unsigned int irq, long hwirq);

/** line_action_bdf() - the address of a function in the name of a handler: "ahci[0000:00:08.0]" */
bool line_action_bdf(const char *action, char bdf[BDF_SIZE]);

#endif
