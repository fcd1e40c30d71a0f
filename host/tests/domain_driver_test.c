// SPDX-License-Identifier: GPL-2.0-only
/* The driver, its orders and the fault verbs on a platform of the test's, with the injector as its device. */
#include <errno.h>
#include <setjmp.h>

#include "fault/fault.h"
#include "guest/dev/exercisers.h"
#include "guest/role/orders.h"
#include "guest/tests/rig.h"

#define US 1000ull
#define MS 1000000ull

/**
 * struct bench - a platform whose line follows the device's level
 * @status: of the device: the level
 * @deaf: the line's interrupts get lost
 * @strange: somebody else's interrupt is on the line, so many times
 * @undone: pieces of work that will not have been done
 * @taken: an event was taken and not ended since: there is no further one
 * @kicks: looks until the next order is there
 * @orders: orders that are given one after the other; ORDER_NONE: the test is over
 * @ends: EOIs
 * @resets: from outside
 * @reset_fails: what a reset says from the third one on
 * @told: how often the controller was told
 * @sleeps: how long it slept, ns
 */
static struct bench {
	struct rig rig;
	struct mailbox box;
	struct driver driver;
	uint32_t status;
	bool deaf, taken;
	unsigned int strange, undone, raises, ends, resets, told, kicks;
	int reset_fails;
	uint64_t sleeps;
	const struct {
		enum order order;
		uint32_t argument;
	} * orders;
	jmp_buf over;
} bench;

static uint32_t edu_read(struct rig *r, uint32_t offset, uint8_t width)
{
	(void)r;
	(void)width;
	if (offset == 0)
		return 0x010000edu;
	if (offset == 4)
		return ~0x12345678u;
	return offset == 0x24 ? bench.status : 0;
}

static void edu_write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	(void)r;
	(void)width;
	bench.raises += offset == 0x60;
	if (offset == 0x60)
		bench.status |= value;
	else if (offset == 0x64)
		bench.status &= ~value;
}

static uint64_t bench_now(void *ctx)
{
	(void)ctx;
	return bench.rig.now += 100;
}

static void bench_sleep(void *ctx, uint64_t ns)
{
	(void)ctx;
	bench.sleeps += ns;
	bench.rig.now += ns;
	/* A driver that blocks for ever: that is all that there is to see. */
	if (bench.sleeps > 3000 * MS)
		longjmp(bench.over, 1);
}

static bool bench_pending(void *ctx)
{
	(void)ctx;
	return !bench.deaf && !bench.taken && (bench.status || bench.strange);
}

static void bench_take(void *ctx)
{
	(void)ctx;
	bench.taken = true;
	bench.strange -= bench.strange > 0;
}

static bool bench_wait(void *ctx, uint64_t deadline)
{
	if (!bench_pending(ctx))
		bench.rig.now = deadline;
	else
		bench.rig.now += 10 * US;
	return bench_pending(ctx);
}

static void bench_end(void *ctx)
{
	(void)ctx;
	bench.ends++;
	bench.taken = false;
}

static bool bench_kicked(void *ctx)
{
	(void)ctx;
	return bench.kicks && !--bench.kicks;
}

static void bench_take_kick(void *ctx)
{
	(void)ctx;
	if (!bench.orders || bench.kicks)
		return;
	if (bench.orders->order == ORDER_NONE)
		longjmp(bench.over, 1);
	bench.box.order = bench.orders->order;
	bench.box.argument = bench.orders->argument;
	bench.box.asked++;
	bench.orders++;
	bench.kicks = 100;
}

static bool bench_wait_or_kick(void *ctx, uint64_t deadline)
{
	return bench_wait(ctx, deadline ? deadline : bench.rig.now + MS);
}

static void bench_tell(void *ctx)
{
	(void)ctx;
	bench.told++;
}

static const char *bench_open(void *ctx, struct controller *c)
{
	(void)ctx;
	c->io = bench.rig.c.io;
	return bench.deaf ? "the door is locked" : NULL;
}

static int bench_obey(void *ctx, enum order order, uint32_t argument)
{
	(void)ctx;
	return (int)(1000 * order + argument);
}

