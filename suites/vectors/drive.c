// SPDX-License-Identifier: GPL-2.0-only
#include "suites/vectors/drive.h"

#include "guest/control/ktap.h"
#include "guest/dev/mmio.h"
#include "guest/lib/fmt.h"
#include "guest/xen/clock.h"
#include "guest/xen/event.h"
#include "guest/xen/mem.h"

#define ROUND_LIMIT (50 * MS)

static char bar_page[4096] __attribute__((aligned(4096), section(".bss.control")));

/* Return: rounds served out of DRIVE_ROUNDS. */
static unsigned int drive(struct device *dev, uint32_t pirq, evtchn_port_t port)
{
	struct dev_io io = mmio_dev_io(bar_page);
	unsigned int served = 0;

	map_self((unsigned long)bar_page, dev->bar | PTE_MMIO);
	irq_enable(dev->desc, &io);
	pirq_eoi(pirq);
	for (unsigned int i = 0; i < DRIVE_ROUNDS; i++) {
		irq_trigger(dev->desc, &io);
		if (port_wait(port, now_ns() + ROUND_LIMIT)) {
			port_clear(port);
			served += irq_service(dev->desc, &io) != 0;
		} else {
			irq_quiet(dev->desc, &io);
		}
		pirq_eoi(pirq);
	}
	unmap((unsigned long)bar_page);
	return served;
}

void expect_rounds(struct test *t, struct device *dev, uint32_t pirq, evtchn_port_t port,
		   unsigned int expected)
{
	unsigned int served = drive(dev, pirq, port);

	check(t, served == expected, "LI pin %u by pirq %u: %u of %u served, expected %u", dev->gsi,
	      pirq, served, DRIVE_ROUNDS, expected);
}

bool expect_result(struct test *t, int seen, int expected, const char *fmt, ...)
{
	char text[KTAP_LINE];
	va_list ap;

	va_start(ap, fmt);
	ll_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return check(t, seen == expected, "%s: %d, expected %d", text, seen, expected);
}

evtchn_port_t expect_port(struct test *t, uint32_t pirq)
{
	int port = pirq_bind(pirq);

	check(t, port > 0, "L bind of pirq %u: %d, expected a port", pirq, port);
	return port > 0 ? (evtchn_port_t)port : 0;
}

int sibling_bind(struct sibling *s, uint32_t pirq)
{
	struct evtchn_bind_pirq bind = { .pirq = pirq, .flags = BIND_PIRQ__WILL_SHARE };
	int rc = sibling_call(s, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &bind,
			      sizeof(bind));

	return rc ? rc : (int)bind.port;
}

int sibling_close(struct sibling *s, int port)
{
	struct evtchn_close close = { .port = (evtchn_port_t)port };

	return sibling_call(s, __HYPERVISOR_event_channel_op, EVTCHNOP_close, &close,
			    sizeof(close));
}

int sibling_reserve(struct sibling *s, int type)
{
	struct physdev_get_free_pirq op = { .type = type };
	int rc = sibling_call(s, __HYPERVISOR_physdev_op, PHYSDEVOP_get_free_pirq, &op, sizeof(op));

	return rc ? rc : (int)op.pirq;
}

volatile void *page_zero(void)
{
	unsigned long address = 0;

	asm("" : "+r"(address));
	return (volatile void *)address;
}
