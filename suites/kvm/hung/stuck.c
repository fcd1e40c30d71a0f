// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: the kernel calls all handlers of a line, and believes them. What nobody claims it counts: if 99,900 of
 * 100,000 interrupts are nobody's, note_interrupt() disables the line for all ("nobody cared"), and
 * poll_spurious_irqs() calls its handlers every 100 ms from then on. What is claimed it does not count.
 */
#include "host/case/judge.h"
#include "host/case/killed.h"
#include "host/case/offender.h"
#include "host/case/stuck.h"
#include "host/domain/domain.h"

#define BEFORE	   (300 * NS_PER_MS)
#define STORM	   NS_PER_S
#define KEPT	   (2 * NS_PER_S)
#define POLLED	   NS_PER_S
#define AFTER	   (300 * NS_PER_MS)
#define POLL_EVERY (100 * NS_PER_MS)

#define DELAY_US    5000u
#define RAISES	    20u
#define RAISE_PACE  (30 * NS_PER_MS)
#define SERVE_LIMIT (5 * NS_PER_S)

/* A well-behaved domain on the line: more than one interrupt in a thousand of the storm's. */
#define NEIGHBOUR_PACE (100 * NS_PER_US)

FIXTURE(driver)
{
	struct shared_line l;
	struct domain neighbour;
};

FIXTURE_VARIANT(driver)
{
	const char *verdict;
	unsigned int delay_us;
	bool neighbour;
};

FIXTURE_VARIANT_ADD(driver, none){ .verdict = "none" };
FIXTURE_VARIANT_ADD(driver, none_edu){ .verdict = "none", .neighbour = true };
FIXTURE_VARIANT_ADD(driver, handled){ .verdict = "handled" };
FIXTURE_VARIANT_ADD(driver, ack){ .verdict = "ack", .delay_us = DELAY_US };

static enum taken start_neighbour(FIXTURE_DATA(driver) * self, char why[TAKE_WHY])
{
	const struct case_device *device;
	enum taken how = case_take(&self->l.devices, "edu", 1, &device, why);
	const struct domain_config c = { .bdf = how == TAKEN ? device->bdf : "",
					 .model = "edu",
					 .irq = IRQ_INTX,
					 .vectors = 1,
					 .seed = case_seed(),
					 .pace = NEIGHBOUR_PACE,
					 .grace = NS_PER_S,
					 .cpu = WATCHER_CPU };

	if (how != TAKEN)
		return how;
	return domain_start(&self->neighbour, &domain_process, &c, why, TAKE_WHY) ? TAKE_ERROR
										  : TAKEN;
}

FIXTURE_SETUP(driver)
{
	char why[TAKE_WHY], unused[TAKE_WHY];
	enum taken how;

	TAKE(shared_find(&self->l, "edu", 0, why), why);
	TAKE(stuck_load(self->l.offender, variant->verdict, variant->delay_us, 0, why), why);
	how = variant->neighbour ? start_neighbour(self, why) : TAKEN;
	if (how == TAKEN)
		how = shared_up(&self->l, LOAD_SATA, false, why);
	if (how != TAKEN)
		stuck_unload(unused);
	TAKE(how, why);
}

/* Who comes next has a line that works. */
FIXTURE_TEARDOWN(driver)
{
	char why[TAKE_WHY];
	const char *wrong;
	int rc = stuck_unload(why);

	if (self->neighbour.pid)
		domain_stop(&self->neighbour);
	if (self->neighbour.kind)
		domain_free(&self->neighbour);
	if (!rc && killed_yet(&self->l))
		rc = stuck_revive(self->l.offender, why);
	wrong = shared_down(&self->l);
	REQUIRE(!rc, "%s", why);
	REQUIRE(!wrong, "%s", wrong);
}

static void raise_it(void)
{
	char why[TAKE_WHY];

	REQUIRE(!stuck_raise(why), "%s", why);
}

/* The storm from its beginning until the kernel has ended it. */
static void storm_to_its_end(FIXTURE_DATA(driver) * self)
{
	probe_begin(self->l.probe, WINDOW_DURING, STORM);
	raise_it();
	shared_struck(&self->l);
	killed_await(&self->l);
	probe_end(self->l.probe);
}

static void judge_storm(struct __test_metadata *_metadata, FIXTURE_DATA(driver) * self)
{
	const struct line_stats *line = probe_line(self->l.probe, WINDOW_DURING);
	const struct shared_bound b = killed_bound(&self->l);

	case_data("storm_ms=%llu", (unsigned long long)((line->end - line->start) / NS_PER_MS));
	shared_judge(_metadata, &self->l, WINDOW_BEFORE, &SHARED_HEALTHY);
	shared_judge(_metadata, &self->l, WINDOW_DURING, &b);
	CHECK(killed_yet(&self->l), "ST irq %u: the kernel ends what nobody claims", self->l.irq);
}

