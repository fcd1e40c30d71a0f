// SPDX-License-Identifier: GPL-2.0-only
/* How a line served: its passes, its rhythm, the kernel's counters, and stalls of the board. */
#include "host/probe/line.h"

#include <stdio.h>
#include <string.h>

#include "guest/tests/unit.h"
#include "host/probe/irqcount.h"
#include "host/probe/stall.h"

#define US 1000ull
#define MS 1000000ull

static struct line ln;

static const struct line_stats *during(void)
{
	return &ln.window[WINDOW_DURING];
}

static void begin(void)
{
	line_init(&ln);
	line_open(&ln, WINDOW_DURING, 1000 * MS);
}

/* All handlers but those of @gone are called; the one that is number @claims claims. */
static void pass(uint64_t time, unsigned int cpu, uint32_t handlers, uint32_t gone, uint32_t claims)
{
	for (uint32_t i = 0; i < handlers; i++) {
		char name[16];

		if (gone & 1u << i)
			continue;
		(void)snprintf(name, sizeof(name), "eth%u", i);
		line_called(&ln, time + i, cpu, line_number(&ln, name));
		if (claims == i)
			line_claimed(&ln, time + i, cpu);
	}
}

#define NOBODY 99u

/* Listening began behind eth0's handler: what is claimed last in a pass belongs to that pass. */
TEST(order)
{
	begin();
	line_order(&ln, "eth0,eth1,eth2\n");
	pass(1000 * MS, 1, 3, 1, 2);
	for (unsigned int i = 1; i < 10; i++)
		pass((1000 + i) * MS, 1, 3, 0, i % 2 ? 0 : 2);
	line_close(&ln, 1010 * MS);
	EXPECT_EQ(during()->passes, 9);
	EXPECT_EQ(during()->claimed, 9);
	EXPECT_EQ(during()->run, 0);
}

/* Who should be first has left before it was ever called. */
TEST(order_of_one_that_is_gone)
{
	begin();
	line_order(&ln, "ahci,eth1");
	for (unsigned int i = 0; i < 10; i++)
		pass((1000 + i) * MS, 1, 3, 0, 1);
	line_close(&ln, 1010 * MS);
	EXPECT_EQ(during()->passes, 9);
	EXPECT_EQ(during()->claimed, 9);
	line_init(&ln);
	line_order(&ln, "\n");
	EXPECT_EQ(ln.first, LINE_ACTIONS);
}

TEST(passes)
{
	begin();
	for (unsigned int i = 0; i < 10; i++)
		pass((1000 + i) * MS, 1, 3, 0, i % 3);
	line_close(&ln, 1010 * MS);
	EXPECT_EQ(during()->passes, 10);
	EXPECT_EQ(during()->claimed, 10);
	EXPECT_EQ(during()->run, 0);
	EXPECT_EQ(during()->actions, 3);
	EXPECT_STR(during()->action[2].name, "eth2");
	EXPECT_EQ(during()->action[0].called, 10);
	EXPECT_EQ(during()->action[0].claimed, 4);
	EXPECT_EQ(during()->action[1].claimed, 3);
	EXPECT_EQ(cadence_verdict(&during()->cadence, 2 * MS), SERVICE_HEALTHY);
}

/* The last pass has no end that one sees: it does not count as unclaimed. */
TEST(runs_that_nobody_claims)
{
	begin();
	pass(1000 * MS, 1, 2, 0, 0);
	for (unsigned int i = 0; i < 7; i++)
		pass((1001 + i) * MS, 1, 2, 0, NOBODY);
	pass(1010 * MS, 1, 2, 0, 1);
	for (unsigned int i = 0; i < 4; i++)
		pass((1011 + i) * MS, 1, 2, 0, NOBODY);
	line_close(&ln, 1020 * MS);
	EXPECT_EQ(during()->passes, 13);
	EXPECT_EQ(during()->claimed, 2);
	EXPECT_EQ(during()->run, 7);
}

/* A driver goes, another comes: passes are still told apart. */
TEST(handlers_change)
{
	begin();
	pass(1000 * MS, 1, 3, 0, 2);
	pass(1001 * MS, 1, 3, 1u << 0, 2);
	pass(1002 * MS, 1, 3, 1u << 2, 1);
	pass(1003 * MS, 1, 4, 0, 3);
	line_close(&ln, 1004 * MS);
	EXPECT_EQ(during()->passes, 4);
	EXPECT_EQ(during()->claimed, 4);
}

TEST(a_pass_that_two_claim)
{
	begin();
	line_called(&ln, 1000 * MS, 0, line_number(&ln, "a"));
	line_claimed(&ln, 1000 * MS, 0);
	line_called(&ln, 1000 * MS, 0, line_number(&ln, "b"));
	line_claimed(&ln, 1000 * MS, 0);
	line_close(&ln, 1001 * MS);
	EXPECT_EQ(during()->passes, 1);
	EXPECT_EQ(during()->claimed, 1);
	EXPECT_EQ(during()->action[1].claimed, 1);
}

