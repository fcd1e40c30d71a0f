// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: an interrupt that is moved has two vectors until the first one has come to the new CPU (apic_set_affinity(),
 * irq_complete_move()); a CPU that goes offline hands on what it has accepted and not yet taken (fixup_irqs()). Survival
 * proves that each interrupt is told, wherever it was sent, and that old vectors are given back.
 */
#include <poll.h>

#include "host/case/cpus.h"
#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/matrix.h"
#include "host/case/move.h"
#include "host/case/numbers.h"
#include "host/case/params.h"
#include "host/case/race.h"
#include "host/case/user.h"
#include "host/pci/interrupts.h"
#include "host/probe/clock.h"

#define SERVED	      NS_PER_S
#define RACE_LIMIT    (3 * NS_PER_S / 2)
#define MOVES	      6u
#define MOVED	      NS_PER_S /* where CPUs take turns the one that it has left must have had its own */
#define HALF_MOVES    24u
#define CYCLES	      300u /* two CPUs have some 400 vectors, of which a leak takes one each on either */
#define OFFLINE_EVERY 30u
#define TRAFFIC	      (10 * NS_PER_MS)
#define CPU	      1u /* the one that goes */

FIXTURE(moving)
{
	char unsafe[PARAM_SIZE];
	struct case_devices devices;
	struct user u;
	struct kmsg log;
	struct cpus cpus;
	struct numbers before;
	int line, vectors;
	unsigned int irq, raised, served, moves, refused;
};

FIXTURE_VARIANT(moving)
{
	const char *model;
	unsigned int index;
	enum irq_kind kind;
};

FIXTURE_VARIANT_ADD(moving, edu){ "edu", 2, IRQ_INTX };
FIXTURE_VARIANT_ADD(moving, edu_msi){ "edu", 2, IRQ_MSI };
FIXTURE_VARIANT_ADD(moving, e1000e_msix){ "e1000e", 0, IRQ_MSIX };

/* A message is enabled and given up: so the kernel says how many vectors there are. */
static int count_vectors(FIXTURE_DATA(moving) * self)
{
	matrix_forget();
	(void)vfio_irq_enable(&self->u.v, IRQ_MSI, &self->line, 1);
	(void)vfio_irq_disable(&self->u.v, IRQ_MSI);
	return matrix_allocated();
}

FIXTURE_SETUP(moving)
{
	const struct case_device *device;
	char why[TAKE_WHY];

	self->u.registers = self->u.v.device = self->u.v.container = -1;
	TAKE(case_devices(&self->devices, why), why);
	TAKE(cpus_keep(&self->cpus, CPU, why), why);
	TAKE(matrix_open(why), why);
	params_let_in(self->unsafe);
	TAKE(case_take(&self->devices, variant->model, variant->index, &device, why), why);
	REQUIRE(!kmsg_open(&self->log, why, sizeof(why)), "%s", why);
	TAKE(user_open(&self->u, device, why), why);
	self->line = user_signal();
	self->vectors = count_vectors(self);
	self->before = numbers_read();
	REQUIRE(!vfio_irq_enable(&self->u.v, variant->kind, &self->line, 1), "it is refused");
	REQUIRE(user_begin(&self->u, variant->kind, why), "%s", why);
	self->irq = cpus_irq_of("vfio-", device->bdf);
	REQUIRE(self->irq, "no interrupt of %s in /proc/interrupts", device->bdf);
}

FIXTURE_TEARDOWN(moving)
{
	const char *wrong;
	int rc;

	user_close(&self->u);
	params_give_back(self->unsafe);
	rc = cpus_give_back(&self->cpus);
	matrix_close();
	wrong = case_give_back();
	REQUIRE(!rc, "CPUs and interrupts are not as they were: %d", rc);
	REQUIRE(!wrong, "%s", wrong);
}

static void by_interrupt(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(moving) *self = ctx;

	(void)random;
	if (self->served < self->raised)
		return;
	self->raised++;
	self->served += user_serve(&self->u, self->line, SERVED);
}

