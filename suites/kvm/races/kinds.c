// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: a function has INTx, MSI or MSI-X, one kind at a time; who changes from one to the next goes through a
 * state with none, and DisINTx is the kernel's, the user's and, with a message, the bus's as well (pci_intx_for_msi(),
 * vfio_pci_memory_unlock_and_restore()). Survival proves that each change ends in a kind that works, and leaves nothing.
 */
#include <poll.h>

#include "guest/dev/pci.h"
#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/numbers.h"
#include "host/case/user.h"
#include "host/probe/clock.h"
#include "host/case/race.h"

#define SERVED NS_PER_S /* an interrupt that is not served by then is lost */

FIXTURE(kinds)
{
	struct case_devices devices;
	struct user u;
	struct kmsg log;
	struct numbers before;
	int line, other;
	enum irq_kind now;
	bool enabled;
	unsigned int raised, signals, lost, changes;
	const char *wrong;
};

FIXTURE_VARIANT(kinds)
{
	const char *model;
	unsigned int index;
	enum irq_kind kind;
};

FIXTURE_VARIANT_ADD(kinds, edu){ "edu", 2, IRQ_INTX };
FIXTURE_VARIANT_ADD(kinds, edu_msi){ "edu", 2, IRQ_MSI };
FIXTURE_VARIANT_ADD(kinds, e1000e){ "e1000e", 0, IRQ_INTX };
FIXTURE_VARIANT_ADD(kinds, e1000e_msix){ "e1000e", 0, IRQ_MSIX };

FIXTURE_SETUP(kinds)
{
	const struct case_device *device;
	char why[TAKE_WHY];

	self->u.registers = self->u.v.device = self->u.v.container = -1;
	TAKE(case_devices(&self->devices, why), why);
	TAKE(case_take(&self->devices, variant->model, variant->index, &device, why), why);
	REQUIRE(!kmsg_open(&self->log, why, sizeof(why)), "%s", why);
	TAKE(user_open(&self->u, device, why), why);
	self->line = user_signal();
	self->other = user_signal();
	self->before = numbers_read();
}

FIXTURE_TEARDOWN(kinds)
{
	const char *wrong;

	user_close(&self->u);
	wrong = case_give_back();
	REQUIRE(!wrong, "%s", wrong);
}

static void judge_numbers(struct __test_metadata *_metadata, FIXTURE_DATA(kinds) * self)
{
	struct numbers after;

	user_reset(&self->u);
	if (self->enabled)
		(void)vfio_irq_disable(&self->u.v, self->now);
	after = numbers_read();
	CHECK(after.vfio == 0, "L interrupts that VFIO still has: %u, expected 0", after.vfio);
	CHECK(after.irqs == self->before.irqs, "L interrupt numbers of the kernel: %u, were %u",
	      after.irqs, self->before.irqs);
	case_judge_log(_metadata, &self->log);
}

/* Exchange. */

static void by_exchange(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(kinds) *self = ctx;

	(void)vfio_irq_enable(&self->u.v, self->now,
			      race_pick(random, 2) ? &self->line : &self->other, 1);
}

static unsigned int await_either(FIXTURE_DATA(kinds) * self, uint64_t ns)
{
	struct pollfd p[2] = { { .fd = self->line, .events = POLLIN },
			       { .fd = self->other, .events = POLLIN } };

	(void)poll(p, 2, (int)(ns / NS_PER_MS));
	return (unsigned int)(user_count(self->line) + user_count(self->other));
}

static void by_traffic(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(kinds) *self = ctx;
	struct user *u = &self->u;
	unsigned int signals;

	(void)random;
	/* One is enough: a round of nothing but lost ones would look like a call that hangs. */
	if (self->lost || u->c.ops->trigger(&u->c, 0) != DEV_OK)
		return;
	self->raised++;
	signals = await_either(self, SERVED);
	self->signals += signals;
	self->lost += !signals;
	(void)exerciser_service(&u->c);
	if (self->now == IRQ_INTX)
		(void)vfio_intx_unmask(&u->v);
}

static bool settle_exchange(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(kinds) *self = ctx;

	(void)random;
	self->signals += await_either(self, 0);
	return !self->lost;
}

