// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/exerciser.h"

#include "guest/dev/exercisers.h"
#include "guest/lib/fmt.h"
#include "guest/lib/string.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct exerciser *const all[] = {
	&edu_exerciser,	 &e1000_exerciser, &e1000e_exerciser,  &ahci_exerciser,
	&nvme_exerciser, &igb_exerciser,   &rtl8139_exerciser, &xhci_exerciser,
};

const struct exerciser *exerciser_at(unsigned int index)
{
	return index < COUNT(all) ? all[index] : NULL;
}

const struct exerciser *exerciser_find(const char *model)
{
	for (unsigned int i = 0; i < COUNT(all); i++)
		if (!strcmp(all[i]->model, model))
			return all[i];
	return NULL;
}

unsigned int exerciser_count_vectors(struct controller *c, enum irq_kind kind)
{
	if (c->ops->vectors)
		return c->ops->vectors(c, kind);
	return kind == IRQ_INTX;
}

int exerciser_begin(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	int rc = c->ops->probe(c);

	c->kind = kind;
	if (!rc)
		rc = c->ops->reset(c);
	if (!rc)
		rc = c->ops->start(c, kind, vectors);
	return rc;
}

uint32_t exerciser_service(struct controller *c)
{
	uint32_t pending = c->ops->pending(c);

	if (pending)
		c->ops->ack(c, pending);
	return pending;
}

uint32_t dev_read(struct controller *c, struct dev_register r)
{
	return c->io.read(c->io.ctx, c->ops->bar, r.offset, r.width);
}

void dev_write(struct controller *c, struct dev_register r, uint32_t value)
{
	c->io.write(c->io.ctx, c->ops->bar, r.offset, r.width, value);
}

static uint32_t ones(uint8_t width)
{
	return ~0u >> (32 - 8 * width);
}

int dev_await(struct controller *c, struct dev_register r, uint32_t mask, uint32_t expected,
	      uint64_t limit_ns)
{
	uint64_t deadline = c->io.now(c->io.ctx) + limit_ns;

	for (;;) {
		bool late = c->io.now(c->io.ctx) >= deadline;
		uint32_t seen = dev_read(c, r);

		if ((seen & mask) == expected)
			return DEV_OK;
		if (seen == ones(r.width))
			return dev_fail(c, DEV_GONE, r.name, r.offset, mask, expected, seen);
		if (late)
			return dev_fail(c, DEV_TIMEOUT, r.name, r.offset, mask, expected, seen);
		c->io.pause(c->io.ctx);
	}
}

static uint32_t offset_of(const struct controller *c, const volatile void *p)
{
	return (uint32_t)((uintptr_t)p - (uintptr_t)c->io.memory.base);
}

int dev_await_word(struct controller *c, const char *name, const volatile uint32_t *word,
		   uint32_t mask, uint32_t expected, uint64_t limit_ns)
{
	uint64_t deadline = c->io.now(c->io.ctx) + limit_ns;

	for (;;) {
		bool late = c->io.now(c->io.ctx) >= deadline;
		uint32_t seen = *word;

		if ((seen & mask) == expected)
			return DEV_OK;
		if (late)
			return dev_fail(c, DEV_TIMEOUT, name, offset_of(c, word), mask, expected,
					seen);
		c->io.pause(c->io.ctx);
	}
}

int dev_expect(struct controller *c, const char *name, uint32_t offset, uint32_t mask,
	       uint32_t expected, uint32_t seen)
{
	if ((seen & mask) == expected)
		return DEV_OK;
	return dev_fail(c, DEV_WRONG, name, offset, mask, expected, seen);
}

int dev_fail(struct controller *c, int status, const char *name, uint32_t offset, uint32_t mask,
	     uint32_t expected, uint32_t seen)
{
	if (!c->error.reg)
		c->error = (struct dev_error){ name, offset, mask, expected, seen, status };
	return status;
}

uint32_t dev_bus(const struct controller *c, const volatile void *p)
{
	return (uint32_t)c->io.memory.bus + offset_of(c, p);
}

void dev_clear_error(struct controller *c)
{
	c->error = (struct dev_error){ 0 };
}

void dev_error_text(const struct dev_error *e, char *text, size_t size)
{
	static const char *const why[] = { "", "timeout", "no device answers", "wrong", "none" };

	if (!e->reg)
		ll_snprintf(text, size, "no error");
	else
		ll_snprintf(text, size, "%s (0x%x): expected 0x%x of 0x%x, seen 0x%x (%s)", e->reg,
			    e->offset, e->expected, e->mask, e->seen, why[-e->status]);
}
