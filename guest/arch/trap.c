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
} trap_entries[];

static struct trap_info table[16];

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

_Noreturn void die(const char *why)
{
	struct sched_shutdown crash = { .reason = SHUTDOWN_crash };
	char line[120];
	int len = ll_snprintf(line, sizeof(line), "Bail out! %s\n", why);

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
