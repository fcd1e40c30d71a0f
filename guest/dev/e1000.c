// SPDX-License-Identifier: GPL-2.0-only
/* Intel 82540EM (e1000) and 82574L (e1000e): a cause is set by software. */
#include "guest/dev/exercisers.h"

#define SRPD (1u << 16) /* small receive packet: nothing else raises it here */

static const struct dev_register STATUS = { "STATUS", 0x08, 4 };
static const struct dev_register ICR = { "ICR", 0xc0, 4 };
static const struct dev_register ICS = { "ICS", 0xc8, 4 };
static const struct dev_register IMS = { "IMS", 0xd0, 4 };
static const struct dev_register IMC = { "IMC", 0xd8, 4 };

static int e1000_probe(struct controller *c)
{
	return dev_await(c, STATUS, 0, 0, 0);
}

static void e1000_quiet(struct controller *c)
{
	dev_write(c, IMC, ~0u);
	dev_write(c, ICR, ~0u);
	dev_read(c, ICR);
}

static int e1000_reset(struct controller *c)
{
	e1000_quiet(c);
	return DEV_OK;
}

static int e1000_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	(void)vectors;
	if (kind != IRQ_INTX)
		return DEV_NONE;
	dev_write(c, IMS, SRPD);
	return DEV_OK;
}

static int e1000_trigger(struct controller *c, unsigned int vector)
{
	if (vector)
		return DEV_NONE;
	dev_write(c, ICS, SRPD);
	return DEV_OK;
}

static uint32_t e1000_pending(struct controller *c)
{
	uint32_t cause = dev_read(c, ICR);

	return cause == ~0u ? 0 : cause & SRPD;
}

static void e1000_ack(struct controller *c, uint32_t pending)
{
	dev_write(c, ICR, pending);
}

static void e1000_mask(struct controller *c)
{
	dev_write(c, IMC, SRPD);
}

static void e1000_unmask(struct controller *c)
{
	dev_write(c, IMS, SRPD);
}

#define E1000_OPS                                                                               \
	.class = "NIC", .bar = 0, .length = 0x6000, .probe = e1000_probe, .reset = e1000_reset, \
	.start = e1000_start, .trigger = e1000_trigger, .pending = e1000_pending,               \
	.ack = e1000_ack, .mask = e1000_mask, .quiet = e1000_quiet, .unmask = e1000_unmask

const struct exerciser e1000_exerciser = {
	.model = "e1000",
	.source = "Intel 317453 (8254x SDM) 13.4.17-20",
	E1000_OPS,
};

const struct exerciser e1000e_exerciser = {
	.model = "e1000e",
	.source = "Intel 82574 datasheet 10.2.4",
	E1000_OPS,
};
