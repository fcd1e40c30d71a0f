// SPDX-License-Identifier: GPL-2.0-only
/*
 * EHCI controllers: the work is to read the device descriptor of the first
 * high-speed device that is plugged in; a mere interrupt is the doorbell of the
 * asynchronous schedule. EHCI 1.0.
 *
 * The asynchronous schedule is on for as long as something is to come, and no
 * longer. The periodic one is empty and always on: without it the frame counter
 * of QEMU 7.2 stands still, and with the counter the interrupt threshold.
 */
#include "guest/dev/exercisers.h"

#include "guest/dev/usb.h"
#include "guest/lib/string.h"

/* Capability registers, 2.2. */
static const struct dev_register CAPLENGTH = { "CAPLENGTH", 0x00, 1 };
static const struct dev_register HCIVERSION = { "HCIVERSION", 0x02, 2 };
static const struct dev_register HCSPARAMS = { "HCSPARAMS", 0x04, 4 };
static const struct dev_register HCCPARAMS = { "HCCPARAMS", 0x08, 4 };

#define PORTS	     0xfu /* HCSPARAMS.N_PORTS */
#define WIDE_ADDRESS 1u	  /* HCCPARAMS */

/* Operational registers, 2.3. */
static const struct dev_register USBCMD = { "USBCMD", 0x00, 4 };
static const struct dev_register USBSTS = { "USBSTS", 0x04, 4 };
static const struct dev_register USBINTR = { "USBINTR", 0x08, 4 };
static const struct dev_register CTRLDSSEGMENT = { "CTRLDSSEGMENT", 0x10, 4 };
static const struct dev_register PERIODICLISTBASE = { "PERIODICLISTBASE", 0x14, 4 };
static const struct dev_register ASYNCLISTADDR = { "ASYNCLISTADDR", 0x18, 4 };
static const struct dev_register CONFIGFLAG = { "CONFIGFLAG", 0x40, 4 };
static const struct dev_register PORTSC = { "PORTSC", 0x44, 4 };

#define RUN	  (1u << 0) /* USBCMD */
#define RESET	  (1u << 1)
#define PERIODIC  (1u << 4)
#define ASYNC	  (1u << 5)
#define DOORBELL  (1u << 6)
#define THRESHOLD (1u << 16) /* at most one interrupt a microframe */
#define IDLE	  (RUN | PERIODIC | THRESHOLD)
#define BUSY	  (IDLE | ASYNC)

#define DONE	   (1u << 0) /* USBSTS and USBINTR */
#define FAILED	   (1u << 1)
#define HOST_ERROR (1u << 4)
#define ADVANCED   (1u << 5)
#define INTERRUPTS (DONE | FAILED | HOST_ERROR | ADVANCED)
#define ALL_STATUS 0x3fu
#define HALTED	   (1u << 12)
#define ASYNC_ON   (1u << 15)

#define CONNECTED  (1u << 0) /* PORTSC */
#define ENABLED	   (1u << 2) /* a zero disables it */
#define PORT_RESET (1u << 8)
#define POWER	   (1u << 12)
#define CHANGES	   0x2au /* a one clears them */

#define MICROFRAME	 125000ull
#define RESET_LIMIT	 250000000ull
#define CONNECT_LIMIT	 200000000ull
#define PORT_RESET_LIMIT 2000000ull /* 2.3.9: from the end of reset */

/* Links between queue heads and transfer descriptors, 3.5 and 3.6. */
#define NO_LINK	   1u
#define QUEUE_HEAD 2u

/* Token of a transfer descriptor, 3.5.3. */
#define ACTIVE	     0x80u
#define HALT	     0x40u
#define OUT	     (0u << 8)
#define IN	     (1u << 8)
#define SETUP	     (2u << 8)
#define TRIES	     (3u << 10)
#define INTERRUPT    (1u << 15)
#define LENGTH_SHIFT 16
#define LENGTH	     (0x7fffu << LENGTH_SHIFT)
#define DATA1	     (1u << 31)

/* Characteristics of an endpoint, 3.6.2. */
#define HIGH_SPEED	(2u << 12)
#define TOGGLE_IN_TOKEN (1u << 14)
#define HEAD		(1u << 15)
#define PACKET		(64u << 16) /* USB 2.0, 5.5.3: at high speed there is no other */
#define ONE_A_FRAME	(1u << 30)

