// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: an irqfd with a resamplefd holds a guest's line until the guest's EOI, which ends it for all devices of the
 * line and asks each whether it still asserts (irqfd_resampler_ack()); they come and go one by one
 * (irqfd_resampler_shutdown()). Survival proves that one of them cannot take the line, or the host, with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/user.h"
#include "host/probe/clock.h"
#include "suites/kvm/races/hand.h"
#include "host/case/race.h"

#define PIN	 20u
#define OTHER	 21u
#define TAKEN_BY NS_PER_S
#define STAYS	 (20 * NS_PER_MS)
#define ROUNDS	 40u
#define CLOSED	 1000 /* a number that no file has */

/**
 * struct device - what interrupts the guest
 * @line: its irqfd
 * @resample: told at the guest's EOI
 */
struct device {
	int line, resample;
};

FIXTURE(irqfd)
{
	struct hand h;
	struct kmsg log;
	struct device a, b;
	unsigned int raised, served, lost;
	bool b_there;
};

FIXTURE_SETUP(irqfd)
{
	char why[TAKE_WHY];

	if (access("/dev/kvm", R_OK | W_OK))
		SKIP(_exit(255), "/dev/kvm: %m");
	REQUIRE(!kmsg_open(&self->log, why, sizeof(why)), "%s", why);
	REQUIRE(!hand_open(&self->h, why, sizeof(why)), "%s", why);
	self->a = (struct device){ user_signal(), user_signal() };
	self->b = (struct device){ user_signal(), user_signal() };
	hand_pin(&self->h, PIN, true, false);
}

FIXTURE_TEARDOWN(irqfd)
{
	hand_close(&self->h);
}

/* Return: 0 or -errno */
static int call(FIXTURE_DATA(irqfd) * self, struct kvm_irqfd irqfd)
{
	return ioctl(self->h.machine.vm, KVM_IRQFD, &irqfd) ? -errno : 0;
}

static int attach(FIXTURE_DATA(irqfd) * self, const struct device *d, uint32_t gsi)
{
	return call(self, (struct kvm_irqfd){ .fd = (uint32_t)d->line,
					      .gsi = gsi,
					      .flags = KVM_IRQFD_FLAG_RESAMPLE,
					      .resamplefd = (uint32_t)d->resample });
}

static int detach(FIXTURE_DATA(irqfd) * self, const struct device *d, uint32_t gsi)
{
	return call(self, (struct kvm_irqfd){ .fd = (uint32_t)d->line,
					      .gsi = gsi,
					      .flags = KVM_IRQFD_FLAG_DEASSIGN });
}

/* The guest takes what comes and ends it, until @d is told of an end. */
static bool serve(FIXTURE_DATA(irqfd) * self, const struct device *d)
{
	uint64_t end = clock_ns() + TAKEN_BY;

	while (clock_ns() < end && !self->h.dead) {
		if (hand_await(&self->h, self->h.ended + 1, NS_PER_MS))
			hand_eoi(&self->h);
		if (user_await(d->resample, 0))
			return true;
	}
	return false;
}

/* One interrupt of @d. Return: was it taken and ended, and @d told? */
static bool interrupt(FIXTURE_DATA(irqfd) * self, const struct device *d)
{
	(void)eventfd_write(d->line, 1);
	return serve(self, d);
}

/* An interrupt of @goes is in service when it leaves: the EOI is for @stays alone, which is then served. */
static bool leave(FIXTURE_DATA(irqfd) * self, const struct device *goes, const struct device *stays)
{
	bool good;

	(void)eventfd_write(goes->line, 1);
	good = hand_await(&self->h, self->h.ended + 1, TAKEN_BY) && !detach(self, goes, PIN);
	good = serve(self, stays) && good && !user_count(goes->resample);
	user_count(stays->resample);
	good = interrupt(self, stays) && good;
	user_count(stays->resample);
	return good;
}

