/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VFIO_DEVICE_SET_IRQS with any arguments, and what Linux 6.1 answers: linux/vfio.h, vfio_set_irqs_validate_and_prepare(),
 * drivers/vfio/pci/vfio_pci_intrs.c. Pure: nothing here makes a call.
 */
#ifndef LIFELINE_RACES_IRQS_H
#define LIFELINE_RACES_IRQS_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** IRQS_DATA - values behind the header: as many as a function with few vectors can use, and more */
#define IRQS_DATA 8

/** enum irqs_fd - what a number in the data stands for */
enum irqs_fd { FD_GOOD, FD_NONE, FD_NEGATIVE, FD_CLOSED, FD_NO_EVENTFD, FDS };

/**
 * struct irqs_call - the arguments
 * @argsz: as struct vfio_irq_set has it, like
 * @flags:, @index:, @start:, @count: these
 * @data: file descriptors, by what they are; as bytes, with DATA_BOOL, they are whatever they are
 * @readable: bytes of the structure that are in memory that can be read: IRQS_ALL, or fewer
 */
struct irqs_call {
	uint32_t argsz, flags, index, start, count;
	enum irqs_fd data[IRQS_DATA];
	uint32_t readable;
};

#define IRQS_HEADER 20u
#define IRQS_ALL    (IRQS_HEADER + 4u * IRQS_DATA)

/**
 * struct irqs_state - what was enabled by the calls until now
 * @vectors: of each index; 0: it has none
 * @enabled: the index with interrupts: INTx, MSI or MSI-X; -1: none
 * @contexts: how many of its vectors are there
 * @unmask: an eventfd unmasks INTx
 * @error: there is an eventfd for errors
 * @request: and one for the request to give the device up
 */
struct irqs_state {
	uint32_t vectors[VFIO_PCI_NUM_IRQS];
	int enabled;
	uint32_t contexts;
	bool unmask, error, request;
};

/** irqs_expect() - the answer to @call, 0 or -errno; @state is then as after it */
int irqs_expect(struct irqs_state *state, const struct irqs_call *call);

/** irqs_boundary() - call @number of all at the limits of each argument; false: there are not so many */
bool irqs_boundary(const struct irqs_state *state, uint32_t number, struct irqs_call *call);

/** irqs_random() - a call near the limits, most of it good; the same @random gives the same */
void irqs_random(const struct irqs_state *state, uint32_t *random, struct irqs_call *call);

/** irqs_text() - the call in words */
void irqs_text(const struct irqs_call *call, char *text, size_t size);

#endif
