/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A controller and a device, written from xHCI 1.2. Where it may take its time it
 * does; each rule that the exerciser does not keep is counted.
 */
#ifndef LIFELINE_TESTS_XHCI_MODEL_H
#define LIFELINE_TESTS_XHCI_MODEL_H

#include "guest/tests/rounds.h"

/* Where this controller has its registers. */
#define OPERATIONAL  0x40u
#define CAPABILITIES 0x800u /* the extended ones */
#define RUNTIME	     0x1000u
#define DOORBELLS    0x2000u

#define PORTS	     5u
#define INTERRUPTERS 16u
#define LATENCY	     50000ull /* ns that it takes for everything */

/* Bits as tables 5-20, 5-21, 5-27 and 5-38 have them. */
#define RS    (1u << 0)
#define HCRST (1u << 1)
#define INTE  (1u << 2)
#define HCH   (1u << 0)
#define EINT  (1u << 3)
#define CNR   (1u << 11)
#define CCS   (1u << 0)
#define PED   (1u << 1)
#define PR    (1u << 4)
#define PP    (1u << 9)
#define CSC   (1u << 17)
#define PRC   (1u << 21)
#define IP    1u
#define IE    2u

enum { HIGH_SPEED = 3, FULL_SPEED = 1 };

static const uint8_t descriptor[18] = { 18,   1,    0x00, 0x02, 0, 0, 0, 64, 0x27,
					0x06, 0x01, 0,	  0,	0, 1, 2, 3,  1 };

struct trb {
	uint32_t parameter, high, status, control;
};

/** struct place - of a ring: address and cycle bit of the next TRB */
struct place {
	uint32_t at;
	unsigned int cycle;
};

/**
 * struct interrupter - 5.5.2, and where its ring goes on
 * @busy: Event Handler Busy
 * @index: of the event that comes next
 * @messages: sent so far
 */
struct interrupter {
	uint32_t iman, size, table, dequeue, ring, entries;
	bool busy;
	unsigned int index, cycle, messages;
};

/**
 * struct model - controller and device
 * @halt_at: it has stopped then
 * @ready_at: it can be used then, after its reset
 * @quiet_until: after a port's reset, the device must not be spoken to
 * @port_at: a port's reset ends then
 * @command_at: a doorbell is answered then; 0: none was rung
 * @transfer_at: the same
 * @packet: largest packet, as the endpoint's context says it
 * @firmware: what the legacy capability says
 * @firmware_at: the firmware lets go then
 * @device: port with the device, from 1 on
 * @code: completion code of transfers, 0: success
 * @scratchpads: how many pages it wants
 * @silent: transfers never end
 * @storms: an event is there at once whenever one was taken
 * @gossips: a port tells of itself before every command is through
 * @stubborn: the firmware does not let go
 * @corrupt: byte of the answer that is another, plus 1
 * @shortened: bytes of the answer, 0: all
 */
struct model {
	uint32_t command, status, config, contexts, runtime;
	uint32_t port[PORTS], firmware, smi;
	struct interrupter v[INTERRUPTERS];
	struct place commands, transfers;
	uint64_t halt_at, ready_at, quiet_until, port_at, command_at, transfer_at, firmware_at;
	unsigned int broken, device, speed, packet, code, scratchpads, corrupt, shortened;
	bool messages, wide, silent, storms, gossips, slot, stubborn;
};

static struct model model;

static bool line_is_high(void)
{
	return !model.messages && model.command & INTE &&
	       (model.v[0].iman & (IP | IE)) == (IP | IE);
}

static void power_on(struct model *m)
{
	m->command = 0;
	m->status = HCH;
	m->config = m->contexts = 0;
	m->slot = false;
	m->command_at = m->transfer_at = m->halt_at = m->port_at = 0;
	memset(m->v, 0, sizeof(m->v));
	memset(m->port, 0, sizeof(m->port));
	m->commands = m->transfers = (struct place){ 0, 0 };
}

/* With messages IP goes with the message: 5.5.2.1. */
static void deliver(struct model *m, struct interrupter *i)
{
	if (!m->messages || !(m->command & INTE) || (i->iman & (IP | IE)) != (IP | IE))
		return;
	i->messages++;
	i->iman &= ~IP;
}

static void interrupt(struct model *m, struct interrupter *i)
{
	if (i->busy)
		return;
	i->busy = true;
	i->iman |= IP;
	m->status |= EINT;
	deliver(m, i);
}

