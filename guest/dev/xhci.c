// SPDX-License-Identifier: GPL-2.0-only
/*
 * xHCI controllers: the work is to read the device descriptor of the first
 * device that is plugged in; a mere interrupt is a No Op command.
 */
#include "guest/dev/exercisers.h"

#include "guest/dev/xhci.h"
#include "guest/lib/string.h"

/* Capability registers, 5.3. */
static const struct dev_register CAPLENGTH = { "CAPLENGTH", 0x00, 1 };
static const struct dev_register HCIVERSION = { "HCIVERSION", 0x00, 4 }; /* and CAPLENGTH */
static const struct dev_register HCSPARAMS1 = { "HCSPARAMS1", 0x04, 4 };
static const struct dev_register HCSPARAMS2 = { "HCSPARAMS2", 0x08, 4 };
static const struct dev_register HCCPARAMS1 = { "HCCPARAMS1", 0x10, 4 };
static const struct dev_register DBOFF = { "DBOFF", 0x14, 4 };
static const struct dev_register RTSOFF = { "RTSOFF", 0x18, 4 };

#define WIDE_CONTEXTS (1u << 2) /* HCCPARAMS1.CSZ */

/* Operational registers, 5.4. */
static const struct dev_register USBCMD = { "USBCMD", 0x00, 4 };
static const struct dev_register USBSTS = { "USBSTS", 0x04, 4 };
static const struct dev_register PAGESIZE = { "PAGESIZE", 0x08, 4 };
static const struct dev_register CRCR = { "CRCR", 0x18, 4 };
static const struct dev_register DCBAAP = { "DCBAAP", 0x30, 4 };
static const struct dev_register CONFIG = { "CONFIG", 0x38, 4 };
static const struct dev_register PORTSC = { "PORTSC", 0x400, 4 };

#define PORT_STRIDE 0x10

#define RUN	(1u << 0) /* USBCMD */
#define RESET	(1u << 1)
#define INTE	(1u << 2)
#define HALTED	(1u << 0) /* USBSTS */
#define EINT	(1u << 3)
#define UNREADY (1u << 11)
#define CYCLE	1u /* CRCR and the dequeue pointer of an endpoint: that of the first TRB */

#define CONNECTED   (1u << 0) /* PORTSC */
#define ENABLED	    (1u << 1)
#define PORT_RESET  (1u << 4)
#define POWER	    (1u << 9)
#define SPEED_SHIFT 10
#define RESET_DONE  (1u << 21)
#define PORT_KEEP   0x0e00c200u /* what is neither read-only nor cleared by a one */

/* Runtime registers of an interrupter, 5.5.2. */
static const struct dev_register IMAN = { "IMAN", 0x00, 4 };
static const struct dev_register IMOD = { "IMOD", 0x04, 4 };

#define PENDING 1u /* IMAN; a one clears it */
#define ENABLE	2u

/* The legacy capability, 7.1. */
static const struct dev_register USBLEGSUP = { "USBLEGSUP", 0x00, 4 };
static const struct dev_register USBLEGCTLSTS = { "USBLEGCTLSTS", 0x04, 4 };

#define LEGACY		 1u /* its id */
#define CAPABILITIES	 64 /* more than any controller has */
#define FIRMWARE_OWNS	 (1u << 16)
#define WE_OWN		 (1u << 24)
#define SMI_ENABLES	 0x0000e011u
#define SMI_STATUS	 0xe0000000u
#define FIRMWARE_LIMIT	 1000000000ull /* 4.22.1: it has a second */
#define HALT_LIMIT	 16000000ull   /* 5.4.1.1 */
#define RESET_LIMIT	 1000000000ull
#define PORT_RESET_LIMIT 500000000ull
#define CONNECT_LIMIT	 200000000ull

/* Some of Intel's hang the bus if they are touched within 1 ms of the reset. */
#define RESET_SILENCE 1000000ull

