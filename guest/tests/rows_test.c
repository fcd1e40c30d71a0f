// SPDX-License-Identifier: GPL-2.0-only
/* The rows of a window: what they say, that none is too long, and that no number of a hostile mailbox breaks one. */
#include "guest/role/rows.h"

#include <stdlib.h>
#include <string.h>

#include "guest/tests/unit.h"

#define US	1000ull
#define MS	1000000ull
#define MOST	80 /* rows of the worst window */
#define STARTED 5000 * MS

static char told[MOST][ROW_TEXT];
static unsigned int rows;

static void keep(const char *row)
{
	EXPECT_TRUE(rows < MOST && strlen(row) < ROW_TEXT);
	if (rows < MOST)
		strcpy(told[rows++], row);
}

static void tell(const struct window_stats *st, unsigned int sharer, const char *window,
		 uint64_t fault)
{
	rows = 0;
	rows_tell(st, sharer, window, fault, keep);
}

/* 60 ms were planned, and it took 312 us longer. */
static struct window_stats healthy(void)
{
	struct window_stats st = { .start = STARTED,
				   .end = STARTED + 60312 * US,
				   .planned = 60 * MS };

	for (unsigned int i = 0; i < TIMELINE_SLOTS; i++)
		st.timeline[i] = i % 10;
	for (unsigned int i = 0; i < 91; i++)
		hist_add(&st.latency, 32 * US + i);
	hist_add(&st.latency, 29 * US);
	hist_add(&st.latency, 333 * US);
	return st;
}

#define DIGITS "0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3"

TEST(what_they_say)
{
	struct window_stats st = healthy();

	tell(&st, 1, "during", STARTED + 15114 * US);
	EXPECT_EQ(rows, 2);
	EXPECT_STR(told[0],
		   "time sharer=1 window=during us=60312 slot_us=2500 fault_us=15114 " DIGITS);
	EXPECT_STR(told[1], "data sharer=1 window=during latency_us=28:1,32:91,320:1");
	tell(&st, 1, "before", 0);
	EXPECT_STR(told[0], "time sharer=1 window=before us=60312 slot_us=2500 " DIGITS);
}

TEST(a_fault_that_stood_already)
{
	struct window_stats st = healthy();

	tell(&st, 0, "during", STARTED - MS);
	EXPECT_TRUE(strstr(told[0], " fault_us=0 0,1,2"));
}

TEST(nothing_served)
{
	struct window_stats st = { .start = STARTED, .end = STARTED, .planned = 0 };

	tell(&st, 0, "after", 0);
	EXPECT_EQ(rows, 1);
	EXPECT_TRUE(strstr(told[0], " us=0 slot_us=0 0,0,0"));
}

/* Sums up what the rows of @kind say in their lists, and looks that each list goes on where the last one ended. */
static uint64_t sum(const char *kind, unsigned int *items)
{
	uint64_t sum = 0;

	*items = 0;
	for (unsigned int i = 0; i < rows; i++) {
		const char *from = strstr(told[i], "from="), *at = strrchr(told[i], ' ') + 1;

		if (strncmp(told[i], kind, strlen(kind)))
			continue;
		CONTEXT("%s", told[i]);
		if (from)
			EXPECT_EQ(strtoul(from + 5, NULL, 10), *items);
		at = strchr(at, '=') ? strchr(at, '=') + 1 : at;
		for (char *end; *at; at = *end ? end + 1 : end, ++*items) {
			uint64_t value = strtoull(at, &end, 10);

			sum += *end == ':' ? strtoull(end + 1, &end, 10) : value;
			EXPECT_TRUE(!*end || *end == ',');
			if (*end && *end != ',')
				return sum;
		}
	}
	return sum;
}

/* Two digits a number are more than one row holds. */
TEST(a_list_goes_on)
{
	struct window_stats st = healthy();
	unsigned int items;

	for (unsigned int i = 0; i < TIMELINE_SLOTS; i++)
		st.timeline[i] = 10 + i;
	tell(&st, 12, "during", STARTED + 15114 * US);
	EXPECT_EQ(rows, 3);
	EXPECT_STR(told[1], "time sharer=12 window=during from=19 29,30,31,32,33");
	EXPECT_EQ(sum("time", &items), 24 * 10 + 23 * 12);
	EXPECT_EQ(items, TIMELINE_SLOTS);
}

/* Wherever a row happens to be full, no number is cut. */
TEST(rows_of_every_length)
{
	struct window_stats st = healthy();
	unsigned int items, sharer = 1;

	for (unsigned int digits = 1; digits < 10; digits++, sharer *= 10) {
		uint64_t expected = 0;

		for (uint32_t number = 7; number < 700000000; number *= 10) {
			for (unsigned int i = 0; i < TIMELINE_SLOTS; i++)
				st.timeline[i] = number;
			expected = (uint64_t)number * TIMELINE_SLOTS;
			tell(&st, sharer, "during", STARTED);
			EXPECT_EQ(sum("time", &items), expected);
			EXPECT_EQ(items, TIMELINE_SLOTS);
		}
	}
}

/* The mailbox is written by a domain that may write anything. */
TEST(window_that_lies)
{
	struct window_stats st;
	unsigned int items;

	memset(&st, 0xff, sizeof(st));
	tell(&st, 4294967295u, "during", 1);
	EXPECT_EQ(sum("time", &items), 24 * (uint64_t)UINT32_MAX);
	EXPECT_EQ(items, TIMELINE_SLOTS);
	EXPECT_EQ(sum("data", &items), HIST_BUCKETS * (uint64_t)UINT32_MAX);
	st.start = STARTED;
	st.end = 0;
	tell(&st, 0, "after", UINT64_MAX);
	EXPECT_TRUE(strstr(told[0], " us=0 "));
}
