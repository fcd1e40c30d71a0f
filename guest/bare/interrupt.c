// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/interrupt.h"

#include "guest/arch/trap.h"
#include "guest/bare/apic.h"
#include "guest/bare/clock.h"

#define TIMER_VECTOR	0x31u
#define SPURIOUS_VECTOR 0x3fu

/* Intel SDM vol. 3A, figure 6-8 */
struct interrupt_frame {
	uint64_t rip, cs, rflags, rsp, ss;
};

/* guest/bare/halt.S */
void halt(void);
extern char halt_instruction[], halt_end[];

static volatile bool line, kick;
static volatile bool in_service; /* the line's interrupt was not ended yet */

/*
 * Nothing comes between STI and HLT, says the CPU. QEMU's SVM forgets that where a
 * hypervisor leaves the guest there and enters it again (VMRUN does not load the
 * interrupt shadow): the interrupt would be over when the CPU halts.
 */
static void wake(volatile struct interrupt_frame *frame)
{
	if (frame->rip == (unsigned long)halt_instruction)
		frame->rip = (unsigned long)halt_end;
}

__attribute__((interrupt)) static void on_line(struct interrupt_frame *frame)
{
	wake(frame);
	line = true;
	in_service = true;
}

__attribute__((interrupt)) static void on_kick(struct interrupt_frame *frame)
{
	wake(frame);
	kick = true;
	apic_eoi();
}

/* It has ended a halt, which is all that it is for. */
__attribute__((interrupt)) static void on_timer(struct interrupt_frame *frame)
{
	wake(frame);
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

static bool awake(unsigned int by)
{
	return (by & WAKE_LINE && line) || (by & WAKE_KICK && kick);
}

void interrupt_wait(uint64_t deadline, unsigned int by)
{
	uint64_t now;

	asm volatile("cli" : : : "memory");
	now = clock_now();
	if (awake(by) || (deadline && now >= deadline)) {
		asm volatile("sti" : : : "memory");
		return;
	}
	if (deadline)
		apic_timer(TIMER_VECTOR, deadline - now);
	halt();
}
