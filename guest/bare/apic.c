// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/apic.h"

#include "guest/arch/io.h"
#include "guest/bare/clock.h"
#include "guest/xen/clock.h"

#define LAPIC	0xfee00000ul
#define IOAPIC	0xfec00000ul
#define PINS	24u
#define PIC_IMR 0x21 /* and of the second 8259 at 0xa1 */

/* Registers of the local APIC, SDM vol. 3A, table 10-1. */
#define ID	      0x20
#define TPR	      0x80
#define EOI	      0xb0
#define SVR	      0xf0
#define SVR_ENABLE    0x100u
#define LVT_TIMER     0x320
#define LVT_LINT0     0x350
#define LVT_LINT1     0x360
#define LVT_MASKED    0x10000u
#define TIMER_INITIAL 0x380
#define TIMER_CURRENT 0x390
#define TIMER_DIVIDE  0x3e0
#define DIVIDE_BY_16  0x3u

/* 82093AA, 3.2.4: low word of a redirection entry. */
#define RTE_LOW_ACTIVE 0x2000u
#define RTE_LEVEL      0x8000u
#define RTE_MASKED     0x10000u
#define RTE_FIRST      0x10u

#define SPURIOUS_VECTOR 0x3fu
#define CALIBRATION	MS

static uint64_t ticks_per_ms;

static volatile uint32_t *lapic(uint32_t reg)
{
	return (volatile uint32_t *)(LAPIC + reg);
}

static void ioapic_write(uint32_t reg, uint32_t value)
{
	*(volatile uint32_t *)IOAPIC = reg;
	*(volatile uint32_t *)(IOAPIC + 0x10) = value;
}

void ioapic_pin(uint32_t pin, uint8_t vector, bool level, bool masked)
{
	uint32_t low = vector | (level ? RTE_LEVEL | RTE_LOW_ACTIVE : 0);

	/* Masked first: the two halves are not written at once. */
	ioapic_write(RTE_FIRST + 2 * pin, low | RTE_MASKED);
	ioapic_write(RTE_FIRST + 2 * pin + 1, *lapic(ID) & 0xff000000u);
	if (!masked)
		ioapic_write(RTE_FIRST + 2 * pin, low);
}

void apic_init(void)
{
	outb(PIC_IMR, 0xff);
	outb(PIC_IMR + 0x80, 0xff);
	for (uint32_t pin = 0; pin < PINS; pin++)
		ioapic_pin(pin, SPURIOUS_VECTOR, false, true);
	*lapic(LVT_LINT0) = LVT_MASKED;
	*lapic(LVT_LINT1) = LVT_MASKED;
	*lapic(LVT_TIMER) = LVT_MASKED;
	*lapic(TPR) = 0;
	*lapic(SVR) = SVR_ENABLE | SPURIOUS_VECTOR;
	*lapic(TIMER_DIVIDE) = DIVIDE_BY_16;
}

void apic_calibrate(void)
{
	uint64_t begin, end;

	*lapic(TIMER_INITIAL) = ~0u;
	begin = clock_now();
	do
		end = clock_now();
	while (end - begin < CALIBRATION);
	ticks_per_ms = (~0u - *lapic(TIMER_CURRENT)) * MS / (end - begin);
	*lapic(TIMER_INITIAL) = 0;
}

void apic_eoi(void)
{
	*lapic(EOI) = 0;
}

void apic_timer(uint8_t vector, uint64_t ns)
{
	uint64_t most = ~0u * MS / ticks_per_ms, ticks;

	ticks = (ns < most ? ns : most) * ticks_per_ms / MS;
	*lapic(LVT_TIMER) = vector;
	*lapic(TIMER_INITIAL) = ticks ? (uint32_t)ticks : 1;
}

void apic_message(uint8_t vector, uint32_t *address, uint32_t *data)
{
	*address = (uint32_t)LAPIC | (*lapic(ID) >> 24) << 12;
	*data = vector;
}
