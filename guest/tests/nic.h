/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every NIC's exerciser must stand, over a register model that the including file has
 * written from the controller's document: it defines the functions and the names below.
 */
#ifndef LIFELINE_TESTS_NIC_H
#define LIFELINE_TESTS_NIC_H

#include "guest/dev/descriptor.h"
#include "guest/dev/exercisers.h"
#include "guest/tests/rig.h"

#define ROUNDS 1000

/**
 * struct nic_faults - what the model shall do wrong
 * @corrupt: byte of each received frame that is not the one sent, -1: none
 * @lose: frames do not come back
 * @withhold: a frame is reported, and its data are not there
 * @cut: a received frame's last byte is missing
 * @storm: causes are set again whenever they are cleared
 */
static struct nic_faults {
	int corrupt;
	bool lose, withhold, cut, storm;
} faults;

/** nic_up() - the model as it is after power-on */
static void nic_up(struct rig *r);
/** nic_line() - the level of its line */
static bool nic_line(struct rig *r);
/** nic_leave_running() - transmitter, receiver and interrupts are on, and one is pending: somebody left it so */
static void nic_leave_running(struct rig *r);
/* The register that does not come when it never answers. */
static const char *const nic_dead;

static void fresh(struct rig *r)
{
	nic_up(r);
	faults = (struct nic_faults){ .corrupt = -1 };
}

static void begun(struct rig *r)
{
	char text[DEV_ERROR_TEXT];

	fresh(r);
	EXPECT_EQ(exerciser_begin(&r->c, IRQ_INTX, 1), DEV_OK);
	dev_error_text(&r->c.error, text, sizeof(text));
	EXPECT_STR(text, "no error");
	EXPECT_TRUE(!nic_line(r));
}

static void over(struct rig *r)
{
	EXPECT_EQ(r->stray, 0);
	rig_down(r);
}

/* Let it work for a millisecond. Return: is the line up? */
static bool comes(struct rig *r)
{
	for (unsigned int i = 0; i < 50 && !nic_line(r); i++)
		rig_sleep(r, DEV_PAUSE);
	return nic_line(r);
}

static void serve(struct rig *r)
{
	EXPECT_TRUE(comes(r));
	EXPECT_TRUE(exerciser_service(&r->c) != 0);
	EXPECT_TRUE(!nic_line(r));
	EXPECT_EQ(exerciser_service(&r->c), 0);
}

static void work(struct rig *r)
{
	EXPECT_EQ(exerciser_service(&r->c), 0);
	EXPECT_EQ(r->c.ops->work(&r->c), DEV_OK);
	serve(r);
	EXPECT_EQ(r->c.ops->finish(&r->c), DEV_OK);
}

TEST(work_rounds)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		CONTEXT("round %u", i);
		work(&r);
	}
	EXPECT_TRUE(!comes(&r));
	over(&r);
}

TEST(trigger_rounds)
{
	struct rig r;

	begun(&r);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 1), DEV_NONE);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		CONTEXT("round %u", i);
		EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
		serve(&r);
	}
	EXPECT_TRUE(!comes(&r));
	work(&r);
	over(&r);
}

TEST(begins_again_and_again)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 5; i++) {
		work(&r);
		EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
		EXPECT_TRUE(!nic_line(&r));
	}
	over(&r);
}

TEST(left_running)
{
	struct rig r;

	fresh(&r);
	nic_leave_running(&r);
	EXPECT_TRUE(nic_line(&r));
	EXPECT_EQ(r.c.ops->probe(&r.c), DEV_OK);
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
	EXPECT_TRUE(!comes(&r));
	EXPECT_EQ(r.c.ops->start(&r.c, IRQ_INTX, 1), DEV_OK);
	work(&r);
	over(&r);
}

TEST(reset_in_the_middle_of_work)
{
	struct rig r;

	begun(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
	EXPECT_TRUE(!comes(&r));
	over(&r);
}

TEST(never_answers)
{
	struct rig r;

	fresh(&r);
	r.dead = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg ? r.c.error.reg : "", nic_dead);
	over(&r);
}

TEST(answers_no_more)
{
	struct rig r;

	begun(&r);
	r.dead = true;
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_TIMEOUT);
	EXPECT_TRUE(r.c.error.reg != NULL);
	over(&r);
}

