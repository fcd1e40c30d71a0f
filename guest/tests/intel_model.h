/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model of what 82540EM, 82574L and 82576 have in common, from their documents: registers,
 * software reset, rings, address filter. The including file has the interrupts and what closes
 * the loop. After CTRL.RST no register may be touched for a microsecond.
 */
#ifndef LIFELINE_TESTS_INTEL_MODEL_H
#define LIFELINE_TESTS_INTEL_MODEL_H

#include "guest/tests/nic.h"

#define FRAME_TIME 4000ull   /* ns from transmit to reception */
#define RESET_TIME 3000ull   /* until CTRL.RST is 0 again */
#define NVM_TIME   100000ull /* until EECD.AUTO_RD is 1 again */

enum {
	CTRL = 0x0,
	STATUS = 0x8,
	EECD = 0x10,
	CTRL_EXT = 0x18,
	MDIC = 0x20,
	RCTL = 0x100,
	TCTL = 0x400,
	RDBAL = 0x2800,
	RDLEN = 0x2808,
	RDH = 0x2810,
	RDT = 0x2818,
	TDBAL = 0x3800,
	TDLEN = 0x3808,
	TDH = 0x3810,
	TDT = 0x3818,
	RAL0 = 0x5400,
	RAH0 = 0x5404
};

/**
 * struct intel - the model's state
 * @reg: registers by offset
 * @cause: ICR; @mask: IMS
 * @reset_at: when CTRL.RST was written last, 0: never
 * @advanced: descriptors are advanced ones
 * @keeps_receiver: the reset leaves RCTL alone, as QEMU's does
 * @due: when the frame on the wire comes back, 0: none is
 * @frame: that frame
 * @length: its bytes
 */
static struct intel {
	uint32_t reg[0x6000 / 4];
	uint32_t cause, mask;
	uint64_t reset_at;
	bool advanced, keeps_receiver;
	uint64_t due;
	uint8_t frame[2048];
	uint32_t length;
} chip;

#define REG(offset) chip.reg[(offset) / 4]

/** model_reset() - the MAC is reset; the PHY is not */
static void model_reset(void);
/** model_loops() - does what is transmitted come back? */
static bool model_loops(struct rig *r);
/** model_received() - a frame is in its buffer */
static void model_received(struct rig *r);
/** model_sent() - a transmit descriptor was written back */
static void model_sent(struct rig *r);

static void intel_power_on(bool advanced)
{
	chip = (struct intel){ .advanced = advanced };
	REG(CTRL) = 0x00000201;
	REG(STATUS) = 1u << 19;
	REG(EECD) = 1u << 9;
	REG(RAL0) = 0x12005452;
	REG(RAH0) = 0x80005634;
}

/* What the filter lets through goes into the buffer of the next descriptor, if there is one. */
static void intel_receive(struct rig *r)
{
	uint32_t high = REG(RAH0), length = chip.length - faults.cut;
	uint32_t *d = rig_at(r, REG(RDBAL) + 16ull * REG(RDH), 16);
	uint8_t *buffer;

	if (!(REG(RCTL) & 2) || memcmp(chip.frame, &REG(RAL0), 4) ||
	    memcmp(chip.frame + 4, &high, 2) || !(high >> 31))
		return;
	if (REG(RDH) == REG(RDT)) {
		chip.cause |= 1u << 6;
		return;
	}
	buffer = d ? rig_at(r, d[0], 2048) : NULL;
	if (!buffer || d[1])
		return;
	r->stray += !(REG(RCTL) & 1u << 26); /* no room for the check sequence is kept */
	if (!faults.withhold)
		memcpy(buffer, chip.frame, length);
	if (faults.corrupt >= 0)
		buffer[faults.corrupt] ^= 1;
	d[2] = chip.advanced ? 3 : length | 0x5a5a0000;
	d[3] = chip.advanced ? length : 3;
	REG(RDH) = (REG(RDH) + 1) % (REG(RDLEN) / 16);
	model_received(r);
}

static void check_descriptor(struct rig *r, const uint32_t *d)
{
	r->stray += !(d[2] & 1u << 25) || !(d[2] & 1u << 24); /* IFCS, EOP */
	r->stray += chip.advanced != !!(d[2] & 1u << 29);
	r->stray += chip.advanced && ((d[2] >> 20 & 0xf) != 3 || d[3] >> 14 != (d[2] & 0xffff));
	r->stray += (d[2] & 0xffff) < 60 || (d[2] & 0xffff) > 1514;
}

static void intel_transmit(struct rig *r)
{
	uint32_t *d = rig_at(r, REG(TDBAL) + 16ull * REG(TDH), 16);
	uint8_t *from = d ? rig_at(r, d[0], d[2] & 0xffff) : NULL;

	REG(TDH) = (REG(TDH) + 1) % (REG(TDLEN) / 16);
	if (!from)
		return;
	check_descriptor(r, d);
	chip.length = d[2] & 0xffff;
	memcpy(chip.frame, from, chip.length);
	chip.due = r->now + FRAME_TIME;
	if (d[2] & 1u << 27) {
		d[3] |= 1;
		model_sent(r);
	}
}

static void intel_step(struct rig *r)
{
	if (chip.due && r->now >= chip.due) {
		chip.due = 0;
		if (model_loops(r) && !faults.lose)
			intel_receive(r);
	}
	if (!chip.due && REG(TCTL) & 2 && REG(TDH) != REG(TDT))
		intel_transmit(r);
	if (r->now >= chip.reset_at + NVM_TIME)
		REG(EECD) |= 1u << 9;
	if (r->now >= chip.reset_at + RESET_TIME)
		REG(CTRL) &= ~(1u << 26);
	if (REG(CTRL) & 4)
		REG(STATUS) &= ~(1u << 19);
	else
		REG(STATUS) |= 1u << 19;
}

static bool too_soon(const struct rig *r)
{
	/* The write itself has taken its time, too. */
	return chip.reset_at && r->now < chip.reset_at + 2 * RIG_ACCESS + 1000;
}

static uint32_t intel_read(struct rig *r, uint32_t offset)
{
	r->stray += too_soon(r);
	return REG(offset);
}

/* Heads, tails and lengths may be written while their unit is off alone. */
static void intel_write(struct rig *r, uint32_t offset, uint32_t value)
{
	bool receives = REG(RCTL) & 2, transmits = REG(TCTL) & 2;

	r->stray += too_soon(r);
	r->stray += receives && !chip.keeps_receiver && offset >= RDBAL && offset <= RDH;
	r->stray += transmits && offset >= TDBAL && offset <= TDH;
	r->stray += (offset == RDLEN || offset == TDLEN) && value % 128;
	r->stray += (offset == RDBAL || offset == TDBAL) && value % 128;
	if (offset == STATUS || offset == EECD)
		return;
	if (offset == CTRL && value & 1u << 26) {
		model_reset();
		chip.reset_at = r->now;
		REG(EECD) &= ~(1u << 9);
		REG(CTRL) |= 1u << 26;
		return;
	}
	REG(offset) = value;
}

/* Somebody's rings are anywhere, and both units are on. */
static void intel_leave_running(void)
{
	REG(RDBAL) = REG(TDBAL) = RIG_BUS;
	REG(RDLEN) = REG(TDLEN) = 256;
	REG(RDT) = 7;
	REG(RDH) = 3;
	REG(TDH) = REG(TDT) = 5;
	REG(RCTL) = 0x8002;
	REG(TCTL) = 0x4010a;
}

#endif
