// SPDX-License-Identifier: GPL-2.0-only
#include "suites/kvm/races/irqs.h"

#include <errno.h>
#include <stdio.h>

#include "host/case/race.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TYPES (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_DATA_EVENTFD)
#define ACTIONS \
	(VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NONE (-1)

/* eventfd_ctx_fdget() */
static int fd_answer(enum irqs_fd fd)
{
	return fd == FD_CLOSED ? -EBADF : fd == FD_NO_EVENTFD ? -EINVAL : 0;
}

static bool is_fd(enum irqs_fd fd)
{
	return fd != FD_NONE && fd != FD_NEGATIVE;
}

static int mask_intx(const struct irqs_state *s, const struct irqs_call *c)
{
	if (s->enabled != VFIO_PCI_INTX_IRQ_INDEX || c->start || c->count != 1)
		return -EINVAL;
	return c->flags & VFIO_IRQ_SET_DATA_EVENTFD ? -ENOTTY : 0;
}

static int unmask_intx(struct irqs_state *s, const struct irqs_call *c)
{
	int rc = fd_answer(c->data[0]);

	if (s->enabled != VFIO_PCI_INTX_IRQ_INDEX || c->start || c->count != 1)
		return -EINVAL;
	if (!(c->flags & VFIO_IRQ_SET_DATA_EVENTFD))
		return 0;
	if (rc)
		return rc;
	if (is_fd(c->data[0]) && s->unmask)
		return -EBUSY;
	s->unmask = is_fd(c->data[0]);
	return 0;
}

static int trigger_intx(struct irqs_state *s, const struct irqs_call *c)
{
	bool on = s->enabled == VFIO_PCI_INTX_IRQ_INDEX;
	int rc = fd_answer(c->data[0]);

	if (on && !c->count && (c->flags & VFIO_IRQ_SET_DATA_NONE)) {
		s->enabled = NONE;
		s->unmask = false;
		return 0;
	}
	if ((!on && s->enabled != NONE) || c->start || c->count != 1)
		return -EINVAL;
	if (!(c->flags & VFIO_IRQ_SET_DATA_EVENTFD))
		return on ? 0 : -EINVAL;
	if (!rc)
		s->enabled = VFIO_PCI_INTX_IRQ_INDEX;
	return rc;
}

/* vfio_msi_set_block(): the first that is refused ends it. */
static int set_block(const struct irqs_state *s, const struct irqs_call *c)
{
	int rc = 0;

	if (c->start >= s->contexts || c->start + c->count > s->contexts)
		return -EINVAL;
	for (uint32_t i = 0; i < c->count && i < IRQS_DATA && !rc; i++)
		rc = fd_answer(c->data[i]);
	return rc;
}

static int trigger_message(struct irqs_state *s, const struct irqs_call *c)
{
	bool on = s->enabled == (int)c->index;
	int rc;

	if (on && !c->count && (c->flags & VFIO_IRQ_SET_DATA_NONE)) {
		s->enabled = NONE;
		return 0;
	}
	if (!on && s->enabled != NONE)
		return -EINVAL;
	if (!(c->flags & VFIO_IRQ_SET_DATA_EVENTFD))
		return on && c->start + c->count <= s->contexts ? 0 : -EINVAL;
	if (on)
		return set_block(s, c);
	/* pci_alloc_irq_vectors() of none. */
	if (!(c->start + c->count))
		return -ERANGE;
	s->contexts = c->start + c->count;
	rc = set_block(s, c);
	s->enabled = rc ? NONE : (int)c->index;
	return rc;
}

/* Errors of the device, and the request to give it up: one eventfd each. */
static int trigger_single(bool *there, const struct irqs_call *c)
{
	int rc = fd_answer(c->data[0]);

	if (c->flags & VFIO_IRQ_SET_DATA_NONE) {
		rc = *there ? 0 : -EINVAL;
		*there = *there && c->count;
		return rc;
	}
	if (!c->count)
		return -EINVAL;
	if (c->flags & VFIO_IRQ_SET_DATA_BOOL || rc)
		return c->flags & VFIO_IRQ_SET_DATA_BOOL ? 0 : rc;
	if (c->data[0] != FD_NEGATIVE)
		*there = is_fd(c->data[0]);
	return 0;
}

static int act(struct irqs_state *s, const struct irqs_call *c)
{
	uint32_t action = c->flags & ACTIONS;

	if (c->index == VFIO_PCI_INTX_IRQ_INDEX && action == VFIO_IRQ_SET_ACTION_MASK)
		return mask_intx(s, c);
	if (c->index == VFIO_PCI_INTX_IRQ_INDEX && action == VFIO_IRQ_SET_ACTION_UNMASK)
		return unmask_intx(s, c);
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	switch (c->index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return trigger_intx(s, c);
	case VFIO_PCI_ERR_IRQ_INDEX:
		return trigger_single(&s->error, c);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return trigger_single(&s->request, c);
	default:
		return trigger_message(s, c);
	}
}

/* vfio_set_irqs_validate_and_prepare(). Return: bytes of data, or -errno */
static int64_t validate(const struct irqs_state *s, const struct irqs_call *c)
{
	uint64_t size;

	if (c->argsz < IRQS_HEADER || c->index >= VFIO_PCI_NUM_IRQS ||
	    c->count >= UINT32_MAX - c->start || (c->flags & ~(TYPES | ACTIONS)))
		return -EINVAL;
	if (c->start >= s->vectors[c->index] || c->start + c->count > s->vectors[c->index])
		return -EINVAL;
	switch (c->flags & TYPES) {
	case VFIO_IRQ_SET_DATA_NONE:
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		size = 1;
		break;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		size = 4;
		break;
	default:
		return -EINVAL;
	}
	return c->argsz - IRQS_HEADER < c->count * size ? -EINVAL : (int64_t)(c->count * size);
}

int irqs_expect(struct irqs_state *state, const struct irqs_call *call)
{
	int64_t data;

	if (call->readable < IRQS_HEADER)
		return -EFAULT;
	data = validate(state, call);
	if (data < 0)
		return (int)data;
	return IRQS_HEADER + data > call->readable ? -EFAULT : act(state, call);
}

/* Limits. */

#define FLAGS 67u

/* All of six bits, and what is beyond. */
static uint32_t flags_at(uint32_t i)
{
	static const uint32_t beyond[FLAGS - 64] = { 0x40, 0x80000024, ~0u };

	return i < 64 ? i : beyond[i - 64];
}

/* 0xc0000000: four times that, and the header, is 20 in 32 bits. */
static const uint32_t argszs[] = { 19, 20, 24, IRQS_ALL, ~0u };
static const uint32_t indexes[] = { 0, 1, 2, 3, 4, 5, ~0u };
static const uint32_t starts[] = { 0, 1, ~0u };
static const uint32_t counts[] = { 0, 1, 0x40000000, 0xc0000000, 0xfffffffe, ~0u };

/* Behind a list's numbers comes one that depends on how many vectors there are. */
static uint32_t limit(const uint32_t *list, uint32_t n, uint32_t i, uint32_t relative)
{
	return i < n ? list[i] : relative;
}

static uint32_t vectors_of(const struct irqs_state *s, uint32_t index)
{
	return index < VFIO_PCI_NUM_IRQS ? s->vectors[index] : 0;
}

static uint32_t take(uint32_t *number, uint32_t n)
{
	uint32_t i = *number % n;

	*number /= n;
	return i;
}

bool irqs_boundary(const struct irqs_state *state, uint32_t number, struct irqs_call *call)
{
	*call = (struct irqs_call){ .readable = IRQS_ALL };
	call->flags = flags_at(take(&number, FLAGS));
	call->index = indexes[take(&number, COUNT(indexes))];
	call->start = limit(starts, COUNT(starts), take(&number, COUNT(starts) + 1),
			    vectors_of(state, call->index));
	call->count = limit(counts, COUNT(counts), take(&number, COUNT(counts) + 1),
			    vectors_of(state, call->index) + 1);
	call->argsz = argszs[take(&number, COUNT(argszs))];
	return !number;
}

static uint32_t near(uint32_t *random, uint32_t good, const uint32_t *list, uint32_t n)
{
	switch (race_pick(random, 8)) {
	case 0:
		return list[race_pick(random, n)];
	case 1:
		return race_pick(random, 1u << 24) << race_pick(random, 9);
	default:
		return good;
	}
}

/* What is enabled is disabled now and then: else the other kinds never come. */
static void disable(const struct irqs_state *state, struct irqs_call *call)
{
	*call = (struct irqs_call){ .argsz = IRQS_HEADER,
				    .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
				    .index = (uint32_t)state->enabled,
				    .readable = IRQS_HEADER };
}

/* Messages have one action. */
static uint32_t good_flags(uint32_t *random, uint32_t index)
{
	uint32_t action = index == VFIO_PCI_INTX_IRQ_INDEX ? race_pick(random, 3) : 2;

	return 1u << race_pick(random, 3) | 8u << action;
}

void irqs_random(const struct irqs_state *state, uint32_t *random, struct irqs_call *call)
{
	uint32_t vectors, index = race_pick(random, VFIO_PCI_NUM_IRQS);

	if (state->enabled != NONE && race_pick(random, 2))
		index = (uint32_t)state->enabled;
	if (state->enabled != NONE && !race_pick(random, 16))
		return disable(state, call);
	*call = (struct irqs_call){ .readable = IRQS_ALL };
	call->index = near(random, index, indexes, COUNT(indexes));
	call->flags = race_pick(random, 8) ? good_flags(random, call->index)
					   : flags_at(race_pick(random, FLAGS));
	vectors = vectors_of(state, call->index);
	call->start = near(random, race_pick(random, 3) ? 0 : race_pick(random, vectors + 1),
			   starts, COUNT(starts));
	call->count = near(random, race_pick(random, 3) ? 1 : race_pick(random, vectors + 2),
			   counts, COUNT(counts));
	call->argsz = near(random, IRQS_ALL, argszs, COUNT(argszs));
	for (unsigned int i = 0; i < IRQS_DATA; i++)
		call->data[i] = race_pick(random, 4) ? FD_GOOD : race_pick(random, FDS);
	if (!race_pick(random, 16))
		call->readable = race_pick(random, IRQS_ALL);
}

void irqs_text(const struct irqs_call *call, char *text, size_t size)
{
	static const char *const names[FDS] = { "eventfd", "-1", "-2", "closed", "no eventfd" };

	(void)snprintf(text, size,
		       "argsz=%#x flags=%#x index=%#x start=%#x count=%#x data=%s,%s,%s.. "
		       "readable=%u",
		       call->argsz, call->flags, call->index, call->start, call->count,
		       names[call->data[0]], names[call->data[1]], names[call->data[2]],
		       call->readable);
}
