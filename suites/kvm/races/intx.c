// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: INTx of a function has a mask in three places, DisINTx in the function, DisINTx as VFIO shows it, and the
 * mask of VFIO_DEVICE_SET_IRQS; igate, irqlock and the order of eventfds keep them together (vfio_pci_intrs.c). Survival
 * proves that whoever changes them at the same time, the line works in the end.
 */
#include <sys/eventfd.h>

#include "guest/dev/pci.h"
#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/user.h"
#include "host/probe/clock.h"
#include "host/case/race.h"

#define ROUNDS	   800u
#define STEPS	   6u
#define RACE_LIMIT (2 * NS_PER_S)
#define SERVED	   NS_PER_S	   /* an interrupt that is not served by then is lost */
#define STAYS	   (2 * NS_PER_MS) /* what is masked is silent for so long; a signal takes some 0.2 ms */

FIXTURE(intx)
{
	struct case_devices devices;
	struct user u;
	struct kmsg log;
	int line, unmask;
	bool asserts, caught;
	unsigned int raised, served;
	const char *wrong;
};

FIXTURE_VARIANT(intx)
{
	const char *model;
	unsigned int index;
};

FIXTURE_VARIANT_ADD(intx, edu){ "edu", 2 };	  /* a line of its own */
FIXTURE_VARIANT_ADD(intx, e1000e){ "e1000e", 0 }; /* the line of the host's disk and NICs */

FIXTURE_SETUP(intx)
{
	const struct case_device *device;
	char why[TAKE_WHY];

	self->u.registers = self->u.v.device = self->u.v.container = -1;
	TAKE(case_devices(&self->devices, why), why);
	TAKE(case_take(&self->devices, variant->model, variant->index, &device, why), why);
	REQUIRE(!kmsg_open(&self->log, why, sizeof(why)), "%s", why);
	TAKE(user_open(&self->u, device, why), why);
	self->line = user_signal();
	self->unmask = user_signal();
	REQUIRE(!vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1), "INTx of %s is refused",
		device->bdf);
	REQUIRE(user_begin(&self->u, IRQ_INTX, why), "%s", why);
}

FIXTURE_TEARDOWN(intx)
{
	const char *wrong;

	user_close(&self->u);
	wrong = case_give_back();
	REQUIRE(!wrong, "%s", wrong);
}

/* A round either has the device assert, or has somebody take its handler away: what asserts without one is another case. */
static void prepare(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;

	self->asserts = race_pick(random, 2);
	if (!self->asserts)
		return;
	self->raised++;
	self->u.c.ops->trigger(&self->u.c, 0);
}

static void by_config(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;

	if (race_pick(random, 2))
		vfio_command(&self->u.v, PCI_COMMAND_DISINTX, 0);
	else
		vfio_command(&self->u.v, 0, PCI_COMMAND_DISINTX);
}

/* VFIO_IRQ_SET_ACTION_TRIGGER without data: as if the device had interrupted. */
static void loop_back(const struct vfio_device *v)
{
	const struct vfio_irq_set set = { .argsz = sizeof(set),
					  .flags = VFIO_IRQ_SET_DATA_NONE |
						   VFIO_IRQ_SET_ACTION_TRIGGER,
					  .index = VFIO_PCI_INTX_IRQ_INDEX,
					  .count = 1 };

	(void)vfio_set_irqs(v, &set);
}

static void by_ioctl(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;
	const struct vfio_device *v = &self->u.v;

	switch (race_pick(random, 6)) {
	case 0:
		(void)vfio_irq_enable(v, IRQ_INTX, &self->line, 1);
		break;
	case 1:
		(void)vfio_intx_mask(v);
		break;
	case 2:
		(void)vfio_intx_unmask(v);
		break;
	case 3:
		(void)vfio_intx_unmask_by(v, race_pick(random, 2) ? self->unmask : -1);
		break;
	case 4:
		loop_back(v);
		break;
	default:
		if (!self->asserts)
			(void)vfio_irq_disable(v, IRQ_INTX);
	}
}

/* The line's eventfd is exchanged for another, for none, or for one that nobody but VFIO has: it goes with the next exchange. */
static void by_trigger(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;
	int none = -1, passing;

	switch (race_pick(random, 4)) {
	case 0:
		(void)vfio_irq_enable(&self->u.v, IRQ_INTX, &none, 1);
		break;
	case 1:
		passing = user_signal();
		(void)vfio_irq_enable(&self->u.v, IRQ_INTX, &passing, 1);
		close(passing);
		break;
	default:
		(void)vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1);
	}
}

/* What KVM does at a guest's EOI: the unmask eventfd is written. */
static void by_unmask(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;

	switch (race_pick(random, 4)) {
	case 0:
		(void)vfio_intx_unmask_by(&self->u.v, -1);
		(void)vfio_intx_unmask_by(&self->u.v, self->unmask);
		break;
	case 1:
		(void)vfio_intx_mask(&self->u.v);
		break;
	default:
		(void)eventfd_write(self->unmask, 1);
	}
}

/*
 * INTx as it is to be used: enabled, nothing masked, nothing pending. A write of Command may have left DisINTx in the function
 * as VFIO does not believe it to be (docs/findings/vfio-command-write.md); what the user sets and clears ends that.
 */
