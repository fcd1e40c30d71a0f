// SPDX-License-Identifier: GPL-2.0-only
/* UHCI: the descriptor of the device on its port is read by a control transfer. */
#include "guest/dev/exercisers.h"

#include "guest/dev/usb.h"
#include "guest/lib/string.h"

#define FRAMES	 1024u
#define FRAME_NS 1000000ull

/* USBCMD, 2.1.1 */
#define RS	(1u << 0)
#define HCRESET (1u << 1)
#define CF	(1u << 6)
#define MAXP	(1u << 7) /* packets of 64 bytes fit to the frame's end */

/* USBSTS, 2.1.2: all but the last are cleared by writing ones. */
#define USBINT	  (1u << 0)
#define USBERRINT (1u << 1)
#define FATAL	  (1u << 3 | 1u << 4) /* HSE, HCPE: interrupt whatever USBINTR says, 2.1.3 */
#define CAUSES	  0x1fu
#define HCHALTED  (1u << 5)

/* USBINTR, 2.1.3 */
#define TIMEOUT_CRC (1u << 0) /* for USBERRINT */
#define IOC	    (1u << 2) /* for USBINT */

/* PORTSC, 2.1.7 */
#define CCS	 (1u << 0)
#define CSC	 (1u << 1)
#define PED	 (1u << 2)
#define PEDC	 (1u << 3)
#define ALWAYS	 (1u << 7) /* reads as one; bits 13 to 15 as zeros */
#define LSDA	 (1u << 8)
#define PR	 (1u << 9)
#define RESERVED (7u << 13)

/* Link pointers, 3.1 and 3.2 */
#define LINK_T	1u
#define LINK_Q	2u
#define LINK_VF 4u /* depth first: the whole transfer in one frame, if the device can */

/* TD control and status, 3.2.2 */
#define TD_STALLED (1u << 22)
#define TD_ACTIVE  (1u << 23)
#define TD_IOC	   (1u << 24)
#define TD_LS	   (1u << 26)
#define TD_3ERRORS (3u << 27)
#define LENGTH	   0x7ffu /* bytes - 1, there and in the token */

/* TD token, 3.2.3 */
#define PID_SETUP	   0x2du
#define PID_IN		   0x69u
#define PID_OUT		   0xe1u
#define TOKEN_ADDRESS(a)   ((uint32_t)(a) << 8)
#define TOKEN_TOGGLE(t)	   ((uint32_t)(t) << 19)
#define TOKEN_LENGTH(n)	   ((((uint32_t)(n)-1) & LENGTH) << 21)
#define TOKEN_LENGTH_OF(t) ((t) >> 21)

static const struct dev_register USBCMD = { "USBCMD", 0x00, 2 };
static const struct dev_register USBSTS = { "USBSTS", 0x02, 2 };
static const struct dev_register USBINTR = { "USBINTR", 0x04, 2 };
static const struct dev_register FRNUM = { "FRNUM", 0x06, 2 };
static const struct dev_register FRBASEADD = { "FRBASEADD", 0x08, 4 };
static const struct dev_register PORTSC[] = { { "PORTSC1", 0x10, 2 }, { "PORTSC2", 0x12, 2 } };

#define PORTS (sizeof(PORTSC) / sizeof(PORTSC[0]))

struct td {
	volatile uint32_t link, status, token, buffer;
};

struct qh {
	uint32_t link, element;
};

/* Of a transfer: the setup, three packets of 8 bytes for a descriptor, the status. */
#define TDS 5u

/**
 * struct memory - what the controller reads and writes
 * @frame: each entry leads to @qh
 * @data: of the data stage
 */
struct memory {
	_Alignas(4096) uint32_t frame[FRAMES];
	_Alignas(16) struct td td[TDS];
	_Alignas(16) struct qh qh;
	struct usb_setup setup;
	struct usb_device_descriptor data;
};

/**
 * struct uhci - what is kept
 * @known: the device's descriptor, as it was when the device got its address
 * @address: the device's
 * @packet: bytes in its packets
 * @speed: TD_LS for a low-speed device
 * @tds: of the transfer that was begun last
 * @enabled: bits of USBSTS that may interrupt
 */
struct uhci {
	struct usb_device_descriptor known;
	uint8_t address, packet;
	uint32_t speed, tds, enabled;
};

_Static_assert(sizeof(struct td) == 16 && sizeof(struct qh) == 8, "3.2, 3.3");
_Static_assert(sizeof(struct uhci) <= EXERCISER_STATE, "state");
_Static_assert(sizeof(struct memory) <= 0x2000, "memory");

static struct uhci *state(struct controller *c)
{
	return (struct uhci *)(void *)c->state;
}

static struct memory *memory(struct controller *c)
{
	return c->io.memory.base;
}

