// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/exercisers.h"

#include "guest/dev/descriptor.h"
#include "guest/tests/xhci_model.h"

#define FIRMWARE_OWNS (1u << 16)

static void up(struct rig *r)
{
	rig_up(r, &xhci_exerciser);
	model = (struct model){ .device = 4, .speed = HIGH_SPEED, .runtime = RUNTIME };
	model.firmware = 1 | FIRMWARE_OWNS;
	model.smi = 0xe000e011;
	power_on(&model);
	r->model = &model;
	r->read = model_read;
	r->write = model_write;
	r->step = step;
}

static void begin_with(struct rig *r, enum irq_kind kind, unsigned int vectors)
{
	model.messages = kind != IRQ_INTX;
	EXPECT_EQ(exerciser_begin(&r->c, kind, vectors), DEV_OK);
	EXPECT_TRUE(!r->c.error.reg);
	EXPECT_TRUE(!line_is_high());
	EXPECT_EQ(exerciser_service(&r->c), 0);
}

static void begin(struct rig *r)
{
	up(r);
	begin_with(r, IRQ_INTX, 1);
}

static void down(struct rig *r)
{
	EXPECT_EQ(r->stray, 0);
	EXPECT_EQ(model.broken, 0);
	rig_down(r);
}

TEST(work_rounds)
{
	struct rig r;

	begin(&r);
	for (unsigned int i = 0; i < 1000; i++)
		work_round(&r);
	expect_peace(&r);
	EXPECT_EQ(model.status & EINT, 0);
	down(&r);
}

static void trigger_round(struct rig *r)
{
	EXPECT_EQ(r->c.ops->trigger(&r->c, 0), DEV_OK);
	expect_interrupt(r);
}

TEST(trigger_rounds)
{
	struct rig r;

	begin(&r);
	for (unsigned int i = 0; i < 1000; i++)
		trigger_round(&r);
	for (unsigned int i = 0; i < 100; i++) {
		work_round(&r);
		trigger_round(&r);
	}
	EXPECT_EQ(r.c.ops->trigger(&r.c, 1), DEV_NONE);
	down(&r);
}

static unsigned int count_messages(void)
{
	unsigned int sum = 0;

	for (unsigned int v = 0; v < INTERRUPTERS; v++)
		sum += model.v[v].messages;
	return sum;
}

static void expect_message(struct rig *r, unsigned int v)
{
	unsigned int sum = count_messages(), before = model.v[v].messages;

	EXPECT_EQ(r->c.ops->trigger(&r->c, v), DEV_OK);
	for (unsigned int i = 0; i < 100; i++)
		rig_sleep(r, DEV_PAUSE);
	EXPECT_EQ(model.v[v].messages, before + 1);
	EXPECT_EQ(count_messages(), sum + 1);
	EXPECT_EQ(exerciser_service(&r->c), 1u << v);
	EXPECT_EQ(exerciser_service(&r->c), 0);
}

TEST(every_vector)
{
	struct rig r;

	up(&r);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_INTX), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSI), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSIX), INTERRUPTERS);
	begin_with(&r, IRQ_MSIX, INTERRUPTERS);
	for (unsigned int i = 0; i < 100 * INTERRUPTERS; i++)
		expect_message(&r, i * 7 % INTERRUPTERS);
	EXPECT_EQ(r.c.ops->trigger(&r.c, INTERRUPTERS), DEV_NONE);
	down(&r);

	up(&r);
	begin_with(&r, IRQ_MSIX, 3);
	expect_message(&r, 2);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 3), DEV_NONE);
	down(&r);

	up(&r);
	begin_with(&r, IRQ_MSI, 1);
	for (unsigned int i = 0; i < 100; i++)
		expect_message(&r, 0);
	down(&r);
}

TEST(messages_wait_while_masked)
{
	struct rig r;

	up(&r);
	begin_with(&r, IRQ_MSIX, INTERRUPTERS);
	for (unsigned int v = 0; v < INTERRUPTERS; v++) {
		r.c.ops->mask(&r.c);
		EXPECT_EQ(r.c.ops->trigger(&r.c, v), DEV_OK);
		expect_peace(&r);
		EXPECT_EQ(count_messages(), v);
		r.c.ops->unmask(&r.c);
		EXPECT_EQ(model.v[v].messages, 1);
		EXPECT_EQ(count_messages(), v + 1);
		EXPECT_EQ(exerciser_service(&r.c), 1u << v);
	}
	down(&r);
}

TEST(other_controllers)
{
	struct rig r;

	up(&r);
	model.wide = model.gossips = true;
	model.scratchpads = 6;
	begin_with(&r, IRQ_INTX, 1);
	work_round(&r);
	down(&r);

	up(&r);
	model.device = 1;
	model.speed = FULL_SPEED;
	begin_with(&r, IRQ_INTX, 1);
	EXPECT_EQ(model.packet, 64);
	work_round(&r);
	down(&r);

	up(&r);
	model.scratchpads = 7;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_NONE);
	EXPECT_STR(r.c.error.reg, "HCSPARAMS2");
	down(&r);

	up(&r);
	model.runtime = 0x3000;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, "RTSOFF");
	down(&r);
}

