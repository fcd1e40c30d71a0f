// SPDX-License-Identifier: GPL-2.0-only
/* The OHCI exerciser against a register model, written from OpenHCI 1.0a. */
#include "guest/dev/exercisers.h"

#include "guest/tests/usb_device.h"

#define OPS ohci_exerciser

#define FRAME_TIME 1000000ull
#define PORTS	   3u
#define PORT	   1u  /* where the device is */
#define PACKETS	   20u /* in a frame, at most */

enum { WDH = 1 << 1, SF = 1 << 2, UE = 1 << 4, RHSC = 1 << 6 };
enum { CCS = 1 << 0, PES = 1 << 1, PRS = 1 << 4, PPS = 1 << 8, CSC = 1 << 16, PRSC = 1 << 20 };
enum { USBRESET, USBRESUME, USBOPERATIONAL, USBSUSPEND };

/**
 * struct ohci - the controller
 * @control: HcControl; and so on, by their names
 * @done_count: frames until the done queue is written back; 7: none waits
 * @end: of the frame that it is in
 * @reset_end: when HostControllerReset is through
 * @port_reset_end: when the port's is
 * @handover: the firmware gives the interrupts up then; 0: it was not asked
 * @port_resets: that the device has seen since its last token
 * @stubborn: the firmware keeps the interrupts
 * @storms: see usb_tests.h
 * @low: the device has low speed
 */
struct ohci {
	uint32_t control, command, status, enable, hcca, head, current, done, interval, periodic;
	uint32_t hub, port[PORTS], done_count;
	uint16_t frame;
	uint64_t end, reset_end, port_reset_end, handover;
	unsigned int port_resets;
	bool stubborn, storms, low;
	struct usb_device device;
};

struct ed {
	uint32_t control, tail, head, next;
};

struct td {
	uint32_t control, buffer, next, end;
};

static struct ohci model;

static struct usb_device *device(struct rig *r)
{
	return &((struct ohci *)r->model)->device;
}

/* 7.1.5 */
static bool line(struct rig *r)
{
	const struct ohci *m = r->model;

	return m->enable >> 31 && m->status & m->enable & 0x4000007f;
}

static void storm(struct rig *r)
{
	struct ohci *m = r->model;

	m->storms = true;
	m->status |= WDH;
}

static unsigned int state_of(const struct ohci *m)
{
	return m->control >> 6 & 3;
}

/* One packet of @td, between @from and @from + @max; @actual bytes went over the bus. */
static enum usb_answer speak(struct rig *r, const struct ed *ed, const struct td *td,
			     unsigned int toggle, unsigned int max, unsigned int *actual)
{
	struct ohci *m = r->model;
	uint8_t *data = max ? rig_at(r, td->buffer, max) : NULL;
	uint8_t address = ed->control & 0x7f;

	*actual = max;
	r->stray += (ed->control >> 7 & 0x3f) || (ed->control >> 13 & 1) != m->low;
	if (!(m->port[PORT] & PES) || (max && !data))
		return USB_SILENCE;
	/* 7.4.4: a port's reset takes 10 ms, TDRSTR is 50. */
	m->device.hurried += m->port_resets != 0 && m->port_resets < 5;
	m->port_resets = 0;
	switch (td->control >> 19 & 3) {
	case 0:
		r->stray += max != 8 || toggle;
		return usb_device_setup(&m->device, r->now, address, data);
	case 2:
		return usb_device_in(&m->device, r->now, address, toggle, data, max, actual);
	default:
		r->stray += max != 0;
		return usb_device_status(&m->device, r->now, address, toggle);
	}
}

/* 4.3.1.3.5: off the endpoint's queue, on the done queue; an error halts the endpoint. */
static void retire(struct ohci *m, struct ed *ed, struct td *td, uint32_t at, uint32_t code)
{
	uint32_t delay = td->control >> 21 & 7;

	td->control = (td->control & 0x0fffffff) | code << 28;
	ed->head = (td->next & ~0xfu) | (td->control >> 24 & 1) << 1 | (code != 0);
	td->next = m->done;
	m->done = at;
	if (delay < m->done_count)
		m->done_count = delay;
}

