/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What holds for the exercisers of all USB host controllers with a full-speed
 * device on a port. Included behind the register model, which defines:
 *
 *  OPS         the exerciser
 *  up(r)       the controller as a firmware has left it, running and interrupting
 *  line(r)     is the line high?
 *  device(r)   what is on the bus
 *  storm(r)    from now on the status bit of a transfer is set again at once
 */
#ifndef LIFELINE_TESTS_USB_TESTS_H
#define LIFELINE_TESTS_USB_TESTS_H

#include "guest/dev/descriptor.h"
#include "guest/tests/usb_device.h"

#define ROUNDS 1000u
#define FRAME  1000000ull

static void pass(struct rig *r, uint64_t ns)
{
	uint64_t end = r->now + ns;

	while (r->now < end)
		rig_sleep(r, DEV_PAUSE);
}

static bool await_line(struct rig *r, uint64_t ns)
{
	uint64_t end = r->now + ns;

	while (!line(r) && r->now < end)
		rig_sleep(r, DEV_PAUSE);
	return line(r);
}

/* Rounds without end are no error of the exerciser's. */
static void begin_anew(struct rig *r)
{
	r->accesses = 0;
	dev_clear_error(&r->c);
}

static void begun(struct rig *r)
{
	up(r);
	EXPECT_EQ(exerciser_begin(&r->c, IRQ_INTX, 1), DEV_OK);
	EXPECT_TRUE(r->c.error.reg == NULL);
	EXPECT_TRUE(!line(r));
}

static void down(struct rig *r)
{
	EXPECT_EQ(r->stray, 0);
	EXPECT_EQ(device(r)->hurried, 0);
	rig_down(r);
}

/* One interrupt, in the time that the exerciser says, gone with the ack. */
static void served(struct rig *r)
{
	EXPECT_TRUE(await_line(r, OPS.device_ns));
	EXPECT_TRUE(exerciser_service(&r->c) != 0);
	EXPECT_TRUE(!line(r));
}

static void good_round(struct rig *r)
{
	begin_anew(r);
	EXPECT_EQ(exerciser_service(&r->c), 0);
	EXPECT_EQ(OPS.work(&r->c), DEV_OK);
	served(r);
	EXPECT_EQ(OPS.finish(&r->c), DEV_OK);
}

TEST(rounds_of_work)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		CONTEXT("round %u", i);
		good_round(&r);
		pass(&r, i % 8 * FRAME / 3);
		EXPECT_TRUE(!line(&r));
	}
	down(&r);
}

TEST(rounds_of_triggers)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		CONTEXT("round %u", i);
		begin_anew(&r);
		EXPECT_EQ(OPS.trigger(&r.c, 0), DEV_OK);
		served(&r);
		pass(&r, i % 8 * FRAME / 3);
		EXPECT_TRUE(!line(&r));
	}
	EXPECT_EQ(OPS.trigger(&r.c, 1), DEV_NONE);
	down(&r);
}

TEST(other_kinds)
{
	struct rig r;

	up(&r);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_INTX), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSI), 0);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_MSI, 1), DEV_NONE);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_MSIX, 1), DEV_NONE);
	down(&r);
}

TEST(somebody_elses)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 100; i++) {
		pass(&r, FRAME / 7);
		EXPECT_EQ(exerciser_service(&r.c), 0);
	}
	down(&r);
}

TEST(reset_while_running)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 20; i++) {
		begin_anew(&r);
		OPS.work(&r.c);
		pass(&r, i * FRAME / 8);
		EXPECT_EQ(OPS.reset(&r.c), DEV_OK);
		EXPECT_TRUE(!line(&r));
		pass(&r, 3 * FRAME);
		EXPECT_TRUE(!line(&r));
		EXPECT_EQ(OPS.start(&r.c, IRQ_INTX, 1), DEV_OK);
		good_round(&r);
	}
	down(&r);
}