/** struct ehci_qtd - transfer descriptor; the last words are for controllers with 64-bit addresses */
struct ehci_qtd {
	uint32_t next, alternate;
	volatile uint32_t token;
	uint32_t buffer[5], buffer_high[5], padding[3];
};

/** struct ehci_qh - queue head, and the transfer that is being worked on */
struct ehci_qh {
	uint32_t link, characteristics, capabilities, current;
	struct ehci_qtd overlay;
};

#define STAGES 3

#define FRAMES 1024

/** struct ehci_memory - io.memory: the frame list of the periodic schedule, and a page with all the rest */
struct ehci_memory {
	_Alignas(4096) uint32_t frame[FRAMES];
	_Alignas(4096) struct ehci_qh qh;
	_Alignas(64) struct ehci_qtd stage[STAGES];
	_Alignas(32) struct usb_setup setup;
	_Alignas(32) struct usb_device_descriptor data;
};

/**
 * struct ehci - state
 * @op: offset of the operational registers
 * @port: that has a device, from 0 on
 * @address: of the device
 * @stages: of the last control transfer
 * @masked: by @mask or @quiet
 * @told: when the last interrupt was acknowledged
 * @known: the device's descriptor, as it was the first time
 */
struct ehci {
	uint32_t op;
	uint8_t port, address, stages;
	bool masked;
	uint64_t told;
	struct usb_device_descriptor known;
};

_Static_assert(sizeof(struct ehci) <= EXERCISER_STATE, "state of its own");
_Static_assert(sizeof(struct ehci_memory) == 0x2000, "two pages");

static struct ehci *state(struct controller *c)
{
	return (struct ehci *)c->state;
}

static struct ehci_memory *memory(struct controller *c)
{
	return c->io.memory.base;
}

static struct dev_register op(struct controller *c, struct dev_register r)
{
	r.offset += state(c)->op;
	return r;
}

static struct dev_register port(struct controller *c, unsigned int n)
{
	struct dev_register r = op(c, PORTSC);

	r.offset += 4 * n;
	return r;
}

static int ehci_probe(struct controller *c)
{
	int rc = dev_await(c, HCIVERSION, 0xff00, 0x0100, 0);
	uint32_t length = dev_read(c, CAPLENGTH);

	if (!rc)
		rc = dev_expect(c, CAPLENGTH.name, CAPLENGTH.offset, 3, 0, length);
	if (!rc)
		state(c)->op = length;
	return rc;
}

/*
 * By the specification the level follows USBINTR; QEMU 7.2 looks at it again only
 * with a write to USBSTS. Zeroes change nothing there.
 */
static void set_mask(struct controller *c, bool masked)
{
	state(c)->masked = masked;
	dev_write(c, op(c, USBINTR), masked ? 0 : INTERRUPTS);
	dev_write(c, op(c, USBSTS), 0);
}

static void ehci_quiet(struct controller *c)
{
	if (!state(c)->op)
		return; /* it was never found */
	set_mask(c, true);
	dev_write(c, op(c, USBSTS), ALL_STATUS);
}

/* 2.3.1: only a halted controller may be reset, and it halts within 16 microframes. */
static int ehci_reset(struct controller *c)
{
	int rc = ehci_probe(c);

	if (rc)
		return rc;
	ehci_quiet(c);
	dev_write(c, op(c, USBCMD), dev_read(c, op(c, USBCMD)) & ~BUSY);
	rc = dev_await(c, op(c, USBSTS), HALTED, HALTED, DEV_LIMIT);
	if (rc)
		return rc;
	dev_write(c, op(c, USBCMD), RESET);
	return dev_await(c, op(c, USBCMD), RESET, 0, RESET_LIMIT);
}

/* 4.1 */
static int run(struct controller *c)
{
	struct ehci_memory *m = memory(c);
	int rc;

	memset(m, 0, sizeof(*m));
	for (unsigned int i = 0; i < FRAMES; i++)
		m->frame[i] = NO_LINK;
	if (dev_read(c, HCCPARAMS) & WIDE_ADDRESS)
		dev_write(c, op(c, CTRLDSSEGMENT), 0);
	dev_write(c, op(c, PERIODICLISTBASE), dev_bus(c, m->frame));
	dev_write(c, op(c, ASYNCLISTADDR), dev_bus(c, &m->qh));
	dev_write(c, op(c, USBCMD), IDLE);
	rc = dev_await(c, op(c, USBSTS), HALTED, 0, DEV_LIMIT);
	dev_write(c, op(c, CONFIGFLAG), 1);
	return rc;
}

