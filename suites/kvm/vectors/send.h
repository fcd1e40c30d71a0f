/* SPDX-License-Identifier: GPL-2.0-only */
/* How a user sends a message that the host has not given it: by what it may do with its own function. */
#ifndef LIFELINE_SUITES_KVM_VECTORS_SEND_H
#define LIFELINE_SUITES_KVM_VECTORS_SEND_H

#include "suites/kvm/vectors/tenant.h"

/** TABLE_WORDS - 32-bit words of an entry: address, its upper half, data, control (PCI 3.0, 6.8.2) */
#define TABLE_WORDS 4ul

/**
 * struct table - the MSI-X table of a user's function, mapped
 * @entry: NULL: it has none
 * @entries: how many
 * @offset: where it is in the device's file
 *
 * Linux lets users map it since 4.16 (VFIO_REGION_INFO_CAP_MSIX_MAPPABLE).
 */
struct table {
	volatile uint32_t *entry;
	unsigned int entries;
	uint64_t offset;
};

/** table_find() - the table of @u's function. Return: 0 or -errno: -ENOENT: it has none, -EACCES: it cannot be mapped */
int table_find(const struct tenant *u, struct table *t);

/** table_read() - message of entry @i */
struct message table_read(const struct table *t, unsigned int i);

/** table_write() - give entry @i message @m, masked while it is written */
void table_write(const struct table *t, unsigned int i, struct message m);

/** table_file_read() - @word of entry @i through the device's file; all ones if it cannot be read */
uint32_t table_file_read(const struct tenant *u, const struct table *t, unsigned int i,
			 unsigned int word);

/** table_file_write() - the same, writing. Return: was it taken? */
bool table_file_write(const struct tenant *u, const struct table *t, unsigned int i,
		      unsigned int word, uint32_t value);

/** dma_start() - have the edu of @u write @m by DMA: in 100 ms (QEMU docs/specs/edu.txt). Return: 0 or -errno */
int dma_start(struct tenant *u, struct message m);

/** dma_wait() - until it has. Return: 0 or -ETIMEDOUT */
int dma_wait(struct tenant *u);

#endif
