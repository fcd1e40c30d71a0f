// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/machine.h"

#include "guest/arch/io.h"
#include "guest/arch/trap.h"
#include "guest/bare/apic.h"
#include "guest/bare/clock.h"
#include "guest/bare/device.h"
#include "guest/bare/doorbell.h"
#include "guest/bare/interrupt.h"
#include "guest/bare/memory.h"
#include "guest/lib/fmt.h"
#include "guest/role/orders.h"
#include "guest/xen/interface.h"

#define DEBUG_PORT 0xe9 /* QEMU's debug console, and the small VMM's */

/* All in .bss.control: a sibling of Xen has none of it. */
static struct bare_words words __attribute__((section(".bss.control")));
static struct driver driver __attribute__((section(".bss.control")));

bool bare_pending(void *ctx)
{
	(void)ctx;
	return interrupt_line();
}

void bare_take(void *ctx)
{
	(void)ctx;
	interrupt_take_line();
}

bool bare_wait(void *ctx, uint64_t deadline)
{
	(void)ctx;
	while (!interrupt_line() && clock_now() < deadline)
		interrupt_wait(deadline, WAKE_LINE);
	return interrupt_line();
}

void bare_end(void *ctx)
{
	(void)ctx;
	interrupt_end_line();
}

bool bare_kicked(void *ctx)
{
	(void)ctx;
	return interrupt_kick();
}

static void take_kick(void *ctx)
{
	doorbell_take(ctx);
}

bool bare_wait_or_kick(void *ctx, uint64_t deadline)
{
	(void)ctx;
	interrupt_wait(deadline, WAKE_LINE | WAKE_KICK);
	return interrupt_line();
}

static void tell(void *ctx)
{
	doorbell_tell(ctx);
}

uint64_t bare_now(void *ctx)
{
	(void)ctx;
	return clock_now();
}

void bare_sleep(void *ctx, uint64_t ns)
{
	uint64_t deadline = clock_now() + ns;

	(void)ctx;
	while (clock_now() < deadline)
		interrupt_wait(deadline, 0);
}

static const char *open_device(void *ctx, struct controller *c)
{
	const struct bare_words *w = ctx;

	if (!w->device)
		return "the command line names no device";
	return bare_open(c, w->bdf, (enum irq_kind)driver.box->kind);
}

/* The line alone has a pin. A message is there from its enabling on, and its order is an empty one. */
static int mask_line(const struct bare_words *w, bool masked)
{
	if (!w->device)
		return -XEN_ENODEV;
	if (driver.box->kind == IRQ_INTX)
		ioapic_pin(w->gsi, LINE_VECTOR, true, masked);
	return 0;
}

static int obey(void *ctx, enum order order, uint32_t argument)
{
	(void)argument;
	switch (order) {
	case ORDER_BIND:
		return mask_line(ctx, false);
	case ORDER_UNBIND:
		return mask_line(ctx, true);
	default:
		return -XEN_ENOSYS;
	}
}

/* The VMM ends with the machine. Where nothing answers at the port, it halts for good. */
static _Noreturn void end(const char *last_words)
{
	for (; *last_words; last_words++)
		outb(DEBUG_PORT, (uint8_t)*last_words);
	outb(BOARD_EXIT_PORT, 1);
	for (;;)
		asm volatile("cli; hlt");
}

static void crash(void *ctx)
{
	(void)ctx;
	end("crash by order\n");
}

static const struct platform platform = {
	.now = bare_now,
	.sleep = bare_sleep,
	.pending = bare_pending,
	.take = bare_take,
	.wait = bare_wait,
	.end = bare_end,
	.kicked = bare_kicked,
	.take_kick = take_kick,
	.wait_or_kick = bare_wait_or_kick,
	.tell = tell,
	.open = open_device,
	.obey = obey,
	.crash = crash,
	.ctx = &words,
};

static _Noreturn void refuse(const char *what, const char *wrong)
{
	char why[120];

	ll_snprintf(why, sizeof(why), "%s%s", what, wrong);
	die(why);
}

_Noreturn void bare_main(const char *cmdline)
{
	const char *wrong;

	trap_init_pvh();
	trap_die_by(end);
	memory_init();
	wrong = bare_words(cmdline, &words);
	if (wrong)
		refuse("missing or malformed word in the command line: ", wrong);
	wrong = clock_init(words.tsc_khz);
	if (wrong)
		refuse("", wrong);
	interrupt_init();
	doorbell_init(&words);
	driver.platform = &platform;
	driver.box = (struct mailbox *)words.mailbox;
	orders_obey(&driver);
}
