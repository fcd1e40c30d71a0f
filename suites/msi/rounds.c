// SPDX-License-Identifier: GPL-2.0-only
#include "suites/msi/rounds.h"

#include "guest/control/line.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"

static bool once(const struct tally *sum)
{
	return sum->repeats || !sum->twice;
}

static bool all_well(const struct tally *sum)
{
	return sum->came == sum->sent && once(sum) && !sum->strays;
}

bool msi_await(struct exercise *e, unsigned int vector, struct tally *sum)
{
	sum->came += exercise_await(e, vector, e->limit);
	sum->strays += exercise_strays(e, vector);
	sum->twice += exercise_strays(e, NO_VECTOR);
	return all_well(sum);
}

bool msi_round(struct exercise *e, unsigned int vector, struct tally *sum)
{
	/* What is late from the round before is nothing of this one. */
	sum->twice += exercise_strays(e, NO_VECTOR);
	sum->sent++;
	if (exercise_trigger(e, vector))
		return false;
	return msi_await(e, vector, sum);
}

bool msi_rounds(struct exercise *e, unsigned int vector, unsigned int n, struct tally *sum)
{
	bool well = all_well(sum);

	for (unsigned int i = 0; i < n && well; i++)
		well = msi_round(e, vector, sum);
	return well;
}

bool msi_held_back(struct exercise *e, unsigned int vector)
{
	uint64_t deadline = now_ns() + e->limit;

	while (!message_pending(&e->m[vector]) && now_ns() < deadline)
		sleep_ns(50 * US);
	return message_pending(&e->m[vector]);
}

void msi_expect(struct test *t, struct exercise *e, const struct tally *sum, unsigned int n,
		const char *when)
{
	const char *model = e->c.ops->model, *kind = exercise_kind_name(e->kind);

	exercise_tell_error(e);
	check(t, sum->sent == n && sum->came == n, "LI %s %s %s: %u of %u came, expected %u of %u",
	      model, kind, when, sum->came, sum->sent, n, n);
	check(t, once(sum) && !sum->strays,
	      "X %s %s %s: %u came twice and %u on other vectors, expected %s and 0", model, kind,
	      when, sum->twice, sum->strays, sum->repeats ? "any" : "0");
}

unsigned int msi_destination(const struct exercise *e, unsigned int vector)
{
	struct message_value v;

	if (e->kind == IRQ_INTX)
		return (unsigned int)(line_rte(e->dev->gsi) >> 56);
	message_read(&e->m[vector], &v);
	return (unsigned int)(v.address >> 12 & 0xff);
}

bool msi_remapped(const struct test *t)
{
	struct span remap;

	return plan_value(t->line, "remap", &remap) && span_is(remap, "on");
}
