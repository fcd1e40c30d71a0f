// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/ich9.h"

#include "guest/dev/pci.h"
#include "guest/xen/mem.h"

#define LPC	      PCI_BDF(0, 0x1f, 0)
#define LPC_RCBA      0xf0
#define RCBA_ENABLE   1u
#define RCBA_BASE     0xffffc000u
#define DXXIR_PAGE    0x3000
#define LPC_ID	      0x29188086u
#define LPC_PIRQA     0x60 /* PIRQA to PIRQD, a byte each */
#define LPC_PIRQE     0x68 /* PIRQE to PIRQH */
#define PIRQ_NO_PIC   0x80808080u
#define FIRST_SLOT    0x19
#define INTA_MASK     7u /* bits 2:0 of each DxxIR */
#define FIRST_GSI     16
#define DXXIR(offset) ((offset)-DXXIR_PAGE)

static char page[4096] __attribute__((aligned(4096), section(".bss.control")));

/* D25IR to D31IR are not in order. */
static const uint16_t dxxir[] = { DXXIR(0x3150), DXXIR(0x314c), DXXIR(0x3148), DXXIR(0x3146),
				  DXXIR(0x3144), DXXIR(0x3142), DXXIR(0x3140) };

void ich9_route(uint16_t bdf, uint32_t gsi)
{
	unsigned int slot = bdf >> 3 & 0x1f;
	uint32_t rcba = pci_read32(LPC, LPC_RCBA);
	volatile uint16_t *reg;

	if (bdf >> 8 || slot < FIRST_SLOT || !(rcba & RCBA_ENABLE))
		return;
	map_self((unsigned long)page, ((rcba & RCBA_BASE) + DXXIR_PAGE) | PTE_MMIO);
	reg = (volatile uint16_t *)(page + dxxir[slot - FIRST_SLOT]);
	*reg = (uint16_t)((*reg & ~INTA_MASK) | ((gsi - FIRST_GSI) & INTA_MASK));
	unmap((unsigned long)page);
}

/* ICH9 datasheet, 13.1.15: bit 7 of each. */
static void leave_pic(uint8_t offset)
{
	pci_write32(LPC, offset, pci_read32(LPC, offset) | PIRQ_NO_PIC);
}

void ich9_leave_pic(void)
{
	if (pci_read32(LPC, PCI_VENDOR_ID) != LPC_ID)
		return;
	leave_pic(LPC_PIRQA);
	leave_pic(LPC_PIRQE);
}