/* 4.3.1.3: the packet's bytes are through. */
static void advance(struct ohci *m, struct ed *ed, struct td *td, uint32_t at, unsigned int sent,
		    unsigned int max)
{
	td->control &= ~(3u << 26);
	td->control = (td->control | 2u << 24) ^ 1u << 24;
	if (sent < max) {
		td->buffer += sent;
		retire(m, ed, td, at, td->control >> 18 & 1 ? 0 : 9);
	} else if (!max || td->buffer + sent - 1 == td->end) {
		td->buffer = 0;
		retire(m, ed, td, at, 0);
	} else {
		td->buffer += sent;
	}
}

/* Return: may the endpoint go on in this frame? */
static bool serve(struct rig *r, struct ed *ed)
{
	struct ohci *m = r->model;
	uint32_t at = ed->head & ~0xfu, errors;
	struct td *td = rig_at(r, at, sizeof(*td));
	unsigned int packet = ed->control >> 16 & 0x7ff, max, sent, toggle;

	if (!td)
		return false;
	max = td->buffer ? td->end - td->buffer + 1 : 0;
	max = max < packet ? max : packet;
	toggle = (td->control >> 25 & 1 ? td->control >> 24 : ed->head >> 1) & 1;
	switch (speak(r, ed, td, toggle, max, &sent)) {
	case USB_ACK:
		advance(m, ed, td, at, sent, max);
		return true;
	case USB_NAK:
		return false;
	case USB_STALL:
		retire(m, ed, td, at, 4);
		return false;
	default:
		errors = (td->control >> 26 & 3) + 1;
		if (errors == 3)
			retire(m, ed, td, at, 5);
		else
			td->control += 1u << 26;
		return false;
	}
}

/* 5.2.7.2: the bit is cleared when a pass over the list has found nothing to do. */
static void control_list(struct rig *r)
{
	struct ohci *m = r->model;
	bool found = false;

	if (!(m->control & 0x10) || !(m->command & 2))
		return;
	for (uint32_t at = m->head, n = 0; at && n < 8; n++) {
		struct ed *ed = rig_at(r, at, sizeof(*ed));

		if (!ed)
			return;
		for (unsigned int i = 0; i < PACKETS; i++) {
			if (ed->control >> 14 & 3 || ed->head & 1 || (ed->head & ~0xfu) == ed->tail)
				break;
			found = true;
			if (!serve(r, ed))
				break;
		}
		at = ed->next & ~0xfu;
	}
	if (!found)
		m->command &= ~2u;
}

/* 6.4: HccaDoneHead is written while the driver has none to read. */
static void write_back(struct ohci *m, uint32_t *hcca)
{
	if (m->done_count && m->done_count != 7)
		m->done_count--;
	if (m->done_count || m->status & WDH)
		return;
	hcca[0x84 / 4] = m->done | ((m->status & m->enable & 0x4000007f) != 0);
	m->done = 0;
	m->done_count = 7;
	m->status |= WDH;
}

static void frame_ends(struct rig *r)
{
	struct ohci *m = r->model;
	uint32_t *hcca = rig_at(r, m->hcca, 256);

	control_list(r);
	m->end += FRAME_TIME;
	m->frame++;
	m->status |= SF;
	if (!hcca)
		return;
	hcca[0x80 / 4] = m->frame;
	write_back(m, hcca);
}

/* 7.1.3: into USBSUSPEND; the root hub is not concerned. */
static void reset_ends(struct ohci *m)
{
	m->control = (m->control & 0x300) | USBSUSPEND << 6;
	m->command = m->status = m->enable = 0;
	m->hcca = m->head = m->current = m->done = m->periodic = 0;
	m->interval = 0x2edf;
	m->done_count = 7;
	m->reset_end = 0;
}

