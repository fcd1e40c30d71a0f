/* SPDX-License-Identifier: GPL-2.0-only */
/* What is different in a PVH guest: the hypercall page, the page tables (guest/arch/pvh.S). */
#ifndef LIFELINE_XEN_PVH_H
#define LIFELINE_XEN_PVH_H

#include <stdbool.h>
#include <stdint.h>

/** pvh_guest() - has this domain come in by the PVH entry? */
bool pvh_guest(void);

/**
 * pvh_init() - ask Xen for the hypercall page and remember that this is a PVH guest
 *
 * Return: true; false: CPUID does not tell of Xen, and there will be no hypercalls.
 */
bool pvh_init(void);

/**
 * pvh_map() - map one page at @va, within the first 4 MiB, with page table entry @pte
 * @pte: of guest-physical addresses; 0 takes away what is mapped
 */
void pvh_map(unsigned long va, uint64_t pte);

/** pvh_call_as_user() - hypercall @nr with @cmd and @arg from ring 3. Return: Xen's result */
long pvh_call_as_user(unsigned int nr, unsigned long cmd, void *arg);

#endif
