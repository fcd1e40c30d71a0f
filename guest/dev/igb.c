// SPDX-License-Identifier: GPL-2.0-only
/* Intel 82576: frames by the MAC's loopback, in advanced descriptors; causes set by software. */
#include "guest/dev/exercisers.h"
#include "guest/dev/intel_nic.h"

static const struct dev_register ICR = { "ICR", 0x1500, 4 };
static const struct dev_register ICS = { "ICS", 0x1504, 4 };
static const struct dev_register IMS = { "IMS", 0x1508, 4 };
static const struct dev_register IMC = { "IMC", 0x150c, 4 };
static const struct dev_register IAM = { "IAM", 0x1510, 4 };
static const struct dev_register GPIE = { "GPIE", 0x1514, 4 };
static const struct dev_register EICS = { "EICS", 0x1520, 4 };
static const struct dev_register EIMS = { "EIMS", 0x1524, 4 };
static const struct dev_register EIMC = { "EIMC", 0x1528, 4 };
static const struct dev_register EIAC = { "EIAC", 0x152c, 4 };
static const struct dev_register EIAM = { "EIAM", 0x1530, 4 };
static const struct dev_register EICR = { "EICR", 0x1580, 4 };
static const struct dev_register IVAR0 = { "IVAR0", 0x1700, 4 };
static const struct dev_register IVAR_MISC = { "IVAR_MISC", 0x1740, 4 };
static const struct dev_register SRRCTL = { "SRRCTL", 0x280c, 4 };
static const struct dev_register RXDCTL = { "RXDCTL", 0x2828, 4 };

#define RXDW   (1u << 7)
#define SDP0   (1u << 11) /* a pin: as an interrupt input it is not enabled after reset */
#define CAUSES (RXDW | SDP0)

#define VECTORS 25 /* EICR has a bit for each */

#define GPIE_MULTIPLE_MSIX (1u << 4)
#define GPIE_PBA_SUPPORT   (1u << 31)

#define IVAR_VALID 0x80u /* receive queue 0 has bits 7:0: vector 0 */

#define DCTL_ENABLE	(1u << 25)
#define SRRCTL_2K	2u
#define SRRCTL_ADVANCED (1u << 25) /* one buffer */

static int igb_probe(struct controller *c)
{
	return dev_await(c, STATUS, 0, 0, 0);
}

static void igb_quiet(struct controller *c)
{
	intel_nic(c)->causes = 0;
	dev_write(c, EIMC, ~0u);
	dev_write(c, IMC, ~0u);
	dev_write(c, EICR, ~0u);
	dev_write(c, ICR, ~0u);
}

static int igb_reset(struct controller *c)
{
	int rc;

	igb_quiet(c);
	rc = intel_nic_reset_express(c);
	if (!rc)
		igb_quiet(c);
	return rc;
}

static unsigned int igb_vectors(struct controller *c, enum irq_kind kind)
{
	(void)c;
	return kind == IRQ_MSIX ? VECTORS : 1;
}

/* A cause stays until it is acknowledged, and so does its permission: no auto-clear, no auto-mask. */
static void route(struct controller *c, bool msix)
{
	dev_write(c, GPIE, msix ? GPIE_MULTIPLE_MSIX | GPIE_PBA_SUPPORT : 0);
	dev_write(c, EIAC, 0);
	dev_write(c, EIAM, 0);
	dev_write(c, IAM, 0);
	dev_write(c, IVAR0, msix ? IVAR_VALID : 0);
	dev_write(c, IVAR_MISC, 0);
}

/* The receiver takes no buffer before its queue is enabled (4.5.9). */
static int enable_queues(struct controller *c)
{
	int rc;

	dev_write(c, SRRCTL, SRRCTL_2K | SRRCTL_ADVANCED);
	dev_write(c, RXDCTL, dev_read(c, RXDCTL) | DCTL_ENABLE);
	rc = dev_await(c, RXDCTL, DCTL_ENABLE, DCTL_ENABLE, DEV_LIMIT);
	if (rc)
		return rc;
	dev_write(c, TXDCTL, dev_read(c, TXDCTL) | DCTL_ENABLE);
	return dev_await(c, TXDCTL, DCTL_ENABLE, DCTL_ENABLE, DEV_LIMIT);
}

/* Causes of the messages are in EICR, those of line and MSI in ICR. */
static struct dev_register cause_register(const struct controller *c)
{
	return c->kind == IRQ_MSIX ? EICR : ICR;
}

static int igb_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	uint32_t causes = CAUSES;
	int rc;

	if (kind == IRQ_MSIX)
		causes = (1u << (vectors < VECTORS ? vectors : VECTORS)) - 1;
	route(c, kind == IRQ_MSIX);
	intel_nic_force_link(c, CTRL_1000);
	intel_nic_rings(c, true);
	rc = enable_queues(c);
	if (!rc)
		rc = intel_nic_run(c, RCTL_LBM_MAC);
	if (rc)
		return rc;
	igb_quiet(c);
	rc = dev_await(c, cause_register(c), causes, 0, DEV_LIMIT);
	if (rc)
		return rc;
	intel_nic(c)->causes = causes;
	dev_write(c, kind == IRQ_MSIX ? EIMS : IMS, causes);
	return DEV_OK;
}

static int igb_trigger(struct controller *c, unsigned int vector)
{
	if (vector >= igb_vectors(c, c->kind))
		return DEV_NONE;
	if (c->kind == IRQ_MSIX)
		dev_write(c, EICS, 1u << vector);
	else
		dev_write(c, ICS, SDP0);
	return DEV_OK;
}

/* Reading may clear, so what is masked is not to be read. */
static uint32_t igb_pending(struct controller *c)
{
	struct intel_nic *n = intel_nic(c);
	uint32_t cause = n->causes && !n->masked ? dev_read(c, cause_register(c)) : 0;

	return cause == ~0u ? 0 : cause & n->causes;
}

static void igb_ack(struct controller *c, uint32_t pending)
{
	dev_write(c, cause_register(c), pending);
}

static void igb_mask(struct controller *c)
{
	intel_nic(c)->masked = true;
	dev_write(c, c->kind == IRQ_MSIX ? EIMC : IMC, ~0u);
}

static void igb_unmask(struct controller *c)
{
	intel_nic(c)->masked = false;
	dev_write(c, c->kind == IRQ_MSIX ? EIMS : IMS, intel_nic(c)->causes);
}

const struct exerciser igb_exerciser = {
	.model = "igb",
	.class = "NIC",
	.source = "Intel 82576 datasheet 7.3, 8",
	.bar = 0,
	.length = INTEL_NIC_LENGTH,
	.memory = INTEL_NIC_MEMORY,
	.probe = igb_probe,
	.reset = igb_reset,
	.start = igb_start,
	.vectors = igb_vectors,
	.trigger = igb_trigger,
	.pending = igb_pending,
	.ack = igb_ack,
	.mask = igb_mask,
	.unmask = igb_unmask,
	.quiet = igb_quiet,
	.work = intel_nic_send,
	.finish = intel_nic_finish,
};