/* Return: PORTSC of port @n, with power turned on if it was off */
static uint32_t look_at_port(struct controller *c, unsigned int n)
{
	uint32_t seen = dev_read(c, port(c, n));

	if (!(seen & POWER))
		dev_write(c, port(c, n), (seen & ~CHANGES) | POWER);
	return seen;
}

static int find_port(struct controller *c)
{
	uint64_t deadline = c->io.now(c->io.ctx) + CONNECT_LIMIT;
	unsigned int ports = dev_read(c, HCSPARAMS) & PORTS;
	uint32_t seen = 0;

	for (bool late = false; !late; dev_sleep(c, DEV_PAUSE)) {
		late = c->io.now(c->io.ctx) >= deadline;
		for (unsigned int n = 0; n < ports; n++) {
			seen = look_at_port(c, n);
			state(c)->port = (uint8_t)n;
			if (seen == ~0u)
				return dev_await(c, port(c, n), POWER, 0, 0);
			if (seen & CONNECTED)
				return DEV_OK;
		}
	}
	return dev_fail(c, DEV_TIMEOUT, PORTSC.name, op(c, PORTSC).offset, CONNECTED, CONNECTED,
			seen);
}

/* 4.2.2: the port is enabled if a high-speed device has answered to the reset. */
static int reset_port(struct controller *c)
{
	struct dev_register r = port(c, state(c)->port);
	uint32_t idle = dev_read(c, r) & ~(CHANGES | ENABLED | PORT_RESET);
	int rc;

	dev_sleep(c, USB_DEBOUNCE);
	dev_write(c, r, idle | PORT_RESET);
	dev_sleep(c, USB_RESET);
	dev_write(c, r, idle);
	rc = dev_await(c, r, PORT_RESET | ENABLED, ENABLED, PORT_RESET_LIMIT);
	dev_sleep(c, USB_RECOVERY);
	return rc;
}

/* The one queue, with nothing in it. */
static void empty_queue(struct controller *c)
{
	struct ehci_qh *qh = &memory(c)->qh;

	qh->link = dev_bus(c, qh) | QUEUE_HEAD;
	qh->characteristics = state(c)->address | HIGH_SPEED | TOGGLE_IN_TOKEN | HEAD | PACKET;
	qh->capabilities = ONE_A_FRAME;
	qh->current = 0;
	qh->overlay.next = NO_LINK;
	qh->overlay.alternate = NO_LINK;
	qh->overlay.token = 0;
	state(c)->stages = 0;
}

static void add_stage(struct controller *c, uint32_t token, const void *buffer, uint32_t length)
{
	struct ehci_memory *m = memory(c);
	unsigned int i = state(c)->stages++;
	struct ehci_qtd *q = &m->stage[i];

	q->next = NO_LINK;
	q->alternate = NO_LINK;
	q->token = token | ACTIVE | TRIES | length << LENGTH_SHIFT;
	q->buffer[0] = dev_bus(c, buffer);
	if (i)
		m->stage[i - 1].next = dev_bus(c, q);
	else
		m->qh.overlay.next = dev_bus(c, q);
}

/* 4.8: the controller says when it has seen that the schedule is to be another. */
static int switch_schedule(struct controller *c, bool on)
{
	dev_write(c, op(c, USBCMD), on ? BUSY : IDLE);
	return dev_await(c, op(c, USBSTS), ASYNC_ON, on ? ASYNC_ON : 0, DEV_LIMIT);
}

/*
 * The queue is ours again. The threshold would keep back an interrupt that follows
 * the last one at once: on real ports for a microframe, in QEMU for a frame.
 */
static int take_queue(struct controller *c)
{
	uint64_t passed = c->io.now(c->io.ctx) - state(c)->told;

	if (passed < MICROFRAME)
		dev_sleep(c, MICROFRAME - passed);
	return switch_schedule(c, false);
}

/* A control transfer that reads into memory.data; only its last stage interrupts. */
static int post(struct controller *c, struct usb_setup setup)
{
	struct ehci_memory *m = memory(c);
	int rc = take_queue(c);

	if (rc)
		return rc;
	usb_spoil_descriptor(&m->data, &state(c)->known);
	m->setup = setup;
	empty_queue(c);
	add_stage(c, SETUP, &m->setup, sizeof(setup));
	if (setup.wLength)
		add_stage(c, IN | DATA1, &m->data, setup.wLength);
	add_stage(c, (setup.wLength ? OUT : IN) | DATA1 | INTERRUPT, &m->data, 0);
	dev_write(c, op(c, USBCMD), BUSY);
	return DEV_OK;
}