static void step(struct rig *r)
{
	struct ohci *m = r->model;

	if (m->device.gone_at && r->now >= m->device.gone_at)
		r->removed = true;
	if (m->reset_end && r->now >= m->reset_end)
		reset_ends(m);
	if (m->handover && r->now >= m->handover) {
		m->control &= ~0x100u;
		m->handover = 0;
		m->status |= 1u << 30;
	}
	if (m->port_reset_end && r->now >= m->port_reset_end) {
		m->port[PORT] = (m->port[PORT] & ~(uint32_t)PRS) | PES | PRSC;
		m->status |= RHSC;
		m->port_reset_end = 0;
		m->port_resets++;
		usb_device_reset_ends(&m->device, r->now, 10000000);
	}
	while (state_of(m) == USBOPERATIONAL && r->now >= m->end)
		frame_ends(r);
	if (m->storms)
		m->status |= WDH;
}

/* 5.1.2: what the state of the bus means for what is on it. */
static void set_control(struct rig *r, uint32_t value)
{
	struct ohci *m = r->model;
	unsigned int was = state_of(m), is = value >> 6 & 3;

	m->control = (value & ~0x100u) | (m->control & 0x100);
	if (is == was)
		return;
	if (is == USBRESET) {
		m->port[PORT] &= ~(uint32_t)(PES | PRS);
		m->port_reset_end = 0;
		usb_device_reset_begins(&m->device, r->now);
	}
	if (was == USBRESET)
		usb_device_reset_ends(&m->device, r->now, 10000000);
	if (is == USBOPERATIONAL)
		m->end = r->now + FRAME_TIME;
}

static void power(struct ohci *m, unsigned int port)
{
	if (m->port[port] & PPS)
		return;
	m->port[port] |= PPS;
	if (port == PORT && !m->device.unplugged)
		m->port[port] |= CCS | CSC;
}

/* 7.4.4 */
static void set_port(struct rig *r, unsigned int port, uint32_t value)
{
	struct ohci *m = r->model;

	m->port[port] &= ~(value & 0x1f0000u);
	if (value & PPS)
		power(m, port);
	if (!(value & PRS))
		return;
	if (!(m->port[port] & CCS)) {
		m->port[port] |= CSC;
		return;
	}
	m->port[port] = (m->port[port] & ~(uint32_t)PES) | PRS;
	m->port_reset_end = r->now + 10000000;
	usb_device_reset_begins(&m->device, r->now);
}

static void set_command(struct rig *r, uint32_t value)
{
	struct ohci *m = r->model;

	m->command |= value & 0xf;
	if (value & 1)
		m->reset_end = r->now + 10000;
	if (value & 8 && m->control & 0x100 && !m->stubborn)
		m->handover = r->now + 3000000;
}

static uint32_t read(struct rig *r, uint32_t offset, uint8_t width)
{
	const struct ohci *m = r->model;

	r->stray += width != 4;
	switch (offset) {
	case 0x00:
		return 0x110;
	case 0x04:
		return m->control;
	case 0x08:
		return m->command;
	case 0x0c:
		return m->status;
	case 0x34:
		return m->interval;
	case 0x48:
		return m->hub;
	case 0x54:
	case 0x58:
	case 0x5c:
		return m->port[(offset - 0x54) / 4] & ~(m->device.unplugged ? CCS : 0u);
	default:
		r->stray++;
		return 0;
	}
}

