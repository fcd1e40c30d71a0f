// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: with nointxmask=1 VFIO does without DisINTx, as it must for functions from before PCI 2.3: it asks for the
 * line alone, and masks at the interrupt controller (vfio_intx_enable(), disable_irq_nosync()). Survival proves that a line
 * of others is refused and nothing stays of it, and that the count of disables comes out even.
 */
#include <errno.h>

#include "guest/dev/pci.h"
#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/numbers.h"
#include "host/case/params.h"
#include "host/case/user.h"
#include "host/probe/clock.h"
#include "host/case/race.h"

#define SERVED	   NS_PER_S
#define INTERRUPTS 300u
#define REFUSALS   3000u

/* A context and a name are some 160 bytes: 470 KiB in all; up to 100 were seen to come otherwise. */
#define SLACK_KIB 200

FIXTURE(exclusive)
{
	struct case_devices devices;
	struct user u;
	struct kmsg log;
	int line;
	int rc;
	unsigned int told;
	bool loaded;
};

FIXTURE_SETUP(exclusive)
{
	char why[TAKE_WHY];

	self->u.registers = self->u.v.device = self->u.v.container = -1;
	TAKE(case_devices(&self->devices, why), why);
	TAKE(params_reload("nointxmask=1", why), why);
	self->loaded = true;
	REQUIRE(!kmsg_open(&self->log, why, sizeof(why)), "%s", why);
	self->line = user_signal();
}

FIXTURE_TEARDOWN(exclusive)
{
	const char *wrong;
	char why[TAKE_WHY];

	user_close(&self->u);
	wrong = case_give_back();
	REQUIRE(!self->loaded || params_reload("", why) == TAKEN, "%s", why);
	REQUIRE(!wrong, "%s", wrong);
}

static void take(FIXTURE_DATA(exclusive) * self, unsigned int index)
{
	const struct case_device *device;
	char why[TAKE_WHY];
	enum taken rc = case_take(&self->devices, "edu", index, &device, why);

	if (rc == TAKEN)
		rc = user_open(&self->u, device, why);
	REQUIRE(rc == TAKEN, "%s", why);
}

/* CVE-2024-38632: what was allocated for a line that is refused stays. */
TEST_F_TIMEOUT(exclusive, refused, CASE_SECONDS)
{
	unsigned int refused = 0;
	long kib;
	int rc;

	take(self, 0);
	rc = vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1);
	CHECK(rc == -EBUSY, "S the line of others: %d, expected %d", rc, -EBUSY);
	kib = -numbers_read().slab;
	for (unsigned int i = 0; i < REFUSALS; i++) {
		refused += vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1) == -EBUSY;
		/* Each writes a line to the log, which is not to run over what else is there. */
		if (!(i % 100))
			(void)kmsg_read(&self->log);
	}
	kib += numbers_read().slab;
	case_data("refused=%u slab_kib=%ld", refused, kib);
	CHECK(refused == REFUSALS, "S refused %u of %u, expected all", refused, REFUSALS);
	CHECK(kib <= SLACK_KIB, "L slab memory that has come: %ld KiB, at most %d", kib, SLACK_KIB);
	CHECK(numbers_read().vfio == 0, "L interrupts that VFIO has: %u, expected 0",
	      numbers_read().vfio);
	case_judge_log(_metadata, &self->log);
}

/* Each interrupt is masked at the controller, and unmasked as often. */
TEST_F_TIMEOUT(exclusive, alone, CASE_SECONDS)
{
	unsigned int served = 0;
	char why[TAKE_WHY];
	int rc;

	take(self, 2);
	rc = vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1);
	CHECK(!rc, "S a line of its own: %d, expected 0", rc);
	REQUIRE(user_begin(&self->u, IRQ_INTX, why), "%s", why);
	self->u.c.ops->trigger(&self->u.c, 0);
	case_mark("asserting pin=%u mask=1", self->u.device->gsi);
	CHECK(user_await_reason(&self->u, self->line, SERVED), "LI it is told while it asserts");
	for (unsigned int i = 0; i < INTERRUPTS && served == i; i++) {
		if (i % 3 == 1)
			(void)vfio_intx_mask(&self->u.v);
		if (i % 3 == 1)
			(void)vfio_intx_unmask(&self->u.v);
		served += user_serve(&self->u, self->line, SERVED);
	}
	case_data("device=edu raised=%u served=%u disintx=%u", INTERRUPTS, served,
		  user_disintx(&self->u));
	CHECK(served == INTERRUPTS, "LI served %u of %u, expected all", served, INTERRUPTS);
	CHECK(!user_disintx(&self->u), "V DisINTx in the function: 1, expected 0");
	case_judge_log(_metadata, &self->log);
}

static void by_interrupt(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(exclusive) *self = ctx;
	struct timespec pause = clock_spec(race_pick(random, 200) * NS_PER_US);

	nanosleep(&pause, NULL);
	self->u.c.ops->trigger(&self->u.c, 0);
}

static void by_enabling(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(exclusive) *self = ctx;
	struct timespec pause = clock_spec(race_pick(random, 100) * NS_PER_US);

	nanosleep(&pause, NULL);
	self->rc = vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1);
}

static void prepare_masked(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(exclusive) *self = ctx;

	(void)random;
	vfio_command(&self->u.v, PCI_COMMAND_DISINTX, 0);
}

/*
 * The device begins anew: QEMU's IO-APIC does not know of a level that was there before its pin was made level-triggered.
 */
static bool settle_masked(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(exclusive) *self = ctx;
	struct user *u = &self->u;
	bool told;

	(void)random;
	vfio_command(&u->v, 0, PCI_COMMAND_DISINTX);
	u->c.ops->quiet(&u->c);
	user_count(self->line);
	(void)vfio_intx_unmask(&u->v);
	told = !self->rc && user_serve(u, self->line, SERVED);
	self->told += told;
	return !vfio_irq_disable(&u->v, IRQ_INTX) && told;
}

/*
 * CVE-2024-27437: the device asserts while its interrupt is enabled with DisINTx set for the user. An interrupt that enables
 * itself for a moment is then disabled twice, and enabled once.
 */
TEST_F_TIMEOUT(exclusive, masked, CASE_SECONDS)
{
	unsigned int rounds;
	enum race_end how;

	take(self, 2);
	self->u.c.kind = IRQ_INTX;
	how = race_run(&(struct race){ .seed = case_seed(),
				       .rounds = 400,
				       .steps = 1,
				       .limit = 2 * NS_PER_S,
				       .ctx = self,
				       .prepare = prepare_masked,
				       .step = { by_interrupt, by_enabling },
				       .settle = settle_masked },
		       &rounds);
	case_data("device=edu rounds=%u served=%u", rounds, self->told);
	CHECK(how != RACE_STUCK, "HC a call returns in round %u", rounds);
	CHECK(how == RACE_OVER, "LI it is told once DisINTx is clear (round %u, enabled with %d)",
	      rounds, self->rc);
	case_judge_log(_metadata, &self->log);
}

CASE_MAIN
