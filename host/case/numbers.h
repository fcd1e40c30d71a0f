/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel has given out: what grows with each round of a case is a leak. */
#ifndef LIFELINE_CASE_NUMBERS_H
#define LIFELINE_CASE_NUMBERS_H

/**
 * struct numbers - what is in use
 * @irqs: interrupt numbers (/sys/kernel/irq)
 * @vfio: interrupts that VFIO handles, on whatever number
 * @memory: MemAvailable, KiB
 * @slab: what the kernel has allocated for itself in small pieces and cannot give back: SUnreclaim, KiB
 */
struct numbers {
	unsigned int irqs, vfio;
	long memory, slab;
};

/** numbers_read() - as they are now; all ones what cannot be read */
struct numbers numbers_read(void);

#endif