TEST(two_cpus)
{
	begin();
	line_called(&ln, 1000 * MS, 0, line_number(&ln, "a"));
	line_called(&ln, 1000 * MS, 1, line_number(&ln, "a"));
	line_claimed(&ln, 1000 * MS, 1);
	line_claimed(&ln, 1000 * MS, 0);
	line_close(&ln, 1001 * MS);
	EXPECT_EQ(during()->passes, 2);
	EXPECT_EQ(during()->claimed, 2);
}

TEST(hostile_records_of_a_line)
{
	char name[LINE_NAME * 2];

	begin();
	line_claimed(&ln, 1000 * MS, 0);
	line_claimed(&ln, 1000 * MS, LINE_CPUS);
	line_called(&ln, 1000 * MS, LINE_CPUS, 0);
	line_called(&ln, 1000 * MS, UINT32_MAX, 0);
	line_called(&ln, 1000 * MS, 0, LINE_ACTIONS);
	line_called(&ln, 1000 * MS, 0, UINT32_MAX);
	EXPECT_EQ(during()->passes, 0);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	EXPECT_EQ(line_number(&ln, name), 0);
	EXPECT_EQ(line_number(&ln, name), 0);
	for (uint32_t i = 1; i < LINE_ACTIONS; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		EXPECT_EQ(line_number(&ln, name), i);
	}
	EXPECT_EQ(line_number(&ln, "one more"), LINE_ACTIONS);
	line_close(&ln, 0);
	line_close(&ln, 0);
	EXPECT_EQ(during()->end, 1000 * MS);
	EXPECT_EQ(during()->actions, LINE_ACTIONS);
}

static enum service rhythm(const uint64_t *at, unsigned int n, uint64_t end, uint64_t bound)
{
	struct cadence c;

	cadence_open(&c, 0);
	for (unsigned int i = 0; i < n; i++)
		cadence_add(&c, at[i]);
	cadence_close(&c, end);
	return cadence_verdict(&c, bound);
}

/* As a killed line of five sharers showed it: 100 ms and a jiffy, all that waited at once. */
TEST(polled)
{
	uint64_t at[100];
	unsigned int n = 0;

	for (unsigned int i = 0; i < 10; i++)
		for (unsigned int k = 0; k < 10; k++)
			at[n++] = (30 + 104 * i) * MS + k * 200 * US;
	EXPECT_EQ(rhythm(at, n, 1060 * MS, 20 * MS), SERVICE_POLLED);
	/* Too few to say so. */
	EXPECT_EQ(rhythm(at, 30, 330 * MS, 20 * MS), SERVICE_SLOW);
	EXPECT_EQ(rhythm(at, 40, 430 * MS, 20 * MS), SERVICE_POLLED);
	/* A bound above a poll's time makes no sense, but is obeyed. */
	EXPECT_EQ(rhythm(at, n, 1060 * MS, 200 * MS), SERVICE_HEALTHY);
}

/* A USB disk: three transfers a command; and one poll that came late, of an overloaded board. */
TEST(polled_with_skips)
{
	static const uint64_t usb[] = { 10 * MS, 218 * MS, 426 * MS, 739 * MS, 947 * MS };
	static const uint64_t late[] = { 10 * MS,  111 * MS, 216 * MS, 319 * MS, 463 * MS,
					 559 * MS, 666 * MS, 771 * MS, 872 * MS, 976 * MS };

	EXPECT_EQ(rhythm(usb, 5, 1000 * MS, 20 * MS), SERVICE_POLLED);
	EXPECT_EQ(rhythm(late, 10, 1000 * MS, 20 * MS), SERVICE_POLLED);
}

TEST(healthy)
{
	uint64_t at[1000];

	for (unsigned int i = 0; i < 1000; i++)
		at[i] = i * MS;
	EXPECT_EQ(rhythm(at, 1000, 1000 * MS, 2 * MS), SERVICE_HEALTHY);
	EXPECT_EQ(rhythm(at, 1000, 1002 * MS, 2 * MS), SERVICE_SLOW);
	EXPECT_EQ(rhythm(at, 1000, 1010 * MS, 11 * MS), SERVICE_HEALTHY);
}

TEST(slow)
{
	static const uint64_t tens[] = { 0,	   40 * MS,  81 * MS,  119 * MS,
					 160 * MS, 201 * MS, 243 * MS, 280 * MS };
	static const uint64_t any[] = { 0,	  130 * MS, 190 * MS, 340 * MS,
					390 * MS, 545 * MS, 600 * MS, 690 * MS };
	static const uint64_t second[] = { 0, 1000 * MS, 2000 * MS, 3000 * MS, 4000 * MS };

	EXPECT_EQ(rhythm(tens, 8, 300 * MS, 20 * MS), SERVICE_SLOW);
	EXPECT_EQ(rhythm(any, 8, 700 * MS, 20 * MS), SERVICE_SLOW);
	EXPECT_EQ(rhythm(second, 5, 5000 * MS, 20 * MS), SERVICE_SLOW);
}

TEST(silent)
{
	EXPECT_EQ(rhythm(NULL, 0, 1000 * MS, 20 * MS), SERVICE_SILENT);
	EXPECT_EQ(rhythm(NULL, 0, 0, 0), SERVICE_SILENT);
	EXPECT_EQ(rhythm(NULL, 0, 0, UINT64_MAX), SERVICE_SILENT);
}

