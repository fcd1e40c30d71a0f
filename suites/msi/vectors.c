// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every vector of a function, in turn and several times, and the table behind them.
 *
 * Mechanism: a pirq for each message, map_domain_pirq() -> setup_msi_irq() ->
 * write_msi_msg(); the vector that arrives selects the irq, and the irq the
 * event channel. X: each comes on its own channel and no other. V: the table
 * is Xen's alone, before and after use, and what nobody has mapped is masked.
 */
#include "guest/control/audit.h"
#include "guest/control/ktap.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "suites/msi/rounds.h"

#define TURNS 3

static struct message_value first[MAX_VECTORS] __attribute__((section(".bss.control")));

/* All vectors, @turns times; neighbours follow one another, so that a mixed-up pair shows. */
static struct tally all_in_turn(struct exercise *e, unsigned int turns)
{
	struct tally sum = { 0 };

	for (unsigned int turn = 0; turn < turns; turn++)
		for (unsigned int v = 0; v < e->n; v++)
			if (!msi_round(e, v, &sum)) {
				ktap_line("  # turn %u, vector %u failed", turn, v);
				return sum;
			}
	return sum;
}

static void vectors(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	struct tally sum;

	if (!e)
		return;
	ktap_line("  # data vectors=%u table=%u", e->n,
		  e->kind == IRQ_MSIX ? message_count(e->dev) : 1);
	sum = all_in_turn(e, TURNS);
	msi_expect(t, e, &sum, TURNS * e->n, "on each vector in turn");
	exercise_close(t, e);
}
TEST_CASE("msi.vectors", vectors);

static bool same(const struct message_value *a, const struct message_value *b)
{
	return a->address == b->address && a->data == b->data;
}

static void read_all(const struct exercise *e, struct message_value v[])
{
	for (unsigned int i = 0; i < e->n; i++)
		message_read(&e->m[i], &v[i]);
}

/* Two entries of the same vector, or behind remapping of the same table entry, are one source. */
static unsigned int count_equal(const struct exercise *e, bool remapped)
{
	unsigned int equal = 0;

	for (unsigned int i = 0; i < e->n; i++)
		for (unsigned int k = 0; k < i; k++)
			equal += remapped ? same(&first[i], &first[k])
					  : (first[i].data & 0xff) == (first[k].data & 0xff);
	return equal;
}

static void expect_stands(struct test *t, const struct exercise *e, const char *when)
{
	unsigned int moved = 0, masked = 0;

	for (unsigned int i = 0; i < e->n; i++) {
		struct message_value now;

		message_read(&e->m[i], &now);
		masked += now.control & MSIX_ENTRY_MASKED;
		if (same(&now, &first[i]))
			continue;
		if (!moved++)
			ktap_line("  # entry %u: %llx %x, was %llx %x", i,
				  (unsigned long long)now.address, now.data,
				  (unsigned long long)first[i].address, first[i].data);
	}
	check(t, !moved, "V %s: %u of %u messages are others than at map time, expected 0", when,
	      moved, e->n);
	check(t, !masked, "LI %s: %u of %u bound messages are masked, expected 0", when, masked,
	      e->n);
}

static void expect_rest_masked(struct test *t, const struct exercise *e)
{
	unsigned int count = e->kind == IRQ_MSIX ? message_count(e->dev) : 0, open = 0;

	for (unsigned int i = e->n; i < count; i++) {
		struct message rest = e->m[0];
		struct message_value v;

		rest.entry = i;
		message_read(&rest, &v);
		open += !(v.control & MSIX_ENTRY_MASKED);
	}
	check(t, !open, "V %u entries that nobody has mapped are open, expected 0", open);
}

static bool bind_again(struct test *t, struct exercise *e)
{
	for (unsigned int i = 0; i < e->n; i++) {
		int rc;

		port_close(e->port[i]);
		rc = exercise_bind(e, i);
		if (rc <= 0) {
			check(t, false, "L bind of pirq %u: %d, expected a port", e->pirq[i], rc);
			return false;
		}
	}
	return true;
}

static void table(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	unsigned int equal;
	struct tally sum;

	if (!e)
		return;
	read_all(e, first);
	equal = count_equal(e, msi_remapped(t));
	check(t, !equal, "V of %u messages %u pairs are one source, expected 0", e->n, equal);
	sum = all_in_turn(e, 1);
	msi_expect(t, e, &sum, e->n, "for its table");
	expect_stands(t, e, "used");
	expect_rest_masked(t, e);
	audit_mark(t, "used");
	if (bind_again(t, e)) {
		sum = all_in_turn(e, 1);
		msi_expect(t, e, &sum, e->n, "bound again");
		expect_stands(t, e, "bound again");
		audit_mark(t, "bound-again");
	}
	exercise_close(t, e);
}
TEST_CASE("msi.table", table);
