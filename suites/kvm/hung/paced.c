// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device on the line interrupts once in a millisecond, and nobody claims it: what Xen leaves to a control domain whose
 * hung HVM guest has the device, by its forced EOI (docs/findings/forced-eoi-nobody-cared.md).
 *
 * The mechanism: note_interrupt() counts what nobody claims, slow as it may come, if it comes within 100 ms of the last
 * one. 99,900 of 100,000 end the line for all, here after some 100 s. What saves it is that the others interrupt more
 * often than once in a thousand times.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "host/case/judge.h"
#include "host/case/killed.h"
#include "host/case/stuck.h"
#include "host/probe/clock.h"
#include "host/probe/irqcount.h"

#define PACE_US	   1000u
#define ENOUGH	   110000u /* interrupts: the kernel's 100,000, wherever its count stood */
#define LIMIT	   (280 * NS_PER_S)
#define SECONDS	   320
#define BLOCK	   4096ul
#define READS	   5u
#define READ_LIMIT (50 * NS_PER_MS) /* half of the time between two polls of a dead line */

FIXTURE(pulse)
{
	struct shared_line l;
	struct irqfiles counter;
	int disk;
	void *block;
};

FIXTURE_VARIANT(pulse)
{
	uint64_t pause;
};

/* Once in 2,000 interrupts, and once in 100. */
FIXTURE_VARIANT_ADD(pulse, rare){ .pause = 2 * NS_PER_S };
FIXTURE_VARIANT_ADD(pulse, steady){ .pause = 100 * NS_PER_MS };

FIXTURE_SETUP(pulse)
{
	char why[TAKE_WHY], unused[TAKE_WHY];
	const struct case_device *disk;
	enum taken how;

	TAKE(shared_find(&self->l, "edu", 0, why), why);
	disk = devices_host(&self->l.devices, "ahci", self->l.offender->gsi);
	if (!disk)
		SKIP(_exit(255), "no ahci of the host's on irq %u", self->l.irq);
	TAKE(shared_disk(disk->bdf, &self->disk, why), why);
	TAKE(stuck_load(self->l.offender, "none", 0, PACE_US, why), why);
	how = shared_up(&self->l, 0, false, why);
	if (how != TAKEN)
		stuck_unload(unused);
	TAKE(how, why);
	self->block = aligned_alloc(BLOCK, BLOCK);
	REQUIRE(self->block, "no memory");
	REQUIRE(!irqcount_open(&self->counter, self->l.irq), "irq %u has no counters", self->l.irq);
}

FIXTURE_TEARDOWN(pulse)
{
	char why[TAKE_WHY];
	const char *wrong;
	int rc = stuck_unload(why);

	if (!rc && killed_yet(&self->l))
		rc = stuck_revive(self->l.offender, why);
	irqcount_close(&self->counter);
	close(self->disk);
	free(self->block);
	wrong = shared_down(&self->l);
	REQUIRE(!rc, "%s", why);
	REQUIRE(!wrong, "%s", wrong);
}

/* Return: how long a read of the host's disk took, ns. */
static uint64_t read_once(FIXTURE_DATA(pulse) * self)
{
	uint64_t begin = clock_ns();

	REQUIRE(pread(self->disk, self->block, BLOCK, 0) == (ssize_t)BLOCK,
		"the disk reads nothing: %m");
	return clock_ns() - begin;
}

/* Return: the shortest of some reads: no stall of the board makes all of them long, a line that is polled does. */
static uint64_t read_best(FIXTURE_DATA(pulse) * self)
{
	uint64_t best = UINT64_MAX;

	read_once(self); /* which ends with the next poll, whenever that is */
	for (unsigned int i = 0; i < READS; i++) {
		uint64_t took = read_once(self);

		best = took < best ? took : best;
	}
	return best;
}

static uint64_t counted(FIXTURE_DATA(pulse) * self)
{
	struct irqcount now;

	REQUIRE(!irqcount_read(&self->counter, &now), "irq %u has no counters", self->l.irq);
	return now.interrupts;
}

/* Until the kernel has ended the line, or would have. Return: interrupts that came. */
static uint64_t pulse_to_the_end(FIXTURE_DATA(pulse) * self, uint64_t pause)
{
	const struct timespec between = clock_spec(pause);
	uint64_t begin = clock_ns(), first = counted(self), came = 0;
	unsigned int reads = 0;

	while (!killed_yet(&self->l) && came < ENOUGH && clock_ns() - begin < LIMIT) {
		read_once(self);
		reads++;
		nanosleep(&between, NULL);
		came = counted(self) - first;
	}
	case_data("interrupts=%llu reads=%u seconds=%llu", (unsigned long long)came, reads,
		  (unsigned long long)((clock_ns() - begin) / NS_PER_S));
	return came;
}

TEST_F_TIMEOUT(pulse, paced, SECONDS)
{
	char why[TAKE_WHY];
	uint64_t came, best;

	REQUIRE(!stuck_raise(why), "%s", why);
	came = pulse_to_the_end(self, variant->pause);
	REQUIRE(killed_yet(&self->l) || came >= ENOUGH,
		"the board is too slow: %llu interrupts in %llu s", (unsigned long long)came,
		(unsigned long long)(LIMIT / NS_PER_S));
	case_mark("paced pin=%u mask=any", self->l.offender->gsi);
	best = read_best(self);
	CHECK(best < READ_LIMIT, "S irq %u: the shortest of %u reads takes %llu us, bound %llu us",
	      self->l.irq, READS, (unsigned long long)(best / NS_PER_US),
	      (unsigned long long)(READ_LIMIT / NS_PER_US));
	shared_judge_log(_metadata, &self->l);
}

CASE_MAIN
