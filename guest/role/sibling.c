// SPDX-License-Identifier: GPL-2.0-only
#include "guest/role/sibling.h"

#include "fault/fault.h"
#include "guest/arch/trap.h"
#include "guest/dev/mmio.h"
#include "guest/dev/pci.h"
#include "guest/role/driver.h"
#include "guest/xen/grant.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

union sibling_mailbox sibling_mailbox __attribute__((aligned(4096)));

/* Addresses behind the image, without frames of their own (guest/arch/link.ld). */
extern char __device_window[], __memory_window[];

static char rogue_page[4096] __attribute__((aligned(4096)));
static struct driver driver;

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

static void borrow_memory(struct dev_memory *m, uint32_t size, uint32_t grant)
{
	unsigned int pages = (unsigned int)((size + PAGE_SIZE - 1) / PAGE_SIZE);

	if (!pages)
		return;
	if (grant_map(0, grant, pages, (unsigned long)__memory_window, &m->bus))
		die("the memory for DMA cannot be mapped");
	m->base = __memory_window;
	m->size = size;
}

/* Something in the mailbox has changed. */
static void tell_control(const struct driver *d)
{
	struct evtchn_send send = { .port = d->kick };

	xen_event_op(EVTCHNOP_send, &send);
}

static void open_device(struct driver *d)
{
	struct mailbox *box = d->box;
	struct controller *c = &d->dev;

	c->ops = exerciser_find(box->model);
	if (!c->ops)
		die("unknown device model in the mailbox");
	c->io = reach(c->ops, box->bar);
	borrow_memory(&c->io.memory, c->ops->memory, box->grant);
	d->pirq = box->pirq;
	d->random = box->seed;
	if (exerciser_begin(c, (enum irq_kind)box->kind, 1))
		dev_error_text(&c->error, box->error, sizeof(box->error));
	__atomic_store_n(&box->ready, box->error[0] ? -1 : 1, __ATOMIC_RELEASE);
	tell_control(d);
}

static int bind(struct driver *d)
{
	int port = pirq_bind(d->pirq);

	if (port > 0) {
		d->port = (evtchn_port_t)port;
		pirq_eoi(d->pirq);
	}
	return port;
}

static int unbind(struct driver *d)
{
	int rc = port_close(d->port);

	d->port = 0;
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

static int obey(struct driver *d, enum order order, uint32_t argument)
{
	switch (order) {
	case ORDER_BIND:
		d->pirq = argument ? argument : d->pirq;
		return bind(d);
	case ORDER_UNBIND:
		return unbind(d);
	case ORDER_RUN:
		if (argument < WINDOWS)
			driver_open_window(d, (enum window)argument, d->box->planned);
		return 0;
	case ORDER_PARK:
		driver_park(d);
		return 0;
	case ORDER_FAULT:
		fault_play(d, (enum fault_verb)argument);
		return 0;
	case ORDER_STATUS:
		return pirq_status(d->pirq);
	case ORDER_CONFIG:
		return write_config((const struct rogue_write *)d->box->call.bytes);
	case ORDER_POKE:
		return poke((const struct rogue_write *)d->box->call.bytes);
	case ORDER_CALL:
		return call(&d->box->call, argument);
	default:
		return -XEN_EINVAL;
	}
}

static void take_order(struct driver *d)
{
	struct mailbox *box = d->box;
	uint32_t asked;

	/* Clear before looking: an order given in between must kick again. */
	port_clear(d->kick);
	asked = __atomic_load_n(&box->asked, __ATOMIC_ACQUIRE);
	if (asked == box->answered)
		return;
	box->answer = obey(d, (enum order)box->order, box->argument);
	__atomic_store_n(&box->answered, asked, __ATOMIC_RELEASE);
	tell_control(d);
}

_Noreturn void sibling_main(void)
{
	struct driver *d = &driver;

	d->box = &sibling_mailbox.box;
	d->kick = d->box->port;
	if (d->box->model[0])
		open_device(d);
	for (;;) {
		take_order(d);
		if (d->win)
			driver_round(d);
		else
			driver_serve_until_kicked(d);
	}
}
