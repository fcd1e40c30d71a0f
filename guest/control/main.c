// SPDX-License-Identifier: GPL-2.0-only
/* Entry of the image. The control domain carries out the plan; a sibling its orders. */
#include "guest/arch/io.h"
#include "guest/arch/trap.h"
#include "guest/bare/machine.h"
#include "guest/control/device.h"
#include "guest/control/ktap.h"
#include "guest/control/test.h"
#include "guest/dev/pci.h"
#include "guest/lib/fmt.h"
#include "guest/xen/clock.h"
#include "guest/xen/domctl.h"
#include "guest/xen/event.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"
#include "guest/xen/pvh.h"
#include "guest/xen/sibling.h"

#include <xen/arch-x86/hvm/start_info.h>

void guest_main(struct start_info *si);
void pvh_main(const struct hvm_start_info *si);

static unsigned int count_cases(struct span plan)
{
	struct span line, word;
	unsigned int n = 0;

	while (plan_next_line(&plan, &line))
		n += plan_next_word(&line, ' ', &word) && span_is(word, "case");
	return n;
}

static void say_hello(void)
{
	long version = hcall1(__HYPERVISOR_xen_version, XENVER_version);
	uint64_t free_pages = 0;
	unsigned int cpus = 0;
	int rc = domctl_probe();
	char why[110];

	if (rc) {
		ll_snprintf(why, sizeof(why),
			    "this guest speaks domctl 0x%x of Xen %s, here is Xen %ld.%ld (%d)",
			    domctl_version, domctl_release, version >> 16, version & 0xffff, rc);
		die(why);
	}
	sysctl_host(&free_pages, &cpus);
	ktap_line("# guest xen=%d.%d domctl=0x%x cpus=%u free_pages=%llu", (int)(version >> 16),
		  (int)(version & 0xffff), domctl_version, cpus, (unsigned long long)free_pages);
}

static _Noreturn void refuse(const char *what, const char *wrong)
{
	char why[110];

	ll_snprintf(why, sizeof(why), "%s of the plan: %s", what, wrong);
	die(why);
}

static void add_uart(struct span line)
{
	const char *wrong = "malformed line";
	uint64_t port = plan_number(line, "port", 0);
	uint64_t irq = plan_number(line, "irq", 16);

	if (port && port < 0xfff8 && irq < 16)
		wrong = uart_add((unsigned int)irq, (uint16_t)port);
	if (wrong)
		refuse("UART", wrong);
}

static void add_device(struct span line)
{
	struct span where, model;
	const char *wrong = "malformed line";
	char name[16];
	uint16_t bdf;

	if (plan_next_word(&line, ' ', &where) && plan_next_word(&line, ' ', &model) &&
	    plan_bdf(where, &bdf)) {
		span_copy(model, name, sizeof(name));
		wrong = device_add(bdf, name, (uint32_t)plan_number(line, "gsi", 0),
				   plan_number(line, "late", 0) * US);
	}
	if (wrong)
		refuse("device", wrong);
}

static void carry_out(struct span plan)
{
	unsigned int number = 0;
	struct span line, word;

	while (plan_next_line(&plan, &line)) {
		if (!plan_next_word(&line, ' ', &word))
			continue;
		if (span_is(word, "device"))
			add_device(line);
		else if (span_is(word, "uart"))
			add_uart(line);
		else if (span_is(word, "case"))
			test_run(line, ++number);
	}
}

static _Noreturn void power_off(void)
{
	struct sched_shutdown off = { .reason = SHUTDOWN_poweroff };

	outb(BOARD_EXIT_PORT, 0);
	for (;;)
		xen_sched_op(SCHEDOP_shutdown, &off);
}

static _Noreturn void control_main(struct span plan)
{
	ktap_line("KTAP version 1");
	ktap_line("1..%u", count_cases(plan));
	pci_init();
	say_hello();
	carry_out(plan);
	power_off();
}

void guest_main(struct start_info *si)
{
	trap_init();
	event_init(si->shared_info);
	if (si->flags & SIF_INITDOMAIN) {
		machine_init(si);
		control_main((struct span){ (const char *)si->mod_start, si->mod_len });
	}
	sibling_main();
}

/*
 * The same for a domain that Xen or build_pvh() starts as PVH: by the entry of guest/arch/pvh.S.
 * A VMM without Xen comes in there too.
 */
void pvh_main(const struct hvm_start_info *si)
{
	const struct hvm_modlist_entry *module = (const void *)si->modlist_paddr;
	struct span plan = { 0 };

	if (!pvh_init())
		bare_main(si->cmdline_paddr ? (const char *)si->cmdline_paddr : "");
	trap_init_pvh();
	if (event_init_pvh())
		die("Xen does not map its shared info page");
	if (!(si->flags & SIF_INITDOMAIN))
		sibling_main();
	if (si->nr_modules)
		plan = (struct span){ (const char *)module->paddr, module->size };
	control_main(plan);
}
