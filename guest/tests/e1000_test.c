// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel 317453 (8254x), the 82540EM: ICR is cleared by reading it. The internal PHY has a reset
 * of its own; its loopback needs the speeds of both sides to be the same and, with no cable, a
 * link that is forced, which works at 100 Mb/s and below.
 */
#include "guest/tests/intel_model.h"

#define MDIO_TIME 64000ull  /* ns that an access to the PHY takes */
#define PHY_TIME  300000ull /* that its reset takes */

/**
 * struct phy - the PHY
 * @reg: its registers
 * @ready: when MDIC is done
 * @reset: when its reset is done
 * @forced: the link is forced, as the last reset has taken it over
 * @stuck: its reset never ends
 */
static struct phy {
	uint16_t reg[32];
	uint64_t ready, reset;
	bool forced, stuck;
} phy;

/* When RCTL was written last: with keeps_receiver nothing is received for a second. */
static uint64_t rctl_written;

static const char *const nic_dead = "MDIC";

static void phy_power_on(void)
{
	phy = (struct phy){ 0 };
	phy.reg[0] = 0x1140;
	phy.reg[16] = 0x0360;
}

static void model_reset(void)
{
	struct intel before = chip;

	intel_power_on(false);
	chip.keeps_receiver = before.keeps_receiver;
	if (chip.keeps_receiver)
		REG(RCTL) = before.reg[RCTL / 4];
}

static bool nic_line(struct rig *r)
{
	(void)r;
	return chip.cause & chip.mask;
}

static bool phy_resets(const struct rig *r)
{
	return r->now < phy.reset;
}

/* 100 Mb/s: bit 13 of the PHY's, 01b of the MAC's; full duplex: bits 8 and 0. */
static bool model_loops(struct rig *r)
{
	uint32_t ctrl = REG(CTRL);

	if (chip.keeps_receiver && r->now < rctl_written + 1000000000)
		return false;
	return (phy.reg[0] & 0x7140) == 0x6100 && phy.forced && !phy_resets(r) &&
	       (ctrl & 0x1b61) == 0x1941 && !(REG(RCTL) & 0xc0);
}

static void model_received(struct rig *r)
{
	(void)r;
	chip.cause |= 1u << 7;
}

static void model_sent(struct rig *r)
{
	(void)r;
	chip.cause |= 1;
}

static void phy_write(struct rig *r, uint32_t index, uint16_t value)
{
	r->stray += phy_resets(r);
	if (index == 0 && value & 0x8000) {
		phy.reset = phy.stuck ? ~0ull : r->now + PHY_TIME;
		phy.forced = phy.reg[16] >> 10 & 1;
	}
	phy.reg[index] = index ? value : value & 0x7fff;
}

static void mdic_write(struct rig *r, uint32_t value)
{
	uint32_t index = value >> 16 & 31;

	r->stray += r->now < phy.ready || (value >> 21 & 31) != 1 || value >> 28 & 3;
	REG(MDIC) = value & ~(1u << 28);
	if ((value >> 26 & 3) == 1)
		phy_write(r, index, (uint16_t)value);
	else
		REG(MDIC) = (value & 0xffff0000) | phy.reg[index] |
			    (!index && phy_resets(r) ? 0x8000 : 0);
	phy.ready = r->now + MDIO_TIME;
}

static void step(struct rig *r)
{
	intel_step(r);
	if (phy.ready && r->now >= phy.ready)
		REG(MDIC) |= 1u << 28;
	if (faults.storm)
		chip.cause |= 1u << 7;
}

static uint32_t read(struct rig *r, uint32_t offset, uint8_t width)
{
	uint32_t cause = chip.cause;

	r->stray += width != 4;
	if (offset != 0xc0)
		return intel_read(r, offset);
	chip.cause = 0;
	step(r);
	return cause;
}

static void write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	r->stray += width != 4;
	if (offset == RCTL)
		rctl_written = r->now;
	if (offset == 0xc0)
		chip.cause &= ~value;
	else if (offset == 0xc8)
		chip.cause |= value;
	else if (offset == 0xd0)
		chip.mask |= value;
	else if (offset == 0xd8)
		chip.mask &= ~value;
	else if (offset == MDIC)
		mdic_write(r, value);
	else
		intel_write(r, offset, value);
}

static void nic_up(struct rig *r)
{
	rig_up(r, &e1000_exerciser);
	intel_power_on(false);
	phy_power_on();
	r->read = read;
	r->write = write;
	r->step = step;
}

static void nic_leave_running(struct rig *r)
{
	(void)r;
	intel_leave_running();
	phy.reg[0] = 0x4140;
	chip.mask = 0x9d;
	chip.cause = 0x95;
}

/* A reset of the MAC leaves the PHY as it is: the loop must be opened again. */
TEST(loop_is_open_after_reset)
{
	struct rig r;

	begun(&r);
	work(&r);
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
	EXPECT_EQ(phy.reg[0], 0x1140);
	EXPECT_EQ(phy.reg[16], 0x0360);
	over(&r);
}

TEST(phy_never_resets)
{
	struct rig r;

	fresh(&r);
	phy.stuck = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "PHY CONTROL");
	over(&r);
}

/* A second each time would be too long: the receiver is not switched without need. */
TEST(receiver_that_takes_its_time)
{
	struct rig r;
	uint64_t before;

	fresh(&r);
	chip.keeps_receiver = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	EXPECT_TRUE(r.now >= 1000000000);
	for (unsigned int i = 0; i < 5; i++) {
		work(&r);
		before = r.now;
		EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
		EXPECT_TRUE(r.now < before + 100000000);
	}
	over(&r);
}

TEST(loop_never_closes)
{
	struct rig r;

	fresh(&r);
	faults.lose = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "RDESC.STATUS");
	EXPECT_TRUE(r.now < 10000000000ull);
	over(&r);
}

TEST(no_messages)
{
	struct rig r;

	fresh(&r);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSI), 0);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_MSIX, 5), DEV_NONE);
	over(&r);
}
