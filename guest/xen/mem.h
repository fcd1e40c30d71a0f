/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings. The initial page tables of Xen's loader are never extended: a page
 * of .bss serves as the address at which a frame is mapped instead.
 */
#ifndef LIFELINE_XEN_MEM_H
#define LIFELINE_XEN_MEM_H

#include "guest/xen/interface.h"

#define PAGE_SIZE 4096ul

/* Page table entry bits, Intel SDM vol. 3A table 4-20; PTE_MMIO is uncached. */
#define PTE_RO	    0x65ull /* P US A D */
#define PTE_RW	    0x67ull /* P RW US A D */
#define PTE_MMIO    0x7full /* P RW US PWT PCD A D */
#define PTE_MMIO_RO 0x7dull

/** map_self() - map one page at @va of this domain with page table entry @pte; dies if refused */
void map_self(unsigned long va, uint64_t pte);

/**
 * map_frame() - as map_self(), for a frame that @owner owns
 * Return: 0 or -errno
 */
int map_frame(unsigned long va, uint64_t pte, domid_t owner);

/** machine_init() - the table of @si says which frames this domain has; for machine_address() */
void machine_init(const struct start_info *si);

/** machine_address() - where a device sees @va, which is in the image of this control domain */
uint64_t machine_address(const void *va);

/** unmap() - take away what is mapped at @va */
void unmap(unsigned long va);

#endif
