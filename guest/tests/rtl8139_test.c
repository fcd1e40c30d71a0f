// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTL8139C(L), datasheet chapter 6: four transmit descriptors in registers, one receive ring of
 * 8 KiB + 16, the timer. Writing 1 clears in ISR, as the chips do; the document says that
 * reading clears, and @read_clears has it so.
 */
#include "guest/tests/nic.h"

#define FRAME_TIME 25000ull /* ns from transmit to reception */

/**
 * struct chip - the model's state
 * @reg: registers, byte by byte
 * @idr: station address
 * @sent: descriptor that is being transmitted, -1: none
 * @next: descriptor whose turn it is
 * @due: when its frame comes back
 * @reset_until: CR.RST reads as 1 until then
 * @timer_zero: when TCTR was 0
 * @timer_done: TimerInt has matched since
 * @read_clears: ISR is cleared by reading and no write does anything
 */
static struct chip {
	uint32_t tsd[4], tsad[4], rbstart, tcr, rcr, timerint;
	uint16_t capr, cbr, imr, isr;
	uint8_t cr, idr[6];
	int sent, next;
	uint64_t due, reset_until, timer_zero;
	bool timer_done, read_clears;
} chip;

static const char *const nic_dead = "CR";

static void power_on(void)
{
	chip = (struct chip){ .sent = -1,
			      .capr = 0xfff0,
			      .tcr = 0x74000000,
			      .tsd = { 0x2000, 0x2000, 0x2000, 0x2000 },
			      .idr = { 0x00, 0xe0, 0x4c, 0x12, 0x34, 0x56 },
			      .read_clears = chip.read_clears };
}

static bool nic_line(struct rig *r)
{
	(void)r;
	return chip.isr & chip.imr;
}

/* Four bytes of header, the frame, the check sequence; the next begins at a multiple of four. */
static void receive(struct rig *r, const uint8_t *frame, uint32_t length)
{
	uint32_t whole = 4 + length + 4;
	uint32_t room = (chip.capr + 16u - chip.cbr - 1) % 0x2000 + 1;
	uint8_t *at = rig_at(r, chip.rbstart + chip.cbr, whole);

	if (memcmp(frame, chip.idr, 6) || !(chip.rcr & 2) || !at)
		return;
	if (whole >= room) {
		chip.isr |= 0x10;
		return;
	}
	r->stray += !(chip.rcr & 0x80) && chip.cbr + whole > 0x2000;
	r->stray += (chip.rcr >> 11 & 3) != 0;
	at[0] = 0x01;
	at[1] = 0x40; /* physical address matched */
	at[2] = (uint8_t)(length + 4);
	at[3] = (uint8_t)((length + 4) >> 8);
	if (!faults.withhold)
		memcpy(at + 4, frame, length);
	if (faults.corrupt >= 0)
		at[4 + faults.corrupt] ^= 0x20;
	memset(at + 4 + length, 0xcc, 4);
	chip.cbr = (uint16_t)((chip.cbr + whole + 3) & ~3u) % 0x2000;
	chip.isr |= 1;
}

static void transmit(struct rig *r)
{
	uint32_t length = chip.tsd[chip.sent] & 0x1fff;
	uint8_t *from = rig_at(r, chip.tsad[chip.sent], length);
	uint8_t frame[1600];

	r->stray += length < 60 || length > 1514;
	chip.tsd[chip.sent] |= 1u << 13 | 1u << 15;
	chip.isr |= 4;
	chip.sent = -1;
	if (!from || length > sizeof(frame))
		return;
	memcpy(frame, from, length);
	if ((chip.tcr >> 17 & 3) == 3 && chip.cr & 8 && !faults.lose)
		receive(r, frame, length - faults.cut);
}

static void chip_step(struct rig *r)
{
	if (chip.sent >= 0 && r->now >= chip.due)
		transmit(r);
	/* Every 30 ns the counter goes on. */
	if (chip.timerint && !chip.timer_done &&
	    r->now - chip.timer_zero >= chip.timerint * 30ull) {
		chip.timer_done = true;
		chip.isr |= 0x4000;
	}
	if (faults.storm)
		chip.isr |= 1;
}

static uint32_t isr_read(void)
{
	uint16_t seen = chip.isr;

	if (chip.read_clears)
		chip.isr = faults.storm;
	return seen;
}

