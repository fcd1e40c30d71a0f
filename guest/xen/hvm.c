// SPDX-License-Identifier: GPL-2.0-only
#include "guest/xen/hvm.h"

#include "guest/arch/trap.h"
#include "guest/bare/apic.h"
#include "guest/bare/interrupt.h"
#include "guest/bare/machine.h"
#include "guest/xen/event.h"

static struct hvm {
	struct platform platform;
	const struct platform *xen;
	const struct mailbox *box;
} hvm;

static void take_kick(void *ctx)
{
	(void)ctx;
	interrupt_take_kick();
	event_upcall_take(hvm.box->port);
}

/* The pirq is bound to the pin by the control domain, for good; the guest has the pin's mask. */
static int obey(void *ctx, enum order order, uint32_t argument)
{
	switch (order) {
	case ORDER_BIND:
	case ORDER_UNBIND:
		ioapic_pin(hvm.box->pin, LINE_VECTOR, true, order == ORDER_UNBIND);
		return order == ORDER_BIND;
	default:
		return hvm.xen->obey(ctx, order, argument);
	}
}

const struct platform *hvm_platform(const struct platform *xen, const struct mailbox *box)
{
	struct platform *p = &hvm.platform;

	hvm.xen = xen;
	hvm.box = box;
	*p = *xen;
	p->pending = bare_pending;
	p->take = bare_take;
	p->wait = bare_wait;
	p->end = bare_end;
	p->kicked = bare_kicked;
	p->take_kick = take_kick;
	p->wait_or_kick = bare_wait_or_kick;
	p->obey = obey;
	interrupt_init();
	if (event_upcall_init(box->port, KICK_VECTOR))
		die("Xen gives no upcall vector");
	return p;
}
