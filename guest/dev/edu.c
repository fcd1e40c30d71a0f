// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's edu device, the injector: an interrupt is a register write, and there is no mask. */
#include "guest/dev/exercisers.h"

#define BITS 1u

static const struct dev_register ID = { "ID", 0x00, 4 };
static const struct dev_register LIVENESS = { "LIVENESS", 0x04, 4 };
static const struct dev_register STATUS = { "INTERRUPT STATUS", 0x24, 4 };
static const struct dev_register RAISE = { "INTERRUPT RAISE", 0x60, 4 };
static const struct dev_register ACK = { "INTERRUPT ACK", 0x64, 4 };

static int edu_probe(struct controller *c)
{
	return dev_await(c, ID, 0xff, 0xed, 0);
}

static void edu_quiet(struct controller *c)
{
	dev_write(c, ACK, ~0u);
}

static int edu_reset(struct controller *c)
{
	edu_quiet(c);
	return dev_await(c, STATUS, ~0u, 0, 0);
}

/* The device hands back the complement of what it was given: it is alive. */
static int edu_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	(void)vectors;
	if (kind == IRQ_MSIX)
		return DEV_NONE;
	dev_write(c, LIVENESS, 0x12345678);
	return dev_await(c, LIVENESS, ~0u, ~0x12345678u, 0);
}

static unsigned int edu_vectors(struct controller *c, enum irq_kind kind)
{
	(void)c;
	return kind != IRQ_MSIX;
}

static int edu_trigger(struct controller *c, unsigned int vector)
{
	if (vector)
		return DEV_NONE;
	dev_write(c, RAISE, BITS);
	return DEV_OK;
}

static uint32_t edu_pending(struct controller *c)
{
	uint32_t status = dev_read(c, STATUS);

	return status == ~0u ? 0 : status;
}

static void edu_ack(struct controller *c, uint32_t pending)
{
	dev_write(c, ACK, pending);
}

const struct exerciser edu_exerciser = {
	.model = "edu",
	.class = "injector",
	.source = "QEMU docs/specs/edu.txt",
	.bar = 0,
	.length = 0x1000,
	.probe = edu_probe,
	.reset = edu_reset,
	.start = edu_start,
	.vectors = edu_vectors,
	.trigger = edu_trigger,
	.pending = edu_pending,
	.ack = edu_ack,
	.quiet = edu_quiet,
};