static void write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	struct ohci *m = r->model;

	r->stray += width != 4;
	switch (offset) {
	case 0x04:
		set_control(r, value);
		break;
	case 0x08:
		set_command(r, value);
		break;
	case 0x0c:
		m->status &= ~value;
		break;
	case 0x10:
		m->enable |= value & 0xc000007f;
		break;
	case 0x14:
		m->enable &= ~value;
		break;
	case 0x18:
		m->hcca = value & ~0xffu;
		break;
	case 0x20:
		m->head = value & ~0xfu;
		break;
	case 0x24:
		m->current = value & ~0xfu;
		break;
	case 0x34:
		m->interval = value & 0xffff3fff;
		break;
	case 0x40:
		m->periodic = value & 0x3fff;
		break;
	case 0x50:
		for (unsigned int i = 0; value >> 16 & 1 && i < PORTS; i++)
			power(m, i);
		break;
	case 0x54:
	case 0x58:
	case 0x5c:
		set_port(r, (offset - 0x54) / 4, value);
		break;
	default:
		r->stray++;
	}
}

/* The firmware's list is empty, its frames are a little longer, and an interrupt was not served. */
static void up(struct rig *r)
{
	rig_up(r, &OPS);
	model = (struct ohci){ .control = USBOPERATIONAL << 6 | 0x10,
			       .status = WDH | SF,
			       .enable = 0x80000013,
			       .hcca = RIG_BUS,
			       .interval = 0x27782ee5,
			       .hub = 0x0a000200 | PORTS,
			       .port = { PPS, PPS | CCS | PES, PPS },
			       .done_count = 7,
			       .end = FRAME_TIME };
	usb_device_up(&model.device);
	r->model = &model;
	r->read = read;
	r->write = write;
	r->step = step;
}

#include "guest/tests/usb_tests.h"

/* 5.1.1.4 and 5.4: what the firmware has adjusted stays, and what follows from it is right. */
TEST(frame_interval)
{
	struct rig r;

	begun(&r);
	EXPECT_EQ(model.interval & 0x3fff, 0x2ee5);
	EXPECT_EQ(model.interval >> 16 & 0x7fff, (0x2ee5 - 210) * 6 / 7);
	EXPECT_EQ(model.interval >> 31, 1);
	EXPECT_EQ(model.periodic, 0x2ee5 * 9 / 10);
	down(&r);
}

TEST(firmware_hands_over)
{
	struct rig r;

	up(&r);
	model.control |= 0x100;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	good_round(&r);
	down(&r);
	up(&r);
	model.control |= 0x100;
	model.stubborn = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "HcControl");
	down(&r);
}

/* Without NoPowerSwitching the ports have no power before they are given it. */
TEST(power_switching)
{
	struct rig r;

	up(&r);
	model.hub &= ~0x200u;
	for (unsigned int i = 0; i < PORTS; i++)
		model.port[i] = 0;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	EXPECT_TRUE(r.now > 120 * FRAME);
	good_round(&r);
	down(&r);
}

TEST(hub_without_ports)
{
	struct rig r;

	up(&r);
	model.hub = 0x200;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, "HcRhDescriptorA");
	down(&r);
}

TEST(low_speed)
{
	struct rig r;

	up(&r);
	model.low = true;
	model.port[PORT] |= 1 << 9;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	good_round(&r);
	down(&r);
}

/* What others do on the bus is not asked for. */
TEST(root_hub_changes)
{
	struct rig r;

	begun(&r);
	model.status |= RHSC | SF;
	EXPECT_TRUE(!line(&r));
	EXPECT_EQ(exerciser_service(&r.c), 0);
	good_round(&r);
	down(&r);
}

TEST(unrecoverable_error)
{
	struct rig r;

	begun(&r);
	model.status |= UE;
	EXPECT_TRUE(line(&r));
	EXPECT_EQ(exerciser_service(&r.c), UE);
	EXPECT_TRUE(!line(&r));
	down(&r);
}

/* The done queue of a transfer that failed is delivered with the next that interrupts. */
TEST(done_queue_after_errors)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 20; i++) {
		begin_anew(&r);
		device(&r)->stalls = true;
		OPS.work(&r.c);
		pass(&r, 3 * FRAME);
		EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
		EXPECT_STR(r.c.error.reg, "TD ConditionCode");
		EXPECT_EQ(r.c.error.seen >> 28, 4);
		device(&r)->stalls = false;
		good_round(&r);
	}
	down(&r);
}