static int uhci_probe(struct controller *c)
{
	int rc = dev_await(c, USBCMD, 0xff00, 0, 0);

	for (unsigned int i = 0; !rc && i < PORTS; i++)
		rc = dev_await(c, PORTSC[i], RESERVED | ALWAYS, ALWAYS, 0);
	return rc;
}

static void enable(struct controller *c, uint32_t causes)
{
	state(c)->enabled = causes;
	dev_write(c, USBINTR, (causes & USBINT ? IOC : 0) | (causes & USBERRINT ? TIMEOUT_CRC : 0));
}

/* Nothing forbids the interrupt of a fatal error, but a controller that stands still has none. */
static void uhci_quiet(struct controller *c)
{
	enable(c, 0);
	dev_write(c, USBCMD, 0);
	dev_write(c, USBSTS, CAUSES);
}

static int uhci_reset(struct controller *c)
{
	int rc;

	uhci_quiet(c);
	rc = dev_await(c, USBSTS, HCHALTED, HCHALTED, DEV_LIMIT);
	if (rc)
		return rc;
	dev_write(c, USBCMD, HCRESET);
	rc = dev_await(c, USBCMD, HCRESET, 0, DEV_LIMIT);
	if (rc)
		return rc;
	uhci_quiet(c);
	return dev_await(c, USBSTS, CAUSES, 0, 0);
}

/*
 * The schedule goes on while there is nothing to do: a bus that stands still for
 * 3 ms suspends its devices (USB 2.0, 7.1.7.6), and an empty queue costs little.
 */
static int run(struct controller *c)
{
	struct memory *m = memory(c);

	memset(m, 0, sizeof(*m));
	m->qh.link = m->qh.element = LINK_T;
	for (unsigned int i = 0; i < FRAMES; i++)
		m->frame[i] = dev_bus(c, &m->qh) | LINK_Q;
	dev_write(c, FRBASEADD, dev_bus(c, m->frame));
	dev_write(c, FRNUM, 0);
	dev_write(c, USBCMD, RS | CF | MAXP);
	return dev_await(c, USBSTS, HCHALTED, 0, DEV_LIMIT);
}

/* 2.1.1: the reset has cut off the devices; the ports see them again 64 bit times after it. */
static int find_port(struct controller *c, struct dev_register *port)
{
	dev_sleep(c, FRAME_NS);
	for (unsigned int i = 0; i < PORTS; i++) {
		*port = PORTSC[i];
		if (dev_read(c, *port) & CCS)
			return DEV_OK;
	}
	return dev_fail(c, DEV_NONE, port->name, port->offset, CCS, CCS, dev_read(c, *port));
}

static int enable_port(struct controller *c, struct dev_register port)
{
	int rc;

	dev_write(c, port, PR);
	dev_sleep(c, USB_RESET);
	dev_write(c, port, 0);
	rc = dev_await(c, port, PR | CCS, CCS, DEV_LIMIT);
	if (rc)
		return rc;
	dev_write(c, port, PED | CSC | PEDC);
	rc = dev_await(c, port, PED, PED, DEV_LIMIT);
	dev_sleep(c, USB_RECOVERY);
	return rc;
}

/* Behind the TDs that are there already. */
static void add_td(struct controller *c, uint32_t pid, uint32_t toggle, const void *data,
		   uint32_t length)
{
	struct uhci *s = state(c);
	struct td *td = &memory(c)->td[s->tds++];

	td->link = dev_bus(c, td + 1) | LINK_VF;
	td->status = TD_ACTIVE | TD_3ERRORS | s->speed;
	td->token = TOKEN_LENGTH(length) | TOKEN_TOGGLE(toggle) | TOKEN_ADDRESS(s->address) | pid;
	td->buffer = dev_bus(c, data);
}

/* One interrupt comes from it, with its last TD. The queue is empty: begun is with one write. */
static void begin(struct controller *c, struct usb_setup setup)
{
	struct uhci *s = state(c);
	struct memory *m = memory(c);
	uint8_t *data = (uint8_t *)&m->data;
	uint32_t toggle = 1, length;

	s->tds = 0;
	m->setup = setup;
	add_td(c, PID_SETUP, 0, &m->setup, sizeof(setup));
	for (uint32_t at = 0; at < setup.wLength; at += length, toggle ^= 1) {
		length = setup.wLength - at;
		if (length > s->packet)
			length = s->packet;
		add_td(c, PID_IN, toggle, data + at, length);
	}
	add_td(c, setup.wLength ? PID_OUT : PID_IN, 1, data, 0);
	m->td[s->tds - 1].link = LINK_T;
	m->td[s->tds - 1].status |= TD_IOC;
	__atomic_store_n(&m->qh.element, dev_bus(c, m->td), __ATOMIC_RELEASE);
}

