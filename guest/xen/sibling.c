// SPDX-License-Identifier: GPL-2.0-only
#include "guest/xen/sibling.h"

#include "guest/dev/mmio.h"
#include "guest/dev/pci.h"
#include "guest/role/orders.h"
#include "guest/xen/event.h"
#include "guest/xen/grant.h"
#include "guest/xen/hvm.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

union sibling_mailbox sibling_mailbox __attribute__((aligned(4096)));

/* Addresses behind the image, without frames of their own (guest/arch/link.ld). */
extern char __device_window[], __memory_window[];

/*
 * @pirq: pirq of the line
 * @port: event channel of the pirq, 0: not bound
 */
static struct xen_line {
	uint32_t pirq;
	evtchn_port_t port;
} line;
static struct driver driver;
static char rogue_page[4096] __attribute__((aligned(4096)));

static evtchn_port_t kick_port(void)
{
	return sibling_mailbox.box.port;
}

static bool line_pending(void *ctx)
{
	struct xen_line *l = ctx;

	return l->port && port_pending(l->port);
}

static void line_take(void *ctx)
{
	struct xen_line *l = ctx;

	port_clear(l->port);
}

static bool line_wait(void *ctx, uint64_t deadline)
{
	struct xen_line *l = ctx;

	return port_wait(l->port, deadline);
}

static void line_end(void *ctx)
{
	struct xen_line *l = ctx;

	pirq_eoi(l->pirq);
}

static bool kicked(void *ctx)
{
	(void)ctx;
	return port_pending(kick_port());
}

static void take_kick(void *ctx)
{
	(void)ctx;
	port_clear(kick_port());
}

static bool wait_line_or_kick(void *ctx, uint64_t deadline)
{
	struct xen_line *l = ctx;
	evtchn_port_t ports[2] = { kick_port(), l->port };
	struct sched_poll poll = { .nr_ports = l->port ? 2 : 1, .timeout = deadline };

	set_xen_guest_handle(poll.ports, ports);
	if (!line_pending(l) && !kicked(l))
		xen_sched_op(SCHEDOP_poll, &poll);
	return line_pending(l);
}

static void tell_control(void *ctx)
{
	struct evtchn_send send = { .port = kick_port() };

	(void)ctx;
	xen_event_op(EVTCHNOP_send, &send);
}

static struct dev_io reach(const struct exerciser *ops, uint64_t bar)
{
	if (ops->ports) {
		pci_init();
		return port_dev_io((uint16_t)bar);
	}
	for (uint32_t at = 0; at < ops->length; at += PAGE_SIZE)
		map_self((unsigned long)__device_window + at, (bar + at) | PTE_MMIO);
	return mmio_dev_io(__device_window);
}

static int borrow_memory(struct dev_memory *m, uint32_t size, uint32_t grant)
{
	unsigned int pages = (unsigned int)((size + PAGE_SIZE - 1) / PAGE_SIZE);

	if (!pages)
		return 0;
	m->base = __memory_window;
	m->size = size;
	return grant_map(0, grant, pages, (unsigned long)__memory_window, &m->bus);
}

static const char *open_device(void *ctx, struct controller *c)
{
	const struct mailbox *box = &sibling_mailbox.box;
	struct xen_line *l = ctx;

	l->pirq = box->pirq;
	c->io = reach(c->ops, box->bar);
	if (borrow_memory(&c->io.memory, c->ops->memory, box->grant))
		return "the memory for DMA cannot be mapped";
	return NULL;
}

static int bind(struct xen_line *l, uint32_t pirq)
{
	int port;

	l->pirq = pirq ? pirq : l->pirq;
	port = pirq_bind(l->pirq);
	if (port > 0) {
		l->port = (evtchn_port_t)port;
		pirq_eoi(l->pirq);
	}
	return port;
}

static int unbind(struct xen_line *l)
{
	int rc = port_close(l->port);

	l->port = 0;
	return rc;
}

/* As a control domain does; this one may not, and Xen shall drop the write. */
static int write_config(const struct rogue_write *w)
{
	pci_init();
	pci_write32((uint16_t)(w->where >> 8), (uint8_t)w->where, w->value);
	return 0;
}

static int poke(const struct rogue_write *w)
{
	unsigned long va = (unsigned long)rogue_page;
	uint64_t frame = w->where & ~(uint64_t)(PAGE_SIZE - 1);
	int rc = map_frame(va, frame | PTE_MMIO, DOMID_SELF);

	if (rc)
		return rc;
	*(volatile uint32_t *)(rogue_page + w->where % PAGE_SIZE) = w->value;
	unmap(va);
	return 0;
}

static int call(struct guest_call *c, uint32_t cmd)
{
	unsigned long at = c->at ? c->at : (unsigned long)c->bytes;

	return (int)hypercall(c->nr, cmd, at, 0, 0);
}

static int obey(void *ctx, enum order order, uint32_t argument)
{
	struct guest_call *c = &sibling_mailbox.box.call;
	struct xen_line *l = ctx;

	switch (order) {
	case ORDER_BIND:
		return bind(l, argument);
	case ORDER_UNBIND:
		return unbind(l);
	case ORDER_STATUS:
		return pirq_status(l->pirq);
	case ORDER_CONFIG:
		return write_config((const struct rogue_write *)c->bytes);
	case ORDER_POKE:
		return poke((const struct rogue_write *)c->bytes);
	case ORDER_CALL:
		return call(c, argument);
	default:
		return -XEN_EINVAL;
	}
}

static void crash(void *ctx)
{
	struct sched_shutdown reason = { .reason = SHUTDOWN_crash };

	(void)ctx;
	xen_sched_op(SCHEDOP_shutdown, &reason);
}

static const struct platform platform = {
	.now = dev_io_now,
	.sleep = dev_io_sleep,
	.pending = line_pending,
	.take = line_take,
	.wait = line_wait,
	.end = line_end,
	.kicked = kicked,
	.take_kick = take_kick,
	.wait_or_kick = wait_line_or_kick,
	.tell = tell_control,
	.open = open_device,
	.obey = obey,
	.crash = crash,
	.ctx = &line,
};

_Noreturn void sibling_main(void)
{
	driver.box = &sibling_mailbox.box;
	driver.platform = driver.box->pin ? hvm_platform(&platform, driver.box) : &platform;
	orders_obey(&driver);
}
