/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Surroundings of an exerciser in a unit test: a clock that goes on with every
 * access, memory for DMA at another address than ours, and a register model that
 * the test provides. What may be wrong with any controller is here: pulled out,
 * or never answering.
 */
#ifndef LIFELINE_TESTS_RIG_H
#define LIFELINE_TESTS_RIG_H

#include "guest/dev/exerciser.h"

#include <string.h>

#include "guest/tests/unit.h"

#define RIG_BUS	     0x12340000u /* where the device sees its memory */
#define RIG_ACCESS   1000ull	 /* ns that an access takes */
#define RIG_STEP     20000ull	 /* ns of sleep in which the model has one step */
#define RIG_ACCESSES 2000000u	 /* more than any bounded operation makes */

/**
 * struct rig - one controller and what is around it
 * @c: the controller, as the exerciser has it
 * @read: the model's registers
 * @write: the same
 * @step: the model's own time has come: called with every access and again and again while the exerciser sleeps; may be NULL
 * @model: the model's state
 * @now: the clock, ns
 * @removed: pulled out: reads are all ones, writes are lost
 * @dead: never answers: writes are lost, registers stay as they are, @step is not called
 * @accesses: register accesses so far
 * @stray: accesses outside the BAR, DMA outside the memory
 * @memory: for DMA, ending where the heap block ends
 */
struct rig {
	struct controller c;
	uint32_t (*read)(struct rig *r, uint32_t offset, uint8_t width);
	void (*write)(struct rig *r, uint32_t offset, uint8_t width, uint32_t value);
	void (*step)(struct rig *r);
	void *model;
	uint64_t now;
	bool removed, dead;
	unsigned int accesses, stray;
	unsigned char *memory;
};

static inline void rig_go_on(struct rig *r, uint64_t ns)
{
	r->now += ns;
	if (r->accesses++ > RIG_ACCESSES) {
		printf("# %s: no end after %u accesses\n", unit_context, r->accesses);
		exit(1);
	}
	if (r->step && !r->removed && !r->dead)
		r->step(r);
}

static inline bool rig_in_bar(struct rig *r, uint8_t bar, uint32_t offset, uint8_t width)
{
	bool good = bar == r->c.ops->bar && offset % width == 0 &&
		    offset + width <= r->c.ops->length;

	r->stray += !good;
	return good;
}

static inline uint32_t rig_read(void *ctx, uint8_t bar, uint32_t offset, uint8_t width)
{
	struct rig *r = ctx;

	rig_go_on(r, RIG_ACCESS);
	if (r->removed || !rig_in_bar(r, bar, offset, width))
		return ~0u >> (32 - 8 * width);
	return r->read(r, offset, width);
}

static inline void rig_write(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value)
{
	struct rig *r = ctx;

	if (rig_in_bar(r, bar, offset, width) && !r->removed && !r->dead)
		r->write(r, offset, width, value);
	rig_go_on(r, RIG_ACCESS);
}

static inline uint64_t rig_now(void *ctx)
{
	return ((struct rig *)ctx)->now;
}

static inline void rig_sleep(void *ctx, uint64_t ns)
{
	for (; ns > RIG_STEP; ns -= RIG_STEP)
		rig_go_on(ctx, RIG_STEP);
	rig_go_on(ctx, ns);
}

/** rig_at() - what the device sees at @bus, @size bytes; NULL, and counted as stray: not its memory */
static inline void *rig_at(struct rig *r, uint64_t bus, uint32_t size)
{
	if (bus >= RIG_BUS && bus + size <= RIG_BUS + (uint64_t)r->c.io.memory.size)
		return r->memory + (bus - RIG_BUS);
	r->stray++;
	return NULL;
}

/** rig_up() - @r becomes a rig for @ops; the test sets @read, @write, @step and @model itself */
static inline void rig_up(struct rig *r, const struct exerciser *ops)
{
	memset(r, 0, sizeof(*r));
	r->c.ops = ops;
	/* Page aligned, as the guests have it; what was there before is not zero. */
	r->memory = aligned_alloc(4096, (ops->memory + 4095) & ~4095ul);
	if (!r->memory)
		abort();
	memset(r->memory, 0xa5, ops->memory);
	r->c.io = (struct dev_io){ .read = rig_read,
				   .write = rig_write,
				   .now = rig_now,
				   .sleep = rig_sleep,
				   .memory = { r->memory, RIG_BUS, ops->memory },
				   .ctx = r };
}

/** rig_down() - free what rig_up() has taken */
static inline void rig_down(struct rig *r)
{
	free(r->memory);
}

#endif
