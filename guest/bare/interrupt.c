// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/interrupt.h"

#include "guest/arch/trap.h"
#include "guest/bare/apic.h"
#include "guest/xen/clock.h"

#define TIMER_VECTOR	0x31u
#define SPURIOUS_VECTOR 0x3fu

struct interrupt_frame;

static volatile bool line, kick;
static volatile bool in_service; /* the line's interrupt was not ended yet */

__attribute__((interrupt)) static void on_line(struct interrupt_frame *frame)
{
	(void)frame;
	line = true;
	in_service = true;
}

__attribute__((interrupt)) static void on_kick(struct interrupt_frame *frame)
{
	(void)frame;
	kick = true;
	apic_eoi();
}

/* It has ended a halt, which is all that it is for. */
__attribute__((interrupt)) static void on_timer(struct interrupt_frame *frame)
{
	(void)frame;
	apic_eoi();
}

/* SDM vol. 3A, 10.9: no EOI. */
__attribute__((interrupt)) static void on_spurious(struct interrupt_frame *frame)
{
	(void)frame;
}

void interrupt_init(void)
{
	trap_set_gate(LINE_VECTOR, (unsigned long)on_line);
	trap_set_gate(KICK_VECTOR, (unsigned long)on_kick);
	trap_set_gate(TIMER_VECTOR, (unsigned long)on_timer);
	trap_set_gate(SPURIOUS_VECTOR, (unsigned long)on_spurious);
	apic_init();
	apic_calibrate();
	asm volatile("sti" : : : "memory");
}

bool interrupt_line(void)
{
	return line;
}

void interrupt_take_line(void)
{
	line = false;
}

void interrupt_end_line(void)
{
	if (!in_service)
		return;
	/* Before the EOI: with it the next one may be in. */
	in_service = false;
	apic_eoi();
}

bool interrupt_kick(void)
{
	return kick;
}

void interrupt_take_kick(void)
{
	kick = false;
}

static bool awake(unsigned int wake)
{
	return (wake & WAKE_LINE && line) || (wake & WAKE_KICK && kick);
}

void interrupt_wait(uint64_t deadline, unsigned int wake)
{
	uint64_t now;

	asm volatile("cli" : : : "memory");
	now = now_ns();
	if (awake(wake) || (deadline && now >= deadline)) {
		asm volatile("sti" : : : "memory");
		return;
	}
	if (deadline)
		apic_timer(TIMER_VECTOR, deadline - now);
	/* STI lets nothing in before the HLT behind it: no wake-up is missed. */
	asm volatile("sti; hlt" : : : "memory");
}
