// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every row of the descriptor table against the registers that it speaks of,
 * written down a second time from the controller's document.
 */
#include "guest/dev/descriptor.h"

#include <string.h>

#include "guest/tests/unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/**
 * struct model - the interrupt part of a controller
 * @cause: what is pending
 * @mask: causes that may drive the line
 * @removed: pulled out: reads are all ones, writes are lost
 * @reads: register reads so far
 * @writes: register writes so far
 * @stray: accesses to what is no register, or not of 4 bytes in BAR 0
 */
struct model {
	uint32_t cause, mask;
	bool removed;
	unsigned int reads, writes, stray;
};

/* QEMU docs/specs/edu.txt: 0x24 status, 0x60 raise, 0x64 acknowledge; there is no mask. */
static uint32_t edu_read(struct model *m, uint32_t offset)
{
	if (offset == 0x24)
		return m->cause;
	m->stray++;
	return 0;
}

static void edu_write(struct model *m, uint32_t offset, uint32_t value)
{
	if (offset == 0x60)
		m->cause |= value;
	else if (offset == 0x64)
		m->cause &= ~value;
	else
		m->stray++;
}

static void edu_reset(struct model *m)
{
	*m = (struct model){ .mask = ~0u };
}

/* Intel 317453, 13.4.17-20: ICR is cleared by reading, IMS and IMC set and clear mask bits. */
static uint32_t e1000_read(struct model *m, uint32_t offset)
{
	uint32_t cause = m->cause;

	if (offset == 0xc0)
		m->cause = 0;
	else
		m->stray++;
	return cause;
}

static void e1000_write(struct model *m, uint32_t offset, uint32_t value)
{
	if (offset == 0xc8)
		m->cause |= value;
	else if (offset == 0xd0)
		m->mask |= value;
	else if (offset == 0xd8)
		m->mask &= ~value;
	else
		m->stray++;
}

static void e1000_reset(struct model *m)
{
	*m = (struct model){ 0 };
}

/* Intel 82574 datasheet, 10.2.4.1: with a mask set, ICR is cleared by writing ones alone. */
static uint32_t e1000e_read(struct model *m, uint32_t offset)
{
	if (offset == 0xc0)
		return m->cause;
	m->stray++;
	return 0;
}

static void e1000e_write(struct model *m, uint32_t offset, uint32_t value)
{
	if (offset == 0xc0)
		m->cause &= ~value;
	else
		e1000_write(m, offset, value);
}

/* Intel 82576 datasheet, 8.8: the same at other offsets, and EIMC for the causes of MSI-X. */
static uint32_t igb_read(struct model *m, uint32_t offset)
{
	if (offset == 0x1500)
		return m->cause;
	m->stray++;
	return 0;
}

static void igb_write(struct model *m, uint32_t offset, uint32_t value)
{
	if (offset == 0x1500)
		m->cause &= ~value;
	else if (offset == 0x1504 || offset == 0x1508 || offset == 0x150c)
		e1000_write(m, 0xc8 + (offset - 0x1504) * 2, value);
	else
		m->stray += offset != 0x1528;
}

/**
 * struct kind - how a model behaves
 * @name: row of the table
 * @others: causes that the row does not trigger and that a driver may have left
 * @service_writes: register writes that an interrupt takes
 */
static const struct kind {
	const char *name;
	uint32_t (*read)(struct model *m, uint32_t offset);
	void (*write)(struct model *m, uint32_t offset, uint32_t value);
	void (*reset)(struct model *m);
	uint32_t others;
	unsigned int service_writes;
	unsigned int quiet_writes;
} kinds[] = {
	{ "edu", edu_read, edu_write, edu_reset, 0x80000006, 1, 1 },
	{ "e1000", e1000_read, e1000_write, e1000_reset, 0x000000d7, 0, 1 },
	{ "e1000e", e1000e_read, e1000e_write, e1000_reset, 0x000000d7, 1, 2 },
	{ "igb", igb_read, igb_write, e1000_reset, 0x00000015, 1, 3 },
};

struct rig {
	const struct kind *kind;
	const struct irq_descriptor *desc;
	struct model model;
	struct dev_io io;
};

static uint32_t rig_read(void *ctx, uint8_t bar, uint32_t offset, uint8_t width)
{
	struct rig *r = ctx;

	r->model.reads++;
	r->model.stray += bar != 0 || width != 4;
	return r->model.removed ? ~0u : r->kind->read(&r->model, offset);
}

