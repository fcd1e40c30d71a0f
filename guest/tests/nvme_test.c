// SPDX-License-Identifier: GPL-2.0-only
/* The NVMe exerciser. */
#include "guest/tests/nvme_model.h"

#include "guest/dev/descriptor.h"

static void pass(struct rig *r, uint64_t ns)
{
	for (uint64_t end = r->now + ns; r->now < end;)
		rig_pause(r);
}

static void expect_begin(struct rig *r)
{
	EXPECT_EQ(exerciser_begin(&r->c, nvme.msix ? IRQ_MSIX : IRQ_INTX, nvme.msix ? VECTORS : 1),
		  DEV_OK);
	EXPECT_TRUE(r->c.error.reg == NULL);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r->c), 0);
	EXPECT_EQ(nvme.edges, 0);
	memset(nvme.messages, 0, sizeof(nvme.messages));
}

static void begin(struct rig *r, bool msix)
{
	nvme_up(r, msix);
	expect_begin(r);
}

/* One interrupt, and none of it left. */
static void expect_served(struct rig *r)
{
	pass(r, 50000);
	EXPECT_EQ(line(), !nvme.msix);
	EXPECT_TRUE(exerciser_service(&r->c) != 0);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r->c), 0);
}

static void rounds(struct rig *r)
{
	expect_begin(r);
	for (unsigned int i = 0; i < 1000; i++) {
		EXPECT_EQ(r->c.ops->work(&r->c), DEV_OK);
		expect_served(r);
		EXPECT_EQ(r->c.ops->finish(&r->c), DEV_OK);
		EXPECT_EQ(r->c.ops->trigger(&r->c, 0), DEV_OK);
		expect_served(r);
	}
	EXPECT_EQ(nvme.edges, nvme.msix ? 0 : 2000);
	EXPECT_EQ(nvme.messages[0], nvme.msix ? 2000 : 0);
	EXPECT_EQ(r->stray, 0);
	rig_down(r);
}

TEST(rounds)
{
	struct rig r;

	for (unsigned int i = 0; i < 2; i++) {
		nvme_up(&r, i);
		rounds(&r);
	}
	nvme_up(&r, false);
	nvme.dstrd = 4;
	nvme.shift = 12;
	nvme.blocks = 256;
	rounds(&r);
}

/* Each of the 65 exactly once; what preparing sends on vector 0 is known before. */
TEST(vectors)
{
	struct rig r;

	begin(&r, true);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_INTX), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSI), 0);
	EXPECT_TRUE(exerciser_count_vectors(&r.c, IRQ_MSIX) >= VECTORS);
	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int vector = i * 7 % VECTORS;

		EXPECT_EQ(r.c.ops->prepare(&r.c, vector), DEV_OK);
		memset(nvme.messages, 0, sizeof(nvme.messages));
		EXPECT_EQ(r.c.ops->trigger(&r.c, vector), DEV_OK);
		expect_served(&r);
		for (unsigned int k = 0; k < VECTORS; k++)
			EXPECT_EQ(nvme.messages[k], k == vector);
	}
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	expect_served(&r);
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

TEST(vectors_that_there_are_not)
{
	struct rig r;

	begin(&r, true);
	EXPECT_EQ(r.c.ops->prepare(&r.c, VECTORS), DEV_NONE);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 3), DEV_NONE);
	rig_down(&r);
	nvme_up(&r, true);
	nvme.allowed = 0;
	expect_begin(&r);
	EXPECT_EQ(r.c.ops->prepare(&r.c, 1), DEV_NONE);
	EXPECT_STR(r.c.error.reg, "Number of Queues");
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
	begin(&r, false);
	EXPECT_EQ(r.c.ops->prepare(&r.c, 0), DEV_OK);
	EXPECT_EQ(r.c.ops->prepare(&r.c, 1), DEV_NONE);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 1), DEV_NONE);
	EXPECT_EQ(r.c.ops->start(&r.c, IRQ_MSI, 1), DEV_NONE);
	rig_down(&r);
}

/* With a command under way, with its interrupt there, while it starts, and failed. */
TEST(reset_from_anything)
{
	struct rig r;

	for (unsigned int i = 0; i < 4; i++) {
		begin(&r, false);
		EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
		pass(&r, i ? 50000 : 0);
		memset(r.c.state, 0, sizeof(r.c.state)); /* another owner has the same memory */
		if (i == 2) {
			EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
			nvme.sticks = true;
			EXPECT_EQ(r.c.ops->start(&r.c, IRQ_INTX, 1), DEV_TIMEOUT);
			nvme.sticks = false;
			nvme.due = r.now + 400 * MS;
			dev_clear_error(&r.c);
		} else if (i == 3) {
			nvme.csts = CFS;
		}
		EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
		EXPECT_TRUE(!line());
		EXPECT_EQ(nvme.csts, 0);
		EXPECT_EQ(nvme.untaken, i == 3);
		nvme.edges = 0;
		expect_begin(&r);
		EXPECT_EQ(r.stray, 0);
		rig_down(&r);
	}
}