static void tell(struct rig *r, unsigned int v, uint32_t parameter, uint32_t status,
		 uint32_t control)
{
	struct model *m = r->model;
	struct interrupter *i = &m->v[v];
	struct trb *trb = rig_at(r, i->ring + 16 * i->index, 16);

	m->broken += v >= INTERRUPTERS || !i->ring;
	if (!trb)
		return;
	*trb = (struct trb){ parameter, 0, status, control | i->cycle };
	if (++i->index == i->entries) {
		i->index = 0;
		i->cycle ^= 1;
	}
	m->broken += i->ring + 16 * i->index == i->dequeue; /* full */
	interrupt(m, i);
}

static void tell_of_port(struct rig *r, unsigned int n)
{
	if (model.command & RS)
		tell(r, 0, n << 24, 1u << 24, 34u << 10);
}

/* The next TRB that is ours, past a Link; false: there is none. */
static bool fetch(struct rig *r, struct place *p, struct trb *trb, uint32_t *at)
{
	for (unsigned int links = 0; links < 2; links++) {
		const struct trb *next = rig_at(r, p->at, 16);

		if (!next || (next->control & 1) != p->cycle)
			return false;
		*trb = *next;
		*at = p->at;
		p->at += 16;
		if ((trb->control >> 10 & 63) != 6)
			return true;
		p->at = trb->parameter;
		p->cycle ^= trb->control >> 1 & 1;
	}
	return false;
}

static const uint32_t *context(struct rig *r, uint32_t base, unsigned int index)
{
	return rig_at(r, base + index * (model.wide ? 64 : 32), 32);
}

/* 4.3.3, 6.2.5.1: the input context has what the device context gets. */
static void address_device(struct rig *r, struct model *m, const struct trb *trb)
{
	const uint32_t *control = context(r, trb->parameter, 0),
		       *slot = context(r, trb->parameter, 1);
	const uint32_t *endpoint = context(r, trb->parameter, 2);
	const uint64_t *table = rig_at(r, m->contexts, 16);
	uint32_t *out = table ? rig_at(r, table[1], 32 * (m->wide ? 64 : 32)) : NULL;

	if (!control || !slot || !endpoint || !out)
		return;
	m->broken += control[0] != 0 || control[1] != 3 || !m->slot || table[1] % 64 ||
		     !m->contexts;
	m->broken += slot[0] != (1u << 27 | m->speed << 20) || slot[1] != m->device << 16;
	m->broken += (endpoint[1] & 0xffff) != (4u << 3 | 3u << 1) || endpoint[3] || !endpoint[4];
	m->broken += !(m->port[m->device - 1] & PED) || r->now < m->quiet_until;
	m->packet = endpoint[1] >> 16;
	m->transfers = (struct place){ endpoint[2] & ~0xfu, endpoint[2] & 1 };
	memset(out, 0x5a, 32 * (m->wide ? 64 : 32));
}

static void evaluate(struct rig *r, struct model *m, const struct trb *trb)
{
	const uint32_t *control = context(r, trb->parameter, 0);
	const uint32_t *endpoint = context(r, trb->parameter, 2);

	if (!control || !endpoint)
		return;
	m->broken += control[0] != 0 || control[1] != 2;
	m->packet = endpoint[1] >> 16;
}

/* Table 6-91: what a command is, and the slot that its event has. */
static void execute(struct rig *r, struct model *m, const struct trb *trb, uint32_t at)
{
	uint32_t slot = trb->control >> 24;
	uint32_t expected = 1;

	switch (trb->control >> 10 & 63) {
	case 9:
		m->broken += m->slot || (m->config & 0xff) != 1;
		m->slot = true;
		expected = 0;
		break;
	case 11:
		address_device(r, m, trb);
		break;
	case 13:
		evaluate(r, m, trb);
		break;
	case 23:
		expected = 0;
		break;
	default:
		m->broken++;
	}
	m->broken += slot != expected;
	slot = (trb->control >> 10 & 63) != 23;
	if (m->gossips)
		tell_of_port(r, 3);
	tell(r, 0, at, 1u << 24, 33u << 10 | slot << 24);
}

static unsigned int answer(struct rig *r, struct model *m, const struct trb *setup,
			   const struct trb *data)
{
	unsigned int asked = setup->high >> 16, all = m->shortened ? m->shortened : 18;
	uint8_t *to;

	m->broken += (setup->parameter != 0x01000680) || (setup->high & 0xffff);
	m->broken += (data->status & 0x1ffff) != asked || r->now < m->quiet_until;
	if (asked > m->packet && m->packet != 64)
		return 3; /* Babble Detected: the device's packets are larger */
	if (asked > all)
		asked = all;
	to = rig_at(r, data->parameter, asked);
	for (unsigned int i = 0; to && i < asked; i++)
		to[i] = descriptor[i] ^ (m->corrupt == i + 1 ? 0x40 : 0);
	return m->code ? m->code : 1;
}