TEST(never_answers)
{
	struct rig r;

	up(&r);
	r.dead = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_TRUE(r.c.error.reg != NULL);
	down(&r);
	begun(&r);
	r.dead = true;
	OPS.work(&r.c);
	pass(&r, 10 * FRAME);
	EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
	down(&r);
}

TEST(removed)
{
	struct rig r;

	up(&r);
	r.removed = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_GONE);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	down(&r);
	begun(&r);
	r.removed = true;
	OPS.work(&r.c);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
	EXPECT_EQ(OPS.reset(&r.c), DEV_GONE);
	down(&r);
}

/* The reset ends with an error, whenever the controller goes away. */
TEST(removed_meanwhile)
{
	struct rig r;

	for (uint64_t at = 1; at < 120 * FRAME; at += FRAME / 2) {
		up(&r);
		CONTEXT("after %u us", (unsigned int)(at / 1000));
		device(&r)->gone_at = r.now + at;
		if (exerciser_begin(&r.c, IRQ_INTX, 1))
			EXPECT_TRUE(r.c.error.reg != NULL);
		else
			EXPECT_TRUE(r.now <= device(&r)->gone_at);
		rig_down(&r);
	}
}

TEST(storms)
{
	struct rig r;

	up(&r);
	storm(&r);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_TRUE(r.c.error.reg != NULL);
	down(&r);
	begun(&r);
	storm(&r);
	begin_anew(&r);
	for (unsigned int i = 0; i < 100; i++)
		EXPECT_TRUE(exerciser_service(&r.c) != 0);
	EXPECT_TRUE(r.accesses < 1000);
	OPS.quiet(&r.c);
	EXPECT_TRUE(!line(&r));
	down(&r);
}

TEST(wrong_data)
{
	struct rig r;

	begun(&r);
	for (unsigned int byte = 1; byte <= 18; byte++) {
		CONTEXT("byte %u", byte);
		begin_anew(&r);
		device(&r)->corrupt = byte;
		OPS.work(&r.c);
		served(&r);
		EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
		EXPECT_TRUE(r.c.error.reg != NULL);
		device(&r)->corrupt = 0;
		good_round(&r);
	}
	down(&r);
}

TEST(too_little_data)
{
	struct rig r;

	begun(&r);
	for (unsigned int bytes = 1; bytes < 18; bytes++) {
		CONTEXT("%u bytes", bytes);
		begin_anew(&r);
		device(&r)->shortened = bytes;
		OPS.work(&r.c);
		await_line(&r, 10 * FRAME);
		exerciser_service(&r.c);
		EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
		device(&r)->shortened = 0;
		good_round(&r);
	}
	down(&r);
}

/* What the work before has left in memory is not taken for an answer. */
TEST(data_does_not_come)
{
	struct rig r;

	begun(&r);
	good_round(&r);
	device(&r)->lost = true;
	OPS.work(&r.c);
	served(&r);
	EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
	device(&r)->lost = false;
	good_round(&r);
	down(&r);
}

/* The device is never ready; then it is. */
TEST(work_never_completes)
{
	struct rig r;

	begun(&r);
	device(&r)->naks = ~0u;
	OPS.work(&r.c);
	EXPECT_TRUE(!await_line(&r, 100 * FRAME));
	EXPECT_EQ(exerciser_service(&r.c), 0);
	EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
	EXPECT_TRUE(r.c.error.reg != NULL);
	device(&r)->naks = 0;
	pass(&r, 10 * FRAME);
	EXPECT_TRUE(!line(&r));
	good_round(&r);
	down(&r);
}

/* Not an error: it takes a frame longer. */
TEST(device_is_slow)
{
	struct rig r;

	begun(&r);
	for (unsigned int naks = 1; naks < 20; naks++) {
		begin_anew(&r);
		device(&r)->naks = naks;
		OPS.work(&r.c);
		EXPECT_TRUE(await_line(&r, OPS.device_ns + naks * FRAME));
		EXPECT_TRUE(exerciser_service(&r.c) != 0);
		EXPECT_EQ(OPS.finish(&r.c), DEV_OK);
	}
	down(&r);
}