/* Are the TDs of the last transfer done, and each with all its bytes? */
static int check(struct controller *c)
{
	const struct td *td = memory(c)->td;
	int rc = DEV_OK;

	for (unsigned int i = 0; !rc && i < state(c)->tds; i++) {
		uint32_t at = dev_bus(c, &td[i].status) - (uint32_t)c->io.memory.bus;
		uint32_t seen = td[i].status;

		rc = dev_expect(c, "TD status", at, TD_ACTIVE | TD_STALLED, 0, seen);
		if (!rc)
			rc = dev_expect(c, "TD ActLen", at, LENGTH, TOKEN_LENGTH_OF(td[i].token),
					seen);
	}
	return rc;
}

/* Whatever has become of a transfer, the next one finds the queue empty. */
static void drop(struct controller *c)
{
	__atomic_store_n(&memory(c)->qh.element, LINK_T, __ATOMIC_RELEASE);
	dev_sleep(c, 2 * FRAME_NS);
}

/* USBINT comes at the frame's end, when the controller has written all that it writes. */
static int transfer(struct controller *c, struct usb_setup setup)
{
	int rc;

	begin(c, setup);
	rc = dev_await(c, USBSTS, USBINT, USBINT, USB_ANSWER_LIMIT);
	dev_write(c, USBSTS, CAUSES);
	return rc ? rc : check(c);
}

static int enumerate(struct controller *c)
{
	struct uhci *s = state(c);
	struct memory *m = memory(c);
	int rc = transfer(c, usb_get_device_descriptor(USB_DESCRIPTOR_HEAD));

	if (!rc)
		rc = usb_check_head(c, &m->data);
	if (rc)
		return rc;
	s->packet = m->data.bMaxPacketSize0;
	rc = transfer(c, usb_set_address(USB_ADDRESS));
	if (rc)
		return rc;
	dev_sleep(c, USB_NEW_ADDRESS);
	s->address = USB_ADDRESS;
	rc = transfer(c, usb_get_device_descriptor(USB_DESCRIPTOR_SIZE));
	if (!rc)
		rc = usb_check_descriptor(c, &m->data, NULL);
	s->known = m->data;
	return rc;
}

static int uhci_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	struct uhci *s = state(c);
	struct dev_register port = PORTSC[0];
	int rc;

	(void)vectors;
	if (kind != IRQ_INTX)
		return DEV_NONE;
	rc = run(c);
	if (!rc)
		rc = find_port(c, &port);
	if (!rc)
		rc = enable_port(c, port);
	if (rc)
		return rc;
	*s = (struct uhci){ .packet = USB_DESCRIPTOR_HEAD,
			    .speed = dev_read(c, port) & LSDA ? TD_LS : 0 };
	rc = enumerate(c);
	if (!rc)
		enable(c, USBINT | USBERRINT);
	return rc;
}

static int uhci_work(struct controller *c)
{
	usb_spoil_descriptor(&memory(c)->data, &state(c)->known);
	begin(c, usb_get_device_descriptor(USB_DESCRIPTOR_SIZE));
	return DEV_OK;
}

static int uhci_finish(struct controller *c)
{
	int rc = check(c);

	if (!rc)
		rc = usb_check_descriptor(c, &memory(c)->data, &state(c)->known);
	if (rc)
		drop(c);
	return rc;
}

/* An inactive TD with IOC would be cheaper, but interrupts in each frame that finds it. */
static int uhci_trigger(struct controller *c, unsigned int vector)
{
	return vector ? DEV_NONE : uhci_work(c);
}

static uint32_t uhci_pending(struct controller *c)
{
	uint32_t status = dev_read(c, USBSTS);

	return status == 0xffff ? 0 : status & (state(c)->enabled | FATAL);
}

static void uhci_ack(struct controller *c, uint32_t pending)
{
	dev_write(c, USBSTS, pending);
}

static void uhci_mask(struct controller *c)
{
	enable(c, 0);
}

static void uhci_unmask(struct controller *c)
{
	enable(c, USBINT | USBERRINT);
}

/* device_ns: the rest of a frame, and the one that the transfer is in. A NAK would add one. */
const struct exerciser uhci_exerciser = {
	.model = "uhci",
	.class = "USB",
	.source = "Intel 297650 (UHCI 1.1), chapters 2 and 3",
	.bar = 4,
	.ports = true,
	.length = 0x20,
	.memory = 0x2000,
	.device_ns = 2 * FRAME_NS,
	.probe = uhci_probe,
	.reset = uhci_reset,
	.start = uhci_start,
	.trigger = uhci_trigger,
	.pending = uhci_pending,
	.ack = uhci_ack,
	.mask = uhci_mask,
	.unmask = uhci_unmask,
	.quiet = uhci_quiet,
	.work = uhci_work,
	.finish = uhci_finish,
};