/* 4.11.2.2: setup, data and status stage. */
static void transfer(struct rig *r, struct model *m)
{
	uint32_t at[3] = { 0 };
	struct trb trb[3];
	unsigned int code;

	for (unsigned int i = 0; i < 3; i++)
		if (!fetch(r, &m->transfers, &trb[i], &at[i]))
			return;
	m->broken += (trb[0].control & ~1u) != (2u << 10 | 1u << 6 | 3u << 16);
	m->broken += (trb[1].control & ~1u) != (3u << 10 | 1u << 16);
	m->broken += (trb[2].control & ~1u) != (4u << 10 | 1u << 5);
	m->broken += trb[0].status != 8;
	code = answer(r, m, &trb[0], &trb[1]);
	tell(r, trb[2].status >> 22, code == 1 ? at[2] : at[1], code << 24,
	     32u << 10 | 1u << 24 | 1u << 16);
}

static bool due(struct rig *r, uint64_t *when)
{
	if (!*when || r->now < *when)
		return false;
	*when = 0;
	return true;
}

static void step_port(struct rig *r, struct model *m)
{
	uint32_t *port = m->device <= PORTS ? &m->port[m->device - 1] : NULL;

	if (!port)
		return;
	if (*port & PP && !(*port & CCS)) {
		*port |= CCS | CSC | m->speed << 10;
		tell_of_port(r, m->device);
	}
	if (due(r, &m->port_at)) {
		*port = (*port & ~PR) | PED | PRC;
		m->quiet_until = r->now + 10000000;
		tell_of_port(r, m->device);
	}
}

static void step(struct rig *r)
{
	struct model *m = r->model;
	struct trb trb;
	uint32_t at;

	if (due(r, &m->halt_at))
		m->status |= HCH;
	if (due(r, &m->ready_at))
		m->status &= ~CNR;
	if (due(r, &m->firmware_at))
		m->firmware &= ~(1u << 16);
	step_port(r, m);
	if (due(r, &m->command_at) && fetch(r, &m->commands, &trb, &at))
		execute(r, m, &trb, at);
	if (due(r, &m->transfer_at) && !m->silent)
		transfer(r, m);
}

static uint32_t read_capability(const struct model *m, uint32_t offset)
{
	const uint32_t words[] = { 0x01200000 | OPERATIONAL,
				   PORTS << 24 | INTERRUPTERS << 8 | 8,
				   (m->scratchpads & 31) << 27 | m->scratchpads >> 5 << 21,
				   0,
				   CAPABILITIES / 4 << 16 | (uint32_t)m->wide << 2 | 1,
				   DOORBELLS,
				   m->runtime };

	return offset < sizeof(words) ? words[offset / 4] : 0;
}

static uint32_t read_operational(struct rig *r, const struct model *m, uint32_t offset)
{
	if (offset >= 0x400 && offset < 0x400 + 16 * PORTS && offset % 16 == 0)
		return m->port[(offset - 0x400) / 16];
	switch (offset) {
	case 0x00:
		return m->command;
	case 0x04:
		return m->status;
	case 0x08:
		return 1;
	case 0x38:
		return m->config;
	default:
		r->stray++;
		return 0;
	}
}

static uint32_t model_read(struct rig *r, uint32_t offset, uint8_t width)
{
	const struct model *m = r->model;

	if (offset < OPERATIONAL)
		return read_capability(m, offset & ~3u) >> 8 * (offset % 4) &
		       ~0u >> (32 - 8 * width);
	r->stray += width != 4;
	if (offset < CAPABILITIES)
		return read_operational(r, m, offset - OPERATIONAL);
	if (offset == CAPABILITIES)
		return 4u << 8 | 2; /* supported protocol */
	if (offset == CAPABILITIES + 16)
		return m->firmware;
	if (offset == CAPABILITIES + 20)
		return m->smi;
	if (offset >= RUNTIME + 0x20 && offset < RUNTIME + 0x20 + 0x20 * INTERRUPTERS &&
	    offset % 0x20 == 0)
		return m->v[(offset - RUNTIME) / 0x20 - 1].iman;
	r->stray++;
	return 0;
}

static void check_scratchpads(struct rig *r, struct model *m)
{
	const uint64_t *table = rig_at(r, m->contexts, 16);
	const uint64_t *page;

	if (!table || !m->scratchpads)
		return;
	page = rig_at(r, table[0], 8 * m->scratchpads);
	for (unsigned int i = 0; page && i < m->scratchpads; i++) {
		m->broken += page[i] % 4096 != 0;
		rig_at(r, page[i], 4096);
	}
}