/* Contexts, 6.2: words of the input context, which begins with a control context. */
#define ADD		  1 /* of the control context */
#define ADD_SLOT	  1u
#define ADD_ENDPOINT_0	  2u
#define SLOT_SPEED_SHIFT  20
#define SLOT_ENTRIES	  (1u << 27)
#define SLOT_PORT_SHIFT	  16
#define EP_CONTROL	  (4u << 3 | 3u << 1) /* a control endpoint, three tries */
#define EP_PACKET_SHIFT	  16
#define EP_AVERAGE_LENGTH 8u

static struct dev_register op(struct controller *c, struct dev_register r)
{
	return xhci_at(xhci_of(c)->op, r);
}

static struct dev_register port(struct controller *c, unsigned int n)
{
	return xhci_at((n - 1) * PORT_STRIDE, op(c, PORTSC));
}

/* Where the registers of a group are, @size bytes of them, as @r says. */
static int locate(struct controller *c, struct dev_register r, uint32_t size, uint32_t *at)
{
	uint32_t limit = c->ops->length - size, seen = dev_read(c, r);

	if (seen % 4 || seen > limit)
		return dev_fail(c, DEV_WRONG, r.name, r.offset, ~0u, limit, seen);
	*at = seen;
	return DEV_OK;
}

static unsigned int count_interrupters(struct controller *c)
{
	uint32_t n = dev_read(c, HCSPARAMS1) >> 8 & 0x7ff;

	return n < XHCI_INTERRUPTERS ? n : XHCI_INTERRUPTERS;
}

static unsigned int count_ports(struct controller *c)
{
	return dev_read(c, HCSPARAMS1) >> 24;
}

static int xhci_probe(struct controller *c)
{
	struct xhci *x = xhci_of(c);
	int rc = dev_await(c, HCIVERSION, 0xff000000, 0x01000000, 0);

	if (!rc)
		rc = locate(c, CAPLENGTH, PORTSC.offset + count_ports(c) * PORT_STRIDE, &x->op);
	if (!rc)
		rc = locate(c, RTSOFF, 0x20 + count_interrupters(c) * 0x20, &x->runtime);
	if (!rc)
		rc = locate(c, DBOFF, 2 * 4, &x->doorbell);
	x->context = dev_read(c, HCCPARAMS1) & WIDE_CONTEXTS ? 64 : 32;
	return rc;
}

static int take_from_firmware(struct controller *c, uint32_t at)
{
	struct dev_register owner = xhci_at(at, USBLEGSUP), smi = xhci_at(at, USBLEGCTLSTS);
	int rc;

	dev_write(c, owner, dev_read(c, owner) | WE_OWN);
	rc = dev_await(c, owner, FIRMWARE_OWNS, 0, FIRMWARE_LIMIT);
	dev_write(c, smi, (dev_read(c, smi) & ~SMI_ENABLES) | SMI_STATUS);
	return rc;
}

/* Chapter 7: a list; each entry has its id, and the way to the next in words. */
static int find_firmware(struct controller *c)
{
	struct dev_register r = HCCPARAMS1;
	uint32_t at = 0, next = dev_read(c, r) >> 16;

	for (unsigned int i = 0; i < CAPABILITIES && next; i++) {
		at += next * 4;
		if (at > c->ops->length - 8)
			return dev_fail(c, DEV_WRONG, r.name, r.offset, ~0u, 0, at);
		r = xhci_at(at, USBLEGSUP);
		if ((dev_read(c, r) & 0xff) == LEGACY)
			return take_from_firmware(c, at);
		next = dev_read(c, r) >> 8 & 0xff;
	}
	return DEV_OK;
}

static int xhci_reset(struct controller *c)
{
	int rc = xhci_probe(c);

	if (!rc)
		rc = find_firmware(c);
	if (rc)
		return rc;
	dev_write(c, op(c, USBCMD), 0);
	rc = dev_await(c, op(c, USBSTS), HALTED, HALTED, HALT_LIMIT);
	if (rc)
		return rc;
	dev_write(c, op(c, USBCMD), RESET);
	dev_sleep(c, RESET_SILENCE);
	rc = dev_await(c, op(c, USBCMD), RESET, 0, RESET_LIMIT);
	return rc ? rc : dev_await(c, op(c, USBSTS), UNREADY, 0, RESET_LIMIT);
}

