// SPDX-License-Identifier: GPL-2.0-only
/* OHCI: the descriptor of the device on its port is read by a control transfer. */
#include "guest/dev/exercisers.h"

#include "guest/dev/usb.h"
#include "guest/lib/string.h"

#define FRAME_NS      1000000ull
#define BUS_RESET     10000000ull   /* 5.1.1.3.5: as USB has it for any port */
#define HANDOVER_TIME 1000000000ull /* no document says how long a firmware may take */

/* HcControl, 7.1.2 */
#define CLE	       (1u << 4)
#define HCFS	       (3u << 6)
#define USBRESET       (0u << 6)
#define USBOPERATIONAL (2u << 6)
#define IR	       (1u << 8)

/* HcCommandStatus, 7.1.3: ones set, zeros do nothing. */
#define HCR (1u << 0)
#define CLF (1u << 1)
#define OCR (1u << 3)

/* HcInterruptStatus, HcInterruptEnable and HcInterruptDisable, 7.1.4 to 7.1.6 */
#define WDH    (1u << 1)
#define UE     (1u << 4)
#define MIE    (1u << 31)
#define CAUSES 0x4000007fu
/* What the bus may raise at any time: root hub and ownership changes. */
#define AT_ANY_TIME (1u << 6 | 1u << 30)

/* HcFmInterval, 7.3.1 */
#define FI	 0x3fffu
#define FSMPS(n) ((n) << 16)
#define FIT	 (1u << 31)

/* HcRhDescriptorA, HcRhStatus and HcRhPortStatus, 7.4 */
#define NDP	  0xffu
#define NPS	  (1u << 9)
#define POTPGT(a) ((a) >> 24) /* in units of 2 ms */
#define LPSC	  (1u << 16)
#define CCS	  (1u << 0)
#define PES	  (1u << 1)
#define PRS	  (1u << 4)
#define PPS	  (1u << 8)
#define LSDA	  (1u << 9)
#define CHANGES	  (0x1fu << 16)
#define PRSC	  (1u << 20)
#define MAX_PORTS 15u

/* The root hub's reset takes 10 ms, 7.4.4: so many make TDRSTR. */
#define RESETS 5u

/* ED, 4.2.1 */
#define ED_SPEED  (1u << 13)
#define ED_SKIP	  (1u << 14)
#define ED_MPS(n) ((uint32_t)(n) << 16)

/* TD, 4.3.1 */
#define TD_SETUP    (0u << 19)
#define TD_OUT	    (1u << 19)
#define TD_IN	    (2u << 19)
#define TD_NO_DI    (7u << 21)
#define TD_TOGGLE_0 (2u << 24)
#define TD_TOGGLE_1 (3u << 24)
#define TD_CC	    (0xfu << 28) /* also: not accessed */

static const struct dev_register REVISION = { "HcRevision", 0x00, 4 };
static const struct dev_register CONTROL = { "HcControl", 0x04, 4 };
static const struct dev_register COMMAND = { "HcCommandStatus", 0x08, 4 };
static const struct dev_register STATUS = { "HcInterruptStatus", 0x0c, 4 };
static const struct dev_register ENABLE = { "HcInterruptEnable", 0x10, 4 };
static const struct dev_register DISABLE = { "HcInterruptDisable", 0x14, 4 };
static const struct dev_register HCCA = { "HcHCCA", 0x18, 4 };
static const struct dev_register CONTROL_HEAD = { "HcControlHeadED", 0x20, 4 };
static const struct dev_register CONTROL_CURRENT = { "HcControlCurrentED", 0x24, 4 };
static const struct dev_register FM_INTERVAL = { "HcFmInterval", 0x34, 4 };
static const struct dev_register PERIODIC_START = { "HcPeriodicStart", 0x40, 4 };
static const struct dev_register RH_DESCRIPTOR = { "HcRhDescriptorA", 0x48, 4 };
static const struct dev_register RH_STATUS = { "HcRhStatus", 0x50, 4 };

static struct dev_register port_status(unsigned int port)
{
	return (struct dev_register){ "HcRhPortStatus", 0x54 + 4 * port, 4 };
}

/* 4.4 */
struct hcca {
	uint32_t interrupt[32];
	uint16_t frame, pad;
	volatile uint32_t done_head;
	uint8_t reserved[120];
};

