// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel 82574 datasheet, 7.4 and 10.2.4: ICR is cleared by writing ones, and by reading when no
 * cause is permitted. With MSI-X, IVAR has a vector for each of five causes; a transmit
 * descriptor that is written back is one of them. A message is sent when a permitted cause
 * comes up.
 */
#include "guest/tests/intel_model.h"

enum { ICR = 0xc0, ICS = 0xc8, IMS = 0xd0, IMC = 0xd8, EIAC = 0xdc, IVAR = 0xe4, TXDCTL = 0x3828 };

#define RXT0	 (1u << 7)
#define TXDW	 (1u << 0)
#define TXQE	 (1u << 1)
#define RXQ0	 (1u << 20)
#define TXQ0	 (1u << 22)
#define ASSERTED (1u << 31)
#define IAME	 (1u << 27) /* of CTRL_EXT */

/**
 * struct messages - what was sent
 * @kind: as the owner has set up configuration space
 * @sent: messages by vector
 * @noted: permitted causes for which one was sent
 */
static struct messages {
	enum irq_kind kind;
	unsigned int sent[8];
	uint32_t noted;
} messages;

static const char *const nic_dead = "STATUS";

static bool nic_line(struct rig *r)
{
	(void)r;
	return chip.cause & chip.mask;
}

static void send_msix(uint32_t causes)
{
	for (unsigned int i = 0; i < 5; i++) {
		uint32_t entry = REG(IVAR) >> 4 * i & 0xf;

		if (causes & RXQ0 << i && entry & 8)
			messages.sent[entry & 7]++;
	}
	chip.cause &= ~(causes & REG(EIAC));
}

static void update(void)
{
	uint32_t up = chip.cause & chip.mask, causes = up & ~messages.noted;

	if (messages.kind == IRQ_MSIX)
		send_msix(causes);
	else if (messages.kind == IRQ_MSI && up && !messages.noted)
		messages.sent[0]++;
	messages.noted = chip.cause & chip.mask;
}

static void model_reset(void)
{
	intel_power_on(false);
	REG(CTRL_EXT) = 0x01580000; /* EIAME may have been set, by the NVM */
}

/* MAC loopback at 1000 Mb/s, full duplex, link forced, nothing negotiated. */
static bool model_loops(struct rig *r)
{
	(void)r;
	return (REG(RCTL) & 0xc0) == 0x40 && (REG(CTRL) & 0x1b61) == 0x1a41 &&
	       REG(TXDCTL) & 1u << 22;
}

static void model_received(struct rig *r)
{
	(void)r;
	chip.cause |= messages.kind == IRQ_MSIX ? RXQ0 : RXT0;
	update();
}

static void model_sent(struct rig *r)
{
	(void)r;
	chip.cause |= TXQE | (messages.kind == IRQ_MSIX ? TXQ0 : TXDW);
	update();
}

static void step(struct rig *r)
{
	intel_step(r);
	if (faults.storm)
		chip.cause |= RXT0;
	update();
}

static uint32_t read_icr(void)
{
	uint32_t cause = chip.cause | (chip.cause & chip.mask ? ASSERTED : 0);

	if (!chip.mask || (cause & ASSERTED && REG(CTRL_EXT) & IAME))
		chip.cause = 0;
	return cause;
}

static uint32_t read(struct rig *r, uint32_t offset, uint8_t width)
{
	uint32_t value;

	r->stray += width != 4;
	if (offset != ICR)
		return intel_read(r, offset);
	value = read_icr();
	step(r);
	return value;
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
	else {
		/* The reset must not come while the device may still be a master. */
		r->stray += offset == CTRL && value & 1u << 26 && REG(STATUS) & 1u << 19;
		intel_write(r, offset, value);
	}
	step(r);
}

static void nic_up(struct rig *r)
{
	rig_up(r, &e1000e_exerciser);
	intel_power_on(false);
	messages = (struct messages){ .kind = IRQ_INTX };
	r->read = read;
	r->write = write;
	r->step = step;
}

static void nic_leave_running(struct rig *r)
{
	(void)r;
	intel_leave_running();
	REG(CTRL_EXT) = IAME;
	REG(EIAC) = 0x1f00000;
	REG(IVAR) = 0x80000000;
	chip.mask = 0x01f0009d;
	chip.cause = 0x00100095;
}

static void begun_with(struct rig *r, enum irq_kind kind, unsigned int vectors)
{
	fresh(r);
	messages.kind = kind;
	EXPECT_EQ(exerciser_begin(&r->c, kind, vectors), DEV_OK);
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ(messages.sent[i], 0);
}

/* Exactly one message, by @vector; then it is served. */
static void expect_message(struct rig *r, unsigned int vector)
{
	for (unsigned int i = 0; i < 50 && !messages.sent[vector]; i++)
		rig_sleep(r, DEV_PAUSE);
	EXPECT_TRUE(exerciser_service(&r->c) != 0);
	rig_sleep(r, DEV_PAUSE);
	for (unsigned int i = 0; i < 8; i++)
		EXPECT_EQ(messages.sent[i], i == vector);
	messages.sent[vector] = 0;
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
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_INTX), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSI), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSIX), 5);
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

	begun_with(&r, IRQ_MSIX, 5);
	for (unsigned int i = 0; i < ROUNDS; i++)
		one_message(&r, i % 5, i % 5 == 0);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 5), DEV_NONE);
	over(&r);
}

/* Messages that the owner has not enabled have no cause. */
TEST(msix_with_two_vectors)
{
	struct rig r;

	begun_with(&r, IRQ_MSIX, 2);
	for (unsigned int i = 0; i < 100; i++)
		one_message(&r, i & 1, !(i & 1));
	EXPECT_EQ(REG(IVAR), 0x98);
	EXPECT_EQ(chip.mask, 3 * RXQ0);
	over(&r);
}

TEST(msix_masked)
{
	struct rig r;

	begun_with(&r, IRQ_MSIX, 5);
	for (unsigned int v = 0; v < 5; v++) {
		r.c.ops->mask(&r.c);
		EXPECT_EQ(r.c.ops->trigger(&r.c, v), DEV_OK);
		rig_sleep(&r, DEV_PAUSE);
		EXPECT_EQ(messages.sent[v], 0);
		EXPECT_EQ(exerciser_service(&r.c), 0);
		r.c.ops->unmask(&r.c);
		expect_message(&r, v);
	}
	r.c.ops->quiet(&r.c);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 3), DEV_OK);
	rig_sleep(&r, DEV_PAUSE);
	EXPECT_EQ(messages.sent[3], 0);
	over(&r);
}

/* The device would hold the second back. */
TEST(msix_not_too_soon)
{
	uint64_t first;
	struct rig r;

	begun_with(&r, IRQ_MSIX, 5);
	one_message(&r, 0, true);
	first = r.now;
	one_message(&r, 1, false);
	EXPECT_TRUE(r.now - first < 128000);
	one_message(&r, 0, true);
	EXPECT_TRUE(r.now - first >= 100000);
	over(&r);
}