/* Served, and not by an interrupt: the kernel polls. */
static void judge_poll(struct __test_metadata *_metadata, const struct shared_line *l)
{
	const struct line_stats *line = probe_line(l->probe, WINDOW_AFTER);
	const struct request_stats *st = probe_sharer(l->probe, 0, WINDOW_AFTER);

	case_data("service=%s", cadence_name(cadence_verdict(&st->cadence, POLL_EVERY / 2)));
	CHECK(st->w.served && !line->interrupts,
	      "S irq %u after: %u requests served with %llu interrupts, expected some and 0 (poll)",
	      l->irq, st->w.served, (unsigned long long)line->interrupts);
}

TEST_F_TIMEOUT(driver, killed, CASE_SECONDS)
{
	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	storm_to_its_end(self);
	case_mark("killed pin=%u mask=%s", self->l.offender->gsi,
		  killed_yet(&self->l) ? "1" : "any");
	shared_window(&self->l, WINDOW_AFTER, POLLED);
	judge_storm(_metadata, self);
	shared_judge(_metadata, &self->l, WINDOW_AFTER, &SHARED_HEALTHY);
	judge_poll(_metadata, &self->l);
	shared_judge_log(_metadata, &self->l);
}

/* Whoever requests the line next brings it back for all. */
TEST_F_TIMEOUT(driver, revived, CASE_SECONDS)
{
	char why[TAKE_WHY];

	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	storm_to_its_end(self);
	CHECK(killed_yet(&self->l), "ST irq %u: the kernel ends what nobody claims", self->l.irq);
	REQUIRE(!stuck_unload(why) && !stuck_revive(self->l.offender, why), "%s", why);
	case_mark("revived pin=%u mask=0", self->l.offender->gsi);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	shared_judge(_metadata, &self->l, WINDOW_BEFORE, &SHARED_HEALTHY);
	shared_judge(_metadata, &self->l, WINDOW_AFTER, &SHARED_HEALTHY);
	CHECK(probe_line(self->l.probe, WINDOW_AFTER)->interrupts,
	      "S irq %u after: %llu interrupts, expected some", self->l.irq,
	      (unsigned long long)probe_line(self->l.probe, WINDOW_AFTER)->interrupts);
}

/* A good neighbour's interrupts keep the storm alive. */
TEST_F_TIMEOUT(driver, kept, CASE_SECONDS)
{
	struct shared_bound b;

	domain_run_window(&self->neighbour, WINDOW_BEFORE, BEFORE);
	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	domain_run_window(&self->neighbour, WINDOW_DURING, KEPT);
	raise_it();
	shared_struck(&self->l);
	shared_window(&self->l, WINDOW_DURING, KEPT);
	shared_park(_metadata, &self->neighbour, WINDOW_DURING);
	b = killed_bound(&self->l);
	shared_judge(_metadata, &self->l, WINDOW_BEFORE, &SHARED_HEALTHY);
	shared_judge(_metadata, &self->l, WINDOW_DURING, &b);
	shared_judge_domain(_metadata, &self->neighbour, "edu", WINDOW_BEFORE);
	shared_judge_domain(_metadata, &self->neighbour, "edu", WINDOW_DURING);
	shared_judge_log(_metadata, &self->l);
}

TEST_F_TIMEOUT(driver, livelock, CASE_SECONDS)
{
	char why[TAKE_WHY];

	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	raise_it();
	shared_struck(&self->l);
	shared_window(&self->l, WINDOW_DURING, STORM);
	REQUIRE(!stuck_unload(why), "%s", why);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

/* Its device asserts once. Return: the handler has come and quieted it. */
static bool serve_one(struct shared_line *l)
{
	uint64_t limit = clock_ns() + SERVE_LIMIT;
	struct function_intx intx = { .asserted = true };
	char why[TAKE_WHY];

	raise_it();
	probe_wait(l->probe, RAISE_PACE);
	while (intx.asserted && clock_ns() < limit) {
		REQUIRE(!offender_look(l, &intx, why), "%s", why);
		if (intx.asserted)
			probe_wait(l->probe, RAISE_PACE);
	}
	return !intx.asserted;
}

TEST_F_TIMEOUT(driver, lingers, CASE_SECONDS)
{
	const struct shared_bound slow = { DELAY_US * NS_PER_US, 0, 0, "a handler runs so long" };
	unsigned int served = 0;
	enum service service;

	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	shared_struck(&self->l); /* of its RAISES faults, the first */
	probe_begin(self->l.probe, WINDOW_DURING, RAISES * RAISE_PACE);
	for (unsigned int i = 0; i < RAISES; i++)
		served += serve_one(&self->l);
	probe_end(self->l.probe);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, w == WINDOW_DURING ? &slow : &SHARED_HEALTHY);
	CHECK(served == RAISES, "LI the slow handler has served %u of %u interrupts", served,
	      RAISES);
	service = cadence_verdict(&probe_sharer(self->l.probe, 0, WINDOW_DURING)->cadence,
				  POLL_EVERY / 2);
	CHECK(service != SERVICE_POLLED, "S %s during: service is %s, expected no poll",
	      self->l.sharer[0].name, cadence_name(service));
	shared_judge_log(_metadata, &self->l);
}

CASE_MAIN