TEST(firmware)
{
	struct rig r;

	begin(&r);
	EXPECT_EQ(model.firmware >> 16, 1u << 8);
	EXPECT_EQ(model.smi, 0);
	down(&r);

	up(&r);
	model.stubborn = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "USBLEGSUP");
	down(&r);
}

TEST(never_answers)
{
	struct rig r;

	up(&r);
	r.dead = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "USBLEGSUP");
	down(&r);

	up(&r);
	model.firmware = 1;
	r.dead = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "USBSTS");
	down(&r);

	up(&r);
	model.silent = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "Transfer Event");
	down(&r);
}

TEST(removed)
{
	struct rig r;

	up(&r);
	r.removed = true;
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSIX), 0);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_GONE);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	r.c.ops->quiet(&r.c);
	irq_quiet(descriptor_find("xhci"), &r.c.io);
	down(&r);

	begin(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	r.removed = true;
	EXPECT_EQ(exerciser_service(&r.c), 0);
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_WRONG);
	dev_clear_error(&r.c);
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_GONE);
	r.c.ops->quiet(&r.c);
	down(&r);
}

TEST(pulled_out_meanwhile)
{
	bool pulled = true;
	struct rig r;

	for (unsigned int at = 1; pulled; at += at < 100 ? 1 : 101) {
		up(&r);
		CONTEXT("after %u", at);
		pulled = expect_end_if_pulled(&r, at);
		down(&r);
	}
}

TEST(no_device)
{
	struct rig r;

	up(&r);
	model.device = PORTS + 1;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "PORTSC");
	down(&r);
}

TEST(storms)
{
	struct rig r;

	up(&r);
	model.storms = true;
	exerciser_begin(&r.c, IRQ_INTX, 1);
	for (unsigned int i = 0; i < 100; i++)
		exerciser_service(&r.c);
	r.c.ops->quiet(&r.c);
	EXPECT_TRUE(!line_is_high());
	model.storms = false;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	work_round(&r);
	down(&r);
}

TEST(wrong_data)
{
	struct rig r;

	begin(&r);
	for (unsigned int byte = 1; byte <= sizeof(descriptor); byte++) {
		model.corrupt = byte;
		EXPECT_EQ(work_that_fails(&r), DEV_WRONG);
		model.corrupt = 0;
		dev_clear_error(&r.c);
		work_round(&r);
	}
	for (unsigned int length = 1; length < sizeof(descriptor); length++) {
		model.shortened = length;
		EXPECT_EQ(work_that_fails(&r), DEV_WRONG);
		dev_clear_error(&r.c);
	}
	down(&r);
}

TEST(transfer_fails)
{
	struct rig r;

	begin(&r);
	model.code = 4; /* USB Transaction Error */
	EXPECT_EQ(work_that_fails(&r), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, "Transfer Event");
	EXPECT_EQ(r.c.error.seen >> 24, 4);
	model.code = 0;
	work_round(&r);
	down(&r);
}

TEST(work_never_ends)
{
	struct rig r;

	begin(&r);
	model.silent = true;
	EXPECT_EQ(work_that_fails(&r), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, "Transfer Event");
	EXPECT_EQ(r.c.error.seen, 0);
	down(&r);
}

/* A driver has died with its work under way. */
TEST(reset_while_running)
{
	struct rig r;

	begin(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(await_line(&r));
	memset(r.c.state, 0, sizeof(r.c.state));
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
	EXPECT_TRUE(!line_is_high());
	EXPECT_TRUE(model.status & HCH);
	EXPECT_EQ(model.v[0].iman, 0);
	memset(r.memory, 0xa5, r.c.io.memory.size);
	begin_with(&r, IRQ_INTX, 1);
	work_round(&r);
	down(&r);
}

TEST(mask)
{
	struct rig r;

	begin(&r);
	r.c.ops->mask(&r.c);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	expect_peace(&r);
	r.c.ops->unmask(&r.c);
	expect_interrupt(&r);
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
	down(&r);
}

TEST(quiet)
{
	struct rig r;

	begin(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(await_line(&r));
	r.c.ops->quiet(&r.c);
	EXPECT_TRUE(!line_is_high());
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	expect_peace(&r);
	begin_with(&r, IRQ_INTX, 1);
	work_round(&r);
	down(&r);
}

TEST(row)
{
	const struct irq_descriptor *row = descriptor_find("xhci");
	struct rig r;

	begin(&r);
	EXPECT_EQ(irq_service(row, &r.c.io), 0);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(await_line(&r));
	EXPECT_EQ(irq_service(row, &r.c.io), EINT);
	irq_quiet(row, &r.c.io);
	EXPECT_TRUE(!line_is_high());
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(!await_line(&r));
	irq_enable(row, &r.c.io);
	EXPECT_TRUE(line_is_high());
	down(&r);
}
