// SPDX-License-Identifier: GPL-2.0-only
#include "suites/kvm/races/hand.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "host/probe/clock.h"

#define RAM	0x10000u
#define GDT	0x800u
#define IDT	0x1000u
#define SCRATCH 0x2000u
#define CODE	0x3000u
#define HANDLER 0x3040u
#define STACK	0x8000u
#define VECTOR	0x30u

#define ASK  0x10 /* port: what is to be written where */
#define TELL 0x11 /* port: an interrupt */

#define LAPIC_SVR    0xfee000f0u
#define SVR_ENABLE   0x1ffu
#define IOAPIC_INDEX 0xfec00000u
#define IOAPIC_DATA  0xfec00010u
#define RTE_FIRST    0x10u
#define RTE_LEVEL    0x8000u
#define RTE_MASKED   0x10000u

/* A write takes two questions and the next one's beginning; interrupts come between. */
#define EXITS 1000u
#define PAUSE (20 * NS_PER_US)

static const unsigned char code[] = {
	0xfb,	    /*	sti */
	0xe5, ASK,  /* 1:	in	$ASK, %eax */
	0x89, 0xc3, /*	mov	%eax, %ebx */
	0xe5, ASK,  /*	in	$ASK, %eax */
	0x89, 0x03, /*	mov	%eax, (%ebx) */
	0xeb, 0xf6, /*	jmp	1b */
};

static const unsigned char handler[] = {
	0xe6, TELL, /*	out	%al, $TELL */
	0xcf,	    /*	iret */
};

/* SDM vol. 3A, 3.4.5 and 6.11: flat code and data; an interrupt gate. */
static const uint64_t gdt[] = { 0, 0x00cf9a000000ffffull, 0x00cf92000000ffffull };
static const uint64_t gate = 0x8e0000080000ull + HANDLER;

static void fill(const struct ram *ram)
{
	unsigned char *base = ram->base;

	memcpy(base + GDT, gdt, sizeof(gdt));
	memcpy(base + IDT + VECTOR * sizeof(gate), &gate, sizeof(gate));
	memcpy(base + CODE, code, sizeof(code));
	memcpy(base + HANDLER, handler, sizeof(handler));
}

static int set_tables(struct hand *h)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (ioctl(h->machine.vcpu, KVM_GET_SREGS, &sregs) ||
	    ioctl(h->machine.vcpu, KVM_GET_REGS, &regs))
		return machine_fail(&h->machine, "KVM_GET_SREGS");
	sregs.gdt = (struct kvm_dtable){ .base = GDT, .limit = sizeof(gdt) - 1 };
	sregs.idt = (struct kvm_dtable){ .base = IDT, .limit = 256 * sizeof(gate) - 1 };
	regs.rsp = STACK;
	if (ioctl(h->machine.vcpu, KVM_SET_SREGS, &sregs) ||
	    ioctl(h->machine.vcpu, KVM_SET_REGS, &regs))
		return machine_fail(&h->machine, "KVM_SET_SREGS");
	return 0;
}

int hand_open(struct hand *h, char *error, size_t size)
{
	int rc;

	*h = (struct hand){ .machine = { .kvm = -1, .vm = -1, .vcpu = -1 } };
	h->ram.size = RAM;
	h->ram.base = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h->ram.base == MAP_FAILED) {
		h->ram.base = NULL;
		(void)snprintf(error, size, "the guest's memory: %m");
		return -ENOMEM;
	}
	fill(&h->ram);
	rc = machine_open(&h->machine, &h->ram, error, size);
	if (!rc)
		rc = machine_start_at(&h->machine, CODE, 0);
	if (!rc)
		rc = set_tables(h);
	if (!rc)
		hand_write(h, LAPIC_SVR, SVR_ENABLE);
	if (!rc && h->dead) {
		(void)snprintf(error, size, "the guest does not run: KVM exit reason %u",
			       h->dead - 1);
		rc = -EIO;
	}
	return rc;
}

void hand_close(struct hand *h)
{
	if (h->machine.kvm >= 0)
		machine_close(&h->machine);
	if (h->ram.base)
		munmap(h->ram.base, h->ram.size);
	h->ram.base = NULL;
}

/* Until the guest asks. Return: where the answer goes; NULL: it is dead */
static uint32_t *await_question(struct hand *h)
{
	struct kvm_run *run = h->machine.run;

	for (unsigned int i = 0; i < EXITS && !h->dead; i++) {
		if (ioctl(h->machine.vcpu, KVM_RUN, 0) && errno != EINTR)
			run->exit_reason = KVM_EXIT_UNKNOWN;
		if (run->exit_reason == KVM_EXIT_IO && run->io.port == ASK)
			return (uint32_t *)((char *)run + run->io.data_offset);
		if (run->exit_reason == KVM_EXIT_IO && run->io.port == TELL)
			h->interrupts++;
		else if (run->exit_reason != KVM_EXIT_INTR)
			h->dead = run->exit_reason + 1;
	}
	if (!h->dead)
		h->dead = KVM_EXIT_INTR + 1;
	return NULL;
}

void hand_write(struct hand *h, uint32_t at, uint32_t value)
{
	/* The second: it has taken the first answer; the fourth: it has written. The last is not answered yet. */
	const uint32_t answers[] = { at, value, SCRATCH, 0 };

	for (unsigned int i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		uint32_t *answer = await_question(h);

		if (answer)
			*answer = answers[i];
	}
}

void hand_pin(struct hand *h, uint32_t pin, bool level, bool masked)
{
	hand_write(h, IOAPIC_INDEX, RTE_FIRST + 2 * pin);
	hand_write(h, IOAPIC_DATA, VECTOR | (level ? RTE_LEVEL : 0) | (masked ? RTE_MASKED : 0));
}

void hand_eoi(struct hand *h)
{
	if (h->ended == h->interrupts)
		return;
	/* As soon as it is ended the next may come. */
	h->ended++;
	hand_write(h, HAND_LAPIC_EOI, 0);
}

bool hand_await(struct hand *h, unsigned int interrupts, uint64_t ns)
{
	uint64_t end = clock_ns() + ns;
	struct timespec pause = clock_spec(PAUSE);

	while (h->interrupts < interrupts && !h->dead && clock_ns() < end) {
		hand_write(h, SCRATCH, 0);
		if (h->interrupts < interrupts)
			nanosleep(&pause, NULL);
	}
	return h->interrupts >= interrupts;
}