static void rig_write(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value)
{
	struct rig *r = ctx;

	r->model.writes++;
	r->model.stray += bar != 0 || width != 4;
	if (!r->model.removed)
		r->kind->write(&r->model, offset, value);
}

static bool line_is_high(const struct rig *r)
{
	return (r->model.cause & r->model.mask) != 0;
}

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

/* No single write makes it interrupt: its exerciser does, and has a test of its own. Such rows stand last. */
static bool never_interrupts(const struct irq_descriptor *d)
{
	return d->trigger.kind == ACCESS_NONE;
}

/* @r is row @index with a model that was just reset; false behind the last that interrupts. */
static bool rig_up(struct rig *r, unsigned int index)
{
	memset(r, 0, sizeof(*r));
	r->desc = descriptor_row(index);
	if (!r->desc || never_interrupts(r->desc))
		return false;
	r->kind = kind_of(r->desc->model);
	CONTEXT("%s", r->desc->model);
	if (!r->kind) {
		EXPECT_STR("no register model in this file", r->desc->model);
		return false;
	}
	r->io = (struct dev_io){ .read = rig_read, .write = rig_write, .ctx = r };
	r->kind->reset(&r->model);
	return true;
}

static void forget_accesses(struct rig *r)
{
	r->model.reads = 0;
	r->model.writes = 0;
}

TEST(every_row_has_a_model)
{
	unsigned int rows = 0;

	for (; descriptor_row(rows) && !never_interrupts(descriptor_row(rows)); rows++)
		EXPECT_TRUE(kind_of(descriptor_row(rows)->model) != NULL);
	EXPECT_EQ(rows, COUNT(kinds));
	for (; descriptor_row(rows); rows++)
		EXPECT_TRUE(never_interrupts(descriptor_row(rows)));
	EXPECT_TRUE(descriptor_row(~0u) == NULL);
}

static void expect_encoding(const struct irq_access *a, const struct irq_descriptor *d)
{
	EXPECT_TRUE(a->kind <= ACCESS_READ_CLEARS);
	if (a->kind == ACCESS_NONE)
		return;
	EXPECT_TRUE(a->width == 1 || a->width == 2 || a->width == 4);
	EXPECT_TRUE(a->bar <= 5);
	EXPECT_EQ(a->bar, descriptor_access(d)->bar);
	EXPECT_EQ(a->space, descriptor_access(d)->space);
	EXPECT_TRUE(a->width && a->offset % a->width == 0);
	if (a->width && a->width < 4) {
		EXPECT_EQ(a->mask >> a->width * 8, 0);
		EXPECT_EQ(a->value >> a->width * 8, 0);
	}
}

static void expect_write(const struct irq_access *a)
{
	EXPECT_TRUE(a->kind == ACCESS_NONE || a->kind == ACCESS_WRITE);
	EXPECT_TRUE(a->kind == ACCESS_NONE || a->value != 0);
}

TEST(encoding)
{
	const struct irq_descriptor *d;

	for (unsigned int i = 0; (d = descriptor_row(i)); i++) {
		CONTEXT("%s", d->model);
		expect_encoding(&d->status, d);
		expect_encoding(&d->trigger, d);
		for (size_t k = 0; k < ROW_STEPS; k++) {
			expect_encoding(&d->ack[k], d);
			expect_encoding(&d->enable[k], d);
			expect_encoding(&d->disable[k], d);
		}
		/* What can be forbidden can be allowed. */
		EXPECT_EQ(d->enable[0].kind == ACCESS_NONE, d->disable[0].kind == ACCESS_NONE);
		if (never_interrupts(d))
			continue;
		EXPECT_TRUE(d->status.kind == ACCESS_READ || d->status.kind == ACCESS_READ_CLEARS);
		EXPECT_TRUE(d->status.mask != 0);
		/* Either reading clears or there is a way to acknowledge, and not both. */
		EXPECT_EQ(d->ack[0].kind == ACCESS_NONE, d->status.kind == ACCESS_READ_CLEARS);
		EXPECT_TRUE(d->trigger.kind == ACCESS_WRITE);
		expect_write(&d->trigger);
		expect_write(&d->enable[0]);
		expect_write(&d->disable[0]);
	}
}

