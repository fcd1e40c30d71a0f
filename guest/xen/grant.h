/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants (xen/include/public/grant_table.h, version 1): the control domain lends
 * pages of its own to a sibling.
 *
 * Memory that a device writes to belongs to the control domain: a device goes on
 * with its DMA after its driver's domain has died, and without an IOMMU nobody
 * stops it. In pages of the dead domain it would write into whatever Xen has made
 * of them since.
 */
#ifndef LIFELINE_XEN_GRANT_H
#define LIFELINE_XEN_GRANT_H

#include "guest/xen/interface.h"

/**
 * grant_lend() - let @dom map the @n pages at @va of this domain
 * @first: the first of @n references in a row, chosen by the caller, below GRANT_REFS
 *
 * Return: 0 or -errno.
 */
int grant_lend(domid_t dom, uint32_t first, const void *va, unsigned int n);

/** grant_take_back() - end the loan, once @dom is gone or has unmapped them */
void grant_take_back(uint32_t first, unsigned int n);

/**
 * grant_map() - map @n pages, at most GRANT_MAX_RUN, that @owner has lent at @va
 * @bus: where a device sees the first
 *
 * Return: 0, -errno, or -EXDEV if the pages are not contiguous for a device.
 */
int grant_map(domid_t owner, uint32_t first, unsigned int n, unsigned long va, uint64_t *bus);

/* One frame of the table; the first references are reserved for the console and the store. */
#define GRANT_REFS    512u
#define GRANT_FIRST   8u
#define GRANT_MAX_RUN 16u

#endif
