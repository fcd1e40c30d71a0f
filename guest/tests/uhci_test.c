// SPDX-License-Identifier: GPL-2.0-only
/* The UHCI exerciser against a register model, written from Intel 297650 (UHCI 1.1). */
#include "guest/dev/exercisers.h"

#include "guest/tests/usb_device.h"

#define OPS uhci_exerciser

#define FRAME_TIME 1000000ull
#define TRANSFERS  100u /* TDs in a frame, at most */

/**
 * struct uhci - the controller
 * @cmd: USBCMD; and so on, by their names
 * @end: of the frame that it is in
 * @reset_end: when a HCRESET is through
 * @connect_at: when a port sees its device again, 0: it does
 * @ioc: an interrupt is due at the frame's end
 * @error: a USBERRINT is
 * @storms: see usb_tests.h
 * @low: the device has low speed
 */
struct uhci {
	uint16_t cmd, sts, intr, frnum, port[2];
	uint32_t base;
	uint64_t end, reset_end, connect_at;
	bool ioc, error, storms, low;
	struct usb_device device;
};

static struct uhci model;

static struct usb_device *device(struct rig *r)
{
	return &((struct uhci *)r->model)->device;
}

/* 2.1.3: USBINTR; fatal errors are not maskable. */
static bool line(struct rig *r)
{
	const struct uhci *m = r->model;

	return (m->sts & 1 && m->intr & 4) || (m->sts & 2 && m->intr & 1) ||
	       (m->sts & 4 && m->intr & 2) || m->sts & 0x18;
}

static void storm(struct rig *r)
{
	struct uhci *m = r->model;

	m->storms = true;
	m->sts |= 1;
}

static uint32_t fetch(struct rig *r, uint32_t bus)
{
	const uint32_t *p = rig_at(r, bus, 4);

	return p ? *p : 1;
}

static void store(struct rig *r, uint32_t bus, uint32_t value)
{
	uint32_t *p = rig_at(r, bus, 4);

	if (p)
		*p = value;
}

static void halt(struct uhci *m, uint16_t why)
{
	m->cmd &= ~1;
	m->sts |= 0x20 | why;
}

static enum usb_answer speak(struct rig *r, uint32_t token, uint32_t buffer, unsigned int *actual)
{
	struct uhci *m = r->model;
	unsigned int max = ((token >> 21) + 1) & 0x7ff;
	uint8_t *data = max ? rig_at(r, buffer, max) : NULL;
	uint8_t address = token >> 8 & 0x7f;

	*actual = max;
	if ((m->port[0] & 0x204) != 4 || (token >> 15 & 0xf) || (max && !data))
		return USB_SILENCE;
	switch (token & 0xff) {
	case 0x2d:
		r->stray += max != 8 || token >> 19 & 1;
		return usb_device_setup(&m->device, r->now, address, data);
	case 0x69:
		return usb_device_in(&m->device, r->now, address, token >> 19 & 1, data, max,
				     actual);
	default:
		r->stray += max != 0;
		return usb_device_status(&m->device, r->now, address, token >> 19 & 1);
	}
}

/* 3.2.2. Return: is the TD done, and without an error? */
static bool execute(struct rig *r, uint32_t td)
{
	struct uhci *m = r->model;
	uint32_t status = fetch(r, td + 4), token = fetch(r, td + 8), errors = status >> 27 & 3;
	unsigned int actual;
	enum usb_answer answer = speak(r, token, fetch(r, td + 12), &actual);

	r->stray += (status >> 26 & 1) != m->low;
	status &= ~(1u << 19 | 0x7ffu | 3u << 27);
	if (answer == USB_SILENCE && errors > 1) {
		store(r, td + 4, status | (errors - 1) << 27);
		return false;
	}
	if (answer == USB_NAK) {
		store(r, td + 4, status | errors << 27 | 1u << 19 | 0x7ff);
		return false;
	}
	status &= ~(1u << 23);
	if (answer == USB_STALL)
		status |= 1u << 22;
	if (answer == USB_SILENCE)
		status |= 1u << 22 | 1u << 18;
	store(r, td + 4, status | ((actual - 1) & 0x7ff));
	m->error |= answer != USB_ACK;
	m->ioc |= status >> 24 & 1;
	return answer == USB_ACK;
}