struct ed {
	volatile uint32_t control, tail, head, next;
};

struct td {
	volatile uint32_t control, buffer, next, end;
};

_Static_assert(sizeof(struct hcca) == 256, "4.4");

/* A ring: the last TD of a transfer is followed by an empty one, where the next transfer begins. */
#define TDS 8u

struct memory {
	_Alignas(256) struct hcca hcca;
	_Alignas(16) struct td td[TDS];
	_Alignas(16) struct ed ed;
	struct usb_setup setup;
	struct usb_device_descriptor data;
};

/**
 * struct ohci - what is kept
 * @known: the device's descriptor, as it was when the device got its address
 * @endpoint: control word of its ED
 * @first: TD that begins the last transfer
 * @tail: the empty one behind it
 * @done: HccaDoneHead, as the last interrupt has found it
 * @enabled: bits of HcInterruptStatus that may interrupt
 */
struct ohci {
	struct usb_device_descriptor known;
	uint32_t endpoint, first, tail, done, enabled;
};

_Static_assert(sizeof(struct ohci) <= EXERCISER_STATE, "state");
_Static_assert(sizeof(struct memory) <= 0x1000, "memory");

static struct ohci *state(struct controller *c)
{
	return (struct ohci *)(void *)c->state;
}

static struct memory *memory(struct controller *c)
{
	return c->io.memory.base;
}

static int ohci_probe(struct controller *c)
{
	return dev_await(c, REVISION, 0xff, 0x10, 0);
}

static void enable(struct controller *c, uint32_t causes)
{
	state(c)->enabled = causes;
	dev_write(c, DISABLE, MIE | CAUSES);
	if (causes)
		dev_write(c, ENABLE, MIE | causes);
}

static void ohci_quiet(struct controller *c)
{
	enable(c, 0);
	dev_write(c, STATUS, CAUSES);
}

/* 5.1.1.3.3: a firmware that has the interrupts must give the controller up. */
static int take_over(struct controller *c)
{
	if (!(dev_read(c, CONTROL) & IR))
		return DEV_OK;
	dev_write(c, COMMAND, OCR);
	return dev_await(c, CONTROL, IR, 0, HANDOVER_TIME);
}

/* The firmware has adjusted the length of a frame, and the reset forgets it: 5.1.1.4. */
static int ohci_reset(struct controller *c)
{
	uint32_t interval;
	int rc = take_over(c);

	if (rc)
		return rc;
	ohci_quiet(c);
	interval = dev_read(c, FM_INTERVAL) & FI;
	dev_write(c, COMMAND, HCR);
	rc = dev_await(c, COMMAND, HCR, 0, DEV_LIMIT);
	if (rc)
		return rc;
	/* It is USBSUSPEND now; after power-on it is USBRESET. */
	dev_write(c, CONTROL, USBRESET);
	rc = dev_await(c, CONTROL, HCFS | CLE, USBRESET, DEV_LIMIT);
	dev_write(c, FM_INTERVAL, interval);
	ohci_quiet(c);
	return rc ? rc : dev_await(c, STATUS, CAUSES & ~AT_ANY_TIME, 0, 0);
}

/* 5.4: the largest packet at a frame's end, and where in it periodic transfers begin. */
static void set_frame(struct controller *c)
{
	uint32_t was = dev_read(c, FM_INTERVAL), interval = was & FI;

	dev_write(c, FM_INTERVAL, (~was & FIT) | FSMPS((interval - 210) * 6 / 7) | interval);
	dev_write(c, PERIODIC_START, interval * 9 / 10);
}

static int run(struct controller *c)
{
	struct memory *m = memory(c);

	memset(m, 0, sizeof(*m));
	m->ed.control = ED_SKIP;
	m->ed.head = m->ed.tail = dev_bus(c, m->td);
	dev_sleep(c, BUS_RESET);
	dev_write(c, HCCA, dev_bus(c, &m->hcca));
	dev_write(c, CONTROL_HEAD, dev_bus(c, &m->ed));
	dev_write(c, CONTROL_CURRENT, 0);
	set_frame(c);
	dev_write(c, CONTROL, USBOPERATIONAL | CLE);
	return dev_await(c, CONTROL, HCFS | CLE, USBOPERATIONAL | CLE, DEV_LIMIT);
}

