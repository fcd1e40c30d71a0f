// SPDX-License-Identifier: GPL-2.0-only
/* Intel 82540EM: frames by the PHY's loopback; a cause set by software. */
#include "guest/dev/exercisers.h"
#include "guest/dev/intel_nic.h"

static const struct dev_register MDIC = { "MDIC", 0x0020, 4 };
static const struct dev_register ICR = { "ICR", 0x00c0, 4 };
static const struct dev_register ICS = { "ICS", 0x00c8, 4 };
static const struct dev_register IMS = { "IMS", 0x00d0, 4 };
static const struct dev_register IMC = { "IMC", 0x00d8, 4 };
static const struct dev_register TIPG = { "TIPG", 0x0410, 4 };

#define RXT0   (1u << 7)
#define SRPD   (1u << 16) /* small receive packet: nothing else raises it here */
#define CAUSES (RXT0 | SRPD)

#define TIPG_COPPER 0x0060200au /* 13.4.34 */

#define MDIC_WRITE (1u << 26)
#define MDIC_READ  (2u << 26)
#define MDIC_READY (1u << 28)
#define MDIC_ERROR (1u << 30)
#define MDIC_PHY   (1u << 21) /* the internal one has address 1 */
#define MDIC_DATA  0xffffu

#define PHY_CONTROL	    0u
#define PHY_SPECIFIC	    16u
#define CONTROL_RESET	    (1u << 15)
#define CONTROL_LOOPBACK    (1u << 14)
#define CONTROL_100	    (1u << 13)
#define CONTROL_NEGOTIATE   (1u << 12)
#define CONTROL_FULL	    (1u << 8)
#define CONTROL_1000	    (1u << 6)
#define SPECIFIC_FORCE_LINK (1u << 10)

#define EEPROM_LOAD \
	5000000u /* ns: after a reset the device reads it, and does not say when it is done */

static int e1000_probe(struct controller *c)
{
	return dev_await(c, STATUS, 0, 0, 0);
}

static int mdic(struct controller *c, uint32_t command, uint32_t reg)
{
	int rc;

	dev_write(c, MDIC, command | MDIC_PHY | reg << 16);
	rc = dev_await(c, MDIC, MDIC_READY, MDIC_READY, DEV_LIMIT);
	return rc ? rc : dev_await(c, MDIC, MDIC_ERROR, 0, 0);
}

static int phy_write(struct controller *c, uint32_t reg, uint32_t value)
{
	return mdic(c, MDIC_WRITE | value, reg);
}

/* The reset is done when its bit is 0 again (13.6.1). */
static int phy_reset(struct controller *c, uint32_t control)
{
	uint64_t deadline = c->io.now(c->io.ctx) + DEV_LIMIT;
	int rc = phy_write(c, PHY_CONTROL, CONTROL_RESET | control);
	uint32_t seen;

	while (!rc) {
		bool late = c->io.now(c->io.ctx) >= deadline;

		rc = mdic(c, MDIC_READ, PHY_CONTROL);
		seen = dev_read(c, MDIC) & MDIC_DATA;
		if (rc || !(seen & CONTROL_RESET))
			break;
		if (late)
			return dev_fail(c, DEV_TIMEOUT, "PHY CONTROL", PHY_CONTROL, CONTROL_RESET,
					0, seen);
		c->io.pause(c->io.ctx);
	}
	return rc;
}

/*
 * With the internal PHY RCTL.LBM stays 0, and the PHY is told to loop back (13.4.22). Nothing may
 * be plugged in: the link must be forced, which the PHY does at 100 Mb/s and not at 1000 (13.6.14).
 */
static int close_loop(struct controller *c)
{
	int rc = mdic(c, MDIC_READ, PHY_SPECIFIC);

	if (!rc)
		rc = phy_write(c, PHY_SPECIFIC,
			       (dev_read(c, MDIC) & MDIC_DATA) | SPECIFIC_FORCE_LINK);
	if (!rc)
		rc = phy_reset(c, CONTROL_100 | CONTROL_FULL);
	if (!rc)
		rc = phy_write(c, PHY_CONTROL, CONTROL_LOOPBACK | CONTROL_100 | CONTROL_FULL);
	return rc;
}

/* As it is after power-on: the reset of the MAC leaves the PHY alone. */
static int open_loop(struct controller *c)
{
	int rc = mdic(c, MDIC_READ, PHY_SPECIFIC);

	if (!rc)
		rc = phy_write(c, PHY_SPECIFIC,
			       dev_read(c, MDIC) & MDIC_DATA & ~SPECIFIC_FORCE_LINK);
	if (!rc)
		rc = phy_reset(c, CONTROL_NEGOTIATE | CONTROL_FULL | CONTROL_1000);
	return rc;
}

static void e1000_quiet(struct controller *c)
{
	intel_nic(c)->causes = 0;
	dev_write(c, IMC, ~0u);
	dev_read(c, ICR);
}

static int e1000_reset(struct controller *c)
{
	int rc;

	e1000_quiet(c);
	intel_nic_stop(c);
	rc = intel_nic_reset(c);
	if (rc)
		return rc;
	intel_nic_rest(c, EEPROM_LOAD);
	e1000_quiet(c);
	return open_loop(c);
}

static int e1000_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	int rc;

	(void)vectors;
	if (kind != IRQ_INTX)
		return DEV_NONE;
	intel_nic_force_link(c, CTRL_100);
	dev_write(c, TIPG, TIPG_COPPER);
	rc = close_loop(c);
	if (rc)
		return rc;
	intel_nic_rings(c, false);
	rc = intel_nic_run(c, 0);
	if (!rc)
		rc = dev_await(c, ICR, CAUSES, 0, DEV_LIMIT);
	if (rc)
		return rc;
	intel_nic(c)->causes = CAUSES;
	dev_write(c, IMS, CAUSES);
	return DEV_OK;
}

static int e1000_trigger(struct controller *c, unsigned int vector)
{
	if (vector)
		return DEV_NONE;
	dev_write(c, ICS, SRPD);
	return DEV_OK;
}

/* Reading clears all causes (13.4.17), so those that are masked are not to be read. */
static uint32_t e1000_pending(struct controller *c)
{
	struct intel_nic *n = intel_nic(c);
	uint32_t cause = n->causes && !n->masked ? dev_read(c, ICR) : 0;

	return cause == ~0u ? 0 : cause & n->causes;
}

static void e1000_ack(struct controller *c, uint32_t pending)
{
	(void)c;
	(void)pending; /* was cleared by reading it */
}

static void e1000_mask(struct controller *c)
{
	intel_nic(c)->masked = true;
	dev_write(c, IMC, CAUSES);
}

static void e1000_unmask(struct controller *c)
{
	intel_nic(c)->masked = false;
	dev_write(c, IMS, intel_nic(c)->causes);
}

const struct exerciser e1000_exerciser = {
	.model = "e1000",
	.class = "NIC",
	.source = "Intel 317453 (8254x SDM) 13.4, 13.6, 14",
	.bar = 0,
	.length = INTEL_NIC_LENGTH,
	.memory = INTEL_NIC_MEMORY,
	.device_ns = INTEL_NIC_DEVICE_NS,
	.probe = e1000_probe,
	.reset = e1000_reset,
	.start = e1000_start,
	.trigger = e1000_trigger,
	.pending = e1000_pending,
	.ack = e1000_ack,
	.mask = e1000_mask,
	.unmask = e1000_unmask,
	.quiet = e1000_quiet,
	.work = intel_nic_send,
	.finish = intel_nic_finish,
};
