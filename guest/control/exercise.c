// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/exercise.h"

#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/dev/pci.h"
#include "guest/lib/string.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"

#define LIMIT  (50 * MS)
#define SETTLE (100 * US)

static struct exercise exercise __attribute__((section(".bss.control")));

static const char *const kind_name[] = { "intx", "msi", "msix" };

const char *exercise_kind_name(enum irq_kind kind)
{
	return kind_name[kind];
}

enum irq_kind exercise_kind(struct test *t)
{
	struct span irq;

	if (!plan_value(t->line, "irq", &irq) || span_is(irq, "intx"))
		return IRQ_INTX;
	return span_is(irq, "msi") ? IRQ_MSI : IRQ_MSIX;
}

static bool take(struct test *t, struct exercise *e)
{
	struct span model;
	char name[16];

	if (!plan_value(t->line, "model", &model)) {
		test_error(t, "the plan names no model");
		return false;
	}
	span_copy(model, name, sizeof(name));
	e->dev = device_take(name, ANY_LINE);
	if (!e->dev || !e->dev->ops)
		test_error(t, "the board has no %s that can be exercised", name);
	return e->dev && e->dev->ops;
}

/* The table of the function has the last word, for MSI-X. */
static unsigned int count_vectors(struct exercise *e)
{
	unsigned int n = exerciser_count_vectors(&e->c, e->kind);

	if (e->kind == IRQ_MSIX && n > message_count(e->dev))
		n = message_count(e->dev);
	return n < MAX_VECTORS ? n : MAX_VECTORS;
}

static int map_vector(struct exercise *e, unsigned int i)
{
	int rc;

	if (e->kind == IRQ_INTX) {
		rc = line_setup(e->dev->gsi);
		e->pirq[i] = e->dev->gsi;
		return rc ? rc : line_map_pirq(DOMID_SELF, e->dev->gsi);
	}
	rc = message_map(&e->m[i], e->dev, e->kind == IRQ_MSIX, i, DOMID_SELF);
	e->pirq[i] = e->m[i].pirq;
	return rc;
}

int exercise_bind(struct exercise *e, unsigned int vector)
{
	int rc = pirq_bind(e->pirq[vector]);

	if (rc > 0)
		e->port[vector] = (evtchn_port_t)rc;
	return rc;
}

static bool bind_all(struct test *t, struct exercise *e)
{
	unsigned int wanted = count_vectors(e);

	for (; e->n < wanted; e->n++) {
		int rc = map_vector(e, e->n);

		if (rc) {
			check(t, false, "L vector %u cannot be mapped: %d, expected 0", e->n, rc);
			return false;
		}
		rc = exercise_bind(e, e->n);
		if (!check(t, rc > 0, "L bind of pirq %u: %d, expected a port", e->pirq[e->n], rc))
			return false;
		pirq_eoi(e->pirq[e->n]);
	}
	if (e->n && e->kind != IRQ_INTX)
		message_enable(&e->m[0], true);
	return e->n;
}

/* Messages on vector 0 that came of commands to start or prepare, and say nothing: the last may be on its way. */
static void settle(struct exercise *e)
{
	if (e->kind != IRQ_MSIX)
		return;
	sleep_ns(SETTLE);
	port_clear(e->port[0]);
	pirq_eoi(e->pirq[0]);
}

struct exercise *exercise_open(struct test *t, enum irq_kind kind)
{
	struct exercise *e = &exercise;

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	if (!take(t, e))
		return NULL;
	e->limit = LIMIT + e->dev->ops->device_ns + 10 * e->dev->late +
		   plan_number(t->line, "slack", 0) * US;
	pci_command(e->dev->bdf, PCI_COMMAND_MASTER, 0);
	device_open(e->dev, &e->c);
	if (bind_all(t, e) && exercise_begin(t, e, kind, e->n))
		return e;
	exercise_close(t, e);
	return NULL;
}

bool exercise_begin(struct test *t, struct exercise *e, enum irq_kind kind, unsigned int vectors)
{
	char text[DEV_ERROR_TEXT];

	if (!exerciser_begin(&e->c, kind, vectors)) {
		settle(e);
		return true;
	}
	dev_error_text(&e->c.error, text, sizeof(text));
	test_error(t, "%s does not start: %s", e->dev->desc->model, text);
	return false;
}

void exercise_tell_error(const struct exercise *e)
{
	char text[DEV_ERROR_TEXT];

	if (!e->c.error.reg)
		return;
	dev_error_text(&e->c.error, text, sizeof(text));
	ktap_line("  # %s: %s", e->c.ops->model, text);
}

void exercise_close(struct test *t, struct exercise *e)
{
	e->c.ops->quiet(&e->c);
	e->c.ops->reset(&e->c);
	device_close(&e->c);
	if (e->n && e->kind != IRQ_INTX)
		message_enable(&e->m[0], false);
	for (unsigned int i = 0; i < e->n; i++) {
		int rc;

		port_close(e->port[i]);
		rc = e->kind == IRQ_INTX ? 0 : message_unmap(&e->m[i]);
		if (rc)
			check(t, false, "L unmap of pirq %u: %d, expected 0", e->pirq[i], rc);
	}
	device_release(e->dev);
}

int exercise_prepare(struct exercise *e, unsigned int vector)
{
	int rc;

	if (!e->c.ops->prepare)
		return DEV_OK;
	rc = e->c.ops->prepare(&e->c, vector);
	settle(e);
	return rc;
}

int exercise_trigger(struct exercise *e, unsigned int vector)
{
	int rc = exercise_prepare(e, vector);

	return rc ? rc : e->c.ops->trigger(&e->c, vector);
}

bool exercise_await(struct exercise *e, unsigned int vector, uint64_t ns)
{
	bool came = port_wait(e->port[vector], now_ns() + ns);
	bool ours;

	/* Acknowledged first: until then a device may tell once more (an 82574 does after its throttling time). */
	ours = exerciser_service(&e->c);
	port_clear(e->port[vector]);
	pirq_eoi(e->pirq[vector]);
	return came && ours;
}

unsigned int exercise_strays(struct exercise *e, unsigned int vector)
{
	unsigned int strays = 0;

	for (unsigned int i = 0; i < e->n; i++) {
		if (i == vector || !port_pending(e->port[i]))
			continue;
		strays++;
		port_clear(e->port[i]);
		pirq_eoi(e->pirq[i]);
	}
	return strays;
}