static void power_ports(struct controller *c, uint32_t hub)
{
	if (hub & NPS)
		return;
	dev_write(c, RH_STATUS, LPSC);
	for (unsigned int i = 0; i < (hub & NDP); i++)
		dev_write(c, port_status(i), PPS);
	dev_sleep(c, 2 * FRAME_NS * POTPGT(hub) + USB_DEBOUNCE);
}

static int find_port(struct controller *c, struct dev_register *port)
{
	uint32_t hub = dev_read(c, RH_DESCRIPTOR), seen = 0;

	if ((hub & NDP) == 0 || (hub & NDP) > MAX_PORTS)
		return dev_fail(c, DEV_WRONG, RH_DESCRIPTOR.name, RH_DESCRIPTOR.offset, NDP,
				MAX_PORTS, hub);
	power_ports(c, hub);
	for (unsigned int i = 0; i < (hub & NDP); i++) {
		*port = port_status(i);
		seen = dev_read(c, *port);
		if (seen & CCS)
			return DEV_OK;
	}
	return dev_fail(c, DEV_NONE, port->name, port->offset, CCS, CCS, seen);
}

static int enable_port(struct controller *c, struct dev_register port)
{
	int rc = DEV_OK;

	for (unsigned int i = 0; !rc && i < RESETS; i++) {
		dev_write(c, port, CHANGES);
		dev_write(c, port, PRS);
		rc = dev_await(c, port, PRSC, PRSC, DEV_LIMIT);
	}
	dev_write(c, port, CHANGES);
	if (!rc)
		rc = dev_await(c, port, CCS | PES | PRS, CCS | PES, 0);
	dev_sleep(c, USB_RECOVERY);
	return rc;
}

static struct td *td_at(struct controller *c, uint32_t index)
{
	return &memory(c)->td[index % TDS];
}

/* @control: which packet, with which toggle, and whether it interrupts */
static void add_td(struct controller *c, uint32_t control, const void *data, uint32_t length)
{
	struct ohci *s = state(c);
	struct td *td = td_at(c, s->tail++);

	td->control = TD_CC | control;
	td->buffer = length ? dev_bus(c, data) : 0;
	td->end = length ? dev_bus(c, data) + length - 1 : 0;
	td->next = dev_bus(c, td_at(c, s->tail));
}

/* One interrupt comes from it, with its last TD. */
static void begin(struct controller *c, struct usb_setup setup)
{
	struct ohci *s = state(c);
	struct memory *m = memory(c);

	s->first = s->tail;
	s->done = 0;
	m->setup = setup;
	add_td(c, TD_SETUP | TD_TOGGLE_0 | TD_NO_DI, &m->setup, sizeof(setup));
	if (setup.wLength)
		add_td(c, TD_IN | TD_TOGGLE_1 | TD_NO_DI, &m->data, setup.wLength);
	add_td(c, (setup.wLength ? TD_OUT : TD_IN) | TD_TOGGLE_1, NULL, 0);
	m->ed.control = s->endpoint;
	__atomic_store_n(&m->ed.tail, dev_bus(c, td_at(c, s->tail)), __ATOMIC_RELEASE);
	dev_write(c, COMMAND, CLF);
}

static uint32_t offset_of(struct controller *c, const volatile void *p)
{
	return dev_bus(c, p) - (uint32_t)c->io.memory.bus;
}

/*
 * Is each TD of the last transfer done without an error (too few bytes are one),
 * and are they on the done queue in their order? Behind them may be some of an
 * earlier transfer that has failed: a TD that interrupts brings them along.
 */
static int check(struct controller *c)
{
	struct ohci *s = state(c);
	uint32_t done = s->done;
	int rc = DEV_OK;

	for (uint32_t i = s->first; !rc && i != s->tail; i++) {
		const struct td *td = td_at(c, i);

		rc = dev_expect(c, "TD ConditionCode", offset_of(c, &td->control), TD_CC, 0,
				td->control);
	}
	for (uint32_t i = s->tail; !rc && i != s->first; i--) {
		const struct td *td = td_at(c, i - 1);

		rc = dev_expect(c, "done queue", offset_of(c, td), ~0u, dev_bus(c, td), done);
		done = td->next;
	}
	return rc;
}