static void judge(struct __test_metadata *_metadata, FIXTURE_DATA(irqfd) * self)
{
	CHECK(!self->h.dead, "HC the guest runs: KVM exit %u, expected none", self->h.dead);
	case_judge_log(_metadata, &self->log);
}

/* Both share the line, and either goes. */
TEST_F_TIMEOUT(irqfd, leaves, CASE_SECONDS)
{
	uint32_t random = case_seed();
	unsigned int told = 0, served = 0, kept = 0, round;

	REQUIRE(!attach(self, &self->a, PIN) && !attach(self, &self->b, PIN), "irqfds are refused");
	for (round = 0; round < ROUNDS && served == round && told == round && !kept; round++) {
		const struct device *goes = race_pick(&random, 2) ? &self->a : &self->b;
		const struct device *stays = goes == &self->a ? &self->b : &self->a;

		if (interrupt(self, goes))
			told += user_count(goes->resample) == 1 && user_count(stays->resample) == 1;
		served += leave(self, goes, stays);
		kept += attach(self, goes, PIN) != 0;
	}
	case_data("rounds=%u served=%u interrupts=%u", round, served, self->h.interrupts);
	CHECK(!kept, "X one that has left is not taken again: it is still there");
	CHECK(told == round, "S both are told of an EOI: in %u of %u rounds", told, round);
	CHECK(served == round, "LI one goes, the other is served: in %u of %u rounds", served,
	      round);
	judge(_metadata, self);
}

/* One comes and goes at any time while the other interrupts. */
static void by_coming(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(irqfd) *self = ctx;

	if (race_pick(random, 2))
		(void)eventfd_write(self->b.line, 1);
	if (race_pick(random, 2))
		(void)attach(self, &self->b, PIN);
	else
		(void)detach(self, &self->b, PIN);
}

static void by_interrupting(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(irqfd) *self = ctx;

	(void)random;
	if (self->served < self->raised)
		return;
	self->raised++;
	self->served += interrupt(self, &self->a);
	user_count(self->a.resample);
}

/* The guest ends what the other has left behind. */
static bool settle(void *ctx, uint32_t *random)
{
	FIXTURE_DATA(irqfd) *self = ctx;

	(void)random;
	while (!self->h.dead && hand_await(&self->h, self->h.ended + 1, 0))
		hand_eoi(&self->h);
	user_count(self->a.resample);
	return self->served == self->raised && !self->h.dead;
}

TEST_F_TIMEOUT(irqfd, comes_and_goes, CASE_SECONDS)
{
	unsigned int rounds;
	enum race_end how;

	REQUIRE(!attach(self, &self->a, PIN), "an irqfd is refused");
	how = race_run(&(struct race){ .seed = case_seed(),
				       .rounds = 150,
				       .steps = 6,
				       .limit = 2 * NS_PER_S,
				       .ctx = self,
				       .step = { by_interrupting, by_coming },
				       .settle = settle },
		       &rounds);
	case_data("rounds=%u raised=%u served=%u lost=%u", rounds, self->raised, self->served,
		  self->raised - self->served);
	CHECK(how != RACE_STUCK, "HC a call returns in round %u", rounds);
	CHECK(self->served == self->raised, "LI served %u of %u, expected all", self->served,
	      self->raised);
	judge(_metadata, self);
}

/* Calls that must be refused, and change nothing. */
static unsigned int refusals(FIXTURE_DATA(irqfd) * self, int null)
{
	const struct device twice = { self->a.line, self->b.resample };
	const struct device closed = { CLOSED, self->b.resample },
			    no_line = { null, self->b.resample };
	const struct device no_resample = { self->b.line, null };
	unsigned int wrong = 0;

	wrong += attach(self, &twice, PIN) != -EBUSY;
	wrong += attach(self, &twice, OTHER) != -EBUSY;
	wrong += attach(self, &closed, PIN) != -EBADF;
	wrong += attach(self, &no_line, PIN) != -EINVAL;
	wrong += attach(self, &no_resample, PIN) != -EINVAL;
	wrong += call(self,
		      (struct kvm_irqfd){ .fd = (uint32_t)self->b.line, .gsi = PIN, .flags = 4 }) !=
		 -EINVAL;
	return wrong;
}