TEST(identity)
{
	const struct irq_descriptor *d, *other;

	for (unsigned int i = 0; (d = descriptor_row(i)); i++) {
		CONTEXT("%s", d->model);
		EXPECT_TRUE(d->model[0] && strlen(d->model) < 16); /* mailbox: char model[16] */
		EXPECT_EQ(strcspn(d->model, " ,!=\t"), strlen(d->model));
		EXPECT_TRUE(d->source && d->source[0]);
		EXPECT_TRUE(descriptor_for(d->pci_class, d->pci_id) == d);
		EXPECT_TRUE(descriptor_find(d->model) == d);
		for (unsigned int k = 0; k < i; k++) {
			other = descriptor_row(k);
			EXPECT_TRUE(strcmp(d->model, other->model) != 0);
			EXPECT_TRUE(d->pci_class != other->pci_class || d->pci_id != other->pci_id);
		}
	}
}

TEST(find_takes_whole_names)
{
	EXPECT_TRUE(descriptor_find("") == NULL);
	EXPECT_TRUE(descriptor_find("ed") == NULL);
	EXPECT_TRUE(descriptor_find("edu2") == NULL);
	EXPECT_TRUE(descriptor_find("EDU") == NULL);
	EXPECT_TRUE(descriptor_find("e10000") == NULL);
}

TEST(trigger_raises_the_line)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		EXPECT_TRUE(!line_is_high(&r));
		irq_enable(r.desc, &r.io);
		EXPECT_TRUE(!line_is_high(&r));
		irq_trigger(r.desc, &r.io);
		EXPECT_TRUE(line_is_high(&r));
		EXPECT_EQ(r.model.stray, 0);
	}
}

/* In the other order the cause waits for its permission. */
TEST(trigger_before_enable)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		irq_trigger(r.desc, &r.io);
		irq_enable(r.desc, &r.io);
		EXPECT_TRUE(line_is_high(&r));
	}
}

TEST(service_answers_once)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		irq_enable(r.desc, &r.io);
		irq_trigger(r.desc, &r.io);
		forget_accesses(&r);
		EXPECT_TRUE(irq_service(r.desc, &r.io) != 0);
		EXPECT_TRUE(!line_is_high(&r));
		EXPECT_EQ(r.model.reads, 1);
		EXPECT_EQ(r.model.writes, r.kind->service_writes);
		EXPECT_EQ(irq_service(r.desc, &r.io), 0);
		EXPECT_EQ(r.model.stray, 0);
	}
}

/* Serving one leaves the device able to raise the next. */
TEST(service_again_and_again)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		irq_enable(r.desc, &r.io);
		for (unsigned int i = 0; i < 100; i++) {
			irq_trigger(r.desc, &r.io);
			EXPECT_TRUE(line_is_high(&r));
			EXPECT_TRUE(irq_service(r.desc, &r.io) != 0);
			EXPECT_TRUE(!line_is_high(&r));
		}
	}
}

/* Two triggers before the handler runs are one interrupt: the line has no memory. */
TEST(triggers_coalesce)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		irq_enable(r.desc, &r.io);
		irq_trigger(r.desc, &r.io);
		irq_trigger(r.desc, &r.io);
		EXPECT_TRUE(irq_service(r.desc, &r.io) != 0);
		EXPECT_EQ(irq_service(r.desc, &r.io), 0);
	}
}

/* The interrupt was a neighbour's: one look, and nothing is written. */
TEST(somebody_elses)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		irq_enable(r.desc, &r.io);
		forget_accesses(&r);
		EXPECT_EQ(irq_service(r.desc, &r.io), 0);
		EXPECT_EQ(r.model.reads, 1);
		EXPECT_EQ(r.model.writes, 0);
	}
}

TEST(quiet)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		irq_enable(r.desc, &r.io);
		irq_trigger(r.desc, &r.io);
		forget_accesses(&r);
		irq_quiet(r.desc, &r.io);
		EXPECT_TRUE(!line_is_high(&r));
		EXPECT_EQ(r.model.cause, 0);
		EXPECT_EQ(r.model.reads, 1);
		EXPECT_EQ(r.model.writes, r.kind->quiet_writes);
		EXPECT_EQ(irq_service(r.desc, &r.io), 0);
		EXPECT_EQ(r.model.stray, 0);
	}
}

