/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A controller and a device, written from EHCI 1.0 and USB 2.0. Registers that
 * follow others do so a microframe later; each rule that the exerciser does not
 * keep is counted.
 */
#ifndef LIFELINE_TESTS_EHCI_MODEL_H
#define LIFELINE_TESTS_EHCI_MODEL_H

#include "guest/tests/rounds.h"

#define CAPS	   0x10u /* bytes of capability registers */
#define PORTS	   3u
#define MICROFRAME 125000ull

#define USBCMD		 0x00
#define USBSTS		 0x04
#define USBINTR		 0x08
#define FRINDEX		 0x0c
#define CTRLDSSEGMENT	 0x10
#define PERIODICLISTBASE 0x14
#define ASYNCLISTADDR	 0x18
#define CONFIGFLAG	 0x40
#define PORTSC		 0x44

/* Bits as tables 2-9, 2-10 and 2-16 have them. */
#define RS	(1u << 0)
#define HCRESET (1u << 1)
#define PSE	(1u << 4)
#define ASE	(1u << 5)
#define IAAD	(1u << 6)
#define USBINT	(1u << 0)
#define ERRINT	(1u << 1)
#define PCD	(1u << 2)
#define IAA	(1u << 5)
#define HCH	(1u << 12)
#define PSS	(1u << 14)
#define ASS	(1u << 15)
#define CCS	(1u << 0)
#define CSC	(1u << 1)
#define PED	(1u << 2)
#define PR	(1u << 8)
#define PP	(1u << 12)

/* Words of a transfer descriptor (3.5) and of a queue head (3.6). */
enum { NEXT, ALTERNATE, TOKEN, BUFFER };
enum { LINK, CHARACTERISTICS, CAPABILITIES, CURRENT, OVERLAY };
#define DESCRIPTOR_WORDS 8u
#define QUEUE_WORDS	 (OVERLAY + DESCRIPTOR_WORDS)
#define ACTIVE		 0x80u
#define HALT		 0x40u

static const uint8_t descriptor[18] = { 18,   1,    0x00, 0x02, 0, 0, 0, 64, 0x27,
					0x06, 0x01, 0,	  0,	0, 1, 2, 3,  1 };

/**
 * struct model - controller and device
 * @command: and so on: the registers
 * @pending: status that waits for the next microframe (threshold of 1)
 * @port: PORTSC of each
 * @next: when the next microframe begins, ns
 * @reset_at: when the port's reset began
 * @ready_at: the device must not be spoken to before
 * @address: of the device
 * @setup: the request that it is in
 * @broken: rules of the specification that were not kept
 * @device: port with the device
 * @slow: it is a full-speed device: not for this controller
 * @silent: transfers never end
 * @stalls: so does the device with every request
 * @storms: USBINT comes back at once
 * @switched: ports have power switches
 * @wide: 64-bit addresses
 * @corrupt: byte of the answer that is another, plus 1
 * @shortened: bytes of the answer, 0: all
 */
struct model {
	uint32_t command, status, enable, segment, frames, async, config, pending;
	uint32_t port[PORTS];
	uint64_t next, reset_at, ready_at;
	uint8_t address, new_address, setup[8];
	unsigned int broken, device;
	bool slow, silent, stalls, storms, switched, wide;
	unsigned int corrupt, shortened;
};

static struct model model;

static bool line_is_high(void)
{
	return model.status & model.enable & 0x3f;
}

static void power_on(struct model *m)
{
	m->command = 0x80000;
	m->status = HCH;
	m->enable = m->segment = m->frames = m->async = m->config = m->pending = 0;
	for (unsigned int i = 0; i < PORTS; i++)
		m->port[i] = m->switched ? 0 : PP;
	m->address = 0x55; /* until it is reset */
}

/* One transaction; the answer is ACTIVE: done, but there is more, 0: retired, HALT: stalled. */
static uint32_t setup_stage(struct rig *r, struct model *m, uint32_t *q, unsigned int length)
{
	const void *from = rig_at(r, q[BUFFER], 8);

	m->broken += length != 8 || q[TOKEN] >> 31;
	if (from)
		memcpy(m->setup, from, 8);
	q[TOKEN] -= 8u << 16;
	m->new_address = m->setup[1] == 5 ? m->setup[2] : m->address;
	return 0;
}

