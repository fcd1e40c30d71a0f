/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MSI-X table that the guest sees (PCI Local Bus 3.0, 6.8.2). The device's own
 * is the host's: what stands here says to KVM where a message goes.
 */
#ifndef LIFELINE_VMM_MSIX_H
#define LIFELINE_VMM_MSIX_H

#include <stdbool.h>
#include <stdint.h>

#define MSIX_ENTRY_SIZE 16u

/* So many entries can deliver: the rest reads as masked, and what is written there is lost. */
#define MSIX_ENTRIES 8u

/**
 * struct msix - the table
 * @bar: BAR that it is in
 * @at: its offset there
 * @entries: how many the device has
 * @entry: address low and high, data, vector control
 */
struct msix {
	uint8_t bar;
	uint32_t at;
	uint32_t entries;
	uint32_t entry[MSIX_ENTRIES][4];
};

/** msix_init() - a table after reset, all masked. @control, @where: words of the capability */
void msix_init(struct msix *m, uint16_t control, uint32_t where);

/** msix_used() - how many entries can deliver */
uint32_t msix_used(const struct msix *m);

/** msix_covers() - is @offset of the BAR in the table? */
bool msix_covers(const struct msix *m, uint64_t offset);

/** msix_read() - word at @offset of the BAR, which is in the table; all ones unless aligned and of 4 bytes */
uint32_t msix_read(const struct msix *m, uint64_t offset, uint32_t width);

/** msix_write() - the same, writing. Return: the entry that has changed, -1: none */
int msix_write(struct msix *m, uint64_t offset, uint32_t width, uint32_t value);

/** msix_masked() - does entry @i keep its message back? */
bool msix_masked(const struct msix *m, uint32_t i);

/** msix_message() - address and data of entry @i */
void msix_message(const struct msix *m, uint32_t i, uint64_t *address, uint32_t *data);

#endif
