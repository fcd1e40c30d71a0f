/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU takes a line's interrupts, and the former choice given back. */
#ifndef LIFELINE_LOAD_AFFINITY_H
#define LIFELINE_LOAD_AFFINITY_H

#include <stddef.h>

/**
 * struct affinity - a line that was moved
 * @irq: the kernel's number; 0: none
 * @former: its /proc/irq/N/smp_affinity_list
 */
struct affinity {
	unsigned int irq;
	char former[256];
};

/**
 * affinity_move() - interrupts of line @irq go to @cpu from the next one on
 * @a: for affinity_restore()
 *
 * Return: 0 or -errno, with one line in @error: -ENOENT no such line, -EINVAL no such CPU, -EIO it
 * cannot be moved.
 */
int affinity_move(struct affinity *a, unsigned int irq, unsigned int cpu, char *error, size_t size);

/** affinity_restore() - they go where they went before. Return: 0 or -errno */
int affinity_restore(struct affinity *a);

#endif