/* 4.20: how many the controller wants is told in two fields. */
static int give_scratchpads(struct controller *c)
{
	struct xhci_memory *m = xhci_memory_of(c);
	uint32_t seen = dev_read(c, HCSPARAMS2);
	uint32_t wanted = (seen >> 21 & 0x1f) << 5 | seen >> 27;

	if (wanted > XHCI_SCRATCHPADS)
		return dev_fail(c, DEV_NONE, HCSPARAMS2.name, HCSPARAMS2.offset, 0xfbe00000,
				XHCI_SCRATCHPADS << 27, seen);
	if (!wanted)
		return DEV_OK;
	for (unsigned int i = 0; i < wanted; i++)
		m->scratchpad_pages[i] = dev_bus(c, m->scratchpad[i]);
	m->contexts[0] = dev_bus(c, m->scratchpad_pages);
	return dev_await(c, op(c, PAGESIZE), 1, 1, 0);
}

/* 4.2, up to the run bit. */
static int run(struct controller *c)
{
	struct xhci_memory *m = xhci_memory_of(c);
	struct xhci *x = xhci_of(c);
	int rc;

	memset(m, 0, sizeof(*m));
	xhci_empty_rings(c);
	rc = give_scratchpads(c);
	if (rc)
		return rc;
	dev_write(c, op(c, CONFIG), (dev_read(c, op(c, CONFIG)) & ~0xffu) | 1); /* slots */
	xhci_write64(c, op(c, DCBAAP), dev_bus(c, m->contexts));
	xhci_write64(c, op(c, CRCR), dev_bus(c, m->command) | CYCLE);
	for (unsigned int v = 0; v < x->interrupters; v++) {
		xhci_place_event_ring(c, v);
		dev_write(c, xhci_interrupter(c, v, IMOD), 0);
	}
	dev_write(c, op(c, USBCMD), RUN);
	return dev_await(c, op(c, USBSTS), HALTED, 0, HALT_LIMIT);
}

/* Return: PORTSC of port @n, with power turned on if it was off */
static uint32_t look_at_port(struct controller *c, unsigned int n)
{
	uint32_t seen = dev_read(c, port(c, n));

	if (!(seen & POWER))
		dev_write(c, port(c, n), POWER);
	return seen;
}

static int find_port(struct controller *c)
{
	uint64_t deadline = c->io.now(c->io.ctx) + CONNECT_LIMIT;
	uint32_t seen = 0;

	for (bool late = false; !late; dev_sleep(c, DEV_PAUSE)) {
		late = c->io.now(c->io.ctx) >= deadline;
		for (unsigned int n = 1; n <= count_ports(c); n++) {
			seen = look_at_port(c, n);
			xhci_of(c)->port = (uint8_t)n;
			if (seen == ~0u)
				return dev_await(c, port(c, n), POWER, 0, 0);
			if (seen & CONNECTED)
				return DEV_OK;
		}
	}
	return dev_fail(c, DEV_TIMEOUT, PORTSC.name, op(c, PORTSC).offset, CONNECTED, CONNECTED,
			seen);
}

/* 4.3.1: a port for USB 2 is enabled by its reset. */
static int reset_port(struct controller *c)
{
	struct dev_register r = port(c, xhci_of(c)->port);
	int rc;

	dev_sleep(c, USB_DEBOUNCE);
	dev_write(c, r, (dev_read(c, r) & PORT_KEEP) | PORT_RESET);
	rc = dev_await(c, r, RESET_DONE | PORT_RESET, RESET_DONE, PORT_RESET_LIMIT);
	if (!rc)
		rc = dev_await(c, r, ENABLED, ENABLED, 0);
	dev_write(c, r, (dev_read(c, r) & PORT_KEEP) | RESET_DONE);
	dev_sleep(c, USB_RECOVERY);
	return rc;
}

static int command(struct controller *c, uint32_t parameter, uint32_t control)
{
	xhci_post_command(c, parameter, control | (uint32_t)xhci_of(c)->slot << XHCI_SLOT_SHIFT);
	return xhci_complete(c, "Command Completion Event");
}

