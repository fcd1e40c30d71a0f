// SPDX-License-Identifier: GPL-2.0-only
/* The table of exercisers, what they are written with, and the injector. */
#include "guest/dev/exercisers.h"

#include "guest/dev/descriptor.h"
#include "guest/tests/rig.h"

static const struct dev_register STATUS = { "INTERRUPT STATUS", 0x24, 4 };

struct edu {
	uint32_t liveness, status;
	bool storms;
};

static uint32_t edu_read(struct rig *r, uint32_t offset, uint8_t width)
{
	struct edu *m = r->model;

	r->stray += width != 4;
	if (offset == 0)
		return 0x010000edu;
	if (offset == 4)
		return ~m->liveness;
	return offset == 0x24 ? m->status : 0;
}

static void edu_write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	struct edu *m = r->model;

	r->stray += width != 4;
	if (offset == 4)
		m->liveness = value;
	else if (offset == 0x60)
		m->status |= value;
	else if (offset == 0x64)
		m->status &= ~value;
	if (m->storms)
		m->status |= 1;
}

static struct edu model;

static void edu_up(struct rig *r)
{
	rig_up(r, &edu_exerciser);
	model = (struct edu){ 0 };
	r->model = &model;
	r->read = edu_read;
	r->write = edu_write;
}

TEST(every_exerciser_has_its_row)
{
	const struct exerciser *ops;

	for (unsigned int i = 0; (ops = exerciser_at(i)); i++) {
		const struct irq_descriptor *row = descriptor_find(ops->model);

		CONTEXT("%s", ops->model);
		EXPECT_TRUE(row != NULL);
		EXPECT_TRUE(exerciser_find(ops->model) == ops);
		EXPECT_TRUE(ops->class && ops->source);
		EXPECT_TRUE(ops->length && ops->length <= EXERCISER_LENGTH);
		EXPECT_TRUE(ops->memory <= EXERCISER_MEMORY);
		EXPECT_TRUE(ops->probe && ops->reset && ops->start && ops->trigger && ops->pending);
		EXPECT_TRUE(ops->ack && ops->quiet);
		EXPECT_EQ(!ops->mask, !ops->unmask);
		EXPECT_EQ(!ops->work, !ops->finish);
		if (row && descriptor_access(row))
			EXPECT_EQ(descriptor_access(row)->bar, ops->bar);
	}
	EXPECT_TRUE(exerciser_find("") == NULL);
}

TEST(await_has_a_bound)
{
	struct rig r;

	edu_up(&r);
	EXPECT_EQ(dev_await(&r.c, STATUS, 1, 1, 1000000), DEV_TIMEOUT);
	EXPECT_TRUE(r.now >= 1000000 && r.now < 2000000);
	EXPECT_STR(r.c.error.reg, "INTERRUPT STATUS");
	EXPECT_EQ(r.c.error.offset, 0x24);
	EXPECT_EQ(r.c.error.expected, 1);
	EXPECT_EQ(r.c.error.seen, 0);
	rig_down(&r);
}

TEST(error_text)
{
	struct rig r;
	char text[DEV_ERROR_TEXT];

	edu_up(&r);
	dev_error_text(&r.c.error, text, sizeof(text));
	EXPECT_STR(text, "no error");
	dev_expect(&r.c, "WORD", 0x10, 0xff, 0x12, 0x1ff);
	dev_expect(&r.c, "LATER", 0x14, 0xff, 0x12, 0x1ff);
	dev_error_text(&r.c.error, text, sizeof(text));
	EXPECT_STR(text, "WORD (0x10): expected 0x12 of 0xff, seen 0x1ff (wrong)");
	rig_down(&r);
}

TEST(edu_rounds)
{
	struct rig r;

	edu_up(&r);
	model.status = 0x80000001;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	EXPECT_EQ(model.status, 0);
	for (unsigned int i = 0; i < 1000; i++) {
		EXPECT_EQ(exerciser_service(&r.c), 0);
		EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
		EXPECT_TRUE(model.status != 0);
		EXPECT_TRUE(exerciser_service(&r.c) != 0);
		EXPECT_EQ(model.status, 0);
	}
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

TEST(edu_removed)
{
	struct rig r;

	edu_up(&r);
	r.removed = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_GONE);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	rig_down(&r);
}

TEST(edu_never_answers)
{
	struct rig r;

	edu_up(&r);
	model.status = 1;
	r.dead = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	EXPECT_STR(r.c.error.reg, "INTERRUPT STATUS");
	rig_down(&r);
}

TEST(edu_storms)
{
	struct rig r;

	edu_up(&r);
	model.storms = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
	rig_down(&r);
}