TEST_F_TIMEOUT(irqfd, irqfd_refused, CASE_SECONDS)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned int wrong = 0, served = 0, others = 0;

	REQUIRE(!attach(self, &self->a, PIN), "an irqfd is refused");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		wrong += refusals(self, null);
		served += interrupt(self, &self->a) && user_count(self->a.resample) == 1;
		others += user_count(self->b.resample);
	}
	case_data("rounds=%u served=%u", ROUNDS, served);
	CHECK(!wrong, "HC refusals that are not as documented: %u, expected 0", wrong);
	CHECK(served == ROUNDS, "LI served %u of %u, expected all", served, ROUNDS);
	CHECK(!others, "X who was refused is told of %u EOIs, expected 0", others);
	judge(_metadata, self);
}

/* CVE-2017-1000252: GSIs that have no route, and cannot have one. */
TEST_F_TIMEOUT(irqfd, beyond, CASE_SECONDS)
{
	static const uint32_t gsis[] = { 24, 40, 4095, 4096, 4097, 0x7fffffff, 0x80000000, ~0u };
	unsigned int before, told = 0, accepted = 0;

	REQUIRE(!attach(self, &self->a, PIN), "an irqfd is refused");
	before = self->h.interrupts;
	for (unsigned int i = 0; i < sizeof(gsis) / sizeof(*gsis); i++) {
		int rc = attach(self, &self->b, gsis[i]);

		CHECK(!rc || rc == -EINVAL, "HC irqfd on GSI %u: %d, expected 0 or %d", gsis[i], rc,
		      -EINVAL);
		accepted += !rc;
		(void)eventfd_write(self->b.line, 1);
		(void)hand_await(&self->h, before + 1, STAYS);
		told += user_count(self->b.resample);
		(void)detach(self, &self->b, gsis[i]);
		user_count(self->b.line);
	}
	case_data("gsis=%zu accepted=%u", sizeof(gsis) / sizeof(*gsis), accepted);
	CHECK(self->h.interrupts == before && !told,
	      "X interrupts of them: %u, EOIs: %u, expected 0", self->h.interrupts - before, told);
	CHECK(interrupt(self, &self->a), "LI an interrupt with a route is taken");
	judge(_metadata, self);
}

/*
 * A handler that runs as a thread ends the interrupt at once, masks its pin, and only then sees to the device. The level that
 * the EOI found is gone when it unmasks the pin.
 */
TEST_F_TIMEOUT(irqfd, masked_at_eoi, CASE_SECONDS)
{
	unsigned int taken = 0, again = 0, before;

	REQUIRE(!attach(self, &self->a, PIN), "an irqfd is refused");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		before = self->h.interrupts;
		(void)eventfd_write(self->a.line, 1);
		taken += hand_await(&self->h, before + 1, TAKEN_BY);
		hand_pin(&self->h, PIN, true, true);
		hand_eoi(&self->h);
		/* The device still asserts: so VFIO signals once more. Then the guest's driver quiets it. */
		(void)user_await(self->a.resample, TAKEN_BY);
		user_count(self->a.resample);
		(void)eventfd_write(self->a.line, 1);
		(void)hand_await(&self->h, before + 2, STAYS);
		hand_pin(&self->h, PIN, true, false);
		again += hand_await(&self->h, before + 2, STAYS);
		hand_eoi(&self->h);
		user_count(self->a.resample);
	}
	case_data("rounds=%u taken=%u again=%u", ROUNDS, taken, again);
	CHECK(taken == ROUNDS, "LI taken %u of %u, expected all", taken, ROUNDS);
	CHECK(!again, "X interrupts of a level that is gone: %u of %u, expected 0", again, ROUNDS);
	judge(_metadata, self);
}

CASE_MAIN
