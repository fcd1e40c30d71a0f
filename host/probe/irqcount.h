/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel itself counts of a line, at no cost for whoever is on it. */
#ifndef LIFELINE_PROBE_IRQCOUNT_H
#define LIFELINE_PROBE_IRQCOUNT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct irqcount - counters of a line
 * @interrupts: of all CPUs, /sys/kernel/irq/N/per_cpu_count
 * @unhandled: irqs_unhandled of /proc/irq/N/spurious: the kernel sets it to 0 with every
 *             100,000th interrupt that it counts, and to 1 after 100 ms without an unhandled one
 */
struct irqcount {
	uint64_t interrupts, unhandled;
};

/** irqcount_parse() - from the texts of the two files; false if they are not what they should be */
bool irqcount_parse(const char *per_cpu, const char *spurious, struct irqcount *c);

/**
 * struct irqfiles - the two files of a line, open: looking into them must cost nothing
 * @per_cpu: per_cpu_count
 * @spurious: spurious
 */
struct irqfiles {
	int per_cpu, spurious;
};

/** irqcount_open() - those of line @irq. Return: 0 or -errno: -ENOENT if there is no such line */
int irqcount_open(struct irqfiles *f, unsigned int irq);

/** irqcount_read() - what they say now. Return: 0 or -errno */
int irqcount_read(const struct irqfiles *f, struct irqcount *c);

/** irqcount_close() - also of what irqcount_open() could not open */
void irqcount_close(struct irqfiles *f);

/**
 * irqcount_add() - add to @sum what came from @old to @new, and make @old be @new
 *
 * Of unhandled ones that were counted before and after the kernel began anew only the
 * latter are seen: @sum is at least so many.
 */
void irqcount_add(struct irqcount *sum, struct irqcount *old, const struct irqcount *new);

#endif