static void write_command(struct rig *r, struct model *m, uint32_t value)
{
	if (value & HCRST) {
		m->broken += !(m->status & HCH);
		power_on(m);
		m->status |= CNR;
		m->ready_at = r->now + 2000000;
		return;
	}
	if (value & RS && !(m->command & RS)) {
		m->broken += m->smi & 0xe011 || !m->commands.at || !m->v[0].ring;
		check_scratchpads(r, m);
		m->status &= ~HCH;
	}
	if (!(value & RS) && m->command & RS)
		m->halt_at = r->now + 1000000;
	m->command = value;
	for (unsigned int v = 0; v < INTERRUPTERS; v++)
		deliver(m, &m->v[v]);
}

static void write_port(struct rig *r, struct model *m, uint32_t *port, uint32_t value)
{
	m->broken += value & PED; /* that disables it */
	*port = (*port & ~(PP | (value & 0x00fe0000))) | (value & PP);
	if (!(value & PR))
		return;
	m->broken += !(*port & CCS);
	*port |= PR;
	m->port_at = r->now + 50000000;
}

static void write_operational(struct rig *r, struct model *m, uint32_t offset, uint32_t value)
{
	if (offset >= 0x400 && offset < 0x400 + 16 * PORTS && offset % 16 == 0)
		write_port(r, m, &m->port[(offset - 0x400) / 16], value);
	else if (offset == 0x00)
		write_command(r, m, value);
	else if (offset == 0x04)
		m->status &= ~(value & EINT);
	else if (offset == 0x18)
		m->commands = (struct place){ value & ~0x3fu, value & 1 };
	else if (offset == 0x30)
		m->contexts = value;
	else if (offset == 0x38)
		m->config = value;
	else
		r->stray += (offset != 0x1c && offset != 0x34) || value;
}

/* 5.5.2.3.2: with the address of the table the ring begins. */
static void begin_ring(struct rig *r, struct interrupter *i)
{
	const uint32_t *entry = rig_at(r, i->table, 16);

	if (!entry)
		return;
	model.broken += i->size != 1 || i->table % 64 || entry[1] || entry[2] < 16;
	model.broken += i->dequeue != entry[0];
	i->ring = entry[0];
	i->entries = entry[2];
	i->index = 0;
	i->cycle = 1;
	rig_at(r, i->ring, 16 * i->entries);
}

static void write_dequeue(struct rig *r, struct interrupter *i, uint32_t value)
{
	i->dequeue = value & ~0xfu;
	i->busy = i->busy && !(value & 8);
	if (model.storms && i->ring)
		tell_of_port(r, 2);
	if (i->ring && i->ring + 16 * i->index != i->dequeue)
		interrupt(&model, i);
}

static void write_interrupter(struct rig *r, struct interrupter *i, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case 0x00:
		i->iman = (i->iman & ~IE & ~(value & IP)) | (value & IE);
		deliver(&model, i);
		break;
	case 0x08:
		i->size = value;
		break;
	case 0x10:
		i->table = value;
		break;
	case 0x14:
		begin_ring(r, i);
		model.broken += value != 0;
		break;
	case 0x18:
		write_dequeue(r, i, value);
		break;
	default: /* the moderation, and the upper half of the dequeue pointer */
		r->stray += (offset != 0x04 && offset != 0x1c) || value;
	}
}

static void ring_doorbell(struct rig *r, struct model *m, unsigned int slot, uint32_t value)
{
	m->broken += !(m->command & RS) || value != slot || slot > 1;
	*(slot ? &m->transfer_at : &m->command_at) = r->now + LATENCY;
}

static void write_legacy(struct rig *r, struct model *m, uint32_t value)
{
	if (value & 1u << 24 && !(m->firmware & 1u << 24) && !m->stubborn)
		m->firmware_at = r->now + 10000000;
	m->firmware |= value & 1u << 24;
}

static void model_write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	struct model *m = r->model;

	r->stray += width != 4 || offset < OPERATIONAL;
	m->broken += m->status & CNR && offset != OPERATIONAL + 4; /* 5.4.2 */
	if (offset == CAPABILITIES + 16)
		write_legacy(r, m, value);
	else if (offset == CAPABILITIES + 20)
		m->smi = (m->smi & ~(value & 0xe0000000) & ~0x1fffffffu) | (value & 0x1fffffff);
	else if (offset < CAPABILITIES)
		write_operational(r, m, offset - OPERATIONAL, value);
	else if (offset >= DOORBELLS)
		ring_doorbell(r, m, (offset - DOORBELLS) / 4, value);
	else if (offset >= RUNTIME + 0x20 && offset < RUNTIME + 0x20 + 0x20 * INTERRUPTERS)
		write_interrupter(r, &m->v[(offset - RUNTIME) / 0x20 - 1], offset % 0x20, value);
	else
		r->stray++;
}

#endif