static uint32_t offset_of(struct controller *c, const volatile void *p)
{
	return dev_bus(c, p) - (uint32_t)c->io.memory.bus;
}

/* An error halts the queue: what is behind it stays active. */
static int check(struct controller *c)
{
	int rc = DEV_OK;

	for (unsigned int i = 0; i < state(c)->stages && !rc; i++) {
		const struct ehci_qtd *q = &memory(c)->stage[i];

		rc = dev_expect(c, "qTD Token", offset_of(c, &q->token), ACTIVE | HALT | LENGTH, 0,
				q->token);
	}
	return rc;
}

static void acknowledge(struct controller *c, uint32_t status)
{
	dev_write(c, op(c, USBSTS), status);
	dev_write(c, op(c, USBCMD), IDLE);
	state(c)->told = c->io.now(c->io.ctx);
}

static int request(struct controller *c, struct usb_setup setup)
{
	int rc = post(c, setup);

	if (!rc)
		rc = dev_await(c, op(c, USBSTS), DONE | FAILED, DONE, USB_ANSWER_LIMIT);
	acknowledge(c, DONE | FAILED);
	return rc ? rc : check(c);
}

static int enumerate(struct controller *c)
{
	const struct usb_device_descriptor *data = &memory(c)->data;
	int rc = request(c, usb_get_device_descriptor(USB_DESCRIPTOR_HEAD));

	if (!rc)
		rc = usb_check_head(c, data);
	if (!rc)
		rc = request(c, usb_set_address(USB_ADDRESS));
	if (rc)
		return rc;
	dev_sleep(c, USB_NEW_ADDRESS);
	state(c)->address = USB_ADDRESS;
	rc = request(c, usb_get_device_descriptor(USB_DESCRIPTOR_SIZE));
	if (!rc)
		rc = usb_check_descriptor(c, data, NULL);
	state(c)->known = *data;
	return rc;
}

static int ehci_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	int rc;

	(void)vectors;
	if (kind != IRQ_INTX)
		return DEV_NONE;
	state(c)->address = 0;
	rc = run(c);
	if (!rc)
		rc = find_port(c);
	if (!rc)
		rc = reset_port(c);
	if (!rc)
		rc = enumerate(c);
	if (rc)
		return rc;
	dev_write(c, op(c, USBSTS), ALL_STATUS);
	set_mask(c, false);
	return DEV_OK;
}

/* 4.8.2: the doorbell is for a schedule that is on. */
static int ehci_trigger(struct controller *c, unsigned int vector)
{
	int rc = vector ? DEV_NONE : take_queue(c);

	if (rc)
		return rc;
	empty_queue(c);
	rc = switch_schedule(c, true);
	if (!rc)
		dev_write(c, op(c, USBCMD), BUSY | DOORBELL);
	return rc;
}

static uint32_t ehci_pending(struct controller *c)
{
	uint32_t seen;

	if (state(c)->masked)
		return 0;
	seen = dev_read(c, op(c, USBSTS));
	return seen == ~0u ? 0 : seen & INTERRUPTS;
}

static void ehci_ack(struct controller *c, uint32_t pending)
{
	acknowledge(c, pending);
}

static void ehci_mask(struct controller *c)
{
	set_mask(c, true);
}

static void ehci_unmask(struct controller *c)
{
	set_mask(c, false);
}

static int ehci_work(struct controller *c)
{
	return post(c, usb_get_device_descriptor(USB_DESCRIPTOR_SIZE));
}

static int ehci_finish(struct controller *c)
{
	int rc = check(c);

	return rc ? rc : usb_check_descriptor(c, &memory(c)->data, &state(c)->known);
}

const struct exerciser ehci_exerciser = {
	.model = "ehci",
	.class = "USB",
	.source = "EHCI 1.0",
	.bar = 0,
	.length = 0x400,
	.memory = sizeof(struct ehci_memory),
	.device_ns = 1125000, /* a frame for the three stages, and the threshold */
	.probe = ehci_probe,
	.reset = ehci_reset,
	.start = ehci_start,
	.trigger = ehci_trigger,
	.pending = ehci_pending,
	.ack = ehci_ack,
	.mask = ehci_mask,
	.unmask = ehci_unmask,
	.quiet = ehci_quiet,
	.work = ehci_work,
	.finish = ehci_finish,
};