TEST(removed)
{
	struct rig r;

	fresh(&r);
	r.removed = true;
	EXPECT_EQ(r.c.ops->probe(&r.c), DEV_GONE);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_GONE);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	over(&r);
}

TEST(removed_while_working)
{
	struct rig r;

	begun(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	r.removed = true;
	EXPECT_EQ(exerciser_service(&r.c), 0);
	EXPECT_TRUE(r.c.ops->finish(&r.c) != DEV_OK);
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_GONE);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	over(&r);
}

TEST(storms)
{
	struct rig r;

	fresh(&r);
	faults.storm = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_TRUE(!nic_line(&r));
	over(&r);
	begun(&r);
	faults.storm = true;
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(comes(&r));
	for (unsigned int i = 0; i < 100; i++)
		exerciser_service(&r.c);
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
	r.c.ops->quiet(&r.c);
	EXPECT_TRUE(!comes(&r));
	over(&r);
}

/* Addresses, type, payload: not a byte may differ. */
TEST(wrong_data)
{
	struct rig r;

	begun(&r);
	for (int byte = 0; byte < 62; byte++) {
		CONTEXT("byte %d", byte);
		faults.corrupt = byte;
		EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
		serve(&r);
		EXPECT_EQ(r.c.ops->finish(&r.c), DEV_WRONG);
		EXPECT_STR(r.c.error.reg, "FRAME");
		dev_clear_error(&r.c);
		faults.corrupt = -1;
		work(&r);
	}
	over(&r);
}

TEST(missing_data)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 20; i++) {
		faults.withhold = true;
		EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
		serve(&r);
		EXPECT_EQ(r.c.ops->finish(&r.c), DEV_WRONG);
		EXPECT_STR(r.c.error.reg, "FRAME");
		faults.withhold = false;
		work(&r);
	}
	over(&r);
}

TEST(wrong_length)
{
	struct rig r;

	begun(&r);
	faults.cut = true;
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	serve(&r);
	EXPECT_TRUE(r.c.ops->finish(&r.c) != DEV_OK);
	faults.cut = false;
	work(&r);
	over(&r);
}

TEST(never_completes)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 20; i++) {
		faults.lose = true;
		EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
		EXPECT_TRUE(!comes(&r));
		EXPECT_EQ(exerciser_service(&r.c), 0);
		EXPECT_EQ(r.c.ops->finish(&r.c), DEV_TIMEOUT);
		EXPECT_TRUE(r.c.error.reg != NULL);
		faults.lose = false;
		work(&r);
	}
	over(&r);
}

/* What comes while it is masked waits, by work or by trigger, and is no interrupt until then. */
TEST(mask_and_unmask)
{
	struct rig r;

	begun(&r);
	for (unsigned int i = 0; i < 100; i++) {
		r.c.ops->mask(&r.c);
		EXPECT_EQ(i & 1 ? r.c.ops->work(&r.c) : r.c.ops->trigger(&r.c, 0), DEV_OK);
		EXPECT_TRUE(!comes(&r));
		EXPECT_EQ(exerciser_service(&r.c), 0);
		r.c.ops->unmask(&r.c);
		serve(&r);
		if (i & 1)
			EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
	}
	r.c.ops->mask(&r.c);
	r.c.ops->unmask(&r.c);
	EXPECT_TRUE(!nic_line(&r));
	over(&r);
}

TEST(quiet_lasts)
{
	struct rig r;

	begun(&r);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
	EXPECT_TRUE(comes(&r));
	r.c.ops->quiet(&r.c);
	EXPECT_TRUE(!comes(&r));
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(!comes(&r));
	EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
	EXPECT_TRUE(!comes(&r));
	EXPECT_EQ(exerciser_service(&r.c), 0);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	work(&r);
	over(&r);
}

/* The driver is gone, and a stranger has nothing but the row. */
TEST(row_silences)
{
	const struct irq_descriptor *row;
	struct rig r;

	begun(&r);
	row = descriptor_find(r.c.ops->model);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_TRUE(comes(&r));
	irq_quiet(row, &r.c.io);
	EXPECT_TRUE(!nic_line(&r));
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
	for (unsigned int i = 0; i < 10; i++) {
		EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
		EXPECT_TRUE(!comes(&r));
		EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
	}
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	work(&r);
	over(&r);
}

#endif
