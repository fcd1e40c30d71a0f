/* SPDX-License-Identifier: GPL-2.0-only */
/* The first 4 GiB are mapped one to one (guest/arch/pvh.S). The last of them is where devices are. */
#ifndef LIFELINE_BARE_MEMORY_H
#define LIFELINE_BARE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/** memory_init() - accesses to device addresses are not cached from here on */
void memory_init(void);

/** memory_is_uncached() - is @address a device address? */
bool memory_is_uncached(uint64_t address);

#endif