static void expect_error(struct rig *r, int status, int expected, const char *reg)
{
	EXPECT_EQ(status, expected);
	EXPECT_STR(r->c.error.reg ? r->c.error.reg : "", reg);
	EXPECT_EQ(r->c.error.status, expected);
	EXPECT_EQ(r->stray, 0);
}

static void expect_refusal(struct rig *r, int status, const char *reg)
{
	expect_error(r, exerciser_begin(&r->c, IRQ_INTX, 1), status, reg);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r->c), 0);
	EXPECT_TRUE(r->now < 2500 * MS);
	rig_down(r);
}

TEST(never_answers)
{
	struct rig r;

	nvme_up(&r, false);
	r.dead = true;
	expect_refusal(&r, DEV_TIMEOUT, "CSTS");
	nvme_up(&r, false);
	nvme.sticks = true;
	expect_refusal(&r, DEV_TIMEOUT, "CSTS");
	begin(&r, true);
	r.dead = true;
	expect_error(&r, r.c.ops->prepare(&r.c, 5), DEV_TIMEOUT, "admin completion");
	rig_down(&r);
}

TEST(removed)
{
	struct rig r;

	nvme_up(&r, false);
	r.removed = true;
	expect_refusal(&r, DEV_GONE, "VS");
	for (unsigned int msix = 0; msix < 2; msix++) {
		begin(&r, msix);
		EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
		pass(&r, 50000);
		r.removed = true;
		EXPECT_EQ(exerciser_service(&r.c), 0);
		expect_error(&r, r.c.ops->finish(&r.c), DEV_WRONG, "completion phase");
		EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_GONE);
		EXPECT_EQ(r.c.ops->reset(&r.c), DEV_GONE);
		rig_down(&r);
	}
}

/* As many completions as anybody takes. */
TEST(storms)
{
	struct rig r;

	begin(&r, false);
	nvme.storms = true;
	EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
	pass(&r, 50000);
	for (unsigned int i = 0; i < 100; i++)
		EXPECT_TRUE(exerciser_service(&r.c) != 0);
	r.c.ops->quiet(&r.c);
	EXPECT_TRUE(!line());
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

static void work_ends(uint32_t *flag, const char *reg)
{
	struct rig r;

	begin(&r, false);
	*flag = 1;
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	pass(&r, 50000);
	EXPECT_EQ(exerciser_service(&r.c) == 0, nvme.hangs);
	expect_error(&r, r.c.ops->finish(&r.c), DEV_WRONG, reg);
	EXPECT_EQ(r.c.ops->work(&r.c) == DEV_WRONG, nvme.hangs);
	*flag = 0;
	dev_clear_error(&r.c);
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
	nvme.edges = 0;
	expect_begin(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	expect_served(&r);
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
	rig_down(&r);
}

TEST(work_that_goes_wrong)
{
	work_ends(&nvme.corrupts, "word of the sector");
	work_ends(&nvme.hangs, "completion phase");
	work_ends(&nvme.mixes, "completion CID");
	work_ends(&nvme.fails, "completion status");
}

TEST(namespaces_and_doorbells)
{
	struct rig r;

	nvme_up(&r, false);
	nvme.metadata = 8;
	expect_refusal(&r, DEV_WRONG, "LBA format");
	nvme_up(&r, false);
	nvme.shift = 13;
	expect_refusal(&r, DEV_WRONG, "LBA format");
	nvme_up(&r, false);
	nvme.blocks = 2047;
	expect_refusal(&r, DEV_WRONG, "NSZE");
	nvme_up(&r, false);
	nvme.dstrd = 8;
	expect_refusal(&r, DEV_NONE, "CAP.DSTRD");
}

TEST(mask)
{
	struct rig r;

	begin(&r, false);
	r.c.ops->mask(&r.c);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
	pass(&r, 50000);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r.c), 0);
	r.c.ops->unmask(&r.c);
	expect_served(&r);
	EXPECT_EQ(nvme.edges, 1);
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

/* With work that is under way, or with its interrupt there. */
static void quiet_lasts(bool by_row, bool msix, uint64_t later)
{
	const struct irq_descriptor *row = descriptor_find("nvme");
	struct rig r;

	begin(&r, msix);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	pass(&r, later);
	EXPECT_EQ(line(), !msix && later);
	if (by_row)
		irq_quiet(row, &r.c.io);
	else
		r.c.ops->quiet(&r.c);
	nvme.messages[0] = 0;
	pass(&r, 10 * MS);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r.c), 0);
	EXPECT_EQ(nvme.messages[0], 0);
	EXPECT_EQ(r.stray, 0);
	if (by_row) {
		irq_enable(row, &r.c.io);
		EXPECT_TRUE(line());
	}
	rig_down(&r);
}

TEST(quiet_by_itself_and_by_the_row_alone)
{
	for (unsigned int i = 0; i < 4; i++)
		quiet_lasts(i & 1, false, i & 2 ? 50000 : 0);
	quiet_lasts(false, true, 0);
	quiet_lasts(false, true, 50000);
}