/* One service is none too few, and no rhythm. */
TEST(a_single_service)
{
	static const uint64_t at[] = { 5 * MS };

	EXPECT_EQ(rhythm(at, 1, 10 * MS, 20 * MS), SERVICE_HEALTHY);
	EXPECT_EQ(rhythm(at, 1, 1000 * MS, 20 * MS), SERVICE_SLOW);
}

TEST(hostile_times)
{
	static const uint64_t back[] = { 500 * MS, 400 * MS, 300 * MS, 0, UINT64_MAX, 0, 1 };
	uint64_t random = 7, at[4 * CADENCE_BURSTS];
	struct cadence c;

	EXPECT_EQ(rhythm(back, 4, 0, 20 * MS), SERVICE_SLOW);
	EXPECT_EQ(rhythm(back, 7, 0, 20 * MS), SERVICE_SLOW);
	for (unsigned int round = 0; round < 1000; round++) {
		for (unsigned int i = 0; i < 4 * CADENCE_BURSTS; i++)
			at[i] = unit_random(&random) >> (unit_random(&random) % 64);
		EXPECT_TRUE(rhythm(at, 4 * CADENCE_BURSTS, unit_random(&random), 20 * MS) !=
			    SERVICE_SILENT);
	}
	/* More bursts than are remembered. */
	cadence_open(&c, 0);
	for (uint64_t i = 1; i <= 10 * CADENCE_BURSTS; i++)
		cadence_add(&c, i * 100 * MS);
	cadence_close(&c, UINT64_MAX);
	EXPECT_EQ(c.bursts, 10 * CADENCE_BURSTS);
	EXPECT_EQ(cadence_verdict(&c, 20 * MS), SERVICE_POLLED);
}

TEST(names_of_verdicts)
{
	EXPECT_STR(cadence_name(SERVICE_POLLED), "polled at 10 Hz");
	EXPECT_STR(cadence_name((enum service)77), "slow");
}

static const char spurious[] = "count 81388\nunhandled 81364\nlast_unhandled 4294889296 ms\n";

TEST(kernel_counters)
{
	struct irqcount c, sum = { 0, 0 }, old = { 100, 50 };

	EXPECT_TRUE(irqcount_parse("128,0,7\n", spurious, &c));
	EXPECT_EQ(c.interrupts, 135);
	EXPECT_EQ(c.unhandled, 81364);
	EXPECT_TRUE(irqcount_parse("5", spurious, &c));
	/* It began anew in between. */
	c = (struct irqcount){ 150, 60 };
	irqcount_add(&sum, &old, &c);
	c = (struct irqcount){ 170, 4 };
	irqcount_add(&sum, &old, &c);
	EXPECT_EQ(sum.interrupts, 70);
	EXPECT_EQ(sum.unhandled, 14);
}

TEST(kernel_counters_that_are_none)
{
	static const char *const counts[] = {
		"", "\n", ",", "1,", "1,,2", "1;2", "-1", " 1", "1 2"
	};
	static const char *const others[] = { "", "unhandled 5\n", "count 1\nunhandled \n",
					      "count 1\nunhandled x\n", "count 1\nunhandled -5\n" };
	struct irqcount c;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		CONTEXT("counts %zu", i);
		EXPECT_TRUE(!irqcount_parse(counts[i], spurious, &c));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		CONTEXT("spurious %zu", i);
		EXPECT_TRUE(!irqcount_parse("1,2\n", others[i], &c));
	}
}

TEST(stalls_of_the_board)
{
	static struct stalls s;

	memset(&s, 0, sizeof(s));
	stalls_note(&s, 100 * MS, 100 * MS + 200 * US, 250 * US);
	EXPECT_EQ(s.n, 0);
	stalls_note(&s, 101 * MS, 105 * MS, 250 * US);
	stalls_note(&s, 106 * MS, 108 * MS, 250 * US);
	stalls_note(&s, 110 * MS, 109 * MS, 250 * US);
	EXPECT_EQ(s.n, 2);
	EXPECT_EQ(s.ticks, 4);
	EXPECT_EQ(stalls_sum(&s, 0, UINT64_MAX), 6 * MS);
	EXPECT_EQ(stalls_longest(&s, 0, UINT64_MAX), 4 * MS);
	/* Only what is within counts. */
	EXPECT_EQ(stalls_sum(&s, 104 * MS, 107 * MS), 2 * MS);
	EXPECT_EQ(stalls_longest(&s, 104 * MS, 107 * MS), 1 * MS);
	EXPECT_EQ(stalls_sum(&s, 105 * MS, 106 * MS), 0);
	EXPECT_EQ(stalls_sum(&s, 107 * MS, 104 * MS), 0);
	for (unsigned int i = 0; i < STALL_KEPT; i++)
		stalls_note(&s, 200 * MS, 201 * MS, 0);
	EXPECT_EQ(s.n, STALL_KEPT);
	EXPECT_EQ(s.dropped, 2);
}
