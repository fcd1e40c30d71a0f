/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt descriptor: a row of pure data that tells how a controller
 * says that it interrupts, how that is cleared, enabled, disabled and provoked
 * (A. Cox's proposal of 2005: access width and kind, BAR, offset, mask, value).
 * With the row alone a stranger can silence the device, its driver gone.
 */
#ifndef LIFELINE_DEV_DESCRIPTOR_H
#define LIFELINE_DEV_DESCRIPTOR_H

#include "guest/dev/io.h"

enum irq_access_kind {
	ACCESS_NONE,	    /* no such step, and none behind it */
	ACCESS_WRITE,	    /* write @value */
	ACCESS_WRITE_SEEN,  /* write back the status bits that were seen */
	ACCESS_SET,	    /* read, set the bits in @mask, write */
	ACCESS_CLEAR,	    /* read, clear the bits in @mask, write */
	ACCESS_READ,	    /* read; the bits in @mask count */
	ACCESS_READ_CLEARS, /* as READ, and the reading acknowledges */
};

enum irq_space { SPACE_MEMORY, SPACE_PORTS };

/**
 * struct irq_access - one register access
 * @kind: what to do
 * @space: kind of BAR
 * @width: bytes: 1, 2 or 4
 * @bar: 0..5
 * @offset: byte offset in the BAR
 * @mask: bits that matter
 * @value: what to write
 * @based: @offset counts from the value of the 8-bit register at the BAR's
 *	beginning (CAPLENGTH of EHCI and xHCI)
 */
struct irq_access {
	uint8_t kind, space, width, bar;
	uint32_t offset, mask, value;
	bool based;
};

#define ROW_STEPS 3

/**
 * struct irq_descriptor - one controller
 * @model: name in board files
 * @pci_class: class << 16 | subclass << 8 | programming interface
 * @pci_id: device << 16 | vendor where the class says too little, 0: any
 * @source: the document that the row follows
 * @status: says that the device interrupts
 * @ack: clears what @status said
 * @enable: lets the device interrupt
 * @disable: forbids it
 * @trigger: makes it interrupt now, where one write can
 *
 * All accesses of a row are in one BAR.
 */
struct irq_descriptor {
	const char *model;
	uint32_t pci_class, pci_id;
	const char *source;
	struct irq_access status;
	struct irq_access ack[ROW_STEPS], enable[ROW_STEPS], disable[ROW_STEPS];
	struct irq_access trigger;
};

/** descriptor_find() - row of the controller named @model, or NULL */
const struct irq_descriptor *descriptor_find(const char *model);

/** descriptor_for() - row of a function with this class and id, NULL: there is none */
const struct irq_descriptor *descriptor_for(uint32_t pci_class, uint32_t pci_id);

/** descriptor_row() - row @index of the table, NULL behind the last: for who looks at all of them */
const struct irq_descriptor *descriptor_row(unsigned int index);

/** descriptor_access() - the access that says where the row's registers are; NULL: it has none */
const struct irq_access *descriptor_access(const struct irq_descriptor *d);

/** irq_trigger() - make the device interrupt now */
void irq_trigger(const struct irq_descriptor *d, const struct dev_io *io);

/**
 * irq_service() - what an interrupt handler does: ask whether it was this
 * device, and if so acknowledge
 *
 * Return: the status bits seen; 0: the interrupt was somebody else's.
 */
uint32_t irq_service(const struct irq_descriptor *d, const struct dev_io *io);

/** irq_enable() - let the device interrupt */
void irq_enable(const struct irq_descriptor *d, const struct dev_io *io);

/** irq_quiet() - forbid interrupts and clear what is pending: the line is released */
void irq_quiet(const struct irq_descriptor *d, const struct dev_io *io);

#endif
