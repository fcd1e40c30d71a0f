// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/exercisers.h"

#include "guest/dev/descriptor.h"
#include "guest/tests/ehci_model.h"

static void up(struct rig *r)
{
	rig_up(r, &ehci_exerciser);
	model = (struct model){ .device = 1 };
	power_on(&model);
	r->model = &model;
	r->read = model_read;
	r->write = model_write;
	r->step = step;
}

static void begin(struct rig *r)
{
	up(r);
	EXPECT_EQ(exerciser_begin(&r->c, IRQ_INTX, 1), DEV_OK);
	EXPECT_TRUE(!r->c.error.reg);
	EXPECT_TRUE(!line_is_high());
	EXPECT_EQ(exerciser_service(&r->c), 0);
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
	EXPECT_EQ(model.status & ASS, 0);
	down(&r);
}

TEST(trigger_rounds)
{
	struct rig r;

	begin(&r);
	for (unsigned int i = 0; i < 1000; i++) {
		EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
		expect_interrupt(&r);
	}
	expect_peace(&r);
	work_round(&r);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 1), DEV_NONE);
	down(&r);
}

TEST(other_controllers)
{
	struct rig r;

	up(&r);
	model.switched = model.wide = true;
	model.device = 2;
	power_on(&model);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	work_round(&r);
	EXPECT_EQ(r.c.ops->start(&r.c, IRQ_MSI, 1), DEV_NONE);
	down(&r);
}

TEST(never_answers)
{
	struct rig r;

	up(&r);
	r.dead = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "USBSTS");
	down(&r);

	begin(&r);
	r.dead = true;
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "USBSTS");
	down(&r);
}

TEST(removed)
{
	struct rig r;

	up(&r);
	r.removed = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_GONE);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	r.c.ops->quiet(&r.c);
	irq_quiet(descriptor_find("ehci"), &r.c.io);
	down(&r);

	begin(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	r.removed = true;
	EXPECT_EQ(exerciser_service(&r.c), 0);
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_WRONG);
	dev_clear_error(&r.c);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_GONE);
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
	model.device = PORTS;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "PORTSC");
	down(&r);

	up(&r);
	model.slow = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "PORTSC");
	down(&r);
}

TEST(storms)
{
	struct rig r;

	up(&r);
	model.storms = true;
	EXPECT_TRUE(exerciser_begin(&r.c, IRQ_INTX, 1) != DEV_OK);
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);

	begin(&r);
	model.storms = true;
	for (unsigned int i = 0; i < 100; i++)
		exerciser_service(&r.c);
	r.c.ops->quiet(&r.c);
	EXPECT_TRUE(!line_is_high());
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
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
	model.shortened = 17;
	EXPECT_EQ(work_that_fails(&r), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, "qTD Token");
	down(&r);
}

TEST(stall)
{
	struct rig r;

	begin(&r);
	model.stalls = true;
	EXPECT_EQ(work_that_fails(&r), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, "qTD Token");
	EXPECT_TRUE(r.c.error.seen & HALT);
	model.stalls = false;
	work_round(&r);
	down(&r);

	up(&r);
	model.stalls = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	down(&r);
}

TEST(work_never_ends)
{
	struct rig r;

	begin(&r);
	model.silent = true;
	EXPECT_EQ(work_that_fails(&r), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, "qTD Token");
	EXPECT_TRUE(r.c.error.seen & ACTIVE);
	model.silent = false;
	for (unsigned int i = 0; i < 10; i++)
		work_round(&r);
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
	EXPECT_EQ(model.enable, 0);
	memset(r.memory, 0xa5, r.c.io.memory.size);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
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
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	work_round(&r);
	down(&r);
}

TEST(row)
{
	const struct irq_descriptor *row = descriptor_find("ehci");
	struct rig r;

	begin(&r);
	EXPECT_EQ(irq_service(row, &r.c.io), 0);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(await_line(&r));
	EXPECT_EQ(irq_service(row, &r.c.io), USBINT);
	EXPECT_TRUE(!line_is_high());
	r.c.ops->ack(&r.c, USBINT);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(await_line(&r));
	irq_quiet(row, &r.c.io);
	EXPECT_TRUE(!line_is_high());
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(!await_line(&r));
	irq_enable(row, &r.c.io);
	EXPECT_TRUE(line_is_high());
	down(&r);
}