TEST_F_TIMEOUT(kinds, exchange, CASE_SECONDS)
{
	unsigned int rounds;
	char why[TAKE_WHY];
	enum race_end how;

	self->now = variant->kind;
	REQUIRE(!vfio_irq_enable(&self->u.v, self->now, &self->line, 1), "it is refused");
	self->enabled = true;
	REQUIRE(user_begin(&self->u, self->now, why), "%s", why);
	how = race_run(&(struct race){ .seed = case_seed(),
				       .rounds = 300,
				       .steps = 6,
				       .limit = 2 * NS_PER_S,
				       .ctx = self,
				       .step = { by_exchange, by_traffic },
				       .settle = settle_exchange },
		       &rounds);
	case_data("device=%s rounds=%u raised=%u signals=%u lost=%u", self->u.device->model, rounds,
		  self->raised, self->signals, self->lost);
	CHECK(how != RACE_STUCK, "HC a call returns in round %u", rounds);
	CHECK(!self->lost, "LI lost %u of %u, expected 0", self->lost, self->raised);
	CHECK(self->signals == self->raised, "LI signals of both eventfds: %u, expected %u",
	      self->signals, self->raised);
	judge_numbers(_metadata, self);
}

/* Changes. */

/* How many kinds the function has; INTx, MSI, MSI-X in this order. */
static unsigned int kinds_of(const struct user *u)
{
	return u->v.vectors[IRQ_MSIX] ? 3 : 2;
}

static bool enable(FIXTURE_DATA(kinds) * self, enum irq_kind kind)
{
	if (self->enabled && vfio_irq_disable(&self->u.v, self->now))
		self->wrong = "HC what is enabled cannot be disabled";
	self->now = kind;
	self->enabled = !vfio_irq_enable(&self->u.v, kind, &self->line, 1);
	if (!self->enabled)
		self->wrong = "HC a kind is refused";
	self->changes++;
	return !self->wrong;
}

static void by_change(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(kinds) *self = ctx;

	user_reset(&self->u);
	(void)enable(self, (enum irq_kind)race_pick(random, kinds_of(&self->u)));
}

/* What is raised while nothing is enabled may be lost; so it is not counted. */
static void by_raising(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(kinds) *self = ctx;
	struct user *u = &self->u;

	switch (race_pick(random, 4)) {
	case 0:
		vfio_command(&u->v, PCI_COMMAND_DISINTX, 0);
		break;
	case 1:
		vfio_command(&u->v, 0, PCI_COMMAND_DISINTX);
		break;
	case 2:
		(void)vfio_intx_unmask(&u->v);
		break;
	default:
		/* One without MSI-X; see user_reset(). */
		if (kinds_of(u) < 3)
			u->c.ops->trigger(&u->c, 0);
	}
}

/* The device begins anew in the kind that was left, and that works. */
static bool settle_change(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(kinds) *self = ctx;
	struct user *u = &self->u;
	char why[TAKE_WHY];

	(void)random;
	if (self->wrong)
		return false;
	vfio_command(&u->v, 0, PCI_COMMAND_DISINTX);
	if (!user_begin(u, self->now, why)) {
		self->wrong = "LI the device does not start";
		return false;
	}
	user_count(self->line);
	if (self->now == IRQ_INTX)
		(void)vfio_intx_unmask(&u->v);
	self->raised++;
	self->lost = !user_serve(u, self->line, SERVED);
	if (self->lost)
		self->wrong = "LI the first interrupt after a change is lost";
	return !self->lost;
}

TEST_F_TIMEOUT(kinds, change, CASE_SECONDS)
{
	static const char *const names[] = { "INTx", "MSI", "MSI-X" };
	unsigned int rounds;
	char why[TAKE_WHY];
	enum race_end how;

	REQUIRE(enable(self, IRQ_INTX) && user_begin(&self->u, IRQ_INTX, why), "INTx is refused");
	how = race_run(&(struct race){ .seed = case_seed(),
				       .rounds = 200,
				       .steps = 4,
				       .limit = 2 * NS_PER_S,
				       .ctx = self,
				       .step = { by_change, by_raising },
				       .settle = settle_change },
		       &rounds);
	case_data("device=%s rounds=%u changes=%u raised=%u lost=%u", self->u.device->model, rounds,
		  self->changes, self->raised, self->lost);
	CHECK(how != RACE_STUCK, "HC a call returns in round %u", rounds);
	CHECK(how != RACE_WRONG, "%s (round %u, %s)",
	      self->wrong ? self->wrong : "LI each kind works after each change", rounds,
	      names[self->now]);
	judge_numbers(_metadata, self);
}

