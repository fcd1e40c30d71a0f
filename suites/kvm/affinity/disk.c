// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: as in moving.c, with a device that interrupts in its own time: what a CPU has accepted while it stops is
 * sent to another by fixup_irqs(). Survival proves that no read of the host's own disk waits for an interrupt in vain.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/case/cpus.h"
#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/race.h"
#include "host/case/shared.h"
#include "host/probe/clock.h"

#define READERS 6u
#define BLOCK	(256ul * 1024) /* long enough to be on its way when a CPU stops */
#define BLOCKS	4u	       /* that are read: 1 MiB */
#define CPU	1u	       /* the one that goes */
#define OFFLINE 48u
#define FLIPS	400u
#define LIMIT	(3 * NS_PER_S)
/* libata waits 30 s for an interrupt that is lost; a loaded host's board takes seconds for a CPU to go or come. */
#define LATE (10 * NS_PER_S)

/**
 * struct reader - a thread that reads
 * @disk: file of it
 * @stop: it is to end
 * @random: where it reads
 * @begun: reads
 * @done: of these
 * @longest: ns
 */
struct reader {
	int disk;
	bool stop;
	uint32_t random;
	unsigned int begun, done;
	uint64_t longest;
	pthread_t thread;
};

FIXTURE(disk)
{
	struct case_devices devices;
	struct cpus cpus;
	struct kmsg log;
	struct reader *reader;
	unsigned int irq, moves, refused;
	uint32_t random;
	int disk;
};

FIXTURE_SETUP(disk)
{
	const struct case_device *device;
	char why[TAKE_WHY];

	self->disk = -1;
	TAKE(case_devices(&self->devices, why), why);
	TAKE(cpus_keep(&self->cpus, CPU, why), why);
	device = devices_host(&self->devices, "ahci", 0);
	if (!device)
		SKIP(_exit(255), "no ahci of the host's in LIFELINE_DEVICES");
	self->irq = cpus_irq_of("ahci", device->bdf);
	REQUIRE(self->irq, "no interrupt of %s in /proc/interrupts", device->bdf);
	TAKE(shared_disk(device->bdf, &self->disk, why), why);
	REQUIRE(!kmsg_open(&self->log, why, sizeof(why)), "%s", why);
	self->random = case_seed();
}

FIXTURE_TEARDOWN(disk)
{
	int rc = cpus_give_back(&self->cpus);

	if (self->disk >= 0)
		close(self->disk);
	REQUIRE(!rc, "CPUs and interrupts are not as they were: %d", rc);
}

static bool told_to_stop(const struct reader *r)
{
	return __atomic_load_n(&r->stop, __ATOMIC_RELAXED);
}

static void *read_disk(void *ctx)
{
	struct reader *r = ctx;
	void *data = aligned_alloc(BLOCK, BLOCK);

	while (data && !told_to_stop(r)) {
		off_t at = (off_t)BLOCK * race_pick(&r->random, BLOCKS);
		uint64_t begin = clock_ns(), took;

		r->begun++;
		r->done += pread(r->disk, data, BLOCK, at) == BLOCK;
		took = clock_ns() - begin;
		if (took > r->longest)
			r->longest = took;
	}
	free(data);
	return NULL;
}

/* They outlive the case if the disk does not answer: so does their memory. */
static void start_readers(FIXTURE_DATA(disk) * self)
{
	self->reader = calloc(READERS, sizeof(*self->reader));
	REQUIRE(self->reader, "no memory");
	for (unsigned int i = 0; i < READERS; i++) {
		struct reader *r = &self->reader[i];

		*r = (struct reader){ .disk = self->disk, .random = self->random + i };
		REQUIRE(!pthread_create(&r->thread, NULL, read_disk, r), "no thread");
	}
}

/* Return: how many have not ended within LATE. */
static unsigned int end_readers(FIXTURE_DATA(disk) * self)
{
	struct timespec until;
	unsigned int hung = 0;

	for (unsigned int i = 0; i < READERS; i++)
		__atomic_store_n(&self->reader[i].stop, true, __ATOMIC_RELAXED);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(LATE / NS_PER_S);
	for (unsigned int i = 0; i < READERS; i++)
		hung += pthread_timedjoin_np(self->reader[i].thread, NULL, &until) != 0;
	return hung;
}

static void pause_randomly(FIXTURE_DATA(disk) * self, unsigned int us)
{
	struct timespec pause = clock_spec(race_pick(&self->random, us) * NS_PER_US);

	nanosleep(&pause, NULL);
}

static void flip(FIXTURE_DATA(disk) * self)
{
	self->refused += cpus_send(self->irq, ++self->moves % 2) != 0;
	pause_randomly(self, 3000);
}

static void hotplug(FIXTURE_DATA(disk) * self)
{
	self->moves++;
	self->refused += cpus_send(self->irq, CPU) != 0;
	pause_randomly(self, 5000);
	self->refused += cpus_online(CPU, false) != 0;
	pause_randomly(self, 5000);
	self->refused += cpus_online(CPU, true) != 0;
}

static void read_and(struct __test_metadata *_metadata, FIXTURE_DATA(disk) * self,
		     void (*move)(FIXTURE_DATA(disk) * self), unsigned int moves)
{
	uint64_t end = clock_ns() + LIMIT, longest = 0;
	unsigned int begun = 0, done = 0, hung;

	start_readers(self);
	while (self->moves < moves && clock_ns() < end)
		move(self);
	hung = end_readers(self);
	for (unsigned int i = 0; i < READERS; i++) {
		const struct reader *r = &self->reader[i];

		begun += r->begun;
		done += r->done;
		longest = r->longest > longest ? r->longest : longest;
	}
	case_data("moves=%u raised=%u served=%u lost=%u longest_us=%llu", self->moves, begun, done,
		  begun - done, (unsigned long long)(longest / NS_PER_US));
	CHECK(!hung && done == begun, "LI reads done %u of %u, %u readers wait", done, begun, hung);
	CHECK(longest < LATE, "S longest read %llu us, bound %llu us",
	      (unsigned long long)(longest / NS_PER_US), (unsigned long long)(LATE / NS_PER_US));
	CHECK(!self->refused, "HC moves that are refused: %u of %u, expected 0", self->refused,
	      self->moves);
	case_judge_log(_metadata, &self->log);
}

TEST_F_TIMEOUT(disk, disk_flip, CASE_SECONDS)
{
	read_and(_metadata, self, flip, FLIPS);
}

TEST_F_TIMEOUT(disk, disk_offline, CASE_SECONDS)
{
	read_and(_metadata, self, hotplug, OFFLINE);
}

CASE_MAIN
