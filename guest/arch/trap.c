// SPDX-License-Identifier: GPL-2.0-only
#include "guest/arch/trap.h"
#include "guest/lib/fmt.h"
#include "guest/lib/string.h"
#include "guest/xen/hypercall.h"

struct trap_frame {
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

void trap_fatal(const struct trap_frame *frame);
extern const struct {
	uint64_t vector, entry;
} trap_entries[], pvh_trap_entries[];

static struct trap_info table[16];

/* Intel SDM vol. 3A, 6.14.1 */
static struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
} idt[TRAP_VECTORS];

#define CODE_SELECTOR  8 /* of the GDT in pvh.S */
#define INTERRUPT_GATE 0x8e

void trap_init(void)
{
	unsigned int i;

	for (i = 0; (int64_t)trap_entries[i].vector >= 0; i++) {
		table[i].vector = (uint8_t)trap_entries[i].vector;
		table[i].cs = FLAT_KERNEL_CS;
		table[i].address = trap_entries[i].entry;
	}
	hcall1(__HYPERVISOR_set_trap_table, (unsigned long)table);
}

static void (*end)(const char *line);

void trap_set_gate(unsigned int vector, unsigned long entry)
{
	idt[vector] = (struct gate){
		.offset_low = (uint16_t)entry,
		.offset_middle = (uint16_t)(entry >> 16),
		.selector = CODE_SELECTOR,
		.type = INTERRUPT_GATE,
	};
}

void trap_init_pvh(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (unsigned long)idt };

	for (unsigned int i = 0; (int64_t)pvh_trap_entries[i].vector >= 0; i++)
		trap_set_gate((unsigned int)pvh_trap_entries[i].vector, pvh_trap_entries[i].entry);
	asm volatile("lidt %0" : : "m"(pointer));
}

void trap_die_by(void (*how)(const char *line))
{
	end = how;
}

_Noreturn void die(const char *why)
{
	struct sched_shutdown crash = { .reason = SHUTDOWN_crash };
	char line[120];
	int len = ll_snprintf(line, sizeof(line), "Bail out! %s\n", why);

	if (end)
		end(line);
	/* Refused for a sibling without console: its control domain sees the crash. */
	xen_console_io(CONSOLEIO_write, (unsigned int)len, line);
	xen_sched_op(SCHEDOP_shutdown, &crash);
	__builtin_unreachable();
}

void trap_fatal(const struct trap_frame *frame)
{
	char why[100];

	ll_snprintf(why, sizeof(why), "trap %llu error %llx at rip %llx rsp %llx",
		    (unsigned long long)frame->vector, (unsigned long long)frame->error,
		    (unsigned long long)frame->rip, (unsigned long long)frame->rsp);
	die(why);
}
