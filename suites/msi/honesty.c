// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that advertises MSI and does not deliver is found within a bounded
 * time, and named (guest/control/honesty.h).
 *
 * Mechanism: a message is a write of the device. With bus mastering off it is
 * not made, all else stands: capability, enable bit, Xen's vector and pirq. LI:
 * who waits without a limit waits for ever; the detector does not.
 */
#include "guest/control/honesty.h"
#include "guest/dev/pci.h"
#include "guest/xen/clock.h"
#include "suites/msi/rounds.h"

#define TRIES 5
#define LIMIT (10 * MS) /* and what the device needs by its own clock */

struct finding {
	enum honesty worst;
	unsigned int honest;
	uint64_t longest;
};

static struct finding look(struct exercise *e, uint64_t limit)
{
	struct finding found = { HONEST, 0, 0 };

	for (unsigned int i = 0; i < TRIES && found.worst == HONEST; i++) {
		uint64_t start = now_ns(), took;

		found.worst = exercise_honesty(e, limit);
		found.honest += found.worst == HONEST;
		took = now_ns() - start;
		found.longest = took > found.longest ? took : found.longest;
	}
	return found;
}

static void expect_honest(struct test *t, struct exercise *e, const char *when)
{
	struct finding found = look(e, e->limit);

	exercise_tell_error(e);
	check(t, found.honest == TRIES, "LI %s %s %s: %s (%u of %u)", e->c.ops->model,
	      exercise_kind_name(e->kind), when, honesty_text(found.worst), found.honest, TRIES);
}

/* What comes on top of the limit: the trigger and the look at the registers. */
static void expect_found(struct test *t, struct exercise *e, uint64_t slack)
{
	uint64_t limit = LIMIT + e->c.ops->device_ns;
	struct finding found = look(e, limit);

	check(t, found.worst == WITHHOLDS || found.worst == MUTE, "LI %s %s without mastering: %s",
	      e->c.ops->model, exercise_kind_name(e->kind), honesty_text(found.worst));
	check(t, found.longest <= limit + slack,
	      "LI %s %s found to be so in %u us, expected at most %u", e->c.ops->model,
	      exercise_kind_name(e->kind), (unsigned int)(found.longest / US),
	      (unsigned int)((limit + slack) / US));
}

static void honesty(struct test *t)
{
	struct exercise *e = exercise_open(t, exercise_kind(t));
	struct span master;

	if (!e)
		return;
	if (plan_value(t->line, "master", &master) && span_is(master, "off")) {
		pci_command(e->dev->bdf, 0, PCI_COMMAND_MASTER);
		expect_found(t, e, plan_number(t->line, "slack", 0) * US);
		pci_command(e->dev->bdf, PCI_COMMAND_MASTER, 0);
		if (!exercise_begin(t, e, e->kind, e->n)) {
			exercise_close(t, e);
			return;
		}
		/* What the device kept back when it could not write is nothing of the next trigger. */
		exercise_strays(e, NO_VECTOR);
	}
	expect_honest(t, e, "with mastering");
	exercise_close(t, e);
}
TEST_CASE("msi.honesty", honesty);