/* Whatever has become of a transfer, the next one finds the queue empty and not halted. */
static void drop(struct controller *c)
{
	struct ed *ed = &memory(c)->ed;

	ed->control = ED_SKIP;
	dev_sleep(c, 2 * FRAME_NS);
	ed->head = ed->tail;
}

static uint32_t ohci_pending(struct controller *c)
{
	uint32_t status = dev_read(c, STATUS);

	return status == ~0u ? 0 : status & state(c)->enabled;
}

/* 7.1.4: HccaDoneHead is the controller's again once the bit is cleared. */
static void ohci_ack(struct controller *c, uint32_t pending)
{
	struct hcca *hcca = &memory(c)->hcca;

	if (pending & WDH) {
		state(c)->done = hcca->done_head & ~0xfu;
		hcca->done_head = 0;
	}
	dev_write(c, STATUS, pending);
}

static int transfer(struct controller *c, struct usb_setup setup)
{
	int rc;

	begin(c, setup);
	rc = dev_await(c, STATUS, WDH, WDH, USB_ANSWER_LIMIT);
	ohci_ack(c, WDH);
	return rc ? rc : check(c);
}

static int enumerate(struct controller *c, uint32_t speed)
{
	struct ohci *s = state(c);
	struct memory *m = memory(c);
	int rc;

	s->endpoint = ED_MPS(USB_DESCRIPTOR_HEAD) | speed;
	rc = transfer(c, usb_get_device_descriptor(USB_DESCRIPTOR_HEAD));
	if (!rc)
		rc = usb_check_head(c, &m->data);
	if (!rc)
		rc = transfer(c, usb_set_address(USB_ADDRESS));
	if (rc)
		return rc;
	dev_sleep(c, USB_NEW_ADDRESS);
	s->endpoint = ED_MPS(m->data.bMaxPacketSize0) | speed | USB_ADDRESS;
	rc = transfer(c, usb_get_device_descriptor(USB_DESCRIPTOR_SIZE));
	if (!rc)
		rc = usb_check_descriptor(c, &m->data, NULL);
	s->known = m->data;
	return rc;
}

static int ohci_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	struct dev_register port = port_status(0);
	int rc;

	(void)vectors;
	if (kind != IRQ_INTX)
		return DEV_NONE;
	*state(c) = (struct ohci){ 0 };
	rc = run(c);
	if (!rc)
		rc = find_port(c, &port);
	if (!rc)
		rc = enable_port(c, port);
	if (!rc)
		rc = enumerate(c, dev_read(c, port) & LSDA ? ED_SPEED : 0);
	if (!rc)
		enable(c, WDH | UE);
	return rc;
}

static int ohci_work(struct controller *c)
{
	usb_spoil_descriptor(&memory(c)->data, &state(c)->known);
	begin(c, usb_get_device_descriptor(USB_DESCRIPTOR_SIZE));
	return DEV_OK;
}

static int ohci_finish(struct controller *c)
{
	int rc = check(c);

	if (!rc)
		rc = usb_check_descriptor(c, &memory(c)->data, &state(c)->known);
	if (rc)
		drop(c);
	return rc;
}

/* StartofFrame would be cheaper, but comes again with each frame until it is forbidden. */
static int ohci_trigger(struct controller *c, unsigned int vector)
{
	return vector ? DEV_NONE : ohci_work(c);
}

static void ohci_mask(struct controller *c)
{
	enable(c, 0);
}

static void ohci_unmask(struct controller *c)
{
	enable(c, WDH | UE);
}

/* device_ns: the rest of a frame, and the one that the transfer is in. A NAK would add one. */
const struct exerciser ohci_exerciser = {
	.model = "ohci",
	.class = "USB",
	.source = "OpenHCI 1.0a, chapters 4, 5 and 7",
	.bar = 0,
	.length = 0x1000,
	.memory = 0x1000,
	.device_ns = 2 * FRAME_NS,
	.probe = ohci_probe,
	.reset = ohci_reset,
	.start = ohci_start,
	.trigger = ohci_trigger,
	.pending = ohci_pending,
	.ack = ohci_ack,
	.mask = ohci_mask,
	.unmask = ohci_unmask,
	.quiet = ohci_quiet,
	.work = ohci_work,
	.finish = ohci_finish,
};