static void bench_crash(void *ctx)
{
	(void)ctx;
	longjmp(bench.over, 2);
}

static int bench_reset(void *ctx)
{
	(void)ctx;
	bench.status = 0;
	return ++bench.resets >= 3 ? bench.reset_fails : 0;
}

static struct platform platform = {
	.now = bench_now,
	.sleep = bench_sleep,
	.pending = bench_pending,
	.take = bench_take,
	.wait = bench_wait,
	.end = bench_end,
	.kicked = bench_kicked,
	.take_kick = bench_take_kick,
	.wait_or_kick = bench_wait_or_kick,
	.tell = bench_tell,
	.open = bench_open,
	.obey = bench_obey,
	.crash = bench_crash,
	.reset = bench_reset,
};

static struct driver *bench_up(void)
{
	memset(&bench, 0, sizeof(bench));
	rig_up(&bench.rig, &edu_exerciser);
	bench.rig.read = edu_read;
	bench.rig.write = edu_write;
	bench.rig.now = 1000;
	strcpy(bench.box.model, "edu");
	bench.box.grace = 50 * MS;
	bench.box.pace = 300 * US;
	bench.driver.platform = &platform;
	bench.driver.box = &bench.box;
	bench.driver.dev = bench.rig.c;
	platform.reset = bench_reset;
	return &bench.driver;
}

TEST(rounds)
{
	struct driver *d = bench_up();
	const struct window_stats *w = &bench.box.window[WINDOW_BEFORE];
	uint32_t timeline = 0;

	driver_open_window(d, WINDOW_BEFORE, 40 * MS);
	for (unsigned int i = 0; i < 100; i++)
		driver_round(d);
	driver_park(d);
	EXPECT_EQ(w->raised, 100);
	EXPECT_EQ(w->served, 100);
	EXPECT_EQ(w->lost, 0);
	EXPECT_EQ(w->spurious, 0);
	EXPECT_EQ(w->latency.count, 100);
	EXPECT_EQ(bench.ends, 100);
	EXPECT_EQ(bench.status, 0);
	for (unsigned int i = 0; i < TIMELINE_SLOTS; i++)
		timeline += w->timeline[i];
	EXPECT_EQ(timeline, 100);
	/* A pause is half to one and a half of the pace; a look at the clock takes its time here. */
	EXPECT_TRUE(w->gap > 150 * US && w->gap < 500 * US);
	EXPECT_TRUE(w->end - w->start > 15 * MS && w->end - w->start < 50 * MS);
	EXPECT_TRUE(hist_quantile(&w->latency, 500) > 10 * US &&
		    hist_quantile(&w->latency, 990) < 15 * US);
	rig_down(&bench.rig);
}

TEST(lost)
{
	struct driver *d = bench_up();
	const struct window_stats *w = &bench.box.window[WINDOW_DURING];

	driver_open_window(d, WINDOW_DURING, 500 * MS);
	bench.deaf = true;
	for (unsigned int i = 0; i < 10; i++)
		driver_round(d);
	driver_park(d);
	EXPECT_EQ(w->raised, 10);
	EXPECT_EQ(w->served, 0);
	EXPECT_EQ(w->lost, 10);
	EXPECT_EQ(w->gap, w->end - w->start);
	EXPECT_TRUE(w->gap >= 500 * MS);
	EXPECT_EQ(bench.status, 0);
	rig_down(&bench.rig);
}

static int bench_work(struct controller *c)
{
	return c->ops->trigger(c, 0);
}

static int bench_finish(struct controller *c)
{
	if (!bench.undone)
		return DEV_OK;
	bench.undone--;
	return dev_fail(c, DEV_WRONG, "DATA", 0, ~0u, 1, 2);
}