/* 3.4.2: from the queue head down as long as the links say depth first, then on. */
static void queue(struct rig *r, uint32_t qh)
{
	struct uhci *m = r->model;

	for (unsigned int i = 0; i < TRANSFERS; i++) {
		uint32_t element = fetch(r, qh + 4), td = element & ~0xfu, status;

		if (element & 1)
			return;
		r->stray += element >> 1 & 1;
		status = fetch(r, td + 4);
		if (!(status >> 23 & 1)) {
			m->ioc |= status >> 24 & 1;
			return;
		}
		if (!execute(r, td))
			return;
		store(r, qh + 4, fetch(r, td));
		if (!(fetch(r, td) & 4))
			return;
	}
	r->stray++;
}

static void frame(struct rig *r)
{
	struct uhci *m = r->model;
	uint32_t link = fetch(r, m->base + 4u * (m->frnum & 0x3ff));

	for (unsigned int i = 0; !(link & 1) && i < TRANSFERS; i++) {
		/* This model knows queues alone: it is what a control transfer must be in. */
		r->stray += !(link & 2);
		queue(r, link & ~0xfu);
		link = fetch(r, link & ~0xfu);
	}
}

static void frame_ends(struct uhci *m)
{
	m->sts |= m->ioc | m->error << 1;
	m->ioc = m->error = false;
	m->frnum = (m->frnum + 1) & 0x7ff;
	m->end += FRAME_TIME;
}

static void step(struct rig *r)
{
	struct uhci *m = r->model;

	if (m->device.gone_at && r->now >= m->device.gone_at)
		r->removed = true;
	if (m->reset_end && r->now >= m->reset_end) {
		m->cmd = 0;
		m->connect_at = r->now + 5300;
		m->reset_end = 0;
	}
	if (m->connect_at && r->now >= m->connect_at) {
		m->port[0] |= m->device.unplugged ? 0 : 3 | m->low << 8;
		m->connect_at = 0;
	}
	while (!(m->sts & 0x20) && r->now >= m->end) {
		if (m->cmd & 1)
			frame(r);
		else
			halt(m, 0);
		frame_ends(m);
	}
	if (m->storms)
		m->sts |= 1;
}

/* 2.1.1: HCRESET cuts the devices off and takes a while. */
static void command(struct rig *r, uint16_t value)
{
	struct uhci *m = r->model;

	if (value & 2) {
		m->reset_end = r->now + 10000;
		m->cmd = 2;
		m->sts = 0x20;
		m->intr = 0;
		m->frnum = 0;
		m->base = 0;
		m->port[0] = 0x80 | (m->port[0] & 1) << 1 | (m->port[0] & 4) << 1;
		return;
	}
	if (m->reset_end)
		return;
	if (value & 1 && m->sts & 0x20) {
		m->sts &= ~0x20;
		m->end = r->now + FRAME_TIME;
	}
	m->cmd = value & 0xff;
}

/* 2.1.7: bits 1 and 3 are cleared by ones; a port is enabled by software, after the reset. */
static void port_control(struct rig *r, uint16_t value)
{
	struct uhci *m = r->model;
	uint16_t was = m->port[0];

	m->port[0] = 0x80 | (was & 0x101) | (was & 0x0a & ~value) | (value & 0x1244);
	if (value & 0x200 && !(was & 0x200))
		usb_device_reset_begins(&m->device, r->now);
	if (!(value & 0x200) && was & 0x200)
		usb_device_reset_ends(&m->device, r->now, 50000000);
	if (m->port[0] & 0x200 || was & 0x200 || !(was & 1))
		m->port[0] &= ~4;
}