static bool settle_line(FIXTURE_DATA(intx) * self)
{
	const struct vfio_device *v = &self->u.v;
	int rc = vfio_irq_enable(v, IRQ_INTX, &self->line, 1);

	if (!rc)
		rc = vfio_intx_unmask_by(v, -1);
	if (!rc)
		rc = vfio_intx_mask(v);
	vfio_command(v, PCI_COMMAND_DISINTX, 0);
	vfio_command(v, 0, PCI_COMMAND_DISINTX);
	if (!rc)
		rc = vfio_intx_unmask(v);
	if (rc)
		self->wrong = "HC INTx cannot be enabled again";
	return !rc;
}

/* What the device asserted through the round must be told after it, if it was not before. */
static bool serve_all(FIXTURE_DATA(intx) * self)
{
	struct user *u = &self->u;

	if (self->asserts) {
		bool ours = user_await_reason(u, self->line, SERVED);

		self->served += ours;
		if (!ours)
			self->wrong = "LI what it asserted through the round is not told";
	}
	/* A signal that is not served is one that masks. */
	if (user_count(self->line))
		(void)vfio_intx_unmask(&u->v);
	self->raised++;
	if (!user_serve(u, self->line, SERVED))
		self->wrong = "LI an interrupt after the round is not told";
	else
		self->served++;
	return !self->wrong;
}

/* DisINTx as written is what the function has, and it holds. */
static bool mask_holds(FIXTURE_DATA(intx) * self)
{
	struct user *u = &self->u;

	vfio_command(&u->v, PCI_COMMAND_DISINTX, 0);
	if (!user_disintx(u))
		self->wrong = "ST DisINTx does not reach the function";
	self->raised++;
	u->c.ops->trigger(&u->c, 0);
	if (user_await(self->line, STAYS))
		self->wrong = "ST it is told although DisINTx is set";
	vfio_command(&u->v, 0, PCI_COMMAND_DISINTX);
	if (!user_await_reason(u, self->line, SERVED))
		self->wrong = "LI it is not told when DisINTx is cleared";
	else
		self->served++;
	return !self->wrong;
}

static bool settle(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;

	if (!settle_line(self) || !serve_all(self))
		return false;
	if (user_disintx(&self->u)) {
		self->wrong = "LI DisINTx stays set in the function";
		return false;
	}
	return race_pick(random, 16) || mask_holds(self);
}

static void race(struct __test_metadata *_metadata, FIXTURE_DATA(intx) * self,
		 const struct race *race)
{
	unsigned int rounds;
	enum race_end how = race_run(race, &rounds);

	REQUIRE(how != RACE_NO_ROOM, "no threads can be made");
	case_data("device=%s rounds=%u raised=%u served=%u lost=%u", self->u.device->model, rounds,
		  self->raised, self->served, self->raised - self->served);
	CHECK(how != RACE_STUCK, "HC a call returns in round %u", rounds);
	CHECK(how != RACE_WRONG, "%s (round %u)",
	      self->wrong ? self->wrong : "LI ST all is as it must be", rounds);
	CHECK(self->served == self->raised, "LI served %u of %u, expected all", self->served,
	      self->raised);
	case_judge_log(_metadata, &self->log);
}

/* CVE-2024-26810: who writes DisINTx took no igate. */
TEST_F_TIMEOUT(intx, disintx, CASE_SECONDS)
{
	race(_metadata, self,
	     &(struct race){ .seed = case_seed(),
			     .rounds = ROUNDS,
			     .steps = STEPS,
			     .limit = RACE_LIMIT,
			     .ctx = self,
			     .prepare = prepare,
			     .step = { by_config, by_ioctl },
			     .settle = settle });
}

/* CVE-2024-26812: the unmask eventfd of a function that still asserts signals its trigger, which is being taken away. */
TEST_F_TIMEOUT(intx, trigger, CASE_SECONDS)
{
	race(_metadata, self,
	     &(struct race){ .seed = case_seed(),
			     .rounds = ROUNDS,
			     .steps = STEPS,
			     .limit = RACE_LIMIT,
			     .ctx = self,
			     .prepare = prepare,
			     .step = { by_trigger, by_unmask },
			     .settle = settle });
}

#define WRITING (2 * NS_PER_MS)

/* Command as it is, again and again: no bit of it changes. */
static void by_command(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;
	uint32_t command = vfio_config_read(&self->u.v, PCI_COMMAND, 2);
	uint64_t end = clock_ns() + WRITING;

	(void)random;
	while (clock_ns() < end && !self->caught)
		vfio_config_write(&self->u.v, PCI_COMMAND, 2, command);
}

/* Masked and unmasked, at odd times: unmasked it is when DisINTx is clear. */
static void by_mask(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;

	for (unsigned int i = 0; i < 2 && !self->caught; i++) {
		struct timespec pause = clock_spec((10 + race_pick(random, 100)) * NS_PER_US);

		if (i)
			(void)vfio_intx_unmask(&self->u.v);
		else
			(void)vfio_intx_mask(&self->u.v);
		nanosleep(&pause, NULL);
	}
	self->caught = user_disintx(&self->u);
}

/* What is masked in the function alone, VFIO does not unmask. */
static bool settle_command(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(intx) *self = ctx;

	(void)random;
	self->caught = false;
	if (vfio_intx_unmask(&self->u.v))
		self->wrong = "HC the unmask is refused";
	return serve_all(self);
}

TEST_F_TIMEOUT(intx, command, CASE_SECONDS)
{
	race(_metadata, self,
	     &(struct race){ .seed = case_seed(),
			     .rounds = ROUNDS,
			     .steps = STEPS,
			     .limit = 2 * RACE_LIMIT,
			     .ctx = self,
			     .step = { by_command, by_mask },
			     .settle = settle_command });
}

CASE_MAIN
