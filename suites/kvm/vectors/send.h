/* SPDX-License-Identifier: GPL-2.0-only */
/* How a user sends a message that the host has not given it: by what it may do with its own function. */
#ifndef LIFELINE_SUITES_KVM_VECTORS_SEND_H
#define LIFELINE_SUITES_KVM_VECTORS_SEND_H

#include "suites/kvm/vectors/user.h"

/** struct table - the MSI-X table of a user's function, mapped. Linux lets users map it since 4.16 (VFIO_REGION_INFO_CAP_MSIX_MAPPABLE) */
struct table {
	volatile uint32_t *entry;
	unsigned int entries;
};

/** table_find() - the table of @u's function. Return: 0 or -errno: -ENOENT: it has none, -EACCES: it cannot be mapped */
int table_find(const struct user *u, struct table *t);

/** table_read() - message of entry @i */
struct message table_read(const struct table *t, unsigned int i);

/** table_write() - give entry @i message @m, masked while it is written */
void table_write(const struct table *t, unsigned int i, struct message m);

/** dma_start() - have the edu of @u write @m by DMA: in 100 ms (QEMU docs/specs/edu.txt). Return: 0 or -errno */
int dma_start(struct user *u, struct message m);

/** dma_wait() - until it has. Return: 0 or -ETIMEDOUT */
int dma_wait(struct user *u);

#endif
