/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own account of interrupts: /proc/interrupts, and per_cpu_count below
 * /sys/kernel/irq, which counts CPUs that are offline, too.
 */
#ifndef LIFELINE_PCI_INTERRUPTS_H
#define LIFELINE_PCI_INTERRUPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** INTERRUPTS_CPUS - columns that are read at most (NR_CPUS of Debian's kernel) */
#define INTERRUPTS_CPUS 8192
/** INTERRUPTS_ROWS - rows that are read at most */
#define INTERRUPTS_ROWS 16384

/**
 * struct interrupt - a row
 * @irq: Linux's number; -1: the row counts something else, @name says what
 * @name: "20", or "LOC", "SPU", "ERR"...
 * @counts: as many as there are columns; some that no CPU counts, such as ERR, have one
 * @count: per column
 * @chip: "IR-IO-APIC", "PCI-MSI"...; empty in a row without an irq
 * @hwirq: the chip's own number, a pin of an IO-APIC; -1: not told
 * @handler: flow handler: "fasteoi", "edge"; may be empty
 * @actions: names of the handlers, ", " between them, in the order in which they are called
 *
 * Of text only printable ASCII is kept, another byte becomes '?'.
 */
struct interrupt {
	int irq;
	char name[12];
	unsigned int counts;
	uint32_t *count;
	char chip[32];
	long hwirq;
	char handler[16];
	char actions[512];
};

/**
 * struct interrupts - all of it at one time
 * @cpus: columns: CPUs that are online
 * @cpu: the CPU of each column, rising
 */
struct interrupts {
	unsigned int cpus, rows;
	uint16_t *cpu;
	struct interrupt *row;
};

/**
 * interrupts_parse() - read the text of /proc/interrupts
 * @text: @size bytes, of any content
 *
 * A line that is none of the file's is left out. Return: 0, to be freed by
 * interrupts_free(); -EINVAL: there is no header with CPUs; -E2BIG: more than the
 * bounds allow; -ENOMEM.
 */
int interrupts_parse(const char *text, size_t size, struct interrupts *all);

/** interrupts_read() - the same of the file. Return: as above, or -errno of open and read */
int interrupts_read(const char *root, struct interrupts *all);

/** interrupts_free() - give the memory back; @all may be zeroed */
void interrupts_free(struct interrupts *all);

/** interrupts_find() - the row of @irq, or NULL: Linux leaves out what has neither action nor count */
const struct interrupt *interrupts_find(const struct interrupts *all, int irq);

/** interrupts_named() - the row called @name, or NULL */
const struct interrupt *interrupts_named(const struct interrupts *all, const char *name);

/**
 * interrupt_action() - the name of action @index of a row, "" behind the last
 *
 * A name that holds ", " is taken for two. Return: whether there is such an action.
 */
bool interrupt_action(const struct interrupt *row, unsigned int index, char *name, size_t size);

/** interrupt_total() - sum over the columns */
uint64_t interrupt_total(const struct interrupt *row);

/**
 * interrupts_delta() - what row @name counted between two readings
 *
 * Only CPUs that were online at both times can be compared; each counts modulo 2^32,
 * as the kernel does. A row that was not there before began at 0.
 */
uint64_t interrupts_delta(const struct interrupts *before, const struct interrupts *after,
			  const char *name);

/**
 * interrupt_counts() - counts of one interrupt on every possible CPU, by per_cpu_count
 * @count: filled up to @max
 *
 * Return: how many there are; -ENOENT: no such interrupt; -EINVAL: not numbers; -errno.
 */
int interrupt_counts(const char *root, unsigned int irq, uint32_t *count, unsigned int max);

#endif