/* Another CPU's turn. */
static void by_moving(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(moving) *self = ctx;
	struct timespec pause = clock_spec(race_pick(random, 100) * NS_PER_US);

	nanosleep(&pause, NULL);
	self->moves++;
	self->refused += cpus_send(self->irq, self->moves % 2) != 0;
}

/* Interrupts without end, or none: what is moved is finished by the next one, or must be without. */
static void by_traffic(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(moving) *self = ctx;
	uint64_t end = clock_ns() + TRAFFIC * race_pick(random, 2);

	while (clock_ns() < end && self->served == self->raised)
		by_interrupt(ctx, random);
}

/* The interrupt is sent to a CPU, and that goes. */
static void by_hotplug(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(moving) *self = ctx;
	struct timespec pause = clock_spec(race_pick(random, 500) * NS_PER_US);

	self->refused += cpus_send(self->irq, CPU) != 0;
	nanosleep(&pause, NULL);
	self->moves++;
	self->refused += cpus_online(CPU, false) != 0;
	nanosleep(&pause, NULL);
	self->refused += cpus_online(CPU, true) != 0;
}

static bool settle(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(moving) *self = ctx;

	by_interrupt(ctx, random);
	return self->served == self->raised;
}

/* Given up, and all there is to give back is back: moved vectors go with the next interrupt or the next tick. */
static void judge_vectors(struct __test_metadata *_metadata, FIXTURE_DATA(moving) * self,
			  enum irq_kind kind)
{
	struct numbers after;
	int vectors;

	user_reset(&self->u);
	(void)vfio_irq_disable(&self->u.v, kind);
	(void)poll(NULL, 0, 20);
	vectors = count_vectors(self);
	after = numbers_read();
	CHECK(vectors == self->vectors, "L vectors of all CPUs: %d, were %d", vectors,
	      self->vectors);
	CHECK(after.vfio == 0 && after.irqs == self->before.irqs,
	      "L interrupts of VFIO: %u, expected 0; interrupt numbers: %u, were %u", after.vfio,
	      after.irqs, self->before.irqs);
}

static void race(struct __test_metadata *_metadata, FIXTURE_DATA(moving) * self,
		 void (*traffic)(void *ctx, uint32_t *random),
		 void (*by)(void *ctx, uint32_t *random), unsigned int steps)
{
	unsigned int rounds;
	enum race_end how;

	how = race_run(&(struct race){ .seed = case_seed(),
				       .rounds = 250,
				       .steps = steps,
				       .limit = RACE_LIMIT,
				       .ctx = self,
				       .step = { traffic, by },
				       .settle = settle },
		       &rounds);
	case_data("device=%s rounds=%u moves=%u raised=%u served=%u lost=%u", self->u.device->model,
		  rounds, self->moves, self->raised, self->served, self->raised - self->served);
	CHECK(how != RACE_STUCK, "HC a call returns in round %u", rounds);
	CHECK(self->served == self->raised, "LI served %u of %u, expected all", self->served,
	      self->raised);
	CHECK(!self->refused, "HC moves that are refused: %u of %u, expected 0", self->refused,
	      self->moves);
}

/* After a race each move is made, one by one. */
static void move_each(struct __test_metadata *_metadata, FIXTURE_DATA(moving) * self)
{
	struct moved m = { .made = true };
	unsigned int made = 0, most = 0;

	while (made < MOVES && m.made) {
		self->moves++;
		self->refused += cpus_send(self->irq, made % 2) != 0;
		m = move_await(&self->u, self->line, self->irq, made % 2, MOVED);
		most = m.raised > most ? m.raised : most;
		made += m.made;
	}
	case_data("moved=%u most=%u", made, most);
	CHECK(m.served == m.raised, "LI served %u of %u, expected all", m.served, m.raised);
	CHECK(!self->refused, "HC moves that are refused: %u of %u, expected 0", self->refused,
	      self->moves);
	CHECK(made == MOVES, "V moves that an interrupt came by within %llu ms: %u, expected %u",
	      (unsigned long long)(MOVED / NS_PER_MS), made, MOVES);
}