/* Orders: what a user does to INTx, and to a message beside it; refusals are part of it. */
static void order(FIXTURE_DATA(kinds) * self, unsigned int which)
{
	const struct vfio_device *v = &self->u.v;

	switch (which) {
	case 0:
		vfio_command(v, PCI_COMMAND_DISINTX, 0);
		break;
	case 1:
		vfio_command(v, 0, PCI_COMMAND_DISINTX);
		break;
	case 2:
		(void)vfio_irq_enable(v, IRQ_INTX, &self->line, 1);
		break;
	case 3:
		(void)vfio_irq_disable(v, IRQ_INTX);
		break;
	case 4:
		(void)vfio_irq_enable(v, IRQ_MSI, &self->other, 1);
		break;
	case 5:
		(void)vfio_irq_disable(v, IRQ_MSI);
		break;
	case 6:
		(void)vfio_intx_mask(v);
		break;
	default:
		(void)vfio_intx_unmask(v);
	}
}

#define ORDERS	8u
#define LONGEST 16u

static const char *const order_names[ORDERS] = { "set", "clear",  "INTx", "no INTx",
						 "MSI", "no MSI", "mask", "unmask" };

/* However it came to this: INTx enabled, DisINTx clear, unmasked, is INTx that works. */
static const char *after_orders(FIXTURE_DATA(kinds) * self)
{
	const struct vfio_device *v = &self->u.v;

	if ((vfio_config_read(v, PCI_COMMAND, 2) & PCI_COMMAND_DISINTX) && !user_disintx(&self->u))
		return "ST DisINTx is set for the user and not in the function";
	(void)vfio_irq_disable(v, IRQ_MSI);
	if (vfio_irq_enable(v, IRQ_INTX, &self->line, 1))
		return "HC INTx is refused";
	vfio_command(v, 0, PCI_COMMAND_DISINTX);
	user_count(self->line);
	if (vfio_intx_unmask(v))
		return "HC its unmask is refused";
	if (user_disintx(&self->u))
		return "LI DisINTx stays set in the function";
	self->raised++;
	return user_serve(&self->u, self->line, SERVED) ? NULL : "LI INTx is not told";
}

/* Return: did it come out well? */
static bool play_orders(FIXTURE_DATA(kinds) * self, const unsigned int *which, unsigned int n)
{
	char text[LONGEST * 10];
	size_t at = 0;

	for (unsigned int i = 0; i < n; i++)
		order(self, which[i]);
	self->wrong = after_orders(self);
	for (unsigned int i = 0; i < n && self->wrong; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? ", " : "",
				       order_names[which[i]]);
	if (self->wrong)
		case_note("%s after: %s", self->wrong, text);
	return !self->wrong;
}

TEST_F_TIMEOUT(kinds, orders, CASE_SECONDS)
{
	unsigned int which[LONGEST], n, short_ones = 0, long_ones = 0;
	uint64_t end = clock_ns() + 2 * NS_PER_S;
	uint32_t random = case_seed();
	char why[TAKE_WHY];

	self->now = IRQ_INTX;
	self->enabled = true;
	REQUIRE(!vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1), "INTx is refused");
	REQUIRE(user_begin(&self->u, IRQ_INTX, why), "%s", why);
	for (; short_ones < ORDERS * ORDERS * ORDERS && !self->wrong; short_ones++) {
		which[0] = short_ones / ORDERS / ORDERS;
		which[1] = short_ones / ORDERS % ORDERS;
		which[2] = short_ones % ORDERS;
		(void)play_orders(self, which, 3);
	}
	for (; clock_ns() < end && !self->wrong; long_ones++) {
		n = 4 + race_pick(&random, LONGEST - 3);
		for (unsigned int i = 0; i < n; i++)
			which[i] = race_pick(&random, ORDERS);
		(void)play_orders(self, which, n);
	}
	case_data("device=%s short=%u long=%u raised=%u", self->u.device->model, short_ones,
		  long_ones, self->raised);
	CHECK(!self->wrong, "%s (after %u orders of calls)",
	      self->wrong ? self->wrong : "LI INTx works whatever was before",
	      short_ones + long_ones);
	judge_numbers(_metadata, self);
}

CASE_MAIN
