// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: VFIO masks INTx from its handler, which is there only while the user has INTx enabled; without one nobody
 * is on the line for the function. Survival proves that a function whose user listens to no INTx cannot assert any.
 */
#include "guest/dev/pci.h"
#include "host/case/judge.h"
#include "host/case/user.h"
#include "host/case/race.h"

#define BEFORE (300 * NS_PER_MS)
#define DURING NS_PER_S /* a storm is seen at once; its 100,000 interrupts take a fraction of it */
#define AFTER  (300 * NS_PER_MS)

#define ROUNDS	   2000u
#define STEPS	   8u
#define RACE_LIMIT (4 * NS_PER_S)
#define WRITING	   (2 * NS_PER_MS)

FIXTURE(unclaimed)
{
	struct shared_line l;
	struct user u;
	int line;
	bool unmasked;
};

FIXTURE_SETUP(unclaimed)
{
	char why[TAKE_WHY];

	self->u.registers = self->u.v.device = self->u.v.container = -1;
	TAKE(shared_take(&self->l, "edu", 0, why), why);
	TAKE(user_open(&self->u, self->l.offender, why), why);
	TAKE(shared_up(&self->l, LOAD_SATA, false, why), why);
}

FIXTURE_TEARDOWN(unclaimed)
{
	const char *wrong;

	user_close(&self->u);
	wrong = shared_down(&self->l);
	REQUIRE(!wrong, "%s", wrong);
}

static void on_and_off(FIXTURE_DATA(unclaimed) * self, enum irq_kind kind)
{
	int fd = user_signal();

	REQUIRE(!vfio_irq_enable(&self->u.v, kind, &fd, 1), "it cannot be enabled");
	REQUIRE(user_serve(&self->u, fd, NS_PER_S), "it does not interrupt");
	REQUIRE(!vfio_irq_disable(&self->u.v, kind), "it cannot be disabled");
}

/* The function asserts by now, and its user does nothing about it. */
static void judge(struct __test_metadata *_metadata, FIXTURE_DATA(unclaimed) * self)
{
	shared_struck(&self->l);
	case_data("asserts=%u disintx=%u", user_asserts(&self->u), user_disintx(&self->u));
	shared_window(&self->l, WINDOW_DURING, DURING);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

static void assert_line(struct __test_metadata *_metadata, FIXTURE_DATA(unclaimed) * self)
{
	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	self->u.c.ops->trigger(&self->u.c, 0);
	judge(_metadata, self);
}

/* INTx was never enabled. */
TEST_F_TIMEOUT(unclaimed, never, CASE_SECONDS)
{
	assert_line(_metadata, self);
}

/* It was, and is no more. */
TEST_F_TIMEOUT(unclaimed, given_up, CASE_SECONDS)
{
	self->u.c.kind = IRQ_INTX;
	on_and_off(self, IRQ_INTX);
	assert_line(_metadata, self);
}

/* The user has set DisINTx: with a message in between, it holds. */
TEST_F_TIMEOUT(unclaimed, disabled, CASE_SECONDS)
{
	vfio_command(&self->u.v, PCI_COMMAND_DISINTX, 0);
	self->u.c.kind = IRQ_MSI;
	on_and_off(self, IRQ_MSI);
	assert_line(_metadata, self);
}

/* Command as it is, again and again: no bit of it changes. */
static void by_command(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(unclaimed) *self = ctx;
	uint32_t command = vfio_config_read(&self->u.v, PCI_COMMAND, 2);
	uint64_t end = clock_ns() + WRITING;

	(void)random;
	while (clock_ns() < end && !self->unmasked)
		vfio_config_write(&self->u.v, PCI_COMMAND, 2, command);
}

/* INTx is told once, and is masked until the user unmasks it: that is what the sharers live by. */
static void by_interrupt(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(unclaimed) *self = ctx;
	struct user *u = &self->u;
	struct timespec pause = clock_spec((10 + race_pick(random, 100)) * NS_PER_US);

	if (self->unmasked)
		return;
	nanosleep(&pause, NULL);
	u->c.ops->trigger(&u->c, 0);
	(void)user_await(self->line, NS_PER_S);
	user_count(self->line);
	self->unmasked = user_asserts(u) && !user_disintx(u);
	if (self->unmasked)
		return;
	(void)exerciser_service(&u->c);
	(void)vfio_intx_unmask(&u->v);
}

/* Whoever writes has stopped by now: what is still unmasked stays so. */
static bool settle(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(unclaimed) *self = ctx;
	struct user *u = &self->u;

	(void)random;
	if (self->unmasked && user_asserts(u) && !user_disintx(u))
		return false;
	self->unmasked = false;
	(void)exerciser_service(&u->c);
	(void)vfio_intx_unmask(&u->v);
	return true;
}

/* The user is told, and hangs; before that it has written to Command. */
TEST_F_TIMEOUT(unclaimed, mask_undone, CASE_SECONDS)
{
	unsigned int rounds;
	enum race_end how;

	self->u.c.kind = IRQ_INTX;
	self->line = user_signal();
	REQUIRE(!vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1), "INTx is refused");
	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	how = race_run(&(struct race){ .seed = case_seed(),
				       .rounds = ROUNDS,
				       .steps = STEPS,
				       .limit = RACE_LIMIT,
				       .ctx = self,
				       .step = { by_command, by_interrupt },
				       .settle = settle },
		       &rounds);
	case_data("rounds=%u unmasked=%u", rounds, self->unmasked);
	CHECK(how == RACE_OVER, "ST VFIO's mask holds while Command is written (round %u)", rounds);
	if (how == RACE_OVER)
		self->u.c.ops->trigger(&self->u.c, 0);
	judge(_metadata, self);
}

CASE_MAIN
