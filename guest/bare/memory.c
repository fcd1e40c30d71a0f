// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/memory.h"

#define LARGE_PAGE   0x200000ull
#define DEVICES	     0xc0000000ull
#define DEVICES_END  0x100000000ull
#define PTE_UNCACHED 0x18ull /* PWT PCD, Intel SDM vol. 3A, table 4-18 */

extern uint64_t pvh_l2[DEVICES_END / LARGE_PAGE];

void memory_init(void)
{
	uint64_t cr3;

	for (uint64_t at = DEVICES; at < DEVICES_END; at += LARGE_PAGE)
		pvh_l2[at / LARGE_PAGE] |= PTE_UNCACHED;
	asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : : "memory");
}

bool memory_is_uncached(uint64_t address)
{
	return address >= DEVICES && address < DEVICES_END;
}