static uint32_t *input_context(struct controller *c, unsigned int index)
{
	return (uint32_t *)(xhci_memory_of(c)->input + (size_t)index * xhci_of(c)->context);
}

/* What is assumed of a device's packets before it says so itself: speeds 1 to 4, 7.2.2.1.1. */
static uint32_t assumed_packet(uint32_t speed)
{
	static const uint16_t size[] = { 8, 8, 64, 512 };

	return speed >= 1 && speed <= 4 ? size[speed - 1] : 512;
}

/* 4.3.3 */
static int address_device(struct controller *c, uint32_t packet, uint32_t speed)
{
	struct xhci_memory *m = xhci_memory_of(c);
	struct xhci *x = xhci_of(c);
	uint32_t *slot = input_context(c, 1), *endpoint = input_context(c, 2);

	input_context(c, 0)[ADD] = ADD_SLOT | ADD_ENDPOINT_0;
	slot[0] = SLOT_ENTRIES | speed << SLOT_SPEED_SHIFT;
	slot[1] = (uint32_t)x->port << SLOT_PORT_SHIFT;
	endpoint[1] = packet << EP_PACKET_SHIFT | EP_CONTROL;
	endpoint[2] = dev_bus(c, m->transfer) | CYCLE;
	endpoint[4] = EP_AVERAGE_LENGTH;
	m->contexts[x->slot] = dev_bus(c, m->device);
	return command(c, dev_bus(c, m->input), XHCI_ADDRESS);
}

/* 4.3.4: at full speed the packets may be other ones than assumed. */
static int adjust_packet(struct controller *c, uint32_t packet)
{
	struct xhci_memory *m = xhci_memory_of(c);

	input_context(c, 0)[ADD] = ADD_ENDPOINT_0;
	input_context(c, 2)[1] = packet << EP_PACKET_SHIFT | EP_CONTROL;
	return command(c, dev_bus(c, m->input), XHCI_EVALUATE);
}

static void request_descriptor(struct controller *c, uint16_t length, unsigned int interrupter)
{
	usb_spoil_descriptor(&xhci_memory_of(c)->data, &xhci_of(c)->known);
	xhci_post_request(c, usb_get_device_descriptor(length), interrupter);
}

static int read_descriptor(struct controller *c, uint16_t length)
{
	request_descriptor(c, length, 0);
	return xhci_complete(c, "Transfer Event");
}

static int read_head(struct controller *c, uint32_t assumed)
{
	struct xhci_memory *m = xhci_memory_of(c);
	int rc = read_descriptor(c, USB_DESCRIPTOR_HEAD);

	if (!rc)
		rc = usb_check_head(c, &m->data);
	if (rc || usb_packet_size(&m->data) == assumed)
		return rc;
	return adjust_packet(c, usb_packet_size(&m->data));
}

static int enumerate(struct controller *c)
{
	struct xhci_memory *m = xhci_memory_of(c);
	struct xhci *x = xhci_of(c);
	uint32_t speed = dev_read(c, port(c, x->port)) >> SPEED_SHIFT & 0xf;
	int rc = command(c, 0, XHCI_ENABLE_SLOT);

	if (!rc)
		rc = dev_expect(c, "Slot ID", 0, 0xff, 1, x->told);
	if (rc)
		return rc;
	x->slot = x->told;
	rc = address_device(c, assumed_packet(speed), speed);
	if (!rc)
		rc = read_head(c, assumed_packet(speed));
	if (!rc)
		rc = read_descriptor(c, USB_DESCRIPTOR_SIZE);
	if (!rc)
		rc = usb_check_descriptor(c, &m->data, NULL);
	x->known = m->data;
	return rc;
}

static void set_masks(struct controller *c, bool masked)
{
	struct xhci *x = xhci_of(c);

	x->masked = masked;
	for (unsigned int v = 0; v < x->interrupters; v++)
		dev_write(c, xhci_interrupter(c, v, IMAN), masked ? 0 : ENABLE);
}

static void forget(struct controller *c)
{
	dev_write(c, op(c, USBSTS), EINT);
	for (unsigned int v = 0; v < xhci_of(c)->interrupters; v++)
		dev_write(c, xhci_interrupter(c, v, IMAN), PENDING);
}

