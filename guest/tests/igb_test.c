// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel 82576 datasheet, chapters 7 and 8: line and MSI by ICR; MSI-X by EICR, with GPIE saying
 * so and IVAR the vector of a queue. Queues must be enabled before they take descriptors. ICR
 * is cleared by reading when no cause is permitted or a permitted one is up; EICR by reading
 * where @eicr_read_clears; both by writing ones.
 */
#include "guest/tests/intel_model.h"

enum {
	ICR = 0x1500,
	ICS = 0x1504,
	IMS = 0x1508,
	IMC = 0x150c,
	GPIE = 0x1514,
	EICS = 0x1520,
	EIMS = 0x1524,
	EIMC = 0x1528,
	EIAC = 0x152c,
	EICR = 0x1580,
	IVAR0 = 0x1700,
	SRRCTL = 0x280c,
	RXDCTL = 0x2828,
	TXDCTL = 0x3828
};

#define RXDW	 (1u << 7)
#define TXDW	 (1u << 0)
#define ASSERTED (1u << 31)
#define ENABLE	 (1u << 25)

#define QUEUE_TIME 5000ull /* ns that enabling a queue takes */

/**
 * struct extended - what the other two have not
 * @kind: as the owner has set up configuration space
 * @cause: EICR; @mask: EIMS
 * @sent: messages by vector
 * @noted: permitted causes for which one was sent
 * @rx_at: when the receive queue is enabled; @tx_at: the other
 * @eicr_read_clears: see above
 */
static struct extended {
	enum irq_kind kind;
	uint32_t cause, mask, noted;
	unsigned int sent[32];
	uint64_t rx_at, tx_at;
	bool eicr_read_clears;
} ext;

static const char *const nic_dead = "STATUS";

static bool nic_line(struct rig *r)
{
	(void)r;
	return ext.kind == IRQ_INTX && chip.cause & chip.mask;
}

static void update(void)
{
	uint32_t up = ext.kind == IRQ_MSIX ? ext.cause & ext.mask : chip.cause & chip.mask;
	uint32_t causes = up & ~ext.noted;

	for (unsigned int v = 0; ext.kind == IRQ_MSIX && v < 25; v++)
		ext.sent[v] += causes >> v & 1;
	if (ext.kind == IRQ_MSI && up && !ext.noted)
		ext.sent[0]++;
	ext.noted = up;
	if (ext.kind == IRQ_MSIX)
		ext.cause &= ~(causes & REG(EIAC));
}

static void model_reset(void)
{
	intel_power_on(true);
	ext.cause = ext.mask = 0;
	ext.rx_at = ext.tx_at = 0;
}

static bool model_loops(struct rig *r)
{
	(void)r;
	return (REG(RCTL) & 0xc0) == 0x40 && (REG(CTRL) & 0x1b61) == 0x1a41;
}

/* A queue's cause goes to EICR by its byte of IVAR0, and to ICR. */
static void queue_cause(uint32_t icr, unsigned int byte)
{
	uint32_t entry = REG(IVAR0) >> 8 * byte & 0xff;

	chip.cause |= icr;
	if (entry & 0x80)
		ext.cause |= 1u << (entry & 0x1f);
	update();
}

static void model_received(struct rig *r)
{
	/* Advanced descriptors with one buffer, of 2 KiB. */
	r->stray += REG(SRRCTL) != (1u << 25 | 2);
	queue_cause(RXDW, 0);
}

static void model_sent(struct rig *r)
{
	(void)r;
	queue_cause(TXDW, 1);
}

static void step(struct rig *r)
{
	if (ext.rx_at && r->now >= ext.rx_at)
		REG(RXDCTL) |= ENABLE;
	if (ext.tx_at && r->now >= ext.tx_at)
		REG(TXDCTL) |= ENABLE;
	intel_step(r);
	if (faults.storm)
		chip.cause |= RXDW;
	update();
}

static uint32_t read_icr(void)
{
	uint32_t cause = chip.cause | (chip.cause & chip.mask ? ASSERTED : 0);

	if (!chip.mask || cause & ASSERTED)
		chip.cause = 0;
	return cause;
}

static uint32_t read_eicr(void)
{
	uint32_t cause = ext.cause;

	if (ext.eicr_read_clears)
		ext.cause = 0;
	return cause;
}

static uint32_t read(struct rig *r, uint32_t offset, uint8_t width)
{
	uint32_t value;

	r->stray += width != 4;
	if (offset == ICR)
		value = read_icr();
	else if (offset == EICR)
		value = read_eicr();
	else
		return intel_read(r, offset);
	step(r);
	return value;
}

/* With MSI-X the bits are the vectors'. */
static void write_extended(struct rig *r, uint32_t offset, uint32_t value)
{
	r->stray += offset == EIMS && !(REG(GPIE) & 1u << 4);
	if (offset == EICR)
		ext.cause &= ~value;
	else if (offset == EICS)
		ext.cause |= value & 0x1ffffff;
	else if (offset == EIMS)
		ext.mask |= value;
	else
		ext.mask &= ~value;
}