/* A pending cause that was masked must not come up when the next driver unmasks. */
TEST(quiet_while_masked)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		irq_trigger(r.desc, &r.io);
		irq_quiet(r.desc, &r.io);
		irq_enable(r.desc, &r.io);
		EXPECT_TRUE(!line_is_high(&r));
	}
}

TEST(quiet_with_several_causes)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		r.model.mask = ~0u;
		r.model.cause = r.kind->others;
		irq_trigger(r.desc, &r.io);
		irq_quiet(r.desc, &r.io);
		EXPECT_TRUE(!line_is_high(&r));
		EXPECT_EQ(r.model.cause, 0);
	}
}

/* The dead driver used causes that the row knows nothing of: its line falls all the same. */
TEST(quiet_with_unknown_causes)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		r.model.mask = ~0u;
		r.model.cause = r.kind->others;
		EXPECT_TRUE(line_is_high(&r));
		irq_quiet(r.desc, &r.io);
		EXPECT_TRUE(!line_is_high(&r));
		irq_enable(r.desc, &r.io);
		EXPECT_TRUE(!line_is_high(&r));
	}
}

/* Where interrupts can be forbidden, no cause raises the line again, whoever had allowed it. */
TEST(quiet_lasts)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		if (r.desc->disable[0].kind == ACCESS_NONE)
			continue;
		r.model.mask = ~0u;
		irq_quiet(r.desc, &r.io);
		irq_trigger(r.desc, &r.io);
		r.model.cause |= r.kind->others;
		EXPECT_TRUE(!line_is_high(&r));
	}
}

TEST(quiet_when_nothing_is_wrong)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		irq_quiet(r.desc, &r.io);
		irq_quiet(r.desc, &r.io);
		EXPECT_TRUE(!line_is_high(&r));
		irq_enable(r.desc, &r.io);
		irq_trigger(r.desc, &r.io);
		EXPECT_TRUE(line_is_high(&r));
	}
}

/*
 * A controller that is gone reads as all ones, and that is taken for "it was
 * me", for ever: nothing here tells the two apart. What counts is that no step
 * waits for the device.
 */
TEST(removed)
{
	struct rig r;

	for (unsigned int row = 0; rig_up(&r, row); row++) {
		r.model.removed = true;
		for (unsigned int i = 0; i < 3; i++) {
			forget_accesses(&r);
			EXPECT_EQ(irq_service(r.desc, &r.io), r.desc->status.mask);
			EXPECT_EQ(r.model.reads, 1);
			EXPECT_EQ(r.model.writes, r.kind->service_writes);
		}
		forget_accesses(&r);
		irq_quiet(r.desc, &r.io);
		EXPECT_TRUE(r.model.reads <= 1);
		EXPECT_TRUE(r.model.writes <= r.kind->quiet_writes);
		forget_accesses(&r);
		irq_enable(r.desc, &r.io);
		irq_trigger(r.desc, &r.io);
		EXPECT_EQ(r.model.reads, 0);
		EXPECT_TRUE(r.model.writes <= 2);
	}
}

/* One step of a life in which anything follows anything. */
static void random_step(struct rig *r, uint64_t *state)
{
	bool pending = r->model.cause & r->desc->status.mask;

	switch (unit_random(state) % 5) {
	case 0:
		irq_enable(r->desc, &r->io);
		break;
	case 1:
		irq_trigger(r->desc, &r->io);
		EXPECT_TRUE((r->model.cause & r->desc->status.mask) != 0);
		break;
	case 2:
		EXPECT_EQ(irq_service(r->desc, &r->io) != 0, pending);
		EXPECT_TRUE(!line_is_high(r));
		break;
	case 3:
		irq_quiet(r->desc, &r->io);
		EXPECT_TRUE(!line_is_high(r));
		break;
	default:
		r->model.cause |= r->kind->others & (uint32_t)unit_random(state);
		break;
	}
	EXPECT_EQ(r->model.stray, 0);
}

TEST(random)
{
	uint64_t state = 0xde5c;
	struct rig r;

	printf("# seed 0x%" PRIx64 "\n", state);
	for (unsigned int row = 0; rig_up(&r, row); row++) {
		for (unsigned int step = 0; step < 20000; step++) {
			CONTEXT("%s step %u", r.desc->model, step);
			random_step(&r, &state);
		}
	}
}