/* The interrupt came, and was of no use. */
TEST(work_that_is_not_done)
{
	struct driver *d = bench_up();
	const struct window_stats *w = &bench.box.window[WINDOW_DURING];
	struct exerciser worker = edu_exerciser;

	worker.work = bench_work;
	worker.finish = bench_finish;
	d->dev.ops = &worker;
	bench.undone = 3;
	driver_open_window(d, WINDOW_DURING, 40 * MS);
	for (unsigned int i = 0; i < 10; i++)
		driver_round(d);
	driver_park(d);
	EXPECT_EQ(w->raised, 10);
	EXPECT_EQ(w->served, 7);
	EXPECT_EQ(w->lost, 3);
	EXPECT_EQ(w->spurious, 0);
	EXPECT_EQ(w->latency.count, 7);
	EXPECT_STR(bench.box.error, "DATA (0x0): expected 0x1 of 0xffffffff, seen 0x2 (wrong)");
	rig_down(&bench.rig);
}

TEST(spurious)
{
	struct driver *d = bench_up();
	const struct window_stats *w = &bench.box.window[WINDOW_AFTER];

	bench.strange = 3;
	/* What came before the window does not count, but it is served. */
	driver_open_window(d, WINDOW_AFTER, 40 * MS);
	EXPECT_EQ(bench.ends, 1);
	for (unsigned int i = 0; i < 5; i++)
		driver_round(d);
	driver_park(d);
	EXPECT_EQ(w->served, 5);
	EXPECT_EQ(w->lost, 0);
	EXPECT_EQ(w->spurious, 1);
	EXPECT_EQ(bench.strange, 0);
	EXPECT_EQ(bench.ends, 7);
	rig_down(&bench.rig);
}

/* Return: 0: it came back, with its answer in @rc; else longjmp()'s. */
static int play(struct driver *d, enum fault_verb verb, unsigned int kicks, int *rc)
{
	int over = setjmp(bench.over);

	bench.kicks = kicks;
	if (!over)
		*rc = fault_play(d, verb);
	return over;
}

TEST(verbs_without_end)
{
	struct driver *d = bench_up();
	int rc = 0;

	EXPECT_EQ(play(d, FAULT_MASK, 0, &rc), 1);
	EXPECT_TRUE(bench.box.fault_live && bench.status && bench.taken);
	EXPECT_EQ(bench.ends, 0);
	EXPECT_EQ(bench.told, 1);
	rig_down(&bench.rig);

	d = bench_up();
	EXPECT_EQ(play(d, FAULT_SILENT, 0, &rc), 1);
	EXPECT_TRUE(bench.box.fault_live && !bench.status && bench.taken);
	EXPECT_EQ(bench.ends, 0);
	rig_down(&bench.rig);

	d = bench_up();
	EXPECT_EQ(play(d, FAULT_CRASH, 0, &rc), 2);
	EXPECT_TRUE(bench.box.fault_live && bench.status && bench.taken);
	rig_down(&bench.rig);
}

TEST(verbs_that_end)
{
	struct driver *d = bench_up();
	int rc = 1;

	EXPECT_EQ(play(d, FAULT_SLOW, 11, &rc), 0);
	EXPECT_EQ(rc, 0);
	EXPECT_EQ(bench.sleeps, 10 * FAULT_SLOW_NS);
	EXPECT_EQ(bench.ends, 10);
	EXPECT_TRUE(bench.box.fault_live && !bench.status);
	rig_down(&bench.rig);

	d = bench_up();
	EXPECT_EQ(play(d, FAULT_NOACK, 11, &rc), 0);
	EXPECT_EQ(bench.ends, 11);
	EXPECT_TRUE(bench.box.fault_live && !bench.status);
	rig_down(&bench.rig);

	d = bench_up();
	EXPECT_EQ(play(d, FAULT_ABANDON, 11, &rc), 0);
	EXPECT_EQ(rc, 1000 * ORDER_UNBIND);
	EXPECT_EQ(bench.ends, 11);
	EXPECT_TRUE(bench.box.fault_live && bench.status);
	rig_down(&bench.rig);

	d = bench_up();
	EXPECT_EQ(play(d, FAULT_FLOOD, 11, &rc), 0);
	EXPECT_EQ(rc, 0);
	EXPECT_EQ(bench.raises, 10 * 64);
	EXPECT_EQ(bench.ends, 0);
	EXPECT_TRUE(bench.box.fault_live && !bench.status);
	rig_down(&bench.rig);

	d = bench_up();
	EXPECT_EQ(play(d, FAULT_UNMASK, 11, &rc), 0);
	EXPECT_EQ(bench.ends, 10);
	EXPECT_TRUE(bench.box.fault_live && !bench.status);
	rig_down(&bench.rig);
}