/* Whether an error interrupts as well is a matter of the controller. */
static void fails_once(struct rig *r)
{
	OPS.work(&r->c);
	await_line(r, 10 * FRAME);
	exerciser_service(&r->c);
	EXPECT_TRUE(!line(r));
	EXPECT_EQ(OPS.finish(&r->c), DEV_WRONG);
	EXPECT_TRUE(r->c.error.reg != NULL);
	device(r)->stalls = device(r)->unplugged = false;
	for (unsigned int i = 0; i < 3; i++)
		good_round(r);
}

TEST(transfer_fails)
{
	struct rig r;

	begun(&r);
	device(&r)->stalls = true;
	fails_once(&r);
	device(&r)->unplugged = true;
	fails_once(&r);
	down(&r);
}

TEST(finish_comes_too_soon)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 20; i++) {
		begin_anew(&r);
		OPS.work(&r.c);
		EXPECT_EQ(OPS.finish(&r.c), DEV_WRONG);
		exerciser_service(&r.c);
		EXPECT_TRUE(!line(&r));
		good_round(&r);
	}
	down(&r);
}

TEST(mask)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 20; i++) {
		begin_anew(&r);
		OPS.mask(&r.c);
		OPS.work(&r.c);
		pass(&r, 5 * FRAME);
		EXPECT_TRUE(!line(&r));
		EXPECT_EQ(exerciser_service(&r.c), 0);
		OPS.unmask(&r.c);
		EXPECT_TRUE(line(&r));
		EXPECT_TRUE(exerciser_service(&r.c) != 0);
		EXPECT_EQ(OPS.finish(&r.c), DEV_OK);
		/* And with nothing pending. */
		OPS.mask(&r.c);
		OPS.unmask(&r.c);
		EXPECT_TRUE(!line(&r));
	}
	down(&r);
}

/* Work, then @silence at different times in its course; the line is low for good. */
static void silence_lasts(void (*silence)(struct rig *r))
{
	struct rig r;

	for (unsigned int i = 0; i < 20; i++) {
		begun(&r);
		OPS.work(&r.c);
		pass(&r, i * FRAME / 8);
		silence(&r);
		EXPECT_TRUE(!line(&r));
		OPS.work(&r.c);
		EXPECT_TRUE(!await_line(&r, 10 * FRAME));
		EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
		good_round(&r);
		down(&r);
	}
}

static void by_quiet(struct rig *r)
{
	OPS.quiet(&r->c);
}

static void by_row(struct rig *r)
{
	irq_quiet(descriptor_find(OPS.model), &r->c.io);
}

TEST(quiet_lasts)
{
	silence_lasts(by_quiet);
}

TEST(row_silences)
{
	silence_lasts(by_row);
}

TEST(row_serves)
{
	const struct irq_descriptor *row = descriptor_find(OPS.model);
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 20; i++) {
		OPS.work(&r.c);
		EXPECT_TRUE(await_line(&r, OPS.device_ns));
		EXPECT_TRUE(irq_service(row, &r.c.io) != 0);
		EXPECT_TRUE(!line(&r));
	}
	down(&r);
}

TEST(no_device)
{
	struct rig r;

	up(&r);
	device(&r)->unplugged = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_NONE);
	EXPECT_TRUE(r.c.error.reg != NULL);
	down(&r);
}

static void expect_refused(unsigned int byte, uint8_t value, const char *field)
{
	struct rig r;

	up(&r);
	device(&r)->descriptor[byte] = value;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_WRONG);
	EXPECT_STR(r.c.error.reg, field);
	EXPECT_EQ(r.c.error.seen & 0xff, value);
	down(&r);
}

TEST(descriptor_is_judged)
{
	expect_refused(0, 17, "bLength");
	expect_refused(1, 2, "bDescriptorType");
	expect_refused(7, 7, "bMaxPacketSize0");
	expect_refused(17, 0, "bNumConfigurations");
}

#endif