static uint8_t width_of(uint32_t offset)
{
	if (offset == 8)
		return 4;
	return offset == 0xc ? 1 : 2;
}

static uint32_t read(struct rig *r, uint32_t offset, uint8_t width)
{
	const struct uhci *m = r->model;

	r->stray += width != width_of(offset);
	switch (offset) {
	case 0x00:
		return m->cmd;
	case 0x02:
		return m->sts;
	case 0x04:
		return m->intr;
	case 0x06:
		return m->frnum;
	case 0x08:
		return m->base;
	case 0x10:
		return m->port[0];
	case 0x12:
		return m->port[1];
	default:
		r->stray++;
		return 0;
	}
}

static void write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	struct uhci *m = r->model;

	r->stray += width != width_of(offset);
	switch (offset) {
	case 0x00:
		command(r, (uint16_t)value);
		break;
	case 0x02:
		m->sts &= ~(value & 0x1f);
		break;
	case 0x04:
		m->intr = value & 0xf;
		break;
	case 0x06:
		r->stray += !(m->sts & 0x20);
		m->frnum = value & 0x7ff;
		break;
	case 0x08:
		m->base = value & ~0xfffu;
		break;
	case 0x10:
		port_control(r, (uint16_t)value);
		break;
	default:
		r->stray++;
	}
}

/* The firmware's frame list is empty, and its last interrupt has not been served. */
static void up(struct rig *r)
{
	rig_up(r, &OPS);
	model = (struct uhci){ .cmd = 0xc1,
			       .sts = 0x01,
			       .intr = 0x0f,
			       .port = { 0x85, 0x80 },
			       .base = RIG_BUS,
			       .end = FRAME_TIME };
	usb_device_up(&model.device);
	r->model = &model;
	r->read = read;
	r->write = write;
	r->step = step;
}

#include "guest/tests/usb_tests.h"

static void expect_no_uhci(uint16_t cmd, uint16_t port)
{
	struct rig r;

	up(&r);
	model.cmd = cmd;
	model.port[1] = port;
	EXPECT_EQ(OPS.probe(&r.c), DEV_TIMEOUT);
	EXPECT_EQ(model.cmd, cmd);
	down(&r);
}

TEST(probe)
{
	expect_no_uhci(0x0100, 0x80);
	expect_no_uhci(0, 0x00);
	expect_no_uhci(0, 0x2080);
}

/* 2.1.3: USBINTR does not forbid the interrupt of a fatal error: it is served, and made impossible. */
TEST(fatal_error)
{
	struct rig r;

	begun(&r);
	halt(&model, 0x10);
	EXPECT_TRUE(line(&r));
	EXPECT_EQ(exerciser_service(&r.c), 0x10);
	EXPECT_TRUE(!line(&r));
	halt(&model, 0x08);
	OPS.quiet(&r.c);
	EXPECT_TRUE(!line(&r));
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	good_round(&r);
	down(&r);
}

/* 2.1.3: so that nobody waits for what never comes. */
TEST(error_interrupts)
{
	struct rig r;

	begun(&r);
	device(&r)->stalls = true;
	OPS.work(&r.c);
	EXPECT_TRUE(await_line(&r, OPS.device_ns));
	EXPECT_EQ(exerciser_service(&r.c), 2);
	EXPECT_TRUE(!line(&r));
	EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, "TD status");
	down(&r);
}

/* A bus that stands still for 3 ms suspends the device. */
TEST(goes_on_without_work)
{
	struct rig r;
	uint16_t frnum;

	begun(&r);
	frnum = model.frnum;
	pass(&r, 100 * FRAME);
	EXPECT_EQ((model.frnum - frnum) & 0x7ff, 100);
	EXPECT_TRUE(!(model.sts & 0x20));
	good_round(&r);
	down(&r);
}

TEST(low_speed)
{
	struct rig r;

	up(&r);
	model.low = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	down(&r);
}