TEST(resets)
{
	struct driver *d = bench_up();
	int rc = 1;

	EXPECT_EQ(play(d, FAULT_RESET, 11, &rc), 0);
	EXPECT_EQ(rc, 0);
	EXPECT_EQ(bench.resets, 11);
	EXPECT_TRUE(bench.box.fault_live && !bench.status);
	rig_down(&bench.rig);

	d = bench_up();
	bench.reset_fails = -EIO;
	EXPECT_EQ(play(d, FAULT_RESET, 11, &rc), 0);
	EXPECT_EQ(rc, -EIO);
	EXPECT_EQ(bench.resets, 3);
	rig_down(&bench.rig);

	/* The first one fails already: there is no fault. */
	d = bench_up();
	bench.resets = 2;
	bench.reset_fails = -EINVAL;
	EXPECT_EQ(play(d, FAULT_RESET, 11, &rc), 0);
	EXPECT_EQ(rc, -EINVAL);
	EXPECT_TRUE(!bench.box.fault_live && !bench.status);
	rig_down(&bench.rig);

	d = bench_up();
	platform.reset = NULL;
	EXPECT_EQ(play(d, FAULT_RESET, 11, &rc), 0);
	EXPECT_EQ(rc, FAULT_IMPOSSIBLE);
	EXPECT_EQ(bench.ends, 0);
	rig_down(&bench.rig);
}

static void obey_until_over(void)
{
	if (!setjmp(bench.over))
		orders_obey(&bench.driver);
}

TEST(orders)
{
	bench_up();
	bench.driver.dev = (struct controller){ 0 };
	bench.orders = (const __typeof__(*bench.orders)[]){ { ORDER_RUN, WINDOW_BEFORE },
							    { ORDER_PARK, 0 },
							    { ORDER_RUN, WINDOWS },
							    { ORDER_BIND, 7 },
							    { ORDER_NONE, 0 } };
	bench.box.planned = 40 * MS;
	obey_until_over();
	EXPECT_EQ(bench.box.ready, 1);
	EXPECT_EQ(bench.box.answered, 4);
	EXPECT_EQ(bench.box.answer, 1000 * ORDER_BIND + 7);
	EXPECT_EQ(bench.told, 5);
	EXPECT_TRUE(bench.box.window[WINDOW_BEFORE].served > 1);
	EXPECT_EQ(bench.box.window[WINDOW_BEFORE].lost, 0);
	rig_down(&bench.rig);

	bench_up();
	bench.driver.dev = (struct controller){ 0 };
	bench.orders = (const __typeof__(*bench.orders)[]){ { ORDER_QUIET, 0 }, { ORDER_NONE, 0 } };
	bench.status = 1;
	obey_until_over();
	EXPECT_EQ(bench.status, 0);
	EXPECT_EQ(bench.box.answer, 0);
	rig_down(&bench.rig);
}

TEST(no_device)
{
	static const __typeof__(*bench.orders) orders[] = { { ORDER_QUIET, 0 }, { ORDER_NONE, 0 } };

	bench_up();
	bench.driver.dev = (struct controller){ 0 };
	bench.orders = orders;
	strcpy(bench.box.model, "plain");
	obey_until_over();
	EXPECT_EQ(bench.box.ready, -1);
	EXPECT_STR(bench.box.error, "unknown device model in the mailbox");
	EXPECT_EQ(bench.box.answer, 1);
	rig_down(&bench.rig);

	bench_up();
	bench.driver.dev = (struct controller){ 0 };
	bench.orders = orders;
	bench.deaf = true;
	obey_until_over();
	EXPECT_EQ(bench.box.ready, -1);
	EXPECT_STR(bench.box.error, "the door is locked");
	rig_down(&bench.rig);
}