static uint32_t in_stage(struct rig *r, struct model *m, uint32_t *q, unsigned int length)
{
	unsigned int asked = m->setup[6] | m->setup[7] << 8;
	unsigned int all = m->shortened ? m->shortened : sizeof(descriptor);
	uint8_t *to;

	m->broken += !(q[TOKEN] >> 31);
	if (m->stalls)
		return HALT;
	if (!asked) { /* the status stage of a request without data */
		m->broken += length != 0;
		m->address = m->new_address;
		m->ready_at = r->now + 2000000;
		return 0;
	}
	if (asked > all)
		asked = all;
	if (asked > length)
		asked = length;
	to = rig_at(r, q[BUFFER], asked);
	for (unsigned int i = 0; to && i < asked; i++)
		to[i] = descriptor[i] ^ (m->corrupt == i + 1 ? 0x40 : 0);
	q[TOKEN] -= asked << 16;
	return 0;
}

static uint32_t transact(struct rig *r, struct model *m, uint32_t *q)
{
	unsigned int length = q[TOKEN] >> 16 & 0x7fff;

	m->broken += (q[TOKEN] >> 10 & 3) != 3;
	switch (q[TOKEN] >> 8 & 3) {
	case 2:
		return setup_stage(r, m, q, length);
	case 1:
		return in_stage(r, m, q, length);
	default: /* the status stage of a request for data */
		m->broken += length != 0 || !(q[TOKEN] >> 31);
		return 0;
	}
}

/* 4.10.3 and 4.10.4: the overlay goes on, and what is through is written back. */
static void execute(struct rig *r, struct model *m, uint32_t *qh)
{
	uint32_t *q = qh + OVERLAY, *origin = rig_at(r, qh[CURRENT] & ~0x1fu, 4 * DESCRIPTOR_WORDS);
	uint32_t result;

	if (m->silent || !origin)
		return;
	result = transact(r, m, q);
	q[TOKEN] = (q[TOKEN] & ~ACTIVE) | result;
	if (result & HALT)
		m->pending |= ERRINT;
	/* An interrupt is asked for, or the packet was a short one. */
	if (q[TOKEN] >> 15 & 1 || (q[TOKEN] >> 8 & 3 && q[TOKEN] >> 16 & 0x7fff))
		m->pending |= USBINT;
	origin[TOKEN] = q[TOKEN];
}

static void visit_queue(struct rig *r, struct model *m)
{
	uint32_t *qh = rig_at(r, m->async & ~0x1fu, 4 * QUEUE_WORDS);
	uint32_t *q = qh + OVERLAY, *next;
	uint32_t expected = m->address | 2u << 12 | 1u << 14 | 1u << 15 | 64u << 16;

	if (!qh)
		return;
	m->broken += qh[LINK] != (m->async | 2) || !(qh[CAPABILITIES] >> 30);
	if (!(q[TOKEN] & (ACTIVE | HALT)) && !(q[NEXT] & 1)) {
		m->broken += q[NEXT] & 0x1e;
		next = rig_at(r, q[NEXT], 4 * DESCRIPTOR_WORDS);
		qh[CURRENT] = q[NEXT];
		if (next)
			memcpy(q, next, 4 * DESCRIPTOR_WORDS);
	}
	if (!(q[TOKEN] & ACTIVE))
		return;
	m->broken += qh[CHARACTERISTICS] != expected || r->now < m->ready_at;
	if (m->port[m->device] & PED)
		execute(r, m, qh);
}

static void visit_frame_list(struct rig *r, struct model *m)
{
	const uint32_t *frame = rig_at(r, m->frames, 4096);

	m->broken += m->frames & 0xfff;
	for (unsigned int i = 0; frame && i < 1024; i++)
		m->broken += !(frame[i] & 1);
}

static void follow(struct model *m, uint32_t wanted, uint32_t bit)
{
	m->status = m->command & RS && m->command & wanted ? m->status | bit : m->status & ~bit;
}