TEST_F_TIMEOUT(moving, flip, CASE_SECONDS)
{
	uint32_t counts[2] = { 0 };

	race(_metadata, self, by_interrupt, by_moving, 8);
	(void)interrupt_counts("", self->irq, counts, 2);
	case_data("irq=%u cpu0=%u cpu1=%u", self->irq, counts[0], counts[1]);
	CHECK(counts[0] && counts[1], "V it came to both CPUs: %u and %u times", counts[0],
	      counts[1]);
	move_each(_metadata, self);
	judge_vectors(_metadata, self, variant->kind);
	case_judge_log(_metadata, &self->log);
}

TEST_F_TIMEOUT(moving, offline, CASE_SECONDS)
{
	race(_metadata, self, by_traffic, by_hotplug, 2);
	judge_vectors(_metadata, self, variant->kind);
	case_judge_log(_metadata, &self->log);
}

/* To @cpu, and one interrupt: where the move waits for that it is made by it, and finished by the one after. */
static void half_move(FIXTURE_DATA(moving) * self, unsigned int cpu)
{
	self->moves++;
	self->refused += cpus_send(self->irq, cpu) != 0;
	self->raised++;
	self->served += user_serve(&self->u, self->line, SERVED);
}

/* CVE-2024-31076: the CPU with the old vector goes before the interrupt has come to the new one. */
TEST_F_TIMEOUT(moving, half_moved, CASE_SECONDS)
{
	unsigned int cycles;

	for (cycles = 0; cycles < HALF_MOVES && self->served == self->raised; cycles++) {
		half_move(self, CPU);
		/* The CPU that goes has the new vector; or the old one, and the move to it was finished. */
		if (cycles % 2) {
			half_move(self, CPU);
			half_move(self, 0);
		}
		self->refused += cpus_online(CPU, false) != 0;
		half_move(self, 0);
		self->refused += cpus_online(CPU, true) != 0;
	}
	half_move(self, 0);
	half_move(self, 0);
	case_data("device=%s cycles=%u moves=%u raised=%u served=%u lost=%u", self->u.device->model,
		  cycles, self->moves, self->raised, self->served, self->raised - self->served);
	CHECK(self->served == self->raised, "LI served %u of %u, expected all", self->served,
	      self->raised);
	CHECK(!self->refused, "HC moves that are refused: %u of %u, expected 0", self->refused,
	      self->moves);
	judge_vectors(_metadata, self, variant->kind);
	case_judge_log(_metadata, &self->log);
}

/* Enabled, moved, told or not, given up; and now and then a CPU goes meanwhile. */
static bool cycle(FIXTURE_DATA(moving) * self, enum irq_kind kind, unsigned int number)
{
	if (vfio_irq_enable(&self->u.v, kind, &self->line, 1))
		return false;
	self->irq = cpus_irq_of("vfio-", self->u.device->bdf);
	if (number % 2)
		half_move(self, number / 2 % 2);
	else
		self->refused += cpus_send(self->irq, number / 2 % 2) != 0;
	if (!(number % OFFLINE_EVERY))
		self->refused += cpus_online(CPU, false) || cpus_online(CPU, true);
	/* See user_reset(): it would have to begin anew. */
	if (kind == IRQ_MSIX)
		(void)poll(NULL, 0, 1);
	return !vfio_irq_disable(&self->u.v, kind) && self->served == self->raised;
}

TEST_F_TIMEOUT(moving, cycles, CASE_SECONDS)
{
	unsigned int done = 0;

	(void)vfio_irq_disable(&self->u.v, variant->kind);
	while (done < CYCLES && cycle(self, variant->kind, done))
		done++;
	case_data("device=%s cycles=%u raised=%u served=%u lost=%u", self->u.device->model, done,
		  self->raised, self->served, self->raised - self->served);
	CHECK(done == CYCLES, "L times that it was enabled: %u, expected %u", done, CYCLES);
	CHECK(self->served == self->raised, "LI served %u of %u, expected all", self->served,
	      self->raised);
	CHECK(!self->refused, "HC moves that are refused: %u, expected 0", self->refused);
	judge_vectors(_metadata, self, variant->kind);
	case_judge_log(_metadata, &self->log);
}

CASE_MAIN
