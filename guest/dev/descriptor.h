/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupt descriptor: a row of pure data that tells how a controller
 * says that it interrupts, how that is cleared, enabled, disabled and provoked
 * (A. Cox's proposal of 2005: access width and kind, BAR, offset, mask, value).
 * With the row alone a stranger can silence the device, its driver gone.
 */
#ifndef LIFELINE_DEV_DESCRIPTOR_H
#define LIFELINE_DEV_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct dev_io - how to reach a device's registers
 * @read: value of the @width byte register at @offset of BAR @bar
 * @write: the same, writing
 * @ctx: passed to both
 *
 * Guests pass accessors of mapped BARs, unit tests a register model.
 */
struct dev_io {
	uint32_t (*read)(void *ctx, uint8_t bar, uint32_t offset, uint8_t width);
	void (*write)(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value);
	void *ctx;
};

enum irq_access_kind {
	ACCESS_NONE,	    /* the controller needs no such step */
	ACCESS_WRITE,	    /* write @value */
	ACCESS_WRITE_SEEN,  /* write back the status bits that were seen */
	ACCESS_READ,	    /* read; the bits in @mask count */
	ACCESS_READ_CLEARS, /* as READ, and the reading acknowledges */
};

/**
 * struct irq_access - one register access
 * @kind: what to do
 * @width: bytes: 1, 2 or 4
 * @bar: 0..5
 * @offset: byte offset in the BAR
 * @mask: bits that matter (reads)
 * @value: what to write
 */
struct irq_access {
	uint8_t kind;
	uint8_t width;
	uint8_t bar;
	uint32_t offset;
	uint32_t mask;
	uint32_t value;
};

/**
 * struct irq_descriptor - one controller
 * @model: name in board files
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @source: the document that the row follows
 * @status: says that the device interrupts
 * @ack: clears what @status said
 * @enable: lets the device interrupt
 * @disable: forbids it
 * @trigger: makes it interrupt now
 */
struct irq_descriptor {
	const char *model;
	uint16_t vendor, device;
	const char *source;
	struct irq_access status, ack, enable, disable, trigger;
};

/** descriptor_find() - row of the controller named @model, or NULL */
const struct irq_descriptor *descriptor_find(const char *model);

/** descriptor_row() - row @index of the table, NULL behind the last: for who looks at all of them */
const struct irq_descriptor *descriptor_row(unsigned int index);

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