static void microframe(struct rig *r, struct model *m)
{
	m->status |= m->pending;
	m->pending = 0;
	m->status = m->command & RS ? m->status & ~HCH : m->status | HCH;
	if ((m->command & (RS | PSE)) == (RS | PSE) && !(m->status & PSS))
		visit_frame_list(r, m);
	follow(m, PSE, PSS);
	follow(m, ASE, ASS);
	if (!(m->status & ASS))
		return;
	visit_queue(r, m);
	if (m->command & IAAD)
		m->pending |= IAA;
	m->command &= ~IAAD;
}

static void step(struct rig *r)
{
	struct model *m = r->model;

	for (; r->now >= m->next; m->next += MICROFRAME)
		microframe(r, m);
	if (m->storms)
		m->status |= USBINT;
	/* A port that has power finds its device. */
	if (m->device < PORTS && m->port[m->device] & PP && !(m->port[m->device] & CCS)) {
		m->port[m->device] |= CCS | CSC;
		m->status |= PCD;
	}
}

static uint32_t model_read(struct rig *r, uint32_t offset, uint8_t width)
{
	const struct model *m = r->model;
	const uint32_t registers[] = { m->command, m->status, m->enable, 0,
				       m->segment, m->frames, m->async };

	if (offset < CAPS) {
		const uint32_t caps[] = { 0x01000000 | CAPS, PORTS | (uint32_t)m->switched << 4,
					  m->wide, 0 };

		return caps[offset / 4] >> 8 * (offset % 4) & ~0u >> (32 - 8 * width);
	}
	r->stray += width != 4;
	offset -= CAPS;
	if (offset == CONFIGFLAG)
		return m->config;
	if (offset >= PORTSC && offset < PORTSC + 4 * PORTS)
		return m->port[(offset - PORTSC) / 4];
	if (offset < sizeof(registers))
		return registers[offset / 4];
	r->stray++;
	return 0;
}

static void write_command(struct model *m, uint32_t value)
{
	uint32_t changed = m->command ^ value;

	if (value & HCRESET) {
		m->broken += !(m->status & HCH);
		power_on(m);
		return;
	}
	/* 4.8: not before the last change was seen; 4.8.2: not while it is off. */
	if (changed & ASE && value & RS)
		m->broken += !(m->command & ASE) != !(m->status & ASS);
	if (value & IAAD)
		m->broken += !(m->status & ASS);
	if (value & ASE)
		m->broken += !m->async;
	if (value & RS)
		m->broken += !(value >> 16 & 0xff); /* no threshold: reserved */
	m->command = value;
}

static void end_reset(struct rig *r, struct model *m, uint32_t *port)
{
	m->broken += r->now - m->reset_at < 50000000;
	m->ready_at = r->now + 10000000;
	m->address = 0;
	if (*port & CCS && !m->slow)
		*port |= PED;
}

static void write_port(struct rig *r, struct model *m, unsigned int n, uint32_t value)
{
	uint32_t *port = &m->port[n], old = *port;

	*port &= ~(value & 0x2a); /* a one clears */
	if (!(value & PED))
		*port &= ~PED;
	*port = (*port & ~(PR | (m->switched ? PP : 0))) | (value & (PR | PP));
	if (value & PR && !(old & PR)) {
		m->broken += m->status & HCH || *port & PED || !m->config;
		m->reset_at = r->now;
	}
	if (!(value & PR) && old & PR)
		end_reset(r, m, port);
}

static void model_write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	struct model *m = r->model;

	r->stray += width != 4 || offset < CAPS;
	offset -= CAPS;
	if (offset == USBCMD)
		write_command(m, value);
	else if (offset == USBSTS)
		m->status &= ~(value & 0x3f);
	else if (offset == USBINTR)
		m->enable = value;
	else if (offset == CTRLDSSEGMENT)
		m->broken += !m->wide || value;
	else if (offset == PERIODICLISTBASE)
		m->frames = value;
	else if (offset == ASYNCLISTADDR)
		m->async = value;
	else if (offset == CONFIGFLAG)
		m->config = value;
	else if (offset >= PORTSC && offset < PORTSC + 4 * PORTS)
		write_port(r, m, (offset - PORTSC) / 4, value);
	else
		r->stray++;
}

#endif