static int xhci_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	struct xhci *x = xhci_of(c);
	unsigned int most = count_interrupters(c);
	int rc;

	x->interrupters = 1;
	if (kind == IRQ_MSIX)
		x->interrupters = (uint8_t)(vectors < most ? vectors : most);
	x->masked = true;
	x->slot = 0;
	rc = run(c);
	if (!rc)
		rc = find_port(c);
	if (!rc)
		rc = reset_port(c);
	if (!rc)
		rc = enumerate(c);
	if (rc)
		return rc;
	xhci_take_events(c, 0); /* of the ports */
	forget(c);
	set_masks(c, false);
	dev_write(c, op(c, USBCMD), RUN | INTE);
	return DEV_OK;
}

static unsigned int xhci_vectors(struct controller *c, enum irq_kind kind)
{
	if (kind != IRQ_MSIX)
		return 1;
	return dev_read(c, HCSPARAMS1) == ~0u ? 0 : count_interrupters(c);
}

static int xhci_trigger(struct controller *c, unsigned int vector)
{
	if (vector >= xhci_of(c)->interrupters)
		return DEV_NONE;
	if (vector)
		request_descriptor(c, USB_DESCRIPTOR_SIZE, vector);
	else
		xhci_post_command(c, 0, XHCI_NO_OP);
	return DEV_OK;
}

/* With messages IMAN.IP is cleared by the controller itself (5.5.2.1); the rings tell all the same. */
static uint32_t xhci_pending(struct controller *c)
{
	struct xhci *x = xhci_of(c);
	uint32_t seen, pending = 0;

	if (x->masked)
		return 0;
	seen = dev_read(c, xhci_interrupter(c, 0, IMAN));
	if (seen == ~0u || (c->kind == IRQ_INTX && !(seen & PENDING)))
		return 0;
	for (unsigned int v = 0; v < x->interrupters; v++)
		pending |= (uint32_t)xhci_has_event(c, v) << v;
	return pending;
}

/* 4.17.5: what comes behind the last look at the ring sets IMAN.IP once more. */
static void xhci_ack(struct controller *c, uint32_t pending)
{
	dev_write(c, op(c, USBSTS), EINT);
	if (c->kind == IRQ_INTX)
		dev_write(c, xhci_interrupter(c, 0, IMAN), PENDING | ENABLE);
	for (unsigned int v = 0; v < xhci_of(c)->interrupters; v++)
		if (pending & 1u << v)
			xhci_take_events(c, v);
}

static void xhci_mask(struct controller *c)
{
	set_masks(c, true);
}

static void xhci_unmask(struct controller *c)
{
	set_masks(c, false);
}

static void xhci_quiet(struct controller *c)
{
	struct dev_register r = op(c, USBCMD);

	if (!xhci_of(c)->op)
		return; /* it was never found */
	dev_write(c, r, dev_read(c, r) & ~INTE);
	set_masks(c, true);
	forget(c);
}

static int xhci_work(struct controller *c)
{
	request_descriptor(c, USB_DESCRIPTOR_SIZE, 0);
	return DEV_OK;
}

static int xhci_finish(struct controller *c)
{
	int rc = xhci_check(c, "Transfer Event");

	return rc ? rc : usb_check_descriptor(c, &xhci_memory_of(c)->data, &xhci_of(c)->known);
}

const struct exerciser xhci_exerciser = {
	.model = "xhci",
	.class = "USB",
	.source = "xHCI 1.2",
	.bar = 0,
	.length = 0x3000,
	.memory = sizeof(struct xhci_memory),
	.device_ns = 500000, /* three transactions, each in its microframe, and one to begin */
	.probe = xhci_probe,
	.reset = xhci_reset,
	.start = xhci_start,
	.vectors = xhci_vectors,
	.trigger = xhci_trigger,
	.pending = xhci_pending,
	.ack = xhci_ack,
	.mask = xhci_mask,
	.unmask = xhci_unmask,
	.quiet = xhci_quiet,
	.work = xhci_work,
	.finish = xhci_finish,
};