static void write_plain(struct rig *r, uint32_t offset, uint32_t value)
{
	/* The reset must not come while the device may still be a master. */
	r->stray += offset == CTRL && value & 1u << 26 && REG(STATUS) & 1u << 19;
	/* A tail that is written while the queue is disabled is lost. */
	if ((offset == RDT && !(REG(RXDCTL) & ENABLE)) ||
	    (offset == TDT && !(REG(TXDCTL) & ENABLE)))
		return;
	if (offset == RXDCTL && value & ENABLE)
		ext.rx_at = r->now + QUEUE_TIME;
	else if (offset == TXDCTL && value & ENABLE)
		ext.tx_at = r->now + QUEUE_TIME;
	else
		intel_write(r, offset, value);
}

static void write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	r->stray += width != 4;
	if (offset == ICR)
		chip.cause &= ~value;
	else if (offset == ICS)
		chip.cause |= value;
	else if (offset == IMS)
		chip.mask |= value;
	else if (offset == IMC)
		chip.mask &= ~value;
	else if (offset == EICR || offset == EICS || offset == EIMS || offset == EIMC)
		write_extended(r, offset, value);
	else
		write_plain(r, offset, value);
	step(r);
}

static void nic_up(struct rig *r)
{
	rig_up(r, &igb_exerciser);
	intel_power_on(true);
	ext = (struct extended){ .kind = IRQ_INTX };
	r->read = read;
	r->write = write;
	r->step = step;
}

static void nic_leave_running(struct rig *r)
{
	(void)r;
	intel_leave_running();
	REG(RXDCTL) = REG(TXDCTL) = ENABLE;
	REG(GPIE) = 0xc0000011;
	REG(EIAC) = 0xf;
	REG(IVAR0) = 0x8180;
	ext.mask = ext.cause = 0xf;
	chip.mask = 0x9d;
	chip.cause = 0x95;
}

static void begun_with(struct rig *r, enum irq_kind kind, unsigned int vectors)
{
	fresh(r);
	ext.kind = kind;
	EXPECT_EQ(exerciser_begin(&r->c, kind, vectors), DEV_OK);
	for (unsigned int i = 0; i < 32; i++)
		EXPECT_EQ(ext.sent[i], 0);
}

static void expect_message(struct rig *r, unsigned int vector)
{
	for (unsigned int i = 0; i < 50 && !ext.sent[vector]; i++)
		rig_sleep(r, DEV_PAUSE);
	EXPECT_TRUE(exerciser_service(&r->c) != 0);
	rig_sleep(r, DEV_PAUSE);
	for (unsigned int i = 0; i < 32; i++)
		EXPECT_EQ(ext.sent[i], i == vector);
	ext.sent[vector] = 0;
	EXPECT_EQ(exerciser_service(&r->c), 0);
}

static void one_message(struct rig *r, unsigned int vector, bool works)
{
	EXPECT_EQ(works ? r->c.ops->work(&r->c) : r->c.ops->trigger(&r->c, vector), DEV_OK);
	expect_message(r, vector);
	if (works)
		EXPECT_EQ(r->c.ops->finish(&r->c), DEV_OK);
}

TEST(vectors)
{
	struct rig r;

	fresh(&r);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSI), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSIX), 25);
	over(&r);
}

TEST(msi_rounds)
{
	struct rig r;

	begun_with(&r, IRQ_MSI, 1);
	for (unsigned int i = 0; i < ROUNDS; i++)
		one_message(&r, 0, i & 1);
	over(&r);
}

TEST(msix_rounds)
{
	struct rig r;

	for (unsigned int clears = 0; clears < 2; clears++) {
		begun_with(&r, IRQ_MSIX, 25);
		ext.eicr_read_clears = clears;
		for (unsigned int i = 0; i < ROUNDS; i++)
			one_message(&r, i % 25, i % 25 == 0);
		EXPECT_EQ(r.c.ops->trigger(&r.c, 25), DEV_NONE);
		over(&r);
	}
}

TEST(msix_with_three_vectors)
{
	struct rig r;

	begun_with(&r, IRQ_MSIX, 3);
	for (unsigned int i = 0; i < 99; i++)
		one_message(&r, i % 3, i % 3 == 0);
	EXPECT_EQ(ext.mask, 7);
	over(&r);
}

TEST(msix_masked)
{
	struct rig r;

	begun_with(&r, IRQ_MSIX, 25);
	for (unsigned int v = 0; v < 25; v++) {
		r.c.ops->mask(&r.c);
		EXPECT_EQ(r.c.ops->trigger(&r.c, v), DEV_OK);
		rig_sleep(&r, DEV_PAUSE);
		EXPECT_EQ(ext.sent[v], 0);
		EXPECT_EQ(exerciser_service(&r.c), 0);
		r.c.ops->unmask(&r.c);
		expect_message(&r, v);
	}
	r.c.ops->quiet(&r.c);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 7), DEV_OK);
	rig_sleep(&r, DEV_PAUSE);
	EXPECT_EQ(ext.sent[7], 0);
	over(&r);
}
