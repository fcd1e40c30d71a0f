// SPDX-License-Identifier: GPL-2.0-only
/* Intel 82574L: frames by the MAC's loopback; a cause for each MSI-X vector, set by software. */
#include "guest/dev/exercisers.h"
#include "guest/dev/intel_nic.h"

static const struct dev_register ICR = { "ICR", 0x00c0, 4 };
static const struct dev_register ICS = { "ICS", 0x00c8, 4 };
static const struct dev_register IMS = { "IMS", 0x00d0, 4 };
static const struct dev_register IMC = { "IMC", 0x00d8, 4 };
static const struct dev_register EIAC = { "EIAC", 0x00dc, 4 };
static const struct dev_register IVAR = { "IVAR", 0x00e4, 4 };

#define RXT0   (1u << 7)
#define SRPD   (1u << 16) /* small receive packet: nothing else raises it here */
#define RXQ0   20	  /* and RXQ1, TXQ0, TXQ1, OTHER: the MSI-X causes */
#define CAUSES (RXT0 | SRPD)

#define VECTORS 5

#define CTRL_EXT_EIAME (1u << 24)
#define CTRL_EXT_IAME  (1u << 27)

#define TXDCTL_COUNT_DESC (1u << 22) /* must be 1 (10.2.6.11) */

/**
 * struct e1000e - the exerciser's state
 * @nic: what it has in common with others
 * @last: when each MSI-X vector was triggered last
 */
struct e1000e {
	struct intel_nic nic;
	uint64_t last[VECTORS];
};

_Static_assert(sizeof(struct e1000e) <= EXERCISER_STATE, "the state is too large");

static int e1000e_probe(struct controller *c)
{
	return dev_await(c, STATUS, 0, 0, 0);
}

static void e1000e_quiet(struct controller *c)
{
	intel_nic(c)->causes = 0;
	dev_write(c, IMC, ~0u);
	dev_write(c, ICR, ~0u);
}

static int e1000e_reset(struct controller *c)
{
	int rc;

	e1000e_quiet(c);
	rc = intel_nic_reset_express(c);
	if (!rc)
		e1000e_quiet(c);
	return rc;
}

static unsigned int e1000e_vectors(struct controller *c, enum irq_kind kind)
{
	(void)c;
	return kind == IRQ_MSIX ? VECTORS : 1;
}

/* Cause i has vector i (10.2.4.9). Return: the causes that may interrupt. */
static uint32_t route(struct controller *c, unsigned int vectors)
{
	uint32_t ivar = 0, causes = 0;

	for (unsigned int i = 0; i < vectors && i < VECTORS; i++) {
		ivar |= (8u | i) << 4 * i;
		causes |= 1u << (RXQ0 + i);
	}
	dev_write(c, IVAR, ivar);
	return causes;
}

static int e1000e_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	uint32_t causes = kind == IRQ_MSIX ? route(c, vectors) : CAUSES;
	int rc;

	/* A cause stays until it is acknowledged, and so does its permission. */
	dev_write(c, CTRL_EXT, dev_read(c, CTRL_EXT) & ~(CTRL_EXT_EIAME | CTRL_EXT_IAME));
	dev_write(c, EIAC, 0);
	intel_nic_force_link(c, CTRL_1000);
	dev_write(c, TXDCTL, dev_read(c, TXDCTL) | TXDCTL_COUNT_DESC);
	intel_nic_rings(c, false);
	rc = intel_nic_run(c, RCTL_LBM_MAC);
	if (rc)
		return rc;
	dev_write(c, ICR, ~0u);
	rc = dev_await(c, ICR, causes, 0, DEV_LIMIT);
	if (rc)
		return rc;
	intel_nic(c)->causes = causes;
	dev_write(c, IMS, causes);
	return DEV_OK;
}

/*
 * The device keeps messages of a vector apart; what it had to hold back QEMU 7.2 repeats ever after.
 * So none is asked for too soon.
 */
static void keep_apart(struct controller *c, unsigned int vector)
{
	uint64_t *last = &((struct e1000e *)c->state)->last[vector];
	uint64_t now = c->io.now(c->io.ctx);

	if (c->kind != IRQ_MSIX)
		return;
	if (*last && now < *last + INTEL_NIC_DEVICE_NS)
		intel_nic_rest(c, *last + INTEL_NIC_DEVICE_NS - now);
	*last = c->io.now(c->io.ctx);
}

static int e1000e_trigger(struct controller *c, unsigned int vector)
{
	if (vector >= e1000e_vectors(c, c->kind))
		return DEV_NONE;
	keep_apart(c, vector);
	dev_write(c, ICS, c->kind == IRQ_MSIX ? 1u << (RXQ0 + vector) : SRPD);
	return DEV_OK;
}

static int e1000e_work(struct controller *c)
{
	keep_apart(c, 0);
	return intel_nic_send(c);
}

/* With no cause permitted reading would clear all (10.2.4.1): those that are masked are not read. */
static uint32_t e1000e_pending(struct controller *c)
{
	struct intel_nic *n = intel_nic(c);
	uint32_t cause = n->causes && !n->masked ? dev_read(c, ICR) : 0;

	return cause == ~0u ? 0 : cause & n->causes;
}

static void e1000e_ack(struct controller *c, uint32_t pending)
{
	dev_write(c, ICR, pending);
}

static void e1000e_mask(struct controller *c)
{
	intel_nic(c)->masked = true;
	dev_write(c, IMC, ~0u);
}

static void e1000e_unmask(struct controller *c)
{
	intel_nic(c)->masked = false;
	dev_write(c, IMS, intel_nic(c)->causes);
}

const struct exerciser e1000e_exerciser = {
	.model = "e1000e",
	.class = "NIC",
	.source = "Intel 82574 datasheet 7.4, 10.2",
	.bar = 0,
	.length = INTEL_NIC_LENGTH,
	.memory = INTEL_NIC_MEMORY,
	.device_ns = INTEL_NIC_DEVICE_NS,
	.probe = e1000e_probe,
	.reset = e1000e_reset,
	.start = e1000e_start,
	.vectors = e1000e_vectors,
	.trigger = e1000e_trigger,
	.pending = e1000e_pending,
	.ack = e1000e_ack,
	.mask = e1000e_mask,
	.unmask = e1000e_unmask,
	.quiet = e1000e_quiet,
	.work = e1000e_work,
	.finish = intel_nic_finish,
};
