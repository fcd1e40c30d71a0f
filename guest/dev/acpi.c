// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/acpi.h"

#include "guest/arch/io.h"
#include "guest/dev/pci.h"

#define LPC	    PCI_BDF(0, 0x1f, 0)
#define PMBASE	    0x40 /* Intel 316972, 13.1.11 */
#define PMBASE_MASK 0xff80u
#define PM1_STATUS  0
#define PM1_ENABLE  2
#define TIMER_CARRY 1u /* TMR_STS and TMR_EN */

static uint16_t base(void)
{
	return (uint16_t)(pci_read32(LPC, PMBASE) & PMBASE_MASK);
}

bool acpi_timer_enable(void)
{
	if (!base())
		return false;
	outw(base() + PM1_STATUS, TIMER_CARRY);
	outw(base() + PM1_ENABLE, TIMER_CARRY);
	return true;
}

bool acpi_timer_service(void)
{
	bool carry = inw(base() + PM1_STATUS) & TIMER_CARRY;

	outw(base() + PM1_STATUS, TIMER_CARRY);
	return carry;
}

void acpi_timer_disable(void)
{
	outw(base() + PM1_ENABLE, 0);
	outw(base() + PM1_STATUS, TIMER_CARRY);
}