static uint32_t chip_read(struct rig *r, uint32_t offset, uint8_t width)
{
	if (width == 1 && offset == 0x37)
		return chip.cr | (r->now < chip.reset_until ? 0x10 : 0) |
		       ((chip.capr + 16) % 0x2000 == chip.cbr);
	if (width == 2 && offset == 0x3a)
		return chip.cbr;
	if (width == 2 && offset == 0x3c)
		return chip.imr;
	if (width == 2 && offset == 0x3e)
		return isr_read();
	if (width == 4 && offset >= 0x10 && offset < 0x20)
		return chip.tsd[(offset - 0x10) / 4];
	if (width == 4 && offset == 0)
		return chip.idr[0] | chip.idr[1] << 8 | chip.idr[2] << 16 |
		       (uint32_t)chip.idr[3] << 24;
	if (width == 4 && offset == 4)
		return chip.idr[4] | chip.idr[5] << 8;
	if (width == 4 && offset == 0x40)
		return chip.tcr;
	r->stray++;
	return 0;
}

static void command(struct rig *r, uint8_t value)
{
	if (value & 0x10) {
		power_on();
		chip.reset_until = r->now + 10000;
		return;
	}
	r->stray += r->now < chip.reset_until;
	chip.cr = value & 0x0c;
}

static void send(struct rig *r, uint32_t n, uint32_t value)
{
	chip.tsd[n] = value & ~(1u << 15);
	if (value & 1u << 13)
		return;
	r->stray += !(chip.cr & 4) || chip.sent >= 0 || (int)n != chip.next;
	chip.sent = (int)n;
	chip.next = (int)(n + 1) % 4;
	chip.due = r->now + FRAME_TIME;
}

static void write_word(struct rig *r, uint32_t offset, uint32_t value)
{
	if (offset >= 0x10 && offset < 0x20)
		send(r, (offset - 0x10) / 4, value);
	else if (offset >= 0x20 && offset < 0x30)
		chip.tsad[(offset - 0x20) / 4] = value;
	else if (offset == 0x30)
		chip.rbstart = value;
	else if (offset == 0x40 && chip.cr & 4)
		chip.tcr = (chip.tcr & 0x7cc00000) | (value & ~0x7cc00000u);
	else if (offset == 0x44 && chip.cr & 8)
		chip.rcr = value;
	else if (offset == 0x48)
		chip.timer_zero = r->now, chip.timer_done = false;
	else if (offset == 0x54)
		chip.timerint = value;
	else
		r->stray++;
}

static void chip_write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	if (width == 1 && offset == 0x37)
		command(r, (uint8_t)value);
	else if (width == 2 && offset == 0x38)
		chip.capr = (uint16_t)value;
	else if (width == 2 && offset == 0x3c)
		chip.imr = (uint16_t)value;
	else if (width == 2 && offset == 0x3e)
		chip.isr &= (uint16_t)(chip.read_clears ? ~0u : ~value);
	else if (width == 4)
		write_word(r, offset, value);
	else
		r->stray++;
	if (faults.storm)
		chip.isr |= 1;
}

static void nic_up(struct rig *r)
{
	rig_up(r, &rtl8139_exerciser);
	power_on();
	chip.read_clears = false;
	r->read = chip_read;
	r->write = chip_write;
	r->step = chip_step;
}

static void nic_leave_running(struct rig *r)
{
	chip.cr = 0x0c;
	chip.rcr = 0x8f;
	chip.rbstart = RIG_BUS;
	chip.imr = 0xe07f;
	chip.isr = 0x4005;
	chip.timerint = 1000000;
	chip.timer_zero = r->now;
}

TEST(timer_must_not_come_again)
{
	struct rig r;

	begun(&r);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
	serve(&r);
	chip.timer_zero = r.now;
	chip.timer_done = false;
	EXPECT_TRUE(!comes(&r));
	over(&r);
}

TEST(reading_clears)
{
	struct rig r;

	fresh(&r);
	chip.read_clears = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	for (unsigned int i = 0; i < 100; i++) {
		work(&r);
		EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
		serve(&r);
	}
	over(&r);
}

TEST(another_chip)
{
	struct rig r;

	fresh(&r);
	chip.tcr = 0x60000000;
	EXPECT_TRUE(exerciser_begin(&r.c, IRQ_INTX, 1) != DEV_OK);
	EXPECT_STR(r.c.error.reg, "TCR");
	over(&r);
}

TEST(no_messages)
{
	struct rig r;

	fresh(&r);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSI), 0);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSIX), 0);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_MSI, 1), DEV_NONE);
	over(&r);
}
